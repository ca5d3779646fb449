//! A check in a build without the engine timely: one process searches.

use std::time::Instant;

use stranded_search::check::Checked;
use stranded_search::engine::Cluster;
use stranded_search::scenario::Spec;

use super::CheckOptions;
use crate::cli::Check;
use crate::command::CommandError;
use crate::exit::Exit;

/// Joins no workers: this build has none.
#[expect(clippy::unnecessary_wraps, reason = "the build with the engine timely can fail here")]
pub(super) fn join(_: &Check, _: &[Spec], _: Option<Instant>) -> Result<Option<Cluster>, CommandError> {
    Ok(None)
}

/// Leaves the report to this process.
#[expect(clippy::unnecessary_wraps, reason = "the build with the engine timely can fail here")]
pub(super) fn finish(_: &CheckOptions<'_>, _: &[Checked<'_>]) -> Result<Option<Exit>, CommandError> {
    Ok(None)
}
