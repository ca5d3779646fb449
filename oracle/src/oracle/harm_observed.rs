//! Harm that the observations show by themselves, for any procedure: no rule of the model is used. Unobserved fields count as
//! harmless.

mod accepted;
mod at_end;
mod changes;
mod duplicates;
mod ended_run;
mod harm;

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::dn::HomeAttribute;
use stranded_model::property::Safety;
use stranded_model::scenario::Replication;

use crate::protocol::{Answer, Event, HomesObservation, Observation, Operation, Outcome, RunRequest};
use stranded_search::scenario::Spec;

pub(super) use self::at_end::MailboxAtEnd;
use self::at_end::is_same;
use self::changes::DetailsAtFirst;
use self::duplicates::CopiesAtFirst;
use self::ended_run::{ends_ok, writes_directory};
pub(super) use self::harm::{Harm, HarmKind};

/// The observations of a site since the last reset.
#[derive(Clone, Debug)]
pub(super) struct Watch<'a> {
    spec: &'a Spec,
    memory: Memory,
    /// True if the success of a run could not be judged, because too little was observed before or after it.
    has_unjudged_success: bool,
    /// True if some run had mail to move: a message was accepted before it ended.
    has_moved_mail: bool,
}

/// The memory of a [`Watch`]: in one scenario, two watches differ in nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Memory {
    mailboxes: BTreeMap<String, Observed>,
    /// The services that do not answer.
    down: BTreeSet<String>,
    open_calls: BTreeMap<u64, Operation>,
    /// True if the events of this case ended from outside, and not by themselves.
    is_stopped: bool,
}

/// The memory of one mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Observed {
    accepted: BTreeSet<String>,
    /// Messages that the owner may have deleted, or that may never have been accepted.
    excused: BTreeSet<String>,
    /// Those of them whose delivery had no answer, or failed. A store or a queue that shows one has accepted it.
    in_doubt: BTreeSet<String>,
    missed: BTreeSet<String>,
    copies_at_first: CopiesAtFirst,
    details_at_first: DetailsAtFirst,
    /// The last observation, unless an operation came after it.
    last: Option<Observation>,
    /// The directory as it was last known, unless an operation that can write it came after that.
    directory: BTreeMap<String, Option<HomesObservation>>,
    acted_since: bool,
    /// The run that ended in the event before, its outcome, and the observation before it.
    ended: Option<(RunRequest, Outcome, Option<Observation>)>,
    /// The last run of each administrator.
    programs: BTreeMap<String, Program>,
    reported: BTreeSet<Safety>,
    was_touched: bool,
    /// The servers whose stores do not show the mailbox that they hold.
    hidden: BTreeSet<String>,
    /// True if a request can still take effect although its program gave up.
    has_late_request: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Program {
    run: RunRequest,
    is_running: bool,
    owes_retry: bool,
    before: Option<Observation>,
}

impl<'a> Watch<'a> {
    /// A watch before the first event.
    #[must_use]
    pub(super) fn new(spec: &'a Spec) -> Self {
        Self { spec, memory: Memory::default(), has_unjudged_success: false, has_moved_mail: false }
    }

    /// Returns the memory.
    pub(super) fn memory(&self) -> Memory {
        self.memory.clone()
    }

    /// Takes an event, and returns the harm that it shows.
    pub(super) fn take(&mut self, event: &Event) -> Vec<Harm> {
        match event {
            Event::Reset { start } => {
                self.has_unjudged_success = self.has_unjudged_success();
                self.memory = Memory::default();
                for (name, observation) in start {
                    self.started(name, observation);
                }
            }
            Event::Did { operation, answer } => {
                self.begin(operation);
                self.end(operation, answer, true);
            }
            Event::Call { call, operation } => {
                self.begin(operation);
                self.memory.open_calls.insert(*call, operation.clone());
            }
            Event::Return { call, answer } => {
                if let Some(operation) = self.memory.open_calls.remove(call) {
                    // An observation during the call does not show its effect.
                    operation.mailbox().into_iter().for_each(|name| self.mailbox(name).acted_since = true);
                    self.end(&operation, answer, false);
                }
            }
            Event::Observed { mailbox, observation } => return self.observed(mailbox, observation),
        }
        Vec::new()
    }

