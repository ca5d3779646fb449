//! The interpreter: one program executes the next step of its procedure, receives a result, and continues where the
//! procedure says.

use crate::action::Fate;
use crate::id::{AdministratorId, MessageId, MessageSet, ServerId};
use crate::procedure::{Act, Handler, MemoryLife, Outcome, ServerRef, Step, StepResult, VersionCondition};
use crate::refusal::Refusal;
use crate::scenario::{Fault, Run, RunId};
use crate::state::{Completion, Ended, Execution, LateRequest, Mailbox, Memory, Phase, Program};
use crate::world::{Executed, Next, World};

/// A step being executed: program, run, and the state that the step changes.
pub(crate) struct Attempt<'a, 'b> {
    pub(crate) world: &'a World,
    pub(crate) run: &'a Run,
    pub(crate) administrator: AdministratorId,
    pub(crate) next: &'a mut Next<'b>,
    /// The memory of the program.
    pub(crate) memory: Memory,
    /// The number of servers that the step has visited.
    pub(crate) visited: u8,
    /// The message that a step takes that may take any of several.
    pub(crate) message: Option<MessageId>,
    /// True if the step wrote the home attributes.
    pub(crate) wrote_home: bool,
}

/// The effect of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepEffect {
    /// The step has this result.
    Result(StepResult),
    /// The step was done, and the same step has more to do.
    MoreToDo,
    /// The step is not done yet: it has visited this number of servers.
    Visited(u8),
    /// The run ends with this report.
    Report(Outcome),
}

impl StepEffect {
    pub(crate) const OK: Self = Self::Result(StepResult::Ok);
    pub(crate) const REFUSED: Self = Self::Result(StepResult::Refused);
    pub(crate) const LOST: Self = Self::Result(StepResult::Lost);
    pub(crate) const DUPLICATE: Self = Self::Result(StepResult::Duplicate);
}

/// The next step of a program, or the end of its run.
enum Continuation {
    /// The program executes this step next, of which it has visited this number of servers.
    Step(usize, u8),
    End(Outcome),
}

impl World {
    /// Executes the next step of an administrator's program, or the next act of a step that takes several.
    /// [Q252869 S22, S24]
    pub(crate) fn act(
        &self,
        now: &mut Next<'_>,
        administrator: AdministratorId,
        message: Option<MessageId>,
        fate: Fate,
    ) -> Result<Executed, Refusal> {
        let program = now.account.programs[administrator];
        let execution = *program.execution().ok_or(Refusal::Idle)?;
        let index = usize::from(execution.next);
        let run = self.run_of(administrator, &program);
        let step = &run.procedure.steps[index];
        if message.is_some() && !step.act.takes_any_message() {
            return Err(Refusal::AnotherTaken);
        }
        if step.act.writes_directory() && self.versions_are_used_up(&now.account) {
            return Err(Refusal::VersionsUsedUp);
        }
        self.spend_on(now, fate, &step.act)?;
        let before = now.account.clone();
        let (memory, visited) = (execution.memory, execution.visited);
        let mut attempt =
            Attempt { world: self, run, administrator, next: now, memory, visited, message, wrote_home: false };
        let (effect, memory) = match fate {
            Fate::RequestLost if message.is_some() => return Err(Refusal::AnotherTaken),
            Fate::RequestLost => (StepEffect::LOST, memory),
            Fate::Answered => (attempt.perform(&step.act)?, attempt.memory),
            Fate::ReplyLost => {
                attempt.perform(&step.act)?;
                (StepEffect::LOST, memory)
            }
            Fate::RequestLate => {
                attempt.perform(&step.act)?;
                attempt.wrote_home = false;
                let undone = attempt.next.account.to_mut();
                *undone = before.clone().into_owned();
                let request =
                    LateRequest::of(&step.act, RunId { administrator, run: program.run }, &execution, message);
                undone.late = Some(request);
                (StepEffect::LOST, memory)
            }
        };
        let wrote_home = attempt.wrote_home;
        let account = now.account.to_mut();
        let is_lacked = |(server, was): (ServerId, &Mailbox)| !was.held().is_within(account.mailboxes[server].held());
        let deleted = before.mailboxes.iter().any(is_lacked);
        let gone = before.kept().without(account.kept()).without(account.record.owner_deleted);
        let completion = if !gone.is_empty() {
            Completion::Spoiled
        } else if execution.completion == Completion::Reached && wrote_home {
            Completion::Pending
        } else {
            execution.completion
        };
        let (result, continuation) = step.continuation(index, effect);
        let program = &mut account.programs[administrator];
        let ended = match continuation {
            Continuation::Step(next, visited) => {
                let next = u8::try_from(next).expect("a procedure has fewer than 256 steps");
                program.phase = Phase::Running(Execution { next, visited, completion, memory, ..execution });
                None
            }
            Continuation::End(outcome) => {
                program.stop(run.procedure.memory, memory.copied);
                program.ended = Ended::Reported(outcome);
                program.owes_retry = outcome.owes_retry_after(program.owes_retry);
                account.record.false_success |= outcome == Outcome::Ok && completion != Completion::Reached;
                Some(outcome)
            }
        };
        let run = RunId { administrator, run: program.run };
        let finished = !matches!(effect, StepEffect::Visited(_));
        let had_mail = ended.is_some() && !before.outstanding().is_empty();
        Ok(Executed { run, step: index, result, finished, deleted, ended, had_mail })
    }

