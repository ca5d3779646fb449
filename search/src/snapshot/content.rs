//! The content of each store as a line gives it: the names of the messages with their copies and details, or only their number. The
//! comparison of two snapshots needs names; the model needs only groups.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::line::{Listing, Store};

/// The content of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreContent {
    /// It was not observed.
    Unobserved,
    /// Only the number of its messages was observed, and that is not 0.
    Counted(usize),
    /// Its messages by name; none if the store has no mailbox.
    Listed(BTreeMap<String, ListedMessage>),
}

/// The observation of one message in a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedMessage {
    /// The number of its copies.
    pub copies: usize,
    /// Its details.
    pub details: MessageDetails,
}

/// The details of a message in a store, in the form that the observations of an adapter have. A key that is left out was not observed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct MessageDetails {
    /// A digest of the content: equal contents have equal digests on every server.
    #[serde(default)]
    pub digest: Option<String>,
    /// The flags, in any order.
    #[serde(default)]
    pub flags: Option<Vec<String>>,
    /// The folder.
    #[serde(default)]
    pub folder: Option<String>,
}

impl StoreContent {
    /// The content of a store without messages.
    const EMPTY: Self = Self::Listed(BTreeMap::new());

    /// Returns the content of a store that was observed; `None` stands for a store without the mailbox.
    pub(super) fn of(store: Option<&Store>) -> Self {
        let Some(store) = store else { return Self::EMPTY };
        let mut content = match &store.messages {
            None => Self::Unobserved,
            Some(Listing::Count(0)) => Self::EMPTY,
            Some(Listing::Count(count)) => Self::Counted(*count),
            Some(Listing::Names(names)) => {
                let mut listed: BTreeMap<String, ListedMessage> = BTreeMap::new();
                for name in names {
                    listed.entry(name.clone()).or_default().copies += 1;
                }
                Self::Listed(listed)
            }
        };
        for (name, described) in store.details.iter().flat_map(|details| &details.0) {
            if let (Self::Listed(listed), Some(details)) = (&mut content, described.copy(0))
                && let Some(message) = listed.get_mut(name)
            {
                message.details = details.clone();
            }
        }
        content
    }

    /// Returns the messages by name, if they were observed.
    #[must_use]
    pub fn listed(&self) -> Option<&BTreeMap<String, ListedMessage>> {
        match self {
            Self::Listed(listed) => Some(listed),
            Self::Unobserved | Self::Counted(_) => None,
        }
    }

    /// Returns the number of messages, every copy counted, if it was observed.
    #[must_use]
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::Unobserved => None,
            Self::Counted(count) => Some(*count),
            Self::Listed(listed) => Some(listed.values().map(|message| message.copies).sum()),
        }
    }
}

/// The mail that waits in the queue of the transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitingMail {
    /// It was not observed.
    Unobserved,
    /// Only its number was observed, and that is not 0.
    Counted(usize),
    /// Its names.
    Listed(Vec<String>),
}

impl WaitingMail {
    /// Returns the waiting mail of a line.
    pub(super) fn of(waiting: Option<&Listing>) -> Self {
        match waiting {
            None => Self::Unobserved,
            Some(Listing::Count(0)) => Self::Listed(Vec::new()),
            Some(Listing::Count(count)) => Self::Counted(*count),
            Some(Listing::Names(names)) => Self::Listed(names.clone()),
        }
    }

    /// Returns the names; none if they were not observed.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::Listed(names) => names,
            Self::Unobserved | Self::Counted(_) => &[],
        }
    }
}
