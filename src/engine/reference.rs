//! The reference engine: stateright's own breadth-first checker with one thread, one property a run, which is the mode in
//! which it finds shortest paths and finds the same ones every time.
//!
//! What it does not do by itself is done around it, through the model that it is given: limits end a search by leaving no
//! action possible, and say so; a run without a property to break explores everything; and since it knows states by a
//! 64-bit fingerprint alone, the states it was given are counted exactly as well, and the two counts compared.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustc_hash::FxBuildHasher;
use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::checkable::{Checker, HasDiscoveries, Model, Property, safety_properties};
use stranded_model::coverage::Coverage;
use stranded_model::property::Safety;
use stranded_model::state::State;

use super::limits::{Cut, Limits};
use super::{Path, Search, is_at_rest};

/// A property that nothing breaks: a run with it explores everything.
const EVERYTHING: &str = "everything";

pub(super) fn search_world(world: &World, limits: &Limits<'_>) -> Search {
    let world = Arc::new(world.clone());
    let explored = Bounded::new(&world, None, limits);
    let notes = Arc::clone(&explored.notes);
    let checker = run(explored, limits.depth_max);
    let mut notes = lock(&notes);
    notes.stopped = false;
    let depth = checker.max_depth().saturating_sub(1);
    let counted = checker.unique_state_count();
    let cut = notes.cut.or(limits.depth_max.filter(|max| depth >= *max && *max > 0).map(Cut::Depth));
    let mut at_rest: Vec<State> = notes.states.iter().filter(|state| is_at_rest(&world, state)).cloned().collect();
    at_rest.sort();
    for state in notes.states.clone() {
        notes.coverage.note_state(&world, &state);
    }
    let differs = cut.is_none() && counted != notes.states.len();
    let defect = differs.then(|| {
        format!(
            "stateright counted {counted} states and was given {}: two states share a fingerprint",
            notes.states.len()
        )
    });
    let violations = Safety::ALL.map(|property| violation(&world, property, limits));
    Search { states: notes.states.len(), depth, cut, violations, coverage: notes.coverage.clone(), at_rest, defect }
}

fn violation(world: &Arc<World>, property: Safety, limits: &Limits<'_>) -> Option<Path> {
    let model = Bounded::new(world, Some(property), limits);
    let notes = Arc::clone(&model.notes);
    let checker = run(model, limits.depth_max);
    // The checker walks the path again to tell it; that walk is not to be stopped.
    lock(&notes).stopped = false;
    let path = checker.discovery(property.name())?;
    let initial = path.clone().into_states().into_iter().next()?;
    Some(Path { initial, actions: path.into_actions() })
}

fn run(model: Bounded, depth_max: Option<usize>) -> impl Checker<Bounded> {
    let builder = model.checker().threads(1).finish_when(HasDiscoveries::All);
    // Its depths count the start as 1, and 0 means no bound.
    let builder = match depth_max {
        Some(max) => builder.target_max_depth(max + 1),
        None => builder,
    };
    builder.spawn_bfs().join()
}

/// The world within limits, with notes of what the checker made of it.
struct Bounded {
    world: Arc<World>,
    property: Option<Safety>,
    states_max: Option<usize>,
    deadline: Option<Instant>,
    notes: Arc<Mutex<Notes>>,
}

struct Notes {
    states: HashSet<State, FxBuildHasher>,
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

impl Bounded {
    fn new(world: &Arc<World>, property: Option<Safety>, limits: &Limits<'_>) -> Self {
        let notes = Notes { states: HashSet::default(), coverage: Coverage::of(world), cut: None, stopped: false };
        Self {
            world: Arc::clone(world),
            property,
            states_max: limits.states_max,
            deadline: limits.deadline,
            notes: Arc::new(Mutex::new(notes)),
        }
    }

    /// Whether the state may be reached; a state too many, or one too late, cuts the search.
    fn admits(&self, state: &State) -> bool {
        let mut notes = lock(&self.notes);
        if notes.states.contains(state) {
            return true;
        }
        if notes.cut.is_some() {
            return false;
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return notes.stop(Cut::Time);
        }
        if let Some(max) = self.states_max.filter(|max| notes.states.len() >= *max) {
            return notes.stop(Cut::States(max));
        }
        notes.states.insert(state.clone());
        true
    }
}

impl Model for Bounded {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        self.world.init_states().into_iter().filter(|state| self.admits(state)).collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if !lock(&self.notes).stopped {
            Model::actions(&*self.world, state, actions);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let occurrence = self.world.occur(state, &action).ok()?;
        lock(&self.notes).coverage.note_action(&self.world, &action, &occurrence);
        self.admits(&occurrence.state).then_some(occurrence.state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        match self.property {
            None => vec![Property::always(EVERYTHING, |_, _| true)],
            Some(wanted) => safety_properties().into_iter().filter(|property| property.name == wanted.name()).collect(),
        }
    }
}

impl AsRef<World> for Bounded {
    fn as_ref(&self) -> &World {
        &self.world
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
