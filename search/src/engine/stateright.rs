//! The reference engine: stateright's own breadth-first checker with one thread, one property a run, which is the mode in
//! which it finds shortest paths and finds the same ones every time.
//!
//! What it does not do by itself is done around it, through the model that it is given: limits end a search by leaving no
//! action possible, and say so, since its own bounds leave states unjudged and say nothing; and since it knows states by a
//! 64-bit fingerprint alone, the states it was given are counted exactly as well, and the two counts compared.
//!
//! The one property of a run is that none of several is broken. The first state that breaks it is the first that breaks any
//! of them, so the way there is a shortest for each that is broken there; the next run asks for the others. The last run
//! finds nothing, and so explores everything.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use stranded_model::World;
use stranded_model::coverage::Coverage;
use stranded_model::property::Safety;
use stranded_model::state::State;
use stranded_model::stateright::{Checker, HasDiscoveries, Model, Property};

use super::limits::{Limits, Truncation};
use super::rules::Rules;
use super::{Path, Search, is_quiescent};

/// The property of a run.
const NONE_IS_BROKEN: &str = "none is broken";
/// After how many new states it is looked how much memory is taken.
const STATES_PER_LOOK: usize = 256;

/// For each property, a way to where it is broken.
type Violations<C> = [Option<Path<C>>; Safety::ALL.len()];

pub(super) fn search<R: Rules + 'static>(rules: &Arc<R>, limits: &Limits<'_>) -> Search<R::Choice> {
    let mut violations: Violations<R::Choice> = std::array::from_fn(|_| None);
    let mut unbroken = Safety::ALL.to_vec();
    loop {
        let (found, run) = Run::of(rules, &unbroken, limits);
        let Some((path, end)) = found else { return run.search(rules.world(), violations, limits) };
        let (left, broken): (Vec<Safety>, Vec<Safety>) =
            unbroken.iter().partition(|property| property.holds(rules.world(), &end));
        if broken.is_empty() {
            let defect = "stateright shows a state in which nothing is broken as one in which something is".to_owned();
            return Search { defect: Some(defect), ..run.search(rules.world(), violations, limits) };
        }
        broken.into_iter().for_each(|property| violations[property as usize] = Some(path.clone()));
        unbroken = left;
    }
}

/// One run of the checker.
struct Run {
    /// How many states the checker says that there are.
    counted: usize,
    notes: Arc<Mutex<Notes>>,
}

/// The way to the first state in which something is broken, and that state.
type FirstBroken<C> = Option<(Path<C>, State)>;

impl Run {
    /// Asks for the first state in which one of these properties is broken.
    fn of<R: Rules + 'static>(rules: &Arc<R>, asked: &[Safety], limits: &Limits<'_>) -> (FirstBroken<R::Choice>, Self) {
        let model = Bounded::new(rules, asked, limits);
        let notes = Arc::clone(&model.notes);
        let checker = model.checker().threads(1).finish_when(HasDiscoveries::All).spawn_bfs().join();
        // The checker walks the path again to tell it; that walk is not to be stopped.
        lock(&notes).stopped = false;
        let found = checker.discovery(NONE_IS_BROKEN).and_then(|path| {
            let states = path.clone().into_states();
            let (initial, end) = (states.first()?.clone(), states.last()?.clone());
            Some((Path { initial, actions: path.into_actions() }, end))
        });
        (found, Self { counted: checker.unique_state_count(), notes })
    }

    /// What was found, if this run found nothing more to be broken.
    fn search<C>(self, world: &World, violations: Violations<C>, limits: &Limits<'_>) -> Search<C> {
        let notes = lock(&self.notes);
        let is_wanted = |state: &&State| !limits.quiescent_unwanted && is_quiescent(world, state);
        let mut quiescent: Vec<State> = notes.distances.keys().filter(is_wanted).cloned().collect();
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

/// Rules within limits, with notes of what the checker made of them.
struct Bounded<R> {
    rules: Arc<R>,
    /// What is not to be broken; if it is nothing, the run explores everything.
    asked: Vec<Safety>,
    limits: Limits<'static>,
    notes: Arc<Mutex<Notes>>,
}

struct Notes {
    /// Every state that the checker was given, and how many actions it is away from the start.
    distances: IndexMap<State, usize, FxBuildHasher>,
    coverage: Coverage,
    truncated: Option<Truncation>,
    /// Whether the checker is to find nothing more to do.
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
    fn new(rules: &Arc<R>, asked: &[Safety], limits: &Limits<'_>) -> Self {
        let notes = Notes {
            distances: IndexMap::default(),
            coverage: Coverage::of(rules.world()),
            truncated: None,
            stopped: false,
        };
        let Limits { states_max, depth_max, deadline, memory_max, interrupted, .. } = *limits;
        let limits = Limits { states_max, depth_max, deadline, memory_max, interrupted, ..Limits::default() };
        Self { rules: Arc::clone(rules), asked: asked.to_vec(), limits, notes: Arc::new(Mutex::new(notes)) }
    }

    /// Whether the state may be reached at this distance; a state too many, too far or too late cuts the search.
    fn admits(&self, state: &State, distance: usize) -> bool {
        let mut notes = lock(&self.notes);
        if notes.distances.contains_key(state) {
            return true;
        }
        if notes.truncated.is_some() {
            return false;
        }
        let is_looked_at = notes.distances.len().is_multiple_of(STATES_PER_LOOK);
        let met = if is_looked_at { self.limits.met() } else { self.limits.reached() };
        if let Some(truncated) = met {
            return notes.stop(truncated);
        }
        if let Some(max) = self.limits.states_max.filter(|max| notes.distances.len() >= *max) {
            return notes.stop(Truncation::States(max));
        }
        if let Some(max) = self.limits.depth_max.filter(|max| distance > *max) {
            return notes.stop(Truncation::Depth(max));
        }
        notes.distances.insert(state.clone(), distance);
        true
    }
}

impl<R: Rules + 'static> Model for Bounded<R> {
    type State = State;
    type Action = R::Choice;

    fn init_states(&self) -> Vec<State> {
        self.rules.initial().iter().filter(|state| self.admits(state, 0)).cloned().collect()
    }

    fn actions(&self, _: &State, choices: &mut Vec<R::Choice>) {
        if !lock(&self.notes).stopped {
            choices.extend_from_slice(self.rules.choices());
        }
    }

    fn next_state(&self, state: &State, choice: R::Choice) -> Option<State> {
        let occurrence = self.rules.occur(state, &choice).ok()?;
        let mut notes = lock(&self.notes);
        if notes.stopped {
            return None;
        }
        notes.coverage.note_action(self.rules.world(), &R::action(&choice), occurrence.step.as_ref());
        let distance = notes.distances.get(state).map_or(0, |distance| distance + 1);
        drop(notes);
        self.admits(&occurrence.state, distance).then_some(occurrence.state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let none_is_broken =
            |model: &Self, state: &State| model.asked.iter().all(|property| property.holds(model.rules.world(), state));
        vec![Property::always(NONE_IS_BROKEN, none_is_broken)]
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
