//! A folder of vectors on disk: all of it, or nothing.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Vectors;
use super::file::Index;
use stranded_search::files;

/// The name of the index.
const INDEX: &str = "index.json";

/// Why nothing was written.
#[derive(Debug)]
pub enum WriteError {
    /// Something is there already.
    InTheWay {
        /// The folder.
        folder: PathBuf,
        /// Whether it is a folder of vectors, which may be replaced.
        is_ours: bool,
    },
    /// The system does not let us.
    Failed {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InTheWay { folder, is_ours: true } => {
                write!(f, "{} has vectors in it already: --force replaces them", folder.display())
            }
            Self::InTheWay { folder, is_ours: false } => {
                write!(f, "{} is there already and is no folder of vectors: name another one", folder.display())
            }
            Self::Failed { path, reason } => write!(f, "cannot write to {}: {reason}", path.display()),
        }
    }
}

impl std::error::Error for WriteError {}

/// Writes vectors into a folder that is not there, is empty, or has vectors in it that may be replaced.
///
/// # Errors
/// Something is in the way, or could not be written; the folder is then as it was.
pub fn write(vectors: &Vectors, folder: &Path, replace: bool) -> Result<(), WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |reason| WriteError::Failed { path, reason }
    };
    let is_there = folder.exists();
    let is_ours = is_there && is_ours(folder);
    let is_empty = is_there && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if is_there && !is_empty && !(is_ours && replace) {
        return Err(WriteError::InTheWay { folder: folder.to_owned(), is_ours });
    }
    let beside = |what: &str| {
        let name = folder.file_name().map_or_else(|| "vectors".into(), |name| name.to_string_lossy().into_owned());
        folder.with_file_name(format!(".{name}.{what}-{}", std::process::id()))
    };
    let (fresh, old) = (beside("new"), beside("old"));
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(failed(parent))?;
    }
    let written = fill(&fresh, vectors).and_then(|()| {
        if is_there {
            fs::rename(folder, &old).map_err(failed(folder))?;
        }
        fs::rename(&fresh, folder).map_err(failed(folder))
    });
    if written.is_err() {
        // Whatever could be made of it is of no use, and what was there comes back.
        let _ = fs::remove_dir_all(&fresh);
        if old.exists() {
            let _ = fs::rename(&old, folder);
        }
    } else if is_there {
        let _ = fs::remove_dir_all(&old);
    }
    written
}

/// Whether all that is in a folder are files that were written here.
fn is_ours(folder: &Path) -> bool {
    let Ok(text) = files::read(folder.join(INDEX)) else { return false };
    let Ok(index) = serde_json::from_str::<Index>(&text) else { return false };
    let is_listed = |name: &str| name == INDEX || index.vectors.iter().any(|vector| vector.file == name);
    fs::read_dir(folder).is_ok_and(|mut entries| {
        entries.all(|entry| entry.is_ok_and(|entry| is_listed(&entry.file_name().to_string_lossy())))
    })
}

fn fill(folder: &Path, vectors: &Vectors) -> Result<(), WriteError> {
    fs::create_dir(folder).map_err(|reason| WriteError::Failed { path: folder.to_owned(), reason })?;
    for vector in &vectors.vectors {
        put(&folder.join(vector.file_name()), vector)?;
    }
    put(&folder.join(INDEX), &vectors.index)
}

fn put(path: &Path, content: &impl Serialize) -> Result<(), WriteError> {
    let mut text = serde_json::to_string_pretty(content).expect("every vector can be written as JSON");
    text.push('\n');
    fs::write(path, text).map_err(|reason| WriteError::Failed { path: path.to_owned(), reason })
}
