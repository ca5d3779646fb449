//! The states that one worker owns, level by level, and the results of judging them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use stranded_model::property::INVARIANTS_MAX;

use super::transfer::Distributed;
use super::{Depth, Level};
use crate::engine::exact::Word;
use crate::engine::exact::{StateFacts, TooNarrow, WordTable};
use crate::engine::limits::{Limits, Truncation};

/// The number of states that are expanded before other work gets its turn. Their successors stay in memory until then.
const STATES_AT_A_TIME: usize = 8192;
/// The number of sent words that a worker remembers, so that it rarely sends one twice.
const RECENT: usize = 1 << 15;

/// A worker's summary of its states on a level.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LevelSummary {
    /// The receiver.
    pub(super) to: usize,
    /// The sender.
    from: usize,
    /// The number of the search.
    job: u64,
    /// The count of new states.
    new: usize,
    /// A limit that the sender reached.
    truncated: Option<Truncation>,
    /// The pairs that all workers must step.
    unknown_pairs: Vec<(u32, u32)>,
}

/// The states of one worker.
pub(super) struct WorkerStates<S: Distributed> {
    pub(super) space: S,
    pub(super) scratch: S::Scratch,
    /// The words of all initial states, also those that other workers own.
    pub(super) initial: Vec<S::Word>,
    pub(super) levels: Vec<Vec<S::Word>>,
    pub(super) index: usize,
    /// For each property, the least depth at which this worker found a violation.
    pub(super) violations: [Option<Depth>; INVARIANTS_MAX],
    pub(super) quiescent: Vec<S::Word>,
    /// The number of this worker's states that were not expanded.
    pub(super) frontier: usize,
    /// The number of states of all workers.
    pub(super) total: usize,
    pub(super) depth: usize,
    pub(super) truncated: Option<Truncation>,
    pub(super) is_too_narrow: bool,
    /// True if another worker runs a different search.
    pub(super) is_other_search: bool,
    pub(super) is_over: bool,
    peers: usize,
    job: u64,
    limits: Limits<'static>,
    interrupted: Arc<AtomicBool>,
    table: WordTable<S::Word>,
    held: usize,
    /// The newest level that is being expanded.
    begun: usize,
    /// The number of its words that were expanded.
    done: usize,
    recent: Vec<S::Word>,
    letters: S::Letters,
}

/// The number of a worker, and the count of all workers.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkerIndex {
    pub(super) index: usize,
    pub(super) peers: usize,
}

impl<S: Distributed> WorkerStates<S> {
    /// Starts with the initial states that this worker owns.
    pub(super) fn new(
        mut space: S,
        worker_index: WorkerIndex,
        job: u64,
        limits: Limits<'static>,
        (truncated, interrupted): (Option<Truncation>, Arc<AtomicBool>),
    ) -> Result<Self, TooNarrow> {
        let initial = space.initial()?;
        let scratch = space.scratch();
        let mut states = Self {
            space,
            scratch,
            levels: vec![Vec::new()],
            index: worker_index.index,
            violations: [None; INVARIANTS_MAX],
            quiescent: Vec::new(),
            frontier: 0,
            total: 0,
            depth: 0,
            truncated,
            is_too_narrow: false,
            is_other_search: false,
            is_over: false,
            peers: worker_index.peers,
            job,
            limits,
            interrupted,
            table: WordTable::new(),
            held: 0,
            begun: 0,
            done: 0,
            recent: vec![S::Word::NONE; RECENT],
            letters: S::letters(worker_index),
            initial: Vec::new(),
        };
        for word in &initial {
            if states.owner(*word) == worker_index.index {
                states.keep(0, &[*word]);
            }
        }
        states.initial = initial;
        Ok(states)
    }

    /// Returns the worker that owns a state.
    fn owner(&mut self, word: S::Word) -> usize {
        if self.peers == 1 {
            return self.index;
        }
        (self.space.hash(&mut self.scratch, &mut self.letters, word) % self.peers as u64) as usize
    }

    /// Receives states of a level and keeps the new ones. Other workers may be one level ahead of this one.
    pub(super) fn receive(&mut self, depth: Depth, letters: &[S::Letter]) {
        let Self { space, scratch, letters: known, .. } = self;
        let words: Vec<S::Word> = letters.iter().map(|letter| space.opened(scratch, known, letter)).collect();
        self.keep(depth as usize, &words);
    }

    /// Keeps the new ones of these states of a level, unless a limit is reached.
    fn keep(&mut self, depth: usize, words: &[S::Word]) {
        let growth = self.table.growth(words.len());
        if growth > 0 && self.truncated.is_none() {
            self.truncated = self.limits.memory_limit(growth);
        }
        let is_full = self.limits.states_max.is_some_and(|max| self.held > max);
        if is_full || matches!(self.truncated, Some(Truncation::Memory(_) | Truncation::SystemMemory(_))) {
            return;
        }
        let Self { table, levels, held, .. } = self;
        if levels.len() <= depth {
            levels.resize_with(depth + 1, Vec::new);
        }
        let level = &mut levels[depth];
        let before = level.len();
        table.add(words, |word| *word, |word| level.push(*word));
        *held += level.len() - before;
    }

