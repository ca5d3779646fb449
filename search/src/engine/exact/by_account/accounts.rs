//! The numbers of accounts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;

use crate::engine::exact::packed::{TooNarrow, Word};

/// The number of shards. Several threads work on different ones at the same time.
pub(super) const SHARDS: usize = 32;

/// The number of an account: a shard, and an index within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct AccountNumber(u32);

/// The accounts that were met, numbered in the order in which they were met.
pub(super) struct Accounts<W>(Vec<Mutex<Numbered<W>>>);

/// The accounts of one shard.
struct Numbered<W> {
    numbers: HashTable<u32>,
    words: Vec<W>,
}

impl AccountNumber {
    /// The number that no account has.
    pub(super) const NONE: Self = Self(u32::MAX);

    pub(super) fn of(shard: usize, index: u32) -> Self {
        Self(index * SHARDS as u32 + shard as u32)
    }

    pub(super) fn shard(self) -> usize {
        self.0 as usize % SHARDS
    }

    pub(super) fn index(self) -> u32 {
        self.0 / SHARDS as u32
    }
}

impl<W: Word> Accounts<W> {
    pub(super) fn new() -> Self {
        let none = || Numbered { numbers: HashTable::new(), words: Vec::new() };
        Self((0..SHARDS).map(|_| Mutex::new(none())).collect())
    }

    /// Returns the number of the account with this word.
    pub(super) fn number(&self, word: W) -> Result<AccountNumber, TooNarrow> {
        let hash = word.scrambled();
        let shard = hash as usize % SHARDS;
        let Numbered { numbers, words } = &mut *self.shard(shard);
        if let Some(index) = numbers.find(hash, |index| words[*index as usize] == word) {
            return Ok(AccountNumber::of(shard, *index));
        }
        let next = u32::try_from(words.len()).ok().filter(|index| *index < u32::MAX / SHARDS as u32);
        let index = next.ok_or(TooNarrow)?;
        words.push(word);
        numbers.insert_unique(hash, index, |index| words[*index as usize].scrambled());
        Ok(AccountNumber::of(shard, index))
    }

    /// Returns the word of an account.
    pub(super) fn word(&self, number: AccountNumber) -> W {
        self.shard(number.shard()).words[number.index() as usize]
    }

    /// The count of accounts in a shard.
    pub(super) fn count(&self, shard: usize) -> usize {
        self.shard(shard).words.len()
    }

    fn shard(&self, shard: usize) -> MutexGuard<'_, Numbered<W>> {
        self.0[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
