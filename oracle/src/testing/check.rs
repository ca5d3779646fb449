//! Performs one list of operations on an implementation and judges it. Drawing and shrinking of lists are not known here.

use std::error::Error;
use std::fmt;

use crate::adapter::{AdapterError, Implementation};
use crate::conform::{self, ConformError};
use crate::oracle::{CaseVerdict, Conformance, Judgement, Oracle, OracleOptions};
use crate::protocol::{Event, Operation, Outcome, Wrong};
use stranded_search::engine::Truncation;
use stranded_search::names;
use stranded_search::scenario::Spec;

use super::Operations;

/// Failure of an implementation. Its `Display` text explains it completely.
#[derive(Clone, Debug)]
pub struct CheckFailure {
    /// Name of the scenario.
    pub scenario: String,
    /// All events; each is a line of a log that `stranded validate` reads.
    pub events: Vec<Event>,
    /// The reason.
    pub reason: FailureReason,
}

/// Reason of a failure.
#[derive(Clone, Debug)]
pub enum FailureReason {
    /// The judgement has unexpected findings, or the model does not explain an event.
    Judged(Box<Judgement>),
    /// The oracle cannot decide.
    Inconclusive(String),
    /// The implementation cannot run the scenario.
    Skipped(String),
    /// The implementation broke the contract of its trait.
    Protocol(AdapterError),
}

impl CheckFailure {
    pub(super) fn without_events(spec: &Spec, reason: FailureReason) -> Self {
        Self { scenario: spec.name.clone(), events: Vec::new(), reason }
    }

    /// The verdict, if there is one.
    #[must_use]
    pub fn verdict(&self) -> Option<CaseVerdict> {
        match &self.reason {
            FailureReason::Judged(judgement) => Some(judgement.verdict),
            FailureReason::Inconclusive(_) => Some(CaseVerdict::Inconclusive),
            FailureReason::Skipped(_) | FailureReason::Protocol(_) => None,
        }
    }

    /// The operations performed.
    #[must_use]
    pub fn operations(&self) -> Vec<&Operation> {
        let operation = |event| match event {
            &Event::Did { ref operation, .. } | &Event::Call { ref operation, .. } => Some(operation),
            Event::Reset { .. } | Event::Return { .. } | Event::Observed { .. } => None,
        };
        self.events.iter().filter_map(operation).collect()
    }
}

impl fmt::Display for CheckFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            FailureReason::Judged(judgement) => {
                writeln!(f, "{}: in the scenario {}", judgement.verdict.name(), self.scenario)?;
                for finding in judgement.findings.iter().filter(|finding| !finding.is_expected) {
                    let property = finding.property.map_or_else(String::new, |one| format!(", {}", one.name()));
                    writeln!(
                        f,
                        "  {}{property}, at event {}: {}",
                        finding.verdict.name(),
                        finding.event,
                        finding.says
                    )?;
                }
                if let Conformance::Nonconforming(failure) = &judgement.conformance {
                    writeln!(f, "  the model does not explain event {}: {}", failure.event, failure.line)?;
                    for one in &failure.against {
                        writeln!(f, "    {}: {}; the model allows {}", one.what, one.seen, one.allowed)?;
                    }
                    for guard in &failure.guards {
                        writeln!(f, "    because {guard}")?;
                    }
                }
            }
            FailureReason::Inconclusive(reason) => {
                writeln!(f, "inconclusive: in the scenario {}: {reason}", self.scenario)?
            }
            FailureReason::Skipped(reason) => {
                writeln!(f, "skipped: the implementation cannot run the scenario {}: {reason}", self.scenario)?
            }
            FailureReason::Protocol(protocol_error) => {
                writeln!(f, "in the scenario {}: {protocol_error}", self.scenario)?
            }
        }
        if !self.events.is_empty() {
            writeln!(
                f,
                "events (save them as LOG and judge them again with `stranded validate {} LOG`):",
                self.scenario
            )?;
        }
        self.events.iter().try_for_each(|event| writeln!(f, "{}", event.line()))
    }
}

impl Error for CheckFailure {}

