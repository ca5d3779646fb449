//! Why an action is not possible in a state.

use std::fmt;

use crate::procedure::Condition;

/// The condition that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// As many messages as the scenario supplies have arrived.
    MessagesUsedUp,
    /// The scenario lets no mail arrive any more.
    DeliveryOver,
    /// The transport does not hold this message.
    NotQueued,
    /// The message would only wait on.
    StillWaiting,
    /// The directory names no home that the user could log on to.
    NoHome,
    /// The store refuses logons to a mailbox that is in transit. [Q328810]
    InTransit,
    /// The store is down.
    StoreDown,
    /// The owner's mailbox does not have this message.
    NoSuchMessage,
    /// The owner has deleted as many messages as the scenario lets him.
    DeletesUsedUp,
    /// The scenario does not have this action.
    NotInScenario,
    /// The administrator's program is running.
    Busy,
    /// The administrator's program is not running.
    Idle,
    /// The run's turn has not come, or it has been executed as often as the scenario says.
    NotDue,
    /// Mail has arrived that has not settled, and the scenario wants it settled before the first run.
    MailUnsettled,
    /// The program waits for this condition.
    Waiting(Condition),
    /// No request leaves the program in this step.
    NothingToLose,
    /// As many faults as the scenario supplies have happened.
    FaultsUsedUp,
    /// A replica cannot be reached.
    Unreachable,
    /// The other version does not win, or is the same.
    NothingToReplicate,
    /// There is no live recipient to edit.
    NoRecipient,
    /// As many other edits as the scenario supplies have happened.
    EditsUsedUp,
    /// The service is in that condition already.
    AlreadyInState,
    /// The action takes another message than the chosen one, or none.
    AnotherTaken,
    /// Messages are in so many kinds of places at once that there is no number for one more.
    NumbersUsedUp,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MessagesUsedUp => "as many messages as the scenario supplies have arrived",
            Self::DeliveryOver => "the scenario lets no mail arrive any more",
            Self::NotQueued => "the transport does not hold this message",
            Self::StillWaiting => "the message would only wait on",
            Self::NoHome => "the directory names no home to log on to",
            Self::InTransit => "the mailbox is in transit",
            Self::StoreDown => "the store is down",
            Self::NoSuchMessage => "the owner's mailbox does not have this message",
            Self::DeletesUsedUp => "the owner has deleted as many messages as the scenario lets him",
            Self::NotInScenario => "the scenario does not have this action",
            Self::Busy => "the administrator's program is running",
            Self::Idle => "the administrator's program is not running",
            Self::NotDue => "the run's turn has not come, or it has been executed as often as the scenario says",
            Self::MailUnsettled => "mail has not settled, and the scenario wants it settled before the first run",
            Self::Waiting(_) => "the program waits for a condition that is not true",
            Self::NothingToLose => "no request leaves the program in this step",
            Self::FaultsUsedUp => "as many faults as the scenario supplies have happened",
            Self::Unreachable => "a replica cannot be reached",
            Self::NothingToReplicate => "the other version does not win, or is the same",
            Self::NoRecipient => "there is no live recipient",
            Self::EditsUsedUp => "as many other edits as the scenario supplies have happened",
            Self::AlreadyInState => "the service is in that condition already",
            Self::AnotherTaken => "the action takes another message than the chosen one, or none",
            Self::NumbersUsedUp => "messages are in more kinds of places than there are numbers",
        })
    }
}

impl Refusal {
    /// Whether the scenario's bounds forbid the action, and not the world: somebody who knows nothing of the scenario could do
    /// it all the same.
    #[must_use]
    pub fn is_bound(self) -> bool {
        match self {
            Self::MessagesUsedUp
            | Self::DeliveryOver
            | Self::DeletesUsedUp
            | Self::NotInScenario
            | Self::Busy
            | Self::Idle
            | Self::NotDue
            | Self::MailUnsettled
            | Self::NothingToLose
            | Self::FaultsUsedUp
            | Self::EditsUsedUp
            | Self::AnotherTaken
            | Self::NumbersUsedUp => true,
            Self::NotQueued
            | Self::StillWaiting
            | Self::NoHome
            | Self::InTransit
            | Self::StoreDown
            | Self::NoSuchMessage
            | Self::Waiting(_)
            | Self::Unreachable
            | Self::NothingToReplicate
            | Self::NoRecipient
            | Self::AlreadyInState => false,
        }
    }

    /// Whether the action would change nothing because what it is for is the case already: a world that says it did it is right too.
    #[must_use]
    pub fn changes_nothing(self) -> bool {
        matches!(self, Self::StillWaiting | Self::NothingToReplicate | Self::AlreadyInState)
    }
}
