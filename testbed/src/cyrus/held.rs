//! Observation of what the backends hold and of what a user sees. It changes nothing.
//!
//! A backend hides a mailbox that it moves, and shows one of another backend as if it were its own. So the programs of Cyrus that read
//! its databases say what a backend holds: `ctl_mboxlist -d` lists the mailboxes, `mbexamine` the messages of one.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::imap::Session;
use super::wire::Line;
use super::{Backend, Instance, Murder};

/// A mailbox on a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldMailbox {
    /// The folder as the user names it.
    pub folder: String,
    /// The service that the backend gives to the mailbox.
    pub standing: Standing,
    /// The messages.
    pub messages: Vec<HeldMessage>,
}

/// The service that a backend gives to a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It serves the mailbox.
    Local,
    /// It moves the mailbox to another backend, and serves it to no user meanwhile.
    Moving,
    /// It keeps the mailbox, which was deleted, out of the reach of its user.
    Deleted,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldMessage {
    /// Its number in the mailbox.
    pub uid: u32,
    /// The flags, except `\Seen`, which Cyrus keeps elsewhere for each user.
    pub flags: Vec<String>,
    /// The text.
    pub text: Vec<u8>,
}

/// An entry in the list of mailboxes of a backend.
#[derive(Debug, Deserialize)]
struct Entry {
    /// Letters: `d` is a deleted entry, `m` a mailbox that is moved, `r` one of another backend, `z` a reserved name.
    mbtype: String,
    #[serde(default)]
    uniqueid: String,
}

impl Murder {
    /// Returns what a backend holds of a user. The backend need not run.
    ///
    /// # Errors
    /// A program of Cyrus fails or prints something else than expected.
    pub fn held(&self, backend: Backend, user: &str) -> io::Result<Vec<HeldMailbox>> {
        let output = self.run_on(backend, "ctl_mboxlist", &["-d"])?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let entries: BTreeMap<String, Entry> = serde_json::from_slice(&output.stdout)?;
        let own = entries.iter().filter_map(|(name, entry)| Some((name, entry, folder(name, user)?)));
        let mut held = Vec::new();
        for (name, entry, folder) in own {
            let has = |letter| entry.mbtype.contains(letter);
            if has('d') || has('z') || (has('r') && !has('m')) {
                continue;
            }
            let standing = match (has('m'), name.starts_with(DELETED)) {
                (true, _) => Standing::Moving,
                (false, true) => Standing::Deleted,
                (false, false) => Standing::Local,
            };
            let folder_of_mail = mail_folder(&self.spool(backend), &entry.uniqueid);
            let messages = match standing {
                Standing::Moving => stored(&folder_of_mail)?,
                Standing::Local | Standing::Deleted => self.examined(backend, name, &folder_of_mail)?,
            };
            held.push(HeldMailbox { folder, standing, messages });
        }
        Ok(held)
    }

    /// Reads the messages of a mailbox with `mbexamine`.
    fn examined(&self, backend: Backend, name: &str, folder: &Path) -> io::Result<Vec<HeldMessage>> {
        let output = self.run_on(backend, "mbexamine", &[&name.replace('.', "/")])?;
        let says = String::from_utf8_lossy(&output.stdout);
        let records = records(&says);
        // The program says that it cannot read a mailbox, and ends with 0.
        if count(&says) != Some(records.len()) {
            return Err(io::Error::other(format!(
                "mbexamine cannot read {name} on {}: {}",
                backend.name(),
                says.trim()
            )));
        }
        let message = |(uid, flags)| {
            let text = fs::read(folder.join(format!("{uid}.")))?;
            Ok(HeldMessage { uid, flags, text })
        };
        records.into_iter().map(message).collect()
    }

    /// Returns the text of every file of mail below the spool of a backend, also of deleted and expunged mail.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn files_of_mail(&self, backend: Backend) -> io::Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        let mut folders = vec![self.spool(backend)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if number(&path).is_some() {
                    found.push(fs::read(path)?);
                }
            }
        }
        Ok(found)
    }

    fn spool(&self, backend: Backend) -> PathBuf {
        self.folder().join(Instance::Backend(backend).name()).join("spool")
    }

    /// Returns what a user sees who logs on at the frontend: the folders and their messages.
    ///
    /// # Errors
    /// The frontend does not answer or refuses the logon. A folder that it lists and cannot open is absent from the result.
    pub fn seen(&self, user: &str) -> io::Result<BTreeMap<String, Vec<HeldMessage>>> {
        let mut session = Session::log_on(self.frontend(), user)?;
        let listed = session.command("LIST \"\" *")?;
        let folders: Vec<String> = listed.untagged.iter().filter_map(listed_folder).collect();
        let mut seen = BTreeMap::new();
        for folder in folders {
            if session.command(&format!("EXAMINE \"{folder}\""))?.is_ok() {
                let reply = session.command("UID FETCH 1:* (UID FLAGS BODY.PEEK[])")?;
                seen.insert(folder, reply.untagged.iter().filter_map(fetched).collect());
            }
        }
        Ok(seen)
    }
}

