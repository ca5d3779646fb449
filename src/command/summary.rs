//! The summary of a step of GitHub Actions: Markdown that is appended to the file that `GITHUB_STEP_SUMMARY` names.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::formats::results::BYTES_MAX;

use super::output;

/// The variable that names the file.
const VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// Returns the file, if the variable names one.
pub(super) fn file() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Appends a text to the file, if there is one. `text` gets the number of bytes for which the file still has room.
pub(super) fn append(text: impl FnOnce(usize) -> String) -> Exit {
    let Some(path) = file() else { return Exit::AsExpected };
    let length = fs::metadata(&path).map_or(0, |found| usize::try_from(found.len()).unwrap_or(usize::MAX));
    let text = text(BYTES_MAX.saturating_sub(length));
    if text.is_empty() {
        output::warn(&format!("the summary in {} is full, and nothing was added", path.display()));
    }
    output::saved(&path, append_to(&path, &text))
}

fn append_to(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
}
