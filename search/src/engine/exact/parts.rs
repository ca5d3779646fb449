//! The parts of an account that are numbered, and their numbers.

use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use stranded_model::id::MessageSet;
use stranded_model::state::{Account, LateRequest, Mailbox, Program, Recipient, Record, Transport};
use stranded_model::table::{PerAdministrator, PerServer};

/// The directory's part of an account.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Directory {
    recipients: PerServer<Recipient>,
    remembered: Option<Recipient>,
}

/// The mail outside the stores, and the record of what happened.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Ledger {
    hidden: PerServer<Option<Mailbox>>,
    queued: MessageSet,
    late: Option<LateRequest>,
    transport: Transport,
    saved: MessageSet,
    edits_left: u8,
    deletes_left: u8,
    record: Record,
}

/// An account, divided into the parts that are numbered. The conversion loses nothing.
pub(super) struct Parts {
    pub(super) directory: Directory,
    pub(super) stores: PerServer<Mailbox>,
    pub(super) programs: PerAdministrator<Program>,
    pub(super) ledger: Ledger,
}

/// The parts in which two accounts are equal.
pub(super) struct SameParts {
    pub(super) directory: bool,
    pub(super) stores: bool,
    pub(super) programs: bool,
    pub(super) ledger: bool,
}

impl SameParts {
    /// No part.
    pub(super) const NONE: Self = Self { directory: false, stores: false, programs: false, ledger: false };

    pub(super) fn of(old: &Account, new: &Account) -> Self {
        let Account {
            recipients,
            remembered,
            mailboxes,
            hidden,
            queued,
            late,
            transport,
            saved,
            edits_left,
            deletes_left,
            programs,
            record,
        } = new;
        Self {
            directory: old.recipients == *recipients && old.remembered == *remembered,
            stores: old.mailboxes == *mailboxes,
            programs: old.programs == *programs,
            ledger: old.hidden == *hidden
                && old.queued == *queued
                && old.late == *late
                && old.transport == *transport
                && old.saved == *saved
                && (old.edits_left, old.deletes_left) == (*edits_left, *deletes_left)
                && old.record == *record,
        }
    }
}

impl Directory {
    pub(super) fn of(account: &Account) -> Self {
        Self { recipients: account.recipients, remembered: account.remembered }
    }
}

impl Ledger {
    pub(super) fn of(account: &Account) -> Self {
        Self {
            hidden: account.hidden,
            queued: account.queued,
            late: account.late,
            transport: account.transport,
            saved: account.saved,
            edits_left: account.edits_left,
            deletes_left: account.deletes_left,
            record: account.record,
        }
    }
}

impl From<Parts> for Account {
    fn from(parts: Parts) -> Self {
        let Parts { directory, stores, programs, ledger } = parts;
        let Directory { recipients, remembered } = directory;
        let Ledger { hidden, queued, late, transport, saved, edits_left, deletes_left, record } = ledger;
        Self {
            recipients,
            remembered,
            mailboxes: stores,
            hidden,
            queued,
            late,
            transport,
            saved,
            edits_left,
            deletes_left,
            programs,
            record,
        }
    }
}

/// All parts of one kind that any thread has met, numbered in the order in which they were met.
pub(super) struct PartNumbers<T>(Mutex<IndexSet<T, FxBuildHasher>>);

/// The part numbers that one thread has seen. They spare it the lock of [`PartNumbers`].
pub(super) struct NumberCache<T> {
    numbers: FxHashMap<T, u32>,
    values: Vec<Option<T>>,
}

impl<T> Default for PartNumbers<T> {
    fn default() -> Self {
        Self(Mutex::new(IndexSet::default()))
    }
}

impl<T> Default for NumberCache<T> {
    fn default() -> Self {
        Self { numbers: FxHashMap::default(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> NumberCache<T> {
    /// Returns the number of a part.
    pub(super) fn number(&mut self, all: &PartNumbers<T>, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let (index, _) = all.0.lock().unwrap_or_else(PoisonError::into_inner).insert_full(value.clone());
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        self.keep(number, value.clone());
        number
    }

    /// Returns the part with this number.
    pub(super) fn value(&mut self, all: &PartNumbers<T>, number: u32) -> T {
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
        let index = number as usize;
        if self.values.len() <= index {
            self.values.resize(index + 1, None);
        }
        self.values[index] = Some(value.clone());
        self.numbers.insert(value, number);
    }
}
