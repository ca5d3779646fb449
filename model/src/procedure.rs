//! Procedures as data: what an administrator's program does, step by step. The article's move, its workarounds and a user's
//! own runbook are all lists of the same closed set of steps; adding a procedure never touches this code.
//!
//! A step is one atomic act: it writes one store or one replica, and may read others. What each act does to the world is
//! written in [`crate::World::step`]; here stands only what a procedure can say.

use crate::assumption::{Assumption, AssumptionAnswer, Assumptions};
use crate::dn::HomeValue;
use crate::id::ServerId;

/// A list of steps with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// The name that scenarios and reports use.
    pub name: String,
    /// The sources it follows.
    pub source: Vec<String>,
    /// What it does, in order. The last step is a report, or jumps.
    pub steps: Vec<Step>,
}

/// One step of a procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The name by which handlers and reports refer to the step.
    pub label: Option<String>,
    /// What it does.
    pub act: Act,
    /// Where the program goes on after a result; a result that is not named has its [default](StepResult).
    pub on: Vec<Handler>,
    /// The step is there only under this answer to an assumption.
    pub when: Option<(Assumption, AssumptionAnswer)>,
    /// The line of its file on which the step starts, from 1.
    pub line: u32,
}

/// Where a program goes on after a result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// The result.
    pub result: StepResult,
    /// The place of the next step among [`Procedure::steps`].
    pub next: usize,
}

/// What the world answers to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepResult {
    /// It was done. Without a handler the program goes on with the step that follows.
    Ok,
    /// The store found a mailbox where it was to create one. Without a handler the run ends `failed`.
    Duplicate,
    /// It was not done, and nothing changed. Without a handler a run that only required something ends `refused`, any
    /// other ends `failed`.
    Refused,
    /// No answer came: the request was lost and nothing happened, or the reply was lost and it did happen; or a server was
    /// asked that does not answer. Without a
    /// handler the run ends `unknown`.
    Lost,
}

impl StepResult {
    /// Every result.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Duplicate, Self::Refused, Self::Lost];

    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }
}

/// What a run reports to its administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It was done.
    Ok,
    /// The program declined and changed nothing.
    Refused,
    /// It was not done, or not wholly.
    Failed,
    /// The program cannot say what happened.
    Unknown,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Refused, Self::Failed, Self::Unknown];

    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether an administrator who is told this owes a retry afterwards, given whether he owed one before.
    #[must_use]
    pub fn owes_retry_after(self, owed: bool) -> bool {
        match self {
            Self::Ok => false,
            Self::Refused => owed,
            Self::Failed | Self::Unknown => true,
        }
    }
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
    /// Of the source and the destination, the one that stands first in the site: whoever claims it first meets everybody else
    /// there, whichever way they move.
    Earlier,
    /// Of the source and the destination, the one that stands last in the site.
    Later,
    /// The server that Home-MDB names in the replica the program is connected to. [Q184160]
    Home,
    /// This server of the site.
    Server(ServerId),
}

