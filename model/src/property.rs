//! Safety properties: conditions on every state, each with an antecedent without which it is vacuous. An [`Invariant`] is a built-in
//! one, or one that the scenario states itself.

use crate::id::{MessageSet, ServerId};
use crate::procedure::{Act, Outcome};
use crate::state::{Account, Mailbox, Mark, Shared, State};
use crate::world::{Executed, World};

/// A safety property. It holds if it is true in every reachable state; otherwise a shortest trace leads to a state that
/// violates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// Every accepted message is in a store, in transit, returned to its sender, exported, or was deleted by its owner.
    NoLoss,
    /// No step deletes a message that is nowhere else.
    NoLastCopyDelete,
    /// A run reported `ok` only if the move was complete at some moment after its last write of a home attribute, and the
    /// run deleted no last copy.
    NoFalseSuccess,
    /// Both home attributes of a quiescent mailbox are well formed and name the same server.
    HomeCoherent,
    /// No directory step moves a recipient from a server to itself.
    NoSelfMove,
    /// An in-transit mailbox belongs to a running move, or to one whose administrator owes a retry.
    TransitOwned,
    /// Every outstanding message of a quiescent mailbox is exported or in the mailbox that the home names.
    Reachable,
    /// At most one store has messages of a quiescent mailbox.
    OneHome,
    /// No store has more copies of a message of a quiescent mailbox than the larger of 1 and the copies with which its
    /// mailbox began there.
    NoDuplicates,
}

/// A bit for each property of [`Safety::ALL`].
pub type SafetyBits = u16;

/// A property that a search judges in every state of a world: a built-in one, or one of the scenario's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// A built-in property.
    BuiltIn(Safety),
    /// The property with this index among those that the scenario states.
    Own(usize),
}

/// A bit for each invariant, at its index.
pub type InvariantBits = u16;

/// The most invariants of a world.
pub const INVARIANTS_MAX: usize = InvariantBits::BITS as usize;
/// The most properties that a scenario can state itself.
pub const OWN_MAX: usize = INVARIANTS_MAX - Safety::ALL.len();

impl Invariant {
    /// The index of this invariant: the built-in ones come first.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::BuiltIn(safety) => safety as usize,
            Self::Own(index) => Safety::ALL.len() + index,
        }
    }

    /// Returns true if the invariant is true in a state.
    #[must_use]
    pub fn holds(self, world: &World, state: &State) -> bool {
        state.accounts.values().all(|account| self.holds_for(world, account, &state.shared))
    }

    /// Returns true if the invariant is true for one mailbox. A state satisfies it if every mailbox does.
    #[must_use]
    pub fn holds_for(self, world: &World, account: &Account, shared: &Shared) -> bool {
        match self {
            Self::BuiltIn(safety) => safety.holds_for(world, account, shared),
            Self::Own(index) => !world.scenario.properties[index].never.is_true(world, account, shared),
        }
    }
}

impl World {
    /// The properties to judge in every state, in the order of their indexes.
    pub fn invariants(&self) -> impl Iterator<Item = Invariant> + use<> {
        let own = (0..self.scenario.properties.len().min(OWN_MAX)).map(Invariant::Own);
        Safety::ALL.into_iter().map(Invariant::BuiltIn).chain(own)
    }

    /// The invariants that are false for one mailbox.
    #[must_use]
    pub fn violated(&self, account: &Account, shared: &Shared) -> InvariantBits {
        let violated = self.invariants().filter(|invariant| !invariant.holds_for(self, account, shared));
        violated.fold(0, |bits, invariant| bits | 1 << invariant.index())
    }
}

