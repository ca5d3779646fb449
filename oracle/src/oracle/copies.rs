//! The copies of each message in one mailbox, as observed or as an explanation has them.

use stranded_model::id::{MessageId, MessageSet};
use stranded_model::state::{Contents, Mailbox};

/// The messages of a mailbox, by the number of their copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Copies {
    /// The messages with at least one copy.
    pub once: MessageSet,
    /// The messages with at least two.
    pub twice: MessageSet,
    /// The messages with at least three.
    pub thrice: MessageSet,
}

impl Copies {
    /// Adds one copy of a message.
    pub fn add(&mut self, message: MessageSet) {
        self.thrice = self.thrice.with(self.twice.common(message));
        self.twice = self.twice.with(self.once.common(message));
        self.once = self.once.with(message);
    }

    /// The copies in a mailbox of the model, the in-transit folder included.
    #[must_use]
    pub fn of(mailbox: &Mailbox) -> Self {
        let Contents { messages, began_twice, duplicated, mark, .. } = mailbox.contents();
        let mut copies = Self::default();
        [messages, began_twice, duplicated, mark.pending()].into_iter().for_each(|messages| copies.add(messages));
        copies
    }

    /// Returns true if an observation can have these copies where the model has `allowed`. A message of which the model has
    /// duplicates has that number of copies in it or more.
    #[must_use]
    pub fn is_observation_of(self, allowed: Self, duplicated: MessageSet) -> bool {
        let unexplained = |seen: MessageSet, allowed: MessageSet| !seen.without(allowed).is_within(duplicated);
        self.once == allowed.once
            && allowed.twice.is_within(self.twice)
            && allowed.thrice.is_within(self.thrice)
            && !unexplained(self.twice, allowed.twice)
            && !unexplained(self.thrice, allowed.thrice)
    }

    /// These copies with other numbers for the messages.
    #[must_use]
    pub fn map(self, number: impl Fn(MessageSet) -> MessageSet) -> Self {
        Self { once: number(self.once), twice: number(self.twice), thrice: number(self.thrice) }
    }

    /// The number of copies of a message, at most three.
    #[must_use]
    pub fn count(self, message: MessageId) -> usize {
        [self.once, self.twice, self.thrice].iter().filter(|copies| copies.contains(message)).count()
    }
}
