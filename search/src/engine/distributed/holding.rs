//! What one worker holds of a search: the states that are its own, level by level, and what it found out about them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use stranded_model::property::Safety;

use super::parcel::Spread;
use super::{Depth, Level};
use crate::engine::exact::space::{Judged, TooNarrow};
use crate::engine::exact::visited::Table;
use crate::engine::exact::word::Word;
use crate::engine::limits::{Limits, Truncation};

/// How many states are expanded before other work gets its turn: what they lead to waits in memory until then.
const STATES_AT_A_TIME: usize = 8192;
/// How many words a worker remembers that it sent, so that it sends few of them twice.
const RECENT: usize = 1 << 15;

/// What a worker says of the states that it has been sent on a level.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Met {
    /// Who is told.
    pub(super) to: usize,
    /// Who says it.
    from: usize,
    /// What it searches.
    job: u64,
    /// How many were new.
    new: usize,
    /// A limit that it reached.
    truncated: Option<Truncation>,
    /// Pairs that all must step.
    unknown: Vec<(u32, u32)>,
}

/// What one worker holds.
pub(super) struct Holding<S: Spread> {
    pub(super) space: S,
    pub(super) scratch: S::Scratch,
    /// The words of the states that the world starts in, whoever holds them.
    pub(super) initial: Vec<S::Word>,
    pub(super) levels: Vec<Vec<S::Word>>,
    pub(super) index: usize,
    /// For each property, the least depth at which it was found broken.
    pub(super) violations: [Option<Depth>; Safety::ALL.len()],
    pub(super) quiescent: Vec<S::Word>,
    /// How many states of this worker were not gone on from.
    pub(super) frontier: usize,
    /// How many states there are in all.
    pub(super) total: usize,
    pub(super) depth: usize,
    pub(super) truncated: Option<Truncation>,
    pub(super) is_too_narrow: bool,
    /// Whether another worker searches something else.
    pub(super) is_foreign: bool,
    pub(super) is_over: bool,
    peers: usize,
    job: u64,
    limits: Limits<'static>,
    interrupted: Arc<AtomicBool>,
    table: Table<S::Word>,
    held: usize,
    /// The level that was begun last.
    begun: usize,
    /// How many words of it were expanded.
    done: usize,
    recent: Vec<S::Word>,
}

/// Who holds, of how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) index: usize,
    pub(super) peers: usize,
}

impl<S: Spread> Holding<S> {
    /// Holds what is its own of the states that the world starts in.
    pub(super) fn new(
        mut space: S,
        seat: Seat,
        job: u64,
        limits: Limits<'static>,
        (truncated, interrupted): (Option<Truncation>, Arc<AtomicBool>),
    ) -> Result<Self, TooNarrow> {
        let initial = space.initial()?;
        let scratch = space.scratch();
        let mut holding = Self {
            space,
            scratch,
            levels: vec![Vec::new()],
            index: seat.index,
            violations: [None; Safety::ALL.len()],
            quiescent: Vec::new(),
            frontier: 0,
            total: 0,
            depth: 0,
            truncated,
            is_too_narrow: false,
            is_foreign: false,
            is_over: false,
            peers: seat.peers,
            job,
            limits,
            interrupted,
            table: Table::new(),
            held: 0,
            begun: 0,
            done: 0,
            recent: vec![S::Word::NONE; RECENT],
            initial: Vec::new(),
        };
        for word in &initial {
            let parcel = holding.space.packed(&mut holding.scratch, *word);
            if S::route(&parcel) % seat.peers as u64 == seat.index as u64 {
                holding.meet(0, &[parcel]);
            }
        }
        holding.initial = initial;
        Ok(holding)
    }

    /// Takes in states of a level. Those that are new are its own from now on. Others may have begun the level before it
    /// while this worker has not.
    pub(super) fn meet(&mut self, depth: Depth, parcels: &[S::Parcel]) {
        let growth = self.table.growth(parcels.len());
        if growth > 0 && self.truncated.is_none() {
            self.truncated = self.limits.memory_for(growth);
        }
        let is_full = self.limits.states_max.is_some_and(|max| self.held > max);
        if is_full || matches!(self.truncated, Some(Truncation::Memory(_))) {
            return;
        }
        let Self { space, scratch, table, levels, held, .. } = self;
        let words: Vec<S::Word> = parcels.iter().map(|parcel| space.received(scratch, parcel)).collect();
        let depth = depth as usize;
        if levels.len() <= depth {
            levels.resize_with(depth + 1, Vec::new);
        }
        let level = &mut levels[depth];
        let before = level.len();
        table.add(&words, |word| *word, |word| level.push(*word));
        *held += level.len() - before;
    }

