//! One search, as one worker does it.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stranded_model::World;
use stranded_model::coverage::Coverage;
use stranded_model::property::Safety;
use stranded_model::state::State;
use timely::worker::Worker;

use super::back::{self, Back};
use super::holding::{Holding, Seat};
use super::parcel::Spread;
use super::{Depth, Job, Level, gather, levels};
use crate::engine::Search;
use crate::engine::exact::many::Many;
use crate::engine::exact::path::permuted;
use crate::engine::exact::single::Single;
use crate::engine::exact::space::TooNarrow;
use crate::engine::limits::Truncation;
use crate::engine::rules::Rules;

/// What a worker says when its part of the search is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Report<P> {
    /// States that it holds, those included that differ from one of them only by an exchange of mailboxes.
    states: u64,
    frontier: usize,
    violations: [Option<Depth>; Safety::ALL.len()],
    /// What it saw happen.
    seen: Vec<bool>,
    /// Its states in which every mailbox is at rest; only the first worker of a process asks for them.
    quiescent: Vec<P>,
    is_too_narrow: bool,
    is_foreign: bool,
    /// What its rules could not say.
    unsaid: Option<Truncation>,
}

/// What a worker has done.
pub(super) struct Done {
    /// How many states it held.
    pub(super) held: usize,
    /// What all have found, a [`Search`]; the first worker of a process says it.
    pub(super) search: Option<Box<dyn Any + Send>>,
}

/// A search of anything.
pub(super) trait Work: Send + Sync {
    /// Does a worker's part of it.
    fn search(&self, worker: &mut Worker, of_process: usize, heard: Box<dyn Fn(Level)>) -> Done;
}

impl<R: Rules + 'static> Work for Job<R> {
    fn search(&self, worker: &mut Worker, of_process: usize, heard: Box<dyn Fn(Level)>) -> Done {
        search(worker, self, of_process, &Rc::from(heard))
    }
}

/// Does its part of a search. Where a number does not fit in the words, wider ones are taken, by all workers alike.
fn search<R: Rules + 'static>(worker: &mut Worker, job: &Job<R>, of_process: usize, heard: &Rc<dyn Fn(Level)>) -> Done {
    let rules = || Arc::clone(&job.rules);
    let symmetry = job.limits.symmetry;
    let done = if job.rules.world().scenario.site.mailboxes == 1 {
        run(worker, job, of_process, Single::new(rules()), heard)
    } else {
        let narrow = Many::<_, u64>::new(rules(), symmetry);
        run(worker, job, of_process, narrow, heard)
            .or_else(|TooNarrow| run(worker, job, of_process, Many::<_, u128>::new(rules(), symmetry), heard))
    };
    done.unwrap_or_else(|TooNarrow| {
        let defect = "a world has more different parts than a machine word can number".to_owned();
        let nothing = Search::<R::Choice> { defect: Some(defect), ..Search::nothing(job.rules.world()) };
        Done { held: 0, search: Some(Box::new(nothing)) }
    })
}

fn run<R: Rules + 'static, S: Spread>(
    worker: &mut Worker,
    job: &Job<R>,
    of_process: usize,
    space: S,
    heard: &Rc<dyn Fn(Level)>,
) -> Result<Done, TooNarrow> {
    let seat = Seat { index: worker.index(), peers: worker.peers() };
    let stops = (job.truncated, Arc::clone(&job.interrupted));
    let held = Rc::new(RefCell::new(Holding::new(space, seat, job.number, job.limits, stops)?));
    levels::search(worker, &held, Rc::clone(heard));
    let is_first = |index: usize| index.is_multiple_of(of_process);
    let reports = gather::reported(worker, |to| held.borrow_mut().report(is_first(to), job.rules.unsaid()));
    if reports.iter().any(|report| report.is_too_narrow) {
        return Err(TooNarrow);
    }
    let least = std::array::from_fn(|property| reports.iter().filter_map(|report| report.violations[property]).min());
    let back = back::mark(worker, &held, least);
    let held = &mut *held.borrow_mut();
    let search = is_first(seat.index).then(|| Box::new(found(job, held, &reports, &back)) as Box<dyn Any + Send>);
    Ok(Done { held: held.levels.iter().map(Vec::len).sum(), search })
}

/// What all workers together have found.
fn found<R: Rules + 'static, S: Spread>(
    job: &Job<R>,
    held: &mut Holding<S>,
    reports: &[Report<S::Parcel>],
    back: &Back<S>,
) -> Search<R::Choice> {
    let rules = &*job.rules;
    let world: &World = rules.world();
    let mut coverage = Coverage::of(world);
    reports.iter().for_each(|report| coverage.note_reached(&report.seen));
    let is_foreign = reports.iter().any(|report| report.is_foreign);
    let states: u64 = reports.iter().map(|report| report.states).sum();
    Search {
        states: usize::try_from(states).unwrap_or(usize::MAX),
        representatives: held.total,
        frontier: reports.iter().map(|report| report.frontier).sum(),
        depth: held.depth,
        truncated: held.truncated.or_else(|| reports.iter().find_map(|report| report.unsaid)),
        violations: Safety::ALL.map(|property| back.path_to(property, held, rules)),
        coverage,
        quiescent: quiescent(job.limits.symmetry, held, reports),
        defect: is_foreign.then(|| "the processes do not search the same world".to_owned()),
    }
}

/// The states in which every mailbox is at rest, those that differ by an exchange of mailboxes included.
fn quiescent<S: Spread>(symmetry: bool, held: &mut Holding<S>, reports: &[Report<S::Parcel>]) -> Vec<State> {
    let Holding { space, scratch, .. } = held;
    let mut states: Vec<State> = Vec::new();
    for parcel in reports.iter().flat_map(|report| &report.quiescent) {
        let word = space.received(scratch, parcel);
        let state = space.unpack(scratch, word);
        states.extend(if symmetry { permuted(&state) } else { vec![state] });
    }
    states.sort();
    states
}

impl<S: Spread> Holding<S> {
    fn report(&mut self, with_states: bool, unsaid: Option<Truncation>) -> Report<S::Parcel> {
        let Self { space, scratch, quiescent, .. } = self;
        let asked_for: &[S::Word] = if with_states { quiescent } else { &[] };
        Report {
            states: self.levels.iter().flatten().map(|word| space.stands_for(*word)).sum(),
            frontier: self.frontier,
            violations: self.violations,
            seen: space.coverage(scratch).reached().to_vec(),
            quiescent: asked_for.iter().map(|word| space.packed(scratch, *word)).collect(),
            is_too_narrow: self.is_too_narrow || space.is_too_narrow(),
            is_foreign: self.is_foreign,
            unsaid,
        }
    }
}
