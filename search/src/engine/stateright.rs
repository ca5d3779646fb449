//! The reference engine: the breadth-first checker of stateright with one thread and one property per run. In this mode
//! it finds shortest paths, the same ones every time.
//!
//! The model that is given to the checker adds two things. Limits end a search by enabling no further action, and are
//! reported; the checker's own bounds skip the judgement of states and report nothing. The states that the checker was
//! given are counted exactly and compared with its own count, because it identifies states by a 64-bit fingerprint. The
//! checker and the count share each state, so that their tables are small and do not exceed a limit when they double.
//!
//! The property of a run is that none of several invariants is violated. The first state that violates the
//! run's property is also a nearest violation of each invariant that it violates; the next run continues with the
//! others. The last run finds no violation and so explores all states.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use stranded_model::World;
use stranded_model::coverage::Coverage;
use stranded_model::property::{INVARIANTS_MAX, Invariant};
use stranded_model::state::State;
use stranded_model::stateright::{Checker, HasDiscoveries, Model, Property};

use super::limits::{Limits, Truncation};
use super::rules::Rules;
use super::{Path, Search, is_quiescent};

/// The property of a run.
const NOTHING_VIOLATED: &str = "no property is violated";
/// The number of new states between two checks of the memory limit.
const STATES_PER_CHECK: usize = 256;

/// For each property, a path to a violation.
type Violations<C> = [Option<Path<C>>; INVARIANTS_MAX];

pub(super) fn search<R: Rules + 'static>(rules: &Arc<R>, limits: &Limits<'_>) -> Search<R::Choice> {
    let mut violations: Violations<R::Choice> = std::array::from_fn(|_| None);
    let mut unviolated = rules.world().invariants().collect::<Vec<_>>();
    loop {
        let (found, run) = CheckerRun::of(rules, &unviolated, limits);
        let Some((path, end)) = found else { return run.search(rules.world(), violations, limits) };
        let (left, violated): (Vec<Invariant>, Vec<Invariant>) =
            unviolated.iter().partition(|property| property.holds(rules.world(), &end));
        if violated.is_empty() {
            let defect = "stateright reports a violation in a state that violates no property".to_owned();
            return Search { defect: Some(defect), ..run.search(rules.world(), violations, limits) };
        }
        violated.into_iter().for_each(|property| violations[property.index()] = Some(path.clone()));
        unviolated = left;
    }
}

/// One run of the checker.
struct CheckerRun {
    /// The number of states that the checker reports.
    counted: usize,
    notes: Arc<Mutex<Notes>>,
}

/// The path to the first violation, and the state at its end.
type FirstViolation<C> = Option<(Path<C>, State)>;

impl CheckerRun {
    /// Searches for the first state that violates one of these properties.
    fn of<R: Rules + 'static>(
        rules: &Arc<R>,
        properties: &[Invariant],
        limits: &Limits<'_>,
    ) -> (FirstViolation<R::Choice>, Self) {
        let model = Bounded::new(rules, properties, limits);
        let notes = Arc::clone(&model.notes);
        let checker = model.checker().threads(1).finish_when(HasDiscoveries::All).spawn_bfs().join();
        // The checker repeats the path to report it; the limits must not stop that.
        lock(&notes).stopped = false;
        let found = checker.discovery(NOTHING_VIOLATED).and_then(|path| {
            let states = path.clone().into_states();
            let (initial, end) = (states.first()?, states.last()?);
            Some((Path { initial: State::clone(initial), actions: path.into_actions() }, State::clone(end)))
        });
        (found, Self { counted: checker.unique_state_count(), notes })
    }

    /// Returns the result of the whole search, if this run found no further violation.
    fn search<C>(self, world: &World, violations: Violations<C>, limits: &Limits<'_>) -> Search<C> {
        let notes = lock(&self.notes);
        let is_wanted = |state: &&State| !limits.skip_quiescent && is_quiescent(world, state);
        let mut quiescent: Vec<State> = notes.distances.keys().map(Arc::as_ref).filter(is_wanted).cloned().collect();
        quiescent.sort();
        let mut coverage = notes.coverage.clone();
        notes.distances.keys().for_each(|state| coverage.note_state(world, state));
        let states = notes.distances.len();
        let counted = self.counted;
        let differs = notes.truncated.is_none() && counted != states;
        let defect = differs.then(|| {
            format!("stateright counted {counted} states and was given {states}: two states share a fingerprint")
        });
        let depth = notes.distances.values().copied().max().unwrap_or(0);
        Search {
            states,
            representatives: states,
            frontier: 0,
            depth,
            truncated: notes.truncated,
            violations,
            coverage,
            quiescent,
            defect,
        }
    }
}

