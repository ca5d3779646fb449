//! Any number of messages, and any number of mailboxes: what is found there is what happens with few, and more numbers.

use std::collections::{HashMap, HashSet};

use rustc_hash::FxBuildHasher;
use stranded::check::{crowd, world};
use stranded::engine::{Cut, Engine, Limits};
use stranded::scenario::{Spec, builtin, load_scenario};
use stranded_model::World;
use stranded_model::assumption::Assumptions;
use stranded_model::crowd::{Crowd, seen_from, seen_from_all};
use stranded_model::id::{Id, MessageId};
use stranded_model::state::State;

/// How many states with numbered messages are looked at in a scenario, the nearest first.
const STATES_LOOKED_AT: usize = 1_500;

/// The scenario with this many messages, and all that it starts from.
fn with_messages(name: &str, messages: usize) -> Spec {
    fn all(spec: &mut Spec, messages: usize) {
        spec.scenario.site.messages = messages;
        spec.from.iter_mut().for_each(|earlier| all(earlier, messages));
    }
    let mut spec = load_scenario(name).unwrap();
    all(&mut spec, messages);
    spec
}

/// The answers under which most is possible are not known, so the first of all and the last of all are tried.
fn first_and_last(spec: &Spec) -> Vec<Assumptions> {
    let answered = |last: bool| {
        spec.touches().into_iter().fold(Assumptions::default(), |all, one| {
            let count = u8::try_from(one.values().len()).unwrap();
            all.with(one, spec.answer(one).unwrap_or(if last { count - 1 } else { 0 }))
        })
    };
    let mut both = vec![answered(false), answered(true)];
    both.dedup();
    both
}

/// What follows a state of the crowd.
struct Following<'a> {
    crowd: &'a Crowd,
    known: HashMap<State, HashSet<State, FxBuildHasher>, FxBuildHasher>,
}

impl Following<'_> {
    fn leads(&mut self, from: State, to: &State) -> bool {
        let Self { crowd, known } = self;
        let next = known.entry(from).or_insert_with_key(|from| {
            crowd.choices().iter().filter_map(|choice| crowd.step(from, choice).ok()).collect()
        });
        next.contains(to)
    }
}

/// Every step from the states that are nearest, as every message sees it, is one of the crowd, or nothing happens there.
fn is_among_any(crowd: &Crowd, world: &World, messages: usize) -> usize {
    let mut following = Following { crowd, known: HashMap::default() };
    let mut states = world.initial.clone();
    let mut seen: HashSet<State, FxBuildHasher> = states.iter().cloned().collect();
    let mut at = 0;
    while at < states.len().min(STATES_LOOKED_AT) {
        let from = states[at].clone();
        for (action, to) in world.enabled(&from) {
            for message in (0..messages).map(MessageId::at) {
                let (before, after) = (seen_from(&from, message), seen_from(&to, message));
                let is_there = before == after || following.leads(before, &after);
                assert!(is_there, "{action:?} in {from:#?}, as message {} sees it, is not in the crowd", message.0);
            }
            if seen.insert(to.clone()) {
                states.push(to);
            }
        }
        at += 1;
    }
    at
}

#[test]
fn whatever_happens_with_two_or_three_messages_happens_with_any_number() {
    let limits = Limits { states_max: Some(50_000), ..Limits::default() };
    for builtin in builtin::scenarios() {
        for messages in [2, 3] {
            let spec = with_messages(builtin.name, messages);
            for assumptions in first_and_last(&spec) {
                let world = world(&spec, assumptions, Engine::Exact, &limits);
                let crowd = crowd(&spec, assumptions, Engine::Exact, &limits);
                let (world, crowd) = match (world, crowd) {
                    (Ok(world), Ok(crowd)) => (world, crowd),
                    (Err(Cut::NoStart), Err(Cut::NoStart)) => continue,
                    (world, crowd) => panic!("{}: {:?} {:?}", builtin.name, world.err(), crowd.err()),
                };
                let begins = seen_from_all(&world.initial);
                assert!(begins.iter().all(|state| crowd.world().initial.contains(state)), "{}", builtin.name);
                assert!(is_among_any(&crowd, &world, messages) > 0, "{}", builtin.name);
            }
        }
    }
}
