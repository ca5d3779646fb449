//! The `[start]` table: how every mailbox stands at first, where that is not a fresh one. A restored backup, a tombstone that
//! has expired or a replica that has not heard is told here.

use stranded_model::id::{Id, MessageId, MessageSet, ServerId};
use stranded_model::scenario::{Replication, Site, Start};
use stranded_model::state::{Contents, Homes, Mailbox, Recipient, Stamp};
use stranded_model::table::PerServer;
use toml::de::DeValue;
use toml::{Spanned, Table};

use super::SiteNames;
use super::cursor::{Cursor, text, wrong_type};
use super::diagnostic::Findings;

/// What stands for an object that a replica does not have.
const ABSENT: &str = "absent";

/// Reads the table; what it does not say is as in a fresh site.
pub(crate) fn start(mut cursor: Cursor<'_>, site: &Site, names: &SiteNames, found: &mut Findings) -> Start {
    let servers = site.servers.count();
    let fresh = Recipient::Live { homes: Homes::both(site.home), stamp: Stamp::default() };
    let mut recipients: PerServer<Recipient> = PerServer::of(servers, |_| fresh);
    let mut mailboxes: PerServer<Mailbox> = PerServer::of(servers, |_| Mailbox::Absent);
    if let Some(table) = cursor.table("directory", "`[start.directory]`", found) {
        for (key, value) in table.entries() {
            let server = names.known_server(&key, found);
            let recipient = recipient(value, names, found);
            if let (Some(server), Some(recipient)) = (server, recipient) {
                recipients[server] = recipient;
            }
        }
        let mut differs = recipients.values().skip(1).any(|other| *other != recipients[ServerId::at(0)]);
        differs |= recipients.values().any(|one| one.stamp().is_some_and(|stamp| stamp != Stamp::default()));
        let rivals = recipients.values().any(|one| {
            recipients.values().any(|other| one != other && one.stamp().is_some() && one.stamp() == other.stamp())
        });
        if rivals && site.replication == Replication::Eventual {
            let label = "give the newer one a higher `version`";
            found.report(table.span.clone(), "two replicas differ, and neither has the newer version", label);
        }
        if differs && site.replication == Replication::Instant {
            let label = "say `replication = \"eventual\"` in `[site]`";
            found.report(table.span, "with instant replication all replicas are the same, without versions", label);
        }
    }
    if let Some(table) = cursor.table("stores", "`[start.stores]`", found) {
        for (key, value) in table.entries() {
            let server = names.known_server(&key, found);
            if let (Some(server), Some(messages)) = (server, messages(value, site, found)) {
                mailboxes[server] = Mailbox::Present(Contents { messages, ..Contents::EMPTY });
            }
        }
        let all = mailboxes.values().map(|mailbox| mailbox.messages()).fold(MessageSet::EMPTY, MessageSet::with);
        if all != MessageSet::first(all.len()) {
            let label = "messages are numbered in order of arrival: m1, m2, … without a gap";
            found.report(table.span, "a message is missing", label);
        }
    }
    cursor.finish(found);
    Start { recipients, mailboxes }
}

fn recipient(value: &Spanned<DeValue<'_>>, names: &SiteNames, found: &mut Findings) -> Option<Recipient> {
    if let Some(table) = value.get_ref().as_table() {
        let mut cursor = Cursor::of("the entry", value.span(), table);
        let version = cursor.count("version", 0..=9, found).map_or(0, |version| *version.get_ref());
        let stamp = Stamp { version, ..Stamp::default() };
        let deleted = cursor.flag("deleted", found).unwrap_or(false);
        let home = cursor.string("home", found);
        cursor.finish(found);
        return match home {
            Some(home) if !deleted => names.known_server(&home, found).map(|home| live(home, stamp)),
            None if deleted => Some(Recipient::Tombstone { stamp }),
            Some(_) | None => {
                found.report(
                    value.span(),
                    "an entry is either homed or deleted",
                    "`home = SERVER` or `deleted = true`",
                );
                None
            }
        };
    }
    if value.get_ref().as_str().is_none() {
        wrong_type("directory", value, "a server, `absent`, or a table of `home` or `deleted` and `version`", found);
        return None;
    }
    let name = text("directory", value, found)?;
    if *name.get_ref() == ABSENT {
        return Some(Recipient::Absent);
    }
    names.known_server(&name, found).map(|home| live(home, Stamp::default()))
}

fn live(home: ServerId, stamp: Stamp) -> Recipient {
    Recipient::Live { homes: Homes::both(home), stamp }
}

fn messages(value: &Spanned<DeValue<'_>>, site: &Site, found: &mut Findings) -> Option<MessageSet> {
    let Some(array) = value.get_ref().as_array() else {
        wrong_type("stores", value, "an array of messages", found);
        return None;
    };
    let mut messages = MessageSet::EMPTY;
    for value in array {
        let name = text("stores", value, found)?;
        let number = name.get_ref().strip_prefix('m').and_then(|number| number.parse::<usize>().ok());
        match number.filter(|number| (1..=site.messages).contains(number)) {
            Some(number) => messages = messages.with(MessageSet::just(MessageId::at(number - 1))),
            None => {
                let label = format!("m1 to m{}: the site says `messages = {}`", site.messages, site.messages);
                found.report(name.span(), format!("there is no message `{}`", name.get_ref().escape_debug()), label);
                return None;
            }
        }
    }
    Some(messages)
}

/// The table that reads back as this start.
pub(crate) fn written(start: &Start, names: &SiteNames) -> Table {
    let name = |server: ServerId| names.servers[server.index()].clone();
    let mut directory = Table::new();
    for (server, recipient) in start.recipients.iter() {
        let mut entry = Table::new();
        if let Some(home) = recipient.home() {
            entry.insert("home".to_owned(), name(home).into());
        } else {
            entry.insert("deleted".to_owned(), true.into());
        }
        let value = recipient.stamp().map(|stamp| {
            entry.insert("version".to_owned(), i64::from(stamp.version).into());
            toml::Value::Table(entry)
        });
        directory.insert(name(server), value.unwrap_or_else(|| ABSENT.into()));
    }
    let mut stores = Table::new();
    for (server, mailbox) in start.mailboxes.iter().filter(|(_, mailbox)| mailbox.is_present()) {
        let messages: Vec<String> = mailbox.messages().iter().map(|message| format!("m{}", message.0 + 1)).collect();
        stores.insert(name(server), messages.into());
    }
    let mut table = Table::new();
    table.insert("directory".to_owned(), directory.into());
    table.insert("stores".to_owned(), stores.into());
    table
}
