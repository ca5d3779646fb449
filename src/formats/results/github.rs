//! Cases as GitHub's workflow commands: one annotation for each case that is not as expected, and nothing for the others. GitHub
//! shows few annotations, so there is never more than one for a case; the rest belongs into the summary (Markdown).

use std::fmt::Write as _;

use super::{Case, Count, Outcome, printable, says};

/// The annotations, and a line for the log.
pub(super) fn text(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        let level = match case.outcome {
            Outcome::Passed => continue,
            Outcome::Failed { .. } | Outcome::Error { .. } => "error",
            Outcome::Skipped { .. } => "warning",
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

/// A message: what would end the command is escaped.
fn message(text: &str) -> String {
    printable(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: so is what would end it.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
