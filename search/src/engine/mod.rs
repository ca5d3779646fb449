//! Searching a world: what was reached, what was violated and by which shortest path, and what was cut off.
//!
//! Engines know states and actions; what a verdict is, [`crate::check`] says.

mod checkpoint;
mod counter_abstraction;
#[cfg(feature = "distributed")]
mod distributed;
mod exact;
mod graph;
mod limits;
mod liveness;
#[cfg(not(feature = "distributed"))]
mod no_cluster;
mod progress;
mod rules;
mod stateright;

use std::fmt;
use std::sync::Arc;

use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::counter_abstraction::{Choice, CounterAbstraction};
use stranded_model::coverage::Coverage;
use stranded_model::property::Safety;
use stranded_model::state::State;

pub use checkpoint::{NotResumed, Saved};
#[cfg(feature = "distributed")]
pub use distributed::{Cluster, Hosts, HostsError, Joining, NotJoined};
pub use graph::Graph;
pub use limits::{Limits, Truncation, Walks};
pub use liveness::{Ending, Lasso, endings};
#[cfg(not(feature = "distributed"))]
pub use no_cluster::Cluster;
pub use progress::{LevelDone, Progress};

/// Which search is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Level-synchronous breadth-first search over exact states.
    #[default]
    Exact,
    /// The checker of the crate stateright, one property a run.
    Stateright,
    /// Breadth-first search by workers that each hold a part of the states, on one machine or several (the crate timely).
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

    /// The name that the command line and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Stateright => "stateright",
            #[cfg(feature = "distributed")]
            Self::Timely => "timely",
        }
    }

    /// Searches all that is reachable in a world, within the limits.
    #[must_use]
    pub fn search(self, world: &World, limits: &Limits<'_>) -> Search {
        match self {
            Self::Exact => exact::search(world, limits),
            Self::Stateright => stateright::search(&Arc::new(world.clone()), limits),
            #[cfg(feature = "distributed")]
            Self::Timely => distributed::search(&Arc::new(world.clone()), limits, None),
        }
    }

    /// The search of a world whose start was not found: nothing, and why.
    #[must_use]
    #[cfg_attr(
        not(feature = "distributed"),
        expect(unused_variables, reason = "only the engine timely has limits here")
    )]
    pub fn search_nothing(self, world: &World, limits: &Limits<'_>, truncated: Truncation) -> Search {
        match self {
            // The other processes must learn that this search finds nothing.
            #[cfg(feature = "distributed")]
            Self::Timely => distributed::search(&Arc::new(world.clone()), limits, Some(truncated)),
            Self::Exact | Self::Stateright => Search { truncated: Some(truncated), ..Search::nothing(world) },
        }
    }

    /// Whether it does one search after the other, in their order: all processes must do the same.
    #[must_use]
    pub fn takes_turns(self) -> bool {
        match self {
            Self::Exact | Self::Stateright => false,
            #[cfg(feature = "distributed")]
            Self::Timely => true,
        }
    }

    /// The engine that finds out where a scenario starts that follows another one. Every process does that for itself.
    #[must_use]
    pub fn of_past(self) -> Self {
        match self {
            Self::Exact => Self::Exact,
            #[cfg(feature = "distributed")]
            Self::Timely => Self::Exact,
            Self::Stateright => Self::Stateright,
        }
    }

    /// The same in a crowd.
    #[must_use]
    pub fn search_counter_abstraction(self, abstraction: &CounterAbstraction, limits: &Limits<'_>) -> Search<Choice> {
        counter_abstraction::search(self, abstraction, limits)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Search<C = Action> {
    /// How many distinct states it reached.
    pub states: usize,
    /// How many of them it looked at: one of those that differ only by an exchange of mailboxes, where it makes use of that.
    pub representatives: usize,
    /// How many it found and did not go on from, because it was cut.
    pub frontier: usize,
    /// How many actions away the farthest of them is.
    pub depth: usize,
    /// Why it is not complete, if it is not.
    pub truncated: Option<Truncation>,
    /// For each property in the order of [`Safety::ALL`]: a shortest path to a state in which it is not true.
    pub violations: [Option<Path<C>>; Safety::ALL.len()],
    /// What happened anywhere.
    pub coverage: Coverage,
    /// The states in which every mailbox is at rest, in a fixed order.
    pub quiescent: Vec<State>,
    /// What makes the search itself doubtful; a defect, never a verdict.
    pub defect: Option<String>,
}

impl<C> Search<C> {
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

/// A way through a world, or through a crowd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path<C = Action> {
    /// Where it starts.
    pub initial: State,
    /// What happens, in order.
    pub actions: Vec<C>,
}

fn is_quiescent(world: &World, state: &State) -> bool {
    state.accounts.values().all(|account| world.is_quiescent(account, &state.shared))
}
