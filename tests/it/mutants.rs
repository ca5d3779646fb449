//! Every mutant is caught by a built-in scenario, in a shortest trace, and no correct implementation is.
//! `specs/mutants.md` lists the results; `STRANDED_UPDATE=1 cargo test --test it mutants` rewrites it.

mod search;
mod table;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pretty_assertions::{assert_eq, assert_ne};
use rayon::prelude::*;
use stranded_model::World;
use stranded_model::action::ActionKind;
use stranded_model::state::State;
use stranded_oracle::adapter::Implementation;
use stranded_oracle::adapter::mutant::{self, Defect, Mutant, Mutated};
use stranded_oracle::adapter::reference::Attempt;
use stranded_oracle::oracle::{self, CaseVerdict, Oracle};
use stranded_oracle::protocol::{Answer, Observation, Operation, Outcome};
use stranded_search::scenario::Spec;
use stranded_search::scenario::with_procedure;

use self::search::{Found, Goal, Grain, SearchOptions, shortest};
use crate::worlds::{builtins, loaded};

static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(builtins);
static FOUND: LazyLock<Vec<Caught>> = LazyLock::new(all_caught);

/// A mutant in a scenario, with the shortest traces that show it.
pub(crate) struct Caught {
    mutant: &'static str,
    scenario: usize,
    runs: Option<Found>,
    steps: Option<Found>,
}

/// The largest number of nodes that a search of the matrix visits.
const NODES_MAX: usize = 400;
/// The largest number of explanations that an oracle keeps in it.
const EXPLANATIONS_MAX: usize = 2_000;
/// The largest number of states in which a mutated world is compared, before the oracle judges it.
const STATES_MAX: usize = 800;

/// A mutant without a defect.
static NOTHING_WRONG: Mutant =
    Mutant { name: "nothing-wrong", says: "It does nothing wrong", defect: Defect::World(|_, _, _| ()) };

/// The parts of an observation, each left out in turn.
const MASKS: [fn(&mut Observation); 6] = [
    |observation| observation.directory.clear(),
    |observation| observation.stores.clear(),
    |observation| observation.queued = None,
    |observation| observation.returned = None,
    |observation| observation.saved = None,
    |observation| observation.delivery_held = None,
];

fn everything_observed(_: &mut Observation) {}

fn options(grain: Grain) -> SearchOptions {
    SearchOptions { grain, goal: Goal::Nonconformance, nodes_max: NODES_MAX, mask: everything_observed }
}

/// Returns an oracle for implementations of one procedure, or of the scenario's own runs.
fn oracle_for<'a>(judged: &'a Spec, implements: Option<&str>) -> Oracle<'a> {
    let options = oracle::OracleOptions {
        explanations_max: EXPLANATIONS_MAX,
        keeps_expectations: implements.is_none(),
        ..oracle::OracleOptions::default()
    };
    Oracle::new(judged, options).unwrap()
}

fn judged(spec: &Spec, implements: Option<&str>) -> Spec {
    implements.map_or_else(|| spec.clone(), |name| with_procedure(spec, name).unwrap())
}

/// Returns every pair of a scenario and a role that mutants implement: a procedure, or the scenario's own runs.
fn roles() -> Vec<(usize, Option<&'static str>)> {
    let kinds: BTreeSet<_> = mutant::all().map(Mutant::implements).collect();
    (0..SPECS.len()).flat_map(|spec| kinds.iter().map(move |kind| (spec, *kind)).collect::<Vec<_>>()).collect()
}

/// Returns the first world of an oracle's scenario.
fn world(oracle: &Oracle<'_>) -> World {
    oracle.scenes()[0].world.clone()
}

/// Returns every mutant that is caught, in every scenario.
fn all_caught() -> Vec<Caught> {
    roles().into_par_iter().flat_map_iter(|(index, kind)| caught_in(index, kind)).collect()
}

