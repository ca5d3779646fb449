//! The selection of a command line: built-in names, families, files, folders and patterns of files, expanded to the scenarios or
//! procedures that they mean. A file that a folder or a pattern contains and that is of another kind is listed, so that it cannot
//! pass as checked.

use std::fs;
use std::path::PathBuf;

use super::diagnostic::Diagnostics;
use super::file_kind::{FileKind, NotChecked, kind_of, misspelt_table};
use super::found_files::{Found, files_of};
use super::load::{is_path, load_scenario, selected_by, text_of};
use super::name::SiteNames;
use super::procedure::parse_procedure;
use super::{Spec, builtin, is_procedure_text, name};

/// The scenarios that a command line selects.
#[derive(Debug, Default)]
pub struct Selection {
    /// The scenarios, each once.
    pub scenarios: Vec<Selected>,
    /// The files that were found and not loaded.
    pub not_checked: Vec<NotChecked>,
    /// The folders and patterns that contain nothing to check.
    pub empty: Vec<String>,
}

/// A scenario of a selection.
#[derive(Debug)]
pub struct Selected {
    /// The scenario.
    pub spec: Spec,
    /// Its file; none if it is built in.
    pub file: Option<String>,
    /// The other files with the same scenario.
    pub copies: Vec<String>,
}

impl Selected {
    /// Returns the files of the procedures that the scenario runs.
    fn procedure_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for file in self.file.iter().chain(&self.copies) {
            let procedures = self.spec.scenario.runs().map(|(_, run)| &run.procedure.name);
            let named = procedures.filter_map(|name| self.spec.procedure_file(file, name));
            files.extend(named.filter_map(|file| fs::canonicalize(file).ok()));
        }
        files
    }

    /// Adds another file with the same scenario, unless it is known.
    fn add_copy(&mut self, reference: String) {
        let is_same = |file: &String| match (fs::canonicalize(file), fs::canonicalize(&reference)) {
            (Ok(file), Ok(reference)) => file == reference,
            (Err(_), _) | (_, Err(_)) => *file == reference,
        };
        let is_known = self.file.iter().chain(&self.copies).any(is_same);
        if builtin::scenario(&reference).is_none() && !is_known {
            self.copies.push(reference);
        }
    }
}

/// The references that a command line selects.
#[derive(Debug, Default)]
pub struct References {
    /// Names of built-ins, and paths.
    pub wanted: Vec<String>,
    /// The files that were found and are of another kind.
    pub not_checked: Vec<NotChecked>,
    /// The folders and patterns that contain no file of the wanted kind.
    pub empty: Vec<String>,
}

/// Loads every scenario that the names select, also in folders and by patterns. No name selects all built-in scenarios.
///
/// # Errors
/// Everything that is wrong with the names and the files.
pub fn selection(names: &[String]) -> Result<Selection, Diagnostics> {
    let References { wanted, mut not_checked, empty } = references(names, FileKind::Scenario)?;
    let scenarios = loaded(wanted)?;
    let run: Vec<PathBuf> = scenarios.iter().flat_map(Selected::procedure_files).collect();
    not_checked.retain(|one| fs::canonicalize(&one.file).map_or(true, |path| !run.contains(&path)));
    let sites: Vec<&SiteNames> = scenarios.iter().map(|one| &one.spec.names).collect();
    let procedures = not_checked.iter().filter(|one| one.kind == FileKind::Procedure);
    let wrong = procedures.filter_map(|one| errors_in(&one.file, &sites).transpose());
    if let Some(wrong) = Diagnostics::together(wrong.collect::<Result<_, _>>()?) {
        return Err(wrong);
    }
    let copies = scenarios.iter().flat_map(|one| &one.copies);
    not_checked.extend(copies.map(|file| NotChecked { file: file.clone(), kind: FileKind::Copy }));
    not_checked.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(Selection { scenarios, not_checked, empty })
}

/// Returns the errors in the file of a procedure that no scenario runs. It can be meant for a site that none of the scenarios has, so a
/// name that no site knows is not an error.
fn errors_in(file: &str, sites: &[&SiteNames]) -> Result<Option<Diagnostics>, Diagnostics> {
    let text = text_of(file)?;
    let standard = SiteNames::of(["source", "destination"]);
    let parsed = |site: &SiteNames| parse_procedure(file, &text, site);
    if sites.iter().any(|site| parsed(site).is_ok()) {
        return Ok(None);
    }
    Ok(parsed(&standard).err().and_then(|wrong| wrong.without(|one| name::is_about_site(&one.message))))
}

