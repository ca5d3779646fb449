//! Checking for any number of messages: a crowd is searched, in which all that can happen to any number of messages happens,
//! and perhaps more. So what never happens there never happens, whatever the number; and what does is looked for with few
//! messages before it is believed. What is not found there either cannot be told.

use stranded_model::World;
use stranded_model::assumption::Assumptions;
use stranded_model::coverage::Coverage;
use stranded_model::crowd::{Choice, Crowd};
use stranded_model::id::MessageSet;
use stranded_model::liveness::Liveness;
use stranded_model::property::Safety;

use super::{Case, Unwitnessed, unwitnessed, world};
use crate::engine::{Cut, Engine, Limits, Path, Saved, Search};
use crate::property::{Property, Verdict};
use crate::scenario::{Numbers, Spec};

/// With how many numbers of messages it is looked for, from the smallest on.
const NUMBERS_TRIED: usize = 3;
/// The most states that are searched for it with one number of messages.
const STATES_TRIED: usize = 2_000_000;

/// Why a property could not be told, although everything was searched.
#[derive(Clone, Debug)]
pub struct Doubt {
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
        crowd: Box<Crowd>,
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

impl Doubt {
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
pub fn crowd(spec: &Spec, assumptions: Assumptions, engine: Engine, limits: &Limits<'_>) -> Result<Crowd, Cut> {
    crowd_with_past(spec, assumptions, engine, limits, spec.scenario.reads_deletions())
}

fn crowd_with_past(
    spec: &Spec,
    assumptions: Assumptions,
    engine: Engine,
    limits: &Limits<'_>,
    remembers: bool,
) -> Result<Crowd, Cut> {
    let remembers = remembers || spec.scenario.reads_deletions();
    let crowd = match &spec.from {
        None => Crowd::new(&spec.scenario, assumptions),
        Some(earlier) => {
            let limits = &Limits { walks: None, scenario: &earlier.name, ..*limits };
            let crowd = crowd_with_past(earlier, assumptions, engine, limits, remembers)?;
            let past = engine.of_past().search_crowd(&crowd, limits);
            match past.cut {
                Some(cut) => return Err(cut),
                None if past.at_rest.is_empty() => return Err(Cut::NoStart),
                None => Crowd::following(&spec.scenario, assumptions, &past.at_rest),
            }
        }
    };
    Ok(if remembers { crowd.remembering_deletions() } else { crowd })
}

/// What is told of liveness where a number of the site is any.
pub(super) fn liveness_doubts(named: &[Liveness]) -> Vec<Doubt> {
    doubts(named, &Reason::InTheEnd)
}

/// What is told of liveness where it is not judged.
pub(super) fn doubts(named: &[Liveness], reason: &Reason) -> Vec<Doubt> {
    let doubt = |liveness: &Liveness| Doubt { property: Property::Liveness(*liveness), reason: reason.clone() };
    named.iter().map(doubt).collect()
}

pub(super) fn check_case(
    spec: &Spec,
    assumptions: Assumptions,
    engine: Engine,
    limits: &Limits<'_>,
    saved: Option<&Saved>,
) -> Case {
    let (crowd, search) = match crowd(spec, assumptions, engine, limits) {
        Ok(crowd) => {
            let search =
                engine.search_crowd(&crowd, &Limits { saved, scenario: &spec.name, rest_unwanted: true, ..*limits });
            (crowd, search)
        }
        Err(cut) => {
            let crowd = Crowd::following(&spec.scenario, assumptions, &[]);
            let search = engine.search_crowd(&crowd, limits);
            (crowd, Search { cut: Some(cut), ..search })
        }
    };
    let shown = Shown::of(spec, assumptions, engine, limits, &search);
    // Whatever happens with few messages happens in this world as well.
    let world = match &spec.from {
        None => World::new(&spec.scenario, assumptions),
        Some(_) => World::following(&spec.scenario, assumptions, &[]),
    };
    let mut doubts = liveness_doubts(&spec.liveness());
    let (certain, uncertain) = witnessed(spec, &world, &search, &shown);
    if search.cut.is_none() && !uncertain.is_empty() {
        let points = uncertain.into_iter().map(|item| item.name).collect();
        doubts.push(Doubt { property: Property::Witness, reason: shown.not_seen(points) });
    }
    let defect = search.defect.clone().or_else(|| shown.contradicts(&search));
    let mut verdict = |property: Property| match property {
        Property::Safety(safety) if defect.is_none() => {
            let (verdict, reason) = shown.verdict(safety, &crowd, &search);
            doubts.extend(reason.map(|reason| Doubt { property, reason }));
            verdict
        }
        Property::Safety(_) => Verdict::Error,
        Property::Liveness(_) => Verdict::Inconclusive,
        Property::Witness if search.cut.is_some() => Verdict::Inconclusive,
        Property::Witness if !certain.is_empty() => Verdict::Violated,
        Property::Witness if doubts.iter().any(|doubt| doubt.property == property) => Verdict::Inconclusive,
        Property::Witness => Verdict::Holds,
    };
    let verdicts = spec.properties().into_iter().map(&mut verdict).collect();
    let search = Search {
        states: search.states,
        representatives: search.representatives,
        waiting: search.waiting,
        depth: search.depth,
        cut: search.cut,
        violations: shown.violations,
        coverage: search.coverage,
        at_rest: Vec::new(),
        defect,
    };
    Case { world, search, verdicts, endings: Vec::new(), unwitnessed: certain, ends_cut: None, doubts }
}

/// What breaks `witness` for certain, and what may.
fn witnessed(
    spec: &Spec,
    world: &World,
    search: &Search<Choice>,
    shown: &Shown,
) -> (Vec<Unwitnessed>, Vec<Unwitnessed>) {
    let among_any = unwitnessed(spec, world, &search.coverage);
    let with_few = shown.coverage.as_ref().map_or_else(|| among_any.clone(), |seen| unwitnessed(spec, world, seen));
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
            if found.cut.is_some() {
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

    fn verdict(&self, property: Safety, crowd: &Crowd, search: &Search<Choice>) -> (Verdict, Option<Reason>) {
        if self.violations[property as usize].is_some() {
            return (Verdict::Violated, None);
        }
        if let Some(path) = &search.violations[property as usize] {
            let (crowd, path) = (Box::new(crowd.clone()), Box::new(path.clone()));
            return (Verdict::Inconclusive, Some(Reason::NotReplayed { crowd, path, searched: self.searched }));
        }
        if search.cut.is_some() {
            (Verdict::Inconclusive, None)
        } else if !search.coverage.meets(property) {
            (Verdict::Vacuous, None)
        } else if self.coverage.as_ref().is_some_and(|seen| seen.meets(property)) {
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
        let property = Safety::ALL.into_iter().find(missed).filter(|_| search.cut.is_none())?;
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
