//! The parts of a state that a world with one mailbox is packed from: each part that was met has a number, and a state is the
//! numbers of its parts.

use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use stranded_model::id::MessageSet;
use stranded_model::state::{Account, Mailbox, Program, Recipient, Record, Transport};
use stranded_model::table::{PerAdministrator, PerServer};

/// What the directory says of a mailbox.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Directory {
    recipients: PerServer<Recipient>,
    remembered: Option<Recipient>,
}

/// Mail outside the stores, and what the observer remembers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Ledger {
    queued: MessageSet,
    transport: Transport,
    saved: MessageSet,
    edits_left: u8,
    record: Record,
}

/// An account in its parts. Putting them together again gives the same account.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) directory: Directory,
    pub(super) stores: PerServer<Mailbox>,
    pub(super) programs: PerAdministrator<Program>,
    pub(super) ledger: Ledger,
}

impl From<Account> for Parts {
    fn from(account: Account) -> Self {
        let Account { recipients, remembered, mailboxes, queued, transport, saved, edits_left, programs, record } =
            account;
        Self {
            directory: Directory { recipients, remembered },
            stores: mailboxes,
            programs,
            ledger: Ledger { queued, transport, saved, edits_left, record },
        }
    }
}

impl From<Parts> for Account {
    fn from(parts: Parts) -> Self {
        let Parts { directory, stores, programs, ledger } = parts;
        let Directory { recipients, remembered } = directory;
        let Ledger { queued, transport, saved, edits_left, record } = ledger;
        Self { recipients, remembered, mailboxes: stores, queued, transport, saved, edits_left, programs, record }
    }
}

/// Everything of one kind that any thread has met, numbered as it was met.
pub(super) struct Numbered<T>(Mutex<IndexSet<T, FxBuildHasher>>);

/// What one thread has met of it: it need not ask the others for that again.
pub(super) struct Known<T> {
    numbers: FxHashMap<T, u32>,
    values: Vec<Option<T>>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(Mutex::new(IndexSet::default()))
    }
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { numbers: FxHashMap::default(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Known<T> {
    /// The number of a value.
    pub(super) fn number(&mut self, all: &Numbered<T>, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let (index, _) = all.0.lock().unwrap_or_else(PoisonError::into_inner).insert_full(value.clone());
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        self.keep(number, value.clone());
        number
    }

    /// The value that has a number.
    pub(super) fn value(&mut self, all: &Numbered<T>, number: u32) -> T {
        if let Some(Some(value)) = self.values.get(number as usize) {
            return value.clone();
        }
        let all = all.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = all.get_index(number as usize).expect("a number is given with its value").clone();
        drop(all);
        self.keep(number, value.clone());
        value
    }

    fn keep(&mut self, number: u32, value: T) {
        let place = number as usize;
        if self.values.len() <= place {
            self.values.resize(place + 1, None);
        }
        self.values[place] = Some(value.clone());
        self.numbers.insert(value, number);
    }
}
