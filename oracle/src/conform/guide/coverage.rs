//! Coverage of a conformance run: states and transitions tried, out of all; and actions that could not be tried.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;
use stranded_model::World;
use stranded_model::action::ActionKind;
use stranded_model::state::State;

use super::{Candidate, Guide, Node};

/// Maximum number of states whose transitions are counted. For larger scenarios the totals are unknown.
const COUNTED_MAX: usize = 50_000;

/// Coverage of a conformance run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConformCoverage {
    /// States in which a request was made.
    pub states: usize,
    /// All states; `None` if there are too many to count.
    pub states_of: Option<usize>,
    /// Transitions that were requested.
    pub transitions: usize,
    /// All transitions; `None` if there are too many to count.
    pub transitions_of: Option<usize>,
}

impl ConformCoverage {
    /// Requested transitions in percent; `None` if the total is unknown.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a percentage has few digits")]
        self.transitions_of.filter(|all| *all > 0).map(|all| 100.0 * self.transitions as f64 / all as f64)
    }
}

impl Guide {
    /// Coverage within these worlds. A state that occurs in several worlds counts once.
    pub(in crate::conform) fn coverage(&mut self, worlds: &[u16]) -> ConformCoverage {
        let is_left = |guide: &Self, node: Node| worlds.contains(&guide.state(node).0);
        let total = self.count(worlds);
        let tried: Vec<(Node, usize)> = self.tried.keys().copied().filter(|(node, _)| is_left(self, *node)).collect();
        let states: BTreeSet<&State> = tried.iter().map(|(node, _)| self.state(*node).1).collect();
        let transition =
            |(node, index): &(Node, usize)| Some((self.state(*node).1, self.candidates.get(node)?.get(*index)?.0));
        let transitions: BTreeSet<(&State, Candidate)> = tried.iter().filter_map(transition).collect();
        ConformCoverage {
            states: states.len(),
            states_of: total.map(|(states, _)| states),
            transitions: transitions.len(),
            transitions_of: total.map(|(_, transitions)| transitions),
        }
    }

    /// Number of states in these worlds, and of requests that are possible in them.
    fn count(&mut self, worlds: &[u16]) -> Option<(usize, usize)> {
        if !self.is_countable {
            return None;
        }
        let open = self.roots.iter().filter(|root| !root.is_excluded).flat_map(|root| root.nodes.clone());
        let mut found: Vec<Node> = open.filter(|node| worlds.contains(&self.state(*node).0)).collect();
        let mut known: FxHashSet<Node> = found.iter().copied().collect();
        let mut index = 0;
        while let Some(node) = found.get(index).copied() {
            index += 1;
            let mut next: Vec<Node> = self.candidates_at(node).iter().map(|(_, next)| *next).collect();
            next.extend(self.unseen_successors(node));
            found.extend(next.into_iter().filter(|next| known.insert(*next)));
            if found.len() > COUNTED_MAX {
                return None;
            }
        }
        let asked = |node: &Node| self.candidates.get(node).map_or(0, Vec::len);
        let mut states: BTreeMap<&State, usize> = BTreeMap::new();
        for node in &found {
            let most = states.entry(self.state(*node).1).or_default();
            *most = asked(node).max(*most);
        }
        Some((states.len(), states.values().sum()))
    }

    /// States that can follow without a request.
    fn unseen_successors(&mut self, node: Node) -> Vec<Node> {
        let (world_index, state) = self.nodes[node as usize].clone();
        let world = &self.worlds[usize::from(world_index)];
        let actions = world.actions().iter().filter(|action| self.unseen.contains(&action.kind()));
        let next: Vec<State> = actions.filter_map(|action| world.step(&state, action).ok()).collect();
        next.iter().map(|next| self.node(world_index, next)).collect()
    }

    /// Actions that the scenario allows and this implementation does not support, as words.
    pub(in crate::conform) fn not_asked(&self) -> Vec<String> {
        let by_itself = |kind: &ActionKind| self.unseen.contains(kind);
        let in_runs = [ActionKind::Start, ActionKind::Act];
        let all = self.worlds.first().map(World::kinds).unwrap_or_default();
        let is_reported = |kind: &ActionKind| {
            self.requestable.contains(kind)
                || by_itself(kind)
                || (self.whole_runs && in_runs.contains(kind))
                || (self.can_crash && *kind == ActionKind::Die)
        };
        let lacking = all.iter().filter(|kind| !is_reported(kind));
        let mut named: Vec<String> = lacking.map(|kind| kind.name().to_owned()).collect();
        if self.whole_runs {
            named.push("actions during a run (these need `start` and `act`)".to_owned());
            if self.can_crash && all.contains(&ActionKind::Die) {
                named.push("a program's death at other moments than the adapter chose".to_owned());
            }
        }
        named
    }
}
