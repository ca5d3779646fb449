//! What a scenario inherits from the one in whose at-rest states it starts.

use stranded_model::assumption::{Assumption, AssumptionAnswer};
use stranded_model::liveness::Liveness;
use stranded_model::procedure::Act;
use stranded_model::property::Safety;
use stranded_model::scenario::Delivery;

use super::Spec;
use crate::property::{Property, Verdict};

impl Spec {
    /// The assumptions whose answers can make a difference here or in what came before.
    #[must_use]
    pub fn touches(&self) -> Vec<Assumption> {
        let mut touched = self.scenario.touches();
        if let Some(earlier) = &self.from {
            touched.extend(earlier.touches());
            let mail = self.scenario.environment.delivery != Delivery::Never;
            if mail && earlier.can_leave_split_homes() {
                touched.push(Assumption::SplitHome);
            }
        }
        touched.sort();
        touched.dedup();
        touched
    }

    /// Whether a raw edit, here or in what came before, can leave home attributes that do not agree.
    fn can_leave_split_homes(&self) -> bool {
        self.scenario.has_act(|act| matches!(act, Act::RawEdit { .. }))
            || self.from.as_ref().is_some_and(|earlier| earlier.can_leave_split_homes())
    }

    /// What is pinned, here or in what came before.
    #[must_use]
    pub fn pinned_with_past(&self) -> Vec<(Assumption, AssumptionAnswer)> {
        let mut pinned = self.from.as_ref().map_or_else(Vec::new, |earlier| earlier.pinned_with_past());
        pinned.retain(|(assumption, _)| self.pinned.iter().all(|(own, _)| own != assumption));
        pinned.extend(&self.pinned);
        pinned
    }

    /// The answer that an assumption is pinned to.
    #[must_use]
    pub fn answer(&self, assumption: Assumption) -> Option<AssumptionAnswer> {
        self.pinned_with_past().into_iter().find(|(pinned, _)| *pinned == assumption).map(|(_, answer)| answer)
    }

    /// The properties that are judged: every safety property, the liveness properties that the scenario names, that held mail
    /// is let through, and that everything the scenario allows happens.
    #[must_use]
    pub fn properties(&self) -> Vec<Property> {
        let is_judged = |property: &Property| match property {
            Property::Safety(_) | Property::Coverage => true,
            // Whoever holds mail back is asked whether it is ever let through.
            Property::Liveness(Liveness::DeliverySettles) if self.scenario.has_act(|act| *act == Act::HoldDelivery) => {
                true
            }
            Property::Liveness(_) => self.expect.iter().any(|(named, _)| named == property),
        };
        Property::all().filter(is_judged).collect()
    }

    /// The liveness properties that are judged.
    #[must_use]
    pub fn liveness(&self) -> Vec<Liveness> {
        let named = |property: Property| match property {
            Property::Liveness(liveness) => Some(liveness),
            Property::Safety(_) | Property::Coverage => None,
        };
        self.properties().into_iter().filter_map(named).collect()
    }

    /// What is expected of a property.
    #[must_use]
    pub fn expected(&self, property: Property) -> Verdict {
        self.expect.iter().find(|(named, _)| *named == property).map_or(Verdict::Holds, |(_, verdict)| *verdict)
    }

    /// Whether the scenario expects that a property can be broken.
    #[must_use]
    pub fn expects_breach_of(&self, property: Safety) -> bool {
        matches!(self.expected(Property::Safety(property)), Verdict::Violated | Verdict::Depends)
    }
}
