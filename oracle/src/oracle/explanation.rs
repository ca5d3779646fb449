//! One explanation of everything that was observed so far: a world, its state now, and the operations that are under way.

use stranded_model::action::{Action, ActionKind, Fate, Part};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet};
use stranded_model::procedure::Outcome;
use stranded_model::scenario::Fault;
use stranded_model::state::{Ended, State};
use stranded_model::table::{PerMailbox, Table};
use stranded_model::{Refusal, World};

use crate::protocol::{Answer, Operation};

use super::names::{Arrivals, CandidateRuns, LogNumber, Numbered};

/// One explanation of everything that was observed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Explanation {
    /// The index of the world among those of the oracle.
    pub world: u16,
    /// The state now.
    pub state: State,
    /// The messages of each mailbox in the order in which they arrived, in the log's numbers.
    pub arrivals: PerMailbox<Arrivals>,
    /// The operations without an answer, and those that were answered `unknown` and may still happen.
    pub calls: Vec<Call>,
}

/// An operation that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// The number of the call; `None` after the answer `unknown`: the operation may happen at any time or never.
    pub number: Option<u64>,
    /// The operation.
    pub operation: Operation<Numbered>,
    /// Its progress.
    pub status: Status,
}

/// The progress of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It has not happened yet.
    Pending,
    /// Its program was started, and is running or has ended.
    Started,
    /// It is over, with this effect.
    Over(CallEffect),
}

/// The effect of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallEffect {
    /// It happened; a step that ended its run reported this outcome.
    Happened(Option<Outcome>),
    /// The message was accepted and is queued.
    Queued,
    /// The message was returned to its sender.
    Returned,
    /// The model refused it.
    Refused(Refusal),
}

/// A world, with the actions that can happen unseen in it.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The world.
    pub world: World,
    /// The same world, where a program can die without using up a fault of the scenario.
    deadly: World,
    /// The actions that can happen unseen.
    unseen: Vec<Action>,
}

impl Scene {
    /// The world, where actions of these kinds can happen unseen.
    #[must_use]
    pub fn new(world: World, unseen: &[ActionKind]) -> Self {
        let actions = world.actions().iter().copied().filter(|action| unseen.contains(&action.kind())).collect();
        let deadly = deadly(&world);
        Self { world, deadly, unseen: actions }
    }

    /// Returns the explanations of no event: the initial states, with their messages in order. `index` is that of the world.
    pub fn initial(&self, index: u16) -> impl Iterator<Item = Explanation> {
        self.world.initial.iter().map(move |state| Explanation {
            world: index,
            state: state.clone(),
            arrivals: Table::of(state.accounts.count(), |mailbox: MailboxId| {
                state.accounts[mailbox].record.accepted.iter().map(|message| message.0).collect()
            }),
            calls: Vec::new(),
        })
    }

    /// Returns the explanations that can follow without an event.
    #[must_use]
    pub fn unseen_next(&self, now: &Explanation) -> Vec<Explanation> {
        let mut next: Vec<Explanation> =
            self.unseen.iter().flat_map(|action| self.unseen_action(now, action)).collect();
        for index in 0..now.calls.len() {
            let Call { operation, status, number } = now.calls[index];
            match status {
                Status::Pending => {
                    next.extend(self.begin(now, &operation).into_iter().filter_map(|(status, mut after)| {
                        if number.is_none() {
                            // No answer will come, so it matters only whether the operation happened.
                            if matches!(status, Status::Over(CallEffect::Refused(_))) {
                                return None;
                            }
                            after.calls.remove(index);
                        } else {
                            after.calls[index].status = status;
                        }
                        Some(after)
                    }))
                }
                Status::Started => next.extend(self.program_next(now, &operation)),
                Status::Over(_) => {}
            }
        }
        next
    }

    fn unseen_action(&self, now: &Explanation, action: &Action) -> Vec<Explanation> {
        let Ok(state) = self.world.step(&now.state, action) else { return Vec::new() };
        let after = Explanation { state, ..now.clone() };
        let Action::Deliver { mailbox, .. } = action else { return vec![after] };
        // The log does not say which message arrived.
        let all = 0..LogNumber::try_from(self.world.scenario.site.messages).unwrap_or(LogNumber::MAX);
        let fresh = all.filter(|message| !now.arrivals[*mailbox].contains(message));
        fresh.map(|message| after.with_arrival(*mailbox, message)).collect()
    }

