//! What is wrong with a file, and how it is told: the place in the file, what would be right there, and the nearest valid
//! name. Which rules there are is the business of the modules that read.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::sanitize::{is_hidden, visible};

/// The width of a terminal for which diagnostics are laid out, in columns.
const WIDTH: usize = 100;
/// What is left of it for a help, beside the margin that it stands behind.
const HELP_WIDTH: u16 = 85;

/// The length of a label up to which it stands beside the caret.
const LABEL_MAX: usize = 70;
/// The most errors that are told at once: whoever has more has given a file of another kind, or the same error many times.
const TOLD_MAX: usize = 20;
/// The most letters of a message, of a label or of a name in it.
const LETTERS_MAX: usize = 500;
/// The most errors that are kept while more are found.
const KEPT_MAX: usize = 2 * TOLD_MAX;
/// How much of a line, in bytes, is shown to either side of where an error begins.
const SHOWN_MAX: usize = 4096;

/// A text that was read, under the name by which it is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// The name of the file.
    pub name: String,
    /// What is in it.
    pub text: String,
}

impl SourceText {
    /// The line, from 1, on which a byte of the text stands.
    #[must_use]
    pub fn line(&self, byte: usize) -> u32 {
        let lines = self.text.bytes().take(byte).filter(|byte| *byte == b'\n').count();
        u32::try_from(lines + 1).unwrap_or(u32::MAX)
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// Where it stands; a file that could not be read has no place in it.
    pub spot: Option<Spot>,
    /// More that helps, if there is more to say.
    pub help: Option<String>,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The text.
    pub file: Arc<SourceText>,
    /// The place in it, in bytes.
    pub span: Range<usize>,
    /// What would be right there.
    pub label: String,
}

/// What is wrong with a scenario and the files it names; never empty, in the order of the files. The first of it is told, and how
/// much more there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    reported: Vec<Diagnostic>,
    more: usize,
}

impl Diagnostics {
    /// Just this one.
    #[must_use]
    pub fn just(message: impl Into<String>, help: Option<String>) -> Self {
        Self { reported: vec![Diagnostic { message: message.into(), spot: None, help }], more: 0 }
    }

    /// What was found, each of its files from top to bottom; `None` if nothing was.
    #[must_use]
    pub fn of(found: Vec<Diagnostic>) -> Option<Self> {
        Self::first(found, 0)
    }

    /// What was found in several places, as one; `None` if nothing was.
    #[must_use]
    pub fn together(parts: Vec<Self>) -> Option<Self> {
        let more = parts.iter().map(|part| part.more).sum();
        Self::first(parts.into_iter().flat_map(|part| part.reported).collect(), more)
    }

    /// The first of what was found, of which more is not told already.
    fn first(found: Vec<Diagnostic>, more: usize) -> Option<Self> {
        let mut files: Vec<Arc<SourceText>> = Vec::new();
        for spot in found.iter().filter_map(|diagnostic| diagnostic.spot.as_ref()) {
            if !files.contains(&spot.file) {
                files.push(Arc::clone(&spot.file));
            }
        }
        let place = |diagnostic: &Diagnostic| {
            let spot = diagnostic.spot.as_ref()?;
            Some((files.iter().position(|file| *file == spot.file), spot.span.start, Reverse(spot.span.end)))
        };
        let mut sorted = found;
        sorted.sort_by_key(place);
        sorted.dedup();
        let more = more + sorted.len().saturating_sub(TOLD_MAX);
        sorted.truncate(TOLD_MAX);
        (!sorted.is_empty()).then_some(Self { reported: sorted, more })
    }

    /// Each of those that are told.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.reported.iter()
    }

    /// How many there are besides.
    #[must_use]
    pub fn more(&self) -> usize {
        self.more
    }

    /// The text for a person: file, line, caret and what would be right, for each of them. It ends with a line break.
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
            let snippet = Snippet::source(shown.text).path(visible(&spot.file.name)).line_start(shown.line);
            group = group.element(snippet.annotation(annotation));
        }
        match &self.help {
            Some(help) => group.element(Level::HELP.message(visible(help))),
            None => group,
        }
    }
}

/// The text as it is told: its hidden letters are seen, and no more letters than a reader takes in.
fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LETTERS_MAX) {
        None => visible(text),
        Some((end, _)) => format!("{}…", visible(&text[..end])).into(),
    }
}

/// The lines of a place as they are shown, and not the whole text with them: an error costs what is shown of it.
struct Shown {
    text: String,
    /// The number of the first of them.
    line: usize,
    /// The place in them.
    span: Range<usize>,
}

