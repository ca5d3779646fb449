//! Cases as JUnit XML. Its counts agree with its cases, and it contains no character that XML forbids.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Case, CaseOutcome, line, lines};

/// Returns the cases as one report with a suite for each scenario.
pub(super) fn text(cases: &[Case]) -> String {
    let mut report = Report::new("stranded");
    for of_suite in cases.chunk_by(|one, other| one.suite == other.suite) {
        let mut suite = TestSuite::new(line(&of_suite[0].suite));
        suite.add_test_cases(of_suite.iter().map(test_case));
        report.add_test_suite(suite);
    }
    report.to_string().expect("a report is written to memory") + "\n"
}

fn test_case(case: &Case) -> TestCase {
    let mut written = TestCase::new(line(&case.name), status(&case.outcome));
    written.set_classname(line(&case.suite));
    if let Some(file) = &case.file {
        written.extra.insert("file".into(), line(file).into());
    }
    if let Some(line) = case.line {
        written.extra.insert("line".into(), line.to_string().into());
    }
    written
}

fn status(outcome: &CaseOutcome) -> TestCaseStatus {
    match outcome {
        CaseOutcome::Passed => TestCaseStatus::success(),
        CaseOutcome::Failed { says, detail } => broken(NonSuccessKind::Failure, says, detail),
        CaseOutcome::Error { says, detail } => broken(NonSuccessKind::Error, says, detail),
        CaseOutcome::Skipped { why } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("inconclusive: {}", line(why)));
            status
        }
    }
}

fn broken(kind: NonSuccessKind, says: &str, detail: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(line(says)).set_type("not as expected");
    if !detail.is_empty() {
        status.set_description(lines(detail));
    }
    status
}
