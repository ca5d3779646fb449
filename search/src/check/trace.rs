//! The way to a broken property, and how the program that broke it would go on.

use stranded_model::World;
use stranded_model::action::{Action, Fate};
use stranded_model::state::State;

use super::{Case, lasso};
use crate::engine::{Lasso, Path};
use crate::property::Property;

/// A way to a broken property, and what the program that broke it would have done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The way; it ends at the step that breaks the property.
    pub path: Path,
    /// The rest of the running procedure, if nothing disturbs it.
    pub after: Vec<Action>,
    /// After how many actions the part starts that repeats for ever; if it is all of them, nothing more happens.
    pub repeats_from: Option<usize>,
}

impl Case {
    /// The shortest counterexample to a property.
    #[must_use]
    pub fn trace(&self, property: Property) -> Option<Trace> {
        match property {
            Property::Safety(safety) => {
                let path = self.search.violations[safety as usize].clone()?;
                let after = rest_of_procedure(&self.world, &path);
                Some(Trace { path, after, repeats_from: None })
            }
            Property::Liveness(liveness) => {
                let Lasso { path, repeats_from } = lasso(&self.endings, liveness)?.clone();
                Some(Trace { path, after: Vec::new(), repeats_from: Some(repeats_from) })
            }
            Property::Coverage => None,
        }
    }
}

/// The most steps that a procedure is followed beyond the end of a trace.
const STEPS_AFTER_MAX: usize = 100;

/// What the program that acted last does next, if nothing disturbs it.
pub fn rest_of_procedure(world: &World, path: &Path) -> Vec<Action> {
    let mut state = path.end(world);
    let mut after = Vec::new();
    let Some((mailbox, administrator)) =
        path.actions.last().and_then(|action| Some((action.mailbox()?, action.administrator()?)))
    else {
        return after;
    };
    let next = Action::Act { mailbox, administrator, fate: Fate::Answered };
    while after.len() < STEPS_AFTER_MAX {
        let Ok(following) = world.step(&state, &next) else { break };
        state = following;
        after.push(next);
    }
    after
}

impl Path {
    /// The states on the way, the first one included.
    #[must_use]
    pub fn states(&self, world: &World) -> Vec<State> {
        let mut states = vec![self.initial.clone()];
        for action in &self.actions {
            let next = states.last().map(|state| world.step(state, action));
            states.push(next.and_then(Result::ok).expect("every step of a path is possible"));
        }
        states
    }

    /// The state at the end.
    #[must_use]
    pub fn end(&self, world: &World) -> State {
        self.states(world).pop().expect("a path has a first state")
    }
}
