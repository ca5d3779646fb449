//! Random walks: the same for the same seed, for any number of threads; and they never report that a property holds.

use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::Value;
use stranded_search::check::check;
use stranded_search::engine::{Engine, Limits, Truncation, Walks};
use stranded_search::property::Verdict;

use crate::process::{Ended, large, run, timeless_json};
use crate::worlds::{builtins, loaded};

fn walked(arguments: &[&str]) -> Ended {
    run(Path::new("."), &[&["check"], arguments].concat())
}

/// Returns the actions of the loss that these walks find.
fn loss(seed: &str) -> String {
    let ended = walked(&["second-move", "--simulate", "100", "--seed", seed, "--format", "json"]);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    let no_loss = &report["scenarios"][0]["properties"][0];
    assert_eq!((&no_loss["name"], &no_loss["verdict"]), (&"no-loss".into(), &"violated".into()));
    let mut text = format!("seed {seed}, {}\n", no_loss["assumptions"]);
    for step in no_loss["trace"]["steps"].as_array().unwrap() {
        text.push_str(&format!("{}: {}\n", step["actor"].as_str().unwrap(), step["action"].as_str().unwrap()));
    }
    text
}

#[test]
fn a_seed_finds_this_path_and_no_other() {
    insta::assert_snapshot!("walks-second-move", ["0", "1", "20"].map(loss).join("\n"));
}

#[test]
fn walks_are_the_same_for_any_number_of_threads() {
    let large = large("second-move-of-two");
    for (scenario, count) in [("second-move", "5000"), ("method-2", "300"), (&large, "300")] {
        let walked = |threads: &str| {
            let more = ["--simulate", count, "--seed", "7", "--threads", threads, "--format", "json"];
            timeless_json(&walked(&[&[scenario], &more[..]].concat()).out)
        };
        let alone = walked("1");
        for threads in ["2", "4"] {
            assert_eq!(walked(threads), alone, "{scenario} with {threads} threads");
        }
    }
}

#[test]
fn more_walks_start_with_the_same_ones() {
    let spec = loaded("second-move");
    let lengths = |count: u64| {
        let limits = Limits { walks: Some(Walks { count, seed: 3 }), ..Limits::default() };
        let checked = check(&spec, Engine::Exact, &limits);
        let of_case = |case: &stranded_search::check::Combination| {
            case.search
                .violations
                .iter()
                .map(|path| path.as_ref().map_or(usize::MAX, |path| path.actions.len()))
                .collect()
        };
        let all: Vec<Vec<usize>> = checked.combinations.iter().map(of_case).collect();
        all.concat()
    };
    let counts = [1, 10, 100, 1000, 6000];
    for pair in counts.windows(2) {
        let (few, many) = (lengths(pair[0]), lengths(pair[1]));
        assert!(few.iter().zip(&many).all(|(few, many)| many <= few), "{pair:?}: {few:?} {many:?}");
    }
    let shortest: Vec<usize> = check(&spec, Engine::Exact, &Limits::default())
        .combinations
        .iter()
        .flat_map(|case| {
            case.search.violations.iter().map(|path| path.as_ref().map_or(usize::MAX, |path| path.actions.len()))
        })
        .collect();
    assert!(lengths(6000).iter().zip(&shortest).all(|(walked, shortest)| walked >= shortest));
}

#[test]
fn walks_find_violations_and_never_report_that_a_property_holds() {
    let limits = Limits { walks: Some(Walks { count: 30, seed: 1 }), symmetry: true, ..Limits::default() };
    let mut violated = 0;
    for spec in builtins() {
        let checked = check(&spec, Engine::Exact, &limits);
        assert_eq!(checked.truncated(), Some(Truncation::Walks(30)), "{}", spec.name);
        for judgement in &checked.results {
            let context = format!("{}: {}", spec.name, judgement.property.name());
            assert!([Verdict::Inconclusive, Verdict::Violated].contains(&judgement.verdict), "{context}");
            let Some(case) = judgement.shown_by.map(|case| &checked.combinations[case]) else { continue };
            let Some(trace) = case.trace(judgement.property) else { continue };
            assert!(case.world.initial.contains(&trace.path.initial), "{context}");
            assert_eq!(trace.path.states(&case.world).len(), trace.path.actions.len() + 1, "{context}");
            violated += 1;
        }
    }
    assert!(violated > 20, "only {violated} violations");
}

#[test]
fn walks_end_inconclusive_in_every_format() {
    for (scenario, count) in [("move", "100"), ("method-1", "100"), ("second-move", "100"), ("second-move", "0")] {
        let ended = walked(&[scenario, "--simulate", count]);
        assert_eq!((ended.code, ended.err.as_str()), (Some(3), ""), "{scenario}: {}", ended.out);
        let why = format!("the search is incomplete: only {count} random walks were taken (--simulate)");
        assert!(ended.out.contains(&why), "{}", ended.out);
        assert!(ended.out.contains("inconclusive, the search is incomplete"), "{}", ended.out);
        let holds = |line: &&str| line.split_whitespace().nth(1) == Some("holds");
        assert_eq!(ended.out.lines().find(holds), None);
        let matrix = walked(&[scenario, "--simulate", count, "--assumptions"]);
        assert_eq!(matrix.code, Some(3));
        let json = walked(&[scenario, "--simulate", count, "--format", "json"]);
        assert_eq!(json.code, Some(3));
        let report: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(report["scenarios"][0]["complete"], false);
        assert!(!json.out.contains("\"verdict\": \"holds\""), "{}", json.out);
    }
}

#[test]
fn an_unexpected_violation_that_random_walks_find_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let text = loaded("second-move").text.replace("no-loss = \"violated\"\n", "");
    std::fs::write(folder.path().join("mine.toml"), text).unwrap();
    let ended = run(folder.path(), &["check", "mine.toml", "--simulate", "100"]);
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    assert!(ended.out.contains("not as expected:\n  second-move/no-loss"), "{}", ended.out);
}

#[test]
fn zero_walks_search_no_state() {
    let ended = walked(&["second-move", "--simulate", "0", "--format", "json"]);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&report["scenarios"][0]["states"], &report["scenarios"][0]["depth"]), (&0.into(), &0.into()));
}

/// More walks than any machine can finish.
#[test]
fn walks_obey_the_limits_too() {
    let many = u64::MAX.to_string();
    let ended = walked(&["second-move", "--simulate", &many, "--timeout", "200ms"]);
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(ended.out.contains("the search is incomplete: the time limit was reached"), "{}", ended.out);
    let large = large("second-move-of-three-large");
    let ended = walked(&[&large, "--simulate", &many, "--max-states", "50000"]);
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(ended.out.contains("the search is incomplete: there are more than 50000 states"), "{}", ended.out);
    let ended = walked(&["second-move", "--simulate", "100", "--max-depth", "3", "--format", "json"]);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["scenarios"][0]["depth"], 3);
}

#[test]
fn only_the_exact_engine_walks() {
    let ended = walked(&["second-move", "--simulate", "10", "--engine", "stateright"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.err.contains("--simulate needs the engine exact"), "{}", ended.err);
}
