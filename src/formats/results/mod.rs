//! Results in the formats of other programs: JUnit, TAP, Markdown, and annotations of GitHub. A command turns its results into
//! cases; a format is written from the cases alone and knows nothing of scenarios, properties or logs.

mod github;
mod junit;
mod markdown;
mod of_check;
mod of_judgement;
#[cfg(feature = "testbed")]
mod of_trials;
mod tap;

use std::time::Duration;

pub use self::github::{InputError, input_errors};
pub use self::markdown::{BYTES_MAX, summary, summary_of_errors};
pub use self::of_check::{SourceFiles, of_check};
pub use self::of_judgement::{of_broken_adapter, of_judgement, of_nothing};
#[cfg(feature = "testbed")]
pub use self::of_trials::{of_rows, of_trials};

use crate::report::baseline::BaselineReport;
use stranded_search::property::Verdict;
use stranded_search::sanitize::{visible, visible_line, without_commands};

/// One result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The scenario.
    pub suite: String,
    /// The property; no two cases of a suite have the same.
    pub name: String,
    /// The verdict.
    pub verdict: String,
    /// The outcome.
    pub outcome: CaseOutcome,
    /// Its share of the time that the suite took, so that the times add up.
    pub time: Duration,
    /// The line to look at: the expectation of a scenario, or the event of a log.
    pub location: Option<Location>,
    /// The step that violates the property.
    pub step: Option<GuiltyStep>,
    /// The counterexample.
    pub counterexample: Option<Counterexample>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: String,
    /// The line in it, from 1.
    pub line: Option<usize>,
}

/// The step of a procedure that violates a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuiltyStep {
    /// The procedure and the line of the step in it. Violations by the same step have the same cause.
    pub cause: String,
    /// The step in one sentence.
    pub says: String,
    /// Its location, if the procedure is in a file of the user.
    pub location: Option<Location>,
}

/// A counterexample for readers of Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// Its steps as a table.
    pub steps: String,
    /// The same as a Mermaid diagram.
    pub diagram: String,
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
    /// It is inconclusive, which is never a pass.
    Inconclusive {
        /// The reason.
        why: String,
    },
    /// It was not checked at all, and the exit code does not say so.
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
    /// The Test Anything Protocol, version 13.
    Tap,
    /// Markdown, for the summary of a job.
    Markdown,
    /// Commands that GitHub reads from a log: an annotation for each cause.
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

/// A note that concerns all cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The note, in one line.
    pub says: String,
    /// True if less is checked than in an earlier report.
    pub is_warning: bool,
}

impl Note {
    /// A note about what was not tried.
    #[must_use]
    pub fn of(says: String) -> Self {
        Self { says, is_warning: false }
    }
}

/// Returns some cases in a format, with notes that concern all of them. The cases of a suite must be adjacent.
#[must_use]
pub fn written(cases: &[Case], notes: &[Note], format: ResultFormat) -> String {
    match format {
        ResultFormat::Junit => junit::text(cases, notes),
        ResultFormat::Tap => tap::text(cases, notes),
        ResultFormat::Markdown => summary(cases, notes, BYTES_MAX),
        ResultFormat::Github => github::text(cases, notes),
    }
}

/// Returns the errors of a command without a result in a format: a report that stands from an earlier run would pass for this one.
#[must_use]
pub fn written_errors(errors: &[InputError], format: ResultFormat) -> String {
    let case = |(number, error): (usize, &InputError)| Case {
        location: error.location.clone(),
        ..Case::alone(
            "stranded",
            &format!("error {number}"),
            "error",
            CaseOutcome::Error { says: error.says.clone(), detail: String::new() },
        )
    };
    let cases = || (1..).zip(errors).map(case).collect::<Vec<_>>();
    match format {
        ResultFormat::Junit => junit::text(&cases(), &[]),
        ResultFormat::Tap => tap::text(&cases(), &[]),
        ResultFormat::Markdown => summary_of_errors(errors, BYTES_MAX),
        ResultFormat::Github => input_errors(errors),
    }
}

/// Returns the case of a folder or a pattern that contains nothing to check.
#[must_use]
pub fn nothing_in(name: &str) -> Case {
    let why = format!("nothing to check in {name}");
    Case::alone("stranded", &why, "inconclusive", CaseOutcome::Inconclusive { why: why.clone() })
}

/// Returns the case of a file that was found and not checked.
#[must_use]
pub fn not_checked(file: &str, why: &str) -> Case {
    Case {
        location: Some(Location { file: file.to_owned(), line: None }),
        ..Case::alone("not checked", file, "not checked", CaseOutcome::Skipped { why: why.to_owned() })
    }
}

/// Returns a case for each change for the worse since an earlier report, and for each scenario that is gone.
pub fn of_baseline(changes: &BaselineReport) -> impl Iterator<Item = Case> + use<> {
    let case = |(name, says): (String, String)| {
        Case::alone("baseline", &name, "violated", CaseOutcome::Failed { says, detail: String::new() })
    };
    changes.losses().into_iter().map(case)
}

impl Case {
    /// Returns a case that is about no line, no step and no trace.
    fn alone(suite: &str, name: &str, verdict: &str, outcome: CaseOutcome) -> Self {
        Self {
            suite: suite.to_owned(),
            name: name.to_owned(),
            verdict: verdict.to_owned(),
            outcome,
            time: Duration::ZERO,
            location: None,
            step: None,
            counterexample: None,
        }
    }

    /// Returns its name among all cases.
    fn path(&self) -> String {
        format!("{}/{}", self.suite, self.name)
    }
}

/// Returns the verdict of a case that passed although nothing was exercised, or because a violation is expected.
fn remark(case: &Case) -> Option<String> {
    let verdicts = [Verdict::Vacuous, Verdict::Violated, Verdict::Depends];
    let is_remarkable = case.outcome == CaseOutcome::Passed && verdicts.iter().any(|one| one.name() == case.verdict);
    is_remarkable.then(|| format!("{}, as expected", case.verdict))
}

impl Location {
    /// Returns the location in one word.
    fn says(&self) -> String {
        self.line.map_or_else(|| self.file.clone(), |line| format!("{}:{line}", self.file))
    }
}

/// The number of cases for each outcome.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    passed: usize,
    failed: usize,
    inconclusive: usize,
    skipped: usize,
}

impl Count {
    fn of(cases: &[Case]) -> Self {
        let mut count = Self::default();
        for case in cases {
            match case.outcome {
                CaseOutcome::Passed => count.passed += 1,
                CaseOutcome::Failed { .. } | CaseOutcome::Error { .. } => count.failed += 1,
                CaseOutcome::Inconclusive { .. } => count.inconclusive += 1,
                CaseOutcome::Skipped { .. } => count.skipped += 1,
            }
        }
        count
    }

    /// Returns the numbers in one line without a full stop.
    fn says(self) -> String {
        let Self { passed, failed, inconclusive, skipped } = self;
        let skipped = if skipped == 0 { String::new() } else { format!(", {skipped} not checked") };
        format!("{passed} as expected, {failed} not as expected, {inconclusive} inconclusive{skipped}")
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
        CaseOutcome::Inconclusive { why } => Some(format!("inconclusive: {}", line(why))),
        CaseOutcome::Skipped { why } => Some(format!("not checked: {}", line(why))),
    }
}
