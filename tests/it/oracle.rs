//! The oracle explains every run of the model, however little is observed, and no other.

mod corrupted;
mod naive;
mod observed_mail;
mod overlap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use stranded_model::World;
use stranded_model::action::ActionKind;
use stranded_model::property::Safety;
use stranded_oracle::adapter::{Implementation, Reference};
use stranded_oracle::oracle::{Conformance, Oracle, OracleOptions};
use stranded_oracle::protocol::{Answer, Event, Observation, Outcome};
use stranded_search::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::scenario::{self, Spec};

/// Random numbers with a seed.
struct Draw(ChaCha8Rng);

impl Draw {
    fn of(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn below(&mut self, count: usize) -> usize {
        (self.0.next_u64() % count as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn any<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Returns the worlds of a scenario, one for each combination of the assumptions.
fn worlds(spec: &Spec) -> Vec<World> {
    let world = |assumptions| check::world(spec, assumptions, Engine::default(), &Limits::default()).unwrap();
    check::combinations_of(spec).into_iter().map(world).collect()
}

/// An event of a run of the model, and the properties that the run has violated at that moment.
#[derive(Clone)]
struct Shown {
    event: Event,
    broken: Vec<Safety>,
}

/// Returns one random run of the model, as a log in which everything is observed.
fn random_run(spec: &Spec, world: &World, draw: &mut Draw, steps_max: usize) -> Vec<Shown> {
    let mut world = world.clone();
    let first = draw.below(world.initial.len());
    world.initial.swap(0, first);
    let mut system = Reference::in_world(spec, world);
    let mut broken: Vec<Safety> = Vec::new();
    let mut shown = vec![Shown { event: Event::Reset { start: Default::default() }, broken: Vec::new() }];
    for _ in 0..=steps_max {
        let is_broken = |property: &Safety| !property.holds(system.world(), system.state());
        broken.extend(Safety::ALL.into_iter().filter(is_broken));
        for mailbox in 0..spec.scenario.site.mailboxes {
            let mailbox = format!("mailbox-{}", mailbox + 1);
            let observation = system.observe(&mailbox).unwrap();
            shown.push(Shown { event: Event::Observed { mailbox, observation }, broken: broken.clone() });
        }
        let enabled: Vec<_> = system.world().enabled(system.state()).map(|(action, _)| action).collect();
        if enabled.is_empty() {
            break;
        }
        let operation = system.operation(draw.any(&enabled)).unwrap();
        let answer = system.perform(&operation).unwrap();
        let is_broken = |property: &Safety| !property.holds(system.world(), system.state());
        broken.extend(Safety::ALL.into_iter().filter(is_broken));
        shown.push(Shown { event: Event::Did { operation, answer }, broken: broken.clone() });
    }
    shown
}

/// Returns the same run without some observations, and with some answers that are unknown.
fn masked(shown: &[Shown], draw: &mut Draw) -> Vec<Shown> {
    let spontaneous = [ActionKind::Replicate, ActionKind::Redeliver, ActionKind::Refresh];
    let mut left = Vec::new();
    for one in shown {
        let mut one = one.clone();
        match &mut one.event {
            Event::Did { operation, answer } => {
                if operation.kind().is_some_and(|kind| spontaneous.contains(&kind)) && draw.one_in(2) {
                    continue;
                }
                if draw.one_in(4) {
                    *answer = Answer::of(Outcome::Unknown);
                }
            }
            Event::Observed { observation, .. } => {
                if draw.one_in(3) {
                    continue;
                }
                mask(observation, draw);
            }
            Event::Reset { .. } | Event::Call { .. } | Event::Return { .. } => {}
        }
        left.push(one);
    }
    left
}

fn mask(observation: &mut Observation, draw: &mut Draw) {
    observation.directory.retain(|_, _| !draw.one_in(3));
    for homes in observation.directory.values_mut().flatten() {
        homes.home_mdb = homes.home_mdb.take().filter(|_| !draw.one_in(3));
        homes.home_mta = homes.home_mta.take().filter(|_| !draw.one_in(3));
    }
    observation.stores.retain(|_, _| !draw.one_in(3));
    for store in observation.stores.values_mut().flatten() {
        store.messages = store.messages.take().filter(|_| !draw.one_in(3));
        store.pending = store.pending.take().filter(|_| !draw.one_in(3));
        store.in_transit = store.in_transit.take().filter(|_| !draw.one_in(3));
    }
    observation.queued = observation.queued.take().filter(|_| !draw.one_in(3));
    observation.returned = observation.returned.take().filter(|_| !draw.one_in(3));
    observation.saved = observation.saved.take().filter(|_| !draw.one_in(3));
    observation.delivery_held = observation.delivery_held.take().filter(|_| !draw.one_in(3));
}

/// Judges a true run, in which the only findings are its own violations; any other finding is a false alarm.
fn judge_true(oracle: &mut Oracle<'_>, run: &[Shown], what: &str) {
    oracle.start_over();
    let mut found = 0;
    for one in run {
        oracle.take(&one.event).unwrap();
        for finding in &oracle.findings()[found..] {
            let is_so = finding.property.is_some_and(|property| one.broken.contains(&property));
            assert!(is_so, "{what}: {finding:?}, of {:?}", one.broken);
        }
        found = oracle.findings().len();
    }
    let judgement = oracle.judgement();
    assert!(oracle.explanations().is_some(), "{what}: {:?}", judgement.conformance);
    assert!(!matches!(judgement.conformance, Conformance::Nonconforming(_)), "{what}: {:?}", judgement.conformance);
}

#[test]
fn ten_thousand_runs_of_the_model_raise_no_false_alarm_however_little_is_observed() {
    const RUNS: usize = 10_000;
    const STEPS_MAX: usize = 40;
    let specs = scenario::select(&[]).unwrap();
    let each = RUNS.div_ceil(specs.len());
    let mut runs = 0;
    for spec in &specs {
        let worlds = worlds(spec);
        let mut oracle = Oracle::new(spec, OracleOptions::default()).unwrap();
        for seed in 0..each {
            let mut draw = Draw::of(seed as u64);
            let combination = seed % worlds.len();
            let run = random_run(spec, &worlds[combination], &mut draw, STEPS_MAX);
            let partial = masked(&run, &mut draw);
            let what = |which: &str| format!("{}, combination {combination}, seed {seed}, {which}", spec.name);
            judge_true(&mut oracle, &partial, &what("masked"));
            if seed % 10 == 0 {
                judge_true(&mut oracle, &run, &what("unmasked"));
            }
            runs += 1;
        }
    }
    assert!(runs >= RUNS);
}
