//! The numbers of parts of an account, for workers that number the same parts each in their own way.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use super::{OneMailbox, Scratch};
use crate::engine::exact::packed::{Field, Word};
use crate::engine::exact::parts::Parts;
use crate::engine::rules::Rules;

/// The number of kinds of parts of an account.
pub(in crate::engine) const PARTS: usize = 4;

impl<R: Rules, W: Word> OneMailbox<R, W> {
    fn fields(&self) -> [Field; PARTS] {
        [self.layout.directory, self.layout.ledger, self.layout.stores, self.layout.programs]
    }

    /// Returns the number of each part of the account. Another space numbers the same parts otherwise.
    pub(in crate::engine) fn part_numbers(&self, word: W) -> [u32; PARTS] {
        self.fields().map(|field| word.field(field))
    }

    /// Returns the word with other part numbers.
    pub(in crate::engine) fn with_part_numbers(&self, word: W, numbers: [u32; PARTS]) -> W {
        self.fields().into_iter().zip(numbers).fold(word, |word, (field, number)| word.with(field, number))
    }

    /// Returns a hash of each part of the account, the same in every space.
    pub(in crate::engine) fn part_hashes(&self, scratch: &mut Scratch<W>, word: W) -> [u64; PARTS] {
        let Parts { directory, ledger, stores, programs } = self.parts(scratch, word);
        let hash = FxBuildHasher;
        [hash.hash_one(directory), hash.hash_one(ledger), hash.hash_one(stores), hash.hash_one(programs)]
    }
}
