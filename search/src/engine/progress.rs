//! How far the searches of a check are, for whoever watches. There is no estimate of the time that remains: how many states
//! there are is not known before the last is found, and levels shrink as suddenly as they grow.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::limits::memory_taken;

/// How far the searches are.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    /// States of all searches together.
    total: AtomicUsize,
    /// The level that was done last, of any search.
    last: Mutex<Option<LevelDone>>,
    /// Who wants to hear of every level.
    levels: Option<Sender<LevelDone>>,
}

/// A level of a search that is done.
#[derive(Clone, Debug)]
pub struct LevelDone {
    /// The scenario that is searched.
    pub scenario: String,
    /// How many actions the states that were found last are away from the start.
    pub depth: usize,
    /// States found so far.
    pub states: usize,
    /// How many of them were found last, and are gone on from next.
    pub frontier: usize,
    /// States that all searches together have found in a second since they started.
    pub rate: f64,
    /// The memory that the process takes, in bytes, if the system tells.
    pub memory: Option<usize>,
}

impl Progress {
    /// Nothing is done yet. Whoever listens hears of every level.
    #[must_use]
    pub fn new(levels: Option<Sender<LevelDone>>) -> Self {
        Self { started: Instant::now(), total: AtomicUsize::new(0), last: Mutex::new(None), levels }
    }

    /// The level that was done last.
    #[must_use]
    pub fn last(&self) -> Option<LevelDone> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// States that all searches together have found so far.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    /// A search has done a level.
    pub(super) fn report(&self, scenario: &str, states: usize, depth: usize, frontier: usize) {
        let total = self.total.fetch_add(frontier, Ordering::Relaxed) + frontier;
        let seconds = self.started.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown with few digits")]
        let rate = total as f64 / seconds.max(f64::EPSILON);
        let done = LevelDone { scenario: scenario.to_owned(), depth, states, frontier, rate, memory: memory_taken() };
        if let Some(levels) = &self.levels {
            // Whoever listened may have gone away.
            let _ = levels.send(done.clone());
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
    }
}
