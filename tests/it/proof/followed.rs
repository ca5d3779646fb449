//! A state of the model as one message sees it: the part that the proof keeps, and its text in the proof.

use std::fmt;

use stranded_model::World;
use stranded_model::id::{AdministratorId, Id, MessageId, MessageSet, ServerId};
use stranded_model::scenario::RunsMax;
use stranded_model::state::{Account, Execution, Home, Mailbox, Mark, Phase, Program, Recipient, State};

use super::taken::{Step, position_before};
use crate::worlds::{DESTINATION, MAILBOX, SOURCE};

/// The proof's `State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Followed {
    mail: &'static str,
    stores: [Store; 2],
    /// True if the source, and the destination, lacks another message that is in the folders of the other.
    lacks: [bool; 2],
    home: &'static str,
    programs: [Position; 2],
    memories: [Memory; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Store {
    Absent,
    Present { holds: bool, others: bool, mark: Option<InTransit> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct InTransit {
    owner: AdministratorId,
    waits: bool,
    others_wait: bool,
}

/// The position of an administrator's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Position {
    Idle,
    Over,
    At { administrator: AdministratorId, step: u8 },
}

/// The memory of an administrator's program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Memory {
    /// True if the next step has visited the first of the two replicas.
    visited: bool,
    /// True if the program read the version that the recipient still has.
    current: bool,
    /// The home that the program looked up.
    home: Option<ServerId>,
    /// True if the program listed the followed message.
    listed: bool,
}

impl Followed {
    /// Returns the state as this message sees it.
    pub(super) fn of(world: &World, state: &State, message: MessageId) -> Self {
        let account = &state.accounts[MAILBOX];
        let record = &account.record;
        assert!(account.saved.is_empty(), "the proof has no saved file");
        let mail = if !record.accepted.contains(message) {
            "unsent"
        } else if record.owner_deleted.contains(message) {
            "deleted"
        } else if record.returned.contains(message) {
            "returned"
        } else if account.queued.contains(message) {
            "queued"
        } else {
            "owed"
        };
        let others = |set: MessageSet| !set.without(MessageSet::just(message)).is_empty();
        let lacks =
            |x: ServerId, y: ServerId| others(account.mailboxes[y].messages().without(account.mailboxes[x].held()));
        Self {
            mail,
            stores: [SOURCE, DESTINATION].map(|server| Store::of(&account.mailboxes[server], message)),
            lacks: [lacks(SOURCE, DESTINATION), lacks(DESTINATION, SOURCE)],
            home: home(account),
            programs: [0, 1].map(|index| program_position(world, account, AdministratorId::at(index))),
            memories: [0, 1].map(|index| Memory::of(account, AdministratorId::at(index), message)),
        }
    }

    /// Returns true if the step's administrator is at the position of the step.
    pub(super) fn can_take(&self, world: &World, step: &Step) -> bool {
        match (step.administrator, step.position()) {
            (Some(administrator), Some(here)) => self.programs[administrator.index()].name(world) == here,
            (Some(_), None) | (None, Some(_) | None) => true,
        }
    }

    /// Returns the state as a term of the proof.
    pub(super) fn term(&self, world: &World) -> String {
        let [at_source, at_destination] = self.stores;
        let [source, destination] = self.lacks;
        let [first, second] = self.programs.map(|position| position.name(world));
        let [memory_of_first, memory_of_second] = self.memories;
        let (mail, home) = (self.mail, self.home);
        format!(
            "(state {mail} {at_source} {at_destination} {source} {destination} {home} {first} {second} {memory_of_first} \
             {memory_of_second})"
        )
    }
}

/// Returns the home that all replicas of the recipient name.
fn home(account: &Account) -> &'static str {
    assert!(account.replicas_agree(), "the proof knows one directory");
    match account.recipients[SOURCE] {
        Recipient::Absent | Recipient::Tombstone { .. } => "no-recipient",
        Recipient::Live { homes, .. } => match (homes.mdb, homes.mta) {
            (Home::Server(mdb), Home::Server(mta)) if mdb == mta => names(mdb),
            (Home::Server(DESTINATION), Home::Server(SOURCE)) => "split",
            (Home::Server(_) | Home::Malformed, Home::Server(_) | Home::Malformed) => {
                panic!("the proof does not know {homes:?}")
            }
        },
    }
}

/// Returns the proof's name of a home.
fn names(server: ServerId) -> &'static str {
    match server {
        SOURCE => "(names source)",
        DESTINATION => "(names destination)",
        ServerId(_) => panic!("the proof knows two servers"),
    }
}

fn program_position(world: &World, account: &Account, administrator: AdministratorId) -> Position {
    if administrator.index() >= account.programs.count() {
        return Position::Idle;
    }
    let program: &Program = &account.programs[administrator];
    match (program.phase, world.run_of(administrator, program).runs_max) {
        (Phase::Running(execution), _) => Position::At { administrator, step: execution.next },
        (Phase::Idle, RunsMax::Times(times)) if program.executions >= times => Position::Over,
        (Phase::Idle, RunsMax::Times(_) | RunsMax::Any | RunsMax::UntilOk) => Position::Idle,
    }
}

impl Position {
    fn name(self, world: &World) -> String {
        match self {
            Self::Idle => "idle".to_owned(),
            Self::Over => "over".to_owned(),
            Self::At { administrator, step } => position_before(world, administrator, usize::from(step)),
        }
    }
}

impl Memory {
    fn of(account: &Account, administrator: AdministratorId, message: MessageId) -> Self {
        let program = (administrator.index() < account.programs.count()).then(|| &account.programs[administrator]);
        let Some(Execution { visited, memory, .. }) = program.and_then(Program::execution) else {
            return Self::default();
        };
        assert!(*visited < 2, "the proof knows two replicas");
        Self {
            visited: *visited == 1,
            current: memory.version.is_some(),
            home: memory.home,
            listed: memory.listed.contains(message),
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { visited, current, home, listed } = self;
        let home = home.map_or("no-recipient", names);
        write!(f, "(memory {visited} {current} {home} {listed})")
    }
}

impl Store {
    fn of(mailbox: &Mailbox, message: MessageId) -> Self {
        let others = |set: MessageSet| !set.without(MessageSet::just(message)).is_empty();
        match mailbox {
            Mailbox::Absent => Self::Absent,
            Mailbox::Present(contents) => {
                let mark = match contents.mark {
                    Mark::Settled => None,
                    Mark::InTransit { owner, from, to, pending } => {
                        let path = if owner.index() == 0 { (SOURCE, DESTINATION) } else { (DESTINATION, SOURCE) };
                        assert_eq!((from, to), path, "the proof fixes the direction of each administrator");
                        Some(InTransit { owner, waits: pending.contains(message), others_wait: others(pending) })
                    }
                };
                let holds = contents.messages.contains(message);
                Self::Present { holds, others: others(contents.messages), mark }
            }
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => write!(f, "absent"),
            Self::Present { holds, others, mark: None } => write!(f, "(present {holds} {others} settled)"),
            Self::Present { holds, others, mark: Some(InTransit { owner, waits, others_wait }) } => {
                let owner = administrator_name(*owner);
                write!(f, "(present {holds} {others} (in-transit {owner} {waits} {others_wait}))")
            }
        }
    }
}

/// Returns the proof's name of an administrator.
pub(super) fn administrator_name(administrator: AdministratorId) -> &'static str {
    ["first", "second"][administrator.index()]
}
