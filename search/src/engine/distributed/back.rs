//! The second dataflow: from the broken properties back to the start. The time of a record is how many levels it is above the
//! deepest of the nearest states that break one.
//!
//! Each worker marks which of its states on a level lead to a marked state of the next, and tells all others. The way that
//! is reported starts at the first initial state that is marked, and takes the first choice that leads on to a marked one: of
//! all shortest ways the first, whoever holds its states.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use stranded_model::property::Safety;
use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::generic::operator::Operator;
use timely::dataflow::operators::{Capability, ConnectLoop, Feedback, ToStream};
use timely::worker::Worker;

use super::Depth;
use super::holding::Holding;
use super::parcel::Spread;
use crate::engine::Path;
use crate::engine::rules::Rules;

/// A bit for each property that is broken where the marked state leads to.
type Marks<W> = FxHashMap<W, u8>;
/// A marked state, and who is told.
type Marked<P> = (usize, P, u8);

/// Which states lead to a broken property in as few steps as possible, for every level.
pub(super) struct Back<S: Spread> {
    least: [Option<Depth>; Safety::ALL.len()],
    levels: Vec<Marks<S::Word>>,
}

/// Marks the levels, given for each property the least depth at which any worker found it broken.
pub(super) fn mark<S: Spread>(
    worker: &mut Worker,
    held: &Rc<RefCell<Holding<S>>>,
    least: [Option<Depth>; Safety::ALL.len()],
) -> Back<S> {
    let Some(deepest) = least.iter().flatten().max().copied() else { return Back { least, levels: Vec::new() } };
    let peers = worker.peers();
    let marks: Rc<RefCell<Vec<Marks<S::Word>>>> = Rc::default();
    marks.borrow_mut().resize_with(deepest as usize + 2, Marks::default);
    let (marking, held) = (Rc::clone(&marks), Rc::clone(held));
    worker.dataflow::<Depth, _, _>(|scope| {
        let (back, marked) = scope.feedback::<Vec<Marked<S::Parcel>>>(1);
        let first = Some(()).to_stream(scope).container::<Vec<()>>();
        let reported = Exchange::new(|(to, _, _): &Marked<S::Parcel>| *to as u64);
        let marked = marked.binary_frontier(first, reported, Pipeline, "mark", move |_, _| {
            let mut pending: BTreeMap<Depth, Capability<Depth>> = BTreeMap::new();
            move |(marked, frontier), (first, first_frontier), output| {
                marked.for_each_stamp(|time, batches| {
                    let Some(time) = time.retain_least(output.output_index()) else { return };
                    let level = (deepest + 1 - *time.time()) as usize;
                    batches.for_each(|batch| keep(&held, &mut marking.borrow_mut()[level], batch));
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
                    let found = leading(&mut held.borrow_mut(), level, least, &marking.borrow()[level as usize + 1]);
                    let mut session = output.session(&time);
                    for (parcel, bits) in &found {
                        session.give_iterator((0..peers).map(|to| (to, parcel.clone(), *bits)));
                    }
                }
            }
        });
        marked.connect_loop(back);
    });
    while worker.has_dataflows() {
        worker.step_or_park(None);
    }
    Back { least, levels: marks.take() }
}

/// Keeps the marks that all workers have found on a level.
fn keep<S: Spread>(held: &RefCell<Holding<S>>, marks: &mut Marks<S::Word>, found: &mut Vec<Marked<S::Parcel>>) {
    let Holding { space, scratch, .. } = &mut *held.borrow_mut();
    marks.extend(found.drain(..).map(|(_, parcel, bits)| (space.received(scratch, &parcel), bits)));
}

/// The states of this worker on a level that break a property there, or lead to a marked one on the next.
fn leading<S: Spread>(
    held: &mut Holding<S>,
    level: Depth,
    least: [Option<Depth>; Safety::ALL.len()],
    next: &Marks<S::Word>,
) -> Vec<(S::Parcel, u8)> {
    let broken_here =
        (0..).zip(least).filter(|(_, depth)| *depth == Some(level)).fold(0, |all, (bit, _)| all | 1 << bit);
    let Holding { space, scratch, levels, .. } = held;
    let mut found = Vec::new();
    for word in levels.get(level as usize).into_iter().flatten() {
        let mut bits = 0;
        let judged = space.expand(scratch, *word, &mut |_, to| bits |= next.get(&to).copied().unwrap_or(0));
        bits |= judged.violated & broken_here;
        if bits != 0 {
            found.push((space.packed(scratch, *word), bits));
        }
    }
    found
}

impl<S: Spread> Back<S> {
    /// The first of the shortest ways to a state in which the property is broken, if there is any.
    pub(super) fn path_to<R: Rules>(
        &self,
        property: Safety,
        held: &mut Holding<S>,
        rules: &R,
    ) -> Option<Path<R::Choice>> {
        let depth = self.least[property as usize]?;
        let Holding { space, scratch, initial, .. } = held;
        let is_marked = |level: usize, word: &S::Word| {
            self.levels[level].get(word).is_some_and(|bits| bits & 1 << property as usize != 0)
        };
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
            let (choice, next) = taken.expect("a marked state leads to a marked one");
            let choice = rules.choices()[usize::from(space.in_state(&state, word, choice))];
            let occurred = rules.occur(&state, &choice);
            state = occurred.expect("a choice is possible in every state that a word stands for").state;
            actions.push(choice);
            word = next;
        }
        Some(Path { initial: start, actions })
    }
}
