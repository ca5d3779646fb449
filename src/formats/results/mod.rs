//! Results in the forms that other programs read: JUnit, TAP, Markdown, and annotations of GitHub. A command turns what it
//! found into cases; each form is written from the cases alone and knows nothing of scenarios, properties or logs.

mod github;
mod junit;
mod markdown;
mod of_check;
mod of_judgement;
mod tap;

pub use self::of_check::of_check;
pub use self::of_judgement::of_judgement;

/// One thing that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it belongs to: a scenario.
    pub suite: String,
    /// What was judged: a property.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
    /// The file that somebody should look at.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<usize>,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is as expected.
    Passed,
    /// It is not as expected.
    Failed {
        /// What is wrong, in one line.
        says: String,
        /// More, in as many lines as it takes; it may be empty.
        detail: String,
    },
    /// It could not be told. Whoever prints this ends with the code for inconclusive, too.
    Skipped {
        /// Why not.
        why: String,
    },
    /// It could not be judged, because something broke.
    Error {
        /// What broke, in one line.
        says: String,
        /// More.
        detail: String,
    },
}

/// A form in which cases can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JUnit XML, in the dialect of Jenkins.
    Junit,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// Markdown, for the summary of a job.
    Markdown,
    /// Commands that GitHub reads from a log: one annotation for each case that is not as expected.
    Github,
}

impl Form {
    /// The name that the command line uses.
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

/// The text of some cases in a form. Cases of one suite stand together.
#[must_use]
pub fn written(cases: &[Case], form: Form) -> String {
    match form {
        Form::Junit => junit::text(cases),
        Form::Tap => tap::text(cases),
        Form::Markdown => markdown::text(cases),
        Form::Github => github::text(cases),
    }
}

/// How many cases came out in which way.
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
                Outcome::Passed => count.passed += 1,
                Outcome::Failed { .. } | Outcome::Error { .. } => count.failed += 1,
                Outcome::Skipped { .. } => count.skipped += 1,
            }
        }
        count
    }

    /// In one line without a full stop.
    fn says(self) -> String {
        let Self { passed, failed, skipped } = self;
        format!("{passed} as expected, {failed} not as expected, {skipped} inconclusive")
    }
}

/// The text without characters that control a terminal; line breaks and tabs are left.
fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')).collect()
}

/// What is said about a case that did not pass, in one line.
fn says(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Passed => None,
        Outcome::Failed { says, .. } | Outcome::Error { says, .. } => Some(printable(says)),
        Outcome::Skipped { why } => Some(format!("inconclusive: {}", printable(why))),
    }
}
