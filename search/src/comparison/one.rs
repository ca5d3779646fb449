//! The comparison of one mailbox.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::id::Id;

use crate::snapshot::{
    ListedMessage, MessageDetails, Snapshot, Standing, StoreContent, WaitingMail, name_of_text, shared_name,
};

use super::texts::aligned;
use super::{Changed, Counts, Duplicated, Elsewhere, Lost, MailboxComparison, Observed, Question, Unknown};

/// The key of the waiting mail in a snapshot.
const WAITING: &str = "waiting";

/// Compares a mailbox that both snapshots have.
pub(super) fn compared(before: &Snapshot, after: &Snapshot) -> MailboxComparison {
    let (before, after) = (&*aligned(before, after), &*aligned(after, before));
    let pair = Pair { before, after, servers: servers(before, after) };
    let (lost, mut unknown, lost_unnamed) = pair.lost();
    let (duplicated, perhaps_duplicated) = pair.duplicated();
    unknown.extend(perhaps_duplicated);
    unknown.extend(pair.fewer_without_digests());
    let known = names(before);
    MailboxComparison {
        lost,
        lost_unnamed,
        duplicated,
        changed: pair.changed(),
        unknown,
        rearranged: pair.rearranged(),
        arrived: names(after).difference(&known).count(),
        counts: pair.counts(),
        is_blind_before: pair.unobserved(before).len() == pair.servers.len(),
        unobserved_before: pair.unobserved(before),
        unobserved_after: pair.unobserved(after),
        ..alone(after, Observed::BeforeAndAfter)
    }
}

/// Returns the result on a mailbox that only the snapshot before has.
pub(super) fn only_before(before: &Snapshot) -> MailboxComparison {
    MailboxComparison { standing: None, stranded: Vec::new(), ..alone(before, Observed::OnlyBefore) }
}

/// Returns the result on a mailbox that only the snapshot after has.
pub(super) fn only_after(after: &Snapshot) -> MailboxComparison {
    alone(after, Observed::OnlyAfter)
}

/// Returns what one snapshot shows alone.
fn alone(snapshot: &Snapshot, observed: Observed) -> MailboxComparison {
    let standing = snapshot.standing();
    MailboxComparison {
        mailbox: snapshot.mailbox.clone(),
        observed,
        standing: Some(standing),
        lost: Vec::new(),
        lost_unnamed: 0,
        duplicated: Vec::new(),
        changed: Vec::new(),
        stranded: if standing == Standing::Stranded { elsewhere(snapshot) } else { Vec::new() },
        unknown: Vec::new(),
        rearranged: Vec::new(),
        arrived: 0,
        counts: Vec::new(),
        is_blind_before: false,
        unobserved_before: Vec::new(),
        unobserved_after: Vec::new(),
    }
}

/// Returns the messages that the home lacks and another store holds, by name.
fn elsewhere(snapshot: &Snapshot) -> Vec<Elsewhere> {
    let hidden = snapshot.messages().without(snapshot.visible());
    let groups = snapshot.groups.iter().filter(|group| !group.stands_for.common(hidden).is_empty());
    let named = groups.flat_map(|group| {
        let servers = group.stores.iter().map(|server| snapshot.names.servers[server.index()].clone());
        let servers: Vec<String> = servers.collect();
        group.messages.iter().map(move |message| Elsewhere { message: message.clone(), servers: servers.clone() })
    });
    named.collect()
}

/// Returns the servers of both snapshots, each once; names of servers are compared without regard to case.
fn servers(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let mut servers = before.names.servers.clone();
    for server in &after.names.servers {
        if !servers.iter().any(|known| known.eq_ignore_ascii_case(server)) {
            servers.push(server.clone());
        }
    }
    servers
}

/// Returns the content of a server's store.
fn content<'a>(snapshot: &'a Snapshot, server: &str) -> &'a StoreContent {
    let mut named = snapshot.names.servers.iter().zip(snapshot.contents.values());
    named.find(|(name, _)| name.eq_ignore_ascii_case(server)).map_or(&StoreContent::Unobserved, |(_, content)| content)
}

/// Returns the names of all messages in the stores and in the queue.
fn names(snapshot: &Snapshot) -> BTreeSet<&str> {
    let stored = snapshot.contents.values().filter_map(StoreContent::listed).flat_map(BTreeMap::keys);
    stored.chain(snapshot.waiting.names()).map(String::as_str).collect()
}

