//! The exact engine: breadth-first, one level after the other, over whole states. The first state found that breaks a
//! property is a nearest one, for every property in the same run, and the same one for any number of threads.
//!
//! The states of a level are expanded in their order, many at a time. What they lead to is offered to the states that are
//! known; of what is new the first stays, and stands in the next level where it was first found. So the order is that of a
//! search which takes one state after the other, and the trace that it finds first is the first in the order of the actions.

mod many;
mod parts;
mod single;
mod space;
mod visited;
mod word;

use std::sync::{Mutex, MutexGuard, PoisonError};

use itertools::Itertools;
use rayon::prelude::*;
use stranded_model::coverage::Coverage;
use stranded_model::id::{Id, MailboxId};
use stranded_model::property::Safety;
use stranded_model::state::{Account, State};
use stranded_model::table::Table;

use self::many::Many;
use self::single::Single;
use self::space::{Judged, Space, TooNarrow};
use self::visited::{Offer, Visited};
use self::word::Word;
use super::limits::{Cut, Limits};
use super::rules::Rules;
use super::{Path, Search};

/// How many states one thread takes at a time.
const CHUNK: usize = 1024;
/// How many times that are expanded before what they lead to is looked up.
const CHUNKS: usize = 64;

/// What a search found, whose choices may be more than actions.
pub(super) struct Found<C> {
    pub(super) states: usize,
    pub(super) representatives: usize,
    pub(super) depth: usize,
    pub(super) cut: Option<Cut>,
    pub(super) violations: [Option<Way<C>>; Safety::ALL.len()],
    pub(super) coverage: Coverage,
    pub(super) at_rest: Vec<State>,
    pub(super) defect: Option<String>,
}

/// A way through a world.
pub(super) struct Way<C> {
    pub(super) initial: State,
    pub(super) choices: Vec<C>,
}

pub(super) fn search_rules<R: Rules>(rules: &R, limits: &Limits<'_>) -> Search<R::Choice> {
    let found = search(rules, limits);
    Search {
        states: found.states,
        representatives: found.representatives,
        depth: found.depth,
        cut: found.cut,
        violations: found.violations.map(|way| way.map(|way| Path { initial: way.initial, actions: way.choices })),
        coverage: found.coverage,
        at_rest: found.at_rest,
        defect: found.defect,
    }
}

/// Searches all that can be reached under these rules. Where a number does not fit in the words, wider ones are taken.
pub(super) fn search<R: Rules>(rules: &R, limits: &Limits<'_>) -> Found<R::Choice> {
    let narrow = |TooNarrow| "a world has more different parts than a machine word can number".to_owned();
    let found = if rules.world().scenario.site.mailboxes == 1 {
        Searching::new(Single::new(rules), rules, limits).run()
    } else {
        let found = Searching::new(Many::<R, u64>::new(rules, limits.symmetry), rules, limits).run();
        match found {
            Ok(found) => Ok(found),
            Err(TooNarrow) => Searching::new(Many::<R, u128>::new(rules, limits.symmetry), rules, limits).run(),
        }
    };
    found.unwrap_or_else(|reason| Found::nothing(rules, narrow(reason)))
}

impl<C> Found<C> {
    fn nothing<R: Rules>(rules: &R, defect: String) -> Self {
        Self {
            states: 0,
            representatives: 0,
            depth: 0,
            cut: None,
            violations: std::array::from_fn(|_| None),
            coverage: Coverage::of(rules.world()),
            at_rest: Vec::new(),
            defect: Some(defect),
        }
    }
}

/// A search under way.
struct Searching<'a, R, S: Space> {
    space: S,
    rules: &'a R,
    limits: &'a Limits<'a>,
    scratches: Vec<Mutex<S::Scratch>>,
    visited: Visited<S::Word>,
    initial: Vec<S::Word>,
    /// For every state by its number, the one it was first reached from, and by which choice. Numbers follow the order.
    from: Vec<(u32, u16)>,
    states: u64,
    depth: usize,
    violations: [Option<u32>; Safety::ALL.len()],
    at_rest: Vec<S::Word>,
}

/// What one thread makes of some neighbouring states.
struct Chunk<W> {
    /// The place of the first of them in the level.
    first: usize,
    /// For each word that is offered, the state it comes from and the choice.
    edges: Vec<(u32, u16)>,
    offer: Offer<W>,
    judged: Vec<Judged>,
    /// The words that were new.
    added: Vec<(u32, W)>,
}

