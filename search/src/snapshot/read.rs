//! Snapshot files: JSON Lines, an array, or objects in several lines. This file finds the objects, so that an error in one of them does not
//! hide those in the others; it does not know what they mean.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::scenario::{Diagnostic, Diagnostics, Findings, SourceText, Spot, nearest};

use super::line::Line;
use super::{ContentError, Snapshot, keys, observed};

/// The mark of the byte order, which some editors write at the start of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// The form of a file.
const FORM: &str = "one object for each mailbox, with `mailbox`, `directory` and `stores`";

/// The most errors about a file in which no mailbox has been found.
const STRAYS_MAX: usize = 3;

/// A part of a file.
enum Part {
    /// The text of an object, which can be incomplete.
    Object(Range<usize>),
    /// Anything else, with the error.
    Stray(Range<usize>, &'static str),
}

/// Returns true if a text is a snapshot file: its first object describes a mailbox.
#[must_use]
pub fn is_snapshot(text: &str) -> bool {
    let first = parts(text).into_iter().next();
    let Some(Part::Object(span)) = first else { return false };
    let object: Option<Value> = serde_json::from_str(&text[span]).ok();
    object.is_some_and(|object| {
        object.get("mailbox").is_some() && (object.get("directory").is_some() || object.get("stores").is_some())
    })
}

/// Reads a snapshot file: JSON Lines, an array of mailboxes, or one mailbox in several lines.
///
/// # Errors
/// Everything that is wrong.
pub fn read(file_name: &str, text: &str) -> Result<Vec<Snapshot>, Diagnostics> {
    let file = Arc::new(SourceText { name: file_name.to_owned(), text: text.to_owned() });
    let mut found = Findings::within(&file);
    let mut mailboxes = BTreeSet::new();
    let mut snapshots: Vec<Snapshot> = Vec::new();
    for part in parts(text) {
        let object = match part {
            Part::Object(span) => Object { file: &file, start: span.start, text: &text[span] },
            Part::Stray(span, message) => {
                let spot = Spot { file: Arc::clone(&file), span, label: FORM.to_owned() };
                found.take(Diagnostic { message: message.to_owned(), spot: Some(spot), help: None });
                if snapshots.is_empty() && found.count() >= STRAYS_MAX {
                    break;
                }
                continue;
            }
        };
        match object.snapshot() {
            Ok(snapshot) if !mailboxes.insert(snapshot.mailbox.clone()) => {
                let message = format!("the mailbox `{}` is described twice", snapshot.mailbox.escape_debug());
                let label = "observe it again, and keep one: a snapshot describes each mailbox once";
                found.take(object.reported(&ContentError::at(&snapshot.mailbox, message, label)));
            }
            Ok(snapshot) => snapshots.push(snapshot),
            Err(wrong) => found.take(wrong),
        }
    }
    if snapshots.is_empty() && found.count() == 0 {
        let help = "one JSON object for each mailbox, such as {\"mailbox\": \"alice\", \"directory\": {\"SRC\": {\"home-mdb\": \"SRC\", \
                    \"home-mta\": \"SRC\"}}, \"stores\": {\"SRC\": null, \"DST\": {\"messages\": 2}}}";
        return Err(Diagnostics::just(format!("{file_name} contains no snapshot"), Some(help.to_owned())));
    }
    note_rare_servers(&mut snapshots);
    found.into_diagnostics().map_or(Ok(snapshots), Err)
}

/// Notes a server that one mailbox names and no other, if its name is near that of a server which others name.
fn note_rare_servers(snapshots: &mut [Snapshot]) {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for server in snapshots.iter().flat_map(|snapshot| &snapshot.names.servers) {
        *uses.entry(server.clone()).or_default() += 1;
    }
    let common: Vec<&str> = uses.iter().filter(|(_, count)| **count > 1).map(|(name, _)| name.as_str()).collect();
    for snapshot in snapshots {
        let is_rare = |server: &&String| uses.get(*server) == Some(&1);
        let rare: Vec<String> = snapshot.names.servers.iter().filter(is_rare).cloned().collect();
        for server in rare {
            if let Some(near) = nearest(&server, &common) {
                snapshot.remarks.push(format!("no other mailbox names the server {server}: is it {near}?"));
            }
        }
    }
}

/// Returns the objects of a file, and everything between them that is not white space or a comma.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let space = |at: usize| at + text[at..].len() - text[at..].trim_start().len();
    let mut at = space(if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 });
    let mut is_open = text[at..].starts_with('[');
    at += usize::from(is_open);
    loop {
        at = space(at);
        let ahead = &text[at..];
        let Some(first) = ahead.chars().next() else { break };
        let line_end = at + ahead.find('\n').unwrap_or(ahead.len());
        match first {
            '{' => {
                let end = object_end(text, at);
                parts.push(Part::Object(at..end));
                at = end;
            }
            ',' => at += 1,
            ']' if is_open => {
                is_open = false;
                at += 1;
            }
            _ => {
                let starts_line = text[..at].rsplit('\n').next().is_none_or(|before| before.trim().is_empty());
                let message =
                    if starts_line { "this is not a JSON object" } else { "not JSON: something follows the object" };
                parts.push(Part::Stray(at..at + first.len_utf8(), message));
                at = line_end;
            }
        }
    }
    if is_open {
        let end = text.trim_end().len();
        let last = text[..end].chars().next_back().map_or(0, char::len_utf8);
        parts.push(Part::Stray(end - last..end, "not JSON: the array has no end `]`"));
    }
    parts
}