    /// Returns the effects that an operation can have now. There is always one: the effect of an impossible operation is a
    /// refusal.
    #[must_use]
    pub fn begin(&self, now: &Explanation, operation: &Operation<Numbered>) -> Vec<(Status, Explanation)> {
        let refused = |reason| vec![(Status::Over(CallEffect::Refused(reason)), now.clone())];
        if let Some(run) = operation.run() {
            let is_whole = matches!(operation, Operation::Run { .. });
            let status = if is_whole { Status::Started } else { Status::Over(CallEffect::Happened(None)) };
            return self.start(now, *run, status);
        }
        match (operation, now.action(operation)) {
            (Operation::Deliver { mailbox, message, .. }, _) if now.message(*mailbox, *message).is_some() => {
                refused(Refusal::MessagesUsedUp)
            }
            (Operation::Deliver { mailbox, message, .. }, Some(action)) => {
                let arrived = |(effect, after): (CallEffect, Explanation)| {
                    vec![(Status::Over(effect), after.with_arrival(*mailbox, *message))]
                };
                self.mail(now, *mailbox, None, &action).map_or_else(refused, arrived)
            }
            (Operation::Redeliver { mailbox, message, .. }, Some(action)) => {
                let tried = |(effect, after)| vec![(Status::Over(effect), after)];
                self.mail(now, *mailbox, now.message(*mailbox, *message), &action).map_or_else(refused, tried)
            }
            (Operation::Redeliver { .. }, None) => refused(Refusal::NotQueued),
            (_, Some(action)) => self.occur(now, &action),
            (_, None) => refused(Refusal::NoSuchMessage),
        }
    }