/// Rules within limits, with notes of the checker's progress.
struct Bounded<R> {
    rules: Arc<R>,
    /// The properties to check. If there are none, the run explores all states.
    properties: Vec<Invariant>,
    limits: Limits<'static>,
    notes: Arc<Mutex<Notes>>,
}

struct Notes {
    /// Every state that the checker was given, and its distance from the start in actions.
    distances: IndexMap<Arc<State>, usize, FxBuildHasher>,
    coverage: Coverage,
    truncated: Option<Truncation>,
    /// True if the model must enable no further action.
    stopped: bool,
}

impl Notes {
    fn stop(&mut self, truncated: Truncation) -> bool {
        self.truncated = Some(truncated);
        self.stopped = true;
        false
    }
}

impl<R: Rules> Bounded<R> {
    fn new(rules: &Arc<R>, properties: &[Invariant], limits: &Limits<'_>) -> Self {
        let notes = Notes {
            distances: IndexMap::default(),
            coverage: Coverage::of(rules.world()),
            truncated: None,
            stopped: false,
        };
        let Limits { states_max, depth_max, deadline, memory_max, system_memory, interrupted, .. } = *limits;
        let limits =
            Limits { states_max, depth_max, deadline, memory_max, system_memory, interrupted, ..Limits::default() };
        Self { rules: Arc::clone(rules), properties: properties.to_vec(), limits, notes: Arc::new(Mutex::new(notes)) }
    }

    /// Returns true if the state may be reached at this distance. A state beyond a limit truncates the search.
    fn admits(&self, state: &Arc<State>, distance: usize) -> bool {
        let mut notes = lock(&self.notes);
        if notes.distances.contains_key(state) {
            return true;
        }
        if notes.truncated.is_some() {
            return false;
        }
        let is_limit_check = notes.distances.len().is_multiple_of(STATES_PER_CHECK);
        let truncated = if is_limit_check { self.limits.limit_reached() } else { self.limits.stopped() };
        if let Some(truncated) = truncated {
            return notes.stop(truncated);
        }
        if let Some(max) = self.limits.states_max.filter(|max| notes.distances.len() >= *max) {
            return notes.stop(Truncation::States(max));
        }
        if let Some(max) = self.limits.depth_max.filter(|max| distance > *max) {
            return notes.stop(Truncation::Depth(max));
        }
        notes.distances.insert(Arc::clone(state), distance);
        true
    }
}

impl<R: Rules + 'static> Model for Bounded<R> {
    type State = Arc<State>;
    type Action = R::Choice;

    fn init_states(&self) -> Vec<Arc<State>> {
        self.rules.initial().iter().cloned().map(Arc::new).filter(|state| self.admits(state, 0)).collect()
    }

    fn actions(&self, _: &Arc<State>, choices: &mut Vec<R::Choice>) {
        if !lock(&self.notes).stopped {
            choices.extend_from_slice(self.rules.choices());
        }
    }

    fn next_state(&self, state: &Arc<State>, choice: R::Choice) -> Option<Arc<State>> {
        let occurrence = self.rules.occur(state, &choice).ok()?;
        let mut notes = lock(&self.notes);
        if notes.stopped {
            return None;
        }
        notes.coverage.note_action(self.rules.world(), &R::action(&choice), occurrence.step.as_ref());
        let distance = notes.distances.get(state).map_or(0, |distance| distance + 1);
        drop(notes);
        let next = Arc::new(occurrence.state);
        self.admits(&next, distance).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let nothing_violated = |model: &Self, state: &Arc<State>| {
            model.properties.iter().all(|property| property.holds(model.rules.world(), state))
        };
        vec![Property::always(NOTHING_VIOLATED, nothing_violated)]
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
