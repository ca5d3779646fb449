//! Output: results to standard output or a file, everything else to standard error.

use std::io::{ErrorKind, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::exit::Exit;
use crate::formats::results::{self, Case, ResultFormat};
use crate::report::text::WIDTH;
use stranded_search::files;
use stranded_search::sanitize::{all_but_colours, in_json, visible};

use super::CommandError;

/// The style of the word `error`.
pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// The name of standard output in place of a file.
const STANDARD_OUTPUT: &str = "-";

/// Prints a result for people. Only a terminal gets style codes; all other control characters are made visible.
pub(super) fn print(text: &str, file: Option<&Path>) -> Result<Exit, CommandError> {
    let text = all_but_colours(text);
    match named(file) {
        Some(path) => write(&anstream::adapter::strip_str(&text).to_string(), Some(path)),
        None => write(&text, None),
    }
}

/// Returns the file, unless the name means standard output.
fn named(file: Option<&Path>) -> Option<&Path> {
    file.filter(|path| *path != Path::new(STANDARD_OUTPUT))
}

/// Writes a result without changes. A closed pipe is no error.
pub(super) fn write(text: &str, file: Option<&Path>) -> Result<Exit, CommandError> {
    let file = named(file);
    let written = match file {
        Some(path) => files::write(path, text.as_bytes()),
        None => anstream::stdout().lock().write_all(text.as_bytes()),
    };
    match written {
        Ok(()) => Ok(Exit::AsExpected),
        Err(reason) if file.is_none() && reason.kind() == ErrorKind::BrokenPipe => Ok(Exit::AsExpected),
        Err(reason) => {
            let target = file.map_or_else(|| "standard output".to_owned(), |path| path.display().to_string());
            Err(CommandError::Usage(format!("cannot write to {target}: {reason}")))
        }
    }
}

/// Prints a result as JSON.
pub(super) fn print_json(value: &impl Serialize, file: Option<&Path>) -> Result<Exit, CommandError> {
    let mut text = serde_json::to_string_pretty(value).expect("every report can be written as JSON");
    text.push('\n');
    write(&in_json(&text), file)
}

/// Prints cases in a format for programs that know tests.
pub(super) fn print_cases(cases: &[Case], form: ResultFormat, file: Option<&Path>) -> Result<Exit, CommandError> {
    write(&visible(&results::written(cases, form)), file)
}

/// Returns the error of a command that does not support a format.
pub(super) fn unsupported(command: &str, form: ResultFormat) -> CommandError {
    CommandError::Usage(format!(
        "stranded {command} does not support --format {}; it supports text and json",
        form.name()
    ))
}

/// Returns the width of the terminal, or the width of a report in a file.
pub(super) fn width(file: Option<&Path>) -> u16 {
    let terminal = if named(file).is_some() { None } else { terminal_size::terminal_size_of(std::io::stdout()) };
    terminal.map_or(WIDTH, |(terminal_size::Width(width), _)| width.clamp(60, 160))
}

/// Prints a message to standard error.
pub(super) fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", visible(text));
}

/// Prints an error to standard error, beside a result.
pub(super) fn error(text: &str) {
    let _ = writeln!(anstream::stderr(), "{ERROR}error{ERROR:#}: {}", visible(text));
}

/// Prints a warning to standard error.
pub(super) fn warn(text: &str) {
    let style = AnsiColor::Yellow.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}warning{style:#}: {}", visible(text));
}
