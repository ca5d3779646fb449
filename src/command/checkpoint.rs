//! The folder of a checkpoint: one file for each search, named after its scenario and the place of its combination.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stranded_model::assumption::{Assumption, Assumptions};

use crate::cli::Check;
use stranded_search::check;
use stranded_search::engine::{Engine, Saved};
use stranded_search::scenario::Spec;

use super::Failure;

/// What the files' names end in.
const EXTENSION: &str = "levels";

/// What a saved search is a search of: everything that decides what it finds.
#[derive(Serialize)]
struct Identity<'a> {
    version: &'static str,
    model_hash: String,
    scenario: &'a str,
    scenario_hash: String,
    assumptions: Vec<(&'static str, &'static str)>,
    symmetry: bool,
}

/// The files that the searches of each scenario are saved in, if they are to be saved.
pub(super) fn open(arguments: &Check, specs: &[Spec]) -> Result<Vec<Vec<Saved>>, Failure> {
    let Some(folder) = arguments.checkpoint.as_ref().or(arguments.resume.as_ref()) else {
        return Ok(specs.iter().map(|_| Vec::new()).collect());
    };
    if arguments.engine != Engine::Exact {
        return Err(Failure::Usage("only the engine exact saves its searches".to_owned()));
    }
    let shown = folder.display();
    let failed = |reason| Failure::Usage(format!("cannot use {shown}: {reason}"));
    if arguments.checkpoint.is_some() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let there = levels_files(folder).map_err(failed)?;
    if arguments.checkpoint.is_some() && !there.is_empty() {
        return Err(Failure::Usage(format!("{shown} holds a checkpoint already; --resume {shown} goes on with it")));
    }
    if arguments.resume.is_some() && there.is_empty() {
        return Err(Failure::Usage(format!("{shown} holds no checkpoint; --checkpoint {shown} makes one")));
    }
    let files: Vec<Vec<(PathBuf, String)>> =
        specs.iter().enumerate().map(|(place, spec)| files(folder, place, spec, !arguments.no_symmetry)).collect();
    let is_ours = |path: &&PathBuf| files.iter().flatten().any(|(ours, _)| ours == *path);
    if let Some(foreign) = there.iter().find(|path| !is_ours(path)) {
        let reason = format!("{} is the checkpoint of a search that was not asked for", foreign.display());
        return Err(Failure::Usage(reason));
    }
    let open = |(path, identity): &(PathBuf, String)| Saved::open(path, identity);
    let opened: Result<Vec<Vec<Saved>>, _> = files.iter().map(|files| files.iter().map(open).collect()).collect();
    opened.map_err(|reason| Failure::Usage(reason.to_string()))
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

/// The file of each search of a scenario, and what it is a search of.
fn files(folder: &Path, place: usize, spec: &Spec, symmetry: bool) -> Vec<(PathBuf, String)> {
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
        (folder.join(format!("{place}-{}-{number}.{EXTENSION}", spec.name)), identity)
    };
    check::worlds(spec).into_iter().enumerate().map(file).collect()
}

/// What identifies a scenario with all that it names: the procedures, and the scenario that it starts from.
fn scenario_hash(spec: &Spec) -> String {
    let mut hasher = blake3::Hasher::new();
    for spec in std::iter::successors(Some(spec), |spec| spec.from.as_deref()) {
        hasher.update(spec.text.as_bytes()).update(format!("{:?}", spec.scenario).as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
