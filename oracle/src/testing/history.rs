//! History of overlapping calls: calls, returns and observations in one order, judged by the oracle: some interleaving must
//! explain them.

use std::collections::BTreeMap;

use stranded_model::action::ActionKind;

use crate::oracle::{Judgement, Oracle, OracleOptions, SPONTANEOUS};
use crate::protocol::{Answer, Event, Observation, Operation};
use stranded_search::scenario::Spec;

use super::check::{CheckFailure, FailureReason, start_not_found};

/// Identifies a call in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u64);

/// Events of several concurrent callers in one list.
///
/// Record a call before making it, and its return after it came back; for several threads, put the history behind a `Mutex`.
/// Then a call made after another one returned comes after that return in the list. No other order matters.
///
/// ```
/// use stranded_oracle::testing::History;
/// use stranded_search::scenario::load_scenario;
/// use stranded_oracle::protocol::{Answer, Outcome, Operation};
///
/// let spec = load_scenario("move-under-mail").expect("it is built in");
/// let deliver = |message: &str| Operation::Deliver {
///     mailbox: "mailbox-1".to_owned(),
///     message: message.to_owned(),
///     by: "source".to_owned(),
/// };
/// let mut history = History::new(&spec);
/// let (one, other) = (history.call(deliver("one")), history.call(deliver("other")));
/// history.returned(other, Answer::of(Outcome::Ok));
/// history.returned(one, Answer::of(Outcome::Ok));
/// assert!(history.is_explained().expect("the scenario has every name"));
/// ```
#[derive(Clone, Debug)]
pub struct History<'a> {
    spec: &'a Spec,
    unseen: Vec<ActionKind>,
    events: Vec<Event>,
    next: u64,
}

impl<'a> History<'a> {
    /// A history in the initial state of the scenario. All actions that can happen without a request may happen unobserved.
    #[must_use]
    pub fn new(spec: &'a Spec) -> Self {
        let events = vec![Event::Reset { start: BTreeMap::new() }];
        Self { spec, unseen: SPONTANEOUS.to_vec(), events, next: 1 }
    }

    /// Restricts the actions that may happen unobserved to these kinds.
    #[must_use]
    pub fn with_unseen(mut self, kinds: &[ActionKind]) -> Self {
        self.unseen = kinds.to_vec();
        self
    }

    /// Records a call.
    pub fn call(&mut self, operation: Operation) -> CallId {
        let call = self.next;
        self.next += 1;
        self.events.push(Event::Call { call, operation });
        CallId(call)
    }

    /// Records the return of a call.
    pub fn returned(&mut self, call: CallId, answer: Answer) {
        self.events.push(Event::Return { call: call.0, answer });
    }

    /// Records an observation of a mailbox. All parts of it must be read in one moment between the events before and after
    /// it.
    pub fn observed(&mut self, mailbox: &str, observation: Observation) {
        self.events.push(Event::Observed { mailbox: mailbox.to_owned(), observation });
    }

    /// The events, as a log that `stranded validate` reads.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns true if some interleaving explains all events. See [`History::judge`].
    ///
    /// # Errors
    /// An event names something that the scenario does not have; or the oracle cannot decide, because there are too many
    /// explanations or an event exceeds a bound of the scenario.
    pub fn is_explained(&self) -> Result<bool, CheckFailure> {
        let oracle = self.judged()?;
        let is_explained = oracle.explanations().is_some();
        if !is_explained && oracle.failure_of_case().is_none() {
            let reason = "an event exceeds a bound of the scenario, or there are too many explanations".to_owned();
            return Err(self.failed(FailureReason::Inconclusive(reason)));
        }
        Ok(is_explained)
    }

    /// Judges all events.
    ///
    /// The history conforms if an interleaving explains it: each call happens in one moment between its call and its return
    /// (a whole run starts, executes its steps and ends between them), and the model allows every answer and every
    /// observation in that order. A call that was answered `unknown`, or not at all, happens at some later moment or never.
    /// The judgement does not say which interleaving it was.
    ///
    /// The oracle follows all interleavings at once and merges equal states. The cost grows with the number of different
    /// states that open calls can lead to, in each combination of assumption values: at worst with the number of orders of
    /// the open calls, times the steps of whole runs. A few open calls at a time are fast; let calls return, and observe
    /// mailboxes, between them. With more than [`crate::oracle::EXPLANATIONS_MAX`] explanations at once the judgement is
    /// inconclusive, never a pass.
    ///
    /// # Errors
    /// An event names something that the scenario does not have.
    pub fn judge(&self) -> Result<Judgement, CheckFailure> {
        let mut oracle = self.judged()?;
        Ok(oracle.judgement())
    }

    fn judged(&self) -> Result<Oracle<'a>, CheckFailure> {
        let options = OracleOptions { unseen: self.unseen.clone(), ..OracleOptions::default() };
        let mut oracle =
            Oracle::new(self.spec, options).map_err(|truncated| self.failed(start_not_found(truncated)))?;
        for event in &self.events {
            let protocol_error =
                |says: String| self.failed(FailureReason::Protocol(crate::adapter::AdapterError { says }));
            oracle.take(event).map_err(|wrong| protocol_error(format!("{wrong}\nin {}", event.line())))?;
        }
        Ok(oracle)
    }

    fn failed(&self, reason: FailureReason) -> CheckFailure {
        CheckFailure { scenario: self.spec.name.clone(), events: self.events.clone(), reason }
    }
}
