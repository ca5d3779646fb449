//! `stranded init`: a runbook and a scenario to start from.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::{CommandError, output};
use crate::cli::Init;
use crate::exit::Exit;
use stranded_search::files;
use stranded_search::scenario::is_kebab;

/// The runbook. Its name is replaced by that of the file.
const RUNBOOK: &str = include_str!("runbook.toml");
/// The scenario that runs it.
const SCENARIO: &str = include_str!("check-runbook.toml");
/// The name of the runbook in both texts.
const NAME: &str = "runbook";

/// Writes both files. A file that exists is never changed.
pub(super) fn run(arguments: &Init) -> Result<Exit, CommandError> {
    let runbook = &arguments.file;
    let name = name_of(runbook)?;
    let scenario = runbook.with_file_name(format!("check-{name}.toml"));
    let mut created = Vec::new();
    for path in [runbook, &scenario] {
        match File::create_new(path) {
            Ok(file) => created.push((path, file)),
            Err(reason) => {
                for (path, _) in &created {
                    let _ = std::fs::remove_file(path);
                }
                return Err(refused(path, &reason));
            }
        }
    }
    let mut exit = Exit::AsExpected;
    for ((path, mut file), text) in created.into_iter().zip([RUNBOOK, SCENARIO]) {
        exit = exit.max(output::saved(path, file.write_all(named(text, name).as_bytes())));
    }
    let [runbook, scenario] = [runbook, &scenario].map(|path| files::shown(path));
    let text = format!(
        "{runbook}: the steps; replace them by yours\n{scenario}: the site, and what happens beside the steps\n\n\
         Then: stranded check {scenario}\n"
    );
    Ok(exit.max(output::print(&text, None)))
}

/// Returns the name of the runbook: that of its file, which ends in `.toml`.
fn name_of(runbook: &Path) -> Result<&str, CommandError> {
    let stem = runbook.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_kebab(stem));
    stem.filter(|_| runbook.extension().is_some_and(|end| end == "toml")).ok_or_else(|| {
        let shown = files::shown(runbook);
        let form = "small letters, digits and single hyphens, beginning with a letter, then .toml";
        CommandError::Usage(format!("{shown} is no name for a runbook: {form}, such as my-runbook.toml"))
    })
}

fn refused(path: &Path, reason: &std::io::Error) -> CommandError {
    let shown = files::shown(path);
    CommandError::Usage(if reason.kind() == ErrorKind::AlreadyExists {
        format!("{shown} exists, and init replaces no file; name another: stranded init my-runbook.toml")
    } else {
        format!("cannot write {shown}: {reason}")
    })
}

/// Returns a text with the name of the runbook.
fn named(text: &str, name: &str) -> String {
    text.replace(NAME, name)
}
