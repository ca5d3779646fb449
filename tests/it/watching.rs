//! Progress messages: on standard error only, one line for each level on request, and nothing in a pipe otherwise.

use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::process::{Ended, large, run, timeless_json};

fn checked(arguments: &[&str]) -> Ended {
    run(Path::new("."), &[&["check", "--format", "json"], arguments].concat())
}

/// Returns the depth, the states and the new states that a line reports.
fn numbers(line: &str, scenario: &str) -> [u64; 3] {
    let rest = line.strip_prefix(&format!("{scenario}: depth ")).unwrap_or_else(|| panic!("{line}"));
    let words: Vec<&str> = rest.split(", ").collect();
    let [depth, states, new, rate, ..] = words[..] else { panic!("{line}") };
    assert!(rate.ends_with(" states/s"), "{line}");
    let number = |text: &str, end: &str| text.strip_suffix(end).unwrap_or_else(|| panic!("{line}")).parse().unwrap();
    [number(depth, ""), number(states, " states"), number(new, " of them new")]
}

#[test]
fn every_level_has_one_line() {
    let two = large("second-move-of-two");
    for (name, scenario, more) in [
        ("second-move-of-two", two.as_str(), &["--no-symmetry"][..]),
        ("second-move-of-two", two.as_str(), &[]),
        ("second-move-of-two", two.as_str(), &["--threads", "1", "--max-depth", "9"]),
    ] {
        let silent = checked(&[&[scenario], more].concat());
        let ended = checked(&[&[scenario, "--progress", "plain"], more].concat());
        assert_eq!(timeless_json(&ended.out), timeless_json(&silent.out), "what is printed is the same");
        let report: Value = serde_json::from_str(&ended.out).unwrap();
        let of_report = |key: &str| report["scenarios"][0][key].as_u64().unwrap();
        let levels: Vec<[u64; 3]> = ended.err.lines().map(|line| numbers(line, name)).collect();
        let depths: Vec<u64> = levels.iter().map(|[depth, ..]| *depth).collect();
        assert_eq!(depths, (0..=of_report("depth")).collect::<Vec<_>>(), "{more:?}");
        assert_eq!(levels.last().unwrap()[1], of_report("states"), "{more:?}");
        if more == ["--no-symmetry"] {
            assert_eq!(levels.iter().map(|[.., new]| new).sum::<u64>(), of_report("states"));
        }
    }
}

#[test]
fn every_search_of_a_scenario_has_its_lines() {
    let ended = checked(&["second-move", "--progress", "plain"]);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    let depths: Vec<u64> = ended.err.lines().map(|line| numbers(line, "second-move")[0]).collect();
    assert_eq!(depths.iter().filter(|depth| **depth == 0).count(), 4, "one search for each combination");
    assert_eq!(depths.iter().max().copied(), report["scenarios"][0]["depth"].as_u64());
}

#[test]
fn a_resumed_search_reports_the_levels_that_it_restores() {
    let folder = tempfile::tempdir().unwrap();
    let file = large("second-move-of-two");
    let check = |more: &[&str]| run(folder.path(), &[&["check", &file, "--progress", "plain"], more].concat()).err;
    let levels =
        |text: &str| -> Vec<[u64; 3]> { text.lines().map(|line| numbers(line, "second-move-of-two")).collect() };
    let whole = check(&[]);
    check(&["--checkpoint", "saved", "--max-depth", "10"]);
    assert_eq!(levels(&check(&["--resume", "saved"])), levels(&whole));
}

#[test]
fn a_pipe_gets_progress_only_on_request() {
    let file = large("second-move-of-three");
    for more in [&[][..], &["--progress", "auto"], &["--progress", "none"]] {
        // The search takes longer than the delay after which a terminal shows progress.
        let ended = checked(&[&[file.as_str(), "--no-symmetry", "--timeout", "1s"], more].concat());
        assert_eq!((ended.code, ended.err.as_str()), (Some(3), ""), "{more:?}");
    }
}
