//! The engines compared with each other, with a textbook search of a few lines, and with the known limitations of the
//! reference engine, each of which has occurred once.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use stranded_model::World;
use stranded_model::coverage::Point;
use stranded_model::property::{INVARIANTS_MAX, Invariant};
use stranded_model::state::State;
use stranded_search::check::{Checked, check};
use stranded_search::engine::{Engine, Graph, Limits, Path, Search, Truncation};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::Spec;

use crate::process::{large, run, timeless_json};
use crate::worlds::{builtins, loaded, parsed, searched};

/// Two administrators, faults and delayed replication, which the article's scenarios lack.
const BUSY: &str = r#"
    name = "busy"
    [site]
    servers = ["source", "destination"]
    mailboxes = 1
    messages = 1
    replication = "eventual"
    [environment]
    delivery = "any-time"
    logon = true
    faults = ["program-dies", "reply-lost"]
    faults-max = 1
    [[run]]
    administrator = "first"
    procedure = "move"
    from = "source"
    to = "destination"
    [assume]
    duplicate-abort = "removes-source"
    source-delete = "after-directory"
    mail-before-mark = "lost"
"#;

/// A world with several initial states, in which mail is lost.
const MANY_STARTS: &str = r#"
    name = "many-starts"
    from = "stranded"
    [[run]]
    administrator = "second"
    procedure = "move-of-the-article"
    from = "source"
    to = "destination"
"#;

/// A world whose servers have more different conditions than a narrow word can number: each of eight services may be down.
const MANY_PARTS: &str = r#"
    name = "many-parts"
    [site]
    servers = ["one", "two", "three", "four"]
    messages = 1
    [environment]
    delivery = "before"
    faults = ["store-crashes", "replica-unreachable"]
    faults-max = 8
    [[run]]
    administrator = "first"
    procedure = "move"
    from = "one"
    to = "two"
    [assume]
    duplicate-abort = "removes-source"
    source-delete = "after-directory"
"#;
/// The most numbers of the shared part in a narrow word.
const NARROW: usize = 1 << 8;

/// The results that two engines must share. The choice among several shortest paths is not one of them.
#[derive(Debug, PartialEq)]
pub(crate) struct Essence {
    pub(crate) states: usize,
    pub(crate) depth: usize,
    pub(crate) truncated: Option<Truncation>,
    pub(crate) lengths: Vec<Option<usize>>,
    quiescent: BTreeSet<State>,
    coverage: Vec<(Point, bool)>,
    defect: Option<String>,
}

impl Essence {
    pub(crate) fn of<C>(search: &Search<C>) -> Self {
        Self {
            states: search.states,
            depth: search.depth,
            truncated: search.truncated,
            lengths: search.violations.iter().map(|path| path.as_ref().map(|path| path.actions.len())).collect(),
            quiescent: search.quiescent.iter().cloned().collect(),
            coverage: search.coverage.points().collect(),
            defect: search.defect.clone(),
        }
    }

    /// The results that two engines must share within limits that truncate a search after the same step: they attempt
    /// different actions in that step.
    pub(crate) fn within_limits<C>(search: &Search<C>) -> Self {
        let essence = Self::of(search);
        let coverage = if essence.truncated.is_some() { Vec::new() } else { essence.coverage };
        Self { coverage, ..essence }
    }
}

/// A plain breadth-first search: the distance of every state, and the least distance of a violation of each property.
pub(crate) fn by_the_book(world: &World, steps_max: usize) -> (usize, usize, Vec<Option<usize>>) {
    let mut seen: HashSet<State> = HashSet::new();
    let mut level: Vec<State> = world.initial.clone();
    let mut broken = vec![None; INVARIANTS_MAX];
    let mut depth = 0;
    loop {
        level.retain(|state| depth <= steps_max && seen.insert(state.clone()));
        if level.is_empty() {
            return (seen.len(), depth - 1, broken);
        }
        for (invariant, broken) in world.invariants().zip(&mut broken) {
            if broken.is_none() && level.iter().any(|state| !invariant.holds(world, state)) {
                *broken = Some(depth);
            }
        }
        level = level.iter().flat_map(|state| world.enabled(state).map(|(_, next)| next)).collect();
        depth += 1;
    }
}

fn specs() -> Vec<Spec> {
    builtins().into_iter().chain([BUSY, MANY_STARTS].map(parsed)).collect()
}

#[test]
fn a_world_with_more_parts_than_a_narrow_word_can_number_is_searched_completely() {
    let spec = parsed(MANY_PARTS);
    let checked = searched(&spec);
    let world = &checked.combinations[0].world;
    let shared: HashSet<_> =
        Graph::of(world, &Limits::default()).states.into_iter().map(|state| state.shared).collect();
    assert!(shared.len() > NARROW, "{} fit into a narrow word", shared.len());
    let (states, depth, lengths) = by_the_book(world, usize::MAX);
    let found = Essence::of(&checked.combinations[0].search);
    assert_eq!((found.states, found.depth, found.lengths), (states, depth, lengths));
}

