//! Implementations under test: how `stranded` asks one to do something and to be looked at. An implementation judges nothing.
//!
//! `reference` is the model itself. `child` is another process: `group` starts and ends it, `process` reads and writes its lines,
//! `fault` says what it did wrong. `serve` is the other end of such a conversation, `doctor` a conversation for its own sake.

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

use crate::protocol::{Answer, Capabilities, Event, Greeting, Observation, Operation, PROTOCOL};
use stranded_search::scenario::Spec;

pub use self::child::{Child, DEADLINE, Timeouts};
pub use self::fault::AdapterFault;
pub use self::reference::Reference;

/// Something that can be asked to do the actions of a scenario.
pub trait Implementation {
    /// Told what is to come, says what it can do, or why it cannot run the scenario.
    ///
    /// # Errors
    /// It broke the protocol.
    fn hello(&mut self, greeting: &Greeting) -> Result<HelloReply, AdapterError>;

    /// Sets up how everything stands at first.
    ///
    /// # Errors
    /// It broke the protocol.
    fn reset(&mut self, start: &BTreeMap<String, Observation>) -> Result<Answer, AdapterError>;

    /// Does something.
    ///
    /// # Errors
    /// It broke the protocol.
    fn perform(&mut self, operation: &Operation) -> Result<Answer, AdapterError>;

    /// Looks at a mailbox.
    ///
    /// # Errors
    /// It broke the protocol.
    fn observe(&mut self, mailbox: &str) -> Result<Observation, AdapterError>;
}

/// What an implementation says at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelloReply {
    /// It can do this.
    Ready(Capabilities),
    /// It cannot run the scenario, for this reason.
    Skip(String),
}

/// An implementation broke the protocol, hung or died unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterError {
    /// What it did, and what was expected; several lines where there is more to show.
    pub says: String,
}

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says)
    }
}

/// What an implementation is told at first.
#[must_use]
pub fn greeting(spec: &Spec, actions: Vec<String>) -> Greeting {
    let site = &spec.scenario.site;
    let mut procedures: Vec<String> = spec.scenario.runs().map(|(_, run)| run.procedure.name.clone()).collect();
    procedures.sort();
    procedures.dedup();
    Greeting {
        protocol: PROTOCOL,
        scenario: spec.name.clone(),
        servers: site.servers.values().cloned().collect(),
        home: site.servers[site.home].clone(),
        organization: spec.names.organization.clone(),
        site: spec.names.name.clone(),
        mailboxes: (0..site.mailboxes)
            .map(|place| stranded_search::names::mailbox(stranded_model::id::Id::at(place)))
            .collect(),
        messages: site.messages,
        procedures,
        actions,
        scenario_toml: spec.text.clone(),
    }
}

/// Calls what is run by this name where it is called as a run of the scenario is: for a judge whose scenario is
/// [`with_procedure`] of it.
pub fn rename(operation: &mut Operation, spec: &Spec, name: &str) {
    let (Operation::Run { run, .. } | Operation::Start { run }) = operation else { return };
    if spec.scenario.runs().any(|(_, one)| one.procedure.name == run.procedure) {
        name.clone_into(&mut run.procedure);
    }
}

/// The event with its procedure called so, as [`rename`] calls it.
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
