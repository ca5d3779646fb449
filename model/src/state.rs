//! States: the directory, the stores, queued mail, the running programs, and a record for the properties. Plain values;
//! the rules that change them are in [`crate::World::step`].
//!
//! The state is grouped by mailbox, because no rule reads two mailboxes at once: an [`Account`] holds everything about
//! one distinguished name, [`Shared`] holds everything that the accounts share, and [`crate::World::change`] receives
//! one of each.

use crate::id::{AdministratorId, MessageId, MessageSet, ServerId};
pub use crate::program_state::{Completion, Ended, Execution, LateRequest, Memory, Phase, Program, ReadVersion};
pub use crate::recipient::{Home, Homes, Recipient, Stamp};
use crate::table::{PerAdministrator, PerMailbox, PerServer};

/// One state of the site.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// The account of each mailbox.
    pub accounts: PerMailbox<Account>,
    /// The part that all mailboxes share.
    pub shared: Shared,
}

/// The part of a state that all mailboxes share. A rule reads and writes this part and one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shared {
    /// The services of each server.
    pub servers: PerServer<Server>,
    /// The number of faults that may still happen, over all kinds.
    pub faults_left: u8,
}

/// The services of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Server {
    /// The information store service.
    pub store: Service,
    /// The directory service, as reached by its partners and by programs.
    pub replica: Service,
}

impl Server {
    /// Both services answer.
    pub const UP: Self = Self { store: Service::Up, replica: Service::Up };
}

/// The condition of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// The service answers.
    Up,
    /// The service does not answer; it keeps its content.
    Down,
}

/// Everything about one mailbox: its recipient in every replica, its mailbox in every store, its queued mail, and the
/// programs that administrators run on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// The recipient in the replica of each server.
    pub recipients: PerServer<Recipient>,
    /// The recipient as a cache or an open session remembers it, without its stamp; only in scenarios with stale views.
    pub remembered: Option<Recipient>,
    /// The mailbox in the store of each server, as the store shows it.
    pub mailboxes: PerServer<Mailbox>,
    /// The mailbox that a store holds and does not show, because the store looks empty.
    pub hidden: PerServer<Option<Mailbox>>,
    /// Accepted messages in the queue of the transport. [Q248839]
    pub queued: MessageSet,
    /// A request whose program gave up, and that can still take effect.
    pub late: Option<LateRequest>,
    /// The transport for this mailbox.
    pub transport: Transport,
    /// Messages exported to a personal folder file outside the stores. [Q162998]
    pub saved: MessageSet,
    /// The number of unrelated edits of the recipient that may still happen.
    pub edits_left: u8,
    /// The number of messages that the owner may still delete.
    pub deletes_left: u8,
    /// The program of each administrator for this mailbox.
    pub programs: PerAdministrator<Program>,
    /// History that the properties need.
    pub record: Record,
}

/// The condition of the transport for a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// The transport delivers mail.
    Open,
    /// The transport keeps mail in the queue, because an administrator holds delivery.
    Held,
}

/// A mailbox in one store. Absent and present-but-empty (a shell) are different states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mailbox {
    /// The store does not contain the mailbox.
    Absent,
    /// The store contains the mailbox and lists it under its mailbox resources.
    Present(Contents),
}

/// The content of a present mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contents {
    /// The messages in its folders.
    pub messages: MessageSet,
    /// The messages of which the folders hold more copies than they may: a second one, or a third one of a message that
    /// began with two.
    pub duplicated: MessageSet,
    /// The messages of which the scenario began with two copies here or more, and that nothing has deleted since.
    pub began_twice: MessageSet,
    /// The messages whose every copy a running program wrote, so that a crash can lose them; only if the scenario has
    /// that fault.
    pub recent: MessageSet,
    /// The messages that this store remembers as deleted; only if a step of the scenario reads them.
    pub expunged: MessageSet,
    /// The in-transit mark.
    pub mark: Mark,
}

/// The in-transit mark of a mailbox. [Q277911]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// No move has marked the mailbox.
    Settled,
    /// A move has marked it.
    InTransit {
        /// The administrator whose program set the mark.
        owner: AdministratorId,
        /// The source of the move. Its store defers deliveries while the mailbox is marked. [Q248839]
        from: ServerId,
        /// The destination of the move.
        to: ServerId,
        /// Messages in the in-transit folder: those that arrived while the mailbox was marked. [Q277911]
        pending: MessageSet,
    },
}

