//! Liveness properties under fairness, judged for each mailbox by itself, and the fair actions.

use crate::action::{Action, Fate};
use crate::id::MailboxId;
use crate::property::Safety;
use crate::scenario::RunsMax;
use crate::state::{Account, Mark, State};
use crate::world::World;

/// A liveness property: under fairness, every execution reaches its condition again and again, for each mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Liveness {
    /// Every queued message eventually leaves the queue.
    DeliverySettles,
    /// The replicas eventually agree.
    ReplicasConverge,
    /// After the last run starts, every mailbox eventually becomes quiescent with its messages reachable.
    RepairCompletes,
    /// No mailbox stays in transit forever.
    TransitClears,
}

impl Liveness {
    /// Every liveness property, in the order of reports.
    pub const ALL: [Self; 4] =
        [Self::DeliverySettles, Self::ReplicasConverge, Self::RepairCompletes, Self::TransitClears];

    /// The name in files and reports.
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
            Self::DeliverySettles => "every accepted message is eventually stored or returned",
            Self::ReplicasConverge => "all replicas eventually have the same version of the recipient",
            Self::RepairCompletes => {
                "after the last run starts, every mailbox eventually becomes quiescent with all its messages where the home is"
            }
            Self::TransitClears => "no mailbox stays in transit forever",
        }
    }

    /// The sources of the property.
    #[must_use]
    pub fn sources(self) -> &'static [&'static str] {
        match self {
            Self::DeliverySettles => &["Q248839", "Q170478"],
            Self::ReplicasConverge => &["Q137203", "Q199354"],
            Self::RepairCompletes => &["Q252869 S21"],
            Self::TransitClears => &["Q277911", "Q183400"],
        }
    }

    /// Returns true if the condition of the property is true for a mailbox in a state.
    #[must_use]
    pub fn is_reached(self, world: &World, state: &State, mailbox: MailboxId) -> bool {
        let (account, shared) = (&state.accounts[mailbox], &state.shared);
        match self {
            Self::DeliverySettles => account.queued.is_empty(),
            Self::ReplicasConverge => account.replicas_agree(),
            Self::RepairCompletes => {
                let reachable = || Safety::Reachable.holds_for(world, account, shared) && account.lost().is_empty();
                !world.last_run_started(account) || (world.is_quiescent(account, shared) && reachable())
            }
            Self::TransitClears => account.mailboxes.values().all(|mailbox| mailbox.mark() == Mark::Settled),
        }
    }
}

impl World {
    /// Returns true if the action is fair: an execution does not postpone it forever while it is possible. Fair are a
    /// program's next step, the first start of a run, its repetition while its administrator owes a retry or `runs-max`
    /// is `"until-ok"` and not met, replication and refreshing, redelivery, recovery, the effect of a late request, and
    /// the end of a store's looking empty. Deliveries, users, unrelated
    /// edits and faults are not fair.
    #[must_use]
    pub fn is_fair(&self, state: &State, action: &Action) -> bool {
        match *action {
            Action::Act { fate: Fate::Answered, .. }
            | Action::Replicate { .. }
            | Action::Refresh { .. }
            | Action::Redeliver { .. }
            | Action::TakeEffect { .. }
            | Action::Reappear { .. }
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
            | Action::Act { fate: Fate::RequestLost | Fate::ReplyLost | Fate::RequestLate, .. }
            | Action::Die { .. }
            | Action::LoseJournal { .. }
            | Action::LoseRecent { .. }
            | Action::LookEmpty { .. }
            | Action::Edit { .. }
            | Action::Fail { .. } => false,
        }
    }

    /// Returns true once the last `[[run]]` of the scenario has started for this mailbox.
    pub(crate) fn last_run_started(&self, account: &Account) -> bool {
        let listed_last = self.scenario.last_run;
        let program = &account.programs[listed_last.administrator];
        program.run >= listed_last.run && program.executions > 0
    }
}
