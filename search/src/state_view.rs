//! States as JSON, with the names of the scenario. The view is complete, so that a saved state can be read back.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stranded_model::id::{AdministratorId, Id, MessageSet, ServerId};
use stranded_model::scenario::Scenario;
use stranded_model::state::{
    Account, Contents, Home, Homes, Mailbox, Mark, Recipient, Record, Server, Service, Shared, Stamp, State, Transport,
};
use stranded_model::table::Table;

use super::names;
pub use super::program_view::{DIED, LateView, ProgramView};

/// A state of the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StateView {
    /// The mailboxes by name.
    pub mailboxes: BTreeMap<String, AccountView>,
    /// The servers by name.
    pub servers: BTreeMap<String, ServerView>,
    /// The number of faults that may still happen.
    pub faults_left: u8,
}

/// The part of a state that concerns one mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AccountView {
    /// The recipient in each replica; `null` if absent.
    pub directory: BTreeMap<String, Option<RecipientView>>,
    /// The recipient as caches and sessions remember it, if the scenario has stale views.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<RecipientView>,
    /// The mailbox in each store; `null` if absent.
    pub stores: BTreeMap<String, Option<ContentsView>>,
    /// The mailboxes that stores hold and do not show, because they look empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hidden: BTreeMap<String, Option<ContentsView>>,
    /// Messages that wait in the transport.
    pub queued: Vec<String>,
    /// The request that can still take effect although its program gave up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<LateView>,
    /// True if an administrator holds mail back.
    pub delivery_held: bool,
    /// Messages saved to a file.
    pub saved: Vec<String>,
    /// The number of unrelated edits that may still happen.
    pub edits_left: u8,
    /// The number of messages that the owner may still delete.
    pub deletes_left: u8,
    /// The program of each administrator.
    pub administrators: BTreeMap<String, ProgramView>,
    /// The history that the properties refer to.
    pub record: RecordView,
}

/// A recipient that is live or a tombstone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RecipientView {
    /// The server that Home-MDB names; `null` if it is malformed.
    pub home_mdb: Option<String>,
    /// The server that Home-MTA names; `null` if it is malformed.
    pub home_mta: Option<String>,
    /// True if the recipient is a tombstone. It has no homes then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Object-Version, counted from the lowest that matters.
    pub version: u8,
    /// The order among competing versions.
    pub changed: u8,
    /// The server that wrote the version.
    pub signature: u8,
}

/// A mailbox that is present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ContentsView {
    /// Its messages; a copy is a repeated entry, and the highest number of copies stands for that many or more.
    pub messages: Vec<String>,
    /// The messages of which the scenario began with two copies or more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub began_twice: Vec<String>,
    /// The messages that a crash of the store can lose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent: Vec<String>,
    /// Messages that the store remembers as deleted.
    pub expunged: Vec<String>,
    /// The mark of the move; `null` if the mailbox is not in transit.
    pub in_transit: Option<MarkView>,
}

/// The mark of a mailbox in transit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MarkView {
    /// The administrator whose program set the mark.
    pub owner: String,
    /// The source of the move.
    pub from: String,
    /// The destination of the move.
    pub to: String,
    /// Messages in the in-transit folder.
    pub pending: Vec<String>,
}

/// The history that the properties refer to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RecordView {
    /// Accepted messages.
    pub accepted: Vec<String>,
    /// Messages returned to their sender.
    pub returned: Vec<String>,
    /// Messages that their owner deleted.
    pub owner_deleted: Vec<String>,
    /// Messages whose last copy a step deleted.
    pub destroyed: Vec<String>,
    /// True if a run reported `ok` although the move was not done.
    pub false_success: bool,
    /// True if a directory step moved the recipient from a server to itself.
    pub self_move: bool,
}

/// The services of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServerView {
    /// True if the store answers.
    pub store_up: bool,
    /// True if the directory replica can be reached.
    pub replica_up: bool,
}

/// Returns the view of a state.
#[must_use]
pub fn show(scenario: &Scenario, state: &State) -> StateView {
    let server = |id: ServerId| names::server(scenario, id).to_owned();
    let mailboxes = state.accounts.iter().map(|(id, account)| (names::mailbox(id), show_account(scenario, account)));
    let servers = state.shared.servers.iter().map(|(id, found)| {
        let view = ServerView { store_up: found.store == Service::Up, replica_up: found.replica == Service::Up };
        (server(id), view)
    });
    StateView { mailboxes: mailboxes.collect(), servers: servers.collect(), faults_left: state.shared.faults_left }
}

