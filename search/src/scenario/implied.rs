//! The properties that a check judges because of what the procedures of a scenario do, although its file does not name them. Without them,
//! a user's runbook could leave mail where its owner does not see it, and break no other property.

use stranded_model::liveness::Liveness;
use stranded_model::procedure::{Act, Procedure, Step};
use stranded_model::property::{OWN_MAX, Safety};
use stranded_model::scenario::{Administrator, Run};
use stranded_model::state_condition::{Fact, OwnProperty, StateCondition};

use super::{Family, Numbers, Spec};

/// The property that mail which a program saved to a file gets back to the mailbox. `reachable` counts saved mail as kept.
const MAIL_AT_HOME: &str = "mail-at-home";

/// Adds the property [`MAIL_AT_HOME`] to those that a user's scenario states, if a run saves mail to a file. One of this name is the user's own.
pub(super) fn add_own(family: Family, administrators: &[Administrator], properties: &mut Vec<OwnProperty>) {
    let saves = |run: &Run| run.procedure.has_act(|act| matches!(act, Act::Save { .. }));
    let is_saved = family == Family::User && administrators.iter().flat_map(|one| &one.runs).any(saves);
    let is_new = properties.iter().all(|own| own.name != MAIL_AT_HOME) && properties.len() < OWN_MAX;
    if is_saved && is_new {
        let parts = [Fact::HomeLacksSavedMail, Fact::Quiescent].map(StateCondition::Fact);
        properties.push(OwnProperty { name: MAIL_AT_HOME.to_owned(), never: StateCondition::All(parts.to_vec()) });
    }
}

impl Spec {
    /// Returns true if a liveness property is judged although `[expect]` does not list it: `delivery-settles` if a step holds delivery, and
    /// `repair-completes` if a run of a user can stay in one place forever, unless mail is expected to be lost or out of reach anyway.
    pub(super) fn implies(&self, liveness: Liveness) -> bool {
        match liveness {
            Liveness::DeliverySettles => self.scenario.has_act(|act| *act == Act::HoldDelivery),
            Liveness::RepairCompletes => {
                let is_expected =
                    [Safety::NoLoss, Safety::Reachable].into_iter().any(|one| self.expects_breach_of(one));
                self.family == Family::User && self.numbers == Numbers::GIVEN && !is_expected && self.can_stay()
            }
            Liveness::ReplicasConverge | Liveness::TransitClears => false,
        }
    }

    /// Returns true if some run can stay in one place forever.
    #[must_use]
    pub fn can_stay(&self) -> bool {
        self.scenario.runs().any(|(_, run)| can_stay(&run.procedure))
    }
}

/// Returns true if an execution of the procedure need not end: a step waits, or leads back.
fn can_stay(procedure: &Procedure) -> bool {
    let leads_back = |(index, step): (usize, &Step)| step.on.iter().any(|handler| handler.next <= index);
    procedure.has_act(|act| matches!(act, Act::Wait(_))) || procedure.steps.iter().enumerate().any(leads_back)
}
