//! An event in the model's terms: names are numbers, and what was seen is what a state can be compared with.

use arrayvec::ArrayVec;
use indexmap::IndexSet;
use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::dn::{self, HomeAttribute};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::procedure::Outcome;
use stranded_model::state::Home;
use stranded_model::table::{PerMailbox, PerServer, Table};

use crate::protocol::operation::Run;
use crate::protocol::{Answer, Event, HomesObservation, Observation, Operation, StoreObservation, Wrong};
use stranded_search::names;
use stranded_search::scenario::{Spec, nearest};

/// The numbers that a log's messages have, by the order in which it names them.
pub type Arrivals = ArrayVec<u8, { MessageSet::CAPACITY }>;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A new run.
    Reset(Vec<(MailboxId, Look)>),
    /// Something was asked and answered.
    Did(Op, Told),
    /// Something was asked.
    Call(u64, Op),
    /// It was answered.
    Return(u64, Told),
    /// A mailbox was looked at.
    Observed(MailboxId, Look),
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// A message arrives.
    Deliver {
        /// The mailbox.
        mailbox: MailboxId,
        /// The message, in the log's numbers.
        message: u8,
        /// Whose view routes it.
        by: View,
    },
    /// A message is tried again.
    Redeliver {
        /// The mailbox.
        mailbox: MailboxId,
        /// The message, in the log's numbers.
        message: u8,
        /// Whose view routes it.
        by: View,
    },
    /// The owner deletes a message.
    OwnerDeletes {
        /// The mailbox.
        mailbox: MailboxId,
        /// The message, in the log's numbers.
        message: u8,
        /// Whose view is used.
        by: View,
    },
    /// A program is started.
    Start(Program),
    /// A program is run to its end.
    Run {
        /// The program.
        program: Program,
        /// Whether it is killed on its way.
        crash: bool,
    },
    /// Just this action.
    Act(Action),
}

/// A program that may be any of some runs of its administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Program {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The administrator.
    pub administrator: AdministratorId,
    /// The runs that it may be, one bit each.
    pub runs: u32,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Told {
    /// What became of it.
    pub result: Outcome,
    /// What the program reported, if a step ended its run.
    pub ended: Option<Outcome>,
}

/// What was seen of a mailbox; `None` is what was not seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Look {
    /// What each replica says; inside, `None` where there is no live recipient.
    pub directory: PerServer<Option<Option<HomesLook>>>,
    /// What each store lists; inside, `None` where there is no mailbox.
    pub stores: PerServer<Option<Option<StoreLook>>>,
    /// What waits in the transport, in the log's numbers, as all that follows.
    pub queued: Option<MessageSet>,
    /// What was returned.
    pub returned: Option<MessageSet>,
    /// What was saved to a file.
    pub saved: Option<MessageSet>,
    /// Whether mail is held back.
    pub delivery_held: Option<bool>,
}

/// What was seen of home attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HomesLook {
    /// Home-MDB.
    pub mdb: Option<Home>,
    /// Home-MTA.
    pub mta: Option<Home>,
}

/// What was seen of a mailbox in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StoreLook {
    /// Every message that it holds.
    pub messages: Option<MessageSet>,
    /// Those in its in-transit folder.
    pub pending: Option<MessageSet>,
    /// Whether it is marked.
    pub in_transit: Option<bool>,
}

/// The names that a log uses.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    spec: &'a Spec,
    /// The messages of each mailbox in the order in which the log names them; those that are there at first come first.
    pub(super) messages: PerMailbox<IndexSet<String>>,
    at_first: PerMailbox<usize>,
}

impl<'a> Names<'a> {
    /// No message has been named but those that are there at first.
    #[must_use]
    pub fn new(spec: &'a Spec, at_first: PerMailbox<usize>) -> Self {
        let first = |mailbox: MailboxId| {
            (0..at_first[mailbox]).map(MessageId::at).map(|message| message_name(spec, mailbox, message)).collect()
        };
        Self { spec, messages: Table::of(at_first.count(), first), at_first }
    }

