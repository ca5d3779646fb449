//! A naive judge that uses only the model's step function: it tries every interleaving that could produce a history,
//! one after the other, and shares no code with the oracle. It is slow, and short enough to be read.

use std::collections::{BTreeSet, HashSet};

use stranded_model::action::{Action, ActionKind, Fate, Part, View};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::procedure::Outcome;
use stranded_model::scenario::Fault;
use stranded_model::state::{Contents, Ended, Home, Mailbox, Mark, State, Transport};
use stranded_model::{Refusal, World};
use stranded_oracle::protocol::RunRequest;
use stranded_oracle::protocol::{Answer, Event, HomesObservation, Observation, Operation, StoreObservation};
use stranded_search::scenario::Spec;

/// A model state within one attempt to explain a history.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Moment {
    pub(crate) world: usize,
    pub(crate) state: State,
    /// The history's names for the messages of each mailbox, in the order of their arrival.
    pub(crate) arrived: Vec<Vec<String>>,
    pub(crate) requests: Vec<Request>,
}

/// Returns the next act of a program without a message and with each message that it might take.
fn acts(world: &World, mailbox: MailboxId, administrator: AdministratorId, fate: Fate) -> Vec<Action> {
    let messages = (0..world.scenario.site.messages).map(MessageId::at).map(Some);
    [None].into_iter().chain(messages).map(|message| Action::Act { mailbox, administrator, message, fate }).collect()
}

/// A requested operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) call: Option<u64>,
    pub(crate) operation: Operation,
    pub(crate) status: Status,
}

/// The status of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    Nothing,
    Running,
    Happened { ended: Option<Outcome>, returned: bool },
    Declined(Refusal),
}

pub(crate) struct Naive<'a> {
    spec: &'a Spec,
    worlds: &'a [World],
    deadly: Vec<World>,
    unseen: Vec<ActionKind>,
}

impl<'a> Naive<'a> {
    pub(crate) fn new(spec: &'a Spec, worlds: &'a [World], unseen: &[ActionKind]) -> Self {
        let deadly = |world: &World| {
            let mut world = world.clone();
            world.scenario.environment.faults.push(Fault::ProgramDies);
            world
        };
        Self { spec, worlds, deadly: worlds.iter().map(deadly).collect(), unseen: unseen.to_vec() }
    }

    /// Returns true if some path explains the whole history, which starts with a reset.
    pub(crate) fn explains(&self, events: &[Event]) -> bool {
        let mut calls = Vec::new();
        for (index, event) in (0..).zip(&events[1..]) {
            match event.clone() {
                Event::Did { operation, answer } => {
                    let call = 1_000_000 + index;
                    calls.extend([Event::Call { call, operation }, Event::Return { call, answer }]);
                }
                event @ (Event::Reset { .. } | Event::Call { .. } | Event::Return { .. } | Event::Observed { .. }) => {
                    calls.push(event)
                }
            }
        }
        let mut tried = HashSet::new();
        self.initial().into_iter().any(|moment| self.explains_from(moment, &calls, 0, &mut tried))
    }

    pub(crate) fn initial(&self) -> Vec<Moment> {
        let all = self
            .worlds
            .iter()
            .enumerate()
            .flat_map(|(index, world)| world.initial.iter().map(move |state| (index, state)));
        all.map(|(world, state)| Moment {
            world,
            state: state.clone(),
            arrived: state.accounts.values().map(|account| names(account.record.accepted)).collect(),
            requests: Vec::new(),
        })
        .collect()
    }

    pub(crate) fn world(&self, now: &Moment) -> &World {
        &self.worlds[now.world]
    }

    fn explains_from(&self, now: Moment, events: &[Event], index: usize, tried: &mut HashSet<(usize, Moment)>) -> bool {
        let Some(event) = events.get(index) else { return true };
        if !tried.insert((index, now.clone())) {
            return false;
        }
        self.after(&now, event).is_some_and(|next| self.explains_from(next, events, index + 1, tried))
            || self.silent(&now).into_iter().any(|next| self.explains_from(next, events, index, tried))
    }

