//! What can be the case: the directory, the stores, the mail under way, the programs at work, and the record that only
//! the observer keeps. Plain values; nothing here knows what may happen next (that is [`crate::World::step`]).
//!
//! The state is laid out by mailbox, because no rule of the world sees two mailboxes at once: an [`Account`] is all that
//! concerns one distinguished name, [`Shared`] is what all of them have in common, and [`crate::World::change`] is given one of
//! each.

use crate::id::{AdministratorId, MessageSet, ServerId};
use crate::procedure::Outcome;
pub use crate::recipient::{Home, Homes, Recipient, Stamp};
use crate::table::{PerAdministrator, PerMailbox, PerServer};

/// One state of the site.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// All that concerns each mailbox.
    pub accounts: PerMailbox<Account>,
    /// What the mailboxes share.
    pub shared: Shared,
}

/// What the mailboxes share: a rule reads and writes this and one account, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shared {
    /// What works on each server.
    pub servers: PerServer<Server>,
    /// How many more faults may happen, of all kinds together.
    pub faults_left: u8,
}

/// What works on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Server {
    /// The information store service.
    pub store: Service,
    /// The directory service, as its partners and the administrator's program reach it.
    pub replica: Service,
}

impl Server {
    /// Both services work.
    pub const UP: Self = Self { store: Service::Up, replica: Service::Up };
}

/// Whether a service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// It answers.
    Up,
    /// It does not answer; what it holds is kept.
    Down,
}

/// All that concerns one mailbox: its recipient in every replica, its mailbox in every store, its mail under way, and the
/// programs that administrators run on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// The recipient, as each server's directory replica has it.
    pub recipients: PerServer<Recipient>,
    /// The recipient as a cache or an open session remembers it; kept only where the scenario has such stale views.
    pub remembered: Option<Recipient>,
    /// The mailbox in each server's store.
    pub mailboxes: PerServer<Mailbox>,
    /// Accepted messages that wait in the transport. [Q248839]
    pub queued: MessageSet,
    /// Whether the transport lets mail through to this mailbox.
    pub transport: Transport,
    /// Messages saved to a personal folder file outside the stores. [Q162998]
    pub saved: MessageSet,
    /// How many more unrelated edits of the recipient may happen.
    pub edits_left: u8,
    /// What each administrator's program is doing with this mailbox.
    pub programs: PerAdministrator<Program>,
    /// What the observer remembers.
    pub record: Record,
}

/// Whether the transport lets mail through to a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Mail is delivered.
    Open,
    /// An administrator holds the mail back; it waits in the queue.
    Held,
}

/// A mailbox in one store. Absent and present-but-empty (a shell) are different states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mailbox {
    /// The store has no such mailbox.
    Absent,
    /// The store lists it under its mailbox resources.
    Present(Contents),
}

/// What a present mailbox holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contents {
    /// The messages in its folders.
    pub messages: MessageSet,
    /// The messages that this store remembers as deleted; kept only where a step of the scenario reads it.
    pub expunged: MessageSet,
    /// Whether a move has marked it.
    pub mark: Mark,
}

/// The in-transit mark of a mailbox. [Q277911]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// No move has marked the mailbox.
    Settled,
    /// A move has marked it.
    InTransit {
        /// Whose program set the mark.
        owner: AdministratorId,
        /// The server that the move takes the mail from: its store defers deliveries while marked. [Q248839]
        from: ServerId,
        /// The server that the move takes the mail to.
        to: ServerId,
        /// Messages that arrived while marked, in the in-transit folder. [Q277911]
        pending: MessageSet,
    },
}

/// What an administrator's program is doing with one mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Program {
    /// Which of the administrator's runs was started last, or is the first to start.
    pub run: u8,
    /// How often that run was started; where it may be started any number of times, only whether it was.
    pub executions: u8,
    /// Whether it is running, and where it stands.
    pub phase: Phase,
    /// How the last execution ended.
    pub ended: Ended,
    /// Whether the administrator owes a retry: his last run ended failed, unknown or by death, and none has ended ok since.
    pub owes_retry: bool,
}

/// Whether a program is running, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Nothing is running.
    Idle,
    /// The procedure is under way.
    Running {
        /// The step that comes next.
        next: u8,
        /// Whether, at some moment since the start, every replica named the destination and the destination held all that
        /// the source held.
        arrived: bool,
        /// The version of the recipient that the program read, if it will make a write depend on it.
        read: Option<u8>,
    },
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ended {
    /// None has ended yet.
    Never,
    /// The program reported an outcome.
    Reported(Outcome),
    /// The program died and reported nothing.
    Died,
}

