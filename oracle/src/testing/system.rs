//! What a mail system can do, in a handful of methods, and how that becomes an implementation to be driven. What is right or
//! wrong is not known here.

use std::collections::BTreeMap;

use crate::adapter::{AdapterError, HelloReply, Implementation};
use crate::protocol::operation::{RUN, Run};
use crate::protocol::{
    Answer, Capabilities, Done, Greeting, HomesObservation, Observation, Operation, PROTOCOL, StoreObservation,
};
use stranded_model::action::ActionKind;

/// A mail system: stores, a directory, and procedures that move mailboxes between them.
///
/// Five methods are enough for a system that delivers and moves. The others are for systems that do more: by default they say
/// that there is nothing of the kind.
pub trait MailSystem {
    /// Forgets everything. Then every mailbox of the greeting has a recipient that names `greeting.home`, and is in no store.
    fn reset(&mut self, greeting: &Greeting);

    /// A message for the mailbox arrives; the replica of the server `by` says where to. The store of its home creates the mailbox
    /// if it is not there. `Ok`: it was accepted. `Refused`: its sender was told that it was not.
    fn deliver(&mut self, mailbox: &str, message: &str, by: &str) -> Done;

    /// Runs a procedure from its start to its end, and says what it reported. `Refused` means that nothing has changed.
    fn run(&mut self, run: &Run) -> Done;

    /// Every message of the mailbox in this store; `None` if the store does not list the mailbox.
    fn store(&self, server: &str, mailbox: &str) -> Option<Vec<String>>;

    /// The server that the recipient names as its home in the replica of this server; `None` if there is no recipient.
    fn home(&self, server: &str, mailbox: &str) -> Option<String>;

    /// The home attributes one by one, where they can differ.
    fn homes(&self, server: &str, mailbox: &str) -> Option<HomesObservation> {
        self.home(server, mailbox)
            .map(|home| HomesObservation { home_mdb: Some(Some(home.clone())), home_mta: Some(Some(home)) })
    }

    /// Whether a move has marked the mailbox in this store; `None` if that cannot be seen.
    fn in_transit(&self, _server: &str, _mailbox: &str) -> Option<bool> {
        None
    }

    /// Accepted messages that wait outside the stores; `None` if that cannot be seen.
    fn queued(&self, _mailbox: &str) -> Option<Vec<String>> {
        Some(Vec::new())
    }

    /// Messages in a file that a procedure saved outside the stores; `None` if that cannot be seen.
    fn saved(&self, _mailbox: &str) -> Option<Vec<String>> {
        Some(Vec::new())
    }

    /// Messages that went back to their senders after they were accepted; those that [`MailSystem::deliver`] refused need not be
    /// named.
    fn returned(&self, _mailbox: &str) -> Vec<String> {
        Vec::new()
    }

    /// The names of the other actions that [`MailSystem::perform`] can do, as [`Operation::action`] has them.
    fn other_actions(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Does something that [`MailSystem::also`] names.
    fn perform(&mut self, _deed: &Operation) -> Done {
        Done::Refused
    }

    /// Sets a mailbox up as a scenario starts with it, if it can; `false` if it cannot.
    fn set_up(&mut self, _mailbox: &str, _start: &Observation) -> bool {
        false
    }

    /// The built-in procedure by which every run is to be judged, whatever the scenario calls it.
    fn implements(&self) -> Option<&'static str> {
        None
    }
}

/// A mail system as an implementation.
#[derive(Clone, Debug)]
pub struct Adapted<S> {
    system: S,
    greeting: Option<Greeting>,
    returned: BTreeMap<String, Vec<String>>,
}

impl<S: MailSystem> Adapted<S> {
    /// This mail system, as an implementation.
    #[must_use]
    pub fn new(system: S) -> Self {
        Self { system, greeting: None, returned: BTreeMap::new() }
    }

    /// The mail system.
    #[must_use]
    pub fn system(&self) -> &S {
        &self.system
    }

    fn greeting(&self) -> Result<&Greeting, AdapterError> {
        self.greeting
            .as_ref()
            .ok_or_else(|| AdapterError { says: "it was asked something before it was greeted".to_owned() })
    }
}

impl<S: MailSystem> Implementation for Adapted<S> {
    fn hello(&mut self, greeting: &Greeting) -> Result<HelloReply, AdapterError> {
        self.greeting = Some(greeting.clone());
        let actions = [ActionKind::Deliver.name(), RUN].into_iter().chain(self.system.other_actions());
        Ok(HelloReply::Ready(Capabilities {
            protocol: PROTOCOL,
            name: std::any::type_name::<S>().to_owned(),
            actions: actions.map(ToOwned::to_owned).collect(),
            fields: Observation::FIELDS.map(ToOwned::to_owned).to_vec(),
            procedures: None,
            implements: self.system.implements().map(ToOwned::to_owned),
            start: true,
        }))
    }

    fn reset(&mut self, start: &BTreeMap<String, Observation>) -> Result<Answer, AdapterError> {
        let greeting = self.greeting()?.clone();
        self.returned.clear();
        self.system.reset(&greeting);
        let is_set_up = start.iter().all(|(mailbox, observation)| self.system.set_up(mailbox, observation));
        Ok(Answer::of(if is_set_up { Done::Ok } else { Done::Refused }))
    }

    fn perform(&mut self, operation: &Operation) -> Result<Answer, AdapterError> {
        Ok(Answer::of(match operation {
            Operation::Deliver { mailbox, message, by } => {
                let done = self.system.deliver(mailbox, message, by);
                if done == Done::Refused {
                    self.returned.entry(mailbox.clone()).or_default().push(message.clone());
                }
                done
            }
            Operation::Run { run, crash: false } => self.system.run(run),
            Operation::Run { crash: true, .. }
            | Operation::Redeliver { .. }
            | Operation::LogOn { .. }
            | Operation::OwnerDeletes { .. }
            | Operation::Start { .. }
            | Operation::Act { .. }
            | Operation::RequestLost { .. }
            | Operation::ReplyLost { .. }
            | Operation::ProgramDies { .. }
            | Operation::Replicate { .. }
            | Operation::Refresh { .. }
            | Operation::OtherEdit { .. }
            | Operation::StoreCrashes { .. }
            | Operation::StoreRestarts { .. }
            | Operation::ReplicaUnreachable { .. }
            | Operation::ReplicaReachable { .. } => self.system.perform(operation),
        }))
    }

    fn observe(&mut self, mailbox: &str) -> Result<Observation, AdapterError> {
        let servers = &self.greeting()?.servers;
        let store = |server: &String| {
            let in_transit = self.system.in_transit(server, mailbox);
            let found = self.system.store(server, mailbox);
            found.map(|messages| StoreObservation { messages: Some(messages), pending: None, in_transit })
        };
        let refused = self.returned.get(mailbox).cloned().unwrap_or_default();
        let mut returned = self.system.returned(mailbox);
        returned.extend(refused);
        returned.sort();
        returned.dedup();
        Ok(Observation {
            directory: servers.iter().map(|server| (server.clone(), self.system.homes(server, mailbox))).collect(),
            stores: servers.iter().map(|server| (server.clone(), store(server))).collect(),
            queued: self.system.queued(mailbox),
            returned: Some(returned),
            saved: self.system.saved(mailbox),
            delivery_held: None,
        })
    }
}