    /// A late request takes effect. Its program has given up, so the answer has no effect.
    pub(crate) fn take_effect(&self, now: &mut Next<'_>) -> Result<(), Refusal> {
        let request = now.account.late.ok_or(Refusal::NoLateRequest)?;
        let run = self.scenario.run(request.run_id());
        let act = &run.procedure.steps[usize::from(request.step)].act;
        now.account.to_mut().late = None;
        let memory = Memory { home: request.home, version: request.version, ..Memory::default() };
        let (visited, message) = (request.visited, request.message.earliest());
        let mut attempt = Attempt {
            world: self,
            run,
            administrator: request.administrator,
            next: now,
            memory,
            visited,
            message,
            wrote_home: false,
        };
        attempt.perform_late(act)
    }

    fn spend_on(&self, next: &mut Next<'_>, fate: Fate, act: &Act) -> Result<(), Refusal> {
        let fault = match fate {
            Fate::Answered => return Ok(()),
            Fate::RequestLost => Fault::RequestLost,
            Fate::ReplyLost => Fault::ReplyLost,
            Fate::RequestLate => Fault::RequestLate,
        };
        if !act.is_request() || (fate == Fate::RequestLate && !act.can_be_late()) {
            return Err(Refusal::NothingToLose);
        }
        if fate == Fate::RequestLate && next.account.late.is_some() {
            return Err(Refusal::NoLateRequest);
        }
        self.spend_fault(next, fault)
    }
}

impl Step {
    fn continuation(&self, index: usize, effect: StepEffect) -> (StepResult, Continuation) {
        let result = match effect {
            StepEffect::MoreToDo => StepResult::Ok,
            StepEffect::Visited(visited) => return (StepResult::Ok, Continuation::Step(index, visited)),
            StepEffect::Report(outcome) => return (StepResult::Ok, Continuation::End(outcome)),
            StepEffect::Result(result) => result,
        };
        let repeats = effect == StepEffect::MoreToDo && self.handler(StepResult::Ok).is_none();
        let continuation = match self.next_after(index, result) {
            Some(_) if repeats => Continuation::Step(index, 0),
            Some(next) => Continuation::Step(next, 0),
            None => Continuation::End(self.outcome_after(result)),
        };
        (result, continuation)
    }

