//! The files that a folder or a pattern of a command line contains, with the links that lead to none. The content of files is not known
//! here.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use glob::MatchOptions;
use walkdir::{DirEntry, Error, WalkDir};

use super::builtin;
use super::diagnostic::Diagnostics;
use super::file_kind::FileKind;
use super::load::is_family;

/// The characters that make a name a pattern of files.
const PATTERN: [char; 3] = ['*', '?', '['];
/// A pattern reads names as a shell does.
const AS_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// An entry of a folder, or a file that matches a pattern.
pub(super) enum Found {
    /// A file.
    File(String),
    /// A link that leads to no file, with its kind.
    Unreadable(String, FileKind),
}

/// Returns the files that a folder or a pattern contains, in order; `None` if the name is neither, but that of a built-in or a file.
pub(super) fn files_of(name: &str) -> Result<Option<Vec<Found>>, Diagnostics> {
    if builtin::scenario(name).is_some() || builtin::procedure(name).is_some() || is_family(name) {
        let is_empty = || fs::read_dir(name).is_ok_and(|mut entries| entries.next().is_none());
        // A checkpoint can have the name of its scenario.
        if Path::new(name).is_dir() && (is_family(name) || is_empty() || !folder(name)?.is_empty()) {
            let help = format!("write ./{name} for the folder, or start from another folder for the built-in");
            return Err(Diagnostics::just(format!("{name} is a built-in, and a folder here"), Some(help)));
        }
        return Ok(None);
    }
    if Path::new(name).is_dir() {
        return folder(name).map(Some);
    }
    if !name.contains(PATTERN) || fs::symlink_metadata(name).is_ok() {
        return Ok(None);
    }
    let wrong = |reason: String| Diagnostics::just(reason, None);
    let paths = glob::glob_with(name, AS_A_SHELL)
        .map_err(|reason| wrong(format!("`{}` is not a pattern of files: {reason}", name.escape_debug())))?;
    let mut files = Vec::new();
    for path in paths {
        let path =
            path.map_err(|reason| wrong(format!("cannot read {}: {}", reason.path().display(), reason.error())))?;
        if path.is_dir() {
            files.extend(folder(&shown(&path)?)?);
        } else {
            files.push(Found::File(shown(&path)?));
        }
    }
    if files.is_empty() {
        let help = "a pattern is relative to the current folder; `**` stands for any number of folders";
        let message = format!("no file matches `{}`", name.escape_debug());
        return Err(Diagnostics::just(message, Some(help.to_owned())));
    }
    Ok(Some(files))
}

/// Returns every TOML file in a folder and below, hidden ones left out. Links are followed; one that leads to nothing or back is listed,
/// unless its name is that of a TOML file.
fn folder(name: &str) -> Result<Vec<Found>, Diagnostics> {
    let is_shown = |entry: &DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
    let mut files = Vec::new();
    for entry in WalkDir::new(name).follow_links(true).sort_by_file_name().into_iter().filter_entry(is_shown) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() || !is_toml(entry.path()) => {}
            Ok(entry) => files.push(Found::File(shown(entry.path())?)),
            Err(reason) => files.extend(unreadable(name, &reason)?),
        }
    }
    Ok(files)
}

/// Returns true if the name of a file ends in `.toml`, in small or capital letters.
fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"))
}

/// Returns the link that a folder has instead of a file; none if it is hidden.
fn unreadable(folder: &str, reason: &Error) -> Result<Option<Found>, Diagnostics> {
    let wrong = |path: &Path, says: String| Diagnostics::just(format!("cannot read {}: {says}", path.display()), None);
    let Some(path) = reason.path() else { return Err(wrong(Path::new(folder), reason.to_string())) };
    if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) && path != Path::new(folder) {
        return Ok(None);
    }
    if reason.loop_ancestor().is_some() {
        return Ok(Some(Found::Unreadable(shown(path)?, FileKind::Loop)));
    }
    let says = reason.io_error().map_or_else(|| reason.to_string(), ToString::to_string);
    let is_dead = reason.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound)
        && fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    if is_dead && !is_toml(path) {
        return Ok(Some(Found::Unreadable(shown(path)?, FileKind::DeadLink)));
    }
    Err(wrong(path, says))
}

/// Returns the name of a file as reports show it: without the `.` of the current folder.
fn shown(path: &Path) -> Result<String, Diagnostics> {
    let name = path.strip_prefix(".").unwrap_or(path).to_str().map(str::to_owned);
    name.ok_or_else(|| Diagnostics::just(format!("the name {} is not UTF-8 text", path.display()), None))
}
