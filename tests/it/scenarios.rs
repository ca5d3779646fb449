//! Every built-in scenario: its known figures, and its agreement with the expectations in its file.
//!
//! The figures come from a run (`STRANDED_UPDATE=1 cargo test --test it scenarios` rewrites them); those of the
//! article's family were also counted by hand. The first move of a mailbox with n messages takes 8 + max(n, 1) states,
//! since a step that finds nothing to copy is a step too; a supply of two messages makes that 28, plus three before the
//! start. A second run takes 3 states if the source is kept and 4 if it is removed, for each of three supplies. So
//! `second-move` has 3 + 28 + 9 and 3 + 28 + 12 states, twice each for the two orders of deleting the source: 166. The
//! actions of its shortest loss are a delivery, nine of the first run with its start, and the second run's start and
//! first step: 12.

mod expectations;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use pretty_assertions::assert_eq;
use stranded_search::check::{Checked, Combination, PropertyResult};
use stranded_search::property::Verdict;
use stranded_search::scenario::Spec;

use crate::worlds::{builtins, searched};

/// Each scenario with its known figures, one line each: its combinations, states over all of them, depth, and verdicts.
/// The numbers after a violated property are the lengths of its shortest counterexamples under the various
/// combinations.
const KNOWN: &str = include_str!("scenarios.txt");

static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(builtins);
static CHECKED: LazyLock<Vec<Checked<'static>>> = LazyLock::new(|| SPECS.iter().map(searched).collect());

#[test]
fn every_built_in_scenario_has_the_states_verdicts_and_shortest_traces_that_are_known() {
    let found: String = CHECKED.iter().map(|checked| format!("{}: {}\n", checked.spec.name, row(checked))).collect();
    if std::env::var_os("STRANDED_UPDATE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/scenarios.txt");
        std::fs::write(path, &found).unwrap();
        return;
    }
    let is_known = |line: &&str| KNOWN.lines().any(|known| known.split(':').next() == line.split(':').next());
    let missing: Vec<&str> = found.lines().filter(|line| !is_known(line)).collect();
    assert!(
        missing.is_empty(),
        "work these out by hand as well, then add them to scenarios.txt:\n{}",
        missing.join("\n")
    );
    assert_eq!(found, KNOWN, "in the order of `stranded list`");
}

#[test]
fn every_built_in_scenario_is_as_its_file_expects() {
    for checked in &*CHECKED {
        for judgement in &checked.results {
            let context = format!("{}: {}", checked.spec.name, judgement.property.name());
            assert_eq!(Some(judgement.verdict), judgement.expected, "{context}");
        }
    }
}

#[test]
fn every_property_of_every_built_in_scenario_is_judged_under_every_combination() {
    for checked in &*CHECKED {
        let spec = checked.spec;
        let combinations: usize = checked.varied.iter().map(|assumption| assumption.values().len()).product();
        assert_eq!(checked.combinations.len(), combinations, "{}", spec.name);
        let distinct: BTreeSet<_> = checked.combinations.iter().map(|case| case.world.assumptions).collect();
        assert_eq!(distinct.len(), combinations, "{}", spec.name);
        for case in &checked.combinations {
            assert_eq!(case.verdicts.len(), checked.results.len());
        }
    }
}

fn row(checked: &Checked<'_>) -> String {
    let complete = if checked.is_complete() { "complete" } else { "cut" };
    let combinations = checked.combinations.len();
    let mut row =
        format!("{combinations} combinations, {} states, depth {}, {complete}", checked.states(), checked.depth());
    for verdict in Verdict::ALL {
        let judged = checked.results.iter().filter(|judgement| judgement.verdict == verdict);
        let named: Vec<String> =
            judged.map(|judgement| judgement.property.name().to_owned() + &lengths(checked, judgement)).collect();
        if !named.is_empty() {
            let _ = write!(row, "; {verdict}: {}", named.join(", "));
        }
    }
    row
}

fn lengths(checked: &Checked<'_>, judgement: &PropertyResult) -> String {
    let length = |case: &Combination| Some(case.trace(judgement.property)?.path.actions.len());
    let lengths: BTreeSet<usize> = checked.combinations.iter().filter_map(length).collect();
    lengths.iter().map(|length| format!(" {length}")).collect()
}