    /// The index of the step that follows this result, unless the run ends.
    #[must_use]
    pub fn next_after(&self, index: usize, result: StepResult) -> Option<usize> {
        match (self.handler(result), result) {
            (Some(handler), _) => Some(handler.next),
            (None, StepResult::Ok) => (!matches!(self.act, Act::Report { .. })).then_some(index + 1),
            (None, StepResult::Duplicate | StepResult::Refused | StepResult::Lost) => None,
        }
    }

    /// The outcome of a run that ends after this result, because no step follows it.
    #[must_use]
    pub fn outcome_after(&self, result: StepResult) -> Outcome {
        match result {
            StepResult::Refused if matches!(self.act, Act::Require(_)) => Outcome::Refused,
            StepResult::Ok | StepResult::Refused | StepResult::Duplicate => Outcome::Failed,
            StepResult::Lost => Outcome::Unknown,
        }
    }

    /// The handler of this result.
    #[must_use]
    pub fn handler(&self, result: StepResult) -> Option<&Handler> {
        self.on.iter().find(|handler| handler.result == result)
    }
}

impl Act {
    /// Returns true if the step sends a request to a store or a replica, which can be lost. The other steps happen
    /// inside the program.
    #[must_use]
    pub fn is_request(&self) -> bool {
        match self {
            Self::CreateMailbox { .. }
            | Self::DeleteMailbox { .. }
            | Self::EmptyMailbox { .. }
            | Self::List { .. }
            | Self::CopyListed { .. }
            | Self::AppendMessage { .. }
            | Self::DeleteListed { .. }
            | Self::DeleteUnlisted { .. }
            | Self::CopyMessage { .. }
            | Self::PropagateDeletions { .. }
            | Self::Mark { .. }
            | Self::Unmark { .. }
            | Self::Save { .. }
            | Self::Load { .. }
            | Self::Adjust { .. }
            | Self::HoldDelivery
            | Self::ReleaseDelivery
            | Self::SyncDirectory { .. }
            | Self::RawEdit { .. }
            | Self::DeleteRecipient { .. }
            | Self::CreateRecipient { .. }
            | Self::UpdateNow { .. }
            | Self::LookUpHome { .. } => true,
            Self::Require(_) | Self::Wait(_) | Self::Report { .. } => false,
        }
    }
}

impl Run {
    /// The server that a step of this run names, if it is known without reading the directory.
    #[must_use]
    pub fn server(&self, reference: ServerRef) -> Option<ServerId> {
        match reference {
            ServerRef::From => Some(self.from),
            ServerRef::To => Some(self.to),
            ServerRef::ConnectedTo => Some(self.connected_to),
            ServerRef::Earlier => Some(self.from.min(self.to)),
            ServerRef::Later => Some(self.from.max(self.to)),
            ServerRef::Server(server) => Some(server),
            ServerRef::Home => None,
        }
    }
}

impl Program {
    /// Ends the execution. The notes about copied messages end with it, unless they are a journal.
    pub(crate) fn stop(&mut self, memory: MemoryLife, copied: MessageSet) {
        self.phase = Phase::Idle;
        if memory == MemoryLife::Journal {
            self.journal = copied;
        }
    }
}

impl LateRequest {
    /// The request of a step, with what it carries.
    fn of(act: &Act, run: RunId, execution: &Execution, message: Option<MessageId>) -> Self {
        let Memory { home, version, .. } = execution.memory;
        let is_conditional = matches!(act, Act::SyncDirectory { condition: VersionCondition::Unchanged, .. });
        Self {
            administrator: run.administrator,
            run: run.run,
            step: execution.next,
            visited: execution.visited,
            message: message.map_or(MessageSet::EMPTY, MessageSet::just),
            home: home.filter(|_| act.names_looked_up_home()),
            version: version.filter(|_| is_conditional),
            is_superseded: false,
        }
    }

    /// The run whose program sent the request.
    #[must_use]
    pub fn run_id(&self) -> RunId {
        RunId { administrator: self.administrator, run: self.run }
    }
}
