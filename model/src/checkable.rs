//! The world as a model of stateright: whoever knows stateright checks it with `.checker()`. No other file names that
//! crate; searches of our own go through the trait that is passed on here.

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

    /// Every action that the scenario knows of; [`Model::next_state`] answers `None` for those that are not possible.
    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        actions.extend_from_slice(World::actions(self));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.step(state, &action).ok()
    }

    /// The safety properties, in the order of [`Safety::ALL`].
    fn properties(&self) -> Vec<Property<Self>> {
        let conditions: [fn(&Self, &State) -> bool; Safety::ALL.len()] = [
            |world, state| Safety::NoLoss.holds(world, state),
            |world, state| Safety::NoLastCopyDelete.holds(world, state),
            |world, state| Safety::NoFalseSuccess.holds(world, state),
            |world, state| Safety::HomeCoherent.holds(world, state),
            |world, state| Safety::NoSelfMove.holds(world, state),
            |world, state| Safety::TransitOwned.holds(world, state),
            |world, state| Safety::Reachable.holds(world, state),
            |world, state| Safety::OneHome.holds(world, state),
        ];
        Safety::ALL
            .into_iter()
            .zip(conditions)
            .map(|(property, holds)| Property::always(property.name(), holds))
            .collect()
    }
}
