//! The replay of a recording of an implementation: the oracle judges it again.

use std::collections::BTreeMap;
use std::time::Instant;

use stranded_oracle::conform::{self, Recording};
use stranded_oracle::judged::{Judged, Subject};
use stranded_search::files;

use super::{judging, parse};
use crate::cli::Replay;
use crate::command::CommandError;
use crate::exit::Exit;
use crate::report::driven;

/// Returns true if a text is a recording. A text that cannot be read is left to the reader of traces, which reports why.
pub(super) fn is_recording(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Kind {
        kind: String,
    }
    serde_json::from_str::<Kind>(text).is_ok_and(|found| found.kind == conform::recording::KIND)
}

/// Reads a recording.
pub(in crate::command) fn read(path: &str) -> Result<Recording, CommandError> {
    let text = files::read(path).map_err(|error| CommandError::Usage(error.to_string()))?;
    conform::recording::check_format(&text).map_err(|reason| refused(path, reason))?;
    parse(path, &text)
}

/// Returns the error of a recording that cannot be judged again.
pub(in crate::command) fn refused(path: &str, refused: conform::RecordingError) -> CommandError {
    match refused {
        conform::RecordingError::Scenario(diagnostics) => CommandError::Input(diagnostics),
        conform::RecordingError::File(reason) | conform::RecordingError::Stale(reason) => {
            CommandError::Usage(format!("{path}: {reason}"))
        }
    }
}

/// Judges a recording again, and prints it.
pub(super) fn replay(record: &Recording, arguments: &Replay) -> Result<Exit, CommandError> {
    if is_converted(arguments) {
        let reason = "is a recording of an implementation: use --format text or json, or `stranded explore`";
        return Err(CommandError::Usage(format!("{} {reason}", arguments.trace)));
    }
    let started = Instant::now();
    let found = record.judge().map_err(|reason| refused(&arguments.trace, reason))?;
    let judged = Judged {
        scenario: &record.scenario,
        subject: Subject::Implementation(&record.implementation),
        judgement: &found,
        lines: &BTreeMap::new(),
        not_exercised: &[],
        broken: None,
        extra: &[],
    };
    let more = |width| format!("\n{}", driven::recording(record, width));
    let printed = judging::print(&judged, &more, started.elapsed(), &arguments.output);
    Ok(printed.max(judging::exit(&found)))
}

fn is_converted(arguments: &Replay) -> bool {
    #[cfg(feature = "explore")]
    let is_page = arguments.html.is_some();
    #[cfg(not(feature = "explore"))]
    let is_page = false;
    #[cfg(feature = "terminal")]
    let is_interactive = arguments.interactive;
    #[cfg(not(feature = "terminal"))]
    let is_interactive = false;
    arguments.to.is_some() || is_page || is_interactive
}