    /// An event in the model's terms.
    ///
    /// # Errors
    /// It names something that the scenario does not have.
    pub fn step(&mut self, event: &Event) -> Result<Step, Wrong> {
        Ok(match event {
            Event::Reset { start } => {
                *self = Self::new(self.spec, self.at_first.clone());
                let look = |(name, observation): (&String, &Observation)| {
                    let mailbox = self.mailbox(name)?;
                    Ok((mailbox, self.look(mailbox, observation)?))
                };
                Step::Reset(start.iter().map(look).collect::<Result<_, _>>()?)
            }
            Event::Did { operation, answer } => Step::Did(self.op(operation)?, reported(answer)),
            Event::Call { call, operation } => Step::Call(*call, self.op(operation)?),
            Event::Return { call, answer } => Step::Return(*call, reported(answer)),
            Event::Observed { mailbox, observation } => {
                let mailbox = self.mailbox(mailbox)?;
                Step::Observed(mailbox, self.look(mailbox, observation)?)
            }
        })
    }

    /// The names of messages in the log's numbers.
    #[must_use]
    pub fn messages(&self, mailbox: MailboxId, messages: MessageSet) -> Vec<String> {
        let name = |message: MessageId| match self.messages[mailbox].get_index(message.index()) {
            Some(name) => name.clone(),
            None => message_name(self.spec, mailbox, message),
        };
        messages.iter().map(name).collect()
    }

    /// What is asked, in the model's terms.
    ///
    /// # Errors
    /// It names something that the scenario does not have.
    pub fn op(&mut self, operation: &Operation) -> Result<Op, Wrong> {
        let program = |fate: Fate, mailbox: &str, administrator: &str| {
            let (mailbox, administrator) = (self.mailbox(mailbox)?, self.administrator(administrator)?);
            Ok(Op::Act(Action::Act { mailbox, administrator, fate }))
        };
        let fail = |server: &str, part: Part| Ok(Op::Act(Action::Fail { server: self.server(server)?, part }));
        let recover = |server: &str, part: Part| Ok(Op::Act(Action::Recover { server: self.server(server)?, part }));
        match operation {
            Operation::Deliver { mailbox, message, by } => {
                let (mailbox, by) = (self.mailbox(mailbox)?, self.view(by)?);
                Ok(Op::Deliver { mailbox, message: self.message(mailbox, message)?, by })
            }
            Operation::Redeliver { mailbox, message, by } => {
                let (mailbox, by) = (self.mailbox(mailbox)?, self.view(by)?);
                Ok(Op::Redeliver { mailbox, message: self.message(mailbox, message)?, by })
            }
            Operation::OwnerDeletes { mailbox, message, by } => {
                let (mailbox, by) = (self.mailbox(mailbox)?, self.view(by)?);
                Ok(Op::OwnerDeletes { mailbox, message: self.message(mailbox, message)?, by })
            }
            Operation::LogOn { mailbox, by } => {
                Ok(Op::Act(Action::LogOn { mailbox: self.mailbox(mailbox)?, by: self.view(by)? }))
            }
            Operation::Run { run, crash } => Ok(Op::Run { program: self.program(run)?, crash: *crash }),
            Operation::Start { run } => Ok(Op::Start(self.program(run)?)),
            Operation::Act { mailbox, administrator } => program(Fate::Answered, mailbox, administrator),
            Operation::RequestLost { mailbox, administrator } => program(Fate::RequestLost, mailbox, administrator),
            Operation::ReplyLost { mailbox, administrator } => program(Fate::ReplyLost, mailbox, administrator),
            Operation::ProgramDies { mailbox, administrator } => {
                let (mailbox, administrator) = (self.mailbox(mailbox)?, self.administrator(administrator)?);
                Ok(Op::Act(Action::Die { mailbox, administrator }))
            }
            Operation::Replicate { mailbox, from, to } => {
                let (mailbox, from, to) = (self.mailbox(mailbox)?, self.server(from)?, self.server(to)?);
                Ok(Op::Act(Action::Replicate { mailbox, from, to }))
            }
            Operation::Refresh { mailbox, from } => {
                Ok(Op::Act(Action::Refresh { mailbox: self.mailbox(mailbox)?, from: self.server(from)? }))
            }
            Operation::OtherEdit { mailbox, server } => {
                Ok(Op::Act(Action::Edit { mailbox: self.mailbox(mailbox)?, replica: self.server(server)? }))
            }
            Operation::StoreCrashes { server } => fail(server, Part::Store),
            Operation::StoreRestarts { server } => recover(server, Part::Store),
            Operation::ReplicaUnreachable { server } => fail(server, Part::Replica),
            Operation::ReplicaReachable { server } => recover(server, Part::Replica),
        }
    }

