//! An implementation as people see it: a [`Picture`] of what was observed of it so far. What was not observed is not drawn as absent.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::procedure::Outcome;
use stranded_oracle::protocol::{Answer, Event, Observation, Operation};

use super::picture::{HomePicture, MailboxPicture, Picture, ProgramPicture, StorePicture};

/// The observations of a run, event by event.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    servers: Vec<String>,
    last: BTreeMap<String, Observation>,
    programs: BTreeMap<(String, String), ProgramPicture>,
    seen: BTreeMap<String, BTreeSet<String>>,
    deleted: BTreeMap<String, BTreeSet<String>>,
    calls: BTreeMap<u64, Operation>,
}

impl Observed {
    /// Starts without observations.
    #[must_use]
    pub fn new(servers: Vec<String>, mailboxes: impl IntoIterator<Item = String>) -> Self {
        let last = mailboxes.into_iter().map(|mailbox| (mailbox, Observation::default())).collect();
        Self { servers, last, ..Self::default() }
    }

    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Reset { start } => {
                let start = start.clone();
                start.into_iter().for_each(|(mailbox, observation)| self.observe(mailbox, observation));
            }
            Event::Observed { mailbox, observation } => self.observe(mailbox.clone(), observation.clone()),
            Event::Did { operation, answer } => self.operate(operation, Some(answer)),
            Event::Call { call, operation } => {
                self.operate(operation, None);
                self.calls.insert(*call, operation.clone());
            }
            Event::Return { call, answer } => {
                if let Some(operation) = self.calls.remove(call) {
                    self.operate(&operation, Some(answer));
                }
            }
        }
    }

    /// Returns the picture of everything observed so far.
    #[must_use]
    pub fn picture(&self) -> Picture {
        let mailboxes = self.last.iter().map(|(name, observation)| self.mailbox(name, observation));
        Picture {
            mailboxes: mailboxes.collect(),
            down: Vec::new(),
            programs: self.programs.values().cloned().collect(),
        }
    }

    fn observe(&mut self, mailbox: String, observation: Observation) {
        self.seen.entry(mailbox.clone()).or_default().extend(present(&observation));
        self.last.insert(mailbox, observation);
    }

    fn operate(&mut self, operation: &Operation, answer: Option<&Answer>) {
        let mut program = |mailbox: &str, who: &str, running: bool, says: String| {
            let picture = ProgramPicture { who: who.to_owned(), mailbox: mailbox.to_owned(), running, says };
            self.programs.insert((mailbox.to_owned(), who.to_owned()), picture);
        };
        match operation {
            Operation::Run { run, .. } | Operation::Start { run } => {
                let ended = answer.and_then(|answer| answer.ended);
                let is_run = matches!(operation, Operation::Run { .. });
                let says = match (ended, answer) {
                    (Some(ended), _) => format!("{} reported {}", run.procedure, ended.name()),
                    (None, Some(answer)) if is_run => format!("{} answered {}", run.procedure, answer.result.name()),
                    (None, _) => format!("{} is running", run.procedure),
                };
                program(&run.mailbox, &run.administrator, ended.is_none() && (!is_run || answer.is_none()), says);
            }
            Operation::Act { mailbox, administrator } => {
                if let Some(ended) = answer.and_then(|answer| answer.ended) {
                    program(mailbox, administrator, false, format!("the run reported {}", ended.name()));
                }
            }
            Operation::ProgramDies { mailbox, administrator } => {
                program(mailbox, administrator, false, "the program died and reported nothing".to_owned());
            }
            Operation::OwnerDeletes { mailbox, message, .. }
                if answer.is_some_and(|answer| answer.result != Outcome::Refused) =>
            {
                self.deleted.entry(mailbox.clone()).or_default().insert(message.clone());
            }
            Operation::OwnerDeletes { .. }
            | Operation::Deliver { .. }
            | Operation::Redeliver { .. }
            | Operation::LogOn { .. }
            | Operation::RequestLost { .. }
            | Operation::ReplyLost { .. }
            | Operation::RequestLate { .. }
            | Operation::LateEffect { .. }
            | Operation::JournalLost { .. }
            | Operation::JournalOutlivesMail { .. }
            | Operation::StoreLooksEmpty { .. }
            | Operation::StoreShowsMail { .. }
            | Operation::Replicate { .. }
            | Operation::Refresh { .. }
            | Operation::OtherEdit { .. }
            | Operation::StoreCrashes { .. }
            | Operation::StoreRestarts { .. }
            | Operation::ReplicaUnreachable { .. }
            | Operation::ReplicaReachable { .. } => {}
        }
    }

    fn mailbox(&self, name: &str, observation: &Observation) -> MailboxPicture {
        let replicas: Vec<(&String, String)> = self.servers.iter().map(|one| (one, home(observation, one))).collect();
        let directory = match &replicas[..] {
            [(_, first), rest @ ..] if rest.iter().all(|(_, other)| other == first) => vec![first.clone()],
            several => several.iter().map(|(server, home)| format!("{server} says {home}")).collect(),
        };
        let named = observation.directory.values().flatten().flat_map(|homes| [&homes.home_mdb, &homes.home_mta]);
        let homes: BTreeSet<String> = named.flatten().flatten().cloned().collect();
        let stores: Vec<StorePicture> = self.servers.iter().map(|server| store(server, observation)).collect();
        let now: BTreeSet<String> = present(observation).collect();
        let deleted = self.deleted.get(name).cloned().unwrap_or_default();
        MailboxPicture {
            name: name.to_owned(),
            stranded: stranded(&homes, &stores),
            partly: None,
            directory,
            homes: named_homes(observation),
            queued: observation.queued.clone().unwrap_or_default(),
            held: observation.delivery_held == Some(true),
            saved: observation.saved.clone().unwrap_or_default(),
            lost: self.missing(name, observation, &stores, &deleted),
            returned: observation.returned.clone().unwrap_or_default(),
            deleted: deleted.into_iter().filter(|one| !now.contains(one)).collect(),
            stores,
        }
    }

    /// The messages that were seen before and are in no location now. None if a location was not observed.
    fn missing(
        &self,
        name: &str,
        observation: &Observation,
        stores: &[StorePicture],
        deleted: &BTreeSet<String>,
    ) -> Vec<String> {
        let Observation { queued, returned, saved, .. } = observation;
        let is_whole = [queued, returned, saved].iter().all(|one| one.is_some());
        if !is_whole || stores.iter().any(|store| store.unobserved) {
            return Vec::new();
        }
        let now: BTreeSet<String> = present(observation).collect();
        let seen = self.seen.get(name).into_iter().flatten();
        seen.filter(|one| !now.contains(*one) && !deleted.contains(*one)).cloned().collect()
    }
}

