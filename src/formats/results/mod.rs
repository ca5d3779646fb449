//! Results in the formats of other programs: JUnit, TAP, Markdown, and annotations of GitHub. A command turns its results into
//! cases; a format is written from the cases alone and knows nothing of scenarios, properties or logs.

mod github;
mod junit;
mod markdown;
mod of_check;
mod of_judgement;
mod tap;

pub use self::of_check::of_check;
pub use self::of_judgement::of_judgement;

use stranded_search::sanitize::{visible, visible_line, without_commands};

/// One result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The scenario.
    pub suite: String,
    /// The property.
    pub name: String,
    /// The outcome.
    pub outcome: CaseOutcome,
    /// The file to look at.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<usize>,
}

/// The outcome of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseOutcome {
    /// It is as expected.
    Passed,
    /// It is not as expected.
    Failed {
        /// The difference, in one line.
        says: String,
        /// Details in any number of lines.
        detail: String,
    },
    /// It is inconclusive.
    Skipped {
        /// The reason.
        why: String,
    },
    /// There is no verdict, because of a defect.
    Error {
        /// The defect, in one line.
        says: String,
        /// Details.
        detail: String,
    },
}

/// A format of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultFormat {
    /// JUnit XML, in the dialect of Jenkins.
    Junit,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// Markdown, for the summary of a job.
    Markdown,
    /// Commands that GitHub reads from a log: one annotation for each case that is not as expected.
    Github,
}

impl ResultFormat {
    /// Returns the name that the command line uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Junit => "junit",
            Self::Tap => "tap",
            Self::Markdown => "markdown",
            Self::Github => "github",
        }
    }
}

/// Returns some cases in a format. The cases of a suite must be adjacent.
#[must_use]
pub fn written(cases: &[Case], format: ResultFormat) -> String {
    match format {
        ResultFormat::Junit => junit::text(cases),
        ResultFormat::Tap => tap::text(cases),
        ResultFormat::Markdown => markdown::text(cases),
        ResultFormat::Github => github::text(cases),
    }
}

/// The number of cases for each outcome.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Count {
    fn of(cases: &[Case]) -> Self {
        let mut count = Self::default();
        for case in cases {
            match case.outcome {
                CaseOutcome::Passed => count.passed += 1,
                CaseOutcome::Failed { .. } | CaseOutcome::Error { .. } => count.failed += 1,
                CaseOutcome::Skipped { .. } => count.skipped += 1,
            }
        }
        count
    }

    /// Returns the numbers in one line without a full stop.
    fn says(self) -> String {
        let Self { passed, failed, skipped } = self;
        format!("{passed} as expected, {failed} not as expected, {skipped} inconclusive")
    }
}

/// Returns a text of several lines with its hidden characters as escapes, and without commands to the reader of a log.
fn lines(text: &str) -> String {
    without_commands(&visible(text)).into_owned()
}

/// Returns a text that is part of one line, likewise.
fn line(text: &str) -> String {
    without_commands(&visible_line(text)).into_owned()
}

/// Returns the one line about a case that did not pass.
fn says(outcome: &CaseOutcome) -> Option<String> {
    match outcome {
        CaseOutcome::Passed => None,
        CaseOutcome::Failed { says, .. } | CaseOutcome::Error { says, .. } => Some(line(says)),
        CaseOutcome::Skipped { why } => Some(format!("inconclusive: {}", line(why))),
    }
}