impl Safety {
    /// Every safety property, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::NoLoss,
        Self::NoLastCopyDelete,
        Self::NoFalseSuccess,
        Self::HomeCoherent,
        Self::NoSelfMove,
        Self::TransitOwned,
        Self::Reachable,
        Self::OneHome,
        Self::NoDuplicates,
    ];

    /// The bit of this property.
    #[must_use]
    pub fn bit(self) -> SafetyBits {
        1 << self as usize
    }

    /// The bits of the properties for which this is true.
    pub fn bits(is_meant: impl Fn(Self) -> bool) -> SafetyBits {
        Self::ALL.into_iter().filter(|property| is_meant(*property)).fold(0, |bits, property| bits | property.bit())
    }

    /// The name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoLoss => "no-loss",
            Self::NoLastCopyDelete => "no-last-copy-delete",
            Self::NoFalseSuccess => "no-false-success",
            Self::HomeCoherent => "home-coherent",
            Self::NoSelfMove => "no-self-move",
            Self::TransitOwned => "transit-owned",
            Self::Reachable => "reachable",
            Self::OneHome => "one-home",
            Self::NoDuplicates => "no-duplicates",
        }
    }

    /// The property in one sentence.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::NoLoss => {
                "every accepted message is in a store, in transit, returned to its sender, exported, or was deleted by its owner"
            }
            Self::NoLastCopyDelete => "no step deletes a message that is nowhere else",
            Self::NoFalseSuccess => {
                "a run reported ok only if at some moment between its last write of a home attribute (its start, if it wrote \
                 none) and its report every replica named the destination in both attributes and every message that the \
                 source held at the start of the run or received up to that moment was there, was returned, or was deleted by \
                 its owner; a run that deleted a last copy and reported ok is false"
            }
            Self::HomeCoherent => {
                "when quiescent, Home-MDB and Home-MTA are well formed and name the same server of the site"
            }
            Self::NoSelfMove => "no directory step moves a recipient from a server to itself",
            Self::TransitOwned => {
                "an in-transit mailbox belongs to a running move, or to one whose administrator owes a retry"
            }
            Self::Reachable => {
                "when quiescent, every accepted message not returned, exported or deleted by its owner is in the mailbox that \
                 the home names"
            }
            Self::OneHome => "when quiescent, at most one non-empty mailbox per DN",
            Self::NoDuplicates => {
                "when quiescent, no store holds more copies of a message than the larger of 1 and the copies with which its \
                 mailbox began there"
            }
        }
    }

    /// The antecedent: without it, the property is vacuous.
    #[must_use]
    pub fn antecedent(self) -> &'static str {
        match self {
            Self::NoLoss => "some message was accepted",
            Self::NoLastCopyDelete => "some step deleted a message",
            Self::NoFalseSuccess => "some run reported ok on a mailbox with mail",
            Self::HomeCoherent => "some mailbox with a recipient is quiescent",
            Self::NoSelfMove => "some step asked the directory to move a recipient",
            Self::TransitOwned => "some mailbox is in transit",
            Self::Reachable => "some mailbox with outstanding messages is quiescent",
            Self::OneHome | Self::NoDuplicates => "some mailbox with messages is quiescent",
        }
    }

    /// The sources of the property.
    #[must_use]
    pub fn sources(self) -> &'static [&'static str] {
        match self {
            Self::NoLoss => &["Q252869 S6", "Q252869 S11"],
            Self::NoLastCopyDelete => &["Q252869 S9", "Q252869 S10"],
            Self::NoFalseSuccess => &["Q252869 S26", "Q162998"],
            Self::HomeCoherent => &["Q252869 S16", "Q252869 S17", "Q252869 S18"],
            Self::NoSelfMove => &["Q252869 S25", "Q177782"],
            Self::TransitOwned => &["Q277911", "Q259541"],
            Self::Reachable => &["Q252869 S8", "Q252869 S21"],
            Self::OneHome => &["Q252869 S2", "Q177772"],
            Self::NoDuplicates => &["https://github.com/imapsync/imapsync/issues/246"],
        }
    }

    /// Returns true if the property is true in a state.
    #[must_use]
    pub fn holds(self, world: &World, state: &State) -> bool {
        state.accounts.values().all(|account| self.holds_for(world, account, &state.shared))
    }

    /// Returns true if the property is true for one mailbox. A state satisfies it if every mailbox does.
    #[must_use]
    pub fn holds_for(self, world: &World, account: &Account, shared: &Shared) -> bool {
        self.holds_once(account, || world.is_quiescent(account, shared))
    }

    /// Returns true if the property is true for one mailbox, where `is_final` says that nothing will change it any more.
    #[must_use]
    pub fn holds_once(self, account: &Account, is_final: impl Fn() -> bool) -> bool {
        match self {
            Self::NoLoss => account.lost().is_empty(),
            Self::NoLastCopyDelete => account.record.destroyed.is_empty(),
            Self::NoFalseSuccess => !account.record.false_success,
            Self::HomeCoherent => account.homes_are_coherent() || !is_final(),
            Self::NoSelfMove => !account.record.self_move,
            Self::TransitOwned => account.transit_is_owned(),
            Self::Reachable => account.is_reachable() || !is_final(),
            Self::OneHome => account.has_one_home() || !is_final(),
            Self::NoDuplicates => account.duplicated().is_empty() || !is_final(),
        }
    }

    /// Returns true if the antecedent is true for a mailbox. For antecedents about a step, see
    /// [`Safety::is_exercised_by`].
    #[must_use]
    pub fn antecedent_holds_for(self, world: &World, account: &Account, shared: &Shared) -> bool {
        match self {
            Self::NoLoss => !account.record.accepted.is_empty(),
            Self::NoLastCopyDelete | Self::NoFalseSuccess | Self::NoSelfMove => false,
            Self::HomeCoherent => account.has_recipient() && world.is_quiescent(account, shared),
            Self::TransitOwned => account.mailboxes.values().any(|mailbox| mailbox.mark() != Mark::Settled),
            Self::Reachable => !account.outstanding().is_empty() && world.is_quiescent(account, shared),
            Self::OneHome | Self::NoDuplicates => account.filled() > 0 && world.is_quiescent(account, shared),
        }
    }

    /// Returns true if a step makes the antecedent true.
    #[must_use]
    pub fn is_exercised_by(self, world: &World, executed: &Executed) -> bool {
        match self {
            Self::NoLastCopyDelete => executed.deleted,
            Self::NoFalseSuccess => executed.ended == Some(Outcome::Ok) && executed.had_mail,
            Self::NoSelfMove => matches!(executed.in_procedure(world).1.act, Act::SyncDirectory { .. }),
            Self::NoLoss
            | Self::HomeCoherent
            | Self::TransitOwned
            | Self::Reachable
            | Self::OneHome
            | Self::NoDuplicates => false,
        }
    }
}

