//! A short list with one entry for each server, mailbox or administrator, indexed by its identifier.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use arrayvec::ArrayVec;

use crate::id::{AdministratorId, Id, MailboxId, ServerId};

/// The most entries of a table.
pub const ENTRIES_MAX: usize = 4;

/// One `T` for each `I` of the scenario, and no other entries, so that tables of equal content are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table<I, T> {
    entries: ArrayVec<T, ENTRIES_MAX>,
    index: PhantomData<I>,
}

/// One entry for each server of the site.
pub type PerServer<T> = Table<ServerId, T>;
/// One entry for each mailbox of the scenario.
pub type PerMailbox<T> = Table<MailboxId, T>;
/// One entry for each administrator of the scenario.
pub type PerAdministrator<T> = Table<AdministratorId, T>;

impl<I: Id, T> Table<I, T> {
    /// A table with `count` entries, each made from its identifier.
    pub fn of(count: usize, entry: impl FnMut(I) -> T) -> Self {
        Self { entries: (0..count).map(I::at).map(entry).collect(), index: PhantomData }
    }

    /// The number of entries.
    #[must_use]
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// The identifiers of the entries.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.entries.len()).map(I::at)
    }

    /// The entries in the order of the scenario.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter()
    }

    /// The entries in the order of the scenario, mutable.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut()
    }

    /// The identifiers and entries in the order of the scenario.
    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.ids().zip(self.values())
    }
}

impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;

    fn index(&self, id: I) -> &T {
        &self.entries[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for Table<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.entries[id.index()]
    }
}
