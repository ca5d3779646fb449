//! Cases as GitHub's workflow commands. GitHub shows ten annotations of a kind in a step, so there is one for each cause, and the
//! Markdown summary shows the rest. An annotation is an error at the line of the expectation; if the guilty step is in a file, a
//! notice marks its line. A file that was not checked has a warning, and so has a scenario that tries less than before.

use std::fmt::Write as _;
use std::fs;

use super::{Case, CaseOutcome, Count, GuiltyStep, Location, Note, line, says};

/// The most annotations of a report.
const ANNOTATIONS_MAX: usize = 10;

/// An error in the input of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The error, in one line.
    pub says: String,
    /// Its location, if it is in a file.
    pub location: Option<Location>,
}

/// The cases that fail for the same cause.
struct Cause<'a> {
    key: String,
    cases: Vec<&'a Case>,
}

/// Returns the annotations, and lines for the log.
pub(super) fn text(cases: &[Case], notes: &[Note]) -> String {
    let causes = causes(cases);
    let mut text = String::new();
    for cause in causes.iter().take(ANNOTATIONS_MAX) {
        text.push_str(&error(cause));
    }
    let room = ANNOTATIONS_MAX.saturating_sub(causes.len());
    let steps = causes.iter().filter_map(|cause| step(cause));
    text.extend(steps.take(room));
    text.extend(cases.iter().filter_map(skipped).take(ANNOTATIONS_MAX));
    for note in notes {
        if note.is_warning {
            text.push_str(&command("warning", None, "less is checked", &note.says));
        } else {
            let _ = writeln!(text, "{}", line(&note.says));
        }
    }
    let _ = write!(text, "stranded: {}", Count::of(cases).says());
    match causes.len().saturating_sub(ANNOTATIONS_MAX) {
        0 => {}
        more => {
            let _ = write!(text, "; {more} more causes have no annotation, --report markdown=FILE shows all");
        }
    }
    text + "\n"
}

/// Returns the annotations of errors in the input of a command.
#[must_use]
pub fn input_errors(errors: &[InputError]) -> String {
    let annotation = |error: &InputError| command("error", error.location.as_ref(), "stranded", &error.says);
    let mut text: String = errors.iter().take(ANNOTATIONS_MAX).map(annotation).collect();
    if let Some(more) = errors.len().checked_sub(ANNOTATIONS_MAX).filter(|more| *more > 0) {
        let _ = writeln!(text, "stranded: {more} more errors have no annotation");
    }
    text
}

/// Returns the causes in the order of their first cases: a guilty step, or what a case says.
fn causes(cases: &[Case]) -> Vec<Cause<'_>> {
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for case in cases {
        let key = match &case.outcome {
            CaseOutcome::Passed | CaseOutcome::Skipped { .. } => continue,
            CaseOutcome::Inconclusive { why } => format!("inconclusive {why}"),
            CaseOutcome::Error { says, detail } => format!("error {says} {detail}"),
            CaseOutcome::Failed { says, .. } => match &case.step {
                Some(step) => format!("step {}", step.cause),
                None => format!("case {} {says}", case.path()),
            },
        };
        match causes.iter_mut().find(|cause| cause.key == key) {
            Some(cause) => cause.cases.push(case),
            None => causes.push(Cause { key, cases: vec![case] }),
        }
    }
    causes
}

fn error(cause: &Cause<'_>) -> String {
    let first = cause.cases[0];
    let title = match cause.cases.len() - 1 {
        0 => first.path(),
        more => format!("{} and {more} more", first.path()),
    };
    let mut message = says(&first.outcome).unwrap_or_default();
    if let Some(GuiltyStep { says, location, .. }) = &first.step {
        let at = location.as_ref().map(|at| format!(" ({})", at.says())).unwrap_or_default();
        let _ = write!(message, "; the step that violates it{at}: {says}");
    }
    let others: Vec<String> = cause.cases.iter().skip(1).map(|case| case.path()).collect();
    if !others.is_empty() {
        let _ = write!(message, "; for the same cause: {}", others.join(", "));
    }
    command("error", first.location.as_ref(), &title, &message)
}

/// Returns the notice at the guilty step, if it is in a file.
fn step(cause: &Cause<'_>) -> Option<String> {
    let step = cause.cases[0].step.as_ref()?;
    let violated: Vec<String> = cause.cases.iter().map(|case| case.path()).collect();
    let message = format!("{}; this step violates {}", step.says, violated.join(", "));
    Some(command("notice", Some(step.location.as_ref()?), "the step that violates a property", &message))
}

/// Returns the warning about a file that was not checked.
fn skipped(case: &Case) -> Option<String> {
    let CaseOutcome::Skipped { why } = &case.outcome else { return None };
    let message = format!("{} is not checked: {why}", case.name);
    Some(command("warning", case.location.as_ref(), "not checked", &message))
}

fn command(level: &str, location: Option<&Location>, title: &str, message: &str) -> String {
    let mut properties = Vec::new();
    if let Some(location) = location {
        properties.push(format!("file={}", property(&in_repository(&location.file))));
        properties.extend(location.line.map(|line| format!("line={line}")));
    }
    properties.push(format!("title={}", property(title)));
    format!("::{level} {}::{}\n", properties.join(","), self::message(message))
}

/// Returns the path of a file from the folder of the repository, as the runner names it: only such an annotation is shown at its line.
fn in_repository(file: &str) -> String {
    let repository = std::env::var_os("GITHUB_WORKSPACE").and_then(|folder| fs::canonicalize(folder).ok());
    let path = repository.and_then(|folder| Some(fs::canonicalize(file).ok()?.strip_prefix(folder).ok()?.to_owned()));
    let path = path.and_then(|path| path.into_os_string().into_string().ok());
    path.unwrap_or_else(|| file.strip_prefix("./").unwrap_or(file).to_owned())
}

/// Returns a message without the characters that would end the command.
fn message(text: &str) -> String {
    line(text).replace('%', "%25")
}

/// Returns a property without the characters that would end it.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
