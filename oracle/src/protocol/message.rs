//! The messages between `stranded` and an adapter: one JSON object a line. Each request is answered by one line with the same id.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::event::Answer;
use super::fields::{FromKeys, Part, object, tagged};
use super::keys::{Keys, Wrong};
use super::observation::Observation;
use super::operation::Operation;

/// A request of `stranded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Request {
    /// The number that the reply repeats.
    pub id: u64,
    /// The request itself.
    #[serde(flatten)]
    pub body: RequestBody,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum RequestBody {
    /// The first request: the scenario. The reply says which operations the adapter supports.
    Hello(Greeting),
    /// Set up the initial state, and forget the state before.
    Reset {
        /// The initial state of each mailbox that is not fresh. A fresh mailbox has a recipient in every replica that names the
        /// home, and is absent from every store.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        start: BTreeMap<String, Observation>,
    },
    /// Do an operation.
    Do {
        /// The operation.
        #[serde(flatten)]
        operation: Operation,
    },
    /// Observe a mailbox.
    Observe {
        /// The mailbox.
        mailbox: String,
    },
    /// The last request: end.
    Bye {},
}

/// The body of `hello`: the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Greeting {
    /// The version of the protocol.
    pub protocol: u64,
    /// The name of the scenario.
    pub scenario: String,
    /// The servers of the site.
    pub servers: Vec<String>,
    /// The home of a fresh mailbox.
    pub home: String,
    /// The name of the organisation in distinguished names.
    pub organization: String,
    /// The name of the site in distinguished names.
    pub site: String,
    /// The mailboxes.
    pub mailboxes: Vec<String>,
    /// The largest number of messages that are delivered to each mailbox.
    pub messages: usize,
    /// The procedures that are run.
    pub procedures: Vec<String>,
    /// The actions that may be requested, if the adapter supports them.
    pub actions: Vec<String>,
    /// The whole scenario, for an adapter that reads scenarios.
    pub scenario_toml: String,
}

/// A reply of an adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reply {
    /// The number of the request.
    pub id: u64,
    /// The reply itself.
    #[serde(flatten)]
    pub body: ReplyBody,
}

/// The body of a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ReplyBody {
    /// To `hello`: the capabilities of the adapter.
    Hello(Capabilities),
    /// To `hello`: the adapter cannot run this scenario.
    Skip {
        /// The reason.
        reason: String,
    },
    /// To `reset`, `do` and `bye`: the answer.
    Done(Answer),
    /// To `observe`: the observation.
    Observed(Observation),
}

/// The capabilities of an adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Capabilities {
    /// The version of the protocol that the adapter speaks.
    pub protocol: u64,
    /// The name of the implementation in reports.
    pub name: String,
    /// The actions that the adapter supports; no other is requested. `replicate`, `redeliver` and `refresh` may happen at any
    /// time without a request if they are not listed here.
    pub actions: Vec<String>,
    /// The fields that the adapter can observe.
    pub fields: Vec<String>,
    /// The procedures that the adapter can run; left out if it can run any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedures: Option<Vec<String>>,
    /// The built-in procedure that the implementation implements. It is judged by that procedure, whatever name the scenario
    /// gives the runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implements: Option<String>,
    /// True if `reset` can set up any `start`.
    #[serde(default)]
    pub start: bool,
}

object!(Greeting {
    messages,
    protocol,
    scenario,
    servers,
    home,
    organization,
    site,
    mailboxes,
    procedures,
    actions,
    scenario_toml
});
object!(Capabilities { protocol, name, actions, fields, procedures, implements, start });

tagged!(RequestBody, "type", {
    "hello" => Hello { 0 },
    "reset" => Reset { start },
    "do" => Do { operation },
    "observe" => Observe { mailbox },
    "bye" => Bye {},
});

tagged!(ReplyBody, "type", refusing "seen" for "observed", {
    "hello" => Hello { 0 },
    "skip" => Skip { reason },
    "done" => Done { 0 },
    "observed" => Observed { 0 },
});

impl Request {
    /// Reads a line of `stranded`.
    ///
    /// # Errors
    /// The wrong key or value, and what is expected instead.
    pub fn of_line(line: &str) -> Result<Self, Wrong> {
        let mut keys = Keys::of_line(line)?;
        let request = Self { id: keys.number("id")?, body: RequestBody::read(&mut keys)? };
        keys.end()?;
        Ok(request)
    }

    /// Returns the request as a line, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("every request can be written as JSON")
    }
}

impl Reply {
    /// Reads a line of an adapter.
    ///
    /// # Errors
    /// The wrong key or value, and what is expected instead.
    pub fn of_line(line: &str) -> Result<Self, Wrong> {
        let mut keys = Keys::of_line(line)?;
        let reply = Self { id: keys.number("id")?, body: ReplyBody::read(&mut keys)? };
        keys.end()?;
        Ok(reply)
    }

    /// Returns the reply as a line, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("every reply can be written as JSON")
    }
}
