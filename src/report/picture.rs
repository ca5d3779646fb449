//! A state as people see it: the mailbox on each server, the directory, and what the administrator sees. `state_view` names the
//! parts of the state; this file adds the facts that a rendering must not decide (stranded, lost, in flight, older view). The
//! explorer, the terminal, tables and diagrams all render a [`Picture`].

use std::collections::BTreeSet;

use serde::Serialize;
use stranded_model::World;
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageSet, ServerId};
use stranded_model::scenario::RunId;
use stranded_model::state::{Account, Mailbox, Mark, State};

use stranded_search::names;
use stranded_search::state_view::{self, AccountView, ContentsView, ProgramView, RecipientView};

/// The size of a message in the mailbox resources; the article gives no figures.
pub const KILOBYTES_PER_MESSAGE: usize = 10;

/// The mark of a stranded mailbox in a cell.
const STRANDED: &str = "STRANDED";
/// The mark of a mailbox of which only a part is stranded.
const PARTLY: &str = "PARTLY STRANDED";
/// The mark of an absent mailbox in a cell.
const ABSENT: &str = "–";

/// A state as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// Every mailbox.
    pub mailboxes: Vec<MailboxPicture>,
    /// The services that do not answer.
    pub down: Vec<Down>,
    /// The program of each administrator for each mailbox.
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

/// One mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxPicture {
    /// Its name.
    pub name: String,
    /// The two servers in one clause, if the mailbox is stranded.
    pub stranded: Option<String>,
    /// The messages of the mailbox on other servers than the home in one clause, if the home holds other mail.
    pub partly: Option<String>,
    /// The home: one line if all replicas agree, else one for each replica; and an older view that differs from all of them.
    pub directory: Vec<String>,
    /// The servers that some replica names as the home, each once.
    pub homes: Vec<HomePicture>,
    /// The mailbox in each store, in the order of the servers.
    pub stores: Vec<StorePicture>,
    /// Messages that wait in the transport.
    pub queued: Vec<String>,
    /// True if an administrator holds mail back.
    pub held: bool,
    /// Messages saved to a file.
    pub saved: Vec<String>,
    /// Messages that are lost. [`Account::lost`]
    pub lost: Vec<String>,
    /// Messages returned to their sender.
    pub returned: Vec<String>,
    /// Messages that their owner deleted.
    pub deleted: Vec<String>,
}

/// A server that some replica names as the home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HomePicture {
    /// The server.
    pub server: String,
    /// `home`, or the attribute and the replicas, if not all of them name this server.
    pub says: String,
}

impl HomePicture {
    /// Returns the homes that these replicas name, each with Home-MDB and Home-MTA, of so many replicas in all.
    pub(super) fn of(replicas: &[(&String, [Option<&String>; 2])], count: usize) -> Vec<Self> {
        let servers: BTreeSet<&String> = replicas.iter().flat_map(|(_, homes)| homes).flatten().copied().collect();
        let says = |server: &String| {
            let naming: Vec<(&str, &str)> = replicas
                .iter()
                .filter_map(|(replica, homes)| {
                    let attribute = match homes.map(|home| home == Some(server)) {
                        [true, true] => "home",
                        [true, false] => "Home-MDB",
                        [false, true] => "Home-MTA",
                        [false, false] => return None,
                    };
                    Some((replica.as_str(), attribute))
                })
                .collect();
            match naming[..] {
                [(_, first), ref rest @ ..]
                    if naming.len() == count && rest.iter().all(|(_, other)| *other == first) =>
                {
                    first.to_owned()
                }
                _ => naming
                    .iter()
                    .map(|(replica, said)| format!("{said}, says {replica}"))
                    .collect::<Vec<_>>()
                    .join("; "),
            }
        };
        servers.into_iter().map(|server| Self { server: server.clone(), says: says(server) }).collect()
    }
}

/// A mailbox in one store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StorePicture {
    /// The server.
    pub server: String,
    /// True if the store lists it.
    pub listed: bool,
    /// Its messages, each once for every copy.
    pub messages: Vec<String>,
    /// Those of its messages that a running copy brings: the store that the move copies from holds them too.
    pub flying: Vec<String>,
    /// The messages in its in-transit folder.
    pub pending: Vec<String>,
    /// `in transit`, if a move has marked it.
    pub transit: Option<String>,
    /// The messages that the store holds and does not show, because it looks empty; none if it shows what it holds.
    pub hidden: Option<Vec<String>>,
    /// Its size in the mailbox resources.
    pub kilobytes: usize,
    /// True if an implementation was driven and its store was not read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unobserved: bool,
    /// The lines of its cell.
    pub says: Vec<String>,
}

/// The program of an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProgramPicture {
    /// The administrator.
    pub who: String,
    /// The mailbox.
    pub mailbox: String,
    /// True if it runs.
    pub running: bool,
    /// Its state in one clause.
    pub says: String,
}

/// The cells of one mailbox in a row of a table, each a list of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    /// The home.
    pub directory: Vec<String>,
    /// The mailbox in each store.
    pub stores: Vec<Vec<String>>,
}

