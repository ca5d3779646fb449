//! The kinds of files that a folder or a pattern contains: ours, apart from the TOML files of other programs, so that nothing of ours can
//! pass as checked and nothing of others is an error.

use toml::de::DeTable;

use super::diagnostic::{Diagnostics, Findings, SourceText};
use super::is_procedure_text;

/// Keys of which only a scenario has one, at its root.
const KEYS: [&str; 6] = ["run", "expect", "question", "assume", "property", "from"];
/// Tables that files of other programs can have too, each with keys that show a scenario.
const SHARED: [(&str, &[&str]); 2] = [
    ("site", &["servers", "home", "mailboxes", "messages", "replication", "organization"]),
    (
        "environment",
        &["delivery", "logon", "owner-deletes", "other-edits", "stale-views", "faults", "faults-max", "copy-order"],
    ),
];

/// The tables by which a file is recognized, as they are written.
const TABLES: [(&str, &str); 4] =
    [("step", "[[step]]"), ("site", "[site]"), ("run", "[[run]]"), ("environment", "[environment]")];

/// A file that a folder or a pattern contains, and that is not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotChecked {
    /// The file.
    pub file: String,
    /// Its kind.
    pub kind: FileKind,
}

/// The kind of a TOML file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A scenario, or a file that is not TOML and ought to be one or a procedure.
    Scenario,
    /// A procedure.
    Procedure,
    /// A scenario that is equal to a checked one.
    Copy,
    /// A file without a key.
    Empty,
    /// A text that is not TOML and has no table of a scenario or a procedure.
    NotToml,
    /// Neither a scenario nor a procedure.
    Neither,
    /// A link that leads to no file.
    DeadLink,
    /// A link to a folder that contains it.
    Loop,
}

impl NotChecked {
    /// Returns the reason in one line.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self.kind {
            FileKind::Scenario => "a scenario: check it without --from",
            FileKind::Procedure => "a procedure that no checked scenario runs: check it with --from SCENARIO",
            FileKind::Copy => "the same scenario as one that is checked",
            FileKind::Empty => "empty, or nothing but comments",
            FileKind::NotToml => "not TOML, and without a table of a scenario or a procedure",
            FileKind::DeadLink => "a link that leads to nothing",
            FileKind::Loop => "a link to a folder that contains it",
            FileKind::Neither => "neither a scenario nor a procedure",
        }
    }
}

/// Returns the kind of a file. A text that is not TOML counts as a scenario if it seems to be one or a procedure, so that its errors are
/// reported.
pub(super) fn kind_of(text: &str) -> FileKind {
    if is_procedure_text(text) {
        return FileKind::Procedure;
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    match (errors.is_empty(), root.get_ref().is_empty()) {
        (true, true) => FileKind::Empty,
        (true, false) if is_scenario(root.get_ref()) => FileKind::Scenario,
        (true, false) => FileKind::Neither,
        (false, _) if is_scenario(root.get_ref()) || text.lines().any(is_ours) => FileKind::Scenario,
        (false, _) => FileKind::NotToml,
    }
}

/// Returns true if a root table has a key that only scenarios have. Files of other programs have the tables of [`SHARED`], too: such a table
/// must have a key of ours.
fn is_scenario(root: &DeTable<'_>) -> bool {
    let has = |(key, inner): &(&str, &[&str])| {
        let value = root.get(*key).map(|value| value.get_ref());
        let is_inside = |table: &DeTable<'_>| inner.iter().any(|key| table.contains_key(*key));
        value.and_then(|value| value.as_table()).is_some_and(is_inside)
    };
    KEYS.into_iter().any(|key| root.contains_key(key)) || SHARED.iter().any(has)
}

/// Returns true if a line of a text that is not TOML has a key or the header of a table of ours.
fn is_ours(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches('[').trim_start();
    let word = line.split(|one: char| !one.is_ascii_alphanumeric() && one != '-').next().unwrap_or("");
    word == "name" || word == "step" || KEYS.contains(&word) || SHARED.iter().any(|(key, _)| *key == word)
}

/// Returns the error of a file with a name and a table that is almost one of a scenario or a procedure: without it, the file would be
/// left out as something else.
pub(super) fn misspelt_table(file: &str, text: &str) -> Option<Diagnostics> {
    let (root, _errors) = DeTable::parse_recoverable(text);
    root.get_ref().get("name").filter(|name| name.get_ref().is_str())?;
    let mut found = Findings::of(SourceText { name: file.to_owned(), text: text.to_owned() });
    for (key, value) in root.get_ref() {
        let written = key.get_ref().to_lowercase();
        let is_close = |(name, _): &&(&str, &str)| strsim::damerau_levenshtein(&written, name) <= 1;
        let is_list = value.get_ref().as_array().is_some_and(|all| all.iter().any(|one| one.get_ref().is_table()));
        let is_table = value.get_ref().is_table() || is_list;
        if let Some((_, right)) = TABLES.iter().find(is_close).filter(|(name, _)| is_table && key.get_ref() != name) {
            let message = format!("unknown table `{}`", key.get_ref().escape_debug());
            found.report(key.span(), message, format!("did you mean `{right}`?"));
        }
    }
    found.into_diagnostics()
}
