//! Searches of a world: the reachable states, a shortest path to each violation, and the bound reached, if any.
//!
//! Engines know states and actions. Verdicts are decided in [`crate::check`].

mod bounded;
mod checkpoint;
mod components;
#[cfg(feature = "distributed")]
mod distributed;
mod exact;
mod graph;
mod limits;
mod live_graph;
mod liveness;
mod memory;
#[cfg(not(feature = "distributed"))]
mod no_cluster;
mod progress;
mod rules;
mod short_numbers;
mod stateright;

use std::fmt;
use std::sync::Arc;

use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::counter_abstraction::{Choice, CounterAbstraction};
use stranded_model::coverage::Coverage;
use stranded_model::property::INVARIANTS_MAX;
use stranded_model::state::State;

use bounded::Bounded;
pub use checkpoint::{Checkpoint, CheckpointError};
#[cfg(feature = "distributed")]
pub use distributed::{Cluster, Hosts, HostsError, JoinError, JoinOptions, WORKERS_MAX};
pub use graph::Graph;
pub use limits::{Limits, Truncation, Walks};
pub use liveness::{Lasso, LivenessResult, liveness_results};
pub use memory::{MemoryNotMeasured, SystemLimit, SystemMemory, memory_max, memory_used};
#[cfg(not(feature = "distributed"))]
pub use no_cluster::Cluster;
pub use progress::{LevelDone, Progress};
use rules::Rules;

/// The engine that searches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Level-synchronous breadth-first search over exact states.
    #[default]
    Exact,
    /// The checker of the crate stateright, one property per run.
    Stateright,
    /// Breadth-first search by workers that each hold a part of the states, on one machine or several (the crate
    /// timely).
    #[cfg(feature = "distributed")]
    Timely,
}

impl Engine {
    /// Every engine.
    pub const ALL: [Self; if cfg!(feature = "distributed") { 3 } else { 2 }] = [
        Self::Exact,
        Self::Stateright,
        #[cfg(feature = "distributed")]
        Self::Timely,
    ];

    /// The name in the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Stateright => "stateright",
            #[cfg(feature = "distributed")]
            Self::Timely => "timely",
        }
    }

    /// Searches all reachable states of a world, within the limits.
    #[must_use]
    pub fn search(self, world: &World, limits: &Limits<'_>) -> Search {
        self.search_bounded(&Bounded::new(world.clone()), limits)
    }

    /// Searches rules. The search is truncated if the rules met a state that they cannot represent.
    fn search_bounded<R: Rules + 'static>(self, rules: &Arc<Bounded<R>>, limits: &Limits<'_>) -> Search<R::Choice> {
        let found = match self {
            Self::Exact => exact::search(&**rules, limits),
            Self::Stateright => stateright::search(rules, limits),
            #[cfg(feature = "distributed")]
            Self::Timely => distributed::search(rules, limits, None),
        };
        Search { truncated: found.truncated.or(rules.incomplete()), ..found }
    }

    /// Returns the result for a world without an initial state: nothing, and the reason.
    #[must_use]
    #[cfg_attr(not(feature = "distributed"), expect(unused_variables, reason = "only the engine timely needs limits"))]
    pub fn search_nothing(self, world: &World, limits: &Limits<'_>, truncated: Truncation) -> Search {
        match self {
            // The other processes must learn that this search finds nothing.
            #[cfg(feature = "distributed")]
            Self::Timely => distributed::search(&Arc::new(world.clone()), limits, Some(truncated)),
            Self::Exact | Self::Stateright => Search { truncated: Some(truncated), ..Search::nothing(world) },
        }
    }

    /// Returns true if the searches of a check run one after the other. All processes of a cluster need the same order.
    #[must_use]
    pub fn is_sequential(self) -> bool {
        match self {
            Self::Exact | Self::Stateright => false,
            #[cfg(feature = "distributed")]
            Self::Timely => true,
        }
    }

    /// The engine that searches the predecessor of a scenario. Every process of a cluster does that search itself.
    #[must_use]
    pub fn for_predecessor(self) -> Self {
        match self {
            Self::Exact => Self::Exact,
            #[cfg(feature = "distributed")]
            Self::Timely => Self::Exact,
            Self::Stateright => Self::Stateright,
        }
    }

    /// Searches a counter abstraction, within the limits.
    #[must_use]
    pub fn search_counter_abstraction(self, abstraction: &CounterAbstraction, limits: &Limits<'_>) -> Search<Choice> {
        self.search_bounded(&Bounded::new(abstraction.clone()), limits)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The result of a search.
#[derive(Clone, Debug)]
pub struct Search<C = Action> {
    /// The number of distinct states that were reached.
    pub states: usize,
    /// The number of states that were expanded; with symmetry, one for all permutations of mailboxes.
    pub representatives: usize,
    /// The number of states that were found and not expanded because the search was truncated.
    pub frontier: usize,
    /// The largest distance of a state from the start, in actions.
    pub depth: usize,
    /// The bound reached, if the search is not complete.
    pub truncated: Option<Truncation>,
    /// For each property by the index of the invariant: a shortest path to a state that violates it.
    pub violations: [Option<Path<C>>; INVARIANTS_MAX],
    /// The points that occurred.
    pub coverage: Coverage,
    /// The quiescent states, in a fixed order.
    pub quiescent: Vec<State>,
    /// A defect of the search itself. It is never a verdict.
    pub defect: Option<String>,
}

impl<C> Search<C> {
    /// The same result with violations found elsewhere, and without quiescent states.
    pub(crate) fn with_violations<D>(self, violations: [Option<Path<D>>; INVARIANTS_MAX]) -> Search<D> {
        let Self { states, representatives, frontier, depth, truncated, coverage, defect, .. } = self;
        let quiescent = Vec::new();
        Search { states, representatives, frontier, depth, truncated, violations, coverage, quiescent, defect }
    }

    fn nothing(world: &World) -> Self {
        Self {
            states: 0,
            representatives: 0,
            frontier: 0,
            depth: 0,
            truncated: None,
            violations: std::array::from_fn(|_| None),
            coverage: Coverage::of(world),
            quiescent: Vec::new(),
            defect: None,
        }
    }
}

/// A sequence of actions through a world or a counter abstraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path<C = Action> {
    /// The first state.
    pub initial: State,
    /// The actions, in order.
    pub actions: Vec<C>,
}

fn is_quiescent(world: &World, state: &State) -> bool {
    state.accounts.values().all(|account| world.is_quiescent(account, &state.shared))
}
