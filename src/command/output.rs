//! Output: results to standard output or a file, everything else to standard error.

use std::cell::OnceCell;
use std::io::{ErrorKind, IsTerminal as _, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::cli::{Output, OutputKind, STANDARD_OUTPUT};
use crate::exit::Exit;
use crate::formats::results::{self, Case};
use crate::report::text::WIDTH;
use stranded_search::files;
use stranded_search::sanitize::{all_but_colours, in_json, visible, without_commands};

use super::{CommandError, summary};

/// The style of the word `error`.
pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();

/// A result in every form that a command has.
pub(super) struct Forms<'a> {
    /// The text for people, of a given width.
    pub(super) text: &'a dyn Fn(u16) -> String,
    /// The JSON for programs.
    pub(super) json: &'a dyn Fn() -> String,
    /// The cases, for programs that know tests; `None` if the command has no cases, which [`super::outputs`] has checked.
    pub(super) cases: Option<&'a dyn Fn() -> Vec<Case>>,
}

/// Prints a result in each format of the command line, to its destination.
pub(super) fn publish(to: &Output, result: &Forms<'_>) -> Exit {
    publish_with_notes(to, result, &[])
}

/// Prints a result likewise, with notes that concern all its cases: the text and the JSON have them in a form of their own.
pub(super) fn publish_with_notes(to: &Output, result: &Forms<'_>, notes: &[results::Note]) -> Exit {
    let all = OnceCell::new();
    let cases = || all.get_or_init(|| result.cases.map_or_else(Vec::new, |cases| cases())).as_slice();
    let printed = to.destinations().map(|(format, file)| match format.kind() {
        OutputKind::Text => print(&(result.text)(width(file)), file),
        OutputKind::Json => write(&(result.json)(), file),
        OutputKind::Cases(form) => write(&results::written(cases(), notes, form), file),
    });
    let printed = printed.fold(Exit::AsExpected, Exit::max);
    if to.is_for_github() {
        printed.max(summary::append(|room| results::summary(cases(), notes, room)))
    } else {
        printed
    }
}

/// Prints a result for people. Only a terminal gets style codes; all other control characters are made visible.
pub(super) fn print(text: &str, file: Option<&Path>) -> Exit {
    let text = all_but_colours(text);
    let text = without_commands(&text);
    match named(file) {
        Some(path) => write(&anstream::adapter::strip_str(&text).to_string(), Some(path)),
        None => write(&text, None),
    }
}

/// Returns the file, unless the name means standard output.
pub(super) fn named(file: Option<&Path>) -> Option<&Path> {
    file.filter(|path| *path != Path::new(STANDARD_OUTPUT))
}

/// Prints foreign or converted text without style codes.
pub(super) fn print_plain(text: &str, file: Option<&Path>) -> Exit {
    write(&without_commands(&visible(text)), file)
}

/// Writes a result without changes; to standard output if the file cannot be written.
pub(super) fn write(text: &str, file: Option<&Path>) -> Exit {
    let saved = named(file).map(|path| save(text, path));
    match saved {
        Some(Exit::AsExpected) => Exit::AsExpected,
        Some(failed) => failed.max(write_to_standard_output(text)),
        None => write_to_standard_output(text),
    }
}

/// Writes a file. A failure is printed, and makes a result inconclusive.
pub(super) fn save(text: &str, path: &Path) -> Exit {
    saved(path, files::write(path, text.as_bytes()))
}

/// Prints the failure of a write, if it is one.
pub(super) fn saved(path: &Path, written: std::io::Result<()>) -> Exit {
    written.map_or_else(|reason| failed(&files::shown(path), &reason), |()| Exit::AsExpected)
}

/// Writes to standard output. A closed pipe is no error.
fn write_to_standard_output(text: &str) -> Exit {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(reason) if reason.kind() != ErrorKind::BrokenPipe => failed("standard output", &reason),
        Ok(()) | Err(_) => Exit::AsExpected,
    }
}

fn failed(target: &str, reason: &std::io::Error) -> Exit {
    say(&CommandError::Inconclusive(format!("cannot write to {target}: {reason}")).to_string());
    Exit::Inconclusive
}

/// Prints a value as JSON.
pub(super) fn print_json(value: &impl Serialize, file: Option<&Path>) -> Exit {
    write(&json(value), file)
}

/// Returns a value as the text of a JSON file.
pub(super) fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("every report can be written as JSON");
    text.push('\n');
    in_json(&text).into_owned()
}

/// Returns the width of the terminal that shows a result; none for a pipe or a file.
pub(super) fn terminal_width(file: Option<&Path>) -> Option<u16> {
    (named(file).is_none() && std::io::stdout().is_terminal()).then(|| width(file))
}

/// Returns the width of a report: that of the terminal; in a pipe, the variable `COLUMNS`; otherwise the width of a report in a file.
pub(super) fn width(file: Option<&Path>) -> u16 {
    if named(file).is_some() {
        return WIDTH;
    }
    let terminal = terminal_size::terminal_size_of(std::io::stdout()).map(|(terminal_size::Width(width), _)| width);
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(columns).map_or(WIDTH, |width: u16| width.clamp(60, 160))
}

/// Prints a message to standard error.
pub(super) fn say(text: &str) {
    let text = all_but_colours(text);
    let _ = writeln!(anstream::stderr(), "{}", without_commands(&text));
}

/// Shows progress in the last line of a terminal, in place of what was there; nothing clears it.
#[cfg(feature = "testbed")]
pub(super) fn progress(text: &str) {
    const COLUMNS: usize = 79;
    let mut err = std::io::stderr();
    if err.is_terminal() {
        let text: String = visible(text).chars().take(COLUMNS).collect();
        let _ = write!(err, "\r\x1b[K{text}");
    }
}

/// Prints an error to standard error, beside a result.
pub(super) fn error(text: &str) {
    let _ = writeln!(anstream::stderr(), "{ERROR}error{ERROR:#}: {}", visible(text));
}

/// Prints a warning to standard error.
pub(super) fn warn(text: &str) {
    let style = AnsiColor::Yellow.on_default().bold();
    say(&format!("{style}warning{style:#}: {}", visible(text)));
}