impl Picture {
    /// Returns the picture of a state.
    #[must_use]
    pub fn of(world: &World, state: &State) -> Self {
        let shown = state_view::show(&world.scenario, state);
        let down = world.scenario.site.servers.values().flat_map(|server| {
            let services = [(shown.servers[server].store_up, "store"), (shown.servers[server].replica_up, "directory")];
            let down = services.into_iter().filter(|(is_up, _)| !is_up);
            down.map(|(_, service)| Down { server: server.clone(), service })
        });
        let accounts = || state.accounts.iter().map(|(id, account)| (account, names::mailbox(id)));
        Self {
            mailboxes: accounts()
                .map(|(account, name)| mailbox(world, account, &shown.mailboxes[&name], name))
                .collect(),
            down: down.collect(),
            programs: accounts().flat_map(|(_, name)| programs(world, &shown.mailboxes[&name], &name)).collect(),
        }
    }

    /// Returns the cells of a mailbox.
    #[must_use]
    pub fn cells(&self, mailbox: MailboxId) -> Cells {
        self.mailboxes[mailbox.index()].cells()
    }
}

impl MailboxPicture {
    /// Returns the mark of a stranded mailbox with the reason, or of a partly stranded one.
    #[must_use]
    pub fn stranded_says(&self) -> Option<(&'static str, &str)> {
        let whole = self.stranded.as_deref().map(|why| (STRANDED, why));
        whole.or_else(|| self.partly.as_deref().map(|why| (PARTLY, why)))
    }

    /// Returns its cells in a row of a table.
    #[must_use]
    pub fn cells(&self) -> Cells {
        let stranded = self.stranded_says().map(|(mark, why)| match mark {
            PARTLY => format!("{PARTLY}: {why}"),
            mark => mark.to_owned(),
        });
        Cells {
            directory: self.directory.iter().cloned().chain(stranded).collect(),
            stores: self.stores.iter().map(|store| store.says.clone()).collect(),
        }
    }
}

fn mailbox(world: &World, account: &Account, shown: &AccountView, name: String) -> MailboxPicture {
    let servers = || world.scenario.site.servers.iter();
    let replicas: Vec<(&String, [Option<&String>; 2])> = shown
        .directory
        .iter()
        .filter_map(|(replica, named)| {
            let named = named.as_ref()?;
            Some((replica, [named.home_mdb.as_ref(), named.home_mta.as_ref()]))
        })
        .collect();
    MailboxPicture {
        name,
        stranded: stranded(world, account),
        partly: partly(world, account),
        directory: views(servers().map(|(_, name)| name), account, shown),
        homes: HomePicture::of(&replicas, shown.directory.len()),
        stores: servers().map(|(id, name)| store(account, id, name, shown)).collect(),
        queued: shown.queued.clone(),
        held: shown.delivery_held,
        saved: shown.saved.clone(),
        lost: names::messages(account.lost()),
        returned: shown.record.returned.clone(),
        deleted: shown.record.owner_deleted.clone(),
    }
}

/// Returns the home in each view of the directory: once if all replicas agree, else for each replica. The view of caches and
/// sessions follows if it is older than every replica.
fn views<'a>(servers: impl Iterator<Item = &'a String>, account: &Account, shown: &AccountView) -> Vec<String> {
    let replicas: Vec<(&String, String)> = servers.map(|name| (name, home(shown.directory[name].as_ref()))).collect();
    let mut views: Vec<String> = if replicas.windows(2).all(|pair| pair[0].1 == pair[1].1) {
        replicas.into_iter().take(1).map(|(_, home)| home).collect()
    } else {
        replicas.into_iter().map(|(name, home)| format!("{name} says {home}")).collect()
    };
    if account.remembered.is_some_and(|older| account.recipients.values().all(|now| *now != older)) {
        views.push(format!("older view says {}", home(shown.remembered.as_ref())));
    }
    views
}

/// Returns the home that a recipient names, as a cell shows it.
pub(super) fn home(recipient: Option<&RecipientView>) -> String {
    let value = |home: &Option<String>| home.clone().unwrap_or_else(|| "(malformed)".to_owned());
    match recipient {
        None => "no recipient".to_owned(),
        Some(recipient) if recipient.deleted => "deleted".to_owned(),
        Some(RecipientView { home_mdb, home_mta, .. }) if home_mdb == home_mta => value(home_mdb),
        Some(RecipientView { home_mdb, home_mta, .. }) => format!("MDB {} MTA {}", value(home_mdb), value(home_mta)),
    }
}

/// Returns true if each replica has the recipient, and none names one server in both attributes. While replicas differ, a change is on its
/// way, and while the recipient is deleted, the directory says so.
fn has_no_home(account: &Account) -> bool {
    account.recipients.values().all(|recipient| recipient.homes().is_some() && recipient.home().is_none())
}