/// What the observer remembers; no act in the world reads it, except that a supply counts what has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// Messages that the mail system accepted for the mailbox.
    pub accepted: MessageSet,
    /// Accepted messages that were returned to their sender. [Q230748]
    pub returned: MessageSet,
    /// Messages that their owner deleted.
    pub owner_deleted: MessageSet,
    /// Messages that a step deleted while they were nowhere else.
    pub destroyed: MessageSet,
    /// A run reported `ok` although the move was never done.
    pub false_success: bool,
    /// A directory step moved the recipient from a server to itself. [Q252869 S25]
    pub self_move: bool,
}

impl Account {
    /// Every place that keeps messages: the stores, the transport's queue and the saved file.
    #[must_use]
    pub fn kept(&self) -> MessageSet {
        self.mailboxes.values().map(|mailbox| mailbox.held()).fold(self.queued.with(self.saved), MessageSet::with)
    }

    /// Accepted messages that are nowhere, and for which nobody was told.
    #[must_use]
    pub fn lost(&self) -> MessageSet {
        self.outstanding().without(self.kept())
    }

    /// Accepted messages that the owner still has a claim to: neither returned nor deleted by him.
    #[must_use]
    pub fn outstanding(&self) -> MessageSet {
        self.record.accepted.without(self.record.returned).without(self.record.owner_deleted)
    }

    /// The server that every replica names as the home in both attributes, if there is such a server.
    #[must_use]
    pub fn agreed_home(&self) -> Option<ServerId> {
        let mut homes = self.recipients.values().map(|recipient| recipient.home());
        let first = homes.next()??;
        homes.all(|home| home == Some(first)).then_some(first)
    }

    /// Whether all replicas have the same version of the recipient.
    #[must_use]
    pub fn replicas_agree(&self) -> bool {
        let mut recipients = self.recipients.values();
        let first = recipients.next();
        recipients.all(|recipient| Some(recipient) == first)
    }
}

impl Mailbox {
    /// A present mailbox without messages.
    pub const SHELL: Self = Self::Present(Contents::EMPTY);

    /// All messages in it, those of the in-transit folder included.
    #[must_use]
    pub fn held(&self) -> MessageSet {
        match self {
            Self::Absent => MessageSet::EMPTY,
            Self::Present(contents) => contents.messages.with(contents.mark.pending()),
        }
    }

    /// The messages in its folders, which the owner sees.
    #[must_use]
    pub fn messages(&self) -> MessageSet {
        match self {
            Self::Absent => MessageSet::EMPTY,
            Self::Present(contents) => contents.messages,
        }
    }

    /// The mark of a present mailbox.
    #[must_use]
    pub fn mark(&self) -> Mark {
        match self {
            Self::Absent => Mark::Settled,
            Self::Present(contents) => contents.mark,
        }
    }

    /// Whether the store lists it.
    #[must_use]
    pub fn is_present(&self) -> bool {
        matches!(self, Self::Present(_))
    }
}

impl Contents {
    /// Nothing in it, nothing remembered, no mark.
    pub const EMPTY: Self = Self { messages: MessageSet::EMPTY, expunged: MessageSet::EMPTY, mark: Mark::Settled };
}

impl Mark {
    /// Messages in the in-transit folder.
    #[must_use]
    pub fn pending(self) -> MessageSet {
        match self {
            Self::Settled => MessageSet::EMPTY,
            Self::InTransit { pending, .. } => pending,
        }
    }
}

impl Program {
    /// Nothing was started yet.
    pub const FRESH: Self = Self { run: 0, executions: 0, phase: Phase::Idle, ended: Ended::Never, owes_retry: false };

    /// Whether an administrator who repeats the run until it is done stops now: it reported `ok`, or it declined and he owes
    /// no retry.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match self.ended {
            Ended::Reported(Outcome::Ok | Outcome::Refused) => !self.owes_retry,
            Ended::Reported(Outcome::Failed | Outcome::Unknown) | Ended::Never | Ended::Died => false,
        }
    }

    /// Whether a procedure is under way.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running { .. })
    }

    /// The version of the recipient that a running program read.
    #[must_use]
    pub fn read_version(&self) -> Option<u8> {
        match self.phase {
            Phase::Idle => None,
            Phase::Running { read, .. } => read,
        }
    }
}