    /// Returns the moment after an event, if this moment allows the event.
    pub(crate) fn after(&self, now: &Moment, event: &Event) -> Option<Moment> {
        let mut next = now.clone();
        match event {
            Event::Reset { .. } | Event::Did { .. } => panic!("a history is one run of calls and returns"),
            Event::Call { call, operation } => {
                next.requests.push(Request {
                    call: Some(*call),
                    operation: operation.clone(),
                    status: Status::Nothing,
                });
            }
            Event::Observed { mailbox, observation } => {
                let complete = self.observation(now, self.mailbox(mailbox));
                return fits(self.spec, observation, &complete).then_some(next);
            }
            Event::Return { call, answer } => {
                let index = now.requests.iter().position(|request| request.call == Some(*call))?;
                let request = next.requests.remove(index);
                match (request.status, &request.operation) {
                    (Status::Nothing, Operation::Run { .. }) if answer.result == Outcome::Unknown => {}
                    (Status::Nothing, _) if answer.result == Outcome::Unknown => {
                        next.requests.insert(index, Request { call: None, ..request });
                    }
                    (Status::Nothing, Operation::Run { .. } | Operation::Start { .. }) => return None,
                    (Status::Nothing, _) => return (answer.result == Outcome::Failed).then_some(next),
                    (Status::Running, Operation::Run { run, crash }) => {
                        next.state = self.over(now, run, *crash, answer.result)?;
                    }
                    (status, operation) => return allows_answer(status, operation, answer).then_some(next),
                }
            }
        }
        Some(next)
    }

    fn over(&self, now: &Moment, run: &RunRequest, crash: bool, result: Outcome) -> Option<State> {
        let (mailbox, administrator) = (self.mailbox(&run.mailbox), self.administrator(&run.administrator));
        let program = &now.state.accounts[mailbox].programs[administrator];
        let die = Action::Die { mailbox, administrator };
        if program.is_running() {
            if result != Outcome::Unknown {
                return None;
            }
            if crash {
                return self.worlds[now.world].step(&now.state, &die).ok();
            }
            let mut state = now.state.clone();
            state.shared.faults_left += 1;
            return self.deadly[now.world].step(&state, &die).ok();
        }
        let reported = match program.ended {
            Ended::Reported(outcome) => outcome,
            Ended::Died => Outcome::Failed,
            Ended::Never => return None,
        };
        (result == Outcome::Unknown || result == reported).then(|| now.state.clone())
    }

    /// Returns the moments that unobserved actions can lead to.
    pub(crate) fn silent(&self, now: &Moment) -> Vec<Moment> {
        let world = &self.worlds[now.world];
        let spontaneous = world.actions().iter().filter(|action| self.unseen.contains(&action.kind()));
        let mut all: Vec<Moment> = spontaneous
            .filter_map(|action| world.step(&now.state, action).ok())
            .map(|state| Moment { state, ..now.clone() })
            .collect();
        for index in 0..now.requests.len() {
            match now.requests[index].status {
                Status::Nothing => all.extend(self.take_effect(now, index)),
                Status::Running => {
                    let Operation::Run { run, .. } = &now.requests[index].operation else {
                        panic!("only whole runs are running")
                    };
                    let (mailbox, administrator) = (self.mailbox(&run.mailbox), self.administrator(&run.administrator));
                    let fates = [Fate::Answered, Fate::RequestLost, Fate::ReplyLost];
                    let acts = fates.into_iter().flat_map(|fate| acts(world, mailbox, administrator, fate));
                    let own = acts.chain([Action::Die { mailbox, administrator }]);
                    let can = |action: &Action| world.actions().contains(action);
                    let states = own.filter(can).filter_map(|action| world.step(&now.state, &action).ok());
                    all.extend(states.map(|state| Moment { state, ..now.clone() }));
                }
                Status::Happened { .. } | Status::Declined(_) => {}
            }
        }
        all
    }

