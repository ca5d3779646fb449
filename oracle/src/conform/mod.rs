//! Conformance runs: choose operations until everything that the scenario allows was tried, and shrink failing traces. The
//! [`crate::oracle`] judges.
//!
//! `guide` chooses operations, `session` performs them and passes each answer and observation to the oracle, `shrink`
//! shortens failing traces, `recording` is a case as a file, `expected_failures` is a file of failures that are accepted for a
//! time.

pub mod expected_failures;
mod guide;
pub mod recording;
mod session;
mod shrink;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::adapter::{AdapterError, HelloReply, Implementation, greeting};
use crate::oracle::{CaseVerdict, Judgement, Oracle, OracleOptions, SPONTANEOUS};
use crate::protocol::{Capabilities, Event};
use stranded_search::engine::Truncation;
use stranded_search::scenario::Spec;

pub use self::guide::ConformCoverage;
use self::guide::Guide;
#[cfg(feature = "proptest")]
pub(crate) use self::guide::{Candidate, is_fresh, run_to_end};
pub use self::recording::{Recording, RecordingError};
use self::session::Session;
pub use self::shrink::Shrunk;

/// Maximum number of operations in a random run.
const RUN_OPERATIONS_MAX: usize = 200;

/// Stop after this many runs without new coverage.
const FRUITLESS_RUNS_MAX: usize = 10;

/// End a run after this many repeated requests that did not lead to the expected state.
const STUCK_MAX: usize = 5;

/// Stop after this many runs that the oracle could not follow to the end, because answers or observations say too little.
const UNEXPLAINED_RUNS_MAX: usize = 3;

/// Strategy for the choice of the next operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Take the shortest path to an untried request, until all are tried.
    Exhaustive,
    /// Choose any possible request at random, with this seed.
    Random(u64),
    /// Choose the request whose next state was visited least; choose among equals at random, with this seed.
    Guided(u64),
}

/// Options of a conformance run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Strategy for the choice of the next operation.
    pub strategy: Strategy,
    /// Maximum number of actions, not counting those of shrinking.
    pub actions_max: usize,
    /// Time at which to stop.
    pub deadline: Option<Instant>,
    /// True to run procedures from start to end even if the implementation supports single steps.
    pub whole_runs: bool,
    /// Options of the oracle. Its list of unobserved actions is replaced: it follows from the capabilities.
    pub oracle: OracleOptions,
    /// Stop after this many failing cases.
    pub failing_max: usize,
    /// Log of all events, if wanted. It is complete up to the last event even if the implementation breaks the protocol.
    pub log: Option<Log>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strategy: Strategy::Exhaustive,
            actions_max: 20_000,
            deadline: None,
            whole_runs: false,
            oracle: OracleOptions::default(),
            failing_max: 12,
            log: None,
        }
    }
}

/// A log of events, shared by its writer and its reader.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<Event>>>);

