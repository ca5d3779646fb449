//! The keys of a snapshot, and those that a writer probably meant. Other keys are ignored, so that a line can have notes of its own.

use serde_json::{Map, Value};

use crate::scenario::nearest;

use super::ContentError;

/// The keys of one object of a snapshot.
struct Keys {
    /// The object, for messages.
    of: &'static str,
    /// The keys.
    known: &'static [&'static str],
    /// Words that people use in place of a key.
    meant: &'static [(&'static str, &'static str)],
}

/// The keys of a mailbox.
const MAILBOX: Keys = Keys {
    of: "a mailbox",
    known: &["mailbox", "directory", "stores", "waiting", "sessions", "marks"],
    meant: &[("user", "mailbox"), ("name", "mailbox"), ("queue", "waiting"), ("queued", "waiting")],
};
/// The keys of a recipient in the directory.
const ENTRY: Keys = Keys {
    of: "a recipient",
    known: &["home-mdb", "home-mta"],
    meant: &[("home", "home-mdb"), ("mailhost", "home-mdb"), ("mdb", "home-mdb"), ("mta", "home-mta")],
};
/// The keys of a mailbox in a store.
const STORE: Keys = Keys {
    of: "a store",
    known: &["messages", "deleted", "in-transit", "details"],
    meant: &[("count", "messages"), ("items", "messages"), ("mails", "messages"), ("transit", "in-transit")],
};
/// The keys of the details of a message.
const DETAILS: Keys = Keys { of: "the details of a message", known: &["digest", "flags", "folder"], meant: &[] };

/// The right form of a wrong key.
enum Right {
    /// Another key of the same object.
    Key(&'static str),
    /// The same key in another object.
    Of(&'static str),
}

impl Keys {
    /// Returns the first key of an object that means another key, which the object lacks, or belongs into another object.
    fn wrong<'k>(&self, object: &'k Map<String, Value>) -> Option<(&'k str, Right)> {
        let lacks = |right: &&'static str| !object.contains_key(*right);
        let right = |key: &str| elsewhere(key).or_else(|| self.meant(key).filter(lacks).map(Right::Key));
        let keys = object.keys().map(String::as_str);
        keys.filter(|key| !self.known.contains(key)).find_map(|key| right(key).map(|right| (key, right)))
    }

    /// Returns the key that a writer probably meant.
    fn meant(&self, key: &str) -> Option<&'static str> {
        let same = |other: &&&'static str| plain(other) == plain(key);
        let by_word = || self.meant.iter().find(|(word, _)| *word == plain(key)).map(|(_, right)| *right);
        self.known.iter().find(same).copied().or_else(by_word).or_else(|| nearest(key, self.known))
    }
}

/// Returns the object to which a key belongs as it is written.
fn elsewhere(key: &str) -> Option<Right> {
    [&MAILBOX, &ENTRY, &STORE].into_iter().find(|other| other.known.contains(&key)).map(|other| Right::Of(other.of))
}

/// Returns a key without capital letters and separators.
fn plain(key: &str) -> String {
    key.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the error of the first misspelt key in the text of an object.
///
/// # Errors
/// The misspelt key, with the right one.
pub(super) fn check(text: &str, object: &Value) -> Result<(), ContentError> {
    let parts = |key: &str| object.get(key).and_then(Value::as_object).into_iter().flat_map(Map::values);
    let stores: Vec<&Value> = parts("stores").collect();
    let details = stores.iter().filter_map(|store| store.get("details")?.as_object()).flat_map(Map::values);
    let details = details.flat_map(|one| one.as_array().map_or(std::slice::from_ref(one), Vec::as_slice));
    let objects = [(&MAILBOX, object)]
        .into_iter()
        .chain(parts("directory").map(|entry| (&ENTRY, entry)))
        .chain(stores.iter().map(|store| (&STORE, *store)))
        .chain(details.map(|details| (&DETAILS, details)));
    for (keys, value) in objects {
        if let Some((wrong, right)) = value.as_object().and_then(|object| keys.wrong(object)) {
            let message = format!("{} has no key `{}`", keys.of, wrong.escape_debug());
            let label = match right {
                Right::Key(right) => format!("did you mean `{right}`? The keys are {}", keys.known.join(", ")),
                Right::Of(other) => format!("`{wrong}` is a key of {other}"),
            };
            return Err(ContentError {
                occurrence: occurrence(text, wrong),
                ..ContentError::at(wrong, message, label)
            });
        }
    }
    Ok(())
}

/// Returns the number of equal strings before the first one that is a key.
fn occurrence(text: &str, key: &str) -> usize {
    let quoted = Value::from(key).to_string();
    let is_key = |(index, found): (usize, &str)| text[index + found.len()..].trim_start().starts_with(':');
    text.match_indices(&quoted).position(is_key).unwrap_or(0)
}
