//! Cases as GitHub's workflow commands: one annotation for each case that is not as expected. GitHub shows few annotations, so a
//! case never has more than one; the Markdown summary shows the rest.

use std::fmt::Write as _;

use super::{Case, CaseOutcome, Count, line, says};

/// Returns the annotations, and a line for the log.
pub(super) fn text(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        let level = match case.outcome {
            CaseOutcome::Passed => continue,
            CaseOutcome::Failed { .. } | CaseOutcome::Error { .. } => "error",
            CaseOutcome::Skipped { .. } => "warning",
        };
        let mut properties = Vec::new();
        if let Some(file) = &case.file {
            properties.push(format!("file={}", property(file)));
        }
        if let Some(line) = case.line {
            properties.push(format!("line={line}"));
        }
        properties.push(format!("title={}", property(&format!("{}/{}", case.suite, case.name))));
        let says = message(&says(&case.outcome).unwrap_or_default());
        let _ = writeln!(text, "::{level} {}::{says}", properties.join(","));
    }
    let _ = writeln!(text, "stranded: {}", Count::of(cases).says());
    text
}

/// Returns a message without the characters that would end the command.
fn message(text: &str) -> String {
    line(text).replace('%', "%25")
}

/// Returns a property without the characters that would end it.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
