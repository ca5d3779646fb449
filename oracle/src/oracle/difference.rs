//! The differences between an observation of a mailbox and an explanation.

use stranded_model::id::{MailboxId, MessageSet, ServerId};
use stranded_model::state::{Home, Mailbox, Mark, Transport};

use crate::protocol::{HomesObservation, Observation, StoreObservation};

use super::copies::Copies;
use super::explanation::Explanation;
use super::names::Numbered;

/// One difference between an observation and an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// A live recipient in a replica.
    Recipient {
        /// The replica.
        server: ServerId,
        /// True if one was observed.
        seen: bool,
    },
    /// Home-MDB in a replica.
    HomeMdb {
        /// The replica.
        server: ServerId,
        /// The observed value.
        seen: Home,
        /// The value in the explanation.
        allowed: Home,
    },
    /// Home-MTA in a replica.
    HomeMta {
        /// The replica.
        server: ServerId,
        /// The observed value.
        seen: Home,
        /// The value in the explanation.
        allowed: Home,
    },
    /// The mailbox in the list of a store.
    Listed {
        /// The store.
        server: ServerId,
        /// True if it was observed.
        seen: bool,
    },
    /// The messages in a store.
    Messages {
        /// The store.
        server: ServerId,
        /// The observed messages, in the log's numbers.
        seen: Copies,
        /// The messages in the explanation, in the log's numbers.
        allowed: Copies,
    },
    /// The messages in an in-transit folder.
    Pending {
        /// The store.
        server: ServerId,
        /// The observed messages, in the log's numbers.
        seen: MessageSet,
        /// The messages in the explanation, in the log's numbers.
        allowed: MessageSet,
    },
    /// The in-transit mark of a mailbox.
    InTransit {
        /// The store.
        server: ServerId,
        /// True if the mark was observed.
        seen: bool,
    },
    /// The messages in the transport.
    Queued {
        /// The observed messages, in the log's numbers.
        seen: MessageSet,
        /// The messages in the explanation, in the log's numbers.
        allowed: MessageSet,
    },
    /// The returned messages.
    Returned {
        /// The observed messages, in the log's numbers.
        seen: MessageSet,
        /// The messages in the explanation, in the log's numbers.
        allowed: MessageSet,
    },
    /// The saved messages.
    Saved {
        /// The observed messages, in the log's numbers.
        seen: MessageSet,
        /// The messages in the explanation, in the log's numbers.
        allowed: MessageSet,
    },
    /// The hold of deliveries.
    DeliveryHeld {
        /// True if the hold was observed.
        seen: bool,
    },
}

/// Returns every difference, in the order of reports.
pub fn differences<'a>(
    observation: &'a Observation<Numbered>,
    explanation: &'a Explanation,
    mailbox: MailboxId,
) -> impl Iterator<Item = Difference> + 'a {
    let account = &explanation.state.accounts[mailbox];
    let in_log = move |messages: MessageSet| explanation.in_log(mailbox, messages);
    let directory = observation.directory.iter().map(move |(server, seen)| {
        homes(*server, *seen, account.recipients[*server].homes().map(|homes| (homes.mdb, homes.mta)))
    });
    let stores =
        observation.stores.iter().map(move |(server, seen)| store(*server, *seen, &account.mailboxes[*server], in_log));
    let set = |seen: Option<MessageSet>, allowed: MessageSet, difference: fn(MessageSet, MessageSet) -> Difference| {
        let seen = seen.filter(|seen| *seen != allowed);
        seen.map(|seen| difference(seen, allowed))
    };
    let queued = set(observation.queued, in_log(account.queued), |seen, allowed| Difference::Queued { seen, allowed });
    let returned = set(observation.returned, in_log(account.record.returned), |seen, allowed| Difference::Returned {
        seen,
        allowed,
    });
    let saved = set(observation.saved, in_log(account.saved), |seen, allowed| Difference::Saved { seen, allowed });
    let held = observation.delivery_held.filter(|seen| *seen != (account.transport == Transport::Held));
    let held = held.map(|seen| Difference::DeliveryHeld { seen });
    directory.chain(stores).flatten().chain([queued, returned, saved, held]).flatten()
}

fn homes(
    server: ServerId,
    seen: Option<HomesObservation<Numbered>>,
    allowed: Option<(Home, Home)>,
) -> [Option<Difference>; 3] {
    let (seen, (mdb, mta)) = match (seen, allowed) {
        (None, None) => return [None; 3],
        (Some(_), None) => return [Some(Difference::Recipient { server, seen: true }), None, None],
        (None, Some(_)) => return [Some(Difference::Recipient { server, seen: false }), None, None],
        (Some(seen), Some(allowed)) => (seen, allowed),
    };
    let other = |seen: Option<Home>, allowed: Home| seen.filter(|seen| *seen != allowed);
    [
        other(seen.home_mdb, mdb).map(|seen| Difference::HomeMdb { server, seen, allowed: mdb }),
        other(seen.home_mta, mta).map(|seen| Difference::HomeMta { server, seen, allowed: mta }),
        None,
    ]
}

fn store(
    server: ServerId,
    seen: Option<StoreObservation<Numbered>>,
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
    let (messages, pending) = (Copies::of(found).map(&in_log), in_log(mark.pending()));
    let duplicated = in_log(found.contents().duplicated);
    let other = |seen: Option<MessageSet>, allowed: MessageSet| seen.filter(|seen| *seen != allowed);
    [
        seen.messages.filter(|seen| !seen.is_observation_of(messages, duplicated)).map(|seen| Difference::Messages {
            server,
            seen,
            allowed: messages,
        }),
        other(seen.pending, pending).map(|seen| Difference::Pending { server, seen, allowed: pending }),
        seen.in_transit.filter(|seen| *seen != is_marked).map(|seen| Difference::InTransit { server, seen }),
    ]
}
