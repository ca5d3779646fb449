//! Cases as JUnit XML. Its counts agree with its cases, and it contains no character that XML forbids. JUnit has no word for
//! inconclusive, and a skipped case counts as passed in most readers; so an inconclusive case is an error. Only a file that was not
//! checked at all is skipped.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Case, CaseOutcome, Note, line, lines, remark, says};

/// The name of a property of a suite with what concerns all cases.
const NOTE: &str = "note";

/// Returns the cases as one report with a suite for each scenario. Each suite has the notes, because a reader may see only one.
pub(super) fn text(cases: &[Case], notes: &[Note]) -> String {
    let mut report = Report::new("stranded");
    report.set_time(time(cases));
    for of_suite in cases.chunk_by(|one, other| one.suite == other.suite) {
        let mut suite = TestSuite::new(line(&of_suite[0].suite));
        suite.set_time(time(of_suite));
        for note in notes {
            suite.add_property((NOTE.to_owned(), line(&note.says)));
        }
        suite.add_test_cases(of_suite.iter().map(test_case));
        report.add_test_suite(suite);
    }
    report.to_string().expect("a report is written to memory") + "\n"
}

fn time(cases: &[Case]) -> Duration {
    cases.iter().map(|case| case.time).sum()
}

/// Returns a case. Some readers show its name without its class, so its name alone is unique.
fn test_case(case: &Case) -> TestCase {
    let mut written = TestCase::new(line(&format!("{}.{}", case.suite, case.name)), status(case));
    written.set_classname(line(&case.suite)).set_time(case.time);
    if let Some(remark) = remark(case) {
        written.set_system_out(line(&remark));
    }
    if let Some(location) = &case.location {
        written.extra.insert("file".into(), line(&location.file).into());
        if let Some(line) = location.line {
            written.extra.insert("line".into(), line.to_string().into());
        }
    }
    written
}

fn status(case: &Case) -> TestCaseStatus {
    let (kind, cause, detail) = match &case.outcome {
        CaseOutcome::Passed => return TestCaseStatus::success(),
        CaseOutcome::Failed { detail, .. } => (NonSuccessKind::Failure, "not as expected", detail.as_str()),
        CaseOutcome::Inconclusive { .. } => (NonSuccessKind::Error, "inconclusive", ""),
        CaseOutcome::Skipped { why } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(line(why));
            return status;
        }
        CaseOutcome::Error { detail, .. } => (NonSuccessKind::Error, "error", detail.as_str()),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(says(&case.outcome).unwrap_or_default()).set_type(cause);
    if !detail.is_empty() {
        status.set_description(lines(detail));
    }
    status
}
