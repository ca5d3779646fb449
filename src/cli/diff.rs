//! The options of `stranded diff`.

use clap::Args;

use super::{LimitArguments, Output, TrialArguments};

/// `stranded diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// A built-in procedure or scenario, or a TOML file; a built-in name that is both means the procedure
    pub old: String,
    /// The same after the change
    pub new: String,
    /// Compare procedures from the quiescent states of this scenario, or from a `fresh` site [default: from stranded, and
    /// from a fresh site]
    #[arg(long, value_name = "SCENARIO|fresh")]
    pub from: Option<String>,
    /// The events that can occur while a procedure runs.
    #[command(flatten)]
    pub trial: TrialArguments,
    /// The limits of each search.
    #[command(flatten)]
    pub limits: LimitArguments,
    /// Format and destination of the report.
    #[command(flatten)]
    pub output: Output,
}