/// Returns the end of the object that starts here. An object without an end stops before a line that begins the next one.
fn object_end(text: &str, start: usize) -> usize {
    let (mut depth, mut is_string, mut is_escaped, mut last) = (0_usize, false, false, b' ');
    for (index, byte) in (start..).zip(text[start..].bytes()) {
        if byte == b'\n' {
            let begins_object = text[index..].trim_start().starts_with('{');
            if is_string || begins_object && !b":,[{".contains(&last) {
                return index;
            }
            continue;
        }
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
    }
    text.trim_end().len().max(start + 1)
}

/// Returns the form of an object, with the mistake that its text shows.
fn form(text: &str) -> String {
    const WHOLE: &str = "each mailbox must be one whole JSON object";
    let count = |letter: char| text.matches(letter).count();
    if text.contains(['“', '”', '„', '‘', '’']) || !text.contains('"') && text.contains('\'') {
        "use straight double quotes: \"".to_owned()
    } else if text.contains(": NULL") || text.contains(": Null") || text.contains(": None") {
        "write null in lower case".to_owned()
    } else if count('{') > count('}') {
        format!("a }} is missing; {WHOLE}")
    } else {
        WHOLE.to_owned()
    }
}

/// The text of one object, with its position in the file.
struct Object<'a> {
    file: &'a Arc<SourceText>,
    start: usize,
    text: &'a str,
}

impl Object<'_> {
    fn snapshot(&self) -> Result<Snapshot, Diagnostic> {
        let checked = serde_json::from_str(self.text).map_or(Ok(()), |value| keys::check(self.text, &value));
        checked.map_err(|wrong| self.reported(&wrong))?;
        let line = self.line()?;
        observed::snapshot(line).map_err(|wrong| self.reported(&wrong))
    }

    fn line(&self) -> Result<Line, Diagnostic> {
        let mut reader = serde_json::Deserializer::from_str(self.text);
        let parsed: Result<Line, _> = serde_path_to_error::deserialize(&mut reader);
        let (reason, path) = match parsed {
            Ok(parsed) => return Ok(parsed),
            Err(reason) => {
                let path = reason.path().to_string();
                (reason.into_inner(), path)
            }
        };
        let text = reason.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        let lines = self.text.split_inclusive('\n').take(reason.line().saturating_sub(1));
        let mut at = lines.map(str::len).sum::<usize>() + reason.column().saturating_sub(1);
        at = at.min(self.text.len().saturating_sub(1));
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let width = self.text[at..].chars().next().map_or(0, char::len_utf8);
        let label = match (reason.is_data(), path.as_str()) {
            (true, ".") => FORM.to_owned(),
            (true, path) => format!("the value of {path}"),
            (false, _) => form(self.text),
        };
        let message = if reason.is_data() { message.to_owned() } else { format!("not JSON: {message}") };
        Err(self.diagnostic(at..at + width, message, label))
    }

    fn diagnostic(&self, span: Range<usize>, message: String, label: String) -> Diagnostic {
        let span = self.start + span.start..self.start + span.end;
        Diagnostic { message, spot: Some(Spot { file: Arc::clone(self.file), span, label }), help: None }
    }

    /// Returns the diagnostic for an error in the content. Its position is that of the string; of the start of the object, if the string is
    /// written with escapes.
    fn reported(&self, wrong: &ContentError) -> Diagnostic {
        let quoted = Value::from(wrong.string.as_str()).to_string();
        let found = self.text.match_indices(&quoted).nth(wrong.occurrence);
        let span = found.map_or(0..1, |(index, quoted)| index..index + quoted.len());
        self.diagnostic(span, wrong.message.clone(), wrong.label.clone())
    }
}