fn show_account(scenario: &Scenario, account: &Account) -> AccountView {
    let server = |id: ServerId| names::server(scenario, id).to_owned();
    let programs = account
        .programs
        .iter()
        .map(|(id, program)| (names::administrator(scenario, id).to_owned(), ProgramView::of(scenario, program)));
    AccountView {
        directory: account.recipients.iter().map(|(id, found)| (server(id), show_recipient(scenario, found))).collect(),
        remembered: account.remembered.and_then(|found| show_recipient(scenario, &found)),
        stores: account.mailboxes.iter().map(|(id, found)| (server(id), show_mailbox(scenario, found))).collect(),
        hidden: account
            .hidden
            .iter()
            .filter_map(|(id, found)| Some((server(id), show_mailbox(scenario, found.as_ref()?))))
            .collect(),
        queued: names::messages(account.queued),
        late: account.late.as_ref().map(|late| LateView::of(scenario, late)),
        delivery_held: account.transport == Transport::Held,
        saved: names::messages(account.saved),
        edits_left: account.edits_left,
        deletes_left: account.deletes_left,
        administrators: programs.collect(),
        record: show_record(&account.record),
    }
}

fn show_recipient(scenario: &Scenario, recipient: &Recipient) -> Option<RecipientView> {
    let name = |home: Home| home.server().map(|id| names::server(scenario, id).to_owned());
    let stamp = recipient.stamp()?;
    let homes = recipient.homes();
    Some(RecipientView {
        home_mdb: homes.and_then(|homes| name(homes.mdb)),
        home_mta: homes.and_then(|homes| name(homes.mta)),
        deleted: homes.is_none(),
        version: stamp.version,
        changed: stamp.changed,
        signature: stamp.signature.0,
    })
}

fn show_mailbox(scenario: &Scenario, mailbox: &Mailbox) -> Option<ContentsView> {
    let server = |id: ServerId| names::server(scenario, id).to_owned();
    let Mailbox::Present(contents) = mailbox else { return None };
    let in_transit = match contents.mark {
        Mark::Settled => None,
        Mark::InTransit { owner, from, to, pending } => Some(MarkView {
            owner: names::administrator(scenario, owner).to_owned(),
            from: server(from),
            to: server(to),
            pending: names::messages(pending),
        }),
    };
    Some(ContentsView {
        messages: names::copies(contents),
        began_twice: names::messages(contents.began_twice),
        recent: names::messages(contents.recent),
        expunged: names::messages(contents.expunged),
        in_transit,
    })
}

fn show_record(record: &Record) -> RecordView {
    RecordView {
        accepted: names::messages(record.accepted),
        returned: names::messages(record.returned),
        owner_deleted: names::messages(record.owner_deleted),
        destroyed: names::messages(record.destroyed),
        false_success: record.false_success,
        self_move: record.self_move,
    }
}

/// Reads a state back.
///
/// # Errors
/// The part of the view that does not belong to the scenario.
pub fn read(scenario: &Scenario, view: &StateView) -> Result<State, String> {
    let mut accounts = Vec::new();
    for index in 0..scenario.site.mailboxes {
        let name = names::mailbox(Id::at(index));
        let account = view.mailboxes.get(&name).ok_or_else(|| format!("the state lacks {name}"))?;
        accounts.push(read_account(scenario, account).map_err(|reason| format!("{name}: {reason}"))?);
    }
    if view.mailboxes.len() > accounts.len() {
        return Err(format!("the scenario has {} mailboxes, the state {}", accounts.len(), view.mailboxes.len()));
    }
    let servers = per_server(scenario, &view.servers, |found| {
        let service = |up: bool| if up { Service::Up } else { Service::Down };
        Ok(Server { store: service(found.store_up), replica: service(found.replica_up) })
    })?;
    let mut accounts = accounts.into_iter();
    let accounts =
        Table::of(scenario.site.mailboxes, |_| accounts.next().expect("one account was read for each mailbox"));
    Ok(State { accounts, shared: Shared { servers, faults_left: view.faults_left } })
}

