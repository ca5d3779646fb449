//! A world as the search sees it: every state is a word, and words lead to words.

use stranded_model::coverage::Coverage;
use stranded_model::property::Safety;
use stranded_model::state::{Account, Shared, State};

use super::word::Word;
use crate::engine::rules::Rules;

/// States packed into words, without loss: each word is one state and each state one word.
pub(in crate::engine) trait Space: Sync {
    type Word: Word;
    /// What one thread keeps for itself.
    type Scratch: Send;

    fn scratch(&self) -> Self::Scratch;

    /// The words of the states that the world starts in, in their order, without repetition.
    fn initial(&mut self) -> Result<Vec<Self::Word>, TooNarrow>;

    /// Makes ready for these words to be expanded.
    fn prepare(&mut self, words: &[Self::Word]) -> Result<(), TooNarrow>;

    /// Judges a state, and hands out what each choice that is possible in it leads to, in the order of the choices;
    /// a choice that changes nothing leads nowhere.
    fn expand(&self, scratch: &mut Self::Scratch, word: Self::Word, found: &mut impl FnMut(u16, Self::Word)) -> Judged;

    /// Judges a state that was made ready.
    fn judge(&self, scratch: &mut Self::Scratch, word: Self::Word) -> Judged;

    /// What one choice leads to in a state that was made ready, if it is possible there.
    fn follow(&self, scratch: &mut Self::Scratch, word: Self::Word, choice: u16) -> Option<Self::Word>;

    /// The state of a word.
    fn unpack(&self, scratch: &mut Self::Scratch, word: Self::Word) -> State;

    /// The choice that does in a state what another does in the word that stands for it.
    fn in_state(&self, state: &State, word: Self::Word, choice: u16) -> u16;

    /// How many states this word stands for: itself and those that differ only by an exchange of mailboxes.
    fn stands_for(&self, word: Self::Word) -> u64;

    /// What one thread saw happen.
    fn coverage(&self, scratch: &Self::Scratch) -> Coverage;

    /// Whether something did not fit in the words since it was asked last.
    fn is_too_narrow(&self) -> bool;
}

/// There are more different things than a field of the word has numbers for.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct TooNarrow;

/// What is to be said of one state.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct Judged {
    /// A bit for each property of [`Safety::ALL`] that is not true.
    pub(in crate::engine) violated: u8,
    /// Whether every mailbox is at rest.
    pub(in crate::engine) quiescent: bool,
}

impl Judged {
    /// What is to be said of one mailbox.
    pub(super) fn of<R: Rules>(rules: &R, account: &Account, shared: &Shared) -> Self {
        let world = rules.world();
        let violated = Safety::ALL
            .into_iter()
            .filter(|property| !property.holds_for(world, account, shared))
            .fold(0, |violated, property| violated | 1 << property as usize);
        Self { violated, quiescent: world.is_quiescent(account, shared) }
    }

    /// What is to be said of two mailboxes together.
    pub(super) fn and(self, other: Self) -> Self {
        Self { violated: self.violated | other.violated, quiescent: self.quiescent && other.quiescent }
    }
}
