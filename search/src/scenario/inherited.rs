//! The parts of a scenario that depend on its predecessors, and its properties with their expected verdicts.

use stranded_model::assumption::{Assumption, AssumptionAnswer};
use stranded_model::coverage::Point;
use stranded_model::liveness::Liveness;
use stranded_model::procedure::Act;
use stranded_model::property::Safety;
use stranded_model::scenario::Delivery;

use super::Spec;
use super::own_properties::written_condition;
use crate::property::{OwnName, Property, Verdict};

impl Spec {
    /// Returns the assumptions whose answers can make a difference in this scenario or in a predecessor.
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

    /// Returns true if a raw edit, here or in a predecessor, can leave home attributes that differ.
    fn can_leave_split_homes(&self) -> bool {
        self.scenario.has_act(|act| matches!(act, Act::RawEdit { .. }))
            || self.from.as_ref().is_some_and(|earlier| earlier.can_leave_split_homes())
    }

    /// Returns the pinned assumptions of this scenario and of its predecessors; this scenario's own take precedence.
    #[must_use]
    pub fn pinned_with_predecessors(&self) -> Vec<(Assumption, AssumptionAnswer)> {
        let mut pinned = self.from.as_ref().map_or_else(Vec::new, |earlier| earlier.pinned_with_predecessors());
        pinned.retain(|(assumption, _)| self.pinned.iter().all(|(own, _)| own != assumption));
        pinned.extend(&self.pinned);
        pinned
    }

    /// Returns the answer to a pinned assumption.
    #[must_use]
    pub fn answer(&self, assumption: Assumption) -> Option<AssumptionAnswer> {
        self.pinned_with_predecessors().into_iter().find(|(pinned, _)| *pinned == assumption).map(|(_, answer)| answer)
    }

    /// Returns the properties to check: every safety property, those that the scenario states, the liveness properties that it names or
    /// implies, and coverage.
    #[must_use]
    pub fn properties(&self) -> Vec<Property> {
        let is_checked = |property: &Property| match property {
            Property::Safety(_) | Property::Own(_) | Property::Coverage => true,
            Property::Liveness(liveness) => {
                self.implies(*liveness) || self.expect.iter().any(|(named, _)| named == property)
            }
        };
        let mut properties: Vec<Property> = Property::all().filter(is_checked).chain(self.own_properties()).collect();
        properties.sort_unstable();
        properties
    }

    /// Returns the properties that the scenario states itself, in the order of its file.
    pub fn own_properties(&self) -> impl Iterator<Item = Property> {
        let own = self.scenario.properties.iter().filter_map(|own| OwnName::of(&own.name));
        own.map(Property::Own)
    }

    /// Returns the name of a point that is a part of the condition of a property that the scenario states itself.
    pub(crate) fn part(&self, point: Point) -> Option<String> {
        let Point::Part { property, part } = point else { return None };
        let own = self.scenario.properties.get(property)?;
        let condition = own.antecedents().get(part)?;
        Some(format!("{}: {}", own.name, written_condition(condition, &self.names.servers)))
    }

    /// Returns a property in one sentence.
    #[must_use]
    pub fn says(&self, property: Property) -> String {
        let own = self.scenario.properties.iter().find(|own| own.name == property.name());
        match (property, own) {
            (Property::Own(_), Some(own)) => format!("never: {}", written_condition(&own.never, &self.names.servers)),
            (Property::Own(_) | Property::Safety(_) | Property::Liveness(_) | Property::Coverage, _) => {
                property.says().to_owned()
            }
        }
    }

    /// Returns the liveness properties to check.
    #[must_use]
    pub fn liveness(&self) -> Vec<Liveness> {
        let named = |property: Property| match property {
            Property::Liveness(liveness) => Some(liveness),
            Property::Safety(_) | Property::Own(_) | Property::Coverage => None,
        };
        self.properties().into_iter().filter_map(named).collect()
    }

    /// Returns the expected verdict on a property; none if the scenario does not name it.
    #[must_use]
    pub fn expected(&self, property: Property) -> Option<Verdict> {
        self.expect.iter().find(|(named, _)| *named == property).map(|(_, verdict)| *verdict)
    }

    /// Returns true if the scenario expects that a property can be violated.
    #[must_use]
    pub fn expects_breach_of(&self, property: Safety) -> bool {
        matches!(self.expected(Property::Safety(property)), Some(Verdict::Violated | Verdict::Depends))
    }
}
