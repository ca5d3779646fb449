//! What a harness is answered.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::judged::{FailureReport, FindingReport, JudgementReport};
use crate::protocol::{Answer, Observation, Operation, Wrong};

/// An answer with the number of its question; none if the question had none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The number.
    pub id: Option<u64>,
    /// The answer.
    #[serde(flatten)]
    pub said: Said,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Said {
    /// To `enabled`.
    Enabled {
        /// What can be asked of an implementation now.
        operations: Vec<Enabled>,
    },
    /// To `allowed` with an action.
    Answers {
        /// The answers that may be given; every other is nonconforming.
        answers: Vec<Answer>,
    },
    /// To `allowed` with a mailbox.
    Observations {
        /// Everything that may be seen, each as a whole.
        observations: Vec<Observation>,
        /// How many more there are.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// To `states` and `next`.
    States {
        /// Whether the answer is allowed at all.
        explained: bool,
        /// How everything may stand, mailbox by mailbox.
        states: Vec<BTreeMap<String, Observation>>,
        /// How many more there are.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// To `take` and `reset`.
    Taken {
        /// Whether the model explains this run so far.
        explained: bool,
        /// Why it does not, if this event is the first that it does not explain.
        failure: Option<Box<FailureReport>>,
        /// The harm that this event shows.
        findings: Vec<FindingReport>,
    },
    /// To `verdict`.
    Verdict(Box<JudgementReport>),
    /// To `bye`.
    Bye {},
    /// To whatever cannot be answered; nothing has changed.
    Error {
        /// What is wrong.
        message: String,
        /// What would be right.
        wanted: String,
    },
}

/// Something that can be asked of an implementation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Enabled {
    /// What.
    pub operation: Operation,
    /// Whether every explanation lets it happen; if not, it may be refused.
    pub always: bool,
}

impl Reply {
    pub(super) fn error(id: Option<u64>, wrong: Wrong) -> Self {
        Self { id, said: Said::Error { message: wrong.message, wanted: wrong.wanted } }
    }

    /// The line that it is, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("every answer can be written as JSON")
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
