//! Cases in Markdown, as the summary of a job shows it: a table, and below it what there is to say about each case that is not
//! as expected.

use std::fmt::Write as _;

use super::{Case, Count, Outcome, printable, says};

/// The most bytes that a summary may have: a step may add 1 MiB, and others write there too.
const BYTES_MAX: usize = 900_000;

/// The cases as a table with details.
pub(super) fn text(cases: &[Case]) -> String {
    let mut text = format!("### stranded: {}\n\n| | scenario | case | |\n|---|---|---|---|\n", Count::of(cases).says());
    for case in cases {
        let (word, says) = (word(&case.outcome), says(&case.outcome).unwrap_or_default());
        let _ = writeln!(text, "| {word} | {} | {} | {} |", cell(&case.suite), cell(&case.name), cell(&says));
    }
    let mut left_out = 0;
    for case in cases {
        let Some(detail) = details(case) else { continue };
        if text.len() + detail.len() > BYTES_MAX {
            left_out += 1;
        } else {
            text.push_str(&detail);
        }
    }
    if left_out > 0 {
        let _ = writeln!(text, "\n… the details of {left_out} more are left out, a summary has no room for them.");
    }
    text
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "as expected",
        Outcome::Failed { .. } => "**not as expected**",
        Outcome::Skipped { .. } => "inconclusive",
        Outcome::Error { .. } => "**error**",
    }
}

fn details(case: &Case) -> Option<String> {
    let (Outcome::Failed { detail, .. } | Outcome::Error { detail, .. }) = &case.outcome else { return None };
    let detail = printable(detail);
    if detail.trim().is_empty() {
        return None;
    }
    let fence = fence(&detail);
    let summary = html(&format!("{}/{}", case.suite, case.name));
    Some(format!(
        "\n<details><summary>{summary}</summary>\n\n{fence}text\n{}\n{fence}\n\n</details>\n",
        detail.trim_end()
    ))
}

/// A fence that is longer than any in the text.
fn fence(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn cell(text: &str) -> String {
    html(&printable(text)).replace('\n', " ").replace('|', "\\|").replace('`', "\\`").replace('*', "\\*")
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
