//! The world as a model of stateright, which checks it with `.checker()`. No other file names that crate; our own
//! searches use the trait that is re-exported here.

pub use stateright::{Checker, CheckerBuilder, HasDiscoveries, Model, Property};

use crate::action::Action;
use crate::property::Safety;
use crate::state::State;
use crate::world::World;

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        self.initial.clone()
    }

    /// Every action of the scenario; [`Model::next_state`] returns `None` for those that are not possible.
    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        actions.extend_from_slice(World::actions(self));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.step(state, &action).ok()
    }

    fn properties(&self) -> Vec<Property<Self>> {
        safety_properties()
    }
}

impl AsRef<World> for World {
    fn as_ref(&self) -> &World {
        self
    }
}

/// The safety properties in the order of [`Safety::ALL`], for a world or a model that wraps one.
#[must_use]
pub fn safety_properties<M: Model<State = State> + AsRef<World>>() -> Vec<Property<M>> {
    let conditions: [fn(&M, &State) -> bool; Safety::ALL.len()] = [
        |model, state| Safety::NoLoss.holds(model.as_ref(), state),
        |model, state| Safety::NoLastCopyDelete.holds(model.as_ref(), state),
        |model, state| Safety::NoFalseSuccess.holds(model.as_ref(), state),
        |model, state| Safety::HomeCoherent.holds(model.as_ref(), state),
        |model, state| Safety::NoSelfMove.holds(model.as_ref(), state),
        |model, state| Safety::TransitOwned.holds(model.as_ref(), state),
        |model, state| Safety::Reachable.holds(model.as_ref(), state),
        |model, state| Safety::OneHome.holds(model.as_ref(), state),
        |model, state| Safety::NoDuplicates.holds(model.as_ref(), state),
    ];
    Safety::ALL.into_iter().zip(conditions).map(|(property, holds)| Property::always(property.name(), holds)).collect()
}
