//! A search under way: level after level, round after round.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use stranded_model::coverage::Coverage;
use stranded_model::property::Safety;

use super::chunk::{CHUNK, Chunk};
use super::space::{Judged, Space, TooNarrow};
use super::visited::{Offer, Visited};
use crate::engine::checkpoint::Level;
use crate::engine::limits::{Limits, Truncation};
use crate::engine::rules::Rules;
use crate::engine::{Path, Search};

/// The most states that have a number; the largest number of all is left out.
const STATES_MAX: usize = u32::MAX as usize;
/// How many times [`CHUNK`] states are expanded before what they lead to is looked up.
const CHUNKS: usize = 64;
/// How many states are expanded, and made ready for that, at the same time. What is made ready together decides which numbers
/// things get, so a search that goes on from a checkpoint takes the same ones together.
pub(super) const ROUND: usize = CHUNK * CHUNKS;

/// A search under way.
pub(super) struct Searching<'a, R, S: Space> {
    pub(super) space: S,
    pub(super) rules: &'a R,
    pub(super) limits: &'a Limits<'a>,
    scratches: Vec<Mutex<S::Scratch>>,
    pub(super) visited: Visited<S::Word>,
    pub(super) initial: Vec<S::Word>,
    /// For every state by its number, the one it was first reached from, and by which choice. Numbers follow the order.
    pub(super) from: Vec<(u32, u16)>,
    /// What was seen before the search went on from a checkpoint.
    pub(super) seen_before: Coverage,
    pub(super) states: u64,
    pub(super) representatives: usize,
    /// States that were found and not gone on from, because the search was cut.
    pub(super) frontier: usize,
    pub(super) depth: usize,
    violations: [Option<u32>; Safety::ALL.len()],
    pub(super) quiescent: Vec<S::Word>,
}

impl<'a, R: Rules, S: Space> Searching<'a, R, S> {
    pub(super) fn new(space: S, rules: &'a R, limits: &'a Limits<'a>) -> Self {
        let scratches = (0..rayon::current_num_threads().max(1)).map(|_| Mutex::new(space.scratch())).collect();
        Self {
            space,
            rules,
            limits,
            scratches,
            visited: Visited::new(),
            initial: Vec::new(),
            from: Vec::new(),
            seen_before: Coverage::of(rules.world()),
            states: 0,
            representatives: 0,
            frontier: 0,
            depth: 0,
            violations: [None; Safety::ALL.len()],
            quiescent: Vec::new(),
        }
    }

    /// Searches everything, or takes random walks if it is limited to that.
    pub(super) fn go(self) -> Result<Search<R::Choice>, TooNarrow> {
        match self.limits.walks {
            Some(walks) => self.walk(walks),
            None => self.run(),
        }
    }

    fn run(mut self) -> Result<Search<R::Choice>, TooNarrow> {
        let truncated = match self.limits.reached() {
            Some(truncated) => Some(truncated),
            None => self.levels()?,
        };
        let mut violations = std::array::from_fn(|_| None);
        for (path, number) in violations.iter_mut().zip(self.violations) {
            *path = number.map(|number| self.path_to(number)).transpose()?;
        }
        self.representatives = self.from.len();
        Ok(self.found(violations, truncated))
    }

    /// What was found.
    pub(super) fn found(
        self,
        violations: [Option<Path<R::Choice>>; Safety::ALL.len()],
        truncated: Option<Truncation>,
    ) -> Search<R::Choice> {
        Search {
            states: usize::try_from(self.states).unwrap_or(usize::MAX),
            representatives: self.representatives,
            frontier: self.frontier,
            depth: self.depth,
            truncated,
            violations,
            coverage: self.coverage(),
            quiescent: self.quiescent_states(),
            defect: None,
        }
    }

    /// Goes through level after level. The states that are found last, because the search is cut, are judged all the same.
    fn levels(&mut self) -> Result<Option<Truncation>, TooNarrow> {
        let mut chunks: Vec<Chunk<S::Word>> = Vec::new();
        let (mut level, mut truncated) = self.start()?;
        if truncated.is_none() {
            (level, truncated) = self.resume(level)?;
        }
        while !level.is_empty() {
            let first = self.from.len() - level.len();
            self.space.prepare(&level)?;
            let mut next = Vec::new();
            let mut done = 0;
            while done < level.len() && truncated.is_none() {
                let round = &level[done..level.len().min(done + ROUND)];
                truncated = self.round(round, first + done, &mut next, &mut chunks)?;
                if truncated.is_none() {
                    done += round.len();
                }
            }
            self.judge(&level[done..], first + done)?;
            self.frontier += level.len() - done;
            level = next;
            self.depth += usize::from(!level.is_empty());
            self.body(level.len());
            truncated = truncated.or_else(|| self.save(level.len()));
            if truncated.is_some() {
                self.judge(&level, self.from.len() - level.len())?;
                self.frontier += level.len();
                break;
            }
        }
        Ok(truncated)
    }

    /// What happened anywhere.
    pub(super) fn coverage(&self) -> Coverage {
        self.scratches.iter().fold(self.seen_before.clone(), |all, scratch| {
            all.with(&self.space.coverage(&scratch.lock().unwrap_or_else(PoisonError::into_inner)))
        })
    }

