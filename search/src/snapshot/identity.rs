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

/// Returns the names that have several digests, in any of the stores of one observation.
pub(super) fn several_texts(line: &Line) -> BTreeSet<String> {
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
        let Some(details) = store.details.take() else {
            if let Some(Listing::Names(names)) = &mut store.messages {
                for name in names.iter_mut().filter(|name| several.contains(*name)) {
                    *name = name_of_text(name, None);
                }
            }
            continue;
        };
        let mut described: BTreeMap<String, Described> = BTreeMap::new();
        for (name, each) in details.0 {
            let held = match &store.messages {
                Some(Listing::Names(names)) => names.iter().filter(|held| **held == name).count(),
                Some(Listing::Count(_)) | None => 0,
            };
            if held == 0 || each.copies().len() > held.max(1) {
                let shown = name.escape_debug();
                let message = if held == 0 {
                    format!("`details` describes `{shown}`, which `messages` of this store does not name")
                } else {
                    format!("`details` describes more copies of `{shown}` than `messages` of this store names")
                };
                let label = "name the message in `messages`, or leave its details out";
                return Err(ContentError::at(&name, message, label));
            }
            described.insert(name, each);
        }
        let mut renamed: Vec<(String, MessageDetails)> = Vec::new();
        if let Some(Listing::Names(names)) = &mut store.messages {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for name in names {
                let number = seen.entry(name.clone()).or_default();
                let details = described.get(name).and_then(|each| each.copy(*number)).cloned();
                *number += 1;
                if several.contains(name) {
                    *name = name_of_text(name, details.as_ref().and_then(|details| details.digest.as_deref()));
                }
                // A copy without details says nothing about another one of its name.
                if let Some(details) = details
                    && !renamed.iter().any(|(known, _)| known == name)
                {
                    renamed.push((name.clone(), details));
                }
            }
        }
        store.details =
            Some(Entries(renamed.into_iter().map(|(name, details)| (name, Described::All(details))).collect()));
    }
    Ok(())
}
