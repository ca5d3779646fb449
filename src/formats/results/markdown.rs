//! Cases in Markdown, for the summary of a job: a table with the verdict of every case, and below it the details of each case that is
//! not as expected, with its counterexample as a table and as a diagram. What has no room is counted.

use std::fmt::Write as _;

use super::{Case, CaseOutcome, Count, InputError, Location, Note, line, lines, says};

/// The limit of the summary of a step on GitHub, in bytes: 1 MiB.
pub const BYTES_MAX: usize = 1 << 20;
/// The bytes reserved for the sentence about what was left out.
const NOTE: usize = 400;

/// Returns the cases as a table with details, then the notes, in at most this many bytes.
#[must_use]
pub fn summary(cases: &[Case], notes: &[Note], bytes_max: usize) -> String {
    let notes: String = notes.iter().map(|note| format!("\n{}\n", html(&line(&note.says)))).collect();
    let reserved = NOTE + notes.len();
    let mut text = format!("### stranded: {}\n\n", Count::of(cases).says());
    let room = bytes_max.saturating_sub(reserved + text.len());
    let (table, rows_left_out) = table(cases, room);
    text.push_str(&table);
    let mut details_left_out = 0;
    for detail in details(cases) {
        if text.len() + detail.len() + reserved > bytes_max {
            details_left_out += 1;
        } else {
            text.push_str(&detail);
        }
    }
    if rows_left_out + details_left_out > 0 {
        let (rows, details) = (counted(rows_left_out, "row"), counted(details_left_out, "counterexample or detail"));
        let _ = writeln!(text, "\nA summary has room for {bytes_max} bytes. Left out: {rows} of the table, {details}.");
    }
    text.push_str(&notes);
    if text.len() > bytes_max { String::new() } else { text }
}

/// Returns the errors of a command that has no result.
#[must_use]
pub fn summary_of_errors(errors: &[InputError], bytes_max: usize) -> String {
    let mut text = "### stranded: the input is invalid, nothing was checked\n\n".to_owned();
    for error in errors {
        let at = error.location.as_ref().map(Location::says).map(|at| cell(&at) + ": ").unwrap_or_default();
        let _ = writeln!(text, "- {at}{}", cell(&error.says));
    }
    if text.len() > bytes_max { String::new() } else { text }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Returns the table, and the number of cases for which it has no room. Cases that are not as expected go first.
fn table(cases: &[Case], room: usize) -> (String, usize) {
    const HEAD: &str = "| | scenario | case | verdict | |\n|---|---|---|---|---|\n";
    let rows: Vec<String> = cases.iter().map(row).collect();
    let is_passed = |index: &usize| cases[*index].outcome == CaseOutcome::Passed;
    let (passed, others): (Vec<usize>, Vec<usize>) = (0..cases.len()).partition(is_passed);
    let whole = HEAD.len() + rows.iter().map(String::len).sum::<usize>();
    // A table without room for all rows leaves a third to the details.
    let room = if whole <= room { room } else { room / 3 * 2 };
    let mut shown = vec![false; cases.len()];
    let mut length = HEAD.len();
    for index in others.into_iter().chain(passed) {
        length += rows[index].len();
        shown[index] = length <= room;
    }
    let left_out = shown.iter().filter(|shown| !**shown).count();
    let rows = rows.into_iter().zip(shown).filter(|(_, shown)| *shown).map(|(row, _)| row);
    (HEAD.to_owned() + &rows.collect::<String>(), left_out)
}

fn row(case: &Case) -> String {
    let (mark, says) = (mark(&case.outcome), says(&case.outcome).unwrap_or_default());
    let (suite, name, verdict) = (cell(&case.suite), cell(&case.name), line(&case.verdict));
    format!("| {mark} | {suite} | {name} | {} | {} |\n", html(&verdict).replace('|', "\\|"), cell(&says))
}

fn mark(outcome: &CaseOutcome) -> &'static str {
    match outcome {
        CaseOutcome::Passed => "as expected",
        CaseOutcome::Failed { .. } => "**not as expected**",
        CaseOutcome::Inconclusive { .. } => "**inconclusive**",
        CaseOutcome::Skipped { .. } => "**not checked**",
        CaseOutcome::Error { .. } => "**error**",
    }
}

/// Returns the details of cases. Cases of a suite with the same counterexample share it.
fn details(cases: &[Case]) -> Vec<String> {
    let mut details = Vec::new();
    for of_suite in cases.chunk_by(|one, other| one.suite == other.suite) {
        let mut seen: Vec<(&str, Vec<&Case>)> = Vec::new();
        for case in of_suite {
            match &case.counterexample {
                Some(found) => match seen.iter_mut().find(|(steps, _)| *steps == found.steps) {
                    Some((_, cases)) => cases.push(case),
                    None => seen.push((&found.steps, vec![case])),
                },
                None => details.extend(detail(case)),
            }
        }
        details.extend(seen.into_iter().map(|(_, cases)| counterexample(&cases)));
    }
    details
}

/// Returns the counterexample of some cases: what is violated, its steps, and its diagram.
fn counterexample(cases: &[&Case]) -> String {
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let mut text = opened(&format!("{}: {}", cases[0].suite, names.join(", ")));
    for case in cases {
        if let Some(says) = says(&case.outcome) {
            let _ = writeln!(text, "- {}", cell(&says));
        }
    }
    if let Some(step) = &cases[0].step {
        let at = step.location.as_ref().map(|at| format!(" at {}", cell(&at.says()))).unwrap_or_default();
        let _ = writeln!(text, "- the step that violates it{at}: {}", cell(&step.says));
    }
    if let Some(found) = &cases[0].counterexample {
        let (steps, diagram) = (lines(&found.steps), lines(&found.diagram));
        let fence = fence(&diagram, 2);
        let _ = write!(text, "\n{}\n\n{fence}mermaid\n{}\n{fence}\n", steps.trim_end(), diagram.trim_end());
    }
    text + CLOSED
}

fn detail(case: &Case) -> Option<String> {
    let (CaseOutcome::Failed { detail, .. } | CaseOutcome::Error { detail, .. }) = &case.outcome else { return None };
    let detail = lines(detail);
    if detail.trim().is_empty() {
        return None;
    }
    let fence = fence(&detail, 2);
    let opened = opened(&format!("{}: {}", case.suite, case.name));
    Some(format!("{opened}{fence}text\n{}\n{fence}\n{CLOSED}", detail.trim_end()))
}

fn opened(title: &str) -> String {
    format!("\n<details><summary>{}</summary>\n\n", html(&line(title)))
}

const CLOSED: &str = "\n</details>\n";

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
