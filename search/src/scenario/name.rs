//! What the things of a file may be called.

use std::ops::Range;

use super::cursor::Text;
use super::diagnostic::Findings;

/// The words that name a server by its part in a run; no server can be called so.
pub(super) const PLACES: [&str; 6] = ["from", "to", "connected-to", "home", "earlier", "later"];

/// The longest name that fits into a report.
const LENGTH_MAX: usize = 60;

/// Whether the name is made of small letters, digits and single hyphens, and begins with a letter.
pub(super) fn is_kebab(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.chars().all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '-')
}

/// The name, if it is one that reports and command lines can use as it stands.
pub(super) fn kebab(key: &str, name: &Text<'_>, found: &mut Findings) -> Option<String> {
    let valid = is_kebab(name.get_ref()) && name.get_ref().len() <= LENGTH_MAX;
    if !valid {
        let label = format!("small letters, digits and single hyphens, beginning with a letter, at most {LENGTH_MAX}");
        found.report(name.span(), format!("`{key}` is not a kebab-case name"), label);
    }
    valid.then(|| (*name.get_ref()).to_owned())
}

/// Whether a server can be called so: one word that is no part of a run.
pub fn is_server_name(name: &str) -> bool {
    is_word(name) && !PLACES.contains(&name)
}

fn is_word(name: &str) -> bool {
    let allowed = |other: char| other.is_alphanumeric() || matches!(other, '-' | '_' | '.');
    !name.is_empty() && name.chars().all(allowed)
}

/// The name of a person or a server: one word.
pub(super) fn word(key: &str, name: &Text<'_>, found: &mut Findings) -> Option<String> {
    let valid = is_word(name.get_ref()) && name.get_ref().len() <= LENGTH_MAX;
    if !valid {
        let label = format!("letters, digits, `-`, `_` and `.`, at most {LENGTH_MAX}");
        found.report(name.span(), format!("`{key}` is not one word"), label);
    }
    valid.then(|| (*name.get_ref()).to_owned())
}

/// Strings that say something.
pub(super) fn sentences(key: &str, texts: &[Text<'_>], found: &mut Findings) -> Vec<String> {
    for text in texts.iter().filter(|text| text.get_ref().trim().is_empty()) {
        found.report(text.span(), format!("`{key}` has an empty entry"), "say something here, or leave it out");
    }
    texts.iter().map(|text| (*text.get_ref()).to_owned()).collect()
}

/// Reports a name that was used before for another thing of the same kind.
pub(super) fn is_new(kind: &str, name: &str, span: Range<usize>, taken: bool, found: &mut Findings) -> bool {
    if taken {
        found.report(span, format!("two {kind} are called `{name}`"), "give this one another name");
    }
    !taken
}
