//! The form in which workers send states to each other. It means the same to all of them.
//!
//! With several mailboxes it is the word itself. The numbers in a word are given when the model steps a pair of
//! account and shared part, and all workers step the same pairs in the same order. With one mailbox nearly every state
//! would be a new pair, and every worker would do the whole work; so the state itself is sent.

use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};

use rustc_hash::FxBuildHasher;
use timely::ExchangeData;

use super::state_bytes;
use crate::engine::exact::OneMailbox;
use crate::engine::exact::SeveralMailboxes;
use crate::engine::exact::Word;
use crate::engine::exact::{StateSpace, TooNarrow};
use crate::engine::rules::Rules;

/// Packed states that several workers share.
pub(super) trait Distributed: StateSpace<Word: 'static, Scratch: 'static> + 'static {
    /// A state in the form in which it is sent.
    type SentState: ExchangeData + Clone + Eq + Hash + Debug;

    /// Returns a hash that selects the owner of a state.
    fn route(sent: &Self::SentState) -> u64;

    /// Converts a word of this worker into the form in which it is sent.
    fn packed(&self, scratch: &mut Self::Scratch, word: Self::Word) -> Self::SentState;

    /// Converts a received state into a word of this worker.
    fn received(&self, scratch: &mut Self::Scratch, sent: &Self::SentState) -> Self::Word;

    /// Returns the pairs that all workers must step before these words can be expanded.
    fn unknown_pairs(&self, words: &[Self::Word]) -> Vec<(u32, u32)>;

    /// Steps pairs. All workers step the same ones, in the same order.
    fn learn_pairs(&mut self, pairs: &[(u32, u32)]) -> Result<(), TooNarrow>;
}

impl<R: Rules + Clone + 'static, W: Word + ExchangeData> Distributed for SeveralMailboxes<R, W> {
    type SentState = W;

    fn route(word: &W) -> u64 {
        word.scrambled()
    }

    fn packed(&self, (): &mut (), word: W) -> W {
        word
    }

    fn received(&self, (): &mut (), word: &W) -> W {
        *word
    }

    fn unknown_pairs(&self, words: &[W]) -> Vec<(u32, u32)> {
        SeveralMailboxes::unknown_pairs(self, words)
    }

    fn learn_pairs(&mut self, pairs: &[(u32, u32)]) -> Result<(), TooNarrow> {
        pairs.iter().try_for_each(|(shared, account)| SeveralMailboxes::learn_pair(self, *shared, *account))
    }
}

impl<R: Rules + 'static> Distributed for OneMailbox<R, u128> {
    type SentState = Box<[u8]>;

    fn route(state_bytes: &Box<[u8]>) -> u64 {
        FxBuildHasher.hash_one(state_bytes)
    }

    fn packed(&self, scratch: &mut Self::Scratch, word: u128) -> Box<[u8]> {
        state_bytes::written(&self.unpack(scratch, word))
    }

    fn received(&self, scratch: &mut Self::Scratch, state_bytes: &Box<[u8]>) -> u128 {
        self.word(scratch, &state_bytes::read(state_bytes).expect("a worker of the same program wrote it"))
    }

    fn unknown_pairs(&self, _: &[u128]) -> Vec<(u32, u32)> {
        Vec::new()
    }

    fn learn_pairs(&mut self, _: &[(u32, u32)]) -> Result<(), TooNarrow> {
        Ok(())
    }
}
