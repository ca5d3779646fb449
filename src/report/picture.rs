//! A state as the page draws it: who holds which message, what the directory says, what the administrator sees. Whatever the
//! page must not decide (stranded, lost, in flight) is decided here.

use serde::Serialize;
use stranded_model::World;
use stranded_model::id::{Id, MailboxId, MessageSet, ServerId};
use stranded_model::state::{Account, Ended, Home, Mailbox, Mark, Phase, Recipient, Service, State, Transport};

use crate::report::story::{KILOBYTES_PER_MESSAGE, Scene, is_stranded};
use stranded_search::names;

/// A state, drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// Every mailbox.
    pub mailboxes: Vec<MailboxPicture>,
    /// What does not answer: `store of source`.
    pub down: Vec<Down>,
    /// What each administrator's program does.
    pub programs: Vec<ProgramPicture>,
}

/// A service that does not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Down {
    /// The server.
    pub server: String,
    /// `store` or `directory`.
    pub service: &'static str,
}

/// One mailbox, drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxPicture {
    /// Its name.
    pub name: String,
    /// What is said when data and home are on different servers.
    pub stranded: Option<String>,
    /// What each replica says, where they differ; else one line for all.
    pub directory: Vec<String>,
    /// The servers that some replica names as the home, each once.
    pub homes: Vec<String>,
    /// The mailbox in each store, in the order of the servers.
    pub stores: Vec<StorePicture>,
    /// Messages that wait in the transport.
    pub queued: Vec<String>,
    /// Whether an administrator holds mail back.
    pub held: bool,
    /// Messages saved to a file.
    pub saved: Vec<String>,
    /// Messages that are nowhere, and nobody was told.
    pub lost: Vec<String>,
    /// Messages returned to their sender.
    pub returned: Vec<String>,
    /// Messages that their owner deleted.
    pub deleted: Vec<String>,
}

/// A mailbox in one store, drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StorePicture {
    /// The server.
    pub server: String,
    /// Whether the store lists it.
    pub listed: bool,
    /// Its messages.
    pub messages: Vec<String>,
    /// Messages of it that are copies under way: another store that a move is marked to have them from holds them too.
    pub flying: Vec<String>,
    /// What waits in its in-transit folder.
    pub pending: Vec<String>,
    /// Whose move has marked it.
    pub transit: Option<String>,
    /// Its total, as the mailbox resources show it.
    pub kilobytes: usize,
    /// What the table of the lanes says of it.
    pub says: Vec<String>,
}

/// What a program does, drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProgramPicture {
    /// The administrator.
    pub who: String,
    /// The mailbox.
    pub mailbox: String,
    /// Whether it runs.
    pub running: bool,
    /// What it does.
    pub says: String,
}

impl Picture {
    /// Draws a state.
    #[must_use]
    pub fn of(world: &World, state: &State) -> Self {
        let server = |id: ServerId| names::server(&world.scenario, id).to_owned();
        let down = state.shared.servers.iter().flat_map(|(id, found)| {
            let services = [(found.store, "store"), (found.replica, "directory")];
            services
                .into_iter()
                .filter(|(service, _)| *service == Service::Down)
                .map(move |(_, service)| Down { server: server(id), service })
                .collect::<Vec<_>>()
        });
        Self {
            mailboxes: state.accounts.ids().map(|id| mailbox(world, state, id)).collect(),
            down: down.collect(),
            programs: state.accounts.iter().flat_map(|(id, account)| programs(world, id, account)).collect(),
        }
    }
}

fn mailbox(world: &World, state: &State, id: MailboxId) -> MailboxPicture {
    let account = &state.accounts[id];
    let server = |id: ServerId| names::server(&world.scenario, id).to_owned();
    let scene = Scene::of(world, state, id);
    let mut homes: Vec<String> = Vec::new();
    for home in account.recipients.values().flat_map(named) {
        if !homes.contains(&server(home)) {
            homes.push(server(home));
        }
    }
    let stores = account.mailboxes.iter().zip(scene.stores);
    MailboxPicture {
        name: names::mailbox(id),
        stranded: is_stranded(account).then(|| stranded(world, account)),
        directory: scene.directory.into_iter().filter(|line| line != "STRANDED").map(replica_says).collect(),
        homes,
        stores: stores.map(|((id, found), says)| store(account, server(id), id, found, says)).collect(),
        queued: names::messages(account.queued),
        held: account.transport == Transport::Held,
        saved: names::messages(account.saved),
        lost: names::messages(account.lost()),
        returned: names::messages(account.record.returned),
        deleted: names::messages(account.record.owner_deleted),
    }
}

/// What one replica says, where they differ: `source says destination`.
fn replica_says(line: String) -> String {
    match line.split_once(": ") {
        Some((replica, home)) => format!("{replica} says {home}"),
        None => line,
    }
}

fn named(recipient: &Recipient) -> Vec<ServerId> {
    let homes = recipient.homes().map(|homes| [homes.mdb, homes.mta]);
    homes.into_iter().flatten().filter_map(Home::server).collect()
}

fn stranded(world: &World, account: &Account) -> String {
    let name = |id: ServerId| names::server(&world.scenario, id);
    let home = account.agreed_home().map_or("no server", name);
    let data: Vec<&str> =
        account.mailboxes.iter().filter(|(_, found)| !found.held().is_empty()).map(|(id, _)| name(id)).collect();
    format!("the directory says {home}, the data is on {}", data.join(" and "))
}

fn store(account: &Account, server: String, at: ServerId, found: &Mailbox, says: Vec<String>) -> StorePicture {
    let (flying, transit) = match found.mark() {
        Mark::InTransit { from, to, .. } if to == at && from != at => {
            (found.messages().common(account.mailboxes[from].held()), true)
        }
        Mark::InTransit { .. } => (MessageSet::EMPTY, true),
        Mark::Settled => (MessageSet::EMPTY, false),
    };
    StorePicture {
        server,
        listed: found.is_present(),
        messages: names::messages(found.messages()),
        flying: names::messages(flying),
        pending: names::messages(found.mark().pending()),
        transit: transit.then(|| "in transit".to_owned()),
        kilobytes: found.messages().len() * KILOBYTES_PER_MESSAGE,
        says,
    }
}

fn programs(world: &World, mailbox: MailboxId, account: &Account) -> Vec<ProgramPicture> {
    let program = |(id, program): (stranded_model::id::AdministratorId, &stranded_model::state::Program)| {
        let run = world.run_of(id, program);
        let name = &run.procedure.name;
        let says = match (program.phase, program.ended) {
            (Phase::Running { next, .. }, _) => {
                format!("{name} is running, next step: {}", run.procedure.step_name(usize::from(next)))
            }
            (Phase::Idle, Ended::Never) => "nothing was run yet".to_owned(),
            (Phase::Idle, Ended::Died) => format!("{name} died and reported nothing"),
            (Phase::Idle, Ended::Reported(outcome)) => format!("{name} reported {}", outcome.name()),
        };
        ProgramPicture {
            who: world.scenario.administrators[id.index()].name.clone(),
            mailbox: names::mailbox(mailbox),
            running: program.is_running(),
            says,
        }
    };
    account.programs.iter().map(program).collect()
}
