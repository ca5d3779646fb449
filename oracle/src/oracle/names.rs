//! The names of a log, and the numbers that the oracle gives them: [`Names::resolve`] is the only conversion.

use std::collections::BTreeMap;

use arrayvec::ArrayVec;
use indexmap::IndexSet;
use stranded_model::action::View;
use stranded_model::dn::{self, HomeAttribute};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::state::Home;
use stranded_model::table::{PerMailbox, Table};

use crate::protocol::{
    Answer, Event, HomesObservation, Naming, Observation, Operation, RunRequest, StoreObservation, Wrong,
};
use stranded_search::names;
use stranded_search::scenario::{Spec, nearest};

use super::copies::Copies;

/// The number of a message in a log: its index among the messages of its mailbox, in the order in which the log names them.
pub type LogNumber = u8;

/// The log's numbers of the messages of a mailbox, in the order in which the messages arrived.
pub type Arrivals = ArrayVec<LogNumber, { MessageSet::CAPACITY }>;

/// The naming of the oracle: every part by its number. Messages have the log's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numbered;

impl Naming for Numbered {
    type Server = ServerId;
    type View = View;
    type Mailbox = MailboxId;
    type Administrator = AdministratorId;
    type Message = LogNumber;
    type Messages = MessageSet;
    type Copies = Copies;
    type Details = ();
    type Home = Home;
    type Run = CandidateRuns;
}

/// The runs of a scenario that a [`RunRequest`] may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CandidateRuns {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The administrator.
    pub administrator: AdministratorId,
    /// The indices of the runs among those of the administrator, one bit each.
    pub runs: u32,
}

impl CandidateRuns {
    /// The indices of the runs.
    pub fn indices(self) -> impl Iterator<Item = u8> {
        (0_u8..32).filter(move |run| self.runs & (1 << run) != 0)
    }
}

/// The names that a log uses, with their numbers.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    spec: &'a Spec,
    /// The messages of each mailbox in the order in which the log names them; those of the initial state come first.
    pub(super) messages: PerMailbox<IndexSet<String>>,
    at_first: PerMailbox<usize>,
}

impl<'a> Names<'a> {
    /// The names of the scenario, and of the messages of the initial state.
    #[must_use]
    pub fn new(spec: &'a Spec, at_first: PerMailbox<usize>) -> Self {
        let first = |mailbox: MailboxId| {
            (0..at_first[mailbox]).map(MessageId::at).map(|message| message_name(spec, mailbox, message)).collect()
        };
        Self { spec, messages: Table::of(at_first.count(), first), at_first }
    }

    /// Returns an event with numbers for names. `says` is left out of answers, because it is not judged.
    ///
    /// # Errors
    /// The event names a part that the scenario does not have.
    pub fn resolve(&mut self, event: &Event) -> Result<Event<Numbered>, Wrong> {
        let judged = |answer: &Answer| Answer { says: None, ..*answer };
        Ok(match event {
            Event::Reset { start } => {
                *self = Self::new(self.spec, self.at_first);
                Event::Reset { start: self.start(start)? }
            }
            Event::Did { operation, answer } => {
                Event::Did { operation: self.operation(operation)?, answer: judged(answer) }
            }
            Event::Call { call, operation } => Event::Call { call: *call, operation: self.operation(operation)? },
            Event::Return { call, answer } => Event::Return { call: *call, answer: judged(answer) },
            Event::Observed { mailbox, observation } => {
                let mailbox = self.mailbox(mailbox)?;
                Event::Observed { mailbox, observation: self.observation(mailbox, observation)? }
            }
        })
    }

    /// Returns the `start` of a reset with numbers for names.
    ///
    /// # Errors
    /// It names a part that the scenario does not have.
    pub fn start(
        &mut self,
        start: &BTreeMap<String, Observation>,
    ) -> Result<BTreeMap<MailboxId, Observation<Numbered>>, Wrong> {
        let one = |(name, observation): (&String, &Observation)| {
            let mailbox = self.mailbox(name)?;
            Ok((mailbox, self.observation(mailbox, observation)?))
        };
        start.iter().map(one).collect()
    }

