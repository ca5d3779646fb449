//! Further counterexamples to a property, each with another cause and each the shortest with its cause. They come from the graph of all
//! states, because a search keeps only the first event that leads to a state.

use stranded_model::World;
use stranded_model::action::{Action, ActionKind};
use stranded_model::state::State;

use super::result::{Combination, Trace, rest_of_procedure};
use crate::engine::{Graph, Limits, Path, Truncation};
use crate::property::Property;

/// Further counterexamples to one property.
#[derive(Debug)]
pub struct FurtherCounterexamples {
    /// The counterexamples, shortest first.
    pub traces: Vec<Trace>,
    /// The limit that ended the search for more, if any.
    pub truncated: Option<Truncation>,
    /// True if no other cause exists.
    pub is_all: bool,
}

/// The last event of a counterexample: the step of a procedure, or the kind of another event.
#[derive(PartialEq, Eq)]
struct Cause {
    kind: ActionKind,
    /// The name of the procedure, and the index of its step.
    step: Option<(String, usize)>,
}

impl Cause {
    fn of(world: &World, before: &State, action: &Action) -> Self {
        let occurrence = world.occur(before, action).expect("every step of a path is possible");
        let step = |executed: stranded_model::Executed| {
            (world.scenario.run(executed.run).procedure.name.clone(), executed.step)
        };
        Self { kind: action.kind(), step: occurrence.step.map(step) }
    }

    /// Returns the cause of a counterexample; none if it violates the property at the start.
    fn of_path(world: &World, path: &Path) -> Option<Self> {
        let (last, before) = path.actions.split_last()?;
        let before = Path { initial: path.initial.clone(), actions: before.to_vec() };
        Some(Self::of(world, &before.end(world), last))
    }
}

impl Combination {
    /// Searches for counterexamples with other causes than the shortest one, at most `max`. A cause begins the violation: the property
    /// is true before it.
    #[must_use]
    pub fn further_counterexamples(
        &self,
        property: Property,
        limits: &Limits<'_>,
        max: usize,
    ) -> FurtherCounterexamples {
        let mut further = FurtherCounterexamples { traces: Vec::new(), truncated: None, is_all: false };
        let Some(invariant) = property.invariant(&self.world.scenario) else { return further };
        let Some(first) = &self.search.violations[invariant.index()] else { return further };
        let graph = Graph::of(&self.world, limits);
        let violated: Vec<bool> = graph.states.iter().map(|state| !invariant.holds(&self.world, state)).collect();
        let mut causes: Vec<Cause> = Cause::of_path(&self.world, first).into_iter().collect();
        let begins = (0..).zip(&graph.edges).flat_map(|(from, edges)| edges.iter().map(move |edge| (from, edge)));
        // States are numbered by distance, so the first event of each cause ends a shortest path.
        for (from, (action, to)) in begins {
            if violated[from as usize] || !violated[*to as usize] {
                continue;
            }
            let cause = Cause::of(&self.world, &graph.states[from as usize], action);
            if causes.contains(&cause) {
                continue;
            }
            if further.traces.len() == max {
                return further;
            }
            causes.push(cause);
            let mut path = graph.path_to(from);
            path.actions.push(*action);
            let after = rest_of_procedure(&self.world, &path);
            further.traces.push(Trace { path, after, repeats_from: None });
        }
        further.truncated = graph.truncated;
        further.is_all = further.truncated.is_none();
        further
    }
}
