//! A run of the model in which one field of one event is not true: the oracle rejects it, or another allowed run looks so,
//! which is shown without the oracle.

use stranded_oracle::oracle::{Oracle, OracleOptions, SPONTANEOUS};
use stranded_oracle::protocol::{Answer, Event, HomesObservation, Observation, Outcome, StoreObservation};
use stranded_search::scenario::{self, Spec};

use super::naive::Naive;
use super::{Draw, random_run, worlds};

/// Every way to change one field of an event.
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
            let shell = StoreObservation { messages: Some(vec![]), pending: Some(vec![]), in_transit: Some(false) };
            put(&|other| drop(other.stores.insert((*server).clone(), Some(shell.clone()))));
        }
        for home in &homes {
            // What names no server is malformed, whatever it is.
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
                Some(place) => drop(list.remove(place)),
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

/// What the oracle makes of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Explained,
    Rejected,
    /// Up to some event it is explained, and that one goes beyond what the scenario supplies.
    Beyond,
}

fn said(oracle: &mut Oracle<'_>, events: &[Event]) -> Said {
    oracle.start_over();
    for event in events {
        oracle.take(event).unwrap();
    }
    match (oracle.failure_of_run(), oracle.explanations()) {
        (Some(_), _) => Said::Rejected,
        (None, Some(_)) => Said::Explained,
        (None, None) => Said::Beyond,
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "how many there were is part of the result")]
fn every_change_of_one_field_is_rejected_or_is_what_another_allowed_run_looks_like() {
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
            for place in 0..events.len() {
                for other in corruptions(&spec, &events[place]) {
                    let truth = std::mem::replace(&mut events[place], other);
                    let said = said(&mut oracle, &events);
                    let says =
                        || format!("{}: event {place} as {} and not {}", spec.name, events[place].line(), truth.line());
                    match said {
                        Said::Explained => assert!(naive.explains(&events), "{}", says()),
                        // Another allowed run looks so up to there, and has used up what the scenario supplies.
                        Said::Beyond => assert!(naive.explains(&events[..=place]), "{}", says()),
                        // Every eighth, to save time: the other judge rejects it too.
                        Said::Rejected if draw.one_in(8) => assert!(!naive.explains(&events), "{}", says()),
                        Said::Rejected => {}
                    }
                    *if said == Said::Rejected { &mut rejected } else { &mut equal } += 1;
                    events[place] = truth;
                }
            }
            assert_eq!(said(&mut oracle, &events), Said::Explained, "{}", spec.name);
        }
    }
    println!(
        "{rejected} changes of one field were rejected; {equal} were shown to be what another allowed run looks like"
    );
    assert!(rejected > 10 * equal && equal > 0, "{rejected} rejected, {equal} shown to be allowed");
}

#[test]
fn whatever_is_left_out_exchanged_or_repeated_the_oracle_goes_on() {
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
