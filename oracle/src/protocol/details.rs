//! The details of the messages in a store. The model does not know them; a move must not change them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::fields::{FromKeys, Part, object};
use super::keys::{Keys, Wrong};

/// The details of a message in a store. A key that is left out was not observed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MessageDetails {
    /// A digest of the content, as the adapter computes it: equal contents have equal digests on every server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The flags, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<String>>,
    /// The folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

object!(MessageDetails { digest, flags, folder });

/// The `details` of a store, by message.
impl Part for Option<BTreeMap<String, MessageDetails>> {
    fn take(keys: &mut Keys, part: &'static str) -> Result<Self, Wrong> {
        let Some(members) = keys.members_or_none(part)? else { return Ok(None) };
        let member = |(name, keys): (String, Option<Keys>)| {
            let keys = keys.ok_or_else(|| {
                Wrong::new(format!("`{part}.{name}` is null"), "the details of the message, or no key")
            })?;
            match MessageDetails::read_whole(keys) {
                Ok(details) => Ok((name, details)),
                Err(wrong) => Err(Wrong::new(format!("in `{part}.{name}`, {}", wrong.message), wrong.wanted)),
            }
        };
        members.into_iter().map(member).collect::<Result<_, _>>().map(Some)
    }
}
