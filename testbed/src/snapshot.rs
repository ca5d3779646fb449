//! Snapshots of a site for `stranded advise`: one line of JSON for each user. Reading changes nothing; what was not read is left out,
//! with a warning.

use serde_json::{Map, Value, json};
use stranded_search::sanitize::{visible, visible_line};

use crate::system::{Directory, Named, StoredMessage, System};

/// The snapshot of one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line, without its end.
    pub json: String,
    /// The parts that could not be read, each with the reason.
    pub warnings: Vec<String>,
}

/// Reads what the directory and the stores have of a user. Whether mail waits and which sessions are open is not observed. IMAP has no
/// in-transit mark; a mover that marks mailboxes, such as XFER of Cyrus, has a directory of its own, which only commands can read.
#[must_use]
pub fn line(system: &System, user: &str) -> Line {
    let mut warnings = Vec::new();
    let mut snapshot = Map::new();
    snapshot.insert("mailbox".to_owned(), plain(user).into());
    let home = match system.home(user) {
        Ok(home) => home.map(|home| home.named),
        Err(trouble) => {
            warnings.push(format!("the home of {user} is not known: {trouble}"));
            None
        }
    };
    if warnings.is_empty() {
        let entry = home.as_ref().map_or(Value::Null, |home| {
            let value = match home {
                Named::Store(value) | Named::Other(value) => Value::from(plain(value)),
                Named::Nothing => Value::Null,
            };
            json!({ "home-mdb": value, "home-mta": value })
        });
        let names = system.config().stores.iter().map(|store| (store.name.clone(), entry.clone()));
        snapshot.insert("directory".to_owned(), names.collect::<Map<_, _>>().into());
    }
    let mut stores = Map::new();
    for store in &system.config().stores {
        let is_home = matches!(&home, Some(Named::Store(name)) if *name == store.name);
        if store.present.is_none() && !is_home {
            warnings.push(format!(
                "{} of {user} is not read: [stores.{}] has no `present`, and a login there may create an inbox",
                store.name, store.name
            ));
            continue;
        }
        match system.mailbox(&store.name, user) {
            Ok(held) => {
                stores.insert(store.name.clone(), held.map_or(Value::Null, |held| content(&held)));
            }
            Err(trouble) => warnings.push(format!("{} of {user} is not known: {trouble}", store.name)),
        }
    }
    snapshot.insert("stores".to_owned(), stores.into());
    match system.config().directory {
        Directory::Ldap(_) => drop(snapshot.insert("marks".to_owned(), false.into())),
        Directory::Commands { .. } => {}
    }
    Line { json: Value::from(snapshot).to_string(), warnings }
}

/// Returns the messages with their details: those of each copy if copies differ.
fn content(held: &[StoredMessage]) -> Value {
    let mut copies: Map<String, Value> = Map::new();
    for message in held {
        let flags: Vec<String> = message.flags.iter().map(|flag| plain(flag)).collect();
        let detail = json!({ "digest": message.digest, "flags": flags, "folder": plain(&message.folder) });
        let known = copies.entry(plain(message.name())).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(known) = known {
            known.push(detail);
        }
    }
    let details = copies.into_iter().map(|(name, each)| {
        let alone = each.as_array().and_then(|each| each.iter().all(|one| *one == each[0]).then(|| each[0].clone()));
        (name, alone.unwrap_or(each))
    });
    let details: Map<String, Value> = details.collect();
    let names: Vec<String> = held.iter().map(|message| plain(message.name())).collect();
    json!({ "messages": names, "details": details })
}

/// A name in one line without invisible characters, as snapshots have names.
fn plain(name: &str) -> String {
    visible(&visible_line(name)).into_owned()
}
