//! Diagnostics: errors in a text, each with its position, a label with the accepted form, and the nearest valid name. The rules of the
//! files are not known here.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::sanitize::{is_hidden, visible, visible_line};

/// The width of a rendered diagnostic, in columns.
const WIDTH: usize = 100;
/// The width of a help text, without its margin.
const HELP_WIDTH: u16 = 85;

/// The longest list of names that fits beside the caret, in bytes.
const LABEL_MAX: usize = 70;
/// The largest number of errors that are reported. More errors mean that the file is of another kind, or repeats one error.
const REPORTED_MAX: usize = 20;
/// The longest message, label or name, in characters.
const CHARACTERS_MAX: usize = 500;
/// The largest number of errors in memory during a search for more.
const KEPT_MAX: usize = 2 * REPORTED_MAX;
/// The longest part of a line on each side of an error, in bytes.
const SHOWN_MAX: usize = 4096;

/// A text with the name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// The name of the file.
    pub name: String,
    /// The content.
    pub text: String,
}

impl SourceText {
    /// Returns the line of a byte, from 1.
    #[must_use]
    pub fn line(&self, byte: usize) -> u32 {
        let lines = self.text.bytes().take(byte).filter(|byte| *byte == b'\n').count();
        u32::try_from(lines + 1).unwrap_or(u32::MAX)
    }

    /// Returns a function that counts the lines before a byte. The text is read once, however often it is called.
    pub(super) fn lines_before(&self) -> impl Fn(usize) -> usize + use<> {
        let ends: Vec<usize> = self.text.match_indices('\n').map(|(end, _)| end).collect();
        move |byte| ends.partition_point(|end| *end < byte)
    }
}

/// An error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The message.
    pub message: String,
    /// Its position; none if the file cannot be read.
    pub spot: Option<Spot>,
    /// Further help.
    pub help: Option<String>,
}

/// A position in a text, with a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The text.
    pub file: Arc<SourceText>,
    /// The range in the text, in bytes.
    pub span: Range<usize>,
    /// The accepted form.
    pub label: String,
}

/// The errors in a scenario and the files that it names, in the order of the files. There is at least one. The first errors are
/// reported, the others counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    reported: Vec<Diagnostic>,
    more: usize,
}

impl Diagnostics {
    /// Returns one diagnostic without a position.
    #[must_use]
    pub fn just(message: impl Into<String>, help: Option<String>) -> Self {
        Self { reported: vec![Diagnostic { message: message.into(), spot: None, help }], more: 0 }
    }

    /// Returns the diagnostics of one or more files, each from top to bottom; `None` if there are none.
    #[must_use]
    pub fn of(found: Vec<Diagnostic>) -> Option<Self> {
        Self::first(found, 0)
    }

    /// Joins diagnostics; returns `None` if there are none.
    #[must_use]
    pub fn together(parts: Vec<Self>) -> Option<Self> {
        let more = parts.iter().map(|part| part.more).sum();
        Self::first(parts.into_iter().flat_map(|part| part.reported).collect(), more)
    }

    /// Keeps the first diagnostics and counts the others; `more` are counted already.
    fn first(found: Vec<Diagnostic>, more: usize) -> Option<Self> {
        let mut files: Vec<Arc<SourceText>> = Vec::new();
        for spot in found.iter().filter_map(|diagnostic| diagnostic.spot.as_ref()) {
            if !files.contains(&spot.file) {
                files.push(Arc::clone(&spot.file));
            }
        }
        let position = |diagnostic: &Diagnostic| {
            let spot = diagnostic.spot.as_ref()?;
            Some((files.iter().position(|file| *file == spot.file), spot.span.start, Reverse(spot.span.end)))
        };
        let mut sorted = found;
        sorted.sort_by_key(position);
        sorted.dedup();
        let more = more + sorted.len().saturating_sub(REPORTED_MAX);
        sorted.truncate(REPORTED_MAX);
        (!sorted.is_empty()).then_some(Self { reported: sorted, more })
    }

