//! The reachable abstract states of a message in the model: each step with the states before and after it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rustc_hash::FxBuildHasher;
use stranded_model::action::Action;
use stranded_model::id::{Id, MessageId, MessageSet};
use stranded_model::state::{Completion, Ended, Phase, Server, State};
use stranded_model::{Occurrence, World};

use super::followed::Followed;
use super::taken::{Step, Taken};
use crate::worlds::MAILBOX;

/// The states before a step, each with its successors.
pub(super) type Successors = BTreeMap<Followed, BTreeSet<Followed>>;

/// The reachable states of a world, as messages see them.
pub(super) struct Reached {
    pub(super) initial: BTreeSet<Followed>,
    /// The states, each with true if the followed message is not lost in it.
    pub(super) states: BTreeMap<Followed, bool>,
    pub(super) steps: BTreeMap<Step, Successors>,
}

impl Reached {
    /// Returns everything that can happen to each message in a world in which only the supply of messages is limited.
    pub(super) fn of(world: &World) -> Self {
        let mut reached = Self { initial: BTreeSet::new(), states: BTreeMap::new(), steps: BTreeMap::new() };
        let messages = || (0..world.scenario.site.messages).map(MessageId::at);
        let mut known: HashSet<State, FxBuildHasher> =
            world.initial.iter().cloned().map(|one| renewed(world, one)).collect();
        let mut frontier: Vec<State> = known.iter().cloned().collect();
        for state in &frontier {
            reached.initial.extend(messages().map(|message| Followed::of(world, state, message)));
        }
        let mut taken: HashSet<(Taken, Followed, Followed), FxBuildHasher> = HashSet::default();
        while let Some(state) = frontier.pop() {
            let before: Vec<Followed> = messages().map(|message| Followed::of(world, &state, message)).collect();
            reached.note(&state, messages().zip(&before));
            let failures = failed(world, &state);
            let during = failures.iter().flat_map(|failed| occurrences(world, failed).filter(can_differ));
            for (action, occurrence) in occurrences(world, &state).chain(during) {
                let after = renewed(world, occurrence.state);
                for (message, before) in messages().zip(&before) {
                    let account = &state.accounts[MAILBOX];
                    if let Some(happened) = Taken::of(account, &action, occurrence.step.as_ref(), message) {
                        taken.insert((happened, *before, Followed::of(world, &after, message)));
                    }
                }
                if !known.contains(&after) {
                    known.insert(after.clone());
                    frontier.push(after);
                }
            }
        }
        for (happened, before, after) in taken {
            let successors = reached.steps.entry(happened.step(world)).or_default();
            successors.entry(before).or_default().insert(after);
        }
        reached
    }

    fn note<'a>(&mut self, state: &State, seen: impl Iterator<Item = (MessageId, &'a Followed)>) {
        let lost = state.accounts[MAILBOX].lost();
        for (message, followed) in seen {
            let is_kept = !lost.contains(message);
            let noted = *self.states.entry(*followed).or_insert(is_kept);
            assert_eq!(noted, is_kept, "the proof's state decides whether a message is lost: {followed:?}");
        }
    }

    /// Returns the names of the steps that occur.
    pub(super) fn taken(&self) -> impl Iterator<Item = &str> {
        self.steps.keys().map(|step| step.name.as_str())
    }

    /// Returns the names of the steps that lose a message.
    pub(super) fn losing(&self) -> impl Iterator<Item = &str> {
        let loses = |successors: &Successors| {
            successors
                .iter()
                .any(|(before, after)| self.states[before] && after.iter().any(|after| !self.states[after]))
        };
        self.steps.iter().filter(move |(_, successors)| loses(successors)).map(|(step, _)| step.name.as_str())
    }
}

fn occurrences(world: &World, state: &State) -> impl Iterator<Item = (Action, Occurrence)> {
    world.actions().iter().filter_map(move |action| Some((*action, world.occur(state, action).ok()?)))
}

/// Returns the state with each possible failure of one service. The service works again after the next action: a failure
/// only leaves an action without an answer, or mail in the queue.
fn failed(world: &World, state: &State) -> Vec<State> {
    let failures = world.actions().iter().filter(|action| matches!(action, Action::Fail { .. }));
    failures.filter_map(|failure| world.step(state, failure).ok()).collect()
}

/// Returns true if the action can have another result while a service does not work. It then forbids the other actions, or
/// makes no difference to them.
fn can_differ((action, _): &(Action, Occurrence)) -> bool {
    matches!(action, Action::Deliver { .. } | Action::Redeliver { .. } | Action::Act { .. })
}

/// Returns the same state with new supplies, without the observer's records and without the end of an administrator's
/// last run.
fn renewed(world: &World, mut state: State) -> State {
    state.shared.faults_left = world.scenario.environment.faults_max;
    state.shared.servers.values_mut().for_each(|server| *server = Server::UP);
    let account = &mut state.accounts[MAILBOX];
    account.edits_left = world.scenario.environment.other_edits;
    account.record.destroyed = MessageSet::EMPTY;
    account.record.false_success = false;
    account.record.self_move = false;
    for program in account.programs.values_mut() {
        program.ended = Ended::Never;
        program.owes_retry = false;
        if let Phase::Running(execution) = &mut program.phase {
            (execution.completion, execution.required) = (Completion::Pending, MessageSet::EMPTY);
        }
    }
    state
}
