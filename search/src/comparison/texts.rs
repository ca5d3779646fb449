//! Messages whose name several texts have. A snapshot that shows several texts names each with its digest; one that shows a single text
//! does not. Before a comparison, both get the names with digests.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::{ListedMessage, Snapshot, StoreContent, name_of_text, shared_name};

/// Returns a snapshot with the names that another one has for texts.
pub(super) fn aligned<'a>(snapshot: &'a Snapshot, other: &Snapshot) -> Cow<'a, Snapshot> {
    let keys = |snapshot: &'_ Snapshot| -> Vec<String> {
        let listed = snapshot.contents.values().filter_map(StoreContent::listed);
        listed.flat_map(BTreeMap::keys).cloned().collect()
    };
    let several: BTreeSet<String> =
        keys(other).iter().filter_map(|name| shared_name(name)).map(str::to_owned).collect();
    if !keys(snapshot).iter().any(|name| several.contains(name)) {
        return Cow::Borrowed(snapshot);
    }
    let renamed = |(name, message): (&String, &ListedMessage)| {
        let digest = message.details.digest.as_deref();
        let name = if several.contains(name) { name_of_text(name, digest) } else { name.clone() };
        (name, message.clone())
    };
    let mut aligned = snapshot.clone();
    for (server, content) in snapshot.contents.iter() {
        if let StoreContent::Listed(listed) = content {
            aligned.contents[server] = StoreContent::Listed(listed.iter().map(renamed).collect());
        }
    }
    Cow::Owned(aligned)
}
