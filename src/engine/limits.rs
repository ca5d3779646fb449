//! What ends a search early. Every limit is looked at between two states, by every engine.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

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
    pub interrupted: Option<&'a AtomicBool>,
    /// Whether states that differ only by an exchange of mailboxes are looked at as one.
    pub symmetry: bool,
    /// Where the search says how far it is.
    pub progress: Option<&'a Progress>,
}

/// How far a search is, for whoever watches.
#[derive(Debug, Default)]
pub struct Progress {
    states: AtomicUsize,
    depth: AtomicUsize,
    frontier: AtomicUsize,
}

/// Why a search is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
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
    /// There is no state to start from.
    NoStart,
    /// Messages are in more kinds of places than can be told apart.
    Crowd,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::States(max) => write!(f, "there are more than {max} states (--max-states)"),
            Self::Depth(max) => write!(f, "there are states more than {max} steps away (--max-depth)"),
            Self::Time => f.write_str("the time was over (--timeout)"),
            Self::Memory(max) => write!(f, "it needs more memory than {} MiB (--max-memory)", max >> 20),
            Self::Interrupted => f.write_str("it was interrupted"),
            Self::NoStart => f.write_str("the scenario it starts from never comes to rest"),
            Self::Crowd => f.write_str(
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

    /// The limit that is met whatever the search does next: the time, the memory, or that somebody ended it.
    pub(crate) fn reached(&self) -> Option<Cut> {
        if self.interrupted.is_some_and(|interrupted| interrupted.load(Ordering::Relaxed)) {
            return Some(Cut::Interrupted);
        }
        if self.time_is_over() { Some(Cut::Time) } else { None }
    }

    /// The limit that is met when so many more bytes are taken.
    pub(crate) fn memory_for(&self, more: usize) -> Option<Cut> {
        let max = self.memory_max?;
        (memory_taken()? + more > max).then_some(Cut::Memory(max))
    }

    /// Tells whoever watches.
    pub(crate) fn report(&self, states: usize, depth: usize, frontier: usize) {
        if let Some(progress) = self.progress {
            progress.states.store(states, Ordering::Relaxed);
            progress.depth.store(depth, Ordering::Relaxed);
            progress.frontier.store(frontier, Ordering::Relaxed);
        }
    }
}

/// How much memory the process takes, in bytes, if the system tells.
#[must_use]
pub(crate) fn memory_taken() -> Option<usize> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem)
}

impl Progress {
    /// States reached so far in the search that runs.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states.load(Ordering::Relaxed)
    }

    /// States that were found on the last level.
    #[must_use]
    pub fn frontier(&self) -> usize {
        self.frontier.load(Ordering::Relaxed)
    }

    /// The depth that the search is at.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth.load(Ordering::Relaxed)
    }
}