    /// Returns a summary for each worker when all states of a level have arrived; `None` if the search is over.
    pub(super) fn summaries(&self, depth: Depth) -> Option<impl Iterator<Item = LevelSummary> + use<S>> {
        if self.is_over {
            return None;
        }
        let level = self.levels.get(depth as usize).map_or(&[][..], Vec::as_slice);
        let unknown_pairs = self.space.unknown_pairs(level);
        let (from, job, new, truncated) = (self.index, self.job, level.len(), self.truncated);
        Some((0..self.peers).map(move |to| LevelSummary {
            to,
            from,
            job,
            new,
            truncated,
            unknown_pairs: unknown_pairs.clone(),
        }))
    }

    /// Begins to expand a level when the summaries of all workers have arrived. All workers decide the same.
    pub(super) fn begin(&mut self, depth: Depth, mut summaries: Vec<LevelSummary>) -> Level {
        summaries.sort_unstable_by_key(|summaries| summaries.from);
        let depth = depth as usize;
        self.levels.resize_with(self.levels.len().max(depth + 1), Vec::new);
        self.begun = depth;
        let mut truncated = summaries.iter().filter_map(|summaries| summaries.truncated).min();
        self.is_other_search |= summaries.iter().any(|summaries| summaries.job != self.job);
        let mut found: usize = summaries.iter().map(|summaries| summaries.new).sum();
        // A limit that is reached before the first state leaves nothing to report.
        let mut room = if depth == 0 && truncated.is_some() { 0 } else { usize::MAX };
        if let Some(max) = self.limits.depth_max.filter(|max| depth > *max && found > 0) {
            truncated = Some(Truncation::Depth(max));
            room = 0;
        } else if let Some(max) = self.limits.states_max.filter(|max| self.total + found > *max) {
            truncated = Some(Truncation::States(max));
            room = room.min(max - self.total);
        }
        found = found.min(room);
        for summaries in &summaries {
            if summaries.from == self.index {
                self.levels[depth].truncate(room);
            }
            room -= room.min(summaries.new);
        }
        self.levels[depth].shrink_to_fit();
        self.total += found;
        self.depth = if found > 0 { depth } else { self.depth };
        self.learn_pairs(&summaries);
        self.is_over = truncated.is_some() || found == 0 || self.is_too_narrow || self.is_other_search;
        self.done = 0;
        if truncated.is_some() && !self.is_too_narrow && !self.is_other_search {
            self.judge_rest();
        }
        self.truncated = truncated.or(self.truncated);
        Level { states: self.total, depth: self.depth, frontier: found }
    }

    fn learn_pairs(&mut self, summaries: &[LevelSummary]) {
        let mut unknown_pairs: Vec<(u32, u32)> =
            summaries.iter().flat_map(|summaries| &summaries.unknown_pairs).copied().collect();
        unknown_pairs.sort_unstable();
        unknown_pairs.dedup();
        self.is_too_narrow |= self.space.learn_pairs(&unknown_pairs).is_err();
    }

    /// Expands some states of the current level, keeps the successors that this worker owns, and passes the others to
    /// `send`. Returns true if the level is done.
    pub(super) fn expand(&mut self, mut send: impl FnMut(S::Letter)) -> bool {
        if self.is_over {
            return true;
        }
        if self.truncated.is_none() {
            let interrupted = self.interrupted.load(Ordering::Relaxed).then_some(Truncation::Interrupted);
            self.truncated = interrupted.or_else(|| self.limits.stopped());
        }
        if self.truncated.is_some() {
            self.judge_rest();
            return true;
        }
        let level = self.begun;
        let end = self.levels[level].len().min(self.done + STATES_AT_A_TIME);
        let (mut found, mut own) = (Vec::new(), Vec::new());
        for index in self.done..end {
            let word = self.levels[level][index];
            found.clear();
            let facts = self.space.expand(&mut self.scratch, word, &mut |_, next| found.push(next));
            self.note(word, facts, level);
            for next in &found {
                // Other bits of the hash choose the owner of a word.
                let recent = &mut self.recent[(next.scrambled() >> 24) as usize % RECENT];
                if *recent == *next {
                    continue;
                }
                *recent = *next;
                let to = self.owner(*next);
                if to == self.index {
                    own.push(*next);
                } else {
                    send(self.space.letter(&mut self.scratch, &mut self.letters, to, *next));
                }
            }
        }
        self.keep(level + 1, &own);
        self.done = end;
        self.done == self.levels[level].len()
    }

    /// Judges the rest of the level without expanding it.
    fn judge_rest(&mut self) {
        let level = self.begun;
        for index in self.done..self.levels[level].len() {
            let word = self.levels[level][index];
            let facts = self.space.expand(&mut self.scratch, word, &mut |_, _| {});
            self.note(word, facts, level);
        }
        self.frontier += self.levels[level].len() - self.done;
        self.done = self.levels[level].len();
    }

    fn note(&mut self, word: S::Word, facts: StateFacts, depth: usize) {
        if facts.quiescent {
            self.quiescent.push(word);
        }
        if facts.violated != 0 {
            for (property, least) in self.violations.iter_mut().enumerate() {
                if facts.violated & 1 << property != 0 {
                    *least = least.or(Depth::try_from(depth).ok());
                }
            }
        }
    }
}
