//! An implementation with its oracle: every answer and observation is judged at once.

use std::collections::BTreeMap;

use crate::adapter::doctor::not_fresh;
use crate::adapter::{AdapterError, Implementation};
use crate::oracle::{CaseVerdict, Explanation, Failure, Finding, Judgement, Oracle};
use crate::protocol::{Event, Observation, Operation, Outcome, Wrong};
use stranded_model::scenario::Fault;
use stranded_search::names;

use super::Log;
use super::guide::{Guide, Node, explanation_at};

/// An implementation with its oracle.
pub(super) struct Session<'s, 'i> {
    oracle: Oracle<'s>,
    implementation: &'i mut dyn Implementation,
    mailboxes: Vec<String>,
    run: SessionRun,
    unexplained_since: Option<usize>,
    /// Log of all events, if wanted.
    log: Option<Log>,
    /// The last known explanation; names things when there is no explanation left.
    last_explanation: Option<Explanation>,
}

/// Events since the last reset.
#[derive(Clone, Debug, Default)]
pub(super) struct SessionRun {
    pub(super) start: BTreeMap<String, Observation>,
    pub(super) operations: Vec<Operation>,
    pub(super) events: Vec<Event>,
    /// Unexpected verdicts, each with its finding if it has one.
    pub(super) unexpected: Vec<(CaseVerdict, Option<Finding>)>,
    /// The first event without an explanation.
    pub(super) failure: Option<Failure>,
}

impl<'s, 'i> Session<'s, 'i> {
    pub(super) fn new(oracle: Oracle<'s>, implementation: &'i mut dyn Implementation) -> Self {
        let count = oracle.spec().scenario.site.mailboxes;
        let mailboxes = (0..count).map(|index| names::mailbox(stranded_model::id::Id::at(index))).collect();
        Self {
            oracle,
            implementation,
            mailboxes,
            run: SessionRun::default(),
            unexplained_since: None,
            log: None,
            last_explanation: None,
        }
    }

    /// Sets the log for all further events, or none.
    pub(super) fn set_log(&mut self, log: Option<Log>) {
        self.log = log;
    }

    /// Starts a new case. Returns false if the implementation cannot set up this initial state.
    pub(super) fn reset(&mut self, start: &BTreeMap<String, Observation>) -> Result<bool, AdapterError> {
        let answer = self.implementation.reset(start)?;
        match answer.result {
            Outcome::Ok => {}
            Outcome::Refused if !start.is_empty() => return Ok(false),
            Outcome::Refused | Outcome::Failed | Outcome::Unknown => {
                let says = answer.says.map_or_else(String::new, |says| format!(" ({says})"));
                let says = format!("`reset` was answered `{}`{says}; expected `ok`", answer.result.name());
                return Err(AdapterError { says });
            }
        }
        self.unexplained_since = None;
        self.run = SessionRun { start: start.clone(), ..SessionRun::default() };
        self.take(Event::Reset { start: start.clone() })?;
        let observations = self.observations()?;
        // A mailbox that is not fresh after a reset is a mistake of the adapter and no harm by the system.
        let mut fresh = observations.iter().filter(|(mailbox, _)| !start.contains_key(*mailbox));
        if let Some(fault) = fresh.find_map(|(mailbox, seen)| not_fresh(self.oracle.spec(), mailbox, seen)) {
            return Err(AdapterError {
                says: format!("{fault}\n  expected: {}\n  {}", fault.expected(), fault.remedy()),
            });
        }
        self.take_all(observations)?;
        Ok(true)
    }

    /// Performs an operation and observes every mailbox.
    pub(super) fn perform(&mut self, operation: &Operation) -> Result<(), AdapterError> {
        let answer = self.implementation.perform(operation)?;
        self.run.operations.push(operation.clone());
        self.take(Event::Did { operation: operation.clone(), answer })?;
        self.observe()
    }

    /// Observes every mailbox. Each observation is judged before the next one.
    fn observe(&mut self) -> Result<(), AdapterError> {
        for mailbox in self.mailboxes.clone() {
            let observation = self.implementation.observe(&mailbox)?;
            self.take(Event::Observed { mailbox, observation })?;
        }
        Ok(())
    }

    /// Returns an observation of every mailbox.
    fn observations(&mut self) -> Result<BTreeMap<String, Observation>, AdapterError> {
        let observed = |mailbox: &String| self.implementation.observe(mailbox).map(|seen| (mailbox.clone(), seen));
        self.mailboxes.iter().map(observed).collect()
    }

