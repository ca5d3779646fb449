//! The state of an administrator's program: its run, its next step, its memory, and a request that it gave up.

use crate::id::{AdministratorId, MessageSet, ServerId};
use crate::procedure::Outcome;
use crate::recipient::Stamp;

/// An administrator's program for one mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Program {
    /// The index of the run that started last; before the first start, 0.
    pub run: u8,
    /// The number of executions of that run. For a run without a limit: 1 after the first start.
    pub executions: u8,
    /// The current phase.
    pub phase: Phase,
    /// The end of the last execution.
    pub ended: Ended,
    /// True if the administrator owes a retry: a run ended `failed`, `unknown` or by death, and no run has ended `ok`
    /// since.
    pub owes_retry: bool,
    /// The journal: the messages that earlier runs noted as copied. While a procedure with a journal runs, it is in the
    /// memory of the program.
    pub journal: MessageSet,
}

/// The phase of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// No procedure is running.
    Idle,
    /// A procedure is running.
    Running(Execution),
}

/// An execution of a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Execution {
    /// The index of the next step.
    pub next: u8,
    /// The number of servers that the next step has visited; 0 unless the step visits several, one in each act.
    pub visited: u8,
    /// The completion of the move, for the property `no-false-success`.
    pub completion: Completion,
    /// The messages that the source held at some moment since the start and the owner has not deleted. The move is
    /// complete only while the destination holds them.
    pub required: MessageSet,
    /// The memory of the program.
    pub memory: Memory,
}

/// The completion of a move while its program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Completion {
    /// The move was not complete at any moment since the program last wrote a home attribute.
    Pending,
    /// At some moment since then, every replica named the destination and the destination held every required message.
    Reached,
    /// The program deleted the last copy of a message.
    Spoiled,
}

/// The memory of a program: what it read and still uses. It ends with the run, except for a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Memory {
    /// The messages that the program listed last.
    pub listed: MessageSet,
    /// The messages that the program noted as copied.
    pub copied: MessageSet,
    /// The home that the program looked up last.
    pub home: Option<ServerId>,
    /// The version of the recipient that the program read last. `None` also stands for a version that every replica has
    /// replaced, because it equals no later one.
    pub version: Option<ReadVersion>,
}

/// A request that takes effect after its program received no answer and gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LateRequest {
    /// The administrator whose program sent it.
    pub administrator: AdministratorId,
    /// The index of the run.
    pub run: u8,
    /// The index of the step.
    pub step: u8,
    /// The number of servers that the step had visited.
    pub visited: u8,
    /// The message that the step takes, or none.
    pub message: MessageSet,
    /// The home that the program had looked up, if the request names it.
    pub home: Option<ServerId>,
    /// The version on which the request depends.
    pub version: Option<ReadVersion>,
    /// True if the administrator has started a newer run since, so that its token is older than that of the newer run.
    pub is_superseded: bool,
}

/// A version of the recipient, as a program read it in a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadVersion {
    /// The replica had no such object.
    Absent,
    /// The replica had the version with this stamp.
    Stamp(Stamp),
}

/// The end of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ended {
    /// No execution has ended.
    Never,
    /// The program reported an outcome.
    Reported(Outcome),
    /// The program died and reported nothing.
    Died,
}

impl Execution {
    /// An execution before its first step.
    pub const FRESH: Self = Self {
        next: 0,
        visited: 0,
        completion: Completion::Pending,
        required: MessageSet::EMPTY,
        memory: Memory { listed: MessageSet::EMPTY, copied: MessageSet::EMPTY, home: None, version: None },
    };
}

impl Program {
    /// A program before its first run.
    pub const FRESH: Self = Self {
        run: 0,
        executions: 0,
        phase: Phase::Idle,
        ended: Ended::Never,
        owes_retry: false,
        journal: MessageSet::EMPTY,
    };

    /// Returns true if a run with `runs-max = "until-ok"` stops: it reported `ok`, or it was refused and its
    /// administrator owes no retry.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match self.ended {
            Ended::Reported(Outcome::Ok | Outcome::Refused) => !self.owes_retry,
            Ended::Reported(Outcome::Failed | Outcome::Unknown) | Ended::Never | Ended::Died => false,
        }
    }

    /// Returns true if a procedure is running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.execution().is_some()
    }

    /// The execution of the running procedure.
    #[must_use]
    pub fn execution(&self) -> Option<&Execution> {
        match &self.phase {
            Phase::Idle => None,
            Phase::Running(execution) => Some(execution),
        }
    }
}
