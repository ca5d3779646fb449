//! What is worth knowing of a moment at a glance: a sign and a few words, the same wherever a story is told.

/// One thing worth knowing of a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Badge {
    /// The step lost these messages.
    Destroys(Vec<String>),
    /// From here on nothing saves everything any more.
    TooLate,
    /// Here some property is not true for the first time.
    FirstViolation,
    /// These properties were true before the step and are not after.
    Breaks(Vec<&'static str>),
}

impl Badge {
    /// Its sign; no two kinds share one.
    #[must_use]
    pub fn sign(&self) -> &'static str {
        match self {
            Self::Destroys(_) => "✕",
            Self::TooLate => "⊘",
            Self::FirstViolation => "⚑",
            Self::Breaks(_) => "!",
        }
    }

    /// What its sign means.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        match self {
            Self::Destroys(_) => "destroys mail",
            Self::TooLate => "too late from here (point of no return)",
            Self::FirstViolation => "first violation",
            Self::Breaks(_) => "breaks a property",
        }
    }

    /// What its sign means, in the fewest words.
    #[must_use]
    pub fn short(&self) -> &'static str {
        match self {
            Self::Destroys(_) => "destroys",
            Self::TooLate => "too late",
            Self::FirstViolation => "first violation",
            Self::Breaks(_) => "breaks",
        }
    }

    /// Its words, without the sign.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Destroys(messages) => format!("destroys {}", messages.join(" ")),
            Self::TooLate | Self::FirstViolation => self.meaning().to_owned(),
            Self::Breaks(properties) => format!("breaks {}", properties.join(", ")),
        }
    }

    /// Its sign and its words.
    #[must_use]
    pub fn says(&self) -> String {
        format!("{} {}", self.sign(), self.words())
    }
}
