//! Reading a recorded log: bytes into lines, lines into events, with every error at its place. What an event means, it does
//! not know.
//!
//! A log is JSON lines. An empty line says nothing; a last line may lack its line break; `{"event":"end"}` ends the log.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

mod known;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::protocol::{Event, Wrong};
use stranded_search::sanitize::{is_hidden, visible};

use self::known::Known;

/// The longest line that a log may have, in bytes.
pub const LINE_MAX: usize = 1 << 20;

/// What a line of a log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Something that happened.
    Event(Arc<Event>),
    /// The log ends here.
    End,
    /// An empty line.
    Nothing,
}

/// A line that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogError {
    /// The log, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The line, or as much of it as is shown.
    pub text: String,
    /// The place in that text, in bytes.
    pub span: Range<usize>,
    /// What is wrong and what would be right.
    pub wrong: Wrong,
}

/// Bytes on their way to lines.
#[derive(Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    /// Up to where they were handed out, and up to where no line break was found.
    start: usize,
    searched: usize,
    number: usize,
}

/// A line, with its number from 1. It may be anything but contain a line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number.
    pub number: usize,
    /// What is on it.
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

    /// The next whole line, if it is there; a line that is too long as far as it is there.
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        let found = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        let end = match found {
            Some(place) => self.searched + place,
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

    /// What is left when nothing follows: a last line without its line break.
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
    known: Known,
}

impl Reader {
    /// What a line says.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn read(&mut self, line: &Line<'_>, file: &str) -> Result<Entry, Box<LogError>> {
        if let Some(event) = self.known.get(line.bytes) {
            return Ok(Entry::Event(event));
        }
        let entry = line.read(file)?;
        if let Entry::Event(event) = &entry {
            self.known.note(event);
        }
        Ok(entry)
    }
}

impl Line<'_> {
    /// What the line says.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
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
        match Event::of_line(text) {
            Ok(event) => Ok(Entry::Event(Arc::new(event))),
            Err(_) if is_end(text) => Ok(Entry::End),
            Err(wrong) => Err(self.error(file, wrong)),
        }
    }

    /// The error that this line is.
    #[must_use]
    pub fn error(&self, file: &str, wrong: Wrong) -> Box<LogError> {
        let bytes = &self.bytes[..self.bytes.len().min(LINE_MAX)];
        let text = String::from_utf8_lossy(bytes).replace(|letter: char| letter.is_control() || is_hidden(letter), " ");
        let (text, span) = window(&text, place(&text, &wrong));
        Box::new(LogError { file: file.to_owned(), line: self.number, text, span, wrong })
    }
}

/// Whether the line says that the log ends.
fn is_end(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct End {
        event: String,
    }
    serde_json::from_str::<End>(text).is_ok_and(|end| end.event == "end")
}

/// Where on the line something is wrong: where JSON ends to be JSON, or what the message names first; else the whole line.
fn place(text: &str, wrong: &Wrong) -> Range<usize> {
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

/// How much of a line is shown to either side of a place.
const SHOWN: usize = 60;

/// The part of a line around a place.
fn window(text: &str, at: Range<usize>) -> (String, Range<usize>) {
    let start = floor(text, at.start.saturating_sub(SHOWN));
    let end = floor(text, at.end.min(at.start + SHOWN).max(at.start) + SHOWN);
    let before = if start > 0 { "…" } else { "" };
    let after = if end < text.len() { "…" } else { "" };
    let shift = |place: usize| place.clamp(start, end) - start + before.len();
    (format!("{before}{}{after}", &text[start..end]), shift(at.start)..shift(at.end))
}

/// The nearest place before this one that is not within a letter.
fn floor(text: &str, place: usize) -> usize {
    (0..=place.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

impl LogError {
    /// The text for a person: file, line, caret and what would be right. It ends with a line break.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let label = format!("expected {}", visible(&self.wrong.wanted));
        let annotation = AnnotationKind::Primary.span(self.span.clone()).label(&label);
        let snippet =
            Snippet::source(&self.text).path(visible(&self.file)).line_start(self.line).annotation(annotation);
        let group = Level::ERROR.primary_title(visible(&self.wrong.message)).element(snippet);
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
