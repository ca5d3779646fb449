//! The exact engine: breadth-first search, level by level, over whole states that are packed into machine words.
//!
//! The states of a level are expanded in order, many at a time. Their successors are looked up among the visited
//! states; of equal new ones the first is kept, and takes the position of its first occurrence in the next level. So
//! the result is that of a search that expands one state after the other: every property gets a shortest path, the
//! first of them in the order of the actions, with any number of threads.

mod answers;
mod by_account;
mod chunk;
mod one_mailbox;
mod packed;
mod parents;
mod parts;
mod per_thread;
mod random_walks;
mod resume;
mod several_mailboxes;
mod shared_numbers;
mod visited;

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use stranded_model::coverage::Coverage;
use stranded_model::property::INVARIANTS_MAX;
use stranded_model::state::State;

use self::chunk::Chunk;
pub(super) use self::one_mailbox::OneMailbox;
#[cfg(feature = "distributed")]
pub(super) use self::one_mailbox::PARTS;
pub(super) use self::packed::{OverStates, StateFacts, StateSpace, TooNarrow, Word};
use self::parents::Parents;
use self::per_thread::PerThread;
pub(super) use self::several_mailboxes::{SeveralMailboxes, permuted};
#[cfg(feature = "distributed")]
pub(super) use self::visited::WordTable;
use self::visited::{Offer, Visited};
use super::checkpoint::Level;
use super::limits::{Limits, Truncation};
use super::rules::Rules;
use super::{Path, Search};

/// The number of states that one thread expands at a time.
const CHUNK: usize = 1024;
/// The number of states that are prepared and expanded before their successors are looked up. States that are prepared
/// together determine which numbers their parts get, so a search that resumes from a checkpoint uses the same rounds.
const ROUND: usize = CHUNK * 64;
/// The most states that can be numbered. The largest number of the type is not used.
const STATES_MAX: usize = u32::MAX as usize;

/// Searches all reachable states.
pub(super) fn search<R: Rules>(rules: &R, limits: &Limits<'_>) -> Search<R::Choice> {
    let found = by_account::search(rules, limits)
        .unwrap_or_else(|| over_states(rules, limits.symmetry, || Searching { rules, limits }));
    found.unwrap_or_else(|TooNarrow| {
        let defect = "a world has more different parts than a machine word can number".to_owned();
        Search { defect: Some(defect), ..Search::nothing(rules.world()) }
    })
}

/// Computes something over the states of these rules. If the parts of a state do not fit into narrow words, the
/// computation starts again with wider ones.
pub(super) fn over_states<R: Rules, C: OverStates>(
    rules: &R,
    symmetry: bool,
    computation: impl Fn() -> C,
) -> Result<C::Output, TooNarrow> {
    if rules.world().scenario.site.mailboxes == 1 {
        let narrow = computation().over(OneMailbox::<&R, u64>::new(rules));
        narrow.or_else(|TooNarrow| computation().over(OneMailbox::<&R, u128>::new(rules)))
    } else {
        let narrow = computation().over(SeveralMailboxes::<&R, u64>::new(rules, symmetry));
        narrow.or_else(|TooNarrow| computation().over(SeveralMailboxes::<&R, u128>::new(rules, symmetry)))
    }
}

/// A search, before its words are known.
struct Searching<'a, R> {
    rules: &'a R,
    limits: &'a Limits<'a>,
}

impl<R: Rules> OverStates for Searching<'_, R> {
    type Output = Search<R::Choice>;

    fn over<S: StateSpace>(self, space: S) -> Result<Self::Output, TooNarrow> {
        Exploration::new(space, self.rules, self.limits).search()
    }
}

/// A search in progress.
struct Exploration<'a, R, S: StateSpace> {
    space: S,
    rules: &'a R,
    limits: Limits<'a>,
    scratches: PerThread<S::Scratch>,
    visited: Visited<S::Word>,
    initial: Vec<S::Word>,
    parents: Parents,
    /// The coverage that a checkpoint brought along.
    seen_earlier: Coverage,
    states: u64,
    representatives: usize,
    /// The number of states that were found and not expanded because the search was truncated.
    frontier: usize,
    depth: usize,
    /// For each property, the number of the first state that violates it.
    violations: [Option<u32>; INVARIANTS_MAX],
    quiescent: Vec<S::Word>,
}