    /// Returns an operation with numbers for names.
    ///
    /// # Errors
    /// It names a part that the scenario does not have.
    pub fn operation(&mut self, operation: &Operation) -> Result<Operation<Numbered>, Wrong> {
        Ok(match operation {
            Operation::Deliver { mailbox, message, by } => {
                let (mailbox, by) = (self.mailbox(mailbox)?, self.view(by)?);
                Operation::Deliver { mailbox, message: self.message(mailbox, message)?, by }
            }
            Operation::Redeliver { mailbox, message, by } => {
                let (mailbox, by) = (self.mailbox(mailbox)?, self.view(by)?);
                Operation::Redeliver { mailbox, message: self.message(mailbox, message)?, by }
            }
            Operation::OwnerDeletes { mailbox, message, by } => {
                let (mailbox, by) = (self.mailbox(mailbox)?, self.view(by)?);
                Operation::OwnerDeletes { mailbox, message: self.message(mailbox, message)?, by }
            }
            Operation::LogOn { mailbox, by } => {
                Operation::LogOn { mailbox: self.mailbox(mailbox)?, by: self.view(by)? }
            }
            Operation::Run { run, crash } => Operation::Run { run: self.runs(run)?, crash: *crash },
            Operation::Start { run } => Operation::Start { run: self.runs(run)? },
            Operation::Act { mailbox, administrator } => {
                let (mailbox, administrator) = self.program(mailbox, administrator)?;
                Operation::Act { mailbox, administrator }
            }
            Operation::RequestLost { mailbox, administrator } => {
                let (mailbox, administrator) = self.program(mailbox, administrator)?;
                Operation::RequestLost { mailbox, administrator }
            }
            Operation::ReplyLost { mailbox, administrator } => {
                let (mailbox, administrator) = self.program(mailbox, administrator)?;
                Operation::ReplyLost { mailbox, administrator }
            }
            Operation::RequestLate { mailbox, administrator } => {
                let (mailbox, administrator) = self.program(mailbox, administrator)?;
                Operation::RequestLate { mailbox, administrator }
            }
            Operation::LateEffect { mailbox } => Operation::LateEffect { mailbox: self.mailbox(mailbox)? },
            Operation::ProgramDies { mailbox, administrator } => {
                let (mailbox, administrator) = self.program(mailbox, administrator)?;
                Operation::ProgramDies { mailbox, administrator }
            }
            Operation::JournalLost { mailbox, administrator } => {
                let (mailbox, administrator) = self.program(mailbox, administrator)?;
                Operation::JournalLost { mailbox, administrator }
            }
            Operation::JournalOutlivesMail { mailbox, server } => {
                Operation::JournalOutlivesMail { mailbox: self.mailbox(mailbox)?, server: self.server(server)? }
            }
            Operation::StoreLooksEmpty { mailbox, server } => {
                Operation::StoreLooksEmpty { mailbox: self.mailbox(mailbox)?, server: self.server(server)? }
            }
            Operation::StoreShowsMail { mailbox, server } => {
                Operation::StoreShowsMail { mailbox: self.mailbox(mailbox)?, server: self.server(server)? }
            }
            Operation::Replicate { mailbox, from, to } => {
                let (mailbox, from, to) = (self.mailbox(mailbox)?, self.server(from)?, self.server(to)?);
                Operation::Replicate { mailbox, from, to }
            }
            Operation::Refresh { mailbox, from } => {
                Operation::Refresh { mailbox: self.mailbox(mailbox)?, from: self.server(from)? }
            }
            Operation::OtherEdit { mailbox, server } => {
                Operation::OtherEdit { mailbox: self.mailbox(mailbox)?, server: self.server(server)? }
            }
            Operation::StoreCrashes { server } => Operation::StoreCrashes { server: self.server(server)? },
            Operation::StoreRestarts { server } => Operation::StoreRestarts { server: self.server(server)? },
            Operation::ReplicaUnreachable { server } => Operation::ReplicaUnreachable { server: self.server(server)? },
            Operation::ReplicaReachable { server } => Operation::ReplicaReachable { server: self.server(server)? },
        })
    }

