//! Conditions on a state, for the properties that a user states. A step tests its condition at one server in each act, and may fail
//! to reach it; these conditions see the whole state at once, and what a store really holds, also while it looks empty.

use crate::id::{MessageId, ServerId};
use crate::recipient::Recipient;
use crate::state::{Account, Mark, Shared};
use crate::world::World;

/// A condition on a mailbox in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateCondition {
    /// One fact.
    Fact(Fact),
    /// All of these are true.
    All(Vec<StateCondition>),
    /// At least one of these is true.
    Any(Vec<StateCondition>),
    /// This is false.
    Not(Box<StateCondition>),
}

/// A fact about a mailbox in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The store contains the mailbox.
    Present(ServerId),
    /// The store holds no message of the mailbox.
    Empty(ServerId),
    /// The store holds a message of the mailbox.
    HasMail(ServerId),
    /// The store holds this message.
    Holds {
        /// The store.
        at: ServerId,
        /// The message.
        message: MessageId,
    },
    /// The store `at` holds every message that the store `of` holds.
    HoldsAll {
        /// The store that must hold them.
        at: ServerId,
        /// The store whose messages are compared.
        of: ServerId,
    },
    /// The mailbox in the store is in transit.
    InTransit(ServerId),
    /// Every replica names this server in both home attributes.
    EveryReplicaNames(ServerId),
    /// Some replica names this server in both home attributes.
    SomeReplicaNames(ServerId),
    /// All replicas have the same version of the recipient.
    ReplicasAgree,
    /// All replicas have the same version of the recipient, and it names this server in both home attributes.
    ReplicasAgreeOn(ServerId),
    /// The replica has no live recipient.
    NoRecipient(ServerId),
    /// The mailbox that the home names lacks an outstanding message that a program saved to a file.
    HomeLacksSavedMail,
    /// No message for the mailbox is queued.
    NothingQueued,
    /// Some program is running on the mailbox.
    Running,
    /// The mailbox is quiescent.
    Quiescent,
}

/// A property that a scenario states itself: a condition that must never be true of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnProperty {
    /// The name in reports.
    pub name: String,
    /// The condition that must never be true.
    pub never: StateCondition,
}

impl OwnProperty {
    /// The parts without which the property is vacuous: the conditions that must not be true together. A condition of one part has
    /// none, because it is a statement about every state.
    #[must_use]
    pub fn antecedents(&self) -> &[StateCondition] {
        match &self.never {
            StateCondition::All(parts) if parts.len() > 1 => parts,
            StateCondition::All(_) | StateCondition::Fact(_) | StateCondition::Any(_) | StateCondition::Not(_) => &[],
        }
    }
}

impl StateCondition {
    /// Returns true if the condition is true of a mailbox.
    #[must_use]
    pub fn is_true(&self, world: &World, account: &Account, shared: &Shared) -> bool {
        match self {
            Self::Fact(fact) => fact.is_true(world, account, shared),
            Self::All(parts) => parts.iter().all(|part| part.is_true(world, account, shared)),
            Self::Any(parts) => parts.iter().any(|part| part.is_true(world, account, shared)),
            Self::Not(part) => !part.is_true(world, account, shared),
        }
    }

    /// Returns true if the two conditions are true together in no state.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Not(part), whole) | (whole, Self::Not(part)) => **part == *whole,
            (Self::Fact(one), Self::Fact(other)) => one.excludes(*other) || other.excludes(*one),
            (Self::All(_) | Self::Any(_), _) | (_, Self::All(_) | Self::Any(_)) => false,
        }
    }
}

impl Fact {
    /// Returns true if this fact cannot be true together with the other one. Two facts exclude each other if one of them excludes the
    /// other.
    fn excludes(self, other: Self) -> bool {
        match (self, other) {
            (Self::HasMail(full) | Self::Holds { at: full, .. }, Self::Empty(empty)) => full == empty,
            (
                Self::EveryReplicaNames(one) | Self::ReplicasAgreeOn(one),
                Self::EveryReplicaNames(other) | Self::ReplicasAgreeOn(other) | Self::SomeReplicaNames(other),
            ) => one != other,
            (Self::NoRecipient(_), Self::EveryReplicaNames(_) | Self::ReplicasAgreeOn(_))
            | (Self::Running, Self::Quiescent) => true,
            _ => false,
        }
    }

    fn is_true(self, world: &World, account: &Account, shared: &Shared) -> bool {
        let held = |at| account.stored(at).held();
        let names = |server| move |recipient: &Recipient| recipient.home() == Some(server);
        match self {
            Self::Present(at) => account.stored(at).is_present(),
            Self::Empty(at) => held(at).is_empty(),
            Self::HasMail(at) => !held(at).is_empty(),
            Self::Holds { at, message } => held(at).contains(message),
            Self::HoldsAll { at, of } => held(of).is_within(held(at)),
            Self::InTransit(at) => account.stored(at).mark() != Mark::Settled,
            Self::EveryReplicaNames(server) => account.recipients.values().all(names(server)),
            Self::SomeReplicaNames(server) => account.recipients.values().any(names(server)),
            Self::ReplicasAgree => account.replicas_agree(),
            Self::ReplicasAgreeOn(server) => account.replicas_agree() && account.agreed_home() == Some(server),
            Self::NoRecipient(replica) => account.recipients[replica].homes().is_none(),
            Self::HomeLacksSavedMail => {
                !account.lacking_at_home(|home| account.stored(home)).common(account.saved).is_empty()
            }
            Self::NothingQueued => account.queued.is_empty(),
            Self::Running => account.programs.values().any(|program| program.is_running()),
            Self::Quiescent => world.is_quiescent(account, shared),
        }
    }
}
