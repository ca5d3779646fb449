//! One line of a snapshot file as JSON says it. What it means, and whether it can be, is [`super::observed`]'s business.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::sanitize::{is_hidden, visible};

/// What was observed of one mailbox. Fields that are not known are not read.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    /// The mailbox.
    #[serde(deserialize_with = "plain")]
    pub(super) mailbox: String,
    /// The recipient on each server: `null` where the replica has none; a server that was not asked is not named.
    #[serde(default)]
    pub(super) directory: Entries<Option<Entry>>,
    /// The mailbox on each server: `null` where the store has none; a server that was not asked is not named.
    #[serde(default)]
    pub(super) stores: Entries<Option<Store>>,
}

/// The home attributes of a recipient. The outer option says whether it was observed, the inner whether it has a value.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    /// Home-MDB: a server, a distinguished name, or `null`.
    #[serde(rename = "home-mdb", default, deserialize_with = "observed")]
    pub(super) mdb: Option<Option<String>>,
    /// Home-MTA.
    #[serde(rename = "home-mta", default, deserialize_with = "observed")]
    pub(super) mta: Option<Option<String>>,
}

/// What a store holds of a mailbox.
#[derive(Debug, Deserialize)]
pub(super) struct Store {
    /// Its messages, by whatever names them.
    #[serde(deserialize_with = "all_plain")]
    pub(super) messages: Vec<String>,
}

fn observed<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Option<String>>, D::Error> {
    let value: Option<String> = Option::deserialize(reader)?;
    Ok(Some(value.map(|text| visible(&text).into_owned())))
}

/// The entries of an object in the order of the file, those that are there twice included.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Pairs<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pairs<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a server as each key")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        reader.deserialize_map(Pairs(PhantomData))
    }
}

/// A name that a terminal shows as it is.
fn plain<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    shown_as_it_is(String::deserialize(input)?)
}

fn all_plain<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    Vec::<String>::deserialize(input)?.into_iter().map(shown_as_it_is).collect()
}

fn shown_as_it_is<E: serde::de::Error>(name: String) -> Result<String, E> {
    if name.chars().any(|letter| letter.is_control() || is_hidden(letter)) {
        return Err(E::custom(format!(
            "`{}` has control characters or marks that nobody sees; a name has none",
            name.escape_debug()
        )));
    }
    Ok(name)
}