fn caught_in(index: usize, kind: Option<&'static str>) -> Vec<Caught> {
    let spec = &SPECS[index];
    let judged = judged(spec, kind);
    let mut oracle = oracle_for(&judged, kind);
    let states = if kind.is_none() { states(&world(&oracle)) } else { Vec::new() };
    let of_kind = mutant::all().filter(|mutant| mutant.implements() == kind);
    let can_act = |mutant: &&Mutant| is_different(mutant, &world(&oracle), &states);
    let mutants: Vec<&'static Mutant> = of_kind.filter(can_act).collect();
    let mut caught = Vec::new();
    for mutant in mutants {
        if oracle.remembered() > search::REMEMBERED_MAX / 2 {
            oracle = oracle_for(&judged, kind);
        }
        let mut system = Mutated::in_world(mutant, spec, world(&oracle));
        let mut find = |grain| shortest(&mut oracle, &mut system, &options(grain));
        let (runs, steps) = (find(Grain::Runs), find(Grain::Steps));
        if runs.is_some() || steps.is_some() {
            caught.push(Caught { mutant: mutant.name, scenario: index, runs, steps });
        }
    }
    caught
}

/// Returns the nearest states of a world.
fn states(world: &World) -> Vec<State> {
    let mut found = world.initial.clone();
    let mut known: rustc_hash::FxHashSet<State> = found.iter().cloned().collect();
    let mut next = 0;
    while next < found.len() && found.len() < STATES_MAX {
        let state = found[next].clone();
        found.extend(world.enabled(&state).map(|(_, after)| after).filter(|after| known.insert(after.clone())));
        next += 1;
    }
    found
}

/// Returns true if a mutated world behaves differently in one of these states. Mutants of programs and of observations
/// count as different.
fn is_different(mutant: &Mutant, world: &World, states: &[State]) -> bool {
    let Defect::World(tampering) = mutant.defect else { return true };
    states.iter().any(|before| {
        world.actions().iter().any(|action| {
            let occurred = world.occur(before, action);
            let (step, right) = occurred.map_or((None, None), |one| (one.step, Some(one.state)));
            let happened = right.is_some();
            let right = right.unwrap_or_else(|| before.clone());
            let ended = step.and_then(|executed| executed.ended);
            let reported = Answer { ended, ..Answer::of(if happened { Outcome::Ok } else { Outcome::Refused }) };
            let (mut after, mut answer) = (right.clone(), reported.clone());
            tampering(&Attempt { world, action, before, step, happened }, &mut after, &mut answer);
            (after, answer) != (right, reported)
        })
    })
}

#[test]
fn every_mutant_is_caught_by_some_scenario() {
    let caught: BTreeSet<&str> = FOUND.iter().map(|one| one.mutant).collect();
    let free: Vec<&str> = mutant::all().map(|mutant| mutant.name).filter(|name| !caught.contains(name)).collect();
    assert_eq!(free, Vec::<&str>::new(), "a mutant that no scenario catches is a missing scenario");
    assert!(caught.len() >= 30);
}

#[test]
fn the_page_of_mutants_says_which_scenario_catches_each_and_after_how_many_operations() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/mutants.md");
    let page = table::page(&SPECS, &FOUND);
    if std::env::var_os("STRANDED_UPDATE").is_some() {
        std::fs::write(path, &page).unwrap();
        return;
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written, page, "to rewrite it: STRANDED_UPDATE=1 cargo test --test it mutants");
}

#[test]
fn an_equivalent_procedure_is_never_caught() {
    let caught: Vec<(&str, Option<&str>, Found)> = roles()
        .into_par_iter()
        .flat_map_iter(|(index, kind)| {
            let judged = judged(&SPECS[index], kind);
            let mut oracle = oracle_for(&judged, kind);
            let mut system = Mutated::in_world(&NOTHING_WRONG, &judged, world(&oracle));
            let found = [Grain::Runs, Grain::Steps].map(|grain| shortest(&mut oracle, &mut system, &options(grain)));
            found.into_iter().flatten().map(move |found| (SPECS[index].name.as_str(), kind, found)).collect::<Vec<_>>()
        })
        .collect();
    assert!(caught.is_empty(), "{:#?}", caught.first());
}

#[test]
fn an_equivalent_procedure_is_never_caught_however_little_is_observed() {
    let caught: Vec<(&str, usize, Found)> = SPECS
        .par_iter()
        .flat_map_iter(|spec| {
            let mut oracle = oracle_for(spec, None);
            let mut system = Mutated::in_world(&NOTHING_WRONG, spec, world(&oracle));
            let masks = MASKS.into_iter().enumerate();
            let found = masks.filter_map(|(index, mask)| {
                let options = SearchOptions { mask, nodes_max: 60, ..options(Grain::Steps) };
                Some((spec.name.as_str(), index, shortest(&mut oracle, &mut system, &options)?))
            });
            found.collect::<Vec<_>>()
        })
        .collect();
    assert!(caught.is_empty(), "{:#?}", caught.first());
}

