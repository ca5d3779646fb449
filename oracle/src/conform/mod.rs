//! Conformance runs: choose operations until everything that the scenario allows was tried, and shrink failing traces. The
//! [`crate::oracle`] judges.
//!
//! `guide` chooses operations, `drive` follows it case by case, `session` performs them and passes each answer and observation to the
//! oracle, `shrink` shortens failing traces, `recording` is a case as a file, `narration` its steps in words, `expected_failures` is a
//! file of failures that are accepted for a time.

mod drive;
pub mod expected_failures;
mod guide;
mod narration;
pub mod recording;
mod session;
mod shrink;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::adapter::{AdapterError, HelloReply, Implementation, greeting};
use crate::oracle::{CaseVerdict, Judgement, Oracle, OracleOptions, SPONTANEOUS};
use crate::protocol::{Capabilities, Event, Operation};
use stranded_search::engine::{Limits, Truncation};
use stranded_search::scenario::Spec;

use self::drive::Drive;
pub use self::guide::ConformCoverage;
use self::guide::Guide;
#[cfg(feature = "proptest")]
pub(crate) use self::guide::{Candidate, is_fresh, run_to_end};
pub use self::recording::{Recording, RecordingError};
use self::session::Session;
pub use self::shrink::Shrunk;

/// Time after the deadline in which the last event may still be judged.
const JUDGING_TIME: Duration = Duration::from_millis(300);

/// Time in which the flag of an interruption is set after the interruption has ended the implementation.
const INTERRUPTION_TIME: Duration = Duration::from_millis(500);

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
    /// Time at which to stop, and the flag of an interruption.
    pub limits: Limits<'static>,
    /// True to run procedures from start to end even if the implementation supports single steps.
    pub whole_runs: bool,
    /// Options of the oracle. Its list of unobserved actions and its limits are replaced: they follow from the capabilities and from
    /// these limits.
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
            limits: Limits::default(),
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
    /// The violation of the protocol that ended the run, if there was one. Everything before it is judged.
    pub broken: Option<AdapterError>,
    /// True if an interruption ended the run.
    pub is_interrupted: bool,
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

/// Drives an implementation after the handshake, and judges it by this scenario. If the implementation breaks the protocol, the
/// result has everything that was judged until then.
///
/// # Errors
/// The implementation cannot run the scenario.
pub fn drive(
    spec: &Spec,
    capabilities: &Capabilities,
    implementation: &mut dyn Implementation,
    options: &Options,
) -> Result<ConformResult, ConformError> {
    let judging = OracleOptions {
        demands_faults: true,
        limits: Limits {
            deadline: options.limits.deadline.and_then(|deadline| deadline.checked_add(JUDGING_TIME)),
            ..options.limits
        },
        ..oracle_options(capabilities, &options.oracle)
    };
    let oracle = Oracle::new(spec, judging.clone()).map_err(ConformError::Truncated)?;
    let guide =
        Guide::new(spec, capabilities, &oracle, &judging.unseen, options.whole_runs).map_err(ConformError::Skipped)?;
    let mut session = Session::new(oracle, implementation);
    session.set_log(options.log.clone());
    let mut drive = Drive::new(session, guide, options);
    let mut broken = drive.run().err();
    if broken.is_some() {
        drive.break_off();
    }
    let is_interrupted = is_interrupted(&options.limits, broken.is_some());
    let Drive { mut session, mut guide, failing, actions, is_complete, .. } = drive;
    if is_interrupted {
        session.give_up("the run was interrupted");
    } else if broken.is_some() {
        session.give_up("the adapter broke off");
    }
    let judgement = session.judgement();
    let worlds_left = session.worlds();
    session.set_log(None);
    let shrunk = shrink::shortest(&mut session, capabilities, &judging, &failing, &options.limits, &mut broken);
    Ok(ConformResult {
        capabilities: capabilities.clone(),
        judgement,
        coverage: guide.coverage(&worlds_left),
        not_asked: guide.not_asked(),
        shrunk,
        is_complete,
        actions,
        is_interrupted: is_interrupted || self::is_interrupted(&options.limits, broken.is_some()),
        broken,
    })
}

/// Returns true if the run was interrupted. An interruption can end the implementation before it reaches this process, so the flag
/// gets a moment if the implementation broke off.
#[must_use]
pub fn is_interrupted(limits: &Limits<'_>, is_broken: bool) -> bool {
    let Some(flag) = limits.interrupted else { return false };
    let until = Instant::now() + if is_broken { INTERRUPTION_TIME } else { Duration::ZERO };
    while !flag.load(Ordering::Relaxed) {
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(INTERRUPTION_TIME / 50);
    }
    true
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
    /// The violation of the protocol that ended the run, if there was one.
    pub broken: Option<AdapterError>,
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
    let offers = |operation: &&Operation| capabilities.actions.iter().any(|action| action == operation.action());
    if let Some(operation) = recording.operations().find(|operation| !offers(operation)) {
        let says = format!("the recording has the action `{}`, which it does not offer", operation.action());
        return Err(ConformError::Skipped(says));
    }
    let oracle = Oracle::new(spec, options.clone()).map_err(ConformError::Truncated)?;
    let mut session = Session::new(oracle, implementation);
    if !session.reset(&recording.start())? {
        return Err(ConformError::Skipped("it cannot set up the initial state of the recording".to_owned()));
    }
    let broken = recording.operations().try_for_each(|operation| session.perform(operation)).err();
    if broken.is_some() {
        session.stop_case();
        session.give_up("the run is incomplete");
    }
    let run = session.end_case();
    let verdict = CaseVerdict::ALL
        .into_iter()
        .find(|verdict| verdict.name() == recording.verdict)
        .unwrap_or(CaseVerdict::Nonconforming);
    let is_reproduced = run.shows(verdict);
    let recording = Recording::of(spec, capabilities, options, verdict, &run);
    Ok(Repeated { recording, judgement: session.judgement(), is_reproduced, broken })
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
