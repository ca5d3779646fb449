//! Measures the speed of the exact engine, the share of the model's step in it, and the memory per state. It uses the
//! three largest built-in scenarios, each under one combination of the assumptions. `benches/README.md` describes the
//! use.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::cmp::Reverse;
use std::env;
use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use stranded_model::World;
use stranded_model::assumption::Assumptions;
use stranded_model::id::MailboxId;
use stranded_model::state::State;
use stranded_search::check::world;
use stranded_search::engine::{Engine, Graph, Limits};
use stranded_search::scenario::{Spec, builtin, load_scenario};

/// The number of scenarios that are measured.
const LARGEST: usize = 3;
/// The number of searches of each.
const SAMPLES: usize = 10;
/// The approximate time for the largest.
const MEASURING: Duration = Duration::from_secs(12);
/// The variable with the scenario that a child process searches once, to measure memory.
const MEASURED: &str = "STRANDED_MEASURED";

fn main() {
    if let Ok(name) = env::var(MEASURED) {
        println!("{}", memory_of_a_search(&name));
        return;
    }
    let worlds = largest();
    let mut criterion = Criterion::default().sample_size(SAMPLES).measurement_time(MEASURING).configure_from_args();
    for (name, world, states) in &worlds {
        let mut group = criterion.benchmark_group("exact");
        group.throughput(Throughput::Elements(*states));
        group.bench_function(*name, |bencher| bencher.iter(|| black_box(searched(world))));
        group.finish();
        let found: Vec<State> = Graph::of(world, &Limits::default()).states.into_iter().collect();
        let mut group = criterion.benchmark_group("step");
        group.throughput(Throughput::Elements(*states));
        group.bench_function(*name, |bencher| bencher.iter(|| black_box(stepped(world, &found))));
        group.finish();
    }
    for (name, _, states) in &worlds {
        println!("{name}: {states} states, {}", in_a_child(name));
    }
    criterion.final_summary();
}

/// The built-in scenarios with the most states.
fn largest() -> Vec<(&'static str, World, u64)> {
    let mut worlds: Vec<_> = builtin::scenarios()
        .iter()
        .map(|builtin| {
            let world = first_world(&loaded(builtin.name));
            let states = searched(&world);
            (builtin.name, world, states)
        })
        .collect();
    worlds.sort_by_key(|(_, _, states)| Reverse(*states));
    worlds.truncate(LARGEST);
    worlds
}

fn loaded(name: &str) -> Spec {
    load_scenario(name).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// The world of a scenario under the first answer to every assumption that it does not pin.
fn first_world(spec: &Spec) -> World {
    let pinned = spec.pinned_with_predecessors().into_iter();
    let assumptions = pinned.fold(Assumptions::default(), |all, (assumption, answer)| all.with(assumption, answer));
    world(spec, assumptions, Engine::Exact, &Limits::default())
        .unwrap_or_else(|truncated| panic!("{}: {truncated}", spec.name))
}

/// Searches a world and returns the number of its states.
fn searched(world: &World) -> u64 {
    Engine::Exact.search(world, &Limits::default()).states as u64
}

/// Lets the model step all actions in these states, and returns the number of enabled ones.
fn stepped(world: &World, states: &[State]) -> usize {
    let possible = |state: &State| {
        let account = &state.accounts[MailboxId::default()];
        world.actions().iter().filter(|action| world.change(account, &state.shared, action).is_ok()).count()
    };
    states.iter().map(possible).sum()
}

/// Searches a scenario in a new process, so that the memory of other searches is not counted.
fn in_a_child(name: &str) -> String {
    let this = env::current_exe().expect("a program knows where it is");
    let output = Command::new(this).env(MEASURED, name).output().expect("a program can run itself");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Searches a scenario and returns the growth of the peak memory per state.
fn memory_of_a_search(name: &str) -> String {
    let world = first_world(&loaded(name));
    let (before, states) = (peak_kib(), searched(&world));
    match (before, peak_kib()) {
        (Some(before), Some(after)) => format!("{} bytes per state", (after - before) * 1024 / states.max(1)),
        (None, _) | (_, None) => "bytes per state are not known on this system".to_owned(),
    }
}

/// The peak memory of this process as Linux reports it.
fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}