    /// Returns the names of messages that have the log's numbers, each once for every copy.
    #[must_use]
    pub fn copies_of(&self, mailbox: MailboxId, copies: Copies) -> Vec<String> {
        let repeated = |message: MessageId| {
            let name = self.messages(mailbox, MessageSet::just(message));
            name.into_iter().flat_map(move |name| std::iter::repeat_n(name, copies.count(message)))
        };
        copies.once.iter().flat_map(repeated).collect()
    }

    /// Returns the names of messages that have the log's numbers.
    #[must_use]
    pub fn messages(&self, mailbox: MailboxId, messages: MessageSet) -> Vec<String> {
        let name = |message: MessageId| match self.messages[mailbox].get_index(message.index()) {
            Some(name) => name.clone(),
            None => message_name(self.spec, mailbox, message),
        };
        messages.iter().map(name).collect()
    }

    fn runs(&self, request: &RunRequest) -> Result<CandidateRuns, Wrong> {
        let (mailbox, administrator) = self.program(&request.mailbox, &request.administrator)?;
        let (from, to) = (self.server(&request.from)?, self.server(&request.to)?);
        let connected_to = self.server(&request.connected_to)?;
        let own = &self.spec.scenario.administrators[administrator.index()].runs;
        let fits = own.iter().map(|run| {
            run.procedure.name == request.procedure && (run.from, run.to, run.connected_to) == (from, to, connected_to)
        });
        let runs = fits.enumerate().fold(0, |runs, (index, fits)| if fits { runs | 1 << index } else { runs });
        if runs == 0 {
            let shown = |run: &stranded_model::scenario::Run| {
                let name = |server| names::server(&self.spec.scenario, server);
                let (from, to, at) = (name(run.from), name(run.to), name(run.connected_to));
                format!("{} from {from} to {to} connected to {at}", run.procedure.name)
            };
            let wanted = own.iter().map(shown).collect::<Vec<_>>().join(", or ");
            let message =
                format!("{} has no run of `{}` between these servers", request.administrator, request.procedure);
            let is_builtin = stranded_search::scenario::builtin::procedure(&request.procedure).is_some();
            let hint = format!("; or pass `--implements {}` to judge by that procedure", request.procedure);
            return Err(Wrong::new(message, if is_builtin { wanted + &hint } else { wanted }));
        }
        Ok(CandidateRuns { mailbox, administrator, runs })
    }

    fn observation(&mut self, mailbox: MailboxId, seen: &Observation) -> Result<Observation<Numbered>, Wrong> {
        let mut observation = Observation { delivery_held: seen.delivery_held, ..Observation::default() };
        for (name, homes) in &seen.directory {
            let homes = homes.as_ref().map(|homes| self.homes(homes));
            observation.directory.insert(self.server(name)?, homes);
        }
        for (name, store) in &seen.stores {
            let store = store.as_ref().map(|store| self.store(mailbox, store)).transpose()?;
            observation.stores.insert(self.server(name)?, store);
        }
        observation.queued = self.set(mailbox, seen.queued.as_ref())?;
        observation.returned = self.set(mailbox, seen.returned.as_ref())?;
        observation.saved = self.set(mailbox, seen.saved.as_ref())?;
        Ok(observation)
    }

    fn homes(&self, homes: &HomesObservation) -> HomesObservation<Numbered> {
        let home = |value: &Option<Option<String>>, attribute| {
            value.as_ref().map(|value| home(self.spec, value.as_deref(), attribute))
        };
        HomesObservation {
            home_mdb: home(&homes.home_mdb, HomeAttribute::Mdb),
            home_mta: home(&homes.home_mta, HomeAttribute::Mta),
        }
    }

    fn store(&mut self, mailbox: MailboxId, store: &StoreObservation) -> Result<StoreObservation<Numbered>, Wrong> {
        Ok(StoreObservation {
            messages: store.messages.as_ref().map(|names| self.copies(mailbox, names)).transpose()?,
            pending: self.set(mailbox, store.pending.as_ref())?,
            in_transit: store.in_transit,
            details: None,
        })
    }

    fn set(&mut self, mailbox: MailboxId, names: Option<&Vec<String>>) -> Result<Option<MessageSet>, Wrong> {
        let Some(names) = names else { return Ok(None) };
        let mut set = MessageSet::EMPTY;
        for name in names {
            let mut message = MessageSet::just(MessageId(self.message(mailbox, name)?));
            if message.is_within(set) {
                // A second copy outside the stores counts as another message, which no sender sent.
                message = MessageSet::just(MessageId(self.message(mailbox, &format!("{name} again"))?));
            }
            set = set.with(message);
        }
        Ok(Some(set))
    }

