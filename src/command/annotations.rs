//! The errors of a command that has no result, as cases in the formats of other programs: with `--format github` or `--report github`, the
//! reader of a job sees them at the lines of the files.

use std::slice;

use stranded_oracle::event_log::LogError;
use stranded_search::scenario::{Diagnostic, Diagnostics};

use crate::cli::{Command, Format, OutputKind};
use crate::formats::results::{self, Case, InputError, Location, ResultFormat};

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
    let unjudged = Unjudged::of(command, error);
    for (format, file) in output.destinations() {
        let OutputKind::Cases(form) = format.kind() else { continue };
        let is_reached = match output::named(file) {
            Some(_) => reach == Reach::All,
            None => format == Format::Github || matches!(unjudged, Unjudged::Case(_)),
        };
        if is_reached {
            // The exit code of the error is worse than that of an output that cannot be written.
            let _ = output::write(&unjudged.written(form), file);
        }
    }
    if output.is_for_github() {
        let _ = summary::append(|room| unjudged.summary(room));
    }
}

/// The reason why a command has no result.
enum Unjudged {
    /// The input is wrong; standard output gets nothing but annotations.
    Input(Vec<InputError>),
    /// The work was started and nothing can be judged.
    Case(Box<Case>),
}

impl Unjudged {
    fn of(command: &Command, error: &CommandError) -> Self {
        match error {
            CommandError::Input(diagnostics) => Self::Input(of_input(diagnostics)),
            CommandError::Log(error) => Self::Input(vec![of_log(error)]),
            CommandError::Usage(says) | CommandError::NotAsExpected(says) => {
                Self::Input(vec![InputError { says: says.clone(), location: None }])
            }
            CommandError::BrokenAdapter(says) => Self::Case(Box::new(results::of_broken_adapter(suite(command), says))),
            CommandError::Inconclusive(why) => Self::Case(Box::new(results::of_nothing(suite(command), why))),
        }
    }

    fn written(&self, form: ResultFormat) -> String {
        match self {
            Self::Input(errors) => results::written_errors(errors, form),
            Self::Case(case) => results::written(slice::from_ref(&**case), &[], form),
        }
    }

    fn summary(&self, room: usize) -> String {
        match self {
            Self::Input(errors) => results::summary_of_errors(errors, room),
            Self::Case(case) => results::summary(slice::from_ref(&**case), &[], room),
        }
    }
}

/// Returns the suite of the case of a command without a result: what an implementation was judged by.
fn suite(command: &Command) -> &str {
    let given = if let Command::Conform(conform) = command {
        conform.scenario.as_ref().or(conform.replay.as_ref())
    } else {
        None
    };
    given.map_or("stranded", String::as_str)
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