/// The largest number of states that the slower engines search here.
const STATES_MAX: usize = 2_000;

/// Every world of the scenarios, with limits that let each engine finish: none for a small world, and a small number of
/// steps for a large one.
static WORLDS_WITHIN_REACH: LazyLock<Vec<(String, World, Limits<'static>)>> = LazyLock::new(|| {
    let few = Limits { states_max: Some(STATES_MAX), ..Limits::default() };
    let mut worlds = Vec::new();
    for spec in specs() {
        for case in check(&spec, Engine::Exact, &few).combinations {
            let limits = match case.search.truncated {
                None => Limits::default(),
                Some(_) => Limits { depth_max: Some(case.search.depth.saturating_sub(1)), ..Limits::default() },
            };
            worlds.push((spec.name.clone(), case.world, limits));
        }
    }
    worlds
});

/// Returns the scenarios that every engine can search completely.
fn small_specs() -> Vec<Spec> {
    let few = Limits { states_max: Some(STATES_MAX), ..Limits::default() };
    specs().into_iter().filter(|spec| check(spec, Engine::Exact, &few).is_complete()).collect()
}

/// Follows a path to a violation, and fails if it does not end in one.
#[track_caller]
fn check_path(world: &World, invariant: Invariant, path: &Path) {
    assert!(world.initial.contains(&path.initial), "the path starts in an initial state");
    let states = path.states(world);
    let (last, before) = states.split_last().unwrap();
    assert!(!invariant.holds(world, last), "the last state violates {invariant:?}");
    assert!(before.iter().all(|state| invariant.holds(world, state)), "the states before it do not");
}

#[test]
fn all_engines_find_the_same_in_every_scenario_under_every_combination() {
    for (name, world, limits) in &*WORLDS_WITHIN_REACH {
        let [exact, reference, timely] =
            Engine::ALL.map(|engine| Essence::within_limits(&engine.search(world, limits)));
        assert_eq!(exact, reference, "{name} within {limits:?}");
        assert_eq!(exact, timely, "{name} within {limits:?}");
    }
}

/// Every state of every built-in scenario, by every engine, with and without the symmetry of the mailboxes.
#[test]
fn all_engines_find_the_same_in_every_state_of_every_built_in_scenario() {
    let two = loaded(&large("second-move-of-two"));
    for spec in builtins().into_iter().chain([two]) {
        for answers in stranded_search::check::combinations_of(&spec) {
            let world = stranded_search::check::world(&spec, answers, Engine::Exact, &Limits::default());
            let world = world.unwrap_or_else(|truncated| panic!("{}: {truncated}", spec.name));
            let reduced = Limits { symmetry: true, ..Limits::default() };
            let plain = Essence::of(&Engine::Exact.search(&world, &Limits::default()));
            assert_eq!(plain.truncated, None, "{}", spec.name);
            for (engine, limits) in [(Engine::Exact, &reduced), (Engine::Stateright, &Limits::default())] {
                assert_eq!(Essence::of(&engine.search(&world, limits)), plain, "{} by {engine}", spec.name);
            }
        }
    }
}

/// A path or a report that depends on the number of threads would describe the threads and not the world.
#[test]
fn a_violated_scenario_is_reported_in_the_same_bytes_with_any_number_of_threads() {
    let two = large("second-move-of-two");
    for scenario in ["second-move", two.as_str()] {
        let check = |threads: &str| {
            let ended = run(std::path::Path::new("."), &["check", scenario, "--format", "json", "--threads", threads]);
            assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{scenario}");
            timeless_json(&ended.out)
        };
        let alone = check("1");
        assert!(alone.contains("\"violated\""), "{scenario}");
        for _ in 0..10 {
            for threads in ["1", "2", "4"] {
                assert_eq!(check(threads), alone, "{scenario} with {threads} threads");
            }
        }
    }
}

#[test]
fn all_engines_give_a_scenario_the_same_verdicts() {
    let is_quick = |spec: &Spec| spec.liveness().is_empty();
    let quick = specs().into_iter().filter(is_quick).chain(small_specs().into_iter().filter(|spec| !is_quick(spec)));
    for spec in quick {
        let verdicts = |checked: &Checked<'_>| -> Vec<(Property, Verdict)> {
            checked.results.iter().map(|one| (one.property, one.verdict)).collect()
        };
        for engine in [Engine::Stateright, Engine::Timely] {
            let found = check(&spec, engine, &Limits::default());
            assert_eq!(verdicts(&searched(&spec)), verdicts(&found), "{} by {engine}", spec.name);
        }
    }
}

#[test]
fn the_exact_engine_agrees_with_a_textbook_search() {
    for (name, world, limits) in &*WORLDS_WITHIN_REACH {
        let found = Essence::of(&Engine::Exact.search(world, limits));
        let steps_max = limits.depth_max.unwrap_or(usize::MAX);
        assert_eq!((found.states, found.depth, found.lengths), by_the_book(world, steps_max), "{name}");
    }
}

