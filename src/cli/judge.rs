//! The arguments of the commands that judge implementations, and of those that help to write one.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};
use stranded_model::action::ActionKind;

use stranded_oracle::oracle::{EXPLANATIONS_MAX, SPONTANEOUS};

use super::Output;

/// `stranded conform`
#[derive(Debug, Args)]
pub struct Conform {
    /// A built-in scenario or a TOML file
    #[arg(required_unless_present = "replay", conflicts_with = "replay")]
    pub scenario: Option<String>,
    /// The adapter: a command and its arguments
    #[arg(last = true, required = true, value_name = "ADAPTER")]
    pub adapter: Vec<String>,
    /// Ask the same again that was recorded in this file, instead of driving
    #[arg(long, value_name = "FILE")]
    pub replay: Option<String>,
    /// How to choose what is asked next
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub drive: Driving,
    /// What runs are drawn with: the same seed asks the same
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Ask for whole runs of a procedure, also of an adapter that can do single steps
    #[arg(long)]
    pub whole_runs: bool,
    /// Stop after this many actions, those that make a failing run short left out
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub max_actions: usize,
    /// Ask nothing new after this time, such as 10s or 5m; trying a failing run again may take a little longer
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Fail if less than this part of the transitions was asked for, in percent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub fail_under: Option<f64>,
    /// Judge only what was seen, by the safety properties: nobody knows which procedure is followed
    #[arg(long)]
    pub safety: bool,
    /// Judge by this built-in procedure, whatever the scenario says is run
    #[arg(long, value_name = "PROCEDURE", conflicts_with_all = ["safety", "replay"])]
    pub implements: Option<String>,
    /// Give up when more than this many explanations are left at once
    #[arg(long, value_name = "N", default_value_t = EXPLANATIONS_MAX)]
    pub max_beliefs: usize,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "10s")]
    pub deadline: Duration,
    /// Append what the adapter says on standard error to this file
    #[arg(long, value_name = "FILE")]
    pub adapter_log: Option<PathBuf>,
    /// Write all that was asked, answered and seen to this file, as a log that `validate` reads
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Hold what was found against the known deviations in this file: anything else fails, and so does one that passes now or
    /// has expired
    #[arg(long, value_name = "FILE.toml", conflicts_with = "replay")]
    pub expected_failures: Option<PathBuf>,
    /// Save the shortest failing runs in this folder
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
    /// Where and how to print.
    #[command(flatten)]
    pub output: Output,
}

/// How to choose what an adapter is asked next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Driving {
    /// Whatever was not asked yet, until everything was
    #[default]
    Exhaustive,
    /// Anything that is possible, drawn with the seed
    Random,
    /// What leads where it was least, ties drawn with the seed
    Guided,
}

/// `stranded validate`
#[derive(Debug, Args)]
pub struct Validate {
    /// A built-in scenario or a TOML file
    pub scenario: String,
    /// What the system did, as JSON Lines; - reads standard input
    pub log: String,
    /// Judge while the log is written, and say on standard error at once what is found; it ends with `{"event":"end"}`, with
    /// Ctrl-C, or when whoever writes a pipe closes it
    #[arg(long)]
    pub follow: bool,
    /// How to judge.
    #[command(flatten)]
    pub options: Judging,
    /// Where and how to print.
    #[command(flatten)]
    pub output: Output,
}

/// `stranded generate`
#[derive(Debug, Args)]
pub struct Generate {
    /// A built-in scenario or a TOML file
    pub scenario: String,
    /// The folder that they are written to; there must be nothing in it
    #[arg(short = 'o', long = "output", value_name = "DIR")]
    pub folder: PathBuf,
    /// Replace the vectors that are in the folder
    #[arg(long)]
    pub force: bool,
    /// Ask for every step of a program by itself, not for whole runs
    #[arg(long)]
    pub steps: bool,
    /// Actions that happen by themselves and are not asked for, with commas between them, or all, or none
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = missing_kinds(), default_value = MISSING_NONE)]
    pub missing: Vec<String>,
    /// Allow what this built-in procedure does, whatever the scenario says is run
    #[arg(long, value_name = "PROCEDURE")]
    pub implements: Option<String>,
    /// Stop looking for transitions when there are more than this many states
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    pub max_states: usize,
}

/// `stranded oracle`
#[derive(Debug, Args)]
pub struct Consult {
    /// A built-in scenario or a TOML file
    pub scenario: String,
    /// How to judge.
    #[command(flatten)]
    pub options: Judging,
}

/// How an implementation is judged.
#[derive(Debug, Args)]
pub struct Judging {
    /// Judge only what was seen, by the safety properties: nobody knows which procedure is followed
    #[arg(long)]
    pub safety: bool,
    /// Actions that may have happened without being in the log, with commas between them, or all, or none
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = missing_kinds(),
        default_values_t = SPONTANEOUS.map(|kind| kind.name().to_owned()))]
    pub missing: Vec<String>,
    /// Judge by this built-in procedure, whatever the scenario says is run
    #[arg(long, value_name = "PROCEDURE", conflicts_with = "safety")]
    pub implements: Option<String>,
    /// Give up when more than this many explanations are left at once
    #[arg(long, value_name = "N", default_value_t = EXPLANATIONS_MAX)]
    pub max_beliefs: usize,
}

/// Every kind of action can be missing from a log.
pub(crate) const MISSING_ALL: &str = "all";
/// None can.
pub(crate) const MISSING_NONE: &str = "none";

fn percent(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 100".to_owned())
}

fn missing_kinds() -> PossibleValuesParser {
    let words = [MISSING_ALL, MISSING_NONE];
    PossibleValuesParser::new(ActionKind::ALL.into_iter().map(ActionKind::name).chain(words).collect::<Vec<_>>())
}

/// `stranded adapter`
#[derive(Debug, Subcommand)]
pub enum AdapterCommand {
    /// The model itself as an implementation
    Reference(AdapterReference),
}

/// `stranded adapter reference`
#[derive(Debug, Args)]
pub struct AdapterReference {
    /// Be this wrong implementation instead; `stranded list mutants` has them
    #[arg(long, value_name = "NAME")]
    pub mutant: Option<String>,
    /// Which combination of answers to the scenario's assumptions it follows, from 0, in the order of `check --assumptions`
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub combination: usize,
}

/// `stranded doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// The adapter: a command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
    /// The scenario that it is asked about
    #[arg(long, value_name = "SCENARIO", default_value = "move")]
    pub scenario: String,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "5s")]
    pub deadline: Duration,
    /// How much longer to wait for a late answer, to tell a slow adapter from one that does not flush
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "5s")]
    pub timeouts: Duration,
    /// Append what the adapter says on standard error to this file
    #[arg(long, value_name = "FILE")]
    pub adapter_log: Option<PathBuf>,
    /// Where and how to print.
    #[command(flatten)]
    pub output: Output,
}