    /// Returns the moments after a requested operation takes effect.
    fn take_effect(&self, now: &Moment, index: usize) -> Vec<Moment> {
        let world = &self.worlds[now.world];
        let request = &now.requests[index];
        let set = |mut next: Moment, status: Status| -> Option<Moment> {
            match (request.call, status) {
                (Some(_), _) => next.requests[index].status = status,
                (None, Status::Declined(_)) => return None,
                (None, _) => drop(next.requests.remove(index)),
            }
            Some(next)
        };
        let actions = match self.actions(now, &request.operation) {
            Ok(actions) => actions,
            Err(reason) => return set(now.clone(), Status::Declined(reason)).into_iter().collect(),
        };
        let mut found = Vec::new();
        let mut declined = None;
        for action in actions {
            match world.occur(&now.state, &action) {
                Err(reason) => declined = Some(reason),
                Ok(occurrence) => {
                    let mut next = Moment { state: occurrence.state, ..now.clone() };
                    let mut returned = false;
                    if let Operation::Deliver { mailbox, message, .. } | Operation::Redeliver { mailbox, message, .. } =
                        &request.operation
                    {
                        let mailbox = self.mailbox(mailbox);
                        let arrived = &mut next.arrived[mailbox.index()];
                        if !arrived.contains(message) {
                            arrived.push(message.clone());
                        }
                        let number = arrived.iter().position(|name| name == message).unwrap();
                        returned = next.state.accounts[mailbox].record.returned.contains(MessageId::at(number));
                    }
                    let status = if matches!(request.operation, Operation::Run { .. }) {
                        Status::Running
                    } else {
                        Status::Happened { ended: occurrence.step.and_then(|step| step.ended), returned }
                    };
                    found.extend(set(next, status));
                }
            }
        }
        if found.is_empty() {
            found.extend(declined.and_then(|reason| set(now.clone(), Status::Declined(reason))));
        }
        found
    }

    fn actions(&self, now: &Moment, operation: &Operation) -> Result<Vec<Action>, Refusal> {
        let view = |by: &str| if by == "remembered" { View::Remembered } else { View::Replica(self.server(by)) };
        let number = |mailbox: &str, message: &String| {
            let arrived = &now.arrived[self.mailbox(mailbox).index()];
            arrived.iter().position(|name| name == message).map(MessageId::at)
        };
        let act = |mailbox: &str, administrator: &str, fate: Fate| {
            acts(&self.worlds[now.world], self.mailbox(mailbox), self.administrator(administrator), fate)
        };
        Ok(match operation {
            Operation::Deliver { mailbox, message, by } => match number(mailbox, message) {
                Some(_) => return Err(Refusal::MessagesUsedUp),
                None => vec![Action::Deliver { mailbox: self.mailbox(mailbox), by: view(by) }],
            },
            Operation::Redeliver { mailbox, message, by } => {
                let message = number(mailbox, message).ok_or(Refusal::NotQueued)?;
                vec![Action::Redeliver { mailbox: self.mailbox(mailbox), message, by: view(by) }]
            }
            Operation::OwnerDeletes { mailbox, message, by } => {
                let message = number(mailbox, message).ok_or(Refusal::NoSuchMessage)?;
                vec![Action::OwnerDeletes { mailbox: self.mailbox(mailbox), message, by: view(by) }]
            }
            Operation::LogOn { mailbox, by } => vec![Action::LogOn { mailbox: self.mailbox(mailbox), by: view(by) }],
            Operation::Run { run, .. } | Operation::Start { run } => {
                let administrator = self.administrator(&run.administrator);
                let own = &self.spec.scenario.administrators[administrator.index()].runs;
                let servers = (self.server(&run.from), self.server(&run.to), self.server(&run.connected_to));
                let is_it = |one: &stranded_model::scenario::Run| {
                    one.procedure.name == run.procedure && (one.from, one.to, one.connected_to) == servers
                };
                let mailbox = self.mailbox(&run.mailbox);
                let all = (0_u8..).zip(own).filter(|(_, one)| is_it(one));
                all.map(|(run, _)| Action::Start { mailbox, administrator, run }).collect()
            }
            Operation::Act { mailbox, administrator } => act(mailbox, administrator, Fate::Answered),
            Operation::RequestLost { mailbox, administrator } => act(mailbox, administrator, Fate::RequestLost),
            Operation::ReplyLost { mailbox, administrator } => act(mailbox, administrator, Fate::ReplyLost),
            Operation::RequestLate { mailbox, administrator } => act(mailbox, administrator, Fate::RequestLate),
            Operation::LateEffect { mailbox } => vec![Action::TakeEffect { mailbox: self.mailbox(mailbox) }],
            Operation::JournalLost { mailbox, administrator } => {
                let (mailbox, administrator) = (self.mailbox(mailbox), self.administrator(administrator));
                vec![Action::LoseJournal { mailbox, administrator }]
            }
            Operation::JournalOutlivesMail { mailbox, server } => {
                vec![Action::LoseRecent { mailbox: self.mailbox(mailbox), server: self.server(server) }]
            }
            Operation::StoreLooksEmpty { mailbox, server } => {
                vec![Action::LookEmpty { mailbox: self.mailbox(mailbox), server: self.server(server) }]
            }
            Operation::StoreShowsMail { mailbox, server } => {
                vec![Action::Reappear { mailbox: self.mailbox(mailbox), server: self.server(server) }]
            }
            Operation::ProgramDies { mailbox, administrator } => {
                vec![Action::Die { mailbox: self.mailbox(mailbox), administrator: self.administrator(administrator) }]
            }
            Operation::Replicate { mailbox, from, to } => {
                vec![Action::Replicate { mailbox: self.mailbox(mailbox), from: self.server(from), to: self.server(to) }]
            }
            Operation::Refresh { mailbox, from } => {
                vec![Action::Refresh { mailbox: self.mailbox(mailbox), from: self.server(from) }]
            }
            Operation::OtherEdit { mailbox, server } => {
                vec![Action::Edit { mailbox: self.mailbox(mailbox), replica: self.server(server) }]
            }
            Operation::StoreCrashes { server } => vec![Action::Fail { server: self.server(server), part: Part::Store }],
            Operation::StoreRestarts { server } => {
                vec![Action::Recover { server: self.server(server), part: Part::Store }]
            }
            Operation::ReplicaUnreachable { server } => {
                vec![Action::Fail { server: self.server(server), part: Part::Replica }]
            }
            Operation::ReplicaReachable { server } => {
                vec![Action::Recover { server: self.server(server), part: Part::Replica }]
            }
        })
    }