#[test]
fn every_path_to_a_violation_is_possible() {
    for (_, world, limits) in &*WORLDS_WITHIN_REACH {
        for engine in Engine::ALL {
            let found = engine.search(world, limits);
            for (invariant, path) in world.invariants().zip(&found.violations) {
                path.iter().for_each(|path| check_path(world, invariant, path));
            }
        }
    }
}

/// Limits under which no built-in scenario can be searched completely.
fn tight<'a>() -> [(&'a str, Limits<'a>); 3] {
    [
        ("states", Limits { states_max: Some(3), ..Limits::default() }),
        ("depth", Limits { depth_max: Some(2), ..Limits::default() }),
        ("time", Limits { deadline: Some(Instant::now()), ..Limits::default() }),
    ]
}

#[test]
fn a_truncated_search_says_so_and_never_that_a_property_holds() {
    for spec in builtins() {
        for engine in Engine::ALL {
            for (limit, limits) in tight() {
                let checked = check(&spec, engine, &limits);
                let context = format!("{} by {engine}, limited in {limit}", spec.name);
                assert!(!checked.is_complete(), "{context}");
                for judgement in &checked.results {
                    let wanted = [Verdict::Inconclusive, Verdict::Violated];
                    assert!(wanted.contains(&judgement.verdict), "{context}: {judgement:?}");
                }
                assert!(
                    checked.combinations.iter().all(|case| case.search.states <= 3 || limit == "depth"),
                    "{context}"
                );
            }
        }
    }
}

#[test]
fn all_engines_find_the_same_within_the_same_limits() {
    for (name, world, _) in &*WORLDS_WITHIN_REACH {
        let within = |limits: Limits<'_>| Engine::ALL.map(|engine| engine.search(world, &limits));
        for max in [0, 1, 2, 3, 5] {
            let near = within(Limits { depth_max: Some(max), ..Limits::default() });
            let [exact, reference, timely] =
                near.each_ref().map(|search| Essence { coverage: Vec::new(), ..Essence::of(search) });
            assert_eq!(exact, reference, "{name} within {max} steps");
            assert_eq!(exact, timely, "{name} within {max} steps");
            // The order of states at the same distance differs between engines.
            let few = within(Limits { states_max: Some(max), ..Limits::default() });
            let [exact, reference, timely] = few.each_ref().map(|search| (search.states, search.truncated));
            assert_eq!(exact, reference, "{name} within {max} states");
            assert_eq!(exact, timely, "{name} within {max} states");
        }
    }
}

#[test]
fn a_search_that_ends_at_any_time_reports_nothing_false() {
    let world = World::new(&loaded("second-move").scenario, stranded_model::assumption::Assumptions::default());
    for engine in Engine::ALL {
        let whole = Essence::of(&engine.search(&world, &Limits::default()));
        for microseconds in (0..10_000).step_by(50) {
            let deadline = Instant::now() + Duration::from_micros(microseconds);
            let found = Essence::of(&engine.search(&world, &Limits { deadline: Some(deadline), ..Limits::default() }));
            assert!(found.truncated.is_some() || found == whole, "{engine} after {microseconds} µs: {found:?}");
        }
    }
}

#[test]
fn a_limit_that_is_just_wide_enough_truncates_nothing() {
    for name in ["move", "stranded", "second-move", "method-1", "method-2"] {
        for case in searched(&loaded(name)).combinations {
            let Search { states, depth, .. } = case.search;
            for engine in Engine::ALL {
                let truncated = |limits: Limits<'_>| engine.search(&case.world, &limits).truncated;
                let wide = Limits { states_max: Some(states), depth_max: Some(depth), ..Limits::default() };
                assert_eq!(truncated(wide), None, "{name} by {engine}");
                let few = Limits { states_max: Some(states - 1), ..Limits::default() };
                assert_eq!(truncated(few), Some(Truncation::States(states - 1)), "{name} by {engine}");
                let near = Limits { depth_max: Some(depth - 1), ..Limits::default() };
                assert_eq!(truncated(near), Some(Truncation::Depth(depth - 1)), "{name} by {engine}");
            }
        }
    }
}

#[test]
fn a_violation_outranks_a_truncated_search() {
    let spec = loaded("second-move");
    for engine in Engine::ALL {
        let checked = check(&spec, engine, &Limits { depth_max: Some(12), ..Limits::default() });
        let verdicts: BTreeMap<&str, Verdict> =
            checked.results.iter().map(|one| (one.property.name(), one.verdict)).collect();
        assert_eq!(verdicts["no-loss"], Verdict::Violated, "{engine}");
        assert_eq!(verdicts["one-home"], Verdict::Inconclusive, "{engine}");
        assert!(!checked.is_complete(), "{engine}");
    }
}