    /// Returns the reported diagnostics.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.reported.iter()
    }

    /// Returns the diagnostics with only the position of each error in a file whose content must not be shown.
    #[must_use]
    pub fn without_content(mut self, is_foreign: impl Fn(&str) -> bool) -> Self {
        for diagnostic in &mut self.reported {
            if let Some(spot) = diagnostic.spot.take_if(|spot| is_foreign(&spot.file.name)) {
                *diagnostic = spot.without_content();
            }
        }
        self
    }

    /// Returns the diagnostics without some of them; `None` if no other one is known.
    #[must_use]
    pub(super) fn without(mut self, is_left_out: impl Fn(&Diagnostic) -> bool) -> Option<Self> {
        self.reported.retain(|one| !is_left_out(one));
        (!self.reported.is_empty()).then_some(self)
    }

    /// Returns the number of diagnostics that are only counted.
    #[must_use]
    pub fn more(&self) -> usize {
        self.more
    }

    /// Renders each diagnostic with file, line, caret and label. The text ends with a line break.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH);
        let more = match self.more {
            0 => None,
            1 => Some("and 1 more error".to_owned()),
            more => Some(format!("and {more} more errors")),
        };
        let last = more.map(|message| Diagnostic { message, spot: None, help: None });
        let all = self.reported.iter().chain(&last);
        all.map(|diagnostic| renderer.render(&[diagnostic.group()]) + "\n").collect::<Vec<_>>().join("\n")
    }
}

impl Diagnostic {
    fn group(&self) -> Group<'_> {
        let mut group = Group::with_title(Level::ERROR.primary_title(short(&self.message)));
        if let Some(spot) = &self.spot {
            let shown = spot.shown();
            let annotation = AnnotationKind::Primary.span(shown.span).label(short(&spot.label));
            let snippet = Snippet::source(shown.text).path(visible_line(&spot.file.name)).line_start(shown.line);
            group = group.element(snippet.annotation(annotation));
        }
        match &self.help {
            Some(help) => group.element(Level::HELP.message(visible(help))),
            None => group,
        }
    }
}

/// Returns the sanitized text, cut to a length that a reader takes in.
fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(CHARACTERS_MAX) {
        None => visible_line(text),
        Some((end, _)) => format!("{}…", visible_line(&text[..end])).into(),
    }
}

/// The lines around a position. They are copied, so that the cost of an error does not depend on the size of the file.
struct Shown {
    text: String,
    /// The number of the first line.
    line: usize,
    /// The range in these lines, in bytes.
    span: Range<usize>,
}

impl Spot {
    /// Returns the error at this position without any content of the file.
    fn without_content(&self) -> Diagnostic {
        let Self { file, span, .. } = self;
        let before = &file.text[..floor(&file.text, span.start)];
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        let line = file.line(span.start);
        let help = "the file is outside the folder of the scenario, so its content is not shown; check it by itself";
        Diagnostic {
            message: format!("{} has an error in line {line}, column {column}", file.name),
            spot: None,
            help: Some(help.to_owned()),
        }
    }

    fn shown(&self) -> Shown {
        let text = &self.file.text;
        let at = floor(text, self.span.start);
        let start = text[..at].rfind('\n').map_or(0, |index| index + 1);
        let end = floor(text, self.span.end.clamp(at, at.saturating_add(SHOWN_MAX)));
        let rest = &text[end..floor(text, end.saturating_add(SHOWN_MAX))];
        let after = rest.find('\n').map_or(rest.len(), |index| index + 1);
        // Each character stays one character, so that the column is that of the file.
        let shown = |text: &str| text.replace(|character| is_hidden(character) && !character.is_ascii(), "\u{fffd}");
        let (before, within) = (shown(&text[start..at]), shown(&text[at..end]));
        let span = before.len()..before.len() + within.len();
        let line = 1 + text[..start].bytes().filter(|byte| *byte == b'\n').count();
        Shown { text: before + &within + &shown(&rest[..after]), line, span }
    }
}

