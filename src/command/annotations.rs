//! The errors of a command that has no result, as annotations: with `--format github` or `--report github`, the reader of a job sees
//! them at the lines of the files.

use stranded_oracle::event_log::LogError;
use stranded_search::scenario::{Diagnostic, Diagnostics};

use crate::cli::{Command, Format};
use crate::formats::results::{self, InputError, Location};

use super::{CommandError, output, outputs, summary};

/// Prints the annotations of an error, and adds it to the summary of the job, if the command is asked for annotations.
pub(super) fn print(command: &Command, error: &CommandError) {
    let Some(output) = outputs::for_github(command) else { return };
    let errors = errors(error);
    let text = results::input_errors(&errors);
    for (_, file) in output.destinations().filter(|(format, _)| *format == Format::Github) {
        // The exit code of the error is worse than that of an output that cannot be written.
        let _ = output::write(&text, file);
    }
    let _ = summary::append(|room| results::summary_of_errors(&errors, room));
}

fn errors(error: &CommandError) -> Vec<InputError> {
    match error {
        CommandError::Input(diagnostics) => of_input(diagnostics),
        CommandError::Log(error) => vec![of_log(error)],
        CommandError::Usage(says)
        | CommandError::NotAsExpected(says)
        | CommandError::Inconclusive(says)
        | CommandError::BrokenAdapter(says) => vec![InputError { says: says.clone(), location: None }],
    }
}

fn of_input(diagnostics: &Diagnostics) -> Vec<InputError> {
    let error = |diagnostic: &Diagnostic| {
        let spot = diagnostic.spot.as_ref();
        let label = spot.map(|spot| format!(": {}", spot.label));
        let help = diagnostic
            .help
            .as_ref()
            .map(|help| format!(" ({})", help.split_whitespace().collect::<Vec<_>>().join(" ")));
        let location = spot.map(|spot| Location {
            file: spot.file.name.clone(),
            line: usize::try_from(spot.file.line(spot.span.start)).ok(),
        });
        InputError { says: [Some(diagnostic.message.clone()), label, help].into_iter().flatten().collect(), location }
    };
    let more = (diagnostics.more() > 0)
        .then(|| InputError { says: format!("and {} more errors", diagnostics.more()), location: None });
    diagnostics.iter().map(error).chain(more).collect()
}

fn of_log(error: &LogError) -> InputError {
    let says = format!("{}; expected {}", error.wrong.message, error.wrong.wanted);
    InputError { says, location: Some(Location { file: error.file.clone(), line: Some(error.line) }) }
}
