//! The results of a check: trace files, the printed report and the exit code.

use std::collections::BTreeMap;
use std::path::Path;

use stranded_search::check::Checked;
use stranded_search::property::Verdict;
use stranded_search::scenario;

use super::options::CheckOptions;
use crate::cli::{Check, OutputKind};
use crate::command::{CommandError, output};
use crate::exit::Exit;
use crate::formats::results as formats;
use crate::report::{json, matrix, text, trace};

/// Prints the report in the format of the arguments.
pub(super) fn print(options: &CheckOptions<'_>, checked: &[Checked<'_>]) -> Result<Exit, CommandError> {
    let Check { assumptions, output, .. } = options.arguments;
    let file = output.file.as_deref();
    match (output.format.kind(), *assumptions) {
        (OutputKind::Cases(form), true) => Err(output::unsupported("check --assumptions", form)),
        (OutputKind::Cases(form), false) => {
            output::print_cases(&formats::of_check(checked, &files(options.arguments)), form, file)
        }
        (OutputKind::Json, true) => output::print_json(&matrix::matrix(checked), file),
        (OutputKind::Json, false) => output::print_json(&json::report(checked), file),
        (OutputKind::Text, true) => output::print(&matrix::text(checked, output::width(file)), file),
        (OutputKind::Text, false) => {
            let width = output::width(file);
            let parts = checked.iter().map(|one| text::scenario(one, width));
            output::print(&parts.chain([text::summary(checked)]).collect::<Vec<_>>().join("\n"), file)
        }
    }
}

/// The scenario files of the arguments, by the names of their scenarios.
fn files(arguments: &Check) -> BTreeMap<String, String> {
    let is_file = |name: &&String| Path::new(name).extension().is_some_and(|extension| extension == "toml");
    let files = arguments.scenarios.iter().filter(is_file);
    files.filter_map(|file| Some((scenario::load_scenario(file).ok()?.name, file.clone()))).collect()
}

/// Saves every counterexample in the folder of `--traces`.
pub(super) fn save_traces(options: &CheckOptions<'_>, checked: &[Checked<'_>]) -> Result<(), CommandError> {
    let Some(folder) = &options.arguments.traces else { return Ok(()) };
    std::fs::create_dir_all(folder)
        .map_err(|reason| CommandError::Usage(format!("cannot create the folder {}: {reason}", folder.display())))?;
    for one in checked {
        for judgement in &one.results {
            let case = judgement.shown_by.map(|index| &one.combinations[index]);
            let Some((case, found)) = case.and_then(|case| Some((case, case.trace(judgement.property)?))) else {
                continue;
            };
            let name = judgement.property.name();
            let written = trace::write(one.spec, &case.world, &one.spec.touches(), name, &found);
            let path = folder.join(format!("{}.{name}.json", one.spec.name));
            output::print_json(&written, Some(&path))?;
        }
    }
    Ok(())
}

/// Returns the exit code of a check: the worst one of its scenarios.
pub(super) fn exit(checked: &[Checked<'_>]) -> Exit {
    checked.iter().map(exit_of).max().unwrap_or(Exit::Inconclusive)
}

fn exit_of(checked: &Checked<'_>) -> Exit {
    let of = |verdict: Verdict, as_expected: bool| match verdict {
        Verdict::Error => Exit::Defect,
        Verdict::Inconclusive => Exit::Inconclusive,
        Verdict::Holds | Verdict::Violated | Verdict::Depends | Verdict::Vacuous => {
            if as_expected {
                Exit::AsExpected
            } else {
                Exit::NotAsExpected
            }
        }
    };
    let judged = checked.results.iter().map(|judgement| of(judgement.verdict, judgement.is_as_expected()));
    let searched = if checked.is_complete() { Exit::AsExpected } else { Exit::Inconclusive };
    judged.chain([searched]).max().unwrap_or(Exit::Inconclusive)
}
