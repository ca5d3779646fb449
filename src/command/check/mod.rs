//! `stranded check`, in this order: `options` reads the arguments, with `checkpoint` and `cluster`; `search` runs the engine, with
//! `progress` beside it; `report` prints the results and gives the exit code.

mod checkpoint;
#[cfg(feature = "distributed")]
mod cluster;
#[cfg(not(feature = "distributed"))]
#[path = "no_cluster.rs"]
mod cluster;
mod options;
mod progress;
mod report;
mod search;

use self::options::CheckOptions;
use super::CommandError;
use crate::cli::Check;
use crate::exit::Exit;

pub(super) fn run(arguments: &Check) -> Result<Exit, CommandError> {
    let options = CheckOptions::of(arguments)?;
    let checked = search::check_all(&options)?;
    if let Some(exit) = cluster::finish(&options, &checked)? {
        return Ok(exit);
    }
    report::save_traces(&options, &checked)?;
    report::print(&options, &checked)?;
    Ok(report::exit(&checked))
}
