//! Identifiers of servers, mailboxes, administrators and messages: small numbers, one type for each. Their names
//! (`source`, `mailbox-1`) belong to [`crate::scenario`].

use std::fmt;

/// An index of a server, mailbox, administrator or message, in the order of the scenario.
pub trait Id: Copy {
    /// The identifier with this index.
    fn at(index: usize) -> Self;
    /// The index of this identifier.
    fn index(self) -> usize;
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u8);

        impl Id for $name {
            fn at(index: usize) -> Self {
                Self(u8::try_from(index).expect("a scenario counts its things below 256"))
            }

            fn index(self) -> usize {
                usize::from(self.0)
            }
        }
    )*};
}

identifiers! {
    /// A server: one directory replica and one store.
    ServerId;
    /// A mailbox, identified by its distinguished name in the directory and in every store. [Q200587]
    MailboxId;
    /// An administrator. Runs of one administrator on one mailbox happen one after the other.
    AdministratorId;
    /// A message to one mailbox, numbered in the order of arrival.
    MessageId;
}

/// A set of messages to one mailbox.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageSet(u16);

impl MessageSet {
    /// The most messages that a scenario sends to one mailbox.
    pub const MESSAGES_MAX: usize = 8;
    /// The most messages that a set distinguishes. It exceeds the supply of a scenario: for any number of messages, the
    /// messages in the same locations share one number (see [`crate::counter_abstraction`]).
    pub const CAPACITY: usize = 16;
    /// No message.
    pub const EMPTY: Self = Self(0);

    /// The set of this one message.
    #[must_use]
    pub fn just(message: MessageId) -> Self {
        assert!(message.index() < Self::CAPACITY, "a message beyond the supply");
        Self(1 << message.0)
    }

    /// The first `count` messages in order of arrival.
    #[must_use]
    pub fn first(count: usize) -> Self {
        (0..count).fold(Self::EMPTY, |set, index| set.with(Self::just(MessageId::at(index))))
    }

    /// The union of both sets.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The messages of this set that the other set lacks.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The intersection of both sets.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns true if the set contains the message.
    #[must_use]
    pub fn contains(self, message: MessageId) -> bool {
        !self.common(Self::just(message)).is_empty()
    }

    /// Returns true if the other set contains every message of this set.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        self.without(other).is_empty()
    }

    /// Returns true if the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The number of messages in the set.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The message of the set that arrived first.
    #[must_use]
    pub fn earliest(self) -> Option<MessageId> {
        self.iter().next()
    }

    /// The messages in order of arrival.
    pub fn iter(self) -> impl Iterator<Item = MessageId> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let index = rest.trailing_zeros() as usize;
            rest &= rest.checked_sub(1)?;
            Some(MessageId::at(index))
        })
    }
}

impl fmt::Debug for MessageSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|message| message.0)).finish()
    }
}
