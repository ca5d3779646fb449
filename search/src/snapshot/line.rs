//! The JSON of one mailbox in a snapshot file. [`super::observed`] checks its meaning.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::sanitize::{is_hidden, visible};

use super::content::MessageDetails;

/// The observation of one mailbox. Other fields are ignored; [`super::keys`] finds the misspelt ones.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    /// The mailbox.
    #[serde(deserialize_with = "plain")]
    pub(super) mailbox: String,
    /// The recipient on each observed replica; `null` if a replica has none.
    #[serde(default)]
    pub(super) directory: Entries<Option<Entry>>,
    /// The mailbox in each observed store; `null` if a store has none.
    #[serde(default)]
    pub(super) stores: Entries<Option<Store>>,
    /// The messages that wait in the queue of the transport.
    #[serde(default)]
    pub(super) waiting: Option<Listing>,
    /// The open sessions and the caches that remember the recipient.
    #[serde(default)]
    pub(super) sessions: Option<Listing>,
    /// True if the stores have in-transit marks, false if they have none.
    #[serde(default)]
    pub(super) marks: Option<bool>,
}

/// The home attributes of a recipient. The outer option is `None` if the attribute was not observed, the inner one if it has no value.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object such as {\"home-mdb\": \"SRC\", \"home-mta\": \"SRC\"}, or null")]
pub(super) struct Entry {
    /// Home-MDB: a server, a distinguished name, or `null`.
    #[serde(rename = "home-mdb", default, deserialize_with = "observed")]
    pub(super) mdb: Option<Option<String>>,
    /// Home-MTA.
    #[serde(rename = "home-mta", default, deserialize_with = "observed")]
    pub(super) mta: Option<Option<String>>,
}

/// A mailbox in a store.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object such as {\"messages\": 2}, or null")]
pub(super) struct Store {
    /// The names or the number of its messages.
    #[serde(default)]
    pub(super) messages: Option<Listing>,
    /// The names of the messages that the store remembers as deleted.
    #[serde(default, deserialize_with = "all_plain")]
    pub(super) deleted: Option<Vec<String>>,
    /// True if the mailbox is marked as in transit.
    #[serde(default, rename = "in-transit")]
    pub(super) in_transit: Option<bool>,
    /// The details of its messages, by name.
    #[serde(default)]
    pub(super) details: Option<Entries<Described>>,
}

/// The details of the messages of a store that have one name.
#[derive(Debug)]
pub(super) enum Described {
    /// Those of all copies.
    All(MessageDetails),
    /// Those of each copy.
    Each(Vec<MessageDetails>),
}

impl Described {
    /// Returns the details, those of all copies once.
    pub(super) fn copies(&self) -> &[MessageDetails] {
        match self {
            Self::All(details) => std::slice::from_ref(details),
            Self::Each(details) => details,
        }
    }

    /// Returns the details of one copy, by its number from 0.
    pub(super) fn copy(&self, number: usize) -> Option<&MessageDetails> {
        match self {
            Self::All(details) => Some(details),
            Self::Each(details) => details.get(number),
        }
    }
}

impl<'de> Deserialize<'de> for Described {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct OneOrEach;
        impl<'de> Visitor<'de> for OneOrEach {
            type Value = Described;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object such as {\"digest\": \"…\"}, or a list with one for each copy")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Described, A::Error> {
                MessageDetails::deserialize(MapAccessDeserializer::new(map)).map(Described::All)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Described, A::Error> {
                let mut each = Vec::new();
                while let Some(details) = list.next_element()? {
                    each.push(details);
                }
                Ok(Described::Each(each))
            }
        }
        reader.deserialize_any(OneOrEach)
    }
}

/// Observed things: their names, or only their number.
#[derive(Debug)]
pub(super) enum Listing {
    /// Their names.
    Names(Vec<String>),
    /// Their number.
    Count(usize),
}

impl Listing {
    /// Returns the number of things.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Names(names) => names.len(),
            Self::Count(count) => *count,
        }
    }
}

impl<'de> Deserialize<'de> for Listing {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct NamesOrCount;
        impl<'de> Visitor<'de> for NamesOrCount {
            type Value = Listing;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names, or a number from 0")
            }

            fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<Listing, E> {
                usize::try_from(count).map(Listing::Count).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Listing, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element::<String>()? {
                    names.push(checked(name)?);
                }
                Ok(Listing::Names(names))
            }
        }
        reader.deserialize_any(NamesOrCount)
    }
}

fn observed<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Option<String>>, D::Error> {
    let value: Option<String> = Option::deserialize(reader)?;
    Ok(Some(value.map(|text| visible(&text).into_owned())))
}

/// The entries of an object in the order of the file, with duplicate keys.
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
                f.write_str("an object with a name as each key, such as {\"SRC\": …}")
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

/// Reads a name without hidden characters.
fn plain<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    checked(String::deserialize(input)?)
}

fn all_plain<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<String>>, D::Error> {
    Vec::<String>::deserialize(input)?.into_iter().map(checked).collect::<Result<_, _>>().map(Some)
}

fn checked<E: serde::de::Error>(name: String) -> Result<String, E> {
    if name.chars().any(|character| character.is_control() || is_hidden(character)) {
        return Err(E::custom(format!(
            "`{}` has control characters or invisible marks; a name cannot have them",
            name.escape_debug()
        )));
    }
    Ok(name)
}
