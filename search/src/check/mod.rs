//! Checks a scenario: one search for each combination of the assumptions that it touches, and the verdicts that follow.
//!
//! `counter_abstraction` checks it for any number of messages; `further` searches for more counterexamples; `result` holds
//! the verdicts and counterexamples, and `shown` puts those in order that a reader sees.

mod counter_abstraction;
mod further;
mod result;
mod shown;

use std::time::Instant;

use rayon::prelude::*;
use stranded_model::World;
use stranded_model::assumption::{Assumption, AssumptionAnswer, Assumptions};
use stranded_model::coverage::{Coverage, Point};
use stranded_model::liveness::Liveness;
use stranded_model::property::{Invariant, Safety};
use stranded_model::scenario::Delivery;

use self::counter_abstraction::undecided_liveness;
pub use self::counter_abstraction::{Undecided, UndecidedReason, counter_abstraction};
pub use self::further::FurtherCounterexamples;
pub use self::result::{Checked, Combination, CoverageFailure, PropertyResult, Trace, rest_of_procedure};
use self::result::{lasso, liveness_result};
pub use self::shown::Shown;
use crate::engine::{Checkpoint, Cluster, Engine, Limits, LivenessResult, Search, Truncation, liveness_results};
use crate::property::{Property, Verdict};
use crate::scenario::{Family, Number, Numbers, Spec};

/// Checks a scenario with an engine, within limits.
#[must_use]
pub fn check<'a>(spec: &'a Spec, engine: Engine, limits: &Limits<'_>) -> Checked<'a> {
    check_with_checkpoints(spec, engine, limits, &[])
}

/// Checks a scenario as [`check`] does, and saves each search in one of these checkpoints, in the order of
/// [`combinations_of`].
#[must_use]
pub fn check_with_checkpoints<'a>(
    spec: &'a Spec,
    engine: Engine,
    limits: &Limits<'_>,
    checkpoints: &[Checkpoint],
) -> Checked<'a> {
    let started = Instant::now();
    let check_combination = match spec.numbers.messages {
        Number::Given => check_combination,
        Number::Any => counter_abstraction::check_combination,
    };
    let varied = varied(spec);
    let check = |(index, assumptions)| check_combination(spec, assumptions, engine, limits, checkpoints.get(index));
    let combinations: Vec<Combination> = if engine.is_sequential() {
        combinations_of(spec).into_iter().enumerate().map(check).collect()
    } else {
        combinations_of(spec).into_par_iter().enumerate().map(check).collect()
    };
    let properties = spec.properties().into_iter().enumerate();
    let results = properties.map(|(index, property)| property_result(spec, index, property, &combinations)).collect();
    let is_ok_with_mail = spec.family != Family::User || is_ok_with_mail(spec, &combinations, engine, limits);
    Checked { spec, engine, combinations, varied, results, is_ok_with_mail, elapsed: started.elapsed() }
}

/// Returns true if some run ends `ok` on a mailbox that has mail before its last run starts. Mail that arrives at any time can also arrive
/// behind a run that had nothing to do, so the same scenario is searched without that mail.
fn is_ok_with_mail(spec: &Spec, combinations: &[Combination], engine: Engine, limits: &Limits<'_>) -> bool {
    let success = Invariant::BuiltIn(Safety::NoFalseSuccess);
    let is_ok = |search: &Search| search.coverage.is_exercised(success);
    let mut with_ok = combinations.iter().filter(|one| is_ok(&one.search) || one.search.truncated.is_some());
    if spec.scenario.environment.delivery != Delivery::AnyTime || spec.numbers.messages == Number::Any {
        return with_ok.next().is_some();
    }
    let mut before = spec.clone();
    before.scenario.environment.delivery = Delivery::UntilRepair;
    // Every run of a quiet world is one of the other world, too, and the quiet world has few states.
    let mut quiet = before.clone();
    let environment = &mut quiet.scenario.environment;
    environment.faults.clear();
    (environment.faults_max, environment.other_edits, environment.owner_deletes) = (0, 0, 0);
    environment.logon = false;
    let limits = Limits { walks: None, checkpoint: None, progress: None, skip_quiescent: true, ..*limits };
    let with_ok: Vec<Assumptions> = with_ok.map(|one| one.world.assumptions).collect();
    let is_ok_in = |spec: &Spec| {
        with_ok.iter().any(|assumptions| {
            let world = world(spec, *assumptions, engine, &limits);
            world.is_ok_and(|world| {
                let search = engine.search(&world, &limits);
                is_ok(&search) || search.truncated.is_some()
            })
        })
    };
    is_ok_in(&quiet) || is_ok_in(&before)
}

