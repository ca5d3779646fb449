//! A table of a TOML file as it is being read: it knows which keys were asked for, so that every other key is an error, and
//! it takes note of what is missing or of the wrong type. What the keys mean is not its business.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::Findings;

/// A text of the file and its place.
pub(super) type Text<'a> = Spanned<&'a str>;

/// A table and what was asked of it.
pub struct Cursor<'a> {
    /// What the table is called in messages.
    pub title: String,
    /// The place of its header.
    pub span: Range<usize>,
    table: &'a DeTable<'a>,
    known: Vec<&'static str>,
}

impl<'a> Cursor<'a> {
    /// A table that nothing was asked of yet.
    pub fn of(title: impl Into<String>, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Self { title: title.into(), span, table, known: Vec::new() }
    }

    /// The value of a key, if it is there.
    pub fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.know(key);
        self.table.get(key)
    }

    fn know(&mut self, key: &'static str) {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The value of a key that is not there.
    pub fn absent<T>(&mut self, key: &'static str, default: T) -> T {
        self.know(key);
        default
    }

    /// Whether a key has an array without entries.
    pub fn is_empty_array(&self, key: &str) -> bool {
        self.table
            .get(key)
            .and_then(|value| value.get_ref().as_array())
            .is_some_and(|array| array.iter().next().is_none())
    }

    /// The place of a key's value, or of the table's header if the key is not there.
    pub fn place(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or(self.span.clone(), Spanned::span)
    }

    /// Every key and value, whatever the keys are.
    pub fn entries(&self) -> impl Iterator<Item = (Text<'a>, &'a Spanned<DeValue<'a>>)> + use<'a> {
        self.table.iter().map(|(key, value)| (Spanned::new(key.span(), key.get_ref().as_ref()), value))
    }

    /// Reports the key as missing unless it is there.
    pub fn demand(&mut self, key: &'static str, what: &str, found: &mut Findings) {
        self.know(key);
        if !self.has(key) {
            found.report(self.span.clone(), format!("{} lacks `{key}`", self.title), format!("`{key}` is {what}"));
        }
    }

    /// A string.
    pub fn string(&mut self, key: &'static str, found: &mut Findings) -> Option<Text<'a>> {
        let value = self.value(key)?;
        text(key, value, found)
    }

    /// An array of strings.
    pub fn strings(&mut self, key: &'static str, found: &mut Findings) -> Option<Vec<Text<'a>>> {
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            wrong_type(key, value, "an array of strings", found);
            return None;
        };
        let texts: Vec<_> = array.iter().filter_map(|value| text(key, value, found)).collect();
        (texts.len() == array.len()).then_some(texts)
    }

    /// A number within limits.
    pub fn count(
        &mut self,
        key: &'static str,
        limits: RangeInclusive<u8>,
        found: &mut Findings,
    ) -> Option<Spanned<u8>> {
        let value = self.value(key)?;
        number(key, value, limits, found)
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str, found: &mut Findings) -> Option<bool> {
        let value = self.value(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            wrong_type(key, value, "`true` or `false`", found);
        }
        flag
    }

    /// One of a closed set of names.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)], found: &mut Findings) -> Option<T> {
        let name = self.string(key, found)?;
        choose(&format!("value of `{key}`"), &name, choices, found)
    }

    /// A table.
    pub fn table(&mut self, key: &'static str, title: &str, found: &mut Findings) -> Option<Cursor<'a>> {
        let value = self.value(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            wrong_type(key, value, "a table", found);
        }
        table.map(|table| Cursor::of(title, value.span(), table))
    }

    /// The tables of an array of tables; none if the key is not there.
    pub fn tables(&mut self, key: &'static str, title: &str, found: &mut Findings) -> Vec<Cursor<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            wrong_type(key, value, &format!("an array of tables, written `[[{key}]]`"), found);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, value) in array.iter().enumerate() {
            match value.get_ref().as_table() {
                Some(table) => tables.push(Cursor::of(format!("{title} {}", index + 1), value.span(), table)),
                None => wrong_type(key, value, &format!("a table, written `[[{key}]]`"), found),
            }
        }
        tables
    }

    /// Reports every key that was not asked for.
    pub fn finish(self, found: &mut Findings) {
        for (key, _) in self.entries().filter(|(key, _)| !self.known.contains(key.get_ref())) {
            found.unknown(key.span(), &format!("key in {}:", self.title), key.get_ref(), &self.known);
        }
    }
}

/// A value as a string.
pub(super) fn text<'a>(key: &str, value: &'a Spanned<DeValue<'a>>, found: &mut Findings) -> Option<Text<'a>> {
    let text = value.get_ref().as_str();
    if text.is_none() {
        wrong_type(key, value, "a string", found);
    }
    text.map(|text| Spanned::new(value.span(), text))
}

/// A value as a number within limits.
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

/// A name out of a closed set.
pub(super) fn choose<T: Copy>(kind: &str, name: &Text<'_>, choices: &[(&str, T)], found: &mut Findings) -> Option<T> {
    let choice = choices.iter().find(|(valid, _)| valid == name.get_ref()).map(|(_, choice)| *choice);
    if choice.is_none() {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        found.unknown(name.span(), kind, name.get_ref(), &names);
    }
    choice
}

/// Reports a value that is not of the type that its key demands.
pub fn wrong_type(key: &str, value: &Spanned<DeValue<'_>>, wanted: &str, found: &mut Findings) {
    let kind = value.get_ref().type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    found.report(
        value.span(),
        format!("`{key}` is of the wrong type"),
        format!("{wanted} belongs here, not {article} {kind}"),
    );
}
