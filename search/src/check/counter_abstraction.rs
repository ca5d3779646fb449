//! Checking for any number of messages: a crowd is searched, in which all that can happen to any number of messages happens,
//! and perhaps more. So what never happens there never happens, whatever the number; and what does is looked for with few
//! messages before it is believed. What is not found there either cannot be told.

use stranded_model::World;
use stranded_model::assumption::Assumptions;
use stranded_model::counter_abstraction::{Choice, CounterAbstraction};
use stranded_model::coverage::Coverage;
use stranded_model::id::MessageSet;
use stranded_model::liveness::Liveness;
use stranded_model::property::Safety;

use super::{Case, CoverageFailure, coverage_failures, world};
use crate::engine::{Engine, Limits, Path, Saved, Search, Truncation};
use crate::property::{Property, Verdict};
use crate::scenario::{Numbers, Spec};

/// With how many numbers of messages it is looked for, from the smallest on.
const NUMBERS_TRIED: usize = 3;
/// The most states that are searched for it with one number of messages.
const STATES_TRIED: usize = 2_000_000;

/// Why a property could not be told, although everything was searched.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// The property.
    pub property: Property,
    /// Why.
    pub reason: Reason,
}

/// Why a property could not be told.
#[derive(Clone, Debug)]
pub enum Reason {
    /// What must happen in the end is judged for given numbers only.
    InTheEnd,
    /// What must happen in the end is judged by one process, which holds all states.
    Spread,
    /// This breaks it among any number of messages, and nothing does with up to so many.
    NotReplayed {
        /// The crowd in which it happens.
        abstraction: Box<CounterAbstraction>,
        /// The way to it.
        path: Box<Path<Choice>>,
        /// The most messages with which all was searched; none, if that has too many states.
        searched: Option<usize>,
    },
    /// These happen among any number of messages, and with up to so many they do not.
    NotSeen {
        /// What happens.
        points: Vec<String>,
        /// The most messages with which all was searched; none, if that has too many states.
        searched: Option<usize>,
    },
}

impl Undecided {
    /// How long the way is that shows it.
    pub(super) fn length(&self) -> usize {
        match &self.reason {
            Reason::InTheEnd | Reason::Spread | Reason::NotSeen { .. } => 0,
            Reason::NotReplayed { path, .. } => path.actions.len(),
        }
    }
}

/// A scenario with any number of messages under one combination; what it starts from is searched with any number as well.
///
/// # Errors
/// Why the earlier scenario does not say where this one starts.
pub fn counter_abstraction(
    spec: &Spec,
    assumptions: Assumptions,
    engine: Engine,
    limits: &Limits<'_>,
) -> Result<CounterAbstraction, Truncation> {
    abstraction_with_past(spec, assumptions, engine, limits, spec.scenario.reads_deletions())
}

fn abstraction_with_past(
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
            let abstraction = abstraction_with_past(earlier, assumptions, engine, limits, remembers)?;
            let past = engine.of_past().search_counter_abstraction(&abstraction, limits);
            match past.truncated {
                Some(truncated) => return Err(truncated),
                None if past.quiescent.is_empty() => return Err(Truncation::NoStart),
                None => CounterAbstraction::following(&spec.scenario, assumptions, &past.quiescent),
            }
        }
    };
    Ok(if remembers { abstraction.remembering_deletions() } else { abstraction })
}

/// What is told of liveness where a number of the site is any.
pub(super) fn undecided_liveness(named: &[Liveness]) -> Vec<Undecided> {
    undecided(named, &Reason::InTheEnd)
}

/// What is told of liveness where it is not judged.
pub(super) fn undecided(named: &[Liveness], reason: &Reason) -> Vec<Undecided> {
    let undecided = |liveness: &Liveness| Undecided { property: Property::Liveness(*liveness), reason: reason.clone() };
    named.iter().map(undecided).collect()
}

