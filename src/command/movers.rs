//! The movers of a command line, and the watch over their trials.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use stranded_testbed::cyrus::repair::{NONE, REPAIRS, Repair};
use stranded_testbed::mover::{Mover, Shipped};
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::trial::Observer;
use stranded_testbed::trial::report::TrialReport;

use super::{CommandError, output};
use crate::cli::ALL_REPAIRS;

/// Stops the trials at an interruption or at the end of the time.
pub(super) struct Watch {
    pub(super) interrupted: &'static AtomicBool,
    pub(super) deadline: Option<Instant>,
    /// The number of trials of the current tool that have ended.
    ended: AtomicUsize,
}

impl Watch {
    pub(super) fn new(interrupted: &'static AtomicBool, deadline: Option<Instant>) -> Self {
        Self { interrupted, deadline, ended: AtomicUsize::new(0) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        output::progress("");
    }
}

impl Observer for Watch {
    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed) || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn ended(&self, trial: &TrialReport, planned: usize) {
        // The trial without a fault is the first of each tool.
        if trial.mode.is_none() {
            self.ended.store(0, Ordering::Relaxed);
        }
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        let fault = trial.mode.map_or("without a fault", Mode::name);
        output::progress(&format!("{}: trial {ended} of {planned} ({fault}): {}", trial.mover, trial.verdict));
    }

    fn repeats(&self, reason: &str) {
        output::warn(&format!("a trial is repeated, because the system under the tool failed: {reason}"));
    }
}

/// Returns the third-party movers that are installed, and reports the others.
pub(super) fn installed() -> Vec<Shipped> {
    let mut found = Vec::new();
    for mover in Shipped::ALL {
        match mover.require() {
            Ok(()) => found.push(mover),
            Err(reason) => output::warn(&format!("{} is left out: {reason}", mover.name())),
        }
    }
    found
}

/// Returns the third-party mover of this name, if there is one.
pub(super) fn named(name: &str) -> Result<Option<Shipped>, CommandError> {
    let mover = Shipped::named(name);
    if let Some(mover) = mover {
        mover.require().map_err(CommandError::Usage)?;
    }
    Ok(mover)
}

/// Returns a procedure as a mover.
pub(super) fn performed(procedure: &str) -> Result<Mover, CommandError> {
    let program = std::env::current_exe();
    let program = program.map_err(|reason| CommandError::Usage(format!("cannot find stranded itself: {reason}")))?;
    Ok(Mover::Performed { procedure: procedure.to_owned(), program })
}

/// Returns the repairs of these names, or the absence of a repair if there are none.
pub(super) fn repairs(names: &[String]) -> Vec<&'static Repair> {
    let is_named = |repair: &&Repair| names.iter().any(|name| name == repair.name || name == ALL_REPAIRS);
    if names.is_empty() { vec![NONE] } else { REPAIRS.iter().filter(is_named).collect() }
}

/// Returns the names of all third-party movers.
pub(super) fn names() -> String {
    Shipped::ALL.map(Shipped::name).join(", ")
}
