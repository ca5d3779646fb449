//! Sets of shared parts, as bits: the states that have the same account.

use rustc_hash::FxHashMap;
use stranded_model::SharedFacts;

use crate::engine::exact::shared_numbers::SharedNumbers;

/// A set of shared parts, with a bit for each number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SharedSet<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> SharedSet<WORDS> {
    /// The count of numbers that a set can have.
    pub(super) const CAPACITY: u32 = WORDS as u32 * u64::BITS;
    /// No shared part.
    pub(super) const EMPTY: Self = Self([0; WORDS]);

    /// The set of this one number.
    pub(super) fn just(number: u32) -> Self {
        let mut set = Self::EMPTY;
        set.0[(number / u64::BITS) as usize] = 1 << (number % u64::BITS);
        set
    }

    /// The numbers of either set.
    pub(super) fn with(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// The numbers of this set that the other set lacks.
    pub(super) fn without(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & !other.0[at]))
    }

    /// The numbers of both sets.
    pub(super) fn common(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// The count of numbers in the set.
    pub(super) fn len(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// The lowest number of the set.
    pub(super) fn lowest(self) -> Option<u32> {
        let at = self.0.iter().position(|word| *word != 0)?;
        Some(at as u32 * u64::BITS + self.0[at].trailing_zeros())
    }

    /// The numbers that are higher by this much than those of the set, or lower if it is negative.
    pub(super) fn moved(self, by: i16) -> Self {
        let (words, bits) = (usize::from(by.unsigned_abs()) / 64, u32::from(by.unsigned_abs()) % 64);
        // The bits that come from the next word, of which there are none if nothing moves within words.
        let carried = |word: u64, up: bool| match (bits, up) {
            (0, _) => 0,
            (_, true) => word >> (u64::BITS - bits),
            (_, false) => word << (u64::BITS - bits),
        };
        let word = |at: Option<usize>| at.and_then(|at| self.0.get(at)).copied().unwrap_or(0);
        Self(std::array::from_fn(|at| {
            if by >= 0 {
                let from = at.checked_sub(words);
                word(from) << bits | carried(word(from.and_then(|from| from.checked_sub(1))), true)
            } else {
                let from = at + words;
                word(Some(from)) >> bits | carried(word(Some(from + 1)), false)
            }
        }))
    }
}

impl<const WORDS: usize> Default for SharedSet<WORDS> {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// For facts about the shared part, the shared parts of which the same of these facts are true.
pub(super) struct Agreeing<const WORDS: usize>(FxHashMap<(SharedFacts, SharedFacts), SharedSet<WORDS>>);

impl<const WORDS: usize> Agreeing<WORDS> {
    pub(super) fn new() -> Self {
        Self(FxHashMap::default())
    }

    /// The shared parts of which, of the facts `read`, exactly `are_true` are true.
    pub(super) fn of(&mut self, all: &SharedNumbers, read: SharedFacts, are_true: SharedFacts) -> SharedSet<WORDS> {
        *self.0.entry((read, are_true)).or_insert_with(|| {
            let agrees = |number: &u32| all.facts(*number).common(read) == are_true;
            (0..all.count()).filter(agrees).fold(SharedSet::EMPTY, |set, number| set.with(SharedSet::just(number)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::SharedSet;

    fn set(numbers: &[u32]) -> SharedSet<4> {
        numbers.iter().fold(SharedSet::EMPTY, |set, number| set.with(SharedSet::just(*number)))
    }

    #[test]
    fn a_set_moves_by_any_distance() {
        for by in -255..=255_i16 {
            let numbers: [u32; 8] = [0, 1, 63, 64, 100, 191, 192, 255];
            let moved = numbers.into_iter().filter_map(|number| number.checked_add_signed(by.into()));
            let moved: Vec<u32> = moved.filter(|number| *number < SharedSet::<4>::CAPACITY).collect();
            assert_eq!(set(&numbers).moved(by), set(&moved), "{by}");
        }
        assert_eq!(SharedSet::<1>::just(5).moved(58), SharedSet::just(63));
        assert_eq!(SharedSet::<1>::just(63).moved(-63), SharedSet::just(0));
    }

    #[test]
    fn a_set_has_its_numbers() {
        let some = set(&[3, 64, 200]);
        assert_eq!((some.len(), some.lowest()), (3, Some(3)));
        assert_eq!(some.without(SharedSet::just(3)).lowest(), Some(64));
        assert_eq!(some.common(set(&[1, 200])), SharedSet::just(200));
        assert!(SharedSet::<4>::EMPTY.lowest().is_none());
    }
}
