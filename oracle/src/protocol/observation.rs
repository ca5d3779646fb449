//! The observation of one mailbox. A key that is left out was not observed; `null` was observed to be absent.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::fields::{FromKeys, Part, object};
use super::keys::{Keys, Wrong};
use super::naming::{Named, Naming, Written};

/// The observation of one mailbox, at one moment in which nothing else happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", bound(serialize = "N: Written"))]
#[schemars(rename = "Observation", bound = "N: Written")]
pub struct Observation<N: Naming = Named> {
    /// The home attributes in each replica that was read; `null` if the replica has no live recipient.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub directory: BTreeMap<N::Server, Option<HomesObservation<N>>>,
    /// The mailbox in each store that was read; `null` if the store has no such mailbox.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stores: BTreeMap<N::Server, Option<StoreObservation<N>>>,
    /// The accepted messages that the transport holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<N::Messages>,
    /// The accepted messages that were returned to their sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<N::Messages>,
    /// The messages in a file that a procedure saved outside of the stores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<N::Messages>,
    /// True if an administrator holds the mail back in the transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_held: Option<bool>,
}

/// The home attributes of a recipient. Each is the name of a server, or a distinguished name in the article's format;
/// anything else, `null` included, is a malformed home.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", bound(serialize = "N: Written"))]
#[schemars(rename = "HomesObservation", bound = "N: Written")]
pub struct HomesObservation<N: Naming = Named> {
    /// Home-MDB; left out if it was not observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_mdb: Option<N::Home>,
    /// Home-MTA; left out if it was not observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_mta: Option<N::Home>,
}

/// A mailbox in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", bound(serialize = "N: Written"))]
#[schemars(rename = "StoreObservation", bound = "N: Written")]
pub struct StoreObservation<N: Naming = Named> {
    /// Every message that it holds, in any folder; a copy is a repeated entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<N::Copies>,
    /// The messages among them that arrived while it was in transit and are not yet in the owner's folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<N::Messages>,
    /// True if a move has marked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_transit: Option<bool>,
    /// The details of its messages, by message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<N::Details>,
}

object!(Observation { directory, stores, queued, returned, saved, delivery_held });
object!(HomesObservation { home_mdb, home_mta });
object!(StoreObservation { messages, pending, in_transit, details });

impl Observation {
    /// The fields that can be observed, as capabilities name them.
    pub const FIELDS: [&'static str; 6] = ["directory", "stores", "queued", "returned", "saved", "delivery-held"];

    /// Returns the messages in the store of a server, none if it has no mailbox; `None` if they were not observed.
    #[must_use]
    pub fn messages_on(&self, server: &str) -> Option<&[String]> {
        match self.stores.get(server)? {
            None => Some(&[]),
            Some(store) => store.messages.as_deref(),
        }
    }

    /// Returns true if nothing was observed.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        *self == Self::default()
    }
}

/// The entries of `directory` or `stores`, by server.
impl<T: FromKeys> Part for BTreeMap<String, Option<T>> {
    fn take(keys: &mut Keys, part: &'static str) -> Result<Self, Wrong> {
        let members = keys.members_or_none(part)?.unwrap_or_default();
        let member = |(name, keys): (String, Option<Keys>)| match keys.map(T::read_whole).transpose() {
            Ok(entry) => Ok((name, entry)),
            Err(wrong) => Err(Wrong::new(format!("in `{part}.{name}`, {}", wrong.message), wrong.wanted)),
        };
        members.into_iter().map(member).collect()
    }
}

/// The `start` of a reset, by mailbox.
impl Part for BTreeMap<String, Observation> {
    fn take(keys: &mut Keys, part: &'static str) -> Result<Self, Wrong> {
        let members = keys.members_or_none(part)?.unwrap_or_default();
        let member = |(name, keys): (String, Option<Keys>)| {
            let keys =
                keys.ok_or_else(|| Wrong::new(format!("`{part}.{name}` is null"), "the state of the mailbox"))?;
            Ok((name, Observation::read_whole(keys)?))
        };
        members.into_iter().map(member).collect()
    }
}
