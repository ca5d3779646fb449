//! The forms in which workers send states to each other.
//!
//! With several mailboxes both forms are the word itself. The numbers in a word are given when the model steps a pair of
//! account and shared part, and all workers step the same pairs in the same order. With one mailbox nearly every state
//! would be a new pair, and every worker would do the whole work; so each worker numbers the parts of its own states. A
//! found state is sent as the word of its sender, and the whole state with it until the receiver knows each number in
//! that word.

use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use timely::ExchangeData;

use super::state_bytes;
use super::worker_states::WorkerIndex;
use crate::engine::exact::{OneMailbox, PARTS, SeveralMailboxes, StateSpace, TooNarrow, Word};
use crate::engine::rules::Rules;

/// Packed states that several workers share.
pub(super) trait Distributed: StateSpace<Word: 'static, Scratch: 'static> + 'static {
    /// A state in a form that means the same to all workers.
    type SentState: ExchangeData + Clone + Eq + Hash + Debug;
    /// A found state on the way to its owner. The letters of one worker to another are opened in the order in which they
    /// were written.
    type Letter: ExchangeData + Clone;
    /// The memory of a worker about the numbers in letters.
    type Letters: 'static;

    /// Returns the memory of a worker that has neither written nor opened a letter.
    fn letters(worker: WorkerIndex) -> Self::Letters;

    /// Returns a hash of a state that selects its owner. It is the same for all workers.
    fn hash(&self, scratch: &mut Self::Scratch, letters: &mut Self::Letters, word: Self::Word) -> u64;

    /// Returns the letter to the owner of a state, which is another worker.
    fn letter(
        &self,
        scratch: &mut Self::Scratch,
        letters: &mut Self::Letters,
        to: usize,
        word: Self::Word,
    ) -> Self::Letter;

    /// Returns a number that selects the receiver of a letter.
    fn receiver(letter: &Self::Letter) -> u64;

    /// Returns the word of this worker for the state of a letter.
    fn opened(&self, scratch: &mut Self::Scratch, letters: &mut Self::Letters, letter: &Self::Letter) -> Self::Word;

    /// Converts a word of this worker into the form that means the same to all.
    fn packed(&self, scratch: &mut Self::Scratch, word: Self::Word) -> Self::SentState;

    /// Converts a state in that form into a word of this worker.
    fn received(&self, scratch: &mut Self::Scratch, sent: &Self::SentState) -> Self::Word;

    /// Returns the pairs that all workers must step before these words can be expanded.
    fn unknown_pairs(&self, words: &[Self::Word]) -> Vec<(u32, u32)>;

    /// Steps pairs. All workers step the same ones, in the same order.
    fn learn_pairs(&mut self, pairs: &[(u32, u32)]) -> Result<(), TooNarrow>;
}

impl<R: Rules + Clone + 'static, W: Word + ExchangeData> Distributed for SeveralMailboxes<R, W> {
    type SentState = W;
    type Letter = W;
    type Letters = ();

    fn letters(_: WorkerIndex) {}

    fn hash(&self, (): &mut (), (): &mut (), word: W) -> u64 {
        word.scrambled()
    }

    fn letter(&self, (): &mut (), (): &mut (), _: usize, word: W) -> W {
        word
    }

    fn receiver(word: &W) -> u64 {
        word.scrambled()
    }

    fn opened(&self, (): &mut (), (): &mut (), word: &W) -> W {
        *word
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

/// A found state of a world with one mailbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Letter {
    to: u16,
    from: u16,
    /// The halves of the sender's word, the lower one first. As one number they would take more memory.
    word: [u64; 2],
    /// The state, if the receiver may not know each number in the word.
    state: Option<Box<Box<[u8]>>>,
}

/// The memory of a worker about the numbers in letters about one mailbox.
pub(super) struct Letters {
    from: usize,
    hashes: ByPart<u64>,
    /// The numbers here that stood in letters to each worker.
    sent: Vec<ByPart<()>>,
    /// The numbers here for those in the letters of each worker.
    translated: Vec<ByPart<u32>>,
}

/// A value for some numbers of each kind of part.
struct ByPart<T>([Vec<Option<T>>; PARTS]);

impl<T: Copy + Default> ByPart<T> {
    fn new() -> Self {
        Self(std::array::from_fn(|_| Vec::new()))
    }

    /// Returns the value for each number, if all have one.
    fn values(&self, numbers: [u32; PARTS]) -> Option<[T; PARTS]> {
        let mut values = [T::default(); PARTS];
        for ((value, known), number) in values.iter_mut().zip(&self.0).zip(numbers) {
            *value = known.get(number as usize).copied().flatten()?;
        }
        Some(values)
    }

    /// Sets the value for each number.
    fn set(&mut self, numbers: [u32; PARTS], values: [T; PARTS]) {
        for ((known, number), value) in self.0.iter_mut().zip(numbers).zip(values) {
            let index = number as usize;
            if known.len() <= index {
                known.resize(index + 1, None);
            }
            known[index] = Some(value);
        }
    }
}

impl<R: Rules + 'static> Distributed for OneMailbox<R, u128> {
    type SentState = Box<[u8]>;
    type Letter = Letter;
    type Letters = Letters;

    fn letters(worker: WorkerIndex) -> Letters {
        let peers = 0..worker.peers;
        Letters {
            from: worker.index,
            hashes: ByPart::new(),
            sent: peers.clone().map(|_| ByPart::new()).collect(),
            translated: peers.map(|_| ByPart::new()).collect(),
        }
    }

    /// The owner of a state has all states with the same account, so that it alone asks the model about that account.
    fn hash(&self, scratch: &mut Self::Scratch, letters: &mut Letters, word: u128) -> u64 {
        let numbers = self.part_numbers(word);
        let hashes = letters.hashes.values(numbers).unwrap_or_else(|| {
            let hashes = self.part_hashes(scratch, word);
            letters.hashes.set(numbers, hashes);
            hashes
        });
        FxBuildHasher.hash_one(hashes)
    }

    fn letter(&self, scratch: &mut Self::Scratch, letters: &mut Letters, to: usize, word: u128) -> Letter {
        let numbers = self.part_numbers(word);
        let sent = &mut letters.sent[to];
        let state = sent.values(numbers).is_none().then(|| {
            sent.set(numbers, [(); PARTS]);
            Box::new(self.packed(scratch, word))
        });
        let half = |bits: u128| (bits & u128::from(u64::MAX)) as u64;
        Letter { to: to as u16, from: letters.from as u16, word: [half(word), half(word >> u64::BITS)], state }
    }

    fn receiver(letter: &Letter) -> u64 {
        letter.to.into()
    }

    fn opened(&self, scratch: &mut Self::Scratch, letters: &mut Letters, letter: &Letter) -> u128 {
        let [low, high] = letter.word.map(u128::from);
        let theirs = high << u64::BITS | low;
        let translated = &mut letters.translated[usize::from(letter.from)];
        match &letter.state {
            Some(state) => {
                let word = self.received(scratch, state);
                translated.set(self.part_numbers(theirs), self.part_numbers(word));
                word
            }
            None => {
                let numbers = translated.values(self.part_numbers(theirs));
                self.with_part_numbers(theirs, numbers.expect("an earlier letter had the state of each number"))
            }
        }
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
