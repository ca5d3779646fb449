//! Limits of a search. Every engine checks them between two states.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::Cluster;
use super::checkpoint::Checkpoint;
use super::memory::{SystemLimit, SystemMemory, memory_used};
use super::progress::Progress;

/// The limits and options of a search. By default there are none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits<'a> {
    /// The most states that may be reached.
    pub states_max: Option<usize>,
    /// The largest distance of a state from the start, in actions.
    pub depth_max: Option<usize>,
    /// The moment at which the search stops.
    pub deadline: Option<Instant>,
    /// The most memory that the process may use, in bytes.
    pub memory_max: Option<usize>,
    /// The limits that the system sets to the memory of the process.
    pub system_memory: SystemMemory,
    /// A flag that stops the search when it is set.
    pub interrupted: Option<&'static AtomicBool>,
    /// Random walks to take instead of a full search.
    pub walks: Option<Walks>,
    /// The file in which the search is saved, and from which it resumes.
    pub checkpoint: Option<&'a Checkpoint>,
    /// True if permutations of mailboxes count as one state.
    pub symmetry: bool,
    /// True if the search need not collect the quiescent states.
    pub skip_quiescent: bool,
    /// The name of the scenario, for progress reports.
    pub scenario: &'a str,
    /// The workers of the engine timely. Without them, it starts one for each core.
    pub cluster: Option<&'a Cluster>,
    /// The receiver of progress reports.
    pub progress: Option<&'a Progress>,
}

/// The number of small steps between two checks of the limits: a few milliseconds at most.
const STEPS_PER_CHECK: u32 = 2048;

/// Small steps of a computation that the limits can stop.
pub(crate) struct Pace<'a> {
    limits: &'a Limits<'a>,
    steps: u32,
}

impl<'a> Pace<'a> {
    /// Starts with no step.
    pub(crate) fn within(limits: &'a Limits<'a>) -> Self {
        Self { limits, steps: 0 }
    }

    /// Counts a step, and sometimes checks the limits.
    pub(crate) fn step(&mut self) -> Result<(), Truncation> {
        self.steps = (self.steps + 1) % STEPS_PER_CHECK;
        if self.steps == 0 { self.limits.limit_reached().map_or(Ok(()), Err) } else { Ok(()) }
    }
}

/// Random walks, taken instead of a full search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walks {
    /// The number of walks.
    pub count: u64,
    /// The seed of the random choices.
    pub seed: u64,
}

/// The reason why a search is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Truncation {
    /// There are more states than allowed.
    States(usize),
    /// There are states farther away than allowed.
    Depth(usize),
    /// The time limit was reached.
    Time,
    /// More memory was needed than allowed, in bytes.
    Memory(usize),
    /// More memory was needed than the system allows.
    SystemMemory(SystemLimit),
    /// The user interrupted the search.
    Interrupted,
    /// The connection to another process was lost.
    Lost,
    /// Only this number of random walks was taken.
    Walks(u64),
    /// A level could not be saved. Only a search in one process has a checkpoint.
    #[serde(skip)]
    Unsaved(io::ErrorKind),
    /// The checkpoint has a level, with this number, that the search cannot reach. It was forged, or made by another
    /// program.
    Unreachable(usize),
    /// There is no initial state.
    NoStart,
    /// Messages are in more different locations than the counter abstraction distinguishes.
    CounterAbstraction,
    /// Two replicas came too many versions apart.
    Versions,
}

impl fmt::Display for Truncation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::States(max) => write!(f, "there are more than {max} states (--max-states)"),
            Self::Depth(max) => write!(f, "there are states more than {max} steps from the start (--max-depth)"),
            Self::Time => f.write_str("the time limit was reached (--timeout)"),
            Self::Memory(max) => write!(f, "it needs more memory than {} MiB (--max-memory)", max >> 20),
            Self::SystemMemory(limit) => write!(f, "it needs more memory than {limit}"),
            Self::Interrupted => f.write_str("it was interrupted"),
            Self::Lost => f.write_str("another process was lost"),
            Self::Walks(count) => write!(f, "only {count} random walks were taken (--simulate)"),
            Self::Unsaved(reason) => write!(f, "its checkpoint could not be written: {reason}"),
            Self::Unreachable(level) => write!(f, "its checkpoint has states in level {level} that it cannot reach"),
            Self::NoStart => f.write_str("the scenario that it starts from has no quiescent state"),
            Self::CounterAbstraction => f.write_str(
                "messages are in more locations at once than the counter abstraction can distinguish (give a number of messages)",
            ),
            Self::Versions => f.write_str(
                "two replicas come too many versions apart, because runs without a limit write both (give `runs-max` a number)",
            ),
        }
    }
}

impl Limits<'_> {
    /// Returns true if the deadline has passed.
    #[must_use]
    pub fn is_time_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Returns the time limit or the interruption, if one of them stops the search.
    #[must_use]
    pub fn stopped(&self) -> Option<Truncation> {
        if self.interrupted.is_some_and(|interrupted| interrupted.load(Ordering::Relaxed)) {
            return Some(Truncation::Interrupted);
        }
        if self.is_time_over() { Some(Truncation::Time) } else { None }
    }

    /// Returns the memory limit if this many more bytes would exceed it.
    pub(crate) fn memory_limit(&self, more: usize) -> Option<Truncation> {
        let given = || {
            let max = self.memory_max?;
            (memory_used()?.saturating_add(more) > max).then_some(Truncation::Memory(max))
        };
        given().or_else(|| self.system_memory.reached(more))
    }

    /// Returns the limit that is reached now, if any: time, interruption or memory.
    pub(crate) fn limit_reached(&self) -> Option<Truncation> {
        self.stopped().or_else(|| self.memory_limit(0))
    }

    /// The limits that every worker checks by itself.
    #[cfg(feature = "distributed")]
    pub(crate) fn for_worker(&self) -> Limits<'static> {
        let Self { states_max, depth_max, deadline, memory_max, system_memory, symmetry, .. } = *self;
        Limits { states_max, depth_max, deadline, memory_max, system_memory, symmetry, ..Limits::default() }
    }

    /// Reports a level as progress.
    pub(crate) fn report(&self, states: usize, depth: usize, frontier: usize) {
        if let Some(progress) = self.progress {
            progress.report(self.scenario, states, depth, frontier);
        }
    }
}
