//! The memory of a program: messages that it listed and copied, and what it read in the directory. A journal is the part of it that
//! outlives the program, in a file.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::system::{Home, StoredMessage};

/// The identity of a message: its folder, its name, and the digest of its content. Copies of one message have the same one. Two
/// messages with the same Message-ID and other content differ, so that no step deletes one because of the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The folder.
    pub folder: String,
    /// The Message-ID, or the digest if the message has none.
    pub name: String,
    /// The digest.
    pub digest: String,
}

impl Identity {
    /// Returns the identity of a stored message.
    #[must_use]
    pub fn of(message: &StoredMessage) -> Self {
        Self { folder: message.folder.clone(), name: message.name().to_owned(), digest: message.digest.clone() }
    }
}

/// The memory of a program. Each part has the meaning that it has in the model.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// The messages of the last list.
    pub(super) listed: BTreeSet<Identity>,
    /// The messages that were noted as copied.
    pub(super) copied: BTreeSet<Identity>,
    /// The server that was looked up last.
    pub(super) home: Option<String>,
    /// The entry that was read last; the inner option is `None` if there was none.
    pub(super) entry: Option<Option<Home>>,
}

/// A journal in a file: one line for each message that was noted as copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    /// The journal in this file.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns true if the journal has no note.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn is_empty(&self) -> io::Result<bool> {
        self.read().map(|notes| notes.is_empty())
    }

    /// Deletes the journal.
    ///
    /// # Errors
    /// The file cannot be deleted.
    pub fn delete(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(reason) if reason.kind() != io::ErrorKind::NotFound => Err(reason),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Reads the notes. A last line without an end was not written completely, and is no note.
    pub(super) fn read(&self) -> io::Result<BTreeSet<Identity>> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            Err(reason) => return Err(reason),
        };
        let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        lines.map(|line| parsed(line).ok_or_else(|| self.damaged(line))).collect()
    }

    /// Writes what has changed between two moments of the memory.
    pub(super) fn update(&self, before: &BTreeSet<Identity>, after: &BTreeSet<Identity>) -> io::Result<()> {
        if before.is_subset(after) {
            let new: Vec<&Identity> = after.difference(before).collect();
            return if new.is_empty() { Ok(()) } else { append(&self.path, &lines(new)) };
        }
        // The new file takes the place of the old one at once.
        let beside = self.path.with_extension("new");
        let _ = fs::remove_file(&beside);
        append(&beside, &lines(after))?;
        fs::rename(&beside, &self.path)
    }

    fn damaged(&self, line: &str) -> io::Error {
        let says = format!("{} has a line that is no note: {}", self.path.display(), line.escape_debug());
        io::Error::new(io::ErrorKind::InvalidData, says)
    }
}

fn lines<'i>(notes: impl IntoIterator<Item = &'i Identity>) -> String {
    let line = |note: &Identity| serde_json::json!([note.folder, note.name, note.digest]).to_string() + "\n";
    notes.into_iter().map(line).collect()
}

fn parsed(line: &str) -> Option<Identity> {
    let [folder, name, digest] = serde_json::from_str(line).ok()?;
    Some(Identity { folder, name, digest })
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file: File = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_data()
}
