//! A run of the model with one false field in one event: the oracle rejects it, or it equals another allowed run, which
//! the naive judge confirms.

use stranded_oracle::oracle::{Oracle, OracleOptions, SPONTANEOUS};
use stranded_oracle::protocol::{Answer, Event, HomesObservation, Observation, Outcome, StoreObservation};
use stranded_search::scenario::{self, Spec};

use super::naive::Naive;
use super::{Draw, random_run, worlds};

/// Returns every change of one field of an event.
pub(super) fn corruptions(spec: &Spec, event: &Event) -> Vec<Event> {
    match event {
        Event::Reset { .. } => Vec::new(),
        Event::Did { operation, answer } => {
            answers(answer).into_iter().map(|answer| Event::Did { operation: operation.clone(), answer }).collect()
        }
        Event::Call { .. } => Vec::new(),
        Event::Return { call, answer } => {
            answers(answer).into_iter().map(|answer| Event::Return { call: *call, answer }).collect()
        }
        Event::Observed { mailbox, observation } => observations(spec, observation)
            .into_iter()
            .map(|observation| Event::Observed { mailbox: mailbox.clone(), observation })
            .collect(),
    }
}

fn answers(answer: &Answer) -> Vec<Answer> {
    let results = Outcome::ALL.into_iter().map(|result| Answer { result, ..answer.clone() });
    let endings = Outcome::ALL.into_iter().map(Some).chain([None]).map(|ended| Answer { ended, ..answer.clone() });
    results.chain(endings).filter(|other| other != answer).collect()
}

fn observations(spec: &Spec, observation: &Observation) -> Vec<Observation> {
    let servers: Vec<&String> = spec.scenario.site.servers.values().collect();
    let mut all = Vec::new();
    let mut put = |change: &dyn Fn(&mut Observation)| {
        let mut other = observation.clone();
        change(&mut other);
        if other != *observation {
            all.push(other);
        }
    };
    let homes: Vec<Option<String>> =
        servers.iter().map(|server| Some((*server).clone())).chain([None, Some("nowhere".to_owned())]).collect();
    for server in &servers {
        put(&|other| drop(other.directory.insert((*server).clone(), None)));
        put(&|other| drop(other.stores.insert((*server).clone(), None)));
        if observation.directory[*server].is_none() {
            let home = Some(Some((*server).clone()));
            let homes = HomesObservation { home_mdb: home.clone(), home_mta: home };
            put(&|other| drop(other.directory.insert((*server).clone(), Some(homes.clone()))));
        }
        if observation.stores[*server].is_none() {
            let shell = StoreObservation {
                messages: Some(vec![]),
                pending: Some(vec![]),
                in_transit: Some(false),
                details: None,
            };
            put(&|other| drop(other.stores.insert((*server).clone(), Some(shell.clone()))));
        }
        for home in &homes {
            // Every value that names no server counts as malformed.
            let is_same = |now: &Option<Option<String>>| {
                now == &Some(home.clone()) || (now == &Some(None) && home.as_deref() == Some("nowhere"))
            };
            put(&|other| {
                for found in
                    other.directory.get_mut(*server).into_iter().flatten().filter(|found| !is_same(&found.home_mdb))
                {
                    found.home_mdb = Some(home.clone());
                }
            });
            put(&|other| {
                for found in
                    other.directory.get_mut(*server).into_iter().flatten().filter(|found| !is_same(&found.home_mta))
                {
                    found.home_mta = Some(home.clone());
                }
            });
        }
        put(&|other| {
            for store in other.stores.get_mut(*server).into_iter().flatten() {
                store.in_transit = store.in_transit.map(|is_marked| !is_marked);
            }
        });
    }
    put(&|other| other.delivery_held = other.delivery_held.map(|is_held| !is_held));
    for message in
        (1..=spec.scenario.site.messages.max(1)).map(|number| format!("m{number}")).chain(["stray".to_owned()])
    {
        let toggle = |list: &mut Option<Vec<String>>| {
            let list = list.as_mut().unwrap();
            match list.iter().position(|one| *one == message) {
                Some(index) => drop(list.remove(index)),
                None => list.push(message.clone()),
            }
        };
        for server in &servers {
            put(&|other| {
                for store in other.stores.get_mut(*server).into_iter().flatten() {
                    toggle(&mut store.messages);
                }
            });
            put(&|other| {
                for store in other.stores.get_mut(*server).into_iter().flatten() {
                    toggle(&mut store.pending);
                }
            });
        }
        put(&|other| toggle(&mut other.queued));
        put(&|other| toggle(&mut other.returned));
        put(&|other| toggle(&mut other.saved));
    }
    all
}