    fn take_all(&mut self, observations: BTreeMap<String, Observation>) -> Result<(), AdapterError> {
        let event = |(mailbox, observation)| Event::Observed { mailbox, observation };
        observations.into_iter().map(event).try_for_each(|event| self.take(event))
    }

    fn take(&mut self, event: Event) -> Result<(), AdapterError> {
        let error = |wrong: Wrong| AdapterError { says: format!("{wrong}\nin {}", event.line()) };
        self.oracle.take(&event).map_err(error)?;
        if let Some(log) = &self.log {
            log.push(event.clone());
        }
        self.run.events.push(event);
        match self.oracle.explanations() {
            None if !self.oracle.asks_the_model() => {}
            None => {
                self.unexplained_since.get_or_insert(self.run.operations.len());
            }
            Some(set) => self.last_explanation = self.oracle.sets().explanations(set).next().cloned(),
        }
        Ok(())
    }

    /// Returns true if no explanation is left, so that the state of the implementation is unknown.
    pub(super) fn is_unexplained(&self) -> bool {
        self.unexplained_since.is_some()
    }

    pub(super) fn operations_since_unexplained(&self) -> usize {
        self.unexplained_since.map_or(0, |since| self.run.operations.len().saturating_sub(since))
    }

    /// The current state of the implementation: the expected one if it is an explanation, else another explanation.
    pub(super) fn locate(&mut self, guide: &mut Guide, expected: Option<Node>) -> Option<Node> {
        let set = self.oracle.explanations()?;
        let wanted = expected.map(|node| guide.state(node));
        let found = self.oracle.sets().explanations(set).find(|one| wanted == Some((one.world, &one.state)));
        if let Some(found) = found {
            self.last_explanation = Some(found.clone());
            return expected;
        }
        let now = self.last_explanation.as_ref()?;
        Some(guide.node(now.world, &now.state))
    }

    /// The operation of a candidate in this state.
    pub(super) fn operation(&self, guide: &Guide, node: Node, index: usize) -> Option<Operation> {
        let (world, state) = guide.state(node);
        let now = explanation_at(world, state, self.last_explanation.as_ref().filter(|_| !self.is_unexplained()));
        guide.operation(node, index, &self.oracle, &now)
    }

    /// Unexpected verdicts of the current case.
    fn unexpected(&self) -> Vec<(CaseVerdict, Option<Finding>)> {
        let new = self.oracle.findings_of_case();
        let mut found: Vec<(CaseVerdict, Option<Finding>)> = Vec::new();
        for finding in new.iter().filter(|finding| !finding.is_expected) {
            if found.iter().all(|(verdict, _)| *verdict != finding.verdict) {
                found.push((finding.verdict, Some(finding.clone())));
            }
        }
        if let Some(failure) = self.oracle.failure_of_case() {
            let verdict = if failure.is_bounce { CaseVerdict::Bounced } else { CaseVerdict::Nonconforming };
            found.push((verdict, None));
        }
        found
    }

    /// Kinds of fault that have not struck yet.
    pub(super) fn not_struck(&self) -> Vec<Fault> {
        self.oracle.not_struck()
    }

    /// Returns true if the case, ended now, leaves a run that an administrator owes, or a verdict that is withheld.
    pub(super) fn is_unfinished(&mut self) -> bool {
        self.oracle.is_unfinished()
    }

    /// Says that the case is stopped by a limit.
    pub(super) fn stop_case(&mut self) {
        self.oracle.stop_case();
    }

    /// Makes the judgement inconclusive for this reason.
    pub(super) fn give_up(&mut self, reason: &str) {
        self.oracle.give_up(reason.to_owned());
    }

    /// Ends the current case, and returns it with its verdicts.
    pub(super) fn end_case(&mut self) -> SessionRun {
        self.oracle.end_case();
        SessionRun {
            unexpected: self.unexpected(),
            failure: self.oracle.failure_of_case().cloned(),
            ..self.run.clone()
        }
    }

    /// Worlds that explain every case so far.
    pub(super) fn worlds(&self) -> Vec<u16> {
        self.oracle.worlds_left().to_vec()
    }

    /// Number of operations in the current case.
    pub(super) fn operations(&self) -> usize {
        self.run.operations.len()
    }

    /// The scenario.
    pub(super) fn spec(&self) -> &'s stranded_search::scenario::Spec {
        self.oracle.spec()
    }

    pub(super) fn judgement(&mut self) -> Judgement {
        self.oracle.judgement()
    }
}
