//! One thing that happened, as a recorded log has it: one JSON object a line. A log has what was asked and what was answered in
//! one line, or in two lines of their own where calls overlap.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keys::{Keys, Wrong};
use super::observation::Observation;
use super::operation::{Answer, Operation};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Event {
    /// A new run begins; everything stands as at first. A log that does not begin with one begins so all the same.
    Reset {
        /// How each mailbox stands, where a scenario can start in several ways; what is left out may be any of them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        start: BTreeMap<String, Observation>,
    },
    /// Something was asked and answered, and nothing else was under way.
    Did {
        /// What was asked.
        #[serde(flatten)]
        operation: Operation,
        /// What was answered.
        #[serde(flatten)]
        answer: Answer,
    },
    /// Something was asked; other things may happen before it is answered.
    Call {
        /// A number that no other open call has.
        call: u64,
        /// What was asked.
        #[serde(flatten)]
        operation: Operation,
    },
    /// A call was answered.
    Return {
        /// The call.
        call: u64,
        /// What was answered.
        #[serde(flatten)]
        answer: Answer,
    },
    /// A mailbox was looked at.
    Observed {
        /// The mailbox.
        mailbox: String,
        /// What was seen.
        #[serde(flatten)]
        observation: Observation,
    },
}

/// The kinds of event.
const EVENTS: [&str; 5] = ["reset", "did", "call", "return", "observed"];

impl Event {
    /// Reads a line of a log. `at` and `note` may say when it was and what somebody thought; nobody reads them.
    ///
    /// # Errors
    /// What is wrong with the line, and what would be right.
    pub fn of_line(line: &str) -> Result<Self, Wrong> {
        let mut keys = Keys::of_line(line)?;
        let event = Self::read(&mut keys)?;
        keys.value("at");
        keys.value("note");
        keys.end()?;
        Ok(event)
    }

    /// Reads what happened; its keys are taken out.
    ///
    /// # Errors
    /// Which key is wrong.
    pub fn read(keys: &mut Keys) -> Result<Self, Wrong> {
        let event = keys.word("event", &EVENTS, |name| name)?;
        Ok(match event {
            "reset" => Self::read_reset(keys)?,
            "did" => Self::Did { operation: Operation::read(keys)?, answer: Answer::read(keys)? },
            "call" => Self::Call { call: keys.number("call")?, operation: Operation::read(keys)? },
            "return" => Self::Return { call: keys.number("call")?, answer: Answer::read(keys)? },
            _ => Self::Observed { mailbox: keys.text("mailbox")?, observation: Observation::read(keys)? },
        })
    }

    /// Reads a reset of which is known that it is one.
    ///
    /// # Errors
    /// Which key is wrong.
    pub fn read_reset(keys: &mut Keys) -> Result<Self, Wrong> {
        Ok(Self::Reset { start: starts(keys)? })
    }

    /// The line that it is.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("every event can be written as JSON")
    }
}

/// The `start` of a reset, mailbox by mailbox.
pub(super) fn starts(keys: &mut Keys) -> Result<BTreeMap<String, Observation>, Wrong> {
    let members = keys.members_or_none("start")?.unwrap_or_default();
    let start = |(name, keys): (String, Option<Keys>)| {
        let mut keys = keys.ok_or_else(|| Wrong::new(format!("`start.{name}` is null"), "how the mailbox stands"))?;
        let observation = Observation::read(&mut keys)?;
        keys.end()?;
        Ok((name, observation))
    };
    members.into_iter().map(start).collect()
}
