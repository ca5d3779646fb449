//! The translation of a line to the model: its servers, the recipient on each replica, the mailbox in each store, and the facts that it
//! leaves out. A line that matches no state of the model is an error, with the impossible part and the nearest possible form.

use stranded_model::dn::{self, HomeAttribute};
use stranded_model::id::{Id, MessageSet, ServerId};
use stranded_model::state::{Contents, Home, Homes, Mailbox};
use stranded_model::table::{ENTRIES_MAX, PerServer};

use crate::scenario::{SiteNames, is_server_name, listed, nearest};

use super::groups::groups;
use super::line::{Entries, Entry, Line, Listing, Store};
use super::{ContentError, Group, Snapshot, StoreContent, UnobservedFact, WaitingMail, identity};

/// Returns the snapshot that a line describes.
pub(super) fn snapshot(mut line: Line) -> Result<Snapshot, ContentError> {
    identity::distinguish(&mut line)?;
    let line = &line;
    if line.mailbox.trim().is_empty() {
        return Err(ContentError::at(&line.mailbox, "the mailbox has no name", "any name: a DN, an alias, an address"));
    }
    let names = SiteNames::of(servers(line)?);
    let has_marks = has_marks(line)?;
    let mut observed = Observed { names, remarks: Vec::new(), unobserved: Vec::new(), has_names: false };
    let homes = observed.homes(&line.directory)?;
    observed.note_gaps(line, &homes);
    let groups = groups(&line.stores, &observed.names.servers)?;
    let mailboxes = observed.mailboxes(&line.stores, &groups);
    let contents = observed.contents(&line.stores);
    let deletions = observed.deletions(&line.stores);
    observed.unobserved.extend(line.waiting.is_none().then_some(UnobservedFact::Waiting));
    observed.unobserved.extend(line.sessions.is_none().then_some(UnobservedFact::Sessions));
    let is_marked =
        |(_, store): &&(String, Option<Store>)| store.as_ref().is_some_and(|one| one.in_transit == Some(true));
    let in_transit = line.stores.0.iter().filter(is_marked).filter_map(|(server, _)| observed.id(server)).collect();
    observed.unobserved.sort();
    let snapshot = Snapshot {
        mailbox: line.mailbox.clone(),
        is_representative: false,
        names: observed.names,
        homes,
        mailboxes,
        groups,
        contents,
        deletions,
        waiting: WaitingMail::of(line.waiting.as_ref()),
        is_mail_waiting: line.waiting.as_ref().is_some_and(|waiting| waiting.count() > 0),
        in_transit,
        has_marks,
        has_sessions: line.sessions.as_ref().is_some_and(|sessions| sessions.count() > 0),
        unobserved: observed.unobserved,
        remarks: observed.remarks,
    };
    Ok(if has_marks == Some(false) { snapshot.without_marks() } else { snapshot })
}

/// Returns whether the stores have in-transit marks: as the line says, or because some store showed one. A mailbox without a mark does
/// not show that its store could mark it.
fn has_marks(line: &Line) -> Result<Option<bool>, ContentError> {
    let shown = || line.stores.0.iter().filter_map(|(server, store)| Some((server, store.as_ref()?.in_transit?)));
    if line.marks == Some(false)
        && let Some((server, _)) = shown().find(|(_, is_marked)| *is_marked)
    {
        let message = format!("`marks` is false, but the store of {server} marks the mailbox as in transit");
        return Err(ContentError::at("marks", message, "false only if the stores can have no such mark"));
    }
    Ok(line.marks.or_else(|| shown().any(|(_, is_marked)| is_marked).then_some(true)))
}

/// Returns the servers in the directory and the stores, in the order of the line.
fn servers(line: &Line) -> Result<Vec<String>, ContentError> {
    let mut servers: Vec<String> = Vec::new();
    for keys in [keys(&line.directory), keys(&line.stores)] {
        for (index, key) in keys.iter().enumerate() {
            if keys[..index].contains(key) {
                let mut wrong =
                    ContentError::at(key, format!("`{key}` is given twice"), "each part names a server once");
                wrong.occurrence = 1;
                return Err(wrong);
            }
            if let Some(other) = servers.iter().find(|other| *other != key && other.eq_ignore_ascii_case(key)) {
                let message =
                    format!("`{key}` and `{other}` are one server: names are compared without regard to case");
                return Err(ContentError::at(key, message, format!("write `{other}`")));
            }
            if !is_server_name(key) {
                let label = "letters, digits, `-`, `_` and `.`; not from, to, home, connected-to, earlier or later";
                return Err(ContentError::at(key, format!("no server can be called `{}`", key.escape_debug()), label));
            }
            if !servers.iter().any(|other| other == key) {
                servers.push((*key).to_owned());
            }
        }
    }
    match servers.get(ENTRIES_MAX) {
        Some(excess) => {
            let message =
                format!("there are {} servers, and a site of the model has at most {ENTRIES_MAX}", servers.len());
            let label = "nearest: leave out servers that hold no messages and whose replicas agree with others";
            Err(ContentError::at(excess, message, label))
        }
        None => Ok(servers),
    }
}

