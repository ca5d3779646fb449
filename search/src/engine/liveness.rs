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
use stranded_model::id::MailboxId;
use stranded_model::liveness::Liveness;

use super::components::ComponentSearch;
use super::graph::Graph;
use super::limits::Pace;
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
    let graph = Graph::of(world, limits);
    match graph.truncated {
        Some(truncated) => Err(truncated),
        None => properties.iter().map(|property| graph.liveness_result(*property, limits)).collect(),
    }
}

impl Graph<'_> {
    fn liveness_result(&self, property: Liveness, limits: &Limits<'_>) -> Result<LivenessResult, Truncation> {
        let pace = &mut Pace::within(limits);
        let mut not_reached: Vec<u32> = Vec::new();
        for (number, state) in (0..).zip(&self.states) {
            pace.step()?;
            if !property.is_reached(self.world, state, MailboxId::default()) {
                not_reached.push(number);
            }
        }
        if not_reached.is_empty() {
            return Ok(LivenessResult::Vacuous);
        }
        limits.memory_limit(ComponentSearch::bytes(self.states.len())).map_or(Ok(()), Err)?;
        Ok(match self.fair_component(not_reached, pace)? {
            Some(component) => LivenessResult::Violated(Box::new(self.lasso_around(&component, pace)?)),
            None => LivenessResult::Holds,
        })
    }

    /// Returns the fair component with the nearest state, if there is any. Its states are in order.
    fn fair_component(&self, among: Vec<u32>, pace: &mut Pace<'_>) -> Result<Option<Vec<u32>>, Truncation> {
        let mut search = ComponentSearch::new(&self.edges);
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
                    let mut enabled = self.edges[*state as usize].iter().map(|(action, _)| action);
                    let is_postponing = |action: &Action| postponed.contains(action) && self.is_fair(*state, action);
                    if !enabled.any(is_postponing) {
                        rest.push(*state);
                    }
                }
                if !rest.is_empty() {
                    frontier.push(rest);
                }
            }
        }
        Ok(best)
    }

    fn is_fair(&self, state: u32, action: &Action) -> bool {
        self.world.is_fair(&self.states[state as usize], action)
    }

    /// Returns the fair actions that are enabled in the component and never taken inside it.
    fn postponed(
        &self,
        component: &[u32],
        is_inside: impl Fn(u32) -> bool,
        pace: &mut Pace<'_>,
    ) -> Result<FxHashSet<Action>, Truncation> {
        let mut enabled: FxHashSet<Action> = FxHashSet::default();
        let mut taken: FxHashSet<Action> = FxHashSet::default();
        for state in component {
            pace.step()?;
            for (action, to) in &self.edges[*state as usize] {
                if !taken.contains(action) && self.is_fair(*state, action) {
                    enabled.insert(*action);
                    if is_inside(*to) {
                        taken.insert(*action);
                    }
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
        let mut taken: FxHashMap<Action, (u32, u32)> = FxHashMap::default();
        for state in component {
            pace.step()?;
            for (action, to) in &self.edges[*state as usize] {
                if inside.contains(to) && !taken.contains_key(action) && self.is_fair(*state, action) {
                    taken.insert(*action, (*state, *to));
                }
            }
        }
        let start = component[0];
        let Path { initial, mut actions } = self.path_to(start);
        let repeats_from = actions.len();
        let mut at = start;
        for action in self.world.actions() {
            let Some((from, to)) = taken.get(action) else { continue };
            actions.extend(self.path_inside(at, *from, &inside, pace)?);
            actions.push(*action);
            at = *to;
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
        let mut reached: HashMap<u32, (u32, Action), FxBuildHasher> = HashMap::default();
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front().filter(|at| *at != to) {
            pace.step()?;
            for (action, next) in &self.edges[at as usize] {
                if *next != from && inside.contains(next) && !reached.contains_key(next) {
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
        Ok(actions)
    }
}
