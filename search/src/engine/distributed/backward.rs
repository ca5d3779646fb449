//! The second dataflow: marks the shortest paths, from the violations back to the start. The time of a record is its
//! distance, in levels, from the deepest of the nearest violations.
//!
//! Each worker marks those of its states on a level that lead to a marked state of the next level, and sends the
//! marks to all workers. The reported path starts at the first marked initial state and takes the first choice that
//! leads to a marked state. So it is the first of all shortest paths, with any distribution of the states.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use stranded_model::property::{INVARIANTS_MAX, InvariantBits};
use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::generic::operator::Operator;
use timely::dataflow::operators::{Capability, ConnectLoop, Feedback, ToStream};
use timely::worker::Worker;

use super::Depth;
use super::transfer::Distributed;
use super::worker_states::WorkerStates;
use crate::engine::Path;
use crate::engine::rules::Rules;

/// For each marked state, a bit for each property whose violation it leads to.
type Marks<W> = FxHashMap<W, InvariantBits>;
/// A mark on its way: the receiver, the state, and a bit for each property.
type Marked<P> = (usize, P, InvariantBits);

/// The states on shortest paths to violations, for every level.
pub(super) struct ShortestPaths<S: Distributed> {
    least_depths: [Option<Depth>; INVARIANTS_MAX],
    levels: Vec<Marks<S::Word>>,
}

/// Marks the levels, given for each property the least depth at which any worker found a violation.
pub(super) fn mark<S: Distributed>(
    worker: &mut Worker,
    states: &Rc<RefCell<WorkerStates<S>>>,
    least_depths: [Option<Depth>; INVARIANTS_MAX],
) -> ShortestPaths<S> {
    let Some(deepest) = least_depths.iter().flatten().max().copied() else {
        return ShortestPaths { least_depths, levels: Vec::new() };
    };
    let peers = worker.peers();
    let marks: Rc<RefCell<Vec<Marks<S::Word>>>> = Rc::default();
    marks.borrow_mut().resize_with(deepest as usize + 2, Marks::default);
    let (marks_here, states) = (Rc::clone(&marks), Rc::clone(states));
    worker.dataflow::<Depth, _, _>(|scope| {
        let (backward, marked) = scope.feedback::<Vec<Marked<S::SentState>>>(1);
        let first = Some(()).to_stream(scope).container::<Vec<()>>();
        let to_receiver = Exchange::new(|(to, _, _): &Marked<S::SentState>| *to as u64);
        let marked = marked.binary_frontier(first, to_receiver, Pipeline, "mark", move |_, _| {
            let mut pending: BTreeMap<Depth, Capability<Depth>> = BTreeMap::new();
            move |(marked, frontier), (first, first_frontier), output| {
                marked.for_each_stamp(|time, batches| {
                    let Some(time) = time.retain_least(output.output_index()) else { return };
                    let level = (deepest + 1 - *time.time()) as usize;
                    batches.for_each(|batch| store_marks(&states, &mut marks_here.borrow_mut()[level], batch));
                    pending.entry(*time.time()).or_insert(time);
                });
                first.for_each_stamp(|time, _| {
                    pending.extend(time.retain_least(output.output_index()).map(|time| (*time.time(), time)));
                });
                while let Some(level) = pending.first_entry() {
                    if frontier.less_equal(level.key()) || first_frontier.less_equal(level.key()) {
                        break;
                    }
                    let time = level.remove();
                    let Some(level) = deepest.checked_sub(*time.time()) else { continue };
                    let found = newly_marked(
                        &mut states.borrow_mut(),
                        level,
                        least_depths,
                        &marks_here.borrow()[level as usize + 1],
                    );
                    let mut session = output.session(&time);
                    for (sent, bits) in &found {
                        session.give_iterator((0..peers).map(|to| (to, sent.clone(), *bits)));
                    }
                }
            }
        });
        marked.connect_loop(backward);
    });
    while worker.has_dataflows() {
        worker.step_or_park(None);
    }
    ShortestPaths { least_depths, levels: marks.take() }
}

/// Stores the marks that all workers found on a level.
fn store_marks<S: Distributed>(
    states: &RefCell<WorkerStates<S>>,
    marks: &mut Marks<S::Word>,
    found: &mut Vec<Marked<S::SentState>>,
) {
    let WorkerStates { space, scratch, .. } = &mut *states.borrow_mut();
    marks.extend(found.drain(..).map(|(_, sent, bits)| (space.received(scratch, &sent), bits)));
}

/// Returns this worker's states on a level that violate a property there or lead to a marked state of the next level.
fn newly_marked<S: Distributed>(
    states: &mut WorkerStates<S>,
    level: Depth,
    least_depths: [Option<Depth>; INVARIANTS_MAX],
    next: &Marks<S::Word>,
) -> Vec<(S::SentState, InvariantBits)> {
    let broken_here =
        (0..).zip(least_depths).filter(|(_, depth)| *depth == Some(level)).fold(0, |all, (bit, _)| all | 1 << bit);
    let WorkerStates { space, scratch, levels, .. } = states;
    let mut found = Vec::new();
    for word in levels.get(level as usize).into_iter().flatten() {
        let mut bits = 0;
        let facts = space.expand(scratch, *word, &mut |_, to| bits |= next.get(&to).copied().unwrap_or(0));
        bits |= facts.violated & broken_here;
        if bits != 0 {
            found.push((space.packed(scratch, *word), bits));
        }
    }
    found
}

impl<S: Distributed> ShortestPaths<S> {
    /// Returns the first of the shortest paths to a violation of the invariant with this index, if there is any.
    pub(super) fn path_to<R: Rules>(
        &self,
        property: usize,
        states: &mut WorkerStates<S>,
        rules: &R,
    ) -> Option<Path<R::Choice>> {
        let depth = self.least_depths[property]?;
        let WorkerStates { space, scratch, initial, .. } = states;
        let is_marked =
            |level: usize, word: &S::Word| self.levels[level].get(word).is_some_and(|bits| bits & 1 << property != 0);
        let mut word = *initial.iter().find(|word| is_marked(0, word))?;
        let start = space.unpack(scratch, word);
        let mut state = start.clone();
        let mut actions = Vec::new();
        for level in 1..=depth as usize {
            let mut taken = None;
            space.expand(scratch, word, &mut |choice, next| {
                if taken.is_none() && is_marked(level, &next) {
                    taken = Some((choice, next));
                }
            });
            let (choice, next) = taken.expect("a marked state leads to a marked state");
            let choice = rules.choices()[usize::from(space.choice_in_state(&state, word, choice))];
            let occurred = rules.occur(&state, &choice);
            state = occurred.expect("a choice is possible in every state that a word represents").state;
            actions.push(choice);
            word = next;
        }
        Some(Path { initial: start, actions })
    }
}
