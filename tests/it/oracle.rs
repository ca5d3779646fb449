//! The oracle explains everything that the model does, however little of it is seen, and nothing else.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use stranded::adapter::{Implementation, Reference};
use stranded::check;
use stranded::engine::{Engine, Limits};
use stranded::oracle::{Manner, Oracle};
use stranded::scenario::{self, Spec};
use stranded::wire::{Answer, Done, Event, Sight};
use stranded_model::action::Kind;

/// One random run of the model, as a log in which everything is seen.
fn random_run(spec: &Spec, seed: u64, steps_max: usize) -> Vec<Event> {
    let mut draw = ChaCha8Rng::seed_from_u64(seed);
    let mut below = |count: usize| (draw.next_u64() % count as u64) as usize;
    let all = check::worlds(spec);
    let world = check::world(spec, all[below(all.len())], Engine::default(), &Limits::default()).unwrap();
    let mut system = Reference::in_world(spec, world);
    let mut events = vec![Event::Reset { start: Default::default() }];
    for _ in 0..steps_max {
        let enabled: Vec<_> = system.world().enabled(system.state()).map(|(action, _)| action).collect();
        if enabled.is_empty() {
            break;
        }
        let action = enabled[below(enabled.len())];
        let deed = system.deed(&action).unwrap();
        let answer = system.perform(&deed).unwrap();
        events.push(Event::Did { deed, answer });
        for mailbox in 0..spec.scenario.site.mailboxes {
            let mailbox = format!("mailbox-{}", mailbox + 1);
            let sight = system.observe(&mailbox).unwrap();
            events.push(Event::Saw { mailbox, sight });
        }
    }
    events
}

/// The same run, of which some things were not seen, and some answers say nothing.
fn masked(events: &[Event], seed: u64) -> Vec<Event> {
    let mut draw = ChaCha8Rng::seed_from_u64(seed);
    let mut one_in = |count: u64| draw.next_u64() % count == 0;
    let spontaneous = [Kind::Replicate, Kind::Redeliver, Kind::Refresh];
    let mut left = Vec::new();
    for event in events {
        let mut event = event.clone();
        match &mut event {
            Event::Did { deed, answer } => {
                if deed.kind().is_some_and(|kind| spontaneous.contains(&kind)) && one_in(2) {
                    continue;
                }
                if one_in(4) {
                    *answer = Answer::of(Done::Unknown);
                }
            }
            Event::Saw { sight, .. } => {
                if one_in(3) {
                    continue;
                }
                mask(sight, &mut one_in);
            }
            Event::Reset { .. } | Event::Call { .. } | Event::Return { .. } => {}
        }
        left.push(event);
    }
    left
}

fn mask(sight: &mut Sight, one_in: &mut impl FnMut(u64) -> bool) {
    sight.directory.retain(|_, _| !one_in(3));
    for homes in sight.directory.values_mut().flatten() {
        homes.home_mdb = homes.home_mdb.take().filter(|_| !one_in(3));
        homes.home_mta = homes.home_mta.take().filter(|_| !one_in(3));
    }
    sight.stores.retain(|_, _| !one_in(3));
    for store in sight.stores.values_mut().flatten() {
        store.messages = store.messages.take().filter(|_| !one_in(3));
        store.pending = store.pending.take().filter(|_| !one_in(3));
        store.in_transit = store.in_transit.take().filter(|_| !one_in(3));
    }
    sight.queued = sight.queued.take().filter(|_| !one_in(3));
    sight.returned = sight.returned.take().filter(|_| !one_in(3));
    sight.saved = sight.saved.take().filter(|_| !one_in(3));
    sight.delivery_held = sight.delivery_held.take().filter(|_| !one_in(3));
}

fn judge<'a>(spec: &'a Spec, events: &[Event]) -> Oracle<'a> {
    let mut oracle = Oracle::new(spec, Manner::default()).unwrap();
    for event in events {
        oracle.take(event).unwrap();
    }
    oracle
}

#[test]
fn whatever_the_model_does_is_explained_however_little_of_it_is_seen() {
    for spec in scenario::select(&[]).unwrap() {
        for seed in 0..6 {
            let events = random_run(&spec, seed, 60);
            for seen in [events.clone(), masked(&events, seed)] {
                let oracle = judge(&spec, &seen);
                let failure = oracle.failure_of_run();
                assert!(failure.is_none(), "{} with seed {seed}: {failure:?}", spec.name);
            }
        }
    }
}
