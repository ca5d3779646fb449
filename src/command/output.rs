//! Printing: results on standard output or into a file, everything else on standard error.

use std::io::{ErrorKind, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::exit::Exit;
use crate::formats::results::{self, Case, Form};
use crate::report::text::WIDTH;
use stranded_search::files;
use stranded_search::sanitize::{all_but_colours, in_json, visible};

use super::Failure;

/// How the word `error` looks.
pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// What stands for standard output where a file can be named.
const STANDARD_OUTPUT: &str = "-";

/// Prints a result for people. Style codes reach a terminal only, and nothing else that a terminal obeys is let through.
pub(super) fn print(text: &str, file: Option<&Path>) -> Result<Exit, Failure> {
    let text = all_but_colours(text);
    match named(file) {
        Some(path) => write(&anstream::adapter::strip_str(&text).to_string(), Some(path)),
        None => write(&text, None),
    }
}

/// The file, if what is named is one.
fn named(file: Option<&Path>) -> Option<&Path> {
    file.filter(|path| *path != Path::new(STANDARD_OUTPUT))
}

/// Hands a result over as it is: a page, or what another program reads. A reader that has gone away is no failure.
pub(super) fn write(text: &str, file: Option<&Path>) -> Result<Exit, Failure> {
    let file = named(file);
    let written = match file {
        Some(path) => files::write(path, text.as_bytes()),
        None => anstream::stdout().lock().write_all(text.as_bytes()),
    };
    match written {
        Ok(()) => Ok(Exit::AsExpected),
        Err(reason) if file.is_none() && reason.kind() == ErrorKind::BrokenPipe => Ok(Exit::AsExpected),
        Err(reason) => {
            let place = file.map_or_else(|| "standard output".to_owned(), |path| path.display().to_string());
            Err(Failure::Usage(format!("cannot write to {place}: {reason}")))
        }
    }
}

/// Prints a result as JSON.
pub(super) fn print_json(value: &impl Serialize, file: Option<&Path>) -> Result<Exit, Failure> {
    let mut text = serde_json::to_string_pretty(value).expect("every report can be written as JSON");
    text.push('\n');
    write(&in_json(&text), file)
}

/// Prints cases in a form for other programs.
pub(super) fn print_cases(cases: &[Case], form: Form, file: Option<&Path>) -> Result<Exit, Failure> {
    write(&visible(&results::written(cases, form)), file)
}

/// The failure of a command that has nothing to say in a form.
pub(super) fn no_form(command: &str, form: Form) -> Failure {
    Failure::Usage(format!("stranded {command} has nothing to say as {}: it prints text or json", form.name()))
}

/// The width of the terminal that a result goes to, or the width of a report.
pub(super) fn width(file: Option<&Path>) -> u16 {
    let terminal = if named(file).is_some() { None } else { terminal_size::terminal_size_of(std::io::stdout()) };
    terminal.map_or(WIDTH, |(terminal_size::Width(width), _)| width.clamp(60, 160))
}

/// Says how things stand.
pub(super) fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", visible(text));
}

/// Says something that is no result.
pub(super) fn warn(text: &str) {
    let style = AnsiColor::Yellow.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}warning{style:#}: {}", visible(text));
}
