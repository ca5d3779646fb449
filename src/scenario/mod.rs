//! Scenario files: what the user writes, read into the model's [`Scenario`] with every error at its place.

use stranded_model::assumption::{Answer, Assumption};
use stranded_model::scenario::Scenario;

use crate::property::{Property, Verdict};

/// A scenario as its file says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// Which standing its verdicts have.
    pub family: Family,
    /// The question it asks, in one sentence.
    pub question: String,
    /// The sources it follows.
    pub source: Vec<String>,
    /// The scenario in whose at-rest states it starts, instead of a fresh site.
    pub from: Option<Box<Spec>>,
    /// The world it speaks of.
    pub scenario: Scenario,
    /// Assumptions that are not varied.
    pub pinned: Vec<(Assumption, Answer)>,
    /// What is expected of each property; one that is not named is expected to hold.
    pub expect: Vec<(Property, Verdict)>,
    /// What must not occur.
    pub never: Vec<String>,
    /// The text of the file, and of the files it names, so that a trace can carry them.
    pub text: String,
}

/// Which standing the verdicts of a scenario have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// They rest on the article.
    Article,
    /// They rest on other Knowledge Base articles.
    OtherKb,
    /// They follow from the model's assumptions.
    Inferred,
    /// A user's own.
    User,
}
