//! Messages that changed in transit: a store shows them with another digest, other flags or another folder than when they were
//! first seen.
//!
//! A digest that differs is always a finding. The owner changes flags and folders: they are compared only if the owner has not
//! logged on or deleted a message in between. Flags are compared as sets of names without regard to case, and `\Recent` does
//! not count, because it belongs to a session. A folder does not count while the message is pending.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::{MessageDetails, Observation, StoreObservation};

use super::{Harm, HarmKind};

/// The details of the messages of a mailbox, as they were first seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct DetailsAtFirst {
    messages: BTreeMap<String, Details>,
    /// The messages whose change was reported.
    changed: BTreeSet<String>,
    /// True if a request of the owner can still take effect, because its answer was unknown.
    owner_can_act: bool,
}

/// The details of one message, each as it was first seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Details {
    digest: Option<Seen<String>>,
    flags: Option<Seen<BTreeSet<String>>>,
    folder: Option<Seen<String>>,
}

/// A value, and the server on which it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seen<T> {
    value: T,
    server: String,
}

impl DetailsAtFirst {
    /// Forgets flags and folders, because the owner may change them now.
    pub(super) fn owner_acts(&mut self) {
        for details in self.messages.values_mut() {
            (details.flags, details.folder) = (None, None);
        }
    }

    /// Stops the comparison of flags and folders for this case, because the owner may change them at any time.
    pub(super) fn owner_may_act_later(&mut self) {
        self.owner_acts();
        self.owner_can_act = true;
    }

    /// Takes an observation, and returns the changes that it shows. The stores are read in the order of `servers`. With
    /// `owner_acts`, a request of the owner is under way.
    pub(super) fn take<'s>(
        &mut self,
        servers: impl Iterator<Item = &'s String>,
        observation: &Observation,
        owner_acts: bool,
    ) -> Option<Harm> {
        let owner_can_act = owner_acts || self.owner_can_act;
        let mut says = Vec::new();
        for server in servers {
            let Some(store) = observation.stores.get(server).and_then(Option::as_ref) else { continue };
            for (message, seen) in store.details.iter().flatten() {
                let first = self.messages.entry(message.clone()).or_default();
                let change = first.change(server, &comparable(seen, message, store, owner_can_act));
                if let Some(change) = change.filter(|_| self.changed.insert(message.clone())) {
                    says.push(format!("{message} changed in transit: {change}"));
                }
            }
        }
        (!says.is_empty()).then(|| Harm { kind: HarmKind::MailChanged, says: says.join("; ") })
    }
}

impl Details {
    /// Returns the first difference between what is seen on a server and what was seen first, in words.
    fn change(&mut self, server: &str, seen: &MessageDetails) -> Option<String> {
        let flags = seen.flags.as_ref().map(|flags| names(flags));
        let was = |first: String| if first == server { "there first".to_owned() } else { format!("on {first}") };
        let digest = other(&mut self.digest, seen.digest.clone(), server);
        let flags = other(&mut self.flags, flags, server);
        let folder = other(&mut self.folder, seen.folder.clone(), server);
        let one = |what: &str, first| format!("its {what} on {server} is not the one seen {}", was(first));
        digest
            .map(|first| one("digest", first))
            .or_else(|| flags.map(|first| format!("its flags on {server} are not those seen {}", was(first))))
            .or_else(|| folder.map(|first| one("folder", first)))
    }
}

/// Returns the details that can be compared.
fn comparable(
    seen: &MessageDetails,
    message: &String,
    store: &StoreObservation,
    owner_can_act: bool,
) -> MessageDetails {
    let is_pending = store.pending.as_ref().is_some_and(|pending| pending.contains(message));
    MessageDetails {
        digest: seen.digest.clone(),
        flags: seen.flags.clone().filter(|_| !owner_can_act),
        folder: seen.folder.clone().filter(|_| !owner_can_act && !is_pending),
    }
}

/// Returns flags as they are compared.
fn names(flags: &[String]) -> BTreeSet<String> {
    flags.iter().map(|flag| flag.to_ascii_lowercase()).filter(|flag| flag != "\\recent").collect()
}

/// Notes a value that is seen for the first time. Returns the server on which another value was seen first, if the two differ.
fn other<T: PartialEq>(first: &mut Option<Seen<T>>, seen: Option<T>, server: &str) -> Option<String> {
    let value = seen?;
    match first {
        Some(first) => (first.value != value).then(|| first.server.clone()),
        None => {
            *first = Some(Seen { value, server: server.to_owned() });
            None
        }
    }
}