    /// Returns true if some run reported ok and its success was not judged.
    pub(super) fn has_unjudged_success(&self) -> bool {
        let is_open = |seen: &Observed| matches!(seen.ended, Some((_, Outcome::Ok, _)));
        self.has_unjudged_success || self.memory.mailboxes.values().any(is_open)
    }

    /// Returns true if some run had mail to move.
    pub(super) fn has_moved_mail(&self) -> bool {
        self.has_moved_mail
    }

    /// Takes the state with which a mailbox begins.
    fn started(&mut self, name: &str, start: &Observation) {
        let servers = self.spec.scenario.site.servers.values();
        let seen = self.memory.mailboxes.entry(name.to_owned()).or_default();
        seen.directory = comparable(self.spec, start).directory;
        seen.accepted = held(start).map(ToOwned::to_owned).collect();
        seen.copies_at_first.note(start);
        seen.details_at_first.take(servers, start, false);
    }

    fn mailbox(&mut self, name: &str) -> &mut Observed {
        let spec = self.spec;
        self.memory.mailboxes.entry(name.to_owned()).or_insert_with(|| Observed::fresh(spec))
    }

    fn begin(&mut self, operation: &Operation) {
        let Some(name) = operation.mailbox() else { return };
        let seen = self.mailbox(name);
        if seen.acted_since {
            seen.last = None;
        }
        seen.acted_since = true;
        seen.was_touched = true;
        let is_unjudged = matches!(seen.ended.take(), Some((_, Outcome::Ok, _)));
        let mut has_mail = false;
        seen.disturbed_by(operation);
        if let Some(run) = operation.run() {
            let owes_retry = seen.programs.get(&run.administrator).is_some_and(|one| one.owes_retry);
            let program = Program { run: run.clone(), is_running: true, owes_retry, before: seen.before() };
            seen.programs.insert(run.administrator.clone(), program);
            has_mail = !seen.accepted.is_empty();
        }
        if writes_directory(operation) {
            seen.directory.clear();
        }
        seen.has_late_request |= matches!(operation, Operation::RequestLate { .. });
        if is_by_owner(operation) {
            seen.details_at_first.owner_acts();
        }
        // With any answer, the deletion may have happened.
        if let Operation::OwnerDeletes { message, .. } = operation {
            seen.excused.insert(message.clone());
            seen.in_doubt.remove(message);
        }
        self.has_unjudged_success |= is_unjudged;
        self.has_moved_mail |= has_mail;
    }