/// History that the properties need. No step reads it; deliveries read it only to count a supply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// Messages that the transport accepted for the mailbox.
    pub accepted: MessageSet,
    /// Accepted messages that were returned to their sender. [Q230748]
    pub returned: MessageSet,
    /// Messages that the owner deleted.
    pub owner_deleted: MessageSet,
    /// Messages that a step deleted while no other copy existed.
    pub destroyed: MessageSet,
    /// True if a run reported `ok` although the move was never complete.
    pub false_success: bool,
    /// True if a directory step moved the recipient from a server to itself. [Q252869 S25]
    pub self_move: bool,
}

impl Account {
    /// The messages in all locations that keep messages: the stores, the queue and the saved file.
    #[must_use]
    pub fn kept(&self) -> MessageSet {
        let hidden = self.hidden.values().flatten();
        let held = self.mailboxes.values().chain(hidden).map(|mailbox| mailbox.held());
        held.fold(self.queued.with(self.saved), MessageSet::with)
    }

    /// The mailbox that a store really holds, also while the store looks empty.
    #[must_use]
    pub fn stored(&self, at: ServerId) -> &Mailbox {
        self.hidden[at].as_ref().unwrap_or(&self.mailboxes[at])
    }

    /// Lost messages: outstanding, and in no location.
    #[must_use]
    pub fn lost(&self) -> MessageSet {
        self.outstanding().without(self.kept())
    }

    /// Outstanding messages: accepted, and neither returned nor deleted by the owner.
    #[must_use]
    pub fn outstanding(&self) -> MessageSet {
        self.record.accepted.without(self.record.returned).without(self.record.owner_deleted)
    }

    /// The messages of which a store holds more copies than it may.
    #[must_use]
    pub fn duplicated(&self) -> MessageSet {
        self.mailboxes.values().map(|mailbox| mailbox.contents().duplicated).fold(MessageSet::EMPTY, MessageSet::with)
    }

    /// The server that every replica names in both home attributes, if there is one.
    #[must_use]
    pub fn agreed_home(&self) -> Option<ServerId> {
        let mut homes = self.recipients.values().map(|recipient| recipient.home());
        let first = homes.next()??;
        homes.all(|home| home == Some(first)).then_some(first)
    }

    /// Returns true if all replicas have the same version of the recipient.
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

    /// The content. That of an absent mailbox is the content of a shell.
    #[must_use]
    pub fn contents(&self) -> Contents {
        match self {
            Self::Absent => Contents::EMPTY,
            Self::Present(contents) => *contents,
        }
    }

    /// All messages of the mailbox, including the in-transit folder.
    #[must_use]
    pub fn held(&self) -> MessageSet {
        let Contents { messages, mark, .. } = self.contents();
        messages.with(mark.pending())
    }

    /// The messages in its folders, which the owner can read.
    #[must_use]
    pub fn messages(&self) -> MessageSet {
        self.contents().messages
    }

    /// The mark; an absent mailbox has none.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.contents().mark
    }

    /// Returns true if the mailbox is present.
    #[must_use]
    pub fn is_present(&self) -> bool {
        matches!(self, Self::Present(_))
    }
}

impl Contents {
    /// An unmarked shell without remembered deletions.
    pub const EMPTY: Self = Self {
        messages: MessageSet::EMPTY,
        duplicated: MessageSet::EMPTY,
        began_twice: MessageSet::EMPTY,
        recent: MessageSet::EMPTY,
        expunged: MessageSet::EMPTY,
        mark: Mark::Settled,
    };

    /// The content after its mark is removed: the messages of the in-transit folder are in the other folders.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.add_copy(self.mark.pending());
        Self { mark: Mark::Settled, ..self }
    }

    /// The number of copies of a message in the folders. The highest number stands for that many or more: no rule counts
    /// copies, and a deletion takes all of them.
    #[must_use]
    pub fn copies(&self, message: MessageId) -> usize {
        [self.messages, self.began_twice, self.duplicated].iter().filter(|copies| copies.contains(message)).count()
    }
}

impl Mark {
    /// The messages in the in-transit folder.
    #[must_use]
    pub fn pending(self) -> MessageSet {
        match self {
            Self::Settled => MessageSet::EMPTY,
            Self::InTransit { pending, .. } => pending,
        }
    }
}