impl<'a, R: Rules, S: StateSpace> Exploration<'a, R, S> {
    fn new(space: S, rules: &'a R, limits: &'a Limits<'a>) -> Self {
        let scratches = PerThread::new(|| space.scratch());
        Self {
            space,
            rules,
            limits: *limits,
            scratches,
            visited: Visited::new(),
            initial: Vec::new(),
            parents: Parents::new(),
            seen_earlier: Coverage::of(rules.world()),
            states: 0,
            representatives: 0,
            frontier: 0,
            depth: 0,
            violations: [None; INVARIANTS_MAX],
            quiescent: Vec::new(),
        }
    }

    /// Searches everything, or only takes random walks if the limits say so.
    fn search(self) -> Result<Search<R::Choice>, TooNarrow> {
        match self.limits.walks {
            Some(walks) => self.walk(walks),
            None => self.breadth_first(),
        }
    }

    fn breadth_first(mut self) -> Result<Search<R::Choice>, TooNarrow> {
        let truncated = match self.limits.stopped() {
            Some(truncated) => Some(truncated),
            None => self.levels()?,
        };
        let mut violations = std::array::from_fn(|_| None);
        for (path, number) in violations.iter_mut().zip(self.violations) {
            *path = number.map(|number| self.path_to(number)).transpose()?;
        }
        self.representatives = self.parents.count();
        Ok(self.finish(violations, truncated))
    }

    /// Searches level after level. If the search is truncated, the states of the frontier are still judged.
    fn levels(&mut self) -> Result<Option<Truncation>, TooNarrow> {
        let mut chunks: Vec<Chunk<S::Word>> = Vec::new();
        let (mut level, mut truncated) = self.start()?;
        if truncated.is_none() {
            (level, truncated) = self.resume(level)?;
        }
        while !level.is_empty() {
            let first = self.parents.count() - level.len();
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
            self.report_level(level.len());
            truncated = truncated.or_else(|| self.save(level.len()));
            if truncated.is_some() {
                self.judge(&level, self.parents.count() - level.len())?;
                self.frontier += level.len();
                break;
            }
        }
        Ok(truncated)
    }

