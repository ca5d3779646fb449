//! The set of visited states. It stores whole words, so two states are never confused. Of equal words the first one
//! counts, with any number of threads.

use rayon::prelude::*;

use super::packed::Word;

/// The number of tables. Several threads add words at the same time, and no table is large when it grows.
const SHARDS: usize = 32;
/// The count of words from which several threads add them.
const PARALLEL_MIN: usize = 4096;
/// The number of words that are looked up together, so that the processor fetches their slots from memory at the same
/// time.
const BATCH: usize = 16;
/// The number of recent words that an offer remembers.
const RECENT: usize = 8192;
/// The count of words up to which an offer remembers none.
const SMALL: usize = 256;
/// The share of its size by which a table grows at least, as a fraction: little, because free slots cost more than the
/// copying, which reads and writes memory in order.
const GROWTH: (usize, usize) = (3, 20);
/// The smallest size of a table.
const SLOTS_MIN: usize = 16;

/// The visited words.
pub(super) struct Visited<W> {
    shards: Vec<Shard<W>>,
}

struct Shard<W> {
    table: WordTable<W>,
    /// The words that were new in the last call of `add`, each with its index in its offer.
    added: Vec<(u32, W)>,
    /// The start of each offer's words in `added`.
    begins: Vec<usize>,
}

/// A hash table with linear probing. Slots are in the order of the hash, so a table grows from one end to the other and
/// need not double its size.
pub(in crate::engine) struct WordTable<W> {
    slots: Vec<W>,
    count: usize,
}

/// Words found by one thread, in the order in which it found them.
pub(super) struct Offer<W> {
    shards: Vec<Vec<(u32, W)>>,
    count: u32,
    /// Some of the offered words, so that a repeated word is usually looked up once.
    recent: Vec<W>,
}

impl<W: Word> Offer<W> {
    pub(super) fn new() -> Self {
        Self { shards: vec![Vec::new(); SHARDS], count: 0, recent: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        self.shards.iter_mut().for_each(Vec::clear);
        self.count = 0;
        self.recent.fill(W::NONE);
    }

    /// Offers a word. Its index is the number of words offered before.
    pub(super) fn push(&mut self, word: W) {
        let hash = word.scrambled();
        if !self.is_recent(hash, word) {
            self.shards[shard_of(hash)].push((self.count, word));
        }
        self.count += 1;
    }

    /// Returns true if this word was offered recently, and remembers it. A small offer remembers nothing.
    fn is_recent(&mut self, hash: u64, word: W) -> bool {
        if self.count as usize == SMALL {
            self.recent.resize(RECENT, W::NONE);
        }
        let recent = self.recent.get_mut(hash as usize % RECENT);
        recent.is_some_and(|recent| std::mem::replace(recent, word) == word)
    }
}

/// Returns the table of a hash: its highest bits. The bits below choose the slot.
fn shard_of(hash: u64) -> usize {
    (hash >> (u64::BITS - SHARDS.ilog2())) as usize
}

impl<W: Word> Visited<W> {
    pub(super) fn new() -> Self {
        let shard = || Shard { table: WordTable::new(), added: Vec::new(), begins: Vec::new() };
        Self { shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// Adds the words of these offers that are new. Of equal words, the first of the first offer counts as new.
    pub(super) fn add(&mut self, offers: &[&Offer<W>]) {
        let add = |(slot, shard): (usize, &mut Shard<W>)| shard.add(slot, offers);
        let count: u64 = offers.iter().map(|offer| u64::from(offer.count)).sum();
        if count < PARALLEL_MIN as u64 {
            self.shards.iter_mut().enumerate().for_each(add);
        } else {
            self.shards.par_iter_mut().enumerate().for_each(add);
        }
    }

    /// Copies the new words of an offer into `added`, in the order of the offer.
    pub(super) fn added(&self, offer: usize, added: &mut Vec<(u32, W)>) {
        added.clear();
        for shard in &self.shards {
            let end = shard.begins.get(offer + 1).copied().unwrap_or(shard.added.len());
            added.extend_from_slice(&shard.added[shard.begins[offer]..end]);
        }
        added.sort_unstable_by_key(|(slot, _)| *slot);
    }

    /// The additional bytes that the tables need, at least for a moment, when these offers are added.
    pub(super) fn growth(&self, offers: &[&Offer<W>]) -> usize {
        let grows = |(slot, shard): (usize, &Shard<W>)| {
            let offered: usize = offers.iter().map(|offer| offer.shards[slot].len()).sum();
            shard.table.growth(offered)
        };
        self.shards.iter().enumerate().map(grows).sum()
    }
}

impl<W: Word> Shard<W> {
    fn add(&mut self, shard: usize, offers: &[&Offer<W>]) {
        self.added.clear();
        self.begins.clear();
        for offer in offers {
            self.begins.push(self.added.len());
            self.table.add(&offer.shards[shard], |(_, word)| *word, |offered| self.added.push(*offered));
        }
    }
}

impl<W: Word> WordTable<W> {
    pub(in crate::engine) fn new() -> Self {
        Self { slots: vec![W::NONE; SLOTS_MIN], count: 0 }
    }

    /// Adds words, and passes the new ones to `added`, in order.
    pub(in crate::engine) fn add<T>(&mut self, all: &[T], word: impl Fn(&T) -> W, mut added: impl FnMut(&T)) {
        for batch in all.chunks(BATCH) {
            self.make_room(batch.len());
            let mut first_slots = [0; BATCH];
            let mut found = [W::NONE; BATCH];
            for ((one, first_slot), found) in batch.iter().zip(&mut first_slots).zip(&mut found) {
                *first_slot = self.first_slot(word(one));
                *found = self.slots[*first_slot];
            }
            for ((one, first_slot), found) in batch.iter().zip(first_slots).zip(found) {
                if found != word(one) && self.insert(word(one), first_slot) {
                    added(one);
                }
            }
        }
    }

    /// The additional bytes that the table needs when this many words are added.
    pub(in crate::engine) fn growth(&self, more: usize) -> usize {
        self.slots_for(more).map_or(0, |slots| slots * size_of::<W>())
    }

    /// The slot where the lookup of a word starts.
    fn first_slot(&self, word: W) -> usize {
        let below_shard = word.scrambled() << SHARDS.ilog2() >> u32::BITS;
        ((below_shard * self.slots.len() as u64) >> u32::BITS) as usize
    }

    /// Adds a word, probing from this slot on. Returns true if the word is new.
    fn insert(&mut self, word: W, first_slot: usize) -> bool {
        let mut slot = first_slot;
        loop {
            let found = self.slots[slot];
            if found == word {
                return false;
            }
            if found == W::NONE {
                self.slots[slot] = word;
                self.count += 1;
                return true;
            }
            slot = if slot + 1 == self.slots.len() { 0 } else { slot + 1 };
        }
    }

    /// The size that the table must grow to for this many more words, if it must grow.
    fn slots_for(&self, more: usize) -> Option<usize> {
        let wanted = (self.count + more) * 4 / 3 + 1;
        (wanted > self.slots.len()).then(|| wanted.max(self.slots.len() + self.slots.len() * GROWTH.0 / GROWTH.1))
    }

    /// Grows the table so that at least every fourth slot stays free after this many more words.
    fn make_room(&mut self, more: usize) {
        let Some(slots) = self.slots_for(more) else { return };
        let old = std::mem::replace(&mut self.slots, vec![W::NONE; slots]);
        self.count = 0;
        for word in old.into_iter().filter(|word| *word != W::NONE) {
            self.insert(word, self.first_slot(word));
        }
    }
}
