//! Random walks, for worlds too large to be searched: they often find violations, and prove nothing.
//!
//! Many walks take a step at the same time. The generator is ChaCha with 8 rounds, started with the seed; the walk's
//! number is the stream, and the step's number the block. So a walk is the same for any number of walks and threads and
//! in every version of the program.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use stranded_model::property::INVARIANTS_MAX;

use super::Exploration;
use super::packed::{StateFacts, StateSpace, TooNarrow};
use super::visited::Offer;
use crate::engine::limits::{Truncation, Walks};
use crate::engine::rules::Rules;
use crate::engine::{Path, Search};

/// The number of walks that advance together.
const WALKS_AT_ONCE: usize = 4096;
/// The most steps of a walk, unless the limits set a depth.
const STEPS_MAX: usize = 1000;
/// The size of a generator block, in words of 32 bits.
const BLOCK: u128 = 16;

/// A walk in progress.
struct Walk<W> {
    number: u64,
    initial: usize,
    choices: Vec<u16>,
    current: W,
    facts: StateFacts,
    is_over: bool,
}

/// For each property, the shortest walk that violates it; of several, the one with the lowest number.
type Violated<W> = [Option<(W, Vec<u16>)>; INVARIANTS_MAX];

impl<R: Rules, S: StateSpace> Exploration<'_, R, S> {
    /// Takes random walks instead of searching all paths.
    pub(super) fn walk(mut self, walks: Walks) -> Result<Search<R::Choice>, TooNarrow> {
        self.initial = self.space.initial()?;
        let mut violated: Violated<S::Word> = std::array::from_fn(|_| None);
        let mut truncated = Truncation::Walks(walks.count);
        for first in (0..walks.count).step_by(WALKS_AT_ONCE) {
            let numbers = first..walks.count.min(first.saturating_add(WALKS_AT_ONCE as u64));
            let at_start = numbers.filter_map(|number| Walk::at_start(walks.seed, number, &self.initial));
            let at_start: Vec<Walk<S::Word>> = at_start.collect();
            let count = at_start.len();
            let reached = self.walk_batch(at_start, walks.seed, &mut violated)?;
            self.report_level(count);
            if let Some(reached) = reached {
                truncated = reached;
                break;
            }
        }
        let mut violations: [Option<Path<R::Choice>>; INVARIANTS_MAX] = std::array::from_fn(|_| None);
        for (path, found) in violations.iter_mut().zip(violated) {
            *path = found.map(|(initial, choices)| self.path(initial, choices)).transpose()?;
        }
        Ok(self.finish(violations, Some(truncated)))
    }

    /// Advances these walks until they end.
    fn walk_batch(
        &mut self,
        mut walking: Vec<Walk<S::Word>>,
        seed: u64,
        violated: &mut Violated<S::Word>,
    ) -> Result<Option<Truncation>, TooNarrow> {
        let steps_max = self.limits.depth_max.unwrap_or(STEPS_MAX);
        for step in 0..=steps_max {
            let too_many = || self.limits.states_max.filter(|max| self.representatives > *max).map(Truncation::States);
            if let Some(truncated) = self.limits.limit_reached().or_else(too_many) {
                return Ok(Some(truncated));
            }
            let words: Vec<S::Word> = walking.iter().map(|walk| walk.current).collect();
            self.count(&words);
            self.depth = self.depth.max(if words.is_empty() { 0 } else { step });
            self.space.prepare(&words)?;
            let before: Vec<(S::Word, usize)> = walking.iter().map(|walk| (self.initial[walk.initial], step)).collect();
            walking.par_iter_mut().for_each(|walk| {
                let scratch = &mut *self.scratches.own();
                walk.step(&self.space, scratch, seed, step == steps_max);
            });
            if self.space.is_too_narrow() {
                return Err(TooNarrow);
            }
            for (walk, (initial, length)) in walking.iter().zip(before) {
                note_violations(violated, walk, initial, length);
            }
            walking.retain(|walk| !walk.is_over);
            if walking.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    /// Counts the states that no walk has visited before.
    fn count(&mut self, words: &[S::Word]) {
        let mut offer = Offer::new();
        words.iter().for_each(|word| offer.push(*word));
        self.visited.add(&[&offer]);
        let mut added = Vec::new();
        self.visited.added(0, &mut added);
        self.states += added.iter().map(|(_, word)| self.space.orbit_size(*word)).sum::<u64>();
        self.representatives += added.len();
    }
}

fn note_violations<W: Copy>(violated: &mut Violated<W>, walk: &Walk<W>, initial: W, length: usize) {
    for (property, shortest) in violated.iter_mut().enumerate() {
        let is_shorter = shortest.as_ref().is_none_or(|(_, choices)| length < choices.len());
        if walk.facts.violated & 1 << property != 0 && is_shorter {
            *shortest = Some((initial, walk.choices[..length].to_vec()));
        }
    }
}

impl<W: Copy> Walk<W> {
    /// Starts a walk. Returns `None` if there is no initial state.
    fn at_start(seed: u64, number: u64, initial: &[W]) -> Option<Self> {
        let index = drawn(seed, number, 0, initial.len());
        let current = *initial.get(index)?;
        Some(Self {
            number,
            initial: index,
            choices: Vec::new(),
            current,
            facts: StateFacts::default(),
            is_over: false,
        })
    }

    /// Judges the current state and takes one of the possible choices.
    fn step<S: StateSpace<Word = W>>(&mut self, space: &S, scratch: &mut S::Scratch, seed: u64, is_last: bool) {
        let mut possible = Vec::new();
        self.facts = space.expand(scratch, self.current, &mut |choice, next| possible.push((choice, next)));
        let index = drawn(seed, self.number, self.choices.len() + 1, possible.len());
        match possible.get(index) {
            Some((choice, next)) if !is_last => {
                self.choices.push(*choice);
                self.current = *next;
            }
            Some(_) | None => self.is_over = true,
        }
    }
}

/// Draws a number below a bound. All are equally likely, apart from the remainder of a division by 2 to the power of
/// 64.
fn drawn(seed: u64, walk: u64, step: usize, below: usize) -> usize {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(walk);
    generator.set_word_pos(step as u128 * BLOCK);
    let product = u128::from(generator.next_u64()) * below as u128;
    usize::try_from(product >> u64::BITS).unwrap_or(0)
}
