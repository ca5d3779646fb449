//! Checks a scenario with any number of messages.
//!
//! The search runs on a counter abstraction, which allows everything that any number of messages allows, and perhaps
//! more. So a violation that the abstraction does not contain is impossible for every number of messages. A violation
//! that it does contain is searched for with few messages; if it is not found there, the property is undecided.

use stranded_model::World;
use stranded_model::assumption::Assumptions;
use stranded_model::counter_abstraction::{Choice, CounterAbstraction};
use stranded_model::coverage::Coverage;
use stranded_model::id::MessageSet;
use stranded_model::liveness::Liveness;
use stranded_model::property::{INVARIANTS_MAX, Invariant};

use super::{Combination, CoverageFailure, coverage_failures, world};
use crate::engine::{Checkpoint, Engine, Limits, Path, Search, Truncation};
use crate::property::{Property, Verdict};
use crate::scenario::{Numbers, Spec};

/// The count of message numbers that are tried, from the smallest up.
const NUMBERS_TRIED: usize = 3;
/// The most states that are searched with one number of messages.
const STATES_TRIED: usize = 2_000_000;

/// A property that is undecided although the search was complete.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// The property.
    pub property: Property,
    /// The reason.
    pub reason: UndecidedReason,
}

/// The reason why a property is undecided.
#[derive(Clone, Debug)]
pub enum UndecidedReason {
    /// Liveness is checked for given numbers only, not for `any`.
    LivenessUnbounded,
    /// Liveness is checked by one process that holds all states, not by several.
    LivenessDistributed,
    /// The abstraction violates the property, and no number of messages that was searched does.
    NotReproduced {
        /// The abstraction with the violation.
        abstraction: Box<CounterAbstraction>,
        /// The path to the violation.
        path: Box<Path<Choice>>,
        /// The most messages with which the search was complete; `None` if there were too many states.
        searched: Option<usize>,
    },
    /// These points occur in the abstraction, and with no number of messages that was searched.
    NotReached {
        /// The names of the points.
        points: Vec<String>,
        /// The most messages with which the search was complete; `None` if there were too many states.
        searched: Option<usize>,
    },
}

impl Undecided {
    /// The length of the path to the violation, 0 if there is none.
    pub(super) fn length(&self) -> usize {
        match &self.reason {
            UndecidedReason::LivenessUnbounded
            | UndecidedReason::LivenessDistributed
            | UndecidedReason::NotReached { .. } => 0,
            UndecidedReason::NotReproduced { path, .. } => path.actions.len(),
        }
    }
}

/// Returns the counter abstraction of a scenario under one combination. Predecessors are searched as counter
/// abstractions too.
///
/// # Errors
/// The reason why the search of a predecessor yields no initial state.
pub fn counter_abstraction(
    spec: &Spec,
    assumptions: Assumptions,
    engine: Engine,
    limits: &Limits<'_>,
) -> Result<CounterAbstraction, Truncation> {
    abstraction_after_predecessor(spec, assumptions, engine, limits, spec.scenario.reads_deletions())
}

fn abstraction_after_predecessor(
    spec: &Spec,
    assumptions: Assumptions,
    engine: Engine,
    limits: &Limits<'_>,
    remembers: bool,
) -> Result<CounterAbstraction, Truncation> {
    let remembers = remembers || spec.scenario.reads_deletions();
    let abstraction = match &spec.from {
        None => CounterAbstraction::new(&spec.scenario, assumptions),
        Some(earlier) => {
            let limits = &Limits { walks: None, scenario: &earlier.name, ..*limits };
            let abstraction = abstraction_after_predecessor(earlier, assumptions, engine, limits, remembers)?;
            let predecessor = engine.for_predecessor().search_counter_abstraction(&abstraction, limits);
            match predecessor.truncated {
                Some(truncated) => return Err(truncated),
                None if predecessor.quiescent.is_empty() => return Err(Truncation::NoStart),
                None => CounterAbstraction::following(&spec.scenario, assumptions, &predecessor.quiescent),
            }
        }
    };
    Ok(if remembers { abstraction.remembering_deletions() } else { abstraction })
}