/// Performs operations in order, observes every mailbox after each, and judges the events. Operations that the
/// implementation does not support, or that the scenario does not allow in the current state, are left out.
///
/// The judgement says which outcomes occurred. A list without a run of a procedure passes but shows nothing;
/// [`super::examine`] requires that other lists have runs.
///
/// # Errors
/// Every unexpected finding, with all events.
pub fn check(
    spec: &Spec,
    implementation: &mut dyn Implementation,
    operations: &Operations,
) -> Result<Judgement, CheckFailure> {
    let failure = |failure: ConformError| {
        CheckFailure::without_events(
            spec,
            match failure {
                ConformError::Protocol(protocol_error) => FailureReason::Protocol(protocol_error),
                ConformError::Skipped(reason) => FailureReason::Skipped(reason),
                ConformError::Truncated(truncated) => start_not_found(truncated),
            },
        )
    };
    let (capabilities, judged) = conform::handshake(spec, implementation).map_err(failure)?;
    let options = conform::oracle_options(&capabilities, &OracleOptions::default());
    let oracle = Oracle::new(&judged, options)
        .map_err(|truncated| CheckFailure::without_events(spec, start_not_found(truncated)))?;
    let mut run = CheckRun { oracle, events: Vec::new() };
    run.begin(implementation, operations)?;
    for operation in &operations.list {
        let operation = match (operation.clone(), &capabilities.implements) {
            (Operation::Run { mut run, crash }, Some(name)) => {
                run.procedure.clone_from(name);
                Operation::Run { run, crash }
            }
            (Operation::Start { mut run }, Some(name)) => {
                run.procedure.clone_from(name);
                Operation::Start { run }
            }
            (operation, _) => operation,
        };
        if capabilities.actions.iter().any(|action| action == operation.action()) {
            run.perform(implementation, &operation)?;
        }
    }
    // The list ends at random, not because nothing else happens.
    run.oracle.stop_case();
    let judgement = run.oracle.judgement();
    run.judged(judgement)
}

pub(super) fn start_not_found(truncated: Truncation) -> FailureReason {
    FailureReason::Inconclusive(format!("the initial states could not be computed: {truncated}"))
}

/// The oracle with all events.
struct CheckRun<'s> {
    oracle: Oracle<'s>,
    events: Vec<Event>,
}

impl CheckRun<'_> {
    fn begin(&mut self, implementation: &mut dyn Implementation, operations: &Operations) -> Result<(), CheckFailure> {
        let answer =
            implementation.reset(&operations.start).map_err(|protocol_error| self.protocol_error(protocol_error))?;
        if answer.result == Outcome::Refused && !operations.start.is_empty() {
            return Err(
                self.failed(FailureReason::Skipped("it cannot set up the initial state of the scenario".to_owned()))
            );
        }
        if answer.result != Outcome::Ok {
            let says = format!("`reset` was answered `{}`; expected `ok`", answer.result.name());
            return Err(self.protocol_error(AdapterError { says }));
        }
        self.take(Event::Reset { start: operations.start.clone() })?;
        self.observe(implementation)
    }

    fn perform(&mut self, implementation: &mut dyn Implementation, operation: &Operation) -> Result<(), CheckFailure> {
        if !self.oracle.is_in_bounds(operation).map_err(|wrong| self.wrong(&wrong))? {
            return Ok(());
        }
        let answer = implementation.perform(operation).map_err(|protocol_error| self.protocol_error(protocol_error))?;
        self.take(Event::Did { operation: operation.clone(), answer })?;
        self.observe(implementation)
    }

    fn observe(&mut self, implementation: &mut dyn Implementation) -> Result<(), CheckFailure> {
        for index in 0..self.oracle.spec().scenario.site.mailboxes {
            let mailbox = names::mailbox(stranded_model::id::Id::at(index));
            let observation =
                implementation.observe(&mailbox).map_err(|protocol_error| self.protocol_error(protocol_error))?;
            self.take(Event::Observed { mailbox, observation })?;
        }
        // The observation after an event can reveal its harm, so all mailboxes are observed before judging.
        let judgement = self.oracle.judgement_so_far();
        self.judged(judgement).map(drop)
    }

    fn judged(&self, judgement: Judgement) -> Result<Judgement, CheckFailure> {
        let has_unexpected = judgement.findings.iter().any(|finding| !finding.is_expected);
        match (&judgement.conformance, self.oracle.explanations()) {
            (Conformance::Inconclusive(reason), None) => Err(self.failed(FailureReason::Inconclusive(reason.clone()))),
            (Conformance::Nonconforming(_), _) => Err(self.failed(FailureReason::Judged(Box::new(judgement)))),
            _ if has_unexpected => Err(self.failed(FailureReason::Judged(Box::new(judgement)))),
            _ => Ok(judgement),
        }
    }

    fn take(&mut self, event: Event) -> Result<(), CheckFailure> {
        self.oracle.take(&event).map_err(|wrong| self.wrong(&wrong))?;
        self.events.push(event);
        Ok(())
    }

    fn wrong(&self, wrong: &Wrong) -> CheckFailure {
        self.protocol_error(AdapterError { says: wrong.to_string() })
    }

    fn protocol_error(&self, protocol_error: AdapterError) -> CheckFailure {
        self.failed(FailureReason::Protocol(protocol_error))
    }

    fn failed(&self, reason: FailureReason) -> CheckFailure {
        CheckFailure { scenario: self.oracle.spec().name.clone(), events: self.events.clone(), reason }
    }
}
