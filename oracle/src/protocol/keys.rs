//! The reader of JSON objects, key by key: every error names the key, the value that was found and the value that is expected.
//! The types that it reads are unknown here.

#![expect(clippy::wildcard_enum_match_arm, reason = "JSON will have no other kinds of value")]

use serde_json::{Map, Value};
use stranded_model::procedure::Outcome;

use stranded_search::json;
use stranded_search::sanitize::{make_visible, may_hide};
use stranded_search::scenario::nearest;

/// The error of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The wrong key, and the value that was found.
    pub message: String,
    /// The value that is expected.
    pub wanted: String,
}

impl Wrong {
    /// An error with the value that is expected instead.
    pub fn new(message: impl Into<String>, wanted: impl Into<String>) -> Self {
        Self { message: message.into(), wanted: wanted.into() }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; expected {}", self.message, self.wanted)
    }
}

/// Objects by their names, in order; `None` for `null`.
pub type Members = Vec<(String, Option<Keys>)>;

/// The members of a JSON object. Each is taken once; a member that is left at the end is unknown.
#[derive(Debug)]
pub struct Keys {
    left: Map<String, Value>,
    asked: Vec<&'static str>,
}

impl Keys {
    /// Reads a line, which must be one object.
    ///
    /// # Errors
    /// The line is not JSON, or not an object.
    pub fn of_line(line: &str) -> Result<Self, Wrong> {
        if line.starts_with('\u{feff}') {
            return Err(Wrong::new("not JSON: the line begins with a byte order mark", "UTF-8 without that mark"));
        }
        let mut value =
            json::parse(line).map_err(|reason| Wrong::new(not_json(reason.inner()), "one JSON object on the line"))?;
        if may_hide(line) {
            make_visible(&mut value);
        }
        Self::of(value)
    }

    /// Takes the members of an object.
    ///
    /// # Errors
    /// The value is not an object.
    pub fn of(value: Value) -> Result<Self, Wrong> {
        match value {
            Value::Object(left) => Ok(Self { left, asked: Vec::new() }),
            other => Err(Wrong::new(format!("{} instead of an object", kind(&other)), "one JSON object")),
        }
    }

    /// Takes a member, or `None` if it is absent.
    pub fn value(&mut self, key: &'static str) -> Option<Value> {
        self.asked.push(key);
        self.left.remove(key)
    }

