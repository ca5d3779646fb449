//! The identity of messages. Two texts with one name are two messages: a sender can give two messages one Message-ID, and a mailing list
//! changes the text of a message that its sender keeps too. A line names them alike, and their digests differ.

use std::collections::{BTreeMap, BTreeSet};

use super::ContentError;
use super::content::MessageDetails;
use super::line::{Described, Entries, Line, Listing};

/// The longest part of a digest in a name.
const DIGEST_MAX: usize = 12;

/// Returns the name of a message whose name several texts have.
#[must_use]
pub fn name_of_text(name: &str, digest: Option<&str>) -> String {
    match digest {
        Some(digest) => format!("{name} (text {})", digest.chars().take(DIGEST_MAX).collect::<String>()),
        None => format!("{name} (text not known)"),
    }
}

/// Returns the name that several texts have, of a name that [`name_of_text`] gave.
#[must_use]
pub fn shared_name(name: &str) -> Option<&str> {
    name.rsplit_once(" (text ").filter(|(_, rest)| rest.ends_with(')')).map(|(shared, _)| shared)
}

/// Returns the names that have several digests, in any of the stores of one observation.
fn several_texts(line: &Line) -> BTreeSet<String> {
    let mut digests: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let stores = line.stores.0.iter().filter_map(|(_, store)| store.as_ref()?.details.as_ref());
    for (name, described) in stores.flat_map(|details| &details.0) {
        let known = described.copies().iter().filter_map(|details| details.digest.as_deref());
        digests.entry(name).or_default().extend(known);
    }
    digests.into_iter().filter(|(_, digests)| digests.len() > 1).map(|(name, _)| name.to_owned()).collect()
}

/// Gives each message whose name several texts have a name with its text. Afterwards a name stands for one text.
///
/// # Errors
/// Details of a message that the store does not name, or of more copies than it holds.
pub(super) fn distinguish(line: &mut Line) -> Result<(), ContentError> {
    let several = several_texts(line);
    for store in line.stores.0.iter_mut().filter_map(|(_, store)| store.as_mut()) {
        let mut none = Vec::new();
        let names = match &mut store.messages {
            Some(Listing::Names(names)) => names,
            Some(Listing::Count(_)) | None => &mut none,
        };
        let details = store.details.take().map(|details| details.0).unwrap_or_default();
        check_described(names, &details)?;
        let described: BTreeMap<String, Described> = details.into_iter().collect();
        let mut of_texts: BTreeMap<String, MessageDetails> = BTreeMap::new();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for name in names {
            let number = seen.entry(name.clone()).or_default();
            let details = described.get(name).and_then(|each| each.copy(*number)).cloned();
            *number += 1;
            if several.contains(name) {
                *name = name_of_text(name, details.as_ref().and_then(|details| details.digest.as_deref()));
            }
            // A copy without details says nothing about another one of its name.
            if let Some(details) = details {
                of_texts.entry(name.clone()).or_insert(details);
            }
        }
        let of_texts = of_texts.into_iter().map(|(name, details)| (name, Described::All(details)));
        store.details = Some(Entries(of_texts.collect()));
    }
    Ok(())
}

/// Checks that a store names each message that its details describe, as often as they do.
fn check_described(names: &[String], details: &[(String, Described)]) -> Result<(), ContentError> {
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    names.iter().for_each(|name| *held.entry(name).or_default() += 1);
    for (name, each) in details {
        let shown = name.escape_debug();
        let message = match held.get(name.as_str()) {
            None => format!("`details` describes `{shown}`, which `messages` of this store does not name"),
            Some(count) if each.copies().len() > *count => {
                format!("`details` describes more copies of `{shown}` than `messages` of this store names")
            }
            Some(_) => continue,
        };
        return Err(ContentError::at(name, message, "name the message in `messages`, or leave its details out"));
    }
    Ok(())
}
