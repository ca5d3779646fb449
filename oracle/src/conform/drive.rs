//! The cases of a conformance run, one after the other, until everything was tried or a limit is reached.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::adapter::AdapterError;

use super::guide::{Guide, Node};
use super::session::{Session, SessionRun};
use super::{Options, Strategy};

/// Maximum number of operations in a random run.
const RUN_OPERATIONS_MAX: usize = 200;

/// Stop after this many runs without new coverage.
const FRUITLESS_RUNS_MAX: usize = 10;

/// End a run after this many repeated requests that did not lead to the expected state.
const STUCK_MAX: usize = 5;

/// Maximum number of operations that finish a case.
const FINISH_MAX: usize = 200;

/// Stop after this many runs that the oracle could not follow to the end, because answers or observations say too little.
const UNEXPLAINED_RUNS_MAX: usize = 3;

/// A conformance run so far.
pub(super) struct Drive<'s, 'i> {
    pub(super) session: Session<'s, 'i>,
    pub(super) guide: Guide,
    options: Options,
    draw: Option<ChaCha8Rng>,
    /// The failing cases.
    pub(super) failing: Vec<SessionRun>,
    /// Number of actions requested.
    pub(super) actions: usize,
    /// True if everything was tried that the implementation supports.
    pub(super) is_complete: bool,
    unexplained_runs: usize,
}

impl<'s, 'i> Drive<'s, 'i> {
    /// A run before its first case.
    pub(super) fn new(session: Session<'s, 'i>, guide: Guide, options: &Options) -> Self {
        let draw = match options.strategy {
            Strategy::Exhaustive => None,
            Strategy::Random(seed) | Strategy::Guided(seed) => Some(ChaCha8Rng::seed_from_u64(seed)),
        };
        let options = options.clone();
        Self { session, guide, options, draw, failing: Vec::new(), actions: 0, is_complete: false, unexplained_runs: 0 }
    }

    /// Drives the implementation from case to case.
    ///
    /// # Errors
    /// The implementation broke the protocol.
    pub(super) fn run(&mut self) -> Result<(), AdapterError> {
        let mut fruitless_runs = 0;
        while !self.is_over() && self.failing.len() < self.options.failing_max {
            let worlds = self.session.worlds();
            let Some(root) = self.guide.next_root(self.options.strategy, &worlds) else {
                self.is_complete = self.options.strategy == Strategy::Exhaustive;
                break;
            };
            let tried_before = self.guide.tried_count();
            if !self.session.reset(self.guide.start(root))? {
                self.guide.exclude(root);
                continue;
            }
            let root = self.guide.node_of(root, &worlds);
            let here = self.session.locate(&mut self.guide, Some(root)).unwrap_or(root);
            let here = self.explore(here)?;
            self.finish(here)?;
            self.end_case();
            if self.unexplained_runs >= UNEXPLAINED_RUNS_MAX {
                break;
            }
            // An implementation chooses one value of each assumption; states that need another value are unreachable.
            fruitless_runs = if self.guide.tried_count() == tried_before { fruitless_runs + 1 } else { 0 };
            if self.options.strategy == Strategy::Exhaustive && fruitless_runs >= FRUITLESS_RUNS_MAX {
                break;
            }
        }
        Ok(())
    }

    /// Judges the case in which the implementation broke off.
    pub(super) fn break_off(&mut self) {
        self.session.stop_case();
        self.end_case();
    }

    fn is_over(&self) -> bool {
        self.actions >= self.options.actions_max || self.options.limits.stopped().is_some()
    }

    /// Requests what is untried or drawn. Returns the last state.
    fn explore(&mut self, from: Node) -> Result<Node, AdapterError> {
        let mut here = from;
        let mut stuck = 0;
        while !self.is_over() && (self.draw.is_none() || self.session.operations() < RUN_OPERATIONS_MAX) {
            let guide = &mut self.guide;
            let chosen = match (&self.options.strategy, self.draw.as_mut()) {
                _ if self.session.is_unexplained() => {
                    guide.next_program(here, self.session.operations_since_unexplained())
                }
                (Strategy::Random(_), Some(draw)) => guide.draw_any(here, draw.next_u64()),
                (Strategy::Guided(_), Some(draw)) => guide.draw_least_visited(here, draw.next_u64()),
                (Strategy::Exhaustive | Strategy::Random(_) | Strategy::Guided(_), _) => {
                    let fault = guide.nearest_untried_fault(here, &self.session.not_struck());
                    fault.or_else(|| guide.nearest_untried(here))
                }
            };
            let Some((index, next)) = chosen else { break };
            let is_predictable = self.guide.is_predictable(here, index);
            let Some((was_tried, now)) = self.request(here, index, next)? else { break };
            // A repeated request that does not lead to the expected state will not lead there the next time either.
            stuck += usize::from(was_tried && is_predictable && now != next);
            here = now;
            if stuck >= STUCK_MAX {
                break;
            }
        }
        Ok(here)
    }

    /// Continues a case whose end would leave an owed run or a withheld verdict, on the shortest path to a quiescent state.
    fn finish(&mut self, from: Node) -> Result<(), AdapterError> {
        let mut here = from;
        for _ in 0..FINISH_MAX {
            if self.session.is_unexplained() || !self.session.is_unfinished() {
                return Ok(());
            }
            if self.is_over() {
                self.session.stop_case();
                return Ok(());
            }
            let Some((index, next)) = self.guide.nearest_quiescent(here) else { return Ok(()) };
            let Some((_, now)) = self.request(here, index, next)? else { return Ok(()) };
            here = now;
        }
        Ok(())
    }

    /// Requests a candidate. Returns true if it was requested there before, and the state after it; `None` if it has no name.
    fn request(&mut self, here: Node, index: usize, next: Node) -> Result<Option<(bool, Node)>, AdapterError> {
        let Some(operation) = self.session.operation(&self.guide, here, index) else { return Ok(None) };
        self.session.perform(&operation)?;
        self.actions += 1;
        let was_tried = self.guide.mark_tried(here, index);
        Ok(Some((was_tried, self.session.locate(&mut self.guide, Some(next)).unwrap_or(next))))
    }

    fn end_case(&mut self) {
        let run = self.session.end_case();
        self.unexplained_runs += usize::from(self.session.is_unexplained() && run.failure.is_none());
        if !run.unexpected.is_empty() {
            self.failing.push(run);
        }
    }
}
