//! Reading a JSON object key by key, so that every error names the key, says what is there and what would be right.

#![expect(clippy::wildcard_enum_match_arm, reason = "JSON will have no other kinds of value")]

use serde_json::{Map, Value};

use stranded_search::sanitize::{make_visible, may_hide};
use stranded_search::scenario::nearest;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong, and with which key.
    pub message: String,
    /// What would be right.
    pub wanted: String,
}

impl Wrong {
    /// Something is wrong, and this would be right.
    pub fn new(message: impl Into<String>, wanted: impl Into<String>) -> Self {
        Self { message: message.into(), wanted: wanted.into() }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; expected {}", self.message, self.wanted)
    }
}

/// Objects by their names, in their order; `None` for those that are `null`.
pub type Members = Vec<(String, Option<Keys>)>;

/// The members of a JSON object, each taken once. Whatever is left at the end is unknown.
#[derive(Debug)]
pub struct Keys {
    left: Map<String, Value>,
    asked: Vec<&'static str>,
}

impl Keys {
    /// The object that a line is.
    ///
    /// # Errors
    /// The line is no JSON, or no object.
    pub fn of_line(line: &str) -> Result<Self, Wrong> {
        let mut value = serde_json::from_str(line)
            .map_err(|reason| Wrong::new(not_json(&reason), "one JSON object on the line"))?;
        if may_hide(line) {
            make_visible(&mut value);
        }
        Self::of(value)
    }

    /// The members of an object.
    ///
    /// # Errors
    /// The value is no object.
    pub fn of(value: Value) -> Result<Self, Wrong> {
        match value {
            Value::Object(left) => Ok(Self { left, asked: Vec::new() }),
            other => Err(Wrong::new(format!("{} instead of an object", kind(&other)), "one JSON object")),
        }
    }

    /// A member, or `None` if it is not there.
    pub fn value(&mut self, key: &'static str) -> Option<Value> {
        self.asked.push(key);
        self.left.remove(key)
    }

    /// A text that may be left out.
    ///
    /// # Errors
    /// It is something else.
    pub fn text_or_none(&mut self, key: &'static str) -> Result<Option<String>, Wrong> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(mistyped(key, &other, "a string")),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// It is not there, or something else.
    pub fn text(&mut self, key: &'static str) -> Result<String, Wrong> {
        self.text_or_none(key)?.ok_or_else(|| self.missing(key, "a string"))
    }

    /// A text or `null`; `None` if it is left out.
    ///
    /// # Errors
    /// It is something else.
    pub fn text_or_null(&mut self, key: &'static str) -> Result<Option<Option<String>>, Wrong> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::String(text)) => Ok(Some(Some(text))),
            Some(other) => Err(mistyped(key, &other, "a string, or null")),
        }
    }

    /// A whole number that may be left out.
    ///
    /// # Errors
    /// It is something else.
    pub fn number_or_none(&mut self, key: &'static str) -> Result<Option<u64>, Wrong> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| mistyped(key, &value, "a whole number from 0")),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// It is not there, or something else.
    pub fn number(&mut self, key: &'static str) -> Result<u64, Wrong> {
        self.number_or_none(key)?.ok_or_else(|| self.missing(key, "a whole number from 0"))
    }

    /// `true` or `false`; `None` if it is left out.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag_or_none(&mut self, key: &'static str) -> Result<Option<bool>, Wrong> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(mistyped(key, &other, "true or false")),
        }
    }

    /// A list of texts that may be left out.
    ///
    /// # Errors
    /// It is something else.
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

    /// A list of texts.
    ///
    /// # Errors
    /// It is not there, or something else.
    pub fn texts(&mut self, key: &'static str) -> Result<Vec<String>, Wrong> {
        self.texts_or_none(key)?.ok_or_else(|| self.missing(key, "a list of strings"))
    }

    /// The members of an object that may be left out, in their order; `None` for those that are `null`.
    ///
    /// # Errors
    /// It is something else.
    pub fn members_or_none(&mut self, key: &'static str) -> Result<Option<Members>, Wrong> {
        let members = match self.value(key) {
            None => return Ok(None),
            Some(Value::Object(members)) => members,
            Some(other) => return Err(mistyped(key, &other, "an object with a member for each server that was seen")),
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

    /// One of a few words.
    ///
    /// # Errors
    /// It is another, or not there.
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

    /// A key is not there; perhaps one that is there was meant to be it.
    fn missing(&self, key: &str, wanted: &str) -> Wrong {
        let there: Vec<&str> = self.left.keys().map(String::as_str).collect();
        match nearest(key, &there) {
            Some(near) => {
                Wrong::new(format!("there is a key `{}`", truncated(near)), format!("`{key}`, which is {wanted}"))
            }
            None => Wrong::new(format!("there is no `{key}`"), wanted),
        }
    }

    /// Nothing else may be there.
    ///
    /// # Errors
    /// A key that nobody asked for.
    pub fn end(self) -> Result<(), Wrong> {
        let Some(key) = self.left.keys().next() else { return Ok(()) };
        let wanted = match nearest(key, &self.asked) {
            Some(near) => format!("`{near}`, or no such key"),
            None => "no such key".to_owned(),
        };
        Err(Wrong::new(format!("there is a key `{}`", truncated(key)), wanted))
    }
}

/// A word that is none of these.
#[must_use]
pub fn unknown_word(key: &str, text: &str, names: &[&str]) -> Wrong {
    let wanted = match nearest(text, names) {
        Some(near) => format!("`{near}`"),
        None => format!("one of {}", names.join(", ")),
    };
    Wrong::new(format!("`{key}` is `{}`", truncated(text)), wanted)
}

/// Why a line is no JSON; on a line there are only columns.
fn not_json(reason: &serde_json::Error) -> String {
    let text = reason.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    format!("not JSON: {what} at column {}", reason.column())
}

fn mistyped(key: &str, value: &Value, wanted: &str) -> Wrong {
    Wrong::new(format!("`{key}` is {}", kind(value)), wanted)
}

/// What a value is, in words.
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

/// The beginning of a text that may be long.
#[must_use]
pub fn truncated(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text[..end].escape_debug()),
        None => text.escape_debug().to_string(),
    }
}
