//! The badges of a step, each a sign and a few words. The explorer, the terminal and every format use the same badges.

/// A fact about a step, or about the initial state, that a reader should notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Badge {
    /// The step lost these messages.
    Destroys(Vec<String>),
    /// The step left these messages on a server that is not the home.
    Strands(Vec<String>),
    /// From here on no procedure recovers all mail.
    TooLate,
    /// Here some property is false for the first time.
    FirstViolation,
    /// These properties are true before the step and false after it.
    Breaks(Vec<&'static str>),
}

/// The facts about a step from which its badges follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepFacts<'a> {
    /// The messages that the step lost.
    pub lost: &'a [String],
    /// The messages that it left on a server that is not the home.
    pub strands: &'a [String],
    /// The properties that are true before it and false after it.
    pub breaks: Vec<&'static str>,
    /// True if no procedure recovers all mail from here on, and one did before.
    pub is_too_late: bool,
    /// True if some property is false here for the first time.
    pub is_first_violation: bool,
}

/// Returns the badges of a step, the most severe first.
#[must_use]
pub fn of_step(facts: &StepFacts<'_>) -> Vec<Badge> {
    let StepFacts { lost, strands, breaks, is_too_late, is_first_violation } = facts;
    let badges = [
        (!lost.is_empty()).then(|| Badge::Destroys(lost.to_vec())),
        (!strands.is_empty()).then(|| Badge::Strands(strands.to_vec())),
        is_too_late.then_some(Badge::TooLate),
        is_first_violation.then_some(Badge::FirstViolation),
        (!breaks.is_empty()).then(|| Badge::Breaks(breaks.clone())),
    ];
    badges.into_iter().flatten().collect()
}

impl Badge {
    /// Returns every kind, without messages and properties, the most severe first.
    #[must_use]
    pub fn all() -> [Self; 5] {
        [
            Self::Destroys(Vec::new()),
            Self::Strands(Vec::new()),
            Self::TooLate,
            Self::FirstViolation,
            Self::Breaks(Vec::new()),
        ]
    }

    /// Returns its sign. Each kind has its own.
    #[must_use]
    pub fn sign(&self) -> &'static str {
        match self {
            Self::Destroys(_) => "✕",
            Self::Strands(_) => "⚠",
            Self::TooLate => "⊘",
            Self::FirstViolation => "⚑",
            Self::Breaks(_) => "!",
        }
    }

    /// Returns the meaning of its sign.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        match self {
            Self::Destroys(_) => "destroys mail",
            Self::Strands(_) => "strands mail: the data is on a server that is not the home",
            Self::TooLate => "too late from here (point of no return)",
            Self::FirstViolation => "first violation",
            Self::Breaks(_) => "violates a property",
        }
    }

    /// Returns the meaning of its sign in at most two words.
    #[must_use]
    pub fn short(&self) -> &'static str {
        match self {
            Self::Destroys(_) => "destroys",
            Self::Strands(_) => "strands",
            Self::TooLate => "too late",
            Self::FirstViolation => "first violation",
            Self::Breaks(_) => "breaks",
        }
    }

    /// Returns its words without the sign.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Destroys(messages) => format!("destroys {}", messages.join(" ")),
            Self::Strands(messages) => format!("strands {}", messages.join(" ")),
            Self::TooLate | Self::FirstViolation => self.meaning().to_owned(),
            Self::Breaks(properties) => format!("breaks {}", properties.join(", ")),
        }
    }

    /// Returns its sign and its words.
    #[must_use]
    pub fn says(&self) -> String {
        format!("{} {}", self.sign(), self.words())
    }
}