    fn program(&self, run: &Run) -> Result<Program, Wrong> {
        let mailbox = self.mailbox(&run.mailbox)?;
        let administrator = self.administrator(&run.administrator)?;
        let (from, to) = (self.server(&run.from)?, self.server(&run.to)?);
        let connected_to = self.server(&run.connected_to)?;
        let his = &self.spec.scenario.administrators[administrator.index()].runs;
        let fits = his.iter().map(|one| {
            one.procedure.name == run.procedure && (one.from, one.to, one.connected_to) == (from, to, connected_to)
        });
        let runs = fits.enumerate().fold(0, |runs, (place, fits)| if fits { runs | 1 << place } else { runs });
        if runs == 0 {
            let reported = |one: &stranded_model::scenario::Run| {
                let name = |server| names::server(&self.spec.scenario, server);
                let (from, to, at) = (name(one.from), name(one.to), name(one.connected_to));
                format!("{} from {from} to {to} connected to {at}", one.procedure.name)
            };
            let has: Vec<String> = his.iter().map(reported).collect();
            let message = format!("{} has no run of `{}` between these servers", run.administrator, run.procedure);
            let wanted = has.join(", or ");
            let is_builtin = stranded_search::scenario::builtin::procedure(&run.procedure).is_some();
            let hint = format!("; or `--implements {}`, if it is to be judged by that", run.procedure);
            return Err(Wrong::new(message, if is_builtin { wanted + &hint } else { wanted }));
        }
        Ok(Program { mailbox, administrator, runs })
    }

    fn look(&mut self, mailbox: MailboxId, observation: &Observation) -> Result<Look, Wrong> {
        let servers = self.spec.scenario.site.servers.count();
        let mut directory: PerServer<Option<Option<HomesLook>>> = Table::of(servers, |_| None);
        for (name, homes) in &observation.directory {
            directory[self.server(name)?] = Some(homes.as_ref().map(|homes| self.homes(homes)));
        }
        let mut stores: PerServer<Option<Option<StoreLook>>> = Table::of(servers, |_| None);
        for (name, store) in &observation.stores {
            let store = store.as_ref().map(|store| self.store(mailbox, store)).transpose()?;
            stores[self.server(name)?] = Some(store);
        }
        Ok(Look {
            directory,
            stores,
            queued: self.set(mailbox, observation.queued.as_ref())?,
            returned: self.set(mailbox, observation.returned.as_ref())?,
            saved: self.set(mailbox, observation.saved.as_ref())?,
            delivery_held: observation.delivery_held,
        })
    }

    fn homes(&self, homes: &HomesObservation) -> HomesLook {
        let home = |value: &Option<Option<String>>, attribute| {
            value.as_ref().map(|value| home(self.spec, value.as_deref(), attribute))
        };
        HomesLook { mdb: home(&homes.home_mdb, HomeAttribute::Mdb), mta: home(&homes.home_mta, HomeAttribute::Mta) }
    }

