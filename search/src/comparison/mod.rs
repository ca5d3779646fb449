//! The comparison of two snapshots, before and after a move: for each mailbox, the messages that were lost, duplicated, changed or stranded,
//! by name, and those of which too little was observed.
//!
//! A message that was in a store is lost if after the move no store holds it and it does not wait in the queue. No server puts a message
//! that it stored back into the queue, so an unobserved queue hides only mail that was in the queue before. A store that was not observed
//! can hold anything: then the answer is `unknown`. A store of which only the number of messages is known gives only numbers. Reports are
//! not known here.

mod one;
mod texts;

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::snapshot::{Snapshot, Standing};

/// The comparison of one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxComparison {
    /// The mailbox.
    pub mailbox: String,
    /// The snapshots that have the mailbox.
    pub observed: Observed,
    /// The condition of the mailbox afterwards, if it was observed then.
    pub standing: Option<Standing>,
    /// The messages that were lost.
    pub lost: Vec<Lost>,
    /// The number of further messages that were lost, at least; their names were not observed.
    pub lost_unnamed: usize,
    /// The messages of which a store holds more copies than before and than 1.
    pub duplicated: Vec<Duplicated>,
    /// The messages with another digest.
    pub changed: Vec<Changed>,
    /// The messages that the home lacks and another store holds.
    pub stranded: Vec<Elsewhere>,
    /// The messages of which too little was observed.
    pub unknown: Vec<Unknown>,
    /// The messages with other flags or in another folder, by name. Owners change both.
    pub rearranged: Vec<String>,
    /// The number of messages that were observed only afterwards.
    pub arrived: usize,
    /// The stores of which one snapshot has only a number, and the numbers.
    pub counts: Vec<Counts>,
    /// True if no store was observed before.
    pub is_blind_before: bool,
    /// The keys of the stores that were not observed before.
    pub unobserved_before: Vec<String>,
    /// The keys of the stores that were not observed after.
    pub unobserved_after: Vec<String>,
}

/// The snapshots in which a mailbox was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Both of them.
    BeforeAndAfter,
    /// Only the one before.
    OnlyBefore,
    /// Only the one after.
    OnlyAfter,
}

/// A lost message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its name.
    pub message: String,
    /// The servers that held it before; none if it waited in the queue.
    pub was_on: Vec<String>,
    /// The servers whose stores remember that they deleted it.
    pub deleted_on: Vec<String>,
}

/// A message with further copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicated {
    /// Its name.
    pub message: String,
    /// The server.
    pub server: String,
    /// The number of copies before.
    pub before: usize,
    /// The number of copies after.
    pub after: usize,
}

/// A message with another digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its name.
    pub message: String,
    /// The server that holds it now.
    pub server: String,
    /// The digests before.
    pub before: Vec<String>,
    /// The digest after.
    pub after: String,
}

/// A message that the home lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its name.
    pub message: String,
    /// The servers that hold it.
    pub servers: Vec<String>,
}

/// A message of which too little was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Its name.
    pub message: String,
    /// The thing that is unknown of it.
    pub question: Question,
}

/// A question that the observations leave open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// The message can be lost: these keys would show where it is.
    IsLost(Vec<String>),
    /// A store held more copies before, and other texts can have had this name: these keys would show the digest of each.
    IsLostText(Vec<String>),
    /// The message can be duplicated: this store holds several copies, and was not observed before.
    IsDuplicated(String),
}

/// The numbers of messages in a store; `None` if it was not observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The server.
    pub server: String,
    /// The number before.
    pub before: Option<usize>,
    /// The number after.
    pub after: Option<usize>,
}

/// A kind of result, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComparisonResult {
    /// Messages were lost.
    Lost,
    /// The mailbox is stranded.
    Stranded,
    /// No replica has a recipient.
    NoRecipient,
    /// The home attributes name no one server.
    NoHome,
    /// Messages have another digest.
    Changed,
    /// A store holds further copies.
    Duplicated,
    /// The mailbox was not observed after.
    NotObservedAfter,
    /// The mailbox was not observed before.
    NotObservedBefore,
    /// Too little was observed.
    Unknown,
}

impl ComparisonResult {
    /// Every kind, the worst first.
    pub const ALL: [Self; 9] = [
        Self::Lost,
        Self::Stranded,
        Self::NoRecipient,
        Self::NoHome,
        Self::Changed,
        Self::Duplicated,
        Self::NotObservedAfter,
        Self::NotObservedBefore,
        Self::Unknown,
    ];

    /// Returns the name that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Stranded => Standing::Stranded.name(),
            Self::NoRecipient => Standing::NoRecipient.name(),
            Self::NoHome => Standing::NoHome.name(),
            Self::Changed => "changed",
            Self::Duplicated => "duplicated",
            Self::NotObservedAfter => "not-observed-after",
            Self::NotObservedBefore => "not-observed-before",
            Self::Unknown => Standing::Unknown.name(),
        }
    }

    /// Returns true if the observations show something wrong; false if they only leave something open.
    #[must_use]
    pub fn is_wrong(self) -> bool {
        match self {
            Self::Lost | Self::Stranded | Self::NoRecipient | Self::NoHome | Self::Changed | Self::Duplicated => true,
            Self::NotObservedAfter | Self::NotObservedBefore | Self::Unknown => false,
        }
    }
}

impl MailboxComparison {
    /// Returns the results, the worst first; none if nothing is wrong and nothing is unknown.
    #[must_use]
    pub fn results(&self) -> Vec<ComparisonResult> {
        ComparisonResult::ALL.into_iter().filter(|result| self.has(*result)).collect()
    }

    fn has(&self, result: ComparisonResult) -> bool {
        match result {
            ComparisonResult::Lost => !self.lost.is_empty() || self.lost_unnamed > 0,
            ComparisonResult::Stranded => self.standing == Some(Standing::Stranded),
            ComparisonResult::NoRecipient => self.standing == Some(Standing::NoRecipient),
            ComparisonResult::NoHome => self.standing == Some(Standing::NoHome),
            ComparisonResult::Changed => !self.changed.is_empty(),
            ComparisonResult::Duplicated => !self.duplicated.is_empty(),
            ComparisonResult::NotObservedAfter => self.observed == Observed::OnlyBefore,
            ComparisonResult::NotObservedBefore => self.observed == Observed::OnlyAfter,
            ComparisonResult::Unknown => {
                self.standing == Some(Standing::Unknown)
                    || self.is_blind_before
                    || !self.unknown.is_empty()
                    || !self.counts.is_empty()
            }
        }
    }
}

/// Compares the mailboxes of two snapshots, in the order of the one before; the mailboxes that only the other one has come last.
#[must_use]
pub fn compare(before: &[Snapshot], after: &[Snapshot]) -> Vec<MailboxComparison> {
    let by_name = |snapshots: &'_ [Snapshot]| {
        let named = snapshots.iter().enumerate().map(|(index, one)| (one.mailbox.clone(), index));
        named.collect::<HashMap<String, usize, FxBuildHasher>>()
    };
    let (earlier, later) = (by_name(before), by_name(after));
    let first = before.iter().map(|one| {
        later.get(&one.mailbox).map_or_else(|| one::only_before(one), |index| one::compared(one, &after[*index]))
    });
    let last = after.iter().filter(|one| !earlier.contains_key(&one.mailbox)).map(one::only_after);
    first.chain(last).collect()
}
