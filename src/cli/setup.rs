//! The arguments of the commands for a new user and for an installation.

use std::path::PathBuf;

use clap::Args;

/// `stranded init`
#[derive(Debug, Args)]
pub struct Init {
    /// The runbook; the scenario is written beside it, with `check-` before its name. Neither file may exist
    #[arg(default_value = "runbook.toml")]
    pub file: PathBuf,
}
