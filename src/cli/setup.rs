//! The arguments of the commands for a new user and for an installation: `init`, `completions` and `man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `stranded init`
#[derive(Debug, Args)]
pub struct Init {
    /// The runbook; the scenario is written beside it, with `check-` before its name. Neither file may exist
    #[arg(default_value = "runbook.toml")]
    pub file: PathBuf,
}

/// `stranded completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

/// `stranded man`
#[derive(Debug, Args)]
pub struct Man {
    /// The command, such as `check` or `testbed run` [default: stranded itself]
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Write the page of each command to this folder
    #[arg(long = "output", short = 'o', value_name = "DIR", conflicts_with = "command")]
    pub folder: Option<PathBuf>,
}
