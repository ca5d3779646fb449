//! The limitations of a checker in its default configuration, one test for each row of `specs/engines.md`. Every row
//! names the test in this file that shows that `stranded` answers correctly, or says that the result is not known.

use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use stranded_model::World;
use stranded_model::property::{INVARIANTS_MAX, Invariant, Safety};
use stranded_model::state::State;
use stranded_search::check::{check, check_with_checkpoints};
use stranded_search::engine::{Checkpoint, Engine, Graph, Limits, LivenessResult, Path, Search, Truncation};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::Spec;

use crate::process::large;
use crate::worlds::{MAILBOX, changed, loaded, parsed, searched, worlds};

const PAGE: &str = include_str!("../../specs/engines.md");
const TESTS: &str = include_str!("limitations.rs");

/// Returns every state of a world with its distance, in the order of a plain breadth-first search. States are ordered
/// and compared completely, not hashed.
fn distances(world: &World) -> Vec<(State, usize)> {
    let mut seen: BTreeSet<State> = BTreeSet::new();
    let mut found: Vec<(State, usize)> = Vec::new();
    for state in &world.initial {
        if seen.insert(state.clone()) {
            found.push((state.clone(), 0));
        }
    }
    let mut at = 0;
    while at < found.len() {
        let (state, distance) = found[at].clone();
        for (_, next) in world.enabled(&state) {
            if seen.insert(next.clone()) {
                found.push((next, distance + 1));
            }
        }
        at += 1;
    }
    found
}

/// Returns the distance of the nearest violation of each property.
fn nearest(world: &World) -> Vec<Option<usize>> {
    let found = distances(world);
    let nearest = |invariant: Invariant| found.iter().find(|(state, _)| !invariant.holds(world, state));
    let mut distances: Vec<_> = world.invariants().map(|one| nearest(one).map(|(_, distance)| *distance)).collect();
    distances.resize(INVARIANTS_MAX, None);
    distances
}

fn lengths(search: &Search) -> Vec<Option<usize>> {
    search.violations.iter().map(|path| path.as_ref().map(|path| path.actions.len())).collect()
}

/// Checks that each path starts in an initial state and ends in a violation.
#[track_caller]
fn check_paths(world: &World, search: &Search) {
    for (invariant, path) in world.invariants().zip(&search.violations) {
        let Some(Path { initial, .. }) = path else { continue };
        assert!(world.initial.contains(initial));
        let end = path.as_ref().map(|path| path.end(world));
        assert!(end.is_some_and(|end| !invariant.holds(world, &end)), "{invariant:?}");
    }
}

/// Searches with this number of threads.
fn with_threads(threads: usize, world: &World, limits: &Limits<'_>) -> Search {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| Engine::Exact.search(world, limits))
}

/// A world that takes long to search: 102 million states.
fn endless() -> World {
    let spec = loaded(&large("second-move-of-three-large"));
    worlds_unsearched(&spec).remove(0)
}

fn worlds_unsearched(spec: &Spec) -> Vec<World> {
    stranded_search::check::combinations_of(spec)
        .into_iter()
        .map(|answers| World::new(&spec.scenario, answers))
        .collect()
}

/// A scenario of mailboxes that share nothing.
fn alike(mailboxes: usize) -> Spec {
    let text = loaded(&large("second-move-of-two")).text;
    parsed(&text.replace("mailboxes = 2", &format!("mailboxes = {mailboxes}")).replace("messages = 2", "messages = 1"))
}

#[test]
fn a_path_that_repeats_for_ever_is_a_counterexample() {
    let spec = loaded("guarded-move-without-order");
    let checked = searched(&spec);
    let circles =
        checked.combinations.iter().flat_map(|case| &case.liveness_results).filter(|(_, result)| match result {
            LivenessResult::Violated(lasso) => lasso.path.actions.len() > lasso.repeats_from,
            LivenessResult::Vacuous | LivenessResult::Holds => false,
        });
    assert!(circles.count() > 0);
    let violated = |one: &&stranded_search::check::PropertyResult| {
        matches!(one.property, Property::Liveness(_)) && one.verdict == Verdict::Violated
    };
    assert!(checked.results.iter().any(|one| violated(&one)));
}

