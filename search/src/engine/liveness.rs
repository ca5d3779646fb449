//! Liveness: searches for an infinite fair path that never reaches what a property requires.
//!
//! Such a path ends in a set of states that are connected among themselves, none of which satisfies the property, and
//! that is fair: every fair action that is enabled in one of its states is taken inside the set. The search finds
//! strongly connected components and removes the states in which a fair action is enabled that is never taken inside,
//! until no such action is left.

use std::collections::{HashMap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, Edge, Node, NodeIndex};
use rustc_hash::{FxBuildHasher, FxHashSet};
use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::liveness::Liveness;
use stranded_model::state::State;

use super::graph::Graph;
use super::{Limits, Path, Truncation};

/// An infinite path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasso {
    /// The path into the loop and once around it.
    pub path: Path,
    /// The number of actions before the loop. If it is the number of all actions, nothing happens any more.
    pub repeats_from: usize,
}

/// The result for a liveness property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LivenessResult {
    /// Every state satisfies the property.
    Vacuous,
    /// Every fair path reaches the property.
    Holds,
    /// A fair path never reaches the property; this one ends in a loop that is nearest to the start.
    Violated(Box<Lasso>),
}

/// Checks liveness properties in a world whose search was complete.
///
/// # Errors
/// The limit that is reached before the result is known.
pub fn liveness_results(
    world: &World,
    properties: &[Liveness],
    limits: &Limits<'_>,
) -> Result<Vec<LivenessResult>, Truncation> {
    if properties.is_empty() {
        return Ok(Vec::new());
    }
    let graph = Graph::of(world, limits);
    match graph.truncated {
        Some(truncated) => Err(truncated),
        None => properties.iter().map(|property| graph.liveness_result(*property, limits)).collect(),
    }
}

/// An estimate of the memory, in bytes, for finding the components of a graph of this size.
fn bytes_for(states: usize, edges: usize) -> usize {
    let state = 2 * size_of::<(u32, NodeIndex)>() + size_of::<Node<u32>>() + 4 * size_of::<u32>();
    states * state + edges * size_of::<Edge<()>>()
}