/// Loads every scenario that the names select: a built-in scenario, a family of built-in scenarios, or a path. No name selects all
/// built-in scenarios.
///
/// # Errors
/// Everything that is wrong with the names and the files.
pub fn select(names: &[String]) -> Result<Vec<Spec>, Diagnostics> {
    let mut references = if names.is_empty() { all_built_in() } else { Vec::new() };
    let mut found = Vec::new();
    for name in names {
        match selected_by(name) {
            Ok(selected) => references.extend(selected.into_iter().map(str::to_owned)),
            Err(wrong) => found.push(wrong),
        }
    }
    if let Some(found) = Diagnostics::together(found) {
        return Err(found);
    }
    Ok(loaded(references)?.into_iter().map(|one| one.spec).collect())
}

fn all_built_in() -> Vec<String> {
    builtin::scenarios().iter().map(|builtin| builtin.name.to_owned()).collect()
}

/// Loads scenarios. One that is selected twice is loaded once.
fn loaded(references: Vec<String>) -> Result<Vec<Selected>, Diagnostics> {
    let mut found = Vec::new();
    let mut scenarios: Vec<Selected> = Vec::new();
    for reference in references {
        match load_scenario(&reference) {
            Ok(spec) => {
                if let Some(same) = scenarios.iter_mut().find(|other| other.spec == spec) {
                    same.add_copy(reference);
                    continue;
                }
                if let Some(other) = scenarios.iter().find(|other| other.spec.name == spec.name) {
                    let message = format!("two different scenarios are called `{}`", spec.name);
                    let file = other.file.as_deref().unwrap_or("the program");
                    let help = format!("rename the one in {reference}; the other is in {file}");
                    found.push(Diagnostics::just(message, Some(help)));
                    continue;
                }
                let file = builtin::scenario(&reference).is_none().then_some(reference);
                scenarios.push(Selected { spec, file, copies: Vec::new() });
            }
            Err(wrong) => found.push(wrong),
        }
    }
    Diagnostics::together(found).map_or(Ok(scenarios), Err)
}

/// Expands families, folders and patterns to the files and built-ins of a kind.
///
/// # Errors
/// A folder or a file that cannot be read, and a pattern that matches no file.
pub fn references(names: &[String], kind: FileKind) -> Result<References, Diagnostics> {
    let mut references = References::default();
    let mut found = Vec::new();
    if names.is_empty() && kind == FileKind::Scenario {
        references.wanted.extend(all_built_in());
    }
    for name in names {
        let expanded = match files_of(name) {
            Ok(Some(files)) => references.add_files(name, files, kind),
            Ok(None) if kind == FileKind::Scenario => {
                selected_by(name).map(|all| references.wanted.extend(all.into_iter().map(str::to_owned)))
            }
            Ok(None) => {
                references.wanted.push(name.clone());
                Ok(())
            }
            Err(wrong) => Err(wrong),
        };
        found.extend(expanded.err());
    }
    if kind == FileKind::Scenario {
        references.leave_out_procedures();
    }
    Diagnostics::together(found).map_or(Ok(references), Err)
}

impl References {
    /// Adds the files of a folder or a pattern.
    fn add_files(&mut self, name: &str, files: Vec<Found>, wanted: FileKind) -> Result<(), Diagnostics> {
        let before = self.wanted.len();
        for found in files {
            let (file, kind) = match found {
                Found::File(file) => {
                    let text = text_of(&file)?;
                    let kind = kind_of(&text);
                    if kind == FileKind::Neither
                        && let Some(wrong) = misspelt_table(&file, &text)
                    {
                        return Err(wrong);
                    }
                    (file, kind)
                }
                Found::Unreadable(link, kind) => (link, kind),
            };
            if kind == wanted {
                self.wanted.push(file);
            } else if self.not_checked.iter().all(|other| other.file != file) {
                self.not_checked.push(NotChecked { file, kind });
            }
        }
        if self.wanted.len() == before {
            self.empty.push(name.to_owned());
        }
        Ok(())
    }

    /// Lists procedures beside scenario files as not checked, because a shell that expands a pattern names both. A procedure without
    /// a scenario beside it stays, and is an error.
    fn leave_out_procedures(&mut self) {
        let is_procedure = |name: &String| {
            builtin::scenario(name).is_none()
                && is_path(name)
                && text_of(name).is_ok_and(|text| is_procedure_text(&text))
        };
        let (procedures, others): (Vec<String>, Vec<String>) = self.wanted.drain(..).partition(is_procedure);
        if !others.iter().any(|name| builtin::scenario(name).is_none() && is_path(name)) {
            self.wanted = others.into_iter().chain(procedures).collect();
            return;
        }
        self.wanted = others;
        for file in procedures {
            if self.not_checked.iter().all(|other| other.file != file) {
                self.not_checked.push(NotChecked { file, kind: FileKind::Procedure });
            }
        }
    }
}
