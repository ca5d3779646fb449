//! The properties that a check judges because of what the procedures of a scenario do, although its file does not name them. Without them,
//! a user's runbook could leave mail where its owner does not see it, and break no other property.

use stranded_model::liveness::Liveness;
use stranded_model::procedure::{Act, Procedure, Step};
use stranded_model::property::OWN_MAX;
use stranded_model::scenario::{Administrator, Run};
use stranded_model::state_condition::{Fact, OwnProperty, StateCondition};

use super::{Family, Numbers, Spec};
use crate::property::{Property, Verdict};

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

/// Returns true if this is the name of the property [`MAIL_AT_HOME`], and no run saves mail.
pub(super) fn is_not_judged(name: &str, own: &[OwnProperty]) -> bool {
    name == MAIL_AT_HOME && own.iter().all(|own| own.name != MAIL_AT_HOME)
}

impl Spec {
    /// Returns true if a liveness property is judged although `[expect]` does not name it: `delivery-settles` if a step holds delivery.
    pub(super) fn implies(&self, liveness: Liveness) -> bool {
        match liveness {
            Liveness::DeliverySettles => self.scenario.has_act(|act| *act == Act::HoldDelivery),
            Liveness::ReplicasConverge | Liveness::RepairCompletes | Liveness::TransitClears => false,
        }
    }

    /// Expects that each run ends, if one can stay in one place forever.
    pub(super) fn expecting_an_end(mut self) -> Self {
        if self.can_stay() && self.numbers == Numbers::GIVEN {
            self.expect.push((Property::Liveness(Liveness::RepairCompletes), Verdict::Holds));
        }
        self
    }

    /// Returns true if some run can stay in one place forever, and no verdict on that is expected.
    #[must_use]
    pub fn leaves_end_open(&self) -> bool {
        self.can_stay() && self.expected(Property::Liveness(Liveness::RepairCompletes)).is_none()
    }

    /// Returns true if some run can stay in one place forever.
    fn can_stay(&self) -> bool {
        self.scenario.runs().any(|(_, run)| can_stay(&run.procedure))
    }
}

/// Returns true if an execution of the procedure need not end: a step waits, or leads back.
fn can_stay(procedure: &Procedure) -> bool {
    let leads_back = |(index, step): (usize, &Step)| step.on.iter().any(|handler| handler.next <= index);
    procedure.has_act(|act| matches!(act, Act::Wait(_))) || procedure.steps.iter().enumerate().any(leads_back)
}