    /// Takes a string that may be absent.
    ///
    /// # Errors
    /// It is of another type.
    pub fn text_or_none(&mut self, key: &'static str) -> Result<Option<String>, Wrong> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(mistyped(key, &other, "a string")),
        }
    }

    /// Takes a string.
    ///
    /// # Errors
    /// It is absent, or of another type.
    pub fn text(&mut self, key: &'static str) -> Result<String, Wrong> {
        self.text_or_none(key)?.ok_or_else(|| self.missing(key, "a string"))
    }

    /// Takes a string or `null`; `None` if it is absent.
    ///
    /// # Errors
    /// It is of another type.
    pub fn text_or_null(&mut self, key: &'static str) -> Result<Option<Option<String>>, Wrong> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::String(text)) => Ok(Some(Some(text))),
            Some(other) => Err(mistyped(key, &other, "a string, or null")),
        }
    }

    /// Takes a whole number that may be absent.
    ///
    /// # Errors
    /// It is of another type.
    pub fn number_or_none(&mut self, key: &'static str) -> Result<Option<u64>, Wrong> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| mistyped(key, &value, "a whole number from 0")),
        }
    }

    /// Takes a whole number.
    ///
    /// # Errors
    /// It is absent, or of another type.
    pub fn number(&mut self, key: &'static str) -> Result<u64, Wrong> {
        self.number_or_none(key)?.ok_or_else(|| self.missing(key, "a whole number from 0"))
    }

    /// Takes `true` or `false`; `None` if it is absent.
    ///
    /// # Errors
    /// It is of another type.
    pub fn flag_or_none(&mut self, key: &'static str) -> Result<Option<bool>, Wrong> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(mistyped(key, &other, "true or false")),
        }
    }

    /// Takes `true` or `false`; false if it is absent.
    ///
    /// # Errors
    /// It is of another type.
    pub fn flag(&mut self, key: &'static str) -> Result<bool, Wrong> {
        Ok(self.flag_or_none(key)?.unwrap_or(false))
    }

    /// Takes a whole number that counts things.
    ///
    /// # Errors
    /// It is absent, of another type, or too large.
    pub fn count(&mut self, key: &'static str) -> Result<usize, Wrong> {
        let count = self.number(key)?;
        usize::try_from(count).map_err(|_| Wrong::new(format!("`{key}` is {count}"), "a small number"))
    }

    /// Takes an outcome that may be absent.
    ///
    /// # Errors
    /// It is of another type, or another string.
    pub fn outcome_or_none(&mut self, key: &'static str) -> Result<Option<Outcome>, Wrong> {
        self.text_or_none(key)?.map(|name| outcome_of_name(key, &name)).transpose()
    }

    /// Takes an outcome.
    ///
    /// # Errors
    /// It is absent, of another type, or another string.
    pub fn outcome(&mut self, key: &'static str) -> Result<Outcome, Wrong> {
        self.word(key, &Outcome::ALL, Outcome::name)
    }

    /// Takes a list of strings that may be absent.
    ///
    /// # Errors
    /// It is of another type.
    pub fn texts_or_none(&mut self, key: &'static str) -> Result<Option<Vec<String>>, Wrong> {
        let wanted = "a list of strings";
        let entries = match self.value(key) {
            None => return Ok(None),
            Some(Value::Array(entries)) => entries,
            Some(other) => return Err(mistyped(key, &other, wanted)),
        };
        let text = |entry: Value| match entry {
            Value::String(text) => Ok(text),
            other => Err(Wrong::new(format!("`{key}` has {} in it", kind(&other)), wanted)),
        };
        entries.into_iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// Takes a list of strings.
    ///
    /// # Errors
    /// It is absent, or of another type.
    pub fn texts(&mut self, key: &'static str) -> Result<Vec<String>, Wrong> {
        self.texts_or_none(key)?.ok_or_else(|| self.missing(key, "a list of strings"))
    }

    /// Takes the members of an object that may be absent, in order; `None` for each that is `null`.
    ///
    /// # Errors
    /// It is of another type.
    pub fn members_or_none(&mut self, key: &'static str) -> Result<Option<Members>, Wrong> {
        let members = match self.value(key) {
            None => return Ok(None),
            Some(Value::Object(members)) => members,
            Some(other) => return Err(mistyped(key, &other, "an object with a member for each name")),
        };
        let member = |(name, value): (String, Value)| match value {
            Value::Null => Ok((name, None)),
            Value::Object(left) => Ok((name, Some(Self { left, asked: Vec::new() }))),
            other => {
                Err(Wrong::new(format!("`{key}.{name}` is {}", kind(&other)), "an object, or null where there is none"))
            }
        };
        members.into_iter().map(member).collect::<Result<_, _>>().map(Some)
    }

    /// Takes a string that must be one of these names.
    ///
    /// # Errors
    /// It is absent, of another type, or another string.
    pub fn word<T: Copy>(
        &mut self,
        key: &'static str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<T, Wrong> {
        let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        let Some(text) = self.text_or_none(key)? else {
            return Err(self.missing(key, &format!("one of {}", names.join(", "))));
        };
        all.iter().copied().find(|one| name(*one) == text).ok_or_else(|| unknown_word(key, &text, &names))
    }

    /// Refuses a name that version 1 gave to this value.
    ///
    /// # Errors
    /// The value is that name.
    pub fn refuse_version_1(&self, key: &str, old: &str, new: &str) -> Result<(), Wrong> {
        if self.left.get(key).is_some_and(|value| value == old) {
            return Err(Wrong::new(
                format!("`{key}` is `{old}`, which belongs to version 1"),
                format!("`{new}`, its name in version {}", stranded_search::FORMAT_VERSION),
            ));
        }
        Ok(())
    }

    /// The error of an absent key. It names the key that is most like it.
    fn missing(&self, key: &str, wanted: &str) -> Wrong {
        let there: Vec<&str> = self.left.keys().map(String::as_str).collect();
        match nearest(key, &there) {
            Some(near) => {
                Wrong::new(format!("there is a key `{}`", truncated(near)), format!("`{key}`, which is {wanted}"))
            }
            None => Wrong::new(format!("there is no `{key}`"), wanted),
        }
    }

    /// Ends the object.
    ///
    /// # Errors
    /// A member is left.
    pub fn end(self) -> Result<(), Wrong> {
        let Some(key) = self.left.keys().next() else { return Ok(()) };
        let wanted = match nearest(key, &self.asked) {
            Some(near) => format!("`{near}`, or no such key"),
            None => "no such key".to_owned(),
        };
        Err(Wrong::new(format!("there is a key `{}`", truncated(key)), wanted))
    }
}

/// The error of a string that is none of these names.
#[must_use]
pub fn unknown_word(key: &str, text: &str, names: &[&str]) -> Wrong {
    let wanted = match nearest(text, names) {
        Some(near) => format!("`{near}`"),
        None => format!("one of {}", names.join(", ")),
    };
    Wrong::new(format!("`{key}` is `{}`", truncated(text)), wanted)
}

/// The reason why a line is not JSON, or has a key twice, with the column and without the line number.
fn not_json(reason: &serde_json::Error) -> String {
    let text = reason.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let kind = if reason.is_data() { "" } else { "not JSON: " };
    format!("{kind}{what} at column {}", reason.column())
}

fn mistyped(key: &str, value: &Value, wanted: &str) -> Wrong {
    Wrong::new(format!("`{key}` is {}", kind(value)), wanted)
}

/// The type of a value, for messages.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Returns the beginning of a string that may be long, escaped.
#[must_use]
pub fn truncated(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text[..end].escape_debug()),
        None => text.escape_debug().to_string(),
    }
}

/// Returns the outcome of this name, which stands at `key`.
pub(super) fn outcome_of_name(key: &str, name: &str) -> Result<Outcome, Wrong> {
    let found = Outcome::ALL.into_iter().find(|outcome| outcome.name() == name);
    found.ok_or_else(|| unknown_word(key, name, &Outcome::ALL.map(Outcome::name)))
}
