//! What workers send each other: states in a form that means the same to all of them.
//!
//! With several mailboxes that is the word itself. A word is made of numbers for accounts and for what is shared; they are
//! given when a pair of both is stepped from the model, and all workers step the same pairs in the same order. With one
//! mailbox every state would be such a pair, and every worker would do the whole work: there the state itself is sent.

use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};

use rustc_hash::FxBuildHasher;
use timely::ExchangeData;

use super::content;
use crate::engine::exact::many::Many;
use crate::engine::exact::single::Single;
use crate::engine::exact::space::{Space, TooNarrow};
use crate::engine::exact::word::Word;
use crate::engine::rules::Rules;

/// States as words, for several workers.
pub(super) trait Spread: Space<Word: 'static, Scratch: 'static> + 'static {
    /// A state as it is sent.
    type Parcel: ExchangeData + Clone + Eq + Hash + Debug;

    /// A number that says whose state it is.
    fn route(parcel: &Self::Parcel) -> u64;

    /// A word of this worker, to be sent.
    fn packed(&self, scratch: &mut Self::Scratch, word: Self::Word) -> Self::Parcel;

    /// What was sent, as a word of this worker.
    fn received(&self, scratch: &mut Self::Scratch, parcel: &Self::Parcel) -> Self::Word;

    /// The pairs that all must step before somebody can expand these words.
    fn unknown(&self, words: &[Self::Word]) -> Vec<(u32, u32)>;

    /// Steps pairs. All workers step the same ones, in the same order.
    fn learn(&mut self, pairs: &[(u32, u32)]) -> Result<(), TooNarrow>;
}

impl<R: Rules + Clone + 'static, W: Word + ExchangeData> Spread for Many<R, W> {
    type Parcel = W;

    fn route(word: &W) -> u64 {
        word.scrambled()
    }

    fn packed(&self, (): &mut (), word: W) -> W {
        word
    }

    fn received(&self, (): &mut (), word: &W) -> W {
        *word
    }

    fn unknown(&self, words: &[W]) -> Vec<(u32, u32)> {
        Many::unknown(self, words)
    }

    fn learn(&mut self, pairs: &[(u32, u32)]) -> Result<(), TooNarrow> {
        pairs.iter().try_for_each(|(shared, account)| Many::learn(self, *shared, *account))
    }
}

impl<R: Rules + 'static> Spread for Single<R> {
    type Parcel = Box<[u8]>;

    fn route(content: &Box<[u8]>) -> u64 {
        FxBuildHasher.hash_one(content)
    }

    fn packed(&self, scratch: &mut Self::Scratch, word: u128) -> Box<[u8]> {
        content::written(&self.unpack(scratch, word))
    }

    fn received(&self, scratch: &mut Self::Scratch, content: &Box<[u8]>) -> u128 {
        self.word(scratch, &content::read(content).expect("a worker of the same program wrote it"))
    }

    fn unknown(&self, _: &[u128]) -> Vec<(u32, u32)> {
        Vec::new()
    }

    fn learn(&mut self, _: &[(u32, u32)]) -> Result<(), TooNarrow> {
        Ok(())
    }
}
