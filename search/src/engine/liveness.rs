//! Liveness: searches for an infinite fair path on which one mailbox never reaches what a property requires.
//!
//! Such a path ends in a set of states that are connected among themselves, none of which satisfies the property for that
//! mailbox, and that is fair: every fair action that is enabled in one of its states, of any mailbox, is taken inside the set.
//! The search finds strongly connected components and removes the states in which a fair action is enabled that is never
//! taken inside, until no such action is left.
//!
//! No rule and no initial state distinguishes the mailboxes, so the first one represents all.

use std::collections::{HashMap, VecDeque};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::liveness::Liveness;

use super::components::ComponentSearch;
use super::limits::Pace;
use super::live_graph::{Edge, LiveGraph};
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
    /// Every fair path reaches the property again and again, for each mailbox.
    Holds,
    /// On a fair path one mailbox never reaches the property; this path ends in a loop that is nearest to the start.
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
    let graph = LiveGraph::of(world, properties, limits)?;
    (0..properties.len()).map(|property| graph.liveness_result(property, limits)).collect()
}

impl LiveGraph<'_> {
    /// Judges the property with this index.
    fn liveness_result(&self, property: usize, limits: &Limits<'_>) -> Result<LivenessResult, Truncation> {
        let pace = &mut Pace::within(limits);
        limits.memory_limit(ComponentSearch::bytes(self.count())).map_or(Ok(()), Err)?;
        let not_reached: Vec<u32> = self.not_reached(property).collect();
        if not_reached.is_empty() {
            return Ok(LivenessResult::Vacuous);
        }
        Ok(match self.fair_component(not_reached, pace)? {
            Some(component) => LivenessResult::Violated(Box::new(self.lasso_around(&component, pace)?)),
            None => LivenessResult::Holds,
        })
    }

    /// Returns the fair component with the nearest state, if there is any. Its states are in order.
    fn fair_component(&self, among: Vec<u32>, pace: &mut Pace<'_>) -> Result<Option<Vec<u32>>, Truncation> {
        let mut search = ComponentSearch::new(self);
        let mut frontier = vec![among];
        let mut best: Option<Vec<u32>> = None;
        while let Some(states) = frontier.pop() {
            for (number, component) in search.among(&states, pace)?.iter() {
                if best.as_ref().is_some_and(|best| best[0] < component[0]) {
                    continue;
                }
                let postponed = self.postponed(component, |state| search.is_in(state, number), pace)?;
                if postponed.is_empty() {
                    best = Some(component.to_vec());
                    continue;
                }
                let mut rest = Vec::new();
                for state in component {
                    pace.step()?;
                    if !self.edges(*state).any(|edge| edge.is_fair && postponed.contains(&edge.action)) {
                        rest.push(*state);
                    }
                }
                if !rest.is_empty() {
                    frontier.push(rest);
                }
            }
            search.forget(&states);
        }
        Ok(best)
    }

    /// Returns the fair actions that are enabled in the component and never taken inside it.
    fn postponed(
        &self,
        component: &[u32],
        is_inside: impl Fn(u32) -> bool,
        pace: &mut Pace<'_>,
    ) -> Result<FxHashSet<u16>, Truncation> {
        let mut enabled: FxHashSet<u16> = FxHashSet::default();
        let mut taken: FxHashSet<u16> = FxHashSet::default();
        for state in component {
            pace.step()?;
            for Edge { action, to, .. } in self.edges(*state).filter(|edge| edge.is_fair) {
                if is_inside(to) {
                    taken.insert(action);
                } else {
                    enabled.insert(action);
                }
            }
        }
        enabled.retain(|action| !taken.contains(action));
        Ok(enabled)
    }

    /// Returns the path to the nearest state of a component, and around it through every fair action that is enabled
    /// there.
    fn lasso_around(&self, component: &[u32], pace: &mut Pace<'_>) -> Result<Lasso, Truncation> {
        let inside: FxHashSet<u32> = component.iter().copied().collect();
        let mut taken: FxHashMap<u16, (u32, Edge)> = FxHashMap::default();
        for state in component {
            pace.step()?;
            for edge in self.edges(*state).filter(|edge| edge.is_fair && inside.contains(&edge.to)) {
                taken.entry(edge.action).or_insert((*state, edge));
            }
        }
        let mut taken: Vec<(u32, Edge)> = taken.into_values().collect();
        taken.sort_by_key(|(_, edge)| edge.action);
        let start = component[0];
        let Path { initial, mut actions } = self.path_to(start, pace)?;
        let repeats_from = actions.len();
        let mut at = start;
        for (from, edge) in taken {
            actions.extend(self.path_inside(at, from, &inside, pace)?);
            actions.push(self.action(edge));
            at = edge.to;
        }
        actions.extend(self.path_inside(at, start, &inside, pace)?);
        Ok(Lasso { path: Path { initial, actions }, repeats_from })
    }

    /// A shortest path between two states of a component that does not leave it.
    fn path_inside(
        &self,
        from: u32,
        to: u32,
        inside: &FxHashSet<u32>,
        pace: &mut Pace<'_>,
    ) -> Result<Vec<Action>, Truncation> {
        let mut reached: HashMap<u32, (u32, Edge), FxBuildHasher> = HashMap::default();
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front().filter(|at| *at != to) {
            pace.step()?;
            for edge in self.edges(at) {
                if edge.to != from && inside.contains(&edge.to) && !reached.contains_key(&edge.to) {
                    reached.insert(edge.to, (at, edge));
                    queue.push_back(edge.to);
                }
            }
        }
        let mut actions = Vec::new();
        let mut at = to;
        while at != from {
            let (before, edge) = reached[&at];
            actions.push(self.action(edge));
            at = before;
        }
        actions.reverse();
        Ok(actions)
    }
}
