//! The observation of a mailbox: the directory, every folder in every store, and the transport. A server that does not answer was not
//! observed.

use std::collections::BTreeMap;

use stranded_oracle::protocol::{HomesObservation, MessageDetails, Observation, StoreObservation};

use crate::system::{Named, StoredMessage, System};

use super::case::Case;
use super::queue::name_of;

impl Case {
    /// Observes the mailbox, and changes nothing.
    pub(super) fn observe(&self, system: &System, servers: &[String]) -> Observation {
        let mut observation = Observation {
            queued: Some(self.queue.waiting.clone()),
            returned: Some(self.queue.returned.clone()),
            // No procedure that exports mail runs here.
            saved: Some(Vec::new()),
            delivery_held: Some(self.queue.is_held),
            ..Observation::default()
        };
        if let Ok(found) = system.home(self.user()) {
            let homes = found.map(|home| {
                let value = match home.named {
                    Named::Store(value) | Named::Other(value) => Some(value),
                    Named::Nothing => None,
                };
                HomesObservation { home_mdb: Some(value.clone()), home_mta: Some(value) }
            });
            // Every server shows the one directory.
            observation.directory = servers.iter().map(|server| (server.clone(), homes.clone())).collect();
        }
        for server in servers {
            if let Ok(held) = system.mailbox(server, self.user()) {
                observation.stores.insert(server.clone(), held.map(|held| store(&held)));
            }
        }
        observation
    }
}

fn store(held: &[StoredMessage]) -> StoreObservation {
    let mut details: BTreeMap<String, MessageDetails> = BTreeMap::new();
    for message in held {
        details.entry(name_of(message.name())).or_insert_with(|| MessageDetails {
            digest: Some(message.digest.clone()),
            flags: Some(message.flags.clone()),
            folder: Some(message.folder.clone()),
        });
    }
    StoreObservation {
        messages: Some(held.iter().map(|message| name_of(message.name())).collect()),
        pending: Some(Vec::new()),
        in_transit: Some(false),
        details: Some(details),
    }
}
