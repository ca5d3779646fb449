//! The test conversation with an adapter.

use std::collections::BTreeMap;

use stranded_model::id::{Id, MailboxId, MessageId};
use stranded_model::scenario::Replication;
use stranded_search::names;
use stranded_search::scenario::Spec;

use super::super::fault::{AdapterFault, Differing};
use super::super::{AdapterError, Child, HelloReply, Implementation as _, greeting};
use crate::protocol::{Answer, Capabilities, Observation, Operation, Outcome, RunRequest};

/// A conversation, with remarks.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) asked: Vec<String>,
    pub(super) remarks: Vec<String>,
    /// True if the adapter was reset twice and observed in between.
    pub(super) is_exercised: bool,
}

impl Conversation {
    /// Sends each kind of request: `hello`, `reset`, the simplest operations that the adapter supports, `observe` twice for every
    /// mailbox, `reset` again, `bye`.
    pub(super) fn run(&mut self, spec: &Spec, child: &mut Child) -> Result<(), AdapterError> {
        let home = &spec.scenario.site.servers[spec.scenario.site.home];
        let mailboxes = (0..spec.scenario.site.mailboxes).map(MailboxId::at);
        let operations: Vec<Operation> = mailboxes.flat_map(|mailbox| operations(spec, home, mailbox)).collect();
        let greeting = greeting(spec, operations.iter().map(|operation| operation.action().to_owned()).collect());
        self.asked.push("hello".to_owned());
        match child.hello(&greeting)? {
            HelloReply::Skip(reason) => {
                self.remarks.push(format!("the adapter skips the scenario {}: {reason}", spec.name))
            }
            HelloReply::Ready(can) => {
                self.declared(&can);
                let fresh = self.reset(spec, &greeting.mailboxes, &can, child)?;
                check_fresh(spec, &greeting.mailboxes, &fresh, child)?;
                for operation in
                    operations.into_iter().filter(|operation| can.actions.iter().any(|one| one == operation.action()))
                {
                    self.asked.push(format!("do {}", operation.action()));
                    let answer = child.perform(&operation)?;
                    self.answered(operation.action(), &answer);
                    self.observe_twice(spec, &greeting.mailboxes, &can, child)?;
                }
                let again = self.reset(spec, &greeting.mailboxes, &can, child)?;
                let differing = differing(&greeting.mailboxes, &fresh, &again);
                differing.map_or(Ok(()), |one| Err(child.fail(AdapterFault::Resets(one), None)))?;
                self.is_exercised = true;
            }
        }
        self.asked.push("bye".to_owned());
        child.bye()
    }

    fn reset(
        &mut self,
        spec: &Spec,
        mailboxes: &[String],
        can: &Capabilities,
        child: &mut Child,
    ) -> Result<Vec<Observation>, AdapterError> {
        self.asked.push("reset".to_owned());
        let answer = child.reset(&BTreeMap::new())?;
        self.answered("reset", &answer);
        self.observe_twice(spec, mailboxes, can, child)
    }

    /// Observes every mailbox twice, and compares, unless something may happen in between by itself.
    fn observe_twice(
        &mut self,
        spec: &Spec,
        mailboxes: &[String],
        can: &Capabilities,
        child: &mut Child,
    ) -> Result<Vec<Observation>, AdapterError> {
        let first = self.observe(spec, mailboxes, can, child)?;
        let second = self.observe(spec, mailboxes, can, child)?;
        let is_idle = spec.scenario.site.replication == Replication::Instant
            && first.iter().all(|observation| observation.queued.as_ref().is_none_or(Vec::is_empty));
        match differing(mailboxes, &first, &second).filter(|_| is_idle) {
            None => Ok(first),
            Some(one) => Err(child.fail(AdapterFault::Observes(one), None)),
        }
    }

    fn observe(
        &mut self,
        spec: &Spec,
        mailboxes: &[String],
        can: &Capabilities,
        child: &mut Child,
    ) -> Result<Vec<Observation>, AdapterError> {
        let mut observations = Vec::new();
        for mailbox in mailboxes {
            self.asked.push(format!("observe {mailbox}"));
            let observation = child.observe(mailbox)?;
            self.check_fields(&observation, can);
            self.check_stores(&observation, spec);
            observations.push(in_order(observation));
        }
        Ok(observations)
    }

    fn declared(&mut self, can: &Capabilities) {
        if can.actions.is_empty() {
            self.remark("`actions` is empty: the adapter can do nothing, so nothing will be judged".to_owned());
        }
        if can.fields.is_empty() {
            self.remark("`fields` is empty: the adapter shows nothing, so little can be judged".to_owned());
        }
    }

    fn answered(&mut self, what: &str, answer: &Answer) {
        if answer.result != Outcome::Ok {
            let says = answer.says.as_ref().map_or(String::new(), |says| format!(": {says}"));
            self.remark(format!("{what} was answered `{}`{says}", answer.result.name()));
        }
    }