/// The combinations of answers under which a scenario is searched, in a fixed order.
#[must_use]
pub fn combinations_of(spec: &Spec) -> Vec<Assumptions> {
    combinations(pinned(spec), &varied(spec)).collect()
}

fn varied(spec: &Spec) -> Vec<Assumption> {
    spec.touches().into_iter().filter(|assumption| spec.answer(*assumption).is_none()).collect()
}

/// Returns the world of a scenario under one combination. If the scenario has a predecessor, that one is searched
/// first.
///
/// # Errors
/// The reason why the search of a predecessor yields no initial state.
pub fn world(spec: &Spec, assumptions: Assumptions, engine: Engine, limits: &Limits<'_>) -> Result<World, Truncation> {
    world_after_predecessor(spec, assumptions, engine, limits, spec.scenario.reads_deletions())
}

/// The stores of a predecessor remember deletions if any scenario that follows reads them.
fn world_after_predecessor(
    spec: &Spec,
    assumptions: Assumptions,
    engine: Engine,
    limits: &Limits<'_>,
    remembers: bool,
) -> Result<World, Truncation> {
    let remembers = remembers || spec.scenario.reads_deletions();
    let world = match &spec.from {
        None => World::new(&spec.scenario, assumptions),
        Some(earlier) => {
            let limits = &Limits { walks: None, scenario: &earlier.name, skip_quiescent: false, ..*limits };
            let world = world_after_predecessor(earlier, assumptions, engine, limits, remembers)?;
            let predecessor = engine.for_predecessor().search(&world, limits);
            match predecessor.truncated {
                Some(truncated) => return Err(truncated),
                None if predecessor.quiescent.is_empty() => return Err(Truncation::NoStart),
                None => World::following(&spec.scenario, assumptions, &predecessor.quiescent),
            }
        }
    };
    Ok(if remembers { world.remembering_deletions() } else { world })
}

fn pinned(spec: &Spec) -> Assumptions {
    spec.pinned_with_predecessors().into_iter().fold(Assumptions::default(), |all, (one, answer)| all.with(one, answer))
}

/// Every combination of answers to the assumptions that vary. The other assumptions keep the given answers.
pub fn combinations(given: Assumptions, varied: &[Assumption]) -> impl Iterator<Item = Assumptions> {
    let count: usize = varied.iter().map(|assumption| assumption.values().len()).product();
    (0..count).map(move |number| {
        let mut rest = number;
        varied.iter().rev().fold(given, |all, assumption| {
            let values = assumption.values().len();
            let answer = AssumptionAnswer::try_from(rest % values).expect("an assumption has few answers");
            rest /= values;
            all.with(*assumption, answer)
        })
    })
}

fn check_combination(
    spec: &Spec,
    assumptions: Assumptions,
    engine: Engine,
    limits: &Limits<'_>,
    checkpoint: Option<&Checkpoint>,
) -> Combination {
    let (world, search) = match world(spec, assumptions, engine, limits) {
        Ok(world) => {
            let limits = &Limits { checkpoint, scenario: &spec.name, skip_quiescent: true, ..*limits };
            let search = engine.search(&world, limits);
            (world, search)
        }
        Err(truncated) => {
            let world = World::following(&spec.scenario, assumptions, &[]);
            let search = engine.search_nothing(&world, limits, truncated);
            (world, search)
        }
    };
    let coverage_failures = coverage_failures(spec, &world, &search.coverage);
    let (liveness_results, undecided, liveness_truncated) = check_liveness(spec, &world, &search, limits);
    let verdicts = spec
        .properties()
        .into_iter()
        .map(|property| match property {
            Property::Safety(_) | Property::Own(_) => {
                property.invariant(&world.scenario).map_or(Verdict::Error, |invariant| verdict_on(invariant, &search))
            }
            Property::Liveness(liveness) => match liveness_result(&liveness_results, liveness) {
                None => Verdict::Inconclusive,
                Some(LivenessResult::Vacuous) => Verdict::Vacuous,
                Some(LivenessResult::Holds) => Verdict::Holds,
                Some(LivenessResult::Violated(_)) => Verdict::Violated,
            },
            Property::Coverage if search.truncated.is_some() => Verdict::Inconclusive,
            Property::Coverage if coverage_failures.is_empty() => Verdict::Holds,
            Property::Coverage => Verdict::Violated,
        })
        .collect();
    Combination { world, search, verdicts, liveness_results, coverage_failures, liveness_truncated, undecided }
}

