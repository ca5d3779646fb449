//! The replay of a trace in the terminal, step by step.

use stranded_search::replay::Replayed;
use stranded_search::trace_file::TraceFile;

use crate::cli::Replay;
use crate::command::{CommandError, interrupt};
use crate::exit::Exit;
use crate::formats::trace::NarratedTrace;
use crate::report::table::TraceTable;
use crate::terminal;

/// Refuses `--interactive` without a terminal.
pub(super) fn require_terminal(arguments: &Replay) -> Result<(), CommandError> {
    if arguments.interactive && !terminal::is_available() {
        let reason = "--interactive needs a terminal for the screen and the keys; without it, \
                      `stranded replay` prints the steps as text";
        return Err(CommandError::Usage(reason.to_owned()));
    }
    Ok(())
}

pub(super) fn step_through(file: &TraceFile, replayed: &Replayed) -> Result<Exit, CommandError> {
    let Replayed { spec, world, trace: found, .. } = replayed;
    let table = TraceTable::rescued(spec, world, found).with_repair(|_| world);
    let property = file.property.as_deref();
    let narrated = NarratedTrace { spec, world, table: &table, property, own: table.rows.len() };
    interrupt::restores_terminal();
    terminal::step_through(&narrated)
        .map_err(|reason| CommandError::Usage(format!("cannot use the terminal: {reason}")))?;
    Ok(Exit::AsExpected)
}
