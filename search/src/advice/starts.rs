//! The states in which a mailbox can be, given an observation: every fact that was not observed is taken both ways.

use stranded_model::dn::HomeAttribute;
use stranded_model::id::{Id, MessageId, MessageSet, ServerId};
use stranded_model::state::{Account, Contents, Home, Homes, Mailbox, Mark, Recipient, Stamp, Transport};
use stranded_model::table::PerServer;

use crate::snapshot::{Snapshot, UnobservedFact};

/// The most states in which a search starts.
const STARTS_MAX: usize = 96;

/// A way in which a state differs from the one that a snapshot assumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Possibility {
    /// As the snapshot assumes.
    Assumed,
    /// The store holds these messages, and perhaps one that was not observed anywhere.
    Holds { at: ServerId, known: MessageSet, is_more: bool },
    /// The store remembers these messages as deleted.
    Deleted { at: ServerId, messages: MessageSet },
    /// A move between these servers has marked the mailbox; its messages are in the in-transit folder, or in the others.
    Marked { at: ServerId, from: ServerId, to: ServerId, is_pending: bool },
    /// The attribute has this value on every replica.
    Named { attribute: HomeAttribute, home: Home },
    /// The replica has another version of the recipient.
    Version { at: ServerId, homes: Option<Homes>, is_newer: bool },
    /// The versions of the replicas have this order, the oldest first.
    Order(Vec<Option<Homes>>),
    /// A message waits in the queue of the transport.
    Waits,
    /// A session or a cache remembers this home.
    Remembers(ServerId),
}

/// A fact with everything that it can be, first what the snapshot assumes.
#[derive(Clone, Debug)]
pub(super) struct Sides {
    pub(super) fact: UnobservedFact,
    pub(super) sides: Vec<Possibility>,
}

/// One state in which the mailbox can be.
#[derive(Clone, Debug)]
pub(super) struct Start {
    /// The index of the side of each fact, in the order of the facts.
    pub(super) sides: Vec<usize>,
    pub(super) possibilities: Vec<Possibility>,
}

impl Start {
    /// The start in which everything is as the snapshot assumes.
    pub(super) const ASSUMED: Self = Self { sides: Vec::new(), possibilities: Vec::new() };

    /// Returns true if every fact is as the snapshot assumes.
    pub(super) fn is_assumed(&self) -> bool {
        self.sides.iter().all(|side| *side == 0)
    }

    /// Returns the number of facts that are not as the snapshot assumes.
    pub(super) fn others(&self) -> usize {
        self.sides.iter().filter(|side| **side > 0).count()
    }

    /// Returns true if a move has left a mark.
    pub(super) fn is_marked(&self) -> bool {
        self.possibilities.iter().any(|one| matches!(one, Possibility::Marked { .. }))
    }

    /// Returns the number of messages that exist besides the observed ones.
    pub(super) fn messages_added(&self) -> usize {
        let adds = |one: &&Possibility| match one {
            Possibility::Holds { is_more, .. } => *is_more,
            Possibility::Waits => true,
            Possibility::Assumed
            | Possibility::Deleted { .. }
            | Possibility::Marked { .. }
            | Possibility::Named { .. }
            | Possibility::Version { .. }
            | Possibility::Order(_)
            | Possibility::Remembers(_) => false,
        };
        self.possibilities.iter().filter(adds).count()
    }

    /// Gives an account the directory, the mailboxes and the mail of this start. Messages are numbered without a gap: the observed ones,
    /// those in stores, those that wait, and then `spare` numbers of messages that do not exist.
    pub(super) fn put_into(&self, account: &mut Account, snapshot: &Snapshot, is_held: bool, spare: usize) {
        let mut added = snapshot.messages().len();
        let mut add = || {
            added += 1;
            MessageSet::just(MessageId::at(added - 1))
        };
        account.recipients = self.recipients(snapshot);
        account.mailboxes = snapshot.mailboxes;
        for possibility in &self.possibilities {
            if let Possibility::Holds { at, known, is_more } = possibility {
                let messages = if *is_more { known.with(add()) } else { *known };
                account.mailboxes[*at] = Mailbox::Present(Contents { messages, ..account.mailboxes[*at].contents() });
            }
        }
        for possibility in &self.possibilities {
            match possibility {
                Possibility::Deleted { at, messages } => {
                    let found = account.mailboxes[*at].contents();
                    let expunged = found.expunged.with(*messages);
                    account.mailboxes[*at] = Mailbox::Present(Contents { expunged, ..found });
                }
                Possibility::Marked { at, from, to, is_pending } => {
                    let owner = account.programs.ids().next().unwrap_or_default();
                    let found = account.mailboxes[*at].contents();
                    let (messages, pending) = if *is_pending {
                        (MessageSet::EMPTY, found.messages)
                    } else {
                        (found.messages, MessageSet::EMPTY)
                    };
                    let mark = Mark::InTransit { owner, from: *from, to: *to, pending };
                    account.mailboxes[*at] = Mailbox::Present(Contents { messages, mark, ..found });
                }
                Possibility::Remembers(home) => {
                    let stamp = Stamp::default();
                    account.remembered = Some(Recipient::Live { homes: Homes::both(*home), stamp });
                }
                Possibility::Assumed
                | Possibility::Holds { .. }
                | Possibility::Named { .. }
                | Possibility::Version { .. }
                | Possibility::Order(_)
                | Possibility::Waits => {}
            }
        }
        if self.possibilities.contains(&Possibility::Waits) {
            account.queued = add();
        }
        account.transport = if is_held { Transport::Held } else { Transport::Open };
        // A number that no message of this start has counts as deleted by its owner.
        account.record.accepted = MessageSet::first(added + spare);
        account.record.owner_deleted = account.record.accepted.without(account.kept());
    }

