//! Procedures as data: the steps of an administrator's program. The article's move, its workarounds and a user's
//! runbook are lists of the same closed set of steps; a new procedure needs no new code.
//!
//! An act reads and writes at most one server; a copy, a propagation of deletions and a pull of a replica read one server
//! and write another. A step that visits several servers takes one act for each, in the order of the site.
//! [`crate::World::step`] defines the effect of each act; this module defines only what a procedure can contain.

use crate::assumption::{Assumption, AssumptionAnswer, Assumptions};
use crate::dn::HomeValue;
use crate::id::ServerId;
pub use crate::outcome::{Outcome, StepResult};

/// A named list of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// The name in scenarios and reports.
    pub name: String,
    /// The sources of the procedure.
    pub source: Vec<String>,
    /// The life of the program's notes about copied messages.
    pub memory: MemoryLife,
    /// The steps in order. The last step is a report, or jumps.
    pub steps: Vec<Step>,
}

/// The life of a program's notes about the messages that it copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemoryLife {
    /// They end with the run.
    #[default]
    Run,
    /// They are a journal that the next run of the administrator reads.
    Journal,
}

/// One step of a procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The name of the step in handlers and reports.
    pub label: Option<String>,
    /// The act.
    pub act: Act,
    /// The handlers; a result without a handler has its [default](StepResult).
    pub on: Vec<Handler>,
    /// The step exists only under all of these answers to assumptions.
    pub when: Vec<(Assumption, AssumptionAnswer)>,
    /// The line of the file on which the step starts, from 1.
    pub line: u32,
}

/// A jump of the program after a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// The result.
    pub result: StepResult,
    /// The index of the next step in [`Procedure::steps`].
    pub next: usize,
}

/// A server, as a step names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerRef {
    /// The source of the run.
    From,
    /// The destination of the run.
    To,
    /// The server whose replica the program is connected to.
    ConnectedTo,
    /// The source or the destination, whichever is first in the site. Moves in either direction claim it first, so that
    /// they meet there.
    Earlier,
    /// The source or the destination, whichever is last in the site.
    Later,
    /// The home that the program looked up last. [Q184160]
    Home,
    /// This server of the site.
    Server(ServerId),
}