    /// What it says of the level when all of its states have come; nothing, if the search is over.
    pub(super) fn met(&self, depth: Depth) -> Option<impl Iterator<Item = Met> + use<S>> {
        if self.is_over {
            return None;
        }
        let level = self.levels.get(depth as usize).map_or(&[][..], Vec::as_slice);
        let unknown = self.space.unknown(level);
        let (from, job, new, truncated) = (self.index, self.job, level.len(), self.truncated);
        Some((0..self.peers).map(move |to| Met { to, from, job, new, truncated, unknown: unknown.clone() }))
    }

    /// Begins to expand a level, when all have said what they have of it. All come to the same conclusions.
    pub(super) fn begin(&mut self, depth: Depth, mut met: Vec<Met>) -> Level {
        met.sort_unstable_by_key(|met| met.from);
        let depth = depth as usize;
        self.levels.resize_with(self.levels.len().max(depth + 1), Vec::new);
        self.begun = depth;
        let mut truncated = met.iter().filter_map(|met| met.truncated).min();
        self.is_foreign |= met.iter().any(|met| met.job != self.job);
        let mut found: usize = met.iter().map(|met| met.new).sum();
        // Limits that are reached before the first state leave nothing to be said of it.
        let mut room = if depth == 0 && truncated.is_some() { 0 } else { usize::MAX };
        if let Some(max) = self.limits.depth_max.filter(|max| depth > *max && found > 0) {
            truncated = Some(Truncation::Depth(max));
            room = 0;
        } else if let Some(max) = self.limits.states_max.filter(|max| self.total + found > *max) {
            truncated = Some(Truncation::States(max));
            room = room.min(max - self.total);
        }
        found = found.min(room);
        for met in &met {
            if met.from == self.index {
                self.levels[depth].truncate(room);
            }
            room -= room.min(met.new);
        }
        self.levels[depth].shrink_to_fit();
        self.total += found;
        self.depth = if found > 0 { depth } else { self.depth };
        self.learn(&met);
        self.is_over = truncated.is_some() || found == 0 || self.is_too_narrow || self.is_foreign;
        self.done = 0;
        if truncated.is_some() && !self.is_too_narrow && !self.is_foreign {
            self.judge_quiescent();
        }
        self.truncated = truncated.or(self.truncated);
        Level { states: self.total, depth: self.depth, frontier: found }
    }

    fn learn(&mut self, met: &[Met]) {
        let mut unknown: Vec<(u32, u32)> = met.iter().flat_map(|met| &met.unknown).copied().collect();
        unknown.sort_unstable();
        unknown.dedup();
        self.is_too_narrow |= self.space.learn(&unknown).is_err();
    }

    /// Expands some states of the level that was begun, and hands out where they lead to; whether it is done with the level.
    pub(super) fn expand(&mut self, mut send: impl FnMut(S::Parcel)) -> bool {
        if self.is_over {
            return true;
        }
        if self.truncated.is_none() {
            let interrupted = self.interrupted.load(Ordering::Relaxed).then_some(Truncation::Interrupted);
            self.truncated = interrupted.or_else(|| self.limits.reached());
        }
        if self.truncated.is_some() {
            self.judge_quiescent();
            return true;
        }
        let level = self.begun;
        let end = self.levels[level].len().min(self.done + STATES_AT_A_TIME);
        let mut found = Vec::new();
        for place in self.done..end {
            let word = self.levels[level][place];
            found.clear();
            let judged = self.space.expand(&mut self.scratch, word, &mut |_, next| found.push(next));
            self.note(word, judged, level);
            for next in &found {
                // The bits that choose who holds a word and those that choose its place here are others.
                let recent = &mut self.recent[(next.scrambled() >> 24) as usize % RECENT];
                if *recent != *next {
                    *recent = *next;
                    send(self.space.packed(&mut self.scratch, *next));
                }
            }
        }
        self.done = end;
        self.done == self.levels[level].len()
    }

    /// Judges what is left of the level without going on from there.
    fn judge_quiescent(&mut self) {
        let level = self.begun;
        for place in self.done..self.levels[level].len() {
            let word = self.levels[level][place];
            let judged = self.space.expand(&mut self.scratch, word, &mut |_, _| {});
            self.note(word, judged, level);
        }
        self.frontier += self.levels[level].len() - self.done;
        self.done = self.levels[level].len();
    }

    fn note(&mut self, word: S::Word, judged: Judged, depth: usize) {
        if judged.quiescent {
            self.quiescent.push(word);
        }
        if judged.violated != 0 {
            for (property, least) in self.violations.iter_mut().enumerate() {
                if judged.violated & 1 << property != 0 {
                    *least = least.or(Depth::try_from(depth).ok());
                }
            }
        }
    }
}
