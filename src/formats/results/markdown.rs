//! Cases in Markdown, for the summary of a job: a table, and below it the details of each case that is not as expected.

use std::fmt::Write as _;

use super::{Case, CaseOutcome, Count, line, lines, says};

/// The limit of a summary in bytes: a step may add 1 MiB, and other commands write there too.
const BYTES_MAX: usize = 900_000;

/// Returns the cases as a table with details.
pub(super) fn text(cases: &[Case]) -> String {
    let mut text = format!("### stranded: {}\n\n| | scenario | case | |\n|---|---|---|---|\n", Count::of(cases).says());
    for case in cases {
        let (verdict, says) = (verdict(&case.outcome), says(&case.outcome).unwrap_or_default());
        let _ = writeln!(text, "| {verdict} | {} | {} | {} |", cell(&case.suite), cell(&case.name), cell(&says));
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
        let _ = writeln!(text, "\n… a summary has no room for the details of {left_out} more cases.");
    }
    text
}

fn verdict(outcome: &CaseOutcome) -> &'static str {
    match outcome {
        CaseOutcome::Passed => "as expected",
        CaseOutcome::Failed { .. } => "**not as expected**",
        CaseOutcome::Skipped { .. } => "inconclusive",
        CaseOutcome::Error { .. } => "**error**",
    }
}

fn details(case: &Case) -> Option<String> {
    let (CaseOutcome::Failed { detail, .. } | CaseOutcome::Error { detail, .. }) = &case.outcome else { return None };
    let detail = lines(detail);
    if detail.trim().is_empty() {
        return None;
    }
    let fence = fence(&detail, 2);
    let summary = html(&line(&format!("{}/{}", case.suite, case.name)));
    Some(format!(
        "\n<details><summary>{summary}</summary>\n\n{fence}text\n{}\n{fence}\n\n</details>\n",
        detail.trim_end()
    ))
}

/// Returns a fence that is longer than any in the text, and than `least`.
fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(least) + 1)
}

/// Returns the text as code in a cell of a table: nothing in it is a link, a mention or markup. A `|` needs a backslash, and a
/// backslash before it would be another escape.
fn cell(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = line(text).replace("\\|", "\\u{5c}|").replace('|', "\\|");
    let fence = fence(&text, 0);
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