/// The servers that some observed replica names as the home.
fn named_homes(observation: &Observation) -> Vec<HomePicture> {
    let replicas: Vec<(&String, [Option<&String>; 2])> = observation
        .directory
        .iter()
        .filter_map(|(replica, homes)| {
            let homes = homes.as_ref()?;
            Some((replica, [&homes.home_mdb, &homes.home_mta].map(|home| home.as_ref().and_then(Option::as_ref))))
        })
        .collect();
    HomePicture::of(&replicas, observation.directory.len())
}

/// Every message of an observation.
fn present(observation: &Observation) -> impl Iterator<Item = String> + '_ {
    let Observation { stores, queued, returned, saved, .. } = observation;
    let stored = stores.values().flatten().flat_map(|store| store.messages.iter().chain(&store.pending).flatten());
    let elsewhere = [queued, returned, saved].into_iter().flatten().flatten();
    stored.chain(elsewhere).cloned()
}

/// The home that a replica names.
fn home(observation: &Observation, server: &str) -> String {
    let name = |home: &Option<Option<String>>| match home {
        None => "not observed".to_owned(),
        Some(None) => "(malformed)".to_owned(),
        Some(Some(name)) => name.clone(),
    };
    match observation.directory.get(server) {
        None => "not observed".to_owned(),
        Some(None) => "no recipient".to_owned(),
        Some(Some(homes)) if homes.home_mdb == homes.home_mta => name(&homes.home_mdb),
        Some(Some(homes)) => format!("MDB {} MTA {}", name(&homes.home_mdb), name(&homes.home_mta)),
    }
}

/// The two servers in one clause, if every observed home is one server whose store was seen without mail, and mail is elsewhere.
fn stranded(homes: &BTreeSet<String>, stores: &[StorePicture]) -> Option<String> {
    let (Some(home), 1) = (homes.first(), homes.len()) else { return None };
    let holds = |store: &&StorePicture| !store.messages.is_empty() || !store.pending.is_empty();
    let at_home = stores.iter().find(|store| store.server == *home)?;
    let data: Vec<&str> = stores.iter().filter(holds).map(|store| store.server.as_str()).collect();
    let is_stranded = !at_home.unobserved && !holds(&at_home) && !data.is_empty();
    is_stranded.then(|| format!("the directory says {home}, the data is on {}", data.join(" and ")))
}

fn store(server: &str, observation: &Observation) -> StorePicture {
    let entry = observation.stores.get(server);
    let found = entry.and_then(Option::as_ref);
    let messages = found.and_then(|found| found.messages.clone());
    let unobserved = entry.is_none() || found.is_some() && messages.is_none();
    let messages = messages.unwrap_or_default();
    let transit = found.is_some_and(|found| found.in_transit == Some(true)).then(|| "in transit".to_owned());
    let mut says = vec![match (unobserved, found, messages.is_empty()) {
        (true, ..) => "not observed".to_owned(),
        (false, None, _) => "–".to_owned(),
        (false, Some(_), true) => "empty".to_owned(),
        (false, Some(_), false) => messages.join(" "),
    }];
    says.extend(transit.clone());
    let pending = found.and_then(|found| found.pending.clone()).unwrap_or_default();
    StorePicture {
        server: server.to_owned(),
        listed: found.is_some() && !unobserved,
        messages: messages.into_iter().filter(|one| !pending.contains(one)).collect(),
        flying: Vec::new(),
        pending,
        transit,
        hidden: None,
        kilobytes: 0,
        unobserved,
        says,
    }
}