    /// Finds the first level: the initial states.
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
        self.report_level(level.len());
        Ok((level, truncated))
    }

    /// Expands consecutive states of a level, the first of which has the number `first`, and adds the new successors to
    /// `next`. If a limit is reached before the successors are looked up, the round leaves no trace.
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
        if let Some(truncated) = self.limits.memory_limit(self.visited.growth(&offers)) {
            return Ok(Some(truncated));
        }
        self.visited.add(&offers);
        let visited = &self.visited;
        chunks.par_iter_mut().enumerate().for_each(|(index, chunk)| visited.added(index, &mut chunk.added));
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
            self.note(chunk.first, &chunk.facts, &words[chunk.first - first..]);
        }
        Ok(None)
    }

    fn expand(&self, words: &[S::Word], first: usize, chunks: &mut [Chunk<S::Word>]) -> Option<Truncation> {
        let truncated = Mutex::new(None);
        chunks.par_iter_mut().zip(words.par_chunks(CHUNK)).enumerate().for_each(|(index, (chunk, words))| {
            if let Some(stopped) = self.limits.stopped() {
                *truncated.lock().unwrap_or_else(PoisonError::into_inner) = Some(stopped);
                return;
            }
            let scratch = &mut *self.scratches.own();
            chunk.expand(&self.space, scratch, words, first + index * CHUNK);
        });
        truncated.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a new state and adds it to its level, unless the limit of states is reached.
    fn append(&mut self, word: S::Word, from: (u32, u16), level: &mut Vec<S::Word>) -> Option<Truncation> {
        let max = self.limits.states_max.unwrap_or(usize::MAX).min(STATES_MAX);
        if self.parents.count() >= max {
            return Some(Truncation::States(max));
        }
        self.states += self.space.orbit_size(word);
        self.parents.push(from);
        level.push(word);
        None
    }

    /// Judges states that are not expanded, the first of which has the number `first`.
    fn judge(&mut self, words: &[S::Word], first: usize) -> Result<(), TooNarrow> {
        self.space.prepare(words)?;
        for (index, words) in words.chunks(ROUND).enumerate() {
            let judge = |words: &[S::Word]| -> Vec<StateFacts> {
                let scratch = &mut *self.scratches.own();
                words.iter().map(|word| self.space.judge(scratch, *word)).collect()
            };
            let facts: Vec<Vec<StateFacts>> = words.par_chunks(CHUNK).map(judge).collect();
            self.note(first + index * ROUND, &facts.concat(), words);
        }
        Ok(())
    }

    /// Records the facts of states, the first of which has the number `first`.
    fn note(&mut self, first: usize, facts: &[StateFacts], words: &[S::Word]) {
        for (index, (facts, word)) in facts.iter().zip(words).enumerate() {
            if facts.quiescent && !self.limits.skip_quiescent {
                self.quiescent.push(*word);
            }
            for (property, violation) in self.violations.iter_mut().enumerate() {
                if facts.violated & 1 << property != 0 && violation.is_none() {
                    *violation = u32::try_from(first + index).ok();
                }
            }
        }
    }

    /// Saves the newest level in the checkpoint, if there is one.
    fn save(&self, states: usize) -> Option<Truncation> {
        let checkpoint = self.limits.checkpoint?;
        let from = self.parents.from(self.parents.count() - states).collect();
        let level = Level { from, seen: self.coverage().reached().to_vec() };
        let added = checkpoint.add(self.depth + usize::from(states == 0), &level);
        added.err().map(|reason| Truncation::Unsaved(reason.kind()))
    }

    /// Reports the newest level as progress, unless it is empty.
    fn report_level(&self, frontier: usize) {
        if frontier > 0 {
            self.limits.report(usize::try_from(self.states).unwrap_or(usize::MAX), self.depth, frontier);
        }
    }

    fn coverage(&self) -> Coverage {
        let seen = self.scratches.all().map(|scratch| self.space.coverage(&scratch));
        seen.fold(self.seen_earlier.clone(), |all, one| all.with(&one))
    }

    fn finish(
        self,
        violations: [Option<Path<R::Choice>>; INVARIANTS_MAX],
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

    /// The path by which the state with this number was first reached.
    fn path_to(&mut self, number: u32) -> Result<Path<R::Choice>, TooNarrow> {
        let mut choices = Vec::new();
        let mut at = number;
        loop {
            let (parent, choice) = self.parents.of(at);
            if parent == at {
                break;
            }
            choices.push(choice);
            at = parent;
        }
        choices.reverse();
        self.path(self.initial[at as usize], choices)
    }

    /// The path of these choices from an initial state.
    fn path(&mut self, initial: S::Word, choices: Vec<u16>) -> Result<Path<R::Choice>, TooNarrow> {
        let scratch = &mut self.space.scratch();
        let mut word = initial;
        let initial = self.space.unpack(scratch, word);
        let mut state = initial.clone();
        let mut actions = Vec::new();
        for choice in choices {
            self.space.prepare(&[word])?;
            let action = self.rules.choices()[usize::from(self.space.choice_in_state(&state, word, choice))];
            let next = self.rules.occur(&state, &action);
            state = next.expect("the search took this choice from this state").state;
            actions.push(action);
            word = self
                .space
                .follow(scratch, word, choice)
                .expect("a choice that is possible in a state is possible in its word");
        }
        Ok(Path { initial, actions })
    }

    /// The quiescent states, permutations of mailboxes included.
    fn quiescent_states(&self) -> Vec<State> {
        let scratch = &mut self.space.scratch();
        let states = self.quiescent.iter().map(|word| self.space.unpack(scratch, *word));
        if !self.limits.symmetry {
            return states.collect();
        }
        states.flat_map(|state| permuted(&state)).collect()
    }
}