/// Returns the home and the servers that hold the data, if these differ.
fn stranded(world: &World, account: &Account) -> Option<String> {
    let home = account.agreed_home();
    let data: Vec<ServerId> =
        account.mailboxes.iter().filter(|(_, found)| !found.held().is_empty()).map(|(id, _)| id).collect();
    let is_at_home = home.map_or(!has_no_home(account), |home| data.contains(&home));
    if data.is_empty() || is_at_home {
        return None;
    }
    let name = |id: ServerId| names::server(&world.scenario, id);
    let data: Vec<&str> = data.into_iter().map(name).collect();
    let named = home.map_or("names no one home".to_owned(), |home| format!("says {}", name(home)));
    Some(format!("the directory {named}, the data is on {}", data.join(" and ")))
}

/// Returns the messages that are stranded in a state and not in the one before it.
#[must_use]
pub fn newly_stranded(before: &State, after: &State) -> Vec<String> {
    let pairs = after.accounts.values().zip(before.accounts.values());
    pairs.flat_map(|(now, before)| names::messages(away(now).without(away(before)))).collect()
}

/// Returns the messages that the owner can expect and that are in stores, but not in that of the home.
fn away(account: &Account) -> MessageSet {
    let held = account.mailboxes.values().map(Mailbox::held).fold(MessageSet::EMPTY, MessageSet::with);
    let at_home = match account.agreed_home() {
        Some(home) => account.mailboxes[home].held(),
        None if has_no_home(account) => MessageSet::EMPTY,
        None => held,
    };
    account.outstanding().common(held).without(at_home)
}

/// Returns the stranded messages and the servers that hold them, if the home holds other mail.
fn partly(world: &World, account: &Account) -> Option<String> {
    let away = away(account);
    let home = account.agreed_home()?;
    if away.is_empty() || account.mailboxes[home].held().is_empty() {
        return None;
    }
    let holders = account.mailboxes.iter().filter(|(_, found)| !found.held().common(away).is_empty());
    let servers: Vec<&str> = holders.map(|(id, _)| names::server(&world.scenario, id)).collect();
    let messages = names::messages(away);
    let verb = if messages.len() == 1 { "is" } else { "are" };
    Some(format!("{} {verb} on {}", messages.join(" "), servers.join(" and ")))
}

fn store(account: &Account, at: ServerId, server: &str, shown: &AccountView) -> StorePicture {
    let hidden = shown.hidden.get(server).map(messages);
    let shown = shown.stores[server].as_ref();
    let found = &account.mailboxes[at];
    let flying = match found.mark() {
        Mark::InTransit { from, to, .. } if to == at && from != at => {
            found.messages().common(account.mailboxes[from].held())
        }
        Mark::InTransit { .. } | Mark::Settled => MessageSet::EMPTY,
    };
    let messages = shown.map_or_else(Vec::new, |contents| contents.messages.clone());
    let hides = |hidden: &Vec<String>| format!("looks empty, hides {}", hidden.join(" "));
    let mark = shown.and_then(|contents| contents.in_transit.as_ref());
    let pending = mark.map_or_else(Vec::new, |mark| mark.pending.clone());
    let kilobytes = messages.len() * KILOBYTES_PER_MESSAGE;
    let mut says = vec![ABSENT.to_owned()];
    if shown.is_some() {
        says =
            vec![if messages.is_empty() { "empty".to_owned() } else { messages.join(" ") }, format!("{kilobytes} KB")];
    }
    says.extend(mark.map(|_| match pending.join(" ") {
        none if none.is_empty() => "in transit".to_owned(),
        some => format!("in transit, holds {some}"),
    }));
    says.extend(hidden.as_ref().map(hides));
    StorePicture {
        server: server.to_owned(),
        listed: shown.is_some(),
        messages,
        flying: names::messages(flying),
        pending,
        transit: mark.map(|_| "in transit".to_owned()),
        hidden,
        kilobytes,
        unobserved: false,
        says,
    }
}

fn messages(contents: &Option<ContentsView>) -> Vec<String> {
    contents.as_ref().map_or_else(Vec::new, |contents| contents.messages.clone())
}

fn programs(world: &World, shown: &AccountView, mailbox: &str) -> Vec<ProgramPicture> {
    let picture = |(id, name): (AdministratorId, &String)| {
        let program = &shown.administrators[name];
        ProgramPicture {
            who: name.clone(),
            mailbox: mailbox.to_owned(),
            running: program.next.is_some(),
            says: program_says(world, id, program),
        }
    };
    let administrators = world.scenario.administrators.iter().enumerate();
    administrators.map(|(index, one)| picture((AdministratorId::at(index), &one.name))).collect()
}

fn program_says(world: &World, administrator: AdministratorId, program: &ProgramView) -> String {
    let run = world.scenario.run(RunId { administrator, run: program.run - 1 });
    let name = &run.procedure.name;
    match (program.next, program.ended.as_deref()) {
        (Some(next), _) => {
            format!("{name} is running, next step: {}", run.procedure.step_name(usize::from(next - 1)))
        }
        (None, None) => "no run has started yet".to_owned(),
        (None, Some(state_view::DIED)) => format!("{name} died and reported nothing"),
        (None, Some(outcome)) => format!("{name} reported {outcome}"),
    }
}
