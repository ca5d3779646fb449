//! The fault of one run, and the fault points that the run reached. All proxies of a run share it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::point::{Connection, FaultPoint, Mode};

/// The act of the proxy at a frame besides forwarding it: it kills the mover, or delivers a mail.
pub type Act = Arc<dyn Fn() + Send + Sync>;

/// A fault at a named point.
#[derive(Clone)]
pub struct Fault {
    /// The point.
    pub point: FaultPoint,
    /// The mode.
    pub mode: Mode,
    /// The act of the modes `kill` and `mail`.
    pub act: Act,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault").field("point", &self.point).field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// The fault of one run, and the fault points that the run reached.
#[derive(Debug, Default)]
pub struct Faults {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: BTreeMap<(Connection, String), u32>,
    reached: Vec<FaultPoint>,
    fault: Option<Fault>,
    struck: Vec<usize>,
}

impl Faults {
    /// Starts a new run: the ordinals count from 1 again.
    pub fn begin(&self, fault: Option<Fault>) {
        *self.lock() = State { fault, ..State::default() };
    }

    /// Ends the run. Returns the points that it reached in order, and the number of the frame at which the fault struck, from 1.
    pub fn end(&self) -> (Vec<FaultPoint>, Option<usize>) {
        let mut state = self.lock();
        let state = std::mem::take(&mut *state);
        (state.reached, state.struck.first().copied())
    }

    /// Returns the number of points that the run has reached so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().reached.len()
    }

    /// Notes a frame. Returns the fault that strikes there.
    pub(super) fn arrive(&self, connection: Connection, verb: &str) -> Option<Fault> {
        let mut state = self.lock();
        let ordinal = state.counts.entry((connection, verb.to_owned())).or_default();
        *ordinal += 1;
        let point = FaultPoint { connection, verb: verb.to_owned(), ordinal: *ordinal };
        state.reached.push(point);
        let fault = state.fault.clone().filter(|fault| state.reached.last() == Some(&fault.point))?;
        let number = state.reached.len();
        state.struck.push(number);
        Some(fault)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in another thread leaves whole values behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
