//! The replies of the oracle server.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::judged::{FailureReport, FindingReport, JudgementReport};
use crate::protocol::{Answer, Observation, Operation, Wrong};

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServerReply {
    /// The number of the request, if it had one.
    pub id: Option<u64>,
    /// The reply itself.
    #[serde(flatten)]
    pub body: ServerReplyBody,
}

/// The body of a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ServerReplyBody {
    /// To `enabled`.
    Enabled {
        /// The operations that are possible now.
        operations: Vec<Enabled>,
    },
    /// To `allowed` with an action.
    Answers {
        /// The allowed answers; any other is nonconforming.
        answers: Vec<Answer>,
    },
    /// To `allowed` with a mailbox.
    Observations {
        /// The allowed observations.
        observations: Vec<Observation>,
        /// The number of those that are not listed.
        #[serde(default, skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// To `states` and `next`.
    States {
        /// True if the answer is allowed.
        explained: bool,
        /// The possible states, by mailbox.
        states: Vec<BTreeMap<String, Observation>>,
        /// The number of those that are not listed.
        #[serde(default, skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// To `take` and `reset`.
    Taken {
        /// True if the model explains this run so far.
        explained: bool,
        /// The reason why it does not, if this event is the first without an explanation.
        failure: Option<Box<FailureReport>>,
        /// The harm that this event shows.
        findings: Vec<FindingReport>,
    },
    /// To `verdict`.
    Verdict(Box<JudgementReport>),
    /// To `bye`.
    Bye {},
    /// To a request that is wrong or cannot be answered; nothing has changed.
    Error {
        /// The error.
        message: String,
        /// The expectation.
        wanted: String,
    },
}

/// An operation that is possible now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Enabled {
    /// The operation.
    pub operation: Operation,
    /// True if it is possible in every explanation; if not, it may be refused.
    pub always: bool,
}

impl ServerReply {
    pub(super) fn error(id: Option<u64>, wrong: Wrong) -> Self {
        Self { id, body: ServerReplyBody::Error { message: wrong.message, wanted: wrong.wanted } }
    }

    /// Returns the reply as a line, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("every reply can be written as JSON")
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
