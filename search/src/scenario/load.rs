//! Scenarios by name or path: the one place of this module that reads files.

use std::io;

use super::bundle::{Bundle, beside};
use super::diagnostic::{Diagnostics, listed, nearest, wrapped};
use super::write::{header, site_and_run};
use super::{Family, Spec, builtin, is_procedure_text, parse_scenario};
use crate::files;

/// The families that built-in scenarios can be of.
const FAMILIES: [Family; 3] = [Family::Article, Family::OtherKb, Family::Inferred];

/// Loads a built-in scenario by its name, or any by a path, which ends in `.toml` or contains a `/`.
///
/// # Errors
/// Everything that is wrong with the file and with the files it names.
pub fn load_scenario(reference: &str) -> Result<Spec, Diagnostics> {
    if let Some(builtin) = builtin::scenario(reference) {
        return builtin.parse(&[]);
    }
    if !is_path(reference) {
        return Err(unknown("scenario", reference, &all_names()));
    }
    let text = files::read(reference).map_err(|error| unreadable(reference, &error))?;
    if is_procedure_text(&text) {
        let help = "check it where a scenario ends: add `--from SCENARIO`";
        return Err(Diagnostics::just(format!("{reference} is a procedure, not a scenario"), Some(help.to_owned())));
    }
    parse_scenario(reference, &text, &|path| files::read(beside(reference, path)))
}

/// Loads a procedure, by name or path, as a scenario in which a user runs it once where another scenario ends: with that
/// one's site, between the servers of its last run. Every property is expected to hold.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn load_procedure_in(path_or_name: &str, from: &Spec) -> Result<Spec, Diagnostics> {
    let mut bundle = Bundle::default();
    let (name, reference) = if builtin::procedure(path_or_name).is_some() {
        (path_or_name.to_owned(), path_or_name.to_owned())
    } else if is_path(path_or_name) {
        let text = files::read(path_or_name).map_err(|error| unreadable(path_or_name, &error))?;
        let file = path_or_name.rsplit_once('/').map_or(path_or_name, |(_, file)| file);
        let reference = if file.ends_with(".toml") { file.to_owned() } else { format!("{file}.toml") };
        bundle.files.push((reference.clone(), text.clone()));
        (name_in(&text).unwrap_or_else(|| "unnamed".to_owned()), reference)
    } else {
        let names: Vec<&str> = builtin::procedures().iter().map(|builtin| builtin.name).collect();
        return Err(unknown("procedure", path_or_name, &names));
    };
    let start = match builtin::scenario(&from.name) {
        Some(builtin) if builtin.text == from.text => from.name.clone(),
        Some(_) | None => {
            let start = format!("from/{}.toml", from.name);
            bundle.add(&start, &from.text);
            start
        }
    };
    bundle.main = header(&name, from, &start) + &site_and_run(from, &reference);
    let none = |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, format!("no file {path}")));
    let spec = parse_scenario(path_or_name, &bundle.join(), &none)?;
    Ok(Spec { may_be_vacuous: true, ..spec })
}

/// Loads every scenario that the names select: a built-in, a family, which selects all of its built-ins, or a path. No name
/// selects all built-ins; what is selected twice is loaded once.
///
/// # Errors
/// Everything that is wrong with the names and the files.
pub fn select(names: &[String]) -> Result<Vec<Spec>, Diagnostics> {
    let mut found = Vec::new();
    let mut references: Vec<&str> = Vec::new();
    for name in names {
        match selected_by(name) {
            Ok(selected) => references.extend(selected),
            Err(wrong) => found.push(wrong),
        }
    }
    if names.is_empty() {
        references.extend(builtin::scenarios().iter().map(|builtin| builtin.name));
    }
    let mut specs: Vec<Spec> = Vec::new();
    for reference in references {
        match load_scenario(reference) {
            Ok(spec) if specs.contains(&spec) => {}
            Ok(spec) if specs.iter().any(|other| other.name == spec.name) => {
                let message = format!("two different scenarios are called `{}`", spec.name);
                found.push(Diagnostics::just(message, Some(format!("rename the one in {reference}"))));
            }
            Ok(spec) => specs.push(spec),
            Err(wrong) => found.push(wrong),
        }
    }
    Diagnostics::together(found).map_or(Ok(specs), Err)
}

/// The scenarios that one name selects.
fn selected_by(name: &str) -> Result<Vec<&str>, Diagnostics> {
    if !FAMILIES.iter().any(|family| family.name() == name) {
        return Ok(vec![name]);
    }
    let mut members = Vec::new();
    for builtin in builtin::scenarios() {
        if builtin.parse(&[])?.family.name() == name {
            members.push(builtin.name);
        }
    }
    if members.is_empty() {
        return Err(Diagnostics::just(format!("no built-in scenario is of the family `{name}`"), None));
    }
    Ok(members)
}

fn is_path(reference: &str) -> bool {
    reference.ends_with(".toml") || reference.contains('/')
}

fn name_in(procedure: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(procedure).ok()?;
    let name = table.get("name")?.as_str()?;
    super::name::is_kebab(name).then(|| name.to_owned())
}

/// Every name that selects something.
fn all_names() -> Vec<&'static str> {
    builtin::scenarios().iter().map(|builtin| builtin.name).chain(FAMILIES.map(Family::name)).collect()
}

/// What to say of a name that is not known.
#[must_use]
pub fn unknown(kind: &str, name: &str, valid: &[&str]) -> Diagnostics {
    let near = nearest(name, valid).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let help = wrapped(&format!("{near}{}; a file's name ends in .toml", listed(valid)));
    Diagnostics::just(format!("unknown {kind} `{}`", name.escape_debug()), Some(help))
}

fn unreadable(path: &str, error: &io::Error) -> Diagnostics {
    Diagnostics::just(format!("cannot read {path}: {error}"), None)
}
