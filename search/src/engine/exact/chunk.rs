//! What one thread makes of some neighbouring states of a level.

use super::space::{Judged, Space};
use super::visited::Offer;
use super::word::Word;

/// How many states one thread takes at a time.
pub(super) const CHUNK: usize = 1024;

/// What one thread makes of some neighbouring states.
pub(super) struct Chunk<W> {
    /// The place of the first of them in the level.
    pub(super) first: usize,
    /// For each word that is offered, the state it comes from and the choice.
    pub(super) edges: Vec<(u32, u16)>,
    pub(super) offer: Offer<W>,
    pub(super) judged: Vec<Judged>,
    /// The words that were new.
    pub(super) added: Vec<(u32, W)>,
}

impl<W: Word> Chunk<W> {
    pub(super) fn new() -> Self {
        Self { first: 0, edges: Vec::new(), offer: Offer::new(), judged: Vec::new(), added: Vec::new() }
    }

    pub(super) fn expand<S: Space<Word = W>>(
        &mut self,
        space: &S,
        scratch: &mut S::Scratch,
        words: &[W],
        first: usize,
    ) {
        let Self { first: number, edges, offer, judged, .. } = self;
        *number = first;
        edges.clear();
        offer.clear();
        judged.clear();
        for (word, from) in words.iter().zip(first as u32..) {
            judged.push(space.expand(scratch, *word, &mut |choice, next| {
                edges.push((from, choice));
                offer.push(next);
            }));
        }
    }
}
