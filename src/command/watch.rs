//! `stranded check --watch`: repeats a check whenever one of its files changes. It compares modification times: that works on every
//! file system, network and containers included, and the files are few.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use stranded_search::files;

use super::{CommandError, interrupt, output, print_error};
use crate::cli::Check;
use crate::exit::Exit;

/// The time between two comparisons, and the time without a change after which a file counts as written.
const PAUSE: Duration = Duration::from_millis(200);

/// The size and the modification time of each file; none for one that cannot be read.
type Stamps = BTreeMap<PathBuf, Option<(u64, SystemTime)>>;

/// Checks now and after each change, until Ctrl-C. Returns the exit code of the last check.
pub(super) fn run(arguments: &Check, check: impl Fn() -> Result<Exit, CommandError>) -> Result<Exit, CommandError> {
    let interrupted = interrupt::flag()?;
    if stamps(arguments).is_empty() {
        let reason = "--watch needs a file: a scenario or a procedure that ends in .toml; built-ins never change";
        return Err(CommandError::Usage(reason.to_owned()));
    }
    loop {
        let before = stamps(arguments);
        let exit = check().unwrap_or_else(|error| {
            print_error(&error);
            error.exit()
        });
        let count = before.len();
        let plural = if count == 1 { "" } else { "s" };
        output::say(&format!("watching {count} file{plural}; Ctrl-C ends"));
        let Some(changed) = next_change(arguments, &before, interrupted) else { return Ok(exit) };
        output::say(&format!("\n{} changed", files::shown(&changed)));
    }
}

/// Waits until a file differs from these stamps and is written to its end, and returns it; none after Ctrl-C.
fn next_change(arguments: &Check, before: &Stamps, interrupted: &AtomicBool) -> Option<PathBuf> {
    let mut now = stamps(arguments);
    while !interrupted.load(Ordering::Relaxed) {
        let all: BTreeSet<&PathBuf> = before.keys().chain(now.keys()).collect();
        let changed = all.into_iter().find(|path| before.get(*path) != now.get(*path)).cloned();
        thread::sleep(PAUSE);
        let next = stamps(arguments);
        if changed.is_some() && next == now {
            return changed;
        }
        now = next;
    }
    None
}

/// Returns the files that a check reads: those of the command line, those in its folders, and those that they name.
pub(super) fn files_read(arguments: &Check) -> Vec<PathBuf> {
    stamps(arguments).into_keys().filter(|path| !path.is_dir()).chain(arguments.baseline.clone()).collect()
}

/// Returns the stamps of the files of the command line, of those in its folders, and of those that they name.
fn stamps(arguments: &Check) -> Stamps {
    let mut stamps = Stamps::new();
    let named = arguments.scenarios.iter().chain(&arguments.from).map(PathBuf::from);
    let mut open: Vec<PathBuf> = named.filter(|path| is_toml(path) || path.is_dir()).collect();
    while let Some(path) = open.pop() {
        if stamps.contains_key(&path) {
            continue;
        }
        let stamp = if path.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path());
            open.extend(entries.filter(|entry| is_toml(entry)));
            None
        } else {
            open.extend(files_in(&path));
            fs::metadata(&path).and_then(|data| Ok((data.len(), data.modified()?))).ok()
        };
        stamps.insert(path, stamp);
    }
    stamps
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "toml")
}

/// Returns the files that a scenario names: each text in quotes that ends in `.toml`, from its folder. The file may have errors.
fn files_in(path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let text = if path.is_file() { files::read(path).unwrap_or_default() } else { String::new() };
    let quoted = |line: &str, quote: char| line.split(quote).skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let texts = text.lines().flat_map(|line| ['"', '\''].map(|quote| quoted(line, quote)));
    texts.flatten().filter(|text| text.ends_with(".toml")).map(|text| folder.join(text)).collect()
}
