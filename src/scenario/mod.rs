//! Scenario files: what the user writes, read into the model's [`Scenario`] with every error at its place.

use stranded_model::assumption::{Answer, Assumption};
use stranded_model::procedure::Act;
use stranded_model::scenario::{Delivery, Scenario};

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

impl Spec {
    /// The assumptions whose answers can make a difference here or in what came before.
    #[must_use]
    pub fn touches(&self) -> Vec<Assumption> {
        let mut touched = self.scenario.touches();
        if let Some(earlier) = &self.from {
            touched.extend(earlier.touches());
            let mail = self.scenario.environment.delivery != Delivery::Never;
            if mail && earlier.scenario.has_act(|act| matches!(act, Act::RawEdit { .. })) {
                touched.push(Assumption::SplitHome);
            }
        }
        touched.sort();
        touched.dedup();
        touched
    }

    /// What is pinned, here or in what came before.
    #[must_use]
    pub fn pinned_with_past(&self) -> Vec<(Assumption, Answer)> {
        let mut pinned = self.from.as_ref().map_or_else(Vec::new, |earlier| earlier.pinned_with_past());
        pinned.retain(|(assumption, _)| self.pinned.iter().all(|(own, _)| own != assumption));
        pinned.extend(&self.pinned);
        pinned
    }

    /// The answer that an assumption is pinned to.
    #[must_use]
    pub fn answer(&self, assumption: Assumption) -> Option<Answer> {
        self.pinned_with_past().into_iter().find(|(pinned, _)| *pinned == assumption).map(|(_, answer)| answer)
    }

    /// What is expected of a property.
    #[must_use]
    pub fn expected(&self, property: Property) -> Verdict {
        self.expect.iter().find(|(named, _)| *named == property).map_or(Verdict::Holds, |(_, verdict)| *verdict)
    }
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

impl Family {
    /// Every family.
    pub const ALL: [Self; 4] = [Self::Article, Self::OtherKb, Self::Inferred, Self::User];

    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::OtherKb => "other-kb",
            Self::Inferred => "inferred",
            Self::User => "user",
        }
    }
}