impl Account {
    fn has_recipient(&self) -> bool {
        self.recipients.values().any(|recipient| recipient.homes().is_some())
    }

    fn homes_are_coherent(&self) -> bool {
        self.recipients.values().filter_map(|recipient| recipient.homes()).all(|homes| homes.agreed().is_some())
    }

    fn transit_is_owned(&self) -> bool {
        self.mailboxes.values().chain(self.hidden.values().flatten()).all(|mailbox| match mailbox.mark() {
            Mark::Settled => true,
            Mark::InTransit { owner, .. } => self.programs[owner].is_running() || self.programs[owner].owes_retry,
        })
    }

    fn is_reachable(&self) -> bool {
        self.lacking_at_home(|home| &self.mailboxes[home]).is_within(self.saved)
    }

    /// The outstanding messages that are not in the mailbox that every home names, given the mailbox of each server.
    pub(crate) fn lacking_at_home<'a>(&self, mailbox: impl Fn(ServerId) -> &'a Mailbox) -> MessageSet {
        let homes = self.recipients.values().filter_map(|recipient| recipient.homes()?.mdb.server());
        let visible = homes.map(|home| mailbox(home).messages()).reduce(MessageSet::common);
        self.outstanding().without(visible.unwrap_or_default())
    }

    fn has_one_home(&self) -> bool {
        self.filled() <= 1
    }

    fn filled(&self) -> usize {
        self.mailboxes.values().filter(|mailbox| !mailbox.held().is_empty()).count()
    }
}
