//! Which states were found: every one of them, whole, so that no two are ever taken for one. What came first stays first,
//! whatever the number of threads.

use hashbrown::HashTable;
use rayon::prelude::*;

use super::word::Word;

/// Into how many tables the words are divided, so that several threads can add some, and no table is large when it grows.
const SHARDS: usize = 32;
/// Fewer words than this are added by one thread.
const FEW: usize = 4096;

/// The words that were found.
pub(super) struct Visited<W> {
    shards: Vec<Shard<W>>,
}

struct Shard<W> {
    words: HashTable<W>,
    /// The words that were added last, with their places among those that were offered.
    added: Vec<(u32, W)>,
    /// Where in `added` those of each offer begin.
    begins: Vec<usize>,
}

/// Words offered by one thread, in the order in which it found them.
pub(super) struct Offer<W> {
    shards: Vec<Vec<(u32, W)>>,
    count: u32,
}

impl<W: Word> Offer<W> {
    pub(super) fn new() -> Self {
        Self { shards: vec![Vec::new(); SHARDS], count: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.shards.iter_mut().for_each(Vec::clear);
        self.count = 0;
    }

    /// Offers a word; its place is the number of those that were offered before.
    pub(super) fn push(&mut self, word: W) {
        self.shards[shard_of(word.scrambled())].push((self.count, word));
        self.count += 1;
    }
}

fn shard_of(hash: u64) -> usize {
    // The tables use the lowest bits and the highest.
    (hash >> 40) as usize % SHARDS
}

impl<W: Word> Visited<W> {
    pub(super) fn new() -> Self {
        let shard = || Shard { words: HashTable::new(), added: Vec::new(), begins: Vec::new() };
        Self { shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// Adds the words of these offers that are new. Of equal words the first of the first offer is the new one.
    pub(super) fn add(&mut self, offers: &[&Offer<W>]) {
        let add = |(place, shard): (usize, &mut Shard<W>)| shard.add(place, offers);
        let count: u64 = offers.iter().map(|offer| u64::from(offer.count)).sum();
        if count < FEW as u64 {
            self.shards.iter_mut().enumerate().for_each(add);
        } else {
            self.shards.par_iter_mut().enumerate().for_each(add);
        }
    }

    /// What was added last of an offer, in its order.
    pub(super) fn added(&self, offer: usize, added: &mut Vec<(u32, W)>) {
        added.clear();
        for shard in &self.shards {
            let end = shard.begins.get(offer + 1).copied().unwrap_or(shard.added.len());
            added.extend_from_slice(&shard.added[shard.begins[offer]..end]);
        }
        added.sort_unstable_by_key(|(place, _)| *place);
    }

    /// How many bytes the tables take more, for a moment or for good, when these offers are added.
    pub(super) fn growth(&self, offers: &[&Offer<W>]) -> usize {
        let grows = |(place, shard): (usize, &Shard<W>)| {
            let offered: usize = offers.iter().map(|offer| offer.shards[place].len()).sum();
            (shard.words.len() + offered > shard.words.capacity()).then(|| 2 * shard.words.allocation_size())
        };
        self.shards.iter().enumerate().filter_map(grows).sum()
    }
}

impl<W: Word> Shard<W> {
    fn add(&mut self, place: usize, offers: &[&Offer<W>]) {
        self.added.clear();
        self.begins.clear();
        for offer in offers {
            self.begins.push(self.added.len());
            for (number, word) in &offer.shards[place] {
                let entry = self.words.entry(word.scrambled(), |other| other == word, |other| other.scrambled());
                if let hashbrown::hash_table::Entry::Vacant(entry) = entry {
                    entry.insert(*word);
                    self.added.push((*number, *word));
                }
            }
        }
    }
}
