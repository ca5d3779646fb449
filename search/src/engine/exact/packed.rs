//! The interface to packed states: every state is a word, and the search works on words.

use std::fmt::Debug;
use std::hash::Hash;

use stranded_model::coverage::Coverage;
use stranded_model::property::InvariantBits;
use stranded_model::state::{Account, Shared, State};

use crate::engine::rules::Rules;

/// States packed into words without loss: each word is one state, and each state one word.
pub(in crate::engine) trait StateSpace: Sized + Sync {
    type Word: Word;
    /// The working memory of one thread.
    type Scratch: Send;

    fn scratch(&self) -> Self::Scratch;

    /// Returns this space with a successor for each choice that changes nothing: the state itself.
    fn with_loops(self) -> Self;

    /// Returns the words of the initial states, in order, without repetition.
    fn initial(&mut self) -> Result<Vec<Self::Word>, TooNarrow>;

    /// Prepares these words for [`Self::expand`], [`Self::judge`] and [`Self::follow`].
    fn prepare(&mut self, words: &[Self::Word]) -> Result<(), TooNarrow>;

    /// Returns the facts of a state and passes each successor to `found` with its choice, in the order of the choices.
    /// A choice that changes nothing has no successor, unless the space is one [with loops](Self::with_loops).
    fn expand(
        &self,
        scratch: &mut Self::Scratch,
        word: Self::Word,
        found: &mut impl FnMut(u16, Self::Word),
    ) -> StateFacts;

    /// Returns the facts of a prepared state.
    fn judge(&self, scratch: &mut Self::Scratch, word: Self::Word) -> StateFacts;

    /// Returns the successor by one choice in a prepared state, if the choice is possible there.
    fn follow(&self, scratch: &mut Self::Scratch, word: Self::Word, choice: u16) -> Option<Self::Word>;

    /// Returns the state of a word.
    fn unpack(&self, scratch: &mut Self::Scratch, word: Self::Word) -> State;

    /// Returns the choice in a state that corresponds to a choice in the word that represents the state.
    fn choice_in_state(&self, state: &State, word: Self::Word, choice: u16) -> u16;

    /// The number of states that this word represents: its permutations of mailboxes, or 1 without symmetry.
    fn orbit_size(&self, word: Self::Word) -> u64;

    /// The coverage that one thread has seen.
    fn coverage(&self, scratch: &Self::Scratch) -> Coverage;

    /// Returns true if a part did not fit into a word.
    fn is_too_narrow(&self) -> bool;
}

/// A computation over packed states, whatever their words are.
pub(in crate::engine) trait OverStates {
    /// Its result.
    type Output;

    /// Computes it over these states.
    fn over<S: StateSpace>(self, space: S) -> Result<Self::Output, TooNarrow>;
}

/// The error that there are more different parts than a field of the word can number.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct TooNarrow;

/// The facts of one state.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct StateFacts {
    /// A bit for each invariant that is violated.
    pub(in crate::engine) violated: InvariantBits,
    /// True if every mailbox is quiescent.
    pub(in crate::engine) quiescent: bool,
}

impl StateFacts {
    /// The facts of one mailbox.
    pub(super) fn of<R: Rules>(rules: &R, account: &Account, shared: &Shared) -> Self {
        let world = rules.world();
        Self { violated: world.violated(account, shared), quiescent: world.is_quiescent(account, shared) }
    }

    /// The facts of two mailboxes together.
    pub(super) fn and(self, other: Self) -> Self {
        Self { violated: self.violated | other.violated, quiescent: self.quiescent && other.quiescent }
    }
}

/// A machine word with bit fields.
pub(in crate::engine) trait Word: Copy + Eq + Ord + Hash + Debug + Send + Sync {
    /// The number of bits.
    const BITS: u32;
    /// The word without set bits.
    const ZERO: Self;
    /// The word with all bits set. No state has it.
    const NONE: Self;
    /// Returns the number in a field.
    fn field(self, field: Field) -> u32;
    /// Returns the word with another number in a field. The number must fit.
    fn with(self, field: Field, number: u32) -> Self;
    /// Returns the sum of two words as numbers, without a carry beyond the last bit.
    fn plus(self, other: Self) -> Self;
    /// Returns the number that added to the other word makes this one.
    fn minus(self, other: Self) -> Self;
    /// Returns a hash in which every bit depends on many bits of the word.
    fn scrambled(self) -> u64;
}

/// Adjacent bits of a word, at most 32.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Field {
    pub(in crate::engine) shift: u32,
    pub(in crate::engine) bits: u32,
}

impl Field {
    /// The count of numbers that fit. All bits set is not a number.
    pub(in crate::engine) fn capacity(self) -> u64 {
        self.mask()
    }

    fn mask(self) -> u64 {
        (1 << self.bits) - 1
    }
}

/// An odd number without a pattern in its bits, from the golden ratio.
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

    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
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

    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }

    fn scrambled(self) -> u64 {
        folded(low(self) ^ SCRAMBLE, folded(low(self >> 64) ^ SCRAMBLE, SCRAMBLE.rotate_left(32) | 1) | 1)
    }
}