    fn copies(&mut self, mailbox: MailboxId, names: &[String]) -> Result<Copies, Wrong> {
        let mut copies = Copies::default();
        for name in names {
            copies.add(MessageSet::just(MessageId(self.message(mailbox, name)?)));
        }
        Ok(copies)
    }

    fn message(&mut self, mailbox: MailboxId, name: &str) -> Result<LogNumber, Wrong> {
        let known = &mut self.messages[mailbox];
        let index = match known.get_index_of(name) {
            Some(index) => index,
            None => known.insert_full(name.to_owned()).0,
        };
        match LogNumber::try_from(index) {
            Ok(number) if index < MessageSet::CAPACITY => Ok(number),
            Ok(_) | Err(_) => {
                let message = format!("`{}` is one message more than can be distinguished", name.escape_debug());
                Err(Wrong::new(message, format!("at most {} for a mailbox between two resets", MessageSet::CAPACITY)))
            }
        }
    }

    fn server(&self, name: &str) -> Result<ServerId, Wrong> {
        let servers = &self.spec.scenario.site.servers;
        let found = servers.iter().find(|(_, server)| *server == name).map(|(id, _)| id);
        found.ok_or_else(|| unknown_name("server", name, servers.values().cloned()))
    }

    fn view(&self, name: &str) -> Result<View, Wrong> {
        if name == REMEMBERED { Ok(View::Remembered) } else { self.server(name).map(View::Replica) }
    }

    fn program(&self, mailbox: &str, administrator: &str) -> Result<(MailboxId, AdministratorId), Wrong> {
        Ok((self.mailbox(mailbox)?, self.administrator(administrator)?))
    }

    fn mailbox(&self, name: &str) -> Result<MailboxId, Wrong> {
        let all = || (0..self.spec.scenario.site.mailboxes).map(MailboxId::at);
        let found = all().find(|id| names::mailbox(*id) == name);
        found.ok_or_else(|| unknown_name("mailbox", name, all().map(names::mailbox)))
    }

    fn administrator(&self, name: &str) -> Result<AdministratorId, Wrong> {
        let all = &self.spec.scenario.administrators;
        let index = all.iter().position(|administrator| administrator.name == name);
        let known = all.iter().map(|administrator| administrator.name.clone());
        index.map(AdministratorId::at).ok_or_else(|| unknown_name("administrator", name, known))
    }
}

/// The name of a view that is no replica: a cache, or a session that was opened earlier.
pub const REMEMBERED: &str = "remembered";

/// Reads the value of a home attribute: the name of a server, or its distinguished name. Any other value is malformed.
pub(super) fn home(spec: &Spec, value: Option<&str>, attribute: HomeAttribute) -> Home {
    let Some(value) = value else { return Home::Malformed };
    let named = if value.contains(['/', '=']) {
        dn::parse(value, attribute).ok().map(|name| name.server)
    } else {
        Some(value.to_owned())
    };
    let servers = spec.scenario.site.servers.iter();
    let found = |named: String| servers.into_iter().find(|(_, name)| name.eq_ignore_ascii_case(&named));
    named.and_then(found).map_or(Home::Malformed, |(server, _)| Home::Server(server))
}

/// The name of a message in a log that names messages as the model does: no two messages of a site have the same name.
pub(super) fn message_name(spec: &Spec, mailbox: MailboxId, message: MessageId) -> String {
    match spec.scenario.site.mailboxes {
        1 => names::message(message),
        _ => format!("{}.{}", names::mailbox(mailbox), names::message(message)),
    }
}

fn unknown_name(kind: &str, name: &str, known: impl Iterator<Item = String>) -> Wrong {
    let known: Vec<String> = known.collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let wanted = match nearest(name, &known) {
        Some(near) => format!("`{near}`"),
        None => format!("one of {}", known.join(", ")),
    };
    Wrong::new(format!("the scenario has no {kind} `{}`", crate::protocol::keys::truncated(name)), wanted)
}
