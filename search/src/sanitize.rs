//! Sanitizing of foreign text: invisible characters and characters that control a terminal become visible escapes, and no line is a
//! command to the program that reads a log.
//!
//! Text from files, arguments and other programs is sanitized when it is read: JSON strings by [`of_json`], TOML strings when the file
//! is parsed, paths and error messages when they are shown. The output is sanitized once more. The meaning of a text is not known here.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use unicode_general_category::{GeneralCategory, get_general_category};

use crate::json::{self, JsonError};

/// The keys whose values are texts of files. Such a text is sanitized when it is parsed as a file, not before.
const FILES: [&str; 2] = ["scenario_toml", "scenario-toml"];

/// Starts of a line that the reader of a log obeys: a workflow command of GitHub, and the end of a TAP stream. Letter case and the
/// space before it do not matter.
const AT_START: [&str; 2] = ["::", "bail out!"];

/// Returns true if a character must be shown by its number: a control character, a format character such as a zero-width space or a
/// mark that changes the direction of text, a separator that some programs treat as a line break, or another invisible character.
/// Line breaks and tabs are not hidden.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    if (' '..='~').contains(&character) || matches!(character, '\n' | '\t') {
        return false;
    }
    let is_hidden_category = matches!(
        get_general_category(character),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    is_hidden_category || is_ignorable(character) || u32::from(character) & 0xfffe == 0xfffe
}

/// Returns true for a letter or mark without a glyph (Unicode: `Default_Ignorable_Code_Point`), and for a code point that never
/// becomes a character.
fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Returns the text with every hidden character as an escape such as `\u{1b}`. A line break CRLF stays.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, is_hidden, |rest| if rest.starts_with("\r\n") { 1 } else { 0 })
}

/// Returns the text as a part of one line: every hidden character, line break and tab is an escape.
#[must_use]
pub fn visible_line(text: &str) -> Cow<'_, str> {
    shown(text, |character| is_hidden(character) || matches!(character, '\n' | '\t'), |_| 0)
}

/// Returns a text as one word of a shell command: a name from a file must not become a command.
#[must_use]
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "@%_+=:,./-".contains(letter);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
}

/// Returns the text with every hidden character as an escape, except colour codes: for the output of the program.
#[must_use]
pub fn all_but_colours(text: &str) -> Cow<'_, str> {
    shown(text, is_hidden, |rest| if rest.starts_with("\r\n") { 1 } else { colour(rest) })
}

/// Returns the length of the colour code at the start of a text; 0 without one.
fn colour(text: &str) -> usize {
    let Some(code) = text.strip_prefix("\x1b[") else { return 0 };
    let numbers = code.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    if code[numbers..].starts_with('m') { "\x1b[".len() + numbers + "m".len() } else { 0 }
}

/// Returns the text with its hidden characters escaped. `kept_at` returns the number of bytes to keep at a hidden character.
fn shown(text: &str, is_hidden: impl Fn(char) -> bool + Copy, kept_at: impl Fn(&str) -> usize) -> Cow<'_, str> {
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

/// Returns the text without commands to the reader of a log, such as a service that builds and tests: the first character of each is an
/// escape. A command stands at the start of a line, as `AT_START`, or anywhere, as `##[` or `##vso[`. Colour codes are no part of it.
#[must_use]
pub fn without_commands(text: &str) -> Cow<'_, str> {
    let mut written = String::new();
    let mut copied = 0;
    let mut escape = |at: usize| {
        written.push_str(&text[copied..at]);
        written.extend(text[at..].chars().next().into_iter().flat_map(char::escape_unicode));
        copied = at + 1;
    };
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let (line, places) = without_colours(whole.strip_suffix('\n').unwrap_or(whole));
        let first = line.len() - line.trim_start().len();
        if AT_START.iter().any(|command| starts_with(&line[first..], command)) {
            escape(start + places[first]);
        }
        for (index, _) in line.match_indices('#').filter(|(index, _)| is_marked(&line[*index..])) {
            escape(start + places[index]);
        }
        start += whole.len();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    written.push_str(&text[copied..]);
    Cow::Owned(written)
}

/// Returns a line without colour codes, and the place of each of its bytes in the line.
fn without_colours(line: &str) -> (String, Vec<usize>) {
    let (mut plain, mut places) = (String::with_capacity(line.len()), Vec::with_capacity(line.len()));
    let mut start = 0;
    while let Some(character) = line[start..].chars().next() {
        let code = colour(&line[start..]);
        if code == 0 {
            plain.push(character);
            places.extend(start..start + character.len_utf8());
            start += character.len_utf8();
        } else {
            start += code;
        }
    }
    (plain, places)
}

fn starts_with(text: &str, command: &str) -> bool {
    text.get(..command.len()).is_some_and(|start| start.eq_ignore_ascii_case(command))
}

/// Returns true if a text begins with `##`, a word in letters or none, and an opening bracket.
fn is_marked(text: &str) -> bool {
    let word = |rest: &str| rest.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()).starts_with('[');
    text.strip_prefix("##").is_some_and(word)
}

/// Returns the same JSON with its hidden characters as JSON escapes, such as `\u001b`, and without commands to the reader of a log.
#[must_use]
pub fn in_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_hidden) && !json.contains("##") {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for (index, character) in json.char_indices() {
        // A CR can only stand between strings, in a line break CRLF.
        match character {
            '\r' => {}
            '#' if is_marked(&json[index..]) => shown.push_str("\\u0023"),
            _ if is_hidden(character) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(shown, "\\u{unit:04x}");
                }
            }
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Parses JSON, and sanitizes its strings and keys.
///
/// # Errors
/// The position and the reason of a syntax error, of a key that an object has twice, or of a wrong type.
pub fn of_json<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found: T = serde_path_to_error::deserialize(&mut reader)?;
    let mut value = json::parse(text)?;
    if !may_hide(text) {
        return Ok(found);
    }
    // The first pass reports the line of an error, this one only its key.
    make_visible(&mut value);
    serde_path_to_error::deserialize(value)
}

/// Returns true if a string of this JSON can have a hidden character, a line break or a tab: as it is, or as an escape.
pub fn may_hide(json: &str) -> bool {
    let named = ["\\u", "\\b", "\\f", "\\r", "\\n", "\\t"];
    json.contains(|character: char| is_hidden(character) && character != '\r')
        || named.iter().any(|escape| json.contains(escape))
}

/// Sanitizes every string and key of a value. Each becomes a part of one line.
pub fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(shown) = visible_line(text) {
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
            if members.keys().any(|key| matches!(visible_line(key), Cow::Owned(_))) {
                let shown = |(key, value): (String, Value)| (visible_line(&key).into_owned(), value);
                *members = std::mem::take(members).into_iter().map(shown).collect::<Map<_, _>>();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