impl Spot {
    fn shown(&self) -> Shown {
        let text = &self.file.text;
        let at = floor(text, self.span.start);
        let start = text[..at].rfind('\n').map_or(0, |place| place + 1);
        let end = floor(text, self.span.end.clamp(at, at.saturating_add(SHOWN_MAX)));
        let rest = &text[end..floor(text, end.saturating_add(SHOWN_MAX))];
        let after = rest.find('\n').map_or(rest.len(), |place| place + 1);
        // Each letter stays one letter, so that the column is that of the file.
        let letters = |text: &str| text.replace(|letter| is_hidden(letter) && !letter.is_ascii(), "\u{fffd}");
        let (before, within) = (letters(&text[start..at]), letters(&text[at..end]));
        let span = before.len()..before.len() + within.len();
        let line = 1 + text[..start].bytes().filter(|byte| *byte == b'\n').count();
        Shown { text: before + &within + &letters(&rest[..after]), line, span }
    }
}

/// The nearest place at or before this one that is not within a letter.
fn floor(text: &str, place: usize) -> usize {
    (0..=place.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// The text in lines that leave room for what stands to the left of them.
pub(super) fn wrapped(text: &str) -> String {
    crate::lines::wrapped(text, 0, HELP_WIDTH)
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl Error for Diagnostics {}

/// The diagnostics of one file, as they are found. Of very many only those are kept that come first in the file.
#[derive(Debug)]
pub struct Findings {
    file: Arc<SourceText>,
    found: Vec<Diagnostic>,
    /// How many are not kept.
    more: usize,
    /// Whatever begins after it comes behind those that are told.
    beyond: Option<usize>,
}

impl Findings {
    /// Nothing found yet.
    pub fn of(file: SourceText) -> Self {
        Self::within(&Arc::new(file))
    }

    /// Nothing found yet in a text that others know too.
    pub fn within(file: &Arc<SourceText>) -> Self {
        Self { file: Arc::clone(file), found: Vec::new(), more: 0, beyond: None }
    }

    /// The text in which they are found.
    pub fn text(&self) -> Arc<SourceText> {
        Arc::clone(&self.file)
    }

    /// How much is wrong so far.
    pub fn count(&self) -> usize {
        self.found.len() + self.more
    }

    /// Takes note of something wrong: what it is, and what would be right there.
    pub fn report(&mut self, span: Range<usize>, message: impl Into<String>, label: impl Into<String>) {
        self.report_with_help(span, message, label, None);
    }

    /// Takes note of something wrong that needs more words.
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

    /// Takes note of this.
    pub fn take(&mut self, wrong: Diagnostic) {
        self.found.push(wrong);
        if self.found.len() > KEPT_MAX {
            self.thin_out();
        }
    }

    fn thin_out(&mut self) {
        let kept = Diagnostics::first(std::mem::take(&mut self.found), self.more);
        (self.found, self.more) = kept.map_or((Vec::new(), 0), |kept| (kept.reported, kept.more));
        let last = self.found.get(TOLD_MAX - 1).and_then(|last| last.spot.as_ref());
        self.beyond = last.filter(|spot| Arc::ptr_eq(&spot.file, &self.file)).map(|spot| spot.span.start);
    }

    /// Whether something wrong at this place is behind all that is told. It is counted then, and needs no words.
    pub fn only_counts(&mut self, span: &Range<usize>) -> bool {
        let is_behind = self.beyond.is_some_and(|beyond| span.start > beyond);
        self.more += usize::from(is_behind);
        is_behind
    }

    /// Takes note of a name that names nothing, with the nearest that does and a list of all.
    pub fn unknown(&mut self, span: Range<usize>, kind: &str, name: &str, valid: &[&str]) {
        if self.only_counts(&span) {
            return;
        }
        let list = listed(valid);
        let lines = wrapped(&list);
        let reported = &name[..floor(name, LETTERS_MAX)];
        let (label, help) = match nearest(name, valid) {
            Some(near) => (format!("did you mean `{near}`?"), (valid.len() > 1).then_some(lines)),
            None if list.len() <= LABEL_MAX => (list, None),
            None => ("nothing is called so here".to_owned(), Some(lines)),
        };
        self.report_with_help(span, format!("unknown {kind} `{}`", reported.escape_debug()), label, help);
    }

    /// Takes over what was found in another file.
    pub fn absorb(&mut self, others: Diagnostics) {
        self.found.extend(others.reported);
        self.more += others.more;
    }

    /// What was found, in order; `None` if nothing was.
    pub fn into_diagnostics(self) -> Option<Diagnostics> {
        Diagnostics::first(self.found, self.more)
    }
}

/// A sentence that lists the names there are.
pub fn listed(valid: &[&str]) -> String {
    match valid {
        [] => "there is none".to_owned(),
        [only] => format!("there is only `{only}`"),
        [..] => format!("there are {}", valid.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}

/// The name that was probably meant, if one is close.
pub fn nearest<'a>(name: &str, valid: &[&'a str]) -> Option<&'a str> {
    if name.len() > LETTERS_MAX {
        return None;
    }
    let wanted = name.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&wanted, &other.to_lowercase());
    let (distance, near) = valid.iter().map(|other| (distance(other), *other)).min_by_key(|(distance, _)| *distance)?;
    let close = (wanted.chars().count().max(near.chars().count()) / 3).max(1);
    (distance <= close).then_some(near)
}
