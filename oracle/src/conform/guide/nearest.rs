//! The shortest paths to what the next request should reach: an untried request, an untried fault, or a quiescent state.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;
use stranded_model::action::{Action, Fate, Part};
use stranded_model::scenario::Fault;

use super::{Candidate, Guide, Node};

impl Candidate {
    /// The fault that the request asks for.
    fn fault(self) -> Option<Fault> {
        match self {
            Self::Run { crash: true, .. } | Self::Act(Action::Die { .. }) => Some(Fault::ProgramDies),
            Self::Act(Action::Act { fate: Fate::RequestLost, .. }) => Some(Fault::RequestLost),
            Self::Act(Action::Act { fate: Fate::ReplyLost, .. }) => Some(Fault::ReplyLost),
            Self::Act(Action::Act { fate: Fate::RequestLate, .. }) => Some(Fault::RequestLate),
            Self::Act(Action::LoseJournal { .. }) => Some(Fault::JournalLost),
            Self::Act(Action::LoseRecent { .. }) => Some(Fault::JournalOutlivesMail),
            Self::Act(Action::LookEmpty { .. }) => Some(Fault::StoreLooksEmpty),
            Self::Act(Action::Fail { part: Part::Store, .. }) => Some(Fault::StoreCrashes),
            Self::Act(Action::Fail { part: Part::Replica, .. }) => Some(Fault::ReplicaUnreachable),
            Self::Run { crash: false, .. }
            | Self::Act(
                Action::Act { fate: Fate::Answered, .. }
                | Action::Start { .. }
                | Action::Deliver { .. }
                | Action::Redeliver { .. }
                | Action::LogOn { .. }
                | Action::OwnerDeletes { .. }
                | Action::Replicate { .. }
                | Action::Refresh { .. }
                | Action::Edit { .. }
                | Action::TakeEffect { .. }
                | Action::Reappear { .. }
                | Action::Recover { .. },
            ) => None,
        }
    }
}

impl Guide {
    /// The first request on the shortest path to an untried fault of one of these kinds: its index among the candidates, and the
    /// expected next state.
    pub(in crate::conform) fn nearest_untried_fault(&mut self, from: Node, kinds: &[Fault]) -> Option<(usize, Node)> {
        /// Faults are possible as soon as a program runs.
        const EXPANDED_MAX: usize = 500;
        if kinds.is_empty() {
            return None;
        }
        let is_wanted = |candidate: Candidate| candidate.fault().is_some_and(|fault| kinds.contains(&fault));
        self.nearest_untried_of(from, EXPANDED_MAX, is_wanted)
    }

    /// The first request on the shortest path to a wanted request that is untried, if that is found near.
    pub(super) fn nearest_untried_of(
        &mut self,
        from: Node,
        expanded_max: usize,
        is_wanted: impl Fn(Candidate) -> bool,
    ) -> Option<(usize, Node)> {
        let mut known: FxHashSet<Node> = FxHashSet::from_iter([from]);
        let mut queue: VecDeque<(Node, Option<(usize, Node)>)> = VecDeque::from([(from, None)]);
        while let Some((node, first)) = queue.pop_front() {
            if known.len() > expanded_max {
                return None;
            }
            let candidates: Vec<(Candidate, Node)> = self.candidates_at(node).to_vec();
            for (index, (candidate, next)) in candidates.into_iter().enumerate() {
                let first = first.or(Some((index, next)));
                if is_wanted(candidate) && !self.tried.contains_key(&(node, index)) {
                    return first;
                }
                if candidate.is_predictable() && known.insert(next) {
                    queue.push_back((next, first));
                }
            }
        }
        None
    }

    /// The first request on the shortest path to a state that is quiescent: its index among the candidates, and the expected next
    /// state.
    pub(in crate::conform) fn nearest_quiescent(&mut self, from: Node) -> Option<(usize, Node)> {
        const EXPANDED_MAX: usize = 10_000;
        let mut known: FxHashSet<Node> = FxHashSet::from_iter([from]);
        let mut queue: VecDeque<(Node, Option<(usize, Node)>)> = VecDeque::from([(from, None)]);
        while let Some((node, first)) = queue.pop_front() {
            if first.is_some() && self.is_quiescent(node) {
                return first;
            }
            if known.len() > EXPANDED_MAX {
                return None;
            }
            let candidates = self.candidates_at(node).iter().enumerate();
            let predictable = candidates.filter(|(_, (candidate, _))| candidate.is_predictable());
            for (index, (_, next)) in predictable {
                if known.insert(*next) {
                    queue.push_back((*next, first.or(Some((index, *next)))));
                }
            }
        }
        None
    }

    fn is_quiescent(&self, node: Node) -> bool {
        let (world, state) = self.state(node);
        let world = &self.worlds[usize::from(world)];
        state.accounts.values().all(|account| world.is_quiescent(account, &state.shared))
    }
}
