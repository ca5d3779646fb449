//! Implementations under test: the interface through which `stranded` performs operations and observes mailboxes. An
//! implementation does not judge.
//!
//! `reference` is the model itself. `child` is another process: `group` starts and ends it, `process` reads and writes its
//! lines, `fault` lists what it can do wrong. `serve` is the adapter's side of the conversation; `doctor` checks an adapter;
//! `mutant` has implementations with a known defect.

pub mod child;
pub mod doctor;
pub mod fault;
pub mod group;
pub mod mutant;
pub mod process;
pub mod reference;
pub mod serve;

use std::collections::BTreeMap;
use std::fmt;

use crate::protocol::{Answer, Capabilities, Event, Greeting, Observation, Operation};
use stranded_search::FORMAT_VERSION;
use stranded_search::scenario::Spec;

pub use self::child::{Child, DEADLINE, Timeouts};
pub use self::fault::AdapterFault;
pub use self::reference::Reference;

/// An implementation of a scenario's actions.
pub trait Implementation {
    /// Receives the scenario and returns the capabilities, or the reason for skipping it.
    ///
    /// # Errors
    /// The implementation broke the protocol.
    fn hello(&mut self, greeting: &Greeting) -> Result<HelloReply, AdapterError>;

    /// Sets up the initial state of every mailbox; a mailbox that `start` does not name is fresh.
    ///
    /// # Errors
    /// The implementation broke the protocol.
    fn reset(&mut self, start: &BTreeMap<String, Observation>) -> Result<Answer, AdapterError>;

    /// Performs an operation.
    ///
    /// # Errors
    /// The implementation broke the protocol.
    fn perform(&mut self, operation: &Operation) -> Result<Answer, AdapterError>;

    /// Observes a mailbox.
    ///
    /// # Errors
    /// The implementation broke the protocol.
    fn observe(&mut self, mailbox: &str) -> Result<Observation, AdapterError>;
}

/// Answer to `hello`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelloReply {
    /// The capabilities of the implementation.
    Ready(Capabilities),
    /// The reason why it cannot run the scenario.
    Skip(String),
}

/// A violation of the protocol by an implementation, including a missed deadline and an unexpected end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterError {
    /// The violation and what was expected; may have several lines.
    pub says: String,
}

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says)
    }
}

/// The `hello` request of a scenario.
#[must_use]
pub fn greeting(spec: &Spec, actions: Vec<String>) -> Greeting {
    let site = &spec.scenario.site;
    let mut procedures: Vec<String> = spec.scenario.runs().map(|(_, run)| run.procedure.name.clone()).collect();
    procedures.sort();
    procedures.dedup();
    Greeting {
        protocol: FORMAT_VERSION,
        scenario: spec.name.clone(),
        servers: site.servers.values().cloned().collect(),
        home: site.servers[site.home].clone(),
        organization: spec.names.organization.clone(),
        site: spec.names.name.clone(),
        mailboxes: (0..site.mailboxes)
            .map(|index| stranded_search::names::mailbox(stranded_model::id::Id::at(index)))
            .collect(),
        messages: site.messages,
        procedures,
        actions,
        scenario_toml: spec.text.clone(),
    }
}

/// Renames the procedure of a run operation to `name`, if the scenario has a run of that procedure. The judge then uses the
/// scenario with that procedure ([`stranded_search::scenario::with_procedure`]).
pub fn rename(operation: &mut Operation, spec: &Spec, name: &str) {
    let (Operation::Run { run, .. } | Operation::Start { run }) = operation else { return };
    if spec.scenario.runs().any(|(_, one)| one.procedure.name == run.procedure) {
        name.clone_into(&mut run.procedure);
    }
}

/// The event with its procedure renamed as by [`rename`].
#[must_use]
pub fn renamed(event: Event, spec: &Spec, name: &str) -> Event {
    match event {
        Event::Did { mut operation, answer } => {
            rename(&mut operation, spec, name);
            Event::Did { operation, answer }
        }
        Event::Call { call, mut operation } => {
            rename(&mut operation, spec, name);
            Event::Call { call, operation }
        }
        Event::Reset { .. } | Event::Return { .. } | Event::Observed { .. } => event,
    }
}
