//! The first dataflow: finds all reachable states, level by level. The time of a record is the depth of its level.
//!
//! ```text
//!        ┌─────────── states, +1 ◄──────────┐
//!        ▼ to their owners                  │
//!     receive ─── summaries, to all ───► expand
//!        ▲                           │
//!        └─────────── +1 ◄───────────┘
//! ```
//! A level is complete when the frontier of `receive` has passed it. Each worker then sends all others a summary: the
//! number of its new states, and the pairs that must be known to expand them. When the frontier of `expand` has passed
//! the level too, all summaries have arrived, and all workers decide the same: a limit is reached, the search is over,
//! or the level is expanded.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::generic::operator::Operator;
use timely::dataflow::operators::vec::Map;
use timely::dataflow::operators::{Capability, Concat, ConnectLoop, Exchange as _, Feedback, ToStream};
use timely::dataflow::{Scope, Stream};
use timely::worker::Worker;

use super::transfer::Distributed;
use super::worker_states::{LevelSummary, WorkerStates};
use super::{Depth, Level};

type Held<S> = Rc<RefCell<WorkerStates<S>>>;

/// Searches until no worker finds a new state or a limit is reached. Each completed level is passed to `on_level`.
pub(super) fn search<S: Distributed>(worker: &mut Worker, states: &Held<S>, on_level: Rc<dyn Fn(Level)>) {
    worker.dataflow::<Depth, _, _>(|scope| {
        let (words_back, words) = scope.feedback(1);
        let (level_back, level) = scope.feedback(1);
        let first = Some(()).to_stream(scope).container::<Vec<()>>();
        let summaries =
            receive(words, level.concat(first), states).exchange(|summaries: &LevelSummary| summaries.to as u64);
        expand(scope, summaries.clone(), states, on_level).connect_loop(words_back);
        summaries.map(|_| ()).connect_loop(level_back);
    });
    while worker.has_dataflows() {
        worker.step_or_park(None);
    }
}

/// Receives the states that this worker owns.
fn receive<'scope, S: Distributed>(
    words: Stream<'scope, Depth, Vec<S::Letter>>,
    levels: Stream<'scope, Depth, Vec<()>>,
    states: &Held<S>,
) -> Stream<'scope, Depth, Vec<LevelSummary>> {
    let states = Rc::clone(states);
    let owner = Exchange::new(|letter: &S::Letter| S::receiver(letter));
    words.binary_frontier(levels, owner, Pipeline, "receive", |_, _| {
        // Levels that some worker has begun and that are not complete here.
        let mut begun: BTreeMap<Depth, Capability<Depth>> = BTreeMap::new();
        move |(words, words_frontier), (levels, levels_frontier), output| {
            // In the order of arrival, which `for_each_stamp` would change.
            words.for_each(|time, batch| {
                let Some(depth) = time.least() else { return };
                states.borrow_mut().receive(*depth, batch);
                batch.clear();
            });
            levels.for_each_stamp(|time, batches| {
                batches.for_each(Vec::clear);
                if let Some(time) = time.retain_least(output.output_index()) {
                    begun.entry(*time.time()).or_insert(time);
                }
            });
            while let Some(level) = begun.first_entry() {
                if words_frontier.less_equal(level.key()) || levels_frontier.less_equal(level.key()) {
                    break;
                }
                let time = level.remove();
                if let Some(summaries) = states.borrow().summaries(*time.time()) {
                    output.session(&time).give_iterator(summaries);
                }
            }
        }
    })
}

/// Expands the complete levels, some states at a time, so that successors are received in between.
fn expand<'scope, S: Distributed>(
    scope: Scope<'scope, Depth>,
    summaries: Stream<'scope, Depth, Vec<LevelSummary>>,
    states: &Held<S>,
    on_level: Rc<dyn Fn(Level)>,
) -> Stream<'scope, Depth, Vec<S::Letter>> {
    let states = Rc::clone(states);
    summaries.unary_frontier(Pipeline, "expand", move |_, info| {
        let again = scope.activator_for(info.address);
        let mut by_level: BTreeMap<Depth, (Capability<Depth>, Vec<LevelSummary>)> = BTreeMap::new();
        let mut under_way: Option<Capability<Depth>> = None;
        move |(summaries, frontier), output| {
            summaries.for_each_stamp(|time, batches| {
                if let Some(time) = time.retain_least(output.output_index()) {
                    let (_, of_level) = by_level.entry(*time.time()).or_insert_with(|| (time, Vec::new()));
                    batches.for_each(|batch| of_level.append(batch));
                }
            });
            if under_way.is_none()
                && let Some(level) = by_level.first_entry()
                && !frontier.less_equal(level.key())
            {
                let (time, summaries) = level.remove();
                on_level(states.borrow_mut().begin(*time.time(), summaries));
                under_way = Some(time);
            }
            if let Some(time) = &under_way {
                let mut session = output.session(time);
                if states.borrow_mut().expand(|letter| session.give(letter)) {
                    drop(session);
                    under_way = None;
                }
                again.activate();
            }
        }
    })
}
