//! The errors of a command that has no result, as cases in the formats of other programs: with `--format github` or `--report github`, the
//! reader of a job sees them at the lines of the files.

use stranded_oracle::event_log::LogError;
use stranded_search::scenario::{Diagnostic, Diagnostics};

use crate::cli::{Command, Format, OutputKind};
use crate::formats::results::{self, InputError, Location};

use super::{CommandError, output, outputs, summary};

/// The destinations that an error reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The log of the job.
    Log,
    /// The log of the job, and every file with cases: it would keep the cases of an earlier run.
    All,
}

/// Prints the annotations of an error, and adds it to the summary of the job, if the command is asked for annotations; writes it to the
/// files that other programs read.
pub(super) fn print(command: &Command, error: &CommandError, reach: Reach) {
    let Some(output) = outputs::with_cases(command) else { return };
    let errors = errors(error);
    for (format, file) in output.destinations() {
        let OutputKind::Cases(form) = format.kind() else { continue };
        let is_reached = match output::named(file) {
            Some(_) => reach == Reach::All,
            None => format == Format::Github,
        };
        if is_reached {
            // The exit code of the error is worse than that of an output that cannot be written.
            let _ = output::write(&results::written_errors(&errors, form), file);
        }
    }
    if output.is_for_github() {
        let _ = summary::append(|room| results::summary_of_errors(&errors, room));
    }
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
