//! Checking a scenario: one search for every combination of the assumptions that it touches, and the verdicts that follow.
//! `crowd` does it for any number of messages, `trace` has the way to a broken property.

mod counter_abstraction;
mod trace;

use std::fmt;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use stranded_model::World;
use stranded_model::assumption::{Assumption, AssumptionAnswer, Assumptions};
use stranded_model::coverage::{Coverage, Point};
use stranded_model::liveness::Liveness;
use stranded_model::property::Safety;

pub use self::counter_abstraction::{Reason, Undecided, counter_abstraction};
pub use self::trace::Trace;
pub use self::trace::rest_of_procedure;
use crate::engine::{Cluster, Ending, Engine, Lasso, Limits, Saved, Search, Truncation, endings};
use crate::property::{Property, Verdict};
use crate::scenario::{Number, Numbers, Spec};

/// What a check of one scenario found.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The scenario.
    pub spec: &'a Spec,
    /// Which engine searched.
    pub engine: Engine,
    /// One search for every combination of answers.
    pub cases: Vec<Case>,
    /// The assumptions that the scenario touches and does not pin.
    pub varied: Vec<Assumption>,
    /// The verdicts, in the order of [`Spec::properties`].
    pub judgements: Vec<Judgement>,
    /// How long it took.
    pub elapsed: Duration,
}

/// The search under one combination of assumptions, with its verdicts.
#[derive(Debug)]
pub struct Case {
    /// The world that was searched.
    pub world: World,
    /// What the search found.
    pub search: Search,
    /// The verdict for each property, in the order of [`Spec::properties`].
    pub verdicts: Vec<Verdict>,
    /// What becomes of each liveness property that is judged; nothing is known if the search was cut.
    pub endings: Vec<(Liveness, Ending)>,
    /// What should have happened and did not, or happened and should not have.
    pub coverage_failures: Vec<CoverageFailure>,
    /// Why nothing is known of the liveness properties, if it is so although the search came to its end.
    pub liveness_truncated: Option<Truncation>,
    /// Why a property could not be told although everything was searched.
    pub undecided: Vec<Undecided>,
}

/// Something that breaks the property `coverage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageFailure {
    /// The name that `never` would give it.
    pub name: String,
    /// Whether it happened although the scenario says never, or never happened.
    pub happened: bool,
    /// The line of the step in its file.
    pub line: Option<u32>,
}

/// The verdict on one property over all combinations.
#[derive(Debug)]
pub struct Judgement {
    /// The property.
    pub property: Property,
    /// The verdict.
    pub verdict: Verdict,
    /// What the scenario expects.
    pub expected: Verdict,
    /// Whether `vacuous` is as good as what is expected: nobody said what a user's procedure is to do.
    pub may_be_vacuous: bool,
    /// The case that shows it: the one with the shortest counterexample, the first of several.
    pub shown_by: Option<usize>,
}

impl Judgement {
    /// Whether the scenario expects this.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.verdict == self.expected || (self.may_be_vacuous && self.verdict == Verdict::Vacuous)
    }
}

impl Checked<'_> {
    /// Whether every search was complete, and so was what liveness needs to know besides.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.truncated().is_none()
    }

    /// Why that is not so.
    #[must_use]
    pub fn truncated(&self) -> Option<Truncation> {
        self.cases.iter().find_map(|case| case.search.truncated.or(case.liveness_truncated))
    }

    /// Distinct states over all combinations.
    #[must_use]
    pub fn states(&self) -> usize {
        self.cases.iter().map(|case| case.search.states).sum()
    }

    /// How many of them were looked at: one for all that differ from it only by an exchange of mailboxes.
    #[must_use]
    pub fn representatives(&self) -> usize {
        self.cases.iter().map(|case| case.search.representatives).sum()
    }

    /// How many were found and not gone on from, because the search was cut.
    #[must_use]
    pub fn frontier(&self) -> usize {
        self.cases.iter().map(|case| case.search.frontier).sum()
    }

    /// The depth of the deepest search.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.cases.iter().map(|case| case.search.depth).max().unwrap_or(0)
    }

    /// The assumptions that change the verdict of a judgement when they alone are answered differently.
    #[must_use]
    pub fn deciding(&self, judgement: usize) -> Vec<Assumption> {
        let flips = |assumption: &Assumption| {
            self.cases.iter().any(|one| {
                let differs = |other: &&Case| self.differ_only_in(one, other, *assumption);
                self.cases.iter().filter(differs).any(|other| one.verdicts[judgement] != other.verdicts[judgement])
            })
        };
        self.varied.iter().copied().filter(flips).collect()
    }

    /// Whether two cases differ in the answer to one assumption alone.
    #[must_use]
    pub fn differ_only_in(&self, one: &Case, other: &Case, assumption: Assumption) -> bool {
        self.varied.iter().all(|each| {
            let same = one.world.assumptions.answer(*each) == other.world.assumptions.answer(*each);
            same == (*each != assumption)
        })
    }

    /// What breaks `coverage` under any combination.
    #[must_use]
    pub fn coverage_failures(&self) -> Vec<&CoverageFailure> {
        let mut all: Vec<&CoverageFailure> = Vec::new();
        for one in
            self.cases.iter().filter(|case| case.search.truncated.is_none()).flat_map(|case| &case.coverage_failures)
        {
            if !all.contains(&one) {
                all.push(one);
            }
        }
        all
    }

    /// Why a property could not be told although everything was searched: the reason that is told soonest.
    #[must_use]
    pub fn undecided(&self, property: Property) -> Option<&Undecided> {
        let undecided =
            self.cases.iter().flat_map(|case| &case.undecided).filter(|undecided| undecided.property == property);
        undecided.min_by_key(|undecided| undecided.length())
    }

    /// What makes the search itself doubtful.
    #[must_use]
    pub fn defect(&self) -> Option<&str> {
        self.cases.iter().find_map(|case| case.search.defect.as_deref())
    }
}

