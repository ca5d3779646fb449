//! What must happen in the end, under fairness, and which actions are fair.

use crate::action::{Action, Fate};
use crate::property::Safety;
use crate::scenario::RunsMax;
use crate::state::{Account, Mark, State};
use crate::world::World;

/// A liveness property: whatever happens, in the end something is the case again, if what is fair is not put off for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Liveness {
    /// No message waits in the transport for ever.
    DeliverySettles,
    /// The replicas do not differ for ever.
    ReplicasConverge,
    /// Once the last run has started, every mailbox comes to rest with its messages reachable.
    RepairCompletes,
    /// No mailbox stays in transit for ever.
    TransitClears,
}

impl Liveness {
    /// Every liveness property, in the order in which reports list them.
    pub const ALL: [Self; 4] =
        [Self::DeliverySettles, Self::ReplicasConverge, Self::RepairCompletes, Self::TransitClears];

    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DeliverySettles => "delivery-settles",
            Self::ReplicasConverge => "replicas-converge",
            Self::RepairCompletes => "repair-completes",
            Self::TransitClears => "transit-clears",
        }
    }

    /// The property in one sentence.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::DeliverySettles => "every accepted message is stored or returned in the end",
            Self::ReplicasConverge => "all replicas have the same version of the recipient in the end",
            Self::RepairCompletes => {
                "once the last run has started, every mailbox comes to rest in the end, with all its messages where the home is"
            }
            Self::TransitClears => "no mailbox stays in transit for ever",
        }
    }

    /// The sources that make it a property of this world.
    #[must_use]
    pub fn sources(self) -> &'static [&'static str] {
        match self {
            Self::DeliverySettles => &["Q248839", "Q170478"],
            Self::ReplicasConverge => &["Q137203", "Q199354"],
            Self::RepairCompletes => &["Q252869 S21"],
            Self::TransitClears => &["Q277911", "Q183400"],
        }
    }

    /// Whether what must be the case in the end is the case.
    #[must_use]
    pub fn is_reached(self, world: &World, state: &State) -> bool {
        state.accounts.values().all(|account| match self {
            Self::DeliverySettles => account.queued.is_empty(),
            Self::ReplicasConverge => account.replicas_agree(),
            Self::RepairCompletes => {
                let reachable =
                    || Safety::Reachable.holds_for(world, account, &state.shared) && account.lost().is_empty();
                !world.last_run_started(account) || (world.is_quiescent(account, &state.shared) && reachable())
            }
            Self::TransitClears => account.mailboxes.values().all(|mailbox| mailbox.mark() == Mark::Settled),
        })
    }
}

impl World {
    /// Whether an action that is possible must not be put off for ever: a program goes on, a run that is due is started once
    /// and again while its administrator owes a retry or repeats it, replication and refreshing happen, waiting mail is
    /// tried again, and what failed recovers. Mail, users, other people's edits and faults owe nobody anything.
    #[must_use]
    pub fn is_fair(&self, state: &State, action: &Action) -> bool {
        match *action {
            Action::Act { fate: Fate::Answered, .. }
            | Action::Replicate { .. }
            | Action::Refresh { .. }
            | Action::Redeliver { .. }
            | Action::Recover { .. } => true,
            Action::Start { mailbox, administrator, run } => {
                let program = &state.accounts[mailbox].programs[administrator];
                let is_first = program.executions == 0 || run != program.run;
                let repeats = self.run_of(administrator, program).runs_max == RunsMax::UntilOk && !program.is_settled();
                is_first || program.owes_retry || repeats
            }
            Action::Deliver { .. }
            | Action::LogOn { .. }
            | Action::OwnerDeletes { .. }
            | Action::Act { fate: Fate::RequestLost | Fate::ReplyLost, .. }
            | Action::Die { .. }
            | Action::Edit { .. }
            | Action::Fail { .. } => false,
        }
    }

    pub(crate) fn last_run_started(&self, account: &Account) -> bool {
        let last = self.scenario.last_run;
        let program = &account.programs[last.administrator];
        program.run >= last.run && program.executions > 0
    }
}
