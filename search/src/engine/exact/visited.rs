//! Which states were found: every one of them, whole, so that no two are ever taken for one. What came first stays first,
//! whatever the number of threads.

use rayon::prelude::*;

use super::word::Word;

/// Into how many tables the words are divided, so that several threads can add some, and no table is large when it grows.
const SHARDS: usize = 32;
/// Fewer words than this are added by one thread.
const FEW: usize = 4096;
/// How many words are looked for at the same time: memory answers many questions in the time of one, if it is asked them
/// together.
const TOGETHER: usize = 16;
/// How many words an offer remembers.
const RECENT: usize = 8192;
/// Fewer words than this are all looked up.
const SMALL: usize = 256;
/// The fewest places of a table.
const PLACES_MIN: usize = 16;

/// The words that were found.
pub(super) struct Visited<W> {
    shards: Vec<Shard<W>>,
}

struct Shard<W> {
    table: Table<W>,
    /// The words that were added last, with their places among those that were offered.
    added: Vec<(u32, W)>,
    /// Where in `added` those of each offer begin.
    begins: Vec<usize>,
}

/// Words at the places that their scrambled bits name, or at the next that is free. The places are in the order of those
/// bits, so that a table grows from one end to the other, and need not grow to twice its size.
pub(in crate::engine) struct Table<W> {
    places: Vec<W>,
    count: usize,
}

/// Words offered by one thread, in the order in which it found them.
pub(super) struct Offer<W> {
    shards: Vec<Vec<(u32, W)>>,
    count: u32,
    /// Some of the words that were offered: what is offered again is looked up once.
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

    /// Offers a word; its place is the number of those that were offered before.
    pub(super) fn push(&mut self, word: W) {
        let hash = word.scrambled();
        if !self.is_recent(hash, word) {
            self.shards[shard_of(hash)].push((self.count, word));
        }
        self.count += 1;
    }

    /// Whether this word was offered not long ago; from now on it was. A small offer remembers nothing.
    fn is_recent(&mut self, hash: u64, word: W) -> bool {
        if self.count as usize == SMALL {
            self.recent.resize(RECENT, W::NONE);
        }
        let recent = self.recent.get_mut(hash as usize % RECENT);
        recent.is_some_and(|recent| std::mem::replace(recent, word) == word)
    }
}

/// The highest bits choose the table, those after them the place in it.
fn shard_of(hash: u64) -> usize {
    (hash >> (u64::BITS - SHARDS.ilog2())) as usize
}

impl<W: Word> Visited<W> {
    pub(super) fn new() -> Self {
        let shard = || Shard { table: Table::new(), added: Vec::new(), begins: Vec::new() };
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

impl<W: Word> Table<W> {
    pub(in crate::engine) fn new() -> Self {
        Self { places: vec![W::NONE; PLACES_MIN], count: 0 }
    }

    /// Adds words, and hands out what was new, in order.
    pub(in crate::engine) fn add<T>(&mut self, all: &[T], word: impl Fn(&T) -> W, mut added: impl FnMut(&T)) {
        for together in all.chunks(TOGETHER) {
            self.make_room(together.len());
            let mut starts = [0; TOGETHER];
            let mut found = [W::NONE; TOGETHER];
            for ((one, start), found) in together.iter().zip(&mut starts).zip(&mut found) {
                *start = self.start(word(one));
                *found = self.places[*start];
            }
            for ((one, start), found) in together.iter().zip(starts).zip(found) {
                if found != word(one) && self.insert(word(one), start) {
                    added(one);
                }
            }
        }
    }

    /// How many bytes the table takes more when so many words are added.
    pub(in crate::engine) fn growth(&self, more: usize) -> usize {
        self.places_for(more).map_or(0, |places| places * size_of::<W>())
    }

    /// Where a word is looked for first.
    fn start(&self, word: W) -> usize {
        let below_shard = word.scrambled() << SHARDS.ilog2() >> u32::BITS;
        ((below_shard * self.places.len() as u64) >> u32::BITS) as usize
    }

    /// Adds a word, looking from this place on; whether it was new.
    fn insert(&mut self, word: W, start: usize) -> bool {
        let mut place = start;
        loop {
            let found = self.places[place];
            if found == word {
                return false;
            }
            if found == W::NONE {
                self.places[place] = word;
                self.count += 1;
                return true;
            }
            place = if place + 1 == self.places.len() { 0 } else { place + 1 };
        }
    }

    /// How many places a table has that has room for more words, if this one has not.
    fn places_for(&self, more: usize) -> Option<usize> {
        let wanted = (self.count + more) * 4 / 3 + 1;
        (wanted > self.places.len()).then(|| wanted.max(self.places.len() / 10 * 13))
    }

    /// Makes at least every fourth place free when so many more words are added.
    fn make_room(&mut self, more: usize) {
        let Some(places) = self.places_for(more) else { return };
        let old = std::mem::replace(&mut self.places, vec![W::NONE; places]);
        self.count = 0;
        for word in old.into_iter().filter(|word| *word != W::NONE) {
            self.insert(word, self.start(word));
        }
    }
}
