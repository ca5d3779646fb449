//! Everything that is reachable in a world, with every way between: for questions about where one can still get to, which a
//! search that keeps only states cannot answer.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::state::State;

use super::{Limits, Path, Truncation};

/// After how many states it is looked whether a limit is met.
const STATES_PER_LOOK: usize = 256;

/// The graph of everything that is reachable. States are numbered by distance from the start, so the first is a nearest.
#[derive(Debug)]
pub struct Graph<'a> {
    pub(super) world: &'a World,
    /// The states, the nearest first.
    pub states: IndexSet<State, FxBuildHasher>,
    /// What is possible in each state, and the number of the state that it leads to; empty where the graph was cut.
    pub edges: Vec<Vec<(Action, u32)>>,
    /// Why it is not complete, if it is not.
    pub truncated: Option<Truncation>,
    parents: Vec<Option<(u32, Action)>>,
}

impl<'a> Graph<'a> {
    /// Everything that is reachable within the limits. A limit of the depth is not looked at.
    #[must_use]
    pub fn of(world: &'a World, limits: &Limits<'_>) -> Self {
        let mut states: IndexSet<State, FxBuildHasher> = world.initial.iter().cloned().collect();
        let mut parents: Vec<Option<(u32, Action)>> = vec![None; states.len()];
        let mut edges: Vec<Vec<(Action, u32)>> = Vec::new();
        let mut truncated = None;
        while edges.len() < states.len() && truncated.is_none() {
            let at = edges.len();
            truncated = if at.is_multiple_of(STATES_PER_LOOK) { limits.met() } else { None };
            truncated =
                truncated.or_else(|| limits.states_max.filter(|max| states.len() > *max).map(Truncation::States));
            if truncated.is_some() {
                break;
            }
            let enabled: Vec<(Action, State)> = world.enabled(&states[at]).collect();
            let number = |(action, next): (Action, State)| {
                let (number, is_new) = states.insert_full(next);
                if is_new {
                    parents.push(Some((numbered(at), action)));
                }
                (action, numbered(number))
            };
            edges.push(enabled.into_iter().map(number).collect());
        }
        edges.resize(states.len(), Vec::new());
        Self { world, states, edges, truncated, parents }
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &'a World {
        self.world
    }

    /// A shortest way to a state.
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

    /// The nearest state of which this is true.
    #[must_use]
    pub fn nearest(&self, wanted: impl Fn(&State) -> bool) -> Option<u32> {
        self.states.iter().position(wanted).and_then(|place| u32::try_from(place).ok())
    }

    /// For each state, whether a state of which this is true can be reached from it; the state itself counts.
    #[must_use]
    pub fn leads_to(&self, wanted: impl Fn(&State) -> bool) -> Vec<bool> {
        let mut before: Vec<Vec<u32>> = vec![Vec::new(); self.states.len()];
        for (from, edges) in (0..).zip(&self.edges) {
            edges.iter().for_each(|(_, to)| before[*to as usize].push(from));
        }
        let mut leads: Vec<bool> = self.states.iter().map(wanted).collect();
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

fn numbered(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