#[test]
fn a_path_that_joins_a_good_one_is_still_a_counterexample() {
    let spec = loaded("guarded-move-without-retry");
    let mut joined = 0;
    for case in searched(&spec).combinations {
        let graph = Graph::of(&case.world, &Limits::default());
        for (property, result) in &case.liveness_results {
            let LivenessResult::Violated(lasso) = result else { continue };
            let last = lasso.path.end(&case.world);
            assert!(!property.is_reached(&case.world, &last, MAILBOX));
            let end = graph.states.get_index_of(&last).unwrap();
            let leads = |edges: &&Vec<_>| edges.iter().any(|(_, to): &(_, u32)| *to as usize == end);
            joined += usize::from(graph.edges.iter().filter(leads).count() > 1);
        }
    }
    assert!(joined > 0, "several paths lead to the last state of a lasso");
}

#[test]
fn a_bound_is_not_taken_for_the_end_of_a_path() {
    let spec = loaded("guarded-move-without-order");
    let depth = searched(&spec).depth();
    for engine in Engine::ALL {
        for max in [0, 1, depth / 2, depth - 1] {
            let checked = check(&spec, engine, &Limits { depth_max: Some(max), ..Limits::default() });
            for one in checked.results.iter().filter(|one| matches!(one.property, Property::Liveness(_))) {
                assert_eq!(one.verdict, Verdict::Inconclusive, "{} within {max} by {engine}", one.property.name());
            }
        }
    }
}

#[test]
fn a_path_starts_in_an_initial_state_even_if_a_bound_leaves_some_out() {
    let spec = parsed(
        "name = \"many-starts\"\nfrom = \"stranded\"\n[[run]]\nadministrator = \"second\"\n\
         procedure = \"move-of-the-article\"\nfrom = \"source\"\nto = \"destination\"\n",
    );
    for world in worlds(&spec) {
        assert!(world.initial.len() > 3);
        for engine in Engine::ALL {
            for max in 1..=distances(&world).len() {
                let found = engine.search(&world, &Limits { states_max: Some(max), ..Limits::default() });
                check_paths(&world, &found);
                assert_eq!(found.states, max, "{engine}");
            }
        }
    }
}

#[test]
fn a_later_counterexample_does_not_replace_a_shorter_one() {
    for world in worlds(&loaded("second-move")) {
        let nearest = nearest(&world);
        assert!(nearest.iter().flatten().count() > 1, "several properties are violated");
        for engine in Engine::ALL {
            assert_eq!(lengths(&engine.search(&world, &Limits::default())), nearest, "{engine}");
        }
    }
}

#[test]
fn states_behind_a_violation_are_searched() {
    for world in worlds(&loaded("second-move")) {
        let states = distances(&world);
        let farthest = nearest(&world).into_iter().flatten().max().unwrap();
        assert!(states.last().unwrap().1 > farthest, "some states are farther than all violations");
        for engine in Engine::ALL {
            assert_eq!(engine.search(&world, &Limits::default()).states, states.len(), "{engine}");
        }
    }
}

#[test]
fn a_world_is_searched_whether_or_not_anything_is_expected_of_it() {
    let text = loaded("second-move").text;
    let (bare, _) = text.split_once("[expect]").unwrap();
    let spec = parsed(bare.split("# The second run").next().unwrap());
    assert!(spec.expect.is_empty());
    for engine in Engine::ALL {
        let checked = check(&spec, engine, &Limits::default());
        assert_eq!(checked.states(), searched(&loaded("second-move")).states(), "{engine}");
        assert!(checked.is_complete());
    }
}

#[test]
fn a_bound_of_the_depth_hides_nothing_that_is_nearer() {
    for world in worlds(&loaded("second-move")) {
        let (states, nearest) = (distances(&world), nearest(&world));
        for max in 0..=states.last().unwrap().1 {
            let limits = Limits { depth_max: Some(max), ..Limits::default() };
            let within = states.iter().filter(|(_, distance)| *distance <= max).count();
            let broken: Vec<_> = nearest.iter().map(|far| far.filter(|far| *far <= max)).collect();
            let found = [1, 2].map(|threads| with_threads(threads, &world, &limits));
            for found in found.iter().chain([&Engine::Stateright.search(&world, &limits)]) {
                assert_eq!((found.states, lengths(found)), (within, broken.clone()), "within {max} steps");
                assert_eq!(found.truncated.is_some(), within < states.len(), "within {max} steps");
            }
        }
    }
}

