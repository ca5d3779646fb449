//! A state of the model as it would be seen if everything were seen.

use std::collections::BTreeMap;

use stranded_model::id::{MailboxId, MessageSet, ServerId};
use stranded_model::state::{Home, Mailbox, Mark, Recipient, Transport};

use crate::protocol::{HomesObservation, Observation, StoreObservation};
use stranded_search::names;
use stranded_search::scenario::Spec;

use super::explanation::Explanation;
use super::step::Names;

/// All that can be seen of a mailbox.
#[must_use]
pub fn observation(spec: &Spec, known: &Names<'_>, now: &Explanation, mailbox: MailboxId) -> Observation {
    let account = &now.state.accounts[mailbox];
    let name = |id: ServerId| names::server(&spec.scenario, id).to_owned();
    let list = |messages: MessageSet| known.messages(mailbox, now.in_log(mailbox, messages));
    let home = |home: Home| Some(home.server().map(name));
    let recipient = |found: &Recipient| {
        found.homes().map(|homes| HomesObservation { home_mdb: home(homes.mdb), home_mta: home(homes.mta) })
    };
    let store = |found: &Mailbox| {
        found.is_present().then(|| StoreObservation {
            messages: Some(list(found.held())),
            pending: Some(list(found.mark().pending())),
            in_transit: Some(found.mark() != Mark::Settled),
        })
    };
    Observation {
        directory: account.recipients.iter().map(|(id, found)| (name(id), recipient(found))).collect(),
        stores: account.mailboxes.iter().map(|(id, found)| (name(id), store(found))).collect::<BTreeMap<_, _>>(),
        queued: Some(list(account.queued)),
        returned: Some(list(account.record.returned)),
        saved: Some(list(account.saved)),
        delivery_held: Some(account.transport == Transport::Held),
    }
}
