//! Liveness: is there a way that a fair world can go on for ever without ever reaching what it must?
//!
//! Such a way ends in a set of states that are connected among themselves, none of which is what must be reached, and in which
//! nothing fair is put off for ever: whatever fair action is possible again and again is taken again and again. These sets
//! are found as strongly connected components, from which the states that owe an action are removed until none does.

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

/// A way that goes on for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasso {
    /// The way into the loop and once around it.
    pub path: Path,
    /// How many actions lead to the loop; if that is all of them, nothing more happens at all.
    pub repeats_from: usize,
}

/// What was found out about a liveness property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// What it wants is the case in every state: there was nothing to be reached.
    Always,
    /// It is always reached in the end.
    Reached,
    /// There is a way on which it never is; this is a nearest one.
    Never(Box<Lasso>),
}

/// What becomes of each of these properties in a world that was searched completely.
///
/// # Errors
/// The limit that is met before that is known.
pub fn endings(world: &World, properties: &[Liveness], limits: &Limits<'_>) -> Result<Vec<Ending>, Truncation> {
    if properties.is_empty() {
        return Ok(Vec::new());
    }
    let graph = Graph::of(world, limits);
    match graph.truncated {
        Some(truncated) => Err(truncated),
        None => properties.iter().map(|property| graph.ending(*property, limits)).collect(),
    }
}

/// About how many bytes it takes to find the components among so many states with so many ways between them.
fn bytes_for(states: usize, edges: usize) -> usize {
    let state = 2 * size_of::<(u32, NodeIndex)>() + size_of::<Node<u32>>() + 4 * size_of::<u32>();
    states * state + edges * size_of::<Edge<()>>()
}

impl Graph<'_> {
    fn ending(&self, property: Liveness, limits: &Limits<'_>) -> Result<Ending, Truncation> {
        let short = |(number, state): (usize, &State)| {
            (!property.is_reached(self.world, state)).then(|| u32::try_from(number).unwrap_or(u32::MAX))
        };
        let missing: Vec<u32> = self.states.iter().enumerate().filter_map(short).collect();
        if missing.is_empty() {
            return Ok(Ending::Always);
        }
        Ok(match self.fair_component(missing, limits)? {
            Some(component) => Ending::Never(Box::new(self.around(&component))),
            None => Ending::Reached,
        })
    }

    /// Among the sets of states in which a fair world can stay for ever, the one with the nearest state.
    fn fair_component(&self, among: Vec<u32>, limits: &Limits<'_>) -> Result<Option<Vec<u32>>, Truncation> {
        let mut frontier = vec![among];
        let mut best: Option<Vec<u32>> = None;
        while let Some(states) = frontier.pop() {
            let edges = states.iter().map(|state| self.edges[*state as usize].len()).sum();
            limits.reached().or_else(|| limits.memory_for(bytes_for(states.len(), edges))).map_or(Ok(()), Err)?;
            for component in self.components(&states) {
                let inside: FxHashSet<u32> = component.iter().copied().collect();
                match self.owing(&component, &inside, limits)? {
                    None => {
                        if best.as_ref().is_none_or(|best| component[0] < best[0]) {
                            best = Some(component);
                        }
                    }
                    Some(owing) => {
                        let rest: Vec<u32> = component.into_iter().filter(|state| !owing.contains(state)).collect();
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

    /// The states in which some fair action is possible that is never taken inside.
    fn owing(
        &self,
        component: &[u32],
        inside: &FxHashSet<u32>,
        limits: &Limits<'_>,
    ) -> Result<Option<FxHashSet<u32>>, Truncation> {
        for action in self.world.actions() {
            limits.reached().map_or(Ok(()), Err)?;
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

    /// The way to the nearest state of a component, and around it past every fair action that is possible there.
    fn around(&self, component: &[u32]) -> Lasso {
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
            actions.extend(self.way_inside(at, from, &inside));
            actions.push(*action);
            at = to;
        }
        actions.extend(self.way_inside(at, start, &inside));
        Lasso { path: Path { initial, actions }, repeats_from }
    }

    /// A shortest way from one state of a component to another that does not leave it.
    fn way_inside(&self, from: u32, to: u32, inside: &FxHashSet<u32>) -> Vec<Action> {
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
