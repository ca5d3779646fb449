//! Snapshots: observations of mailboxes as JSON, one object for each mailbox. An error is reported at its position, with the accepted
//! form; a file with an error yields no snapshot.
//!
//! `read` finds the objects in a file, `keys` the misspelt keys, and `line` has the JSON of one object. `observed` translates it to the
//! model, `identity` separates messages with one name, `content` keeps the names and details of the messages, `groups` finds the messages that
//! one message of the model can represent, and `standing` names the condition of the mailbox. Facts that an object leaves out are listed as [`UnobservedFact`]s. Procedures and
//! verdicts belong to [`crate::advice`].

mod content;
mod groups;
mod identity;
mod keys;
mod line;
mod observed;
mod read;
mod standing;

use std::hash::Hash;

use stranded_model::dn::HomeAttribute;
use stranded_model::id::{MessageSet, ServerId};
use stranded_model::state::{Homes, Mailbox};
use stranded_model::table::PerServer;

use crate::scenario::SiteNames;

pub use self::content::{ListedMessage, MessageDetails, StoreContent, WaitingMail};
pub use self::identity::{name_of_text, shared_name};
pub use self::read::{is_snapshot, read};
pub use self::standing::Standing;

/// The observation of one mailbox, in the terms of the model.
///
/// A mailbox can hold any number of messages, with any names; the model distinguishes eight. Messages that are in exactly the same stores,
/// and that the same stores remember as deleted, form a group. No rule of the model depends on the identity of a message: stores and
/// conditions compare sets, and only a copy handles single messages. If every copy completes, all messages of a group have the same fate,
/// and one message could represent them. A copy that stops early splits a group into copied and uncopied messages. Therefore two messages
/// represent a group of two or more, if eight messages suffice for all groups.
///
/// The homes and the mailboxes are those of one possible state: whatever was not observed is as in an undisturbed site. `unobserved` lists
/// the facts that can be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The mailbox.
    pub mailbox: String,
    /// True if it represents several mailboxes, whose messages have other names and numbers.
    pub is_representative: bool,
    /// The names of the servers, and of the organisation and the site if a distinguished name contains them.
    pub names: SiteNames,
    /// The homes of the recipient on each replica; `None` if a replica has no recipient.
    pub homes: PerServer<Option<Homes>>,
    /// The mailbox in each store, with the observed deletions and without a mark.
    pub mailboxes: PerServer<Mailbox>,
    /// The groups of messages.
    pub groups: Vec<Group>,
    /// The content of each store, by name.
    pub contents: PerServer<StoreContent>,
    /// The names of the messages that each store remembers as deleted; none if that was not observed.
    pub deletions: PerServer<Vec<String>>,
    /// The mail that waits in the queue of the transport.
    pub waiting: WaitingMail,
    /// True if messages were observed to wait in the queue of the transport.
    pub is_mail_waiting: bool,
    /// The servers whose store was observed to mark the mailbox as in transit.
    pub in_transit: Vec<ServerId>,
    /// True if the stores have in-transit marks, false if they have none; `None` if that was not observed.
    pub has_marks: Option<bool>,
    /// True if sessions or caches were observed that remember the recipient.
    pub has_sessions: bool,
    /// The facts that were not observed.
    pub unobserved: Vec<UnobservedFact>,
    /// The observations that look wrong and are accepted.
    pub remarks: Vec<String>,
}

/// A fact that an observation left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnobservedFact {
    /// The messages in the store of this server.
    Store(ServerId),
    /// The messages of this store that others hold too: only their number was observed.
    Overlap(ServerId),
    /// The messages that this store remembers as deleted.
    Deletions(ServerId),
    /// The in-transit mark of the mailbox in this store.
    Transit(ServerId),
    /// The home attribute, which no replica showed.
    Attribute(HomeAttribute),
    /// The replica of this server.
    Replica(ServerId),
    /// The order of the versions of replicas that differ.
    Versions,
    /// The mail that waits in the queue of the transport.
    Waiting,
    /// The open sessions and the caches that remember the recipient.
    Sessions,
}

