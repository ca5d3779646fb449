//! The texts of scenarios and procedures: from a name or a path to a file, and on to the files that a scenario names. `select`
//! finds the files of a command line; no other module of scenarios reads files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::bundle::{Files, beside};
use super::cursor::{Cursor, parse_toml, within_limit};
use super::diagnostic::{Diagnostics, Findings, SourceText, nearest, wrapped};
use super::tables::place_of;
use super::{Family, Spec, builtin, is_procedure_text, read};
use crate::files;

/// Returns the names of the families of built-in scenarios.
fn families() -> impl Iterator<Item = &'static str> {
    Family::ALL.into_iter().filter(|family| *family != Family::User).map(Family::name)
}

/// Returns true if a name is that of a family of built-in scenarios.
pub(super) fn is_family(name: &str) -> bool {
    families().any(|family| family == name)
}

/// The largest number of scenarios in a chain of predecessors.
const CHAIN_MAX: usize = 16;

/// Loads a scenario: a built-in one by its name, or any by a path, which ends in `.toml` or contains a `/`.
///
/// # Errors
/// Everything that is wrong with the file and with the files that it names.
pub fn load_scenario(reference: &str) -> Result<Spec, Diagnostics> {
    if let Some(builtin) = builtin::scenario(reference) {
        return builtin.parse(&[]);
    }
    if !is_path(reference) {
        return Err(match file_kind(reference) {
            Some(kind) => {
                let help = "a scenario is a file whose name ends in .toml, or a built-in: see `stranded list`";
                Diagnostics::just(format!("{reference} is a {kind}, not a scenario"), Some(help.to_owned()))
            }
            None => unknown_name("scenario", reference, &all_names()),
        });
    }
    let text = text_of(reference)?;
    if is_procedure_text(&text) {
        let help = "check it in the final states of a scenario: add `--from SCENARIO`";
        return Err(Diagnostics::just(format!("{reference} is a procedure, not a scenario"), Some(help.to_owned())));
    }
    let read = |path: &str| files::read(beside(reference, path)).map_err(|error| error.reason);
    let is_foreign = |name: &str| name != reference && is_outside(name, reference);
    parse_scenario(reference, &text, &read).map_err(|wrong| wrong.without_content(is_foreign))
}

/// Returns true if a file is not in the folder of another, or below. Links are followed.
fn is_outside(file: &str, other: &str) -> bool {
    let folder = Path::new(other).parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(file), fs::canonicalize(folder)) {
        (Ok(file), Ok(folder)) => !file.starts_with(folder),
        // A file that is not on the disk is part of the text of the scenario.
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// The kinds of things that one name or path can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meanings {
    /// True if it can be a procedure.
    pub procedure: bool,
    /// True if it can be a scenario.
    pub scenario: bool,
}

/// Returns the kinds of things that a name or a path can mean; at least one.
///
/// # Errors
/// The file cannot be read, or nothing has this name.
pub fn meanings(reference: &str) -> Result<Meanings, Diagnostics> {
    let procedure = builtin::procedure(reference).is_some();
    let scenario = builtin::scenario(reference).is_some();
    if procedure || scenario {
        return Ok(Meanings { procedure, scenario });
    }
    if !is_path(reference) {
        let procedures = builtin::all_procedures().map(|builtin| builtin.name);
        let mut names: Vec<&str> = procedures.chain(builtin::scenarios().iter().map(|one| one.name)).collect();
        names.sort_unstable();
        names.dedup();
        return Err(unknown_name("procedure or scenario", reference, &names));
    }
    let procedure = is_procedure_text(&text_of(reference)?);
    Ok(Meanings { procedure, scenario: !procedure })
}

/// Returns the kind of a file that exists under this name.
fn file_kind(name: &str) -> Option<&'static str> {
    let found = fs::metadata(name).ok()?;
    Some(if found.is_dir() { "folder" } else { "file" })
}

/// Reads a scenario from its text. `read` returns the text of a file that the scenario names, by its path from the scenario's
/// folder; files in the text itself come first.
///
/// # Errors
/// Everything that is wrong with the text and with the files that it names.
pub fn parse_scenario(
    file_name: &str,
    text: &str,
    read: &dyn Fn(&str) -> io::Result<String>,
) -> Result<Spec, Diagnostics> {
    parse_in_chain(file_name, text, read, &[])
}

/// Reads a built-in scenario. `chain` lists the files that start from it.
pub(super) fn parse_builtin(file_name: &str, text: &str, chain: &[String]) -> Result<Spec, Diagnostics> {
    let none = |_: &str| Err(io::Error::new(io::ErrorKind::NotFound, "a built-in scenario names no files"));
    parse_in_chain(file_name, text, &none, chain)
}

