//! Runs the checker of the crate stateright on one scenario, without the wrapper of our engine. It explores all states,
//! and prints the number of distinct states and the time. `benches/compare` runs it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of its own prints what it measures")]

use std::env;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Instant;

use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::assumption::Assumptions;
use stranded_model::state::State;
use stranded_model::stateright::{Checker, Model, Property};
use stranded_search::check::world;
use stranded_search::engine::{Engine, Limits};
use stranded_search::scenario::load_scenario;

const USAGE: &str = "usage: stateright bfs|dfs THREADS SCENARIO";

fn main() -> ExitCode {
    match run(&env::args().skip(1).collect::<Vec<_>>()) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<String, String> {
    let [order, threads, scenario] = arguments else { return Err(USAGE.to_owned()) };
    let threads = threads.parse::<NonZeroUsize>().map_err(|reason| format!("{threads}: {reason}\n{USAGE}"))?;
    let checker = Everything(world_of(scenario)?).checker().threads(threads.get());
    let started = Instant::now();
    let states = match order.as_str() {
        "bfs" => checker.spawn_bfs().join().unique_state_count(),
        "dfs" => checker.spawn_dfs().join().unique_state_count(),
        other => return Err(format!("{other}: no such order\n{USAGE}")),
    };
    Ok(format!(r#"{{"states": {states}, "seconds": {}}}"#, started.elapsed().as_secs_f64()))
}

/// The world of a scenario that leaves no assumption open.
fn world_of(scenario: &str) -> Result<World, String> {
    let spec = load_scenario(scenario).map_err(|diagnostics| diagnostics.to_string())?;
    if let Some(open) = spec.touches().into_iter().find(|assumption| spec.answer(*assumption).is_none()) {
        return Err(format!("{scenario} is more than one search: it leaves {} open", open.name()));
    }
    let pinned = spec.pinned_with_predecessors().into_iter();
    let assumptions = pinned.fold(Assumptions::default(), |all, (assumption, answer)| all.with(assumption, answer));
    world(&spec, assumptions, Engine::Exact, &Limits::default()).map_err(|truncated| format!("{scenario}: {truncated}"))
}

/// A world with one property that is never violated. The checker would stop when every property is violated, and would
/// not expand a state that violates all of them.
struct Everything(World);

impl Model for Everything {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        self.0.init_states()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        Model::actions(&self.0, state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.0.next_state(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("everything", |_, _| true)]
    }
}
