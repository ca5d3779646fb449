//! The explorer of one trace, as one file.

use stranded_search::replay::Replayed;
use stranded_search::trace_file::TraceFile;

use crate::command::CommandError;
use crate::explore::document::About;
use crate::explore::{library::Library, single};

pub(super) fn page(file: &TraceFile, replayed: Replayed) -> Result<String, CommandError> {
    let repeats_from = replayed.trace.repeats_from;
    let title =
        file.property.as_ref().map_or_else(|| file.scenario.clone(), |name| format!("{}: {name}", file.scenario));
    let trace = Library::default().of_trace(replayed).map_err(|error| CommandError::Usage(error.0))?;
    Ok(single::page(&trace, About { title, property: file.property.clone(), repeats_from, forked_at: None }))
}
