//! The results of steps, and the outcomes that a run reports to its administrator.

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepResult {
    /// The step was done. Without a handler, the program continues with the following step.
    Ok,
    /// The store found a mailbox where it should create one. Without a handler, the run ends `failed`.
    Duplicate,
    /// The step was not done, and nothing changed. Without a handler, the run ends `refused` if the step is a
    /// requirement, otherwise `failed`.
    Refused,
    /// The program received no answer: the request was lost and nothing happened, the reply was lost after the step
    /// happened, or a server is down. Without a handler, the run ends `unknown`.
    Lost,
}

impl StepResult {
    /// Every result.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Duplicate, Self::Refused, Self::Lost];

    /// The name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }
}

/// The outcome that a run reports to its administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The run did its task.
    Ok,
    /// The program declined and changed nothing.
    Refused,
    /// The run did its task in part or not at all.
    Failed,
    /// The program does not know what happened.
    Unknown,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Refused, Self::Failed, Self::Unknown];

    /// The name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Returns true if the administrator owes a retry after this outcome; `owed` is true if one was owed before.
    #[must_use]
    pub fn owes_retry_after(self, owed: bool) -> bool {
        match self {
            Self::Ok => false,
            Self::Refused => owed,
            Self::Failed | Self::Unknown => true,
        }
    }
}
