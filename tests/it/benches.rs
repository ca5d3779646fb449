//! The scenarios of the benchmarks: each is one search, meets its expectations, and has the same supplies in its
//! Promela.

use std::fs;

use stranded_search::scenario::Spec;

use super::worlds::{loaded, parsed, searched};

/// Each scenario with its number of mailboxes and, if the mailboxes share nothing, the number of states of one of them.
const COMPARED: [(&str, u32, Option<usize>); 5] = [
    ("guarded-move-large", 1, None),
    ("second-move-of-two", 2, Some(281)),
    ("second-move-of-two-with-faults", 2, None),
    ("second-move-of-three", 3, Some(281)),
    ("second-move-of-three-large", 3, Some(467)),
];

fn path(name: &str) -> String {
    format!("{}/benches/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

/// Returns the scenario with one mailbox only.
fn of_one(name: &str, mailboxes: u32) -> Spec {
    parsed(&loaded(&path(name)).text.replace(&format!("mailboxes = {mailboxes}"), "mailboxes = 1"))
}

/// Returns the value of a line `#define NAME VALUE` of the scenario's Promela; the value may be empty.
fn defined(name: &str, what: &str) -> Option<String> {
    let file = format!("{}/benches/promela/{name}.pml", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|words| words.starts_with(&["#define", what]))?;
    Some(line[2..].join(" "))
}

#[test]
fn a_compared_scenario_is_one_search_with_the_expected_verdicts() {
    for (name, mailboxes, _) in COMPARED {
        let spec = of_one(name, mailboxes);
        let checked = searched(&spec);
        assert_eq!(checked.combinations.len(), 1, "{name}");
        for judgement in &checked.results {
            assert!(judgement.is_as_expected(), "{name}: {}", judgement.property.name());
        }
    }
}

#[test]
fn mailboxes_that_share_nothing_multiply_their_states() {
    for (name, mailboxes, states) in COMPARED {
        let Some(states) = states else { continue };
        assert_eq!(searched(&of_one(name, mailboxes)).states(), states, "{name}");
    }
    let two = loaded(&path("second-move-of-two"));
    assert_eq!(searched(&two).states(), 281 * 281);
}

#[test]
fn the_promela_of_a_compared_scenario_has_its_supplies_and_answers() {
    let words = [
        ("MAILBOXES", "mailboxes"),
        ("MESSAGES", "messages"),
        ("OWNER_DELETES", "owner-deletes"),
        ("FAULTS_MAX", "faults-max"),
    ];
    let answers = [
        ("LOGON", "logon", "true"),
        ("SOURCE_DELETE_BEFORE_DIRECTORY", "source-delete", "\"before-directory\""),
        ("DUPLICATE_ABORT_REMOVES_SOURCE", "duplicate-abort", "\"removes-source\""),
    ];
    for (name, ..) in COMPARED {
        let text = loaded(&path(name)).text;
        for (macro_name, key) in words {
            assert_eq!(defined(name, macro_name).as_deref(), value_of(&text, key), "{name}: {key}");
        }
        for (macro_name, key, answer) in answers {
            assert_eq!(defined(name, macro_name).is_some(), value_of(&text, key) == Some(answer), "{name}: {key}");
        }
    }
}

/// Returns the value of a line `KEY = VALUE` of a scenario.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))
}
