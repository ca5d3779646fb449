//! The steps that a system has. A procedure with another step is not run: nothing is emulated.

use stranded_model::dn::HomeValue;
use stranded_model::procedure::{Act, Condition, Deletion, Duplicate, Procedure};

use crate::system::{Config, DeliveryConfig, Directory};

/// The steps that some systems have and others lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// A command deletes a mailbox with its inbox, in every store.
    pub delete_mailbox: bool,
    /// A command says whether a mailbox exists, in every store.
    pub present: bool,
    /// The directory can create and delete entries.
    pub edit_entries: bool,
    /// The transport can hold mail back, and says what waits.
    pub transport: bool,
}

impl Abilities {
    /// Returns the abilities of a system whose transport holds mail back by the commands of the configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let has_commands = |delivery: &DeliveryConfig| {
            delivery.hold.is_some() && delivery.release.is_some() && delivery.empty.is_some()
        };
        Self {
            delete_mailbox: config.stores.iter().all(|store| store.delete.is_some()),
            present: config.stores.iter().all(|store| store.present.is_some()),
            edit_entries: match config.directory {
                Directory::Ldap(_) => true,
                Directory::Commands { .. } => false,
            },
            transport: config.delivery.as_ref().is_some_and(has_commands),
        }
    }

    /// Returns the reason why a system lacks an act.
    fn lacks(self, act: &Act) -> Option<&'static str> {
        match act {
            Act::CreateMailbox { duplicate: Duplicate::Deleted, .. } | Act::DeleteMailbox { .. } => {
                (!self.delete_mailbox).then_some(
                    "IMAP cannot delete an inbox, so the mailbox would stay as a shell; set `delete` in each store",
                )
            }
            Act::EmptyMailbox { deletion: Deletion::Forgotten, .. } => {
                Some("IMAP cannot delete files under a store that remembers what was deleted")
            }
            Act::PropagateDeletions { .. } => Some("IMAP does not show what was deleted in the past"),
            Act::Mark { .. } | Act::Unmark { .. } => Some("IMAP stores have no in-transit mark"),
            Act::Save { .. } | Act::Load { .. } => Some("this adapter has no export file"),
            Act::Adjust { .. } => Some("LDAP directories have no consistency adjuster"),
            Act::HoldDelivery | Act::ReleaseDelivery => self.transport_lacks(),
            Act::RawEdit { mdb, mta, .. } => match (mdb, mta) {
                (Some(HomeValue::Server(mdb)), Some(HomeValue::Server(mta))) if mdb == mta => None,
                (Some(_) | None, Some(_) | None) => Some("the directory has one home attribute, which names a store"),
            },
            Act::DeleteRecipient { .. } | Act::CreateRecipient { .. } => (!self.edit_entries)
                .then_some("a directory of two commands has no command that creates or deletes entries"),
            Act::Require(condition) | Act::Wait(condition) => match condition {
                Condition::Present(_) => self.presence_lacks(),
                Condition::NothingQueued => self.transport_lacks(),
                Condition::HomeIs(_)
                | Condition::HomeIsEither(..)
                | Condition::Differ(..)
                | Condition::Empty(_)
                | Condition::HoldsAll { .. }
                | Condition::EveryReplicaNames(_)
                | Condition::ReplicasAgree
                | Condition::ReplicasAgreeOn(_)
                | Condition::NoRecipient(_)
                | Condition::HoldsListed(_)
                | Condition::NothingListed => None,
            },
            Act::EmptyMailbox { deletion: Deletion::Remembered, .. }
            | Act::CreateMailbox { duplicate: Duplicate::Kept, .. }
            | Act::List { .. }
            | Act::CopyListed { .. }
            | Act::AppendMessage { .. }
            | Act::DeleteListed { .. }
            | Act::DeleteUnlisted { .. }
            | Act::CopyMessage { .. }
            | Act::SyncDirectory { .. }
            | Act::UpdateNow { .. }
            | Act::LookUpHome { .. }
            | Act::Report { .. } => None,
        }
    }

    fn transport_lacks(self) -> Option<&'static str> {
        (!self.transport)
            .then_some("the transport has no command that holds mail; set `hold`, `release` and `empty` in [delivery]")
    }

    fn presence_lacks(self) -> Option<&'static str> {
        (!self.present).then_some(
            "IMAP shows no difference between an absent mailbox and an empty one; set `present` in each store",
        )
    }
}

/// Returns one sentence about the first step of a procedure that a system lacks.
#[must_use]
pub fn missing(procedure: &Procedure, abilities: Abilities) -> Option<String> {
    let mut lacking = procedure.steps.iter().enumerate();
    lacking.find_map(|(index, step)| {
        let reason = abilities.lacks(&step.act)?;
        Some(format!("step `{}` of procedure `{}`: {reason}", procedure.step_name(index), procedure.name))
    })
}
