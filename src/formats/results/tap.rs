//! Cases in the Test Anything Protocol, version 14.

use std::fmt::Write as _;

use super::{Case, CaseOutcome, line, lines, says};

/// Returns the cases, one test point each.
pub(super) fn text(cases: &[Case]) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", cases.len());
    for (number, case) in (1..).zip(cases) {
        let name = escaped(&format!("{}/{}", case.suite, case.name));
        let _ = match &case.outcome {
            CaseOutcome::Passed => writeln!(text, "ok {number} - {name}"),
            CaseOutcome::Skipped { why } => {
                writeln!(text, "ok {number} - {name} # SKIP inconclusive: {}", escaped(why))
            }
            CaseOutcome::Failed { detail, .. } => {
                text.push_str(&not_ok(number, &name, case, "fail", detail));
                Ok(())
            }
            CaseOutcome::Error { detail, .. } => {
                text.push_str(&not_ok(number, &name, case, "error", detail));
                Ok(())
            }
        };
    }
    text
}

fn not_ok(number: usize, name: &str, case: &Case, severity: &str, detail: &str) -> String {
    let mut text = format!("not ok {number} - {name}\n  ---\n");
    let _ = writeln!(text, "  message: {}", quoted(&says(&case.outcome).unwrap_or_default()));
    let _ = writeln!(text, "  severity: {severity}");
    if let Some(file) = &case.file {
        let _ = writeln!(text, "  file: {}", quoted(file));
    }
    if let Some(line) = case.line {
        let _ = writeln!(text, "  line: {line}");
    }
    let detail = lines(detail);
    if !detail.trim().is_empty() {
        text.push_str("  detail: |2\n");
        for line in detail.lines() {
            let _ = writeln!(text, "{}", format!("    {line}").trim_end());
        }
    }
    text.push_str("  ...\n");
    text
}

/// Returns the text as a description without directives.
fn escaped(text: &str) -> String {
    line(text).replace('\\', "\\\\").replace('#', "\\#")
}

/// Returns the text as YAML in one line. A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(line(text)).to_string()
}
