//! Sanitizing of foreign text: invisible characters and characters that control a terminal become visible escapes.
//!
//! Text from files, arguments and other programs is sanitized when it is read: JSON strings by [`of_json`], TOML strings when the file
//! is parsed, error messages when they are shown. The output is sanitized once more. The meaning of a text is not known here.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The keys whose values are texts of files. Such a text is sanitized when it is parsed as a file, not before.
const FILES: [&str; 2] = ["scenario_toml", "scenario-toml"];

/// Returns true if a character must be shown by its number: a control character (C0 or C1), a mark that changes the direction of
/// text, or a separator that some programs treat as a line break. Line breaks and tabs are not hidden.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    let turns =
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let separates = matches!(character, '\u{2028}' | '\u{2029}');
    turns || separates || character.is_control() && !['\n', '\t'].contains(&character)
}

/// Returns the text with every hidden character as an escape such as `\u{1b}`. A line break CRLF stays.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, |rest| if rest.starts_with("\r\n") { 1 } else { 0 })
}

/// Returns the text with every hidden character as an escape, except colour codes: for the output of the program.
#[must_use]
pub fn all_but_colours(text: &str) -> Cow<'_, str> {
    shown(text, |rest| if rest.starts_with("\r\n") { 1 } else { colour(rest) })
}

/// Returns the length of the colour code at the start of a text; 0 without one.
fn colour(text: &str) -> usize {
    let Some(code) = text.strip_prefix("\x1b[") else { return 0 };
    let numbers = code.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    if code[numbers..].starts_with('m') { "\x1b[".len() + numbers + "m".len() } else { 0 }
}

/// Returns the text with its hidden characters escaped. `kept_at` returns the number of bytes to keep at a hidden character.
fn shown(text: &str, kept_at: impl Fn(&str) -> usize) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut tail = text;
    while let Some(index) = tail.find(is_hidden) {
        shown.push_str(&tail[..index]);
        tail = &tail[index..];
        let length = tail.chars().next().map_or(0, char::len_utf8);
        let kept = kept_at(tail);
        if kept == 0 {
            tail[..length].chars().for_each(|character| shown.extend(character.escape_unicode()));
            tail = &tail[length..];
        } else {
            shown.push_str(&tail[..kept]);
            tail = &tail[kept..];
        }
    }
    shown.push_str(tail);
    Cow::Owned(shown)
}

/// Returns the same JSON with its hidden characters as JSON escapes, such as `\u001b`.
#[must_use]
pub fn in_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_hidden) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        // A CR can only stand between strings, in a line break CRLF.
        match character {
            '\r' => {}
            _ if is_hidden(character) => {
                let _ = write!(shown, "\\u{:04x}", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Parses JSON, and sanitizes its strings and keys.
///
/// # Errors
/// The position and the reason of a syntax error or of a wrong type.
pub fn of_json<T: DeserializeOwned>(text: &str) -> Result<T, serde_path_to_error::Error<serde_json::Error>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found: T = serde_path_to_error::deserialize(&mut reader)?;
    if !may_hide(text) {
        return Ok(found);
    }
    // The first pass reports the line of an error, the second pass only its key.
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut value: Value = serde_path_to_error::deserialize(&mut reader)?;
    make_visible(&mut value);
    serde_path_to_error::deserialize(value)
}

/// Returns true if a string of this JSON can have a hidden character: as it is, or as an escape.
pub fn may_hide(json: &str) -> bool {
    let named = ["\\u", "\\b", "\\f", "\\r"];
    json.contains(|character: char| is_hidden(character) && character != '\r')
        || named.iter().any(|escape| json.contains(escape))
}

/// Sanitizes every string and key of a value.
pub fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(shown) = visible(text) {
                *text = shown;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(make_visible),
        Value::Object(members) => {
            for (key, value) in &mut *members {
                if !FILES.contains(&key.as_str()) {
                    make_visible(value);
                }
            }
            if members.keys().any(|key| key.contains(is_hidden)) {
                let shown = |(key, value): (String, Value)| (visible(&key).into_owned(), value);
                *members = std::mem::take(members).into_iter().map(shown).collect::<Map<_, _>>();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
