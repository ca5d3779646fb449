//! Refusal: the reason why an action is not possible in a state.

use std::fmt;

use crate::procedure::Condition;

/// The condition that an action fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The scenario supplies no further messages.
    MessagesUsedUp,
    /// The scenario allows no further delivery.
    DeliveryOver,
    /// The transport does not hold this message.
    NotQueued,
    /// The message would stay in the queue.
    StillWaiting,
    /// The directory names no home to log on to.
    NoHome,
    /// The store refuses logons to a mailbox that is in transit. [Q328810]
    InTransit,
    /// The store is down.
    StoreDown,
    /// The owner's mailbox does not have this message.
    NoSuchMessage,
    /// The scenario allows no further deletes by the owner.
    DeletesUsedUp,
    /// The scenario does not contain this action.
    NotInScenario,
    /// The administrator's program is running.
    Busy,
    /// The administrator's program is not running.
    Idle,
    /// The run is not the next one, or the scenario allows no further execution of it.
    NotDue,
    /// Mail is queued, and the scenario wants it settled before the first run.
    MailUnsettled,
    /// The program waits for this condition.
    Waiting(Condition),
    /// The step sends no request.
    NothingToLose,
    /// The scenario supplies no further faults.
    FaultsUsedUp,
    /// A replica cannot be reached.
    Unreachable,
    /// The other version does not win, or is the same version.
    NothingToReplicate,
    /// The replica has no live recipient.
    NoRecipient,
    /// The scenario supplies no further unrelated edits.
    EditsUsedUp,
    /// The service is already in this state.
    AlreadyInState,
    /// The action takes a message other than the chosen one, or none.
    AnotherTaken,
    /// The messages are in so many different combinations of locations that no number is left.
    NumbersUsedUp,
    /// Two replicas are so many versions apart that no number is left.
    VersionsUsedUp,
    /// The store looks empty, so the user does not see the mailbox.
    LooksEmpty,
    /// The mailbox has no mail that a running program wrote.
    NothingRecent,
    /// The program has no journal.
    NoJournal,
    /// A request of the mailbox is late already, or none is.
    NoLateRequest,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MessagesUsedUp => "the scenario supplies no further messages",
            Self::DeliveryOver => "the scenario allows no further delivery",
            Self::NotQueued => "the transport does not hold this message",
            Self::StillWaiting => "the message would stay in the queue",
            Self::NoHome => "the directory names no home to log on to",
            Self::InTransit => "the mailbox is in transit",
            Self::StoreDown => "the store is down",
            Self::NoSuchMessage => "the owner's mailbox does not have this message",
            Self::DeletesUsedUp => "the scenario allows no further deletes by the owner",
            Self::NotInScenario => "the scenario does not contain this action",
            Self::Busy => "the administrator's program is running",
            Self::Idle => "the administrator's program is not running",
            Self::NotDue => "the run is not the next one, or the scenario allows no further execution of it",
            Self::MailUnsettled => "mail is queued, and the scenario wants it settled before the first run",
            Self::Waiting(_) => "the program waits for a condition that is false",
            Self::NothingToLose => "the step sends no request",
            Self::FaultsUsedUp => "the scenario supplies no further faults",
            Self::Unreachable => "a replica cannot be reached",
            Self::NothingToReplicate => "the other version does not win, or is the same version",
            Self::NoRecipient => "the replica has no live recipient",
            Self::EditsUsedUp => "the scenario supplies no further unrelated edits",
            Self::AlreadyInState => "the service is already in this state",
            Self::AnotherTaken => "the action takes a message other than the chosen one, or none",
            Self::NumbersUsedUp => "messages are in more combinations of locations than there are numbers",
            Self::VersionsUsedUp => "two replicas are more versions apart than there are numbers",
            Self::LooksEmpty => "the store looks empty",
            Self::NothingRecent => "the mailbox has no mail that a running program wrote",
            Self::NoJournal => "the program has no journal",
            Self::NoLateRequest => "a mailbox has at most one late request",
        })
    }
}

impl Refusal {
    /// Returns true if a bound of the scenario forbids the action, and false if a rule of the world does. A system that
    /// does not know the scenario may still do what only a bound forbids.
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
            | Self::NumbersUsedUp
            | Self::VersionsUsedUp
            | Self::NoLateRequest => true,
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
            | Self::AlreadyInState
            | Self::LooksEmpty
            | Self::NothingRecent
            | Self::NoJournal => false,
        }
    }

    /// Returns true if the state already is as the action would leave it, so that a system may report success without a
    /// change.
    #[must_use]
    pub fn changes_nothing(self) -> bool {
        matches!(self, Self::StillWaiting | Self::NothingToReplicate | Self::AlreadyInState)
    }
}
