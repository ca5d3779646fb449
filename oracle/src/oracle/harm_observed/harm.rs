//! Harm that an observation shows, and its verdict.

use stranded_model::property::Safety;

use crate::oracle::verdict::CaseVerdict;

/// Harm that an observation shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::oracle) struct Harm {
    /// Its kind.
    pub(in crate::oracle) kind: HarmKind,
    /// One sentence about it, without a full stop.
    pub(in crate::oracle) says: String,
}

/// Kind of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oracle) enum HarmKind {
    /// A property is violated.
    Violation(Safety),
    /// A refused run changed the site.
    RefusalChangedSite,
    /// A message is not as it was first seen. The model does not know the content of messages.
    MailChanged,
}

impl Harm {
    /// A violation of a property, in one sentence.
    pub(super) fn violation(property: Safety, says: impl Into<String>) -> Self {
        Self { kind: HarmKind::Violation(property), says: says.into() }
    }
}

impl HarmKind {
    /// Returns the property that is violated, if any.
    pub(in crate::oracle) fn property(self) -> Option<Safety> {
        match self {
            Self::Violation(property) => Some(property),
            Self::RefusalChangedSite | Self::MailChanged => None,
        }
    }

    /// Returns the verdict for it.
    pub(in crate::oracle) fn verdict(self) -> CaseVerdict {
        match self {
            Self::Violation(property) => CaseVerdict::of(property),
            Self::RefusalChangedSite => CaseVerdict::Nonconforming,
            Self::MailChanged => CaseVerdict::Changed,
        }
    }
}