pub(super) fn check_case(
    spec: &Spec,
    assumptions: Assumptions,
    engine: Engine,
    limits: &Limits<'_>,
    saved: Option<&Saved>,
) -> Case {
    let (abstraction, search) = match counter_abstraction(spec, assumptions, engine, limits) {
        Ok(abstraction) => {
            let search = engine.search_counter_abstraction(
                &abstraction,
                &Limits { saved, scenario: &spec.name, quiescent_unwanted: true, ..*limits },
            );
            (abstraction, search)
        }
        Err(truncated) => {
            let abstraction = CounterAbstraction::following(&spec.scenario, assumptions, &[]);
            let search = engine.search_counter_abstraction(&abstraction, limits);
            (abstraction, Search { truncated: Some(truncated), ..search })
        }
    };
    let shown = Shown::of(spec, assumptions, engine, limits, &search);
    // Whatever happens with few messages happens in this world as well.
    let world = match &spec.from {
        None => World::new(&spec.scenario, assumptions),
        Some(_) => World::following(&spec.scenario, assumptions, &[]),
    };
    let mut undecided = undecided_liveness(&spec.liveness());
    let (certain, uncertain) = coverage_results(spec, &world, &search, &shown);
    if search.truncated.is_none() && !uncertain.is_empty() {
        let points = uncertain.into_iter().map(|item| item.name).collect();
        undecided.push(Undecided { property: Property::Coverage, reason: shown.not_seen(points) });
    }
    let defect = search.defect.clone().or_else(|| shown.contradicts(&search));
    let mut verdict = |property: Property| match property {
        Property::Safety(safety) if defect.is_none() => {
            let (verdict, reason) = shown.verdict(safety, &abstraction, &search);
            undecided.extend(reason.map(|reason| Undecided { property, reason }));
            verdict
        }
        Property::Safety(_) => Verdict::Error,
        Property::Liveness(_) => Verdict::Inconclusive,
        Property::Coverage if search.truncated.is_some() => Verdict::Inconclusive,
        Property::Coverage if !certain.is_empty() => Verdict::Violated,
        Property::Coverage if undecided.iter().any(|undecided| undecided.property == property) => Verdict::Inconclusive,
        Property::Coverage => Verdict::Holds,
    };
    let verdicts = spec.properties().into_iter().map(&mut verdict).collect();
    let search = Search {
        states: search.states,
        representatives: search.representatives,
        frontier: search.frontier,
        depth: search.depth,
        truncated: search.truncated,
        violations: shown.violations,
        coverage: search.coverage,
        quiescent: Vec::new(),
        defect,
    };
    Case {
        world,
        search,
        verdicts,
        endings: Vec::new(),
        coverage_failures: certain,
        liveness_truncated: None,
        undecided,
    }
}

/// What breaks `coverage` for certain, and what may.
fn coverage_results(
    spec: &Spec,
    world: &World,
    search: &Search<Choice>,
    shown: &Shown,
) -> (Vec<CoverageFailure>, Vec<CoverageFailure>) {
    let among_any = coverage_failures(spec, world, &search.coverage);
    let with_few =
        shown.coverage.as_ref().map_or_else(|| among_any.clone(), |seen| coverage_failures(spec, world, seen));
    let (certain, mut uncertain): (Vec<_>, Vec<_>) =
        among_any.into_iter().partition(|item| !item.happened || with_few.contains(item));
    uncertain.extend(with_few.into_iter().filter(|item| !item.happened && !certain.contains(item)));
    (certain, uncertain)
}

/// What was found with few messages.
struct Shown {
    violations: [Option<Path>; Safety::ALL.len()],
    coverage: Option<Coverage>,
    /// The most messages with which all was searched.
    searched: Option<usize>,
}