/// The closed set of acts of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Create the mailbox in a store.
    CreateMailbox {
        /// The store.
        at: ServerRef,
        /// The reaction of the store if the mailbox is present.
        duplicate: Duplicate,
    },
    /// Delete the mailbox with its messages from a store. An absent mailbox stays absent.
    DeleteMailbox {
        /// The store.
        at: ServerRef,
    },
    /// Delete all messages in the folders of a mailbox. The mailbox stays, as a shell.
    EmptyMailbox {
        /// The store.
        at: ServerRef,
        /// The trace that the deletion leaves.
        deletion: Deletion,
    },
    /// List the messages of a mailbox, the in-transit folder included, into the memory of the program. An absent mailbox
    /// has none. A list has a message once, however many copies the mailbox holds.
    List {
        /// The store that is read.
        at: ServerRef,
        /// The purpose of the list.
        purpose: ListPurpose,
    },
    /// Copy one listed message that the source still holds and the target lacks, any of them. Without a handler for `ok`,
    /// the step repeats until there is none.
    CopyListed {
        /// The store that is read.
        from: ServerRef,
        /// The store that is written.
        to: ServerRef,
    },
    /// Append one listed message that the source still holds and that the program has not noted as copied, any of them,
    /// and note it as copied. The target gets one more copy, whatever it holds. Without a handler for `ok`, the step
    /// repeats until there is none.
    AppendMessage {
        /// The store that is read.
        from: ServerRef,
        /// The store that is written.
        to: ServerRef,
    },
    /// Delete one listed message from a mailbox with all its copies, any of them. Without a handler for `ok`, the step
    /// repeats until there is none. An emptied mailbox stays.
    DeleteListed {
        /// The store that deletes.
        at: ServerRef,
        /// The messages that the step may delete.
        only: Only,
    },
    /// Delete one message that is not listed from a mailbox with all its copies, any of them, and forget that it was
    /// copied. Without a handler for `ok`, the step repeats until there is none. An emptied mailbox stays.
    DeleteUnlisted {
        /// The store that deletes.
        at: ServerRef,
        /// The messages that the step may delete.
        only: Only,
    },
    /// Copy one message that the target lacks, any of them. Without a handler for `ok`, the step repeats until the target
    /// lacks none. This is an ideal act: a real program lists the target first and copies by its list.
    CopyMessage {
        /// The store that is read.
        from: ServerRef,
        /// The store that is written.
        to: ServerRef,
    },
    /// Delete from a mailbox the messages that another store remembers as deleted, as a two-way synchronisation does.
    PropagateDeletions {
        /// The store whose remembered deletions are read.
        from: ServerRef,
        /// The store that deletes.
        to: ServerRef,
    },
    /// Mark a mailbox as in transit. An absent mailbox is created as a marked shell.
    Mark {
        /// The store.
        at: ServerRef,
        /// The reaction if another move has marked the mailbox.
        claim: Claim,
    },
    /// Remove the mark of the same administrator from a mailbox. Messages in the in-transit folder join its messages,
    /// and an empty source is removed. [Q277911]
    Unmark {
        /// The store.
        at: ServerRef,
    },
    /// Export all messages of a mailbox to a personal folder file. [Q162998]
    Save {
        /// The store.
        at: ServerRef,
    },
    /// Import the personal folder file into a mailbox. [Q162998]
    Load {
        /// The store.
        at: ServerRef,
    },
    /// Run the consistency adjuster: it creates a recipient for a mailbox in the store that has none, and deletes
    /// nothing. [Q182979]
    Adjust {
        /// The server whose store is compared with its replica.
        at: ServerRef,
    },
    /// Hold mail for the mailbox in the transport.
    HoldDelivery,
    /// Release mail for the mailbox.
    ReleaseDelivery,
    /// Ask the directory to move the recipient from one server to another. A move onto the same server answers `ok` and
    /// changes nothing. [Q252869 S25]
    SyncDirectory {
        /// The replica that is written.
        replica: ServerRef,
        /// The server that the program passes as the source.
        from: ServerRef,
        /// The server that the program passes as the destination.
        to: ServerRef,
        /// The version on which the write depends.
        condition: VersionCondition,
    },
    /// Write one or both home attributes as given. [Q252869 S16]
    RawEdit {
        /// The replica that is written.
        replica: ServerRef,
        /// The new Home-MDB, if it is written.
        mdb: Option<HomeValue<ServerRef>>,
        /// The new Home-MTA, if it is written.
        mta: Option<HomeValue<ServerRef>>,
    },
    /// Delete the recipient; its tombstone replicates. The store does not change. [Q239639]
    DeleteRecipient {
        /// The replica that is written.
        replica: ServerRef,
    },
    /// Create the recipient under the same distinguished name. Refused if a live recipient is visible. [Q202220]
    CreateRecipient {
        /// The replica that is written.
        replica: ServerRef,
        /// The server that both home attributes name.
        home: ServerRef,
    },
    /// Make a replica pull from each of the others that answers, one after the other. [Q182963]
    UpdateNow {
        /// The replica that pulls.
        replica: ServerRef,
    },
    /// Look up Home-MDB in a replica, and remember the server that it names. Refused if it names none. [Q184160]
    LookUpHome {
        /// The replica that is read.
        replica: ServerRef,
    },
    /// Continue if the condition is true, otherwise answer `refused`, or `lost` if a server that the condition needs
    /// does not answer.
    Require(Condition),
    /// Wait until the condition is true.
    Wait(Condition),
    /// End the run and report to the administrator.
    Report {
        /// The reported outcome.
        outcome: Outcome,
        /// The text or the error code of the report, if the source gives it.
        says: Option<String>,
    },
}

/// The reaction of a store that should create a mailbox and finds it present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duplicate {
    /// It deletes the existing mailbox and answers `duplicate` (c1040b00). [Q252869 S5]
    Deleted,
    /// It keeps the existing mailbox and answers `duplicate`.
    Kept,
}

/// The reaction of a step that finds the mark of another move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// The program replaces the mark by its own.
    Taken,
    /// The step is refused, unless the mark has the same administrator and the same pair of servers.
    Respected,
    /// As [`Claim::Respected`]. The mark also carries a token of the run, which grows from run to run: the store refuses
    /// every later request with an older token.
    Token,
}

/// The trace that a deletion leaves in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deletion {
    /// The store remembers what was deleted.
    Remembered,
    /// The store remembers nothing, as when files are removed under it.
    Forgotten,
}