fn keys<T>(entries: &Entries<T>) -> Vec<&str> {
    entries.0.iter().map(|(key, _)| key.as_str()).collect()
}

struct Observed {
    names: SiteNames,
    remarks: Vec<String>,
    unobserved: Vec<UnobservedFact>,
    /// True if a distinguished name gave the organisation and the site.
    has_names: bool,
}

impl Observed {
    fn id(&self, server: &str) -> Option<ServerId> {
        self.names.servers.iter().position(|known| known == server).map(ServerId::at)
    }

    /// Returns the homes on each replica. An unobserved replica is assumed to agree with the first observed recipient.
    fn homes(&mut self, directory: &Entries<Option<Entry>>) -> Result<PerServer<Option<Homes>>, ContentError> {
        let mut observed: Vec<(String, Option<Homes>)> = Vec::new();
        for (server, entry) in &directory.0 {
            match entry {
                None => observed.push((server.clone(), None)),
                Some(entry) => observed.extend(self.entry(server, entry)?.map(|homes| (server.clone(), Some(homes)))),
            }
        }
        if observed.is_empty() {
            let label = "nearest: `\"directory\": {SERVER: {\"home-mdb\": SERVER}}`";
            return Err(ContentError::at("directory", "no replica was observed, so the home is unknown", label));
        }
        let entries = || directory.0.iter().filter_map(|(_, entry)| entry.as_ref());
        let (mdb, mta) = (entries().any(|entry| entry.mdb.is_some()), entries().any(|entry| entry.mta.is_some()));
        let has_recipient = mdb || mta;
        self.unobserved.extend((has_recipient && !mdb).then_some(UnobservedFact::Attribute(HomeAttribute::Mdb)));
        self.unobserved.extend((has_recipient && !mta).then_some(UnobservedFact::Attribute(HomeAttribute::Mta)));
        let first = observed.iter().find_map(|(_, homes)| *homes);
        let servers = self.names.servers.clone();
        let homes = PerServer::of(servers.len(), |server: ServerId| {
            let found = observed.iter().find(|(other, _)| *other == servers[server.index()]);
            found.map_or_else(
                || {
                    self.unobserved.push(UnobservedFact::Replica(server));
                    first
                },
                |(_, homes)| *homes,
            )
        });
        let differ = homes.values().any(|one| *one != homes[ServerId(0)]);
        self.unobserved.extend(differ.then_some(UnobservedFact::Versions));
        Ok(homes)
    }

    /// Notes the home attributes that a recipient lacks, and the servers that occur nowhere but as a key of the directory.
    fn note_gaps(&mut self, line: &Line, homes: &PerServer<Option<Homes>>) {
        let lacking = |attribute: HomeAttribute| {
            let lacks = move |entry: &Entry| match attribute {
                HomeAttribute::Mdb => entry.mdb.is_none() && entry.mta.is_some(),
                HomeAttribute::Mta => entry.mta.is_none() && entry.mdb.is_some(),
            };
            let entries = line.directory.0.iter().filter(move |(_, entry)| entry.as_ref().is_some_and(lacks));
            entries.map(|(server, _)| server.as_str()).collect::<Vec<_>>()
        };
        for attribute in [HomeAttribute::Mdb, HomeAttribute::Mta] {
            let servers = lacking(attribute);
            if !servers.is_empty() {
                self.remarks.push(format!("{} was not observed on {}", attribute.name(), servers.join(", ")));
            }
        }
        let is_home = |server: ServerId| {
            let of = |homes: &Homes| [homes.mdb, homes.mta].contains(&Home::Server(server));
            homes.values().flatten().any(of)
        };
        let is_stray = |server: &&str| !keys(&line.stores).contains(server) && !self.id(server).is_some_and(is_home);
        let stray: Vec<&str> = keys(&line.directory).into_iter().filter(is_stray).collect();
        self.remarks.extend(stray.into_iter().map(|server| {
            format!("{server} is only a key of `directory`: the keys are the names of mail servers, also with one directory for all")
        }));
    }

    /// Returns the homes in one entry. An unobserved attribute is assumed to name the same server as the observed one.
    fn entry(&mut self, server: &str, entry: &Entry) -> Result<Option<Homes>, ContentError> {
        let mdb =
            entry.mdb.as_ref().map(|value| self.home(server, value.as_deref(), HomeAttribute::Mdb)).transpose()?;
        let mta =
            entry.mta.as_ref().map(|value| self.home(server, value.as_deref(), HomeAttribute::Mta)).transpose()?;
        Ok(match (mdb, mta) {
            (None, None) => None,
            (Some(mdb), Some(mta)) => Some(Homes { mdb, mta }),
            (Some(home), None) | (None, Some(home)) => Some(Homes { mdb: home, mta: home }),
        })
    }

