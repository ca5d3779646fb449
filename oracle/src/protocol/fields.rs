//! The fields of the protocol's types. A type states its fields once, with `object!` or `tagged!`; its reader is generated from
//! that, and serde reads it through the same reader.

use serde::Deserialize;
use serde::de::Error;
use serde_json::Value;
use stranded_model::procedure::Outcome;

use super::keys::{Keys, Wrong};

/// A type that is read from the members of an object.
pub trait FromKeys: Sized {
    /// Reads a value, and takes its members.
    ///
    /// # Errors
    /// The wrong key or value, and what is expected instead.
    fn read(keys: &mut Keys) -> Result<Self, Wrong>;

    /// Reads a value that has no other members.
    ///
    /// # Errors
    /// The wrong key or value, and what is expected instead.
    fn read_whole(mut keys: Keys) -> Result<Self, Wrong> {
        let value = Self::read(&mut keys)?;
        keys.end()?;
        Ok(value)
    }
}

/// The field of an object: the member of that key, or members beside the others.
pub trait Part: Sized {
    /// Takes the field.
    ///
    /// # Errors
    /// The wrong key or value, and what is expected instead.
    fn take(keys: &mut Keys, key: &'static str) -> Result<Self, Wrong>;
}

/// From one list of types and the methods of [`Keys`] that read them: how a field of each type is taken.
macro_rules! parts {
    ($($type:ty: $method:ident,)*) => {$(
        impl Part for $type {
            fn take(keys: &mut Keys, key: &'static str) -> Result<Self, Wrong> {
                keys.$method(key)
            }
        }
    )*};
}

parts! {
    String: text,
    Option<String>: text_or_none,
    Option<Option<String>>: text_or_null,
    u64: number,
    usize: count,
    bool: flag,
    Option<bool>: flag_or_none,
    Vec<String>: texts,
    Option<Vec<String>>: texts_or_none,
    Outcome: outcome,
    Option<Outcome>: outcome_or_none,
}

/// The key of a field: its name with hyphens.
macro_rules! key {
    ($field:tt) => {{
        const NAME: &str = stringify!($field);
        const BYTES: [u8; NAME.len()] = $crate::protocol::fields::hyphenated(NAME);
        const KEY: &str = match std::str::from_utf8(&BYTES) {
            Ok(key) => key,
            Err(_) => panic!("a name is text"),
        };
        KEY
    }};
}

/// The bytes of a name, with a hyphen for each underscore.
pub(super) const fn hyphenated<const LENGTH: usize>(name: &str) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let mut index = 0;
    while index < LENGTH {
        let byte = name.as_bytes()[index];
        bytes[index] = if byte == b'_' { b'-' } else { byte };
        index += 1;
    }
    bytes
}

/// Builds a struct or a variant from its fields, each taken by its key, in this order.
macro_rules! take_fields {
    ($keys:ident, Self $(::$variant:ident)? { $($field:tt),* $(,)? }) => {
        Ok(Self $(::$variant)? { $($field: Part::take($keys, $crate::protocol::fields::key!($field))?),* })
    };
}

/// Lets a type be a field of another object, with its members beside those of the other, and be read by serde. With a list of
/// fields: generates the reader of a struct.
macro_rules! object {
    ($name:ident { $($field:tt),* $(,)? }) => {
        impl FromKeys for $name {
            fn read(keys: &mut Keys) -> Result<Self, Wrong> {
                $crate::protocol::fields::take_fields!(keys, Self { $($field),* })
            }
        }
        object!($name);
    };
    ($name:ident) => {
        impl Part for $name {
            fn take(keys: &mut Keys, _key: &'static str) -> Result<Self, Wrong> {
                Self::read(keys)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::protocol::fields::deserialize(deserializer)
            }
        }
    };
}

/// Generates the reader of an enum from the names of its variants and their fields. A name of version 1 is refused as such.
macro_rules! tagged {
    (
        $name:ident, $tag:literal, $(refusing $old:literal for $new:literal,)?
        { $($word:literal => $variant:ident { $($field:tt),* },)* }
    ) => {
        impl FromKeys for $name {
            fn read(keys: &mut Keys) -> Result<Self, Wrong> {
                $(keys.refuse_version_1($tag, $old, $new)?;)?
                match keys.word($tag, &[$($word),*], |name| name)? {
                    $($word => $crate::protocol::fields::take_fields!(keys, Self::$variant { $($field),* }),)*
                    other => unreachable!("`{other}` is not among the names"),
                }
            }
        }
    };
}

pub(super) use {key, object, tagged, take_fields};

/// Reads a value that has no other members, through its keys.
pub(super) fn deserialize<'de, T: FromKeys, D: serde::Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Keys::of(Value::deserialize(deserializer)?).and_then(T::read_whole).map_err(D::Error::custom)
}