/// The closed set of what a step can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Create the mailbox in a store.
    CreateMailbox {
        /// The store.
        at: ServerRef,
        /// What the store does when the mailbox is there already.
        duplicate: Duplicate,
    },
    /// Delete the mailbox, with all that is in it, from a store. A mailbox that is not there stays so.
    DeleteMailbox {
        /// The store.
        at: ServerRef,
    },
    /// Delete from a mailbox those of its messages that another store holds too. An emptied mailbox is removed, unless it is
    /// marked or the store remembers what was deleted from it.
    DeleteCopied {
        /// The store that deletes.
        at: ServerRef,
        /// The store that must hold what is deleted.
        held_at: ServerRef,
    },
    /// Copy one message that the target lacks. Without a handler for `ok` the step repeats until the target lacks none.
    CopyMessage {
        /// The store that is read.
        from: ServerRef,
        /// The store that is written.
        to: ServerRef,
    },
    /// Delete from a mailbox what another store remembers as deleted, as a two-way synchronisation does.
    PropagateDeletions {
        /// The store whose memory is read.
        from: ServerRef,
        /// The store that deletes.
        to: ServerRef,
    },
    /// Mark a mailbox as in transit. A mailbox that is not there is created as a marked shell.
    Mark {
        /// The store.
        at: ServerRef,
        /// What happens when another move has marked it.
        claim: Claim,
    },
    /// Take the program's own mark off a mailbox; what waits in its in-transit folder joins its messages, and an empty source
    /// is removed. [Q277911]
    Unmark {
        /// The store.
        at: ServerRef,
    },
    /// Save all messages of a mailbox to a personal folder file. [Q162998]
    Save {
        /// The store.
        at: ServerRef,
    },
    /// Load the personal folder file into a mailbox. [Q162998]
    Load {
        /// The store.
        at: ServerRef,
    },
    /// Run the consistency adjuster: a mailbox in the store without a recipient gets one. It deletes nothing. [Q182979]
    Adjust {
        /// The server whose store is compared with its replica.
        at: ServerRef,
    },
    /// Hold mail for the mailbox back in the transport.
    HoldDelivery,
    /// Let mail for the mailbox through again.
    ReleaseDelivery,
    /// Ask the directory to move the recipient from one server to another. Asked to move it onto itself, it answers ok and
    /// changes nothing. [Q252869 S25]
    SyncDirectory {
        /// The replica that is written.
        replica: ServerRef,
        /// The server the program passes as the source.
        from: ServerRef,
        /// The server the program passes as the destination.
        to: ServerRef,
        /// Whether the write depends on the version the program read.
        condition: VersionCondition,
    },
    /// Write one or both home attributes as they are given. [Q252869 S16]
    RawEdit {
        /// The replica that is written.
        replica: ServerRef,
        /// The new Home-MDB, if it is written.
        mdb: Option<HomeValue<ServerRef>>,
        /// The new Home-MTA, if it is written.
        mta: Option<HomeValue<ServerRef>>,
    },
    /// Delete the recipient; its tombstone replicates. The store is another step's business. [Q239639]
    DeleteRecipient {
        /// The replica that is written.
        replica: ServerRef,
    },
    /// Create the recipient under the same distinguished name. Refused where a live one is visible. [Q202220]
    CreateRecipient {
        /// The replica that is written.
        replica: ServerRef,
        /// The server that both home attributes name.
        home: ServerRef,
    },
    /// Let a replica pull from all others at once. [Q182963]
    UpdateNow {
        /// The replica that pulls.
        replica: ServerRef,
    },
    /// Go on if the condition is true, else answer `refused`; `lost` if a server that it concerns does not answer.
    Require(Condition),
    /// Do nothing until the condition is true.
    Wait(Condition),
    /// End the run and tell the administrator.
    Report {
        /// What he is told.
        outcome: Outcome,
        /// The words or the error code that he reads, if the source gives them.
        says: Option<String>,
    },
}

impl Act {
    /// The sources that say an administrator's program can do this.
    #[must_use]
    pub fn sources(&self) -> &'static [&'static str] {
        match self {
            Self::CreateMailbox { .. } => &["Q252869 S5", "Q252869 S6", "Q252869 S9", "Q277911"],
            Self::DeleteMailbox { .. } => &["Q252869 S3", "Q252869 S10", "Q252869 S19", "Q184160"],
            Self::CopyMessage { .. } => &["Q252869 S4", "Q252869 S7", "Q252869 S22", "Q195985"],
            Self::Mark { .. } => &["Q259541", "Q277911"],
            Self::Unmark { .. } => &["Q183400", "Q277911"],
            Self::Save { .. } | Self::Load { .. } => &["Q162998"],
            Self::Adjust { .. } => &["Q182979"],
            Self::SyncDirectory { .. } => &["Q252869 S24", "Q252869 S25", "Q252869 S26"],
            Self::RawEdit { .. } => &["Q252869 S13", "Q252869 S16", "Q252869 S17", "Q252869 S18"],
            Self::DeleteRecipient { .. } => &["Q252869 S19", "Q239639"],
            Self::CreateRecipient { .. } => &["Q252869 S20", "Q252869 S21", "Q184160", "Q202220"],
            Self::UpdateNow { .. } => &["Q182963"],
            Self::Report { .. } => &["Q252869 S5", "Q252869 S28", "Q162998"],
            Self::DeleteCopied { .. }
            | Self::PropagateDeletions { .. }
            | Self::HoldDelivery
            | Self::ReleaseDelivery
            | Self::Require(_)
            | Self::Wait(_) => &["inferred"],
        }
    }
}

