//! The properties that a scenario can expect something of, and what a check can find out about each.

use std::fmt;

use stranded_model::liveness::Liveness;
use stranded_model::property::Safety;

/// A property of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// True in every reachable state.
    Safety(Safety),
    /// True in the end, whatever happens; judged only where a scenario names it.
    Liveness(Liveness),
    /// Whatever the scenario allows happens somewhere, except what it lists under `never`.
    Coverage,
}

impl Property {
    /// Every property, in the order in which reports list them.
    pub fn all() -> impl Iterator<Item = Self> {
        let safety = Safety::ALL.into_iter().map(Self::Safety);
        safety.chain(Liveness::ALL.into_iter().map(Self::Liveness)).chain([Self::Coverage])
    }

    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Safety(safety) => safety.name(),
            Self::Liveness(liveness) => liveness.name(),
            Self::Coverage => "coverage",
        }
    }

    /// The property in one sentence.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::Safety(safety) => safety.says(),
            Self::Liveness(liveness) => liveness.says(),
            Self::Coverage => {
                "every step, handler and environment action that the scenario allows occurs in some reachable state, and \
                 every antecedent is true somewhere, except what the scenario lists under never, which must not occur"
            }
        }
    }
}

/// What a check found out about a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is true, and all was searched.
    Holds,
    /// It is not true; there is a trace, or a list of what never happened.
    Violated,
    /// It is not the same under every combination of assumptions.
    Depends,
    /// All was searched, and what the property speaks of is never the case.
    Vacuous,
    /// The search was cut before it could be told.
    Inconclusive,
    /// It could not be judged, because of a defect.
    Error,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 6] =
        [Self::Holds, Self::Violated, Self::Depends, Self::Vacuous, Self::Inconclusive, Self::Error];

    /// The verdicts that a scenario can expect; the others say that a check could not tell.
    pub const EXPECTABLE: [Self; 4] = [Self::Holds, Self::Violated, Self::Depends, Self::Vacuous];

    /// The name that files and reports use.
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
