//! Cases in the Test Anything Protocol. The version is 13: `prove` of Perl 5.36 refuses 14, and this output uses nothing that is new
//! in 14. The blocks under test points are in the part of YAML that its readers know.

use std::fmt::Write as _;

use super::{Case, CaseOutcome, Note, line, lines, remark, says};

/// Returns the cases, one test point each, and the notes. An inconclusive case is `not ok`.
pub(super) fn text(cases: &[Case], notes: &[Note]) -> String {
    let mut text = format!("TAP version 13\n1..{}\n", cases.len());
    for (number, case) in (1..).zip(cases) {
        let name = escaped(&case.path());
        let (severity, detail) = match &case.outcome {
            CaseOutcome::Passed => {
                let _ = writeln!(text, "ok {number} - {name}");
                if let Some(remark) = remark(case) {
                    let _ = writeln!(text, "# {name}: {}", line(&remark));
                }
                continue;
            }
            CaseOutcome::Skipped { why } => {
                let _ = writeln!(text, "ok {number} - {name} # SKIP {}", escaped(why));
                continue;
            }
            CaseOutcome::Failed { detail, .. } => ("fail", detail.as_str()),
            CaseOutcome::Inconclusive { .. } => ("inconclusive", ""),
            CaseOutcome::Error { detail, .. } => ("error", detail.as_str()),
        };
        text.push_str(&not_ok(number, &name, case, severity, detail));
    }
    for note in notes {
        let _ = writeln!(text, "# {}", line(&note.says));
    }
    text
}

fn not_ok(number: usize, name: &str, case: &Case, severity: &str, detail: &str) -> String {
    let mut text = format!("not ok {number} - {name}\n  ---\n");
    let _ = writeln!(text, "  message: {}", quoted(&says(&case.outcome).unwrap_or_default()));
    let _ = writeln!(text, "  severity: {severity}");
    if let Some(location) = &case.location {
        let _ = writeln!(text, "  file: {}", quoted(&location.file));
        if let Some(line) = location.line {
            let _ = writeln!(text, "  line: {line}");
        }
    }
    if let Some(at) = case.step.as_ref().and_then(|step| step.location.as_ref()) {
        let _ = writeln!(text, "  step: {}", quoted(&at.says()));
    }
    let detail = lines(detail);
    if !detail.trim().is_empty() {
        text.push_str("  detail: |\n");
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
