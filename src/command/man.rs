//! `stranded man` and `stranded completions`: both follow the definition of the command line.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_complete::env::{CompleteEnv, Shells};
use stranded_search::files;
use stranded_search::scenario::{listed, nearest};

use super::{CommandError, output};
use crate::cli::{Cli, Man};
use crate::exit::Exit;

/// The variable by which a completion script asks the program for completions.
const VARIABLE: &str = "STRANDED_COMPLETE";
/// The name of the program.
const PROGRAM: &str = "stranded";

/// The end of the script of zsh: as an autoloaded function `_stranded`, the script also answers the first request.
const ZSH_AUTOLOAD: &str = "if [[ $funcstack[1] == _stranded ]]; then _clap_dynamic_completer_stranded \"$@\"; fi\n";

/// Prints completions and ends the program, if a completion script asks for them.
pub fn complete() {
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// Prints the completion script of a shell. It asks the installed program, so it stays right after an update.
pub(super) fn completions(shell: Shell) -> Result<Exit, CommandError> {
    let cannot = |reason: &str| CommandError::Usage(format!("cannot write the completions of {shell}: {reason}"));
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let completer = shells.completer(&shell.to_string()).ok_or_else(|| cannot("the shell is not known"))?;
    let written = completer.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script);
    written.map_err(|reason| cannot(&reason.to_string()))?;
    if shell == Shell::Zsh {
        script.extend_from_slice(ZSH_AUTOLOAD.as_bytes());
    }
    Ok(output::write(&String::from_utf8_lossy(&script), None))
}

/// Prints a manual page, or writes all of them.
pub(super) fn run(arguments: &Man) -> Result<Exit, CommandError> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    match &arguments.folder {
        Some(folder) => write_pages(&root, folder),
        None => Ok(output::write(&page(&named(&root, &arguments.command)?)?, None)),
    }
}

/// Returns the command with these words.
fn named(root: &clap::Command, words: &[String]) -> Result<clap::Command, CommandError> {
    let mut command = root;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| {
            let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            let near = nearest(word, &names).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            CommandError::Usage(format!("unknown command `{word}`; {near}{}", listed(&names)))
        })?;
    }
    Ok(command.clone())
}

fn page(command: &clap::Command) -> Result<String, CommandError> {
    let mut page = Vec::new();
    let manual = clap_mangen::Man::new(command.clone()).source(format!("stranded {}", env!("CARGO_PKG_VERSION")));
    let rendered = manual.render(&mut page);
    rendered.map_err(|reason| CommandError::Usage(format!("cannot render the manual page: {reason}")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Writes the page of a command and of those below it.
fn write_pages(command: &clap::Command, folder: &Path) -> Result<Exit, CommandError> {
    let mut written = output::saved(folder, std::fs::create_dir_all(folder));
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = folder.join(format!("{name}.1"));
    written = written.max(output::saved(&path, files::write(&path, page(command)?.as_bytes())));
    for below in command.get_subcommands() {
        written = written.max(write_pages(below, folder)?);
    }
    Ok(written)
}
