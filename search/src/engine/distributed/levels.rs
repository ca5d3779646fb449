//! The first dataflow: everything that can be reached, level by level. The time of a record is the depth of its level.
//!
//! ```text
//!        ┌────────────── words, +1 ◄─────────────┐
//!        ▼ to whose they are                     │
//!      meet ─── what each has met, to all ───► expand
//!        ▲                                │
//!        └────────────── +1 ◄─────────────┘
//! ```
//! A level is complete when the frontier of `meet` has passed it. Each worker then tells all others how many of its states
//! were new and what it must know to expand them. When the frontier of `expand` has passed the level too, all have been told,
//! and each comes to the same conclusion: whether a limit is reached, or the search is over.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::generic::operator::Operator;
use timely::dataflow::operators::vec::Map;
use timely::dataflow::operators::{Capability, Concat, ConnectLoop, Exchange as _, Feedback, ToStream};
use timely::dataflow::{Scope, Stream};
use timely::worker::Worker;

use super::holding::{Holding, Met};
use super::parcel::Spread;
use super::{Depth, Level};

type Held<S> = Rc<RefCell<Holding<S>>>;

/// Searches until no worker finds anything new, or a limit is reached. Whoever listens hears of every level.
pub(super) fn search<S: Spread>(worker: &mut Worker, held: &Held<S>, heard: Rc<dyn Fn(Level)>) {
    worker.dataflow::<Depth, _, _>(|scope| {
        let (words_back, words) = scope.feedback(1);
        let (level_back, level) = scope.feedback(1);
        let first = Some(()).to_stream(scope).container::<Vec<()>>();
        let met = meet(words, level.concat(first), held).exchange(|met: &Met| met.to as u64);
        expand(scope, met.clone(), held, heard).connect_loop(words_back);
        met.map(|_| ()).connect_loop(level_back);
    });
    while worker.has_dataflows() {
        worker.step_or_park(None);
    }
}

/// Takes in the states that are this worker's own.
fn meet<'scope, S: Spread>(
    words: Stream<'scope, Depth, Vec<S::Parcel>>,
    levels: Stream<'scope, Depth, Vec<()>>,
    held: &Held<S>,
) -> Stream<'scope, Depth, Vec<Met>> {
    let held = Rc::clone(held);
    let whose = Exchange::new(|parcel: &S::Parcel| S::route(parcel));
    words.binary_frontier(levels, whose, Pipeline, "meet", |_, _| {
        // Levels that somebody has begun and that are not complete here.
        let mut begun: BTreeMap<Depth, Capability<Depth>> = BTreeMap::new();
        move |(words, words_frontier), (levels, levels_frontier), output| {
            words.for_each_stamp(|time, batches| {
                let Some(depth) = time.least() else { return };
                for batch in batches {
                    held.borrow_mut().meet(*depth, batch);
                    batch.clear();
                }
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
                if let Some(met) = held.borrow().met(*time.time()) {
                    output.session(&time).give_iterator(met);
                }
            }
        }
    })
}

/// Expands the levels that are complete, some states at a time, so that what they lead to is taken in meanwhile.
fn expand<'scope, S: Spread>(
    scope: Scope<'scope, Depth>,
    met: Stream<'scope, Depth, Vec<Met>>,
    held: &Held<S>,
    heard: Rc<dyn Fn(Level)>,
) -> Stream<'scope, Depth, Vec<S::Parcel>> {
    let held = Rc::clone(held);
    met.unary_frontier(Pipeline, "expand", move |_, info| {
        let again = scope.activator_for(info.address);
        let mut reported: BTreeMap<Depth, (Capability<Depth>, Vec<Met>)> = BTreeMap::new();
        let mut under_way: Option<Capability<Depth>> = None;
        move |(met, frontier), output| {
            met.for_each_stamp(|time, batches| {
                if let Some(time) = time.retain_least(output.output_index()) {
                    let (_, reported) = reported.entry(*time.time()).or_insert_with(|| (time, Vec::new()));
                    batches.for_each(|batch| reported.append(batch));
                }
            });
            if under_way.is_none()
                && let Some(level) = reported.first_entry()
                && !frontier.less_equal(level.key())
            {
                let (time, met) = level.remove();
                heard(held.borrow_mut().begin(*time.time(), met));
                under_way = Some(time);
            }
            if let Some(time) = &under_way {
                let mut session = output.session(time);
                if held.borrow_mut().expand(|parcel| session.give(parcel)) {
                    drop(session);
                    under_way = None;
                }
                again.activate();
            }
        }
    })
}
