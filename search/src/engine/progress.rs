//! Progress of the searches of a check. The remaining time is not estimated: the number of states is unknown until the
//! last is found, and levels shrink as suddenly as they grow.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::memory::memory_used;

/// The progress of all searches of a check.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    /// The number of states of all searches.
    total: AtomicUsize,
    /// The newest level of any search.
    last: Mutex<Option<LevelDone>>,
    /// A channel that receives every level.
    levels: Option<Sender<LevelDone>>,
}

/// A completed level of a search.
#[derive(Clone, Debug)]
pub struct LevelDone {
    /// The scenario that is searched.
    pub scenario: String,
    /// The distance of the newest states from the start, in actions.
    pub depth: usize,
    /// The number of states found so far.
    pub states: usize,
    /// The number of newest states, which are expanded next.
    pub frontier: usize,
    /// The number of states per second that all searches have found since the start.
    pub rate: f64,
    /// The memory that the process uses, in bytes, if the system reports it.
    pub memory: Option<usize>,
}

impl Progress {
    /// Starts with no level. The channel, if given, receives every level.
    #[must_use]
    pub fn new(levels: Option<Sender<LevelDone>>) -> Self {
        Self { started: Instant::now(), total: AtomicUsize::new(0), last: Mutex::new(None), levels }
    }

    /// The newest level.
    #[must_use]
    pub fn last(&self) -> Option<LevelDone> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of states that all searches have found so far.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    /// Records a completed level of a search.
    pub(super) fn report(&self, scenario: &str, states: usize, depth: usize, frontier: usize) {
        let total = self.total.fetch_add(frontier, Ordering::Relaxed) + frontier;
        let seconds = self.started.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown with few digits")]
        let rate = total as f64 / seconds.max(f64::EPSILON);
        let done = LevelDone { scenario: scenario.to_owned(), depth, states, frontier, rate, memory: memory_used() };
        if let Some(levels) = &self.levels {
            // The receiver may be gone.
            let _ = levels.send(done.clone());
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
    }
}
