//! One search from a worker's view.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stranded_model::World;
use stranded_model::coverage::Coverage;
use stranded_model::property::INVARIANTS_MAX;
use stranded_model::state::State;
use timely::worker::Worker;

use super::backward::{self, ShortestPaths};
use super::transfer::Distributed;
use super::worker_states::{WorkerIndex, WorkerStates};
use super::{Depth, Job, Level, all_to_all, forward};
use crate::engine::Search;
use crate::engine::exact::OneMailbox;
use crate::engine::exact::SeveralMailboxes;
use crate::engine::exact::TooNarrow;
use crate::engine::exact::permuted;
use crate::engine::limits::Truncation;
use crate::engine::rules::Rules;

/// A worker's report to all others at the end of the search.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Report<P> {
    /// The number of states that it holds, permutations of mailboxes included.
    states: u64,
    frontier: usize,
    violations: [Option<Depth>; INVARIANTS_MAX],
    /// The coverage that it has seen.
    seen: Vec<bool>,
    /// Its quiescent states. Only the first worker of each process receives them.
    quiescent: Vec<P>,
    is_too_narrow: bool,
    is_other_search: bool,
    /// The reason why its rules leave the search incomplete, if any.
    incomplete: Option<Truncation>,
}

/// The result of a worker's part.
pub(super) struct WorkerResult {
    /// The number of states that it held.
    pub(super) held: usize,
    /// The result of the whole search, a [`Search`]. Only the first worker of a process returns it.
    pub(super) search: Option<Box<dyn Any + Send>>,
}

/// A search with any rules.
pub(super) trait AnyJob: Send + Sync {
    /// Runs a worker's part of the search.
    fn search(&self, worker: &mut Worker, workers_here: usize, on_level: Box<dyn Fn(Level)>) -> WorkerResult;
}

impl<R: Rules + 'static> AnyJob for Job<R> {
    fn search(&self, worker: &mut Worker, workers_here: usize, on_level: Box<dyn Fn(Level)>) -> WorkerResult {
        search(worker, self, workers_here, &Rc::from(on_level))
    }
}

/// Runs a worker's part of a search. If the parts of a state do not fit into narrow words, all workers repeat the
/// search with wider ones.
fn search<R: Rules + 'static>(
    worker: &mut Worker,
    job: &Job<R>,
    workers_here: usize,
    on_level: &Rc<dyn Fn(Level)>,
) -> WorkerResult {
    let rules = || Arc::clone(&job.rules);
    let symmetry = job.limits.symmetry;
    let done = if job.rules.world().scenario.site.mailboxes == 1 {
        // Each worker numbers the parts of its own states, so no worker may find alone that narrow words are too narrow.
        run(worker, job, workers_here, OneMailbox::<_, u128>::new(rules()), on_level)
    } else {
        let narrow = SeveralMailboxes::<_, u64>::new(rules(), symmetry);
        run(worker, job, workers_here, narrow, on_level).or_else(|TooNarrow| {
            run(worker, job, workers_here, SeveralMailboxes::<_, u128>::new(rules(), symmetry), on_level)
        })
    };
    done.unwrap_or_else(|TooNarrow| {
        let defect = "a world has more different parts than a machine word can number".to_owned();
        let nothing = Search::<R::Choice> { defect: Some(defect), ..Search::nothing(job.rules.world()) };
        WorkerResult { held: 0, search: Some(Box::new(nothing)) }
    })
}

fn run<R: Rules + 'static, S: Distributed>(
    worker: &mut Worker,
    job: &Job<R>,
    workers_here: usize,
    space: S,
    on_level: &Rc<dyn Fn(Level)>,
) -> Result<WorkerResult, TooNarrow> {
    let worker_index = WorkerIndex { index: worker.index(), peers: worker.peers() };
    let stops = (job.truncated, Arc::clone(&job.interrupted));
    let held = Rc::new(RefCell::new(WorkerStates::new(space, worker_index, job.number, job.limits, stops)?));
    forward::search(worker, &held, Rc::clone(on_level));
    let is_first = |index: usize| index.is_multiple_of(workers_here);
    let reports = all_to_all::all_to_all(worker, |to| held.borrow_mut().report(is_first(to), job.rules.incomplete()));
    if reports.iter().any(|report| report.is_too_narrow) {
        return Err(TooNarrow);
    }
    let least_depths =
        std::array::from_fn(|property| reports.iter().filter_map(|report| report.violations[property]).min());
    let backward = backward::mark(worker, &held, least_depths);
    let held = &mut *held.borrow_mut();
    let search =
        is_first(worker_index.index).then(|| Box::new(combine(job, held, &reports, &backward)) as Box<dyn Any + Send>);
    Ok(WorkerResult { held: held.levels.iter().map(Vec::len).sum(), search })
}

/// Combines the reports of all workers.
fn combine<R: Rules + 'static, S: Distributed>(
    job: &Job<R>,
    held: &mut WorkerStates<S>,
    reports: &[Report<S::SentState>],
    backward: &ShortestPaths<S>,
) -> Search<R::Choice> {
    let rules = &*job.rules;
    let world: &World = rules.world();
    let mut coverage = Coverage::of(world);
    reports.iter().for_each(|report| coverage.note_reached(&report.seen));
    let is_other_search = reports.iter().any(|report| report.is_other_search);
    let states: u64 = reports.iter().map(|report| report.states).sum();
    Search {
        states: usize::try_from(states).unwrap_or(usize::MAX),
        representatives: held.total,
        frontier: reports.iter().map(|report| report.frontier).sum(),
        depth: held.depth,
        truncated: held.truncated.or_else(|| reports.iter().find_map(|report| report.incomplete)),
        violations: std::array::from_fn(|property| backward.path_to(property, held, rules)),
        coverage,
        quiescent: quiescent(job.limits.symmetry, held, reports),
        defect: is_other_search.then(|| "the processes do not search the same world".to_owned()),
    }
}

/// The quiescent states, permutations of mailboxes included.
fn quiescent<S: Distributed>(
    symmetry: bool,
    held: &mut WorkerStates<S>,
    reports: &[Report<S::SentState>],
) -> Vec<State> {
    let WorkerStates { space, scratch, .. } = held;
    let mut states: Vec<State> = Vec::new();
    for sent in reports.iter().flat_map(|report| &report.quiescent) {
        let word = space.received(scratch, sent);
        let state = space.unpack(scratch, word);
        states.extend(if symmetry { permuted(&state) } else { vec![state] });
    }
    states.sort();
    states
}

impl<S: Distributed> WorkerStates<S> {
    fn report(&mut self, with_states: bool, incomplete: Option<Truncation>) -> Report<S::SentState> {
        let Self { space, scratch, quiescent, .. } = self;
        let words: &[S::Word] = if with_states { quiescent } else { &[] };
        Report {
            states: self.levels.iter().flatten().map(|word| space.orbit_size(*word)).sum(),
            frontier: self.frontier,
            violations: self.violations,
            seen: space.coverage(scratch).reached().to_vec(),
            quiescent: words.iter().map(|word| space.packed(scratch, *word)).collect(),
            is_too_narrow: self.is_too_narrow || space.is_too_narrow(),
            is_other_search: self.is_other_search,
            incomplete,
        }
    }
}
