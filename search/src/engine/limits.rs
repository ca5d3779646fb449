//! What ends a search early. Every limit is looked at between two states, by every engine.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::Cluster;
use super::checkpoint::Saved;
use super::progress::Progress;

/// The limits of a search; the default has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits<'a> {
    /// The most states that may be reached.
    pub states_max: Option<usize>,
    /// The most actions that a state may be away from the start.
    pub depth_max: Option<usize>,
    /// The moment at which the search ends.
    pub deadline: Option<Instant>,
    /// The most memory that the process may take, in bytes.
    pub memory_max: Option<usize>,
    /// Whether somebody wants the search to end now.
    pub interrupted: Option<&'static AtomicBool>,
    /// Only these random walks are taken.
    pub walks: Option<Walks>,
    /// Where the search is saved while it runs, and where it goes on.
    pub saved: Option<&'a Saved>,
    /// Whether states that differ only by an exchange of mailboxes are looked at as one.
    pub symmetry: bool,
    /// Whether nobody asks for the states in which every mailbox is at rest.
    pub quiescent_unwanted: bool,
    /// What is searched, for whoever watches.
    pub scenario: &'a str,
    /// Who searches together in the engine timely; without them, one worker for each core.
    pub cluster: Option<&'a Cluster>,
    /// Where the search says how far it is.
    pub progress: Option<&'a Progress>,
}

/// Random walks, instead of every way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walks {
    /// How many.
    pub count: u64,
    /// What they are drawn with.
    pub seed: u64,
}

/// Why a search is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Truncation {
    /// There are more states than allowed.
    States(usize),
    /// There are states farther away than allowed.
    Depth(usize),
    /// The time was over.
    Time,
    /// More memory was needed than allowed, in bytes.
    Memory(usize),
    /// Somebody ended it.
    Interrupted,
    /// Another process was lost.
    Lost,
    /// So many random walks were taken instead of every way.
    Walks(u64),
    /// A level could not be saved. Who saves searches alone.
    #[serde(skip)]
    Unsaved(io::ErrorKind),
    /// There is no state to start from.
    NoStart,
    /// Messages are in more kinds of places than can be told apart.
    CounterAbstraction,
}

impl fmt::Display for Truncation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::States(max) => write!(f, "there are more than {max} states (--max-states)"),
            Self::Depth(max) => write!(f, "there are states more than {max} steps away (--max-depth)"),
            Self::Time => f.write_str("the time was over (--timeout)"),
            Self::Memory(max) => write!(f, "it needs more memory than {} MiB (--max-memory)", max >> 20),
            Self::Interrupted => f.write_str("it was interrupted"),
            Self::Lost => f.write_str("another process was lost"),
            Self::Walks(count) => write!(f, "only {count} random walks were taken (--simulate)"),
            Self::Unsaved(reason) => write!(f, "its checkpoint could not be written: {reason}"),
            Self::NoStart => f.write_str("the scenario it starts from never comes to rest"),
            Self::CounterAbstraction => f.write_str(
                "messages are in more kinds of places at once than can be told apart (give a number of messages)",
            ),
        }
    }
}

impl Limits<'_> {
    /// Whether the time is over.
    #[must_use]
    pub fn time_is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// The limit that is met whatever the search does next: the time, or that somebody ended it.
    pub(crate) fn reached(&self) -> Option<Truncation> {
        if self.interrupted.is_some_and(|interrupted| interrupted.load(Ordering::Relaxed)) {
            return Some(Truncation::Interrupted);
        }
        if self.time_is_over() { Some(Truncation::Time) } else { None }
    }

    /// The limit that is met when so many more bytes are taken.
    pub(crate) fn memory_for(&self, more: usize) -> Option<Truncation> {
        let max = self.memory_max?;
        (memory_taken()? + more > max).then_some(Truncation::Memory(max))
    }

    /// The limit that is met now, if any: the time, the memory, or that somebody ended it.
    pub(crate) fn met(&self) -> Option<Truncation> {
        self.reached().or_else(|| self.memory_for(0))
    }

    /// The limits that every worker looks at by itself.
    #[cfg(feature = "distributed")]
    pub(crate) fn of_worker(&self) -> Limits<'static> {
        let Self { states_max, depth_max, deadline, memory_max, symmetry, .. } = *self;
        Limits { states_max, depth_max, deadline, memory_max, symmetry, ..Limits::default() }
    }

    /// Tells whoever watches that a level was found.
    pub(crate) fn report(&self, states: usize, depth: usize, frontier: usize) {
        if let Some(progress) = self.progress {
            progress.report(self.scenario, states, depth, frontier);
        }
    }
}

/// How much memory the process takes, in bytes, if the system tells.
#[must_use]
pub(crate) fn memory_taken() -> Option<usize> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem)
}
