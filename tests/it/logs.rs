//! Logs of the model's own behaviour, recorded as a tester of a mover records them.

use stranded_oracle::adapter::{Implementation, Reference};
use stranded_oracle::protocol::RunRequest;
use stranded_oracle::protocol::{Event, Operation};
use stranded_search::scenario::Spec;

/// A recorder beside the reference.
pub(crate) struct Recorder<'a> {
    system: Reference<'a>,
    spec: &'a Spec,
    pub(crate) events: Vec<Event>,
}

impl<'a> Recorder<'a> {
    /// Starts a run.
    pub(crate) fn new(spec: &'a Spec) -> Self {
        let mut system = Reference::new(spec, 0).unwrap();
        system.reset(&Default::default()).unwrap();
        Self { system, spec, events: vec![Event::Reset { start: Default::default() }] }
    }

    /// Performs an operation, and observes the mailbox.
    pub(crate) fn does(mut self, operation: Operation) -> Self {
        let answer = self.system.perform(&operation).unwrap();
        self.events.push(Event::Did { operation, answer });
        let observation = self.system.observe("mailbox-1").unwrap();
        self.events.push(Event::Observed { mailbox: "mailbox-1".to_owned(), observation });
        self
    }

    /// Delivers a message.
    pub(crate) fn delivers(self, message: &str) -> Self {
        let by = self.spec.scenario.site.servers.values().next().unwrap().clone();
        self.does(Operation::Deliver { mailbox: "mailbox-1".to_owned(), message: message.to_owned(), by })
    }

    /// Executes the first administrator's first run to its end.
    pub(crate) fn runs(self) -> Self {
        let operation = Operation::Run { run: first_run(self.spec), crash: false };
        self.does(operation)
    }

    /// Returns the log.
    pub(crate) fn text(&self) -> String {
        self.events.iter().map(|event| event.line() + "\n").collect()
    }
}

/// Returns the first run of a scenario.
pub(crate) fn first_run(spec: &Spec) -> RunRequest {
    let person = &spec.scenario.administrators[0];
    let run = &person.runs[0];
    let server = |id| spec.scenario.site.servers[id].clone();
    RunRequest {
        mailbox: "mailbox-1".to_owned(),
        administrator: person.name.clone(),
        procedure: run.procedure.name.clone(),
        from: server(run.from),
        to: server(run.to),
        connected_to: server(run.connected_to),
    }
}
