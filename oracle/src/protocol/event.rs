//! The events of a recorded log: one JSON object a line. An operation and its answer are one line, or two lines where operations
//! overlap.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use stranded_model::procedure::Outcome;

use super::fields::{FromKeys, Part, object, tagged};
use super::keys::{Keys, Wrong};
use super::naming::{Named, Naming, Written};
use super::observation::Observation;
use super::operation::Operation;
use super::outcome::{self, OutcomeSchema};

/// An event of a log, or of a conversation with an adapter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(bound(serialize = "N: Written"))]
#[schemars(rename = "Event", bound = "N: Written")]
pub enum Event<N: Naming = Named> {
    /// The start of a new run: the site is in its initial state. A log that does not begin with one is read as if it did.
    Reset {
        /// The initial state of each mailbox, where a scenario can start in several ways; a key that is left out may be any of
        /// them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        start: BTreeMap<N::Mailbox, Observation<N>>,
    },
    /// An operation and its answer, with no other operation under way.
    Did {
        /// The operation.
        #[serde(flatten)]
        operation: Operation<N>,
        /// The answer.
        #[serde(flatten)]
        answer: Answer,
    },
    /// An operation without its answer; other events may come before that.
    Call {
        /// A number that no other open call has.
        call: u64,
        /// The operation.
        #[serde(flatten)]
        operation: Operation<N>,
    },
    /// The answer to a call.
    Return {
        /// The number of the call.
        call: u64,
        /// The answer.
        #[serde(flatten)]
        answer: Answer,
    },
    /// The observation of a mailbox.
    Observed {
        /// The mailbox.
        mailbox: N::Mailbox,
        /// The observation.
        #[serde(flatten)]
        observation: Observation<N>,
    },
}

/// The answer to an operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Answer {
    /// The outcome of the operation. `ok`: it was done. `refused`: definite, it was declined and nothing happened. `failed`:
    /// definite, it did not complete, and an observation must show its effect. `unknown`: it may have happened or not.
    #[serde(with = "outcome")]
    #[schemars(with = "OutcomeSchema")]
    pub result: Outcome,
    /// For a step: the outcome that the program reported, if the step ended its run.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "outcome")]
    #[schemars(with = "Option<OutcomeSchema>")]
    pub ended: Option<Outcome>,
    /// The words or the error code that the administrator or the sender reads. Shown in reports, and not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

/// The key of the name of a case.
const CASE: &str = "case";

object!(Answer { result, says, ended });
object!(Event);

tagged!(Event, "event", refusing "saw" for "observed", {
    "reset" => Reset { start },
    "did" => Did { operation, answer },
    "call" => Call { call, operation },
    "return" => Return { call, answer },
    "observed" => Observed { mailbox, observation },
});

impl Event {
    /// Reads a line of a log. The line may also have `at` (the time) and `note` (a remark), which are ignored, and a reset may name
    /// its `case`.
    ///
    /// # Errors
    /// The wrong key or value, and what is expected instead.
    pub fn of_line(line: &str) -> Result<Self, Wrong> {
        Self::with_case(line).map(|(event, _)| event)
    }

    /// Reads a line of a log, with the name of the case that it starts.
    ///
    /// # Errors
    /// The wrong key or value, and what is expected instead.
    pub fn with_case(line: &str) -> Result<(Self, Option<String>), Wrong> {
        let mut keys = Keys::of_line(line)?;
        let event = Self::read(&mut keys)?;
        keys.value("at");
        keys.value("note");
        let case = if let Self::Reset { .. } = event { keys.text_or_none(CASE)? } else { None };
        keys.end()?;
        Ok((event, case))
    }

    /// Returns the event as a line, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("every event can be written as JSON")
    }
}

impl Answer {
    /// An answer with this result alone.
    #[must_use]
    pub fn of(result: Outcome) -> Self {
        Self { result, ended: None, says: None }
    }
}
