//! The exact engine: breadth-first, one level after the other, over whole states. The first state found that breaks a
//! property is a nearest one, for every property in the same run, and the same one every time.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxBuildHasher;
use stranded_model::World;
use stranded_model::checkable::{Happening, Model, Property, safety_properties};
use stranded_model::coverage::Coverage;
use stranded_model::state::State;

use super::limits::{Cut, Limits};
use super::{Path, Search, is_at_rest};

/// After how many states the clock is looked at.
const STATES_PER_LOOK: usize = 256;

pub(super) fn search<M: Happening>(model: &M, limits: &Limits<'_>) -> Search<M::Action> {
    let world = model.as_ref();
    let watched = Watched { model, coverage: RefCell::new(Coverage::of(world)) };
    let found = explore(&watched, limits);
    let mut coverage = watched.coverage.into_inner();
    let mut at_rest = Vec::new();
    for state in &found.states {
        coverage.note_state(world, state);
        if is_at_rest(world, state) {
            at_rest.push(state.clone());
        }
    }
    let path = |id: &Option<u32>| id.map(|id| found.path(model, id));
    let mut violations = found.violations.iter().map(path);
    Search {
        states: found.states.len(),
        depth: found.depth,
        cut: found.cut,
        violations: std::array::from_fn(|_| violations.next().flatten()),
        coverage,
        at_rest,
        defect: None,
    }
}

/// The states that were reached, each with the one it was first reached from.
struct Found<S> {
    states: Vec<S>,
    parents: Vec<u32>,
    index: HashTable<u32>,
    violations: Vec<Option<u32>>,
    depth: usize,
    cut: Option<Cut>,
}

/// The search itself.
fn explore<M: Happening>(model: &Watched<'_, M>, limits: &Limits<'_>) -> Found<State> {
    let properties = model.properties();
    let mut found = Found {
        states: Vec::new(),
        parents: Vec::new(),
        index: HashTable::new(),
        violations: vec![None; properties.len()],
        depth: 0,
        cut: None,
    };
    if limits.time_is_over() {
        found.cut = Some(Cut::Time);
        return found;
    }
    for state in model.init_states() {
        let id = u32::try_from(found.states.len()).unwrap_or(u32::MAX);
        if let Err(cut) = found.add(model, &properties, limits, state, id, 0) {
            found.cut = Some(cut);
            return found;
        }
    }
    let mut actions = Vec::new();
    let mut level = 0..found.states.len();
    let mut distance = 0;
    while !level.is_empty() {
        distance += 1;
        for id in level.clone() {
            if id.is_multiple_of(STATES_PER_LOOK) && limits.time_is_over() {
                found.cut = Some(Cut::Time);
                return found;
            }
            if !model.model.goes_on(&found.states[id]) {
                found.cut = Some(Cut::Crowd);
                return found;
            }
            model.actions(&found.states[id], &mut actions);
            for action in actions.drain(..) {
                let Some(next) = model.next_state(&found.states[id], action) else { continue };
                let parent = u32::try_from(id).unwrap_or(u32::MAX);
                if let Err(cut) = found.add(model, &properties, limits, next, parent, distance) {
                    found.cut = Some(cut);
                    return found;
                }
            }
        }
        level = level.end..found.states.len();
        limits.report(found.states.len(), found.depth);
    }
    found
}

impl<S: Hash + Eq> Found<S> {
    /// Adds a state that is new, this many actions away from the start, and judges it.
    fn add<M: Model<State = S>>(
        &mut self,
        model: &M,
        properties: &[Property<M>],
        limits: &Limits<'_>,
        state: S,
        parent: u32,
        distance: usize,
    ) -> Result<(), Cut> {
        let hasher = FxBuildHasher;
        let hash = hasher.hash_one(&state);
        let states = &self.states;
        let count = states.len();
        let entry =
            self.index.entry(hash, |id| states[*id as usize] == state, |id| hasher.hash_one(&states[*id as usize]));
        let Entry::Vacant(entry) = entry else { return Ok(()) };
        if let Some(max) = limits.states_max.filter(|max| count >= *max) {
            return Err(Cut::States(max));
        }
        if let Some(max) = limits.depth_max.filter(|max| distance > *max) {
            return Err(Cut::Depth(max));
        }
        let id = u32::try_from(count).map_err(|_| Cut::States(count))?;
        entry.insert(id);
        for (property, violation) in properties.iter().zip(&mut self.violations) {
            if violation.is_none() && !(property.condition)(model, &state) {
                *violation = Some(id);
            }
        }
        self.depth = distance;
        self.states.push(state);
        self.parents.push(parent);
        Ok(())
    }
}

impl Found<State> {
    /// The way to a state. Which action led from one state to the next is found again by trying them in order.
    fn path<M: Happening>(&self, model: &M, id: u32) -> Path<M::Action> {
        let mut actions = Vec::new();
        let mut id = id;
        while self.parents[id as usize] != id {
            let parent = self.parents[id as usize];
            let (from, to) = (&self.states[parent as usize], &self.states[id as usize]);
            let mut tried = Vec::new();
            model.actions(from, &mut tried);
            let leads = |action: &M::Action| model.happens(from, action).is_ok_and(|found| found.state == *to);
            let action = tried.into_iter().find(leads);
            actions.push(action.expect("a state is reached from its parent by some action"));
            id = parent;
        }
        actions.reverse();
        Path { initial: self.states[id as usize].clone(), actions }
    }
}

/// A model in whose steps what happens is taken note of.
struct Watched<'a, M> {
    model: &'a M,
    coverage: RefCell<Coverage>,
}

impl<M: Happening> Model for Watched<'_, M> {
    type State = State;
    type Action = M::Action;

    fn init_states(&self) -> Vec<State> {
        self.model.init_states()
    }

    fn actions(&self, state: &State, actions: &mut Vec<M::Action>) {
        self.model.actions(state, actions);
    }

    fn next_state(&self, state: &State, action: M::Action) -> Option<State> {
        let occurrence = self.model.happens(state, &action).ok()?;
        self.coverage.borrow_mut().note_action(self.model.as_ref(), M::in_world(&action), &occurrence);
        Some(occurrence.state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        safety_properties()
    }
}

impl<M: Happening> AsRef<World> for Watched<'_, M> {
    fn as_ref(&self) -> &World {
        self.model.as_ref()
    }
}
