//! The rules for names in scenario and procedure files.

use std::ops::Range;

use stranded_model::procedure::ServerRef;

use crate::property::OwnName;

use super::cursor::Text;
use super::diagnostic::Findings;

/// The words for a server's part in a run.
pub const SERVER_REFS: [(&str, ServerRef); 6] = [
    ("from", ServerRef::From),
    ("to", ServerRef::To),
    ("connected-to", ServerRef::ConnectedTo),
    ("home", ServerRef::Home),
    ("earlier", ServerRef::Earlier),
    ("later", ServerRef::Later),
];

/// The names of a site, which the steps of a procedure can use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SiteNames {
    /// The servers.
    pub servers: Vec<String>,
    /// The organisation in distinguished names.
    pub organization: String,
    /// The site in distinguished names.
    pub name: String,
}

impl SiteNames {
    /// Returns a site named Site with these servers, in an organisation named Organization.
    #[must_use]
    pub fn of(servers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let servers = servers.into_iter().map(Into::into).collect();
        Self { servers, organization: "Organization".to_owned(), name: "Site".to_owned() }
    }
}

/// The longest name that fits into a report, in bytes.
const LENGTH_MAX: usize = OwnName::LENGTH_MAX;

/// Returns true if a name consists of small letters, digits and single hyphens, and begins with a letter.
#[must_use]
pub fn is_kebab(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.chars().all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '-')
}

/// Returns a name if it is in kebab-case, so that reports and command lines can use it without quotes.
pub(super) fn kebab(key: &str, name: &Text<'_>, found: &mut Findings) -> Option<String> {
    let valid = is_kebab(name.get_ref()) && name.get_ref().len() <= LENGTH_MAX;
    if !valid {
        let label = format!("small letters, digits and single hyphens, beginning with a letter, at most {LENGTH_MAX}");
        found.report(name.span(), format!("`{key}` is not a kebab-case name"), label);
    }
    valid.then(|| (*name.get_ref()).to_owned())
}

/// Returns true if a server can have this name: it is one word, and not a word for a server's part in a run.
#[must_use]
pub fn is_server_name(name: &str) -> bool {
    is_word(name) && !is_server_ref(name)
}

/// Returns true if a name is the word for a server's part in a run.
pub(super) fn is_server_ref(name: &str) -> bool {
    SERVER_REFS.iter().any(|(word, _)| *word == name)
}

fn is_word(name: &str) -> bool {
    let allowed = |other: char| other.is_alphanumeric() || matches!(other, '-' | '_' | '.');
    !name.is_empty() && name.chars().all(allowed)
}

/// Returns the name of an administrator or a server, if it is one word.
pub(super) fn word(key: &str, name: &Text<'_>, found: &mut Findings) -> Option<String> {
    let valid = is_word(name.get_ref()) && name.get_ref().len() <= LENGTH_MAX;
    if !valid {
        let label = format!("letters, digits, `-`, `_` and `.`, at most {LENGTH_MAX}");
        found.report(name.span(), format!("`{key}` is not one word"), label);
    }
    valid.then(|| (*name.get_ref()).to_owned())
}

/// Returns true if the message of an error is about a name that another site can have.
pub(super) fn is_about_site(message: &str) -> bool {
    message.starts_with("unknown server ")
        || message.ends_with(" is another organisation")
        || message.ends_with(" names another site")
}

/// Returns texts; an empty text is an error.
pub(super) fn sentences(key: &str, texts: &[Text<'_>], found: &mut Findings) -> Vec<String> {
    for text in texts.iter().filter(|text| text.get_ref().trim().is_empty()) {
        found.report(text.span(), format!("`{key}` has an empty entry"), "give a text, or remove the entry");
    }
    texts.iter().map(|text| (*text.get_ref()).to_owned()).collect()
}

/// Returns true if a name is not taken; reports it otherwise.
pub(super) fn is_new(kind: &str, name: &str, span: Range<usize>, taken: bool, found: &mut Findings) -> bool {
    if taken {
        found.report(span, format!("two {kind} are called `{name}`"), "give this one another name");
    }
    !taken
}