/// The two observations of a mailbox.
struct Pair<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    servers: Vec<String>,
}

impl Pair<'_> {
    /// Returns the lost messages, those that can be lost, and the number of others that were lost, at least.
    fn lost(&self) -> (Vec<Lost>, Vec<Unknown>, usize) {
        let still = names(self.after);
        let missing = names(self.before).into_iter().filter(|name| !still.contains(name));
        let open = self.open_stores();
        let (mut lost, mut unknown) = (Vec::new(), Vec::new());
        let mut missing_from_stores = 0;
        for name in missing {
            let was_on = self.holding(self.before, name);
            missing_from_stores += usize::from(!was_on.is_empty());
            let is_queue_open = was_on.is_empty() && !matches!(self.after.waiting, WaitingMail::Listed(_));
            let keys: Vec<String> = open.iter().cloned().chain(is_queue_open.then(|| WAITING.to_owned())).collect();
            let unread = shared_name(name).map(|shared| self.holding(self.after, &name_of_text(shared, None)));
            let unread: Vec<String> = unread.into_iter().flatten().map(|server| details_key(&server)).collect();
            if !unread.is_empty() {
                unknown.push(Unknown { message: name.to_owned(), question: Question::IsLostText(unread) });
            } else if keys.is_empty() {
                let deleted_on = self.deleted_on(name);
                lost.push(Lost { message: name.to_owned(), was_on, deleted_on });
            } else {
                unknown.push(Unknown { message: name.to_owned(), question: Question::IsLost(keys) });
            }
        }
        let lost_unnamed = self.lost_unnamed(missing_from_stores, lost.len());
        (lost, unknown, lost_unnamed)
    }

    /// Returns the messages of which all stores hold fewer copies than one store held before, if no digest shows that they were copies.
    fn fewer_without_digests(&self) -> Vec<Unknown> {
        if !self.open_stores().is_empty() {
            return Vec::new();
        }
        let mut unknown = Vec::new();
        for server in &self.servers {
            for (name, message) in content(self.before, server).listed().into_iter().flatten() {
                let stores = self.after.contents.values().filter_map(StoreContent::listed);
                let now: usize = stores.filter_map(|listed| listed.get(name)).map(|message| message.copies).sum();
                if message.details.digest.is_none() && now > 0 && now < message.copies {
                    let question = Question::IsLostText(vec![details_key(server)]);
                    unknown.push(Unknown { message: name.clone(), question });
                }
            }
        }
        unknown
    }

    /// Returns the number of messages that were lost beside those known by name, at least: a store held more messages than all stores hold
    /// now, or more messages are missing by name than the stores with a number hold.
    fn lost_unnamed(&self, missing: usize, lost: usize) -> usize {
        let contents = || self.servers.iter().map(|server| content(self.after, server));
        let Some(now) = contents().map(StoreContent::count).sum::<Option<usize>>() else { return 0 };
        let counted = |content: &StoreContent| match content {
            StoreContent::Counted(count) => *count,
            StoreContent::Unobserved | StoreContent::Listed(_) => 0,
        };
        let unnamed: usize = contents().map(counted).sum();
        let by_name = missing.saturating_sub(unnamed);
        let largest = self.before.contents.values().map(counted).max().unwrap_or(0);
        by_name.max(largest.saturating_sub(now)).saturating_sub(lost)
    }

    /// Returns the keys of the stores that can hold a message after, although it was not observed there.
    fn open_stores(&self) -> Vec<String> {
        let is_open = |server: &&String| content(self.after, server).listed().is_none();
        self.servers.iter().filter(is_open).map(|server| messages_key(server)).collect()
    }

    fn holding(&self, snapshot: &Snapshot, name: &str) -> Vec<String> {
        let holds =
            |server: &&String| content(snapshot, server).listed().is_some_and(|listed| listed.contains_key(name));
        self.servers.iter().filter(holds).cloned().collect()
    }

    /// Returns the servers whose stores remember afterwards that they deleted a message.
    fn deleted_on(&self, name: &str) -> Vec<String> {
        let stores = self.after.names.servers.iter().zip(self.after.deletions.values());
        let remembering = stores.filter(|(_, names)| names.iter().any(|deleted| deleted == name));
        remembering.map(|(server, _)| server.clone()).collect()
    }

    /// Returns the messages of which a store holds more copies than any store did before, and more than 1, and those of which it can.
    fn duplicated(&self) -> (Vec<Duplicated>, Vec<Unknown>) {
        let (mut duplicated, mut unknown) = (Vec::new(), Vec::new());
        for server in &self.servers {
            let before = content(self.before, server).listed();
            let after = content(self.after, server).listed().into_iter().flatten();
            for (name, ListedMessage { copies, .. }) in after.filter(|(_, message)| message.copies > 1) {
                let (message, server, after) = (name.clone(), server.clone(), *copies);
                let held =
                    |listed: &BTreeMap<String, ListedMessage>| listed.get(name).map_or(0, |message| message.copies);
                // A move carries the copies of a message to the other store.
                let most = self.before.contents.values().filter_map(StoreContent::listed).map(held).max().unwrap_or(0);
                match before.map(held) {
                    _ if after <= most => {}
                    None => unknown.push(Unknown { message, question: Question::IsDuplicated(messages_key(&server)) }),
                    Some(before) => duplicated.push(Duplicated { message, server, before, after }),
                }
            }
        }
        (duplicated, unknown)
    }

    /// Calls a function with each message that a store holds after and some store held before, with its details then and now.
    fn each_kept(&self, mut take: impl FnMut(&str, &str, &[&MessageDetails], &MessageDetails)) {
        for server in &self.servers {
            for (name, now) in content(self.after, server).listed().into_iter().flatten() {
                if now.details == MessageDetails::default() {
                    continue;
                }
                let stores = self.before.contents.values().filter_map(StoreContent::listed);
                let then: Vec<&MessageDetails> =
                    stores.filter_map(|listed| listed.get(name)).map(|message| &message.details).collect();
                take(name, server, &then, &now.details);
            }
        }
    }

    /// Returns the messages whose digest is none of those that they had before.
    fn changed(&self) -> Vec<Changed> {
        let mut changed = Vec::new();
        self.each_kept(|name, server, then, now| {
            let mut before: Vec<String> = then.iter().filter_map(|details| details.digest.clone()).collect();
            before.sort();
            before.dedup();
            if let Some(after) = now.digest.as_ref().filter(|digest| !before.is_empty() && !before.contains(digest)) {
                let (message, server, after) = (name.to_owned(), server.to_owned(), after.clone());
                changed.push(Changed { message, server, before, after });
            }
        });
        changed
    }

    /// Returns the messages whose flags or folder are none of those that they had before.
    fn rearranged(&self) -> Vec<String> {
        fn is_new<T: PartialEq>(then: impl Iterator<Item = T>, now: Option<T>) -> bool {
            let then: Vec<T> = then.collect();
            now.is_some_and(|now| !then.is_empty() && !then.contains(&now))
        }
        let flags = |details: &MessageDetails| {
            details.flags.as_ref().map(|flags| flags.iter().cloned().collect::<BTreeSet<String>>())
        };
        let mut names = BTreeSet::new();
        self.each_kept(|name, _, then, now| {
            let folders = then.iter().filter_map(|details| details.folder.as_ref());
            let is_moved = is_new(folders, now.folder.as_ref());
            if is_moved || is_new(then.iter().filter_map(|details| flags(details)), flags(now)) {
                names.insert(name.to_owned());
            }
        });
        names.into_iter().collect()
    }

    /// Returns the numbers of the stores of which one snapshot has only a number.
    fn counts(&self) -> Vec<Counts> {
        let counts = self.servers.iter().filter_map(|server| {
            let [before, after] = [self.before, self.after].map(|snapshot| content(snapshot, server));
            let is_counted = [before, after].iter().any(|content| matches!(content, StoreContent::Counted(_)));
            is_counted.then(|| Counts { server: server.clone(), before: before.count(), after: after.count() })
        });
        counts.collect()
    }

    /// Returns the keys of the stores that a snapshot does not show.
    fn unobserved(&self, snapshot: &Snapshot) -> Vec<String> {
        let is_unobserved = |server: &&String| *content(snapshot, server) == StoreContent::Unobserved;
        self.servers.iter().filter(is_unobserved).map(|server| messages_key(server)).collect()
    }
}

/// Returns the key of the messages of a store in a snapshot.
fn messages_key(server: &str) -> String {
    format!("stores.{server}.messages")
}

/// Returns the key of the details of a store in a snapshot.
fn details_key(server: &str) -> String {
    format!("stores.{server}.details")
}