fn parse_in_chain(
    file_name: &str,
    text: &str,
    read: &dyn Fn(&str) -> io::Result<String>,
    chain: &[String],
) -> Result<Spec, Diagnostics> {
    let mut files = Files::of(file_name, text, read);
    let file = SourceText { name: file_name.to_owned(), text: files.used.main.clone() };
    let mut spec =
        parse_toml(file, |root, found| read::scenario(root.with_places(place_of), &mut files, chain, found))?;
    spec.text = files.used.join();
    Ok(spec)
}

/// Reads the predecessor of a scenario: the one that its key `from` names.
pub(super) fn predecessor(
    root: &mut Cursor<'_>,
    files: &mut Files<'_>,
    chain: &[String],
    found: &mut Findings,
) -> Option<Spec> {
    let reference = root.string("from", found)?;
    let path = *reference.get_ref();
    let chain = [chain, &[files.name.to_owned()]].concat();
    let parsed = if let Some(builtin) = builtin::scenario(path) {
        check_chain(&chain, &builtin.file_name()).map(|()| builtin.parse(&chain))
    } else if path.ends_with(".toml") {
        let reported = files.reported(path);
        let text = match files.text_of(path) {
            Ok(text) => text,
            Err(error) => {
                found.report(reference.span(), error.to_string(), "a path from the folder of this file");
                return None;
            }
        };
        let parsed = {
            let read = |inner: &str| files.peek(&beside(path, inner));
            check_chain(&chain, &reported).map(|()| parse_in_chain(&reported, &text, &read, &chain))
        };
        if let Ok(Ok(spec)) = &parsed {
            files.used.add(path, &spec.text);
        }
        parsed
    } else if let Some(file) = Some(format!("{path}.toml")).filter(|file| files.peek(file).is_ok()) {
        let label = format!("write `from = \"{file}\"`");
        found.report(reference.span(), format!("`{path}` is no built-in scenario"), label);
        return None;
    } else {
        let names: Vec<&str> = builtin::scenarios().iter().map(|builtin| builtin.name).collect();
        found.unknown(reference.span(), "scenario", path, &names);
        return None;
    };
    match parsed {
        Ok(Ok(spec)) => Some(spec),
        Ok(Err(diagnostics)) => {
            found.absorb(diagnostics);
            None
        }
        Err(circle) => {
            found.report(reference.span(), circle, "a scenario cannot be its own predecessor");
            None
        }
    }
}

fn check_chain(chain: &[String], next: &str) -> Result<(), String> {
    match chain.iter().position(|name| name == next) {
        Some(first) => Err(format!("`from` goes in a circle: {} → {next}", chain[first..].join(" → "))),
        None if chain.len() >= CHAIN_MAX => Err(format!("`from` leads over more than {CHAIN_MAX} scenarios")),
        None => Ok(()),
    }
}

/// Returns the scenarios that one name selects.
pub(super) fn selected_by(name: &str) -> Result<Vec<&str>, Diagnostics> {
    if !is_family(name) {
        return Ok(vec![name]);
    }
    let mut members = Vec::new();
    for builtin in builtin::scenarios() {
        if builtin.parse(&[])?.family.name() == name {
            members.push(builtin.name);
        }
    }
    if members.is_empty() {
        return Err(Diagnostics::just(format!("the family `{name}` has no built-in scenario"), None));
    }
    Ok(members)
}

pub(super) fn is_path(reference: &str) -> bool {
    reference.ends_with(".toml") || reference.contains('/')
}

/// Returns the name of the procedure in a file.
#[must_use]
pub fn procedure_name(path: &str) -> Option<String> {
    name_in(&text_of(path).ok()?)
}

pub(super) fn name_in(procedure: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(procedure).ok()?;
    let name = table.get("name")?.as_str()?;
    super::name::is_kebab(name).then(|| name.to_owned())
}

/// Returns every name that selects scenarios.
fn all_names() -> Vec<&'static str> {
    builtin::scenarios().iter().map(|builtin| builtin.name).chain(families()).collect()
}

/// Returns the error for an unknown name, with the nearest of the valid ones; a list of all would hide it.
#[must_use]
pub fn unknown_name(kind: &str, name: &str, valid: &[&str]) -> Diagnostics {
    let near = nearest(name, valid).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let list = if kind == "procedure" { "`stranded list procedures`" } else { "`stranded list`" };
    let help = wrapped(&format!("{near}{list} prints all names; the name of a file ends in .toml"));
    Diagnostics::just(format!("unknown {kind} `{}`", name.escape_debug()), Some(help))
}

/// The texts of pipes, by path.
static PIPES: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Returns the text of a file. A pipe gives its text once, so that is kept.
pub(super) fn text_of(path: &str) -> Result<String, Diagnostics> {
    let mut pipes = PIPES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = pipes.get(path) {
        return Ok(known.clone());
    }
    let text = files::read(path).map_err(|error| Diagnostics::just(error.to_string(), None))?;
    within_limit(path, &text)?;
    if !Path::new(path).is_file() {
        pipes.insert(path.to_owned(), text.clone());
    }
    Ok(text)
}