    /// Returns the complete observation of a mailbox.
    pub(crate) fn observation(&self, now: &Moment, mailbox: MailboxId) -> Observation {
        let account = &now.state.accounts[mailbox];
        let servers = &self.spec.scenario.site.servers;
        let list = |set: MessageSet| -> Vec<String> {
            set.iter().map(|message| now.arrived[mailbox.index()][message.index()].clone()).collect()
        };
        let home = |home: Home| Some(home.server().map(|server| servers[server].clone()));
        let mut observation = Observation {
            queued: Some(list(account.queued)),
            returned: Some(list(account.record.returned)),
            saved: Some(list(account.saved)),
            delivery_held: Some(account.transport == Transport::Held),
            ..Observation::default()
        };
        for (server, name) in servers.iter() {
            let homes = account.recipients[server].homes();
            let homes = homes.map(|homes| HomesObservation { home_mdb: home(homes.mdb), home_mta: home(homes.mta) });
            observation.directory.insert(name.clone(), homes);
            let found = account.mailboxes[server];
            let copies = |contents: &Contents| {
                let kept = [contents.messages, contents.began_twice, contents.duplicated, contents.mark.pending()];
                kept.into_iter().flat_map(&list).collect()
            };
            let store = StoreObservation {
                messages: Some(match &found {
                    Mailbox::Absent => Vec::new(),
                    Mailbox::Present(contents) => copies(contents),
                }),
                pending: Some(list(found.mark().pending())),
                in_transit: Some(found.mark() != Mark::Settled),
                details: None,
            };
            observation.stores.insert(name.clone(), found.is_present().then_some(store));
        }
        observation
    }

    pub(crate) fn mailbox(&self, name: &str) -> MailboxId {
        MailboxId::at(name.strip_prefix("mailbox-").unwrap().parse::<usize>().unwrap() - 1)
    }