impl<'a, R: Rules, S: Space> Searching<'a, R, S> {
    fn new(space: S, rules: &'a R, limits: &'a Limits<'a>) -> Self {
        let scratches = (0..rayon::current_num_threads().max(1)).map(|_| Mutex::new(space.scratch())).collect();
        Self {
            space,
            rules,
            limits,
            scratches,
            visited: Visited::new(),
            initial: Vec::new(),
            from: Vec::new(),
            states: 0,
            depth: 0,
            violations: [None; Safety::ALL.len()],
            at_rest: Vec::new(),
        }
    }

    fn run(mut self) -> Result<Found<R::Choice>, TooNarrow> {
        let cut = match self.limits.reached() {
            Some(cut) => Some(cut),
            None => self.levels()?,
        };
        let mut violations = std::array::from_fn(|_| None);
        for (way, number) in violations.iter_mut().zip(self.violations) {
            *way = number.map(|number| self.way_to(number)).transpose()?;
        }
        let at_rest = self.at_rest_states();
        let scratches = self.scratches.into_iter();
        let scratches = scratches.map(|scratch| scratch.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        Ok(Found {
            states: usize::try_from(self.states).unwrap_or(usize::MAX),
            representatives: self.from.len(),
            depth: self.depth,
            cut,
            violations,
            coverage: self.space.coverage(scratches),
            at_rest,
            defect: None,
        })
    }

    /// Goes through level after level. The states that are found last, because the search is cut, are judged all the same.
    fn levels(&mut self) -> Result<Option<Cut>, TooNarrow> {
        let mut chunks: Vec<Chunk<S::Word>> = (0..CHUNKS).map(|_| Chunk::new()).collect();
        let (mut level, mut cut) = self.start()?;
        let mut first = 0;
        while !level.is_empty() {
            let mut next = Vec::new();
            let mut done = 0;
            while done < level.len() && cut.is_none() {
                let round = &level[done..level.len().min(done + CHUNK * CHUNKS)];
                cut = self.round(round, first + done, &mut next, &mut chunks)?;
                if cut.is_none() {
                    done += round.len();
                }
            }
            self.judge(&level[done..], first + done)?;
            first += level.len();
            level = next;
            self.depth += usize::from(!level.is_empty());
            self.limits.report(self.from.len(), self.depth, level.len());
            if cut.is_some() {
                self.judge(&level, first)?;
                break;
            }
        }
        Ok(cut)
    }

    /// The first level.
    fn start(&mut self) -> Result<(Vec<S::Word>, Option<Cut>), TooNarrow> {
        self.initial = self.space.initial()?;
        let mut offer = Offer::new();
        self.initial.iter().for_each(|word| offer.push(*word));
        self.visited.add(&[&offer]);
        let mut level = Vec::new();
        for number in 0..self.initial.len() {
            let itself = u32::try_from(number).map_err(|_| TooNarrow)?;
            if let Some(cut) = self.append(self.initial[number], (itself, 0), &mut level)? {
                return Ok((level, Some(cut)));
            }
        }
        Ok((level, None))
    }

    /// Counts a new state and puts it into its level, unless it is one too many.
    fn append(&mut self, word: S::Word, from: (u32, u16), level: &mut Vec<S::Word>) -> Result<Option<Cut>, TooNarrow> {
        let number = u32::try_from(self.from.len()).map_err(|_| TooNarrow)?;
        if let Some(max) = self.limits.states_max.filter(|max| number as usize >= *max) {
            return Ok(Some(Cut::States(max)));
        }
        self.states += self.space.stands_for(word);
        self.from.push(from);
        level.push(word);
        Ok(None)
    }

    /// Expands neighbouring states of a level, whose first has this number. What is new goes to the next level. If the search
    /// is cut before that, it is as if they had not been expanded.
    fn round(
        &mut self,
        words: &[S::Word],
        first: usize,
        next: &mut Vec<S::Word>,
        chunks: &mut [Chunk<S::Word>],
    ) -> Result<Option<Cut>, TooNarrow> {
        self.space.prepare(words)?;
        let chunks = &mut chunks[..words.len().div_ceil(CHUNK)];
        let cut = self.expand(words, first, chunks);
        if self.space.is_too_narrow() {
            return Err(TooNarrow);
        }
        if cut.is_some() {
            return Ok(cut);
        }
        for chunk in chunks.iter() {
            self.note(chunk.first, &chunk.judged, &words[chunk.first - first..]);
        }
        let offers: Vec<&Offer<S::Word>> = chunks.iter().map(|chunk| &chunk.offer).collect();
        if let Some(cut) = self.limits.memory_for(self.visited.growth(&offers)) {
            return Ok(Some(cut));
        }
        self.visited.add(&offers);
        let visited = &self.visited;
        chunks.par_iter_mut().enumerate().for_each(|(place, chunk)| visited.added(place, &mut chunk.added));
        let too_far = self.limits.depth_max.filter(|max| self.depth >= *max);
        for chunk in chunks {
            for (edge, word) in &chunk.added {
                if let Some(max) = too_far {
                    return Ok(Some(Cut::Depth(max)));
                }
                let from = chunk.edges[*edge as usize];
                if let Some(cut) = self.append(*word, from, next)? {
                    return Ok(Some(cut));
                }
            }
        }
        Ok(None)
    }

    fn expand(&self, words: &[S::Word], first: usize, chunks: &mut [Chunk<S::Word>]) -> Option<Cut> {
        let cut = Mutex::new(None);
        chunks.par_iter_mut().zip(words.par_chunks(CHUNK)).enumerate().for_each(|(place, (chunk, words))| {
            if let Some(reached) = self.limits.reached() {
                *cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(reached);
                return;
            }
            let scratch = &mut *self.scratch();
            chunk.expand(&self.space, scratch, words, first + place * CHUNK);
        });
        cut.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread that asks keeps for itself.
    fn scratch(&self) -> MutexGuard<'_, S::Scratch> {
        let thread = rayon::current_thread_index().unwrap_or(0) % self.scratches.len();
        self.scratches[thread].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges states that are not expanded.
    fn judge(&mut self, words: &[S::Word], first: usize) -> Result<(), TooNarrow> {
        for (place, words) in words.chunks(CHUNK).enumerate() {
            self.space.prepare(words)?;
            let judged: Vec<Judged> = {
                let scratch = &mut *self.scratch();
                words.iter().map(|word| self.space.expand(scratch, *word, &mut |_, _| {})).collect()
            };
            self.note(first + place * CHUNK, &judged, words);
        }
        Ok(())
    }

    /// Takes note of what was said of states, the first of which has this number.
    fn note(&mut self, first: usize, judged: &[Judged], words: &[S::Word]) {
        for (place, (judged, word)) in judged.iter().zip(words).enumerate() {
            if judged.at_rest {
                self.at_rest.push(*word);
            }
            for (property, violation) in self.violations.iter_mut().enumerate() {
                if judged.violated & 1 << property != 0 && violation.is_none() {
                    *violation = u32::try_from(first + place).ok();
                }
            }
        }
    }

    /// The way to the state of this number, with the names that things have on it.
    fn way_to(&mut self, number: u32) -> Result<Way<R::Choice>, TooNarrow> {
        let mut taken = Vec::new();
        let mut at = number;
        while self.from[at as usize].0 != at {
            let (before, choice) = self.from[at as usize];
            taken.push(choice);
            at = before;
        }
        let scratch = &mut self.space.scratch();
        let mut word = self.initial[at as usize];
        let initial = self.space.unpack(scratch, word);
        let mut state = initial.clone();
        let mut choices = Vec::new();
        for wanted in taken.into_iter().rev() {
            self.space.prepare(&[word])?;
            let choice = self.space.in_state(&state, word, wanted);
            let choice = self.rules.choices()[usize::from(choice)];
            let next = self.rules.occur(&state, &choice);
            state = next.expect("a state is reached from the one before it by this choice").state;
            choices.push(choice);
            let mut next = word;
            self.space.expand(scratch, word, &mut |choice, found| {
                if choice == wanted {
                    next = found;
                }
            });
            word = next;
        }
        Ok(Way { initial, choices })
    }

    /// The states in which every mailbox is at rest, those that differ by an exchange of mailboxes included.
    fn at_rest_states(&self) -> Vec<State> {
        let scratch = &mut self.space.scratch();
        let states = self.at_rest.iter().map(|word| self.space.unpack(scratch, *word));
        if !self.limits.symmetry {
            return states.collect();
        }
        states.flat_map(|state| exchanged(&state)).collect()
    }
}

/// A state, and every other that differs from it only by an exchange of mailboxes.
fn exchanged(state: &State) -> Vec<State> {
    let accounts: Vec<&Account> = state.accounts.values().collect();
    let orders = accounts.iter().copied().permutations(accounts.len()).unique();
    let ordered = |order: Vec<&Account>| State {
        accounts: Table::of(order.len(), |mailbox: MailboxId| order[mailbox.index()].clone()),
        shared: state.shared.clone(),
    };
    orders.map(ordered).collect()
}

impl<W: Word> Chunk<W> {
    fn new() -> Self {
        Self { first: 0, edges: Vec::new(), offer: Offer::new(), judged: Vec::new(), added: Vec::new() }
    }

    fn expand<S: Space<Word = W>>(&mut self, space: &S, scratch: &mut S::Scratch, words: &[W], first: usize) {
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