/// Checks a scenario with an engine, within limits.
#[must_use]
pub fn check<'a>(spec: &'a Spec, engine: Engine, limits: &Limits<'_>) -> Checked<'a> {
    check_saved(spec, engine, limits, &[])
}

/// As [`check`], with each search saved in one of these files, in the order of [`worlds`], while it runs.
#[must_use]
pub fn check_saved<'a>(spec: &'a Spec, engine: Engine, limits: &Limits<'_>, saved: &[Saved]) -> Checked<'a> {
    let started = Instant::now();
    let check_case = match spec.numbers.messages {
        Number::Given => check_case,
        Number::Any => counter_abstraction::check_case,
    };
    let varied = varied(spec);
    let check = |(place, assumptions)| check_case(spec, assumptions, engine, limits, saved.get(place));
    let cases: Vec<Case> = if engine.takes_turns() {
        worlds(spec).into_iter().enumerate().map(check).collect()
    } else {
        worlds(spec).into_par_iter().enumerate().map(check).collect()
    };
    let properties = spec.properties().into_iter().enumerate();
    let judgements = properties.map(|(index, property)| judge(spec, index, property, &cases)).collect();
    Checked { spec, engine, cases, varied, judgements, elapsed: started.elapsed() }
}

/// The combinations of answers under which a scenario is searched, in their order.
#[must_use]
pub fn worlds(spec: &Spec) -> Vec<Assumptions> {
    combinations(pinned(spec), &varied(spec)).collect()
}

fn varied(spec: &Spec) -> Vec<Assumption> {
    spec.touches().into_iter().filter(|assumption| spec.answer(*assumption).is_none()).collect()
}

/// The world of a scenario under one combination; for a scenario that follows another, after searching that one.
///
/// # Errors
/// Why the earlier scenario does not say where this one starts.
pub fn world(spec: &Spec, assumptions: Assumptions, engine: Engine, limits: &Limits<'_>) -> Result<World, Truncation> {
    world_with_past(spec, assumptions, engine, limits, spec.scenario.reads_deletions())
}

/// What a later scenario reads, the stores have remembered from the first on.
fn world_with_past(
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
            let limits = &Limits { walks: None, scenario: &earlier.name, quiescent_unwanted: false, ..*limits };
            let world = world_with_past(earlier, assumptions, engine, limits, remembers)?;
            let past = engine.of_past().search(&world, limits);
            match past.truncated {
                Some(truncated) => return Err(truncated),
                None if past.quiescent.is_empty() => return Err(Truncation::NoStart),
                None => World::following(&spec.scenario, assumptions, &past.quiescent),
            }
        }
    };
    Ok(if remembers { world.remembering_deletions() } else { world })
}

fn pinned(spec: &Spec) -> Assumptions {
    spec.pinned_with_past().into_iter().fold(Assumptions::default(), |all, (one, answer)| all.with(one, answer))
}

/// Every combination of answers to the assumptions that vary, the others as they are given.
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