/// Messages that are in exactly the same stores, and that the same stores remember as deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The messages of the model that represent the group.
    pub stands_for: MessageSet,
    /// The number of its messages.
    pub count: usize,
    /// The names of its messages in the snapshot; empty if only their number was observed.
    pub messages: Vec<String>,
    /// The servers whose stores hold its messages.
    pub stores: Vec<ServerId>,
    /// The servers whose stores hold each of its messages more than once.
    pub repeated_in: Vec<ServerId>,
    /// The servers whose stores remember its messages as deleted.
    pub deleted_in: Vec<ServerId>,
}

impl Snapshot {
    /// The largest number of messages that represent those of a snapshot; one more is left for new mail.
    pub const MESSAGES_MAX: usize = MessageSet::MESSAGES_MAX - 1;

    /// Returns the messages that any store holds.
    #[must_use]
    pub fn messages(&self) -> MessageSet {
        self.mailboxes.values().map(|mailbox| mailbox.held()).fold(MessageSet::EMPTY, MessageSet::with)
    }

    /// Returns everything that was observed and that advice depends on, without the names of the mailbox and its messages: the same advice
    /// is right for mailboxes with equal observations. Of the numbers of messages, advice depends on which store holds more.
    #[must_use]
    pub fn observations(&self) -> impl Eq + Hash + use<'_> {
        let group = |group: &'_ Group| {
            (group.stands_for, group.stores.clone(), group.deleted_in.clone(), group.messages.is_empty())
        };
        let held: Vec<usize> = self.mailboxes.ids().map(|server| self.held_by(server)).collect();
        let rank = |count: &usize| held.iter().filter(|other| *other < count).count();
        let ranks: Vec<usize> = held.iter().map(rank).collect();
        let outside = (self.is_mail_waiting, self.has_sessions, &self.in_transit, self.has_marks, &self.unobserved);
        let groups: Vec<_> = self.groups.iter().map(group).collect();
        ((&self.names, &self.homes, &self.mailboxes), (groups, ranks), outside)
    }

    /// Returns this snapshot as one that represents all mailboxes with equal observations, under another name.
    #[must_use]
    pub fn as_representative(&self, name: &str) -> Self {
        Self { mailbox: name.to_owned(), is_representative: true, ..self.clone() }
    }

    /// Returns this snapshot of a system in which no mailbox can be marked as in transit, unless it shows a mark.
    #[must_use]
    pub fn without_marks(mut self) -> Self {
        if self.has_marks != Some(true) {
            self.has_marks = Some(false);
            self.unobserved.retain(|fact| !matches!(fact, UnobservedFact::Transit(_)));
        }
        self
    }

    /// Returns true if some store marks the mailbox as in transit.
    #[must_use]
    pub fn has_open_move(&self) -> bool {
        !self.in_transit.is_empty()
    }

    /// Returns the servers that hold messages.
    #[must_use]
    pub fn data_on(&self) -> Vec<ServerId> {
        self.mailboxes.iter().filter(|(_, mailbox)| !mailbox.held().is_empty()).map(|(server, _)| server).collect()
    }

    /// Returns the servers that replicas name in either home attribute, each once.
    #[must_use]
    pub fn named_homes(&self) -> Vec<ServerId> {
        let homes = || self.homes.values().flatten();
        let named =
            homes().filter_map(|homes| homes.mdb.server()).chain(homes().filter_map(|homes| homes.mta.server()));
        let mut servers = Vec::new();
        for server in named {
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        servers
    }

    /// Returns the number of messages of the snapshot that these messages of the model represent.
    #[must_use]
    pub fn count(&self, messages: MessageSet) -> usize {
        let touched = self.groups.iter().filter(|group| !group.stands_for.common(messages).is_empty());
        touched.map(|group| group.count).sum()
    }
}

/// An error in the content of a line: one of its strings, by its text and its number among equal strings, from 0.
#[derive(Debug)]
struct ContentError {
    string: String,
    occurrence: usize,
    message: String,
    label: String,
}

impl ContentError {
    fn at(string: &str, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { string: string.to_owned(), occurrence: 0, message: message.into(), label: label.into() }
    }
}
