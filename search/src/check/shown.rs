//! The counterexamples that a reader sees, and their order.

use stranded_model::property::Safety;

use super::{Checked, Combination, Trace};
use crate::property::Property;

/// A counterexample that a reader sees.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The combination of assumptions under which it was found.
    pub case: &'a Combination,
    /// The property to which it is a counterexample.
    pub property: Property,
    /// The counterexample.
    pub trace: Trace,
    /// The properties that are false in some of its states, with [`Self::property`].
    violates: Vec<Property>,
}

impl Checked<'_> {
    /// A shortest counterexample to the gravest violation, then others, until every violated property has one. Of several equally short
    /// ones, and among the others, those that violate most properties come first.
    #[must_use]
    pub fn shown(&self) -> Vec<Shown<'_>> {
        let violated = self.results.iter().filter_map(|result| {
            let (case, property) = (&self.combinations[result.shown_by?], result.property);
            let violates = match property {
                Property::Safety(safety) => violated_on_the_path(case, safety),
                // No row of a table says that a step violates one of these.
                Property::Own(_) | Property::Liveness(_) | Property::Coverage => vec![property],
            };
            Some(Shown { case, property, trace: case.trace(property)?, violates })
        });
        let mut left: Vec<Shown<'_>> = violated.collect();
        left.sort_by_key(|one| gravity(one.property));
        let mut shown: Vec<Shown<'_>> = Vec::new();
        while let Some(gravest) = left.first().map(|one| (one.property, one.trace.path.actions.len())) {
            let can_be_next = |one: &&Shown<'_>| {
                !shown.is_empty() || one.violates.contains(&gravest.0) && one.trace.path.actions.len() == gravest.1
            };
            let most = left.iter().filter(can_be_next).map(|one| one.violates.len()).max();
            let is_next = |one: &Shown<'_>| can_be_next(&one) && Some(one.violates.len()) == most;
            let mut next = left.remove(left.iter().position(is_next).unwrap_or(0));
            if shown.is_empty() {
                next.property = gravest.0;
            }
            left.retain(|one| !next.violates.contains(&one.property));
            left.iter_mut().for_each(|one| one.violates.retain(|other| !next.violates.contains(other)));
            shown.push(next);
        }
        shown
    }

    /// The counterexample that a reader sees first, if any.
    #[must_use]
    pub fn worst(&self) -> Option<Shown<'_>> {
        self.shown().into_iter().next()
    }
}

/// Returns the place of a violation among others: first what happens to mail, then what its user sees, then what is only
/// reported or configured.
const fn gravity(property: Property) -> u8 {
    match property {
        Property::Safety(Safety::NoLoss) => 0,
        Property::Safety(Safety::NoLastCopyDelete) => 1,
        Property::Own(_) => 2,
        Property::Safety(Safety::Reachable) => 3,
        Property::Safety(Safety::OneHome) => 4,
        Property::Safety(Safety::NoDuplicates) => 5,
        Property::Safety(Safety::NoFalseSuccess) => 6,
        Property::Safety(Safety::HomeCoherent | Safety::NoSelfMove | Safety::TransitOwned) => 7,
        Property::Liveness(_) => 8,
        Property::Coverage => 9,
    }
}

/// Returns the safety properties that are false in some state of the counterexample to one of them.
fn violated_on_the_path(case: &Combination, of: Safety) -> Vec<Property> {
    let Some(path) = &case.search.violations[of as usize] else { return Vec::new() };
    let states = path.states(&case.world);
    let is_violated = |property: &Safety| states.iter().any(|state| !property.holds(&case.world, state));
    Safety::ALL.into_iter().filter(is_violated).map(Property::Safety).collect()
}
