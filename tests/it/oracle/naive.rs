//! A judge that knows nothing but the model's step: it tries every way in which a history can have come about, one after the
//! other, and shares no code with the oracle. Slow, and short enough to be read.

use std::collections::{BTreeSet, HashSet};

use stranded_model::action::{Action, ActionKind, Fate, Part, View};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::procedure::Outcome;
use stranded_model::scenario::Fault;
use stranded_model::state::{Ended, Home, Mark, State, Transport};
use stranded_model::{Refusal, World};
use stranded_oracle::protocol::RunRequest;
use stranded_oracle::protocol::{Answer, Event, HomesObservation, Observation, Operation, StoreObservation};
use stranded_search::scenario::Spec;

/// One moment of one way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Moment {
    pub(crate) world: usize,
    pub(crate) state: State,
    /// What the history calls the messages of each mailbox, in the order of their arrival.
    pub(crate) arrived: Vec<Vec<String>>,
    pub(crate) open: Vec<Open>,
}

/// Something that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Open {
    pub(crate) call: Option<u64>,
    pub(crate) operation: Operation,
    pub(crate) became: Became,
}

/// What has become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Became {
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

    /// Whether some way explains the whole history, which begins with a reset.
    pub(crate) fn explains(&self, events: &[Event]) -> bool {
        let mut asked = Vec::new();
        for (place, event) in (0..).zip(&events[1..]) {
            match event.clone() {
                Event::Did { operation, answer } => {
                    let call = 1_000_000 + place;
                    asked.extend([Event::Call { call, operation }, Event::Return { call, answer }]);
                }
                event @ (Event::Reset { .. } | Event::Call { .. } | Event::Return { .. } | Event::Observed { .. }) => {
                    asked.push(event)
                }
            }
        }
        let mut tried = HashSet::new();
        self.begin().into_iter().any(|moment| self.goes_on(moment, &asked, 0, &mut tried))
    }

    pub(crate) fn begin(&self) -> Vec<Moment> {
        let all = self
            .worlds
            .iter()
            .enumerate()
            .flat_map(|(place, world)| world.initial.iter().map(move |state| (place, state)));
        all.map(|(world, state)| Moment {
            world,
            state: state.clone(),
            arrived: state.accounts.values().map(|account| names(account.record.accepted)).collect(),
            open: Vec::new(),
        })
        .collect()
    }

    pub(crate) fn world(&self, now: &Moment) -> &World {
        &self.worlds[now.world]
    }

    fn goes_on(&self, now: Moment, events: &[Event], place: usize, tried: &mut HashSet<(usize, Moment)>) -> bool {
        let Some(event) = events.get(place) else { return true };
        if !tried.insert((place, now.clone())) {
            return false;
        }
        self.shown(&now, event).is_some_and(|next| self.goes_on(next, events, place + 1, tried))
            || self.silent(&now).into_iter().any(|next| self.goes_on(next, events, place, tried))
    }

    /// The moment after an event that this one allows.
    pub(crate) fn shown(&self, now: &Moment, event: &Event) -> Option<Moment> {
        let mut next = now.clone();
        match event {
            Event::Reset { .. } | Event::Did { .. } => panic!("a history is one run of calls and returns"),
            Event::Call { call, operation } => {
                next.open.push(Open { call: Some(*call), operation: operation.clone(), became: Became::Nothing });
            }
            Event::Observed { mailbox, observation } => {
                let seen = self.observation(now, self.mailbox(mailbox));
                return fits(self.spec, observation, &seen).then_some(next);
            }
            Event::Return { call, answer } => {
                let place = now.open.iter().position(|open| open.call == Some(*call))?;
                let open = next.open.remove(place);
                match (open.became, &open.operation) {
                    (Became::Nothing, Operation::Run { .. }) if answer.result == Outcome::Unknown => {}
                    (Became::Nothing, _) if answer.result == Outcome::Unknown => {
                        next.open.insert(place, Open { call: None, ..open });
                    }
                    (Became::Nothing, Operation::Run { .. } | Operation::Start { .. }) => return None,
                    (Became::Nothing, _) => return (answer.result == Outcome::Failed).then_some(next),
                    (Became::Running, Operation::Run { run, crash }) => {
                        next.state = self.over(now, run, *crash, answer.result)?;
                    }
                    (became, operation) => return may_say(became, operation, answer).then_some(next),
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

    /// Whatever can happen without being seen.
    pub(crate) fn silent(&self, now: &Moment) -> Vec<Moment> {
        let world = &self.worlds[now.world];
        let spontaneous = world.actions().iter().filter(|action| self.unseen.contains(&action.kind()));
        let mut all: Vec<Moment> = spontaneous
            .filter_map(|action| world.step(&now.state, action).ok())
            .map(|state| Moment { state, ..now.clone() })
            .collect();
        for place in 0..now.open.len() {
            match now.open[place].became {
                Became::Nothing => all.extend(self.happen(now, place)),
                Became::Running => {
                    let Operation::Run { run, .. } = &now.open[place].operation else { panic!("only runs run") };
                    let (mailbox, administrator) = (self.mailbox(&run.mailbox), self.administrator(&run.administrator));
                    let fates = [Fate::Answered, Fate::RequestLost, Fate::ReplyLost];
                    let acts = fates.map(|fate| Action::Act { mailbox, administrator, fate });
                    let his = acts.into_iter().chain([Action::Die { mailbox, administrator }]);
                    let can = |action: &Action| world.actions().contains(action);
                    let states = his.filter(can).filter_map(|action| world.step(&now.state, &action).ok());
                    all.extend(states.map(|state| Moment { state, ..now.clone() }));
                }
                Became::Happened { .. } | Became::Declined(_) => {}
            }
        }
        all
    }

    /// The moment of something that was asked.
    fn happen(&self, now: &Moment, place: usize) -> Vec<Moment> {
        let world = &self.worlds[now.world];
        let open = &now.open[place];
        let set = |mut next: Moment, became: Became| -> Option<Moment> {
            match (open.call, became) {
                (Some(_), _) => next.open[place].became = became,
                (None, Became::Declined(_)) => return None,
                (None, _) => drop(next.open.remove(place)),
            }
            Some(next)
        };
        let actions = match self.actions(now, &open.operation) {
            Ok(actions) => actions,
            Err(reason) => return set(now.clone(), Became::Declined(reason)).into_iter().collect(),
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
                        &open.operation
                    {
                        let mailbox = self.mailbox(mailbox);
                        let arrived = &mut next.arrived[mailbox.index()];
                        if !arrived.contains(message) {
                            arrived.push(message.clone());
                        }
                        let number = arrived.iter().position(|name| name == message).unwrap();
                        returned = next.state.accounts[mailbox].record.returned.contains(MessageId::at(number));
                    }
                    let became = if matches!(open.operation, Operation::Run { .. }) {
                        Became::Running
                    } else {
                        Became::Happened { ended: occurrence.step.and_then(|step| step.ended), returned }
                    };
                    found.extend(set(next, became));
                }
            }
        }
        if found.is_empty() {
            found.extend(declined.and_then(|reason| set(now.clone(), Became::Declined(reason))));
        }
        found
    }

    fn actions(&self, now: &Moment, operation: &Operation) -> Result<Vec<Action>, Refusal> {
        let view = |by: &str| if by == "remembered" { View::Remembered } else { View::Replica(self.server(by)) };
        let number = |mailbox: &str, message: &String| {
            let arrived = &now.arrived[self.mailbox(mailbox).index()];
            arrived.iter().position(|name| name == message).map(MessageId::at)
        };
        let act = |mailbox: &str, administrator: &str, fate: Fate| Action::Act {
            mailbox: self.mailbox(mailbox),
            administrator: self.administrator(administrator),
            fate,
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
                let his = &self.spec.scenario.administrators[administrator.index()].runs;
                let servers = (self.server(&run.from), self.server(&run.to), self.server(&run.connected_to));
                let is_it = |one: &stranded_model::scenario::Run| {
                    one.procedure.name == run.procedure && (one.from, one.to, one.connected_to) == servers
                };
                let mailbox = self.mailbox(&run.mailbox);
                let all = (0_u8..).zip(his).filter(|(_, one)| is_it(one));
                all.map(|(run, _)| Action::Start { mailbox, administrator, run }).collect()
            }
            Operation::Act { mailbox, administrator } => vec![act(mailbox, administrator, Fate::Answered)],
            Operation::RequestLost { mailbox, administrator } => vec![act(mailbox, administrator, Fate::RequestLost)],
            Operation::ReplyLost { mailbox, administrator } => vec![act(mailbox, administrator, Fate::ReplyLost)],
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

    /// All that can be seen of a mailbox.
    pub(crate) fn observation(&self, now: &Moment, mailbox: MailboxId) -> Observation {
        let account = &now.state.accounts[mailbox];
        let servers = &self.spec.scenario.site.servers;
        let list =
            |set: MessageSet| set.iter().map(|message| now.arrived[mailbox.index()][message.index()].clone()).collect();
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
            let store = StoreObservation {
                messages: Some(list(found.held())),
                pending: Some(list(found.mark().pending())),
                in_transit: Some(found.mark() != Mark::Settled),
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

fn may_say(became: Became, operation: &Operation, answer: &Answer) -> bool {
    let is_step =
        matches!(operation, Operation::Act { .. } | Operation::RequestLost { .. } | Operation::ReplyLost { .. });
    match (became, answer.result) {
        (_, Outcome::Unknown) => true,
        (Became::Happened { ended, .. }, Outcome::Ok) if is_step => ended == answer.ended,
        (Became::Happened { .. }, Outcome::Ok) => true,
        (Became::Happened { returned, .. }, Outcome::Refused) => returned,
        (Became::Happened { returned, .. }, Outcome::Failed) => !returned,
        (Became::Declined(reason), Outcome::Refused | Outcome::Failed) => !reason.is_bound(),
        (Became::Declined(reason), Outcome::Ok) => reason.changes_nothing(),
        (Became::Nothing | Became::Running, _) => panic!("these are told apart before"),
    }
}

fn names(messages: MessageSet) -> Vec<String> {
    messages.iter().map(|message| format!("m{}", message.0 + 1)).collect()
}

/// Whether a look that may be partial is a part of all that can be seen.
pub(crate) fn fits(spec: &Spec, look: &Observation, all: &Observation) -> bool {
    let list = |look: &Option<Vec<String>>, all: &Option<Vec<String>>| {
        let set = |list: &Vec<String>| list.iter().cloned().collect::<BTreeSet<_>>();
        look.as_ref().is_none_or(|look| Some(set(look)) == all.as_ref().map(set))
    };
    let is_server = |name: &String| spec.scenario.site.servers.values().any(|server| server == name);
    let home = |look: &Option<Option<String>>, all: &Option<Option<String>>| {
        // Whatever names no server is malformed.
        look.as_ref().is_none_or(|look| look.clone().filter(is_server) == all.clone().flatten())
    };
    let homes = |look: &HomesObservation, all: &HomesObservation| {
        home(&look.home_mdb, &all.home_mdb) && home(&look.home_mta, &all.home_mta)
    };
    let store = |look: &StoreObservation, all: &StoreObservation| {
        list(&look.messages, &all.messages)
            && list(&look.pending, &all.pending)
            && look.in_transit.is_none_or(|look| Some(look) == all.in_transit)
    };
    look.directory.iter().all(|(server, look)| match (look, &all.directory[server]) {
        (None, None) => true,
        (Some(look), Some(all)) => homes(look, all),
        (None, Some(_)) | (Some(_), None) => false,
    }) && look.stores.iter().all(|(server, look)| match (look, &all.stores[server]) {
        (None, None) => true,
        (Some(look), Some(all)) => store(look, all),
        (None, Some(_)) | (Some(_), None) => false,
    }) && list(&look.queued, &all.queued)
        && list(&look.returned, &all.returned)
        && list(&look.saved, &all.saved)
        && look.delivery_held.is_none_or(|look| Some(look) == all.delivery_held)
}