/// Marks liveness properties as undecided for a reason.
pub(super) fn undecided_liveness(properties: &[Liveness], reason: &UndecidedReason) -> Vec<Undecided> {
    let undecided = |liveness: &Liveness| Undecided { property: Property::Liveness(*liveness), reason: reason.clone() };
    properties.iter().map(undecided).collect()
}

pub(super) fn check_combination(
    spec: &Spec,
    assumptions: Assumptions,
    engine: Engine,
    limits: &Limits<'_>,
    checkpoint: Option<&Checkpoint>,
) -> Combination {
    let (abstraction, search) = match counter_abstraction(spec, assumptions, engine, limits) {
        Ok(abstraction) => {
            let search = engine.search_counter_abstraction(
                &abstraction,
                &Limits { checkpoint, scenario: &spec.name, skip_quiescent: true, ..*limits },
            );
            (abstraction, search)
        }
        Err(truncated) => {
            let abstraction = CounterAbstraction::following(&spec.scenario, assumptions, &[]);
            let search = engine.search_counter_abstraction(&abstraction, limits);
            (abstraction, Search { truncated: Some(truncated), ..search })
        }
    };
    let few = FewMessages::of(spec, assumptions, engine, limits, &search);
    // Everything that happens with few messages also happens in this world.
    let world = match &spec.from {
        None => World::new(&spec.scenario, assumptions),
        Some(_) => World::following(&spec.scenario, assumptions, &[]),
    };
    let mut undecided = undecided_liveness(&spec.liveness(), &UndecidedReason::LivenessUnbounded);
    let (certain, uncertain) = coverage_results(spec, &world, &search, &few);
    if search.truncated.is_none() && !uncertain.is_empty() {
        let points = uncertain.into_iter().map(|item| item.name).collect();
        undecided.push(Undecided { property: Property::Coverage, reason: few.not_reached(points) });
    }
    let defect = search.defect.clone().or_else(|| few.contradicts(spec, &search));
    let mut verdict = |property: Property| match property {
        Property::Safety(_) | Property::Own(_) => {
            let Some(invariant) = property.invariant(&spec.scenario).filter(|_| defect.is_none()) else {
                return Verdict::Error;
            };
            let (verdict, reason) = few.verdict(invariant, &abstraction, &search);
            undecided.extend(reason.map(|reason| Undecided { property, reason }));
            verdict
        }
        Property::Liveness(_) => Verdict::Inconclusive,
        Property::Coverage if search.truncated.is_some() => Verdict::Inconclusive,
        Property::Coverage if !certain.is_empty() => Verdict::Violated,
        Property::Coverage if undecided.iter().any(|undecided| undecided.property == property) => Verdict::Inconclusive,
        Property::Coverage => Verdict::Holds,
    };
    let verdicts = spec.properties().into_iter().map(&mut verdict).collect();
    let search = Search { defect, ..search.with_violations(few.violations) };
    Combination {
        world,
        search,
        verdicts,
        liveness_results: Vec::new(),
        coverage_failures: certain,
        liveness_truncated: None,
        undecided,
    }
}

/// Returns the coverage failures that are certain and those that are uncertain.
fn coverage_results(
    spec: &Spec,
    world: &World,
    search: &Search<Choice>,
    few: &FewMessages,
) -> (Vec<CoverageFailure>, Vec<CoverageFailure>) {
    let among_any = coverage_failures(spec, world, &search.coverage);
    let with_few = few.coverage.as_ref().map_or_else(|| among_any.clone(), |seen| coverage_failures(spec, world, seen));
    let (certain, mut uncertain): (Vec<_>, Vec<_>) =
        among_any.into_iter().partition(|item| !item.happened || with_few.contains(item));
    uncertain.extend(with_few.into_iter().filter(|item| !item.happened && !certain.contains(item)));
    (certain, uncertain)
}

/// The results of the searches with few messages.
struct FewMessages {
    violations: [Option<Path>; INVARIANTS_MAX],
    coverage: Option<Coverage>,
    /// The most messages with which the search was complete.
    searched: Option<usize>,
}

