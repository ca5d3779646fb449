//! The graph of all reachable states and actions, for questions that a search without edges cannot answer: which states
//! can still be reached from a state.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::state::State;

use super::{Limits, Path, Truncation};

/// The number of new states between two checks of the limits.
const STATES_PER_CHECK: usize = 256;

/// The graph of all reachable states. States are numbered by distance from the start.
#[derive(Debug)]
pub struct Graph<'a> {
    world: &'a World,
    /// The states, the nearest first.
    pub states: IndexSet<State, FxBuildHasher>,
    /// For each state, the enabled actions and the numbers of their successors. Empty for states that were not
    /// expanded.
    pub edges: Vec<Vec<(Action, u32)>>,
    /// The bound reached, if the graph is not complete.
    pub truncated: Option<Truncation>,
    parents: Vec<Option<(u32, Action)>>,
}

impl<'a> Graph<'a> {
    /// Returns the graph of all states that are reachable within the limits. A limit of the depth is ignored.
    #[must_use]
    pub fn of(world: &'a World, limits: &Limits<'_>) -> Self {
        let mut states: IndexSet<State, FxBuildHasher> = world.initial.iter().cloned().collect();
        let mut parents: Vec<Option<(u32, Action)>> = vec![None; states.len()];
        let mut edges: Vec<Vec<(Action, u32)>> = Vec::new();
        let mut truncated = None;
        while edges.len() < states.len() && truncated.is_none() {
            let at = edges.len();
            truncated = if at.is_multiple_of(STATES_PER_CHECK) { limits.limit_reached() } else { None };
            truncated =
                truncated.or_else(|| limits.states_max.filter(|max| states.len() > *max).map(Truncation::States));
            if truncated.is_some() {
                break;
            }
            let state = states[at].clone();
            let number = |(action, next): (Action, State)| {
                let (number, is_new) = states.insert_full(next);
                if is_new {
                    parents.push(Some((numbered(at), action)));
                }
                (action, numbered(number))
            };
            edges.push(world.enabled(&state).map(number).collect());
        }
        edges.resize(states.len(), Vec::new());
        Self { world, states, edges, truncated, parents }
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &'a World {
        self.world
    }

    /// A shortest path to a state.
    #[must_use]
    pub fn path_to(&self, number: u32) -> Path {
        let mut actions = Vec::new();
        let mut at = number;
        while let Some((parent, action)) = self.parents[at as usize] {
            actions.push(action);
            at = parent;
        }
        actions.reverse();
        Path { initial: self.states[at as usize].clone(), actions }
    }

    /// The nearest state that satisfies a condition.
    #[must_use]
    pub fn nearest(&self, condition: impl Fn(&State) -> bool) -> Option<u32> {
        self.states.iter().position(condition).and_then(|index| u32::try_from(index).ok())
    }

    /// For each state, true if it satisfies a condition or a state that does is reachable from it.
    #[must_use]
    pub fn leads_to(&self, condition: impl Fn(&State) -> bool) -> Vec<bool> {
        self.leads_to_any(self.states.iter().map(condition).collect())
    }

    /// For each state, true if it is one of these or one of these is reachable from it.
    #[must_use]
    pub fn leads_to_any(&self, mut leads: Vec<bool>) -> Vec<bool> {
        let mut before: Vec<Vec<u32>> = vec![Vec::new(); self.states.len()];
        for (from, edges) in (0..).zip(&self.edges) {
            edges.iter().for_each(|(_, to)| before[*to as usize].push(from));
        }
        let mut frontier: Vec<u32> = (0..).zip(&leads).filter(|(_, leads)| **leads).map(|(number, _)| number).collect();
        while let Some(at) = frontier.pop() {
            for from in &before[at as usize] {
                if !std::mem::replace(&mut leads[*from as usize], true) {
                    frontier.push(*from);
                }
            }
        }
        leads
    }
}

fn numbered(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