    fn end(&mut self, operation: &Operation, answer: &Answer, alone: bool) {
        let happened = answer.result != Outcome::Refused;
        // Other operations may have happened during the run.
        self.has_unjudged_success |= !alone && ends_ok(operation, answer);
        let down = &mut self.memory.down;
        match operation {
            Operation::Deliver { mailbox, message, .. } => {
                let seen = self.mailbox(mailbox);
                let messages = if answer.result == Outcome::Ok { &mut seen.accepted } else { &mut seen.excused };
                messages.insert(message.clone());
                match answer.result {
                    Outcome::Ok | Outcome::Refused => {}
                    Outcome::Failed | Outcome::Unknown => drop(seen.in_doubt.insert(message.clone())),
                }
                self.has_moved_mail |= self.memory.mailboxes[mailbox].has_moving_mail();
            }
            Operation::Run { run, .. } => {
                self.mailbox(&run.mailbox).program_ended(&run.administrator, answer.result, alone);
            }
            Operation::Act { mailbox, administrator }
            | Operation::RequestLost { mailbox, administrator }
            | Operation::ReplyLost { mailbox, administrator }
            | Operation::RequestLate { mailbox, administrator } => {
                if let Some(ended) = answer.ended {
                    self.mailbox(mailbox).program_ended(administrator, ended, alone);
                }
            }
            Operation::ProgramDies { mailbox, administrator } if happened => {
                self.mailbox(mailbox).program_ended(administrator, Outcome::Unknown, false);
            }
            Operation::LogOn { mailbox, .. } | Operation::OwnerDeletes { mailbox, .. }
                if answer.result == Outcome::Unknown =>
            {
                self.mailbox(mailbox).details_at_first.owner_may_act_later();
            }
            Operation::LateEffect { mailbox } if happened => self.mailbox(mailbox).has_late_request = false,
            Operation::StoreLooksEmpty { mailbox, server } if happened => {
                self.mailbox(mailbox).hidden.insert(server.clone());
            }
            Operation::StoreShowsMail { mailbox, server } if happened => {
                self.mailbox(mailbox).hidden.remove(server);
            }
            Operation::StoreCrashes { server } if happened => drop(down.insert(format!("store {server}"))),
            Operation::StoreRestarts { server } if happened => drop(down.remove(&format!("store {server}"))),
            Operation::ReplicaUnreachable { server } if happened => drop(down.insert(format!("replica {server}"))),
            Operation::ReplicaReachable { server } if happened => drop(down.remove(&format!("replica {server}"))),
            Operation::ProgramDies { .. }
            | Operation::LateEffect { .. }
            | Operation::JournalLost { .. }
            | Operation::JournalOutlivesMail { .. }
            | Operation::StoreLooksEmpty { .. }
            | Operation::StoreShowsMail { .. }
            | Operation::StoreCrashes { .. }
            | Operation::StoreRestarts { .. }
            | Operation::ReplicaUnreachable { .. }
            | Operation::ReplicaReachable { .. }
            | Operation::Redeliver { .. }
            | Operation::LogOn { .. }
            | Operation::OwnerDeletes { .. }
            | Operation::Start { .. }
            | Operation::Replicate { .. }
            | Operation::Refresh { .. }
            | Operation::OtherEdit { .. } => {}
        }
    }

    fn observed(&mut self, name: &str, observation: &Observation) -> Vec<Harm> {
        let spec = self.spec;
        let owner_acts = self.owner_acts(name);
        let details = &mut self.mailbox(name).details_at_first;
        let changes = details.take(spec.scenario.site.servers.values(), observation, owner_acts);
        let observation = &comparable(spec, observation);
        let is_all_answered = self.memory.open_calls.is_empty() && self.memory.down.is_empty();
        let is_instant = spec.scenario.site.replication == Replication::Instant;
        let seen = self.mailbox(name);
        let is_quiet = is_all_answered && !seen.has_late_request && seen.hidden.is_empty();
        if !seen.was_touched {
            // A message that is there before the first operation was accepted before.
            seen.accepted.extend(held(observation).map(ToOwned::to_owned));
            seen.copies_at_first.note(observation);
        }
        seen.accept_shown(observation);
        let has_moving_mail = seen.has_moving_mail();
        let mut harms = seen.losses(observation, spec);
        harms.extend(changes);
        harms.extend(seen.harm_of_ended_run(observation, is_instant));
        let is_unjudged = seen.is_success_undecided(observation);
        seen.ended = None;
        let is_owned = seen.programs.values().any(|program| program.is_running || program.owes_retry);
        if is_quiet && !is_owned && is_marked(observation) && !seen.programs.is_empty() {
            harms.push(Harm::violation(Safety::TransitOwned, "a mailbox is in transit, and no move owns it"));
        }
        seen.last = Some(observation.clone());
        if !observation.directory.is_empty() {
            seen.directory.clone_from(&observation.directory);
        }
        seen.acted_since = false;
        self.has_unjudged_success |= is_unjudged;
        self.has_moved_mail |= has_moving_mail;
        let seen = &self.memory.mailboxes[name];
        let replicas = self.replicas(observation);
        if is_quiet
            && seen.is_settled(observation)
            && self.not_executed(seen).next().is_none()
            && replicas.is_none_or(|replicas| is_same(&replicas))
        {
            harms.extend(self.final_harms(seen, observation));
        }
        let reported = &mut self.mailbox(name).reported;
        harms.retain(|harm| {
            harm.kind.property().is_none_or(|property| property == Safety::NoLoss || reported.insert(property))
        });
        harms
    }