/// Checks the liveness properties that `[expect]` lists. Returns their results, those that are undecided, and the limit
/// reached.
fn check_liveness(
    spec: &Spec,
    world: &World,
    search: &Search,
    limits: &Limits<'_>,
) -> (Vec<(Liveness, LivenessResult)>, Vec<Undecided>, Option<Truncation>) {
    let properties = spec.liveness();
    if spec.numbers != Numbers::GIVEN {
        return (Vec::new(), undecided_liveness(&properties, &UndecidedReason::LivenessUnbounded), None);
    }
    if search.truncated.is_some() {
        return (Vec::new(), Vec::new(), None);
    }
    // With several processes, no process holds the graph of all reachable states.
    if limits.cluster.is_some_and(Cluster::has_other_processes) {
        return (Vec::new(), undecided_liveness(&properties, &UndecidedReason::LivenessDistributed), None);
    }
    match liveness_results(world, &properties, limits) {
        Ok(results) => (properties.into_iter().zip(results).collect(), Vec::new(), None),
        Err(truncated) => (Vec::new(), Vec::new(), Some(truncated)),
    }
}

fn verdict_on(property: Invariant, search: &Search) -> Verdict {
    if search.defect.is_some() {
        Verdict::Error
    } else if search.violations[property.index()].is_some() {
        Verdict::Violated
    } else if search.truncated.is_some() {
        Verdict::Inconclusive
    } else if search.coverage.is_exercised(property) {
        Verdict::Holds
    } else {
        Verdict::Vacuous
    }
}

/// Returns the points that break `coverage`. If a property is expected to be vacuous, its antecedent must not occur; without an
/// expectation, and if the verdict depends on assumptions, it may occur.
fn coverage_failures(spec: &Spec, world: &World, coverage: &Coverage) -> Vec<CoverageFailure> {
    let found = coverage.points().filter_map(|(point, happened)| {
        let name = spec.part(point).unwrap_or_else(|| point.name(world));
        let (is_never, line) = match point {
            Point::Antecedent(property) => match spec.expected(Property::Safety(property))? {
                Verdict::Vacuous => (true, None),
                Verdict::Holds | Verdict::Violated => (false, None),
                Verdict::Depends | Verdict::Inconclusive | Verdict::Error => return None,
            },
            Point::Part { property, .. } => match spec.expected(spec.own_properties().nth(property)?)? {
                Verdict::Holds | Verdict::Violated => (false, None),
                Verdict::Vacuous | Verdict::Depends | Verdict::Inconclusive | Verdict::Error => return None,
            },
            Point::Environment(_) => (false, None),
            Point::Step { run, step } | Point::Handler { run, step, .. } => {
                (false, Some(world.scenario.run(run).procedure.steps[step].line))
            }
        };
        let is_never = is_never || spec.never.contains(&name);
        (happened == is_never).then_some(CoverageFailure { name, happened, line })
    });
    found.collect()
}

fn property_result(spec: &Spec, index: usize, property: Property, combinations: &[Combination]) -> PropertyResult {
    let verdicts = || combinations.iter().map(|combination| combination.verdicts[index]);
    let all = |wanted: Verdict| verdicts().all(|verdict| verdict == wanted);
    let any = |wanted: Verdict| verdicts().any(|verdict| verdict == wanted);
    let verdict = if any(Verdict::Error) {
        Verdict::Error
    } else if any(Verdict::Inconclusive) {
        // A violation that was found outranks a truncated search, unless the other combinations can still make it depend, as expected.
        let can_be_as_expected = spec.expected(property) == Some(Verdict::Depends);
        if any(Verdict::Violated) && !can_be_as_expected { Verdict::Violated } else { Verdict::Inconclusive }
    } else {
        Verdict::ALL.into_iter().find(|verdict| all(*verdict)).unwrap_or(Verdict::Depends)
    };
    let length = |combination: &Combination| match property {
        Property::Safety(_) | Property::Own(_) => {
            let invariant = property.invariant(&spec.scenario)?;
            combination.search.violations[invariant.index()].as_ref().map(|path| path.actions.len())
        }
        Property::Liveness(liveness) => {
            lasso(&combination.liveness_results, liveness).map(|lasso| lasso.path.actions.len())
        }
        Property::Coverage => (!combination.coverage_failures.is_empty()).then_some(0),
    };
    let shown_by = (0..combinations.len())
        .filter_map(|combination| Some((length(&combinations[combination])?, combination)))
        .min()
        .map(|(_, combination)| combination);
    PropertyResult {
        property,
        verdict,
        expected: spec.expected(property),
        may_be_unreached: spec.may_be_unreached,
        shown_by,
    }
}
