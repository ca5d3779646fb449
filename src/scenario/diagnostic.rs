//! What is wrong with a file, and how it is told: the place in the file, what would be right there, and the nearest valid
//! name. Which rules there are is the business of the modules that read.

use std::cmp::Reverse;
use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// The width of a terminal for which diagnostics are laid out, in columns.
const WIDTH: usize = 100;
/// What is left of it for a help, beside the margin that it stands behind.
const HELP_WIDTH: u16 = 85;

/// The length of a label up to which it stands beside the caret.
const LABEL_MAX: usize = 70;

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

/// Everything that is wrong with a scenario and the files it names; never empty, in the order of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Just this one.
    #[must_use]
    pub fn just(message: impl Into<String>, help: Option<String>) -> Self {
        Self(vec![Diagnostic { message: message.into(), spot: None, help }])
    }

    /// What was found, each of its files from top to bottom; `None` if nothing was.
    #[must_use]
    pub fn of(found: Vec<Diagnostic>) -> Option<Self> {
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
        (!sorted.is_empty()).then_some(Self(sorted))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Each of them, to be told together with others.
    #[must_use]
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }

    /// The text for a person: file, line, caret and what would be right, for each of them. It ends with a line break.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH);
        self.0.iter().map(|diagnostic| renderer.render(&[diagnostic.group()]) + "\n").collect::<Vec<_>>().join("\n")
    }
}

impl Diagnostic {
    fn group(&self) -> Group<'_> {
        let mut group = Group::with_title(Level::ERROR.primary_title(&self.message));
        if let Some(Spot { file, span, label }) = &self.spot {
            let annotation = AnnotationKind::Primary.span(span.clone()).label(label);
            group = group.element(Snippet::source(&file.text).path(&file.name).annotation(annotation));
        }
        match &self.help {
            Some(help) => group.element(Level::HELP.message(help)),
            None => group,
        }
    }
}

/// The text in lines that leave room for what stands to the left of them.
pub(crate) fn wrapped(text: &str) -> String {
    crate::lines::wrapped(text, 0, HELP_WIDTH)
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl Error for Diagnostics {}

/// The diagnostics of one file, as they are found.
#[derive(Debug)]
pub(crate) struct Findings {
    file: Arc<SourceText>,
    found: Vec<Diagnostic>,
}

impl Findings {
    /// Nothing found yet.
    pub(crate) fn of(file: SourceText) -> Self {
        Self { file: Arc::new(file), found: Vec::new() }
    }

    /// The text in which they are found.
    pub(crate) fn text(&self) -> Arc<SourceText> {
        Arc::clone(&self.file)
    }

    /// How much is wrong so far.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// Takes note of something wrong: what it is, and what would be right there.
    pub(crate) fn report(&mut self, span: Range<usize>, message: impl Into<String>, label: impl Into<String>) {
        self.report_with_help(span, message, label, None);
    }

    /// Takes note of something wrong that needs more words.
    pub(crate) fn report_with_help(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) {
        let spot = Spot { file: Arc::clone(&self.file), span, label: label.into() };
        self.found.push(Diagnostic { message: message.into(), spot: Some(spot), help });
    }

    /// Takes note of a name that names nothing, with the nearest that does and a list of all.
    pub(crate) fn unknown(&mut self, span: Range<usize>, kind: &str, name: &str, valid: &[&str]) {
        let list = listed(valid);
        let lines = wrapped(&list);
        let (label, help) = match nearest(name, valid) {
            Some(near) => (format!("did you mean `{near}`?"), (valid.len() > 1).then_some(lines)),
            None if list.len() <= LABEL_MAX => (list, None),
            None => ("nothing is called so here".to_owned(), Some(lines)),
        };
        self.report_with_help(span, format!("unknown {kind} `{}`", name.escape_debug()), label, help);
    }

    /// Takes over what was found in another file.
    pub(crate) fn absorb(&mut self, others: Diagnostics) {
        self.found.extend(others.into_vec());
    }

    /// What was found, in order; `None` if nothing was.
    pub(crate) fn into_diagnostics(self) -> Option<Diagnostics> {
        Diagnostics::of(self.found)
    }
}

/// A sentence that lists the names there are.
pub(crate) fn listed(valid: &[&str]) -> String {
    match valid {
        [] => "there is none".to_owned(),
        [only] => format!("there is only `{only}`"),
        [..] => format!("there are {}", valid.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}

/// The name that was probably meant, if one is close.
pub(crate) fn nearest<'a>(name: &str, valid: &[&'a str]) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&wanted, &other.to_lowercase());
    let (distance, near) = valid.iter().map(|other| (distance(other), *other)).min_by_key(|(distance, _)| *distance)?;
    let close = (wanted.chars().count().max(near.chars().count()) / 3).max(1);
    (distance <= close).then_some(near)
}
