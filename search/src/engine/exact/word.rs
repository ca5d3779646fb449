//! Machine words that states are packed into.

use std::fmt::Debug;
use std::hash::Hash;

/// A machine word with fields of bits.
pub(in crate::engine) trait Word: Copy + Eq + Ord + Hash + Debug + Send + Sync {
    /// How many bits it has.
    const BITS: u32;
    /// No bit is set.
    const ZERO: Self;
    /// All bits are set; no state has this word.
    const NONE: Self;
    /// The number in a field.
    fn field(self, field: Field) -> u32;
    /// The same word with another number in a field. The number fits.
    fn with(self, field: Field, number: u32) -> Self;
    /// A number that depends on all bits, and every bit of it on many of them.
    fn scrambled(self) -> u64;
}

/// Neighbouring bits of a word; at most 32 of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Field {
    pub(in crate::engine) shift: u32,
    pub(in crate::engine) bits: u32,
}

impl Field {
    /// How many numbers fit; all bits set is none of them.
    pub(in crate::engine) fn capacity(self) -> u64 {
        self.mask()
    }

    fn mask(self) -> u64 {
        (1 << self.bits) - 1
    }
}

/// An odd number whose bits have no pattern: the golden ratio's.
const SCRAMBLE: u64 = 0x9e37_79b9_7f4a_7c15;

fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    low(product) ^ low(product >> 64)
}

fn low(word: u128) -> u64 {
    u64::try_from(word & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}

impl Word for u64 {
    const BITS: u32 = 64;
    const ZERO: Self = 0;
    const NONE: Self = Self::MAX;

    fn field(self, field: Field) -> u32 {
        ((self >> field.shift) & field.mask()) as u32
    }

    fn with(self, field: Field, number: u32) -> Self {
        let mask = field.mask() << field.shift;
        (self & !mask) | (Self::from(number) << field.shift)
    }

    fn scrambled(self) -> u64 {
        folded(folded(self ^ SCRAMBLE, SCRAMBLE), SCRAMBLE.rotate_left(32) | 1)
    }
}

impl Word for u128 {
    const BITS: u32 = 128;
    const ZERO: Self = 0;
    const NONE: Self = Self::MAX;

    fn field(self, field: Field) -> u32 {
        (low(self >> field.shift) & field.mask()) as u32
    }

    fn with(self, field: Field, number: u32) -> Self {
        let mask = Self::from(field.mask()) << field.shift;
        (self & !mask) | (Self::from(number) << field.shift)
    }

    fn scrambled(self) -> u64 {
        folded(low(self) ^ SCRAMBLE, folded(low(self >> 64) ^ SCRAMBLE, SCRAMBLE.rotate_left(32) | 1) | 1)
    }
}