/// The purpose of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListPurpose {
    /// It replaces the list of the program.
    Listed,
    /// Its messages are noted as copied, in addition to the others.
    Copied,
}

/// The messages that a step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Only {
    /// All messages.
    Any,
    /// Only those that the program has noted as copied.
    Copied,
}

/// The version on which a directory write depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VersionCondition {
    /// The write depends on no version.
    Unconditional,
    /// The write is refused unless the version is the one that the program read last.
    Unchanged,
}

/// A condition that a step requires or waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// The replica that the program is connected to names this server in both home attributes.
    HomeIs(ServerRef),
    /// The replica that the program is connected to names one of these two servers in both home attributes.
    HomeIsEither(ServerRef, ServerRef),
    /// The two servers differ.
    Differ(ServerRef, ServerRef),
    /// The mailbox is present in the store.
    Present(ServerRef),
    /// The store holds no message of the mailbox.
    Empty(ServerRef),
    /// The store holds every message that the other store holds. The program first lists the other store.
    HoldsAll {
        /// The store that must hold them.
        at: ServerRef,
        /// The store whose messages are compared.
        of: ServerRef,
    },
    /// Every replica names this server in both home attributes.
    EveryReplicaNames(ServerRef),
    /// All replicas show the same version of the recipient.
    ReplicasAgree,
    /// All replicas show the same version of the recipient, and it names this server in both home attributes.
    ReplicasAgreeOn(ServerRef),
    /// The replica has no live recipient.
    NoRecipient(ServerRef),
    /// No message for the mailbox is queued.
    NothingQueued,
    /// The store holds every listed message.
    HoldsListed(ServerRef),
    /// The program has listed no message.
    NothingListed,
}

impl Procedure {
    /// The procedure under these assumptions. Steps under another answer are removed, a jump to a removed step leads to
    /// the step that follows it, and every step keeps its name.
    #[must_use]
    pub fn under(&self, assumptions: &Assumptions) -> Self {
        let holds = |(assumption, answer): &(Assumption, AssumptionAnswer)| assumptions.answer(*assumption) == *answer;
        let kept = |step: &Step| step.when.iter().all(holds);
        let index_under = |index: usize| self.steps[..index].iter().filter(|step| kept(step)).count();
        let steps = self.steps.iter().enumerate().filter(|(_, step)| kept(step)).map(|(index, step)| Step {
            label: Some(self.step_name(index)),
            on: step.on.iter().map(|handler| Handler { next: index_under(handler.next), ..*handler }).collect(),
            when: Vec::new(),
            ..step.clone()
        });
        Self { steps: steps.collect(), ..self.clone() }
    }

    /// The assumptions that decide on steps of this procedure.
    pub fn assumptions(&self) -> impl Iterator<Item = Assumption> {
        self.steps.iter().flat_map(|step| &step.when).map(|(assumption, _)| *assumption)
    }

    /// Returns true if some step has such an act.
    #[must_use]
    pub fn has_act(&self, wanted: impl Fn(&Act) -> bool) -> bool {
        self.steps.iter().any(|step| wanted(&step.act))
    }

    /// Returns true if the step at this index marks the mailbox that the step before it creates.
    #[must_use]
    pub fn marks_created_mailbox(&self, index: usize) -> bool {
        let created = index.checked_sub(1).and_then(|before| self.steps.get(before));
        match (created.map(|step| &step.act), self.steps.get(index).map(|step| &step.act)) {
            (Some(Act::CreateMailbox { at, .. }), Some(Act::Mark { at: marked, .. })) => at == marked,
            (Some(_) | None, Some(_) | None) => false,
        }
    }

    /// The name of a step in reports: its label, or its number from 1.
    #[must_use]
    pub fn step_name(&self, index: usize) -> String {
        self.steps[index].label.clone().unwrap_or_else(|| (index + 1).to_string())
    }
}

impl Procedure {
    /// Returns true if the marks of the procedure carry a token of the run.
    #[must_use]
    pub fn sends_tokens(&self) -> bool {
        self.has_act(|act| matches!(act, Act::Mark { claim: Claim::Token, .. }))
    }

    /// Returns true if some write depends on the version that the program read.
    #[must_use]
    pub fn makes_conditional_writes(&self) -> bool {
        self.has_act(|act| matches!(act, Act::SyncDirectory { condition: VersionCondition::Unchanged, .. }))
    }
}
