//! A trait for mail systems with a few methods, and its adaptation to an implementation. This module does not judge.

use std::collections::BTreeMap;

use crate::adapter::{AdapterError, HelloReply, Implementation};
use crate::protocol::{
    Answer, Capabilities, Greeting, HomesObservation, Observation, Operation, Outcome, StoreObservation,
};
use crate::protocol::{RUN, RunRequest};
use stranded_model::action::ActionKind;
use stranded_search::FORMAT_VERSION;

/// A mail system: stores, a directory, and procedures that move mailboxes between them.
///
/// Five methods are enough for a system that delivers and moves. The others have defaults for a system without the feature.
pub trait MailSystem {
    /// Resets the system: every mailbox of the greeting has a recipient with home `greeting.home`, and no store has it.
    fn reset(&mut self, greeting: &Greeting);

    /// Delivers a message to the home that the replica of server `by` names. The store of the home creates the mailbox if it
    /// is absent. Returns `Ok` if the message was accepted, `Refused` if it was returned to the sender.
    fn deliver(&mut self, mailbox: &str, message: &str, by: &str) -> Outcome;

    /// Runs a procedure from start to end. Returns its outcome; `Refused` means that nothing was changed.
    fn run(&mut self, run: &RunRequest) -> Outcome;

    /// All messages of the mailbox in this store; `None` if the mailbox is absent.
    fn store(&self, server: &str, mailbox: &str) -> Option<Vec<String>>;

    /// The home of the recipient in the replica of this server; `None` if there is no recipient.
    fn home(&self, server: &str, mailbox: &str) -> Option<String>;

    /// The home attributes, for systems in which they can differ.
    fn homes(&self, server: &str, mailbox: &str) -> Option<HomesObservation> {
        self.home(server, mailbox)
            .map(|home| HomesObservation { home_mdb: Some(Some(home.clone())), home_mta: Some(Some(home)) })
    }

    /// True if the mailbox in this store is marked in transit; `None` if that cannot be observed.
    fn in_transit(&self, _server: &str, _mailbox: &str) -> Option<bool> {
        None
    }

    /// Accepted messages outside the stores; `None` if they cannot be observed.
    fn queued(&self, _mailbox: &str) -> Option<Vec<String>> {
        Some(Vec::new())
    }

    /// Messages that a procedure saved to a file; `None` if they cannot be observed.
    fn saved(&self, _mailbox: &str) -> Option<Vec<String>> {
        Some(Vec::new())
    }

    /// Messages that were returned to their senders after they were accepted. Messages that [`MailSystem::deliver`] refused
    /// are added automatically.
    fn returned(&self, _mailbox: &str) -> Vec<String> {
        Vec::new()
    }

    /// Names of the other actions that [`MailSystem::perform`] supports, as in [`Operation::action`].
    fn other_actions(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Performs an action of [`MailSystem::other_actions`].
    fn perform(&mut self, _operation: &Operation) -> Outcome {
        Outcome::Refused
    }

    /// Sets up the initial state of a mailbox. Returns false if the system cannot.
    fn set_up(&mut self, _mailbox: &str, _start: &Observation) -> bool {
        false
    }

    /// The built-in procedure by which every run is judged, under any procedure name.
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
    /// Adapts a mail system.
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
        self.greeting.as_ref().ok_or_else(|| AdapterError { says: "a request came before `hello`".to_owned() })
    }
}

impl<S: MailSystem> Implementation for Adapted<S> {
    fn hello(&mut self, greeting: &Greeting) -> Result<HelloReply, AdapterError> {
        self.greeting = Some(greeting.clone());
        let actions = [ActionKind::Deliver.name(), RUN].into_iter().chain(self.system.other_actions());
        Ok(HelloReply::Ready(Capabilities {
            protocol: FORMAT_VERSION,
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
        Ok(Answer::of(if is_set_up { Outcome::Ok } else { Outcome::Refused }))
    }

    fn perform(&mut self, operation: &Operation) -> Result<Answer, AdapterError> {
        Ok(Answer::of(match operation {
            Operation::Deliver { mailbox, message, by } => {
                let done = self.system.deliver(mailbox, message, by);
                if done == Outcome::Refused {
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
            | Operation::RequestLate { .. }
            | Operation::LateEffect { .. }
            | Operation::JournalLost { .. }
            | Operation::JournalOutlivesMail { .. }
            | Operation::StoreLooksEmpty { .. }
            | Operation::StoreShowsMail { .. }
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
            found.map(|messages| StoreObservation {
                messages: Some(messages),
                in_transit,
                ..StoreObservation::default()
            })
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
