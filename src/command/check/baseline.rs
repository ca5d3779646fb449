//! `stranded check --baseline REPORT.json`: reads the earlier report.

use std::path::Path;

use stranded_search::files;
use stranded_search::sanitize::of_json;

use crate::command::CommandError;
use crate::report::baseline::Baseline;

/// Reads an earlier report.
pub(super) fn read(path: &Path) -> Result<Baseline, CommandError> {
    let text = files::read(path).map_err(|error| CommandError::Usage(error.to_string()))?;
    of_json(&text).map_err(|reason| {
        let shown = files::shown(path);
        let wanted = "write one with: stranded check … --format json -o FILE";
        let (at, reason) = (reason.path().to_string(), reason.inner().to_string());
        CommandError::Usage(format!("{shown} is not a report of stranded check: at {at}: {reason}; {wanted}"))
    })
}