/// What a store does when it is to create a mailbox that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duplicate {
    /// It deletes the mailbox it found and answers `duplicate` (c1040b00). [Q252869 S5]
    Deleted,
    /// It keeps the mailbox it found and answers `duplicate`.
    Kept,
}

/// What a step that marks a mailbox does when another move has marked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// The mark becomes the program's own.
    Taken,
    /// The step is refused, unless the mark is of the same administrator and the same pair of servers.
    Respected,
}

/// Whether a write of the directory depends on the version that the program read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VersionCondition {
    /// It is done whatever the version is.
    Unconditional,
    /// It is refused unless the version is still the one that the program last read with a condition on the home.
    Unchanged,
}

/// What a step can require or wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// The replica the program is connected to names this server in both home attributes.
    HomeIs(ServerRef),
    /// The replica the program is connected to names one of these two servers in both home attributes.
    HomeIsEither(ServerRef, ServerRef),
    /// The two servers are different ones.
    Differ(ServerRef, ServerRef),
    /// The store lists the mailbox.
    Present(ServerRef),
    /// The store holds no message of the mailbox.
    Empty(ServerRef),
    /// The store holds every message that the other store holds.
    HoldsAll {
        /// The store that must hold them.
        at: ServerRef,
        /// The store whose messages are meant.
        of: ServerRef,
    },
    /// Every replica names this server in both home attributes.
    EveryReplicaNames(ServerRef),
    /// All replicas have the same version of the recipient.
    ReplicasAgree,
    /// The replica has no live recipient.
    NoRecipient(ServerRef),
    /// No message for the mailbox waits in the transport.
    NothingQueued,
}

impl Procedure {
    /// The procedure as it is under these assumptions: steps that belong to another answer are gone, whoever jumped to one
    /// of them goes on with the step that follows it, and every step keeps the name that it has in the whole list.
    #[must_use]
    pub fn under(&self, assumptions: &Assumptions) -> Self {
        let kept = |step: &Step| step.when.is_none_or(|(assumption, answer)| assumptions.answer(assumption) == answer);
        let index_under = |index: usize| self.steps[..index].iter().filter(|step| kept(step)).count();
        let steps = self.steps.iter().enumerate().filter(|(_, step)| kept(step)).map(|(index, step)| Step {
            label: Some(self.step_name(index)),
            on: step.on.iter().map(|handler| Handler { next: index_under(handler.next), ..*handler }).collect(),
            when: None,
            ..step.clone()
        });
        Self { steps: steps.collect(), ..self.clone() }
    }

    /// The assumptions that decide about steps of this procedure.
    pub fn assumptions(&self) -> impl Iterator<Item = Assumption> {
        self.steps.iter().filter_map(|step| step.when.map(|(assumption, _)| assumption))
    }

    /// Whether some step does this.
    #[must_use]
    pub fn has_act(&self, wanted: impl Fn(&Act) -> bool) -> bool {
        self.steps.iter().any(|step| wanted(&step.act))
    }

    /// Whether the place of this step is the one after the creation of a mailbox, and the step marks that mailbox.
    #[must_use]
    pub fn marks_created_mailbox(&self, index: usize) -> bool {
        let created = index.checked_sub(1).and_then(|before| self.steps.get(before));
        match (created.map(|step| &step.act), self.steps.get(index).map(|step| &step.act)) {
            (Some(Act::CreateMailbox { at, .. }), Some(Act::Mark { at: marked, .. })) => at == marked,
            (Some(_) | None, Some(_) | None) => false,
        }
    }

    /// What a step is called in reports: its label, or its place from 1.
    #[must_use]
    pub fn step_name(&self, index: usize) -> String {
        self.steps[index].label.clone().unwrap_or_else(|| (index + 1).to_string())
    }
}

impl Procedure {
    /// Whether some write depends on the version that the program read.
    #[must_use]
    pub fn makes_conditional_writes(&self) -> bool {
        self.has_act(|act| matches!(act, Act::SyncDirectory { condition: VersionCondition::Unchanged, .. }))
    }
}