/// The oracle's result for a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogResult {
    Explained,
    Rejected,
    /// The oracle explains it up to an event that exceeds the scenario's supplies.
    Beyond,
}

fn result(oracle: &mut Oracle<'_>, events: &[Event]) -> LogResult {
    oracle.start_over();
    for event in events {
        oracle.take(event).unwrap();
    }
    match (oracle.failure_of_case(), oracle.explanations()) {
        (Some(_), _) => LogResult::Rejected,
        (None, Some(_)) => LogResult::Explained,
        (None, None) => LogResult::Beyond,
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the counts are part of the result")]
fn every_change_of_one_field_is_rejected_or_equals_another_allowed_run() {
    const RUNS: usize = 2;
    const STEPS_MAX: usize = 16;
    let (mut rejected, mut equal) = (0_usize, 0_usize);
    for spec in scenario::select(&[]).unwrap() {
        let worlds = worlds(&spec);
        let naive = Naive::new(&spec, &worlds, &SPONTANEOUS);
        let mut oracle = Oracle::new(&spec, OracleOptions::default()).unwrap();
        for seed in 0..RUNS {
            let mut draw = Draw::of(seed as u64);
            let world = draw.any(&worlds);
            let run = random_run(&spec, world, &mut draw, STEPS_MAX);
            let mut events: Vec<Event> = run.into_iter().map(|one| one.event).collect();
            for index in 0..events.len() {
                for other in corruptions(&spec, &events[index]) {
                    let truth = std::mem::replace(&mut events[index], other);
                    let result = result(&mut oracle, &events);
                    let context =
                        || format!("{}: event {index} as {} and not {}", spec.name, events[index].line(), truth.line());
                    match result {
                        LogResult::Explained => assert!(naive.explains(&events), "{}", context()),
                        // Another allowed run equals it up to that event, and has used up the scenario's supplies.
                        LogResult::Beyond => assert!(naive.explains(&events[..=index]), "{}", context()),
                        // The naive judge rejects it too; every eighth is checked, to save time.
                        LogResult::Rejected if draw.one_in(8) => assert!(!naive.explains(&events), "{}", context()),
                        LogResult::Rejected => {}
                    }
                    *if result == LogResult::Rejected { &mut rejected } else { &mut equal } += 1;
                    events[index] = truth;
                }
            }
            assert_eq!(result(&mut oracle, &events), LogResult::Explained, "{}", spec.name);
        }
    }
    println!("{rejected} changes of one field were rejected; {equal} were shown to equal another allowed run");
    assert!(rejected > 10 * equal && equal > 0, "{rejected} rejected, {equal} shown to be allowed");
}

#[test]
fn the_oracle_survives_omitted_swapped_and_repeated_events() {
    for spec in scenario::select(&[]).unwrap() {
        let worlds = worlds(&spec);
        let mut oracle = Oracle::new(&spec, OracleOptions::default()).unwrap();
        for seed in 0..20 {
            let mut draw = Draw::of(seed);
            let world = draw.any(&worlds);
            let run = random_run(&spec, world, &mut draw, 30);
            let mut events: Vec<Event> = run.into_iter().map(|one| one.event).collect();
            for _ in 0..6 {
                let (one, other) = (draw.below(events.len()), draw.below(events.len()));
                match draw.below(3) {
                    0 if events.len() > 1 => drop(events.remove(one)),
                    1 => events.swap(one, other),
                    _ => events.insert(one, events[other].clone()),
                }
            }
            oracle.start_over();
            for event in &events {
                oracle.take(event).unwrap();
            }
            let _judged = oracle.judgement();
        }
    }
}
