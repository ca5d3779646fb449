//! The two ways to name the parts of a scenario: by the strings of a line, or by the numbers that the oracle gives them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::Hash;

use schemars::JsonSchema;
use serde::Serialize;

use super::details::MessageDetails;
use super::fields::{FromKeys, Part, object};
use super::keys::{Keys, Wrong};

/// The types by which an event names the parts of a scenario.
pub trait Naming: Copy + Debug + Default + Ord + Hash {
    /// A server.
    type Server: Clone + Debug + Ord + Hash;
    /// A view of the directory: the replica of a server, or a remembered one.
    type View: Clone + Debug + Ord + Hash;
    /// A mailbox.
    type Mailbox: Clone + Debug + Ord + Hash;
    /// An administrator.
    type Administrator: Clone + Debug + Ord + Hash;
    /// One message of a mailbox.
    type Message: Clone + Debug + Ord + Hash;
    /// Messages of a mailbox.
    type Messages: Clone + Debug + Ord + Hash;
    /// Messages of a mailbox, each once for every copy.
    type Copies: Clone + Debug + Ord + Hash;
    /// The details of messages that the model does not know.
    type Details: Clone + Debug + Ord + Hash;
    /// The value of a home attribute.
    type Home: Clone + Debug + Ord + Hash;
    /// The run of a procedure.
    type Run: Clone + Debug + Ord + Hash;
}

/// The naming of a line: every part by its name in the scenario, messages by the names that the implementation gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named;

impl Naming for Named {
    type Server = String;
    type View = String;
    type Mailbox = String;
    type Administrator = String;
    type Message = String;
    type Messages = Vec<String>;
    type Copies = Vec<String>;
    type Details = BTreeMap<String, MessageDetails>;
    type Home = Option<String>;
    type Run = RunRequest;
}

/// A naming that can be written as JSON.
pub trait Written:
    Naming<
        Server: Serialize + JsonSchema,
        View: Serialize + JsonSchema,
        Mailbox: Serialize + JsonSchema,
        Administrator: Serialize + JsonSchema,
        Message: Serialize + JsonSchema,
        Messages: Serialize + JsonSchema,
        Copies: Serialize + JsonSchema,
        Details: Serialize + JsonSchema,
        Home: Serialize + JsonSchema,
        Run: Serialize + JsonSchema,
    >
{
}

impl Written for Named {}

/// The run of a procedure by an administrator on a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RunRequest {
    /// The mailbox.
    pub mailbox: String,
    /// The administrator.
    pub administrator: String,
    /// The procedure.
    pub procedure: String,
    /// The source server of the run.
    pub from: String,
    /// The destination server of the run.
    pub to: String,
    /// The server whose replica the program writes.
    pub connected_to: String,
}

object!(RunRequest { mailbox, administrator, procedure, from, to, connected_to });
