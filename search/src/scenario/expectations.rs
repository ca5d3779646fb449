//! The table `[expect]` written into the text of a scenario file. Everything else in the text stays as it is, byte for byte.

use std::ops::Range;

use toml::de::DeTable;

use crate::property::{Property, Verdict};

const KEY: &str = "expect";

/// The place for new entries, and their form.
enum NewEntries {
    /// In a table of its own, which does not exist yet.
    Table,
    /// Lines after this position.
    Lines(usize),
    /// Lines with the name of the table after this position.
    DottedLines(usize),
    /// Within braces, before this position; true if the table is empty.
    Inline(usize, bool),
}

/// Returns the text of a scenario with these verdicts as its expectations. Comments stay, and so do other entries. The text must be
/// TOML.
#[must_use]
pub fn with_expectations(text: &str, verdicts: &[(Property, Verdict)]) -> String {
    let (root, _errors) = DeTable::parse_recoverable(text);
    let value = root.get_ref().get(KEY);
    let table = value.and_then(|value| value.get_ref().as_table());
    let old = |property: &Property| table.and_then(|table| table.get(property.name()));
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for (property, verdict) in verdicts {
        let Some(old) = old(property).filter(|old| old.get_ref().as_str() != Some(verdict.name())) else { continue };
        edits.push((old.span(), format!("\"{}\"", verdict.name())));
    }
    let missing: Vec<String> = verdicts
        .iter()
        .filter(|(property, _)| old(property).is_none())
        .map(|(property, verdict)| format!("{} = \"{}\"", property.name(), verdict.name()))
        .collect();
    if !missing.is_empty() {
        let last = table.and_then(|table| table.iter().map(|(_, value)| value.span().end).max());
        let place = value.map_or(NewEntries::Table, |value| place(text, value.span(), last));
        edits.push(added(text, &place, &missing));
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut new = text.to_owned();
    for (range, replacement) in edits.into_iter().rev() {
        new.replace_range(range, &replacement);
    }
    new
}

/// Returns the place for new entries of a table at this position whose last value ends at `last`.
fn place(text: &str, span: Range<usize>, last: Option<usize>) -> NewEntries {
    match (text[span.clone()].chars().next(), last) {
        (Some('{'), last) => NewEntries::Inline(span.end - 1, last.is_none()),
        (Some('['), last) => NewEntries::Lines(end_of_line(text, last.unwrap_or(span.end))),
        (Some(_) | None, last) => NewEntries::DottedLines(end_of_line(text, last.unwrap_or(span.end))),
    }
}

fn end_of_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |index| at + index + 1)
}

/// Returns the insertion of new entries.
fn added(text: &str, place: &NewEntries, entries: &[String]) -> (Range<usize>, String) {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let break_before = |at: usize| if at == 0 || text[..at].ends_with('\n') { "" } else { end };
    let lines = |prefix: &str| entries.iter().flat_map(|entry| [prefix, entry, end]).collect::<String>();
    match *place {
        NewEntries::Table => {
            let at = text.len();
            (at..at, format!("{}{end}[{KEY}]{end}{}", break_before(at), lines("")))
        }
        NewEntries::Lines(at) => (at..at, format!("{}{}", break_before(at), lines(""))),
        NewEntries::DottedLines(at) => (at..at, format!("{}{}", break_before(at), lines(&format!("{KEY}.")))),
        NewEntries::Inline(at, is_empty) => {
            let before = text[..at].trim_end().len();
            let comma = if is_empty || text[..before].ends_with(',') { " " } else { ", " };
            (before..at, format!("{comma}{} ", entries.join(", ")))
        }
    }
}