    /// Saves the level that was found last.
    pub(super) fn save(&self, states: usize) -> Option<Truncation> {
        let saved = self.limits.saved?;
        let from = self.from[self.from.len() - states..].to_vec();
        let level = Level { from, seen: self.coverage().reached().to_vec() };
        saved.add(self.depth + usize::from(states == 0), &level).err().map(|reason| Truncation::Unsaved(reason.kind()))
    }

    /// Tells whoever watches of a level that was found, unless nothing is in it.
    pub(super) fn body(&self, frontier: usize) {
        if frontier > 0 {
            self.limits.report(usize::try_from(self.states).unwrap_or(usize::MAX), self.depth, frontier);
        }
    }

    /// The first level.
    fn start(&mut self) -> Result<(Vec<S::Word>, Option<Truncation>), TooNarrow> {
        self.initial = self.space.initial()?;
        let mut offer = Offer::new();
        self.initial.iter().for_each(|word| offer.push(*word));
        self.visited.add(&[&offer]);
        let mut level = Vec::new();
        let mut truncated = None;
        for number in 0..self.initial.len() {
            let itself = u32::try_from(number).map_err(|_| TooNarrow)?;
            truncated = self.append(self.initial[number], (itself, 0), &mut level);
            if truncated.is_some() {
                break;
            }
        }
        self.body(level.len());
        Ok((level, truncated))
    }

    /// Counts a new state and puts it into its level, unless it is one too many.
    pub(super) fn append(&mut self, word: S::Word, from: (u32, u16), level: &mut Vec<S::Word>) -> Option<Truncation> {
        let max = self.limits.states_max.unwrap_or(usize::MAX).min(STATES_MAX);
        if self.from.len() >= max {
            return Some(Truncation::States(max));
        }
        self.states += self.space.stands_for(word);
        self.from.push(from);
        level.push(word);
        None
    }

    /// Expands neighbouring states of a level, whose first has this number. What is new goes to the next level. If the search
    /// is cut before that, it is as if they had not been expanded.
    fn round(
        &mut self,
        words: &[S::Word],
        first: usize,
        next: &mut Vec<S::Word>,
        chunks: &mut Vec<Chunk<S::Word>>,
    ) -> Result<Option<Truncation>, TooNarrow> {
        let count = words.len().div_ceil(CHUNK);
        chunks.resize_with(chunks.len().max(count), Chunk::new);
        let chunks = &mut chunks[..count];
        let truncated = self.expand(words, first, chunks);
        if self.space.is_too_narrow() {
            return Err(TooNarrow);
        }
        if truncated.is_some() {
            return Ok(truncated);
        }
        let offers: Vec<&Offer<S::Word>> = chunks.iter().map(|chunk| &chunk.offer).collect();
        if let Some(truncated) = self.limits.memory_for(self.visited.growth(&offers)) {
            return Ok(Some(truncated));
        }
        self.visited.add(&offers);
        let visited = &self.visited;
        chunks.par_iter_mut().enumerate().for_each(|(place, chunk)| visited.added(place, &mut chunk.added));
        let too_far = self.limits.depth_max.filter(|max| self.depth >= *max);
        for chunk in chunks.iter() {
            for (edge, word) in &chunk.added {
                if let Some(max) = too_far {
                    return Ok(Some(Truncation::Depth(max)));
                }
                let from = chunk.edges[*edge as usize];
                if let Some(truncated) = self.append(*word, from, next) {
                    return Ok(Some(truncated));
                }
            }
        }
        for chunk in chunks.iter() {
            self.note(chunk.first, &chunk.judged, &words[chunk.first - first..]);
        }
        Ok(None)
    }

    fn expand(&self, words: &[S::Word], first: usize, chunks: &mut [Chunk<S::Word>]) -> Option<Truncation> {
        let truncated = Mutex::new(None);
        chunks.par_iter_mut().zip(words.par_chunks(CHUNK)).enumerate().for_each(|(place, (chunk, words))| {
            if let Some(reached) = self.limits.reached() {
                *truncated.lock().unwrap_or_else(PoisonError::into_inner) = Some(reached);
                return;
            }
            let scratch = &mut *self.scratch();
            chunk.expand(&self.space, scratch, words, first + place * CHUNK);
        });
        truncated.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread that asks keeps for itself.
    pub(super) fn scratch(&self) -> MutexGuard<'_, S::Scratch> {
        let thread = rayon::current_thread_index().unwrap_or(0) % self.scratches.len();
        self.scratches[thread].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges states that are not expanded, the first of which has this number.
    pub(super) fn judge(&mut self, words: &[S::Word], first: usize) -> Result<(), TooNarrow> {
        self.space.prepare(words)?;
        for (place, words) in words.chunks(ROUND).enumerate() {
            let judged: Vec<Vec<Judged>> = words
                .par_chunks(CHUNK)
                .map(|words| {
                    let scratch = &mut *self.scratch();
                    words.iter().map(|word| self.space.judge(scratch, *word)).collect()
                })
                .collect();
            self.note(first + place * ROUND, &judged.concat(), words);
        }
        Ok(())
    }

    /// Takes note of what was said of states, the first of which has this number.
    fn note(&mut self, first: usize, judged: &[Judged], words: &[S::Word]) {
        for (place, (judged, word)) in judged.iter().zip(words).enumerate() {
            if judged.quiescent && !self.limits.quiescent_unwanted {
                self.quiescent.push(*word);
            }
            for (property, violation) in self.violations.iter_mut().enumerate() {
                if judged.violated & 1 << property != 0 && violation.is_none() {
                    *violation = u32::try_from(first + place).ok();
                }
            }
        }
    }
}
