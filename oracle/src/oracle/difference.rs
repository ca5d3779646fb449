//! Where what was seen of a mailbox differs from what an explanation says.

use stranded_model::id::{MailboxId, MessageSet, ServerId};
use stranded_model::state::{Home, Mailbox, Mark, Transport};

use super::explanation::Explanation;
use super::step::{HomesLook, Look, StoreLook};

/// One thing that was seen, against what the explanation says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// Whether the replica has a live recipient.
    Recipient {
        /// The replica.
        server: ServerId,
        /// Whether one was seen.
        seen: bool,
    },
    /// Home-MDB in a replica.
    HomeMdb {
        /// The replica.
        server: ServerId,
        /// What was seen.
        seen: Home,
        /// What it should be.
        allowed: Home,
    },
    /// Home-MTA in a replica.
    HomeMta {
        /// The replica.
        server: ServerId,
        /// What was seen.
        seen: Home,
        /// What it should be.
        allowed: Home,
    },
    /// Whether the store lists the mailbox.
    Listed {
        /// The store.
        server: ServerId,
        /// Whether it was seen.
        seen: bool,
    },
    /// What the store holds.
    Messages {
        /// The store.
        server: ServerId,
        /// What was seen.
        seen: MessageSet,
        /// What it should be, in the log's numbers.
        allowed: MessageSet,
    },
    /// What the in-transit folder holds.
    Pending {
        /// The store.
        server: ServerId,
        /// What was seen.
        seen: MessageSet,
        /// What it should be, in the log's numbers.
        allowed: MessageSet,
    },
    /// Whether the mailbox is marked.
    InTransit {
        /// The store.
        server: ServerId,
        /// Whether a mark was seen.
        seen: bool,
    },
    /// What waits in the transport.
    Queued {
        /// What was seen.
        seen: MessageSet,
        /// What it should be, in the log's numbers.
        allowed: MessageSet,
    },
    /// What was returned.
    Returned {
        /// What was seen.
        seen: MessageSet,
        /// What it should be, in the log's numbers.
        allowed: MessageSet,
    },
    /// What was saved.
    Checkpoint {
        /// What was seen.
        seen: MessageSet,
        /// What it should be, in the log's numbers.
        allowed: MessageSet,
    },
    /// Whether mail is held back.
    DeliveryHeld {
        /// What was seen.
        seen: bool,
    },
}

/// Every difference, in the order in which they are told.
pub fn differences<'a>(
    look: &'a Look,
    explanation: &'a Explanation,
    mailbox: MailboxId,
) -> impl Iterator<Item = Difference> + 'a {
    let account = &explanation.state.accounts[mailbox];
    let in_log = move |messages: MessageSet| explanation.in_log(mailbox, messages);
    let directory = look.directory.iter().filter_map(move |(server, seen)| {
        Some(homes(server, (*seen)?, account.recipients[server].homes().map(|homes| (homes.mdb, homes.mta))))
    });
    let stores = look
        .stores
        .iter()
        .filter_map(move |(server, seen)| Some(store(server, (*seen)?, &account.mailboxes[server], in_log)));
    let set = |seen: Option<MessageSet>, allowed: MessageSet, reported: fn(MessageSet, MessageSet) -> Difference| {
        let seen = seen.filter(|seen| *seen != allowed);
        seen.map(|seen| reported(seen, allowed))
    };
    let queued = set(look.queued, in_log(account.queued), |seen, allowed| Difference::Queued { seen, allowed });
    let returned =
        set(look.returned, in_log(account.record.returned), |seen, allowed| Difference::Returned { seen, allowed });
    let saved = set(look.saved, in_log(account.saved), |seen, allowed| Difference::Checkpoint { seen, allowed });
    let held = look.delivery_held.filter(|seen| *seen != (account.transport == Transport::Held));
    let held = held.map(|seen| Difference::DeliveryHeld { seen });
    directory.chain(stores).flatten().chain([queued, returned, saved, held]).flatten()
}

fn homes(server: ServerId, seen: Option<HomesLook>, allowed: Option<(Home, Home)>) -> [Option<Difference>; 3] {
    let (seen, (mdb, mta)) = match (seen, allowed) {
        (None, None) => return [None; 3],
        (Some(_), None) => return [Some(Difference::Recipient { server, seen: true }), None, None],
        (None, Some(_)) => return [Some(Difference::Recipient { server, seen: false }), None, None],
        (Some(seen), Some(allowed)) => (seen, allowed),
    };
    let other = |seen: Option<Home>, allowed: Home| seen.filter(|seen| *seen != allowed);
    [
        other(seen.mdb, mdb).map(|seen| Difference::HomeMdb { server, seen, allowed: mdb }),
        other(seen.mta, mta).map(|seen| Difference::HomeMta { server, seen, allowed: mta }),
        None,
    ]
}

fn store(
    server: ServerId,
    seen: Option<StoreLook>,
    found: &Mailbox,
    in_log: impl Fn(MessageSet) -> MessageSet,
) -> [Option<Difference>; 3] {
    let seen = match (seen, found.is_present()) {
        (None, false) => return [None; 3],
        (Some(_), false) => return [Some(Difference::Listed { server, seen: true }), None, None],
        (None, true) => return [Some(Difference::Listed { server, seen: false }), None, None],
        (Some(seen), true) => seen,
    };
    let mark = found.mark();
    let is_marked = mark != Mark::Settled;
    let messages = (in_log(found.held()), in_log(mark.pending()));
    let other = |seen: Option<MessageSet>, allowed: MessageSet| seen.filter(|seen| *seen != allowed);
    [
        other(seen.messages, messages.0).map(|seen| Difference::Messages { server, seen, allowed: messages.0 }),
        other(seen.pending, messages.1).map(|seen| Difference::Pending { server, seen, allowed: messages.1 }),
        seen.in_transit.filter(|seen| *seen != is_marked).map(|seen| Difference::InTransit { server, seen }),
    ]
}