impl FewMessages {
    /// Searches with few messages, the smallest number first, until everything that the abstraction contains is found.
    fn of(
        spec: &Spec,
        assumptions: Assumptions,
        engine: Engine,
        limits: &Limits<'_>,
        of_abstraction: &Search<Choice>,
    ) -> Self {
        let mut few = Self { violations: [const { None }; INVARIANTS_MAX], coverage: None, searched: None };
        let least = least_messages(spec).max(1);
        let states_max = limits.states_max.map_or(STATES_TRIED, |max| max.min(STATES_TRIED));
        let limits = Limits { states_max: Some(states_max), ..*limits };
        for messages in (least..least + NUMBERS_TRIED).take_while(|messages| *messages <= MessageSet::MESSAGES_MAX) {
            let spec = with_messages(spec, messages);
            let Ok(world) = world(&spec, assumptions, engine, &limits) else { break };
            let found = engine.search(&world, &limits);
            for (path, new) in few.violations.iter_mut().zip(found.violations) {
                *path = path.take().or(new);
            }
            few.coverage = Some(match few.coverage.take() {
                None => found.coverage,
                Some(seen) => seen.with(&found.coverage),
            });
            if found.truncated.is_some() {
                break;
            }
            few.searched = Some(messages);
            if few.has_all(of_abstraction) {
                break;
            }
        }
        few
    }

    fn has_all(&self, of_abstraction: &Search<Choice>) -> bool {
        let pairs = of_abstraction.violations.iter().zip(&self.violations);
        pairs.into_iter().all(|(expected, found)| expected.is_none() || found.is_some())
            && self.coverage.as_ref() == Some(&of_abstraction.coverage)
    }

    fn verdict(
        &self,
        property: Invariant,
        abstraction: &CounterAbstraction,
        search: &Search<Choice>,
    ) -> (Verdict, Option<UndecidedReason>) {
        if self.violations[property.index()].is_some() {
            return (Verdict::Violated, None);
        }
        if let Some(path) = &search.violations[property.index()] {
            let (abstraction, path) = (Box::new(abstraction.clone()), Box::new(path.clone()));
            return (
                Verdict::Inconclusive,
                Some(UndecidedReason::NotReproduced { abstraction, path, searched: self.searched }),
            );
        }
        if search.truncated.is_some() {
            (Verdict::Inconclusive, None)
        } else if !search.coverage.is_exercised(property) {
            (Verdict::Vacuous, None)
        } else if self.coverage.as_ref().is_some_and(|seen| seen.is_exercised(property)) {
            (Verdict::Holds, None)
        } else {
            (Verdict::Inconclusive, Some(self.not_reached(vec![antecedent(property, abstraction.world())])))
        }
    }

    fn not_reached(&self, points: Vec<String>) -> UndecidedReason {
        UndecidedReason::NotReached { points, searched: self.searched }
    }

    /// Returns a description of a violation that occurs with few messages and not in the abstraction: a defect of the
    /// abstraction.
    fn contradicts(&self, spec: &Spec, search: &Search<Choice>) -> Option<String> {
        let missed = |index: &usize| self.violations[*index].is_some() && search.violations[*index].is_none();
        let index = (0..INVARIANTS_MAX).find(missed).filter(|_| search.truncated.is_none())?;
        let property = spec
            .properties()
            .into_iter()
            .find(|one| one.invariant(&spec.scenario).is_some_and(|invariant| invariant.index() == index))?;
        Some(format!("{} is violated with few messages, but not in the counter abstraction", property.name()))
    }
}

/// The antecedent of an invariant, for reports.
fn antecedent(property: Invariant, world: &World) -> String {
    match property {
        Invariant::BuiltIn(safety) => safety.antecedent().to_owned(),
        Invariant::Own(own) => format!("each part of the condition of {}", world.scenario.properties[own].name),
    }
}

/// The number of distinct messages that the initial stores of the scenario or of a predecessor hold.
fn least_messages(spec: &Spec) -> usize {
    let here = spec.scenario.start.as_ref().map_or(0, |start| {
        start.mailboxes.values().map(|mailbox| mailbox.held()).fold(MessageSet::EMPTY, MessageSet::with).len()
    });
    here.max(spec.from.as_deref().map_or(0, least_messages))
}

/// Returns the scenario and its predecessors with this number of messages.
fn with_messages(spec: &Spec, messages: usize) -> Spec {
    let mut spec = spec.clone();
    spec.numbers = Numbers { messages: crate::scenario::Number::Given, ..spec.numbers };
    spec.scenario.site.messages = messages;
    spec.from = spec.from.map(|earlier| Box::new(with_messages(&earlier, messages)));
    spec
}
