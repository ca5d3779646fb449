//! The reader of recorded logs: from bytes to lines, and from lines to events, with the position of every error. The meaning of an
//! event is unknown here.
//!
//! A log is JSON lines. Empty lines are ignored; the last line may lack its line break; `{"event":"end"}` ends the log.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

mod line_cache;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::protocol::{Event, Wrong};
use stranded_search::sanitize::{is_hidden, visible, visible_line};

use self::line_cache::LineCache;

/// The longest line that a log may have, in bytes.
pub const LINE_MAX: usize = 1 << 20;

/// The content of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An event.
    Event(LoggedEvent),
    /// The end of the log.
    End,
    /// An empty line.
    Nothing,
}

/// An event of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The event.
    pub event: Arc<Event>,
    /// The name of the case, if the event is a reset that has one.
    pub case: Option<Arc<str>>,
}

/// The error of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogError {
    /// The name of the log.
    pub file: String,
    /// The number of the line, from 1.
    pub line: usize,
    /// The part of the line that is shown.
    pub text: String,
    /// The range of the error in that text, in bytes.
    pub span: Range<usize>,
    /// The error, and what is expected.
    pub wrong: Wrong,
    /// The name of the case in which the line is, if it has one.
    pub case: Option<Arc<str>>,
}

/// A splitter of bytes into lines.
#[derive(Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    /// The end of the lines that were returned, and the end of the bytes without a line break.
    start: usize,
    searched: usize,
    number: usize,
}

/// A line with its number. It is not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// Its bytes, without the line break.
    pub bytes: &'a [u8],
}

impl Lines {
    /// Takes more bytes of the log.
    pub fn feed(&mut self, more: &[u8]) {
        self.bytes.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.bytes.extend_from_slice(more);
    }

    /// Returns the next whole line, or the available part of a line that is too long.
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        let found = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        let end = match found {
            Some(index) => self.searched + index,
            None => {
                self.searched = self.bytes.len();
                if self.searched - self.start <= LINE_MAX {
                    return None;
                }
                self.searched
            }
        };
        let start = std::mem::replace(&mut self.start, (end + 1).min(self.bytes.len()));
        self.searched = self.start;
        self.number += 1;
        Some(Line { number: self.number, bytes: &self.bytes[start..end] })
    }

    /// Returns the last line if it has no line break. No bytes may follow.
    pub fn last_line(&mut self) -> Option<Line<'_>> {
        let start = std::mem::replace(&mut self.start, self.bytes.len());
        self.searched = self.start;
        self.number += 1;
        (start < self.bytes.len()).then(|| Line { number: self.number, bytes: &self.bytes[start..] })
    }
}

/// A reader of lines.
#[derive(Debug, Default)]
pub struct Reader {
    cache: LineCache,
}

impl Reader {
    /// Reads a line.
    ///
    /// # Errors
    /// The error, with its position and with what is expected.
    pub fn read(&mut self, line: &Line<'_>, file: &str) -> Result<Entry, Box<LogError>> {
        if let Some(event) = self.cache.get(line.bytes) {
            return Ok(Entry::Event(event));
        }
        let entry = line.read(file)?;
        if let Entry::Event(event) = &entry {
            self.cache.insert(event);
        }
        Ok(entry)
    }
}

impl Line<'_> {
    /// Parses the line.
    fn read(&self, file: &str) -> Result<Entry, Box<LogError>> {
        if self.bytes.len() > LINE_MAX {
            let wrong = Wrong::new(format!("a line of more than {LINE_MAX} bytes"), "one event on each line");
            return Err(self.error(file, wrong));
        }
        let Ok(text) = str::from_utf8(self.bytes) else {
            return Err(self.error(file, Wrong::new("the line is not UTF-8 text", "one JSON object on the line")));
        };
        if text.trim_ascii().is_empty() {
            return Ok(Entry::Nothing);
        }
        match Event::with_case(text) {
            Ok((event, case)) => Ok(Entry::Event(LoggedEvent { event: Arc::new(event), case: case.map(Arc::from) })),
            Err(_) if is_end(text) => Ok(Entry::End),
            Err(wrong) => Err(self.error(file, wrong)),
        }
    }

    /// Returns this error, at its position on this line.
    #[must_use]
    pub fn error(&self, file: &str, wrong: Wrong) -> Box<LogError> {
        let bytes = &self.bytes[..self.bytes.len().min(LINE_MAX)];
        let text = String::from_utf8_lossy(bytes).replace(|letter: char| letter.is_control() || is_hidden(letter), " ");
        let (text, span) = window(&text, position(&text, &wrong));
        Box::new(LogError { file: file.to_owned(), line: self.number, text, span, wrong, case: None })
    }
}

/// Returns true if the line is the end of the log.
fn is_end(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct End {
        event: String,
    }
    serde_json::from_str::<End>(text).is_ok_and(|end| end.event == "end")
}

/// Returns the position of an error: where the line stops being JSON, or a name in the message; else the whole line.
fn position(text: &str, wrong: &Wrong) -> Range<usize> {
    if let Err(reason) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let at = floor(text, reason.column().saturating_sub(1).min(text.len()));
        return at..floor(text, at + text[at..].chars().next().map_or(0, char::len_utf8));
    }
    // The last name in backquotes is the value where a message names a key and its value.
    let named: Vec<&str> = wrong.message.split('`').skip(1).step_by(2).collect();
    let find = |name: &&str| {
        let name = name.rsplit('.').next().unwrap_or(name).trim_end_matches('…');
        let quoted = format!("\"{name}");
        (!name.is_empty()).then(|| text.find(&quoted)).flatten().map(|at| at + 1..at + quoted.len())
    };
    named.iter().rev().find_map(find).unwrap_or(0..text.trim_end().len())
}

/// The number of bytes of a line that are shown on each side of an error.
const SHOWN: usize = 60;

/// Returns the part of a line around a range, and the range within that part.
fn window(text: &str, at: Range<usize>) -> (String, Range<usize>) {
    let start = floor(text, at.start.saturating_sub(SHOWN));
    let end = floor(text, at.end.min(at.start + SHOWN).max(at.start) + SHOWN);
    let before = if start > 0 { "…" } else { "" };
    let after = if end < text.len() { "…" } else { "" };
    let shift = |index: usize| index.clamp(start, end) - start + before.len();
    (format!("{before}{}{after}", &text[start..end]), shift(at.start)..shift(at.end))
}

/// Returns the nearest index up to this one that is a character boundary.
fn floor(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

impl LogError {
    /// Returns the error in a case with this name.
    #[must_use]
    pub fn in_case(self, case: Option<&Arc<str>>) -> Self {
        Self { case: case.cloned(), ..self }
    }

    /// Returns the error for a terminal: file, line, caret and what is expected. It ends with a line break.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let label = format!("expected {}", visible(&self.wrong.wanted));
        let annotation = AnnotationKind::Primary.span(self.span.clone()).label(&label);
        let snippet =
            Snippet::source(&self.text).path(visible_line(&self.file)).line_start(self.line).annotation(annotation);
        let case = self.case.as_ref().map_or_else(String::new, |case| format!(", in case `{}`", visible_line(case)));
        let title = format!("{}{case}", visible(&self.wrong.message));
        let group = Level::ERROR.primary_title(&title).element(snippet);
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group]) + "\n"
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl std::error::Error for LogError {}
