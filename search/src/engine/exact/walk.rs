//! Random walks, for worlds too large to be searched: they often find what is broken, and prove nothing.
//!
//! Many walks take a step at the same time. What a step chooses is drawn from the generator ChaCha with 8 rounds, seeded with
//! the seed: the walk's number is the stream, the step's the block. So a walk stays the same whatever the number of walks, the
//! number of threads, and the version of the program.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use stranded_model::property::Safety;

use super::searching::Searching;
use super::space::{Judged, Space, TooNarrow};
use super::visited::Offer;
use crate::engine::limits::{Truncation, Walks};
use crate::engine::rules::Rules;
use crate::engine::{Path, Search};

/// How many walks go on at the same time.
const TOGETHER: usize = 4096;
/// How many steps a walk has at most, unless a limit of the depth says otherwise.
const STEPS_MAX: usize = 1000;
/// How many words of 32 bits a block of the generator has.
const BLOCK: u128 = 16;

/// A walk under way.
struct Walk<W> {
    number: u64,
    initial: usize,
    taken: Vec<u16>,
    at: W,
    judged: Judged,
    is_over: bool,
}

/// For each property, the shortest of the walks that break it, of several the one with the lowest number.
type Broken<W> = [Option<(W, Vec<u16>)>; Safety::ALL.len()];

impl<R: Rules, S: Space> Searching<'_, R, S> {
    /// Takes random walks instead of every way.
    pub(super) fn walk(mut self, walks: Walks) -> Result<Search<R::Choice>, TooNarrow> {
        self.initial = self.space.initial()?;
        let mut broken: Broken<S::Word> = std::array::from_fn(|_| None);
        let mut truncated = Truncation::Walks(walks.count);
        for first in (0..walks.count).step_by(TOGETHER) {
            let numbers = first..walks.count.min(first.saturating_add(TOGETHER as u64));
            let begun = numbers.filter_map(|number| Walk::begun(walks.seed, number, &self.initial));
            let begun: Vec<Walk<S::Word>> = begun.collect();
            let count = begun.len();
            let reached = self.walk_together(begun, walks.seed, &mut broken)?;
            self.body(count);
            if let Some(reached) = reached {
                truncated = reached;
                break;
            }
        }
        let mut violations: [Option<Path<R::Choice>>; Safety::ALL.len()] = std::array::from_fn(|_| None);
        for (path, found) in violations.iter_mut().zip(broken) {
            *path = found.map(|(initial, taken)| self.path(initial, taken)).transpose()?;
        }
        Ok(self.found(violations, Some(truncated)))
    }

    /// Takes these walks to their ends.
    fn walk_together(
        &mut self,
        mut walking: Vec<Walk<S::Word>>,
        seed: u64,
        broken: &mut Broken<S::Word>,
    ) -> Result<Option<Truncation>, TooNarrow> {
        let steps_max = self.limits.depth_max.unwrap_or(STEPS_MAX);
        for step in 0..=steps_max {
            let too_many = || self.limits.states_max.filter(|max| self.representatives > *max).map(Truncation::States);
            if let Some(truncated) = self.limits.met().or_else(too_many) {
                return Ok(Some(truncated));
            }
            let words: Vec<S::Word> = walking.iter().map(|walk| walk.at).collect();
            self.count(&words);
            self.depth = self.depth.max(if words.is_empty() { 0 } else { step });
            self.space.prepare(&words)?;
            let before: Vec<(S::Word, usize)> = walking.iter().map(|walk| (self.initial[walk.initial], step)).collect();
            walking.par_iter_mut().for_each(|walk| {
                let scratch = &mut *self.scratch();
                walk.step(&self.space, scratch, seed, step == steps_max);
            });
            for (walk, (initial, length)) in walking.iter().zip(before) {
                note(broken, walk, initial, length);
            }
            walking.retain(|walk| !walk.is_over);
            if walking.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    /// Counts the states among these that no walk has come to before.
    fn count(&mut self, words: &[S::Word]) {
        let mut offer = Offer::new();
        words.iter().for_each(|word| offer.push(*word));
        self.visited.add(&[&offer]);
        let mut added = Vec::new();
        self.visited.added(0, &mut added);
        self.states += added.iter().map(|(_, word)| self.space.stands_for(*word)).sum::<u64>();
        self.representatives += added.len();
    }
}

fn note<W: Copy>(broken: &mut Broken<W>, walk: &Walk<W>, initial: W, length: usize) {
    for (property, shortest) in broken.iter_mut().enumerate() {
        let is_shorter = shortest.as_ref().is_none_or(|(_, taken)| length < taken.len());
        if walk.judged.violated & 1 << property != 0 && is_shorter {
            *shortest = Some((initial, walk.taken[..length].to_vec()));
        }
    }
}

impl<W: Copy> Walk<W> {
    /// A walk at its start; none, if there is nowhere to start.
    fn begun(seed: u64, number: u64, initial: &[W]) -> Option<Self> {
        let place = drawn(seed, number, 0, initial.len());
        let at = *initial.get(place)?;
        Some(Self { number, initial: place, taken: Vec::new(), at, judged: Judged::default(), is_over: false })
    }

    /// Judges where the walk is, and takes one of the choices that are possible there.
    fn step<S: Space<Word = W>>(&mut self, space: &S, scratch: &mut S::Scratch, seed: u64, is_last: bool) {
        let mut possible = Vec::new();
        self.judged = space.expand(scratch, self.at, &mut |choice, next| possible.push((choice, next)));
        let place = drawn(seed, self.number, self.taken.len() + 1, possible.len());
        match possible.get(place) {
            Some((choice, next)) if !is_last => {
                self.taken.push(*choice);
                self.at = *next;
            }
            Some(_) | None => self.is_over = true,
        }
    }
}

/// A number below this one; each is as likely as any other, but for the remainder of a division by 2 to the power of 64.
fn drawn(seed: u64, walk: u64, step: usize, below: usize) -> usize {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(walk);
    generator.set_word_pos(step as u128 * BLOCK);
    let product = u128::from(generator.next_u64()) * below as u128;
    usize::try_from(product >> u64::BITS).unwrap_or(0)
}