    fn server(&self, name: &str) -> ServerId {
        self.spec.scenario.site.servers.iter().find(|(_, server)| *server == name).unwrap().0
    }

    fn administrator(&self, name: &str) -> AdministratorId {
        AdministratorId::at(self.spec.scenario.administrators.iter().position(|one| one.name == name).unwrap())
    }
}

fn allows_answer(status: Status, operation: &Operation, answer: &Answer) -> bool {
    let is_step = matches!(
        operation,
        Operation::Act { .. }
            | Operation::RequestLost { .. }
            | Operation::ReplyLost { .. }
            | Operation::RequestLate { .. }
    );
    match (status, answer.result) {
        (_, Outcome::Unknown) => true,
        (Status::Happened { ended, .. }, Outcome::Ok) if is_step => ended == answer.ended,
        (Status::Happened { .. }, Outcome::Ok) => true,
        (Status::Happened { returned, .. }, Outcome::Refused) => returned,
        (Status::Happened { returned, .. }, Outcome::Failed) => !returned,
        (Status::Declined(reason), Outcome::Refused | Outcome::Failed) => !reason.is_bound(),
        (Status::Declined(reason), Outcome::Ok) => reason.changes_nothing(),
        (Status::Nothing | Status::Running, _) => panic!("the caller handles these"),
    }
}

fn names(messages: MessageSet) -> Vec<String> {
    messages.iter().map(|message| format!("m{}", message.0 + 1)).collect()
}

/// Returns true if a partial observation agrees with the complete one.
pub(crate) fn fits(spec: &Spec, partial: &Observation, all: &Observation) -> bool {
    let list = |partial: &Option<Vec<String>>, all: &Option<Vec<String>>| {
        let set = |list: &Vec<String>| list.iter().cloned().collect::<BTreeSet<_>>();
        partial.as_ref().is_none_or(|partial| Some(set(partial)) == all.as_ref().map(set))
    };
    let is_server = |name: &String| spec.scenario.site.servers.values().any(|server| server == name);
    let home = |partial: &Option<Option<String>>, all: &Option<Option<String>>| {
        // Every value that names no server counts as malformed.
        partial.as_ref().is_none_or(|partial| partial.clone().filter(is_server) == all.clone().flatten())
    };
    let homes = |partial: &HomesObservation, all: &HomesObservation| {
        home(&partial.home_mdb, &all.home_mdb) && home(&partial.home_mta, &all.home_mta)
    };
    // A message with two copies in the model has two or more.
    let copies = |partial: &Option<Vec<String>>, all: &Option<Vec<String>>| {
        let count = |list: &Vec<String>, name: &String| list.iter().filter(|other| *other == name).count();
        let agrees = |partial: &Vec<String>, all: &Vec<String>, name: &String| {
            let (seen, held) = (count(partial, name), count(all, name));
            seen == held || (held > 1 && seen > held)
        };
        partial
            .as_ref()
            .zip(all.as_ref())
            .is_none_or(|(partial, all)| partial.iter().chain(all).all(|name| agrees(partial, all, name)))
    };
    let store = |partial: &StoreObservation, all: &StoreObservation| {
        copies(&partial.messages, &all.messages)
            && list(&partial.pending, &all.pending)
            && partial.in_transit.is_none_or(|partial| Some(partial) == all.in_transit)
    };
    partial.directory.iter().all(|(server, partial)| match (partial, &all.directory[server]) {
        (None, None) => true,
        (Some(partial), Some(all)) => homes(partial, all),
        (None, Some(_)) | (Some(_), None) => false,
    }) && partial.stores.iter().all(|(server, partial)| match (partial, &all.stores[server]) {
        (None, None) => true,
        (Some(partial), Some(all)) => store(partial, all),
        (None, Some(_)) | (Some(_), None) => false,
    }) && list(&partial.queued, &all.queued)
        && list(&partial.returned, &all.returned)
        && list(&partial.saved, &all.saved)
        && partial.delivery_held.is_none_or(|partial| Some(partial) == all.delivery_held)
}
