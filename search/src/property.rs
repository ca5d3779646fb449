//! The properties of a scenario, and the verdicts of a check on them.

use std::fmt;

use arrayvec::ArrayString;
use stranded_model::liveness::Liveness;
use stranded_model::property::{Invariant, Safety};
use stranded_model::scenario::Scenario;

/// A property of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// True in every reachable state.
    Safety(Safety),
    /// A property that the scenario states itself: true in every reachable state.
    Own(OwnName),
    /// True eventually in every fair execution; checked only if the scenario names it.
    Liveness(Liveness),
    /// Every step, handler and action that the scenario allows occurs in some state, except those under `never`.
    Coverage,
}

/// The name of a property that a scenario states itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnName(ArrayString<{ OwnName::LENGTH_MAX }>);

impl OwnName {
    /// The longest name, in bytes.
    pub const LENGTH_MAX: usize = 60;

    /// Returns the name; `None` if it is too long.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        ArrayString::from(name).ok().map(Self)
    }
}

impl Property {
    /// Returns every built-in property, in the order in which reports list them.
    pub fn all() -> impl Iterator<Item = Self> {
        let safety = Safety::ALL.into_iter().map(Self::Safety);
        safety.chain(Liveness::ALL.into_iter().map(Self::Liveness)).chain([Self::Coverage])
    }

    /// Returns the name that files and reports use.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Safety(safety) => safety.name(),
            Self::Own(name) => &name.0,
            Self::Liveness(liveness) => liveness.name(),
            Self::Coverage => "coverage",
        }
    }

    /// Returns the property in one sentence.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::Safety(safety) => safety.says(),
            Self::Own(_) => "the condition that the scenario states is never true",
            Self::Liveness(liveness) => liveness.says(),
            Self::Coverage => {
                "every step, handler and environment action that the scenario allows occurs in some reachable state, and \
                 every antecedent is true somewhere, except what the scenario lists under never, which must not occur"
            }
        }
    }

    /// Returns the invariant of a scenario that this property is; `None` if it is not judged in single states.
    #[must_use]
    pub fn invariant(&self, scenario: &Scenario) -> Option<Invariant> {
        match self {
            Self::Safety(safety) => Some(Invariant::BuiltIn(*safety)),
            Self::Own(_) => {
                let index = scenario.properties.iter().position(|own| own.name == self.name());
                index.map(Invariant::Own)
            }
            Self::Liveness(_) | Self::Coverage => None,
        }
    }
}

/// The verdict of a check on a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The property is true, and the search is complete.
    Holds,
    /// The property is false; a trace shows it, or a list of events that never occur.
    Violated,
    /// The property is true under some combinations of assumptions and false under others.
    Depends,
    /// The search is complete, and the antecedent of the property is never true.
    Vacuous,
    /// The search is incomplete, and shows neither truth nor violation.
    Inconclusive,
    /// The check failed because of a defect.
    Error,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 6] =
        [Self::Holds, Self::Violated, Self::Depends, Self::Vacuous, Self::Inconclusive, Self::Error];

    /// The verdicts that a scenario can expect; the others are no results.
    pub const EXPECTABLE: [Self; 4] = [Self::Holds, Self::Violated, Self::Depends, Self::Vacuous];

    /// Returns the name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Violated => "violated",
            Self::Depends => "depends",
            Self::Vacuous => "vacuous",
            Self::Inconclusive => "inconclusive",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
