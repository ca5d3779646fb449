//! Letters that a terminal obeys or that nobody sees, made visible: what a file, an argument or another program says is shown, and
//! never does anything to whoever reads it.
//!
//! Foreign text is made visible where it comes in: the strings of JSON in [`of_json`], those of TOML where a whole file is read,
//! messages of failures where they are shown. What is printed is looked at once more. Nothing here knows what a text says.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The keys whose text is a file of its own: it is made visible when it is read as one, and stays what it is until then.
const FILES: [&str; 2] = ["scenario_toml", "scenario-toml"];

/// Must be shown by its number: a control letter, C1 included, a mark that turns the order of letters around, or a separator that
/// some programs take for the end of a line. Line breaks and tabs may stay.
#[must_use]
pub fn is_hidden(letter: char) -> bool {
    let turns =
        matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let separates = matches!(letter, '\u{2028}' | '\u{2029}');
    turns || separates || letter.is_control() && !['\n', '\t'].contains(&letter)
}

/// The text with every hidden letter as `\u{1b}`. A line break of two letters stays one.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, |rest| if rest.starts_with("\r\n") { 1 } else { 0 })
}

/// The text with every hidden letter as `\u{1b}`, codes of colours excepted: what is ours and is about to be printed.
#[must_use]
pub fn all_but_colours(text: &str) -> Cow<'_, str> {
    shown(text, |rest| if rest.starts_with("\r\n") { 1 } else { colour(rest) })
}

/// How long the code of a colour is that the text begins with; 0 if it begins with none.
fn colour(text: &str) -> usize {
    let Some(code) = text.strip_prefix("\x1b[") else { return 0 };
    let numbers = code.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    if code[numbers..].starts_with('m') { "\x1b[".len() + numbers + "m".len() } else { 0 }
}

/// The text with its hidden letters made visible. How much stays as it is at a hidden letter is asked.
fn shown(text: &str, stays: impl Fn(&str) -> usize) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(place) = rest.find(is_hidden) {
        shown.push_str(&rest[..place]);
        rest = &rest[place..];
        let letter = rest.chars().next().map_or(0, char::len_utf8);
        let kept = stays(rest);
        if kept == 0 {
            rest[..letter].chars().for_each(|letter| shown.extend(letter.escape_unicode()));
            rest = &rest[letter..];
        } else {
            shown.push_str(&rest[..kept]);
            rest = &rest[kept..];
        }
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// The same JSON, its hidden letters written as JSON has them: `\u001b`. Whoever reads it reads the same.
#[must_use]
pub fn in_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_hidden) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for letter in json.chars() {
        // Between strings there can only be a line break of two letters, which means what one means.
        match letter {
            '\r' => {}
            _ if is_hidden(letter) => {
                let _ = write!(shown, "\\u{:04x}", u32::from(letter));
            }
            _ => shown.push(letter),
        }
    }
    Cow::Owned(shown)
}

/// What JSON says, every string and key of it made visible.
///
/// # Errors
/// Where it is no such thing, and why.
pub fn of_json<T: DeserializeOwned>(text: &str) -> Result<T, serde_path_to_error::Error<serde_json::Error>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found: T = serde_path_to_error::deserialize(&mut reader)?;
    if !may_hide(text) {
        return Ok(found);
    }
    // The first reading knows the line of an error, the second one only its key.
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut value: Value = serde_path_to_error::deserialize(&mut reader)?;
    make_visible(&mut value);
    serde_path_to_error::deserialize(value)
}

/// Whether a string of this JSON may have a hidden letter: it has one as it stands, or one is written by its number.
pub fn may_hide(json: &str) -> bool {
    let named = ["\\u", "\\b", "\\f", "\\r"];
    json.contains(|letter: char| is_hidden(letter) && letter != '\r')
        || named.iter().any(|escape| json.contains(escape))
}

/// Makes every string and key of a value visible.
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