    fn store(&mut self, mailbox: MailboxId, store: &StoreObservation) -> Result<StoreLook, Wrong> {
        Ok(StoreLook {
            messages: self.set(mailbox, store.messages.as_ref())?,
            pending: self.set(mailbox, store.pending.as_ref())?,
            in_transit: store.in_transit,
        })
    }

    fn set(&mut self, mailbox: MailboxId, names: Option<&Vec<String>>) -> Result<Option<MessageSet>, Wrong> {
        let Some(names) = names else { return Ok(None) };
        let mut set = MessageSet::EMPTY;
        for name in names {
            let mut message = MessageSet::just(MessageId(self.message(mailbox, name)?));
            if message.is_within(set) {
                // A second copy in one place is one message more, and nobody ever sent it.
                message = MessageSet::just(MessageId(self.message(mailbox, &format!("{name} again"))?));
            }
            set = set.with(message);
        }
        Ok(Some(set))
    }

    fn message(&mut self, mailbox: MailboxId, name: &str) -> Result<u8, Wrong> {
        let known = &mut self.messages[mailbox];
        let index = match known.get_index_of(name) {
            Some(index) => index,
            None => known.insert_full(name.to_owned()).0,
        };
        match u8::try_from(index) {
            Ok(number) if index < MessageSet::CAPACITY => Ok(number),
            Ok(_) | Err(_) => {
                let message = format!("`{}` is one message more than can be told apart", name.escape_debug());
                Err(Wrong::new(message, format!("at most {} for a mailbox between two resets", MessageSet::CAPACITY)))
            }
        }
    }

    fn server(&self, name: &str) -> Result<ServerId, Wrong> {
        let servers = &self.spec.scenario.site.servers;
        let found = servers.iter().find(|(_, server)| *server == name).map(|(id, _)| id);
        found.ok_or_else(|| stranger("server", name, servers.values().cloned()))
    }

    fn view(&self, name: &str) -> Result<View, Wrong> {
        if name == REMEMBERED { Ok(View::Remembered) } else { self.server(name).map(View::Replica) }
    }

    fn mailbox(&self, name: &str) -> Result<MailboxId, Wrong> {
        let all = || (0..self.spec.scenario.site.mailboxes).map(MailboxId::at);
        let found = all().find(|id| names::mailbox(*id) == name);
        found.ok_or_else(|| stranger("mailbox", name, all().map(names::mailbox)))
    }

    fn administrator(&self, name: &str) -> Result<AdministratorId, Wrong> {
        let people = &self.spec.scenario.administrators;
        let place = people.iter().position(|person| person.name == name);
        let people = people.iter().map(|person| person.name.clone());
        place.map(AdministratorId::at).ok_or_else(|| stranger("administrator", name, people))
    }
}

/// How a log calls a cache, or a session that was opened earlier.
pub const REMEMBERED: &str = "remembered";

/// A server's name or its distinguished name; everything else is what the directory says, and malformed.
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

/// What a message is called in a log that names it as the model does: no two messages of a site have one name.
pub(super) fn message_name(spec: &Spec, mailbox: MailboxId, message: MessageId) -> String {
    match spec.scenario.site.mailboxes {
        1 => names::message(message),
        _ => format!("{}.{}", names::mailbox(mailbox), names::message(message)),
    }
}

fn reported(answer: &Answer) -> Told {
    Told { result: answer.result.into(), ended: answer.ended.map(Into::into) }
}

fn stranger(kind: &str, name: &str, known: impl Iterator<Item = String>) -> Wrong {
    let known: Vec<String> = known.collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let wanted = match nearest(name, &known) {
        Some(near) => format!("`{near}`"),
        None => format!("one of {}", known.join(", ")),
    };
    Wrong::new(format!("the scenario has no {kind} `{}`", crate::protocol::keys::truncated(name)), wanted)
}