/// Checks that no engine, with any number of threads, reports that a property of a truncated search holds.
#[track_caller]
fn check_nothing_holds(
    spec: &Spec,
    limits: &(dyn Fn() -> Limits<'static> + Sync),
    is_expected: fn(Truncation) -> bool,
) {
    for engine in Engine::ALL {
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let checked = pool.install(|| check(spec, engine, &limits()));
            assert!(
                !checked.is_complete() && checked.truncated().is_some_and(is_expected),
                "{engine}: {:?}",
                checked.truncated()
            );
            for one in &checked.results {
                let wanted = [Verdict::Inconclusive, Verdict::Violated];
                assert!(wanted.contains(&one.verdict), "{} by {engine}", one.property.name());
            }
        }
    }
}

#[test]
fn a_search_that_stopped_at_a_number_of_states_is_not_complete() {
    let limits = || Limits { states_max: Some(100), ..Limits::default() };
    for name in ["move", "second-move", "guarded-move-without-claim"] {
        if searched(&loaded(name)).combinations.iter().all(|case| case.search.states > 100) {
            check_nothing_holds(&loaded(name), &limits, |truncated| truncated == Truncation::States(100));
        }
    }
    let few = || Limits { states_max: Some(10), ..Limits::default() };
    check_nothing_holds(&loaded("move"), &few, |truncated| truncated == Truncation::States(10));
}

#[test]
fn the_time_ends_a_search_of_one_thread_too() {
    const TIME: Duration = Duration::from_millis(100);
    /// The margin of each of the six searches; without a limit each takes minutes.
    const MARGIN: Duration = Duration::from_secs(10);
    let spec = loaded(&large("second-move-of-three-large"));
    let started = Instant::now();
    check_nothing_holds(
        &spec,
        &|| Limits { deadline: Some(Instant::now() + TIME), ..Limits::default() },
        |truncated| truncated == Truncation::Time,
    );
    assert!(started.elapsed() < (TIME + MARGIN) * 6, "it took {:?}", started.elapsed());
}

#[test]
fn a_property_that_breaks_beyond_a_bound_does_not_pass() {
    let spec = loaded("second-move");
    let no_loss = searched(&spec).combinations[0].search.violations[Safety::NoLoss as usize].clone().unwrap();
    let short = no_loss.actions.len() - 1;
    for engine in Engine::ALL {
        let checked = check(&spec, engine, &Limits { depth_max: Some(short), ..Limits::default() });
        let one = checked.results.iter().find(|one| one.property == Property::Safety(Safety::NoLoss)).unwrap();
        assert_eq!(one.verdict, Verdict::Inconclusive, "{engine}");
    }
}

#[test]
fn symmetric_mailboxes_are_expanded_once_and_counted_in_full() {
    let one = searched(&alike(1)).states();
    let mut orders = one;
    for mailboxes in 2..=3 {
        // The number of multisets of this size: choices with repetition, without order.
        orders = orders * (one + mailboxes - 1) / mailboxes;
        for world in worlds_unsearched(&alike(mailboxes)) {
            let plain = Engine::Exact.search(&world, &Limits::default());
            let reduced = Engine::Exact.search(&world, &Limits { symmetry: true, ..Limits::default() });
            assert_eq!((plain.states, plain.representatives), (one.pow(mailboxes as u32), plain.states));
            assert_eq!((reduced.states, reduced.representatives), (plain.states, orders), "{mailboxes} mailboxes");
            assert_eq!(lengths(&reduced), lengths(&plain));
            assert_eq!(reduced.depth, plain.depth);
            let quiescent = |search: &Search| search.quiescent.iter().cloned().collect::<HashSet<State>>();
            assert!(quiescent(&reduced) == quiescent(&plain), "the quiescent states are the same");
            check_paths(&world, &reduced);
        }
    }
}

#[test]
fn no_two_states_are_merged() {
    for name in ["second-move", "method-2", "stranded"] {
        for world in worlds(&loaded(name)) {
            let states = distances(&world);
            let quiescent = states
                .iter()
                .map(|(state, _)| state)
                .filter(|state| state.accounts.values().all(|account| world.is_quiescent(account, &state.shared)));
            let quiescent: BTreeSet<State> = quiescent.cloned().collect();
            for engine in Engine::ALL {
                let found = engine.search(&world, &Limits::default());
                assert_eq!((found.states, found.defect), (states.len(), None), "{name} by {engine}");
                // The search returns its quiescent states unchanged.
                let found: BTreeSet<State> = found.quiescent.into_iter().collect();
                assert!(found == quiescent, "{name} by {engine}");
            }
        }
    }
}

