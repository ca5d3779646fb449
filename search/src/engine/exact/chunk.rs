//! The expansion of consecutive states of a level by one thread.

use super::packed::{StateFacts, StateSpace, Word};
use super::visited::Offer;

/// The result of expanding consecutive states of a level on one thread.
pub(super) struct Chunk<W> {
    /// The number of the first state.
    pub(super) first: usize,
    /// For each offered word, the state that it comes from and the choice.
    pub(super) edges: Vec<(u32, u16)>,
    pub(super) offer: Offer<W>,
    pub(super) facts: Vec<StateFacts>,
    /// The words that were new, each with its index in `edges`.
    pub(super) added: Vec<(u32, W)>,
}

impl<W: Word> Chunk<W> {
    pub(super) fn new() -> Self {
        Self { first: 0, edges: Vec::new(), offer: Offer::new(), facts: Vec::new(), added: Vec::new() }
    }

    pub(super) fn expand<S: StateSpace<Word = W>>(
        &mut self,
        space: &S,
        scratch: &mut S::Scratch,
        words: &[W],
        first: usize,
    ) {
        let Self { first: own_first, edges, offer, facts, .. } = self;
        *own_first = first;
        edges.clear();
        offer.clear();
        facts.clear();
        for (word, from) in words.iter().zip(first as u32..) {
            facts.push(space.expand(scratch, *word, &mut |choice, next| {
                edges.push((from, choice));
                offer.push(next);
            }));
        }
    }
}
