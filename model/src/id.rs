//! What the things of a scenario are called inside the model: small numbers, each of a type of its own.
//! Their names (`source`, `mailbox-1`) belong to [`crate::scenario`].

use std::fmt;

/// An index that is not just any number: it counts servers, mailboxes or administrators, in the scenario's order.
pub trait Id: Copy {
    /// The identifier of the thing at this place.
    fn at(index: usize) -> Self;
    /// The place of this thing.
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
    /// A mailbox, known by its distinguished name in the directory and in every store. [Q200587]
    MailboxId;
    /// An administrator; his runs on one mailbox happen one after the other.
    AdministratorId;
    /// A message to one mailbox, numbered in the order of arrival.
    MessageId;
}

/// A set of messages to one mailbox.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageSet(u16);

impl MessageSet {
    /// How many messages a scenario can send to one mailbox.
    pub const MESSAGES_MAX: usize = 8;
    /// How many messages a set can tell apart. That is more than a scenario can send: where any number arrive, those that
    /// are in the same places share one number (see [`crate::counter_abstraction`]).
    pub const CAPACITY: usize = 16;
    /// No message.
    pub const EMPTY: Self = Self(0);

    /// Just this message.
    #[must_use]
    pub fn just(message: MessageId) -> Self {
        assert!(message.index() < Self::CAPACITY, "a message beyond the supply");
        Self(1 << message.0)
    }

    /// The first `count` messages that arrive.
    #[must_use]
    pub fn first(count: usize) -> Self {
        (0..count).fold(Self::EMPTY, |set, index| set.with(Self::just(MessageId::at(index))))
    }

    /// The messages of either set.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The messages of this set that are not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The messages of both sets.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the message is in the set.
    #[must_use]
    pub fn contains(self, message: MessageId) -> bool {
        !self.common(Self::just(message)).is_empty()
    }

    /// Whether every message of this set is in the other.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        self.without(other).is_empty()
    }

    /// Whether no message is in the set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many messages are in the set.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The message that arrived first of those in the set.
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