/// Returns the shortest trace of the article's program in this scenario in which an oracle for `move` finds this verdict.
fn article(scenario: &str, grain: Grain, verdict: CaseVerdict) -> Found {
    let spec = loaded(scenario);
    let mutant = Mutant::named("move-of-the-article").unwrap();
    let judged = mutant.scene(&spec).unwrap();
    let mut oracle = oracle_for(&judged, mutant.implements());
    let mut system = Mutated::in_world(mutant, &spec, world(&oracle));
    let options = SearchOptions { goal: Goal::Finding(verdict), nodes_max: 2_000, ..options(grain) };
    shortest(&mut oracle, &mut system, &options).unwrap()
}

#[test]
fn the_articles_program_is_caught_for_false_success_and_for_the_loss() {
    for scenario in ["second-move", "move"] {
        let actions = |found: &Found| found.operations.iter().map(Operation::action).collect::<Vec<_>>();
        let loss = article(scenario, Grain::Runs, CaseVerdict::Loss);
        assert_eq!(actions(&loss), ["deliver", "run", "run"], "{scenario}");
        let first = loss.verdicts.iter().find(|(_, verdict)| *verdict == CaseVerdict::FalseSuccess).unwrap();
        let last = loss.verdicts.last().unwrap();
        assert_eq!(last.1, CaseVerdict::Loss);
        assert!(first.0 < last.0, "{scenario}: false success comes first: {:?}", loss.verdicts);
        assert_eq!(actions(&article(scenario, Grain::Runs, CaseVerdict::FalseSuccess)), ["run"], "{scenario}");
        // The length of the shortest path to a loss in the model.
        assert_eq!(article(scenario, Grain::Steps, CaseVerdict::Loss).operations.len(), 12, "{scenario}");
        assert_eq!(article(scenario, Grain::Steps, CaseVerdict::FalseSuccess).operations.len(), 9, "{scenario}");
    }
}

#[test]
fn every_mutant_has_a_name_of_its_own_and_one_sentence() {
    let names: Vec<&str> = mutant::all().map(|mutant| mutant.name).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(distinct.len(), names.len());
    let is_word = |verdict: &str| {
        !verdict.is_empty() && verdict.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    for one in mutant::all() {
        assert!(one.name.split('-').all(is_word), "{}", one.name);
        assert!(one.says.starts_with(char::is_uppercase), "{}", one.says);
        assert!(!one.says.ends_with('.') && !one.says.contains("  "), "{}", one.says);
    }
}

#[test]
fn a_mutant_is_found_by_its_name_and_the_nearest_is_offered_otherwise() {
    assert_eq!(Mutant::named("delete-before-copy").unwrap().implements(), Some("move"));
    let wrong = Mutant::named("delete-before-cpoy").unwrap_err();
    assert!(wrong.contains("did you mean `delete-before-copy`?"), "{wrong}");
}

#[test]
fn a_mutated_program_differs_from_the_correct_one() {
    for mutant in mutant::all() {
        let Some(program) = mutant.program() else { continue };
        let name = mutant.implements().unwrap();
        let right = stranded_search::scenario::builtin::procedure(name).unwrap().decoded();
        assert_ne!(program, right, "{}", mutant.name);
        assert_eq!(program.name, right.name);
        let all_go_on =
            program.steps.iter().flat_map(|step| &step.on).all(|handler| handler.next < program.steps.len());
        assert!(all_go_on, "{}", mutant.name);
    }
}

#[test]
fn a_run_that_waits_for_ever_ends_when_it_is_given_up() {
    let mut spec = loaded("q162998");
    spec.scenario.site.replication = stranded_model::scenario::Replication::Eventual;
    let mut reference = stranded_oracle::adapter::Reference::new(&spec, 0).unwrap();
    let start = reference.world().actions().iter().find(|action| action.kind() == ActionKind::Start).unwrap();
    let Some(Operation::Start { run }) = reference.operation(start) else { panic!("a run has a start") };
    assert_eq!(reference.perform(&Operation::Run { run, crash: false }).unwrap(), Answer::of(Outcome::Unknown));
    let mut programs = reference.state().accounts.values().flat_map(|account| account.programs.values());
    assert!(programs.all(|program| !program.is_running()));
}