    /// Returns the home in an attribute: the name of a server, or the distinguished name of its store or agent. A malformed name is
    /// not an error, because a directory can contain one.
    fn home(&mut self, server: &str, value: Option<&str>, attribute: HomeAttribute) -> Result<Home, ContentError> {
        let Some(value) = value else { return Ok(Home::Malformed) };
        if value.trim().is_empty() {
            let message = format!("{} on {server} is empty", attribute.name());
            return Err(ContentError::at(
                value,
                message,
                "the name of a server, or null if the attribute has no value",
            ));
        }
        let is_distinguished = value.contains(['/', '=']);
        let named = if is_distinguished {
            match dn::parse(value, attribute) {
                Ok(name) => {
                    if !self.has_names {
                        self.has_names = true;
                        self.names.organization.clone_from(&name.organization);
                        self.names.name.clone_from(&name.site);
                    }
                    name.server
                }
                Err(reason) => {
                    self.remarks.push(format!("{} on {server} is malformed: {reason}", attribute.name()));
                    return Ok(Home::Malformed);
                }
            }
        } else {
            value.to_owned()
        };
        let servers = &self.names.servers;
        let index = servers.iter().position(|known| known.eq_ignore_ascii_case(&named));
        index.map(|index| Home::Server(ServerId::at(index))).ok_or_else(|| {
            let known: Vec<&str> = servers.iter().map(String::as_str).collect();
            let first_part = named.split('.').next().unwrap_or(&named);
            let same = known.iter().find(|name| name.eq_ignore_ascii_case(first_part));
            let label = match same.copied().or_else(|| nearest(&named, &known)) {
                Some(near) => format!("if this is `{near}`, write `{near}`; if it is another server, add its store"),
                None => format!("{}; for another server, add its store", listed(&known)),
            };
            let message =
                format!("{} names `{}`, a server without any observation", attribute.name(), named.escape_debug());
            ContentError::at(value, message, label)
        })
    }

    /// Returns the mailbox in each store. An unobserved store is assumed to have none.
    fn mailboxes(&mut self, stores: &Entries<Option<Store>>, groups: &[Group]) -> PerServer<Mailbox> {
        let servers = self.names.servers.clone();
        PerServer::of(servers.len(), |server: ServerId| {
            match stores.0.iter().find(|(other, _)| *other == servers[server.index()]) {
                None => {
                    self.unobserved.extend([UnobservedFact::Store(server), UnobservedFact::Deletions(server)]);
                    self.unobserved.push(UnobservedFact::Transit(server));
                    Mailbox::Absent
                }
                // A store can remember deletions from a mailbox that it does not list.
                Some((_, None)) => {
                    self.unobserved.push(UnobservedFact::Deletions(server));
                    Mailbox::Absent
                }
                Some((_, Some(store))) => {
                    self.present(server, store, groups);
                    let union = |is_in: &dyn Fn(&Group) -> bool| {
                        let groups = groups.iter().filter(|group| is_in(group));
                        groups.map(|group| group.stands_for).fold(MessageSet::EMPTY, MessageSet::with)
                    };
                    let messages = union(&|group| group.stores.contains(&server));
                    let expunged = union(&|group| group.deleted_in.contains(&server));
                    let began_twice = union(&|group| group.repeated_in.contains(&server));
                    Mailbox::Present(Contents { messages, began_twice, expunged, ..Contents::EMPTY })
                }
            }
        })
    }

    /// Returns the content of each store, by name.
    fn contents(&self, stores: &Entries<Option<Store>>) -> PerServer<StoreContent> {
        let mut contents = vec![StoreContent::Unobserved; self.names.servers.len()];
        for (server, store) in &stores.0 {
            if let Some(id) = self.id(server) {
                contents[id.index()] = StoreContent::of(store.as_ref());
            }
        }
        let mut contents = contents.into_iter();
        PerServer::of(self.names.servers.len(), |_: ServerId| contents.next().unwrap_or(StoreContent::Unobserved))
    }

    /// Returns the names of the messages that each store remembers as deleted.
    fn deletions(&self, stores: &Entries<Option<Store>>) -> PerServer<Vec<String>> {
        let deleted = |server: ServerId| {
            let mut named = stores.0.iter().filter(|(name, _)| self.id(name) == Some(server));
            named.find_map(|(_, store)| store.as_ref()?.deleted.clone()).unwrap_or_default()
        };
        PerServer::of(self.names.servers.len(), deleted)
    }

    /// Records what was not observed of a mailbox that is present, and the messages that it holds more than once.
    fn present(&mut self, server: ServerId, store: &Store, groups: &[Group]) {
        let is_alone = groups.iter().all(|group| group.stores == [server]);
        let unobserved = match &store.messages {
            None => Some(UnobservedFact::Store(server)),
            Some(Listing::Count(count)) if *count > 0 && !is_alone => Some(UnobservedFact::Overlap(server)),
            Some(Listing::Count(_)) => None,
            Some(Listing::Names(names)) => {
                let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
                let repeated = names.len() - distinct.len();
                if repeated > 0 {
                    let name = &self.names.servers[server.index()];
                    self.remarks
                        .push(format!("the store of {name} holds {repeated} further copies of its own messages"));
                }
                None
            }
        };
        self.unobserved.extend(unobserved);
        self.unobserved.extend(store.deleted.is_none().then_some(UnobservedFact::Deletions(server)));
        self.unobserved.extend(store.in_transit.is_none().then_some(UnobservedFact::Transit(server)));
    }
}
