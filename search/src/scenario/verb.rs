//! The words by which a procedure file names what a step does, and which results a step can have.

use stranded_model::procedure::{Act, StepResult};

/// The value of `do`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    CreateMailbox,
    DeleteMailbox,
    DeleteCopied,
    CopyMessage,
    PropagateDeletions,
    Mark,
    Unmark,
    Save,
    Load,
    Adjust,
    HoldDelivery,
    ReleaseDelivery,
    SyncDirectory,
    RawEdit,
    DeleteRecipient,
    CreateRecipient,
    UpdateNow,
    Require,
    Wait,
    Report,
}

impl Verb {
    /// Every verb with its word.
    pub(crate) const ALL: [(&str, Self); 20] = [
        ("create-mailbox", Self::CreateMailbox),
        ("delete-mailbox", Self::DeleteMailbox),
        ("delete-copied", Self::DeleteCopied),
        ("copy-message", Self::CopyMessage),
        ("propagate-deletions", Self::PropagateDeletions),
        ("mark", Self::Mark),
        ("unmark", Self::Unmark),
        ("save", Self::Save),
        ("load", Self::Load),
        ("adjust", Self::Adjust),
        ("hold-delivery", Self::HoldDelivery),
        ("release-delivery", Self::ReleaseDelivery),
        ("sync-directory", Self::SyncDirectory),
        ("raw-edit", Self::RawEdit),
        ("delete-recipient", Self::DeleteRecipient),
        ("create-recipient", Self::CreateRecipient),
        ("update-now", Self::UpdateNow),
        ("require", Self::Require),
        ("wait", Self::Wait),
        ("report", Self::Report),
    ];

    /// Its word.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// What an act does.
    pub(crate) fn of(act: &Act) -> Self {
        match act {
            Act::CreateMailbox { .. } => Self::CreateMailbox,
            Act::DeleteMailbox { .. } => Self::DeleteMailbox,
            Act::DeleteCopied { .. } => Self::DeleteCopied,
            Act::CopyMessage { .. } => Self::CopyMessage,
            Act::PropagateDeletions { .. } => Self::PropagateDeletions,
            Act::Mark { .. } => Self::Mark,
            Act::Unmark { .. } => Self::Unmark,
            Act::Save { .. } => Self::Save,
            Act::Load { .. } => Self::Load,
            Act::Adjust { .. } => Self::Adjust,
            Act::HoldDelivery => Self::HoldDelivery,
            Act::ReleaseDelivery => Self::ReleaseDelivery,
            Act::SyncDirectory { .. } => Self::SyncDirectory,
            Act::RawEdit { .. } => Self::RawEdit,
            Act::DeleteRecipient { .. } => Self::DeleteRecipient,
            Act::CreateRecipient { .. } => Self::CreateRecipient,
            Act::UpdateNow { .. } => Self::UpdateNow,
            Act::Require(_) => Self::Require,
            Act::Wait(_) => Self::Wait,
            Act::Report { .. } => Self::Report,
        }
    }

    /// Whether the step can ever have this result, so that a handler for it makes sense. A report ends the run.
    pub(crate) fn can_answer(self, result: StepResult) -> bool {
        match self {
            Self::CreateMailbox => true,
            Self::Report => false,
            Self::Wait => result == StepResult::Ok,
            Self::Require => matches!(result, StepResult::Ok | StepResult::Refused | StepResult::Lost),
            Self::HoldDelivery | Self::ReleaseDelivery => matches!(result, StepResult::Ok | StepResult::Lost),
            Self::DeleteMailbox
            | Self::DeleteCopied
            | Self::CopyMessage
            | Self::PropagateDeletions
            | Self::Mark
            | Self::Unmark
            | Self::Save
            | Self::Load
            | Self::Adjust
            | Self::SyncDirectory
            | Self::RawEdit
            | Self::DeleteRecipient
            | Self::CreateRecipient
            | Self::UpdateNow => result != StepResult::Duplicate,
        }
    }
}

/// The words of steps, in the order in which they are told.
pub fn step_words() -> impl Iterator<Item = &'static str> {
    Verb::ALL.into_iter().map(|(word, _)| word)
}