impl Graph<'_> {
    fn liveness_result(&self, property: Liveness, limits: &Limits<'_>) -> Result<LivenessResult, Truncation> {
        let number_if_not_reached = |(number, state): (usize, &State)| {
            (!property.is_reached(self.world, state)).then(|| u32::try_from(number).unwrap_or(u32::MAX))
        };
        let not_reached: Vec<u32> = self.states.iter().enumerate().filter_map(number_if_not_reached).collect();
        if not_reached.is_empty() {
            return Ok(LivenessResult::Vacuous);
        }
        Ok(match self.fair_component(not_reached, limits)? {
            Some(component) => LivenessResult::Violated(Box::new(self.lasso_around(&component))),
            None => LivenessResult::Holds,
        })
    }

    /// Returns the fair component with the nearest state, if there is any.
    fn fair_component(&self, among: Vec<u32>, limits: &Limits<'_>) -> Result<Option<Vec<u32>>, Truncation> {
        let mut frontier = vec![among];
        let mut best: Option<Vec<u32>> = None;
        while let Some(states) = frontier.pop() {
            let edges = states.iter().map(|state| self.edges[*state as usize].len()).sum();
            limits.stopped().or_else(|| limits.memory_limit(bytes_for(states.len(), edges))).map_or(Ok(()), Err)?;
            for component in self.components(&states) {
                let inside: FxHashSet<u32> = component.iter().copied().collect();
                match self.postponing(&component, &inside, limits)? {
                    None => {
                        if best.as_ref().is_none_or(|best| component[0] < best[0]) {
                            best = Some(component);
                        }
                    }
                    Some(postponing) => {
                        let rest: Vec<u32> =
                            component.into_iter().filter(|state| !postponing.contains(state)).collect();
                        if !rest.is_empty() {
                            frontier.push(rest);
                        }
                    }
                }
            }
        }
        Ok(best)
    }

    /// Strongly connected components, each with its states in order.
    fn components(&self, states: &[u32]) -> Vec<Vec<u32>> {
        let mut graph: DiGraph<u32, ()> = DiGraph::new();
        let nodes: HashMap<u32, NodeIndex, FxBuildHasher> =
            states.iter().map(|state| (*state, graph.add_node(*state))).collect();
        for (state, node) in &nodes {
            let inner = self.edges[*state as usize].iter().filter_map(|(_, to)| nodes.get(to));
            for to in inner {
                graph.add_edge(*node, *to, ());
            }
        }
        let components = kosaraju_scc(&graph).into_iter().map(|component| {
            let mut states: Vec<u32> = component.into_iter().map(|node| graph[node]).collect();
            states.sort_unstable();
            states
        });
        let mut components: Vec<Vec<u32>> = components.collect();
        components.sort_unstable();
        components
    }

    /// Returns the states in which some fair action is enabled that is never taken inside the component.
    fn postponing(
        &self,
        component: &[u32],
        inside: &FxHashSet<u32>,
        limits: &Limits<'_>,
    ) -> Result<Option<FxHashSet<u32>>, Truncation> {
        for action in self.world.actions() {
            limits.stopped().map_or(Ok(()), Err)?;
            let mut possible: FxHashSet<u32> = FxHashSet::default();
            let mut is_taken = false;
            for state in component {
                let edge = self.edges[*state as usize].iter().find(|(other, _)| other == action);
                let Some((_, to)) = edge.filter(|_| self.world.is_fair(&self.states[*state as usize], action)) else {
                    continue;
                };
                possible.insert(*state);
                is_taken |= inside.contains(to);
            }
            if !possible.is_empty() && !is_taken {
                return Ok(Some(possible));
            }
        }
        Ok(None)
    }

    /// Returns the path to the nearest state of a component, and around it through every fair action that is enabled
    /// there.
    fn lasso_around(&self, component: &[u32]) -> Lasso {
        let inside: FxHashSet<u32> = component.iter().copied().collect();
        let start = component[0];
        let Path { initial, mut actions } = self.path_to(start);
        let repeats_from = actions.len();
        let mut at = start;
        for action in self.world.actions() {
            let Some((from, to)) = component.iter().find_map(|state| {
                let is_fair = self.world.is_fair(&self.states[*state as usize], action);
                let edges = self.edges[*state as usize].iter();
                let taken = edges.filter(|_| is_fair).find(|(other, to)| other == action && inside.contains(to));
                taken.map(|(_, to)| (*state, *to))
            }) else {
                continue;
            };
            actions.extend(self.path_inside(at, from, &inside));
            actions.push(*action);
            at = to;
        }
        actions.extend(self.path_inside(at, start, &inside));
        Lasso { path: Path { initial, actions }, repeats_from }
    }

    /// A shortest path between two states of a component that does not leave it.
    fn path_inside(&self, from: u32, to: u32, inside: &FxHashSet<u32>) -> Vec<Action> {
        let mut reached: HashMap<u32, (u32, Action), FxBuildHasher> = HashMap::default();
        let mut queue = VecDeque::from([from]);
        let mut seen: FxHashSet<u32> = FxHashSet::from_iter([from]);
        while let Some(at) = queue.pop_front().filter(|at| *at != to || from == to && seen.len() == 1) {
            if at == to {
                return Vec::new();
            }
            for (action, next) in &self.edges[at as usize] {
                if inside.contains(next) && seen.insert(*next) {
                    reached.insert(*next, (at, *action));
                    queue.push_back(*next);
                }
            }
        }
        let mut actions = Vec::new();
        let mut at = to;
        while at != from {
            let (before, action) = reached[&at];
            actions.push(action);
            at = before;
        }
        actions.reverse();
        actions
    }
}
