//! The folder of a checkpoint: one file for each search, named after the scenario and the index of the combination.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stranded_model::assumption::{Assumption, Assumptions};

use crate::cli::Check;
use stranded_search::check::{self, Checked};
use stranded_search::engine::{Checkpoint, CheckpointError, Engine, Truncation};
use stranded_search::scenario::Spec;

use crate::command::{CommandError, output};

/// The extension of the files.
const EXTENSION: &str = "levels";

/// Everything that determines the result of a search.
#[derive(Serialize)]
struct Identity<'a> {
    version: &'static str,
    model_hash: String,
    scenario: &'a str,
    scenario_hash: String,
    assumptions: Vec<(&'static str, &'static str)>,
    symmetry: bool,
}

/// Opens the files of the searches of each scenario, if the arguments ask for a checkpoint.
pub(super) fn open(arguments: &Check, specs: &[Spec]) -> Result<Vec<Vec<Checkpoint>>, CommandError> {
    let Some(folder) = arguments.checkpoint.as_ref().or(arguments.resume.as_ref()) else {
        return Ok(specs.iter().map(|_| Vec::new()).collect());
    };
    if arguments.engine != Engine::Exact {
        return Err(CommandError::Usage(format!(
            "a checkpoint needs the engine exact; the engine is {}",
            arguments.engine
        )));
    }
    let shown = folder.display();
    let failed = |reason| CommandError::Usage(format!("cannot use {shown}: {reason}"));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let existing = levels_files(folder).map_err(failed)?;
    if arguments.checkpoint.is_some() && !existing.is_empty() {
        return Err(CommandError::Usage(format!(
            "{shown} already holds a checkpoint; to continue it: --resume {shown}"
        )));
    }
    if arguments.resume.is_some() && existing.is_empty() {
        if std::fs::read_dir(folder).map_err(failed)?.next().is_some() {
            return Err(CommandError::Usage(format!("{shown} holds other files and no checkpoint; name a new folder")));
        }
        output::say(&format!("{shown} holds no checkpoint yet: the search starts from the beginning"));
    }
    let files: Vec<Vec<(PathBuf, String)>> =
        specs.iter().enumerate().map(|(index, spec)| files(folder, index, spec, !arguments.no_symmetry)).collect();
    let is_ours = |path: &&PathBuf| files.iter().flatten().any(|(ours, _)| ours == *path);
    if let Some(foreign) = existing.iter().find(|path| !is_ours(path)) {
        let reason = format!("{} is the checkpoint of a search that the arguments do not select", foreign.display());
        return Err(CommandError::Usage(reason));
    }
    let open = |(path, identity): &(PathBuf, String)| Checkpoint::open(path, identity);
    let opened: Result<Vec<Vec<Checkpoint>>, _> = files.iter().map(|files| files.iter().map(open).collect()).collect();
    opened.map_err(|reason| CommandError::Usage(refusal(&reason, folder, &files)))
}

/// Returns the reason why a checkpoint is refused. For one of another search: what differs, and what to do.
fn refusal(reason: &CheckpointError, folder: &Path, files: &[Vec<(PathBuf, String)>]) -> String {
    let CheckpointError::Foreign { path, found } = reason else { return reason.to_string() };
    let identity = files.iter().flatten().find(|(ours, _)| ours == path).map(|(_, identity)| identity.as_str());
    let read = |text: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).ok();
    let saved = found.find('{').and_then(|start| read(&found[start..]));
    let Some((saved, wanted)) = saved.zip(identity.and_then(read)) else { return reason.to_string() };
    let differs = |keys: &[&str]| keys.iter().any(|key| saved.get(*key) != wanted.get(*key));
    let parts = [
        (&["version", "model_hash"][..], "the version of stranded"),
        (&["scenario", "scenario_hash"], "the scenario, or a file that it names"),
        (&["assumptions"], "the assumptions"),
        (&["symmetry"], "--no-symmetry"),
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|(keys, _)| differs(keys)).map(|(_, says)| says).collect();
    if parts.is_empty() {
        return reason.to_string();
    }
    let (shown, folder) = (path.display(), folder.display());
    let what = parts.join(", ");
    format!(
        "{shown} is the checkpoint of another search: it differs in {what}; delete {folder}, or name another folder"
    )
}

/// Refuses a checkpoint with a level that its search cannot reach.
pub(super) fn refuse_unreachable(saved: &[Vec<Checkpoint>], checked: &[Checked<'_>]) -> Result<(), CommandError> {
    for (files, checked) in saved.iter().zip(checked) {
        for (file, case) in files.iter().zip(&checked.combinations) {
            if let Some(Truncation::Unreachable(level)) = case.search.truncated {
                let shown = file.path().display();
                return Err(CommandError::Usage(format!(
                    "{shown} is not a checkpoint that stranded wrote: the search cannot reach its level {level}"
                )));
            }
        }
    }
    Ok(())
}

fn levels_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new(EXTENSION)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The file of each search of a scenario, with the identity of the search.
fn files(folder: &Path, index: usize, spec: &Spec, symmetry: bool) -> Vec<(PathBuf, String)> {
    let file = |(number, assumptions): (usize, Assumptions)| {
        let identity = Identity {
            version: env!("CARGO_PKG_VERSION"),
            model_hash: stranded_search::model_hash(),
            scenario: &spec.name,
            scenario_hash: scenario_hash(spec),
            assumptions: Assumption::ALL.map(|one| (one.name(), assumptions.value(one))).to_vec(),
            symmetry,
        };
        let identity = serde_json::to_string(&identity).expect("an identity can be written as JSON");
        (folder.join(format!("{index}-{}-{number}.{EXTENSION}", spec.name)), identity)
    };
    check::combinations_of(spec).into_iter().enumerate().map(file).collect()
}

/// Hash of a scenario with its procedures and the scenarios that it starts from.
fn scenario_hash(spec: &Spec) -> String {
    let mut hasher = blake3::Hasher::new();
    for spec in std::iter::successors(Some(spec), |spec| spec.from.as_deref()) {
        hasher.update(spec.text.as_bytes()).update(format!("{:?}", spec.scenario).as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