    fn occur(&self, now: &Explanation, action: &Action) -> Vec<(Status, Explanation)> {
        let mut happened = Vec::new();
        let mut refused = None;
        // The operation does not say which of several messages a step takes.
        for action in self.world.with_any_message(action) {
            match self.world.occur(&now.state, &action) {
                Ok(occurrence) => {
                    let ended = occurrence.step.and_then(|executed| executed.ended);
                    let after = Explanation { state: occurrence.state, ..now.clone() };
                    happened.push((Status::Over(CallEffect::Happened(ended)), after));
                }
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        match refused {
            Some(reason) if happened.is_empty() => vec![(Status::Over(CallEffect::Refused(reason)), now.clone())],
            Some(_) | None => happened,
        }
    }

    fn mail(
        &self,
        now: &Explanation,
        mailbox: MailboxId,
        message: Option<MessageId>,
        action: &Action,
    ) -> Result<(CallEffect, Explanation), Refusal> {
        let state = self.world.step(&now.state, action)?;
        let arrived = MessageId::at(now.state.accounts[mailbox].record.accepted.len());
        let message = MessageSet::just(message.unwrap_or(arrived));
        let account = &state.accounts[mailbox];
        let effect = if message.is_within(account.record.returned) {
            CallEffect::Returned
        } else if message.is_within(account.queued) {
            CallEffect::Queued
        } else {
            CallEffect::Happened(None)
        };
        Ok((effect, Explanation { state, ..now.clone() }))
    }

    fn start(&self, now: &Explanation, candidates: CandidateRuns, status: Status) -> Vec<(Status, Explanation)> {
        let CandidateRuns { mailbox, administrator, .. } = candidates;
        let mut next = Vec::new();
        let mut refused = None;
        for run in candidates.indices() {
            match self.world.step(&now.state, &Action::Start { mailbox, administrator, run }) {
                Ok(state) => next.push((status, Explanation { state, ..now.clone() })),
                Err(reason) => refused = Some(reason),
            }
        }
        match refused {
            Some(reason) if next.is_empty() => vec![(Status::Over(CallEffect::Refused(reason)), now.clone())],
            Some(_) | None => next,
        }
    }

    /// Returns the explanations after the next action of a program that runs to its end: a step with any fate of its request,
    /// or its death where the scenario allows that.
    fn program_next(&self, now: &Explanation, operation: &Operation<Numbered>) -> Vec<Explanation> {
        let Operation::Run { run, .. } = operation else { return Vec::new() };
        let is_its_own = |action: &&Action| {
            action.kind().is_of_program()
                && action.administrator() == Some(run.administrator)
                && action.mailbox() == Some(run.mailbox)
        };
        let actions = self.world.actions().iter().filter(is_its_own);
        let states = actions.filter_map(|action| self.world.step(&now.state, action).ok());
        states.map(|state| Explanation { state, ..now.clone() }).collect()
    }

    /// Returns the explanation after this answer to a call, or `None` if this explanation does not allow the answer.
    #[must_use]
    pub fn answered(&self, now: &Explanation, call: usize, answer: &Answer) -> Option<Explanation> {
        let Call { operation, status, .. } = now.calls[call];
        let mut after = now.clone();
        match status {
            Status::Over(effect) => {
                if !allows(&operation, effect, answer) {
                    return None;
                }
                after.calls.remove(call);
            }
            Status::Started => {
                let Operation::Run { run, crash } = operation else { return None };
                after.state = self.ended(&now.state, run, crash, answer.result)?;
                after.calls.remove(call);
            }
            Status::Pending => match (answer.result, operation) {
                // An implementation answers `unknown` only when the run is over; it may never have begun.
                (Outcome::Unknown, Operation::Run { .. }) => drop(after.calls.remove(call)),
                // Any other operation may still happen, or never.
                (Outcome::Unknown, _) => after.calls[call].number = None,
                // A run that failed has begun.
                (Outcome::Failed, Operation::Run { .. } | Operation::Start { .. }) => return None,
                (Outcome::Failed, _) => drop(after.calls.remove(call)),
                (Outcome::Ok | Outcome::Refused, _) => return None,
            },
        }
        Some(after)
    }

    /// Returns the state after the end of a run with this result, or `None` if the run cannot have ended so.
    fn ended(&self, state: &State, run: CandidateRuns, crash: bool, result: Outcome) -> Option<State> {
        let CandidateRuns { mailbox, administrator, .. } = run;
        let program = &state.accounts[mailbox].programs[administrator];
        if program.is_running() {
            // An implementation that answers `unknown` has ended the program.
            let die = Action::Die { mailbox, administrator };
            return match result {
                Outcome::Ok | Outcome::Refused | Outcome::Failed => None,
                // A requested crash uses up a fault of the scenario, as long as one is left.
                Outcome::Unknown => {
                    let requested = crash.then(|| self.world.step(state, &die).ok()).flatten();
                    requested.or_else(|| killed(&self.deadly, state, mailbox, administrator))
                }
            };
        }
        let fits = match (program.ended, result) {
            (_, Outcome::Unknown) => true,
            (Ended::Reported(outcome), result) => outcome == result,
            (Ended::Died, result) => result == Outcome::Failed,
            (Ended::Never, Outcome::Ok | Outcome::Refused | Outcome::Failed) => false,
        };
        fits.then(|| state.clone())
    }
}

/// Returns the world where a program can die without using up a fault of the scenario, for [`killed`].
#[must_use]
pub fn deadly(world: &World) -> World {
    let mut deadly = world.clone();
    if !deadly.scenario.environment.faults.contains(&Fault::ProgramDies) {
        deadly.scenario.environment.faults.push(Fault::ProgramDies);
    }
    deadly
}

/// Returns the state after the implementation has ended a program that it gave up. The world is a [`deadly`] one.
#[must_use]
pub fn killed(deadly: &World, state: &State, mailbox: MailboxId, administrator: AdministratorId) -> Option<State> {
    let mut alive = state.clone();
    alive.shared.faults_left += 1;
    deadly.step(&alive, &Action::Die { mailbox, administrator }).ok()
}

/// Returns true if the answer is allowed for an operation with this effect.
fn allows(operation: &Operation<Numbered>, effect: CallEffect, answer: &Answer) -> bool {
    if let CallEffect::Happened(ended) = effect
        && operation.is_step()
        && matches!(answer.result, Outcome::Ok | Outcome::Refused)
    {
        return answer.result == Outcome::Ok && answer.ended == ended;
    }
    match (effect, answer.result) {
        (_, Outcome::Unknown) => true,
        (CallEffect::Happened(_) | CallEffect::Queued, Outcome::Ok | Outcome::Failed) => true,
        (CallEffect::Happened(_) | CallEffect::Queued, Outcome::Refused) => false,
        (CallEffect::Returned, Outcome::Ok | Outcome::Refused) => true,
        (CallEffect::Returned, Outcome::Failed) => false,
        (CallEffect::Refused(reason), Outcome::Refused | Outcome::Failed) => !reason.is_bound(),
        (CallEffect::Refused(reason), Outcome::Ok) => reason.changes_nothing(),
    }
}

impl Explanation {
    fn with_arrival(&self, mailbox: MailboxId, message: LogNumber) -> Self {
        let mut after = self.clone();
        // A log cannot name more messages than a mailbox can hold.
        if !after.arrivals[mailbox].is_full() {
            after.arrivals[mailbox].push(message);
        }
        after
    }

    /// Returns the action of the model that an operation asks for; `None` for the start of a run, and for a message that has not
    /// arrived.
    #[must_use]
    pub fn action(&self, operation: &Operation<Numbered>) -> Option<Action> {
        Some(match *operation {
            Operation::Run { .. } | Operation::Start { .. } => return None,
            Operation::Deliver { mailbox, by, .. } => Action::Deliver { mailbox, by },
            Operation::Redeliver { mailbox, message, by } => {
                Action::Redeliver { mailbox, message: self.message(mailbox, message)?, by }
            }
            Operation::OwnerDeletes { mailbox, message, by } => {
                Action::OwnerDeletes { mailbox, message: self.message(mailbox, message)?, by }
            }
            Operation::LogOn { mailbox, by } => Action::LogOn { mailbox, by },
            Operation::Act { mailbox, administrator } => {
                Action::Act { mailbox, administrator, message: None, fate: Fate::Answered }
            }
            Operation::RequestLost { mailbox, administrator } => {
                Action::Act { mailbox, administrator, message: None, fate: Fate::RequestLost }
            }
            Operation::ReplyLost { mailbox, administrator } => {
                Action::Act { mailbox, administrator, message: None, fate: Fate::ReplyLost }
            }
            Operation::RequestLate { mailbox, administrator } => {
                Action::Act { mailbox, administrator, message: None, fate: Fate::RequestLate }
            }
            Operation::LateEffect { mailbox } => Action::TakeEffect { mailbox },
            Operation::ProgramDies { mailbox, administrator } => Action::Die { mailbox, administrator },
            Operation::JournalLost { mailbox, administrator } => Action::LoseJournal { mailbox, administrator },
            Operation::JournalOutlivesMail { mailbox, server } => Action::LoseRecent { mailbox, server },
            Operation::StoreLooksEmpty { mailbox, server } => Action::LookEmpty { mailbox, server },
            Operation::StoreShowsMail { mailbox, server } => Action::Reappear { mailbox, server },
            Operation::Replicate { mailbox, from, to } => Action::Replicate { mailbox, from, to },
            Operation::Refresh { mailbox, from } => Action::Refresh { mailbox, from },
            Operation::OtherEdit { mailbox, server } => Action::Edit { mailbox, replica: server },
            Operation::StoreCrashes { server } => Action::Fail { server, part: Part::Store },
            Operation::StoreRestarts { server } => Action::Recover { server, part: Part::Store },
            Operation::ReplicaUnreachable { server } => Action::Fail { server, part: Part::Replica },
            Operation::ReplicaReachable { server } => Action::Recover { server, part: Part::Replica },
        })
    }

    /// Returns the model's number of a message that has arrived, from the log's number.
    #[must_use]
    pub fn message(&self, mailbox: MailboxId, message: LogNumber) -> Option<MessageId> {
        self.arrivals[mailbox].iter().position(|arrived| *arrived == message).map(MessageId::at)
    }

    /// Returns messages of the model in the log's numbers.
    #[must_use]
    pub fn in_log(&self, mailbox: MailboxId, messages: MessageSet) -> MessageSet {
        let arrivals = &self.arrivals[mailbox];
        let numbered = messages.iter().filter_map(|message| arrivals.get(message.index()));
        numbered.fold(MessageSet::EMPTY, |set, message| set.with(MessageSet::just(MessageId(*message))))
    }
}
