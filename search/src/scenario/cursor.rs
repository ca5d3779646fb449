//! Access to one TOML table: a cursor records the keys that a reader asks for, so that every other key is an error, and it
//! reports missing keys and values of the wrong type. The meaning of keys is not known here.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostics, Findings, SourceText};
use super::toml_mistakes::{self, Mistake, REPEATED};
use crate::sanitize::visible_line;

/// A string of the file with its position.
pub(super) type Text<'a> = Spanned<&'a str>;

/// A table and the keys that a reader asked for.
pub struct Cursor<'a> {
    /// The name of the table in messages.
    pub title: String,
    /// The position of its header.
    pub span: Range<usize>,
    table: &'a DeTable<'a>,
    known: Vec<&'static str>,
    place_of: PlaceOf,
}

/// Returns the tables in which a key belongs that this table does not know: the end of the sentence "`KEY` belongs …".
pub(super) type PlaceOf = fn(&str) -> Option<String>;

impl<'a> Cursor<'a> {
    /// Returns a cursor that no key was asked of.
    pub fn of(title: impl Into<String>, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Self { title: title.into(), span, table, known: Vec::new(), place_of: |_| None }
    }

    /// Returns a cursor that knows the tables of its kind of file, for this table and those in it.
    pub(super) fn with_places(self, place_of: PlaceOf) -> Self {
        Self { place_of, ..self }
    }

    /// Returns the value of a key, if the table has it.
    pub fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.know(key);
        self.table.get(key)
    }

    fn know(&mut self, key: &'static str) {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
    }

    /// Returns true if the table has a key.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Returns a default, and records its key as known.
    pub fn absent<T>(&mut self, key: &'static str, default: T) -> T {
        self.know(key);
        default
    }

    /// Returns true if a key has an array without entries.
    pub fn is_empty_array(&self, key: &str) -> bool {
        self.table
            .get(key)
            .and_then(|value| value.get_ref().as_array())
            .is_some_and(|array| array.iter().next().is_none())
    }

    /// Returns true if a key has the value `true`.
    pub(super) fn is_true(&self, key: &str) -> bool {
        self.table.get(key).and_then(|value| value.get_ref().as_bool()) == Some(true)
    }

    /// Returns the position of a key's value, or of the table's header if the table lacks the key.
    pub fn span_of(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or(self.span.clone(), Spanned::span)
    }

    /// Returns the position of a value in an inner table. If the inner table lacks the key, returns the position of its header;
    /// if this table lacks the inner one, of this table's header.
    pub(super) fn span_in(&self, table: &str, key: &str) -> Range<usize> {
        let inner = self.table.get(table).and_then(|inner| inner.get_ref().as_table());
        inner.and_then(|inner| inner.get(key)).map_or_else(|| self.span_of(table), Spanned::span)
    }

    /// Returns every key and value.
    pub fn entries(&self) -> impl Iterator<Item = (Text<'a>, &'a Spanned<DeValue<'a>>)> + use<'a> {
        self.table.iter().map(|(key, value)| (Spanned::new(key.span(), key.get_ref().as_ref()), value))
    }

    /// Reports a key as missing, unless the table has it. `what` completes the sentence "`KEY` is …".
    pub fn demand(&mut self, key: &'static str, what: &str, found: &mut Findings) {
        self.know(key);
        if !self.has(key) {
            found.report(self.span.clone(), format!("{} lacks `{key}`", self.title), format!("`{key}` is {what}"));
        }
    }

    /// Returns the string of a key.
    pub fn string(&mut self, key: &'static str, found: &mut Findings) -> Option<Text<'a>> {
        let value = self.value(key)?;
        text(key, value, found)
    }

    /// Returns the array of strings of a key.
    pub fn strings(&mut self, key: &'static str, found: &mut Findings) -> Option<Vec<Text<'a>>> {
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            wrong_type(key, value, "an array of strings", found);
            return None;
        };
        let texts: Vec<_> = array.iter().filter_map(|value| text(key, value, found)).collect();
        (texts.len() == array.len()).then_some(texts)
    }

    /// Returns the number of a key, if it is within limits.
    pub fn count(
        &mut self,
        key: &'static str,
        limits: RangeInclusive<u8>,
        found: &mut Findings,
    ) -> Option<Spanned<u8>> {
        let value = self.value(key)?;
        number(key, value, limits, found)
    }

    /// Returns the truth value of a key.
    pub fn flag(&mut self, key: &'static str, found: &mut Findings) -> Option<bool> {
        let value = self.value(key)?;
        flag(key, value, found)
    }

    /// Returns the value that the name of a key stands for.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)], found: &mut Findings) -> Option<T> {
        let name = self.string(key, found)?;
        choose(&format!("value of `{key}`"), &name, choices, found)
    }

    /// Returns the inner table of a key.
    pub fn table(&mut self, key: &'static str, title: &str, found: &mut Findings) -> Option<Cursor<'a>> {
        let value = self.value(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() && is_list_of_tables(value) {
            let message = format!("`[[{key}]]` lists tables, and there is one `{key}`");
            found.report(value.span(), message, format!("write `[{key}]`"));
        } else if table.is_none() {
            wrong_type(key, value, "a table", found);
        }
        table.map(|table| Cursor::of(title, value.span(), table).with_places(self.place_of))
    }

    /// Returns the tables of an array of tables; none if the table lacks the key.
    pub fn tables(&mut self, key: &'static str, title: &str, found: &mut Findings) -> Vec<Cursor<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            if value.get_ref().is_table() && REPEATED.contains(&key) {
                let Mistake { span, message, label } = toml_mistakes::one_table(key, value.span());
                found.report(span, message, label);
            } else {
                wrong_type(key, value, &format!("an array of tables, written `[[{key}]]`"), found);
            }
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, value) in array.iter().enumerate() {
            match value.get_ref().as_table() {
                Some(table) => {
                    let cursor = Cursor::of(format!("{title} {}", index + 1), value.span(), table);
                    tables.push(cursor.with_places(self.place_of));
                }
                None => wrong_type(key, value, &format!("a table, written `[[{key}]]`"), found),
            }
        }
        tables
    }

    /// Reports every key that no reader asked for.
    pub fn finish(self, found: &mut Findings) {
        for (key, _) in self.entries().filter(|(key, _)| !self.known.contains(key.get_ref())) {
            let kind = format!("key in {}:", self.title);
            match (self.place_of)(key.get_ref()) {
                Some(place) => {
                    let label = format!("`{}` belongs {place}", key.get_ref());
                    found.report(key.span(), format!("unknown {kind} `{}`", key.get_ref()), label);
                }
                None => found.unknown(key.span(), &kind, key.get_ref(), &self.known),
            }
        }
    }
}