/// The begin of the name of a deleted mailbox.
const DELETED: &str = "DELETED.";

/// Returns the folder of an internal name, `user.alice.Work`, if it is one of this user. A deleted mailbox has the time of its deletion
/// at the end.
pub(super) fn folder(name: &str, user: &str) -> Option<String> {
    let is_deleted = name.starts_with(DELETED);
    let below = name.strip_prefix(DELETED).unwrap_or(name).strip_prefix("user.")?.strip_prefix(user)?;
    let below = if is_deleted { below.rsplit_once('.')?.0 } else { below };
    match below {
        "" => Some("INBOX".to_owned()),
        _ => Some(below.strip_prefix('.')?.replace('.', "/")),
    }
}

/// The folder with the mail of a mailbox: `uuid/a/b/abcd…`.
fn mail_folder(spool: &Path, id: &str) -> PathBuf {
    let letters: Vec<String> = id.chars().take(2).map(String::from).collect();
    letters.iter().fold(spool.join("uuid"), |folder, letter| folder.join(letter)).join(id)
}

/// Returns the number of the message in this file; its name is the number and a dot.
fn number(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.strip_suffix('.')?.parse().ok()
}

/// Reads the messages of a mailbox that is moved, which no program of Cyrus opens, from its files. Expunged messages are among them, and
/// the flags are not known.
fn stored(folder: &Path) -> io::Result<Vec<HeldMessage>> {
    let mut stored = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(uid) = number(&path) {
            stored.push(HeldMessage { uid, flags: Vec::new(), text: fs::read(path)? });
        }
    }
    stored.sort_by_key(|message| message.uid);
    Ok(stored)
}

/// Reads the number of messages from the output of `mbexamine`.
fn count(output: &str) -> Option<usize> {
    let line = output.lines().find_map(|line| line.trim().strip_prefix("Number of Messages: "))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Reads the number and the flags of each message from the output of `mbexamine`, which leaves expunged ones out.
fn records(output: &str) -> Vec<(u32, Vec<String>)> {
    let mut records: Vec<(u32, Vec<String>)> = Vec::new();
    for line in output.lines() {
        if let Some((_, rest)) = line.split_once("> UID:") {
            let digits = rest.split_whitespace().next().unwrap_or_default();
            records.extend(digits.parse().map(|uid| (uid, Vec::new())));
        } else if let (Some((_, flags)), Some(record)) = (line.split_once("> SYSTEMFLAGS:"), records.last_mut()) {
            let names = flags.split_whitespace().filter_map(|flag| flag.strip_prefix("FLAG_"));
            record.1 = names.filter(|name| *name != "SEEN").map(imap_flag).collect();
        }
    }
    records
}

/// The name of a flag in IMAP: `\Flagged` for `FLAGGED`.
fn imap_flag(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("\\{first}{}", rest.to_lowercase())
}

/// Reads the folder from `* LIST (…) "/" Work`, unless it cannot be opened.
fn listed_folder(line: &Line) -> Option<String> {
    let rest = line.text.strip_prefix("* LIST (")?;
    let (flags, name) = rest.split_once(") \"/\" ")?;
    if flags.contains("\\Noselect") { None } else { Some(name.trim_matches('"').to_owned()) }
}

/// Reads a message from `* 1 FETCH (UID 1 FLAGS (…) BODY[] {…}`.
fn fetched(line: &Line) -> Option<HeldMessage> {
    let words = |text: &str| text.split([' ', '(', ')']).map(str::to_owned).collect::<Vec<String>>();
    let rest = line.text.split_once(" FETCH (")?.1;
    let uid = rest.split_once("UID ").and_then(|(_, rest)| words(rest).first()?.parse().ok())?;
    let flags = rest.split_once("FLAGS (").and_then(|(_, rest)| rest.split_once(')')).map(|(flags, _)| words(flags))?;
    let is_shared = |flag: &String| !matches!(flag.as_str(), "" | "\\Recent" | "\\Seen");
    Some(HeldMessage {
        uid,
        flags: flags.into_iter().filter(is_shared).collect(),
        text: line.literals.first()?.clone(),
    })
}
