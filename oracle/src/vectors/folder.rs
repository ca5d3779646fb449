//! A folder of vectors on disk, written completely or not at all.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Vectors;
use super::file::Index;
use stranded_search::files;

/// Name of the index file.
const INDEX: &str = "index.json";

/// Reason why nothing was written.
#[derive(Debug)]
pub enum WriteError {
    /// The folder exists.
    Exists {
        /// The folder.
        folder: PathBuf,
        /// True if it is a folder of vectors, which may be replaced.
        is_vectors: bool,
    },
    /// The system reported an error.
    Failed {
        /// The file or folder.
        path: PathBuf,
        /// The error.
        reason: io::Error,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists { folder, is_vectors: true } => {
                write!(f, "{} already has vectors: use --force to replace them", files::shown(folder))
            }
            Self::Exists { folder, is_vectors: false } => {
                write!(f, "{} exists and is not a folder of vectors: choose another folder", files::shown(folder))
            }
            Self::Failed { path, reason } => write!(f, "cannot write to {}: {reason}", files::shown(path)),
        }
    }
}

impl std::error::Error for WriteError {}

/// Checks that vectors can be written into a folder, and changes nothing.
///
/// # Errors
/// The folder has other files, or vectors that must not be replaced.
pub fn check_folder(folder: &Path, replace: bool) -> Result<(), WriteError> {
    let is_there = folder.exists();
    let is_vectors = is_there && is_vectors(folder);
    let is_empty = is_there && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if is_there && !is_empty && !(is_vectors && replace) {
        return Err(WriteError::Exists { folder: folder.to_owned(), is_vectors });
    }
    Ok(())
}

/// Writes vectors into a folder that does not exist, is empty, or has vectors that may be replaced.
///
/// # Errors
/// The folder has other files, or could not be written; it is unchanged.
pub fn write(vectors: &Vectors, folder: &Path, replace: bool) -> Result<(), WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |reason| WriteError::Failed { path, reason }
    };
    check_folder(folder, replace)?;
    let is_there = folder.exists();
    let beside = |what: &str| {
        let name = folder.file_name().map_or_else(|| "vectors".into(), |name| name.to_string_lossy().into_owned());
        folder.with_file_name(format!(".{name}.{what}-{}", std::process::id()))
    };
    let (fresh, old) = (beside("new"), beside("old"));
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(failed(parent))?;
    }
    let written = fill(&fresh, folder, vectors).and_then(|()| {
        if is_there {
            fs::rename(folder, &old).map_err(failed(folder))?;
        }
        fs::rename(&fresh, folder).map_err(failed(folder))
    });
    if written.is_err() {
        // Remove the incomplete folder and restore the old one.
        let _ = fs::remove_dir_all(&fresh);
        if old.exists() {
            let _ = fs::rename(&old, folder);
        }
    } else if is_there {
        let _ = fs::remove_dir_all(&old);
    }
    written
}

/// Returns true if every file of the folder belongs to a set of vectors.
fn is_vectors(folder: &Path) -> bool {
    let Ok(text) = files::read(folder.join(INDEX)) else { return false };
    let Ok(index) = serde_json::from_str::<Index>(&text) else { return false };
    let is_listed = |name: &str| name == INDEX || index.vectors.iter().any(|vector| vector.file == name);
    fs::read_dir(folder).is_ok_and(|mut entries| {
        entries.all(|entry| entry.is_ok_and(|entry| is_listed(&entry.file_name().to_string_lossy())))
    })
}

/// Fills a fresh folder. An error names the file in the folder that the fresh one becomes.
fn fill(fresh: &Path, folder: &Path, vectors: &Vectors) -> Result<(), WriteError> {
    fs::create_dir(fresh).map_err(|reason| WriteError::Failed { path: folder.to_owned(), reason })?;
    let put = |name: &str, text: String| {
        let failed = |reason| WriteError::Failed { path: folder.join(name), reason };
        fs::write(fresh.join(name), text + "\n").map_err(failed)
    };
    for vector in &vectors.vectors {
        put(&vector.file_name(), json(vector))?;
    }
    put(INDEX, json(&vectors.index))
}

fn json(content: &impl Serialize) -> String {
    serde_json::to_string_pretty(content).expect("every vector can be written as JSON")
}
