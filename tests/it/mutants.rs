//! Every wrong implementation is found by the scenarios that are built in, and what is right never is.

#[path = "mutants/search.rs"]
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use pretty_assertions::assert_eq;
use rayon::prelude::*;
use stranded::adapter::mutant::{self, Defect, Mutant, Mutated};
use stranded::adapter::with_procedure;
use stranded::oracle::{self, Oracle, Word};
use stranded::scenario::Spec;
use stranded::wire::{Deed, Sight};

use self::search::{Found, Goal, Grain, Manner, shortest};
use crate::worlds::{builtins, loaded};

static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(builtins);
static FOUND: LazyLock<Vec<Caught>> = LazyLock::new(hunt);

/// A mutant in a scenario, with the shortest runs that show it.
struct Caught {
    mutant: &'static str,
    scenario: usize,
    runs: Option<Found>,
    steps: Option<Found>,
}

/// The most places that a search of the matrix looks at.
const PLACES_MAX: usize = 400;
/// The most explanations that a judge keeps in it.
const EXPLANATIONS_MAX: usize = 2_000;

fn everything(_: &mut Sight) {}

fn manner(grain: Grain) -> Manner {
    Manner { grain, goal: Goal::Surprise, places_max: PLACES_MAX, masks: everything }
}

/// A judge of what implements one procedure, or of what runs the scenario as it is.
fn judge<'a>(scene: &'a Spec, implements: Option<&str>) -> Oracle<'a> {
    let manner = oracle::Manner {
        explanations_max: EXPLANATIONS_MAX,
        keeps_expectations: implements.is_none(),
        ..oracle::Manner::default()
    };
    Oracle::new(scene, manner).unwrap()
}

fn scene(spec: &Spec, implements: Option<&str>) -> Spec {
    implements.map_or_else(|| spec.clone(), |name| with_procedure(spec, name).unwrap())
}

/// What the mutants are to be, each once: a procedure, or whatever a scenario runs.
fn kinds() -> BTreeSet<Option<&'static str>> {
    mutant::all().map(Mutant::implements).collect()
}

/// Every mutant in every scenario.
fn hunt() -> Vec<Caught> {
    let kinds: Vec<_> = kinds().into_iter().collect();
    let pairs: Vec<_> = (0..SPECS.len()).flat_map(|spec| kinds.iter().map(move |kind| (spec, *kind))).collect();
    pairs.into_par_iter().flat_map_iter(|(place, kind)| hunt_in(place, kind)).collect()
}

fn hunt_in(place: usize, kind: Option<&'static str>) -> Vec<Caught> {
    let spec = &SPECS[place];
    let scene = scene(spec, kind);
    let mut caught = Vec::new();
    let began = std::time::Instant::now();
    let mut oracle = judge(&scene, kind);
    for mutant in mutant::all().filter(|mutant| mutant.implements() == kind) {
        if oracle.remembers() > 50_000 {
            oracle = judge(&scene, kind);
        }
        let world = oracle.beliefs().scenes()[0].world.clone();
        let mut system = Mutated::in_world(mutant, spec, world);
        let mut find = |grain| shortest(&mut oracle, &mut system, &manner(grain));
        let (runs, steps) = (find(Grain::Runs), find(Grain::Steps));
        caught.push(Caught { mutant: mutant.name, scenario: place, runs, steps });
    }
    if std::env::var_os("MUTANTS_TIMES").is_some() {
        eprintln!("{} {kind:?} {:?}", spec.name, began.elapsed());
    }
    caught
}

/// What the scenarios make of one mutant.
fn of(name: &str) -> Vec<&'static Caught> {
    FOUND.iter().filter(|one| one.mutant == name && (one.runs.is_some() || one.steps.is_some())).collect()
}

#[test]
fn every_mutant_is_caught_by_some_scenario() {
    let free: Vec<&str> = mutant::all().map(|mutant| mutant.name).filter(|name| of(name).is_empty()).collect();
    assert_eq!(free, Vec::<&str>::new(), "a mutant that no scenario catches is a missing scenario");
}

#[test]
fn debug_table() {
    for mutant in mutant::all() {
        let caught = of(mutant.name);
        let best = |grain: fn(&Caught) -> Option<&Found>| {
            let found = caught.iter().filter_map(|one| Some((grain(one)?.deeds.len(), one.scenario, grain(one)?)));
            found.min_by_key(|(length, scenario, _)| (*length, *scenario)).map(|(length, scenario, found)| {
                format!("{length} {} {}", SPECS[scenario].name, found.word.name())
            })
        };
        eprintln!("{:30} {:3} | {:?} | {:?}", mutant.name, caught.len(), best(|one| one.runs.as_ref()), best(|one| one.steps.as_ref()));
    }
}
