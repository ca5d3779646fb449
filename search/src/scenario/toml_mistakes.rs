//! Mistakes that make a text invalid TOML: values without quotes, quotes of a word processor, other signs for `=` and `#`, and
//! `[step]` for `[[step]]`. The parser finds the position; this file names the mistake and the right form.

use std::ops::Range;

use super::diagnostic::floor;

/// The tables that a file can have several times.
pub(super) const REPEATED: [&str; 4] = ["procedure", "property", "run", "step"];

/// The words that other formats accept for `true` and `false`.
const TRUTH: [(&str, &[&str]); 2] = [("true", &["yes", "on", "true", "y"]), ("false", &["no", "off", "false", "n"])];

/// A mistake: its position, the message, and a label with the right form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) label: String,
}

/// A line of the text, and the position of the error in it.
struct Line<'a> {
    text: &'a str,
    start: usize,
    /// The start of the error, in bytes from the start of the line.
    at: usize,
}

impl<'a> Line<'a> {
    fn of(text: &'a str, byte: usize) -> Self {
        let byte = floor(text, byte);
        let start = text[..byte].rfind('\n').map_or(0, |end| end + 1);
        let line = text[start..].lines().next().unwrap_or("");
        Self { text: line, start, at: (byte - start).min(line.len()) }
    }

    /// Returns the text before the error.
    fn before(&self) -> &'a str {
        &self.text[..self.at]
    }

    /// Returns the text from the error on.
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Returns the mistake in so many bytes from the error on.
    fn mistake(&self, length: usize, message: impl Into<String>, label: impl Into<String>) -> Mistake {
        let start = self.start + self.at;
        Mistake { span: start..start + length, message: message.into(), label: label.into() }
    }
}

/// Returns the mistake behind an error of the parser at this position, if it is a known one.
pub(super) fn explained(text: &str, position: usize) -> Option<Mistake> {
    let line = Line::of(text, position);
    let known = repeated_table(text, &line).or_else(|| foreign_space(&line)).or_else(|| comment(&line));
    let known = known.or_else(|| colon(&line)).or_else(|| curly_quotes(&line));
    let known = known.or_else(|| repeated_key(&line)).or_else(|| bare_value(&line));
    known.or_else(|| end_of_line(&line))
}

/// Returns the name of a table if the line is the header of one table: `[NAME]`.
fn header(line: &str) -> Option<&str> {
    let line = line.split('#').next().unwrap_or(line).trim();
    line.strip_prefix('[')?.strip_suffix(']').map(str::trim)
}

/// Returns the start of the last header before a position.
pub(super) fn header_above(text: &str, position: usize) -> Option<usize> {
    let above = text.get(..position)?;
    if above.starts_with('[') && !above.contains("\n[") { Some(0) } else { above.rfind("\n[").map(|end| end + 1) }
}

/// A second `[step]`, or a `[[step]]` after a `[step]`. The position is that of the first.
fn repeated_table(text: &str, line: &Line<'_>) -> Option<Mistake> {
    let name = header(line.text).map(|name| name.trim_matches(['[', ']']).trim())?;
    REPEATED.contains(&name).then_some(())?;
    let mut start = 0;
    for one in text.split_inclusive('\n') {
        if header(one) == Some(name) {
            let at = start + one.find('[').unwrap_or(0);
            return Some(one_table(name, at..at + name.len() + 2));
        }
        start += one.len();
    }
    None
}

/// The mistake of a header with single brackets.
pub(super) fn one_table(name: &str, span: Range<usize>) -> Mistake {
    let message = format!("`[{name}]` is one table, and each {name} has a table of its own");
    Mistake { span, message, label: format!("write `[[{name}]]`") }
}

fn foreign_space(line: &Line<'_>) -> Option<Mistake> {
    let space = line.rest().chars().next().filter(|first| !first.is_ascii())?;
    let is_space = space.is_whitespace() || matches!(space, '\u{200b}'..='\u{200f}' | '\u{feff}');
    let message = format!("TOML does not accept this space (U+{:04X})", u32::from(space));
    is_space.then(|| line.mistake(space.len_utf8(), message, "replace it by a plain space"))
}

fn comment(line: &Line<'_>) -> Option<Mistake> {
    let sign = [";", "//", "--"].into_iter().find(|sign| line.text.trim_start().starts_with(sign))?;
    line.before()
        .trim()
        .is_empty()
        .then(|| line.mistake(sign.len(), format!("`{sign}` starts no comment"), "write `#`"))
}

fn colon(line: &Line<'_>) -> Option<Mistake> {
    let key = line.before().trim();
    let is_key =
        !key.is_empty() && key.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.\"".contains(letter));
    (is_key && line.rest().starts_with(':'))
        .then(|| line.mistake(1, "a value comes after `=`, not after `:`", "write ` =`"))
}

fn is_curly(letter: char) -> bool {
    matches!(letter, '‘' | '’' | '‚' | '“' | '”' | '„' | '«' | '»')
}

fn curly_quotes(line: &Line<'_>) -> Option<Mistake> {
    let rest = line.rest();
    let first = rest.chars().next().filter(|first| is_curly(*first))?;
    let inner = &rest[first.len_utf8()..];
    let end = inner.char_indices().find(|(_, letter)| is_curly(*letter) || *letter == '"');
    let (inner, length) = match end {
        Some((end, last)) => (&inner[..end], first.len_utf8() + end + last.len_utf8()),
        None => (inner.trim_end(), first.len_utf8() + inner.trim_end().len()),
    };
    Some(line.mistake(
        length,
        "these are quotes of a word processor",
        format!("write \"{inner}\" with straight quotes"),
    ))
}

/// A key that an inline table has already.
fn repeated_key(line: &Line<'_>) -> Option<Mistake> {
    let (key, _) = line.rest().split_once('=')?;
    let key = key.trim_end();
    let is_key = |text: &str| text.split([',', '{', '=']).any(|part| part.trim() == key);
    let is_repeated = line.before().trim_end().ends_with(',') && is_key(line.before());
    let label = format!("write it once; several values are an array: `{key} = [\"…\", \"…\"]`");
    is_repeated.then(|| line.mistake(key.len(), format!("`{key}` stands twice"), label))
}

/// A value of letters without quotes.
fn bare_value(line: &Line<'_>) -> Option<Mistake> {
    let before = line.before().trim_end();
    let is_value = before.contains('=') && before.ends_with(['=', '[', ',']);
    if !is_value || !line.rest().starts_with(char::is_alphabetic) {
        return None;
    }
    let end = line.rest().find([',', ']', '}', '#', '"']).unwrap_or(line.rest().len());
    let value = line.rest()[..end].trim_end();
    let lowercase = value.to_lowercase();
    let truth = TRUTH.iter().find(|(_, words)| words.contains(&lowercase.as_str()));
    Some(match truth {
        Some((truth, _)) => {
            line.mistake(value.len(), format!("TOML does not know `{value}`"), format!("write `{truth}`"))
        }
        None => line.mistake(value.len(), format!("the text `{value}` lacks quotes"), format!("write \"{value}\"")),
    })
}

/// A comma or a semicolon after a value.
fn end_of_line(line: &Line<'_>) -> Option<Mistake> {
    let sign = line.rest().trim_end();
    let is_end = [",", ";"].contains(&sign) && line.before().contains('=');
    is_end.then(|| line.mistake(1, format!("no `{sign}` stands after a value"), "remove it"))
}
