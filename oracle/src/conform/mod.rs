//! Driving an implementation: what to ask next, until everything that the scenario allows was tried, and what is left of a run
//! that failed when everything is taken out of it that is not needed. Judging is the [`crate::oracle`]'s.
//!
//! `guide` knows what can be asked and what was, `session` asks and has each answer judged, `shrink` makes failing runs short,
//! `record` is such a run as a file. `known` is a file of what is known to be wrong, and what is left when that is taken out.

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
pub(crate) use self::guide::{Candidate, is_fresh, run_to_end};
pub use self::recording::{Recording, RecordingError};
use self::session::Session;
pub use self::shrink::Shrunk;

/// How many things a drawn run does at the most: it need not come to an end by itself.
const RUN_OPERATIONS_MAX: usize = 200;

/// After how many runs in a row that tried nothing new nothing new is expected any more.
const FRUITLESS_RUNS_MAX: usize = 10;

/// How often in a run something may be asked again that does not lead where it should.
const STUCK_MAX: usize = 5;

/// After how many runs that could not be followed to their end it is given up: the answers or the looks say too little.
const UNEXPLAINED_RUNS_MAX: usize = 3;

/// How to choose what is asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Whatever was not asked yet, by the shortest way there, until everything was.
    Exhaustive,
    /// Anything that is possible, drawn with this seed.
    Random(u64),
    /// What leads where it was least, ties drawn with this seed.
    Guided(u64),
}

/// How to drive.
#[derive(Clone, Debug)]
pub struct Options {
    /// How to choose what is asked next.
    pub strategy: Strategy,
    /// How many actions are asked at the most, those that make failing runs short left out.
    pub actions_max: usize,
    /// When to stop.
    pub deadline: Option<Instant>,
    /// Whether procedures are run from start to end even if the implementation can do single steps.
    pub whole_runs: bool,
    /// How the oracle judges; what can happen unseen follows from what the implementation can be asked.
    pub oracle: OracleOptions,
    /// After how many failing runs to stop.
    pub failing_max: usize,
    /// Where everything that is asked, answered and seen is kept, if it is to be; there it is also after an implementation has
    /// broken the protocol.
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

/// Events, shared by whoever writes and whoever reads them.
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

/// What came of it.
#[derive(Debug)]
pub struct ConformResult {
    /// What the implementation can do.
    pub capabilities: Capabilities,
    /// The verdict.
    pub judgement: Judgement,
    /// What was tried, of what there is.
    pub coverage: ConformCoverage,
    /// For each verdict that was found, the shortest run that shows it.
    pub shrunk: Vec<Shrunk>,
    /// What the scenario allows and the implementation could not be asked to do, in words.
    pub not_asked: Vec<String>,
    /// Whether everything was tried that can be.
    pub is_complete: bool,
    /// How many actions were asked.
    pub actions: usize,
}

/// Why an implementation was not driven to an end.
#[derive(Debug)]
pub enum ConformError {
    /// It broke the protocol.
    Protocol(AdapterError),
    /// It cannot run the scenario, for this reason.
    Skipped(String),
    /// How the scenario starts could not be found out.
    Unknown(Truncation),
}

impl From<AdapterError> for ConformError {
    fn from(broken: AdapterError) -> Self {
        Self::Protocol(broken)
    }
}

/// Greets an implementation: what it can do, and the scenario by whose procedure it wants to be judged.
///
/// # Errors
/// It broke the protocol, or cannot run the scenario.
pub fn handshake(spec: &Spec, implementation: &mut dyn Implementation) -> Result<(Capabilities, Spec), ConformError> {
    let capabilities = match implementation.hello(&greeting(spec, guide::askable(spec)))? {
        HelloReply::Ready(capabilities) => capabilities,
        HelloReply::Skip(reason) => return Err(ConformError::Skipped(reason)),
    };
    let expected_failures = guide::askable_anywhere();
    if let Some(stranger) = capabilities.actions.iter().find(|action| !expected_failures.contains(action)) {
        let says = format!("hello: there is no action `{stranger}`; expected some of {}", expected_failures.join(", "));
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

/// Drives an implementation that was greeted, and judges it by this scenario.
///
/// # Errors
/// It broke the protocol, or cannot run the scenario.
pub fn drive(
    spec: &Spec,
    capabilities: &Capabilities,
    implementation: &mut dyn Implementation,
    options: &Options,
) -> Result<ConformResult, ConformError> {
    let judging = oracle_options(capabilities, &options.oracle);
    let oracle = Oracle::new(spec, judging.clone()).map_err(ConformError::Unknown)?;
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
            let was_tried = guide.tried(here, index) && guide.is_predictable(here, index);
            here = session.locate(&mut guide, Some(next)).unwrap_or(next);
            // What was asked before and does not lead where it should does not lead there the next time.
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
        // What the assumptions leave open, an implementation answers in its own way; it cannot be led everywhere.
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

/// What came of asking the same again.
#[derive(Debug)]
pub struct Repeated {
    /// The run, as it went now.
    pub recording: Recording,
    /// The verdict on it.
    pub judgement: Judgement,
    /// Whether it shows again what was recorded.
    pub is_reproduced: bool,
}

/// Asks an implementation that was greeted what was recorded, and judges it as that was judged.
///
/// # Errors
/// It broke the protocol, or cannot run the scenario.
pub fn repeat(
    recording: &Recording,
    spec: &Spec,
    options: &OracleOptions,
    capabilities: &Capabilities,
    implementation: &mut dyn Implementation,
) -> Result<Repeated, ConformError> {
    let oracle = Oracle::new(spec, options.clone()).map_err(ConformError::Unknown)?;
    let mut session = Session::new(oracle, implementation);
    if !session.reset(&recording.start())? {
        return Err(ConformError::Skipped("it does not stand as the recorded run begins".to_owned()));
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

/// How the oracle judges an implementation: what it can be asked to do does not happen unseen.
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
