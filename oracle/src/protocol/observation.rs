//! What was seen of one mailbox. Whatever was not seen is left out; what is `null` was seen not to be there.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keys::{Keys, Wrong};

/// What was seen of one mailbox, in one moment in which nothing else happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Observation {
    /// What each replica that was looked into says; `null` where it has no live recipient.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub directory: BTreeMap<String, Option<HomesObservation>>,
    /// What each store that was looked into lists; `null` where it has no such mailbox.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stores: BTreeMap<String, Option<StoreObservation>>,
    /// The accepted messages that wait in the transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<Vec<String>>,
    /// The accepted messages of which the sender was told that they were not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Vec<String>>,
    /// The messages in a file that a procedure saved outside the stores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<Vec<String>>,
    /// Whether an administrator holds mail back in the transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_held: Option<bool>,
}

/// The home attributes of a recipient. Each is the name of a server, or a distinguished name in the article's format;
/// anything else, `null` included, is a malformed home.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct HomesObservation {
    /// Home-MDB; left out if it was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "seen")]
    pub home_mdb: Option<Option<String>>,
    /// Home-MTA; left out if it was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "seen")]
    pub home_mta: Option<Option<String>>,
}

/// A mailbox that a store lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StoreObservation {
    /// Every message that it holds, in whatever folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<String>>,
    /// Those of them that arrived while it was in transit and are not yet in the owner's folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Vec<String>>,
    /// Whether a move has marked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_transit: Option<bool>,
}

fn seen<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

impl Observation {
    /// The fields that can be seen, as capabilities name them.
    pub const FIELDS: [&'static str; 6] = ["directory", "stores", "queued", "returned", "saved", "delivery-held"];

    /// Reads what was seen; its keys are taken out.
    ///
    /// # Errors
    /// Which key is wrong.
    pub fn read(keys: &mut Keys) -> Result<Self, Wrong> {
        let directory = keys.members_or_none("directory")?.unwrap_or_default();
        let stores = keys.members_or_none("stores")?.unwrap_or_default();
        Ok(Self {
            directory: entries(directory, "directory", HomesObservation::read)?,
            stores: entries(stores, "stores", StoreObservation::read)?,
            queued: keys.texts_or_none("queued")?,
            returned: keys.texts_or_none("returned")?,
            saved: keys.texts_or_none("saved")?,
            delivery_held: keys.flag_or_none("delivery-held")?,
        })
    }

    /// Whether nothing was seen.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        *self == Self::default()
    }
}

fn entries<T>(
    members: Vec<(String, Option<Keys>)>,
    part: &str,
    read: impl Fn(&mut Keys) -> Result<T, Wrong>,
) -> Result<BTreeMap<String, Option<T>>, Wrong> {
    let within = |name: &str, wrong: Wrong| Wrong::new(format!("in `{part}.{name}`, {}", wrong.message), wrong.wanted);
    let member = |(name, keys): (String, Option<Keys>)| {
        let Some(mut keys) = keys else { return Ok((name, None)) };
        let entry = read(&mut keys).and_then(|entry| keys.end().map(|()| entry));
        match entry {
            Ok(entry) => Ok((name, Some(entry))),
            Err(wrong) => Err(within(&name, wrong)),
        }
    };
    members.into_iter().map(member).collect()
}

impl HomesObservation {
    fn read(keys: &mut Keys) -> Result<Self, Wrong> {
        Ok(Self { home_mdb: keys.text_or_null("home-mdb")?, home_mta: keys.text_or_null("home-mta")? })
    }
}

impl StoreObservation {
    fn read(keys: &mut Keys) -> Result<Self, Wrong> {
        Ok(Self {
            messages: keys.texts_or_none("messages")?,
            pending: keys.texts_or_none("pending")?,
            in_transit: keys.flag_or_none("in-transit")?,
        })
    }
}
