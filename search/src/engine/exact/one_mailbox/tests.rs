//! Tests of remembered answers: they are those of the model.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;
use stranded_model::World;
use stranded_model::assumption::Assumptions;
use stranded_model::counter_abstraction::CounterAbstraction;

use super::{AnswerTables, OneMailbox};
use crate::check;
use crate::engine::exact::packed::StateSpace;
use crate::engine::rules::Rules;
use crate::engine::{Engine, Limits};
use crate::scenario::load_scenario;

/// Scenarios with faults: two administrators, messages in any order, late requests, empty stores, journals, a predecessor.
const SCENARIOS: [&str; 8] = [
    "append-repair-faults",
    "guarded-move",
    "guarded-move-by-append",
    "guarded-move-empty-store",
    "guarded-move-in-two-runs",
    "guarded-move-late-request",
    "guarded-move-lost-mail",
    "guarded-move-without-resume",
];
/// The most states of each search: enough for each fault to end.
const STATES_MAX: usize = 6_000;

#[test]
fn remembered_answers_are_those_of_the_model() {
    for name in SCENARIOS {
        remembers_answers(&world(name), AnswerTables::new());
    }
}

#[test]
fn forgotten_answers_are_asked_for_again() {
    for name in SCENARIOS {
        remembers_answers(&world(name), AnswerTables::with_room_for(100));
    }
}

#[test]
fn remembered_answers_for_any_number_of_messages_are_those_of_the_model() {
    for name in ["guarded-move", "append-repair-faults"] {
        let World { scenario, assumptions, .. } = world(name);
        remembers_answers(&CounterAbstraction::new(&scenario, assumptions), AnswerTables::new());
    }
}

fn world(name: &str) -> World {
    let spec = load_scenario(name).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    let pinned = spec.pinned_with_predecessors().into_iter();
    let assumptions = pinned.fold(Assumptions::default(), |all, (assumption, answer)| all.with(assumption, answer));
    check::world(&spec, assumptions, Engine::Exact, &Limits::default()).expect("the predecessor ends")
}

/// Expands states with remembered answers and by asking the model for everything, and compares.
fn remembers_answers<R: Rules>(rules: &R, tables: AnswerTables<u128>) {
    let mut space = OneMailbox::<&R, u128>::new(rules);
    let (mut remembering, mut asking) = (space.scratch(), space.scratch());
    let mut queue = VecDeque::from(space.initial().expect("the parts fit"));
    let mut visited: FxHashSet<u128> = queue.iter().copied().collect();
    while let Some(word) = queue.pop_front() {
        let (mut remembered, mut asked) = (Vec::new(), Vec::new());
        let facts = space.expand_by_answers(&mut remembering, &tables, word, &mut |choice, next| {
            remembered.push((choice, next));
        });
        let expected = space.expand_by_asking(&mut asking, word, &mut |choice, next| asked.push((choice, next)));
        let state = space.unpack(&mut asking, word);
        assert_eq!(remembered, asked, "{state:?}");
        assert_eq!((facts.violated, facts.quiescent), (expected.violated, expected.quiescent), "{state:?}");
        let new = asked.into_iter().map(|(_, next)| next).filter(|next| visited.insert(*next));
        queue.extend(new);
        if visited.len() > STATES_MAX {
            break;
        }
    }
    assert_eq!(space.coverage(&remembering), space.coverage(&asking));
}
