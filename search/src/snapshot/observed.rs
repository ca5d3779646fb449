//! The translation of a line to the model: its servers, the recipient on each replica, the mailbox in each store, and the groups of
//! messages. A line that matches no state of the model is an error, with the impossible part and the nearest possible form.

use stranded_model::dn::{self, HomeAttribute};
use stranded_model::id::{Id, MessageId, MessageSet, ServerId};
use stranded_model::state::{Contents, Home, Homes, Mailbox};
use stranded_model::table::{ENTRIES_MAX, PerServer};

use crate::scenario::{SiteNames, is_server_name, listed, nearest};

use super::line::{Entries, Entry, Line, Store};
use super::{ContentError, Group, Snapshot};

/// Returns the snapshot that a line describes.
pub(super) fn snapshot(line: &Line) -> Result<Snapshot, ContentError> {
    if line.mailbox.trim().is_empty() {
        return Err(ContentError::at(&line.mailbox, "the mailbox has no name", "any name: a DN, an alias, an address"));
    }
    let mut observed = Observed { names: SiteNames::of(servers(line)?), remarks: Vec::new(), has_names: false };
    let homes = observed.homes(&line.directory)?;
    let groups = groups(&line.stores, &observed.names.servers)?;
    let mailboxes = observed.mailboxes(&line.stores, &groups);
    Ok(Snapshot {
        mailbox: line.mailbox.clone(),
        names: observed.names,
        homes,
        mailboxes,
        groups,
        remarks: observed.remarks,
        stores_observed: line.stores.0.len(),
    })
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
    /// True if a distinguished name gave the organisation and the site.
    has_names: bool,
}

impl Observed {
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
        let Some((_, Some(first))) = observed.iter().find(|(_, homes)| homes.is_some()) else {
            let label = "nearest: one of them with a `home-mdb`; where the recipient was deleted, the consistency adjuster \
                         on the server with the data creates it again";
            return Err(ContentError::at("directory", "no replica has a recipient, so the mailbox has no home", label));
        };
        let first = *first;
        let servers = self.names.servers.clone();
        Ok(PerServer::of(servers.len(), |server: ServerId| {
            let name = &servers[server.index()];
            let found = observed.iter().find(|(other, _)| other == name);
            found.map_or_else(
                || {
                    self.remarks.push(format!("the directory of {name} was not observed; it is assumed to agree"));
                    Some(first)
                },
                |(_, homes)| *homes,
            )
        }))
    }

    /// Returns the homes in one entry. An unobserved attribute is assumed to name the same server as the observed one.
    fn entry(&mut self, server: &str, entry: &Entry) -> Result<Option<Homes>, ContentError> {
        let mdb =
            entry.mdb.as_ref().map(|value| self.home(server, value.as_deref(), HomeAttribute::Mdb)).transpose()?;
        let mta =
            entry.mta.as_ref().map(|value| self.home(server, value.as_deref(), HomeAttribute::Mta)).transpose()?;
        let mut assumed = |attribute: HomeAttribute, home: Home| {
            let name = attribute.name();
            self.remarks.push(format!("{name} on {server} was not observed; it is assumed to name the same server"));
            home
        };
        Ok(match (mdb, mta) {
            (None, None) => None,
            (Some(mdb), Some(mta)) => Some(Homes { mdb, mta }),
            (Some(mdb), None) => Some(Homes { mdb, mta: assumed(HomeAttribute::Mta, mdb) }),
            (None, Some(mta)) => Some(Homes { mdb: assumed(HomeAttribute::Mdb, mta), mta }),
        })
    }

    /// Returns the home in an attribute: the name of a server, or the distinguished name of its store or agent. A malformed name is
    /// not an error, because a directory can contain one.
    fn home(&mut self, server: &str, value: Option<&str>, attribute: HomeAttribute) -> Result<Home, ContentError> {
        let Some(value) = value else { return Ok(Home::Malformed) };
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
            let label = match nearest(&named, &known) {
                Some(near) => format!("nearest: `{near}`"),
                None => format!("{}; for another server, add its store", listed(&known)),
            };
            let message =
                format!("{} names `{}`, a server without any observation", attribute.name(), named.escape_debug());
            ContentError::at(value, message, label)
        })
    }

    fn mailboxes(&mut self, stores: &Entries<Option<Store>>, groups: &[Group]) -> PerServer<Mailbox> {
        let servers = self.names.servers.clone();
        PerServer::of(servers.len(), |server: ServerId| {
            let name = &servers[server.index()];
            match stores.0.iter().find(|(other, _)| other == name) {
                None => {
                    self.remarks.push(format!("the store of {name} was not observed; it is assumed to hold nothing"));
                    Mailbox::Absent
                }
                Some((_, None)) => Mailbox::Absent,
                Some((_, Some(_))) => {
                    let here = groups.iter().filter(|group| group.stores.contains(&server));
                    let messages = here.map(|group| group.stands_for).fold(MessageSet::EMPTY, MessageSet::with);
                    Mailbox::Present(Contents { messages, ..Contents::EMPTY })
                }
            }
        })
    }
}

/// Returns the groups of messages, in the order in which the line first names a message of each.
fn groups(stores: &Entries<Option<Store>>, servers: &[String]) -> Result<Vec<Group>, ContentError> {
    let mut placed: Vec<(&str, Vec<ServerId>)> = Vec::new();
    let mut indexes = std::collections::BTreeMap::new();
    for (server, store) in &stores.0 {
        let Some(id) = servers.iter().position(|known| known == server).map(ServerId::at) else { continue };
        for message in store.iter().flat_map(|store| &store.messages) {
            let index = *indexes.entry(message.as_str()).or_insert(placed.len());
            if index == placed.len() {
                placed.push((message, Vec::new()));
            }
            if placed[index].1.contains(&id) {
                let text = message.escape_debug();
                let label = "nearest: name it once; two messages need two names";
                let mut wrong = ContentError::at(message, format!("`{text}` is twice in the store of {server}"), label);
                wrong.occurrence = placed[index].1.len();
                return Err(wrong);
            }
            placed[index].1.push(id);
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    for (message, mut stores) in placed {
        stores.sort();
        match groups.iter_mut().find(|group| group.stores == stores) {
            Some(group) => group.messages.push(message.to_owned()),
            None => groups.push(Group { stands_for: MessageSet::EMPTY, messages: vec![message.to_owned()], stores }),
        }
    }
    represent(&mut groups)?;
    Ok(groups)
}

/// Gives each group the messages that represent it: two for a group of two or more, if the model has enough messages.
fn represent(groups: &mut [Group]) -> Result<(), ContentError> {
    let wanted = |each: usize| groups.iter().map(|group| group.messages.len().min(each)).sum::<usize>();
    let Some(each) = [2, 1].into_iter().find(|each| wanted(*each) <= Snapshot::MESSAGES_MAX) else {
        let most = Snapshot::MESSAGES_MAX;
        let message = format!(
            "the messages are in {} different sets of stores, and the model distinguishes {most}",
            groups.len()
        );
        return Err(ContentError::at(
            "stores",
            message,
            "nearest: leave out a store that holds only what others hold too",
        ));
    };
    let mut next = 0;
    for group in groups {
        let count = group.messages.len().min(each);
        let messages = (next..next + count).map(|index| MessageSet::just(MessageId::at(index)));
        group.stands_for = messages.fold(MessageSet::EMPTY, MessageSet::with);
        next += count;
    }
    Ok(())
}