    /// Returns the recipients. The snapshot does not show which version is the newest; a replica without the recipient has a tombstone.
    pub(super) fn recipients(&self, snapshot: &Snapshot) -> PerServer<Recipient> {
        let mut homes = snapshot.homes;
        let mut order = versions(snapshot);
        for possibility in &self.possibilities {
            match possibility {
                Possibility::Named { attribute, home } => {
                    let name = |homes: &mut Homes| match attribute {
                        HomeAttribute::Mdb => homes.mdb = *home,
                        HomeAttribute::Mta => homes.mta = *home,
                    };
                    homes.values_mut().flatten().for_each(name);
                    order.iter_mut().flatten().for_each(name);
                }
                Possibility::Order(versions) => order.clone_from(versions),
                Possibility::Assumed
                | Possibility::Holds { .. }
                | Possibility::Deleted { .. }
                | Possibility::Marked { .. }
                | Possibility::Version { .. }
                | Possibility::Waits
                | Possibility::Remembers(_) => {}
            }
        }
        let version = |server: ServerId| {
            let found = self.possibilities.iter().find_map(|possibility| match possibility {
                Possibility::Version { at, homes, is_newer } if *at == server => {
                    Some((*homes, if *is_newer { order.len() + 1 } else { 0 }))
                }
                Possibility::Version { .. }
                | Possibility::Assumed
                | Possibility::Holds { .. }
                | Possibility::Deleted { .. }
                | Possibility::Marked { .. }
                | Possibility::Named { .. }
                | Possibility::Order(_)
                | Possibility::Waits
                | Possibility::Remembers(_) => None,
            });
            let position = || 1 + order.iter().position(|other| *other == homes[server]).unwrap_or(0);
            found.unwrap_or_else(|| (homes[server], position()))
        };
        let versions: Vec<(Option<Homes>, usize)> = homes.ids().map(version).collect();
        let lowest = versions.iter().map(|(_, version)| *version).min().unwrap_or(0);
        PerServer::of(versions.len(), |server: ServerId| {
            let (homes, version) = versions[server.index()];
            let stamp = Stamp { version: u8::try_from(version - lowest).unwrap_or(u8::MAX), ..Stamp::default() };
            homes.map_or(Recipient::Tombstone { stamp }, |homes| Recipient::Live { homes, stamp })
        })
    }
}

/// Returns the different versions of the recipient, in the order of the servers.
fn versions(snapshot: &Snapshot) -> Vec<Option<Homes>> {
    let mut versions: Vec<Option<Homes>> = Vec::new();
    for version in snapshot.homes.values() {
        if !versions.contains(version) {
            versions.push(*version);
        }
    }
    versions
}

/// Returns the sides of a fact.
pub(super) fn sides(fact: UnobservedFact, snapshot: &Snapshot) -> Sides {
    let servers = || snapshot.mailboxes.ids();
    let all = snapshot.messages();
    let others = match fact {
        UnobservedFact::Store(at) => {
            let held = |known: MessageSet, is_more: bool| Possibility::Holds { at, known, is_more };
            let mut found = vec![held(MessageSet::EMPTY, false), held(MessageSet::EMPTY, true)];
            if !all.is_empty() {
                found.extend([held(all, false), held(all, true)]);
            }
            found
        }
        UnobservedFact::Overlap(at) => overlaps(snapshot, at),
        UnobservedFact::Deletions(at) => {
            let first = all.earliest().map(MessageSet::just);
            let mut sets = vec![all];
            sets.extend(first.filter(|first| *first != all));
            sets.into_iter().map(|messages| Possibility::Deleted { at, messages }).collect()
        }
        UnobservedFact::Transit(at) => marks(snapshot, at),
        UnobservedFact::Attribute(attribute) => {
            let known = snapshot.named_homes();
            let others = servers().map(Home::Server).chain([Home::Malformed]);
            let others = others.filter(|home| !home.server().is_some_and(|server| known.contains(&server)));
            others.map(|home| Possibility::Named { attribute, home }).collect()
        }
        UnobservedFact::Replica(at) => {
            let others = servers().map(|server| Some(Homes::both(server))).chain([None]);
            let others = others.filter(|homes| *homes != snapshot.homes[at]);
            let version = |homes| [false, true].map(|is_newer| Possibility::Version { at, homes, is_newer });
            others.flat_map(version).collect()
        }
        UnobservedFact::Versions => {
            let orders = orders(&versions(snapshot)).into_iter().map(Possibility::Order);
            return Sides { fact, sides: orders.collect() };
        }
        UnobservedFact::Waiting => vec![Possibility::Waits],
        UnobservedFact::Sessions => servers().map(Possibility::Remembers).collect(),
    };
    Sides { fact, sides: [vec![Possibility::Assumed], others].concat() }
}

