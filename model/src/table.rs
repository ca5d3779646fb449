//! A short list with one entry for each server, mailbox or administrator, indexed by its identifier.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use crate::id::{AdministratorId, Id, MailboxId, ServerId};

/// The most entries of a table.
pub const ENTRIES_MAX: usize = 4;

/// One `T` for each `I` of the scenario, and no other entries, so that tables of equal content are equal. Searches copy tables often, so
/// they are plain values of a fixed size.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Table<I, T> {
    entries: [Option<T>; ENTRIES_MAX],
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
    pub fn of(count: usize, mut entry: impl FnMut(I) -> T) -> Self {
        assert!(count <= ENTRIES_MAX, "a table has at most {ENTRIES_MAX} entries");
        let entries = std::array::from_fn(|index| (index < count).then(|| entry(I::at(index))));
        Self { entries, index: PhantomData }
    }

    /// The number of entries.
    #[must_use]
    pub fn count(&self) -> usize {
        self.values().count()
    }

    /// The identifiers of the entries.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.count()).map(I::at)
    }

    /// The entries in the order of the scenario.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().flatten()
    }

    /// The entries in the order of the scenario, mutable.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().flatten()
    }

    /// The identifiers and entries in the order of the scenario.
    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.ids().zip(self.values())
    }
}

impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;

    fn index(&self, id: I) -> &T {
        self.entries[id.index()].as_ref().expect("the scenario has this identifier")
    }
}

impl<I: Id, T> IndexMut<I> for Table<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        self.entries[id.index()].as_mut().expect("the scenario has this identifier")
    }
}

impl<I: Id, T: Hash> Hash for Table<I, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values().for_each(|value| value.hash(state));
    }
}

impl<I: Id, T: fmt::Debug> fmt::Debug for Table<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values()).finish()
    }
}
