//! The interpreter: one program executes the next step of its procedure, receives a result, and continues where the
//! procedure says.

use crate::action::Fate;
use crate::id::{AdministratorId, ServerId};
use crate::procedure::{Act, Outcome, ServerRef, Step, StepResult};
use crate::refusal::Refusal;
use crate::scenario::{Fault, Run, RunId};
use crate::state::{Ended, Phase};
use crate::world::{Executed, Next, World};

/// A step being executed: program, run, and the state that the step changes.
pub(crate) struct Attempt<'a, 'b> {
    pub(crate) world: &'a World,
    pub(crate) run: &'a Run,
    pub(crate) administrator: AdministratorId,
    pub(crate) next: &'a mut Next<'b>,
    /// The version of the recipient that the program read.
    pub(crate) read: Option<u8>,
}

/// The effect of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepEffect {
    /// The step has this result.
    Result(StepResult),
    /// The step was done, and the same step has more to do.
    MoreToDo,
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
    Step(usize),
    End(Outcome),
}

impl World {
    /// Executes the next step of an administrator's program. [Q252869 S22, S24]
    pub(crate) fn act(
        &self,
        now: &mut Next<'_>,
        administrator: AdministratorId,
        fate: Fate,
    ) -> Result<Executed, Refusal> {
        let program = now.account.programs[administrator];
        let Phase::Running { next, arrived, read } = program.phase else { return Err(Refusal::Idle) };
        let index = usize::from(next);
        let run = self.run_of(administrator, &program);
        let step = &run.procedure.steps[index];
        self.spend_on(now, fate, &step.act)?;
        let kept_before = now.account.mailboxes.clone();
        let mut attempt = Attempt { world: self, run, administrator, next: now, read };
        let effect = match fate {
            Fate::RequestLost => StepEffect::Result(StepResult::Lost),
            Fate::Answered => attempt.perform(&step.act)?,
            Fate::ReplyLost => {
                attempt.perform(&step.act)?;
                StepEffect::Result(StepResult::Lost)
            }
        };
        let read = attempt.read;
        let account = now.account.to_mut();
        let deleted =
            kept_before.iter().any(|(server, before)| !before.held().is_within(account.mailboxes[server].held()));
        let (result, continuation) = step.continuation(index, effect);
        let program = &mut account.programs[administrator];
        let ended = match continuation {
            Continuation::Step(next) => {
                let next = u8::try_from(next).expect("a procedure has fewer than 256 steps");
                program.phase = Phase::Running { next, arrived, read };
                None
            }
            Continuation::End(outcome) => {
                program.phase = Phase::Idle;
                program.ended = Ended::Reported(outcome);
                program.owes_retry = outcome.owes_retry_after(program.owes_retry);
                account.record.false_success |= outcome == Outcome::Ok && !arrived;
                Some(outcome)
            }
        };
        let run = RunId { administrator, run: program.run };
        Ok(Executed { run, step: index, result, deleted, ended })
    }

    fn spend_on(&self, next: &mut Next<'_>, fate: Fate, act: &Act) -> Result<(), Refusal> {
        let fault = match fate {
            Fate::Answered => return Ok(()),
            Fate::RequestLost => Fault::RequestLost,
            Fate::ReplyLost => Fault::ReplyLost,
        };
        if !act.is_request() {
            return Err(Refusal::NothingToLose);
        }
        self.spend_fault(next, fault)
    }
}

impl Step {
    fn continuation(&self, index: usize, effect: StepEffect) -> (StepResult, Continuation) {
        let result = match effect {
            StepEffect::MoreToDo => StepResult::Ok,
            StepEffect::Report(outcome) => return (StepResult::Ok, Continuation::End(outcome)),
            StepEffect::Result(result) => result,
        };
        let handler = self.on.iter().find(|handler| handler.result == result);
        let continuation = match (handler, result) {
            (Some(handler), _) => Continuation::Step(handler.next),
            (None, StepResult::Ok) if effect == StepEffect::MoreToDo => Continuation::Step(index),
            (None, StepResult::Ok) => Continuation::Step(index + 1),
            (None, StepResult::Refused) if matches!(self.act, Act::Require(_)) => Continuation::End(Outcome::Refused),
            (None, StepResult::Refused | StepResult::Duplicate) => Continuation::End(Outcome::Failed),
            (None, StepResult::Lost) => Continuation::End(Outcome::Unknown),
        };
        (result, continuation)
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
            | Self::DeleteCopied { .. }
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
            | Self::UpdateNow { .. } => true,
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
