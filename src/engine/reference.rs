//! The reference engine: stateright's own breadth-first checker with one thread, one property a run, which is the mode in
//! which it finds shortest paths and finds the same ones every time.
//!
//! What it does not do by itself is done around it, through the model that it is given: limits end a search by leaving no
//! action possible, and say so, since its own bounds leave states unjudged and say nothing; a run without a property to break
//! explores everything; and since it knows states by a 64-bit fingerprint alone, the states it was given are counted exactly
//! as well, and the two counts compared.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustc_hash::FxBuildHasher;
use stranded_model::World;
use stranded_model::checkable::{Checker, HasDiscoveries, Model, Property, safety_properties};
use stranded_model::coverage::Coverage;
use stranded_model::property::Safety;
use stranded_model::state::State;

use super::limits::{Cut, Limits};
use super::rules::Rules;
use super::{Path, Search, is_at_rest};

/// A property that nothing breaks: a run with it explores everything.
const EVERYTHING: &str = "everything";

pub(super) fn search<R: Rules + 'static>(rules: &Arc<R>, limits: &Limits<'_>) -> Search<R::Choice> {
    let world = rules.world();
    let explored = Bounded::new(rules, None, limits);
    let notes = Arc::clone(&explored.notes);
    let counted = run(explored).unique_state_count();
    let mut notes = lock(&notes);
    let mut at_rest: Vec<State> = notes.distances.keys().filter(|state| is_at_rest(world, state)).cloned().collect();
    at_rest.sort();
    let mut coverage = notes.coverage.clone();
    notes.distances.keys().for_each(|state| coverage.note_state(world, state));
    let states = notes.distances.len();
    let differs = notes.cut.is_none() && counted != states;
    let defect = differs
        .then(|| format!("stateright counted {counted} states and was given {states}: two states share a fingerprint"));
    let violations = Safety::ALL.map(|property| match violation(rules, property, limits) {
        Ok(path) => path,
        // A run that was cut found nothing; it would be wrong to say that there is nothing.
        Err(cut) => {
            notes.cut = notes.cut.or(Some(cut));
            None
        }
    });
    let depth = notes.distances.values().copied().max().unwrap_or(0);
    Search { states, representatives: states, waiting: 0, depth, cut: notes.cut, violations, coverage, at_rest, defect }
}

/// A shortest way to a state in which the property is not true; none, if there is none and everything was searched.
fn violation<R: Rules + 'static>(
    rules: &Arc<R>,
    property: Safety,
    limits: &Limits<'_>,
) -> Result<Option<Path<R::Choice>>, Cut> {
    let model = Bounded::new(rules, Some(property), limits);
    let notes = Arc::clone(&model.notes);
    let checker = run(model);
    // The checker walks the path again to tell it; that walk is not to be stopped.
    let cut = {
        let mut notes = lock(&notes);
        notes.stopped = false;
        notes.cut
    };
    let Some(path) = checker.discovery(property.name()) else { return cut.map_or(Ok(None), Err) };
    let initial = path.clone().into_states().into_iter().next();
    Ok(initial.map(|initial| Path { initial, actions: path.into_actions() }))
}

fn run<R: Rules + 'static>(model: Bounded<R>) -> impl Checker<Bounded<R>> {
    model.checker().threads(1).finish_when(HasDiscoveries::All).spawn_bfs().join()
}

/// Rules within limits, with notes of what the checker made of them.
struct Bounded<R> {
    rules: Arc<R>,
    property: Option<Safety>,
    states_max: Option<usize>,
    depth_max: Option<usize>,
    deadline: Option<Instant>,
    notes: Arc<Mutex<Notes>>,
}

struct Notes {
    /// Every state that the checker was given, and how many actions it is away from the start.
    distances: HashMap<State, usize, FxBuildHasher>,
    coverage: Coverage,
    cut: Option<Cut>,
    /// Whether the checker is to find nothing more to do.
    stopped: bool,
}

impl Notes {
    fn stop(&mut self, cut: Cut) -> bool {
        self.cut = Some(cut);
        self.stopped = true;
        false
    }
}

impl<R: Rules> Bounded<R> {
    fn new(rules: &Arc<R>, property: Option<Safety>, limits: &Limits<'_>) -> Self {
        let notes =
            Notes { distances: HashMap::default(), coverage: Coverage::of(rules.world()), cut: None, stopped: false };
        Self {
            rules: Arc::clone(rules),
            property,
            states_max: limits.states_max,
            depth_max: limits.depth_max,
            deadline: limits.deadline,
            notes: Arc::new(Mutex::new(notes)),
        }
    }

    /// Whether the state may be reached at this distance; a state too many, too far or too late cuts the search.
    fn admits(&self, state: &State, distance: usize) -> bool {
        let mut notes = lock(&self.notes);
        if notes.distances.contains_key(state) {
            return true;
        }
        if notes.cut.is_some() {
            return false;
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return notes.stop(Cut::Time);
        }
        if let Some(max) = self.states_max.filter(|max| notes.distances.len() >= *max) {
            return notes.stop(Cut::States(max));
        }
        if let Some(max) = self.depth_max.filter(|max| distance > *max) {
            return notes.stop(Cut::Depth(max));
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
        match self.property {
            None => vec![Property::always(EVERYTHING, |_, _| true)],
            Some(wanted) => safety_properties().into_iter().filter(|property| property.name == wanted.name()).collect(),
        }
    }
}

impl<R: Rules> AsRef<World> for Bounded<R> {
    fn as_ref(&self) -> &World {
        self.rules.world()
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