impl Log {
    fn push(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// All events so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Result of a conformance run.
#[derive(Debug)]
pub struct ConformResult {
    /// Capabilities of the implementation.
    pub capabilities: Capabilities,
    /// The judgement.
    pub judgement: Judgement,
    /// Coverage of the scenario.
    pub coverage: ConformCoverage,
    /// The shortest trace for each unexpected verdict.
    pub shrunk: Vec<Shrunk>,
    /// Actions that the scenario allows and the implementation does not support, as words.
    pub not_asked: Vec<String>,
    /// True if everything was tried that the implementation supports.
    pub is_complete: bool,
    /// Number of actions requested.
    pub actions: usize,
}

/// Reason why a conformance run did not finish.
#[derive(Debug)]
pub enum ConformError {
    /// The implementation broke the protocol.
    Protocol(AdapterError),
    /// The implementation cannot run the scenario, for this reason.
    Skipped(String),
    /// The initial states of the scenario could not be computed.
    Truncated(Truncation),
}

impl From<AdapterError> for ConformError {
    fn from(error: AdapterError) -> Self {
        Self::Protocol(error)
    }
}

/// Sends `hello`. Returns the capabilities, and the scenario with the procedure by which the implementation wants to be
/// judged.
///
/// # Errors
/// The implementation broke the protocol, or cannot run the scenario.
pub fn handshake(spec: &Spec, implementation: &mut dyn Implementation) -> Result<(Capabilities, Spec), ConformError> {
    let capabilities = match implementation.hello(&greeting(spec, guide::requestable(spec)))? {
        HelloReply::Ready(capabilities) => capabilities,
        HelloReply::Skip(reason) => return Err(ConformError::Skipped(reason)),
    };
    let actions = guide::requestable_anywhere();
    if let Some(stranger) = capabilities.actions.iter().find(|action| !actions.contains(action)) {
        let says = format!("hello: there is no action `{stranger}`; expected some of {}", actions.join(", "));
        return Err(ConformError::Protocol(AdapterError { says }));
    }
    let judged = match &capabilities.implements {
        None => spec.clone(),
        Some(name) => stranded_search::scenario::with_procedure(spec, name)
            .map_err(|says| ConformError::Protocol(AdapterError { says }))?,
    };
    let names = judged.scenario.runs().map(|(_, run)| run.procedure.name.clone());
    let lacking =
        names.into_iter().find(|name| capabilities.procedures.as_ref().is_some_and(|all| !all.contains(name)));
    if let Some(name) = lacking {
        return Err(ConformError::Skipped(format!("it cannot run the procedure {name}")));
    }
    Ok((capabilities, judged))
}

/// Drives an implementation after the handshake, and judges it by this scenario.
///
/// # Errors
/// The implementation broke the protocol, or cannot run the scenario.
pub fn drive(
    spec: &Spec,
    capabilities: &Capabilities,
    implementation: &mut dyn Implementation,
    options: &Options,
) -> Result<ConformResult, ConformError> {
    let judging = oracle_options(capabilities, &options.oracle);
    let oracle = Oracle::new(spec, judging.clone()).map_err(ConformError::Truncated)?;
    let mut guide =
        Guide::new(spec, capabilities, &oracle, &judging.unseen, options.whole_runs).map_err(ConformError::Skipped)?;
    let mut session = Session::new(oracle, implementation);
    session.set_log(options.log.clone());
    let mut failing = Vec::new();
    let mut draw = match options.strategy {
        Strategy::Exhaustive => None,
        Strategy::Random(seed) | Strategy::Guided(seed) => Some(ChaCha8Rng::seed_from_u64(seed)),
    };
    let is_over = |actions: usize| {
        actions >= options.actions_max || options.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    };
    let mut actions = 0;
    let mut is_complete = false;
    let mut fruitless_runs = 0;
    let mut unexplained_runs = 0;
    while !is_over(actions) && failing.len() < options.failing_max {
        let worlds = session.worlds();
        let Some(root) = guide.next_root(options.strategy, &worlds) else {
            is_complete = options.strategy == Strategy::Exhaustive;
            break;
        };
        let tried_before = guide.tried_count();
        if !session.reset(guide.start(root))? {
            guide.exclude(root);
            continue;
        }
        let mut here = {
            let root = guide.node_of(root, &worlds);
            session.locate(&mut guide, Some(root)).unwrap_or(root)
        };
        let mut stuck = 0;
        while !is_over(actions) && (draw.is_none() || session.operations() < RUN_OPERATIONS_MAX) {
            let chosen = match (&options.strategy, draw.as_mut()) {
                _ if session.is_unexplained() => guide.next_program(here, session.operations_since_unexplained()),
                (Strategy::Random(_), Some(draw)) => guide.draw_any(here, draw.next_u64()),
                (Strategy::Guided(_), Some(draw)) => guide.draw_least_visited(here, draw.next_u64()),
                (Strategy::Exhaustive | Strategy::Random(_) | Strategy::Guided(_), _) => guide.nearest_untried(here),
            };
            let Some((index, next)) = chosen else { break };
            let Some(operation) = session.operation(&guide, here, index) else { break };
            session.perform(&operation)?;
            actions += 1;
            let was_tried = guide.mark_tried(here, index) && guide.is_predictable(here, index);
            here = session.locate(&mut guide, Some(next)).unwrap_or(next);
            // A repeated request that does not lead to the expected state will not lead there the next time either.
            stuck += usize::from(was_tried && here != next);
            if stuck >= STUCK_MAX {
                break;
            }
        }
        let run = session.run();
        unexplained_runs += usize::from(session.is_unexplained() && run.failure.is_none());
        if !run.unexpected.is_empty() {
            failing.push(run);
        }
        if unexplained_runs >= UNEXPLAINED_RUNS_MAX {
            break;
        }
        // An implementation chooses one value of each assumption; states that need another value are unreachable.
        fruitless_runs = if guide.tried_count() == tried_before { fruitless_runs + 1 } else { 0 };
        if options.strategy == Strategy::Exhaustive && fruitless_runs >= FRUITLESS_RUNS_MAX {
            break;
        }
    }
    let judgement = session.judgement();
    let worlds_left = session.worlds();
    session.set_log(None);
    let shrunk = shrink::shortest(&mut session, capabilities, &judging, &failing, options.deadline)?;
    Ok(ConformResult {
        capabilities: capabilities.clone(),
        judgement,
        coverage: guide.coverage(&worlds_left),
        not_asked: guide.not_asked(),
        shrunk,
        is_complete,
        actions,
    })
}

/// Result of a repeated run.
#[derive(Debug)]
pub struct Repeated {
    /// The repeated run.
    pub recording: Recording,
    /// The judgement on it.
    pub judgement: Judgement,
    /// True if it has the verdict of the recording.
    pub is_reproduced: bool,
}

/// Repeats a recording on an implementation after the handshake, and judges it in the same way.
///
/// # Errors
/// The implementation broke the protocol, or cannot run the scenario.
pub fn repeat(
    recording: &Recording,
    spec: &Spec,
    options: &OracleOptions,
    capabilities: &Capabilities,
    implementation: &mut dyn Implementation,
) -> Result<Repeated, ConformError> {
    let oracle = Oracle::new(spec, options.clone()).map_err(ConformError::Truncated)?;
    let mut session = Session::new(oracle, implementation);
    if !session.reset(&recording.start())? {
        return Err(ConformError::Skipped("it cannot set up the initial state of the recording".to_owned()));
    }
    for operation in recording.operations() {
        session.perform(operation)?;
    }
    let run = session.run();
    let verdict = CaseVerdict::ALL
        .into_iter()
        .find(|verdict| verdict.name() == recording.verdict)
        .unwrap_or(CaseVerdict::Nonconforming);
    let is_reproduced = run.shows(verdict);
    let recording = Recording::of(spec, capabilities, options, verdict, &run);
    Ok(Repeated { recording, judgement: session.judgement(), is_reproduced })
}

/// Options of the oracle for these capabilities: actions that the implementation can be asked for do not happen unobserved.
#[must_use]
pub fn oracle_options(capabilities: &Capabilities, given: &OracleOptions) -> OracleOptions {
    let by_itself =
        |kind: &stranded_model::action::ActionKind| !capabilities.actions.iter().any(|action| action == kind.name());
    OracleOptions {
        unseen: SPONTANEOUS.into_iter().filter(by_itself).collect(),
        keeps_expectations: given.keeps_expectations && capabilities.implements.is_none(),
        ..given.clone()
    }
}
