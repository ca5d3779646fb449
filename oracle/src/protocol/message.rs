//! The messages between `stranded` and an adapter: one JSON object a line, each request answered by one line with the same id.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::starts;
use super::keys::{Keys, Wrong};
use super::observation::Observation;
use super::operation::{Answer, Operation};

/// The version of the protocol.
pub const PROTOCOL: u64 = 1;

/// A request, as `stranded` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Request {
    /// The number that the answer repeats.
    pub id: u64,
    /// What is asked.
    #[serde(flatten)]
    pub body: RequestBody,
}

/// What is asked of an adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum RequestBody {
    /// The first request: what is to come, and what can the adapter do?
    Hello(Greeting),
    /// Set up how everything stands at first, and forget what was before.
    Reset {
        /// How each mailbox is to stand, where it is not fresh: a recipient in every replica that names the first server, and a
        /// mailbox in no store.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        start: BTreeMap<String, Observation>,
    },
    /// Do this.
    Do {
        /// What is to be done.
        #[serde(flatten)]
        operation: Operation,
    },
    /// Look at a mailbox.
    Observe {
        /// The mailbox.
        mailbox: String,
    },
    /// The last request: end.
    Bye {},
}

/// What an adapter is told at first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Greeting {
    /// The version of the protocol.
    pub protocol: u64,
    /// The scenario's name.
    pub scenario: String,
    /// The servers of the site; the first one is the home of a fresh mailbox unless `home` says another.
    pub servers: Vec<String>,
    /// The server on which fresh mailboxes have their home.
    pub home: String,
    /// What the organisation and the site are called in distinguished names.
    pub organization: String,
    /// The site's name in distinguished names.
    pub site: String,
    /// The mailboxes.
    pub mailboxes: Vec<String>,
    /// The most messages that will be delivered to each mailbox.
    pub messages: usize,
    /// The procedures that will be run.
    pub procedures: Vec<String>,
    /// The actions that may be asked for, if the adapter can do them.
    pub actions: Vec<String>,
    /// The whole scenario, for an adapter that reads scenarios.
    pub scenario_toml: String,
}

/// What an adapter answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    /// The number of the request.
    pub id: u64,
    /// The answer.
    #[serde(flatten)]
    pub body: ReplyBody,
}

/// What an adapter tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ReplyBody {
    /// To `hello`: what it can do.
    Hello(Capabilities),
    /// To `hello`: it cannot run this scenario.
    Skip {
        /// Why not.
        reason: String,
    },
    /// To `reset`, `do` and `bye`: what became of it.
    Done(Answer),
    /// To `observe`: what was seen.
    Observed(Observation),
}

/// What an adapter can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Capabilities {
    /// The version of the protocol that it speaks.
    pub protocol: u64,
    /// What it is called in reports.
    pub name: String,
    /// The actions that it can do; the others are not asked for. Of `replicate`, `redeliver` and `refresh`, those that are not
    /// here may happen by themselves at any time.
    pub actions: Vec<String>,
    /// The fields that it can observe.
    pub fields: Vec<String>,
    /// The procedures that it can run; left out if it can run any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedures: Option<Vec<String>>,
    /// The built-in procedure that it is an implementation of, whatever the scenario calls the runs: it is judged by that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implements: Option<String>,
    /// Whether `reset` can set up any `start`.
    #[serde(default)]
    pub start: bool,
}

impl Request {
    /// Reads a line that `stranded` wrote.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_line(line: &str) -> Result<Self, Wrong> {
        let mut keys = Keys::of_line(line)?;
        let id = keys.number("id")?;
        let asked = keys.word("type", &["hello", "reset", "do", "observe", "bye"], |name| name)?;
        let body = match asked {
            "hello" => RequestBody::Hello(Greeting::read(&mut keys)?),
            "reset" => RequestBody::Reset { start: starts(&mut keys)? },
            "do" => RequestBody::Do { operation: Operation::read(&mut keys)? },
            "observe" => RequestBody::Observe { mailbox: keys.text("mailbox")? },
            _ => RequestBody::Bye {},
        };
        keys.end()?;
        Ok(Self { id, body })
    }

    /// The line that it is, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("every request can be written as JSON")
    }
}

impl Greeting {
    fn read(keys: &mut Keys) -> Result<Self, Wrong> {
        let count = keys.number("messages")?;
        Ok(Self {
            protocol: keys.number("protocol")?,
            scenario: keys.text("scenario")?,
            servers: keys.texts("servers")?,
            home: keys.text("home")?,
            organization: keys.text("organization")?,
            site: keys.text("site")?,
            mailboxes: keys.texts("mailboxes")?,
            messages: usize::try_from(count)
                .map_err(|_| Wrong::new(format!("`messages` is {count}"), "a small number"))?,
            procedures: keys.texts("procedures")?,
            actions: keys.texts("actions")?,
            scenario_toml: keys.text("scenario-toml")?,
        })
    }
}

impl Reply {
    /// Reads a line that an adapter wrote.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn of_line(line: &str) -> Result<Self, Wrong> {
        let mut keys = Keys::of_line(line)?;
        let id = keys.number("id")?;
        let reported = keys.word("type", &["hello", "skip", "done", "observed"], |name| name)?;
        let body = match reported {
            "hello" => ReplyBody::Hello(Capabilities::read(&mut keys)?),
            "skip" => ReplyBody::Skip { reason: keys.text("reason")? },
            "done" => ReplyBody::Done(Answer::read(&mut keys)?),
            _ => ReplyBody::Observed(Observation::read(&mut keys)?),
        };
        keys.end()?;
        Ok(Self { id, body })
    }

    /// The line that it is, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("every reply can be written as JSON")
    }
}

impl Capabilities {
    fn read(keys: &mut Keys) -> Result<Self, Wrong> {
        Ok(Self {
            protocol: keys.number("protocol")?,
            name: keys.text("name")?,
            actions: keys.texts("actions")?,
            fields: keys.texts("fields")?,
            procedures: keys.texts_or_none("procedures")?,
            implements: keys.text_or_none("implements")?,
            start: keys.flag_or_none("start")?.unwrap_or(false),
        })
    }
}