fn check_case(
    spec: &Spec,
    assumptions: Assumptions,
    engine: Engine,
    limits: &Limits<'_>,
    saved: Option<&Saved>,
) -> Case {
    let (world, search) = match world(spec, assumptions, engine, limits) {
        Ok(world) => {
            let limits = &Limits { saved, scenario: &spec.name, quiescent_unwanted: true, ..*limits };
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
    let named: Vec<Liveness> = spec.liveness();
    // One process alone does not hold the graph of what is reachable.
    let is_spread = limits.cluster.is_some_and(Cluster::is_spread);
    let is_judged = search.truncated.is_none() && spec.numbers == Numbers::GIVEN && !is_spread;
    let undecided = match spec.numbers == Numbers::GIVEN {
        false => counter_abstraction::undecided_liveness(&named),
        true if is_spread && search.truncated.is_none() => counter_abstraction::undecided(&named, &Reason::Spread),
        true => Vec::new(),
    };
    let found = if is_judged { endings(&world, &named, limits) } else { Ok(Vec::new()) };
    let (found, liveness_truncated) =
        found.map_or_else(|truncated| (Vec::new(), Some(truncated)), |found| (found, None));
    let endings: Vec<(Liveness, Ending)> = named.into_iter().zip(found).collect();
    let verdicts = spec
        .properties()
        .into_iter()
        .map(|property| match property {
            Property::Safety(safety) => safety_verdict(safety, &search),
            Property::Liveness(liveness) => match ending(&endings, liveness) {
                None => Verdict::Inconclusive,
                Some(Ending::Always) => Verdict::Vacuous,
                Some(Ending::Reached) => Verdict::Holds,
                Some(Ending::Never(_)) => Verdict::Violated,
            },
            Property::Coverage if search.truncated.is_some() => Verdict::Inconclusive,
            Property::Coverage if coverage_failures.is_empty() => Verdict::Holds,
            Property::Coverage => Verdict::Violated,
        })
        .collect();
    Case { world, search, verdicts, endings, coverage_failures, liveness_truncated, undecided }
}

fn ending(endings: &[(Liveness, Ending)], property: Liveness) -> Option<&Ending> {
    endings.iter().find(|(one, _)| *one == property).map(|(_, ending)| ending)
}

fn lasso(endings: &[(Liveness, Ending)], property: Liveness) -> Option<&Lasso> {
    match ending(endings, property)? {
        Ending::Never(lasso) => Some(lasso),
        Ending::Always | Ending::Reached => None,
    }
}

fn safety_verdict(property: Safety, search: &Search) -> Verdict {
    if search.defect.is_some() {
        Verdict::Error
    } else if search.violations[property as usize].is_some() {
        Verdict::Violated
    } else if search.truncated.is_some() {
        Verdict::Inconclusive
    } else if search.coverage.is_exercised(property) {
        Verdict::Holds
    } else {
        Verdict::Vacuous
    }
}

/// What breaks `coverage`. A property that is expected to be vacuous has its antecedent under `never` by that word alone.
fn coverage_failures(spec: &Spec, world: &World, coverage: &Coverage) -> Vec<CoverageFailure> {
    let expects_vacuous = |property: Safety| spec.expected(Property::Safety(property)) == Verdict::Vacuous;
    let is_open = |point: &Point| spec.may_be_vacuous && matches!(point, Point::Antecedent(_));
    let found = coverage.points().filter(|(point, _)| !is_open(point)).filter_map(|(point, happened)| {
        let name = point.name(world);
        let (is_never, line) = match point {
            Point::Antecedent(property) => (expects_vacuous(property), None),
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

fn judge(spec: &Spec, index: usize, property: Property, cases: &[Case]) -> Judgement {
    let verdicts = || cases.iter().map(|case| case.verdicts[index]);
    let all = |wanted: Verdict| verdicts().all(|verdict| verdict == wanted);
    let any = |wanted: Verdict| verdicts().any(|verdict| verdict == wanted);
    let verdict = if any(Verdict::Error) {
        Verdict::Error
    } else if any(Verdict::Inconclusive) {
        // A violation that was found outranks a search that was cut.
        if any(Verdict::Violated) { Verdict::Violated } else { Verdict::Inconclusive }
    } else {
        Verdict::ALL.into_iter().find(|verdict| all(*verdict)).unwrap_or(Verdict::Depends)
    };
    let length = |case: &Case| match property {
        Property::Safety(safety) => case.search.violations[safety as usize].as_ref().map(|path| path.actions.len()),
        Property::Liveness(liveness) => lasso(&case.endings, liveness).map(|lasso| lasso.path.actions.len()),
        Property::Coverage => (!case.coverage_failures.is_empty()).then_some(0),
    };
    let shown_by = (0..cases.len()).filter_map(|case| Some((length(&cases[case])?, case))).min().map(|(_, case)| case);
    Judgement { property, verdict, expected: spec.expected(property), may_be_vacuous: spec.may_be_vacuous, shown_by }
}

impl fmt::Display for CoverageFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, happened, line } = self;
        let what = if *happened { "happens, and the scenario says never" } else { "never happens" };
        match line {
            Some(line) => write!(f, "{name} (line {line}) {what}"),
            None => write!(f, "{name} {what}"),
        }
    }
}
