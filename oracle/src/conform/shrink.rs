//! Shrinking of failing traces: parts are removed as long as the live implementation still shows the same verdict without
//! them. A trace that does not fail again is not shrunk. Operations that were run before are not run again.

use std::collections::BTreeMap;

use crate::adapter::AdapterError;
use crate::oracle::{CaseVerdict, OracleOptions};
use crate::protocol::{Capabilities, Event, Observation, Operation};
use stranded_search::engine::Limits;

use super::recording::Recording;
use super::session::{Session, SessionRun};

/// Number of attempts to reproduce a trace.
const TRIES: usize = 3;
/// Maximum number of cases for shrinking one trace.
const ATTEMPTS_MAX: usize = 3_000;

/// The shortest trace found for a verdict.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The verdict.
    pub verdict: CaseVerdict,
    /// The trace, as a recording.
    pub recording: Recording,
    /// Number of operations in the trace before shrinking.
    pub operations_before: usize,
    /// Reason why the trace is not reliable: the implementation did not repeat its behaviour.
    pub unsteady: Option<String>,
}

/// The shortest failing trace of each verdict, worst verdict first. Traces of an implementation that is `broken`, or breaks now, are
/// not shrunk.
pub(super) fn shortest(
    session: &mut Session<'_, '_>,
    capabilities: &Capabilities,
    options: &OracleOptions,
    failing: &[SessionRun],
    limits: &Limits<'_>,
    broken: &mut Option<AdapterError>,
) -> Vec<Shrunk> {
    let mut found = Vec::new();
    let mut known = KnownRuns::default();
    for verdict in CaseVerdict::ALL.into_iter().rev() {
        let shows = failing
            .iter()
            .filter(|run| run.shows(verdict))
            .min_by_key(|run| (run.owes_runs(verdict), run.operations.len()));
        if let Some(run) = shows {
            let shrunk = match broken {
                Some(_) => None,
                None => shrink(session, run, verdict, limits, &mut known).map_err(|error| *broken = Some(error)).ok(),
            };
            let unsteady = || Some("the implementation broke off before it was repeated".to_owned());
            let (short, unsteady) = shrunk.unwrap_or_else(|| (run.clone(), unsteady()));
            let operations_before = run.operations.len();
            let recording = Recording::of(session.spec(), capabilities, options, verdict, &short);
            found.push(Shrunk { verdict, recording, operations_before, unsteady });
        }
    }
    found
}

/// Runs these operations again, with the same initial state. Returns `None` if the implementation cannot set it up.
///
/// # Errors
/// The implementation broke the protocol.
pub(super) fn rerun(
    session: &mut Session<'_, '_>,
    run: &SessionRun,
    operations: &[Operation],
) -> Result<Option<SessionRun>, AdapterError> {
    if !session.reset(&run.start)? {
        return Ok(None);
    }
    for operation in operations {
        session.perform(operation)?;
    }
    Ok(Some(session.end_case()))
}

/// An initial state and operations.
type Request = (BTreeMap<String, Observation>, Vec<Operation>);

/// Runs by their requests. A run of an initial state that cannot be set up is `None`.
#[derive(Default)]
struct KnownRuns(BTreeMap<Request, Option<SessionRun>>);

impl KnownRuns {
    /// Runs operations again, unless their run is known.
    fn rerun(
        &mut self,
        session: &mut Session<'_, '_>,
        run: &SessionRun,
        operations: Vec<Operation>,
    ) -> Result<Option<SessionRun>, AdapterError> {
        let key = (run.start.clone(), operations);
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let new = rerun(session, run, &key.1)?;
        self.0.insert(key, new.clone());
        Ok(new)
    }
}

fn shrink(
    session: &mut Session<'_, '_>,
    run: &SessionRun,
    verdict: CaseVerdict,
    limits: &Limits<'_>,
    known: &mut KnownRuns,
) -> Result<(SessionRun, Option<String>), AdapterError> {
    let mut unsteady = None;
    let mut best = None;
    for _ in 0..TRIES {
        let second = rerun(session, run, &run.operations)?;
        if let Some(second) = second {
            if unsteady.is_none() && !is_same(&run.events, &second.events) {
                unsteady = Some("the same operations had different answers".to_owned());
            }
            if second.shows_like(run, verdict) {
                best = Some(second);
                break;
            }
        }
    }
    let Some(mut best) = best else {
        let says = format!("{TRIES} repetitions did not show the verdict again");
        return Ok((run.clone(), Some(says)));
    };
    let mut attempts = 0;
    let mut size = best.operations.len().div_ceil(2).max(1);
    loop {
        let mut is_shorter = false;
        let mut from = 0;
        while from < best.operations.len() {
            if attempts >= ATTEMPTS_MAX || limits.stopped().is_some() {
                return Ok((best, unsteady));
            }
            attempts += 1;
            let to = (from + size).min(best.operations.len());
            let rest = [&best.operations[..from], &best.operations[to..]].concat();
            match known.rerun(session, run, rest)? {
                Some(shorter) if shorter.shows_like(run, verdict) => {
                    best = shorter;
                    is_shorter = true;
                }
                Some(_) | None => from = to,
            }
        }
        if size == 1 && !is_shorter {
            return Ok((best, unsteady));
        }
        size = size.div_ceil(2).max(1);
    }
}

impl SessionRun {
    /// Returns true if the case has this verdict.
    pub(super) fn shows(&self, verdict: CaseVerdict) -> bool {
        self.unexpected.iter().any(|(shown, _)| *shown == verdict)
    }

    /// Returns true if the case has this verdict only because it ends before a run that an administrator owes.
    fn owes_runs(&self, verdict: CaseVerdict) -> bool {
        let mut shown = self.unexpected.iter().filter(|(shown, _)| *shown == verdict);
        shown.any(|(_, finding)| finding.as_ref().is_some_and(|finding| finding.owes_runs))
    }

    /// Returns true if the case has this verdict in the same way as another. A trace that ends before an owed run shows what a
    /// correct program shows, too.
    fn shows_like(&self, other: &Self, verdict: CaseVerdict) -> bool {
        self.shows(verdict) && self.owes_runs(verdict) <= other.owes_runs(verdict)
    }
}

/// Returns true if answers and observations are equal; the texts `says` may differ.
fn is_same(one: &[Event], other: &[Event]) -> bool {
    let plain = |event: &Event| match event.clone() {
        Event::Did { operation, mut answer } => {
            answer.says = None;
            Event::Did { operation, answer }
        }
        event @ (Event::Reset { .. } | Event::Call { .. } | Event::Return { .. } | Event::Observed { .. }) => event,
    };
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| plain(one) == plain(other))
}