#[test]
fn progress_is_reported_once_a_level_and_costs_no_walk() {
    let world = worlds_unsearched(&alike(2)).remove(0);
    let (sender, levels) = std::sync::mpsc::channel();
    let progress = stranded_search::engine::Progress::new(Some(sender));
    let found = Engine::Exact.search(&world, &Limits { progress: Some(&progress), ..Limits::default() });
    assert_eq!(found.truncated, None);
    // One message for each level, and none for each state.
    assert_eq!(levels.try_iter().count(), found.depth + 1);
}

#[test]
fn a_small_search_does_not_wait_for_its_report() {
    /// A sleep of one second in each search, for each property, would take longer.
    const TIME: Duration = Duration::from_secs(10);
    let world = worlds_unsearched(&loaded("move")).remove(0);
    for engine in Engine::ALL {
        let limits = Limits { deadline: Some(Instant::now() + TIME), ..Limits::default() };
        for _ in 0..20 {
            assert_eq!(engine.search(&world, &limits).truncated, None, "{engine}");
        }
    }
}

#[test]
fn every_part_of_a_state_distinguishes_it() {
    for world in worlds(&changed("second-move", "replication = \"instant\"", "replication = \"eventual\"")) {
        let states = distances(&world);
        let hashed: HashSet<&State> = states.iter().map(|(state, _)| state).collect();
        assert_eq!(hashed.len(), states.len(), "states that differ have different entries in a hash table");
        assert_eq!(Engine::Exact.search(&world, &Limits::default()).states, states.len());
    }
}

#[test]
fn two_threads_find_the_shortest_paths_and_the_same_every_time() {
    for world in worlds_unsearched(&alike(2)) {
        let nearest = nearest(&world);
        let alone = with_threads(1, &world, &Limits::default());
        assert_eq!(lengths(&alone), nearest);
        for threads in [2, 4] {
            for _ in 0..5 {
                let found = with_threads(threads, &world, &Limits::default());
                assert_eq!((&found.violations, found.states), (&alone.violations, alone.states), "{threads} threads");
            }
        }
    }
}

#[test]
fn a_search_is_saved_resumed_and_limited_in_memory() {
    let spec = alike(2);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let whole = searched(&spec);
    let truncated = Limits { depth_max: Some(whole.depth() / 2), ..Limits::default() };
    let half = check_with_checkpoints(&spec, Engine::Exact, &truncated, &[Checkpoint::open(&file, "mine").unwrap()]);
    assert!(!half.is_complete() && half.states() < whole.states());
    let saved = [Checkpoint::open(&file, "mine").unwrap()];
    let resumed = check_with_checkpoints(&spec, Engine::Exact, &Limits::default(), &saved);
    let [resumed, whole] = [&resumed, &whole].map(|one| (one.states(), one.combinations[0].search.violations.clone()));
    assert_eq!(resumed, whole);
    for engine in Engine::ALL {
        let found = engine.search(&endless(), &Limits { memory_max: Some(1), ..Limits::default() });
        assert_eq!(found.truncated, Some(Truncation::Memory(1)), "{engine}");
    }
}

#[test]
fn every_property_has_its_shortest_path_in_one_run_with_any_engine() {
    for name in ["second-move", "stranded"] {
        for world in worlds(&loaded(name)) {
            let nearest = nearest(&world);
            for engine in Engine::ALL {
                let [one, other] = [(), ()].map(|()| engine.search(&world, &Limits::default()));
                assert_eq!((lengths(&one), &one.violations), (nearest.clone(), &other.violations), "{engine}");
                check_paths(&world, &one);
            }
        }
    }
}

#[test]
fn actions_are_listed_in_the_same_order_every_time() {
    let spec = loaded("second-move");
    for (world, again) in worlds_unsearched(&spec).into_iter().zip(worlds_unsearched(&spec)) {
        assert_eq!(world.actions(), again.actions());
        for (state, _) in distances(&world) {
            assert!(world.enabled(&state).eq(again.enabled(&state)));
        }
    }
}

/// Returns the tests that the rows of the page name, in their order.
fn named() -> Vec<&'static str> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| What"));
    rows.map(|row| row.split('`').rev().nth(1).unwrap_or_else(|| panic!("no test: {row}"))).collect()
}

#[test]
fn every_row_of_the_page_names_its_test() {
    let tests = TESTS.split("#[test]\nfn ").skip(1).map(|rest| rest.split('(').next().unwrap());
    let tests: Vec<&str> = tests.filter(|name| *name != "every_row_of_the_page_names_its_test").collect();
    assert_eq!(named(), tests);
    assert_eq!(tests.len(), 20);
}