/// The largest size of a TOML text, in bytes: several times that of a scenario with the most procedures and steps. The parser needs up
/// to fifty times as much memory.
pub const TOML_MAX: usize = 2 << 20;

/// Refuses a text that is too large to be parsed.
pub(super) fn within_limit(name: &str, text: &str) -> Result<(), Diagnostics> {
    if text.len() <= TOML_MAX {
        return Ok(());
    }
    let message = format!("{name} has {} bytes; a TOML file may have at most {TOML_MAX}", text.len());
    Err(Diagnostics::just(message, None))
}

/// Returns true if a value is an array of tables.
fn is_list_of_tables(value: &Spanned<DeValue<'_>>) -> bool {
    value.get_ref().as_array().is_some_and(|array| array.iter().any(|value| value.get_ref().is_table()))
}

/// Parses a TOML text and reads its root table. Every string is sanitized first.
///
/// # Errors
/// Everything that is wrong with the text.
///
/// # Panics
/// If `read` returns nothing and reports no error.
pub fn parse_toml<T>(
    file: SourceText,
    read: impl FnOnce(Cursor<'_>, &mut Findings) -> Option<T>,
) -> Result<T, Diagnostics> {
    within_limit(&file.name, &file.text)?;
    let mut found = Findings::of(file);
    let file = found.text();
    let (mut root, errors) = DeTable::parse_recoverable(&file.text);
    root.get_mut().iter_mut().for_each(|(_, value)| make_visible(value.get_mut()));
    let span = |error: &toml::de::Error| error.span().unwrap_or(0..0);
    let line = file.lines_before();
    let mut explained = BTreeSet::new();
    for error in &errors {
        let position = span(error).start;
        if let Some(mistake) = toml_mistakes::explained(&file.text, position)
            && explained.insert(line(position))
        {
            found.report(mistake.span, mistake.message, mistake.label);
        }
    }
    // After a mistake the parser finds more errors in the same line, and in the table below a wrong header.
    let is_below_mistake = |position: usize| {
        let header = toml_mistakes::header_above(&file.text, position);
        header.is_some_and(|header| explained.contains(&line(header)))
    };
    let follows = |error: &&toml::de::Error| {
        let position = span(error).start;
        explained.contains(&line(position)) || error.message() == "duplicate key" && is_below_mistake(position)
    };
    for error in errors.iter().filter(|error| !follows(error)) {
        let label = if error.message() == "duplicate key" { "the table has this key already" } else { "here" };
        found.report(span(error), format!("not TOML: {}", error.message()), label);
    }
    let value = if errors.is_empty() { read(Cursor::of("the file", 0..0, root.get_ref()), &mut found) } else { None };
    match (found.into_diagnostics(), value) {
        (Some(diagnostics), _) => Err(diagnostics),
        (None, Some(value)) => Ok(value),
        (None, None) => panic!("the reader of {} returned nothing and reported no error", file.name),
    }
}

/// Makes every string visible, in one line. A key stays: it is a known key, or the error about it makes it visible.
fn make_visible(value: &mut DeValue<'_>) {
    match value {
        DeValue::String(text) => {
            // A long text has several lines in its file.
            let line = text.replace("\r\n", " ").replace(['\n', '\t'], " ");
            *text = Cow::Owned(visible_line(&line).into_owned());
        }
        DeValue::Array(values) => values.iter_mut().for_each(|value| make_visible(value.get_mut())),
        DeValue::Table(table) => table.iter_mut().for_each(|(_, value)| make_visible(value.get_mut())),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

/// Returns a value as a string.
pub(super) fn text<'a>(key: &str, value: &'a Spanned<DeValue<'a>>, found: &mut Findings) -> Option<Text<'a>> {
    let text = value.get_ref().as_str();
    if text.is_none() {
        wrong_type(key, value, "a string", found);
    }
    text.map(|text| Spanned::new(value.span(), text))
}

/// Returns a value as a truth value.
pub(super) fn flag(key: &str, value: &Spanned<DeValue<'_>>, found: &mut Findings) -> Option<bool> {
    let flag = value.get_ref().as_bool();
    if flag.is_none() {
        wrong_type(key, value, "`true` or `false`", found);
    }
    flag
}

/// Returns a value as a number, if it is within limits.
pub(super) fn number(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    limits: RangeInclusive<u8>,
    found: &mut Findings,
) -> Option<Spanned<u8>> {
    let (least, most) = (limits.start(), limits.end());
    let Some(integer) = value.get_ref().as_integer() else {
        wrong_type(key, value, &format!("a number from {least} to {most}"), found);
        return None;
    };
    let number = u8::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|number| limits.contains(number));
    if number.is_none() {
        found.report(value.span(), format!("`{key}` is out of range"), format!("a number from {least} to {most}"));
    }
    number.map(|number| Spanned::new(value.span(), number))
}

/// Returns the value that a name stands for in a list of names and values.
pub(super) fn choose<T: Copy>(kind: &str, name: &Text<'_>, choices: &[(&str, T)], found: &mut Findings) -> Option<T> {
    let choice = choices.iter().find(|(valid, _)| valid == name.get_ref()).map(|(_, choice)| *choice);
    if choice.is_none() {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        found.unknown(name.span(), kind, name.get_ref(), &names);
    }
    choice
}

/// Reports a value of the wrong type.
pub fn wrong_type(key: &str, value: &Spanned<DeValue<'_>>, wanted: &str, found: &mut Findings) {
    let kind = value.get_ref().type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    found.report(
        value.span(),
        format!("`{key}` is of the wrong type"),
        format!("{wanted} belongs here, not {article} {kind}"),
    );
}