/// Returns the marks that an interrupted move can have left in a store.
pub(super) fn marks(snapshot: &Snapshot, at: ServerId) -> Vec<Possibility> {
    let others = snapshot.mailboxes.ids().filter(|other| *other != at);
    let both = |other| [(at, other), (other, at)];
    let mark = |(from, to)| [false, true].map(|is_pending| Possibility::Marked { at, from, to, is_pending });
    others.flat_map(both).flat_map(mark).collect()
}

/// Returns the contents of a store of which only the number of messages is known, and which holds messages of another store.
fn overlaps(snapshot: &Snapshot, at: ServerId) -> Vec<Possibility> {
    let own = snapshot.mailboxes[at].held();
    let count = snapshot.held_by(at);
    let mut found = Vec::new();
    for (other, mailbox) in snapshot.mailboxes.iter().filter(|(other, _)| *other != at) {
        let theirs = mailbox.held();
        let (Some(one), Some(first)) = (theirs.earliest().map(MessageSet::just), own.earliest()) else { continue };
        let is_all = count >= snapshot.held_by(other);
        let shared = if is_all { theirs } else { one };
        let rest = if count > snapshot.held_by(other) { MessageSet::just(first) } else { MessageSet::EMPTY };
        for known in [shared.with(rest), one.with(if count > 1 { MessageSet::just(first) } else { MessageSet::EMPTY })]
        {
            let possibility = Possibility::Holds { at, known, is_more: false };
            if !found.contains(&possibility) {
                found.push(possibility);
            }
        }
    }
    found
}

/// Returns every start that the facts allow, and the largest number of facts that differ from the snapshot at the same time, if it is
/// smaller than the number of facts. `given` lists what is certain, with all its possibilities.
pub(super) fn starts(facts: &[Sides], given: &[Vec<Possibility>]) -> (Vec<Start>, Option<usize>) {
    let with_at_most = |others_max: usize| {
        let mut starts = given.iter().fold(vec![Start::ASSUMED], |starts, all| {
            let with = |start: Start| {
                all.iter().map(move |one| Start {
                    possibilities: [start.possibilities.clone(), vec![one.clone()]].concat(),
                    ..start.clone()
                })
            };
            starts.into_iter().flat_map(with).collect()
        });
        for fact in facts {
            let with = |start: Start| {
                let sides = fact.sides.iter().enumerate().filter({
                    let others = start.others();
                    move |(side, _)| *side == 0 || others < others_max
                });
                sides.map(move |(side, one)| Start {
                    sides: [start.sides.clone(), vec![side]].concat(),
                    possibilities: [start.possibilities.clone(), vec![one.clone()]].concat(),
                })
            };
            starts = starts.into_iter().flat_map(with).collect();
            if starts.len() > STARTS_MAX && others_max > 1 {
                break;
            }
        }
        starts
    };
    let levels = (1..=facts.len().max(1)).rev();
    let found = levels.map(|level| (level, with_at_most(level)));
    let fits = |(level, starts): &(usize, Vec<Start>)| starts.len() <= STARTS_MAX || *level == 1;
    let (level, mut starts) = found.into_iter().find(fits).unwrap_or_default();
    if level < facts.len() {
        starts.extend(with_all_deletions(facts, &starts, level));
    }
    (starts, (level < facts.len()).then_some(level))
}

/// Returns the assumed starts with everything deleted that a store may remember as deleted, in all stores at the same time: a procedure that
/// reads deletions can do harm only by several of them.
fn with_all_deletions(facts: &[Sides], starts: &[Start], level: usize) -> Vec<Start> {
    let is_deletion = |fact: &Sides| matches!(fact.fact, UnobservedFact::Deletions(_)) && fact.sides.len() > 1;
    let sides: Vec<usize> = facts.iter().map(|fact| usize::from(is_deletion(fact))).collect();
    if sides.iter().sum::<usize>() <= level {
        return Vec::new();
    }
    let changed = |start: &Start| {
        let given = start.possibilities.len() - facts.len();
        let others = facts.iter().zip(&sides).map(|(fact, side)| fact.sides[*side].clone());
        let possibilities = start.possibilities[..given].iter().cloned().chain(others).collect();
        Start { sides: sides.clone(), possibilities }
    };
    starts.iter().filter(|start| start.is_assumed()).map(changed).collect()
}

/// Returns every order of a few items.
fn orders<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    if things.len() < 2 {
        return vec![things.to_vec()];
    }
    let starting_with = |first: usize| {
        let mut rest = things.to_vec();
        let first = rest.remove(first);
        orders(&rest).into_iter().map(move |order| [vec![first.clone()], order].concat())
    };
    (0..things.len()).flat_map(starting_with).collect()
}
