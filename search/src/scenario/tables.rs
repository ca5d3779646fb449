//! The tables of scenario and procedure files with their keys, for one mistake: a key below the wrong header. The readers decide
//! which keys are valid; this list only says where a key belongs that a reader refused.

use super::steps::STEPS;

/// Each table as messages name it, with its keys.
const TABLES: [(&str, &[&str]); 7] = [
    (
        "at the top of the file, above the first table",
        &["family", "from", "memory", "name", "never", "question", "source"],
    ),
    ("in `[site]`", &["home", "mailboxes", "messages", "name", "organization", "replication", "servers"]),
    ("in `[start]`", &["directory", "stores"]),
    (
        "in `[environment]`",
        &["copy-order", "delivery", "faults", "faults-max", "logon", "other-edits", "owner-deletes", "stale-views"],
    ),
    ("in a `[[run]]`", &["administrator", "connected-to", "from", "procedure", "runs-max", "to"]),
    ("in a `[[procedure]]`", &["memory", "step"]),
    ("in a `[[step]]`", &["do", "label", "on", "when"]),
];

/// Returns the tables in which a key of a step belongs, as [`place_of`] does. An argument of another step belongs in none.
pub(super) fn place_of_step_key(key: &str) -> Option<String> {
    let is_argument = STEPS.iter().flat_map(|step| step.arguments).any(|argument| argument.key == key);
    if is_argument { None } else { place_of(key) }
}

/// Returns the tables in which a key belongs: the end of the sentence "`KEY` belongs …".
pub(super) fn place_of(key: &str) -> Option<String> {
    let places: Vec<&str> = TABLES.iter().filter(|(_, keys)| keys.contains(&key)).map(|(place, _)| *place).collect();
    (!places.is_empty()).then(|| places.join(", or "))
}