fn read_account(scenario: &Scenario, view: &AccountView) -> Result<Account, String> {
    let recipient = |found: &Option<RecipientView>| read_recipient(scenario, found.as_ref());
    let remembered = match &view.remembered {
        Some(found) => Some(read_recipient(scenario, Some(found))?),
        None => scenario.environment.stale_views.then_some(Recipient::Absent),
    };
    let mut programs = Vec::new();
    for administrator in &scenario.administrators {
        let program = view.administrators.get(&administrator.name);
        let program = program.ok_or_else(|| format!("the state lacks {}", administrator.name))?;
        programs.push(program.read(scenario)?);
    }
    Ok(Account {
        recipients: per_server(scenario, &view.directory, recipient)?,
        remembered,
        mailboxes: per_server(scenario, &view.stores, |found| read_mailbox(scenario, found.as_ref()))?,
        hidden: read_hidden(scenario, &view.hidden)?,
        queued: read_messages(&view.queued)?,
        late: view.late.as_ref().map(|late| late.read(scenario)).transpose()?,
        transport: if view.delivery_held { Transport::Held } else { Transport::Open },
        saved: read_messages(&view.saved)?,
        edits_left: view.edits_left,
        deletes_left: view.deletes_left,
        programs: Table::of(programs.len(), |id: AdministratorId| programs[id.index()]),
        record: Record {
            accepted: read_messages(&view.record.accepted)?,
            returned: read_messages(&view.record.returned)?,
            owner_deleted: read_messages(&view.record.owner_deleted)?,
            destroyed: read_messages(&view.record.destroyed)?,
            false_success: view.record.false_success,
            self_move: view.record.self_move,
        },
    })
}

fn per_server<T: Clone, V>(
    scenario: &Scenario,
    views: &BTreeMap<String, V>,
    read: impl Fn(&V) -> Result<T, String>,
) -> Result<Table<ServerId, T>, String> {
    let mut found = Vec::new();
    for name in scenario.site.servers.values() {
        let view = views.get(name).ok_or_else(|| format!("the state lacks server {name}"))?;
        found.push(read(view)?);
    }
    if let Some(unknown) = views.keys().find(|name| scenario.site.servers.values().all(|server| server != *name)) {
        return Err(format!("the site has no server {unknown}"));
    }
    Ok(Table::of(found.len(), |id: ServerId| found[id.index()].clone()))
}

pub(crate) fn server(scenario: &Scenario, name: &str) -> Result<ServerId, String> {
    let found = scenario.site.servers.iter().find(|(_, server)| *server == name);
    found.map(|(id, _)| id).ok_or_else(|| format!("the site has no server {name}"))
}

pub(crate) fn read_messages(names: &[String]) -> Result<MessageSet, String> {
    names.iter().try_fold(MessageSet::EMPTY, |set, name| {
        let message =
            names::parse_message(name).ok_or_else(|| format!("{name} is not a message; messages are m1, m2, …"))?;
        Ok(set.with(MessageSet::just(message)))
    })
}

fn read_recipient(scenario: &Scenario, view: Option<&RecipientView>) -> Result<Recipient, String> {
    let Some(view) = view else { return Ok(Recipient::Absent) };
    let stamp = Stamp { version: view.version, changed: view.changed, signature: ServerId(view.signature) };
    if view.deleted {
        return Ok(Recipient::Tombstone { stamp });
    }
    let home = |name: &Option<String>| match name {
        Some(name) => server(scenario, name).map(Home::Server),
        None => Ok(Home::Malformed),
    };
    Ok(Recipient::Live { homes: Homes { mdb: home(&view.home_mdb)?, mta: home(&view.home_mta)? }, stamp })
}

fn read_mailbox(scenario: &Scenario, view: Option<&ContentsView>) -> Result<Mailbox, String> {
    let Some(view) = view else { return Ok(Mailbox::Absent) };
    let mark = match &view.in_transit {
        None => Mark::Settled,
        Some(mark) => Mark::InTransit {
            owner: administrator(scenario, &mark.owner)?,
            from: server(scenario, &mark.from)?,
            to: server(scenario, &mark.to)?,
            pending: read_messages(&mark.pending)?,
        },
    };
    let began_twice = read_messages(&view.began_twice)?;
    let entries = |name: &String| view.messages.iter().filter(|other| *other == name).count();
    let began = |name: &String| if view.began_twice.contains(name) { 2 } else { 1 };
    let duplicated: Vec<String> = view.messages.iter().filter(|name| entries(name) > began(name)).cloned().collect();
    Ok(Mailbox::Present(Contents {
        messages: read_messages(&view.messages)?,
        duplicated: read_messages(&duplicated)?,
        began_twice,
        recent: read_messages(&view.recent)?,
        expunged: read_messages(&view.expunged)?,
        mark,
    }))
}

fn read_hidden(
    scenario: &Scenario,
    views: &BTreeMap<String, Option<ContentsView>>,
) -> Result<Table<ServerId, Option<Mailbox>>, String> {
    let mut hidden = Table::of(scenario.site.servers.count(), |_| None);
    for (name, view) in views {
        hidden[server(scenario, name)?] = Some(read_mailbox(scenario, view.as_ref())?);
    }
    Ok(hidden)
}

pub(crate) fn administrator(scenario: &Scenario, name: &str) -> Result<AdministratorId, String> {
    let index = scenario.administrators.iter().position(|administrator| administrator.name == name);
    index.map(AdministratorId::at).ok_or_else(|| format!("the scenario has no administrator {name}"))
}