    /// Returns true if a call of the owner of this mailbox is open.
    fn owner_acts(&self, name: &str) -> bool {
        self.memory.open_calls.values().any(|call| is_by_owner(call) && call.mailbox() == Some(name))
    }

    /// Says that the events of this case end from outside, and not by themselves.
    pub(super) fn stop(&mut self) {
        self.memory.is_stopped = true;
    }
}

impl Observed {
    /// Forgets the observation before each run that this operation may disturb: the success of such a run is not judged,
    /// because another program may have undone a complete move.
    fn disturbed_by(&mut self, operation: &Operation) {
        let writer = match operation {
            Operation::Run { run, .. } => Some(&run.administrator),
            Operation::Act { administrator, .. }
            | Operation::RequestLost { administrator, .. }
            | Operation::ReplyLost { administrator, .. }
            | Operation::RequestLate { administrator, .. } => Some(administrator),
            Operation::OtherEdit { .. } | Operation::LateEffect { .. } => None,
            Operation::Deliver { .. }
            | Operation::Redeliver { .. }
            | Operation::LogOn { .. }
            | Operation::OwnerDeletes { .. }
            | Operation::Start { .. }
            | Operation::ProgramDies { .. }
            | Operation::JournalLost { .. }
            | Operation::JournalOutlivesMail { .. }
            | Operation::StoreLooksEmpty { .. }
            | Operation::StoreShowsMail { .. }
            | Operation::Replicate { .. }
            | Operation::Refresh { .. }
            | Operation::StoreCrashes { .. }
            | Operation::StoreRestarts { .. }
            | Operation::ReplicaUnreachable { .. }
            | Operation::ReplicaReachable { .. } => return,
        };
        let others = self.programs.iter_mut().filter(|(administrator, _)| Some(*administrator) != writer);
        others.for_each(|(_, program)| program.before = None);
    }

    fn program_ended(&mut self, administrator: &str, result: Outcome, alone: bool) {
        let Some(program) = self.programs.get_mut(administrator) else { return };
        program.is_running = false;
        program.owes_retry = result.owes_retry_after(program.owes_retry);
        self.ended = alone.then(|| (program.run.clone(), result, program.before.take()));
    }
}

/// Returns an observation with server names in place of distinguished names, and without the details of messages, which are
/// compared by themselves.
fn comparable(spec: &Spec, observation: &Observation) -> Observation {
    let mut plain = observation.clone();
    plain.stores.values_mut().flatten().for_each(|store| store.details = None);
    for homes in plain.directory.values_mut().flatten() {
        for (home, attribute) in [(&mut homes.home_mdb, HomeAttribute::Mdb), (&mut homes.home_mta, HomeAttribute::Mta)]
        {
            if let Some(value) = home {
                let named = super::names::home(spec, value.as_deref(), attribute).server();
                *value = named.map(|server| spec.scenario.site.servers[server].clone());
            }
        }
    }
    plain
}

/// Returns true if the owner of the mailbox does this.
fn is_by_owner(operation: &Operation) -> bool {
    matches!(operation, Operation::LogOn { .. } | Operation::OwnerDeletes { .. })
}

/// Returns true if a store shows the mailbox in transit.
fn is_marked(observation: &Observation) -> bool {
    observation.stores.values().flatten().any(|store| store.in_transit == Some(true))
}

/// Returns the messages in all stores.
fn held(observation: &Observation) -> impl Iterator<Item = &str> {
    observation.stores.values().flatten().filter_map(|store| store.messages.as_ref()).flatten().map(String::as_str)
}

/// Returns all messages, if every location was observed.
pub(super) fn everything<'s>(observation: &'s Observation, spec: &Spec) -> Option<BTreeSet<&'s str>> {
    let is_seen = |server: &String| observation.messages_on(server).is_some();
    let lists = [observation.queued.as_ref()?, observation.returned.as_ref()?, observation.saved.as_ref()?];
    let listed = lists.into_iter().flatten().map(String::as_str);
    spec.scenario.site.servers.values().all(is_seen).then(|| held(observation).chain(listed).collect())
}
