//! The scenarios of a command line, with their files, and the files beside them that are not checked.

use std::fmt::Write as _;

use stranded_search::lines::{display_width, padded};
use stranded_search::scenario::{self, FileKind, NotChecked, References, Selected, Selection, Spec};

use super::trial;
use crate::cli::{Check, OutputKind};
use crate::command::{CommandError, job, output};
use crate::formats::results::SourceFiles;

/// The selection of a command line.
#[derive(Default)]
pub(super) struct Targets {
    /// The scenarios to check.
    pub(super) specs: Vec<Spec>,
    /// The files of the scenarios and procedures, by the names of what they define.
    pub(super) files: SourceFiles,
    /// The files that were found and are not checked.
    pub(super) not_checked: Vec<NotChecked>,
    /// The folders and patterns that contain nothing to check.
    pub(super) empty: Vec<String>,
}

impl Targets {
    /// Reads the scenarios; with `--from`, each procedure becomes one scenario for each kind of delivery.
    pub(super) fn of(arguments: &Check) -> Result<Self, CommandError> {
        if let Some(from) = &arguments.from {
            let References { wanted, not_checked, empty } =
                scenario::references(&arguments.scenarios, FileKind::Procedure)?;
            let specs = if wanted.is_empty() && !empty.is_empty() {
                Vec::new()
            } else {
                trial::specs(&wanted, &arguments.trial, from)?
            };
            let name = |file: &String| Some((scenario::procedure_name(file)?, file.clone()));
            let procedures = wanted.iter().filter_map(name).collect();
            let files = SourceFiles { procedures, ..SourceFiles::default() };
            return Ok(Self { specs, files, not_checked, empty });
        }
        if arguments.scenarios.is_empty() {
            if job::is_one() {
                let says = "a job names its scenarios: without one, only the built-in ones would be checked";
                return Err(CommandError::Usage(says.to_owned()));
            }
            if arguments.output.destinations().all(|(format, _)| matches!(format.kind(), OutputKind::Text)) {
                output::say("No scenario is named: these are the built-in ones, and no other file is read.");
            }
        }
        let Selection { scenarios, not_checked, empty } = scenario::selection(&arguments.scenarios)?;
        let file = |one: &Selected| Some((one.spec.name.clone(), one.file.clone()?));
        let files = SourceFiles { scenarios: scenarios.iter().filter_map(file).collect(), ..SourceFiles::default() };
        Ok(Self { specs: scenarios.into_iter().map(|one| one.spec).collect(), files, not_checked, empty })
    }

    /// Returns the lines about what is not checked; nothing if all that was found is checked.
    pub(super) fn left_out(&self) -> String {
        let mut text = String::new();
        if !self.not_checked.is_empty() {
            let width = self.not_checked.iter().map(|one| display_width(&one.file)).max().unwrap_or(0) + 2;
            text.push_str("not checked:\n");
            for one in &self.not_checked {
                let _ = writeln!(text, "  {}{}", padded(&one.file, width), one.reason());
            }
        }
        for name in &self.empty {
            let _ = writeln!(text, "nothing to check in {name}");
        }
        text
    }
}