/// Returns the last character boundary at or before an index.
pub(crate) fn floor(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

/// Returns a help text in lines that fit beside its margin.
pub(super) fn wrapped(text: &str) -> String {
    crate::lines::wrapped(text, 0, HELP_WIDTH)
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl Error for Diagnostics {}

/// The errors found so far in one file. Of very many, those that come first in the file are kept.
#[derive(Debug)]
pub struct Findings {
    file: Arc<SourceText>,
    found: Vec<Diagnostic>,
    /// The number of errors that are not kept.
    more: usize,
    /// The position after which an error is only counted.
    beyond: Option<usize>,
}

impl Findings {
    /// Returns an empty list of errors for a file.
    pub fn of(file: SourceText) -> Self {
        Self::within(&Arc::new(file))
    }

    /// Returns an empty list of errors for a shared text.
    pub fn within(file: &Arc<SourceText>) -> Self {
        Self { file: Arc::clone(file), found: Vec::new(), more: 0, beyond: None }
    }

    /// Returns the text.
    pub fn text(&self) -> Arc<SourceText> {
        Arc::clone(&self.file)
    }

    /// Returns the number of errors so far.
    pub fn count(&self) -> usize {
        self.found.len() + self.more
    }

    /// Adds an error: its position, its message, and a label with the accepted form.
    pub fn report(&mut self, span: Range<usize>, message: impl Into<String>, label: impl Into<String>) {
        self.report_with_help(span, message, label, None);
    }

    /// Adds an error with further help.
    pub fn report_with_help(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) {
        if self.only_counts(&span) {
            return;
        }
        let spot = Spot { file: Arc::clone(&self.file), span, label: label.into() };
        self.take(Diagnostic { message: message.into(), spot: Some(spot), help });
    }

    /// Adds an error.
    pub fn take(&mut self, wrong: Diagnostic) {
        self.found.push(wrong);
        if self.found.len() > KEPT_MAX {
            self.thin_out();
        }
    }

    fn thin_out(&mut self) {
        let kept = Diagnostics::first(std::mem::take(&mut self.found), self.more);
        (self.found, self.more) = kept.map_or((Vec::new(), 0), |kept| (kept.reported, kept.more));
        let last = self.found.get(REPORTED_MAX - 1).and_then(|last| last.spot.as_ref());
        self.beyond = last.filter(|spot| Arc::ptr_eq(&spot.file, &self.file)).map(|spot| spot.span.start);
    }

    /// Returns true if an error at this position is only counted, and counts it.
    pub fn only_counts(&mut self, span: &Range<usize>) -> bool {
        let is_behind = self.beyond.is_some_and(|beyond| span.start > beyond);
        self.more += usize::from(is_behind);
        is_behind
    }

    /// Adds an error for an unknown name, with the nearest valid name and a list of all.
    pub fn unknown(&mut self, span: Range<usize>, kind: &str, name: &str, valid: &[&str]) {
        if self.only_counts(&span) {
            return;
        }
        let list = listed(valid);
        let lines = wrapped(&list);
        let reported = &name[..floor(name, CHARACTERS_MAX)];
        let (label, help) = match nearest(name, valid) {
            Some(near) => (format!("did you mean `{near}`?"), (valid.len() > 1).then_some(lines)),
            None if list.len() <= LABEL_MAX => (list, None),
            None => ("no valid name is close".to_owned(), Some(lines)),
        };
        self.report_with_help(span, format!("unknown {kind} `{}`", reported.escape_debug()), label, help);
    }

    /// Adds the errors of another file.
    pub fn absorb(&mut self, others: Diagnostics) {
        self.found.extend(others.reported);
        self.more += others.more;
    }

    /// Returns the errors in order; `None` if there are none.
    pub fn into_diagnostics(self) -> Option<Diagnostics> {
        Diagnostics::first(self.found, self.more)
    }
}

/// Returns a sentence that lists the valid names.
pub fn listed(valid: &[&str]) -> String {
    match valid {
        [] => "there is no valid name".to_owned(),
        [only] => format!("there is only `{only}`"),
        [..] => format!("there are {}", valid.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}

/// Returns the valid name nearest to a name, if one is close.
pub fn nearest<'a>(name: &str, valid: &[&'a str]) -> Option<&'a str> {
    if name.len() > CHARACTERS_MAX {
        return None;
    }
    let wanted = name.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&wanted, &other.to_lowercase());
    let (distance, near) = valid.iter().map(|other| (distance(other), *other)).min_by_key(|(distance, _)| *distance)?;
    let close = (wanted.chars().count().max(near.chars().count()) / 3).max(1);
    (distance <= close).then_some(near)
}
