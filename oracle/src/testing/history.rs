//! Calls that overlap: what was called, what was answered and what was seen, in the order in which whoever asked knows it, and
//! whether some interleaving explains it. The oracle judges; this only takes notes.

use std::collections::BTreeMap;

use stranded_model::action::ActionKind;

use crate::oracle::{Judgement, Oracle, OracleOptions, SPONTANEOUS};
use crate::protocol::{Answer, Event, Observation, Operation};
use stranded_search::scenario::Spec;

use super::check::{CheckFailure, FailureReason, start_not_found};

/// A call that was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u64);

/// What several callers did at the same time, as one list of notes.
///
/// Note a call before it is made, and its return after it came back; a `Mutex` around the history is enough for several threads.
/// Then whatever was called later than another call returned is later in the list too, and that is all the order that counts.
///
/// ```
/// use stranded::conformance::History;
/// use stranded::scenario::load_scenario;
/// use stranded::wire::{Answer, Operation, Done};
///
/// let spec = load_scenario("move-under-mail").expect("it is built in");
/// let deliver = |message: &str| Operation::Deliver {
///     mailbox: "mailbox-1".to_owned(),
///     message: message.to_owned(),
///     by: "source".to_owned(),
/// };
/// let mut history = History::new(&spec);
/// let (one, other) = (history.call(deliver("one")), history.call(deliver("other")));
/// history.returned(other, Answer::of(Done::Ok));
/// history.returned(one, Answer::of(Done::Ok));
/// assert!(history.is_explained().expect("every name is the scenario's"));
/// ```
#[derive(Clone, Debug)]
pub struct History<'a> {
    spec: &'a Spec,
    unseen: Vec<ActionKind>,
    events: Vec<Event>,
    next: u64,
}

impl<'a> History<'a> {
    /// Nothing has happened since everything was as the scenario starts. What can happen by itself may do so unseen.
    #[must_use]
    pub fn new(spec: &'a Spec) -> Self {
        let events = vec![Event::Reset { start: BTreeMap::new() }];
        Self { spec, unseen: SPONTANEOUS.to_vec(), events, next: 1 }
    }

    /// Only these kinds of action may happen without being called.
    #[must_use]
    pub fn with_unseen(mut self, kinds: &[ActionKind]) -> Self {
        self.unseen = kinds.to_vec();
        self
    }

    /// Something is called.
    pub fn call(&mut self, operation: Operation) -> CallId {
        let call = self.next;
        self.next += 1;
        self.events.push(Event::Call { call, operation });
        CallId(call)
    }

    /// A call has returned.
    pub fn returned(&mut self, call: CallId, answer: Answer) {
        self.events.push(Event::Return { call: call.0, answer });
    }

    /// A mailbox was seen like this, all of it in one moment, which is after all that is noted before and before all that is noted
    /// later.
    pub fn observed(&mut self, mailbox: &str, observation: Observation) {
        self.events.push(Event::Observed { mailbox: mailbox.to_owned(), observation });
    }

    /// What was noted, as a log that `stranded validate` reads.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Whether some interleaving explains all that was noted. See [`History::judge`].
    ///
    /// # Errors
    /// Something is named that the scenario does not have, more explanations are left than there may be, or something goes beyond
    /// the scenario: it cannot be told.
    pub fn is_explained(&self) -> Result<bool, CheckFailure> {
        let oracle = self.judged()?;
        let is_explained = oracle.belief().is_some();
        if !is_explained && oracle.failure_of_run().is_none() {
            let reason = "it goes beyond the scenario, or more explanations are left than there may be".to_owned();
            return Err(self.failed(FailureReason::Inconclusive(reason)));
        }
        Ok(is_explained)
    }

    /// Judges all that was noted.
    ///
    /// It conforms if there is an interleaving that explains it: each call happens in one moment between its call and its return,
    /// or, if it is a whole run, begins, does its steps and ends between them; the model allows every answer and every sight in
    /// that order. What was answered `unknown`, or not at all, happens in some later moment, or never. It is not said which
    /// interleaving it was, and a different one may be the true one.
    ///
    /// All interleavings are followed at once, and those that have come to the same are one. So the cost is that of the
    /// different states that calls which are open at the same time can lead to, in each combination of what no source settles: it
    /// grows with every call that is open, at the worst with the orders in which they can happen, and with the steps of whole runs.
    /// A few open calls at a time are quick; let calls return, and look at mailboxes, between them. Where more than
    /// [`crate::oracle::EXPLANATIONS_MAX`] explanations are left at once, the judgement is inconclusive, never a pass.
    ///
    /// # Errors
    /// Something is named that the scenario does not have.
    pub fn judge(&self) -> Result<Judgement, CheckFailure> {
        Ok(self.judged()?.judgement())
    }

    fn judged(&self) -> Result<Oracle<'a>, CheckFailure> {
        let options = OracleOptions { unseen: self.unseen.clone(), ..OracleOptions::default() };
        let mut oracle =
            Oracle::new(self.spec, options).map_err(|truncated| self.failed(start_not_found(truncated)))?;
        for event in &self.events {
            let broken = |says: String| self.failed(FailureReason::Protocol(crate::adapter::AdapterError { says }));
            oracle.take(event).map_err(|wrong| broken(format!("{wrong}\nin {}", event.line())))?;
        }
        Ok(oracle)
    }

    fn failed(&self, reason: FailureReason) -> CheckFailure {
        CheckFailure { scenario: self.spec.name.clone(), events: self.events.clone(), reason }
    }
}