    fn check_fields(&mut self, observation: &Observation, can: &Capabilities) {
        let seen = [
            !observation.directory.is_empty(),
            !observation.stores.is_empty(),
            observation.queued.is_some(),
            observation.returned.is_some(),
            observation.saved.is_some(),
            observation.delivery_held.is_some(),
        ];
        for (field, seen) in Observation::FIELDS.into_iter().zip(seen) {
            match (can.fields.iter().any(|declared| declared == field), seen) {
                (true, false) => self.remark(format!("`fields` lists `{field}`, but some observations lack it")),
                (false, true) => self.remark(format!("observations have `{field}`, but `fields` does not list it")),
                (true, true) | (false, false) => {}
            }
        }
    }

    /// Remarks the stores whose messages an observation does not show.
    fn check_stores(&mut self, observation: &Observation, spec: &Spec) {
        let servers = spec.scenario.site.servers.values();
        let lacking = servers.filter(|server| observation.messages_on(server).is_none());
        let names: Vec<&str> = lacking.map(String::as_str).collect();
        if !observation.stores.is_empty() && !names.is_empty() {
            let names = names.join(", ");
            self.remark(format!(
                "some observations lack the messages in the store of {names}: no verdict is possible without them"
            ));
        }
    }

    fn remark(&mut self, remark: String) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}

/// Returns the observation with its lists in order: the order of messages says nothing.
fn in_order(mut observation: Observation) -> Observation {
    let Observation { stores, queued, returned, saved, .. } = &mut observation;
    let in_stores = stores.values_mut().flatten().flat_map(|store| [&mut store.messages, &mut store.pending]);
    in_stores.chain([queued, returned, saved]).flatten().for_each(|messages| messages.sort());
    observation
}

/// Returns the first mailbox whose observations differ.
fn differing(mailboxes: &[String], expected: &[Observation], seen: &[Observation]) -> Option<Differing> {
    let pairs = mailboxes.iter().zip(expected.iter().zip(seen));
    let (mailbox, (expected, seen)) = pairs.into_iter().find(|(_, (expected, seen))| expected != seen)?;
    Some(Differing { mailbox: mailbox.clone(), expected: as_json(expected), seen: as_json(seen) })
}

/// Checks that every mailbox is fresh after a reset.
fn check_fresh(spec: &Spec, mailboxes: &[String], seen: &[Observation], child: &mut Child) -> Result<(), AdapterError> {
    match mailboxes.iter().zip(seen).find_map(|(mailbox, seen)| not_fresh(spec, mailbox, seen)) {
        None => Ok(()),
        Some(fault) => Err(child.fail(fault, None)),
    }
}

/// Returns the fault of a reset after which a mailbox is in a store, a list has a message, or another server of the site is the home.
pub(crate) fn not_fresh(spec: &Spec, mailbox: &str, seen: &Observation) -> Option<AdapterFault> {
    let mut fresh = seen.clone();
    let site = &spec.scenario.site;
    let first = &site.servers[site.home];
    for homes in fresh.directory.values_mut().flatten() {
        for home in [&mut homes.home_mdb, &mut homes.home_mta].into_iter().flatten().flatten() {
            if site.servers.values().any(|server| server == home) {
                home.clone_from(first);
            }
        }
    }
    fresh.stores.values_mut().for_each(|store| *store = None);
    [&mut fresh.queued, &mut fresh.returned, &mut fresh.saved].into_iter().flatten().for_each(Vec::clear);
    let differing = || Differing { mailbox: mailbox.to_owned(), expected: as_json(&fresh), seen: as_json(seen) };
    (fresh != *seen).then(|| AdapterFault::Resets(differing()))
}

fn as_json(observation: &Observation) -> String {
    serde_json::to_string(observation).expect("every observation can be written as JSON")
}

/// The simplest operations: a delivery, a logon, a run.
fn operations(spec: &Spec, home: &str, mailbox: MailboxId) -> Vec<Operation> {
    let scenario = &spec.scenario;
    let mailbox = names::mailbox(mailbox);
    let by = home.to_owned();
    let server = |id| names::server(scenario, id).to_owned();
    let administrator = &scenario.administrators[0];
    let run = &administrator.runs[0];
    let run = RunRequest {
        mailbox: mailbox.clone(),
        administrator: administrator.name.clone(),
        procedure: run.procedure.name.clone(),
        from: server(run.from),
        to: server(run.to),
        connected_to: server(run.connected_to),
    };
    let message = names::message(MessageId::default());
    let mail =
        (scenario.site.messages > 0).then(|| Operation::Deliver { mailbox: mailbox.clone(), message, by: by.clone() });
    let logon = scenario.environment.logon.then_some(Operation::LogOn { mailbox, by });
    mail.into_iter().chain(logon).chain([Operation::Run { run, crash: false }]).collect()
}