impl Shown {
    /// Looks for what a crowd shows, first with the smallest number of messages, until everything is found.
    fn of(spec: &Spec, assumptions: Assumptions, engine: Engine, limits: &Limits<'_>, wanted: &Search<Choice>) -> Self {
        let mut shown = Self { violations: [const { None }; Safety::ALL.len()], coverage: None, searched: None };
        let least = least_messages(spec).max(1);
        let states_max = limits.states_max.map_or(STATES_TRIED, |max| max.min(STATES_TRIED));
        let limits = Limits { states_max: Some(states_max), ..*limits };
        for messages in (least..least + NUMBERS_TRIED).take_while(|messages| *messages <= MessageSet::MESSAGES_MAX) {
            let spec = with_messages(spec, messages);
            let Ok(world) = world(&spec, assumptions, engine, &limits) else { break };
            let found = engine.search(&world, &limits);
            for (known, new) in shown.violations.iter_mut().zip(found.violations) {
                *known = known.take().or(new);
            }
            shown.coverage = Some(match shown.coverage.take() {
                None => found.coverage,
                Some(known) => known.with(&found.coverage),
            });
            if found.truncated.is_some() {
                break;
            }
            shown.searched = Some(messages);
            if shown.has_all(wanted) {
                break;
            }
        }
        shown
    }

    fn has_all(&self, wanted: &Search<Choice>) -> bool {
        let pairs = wanted.violations.iter().zip(&self.violations);
        pairs.into_iter().all(|(wanted, shown)| wanted.is_none() || shown.is_some())
            && self.coverage.as_ref() == Some(&wanted.coverage)
    }

    fn verdict(
        &self,
        property: Safety,
        abstraction: &CounterAbstraction,
        search: &Search<Choice>,
    ) -> (Verdict, Option<Reason>) {
        if self.violations[property as usize].is_some() {
            return (Verdict::Violated, None);
        }
        if let Some(path) = &search.violations[property as usize] {
            let (abstraction, path) = (Box::new(abstraction.clone()), Box::new(path.clone()));
            return (Verdict::Inconclusive, Some(Reason::NotReplayed { abstraction, path, searched: self.searched }));
        }
        if search.truncated.is_some() {
            (Verdict::Inconclusive, None)
        } else if !search.coverage.is_exercised(property) {
            (Verdict::Vacuous, None)
        } else if self.coverage.as_ref().is_some_and(|seen| seen.is_exercised(property)) {
            (Verdict::Holds, None)
        } else {
            (Verdict::Inconclusive, Some(self.not_seen(vec![property.antecedent().to_owned()])))
        }
    }

    fn not_seen(&self, points: Vec<String>) -> Reason {
        Reason::NotSeen { points, searched: self.searched }
    }

    /// Something that happens with few messages and not in the crowd, which would be wrong then.
    fn contradicts(&self, search: &Search<Choice>) -> Option<String> {
        let missed = |property: &Safety| {
            self.violations[*property as usize].is_some() && search.violations[*property as usize].is_none()
        };
        let property = Safety::ALL.into_iter().find(missed).filter(|_| search.truncated.is_none())?;
        Some(format!("{} is broken by few messages, and by any number it is not", property.name()))
    }
}

/// How many messages there are at first, in any scenario of the chain.
fn least_messages(spec: &Spec) -> usize {
    let here = spec.scenario.start.as_ref().map_or(0, |start| {
        start.mailboxes.values().map(|mailbox| mailbox.held()).fold(MessageSet::EMPTY, MessageSet::with).len()
    });
    here.max(spec.from.as_deref().map_or(0, least_messages))
}

/// The scenario with so many messages, and those that it starts from.
fn with_messages(spec: &Spec, messages: usize) -> Spec {
    let mut spec = spec.clone();
    spec.numbers = Numbers { messages: crate::scenario::Number::Given, ..spec.numbers };
    spec.scenario.site.messages = messages;
    spec.from = spec.from.map(|earlier| Box::new(with_messages(&earlier, messages)));
    spec
}
