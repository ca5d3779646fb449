//! The arguments of the commands that judge implementations or help to write them.

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
    #[arg(conflicts_with = "replay")]
    #[cfg_attr(feature = "testbed", arg(required_unless_present_any = ["replay", "tools"]))]
    #[cfg_attr(not(feature = "testbed"), arg(required_unless_present = "replay"))]
    pub scenario: Option<String>,
    /// The adapter: a command and its arguments
    #[arg(last = true, value_name = "ADAPTER")]
    #[cfg_attr(feature = "testbed", arg(required_unless_present = "tools"))]
    #[cfg_attr(not(feature = "testbed"), arg(required = true))]
    pub adapter: Vec<String>,
    /// A whole tool instead of an adapter.
    #[cfg(feature = "testbed")]
    #[command(flatten)]
    pub tool: super::ToolArguments,
    /// Repeat the operations of this recording instead of choosing new ones
    #[arg(long, value_name = "FILE")]
    pub replay: Option<String>,
    /// Choice of the next operation
    #[arg(long, value_enum, value_name = "MODE", default_value_t)]
    pub drive: DriveMode,
    /// Seed of random choices: the same seed gives the same operations
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Request whole runs of a procedure, also from an adapter that supports single steps
    #[arg(long)]
    pub whole_runs: bool,
    /// Stop after this many actions; shrinking does not count
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub max_actions: usize,
    /// Start nothing new after this time, such as 10s or 5m; repeating a failing trace may take a little longer
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Fail if less than this percentage of the transitions was exercised
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub fail_under: Option<f64>,
    /// Judge observations by the safety properties only, without knowledge of the procedure
    #[arg(long)]
    pub safety: bool,
    /// Judge by this built-in procedure instead of the procedures that the scenario runs
    #[arg(long, value_name = "PROCEDURE", conflicts_with_all = ["safety", "replay"])]
    pub implements: Option<String>,
    /// Stop judging when more than this many explanations remain
    #[arg(long, value_name = "N", default_value_t = EXPLANATIONS_MAX)]
    pub max_explanations: usize,
    /// The longest time for an answer
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "10s")]
    pub deadline: Duration,
    /// Append the standard error of the adapter to this file
    #[arg(long, value_name = "FILE")]
    pub adapter_log: Option<PathBuf>,
    /// Write all operations, answers and observations to this file, as a log that `validate` reads
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Accept the known deviations in this file; other deviations fail, and so do listed ones that pass now or have expired
    #[arg(long, value_name = "FILE.toml", conflicts_with = "replay")]
    pub expected_failures: Option<PathBuf>,
    /// Save a recording of each shortest failing trace in this folder
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
    /// Format and destination of the report.
    #[command(flatten)]
    pub output: Output,
}

/// Ways to choose the next operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DriveMode {
    /// Choose untried operations, and stop when none is left
    #[default]
    Exhaustive,
    /// Choose any possible operation at random
    Random,
    /// Choose the operation whose next states were visited least; break ties at random
    Guided,
}

/// `stranded validate`
#[derive(Debug, Args)]
pub struct Validate {
    /// A built-in scenario or a TOML file
    pub scenario: String,
    /// The log of the system, as JSON Lines; - is standard input
    pub log: String,
    /// Judge while the log is written, and print each finding to standard error at once; stop at `{"event":"end"}`, at
    /// Ctrl-C, or at the end of a pipe
    #[arg(long)]
    pub follow: bool,
    /// Stop after this time, such as 10s or 5m; the part of the log that was judged until then decides, and no verdict is a pass
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Options of the oracle.
    #[command(flatten)]
    pub options: JudgeOptions,
    /// Format and destination of the report.
    #[command(flatten)]
    pub output: Output,
}

/// `stranded generate`
#[derive(Debug, Args)]
pub struct Generate {
    /// A built-in scenario or a TOML file
    pub scenario: String,
    /// The folder for the vectors; it must be empty
    #[arg(short = 'o', long = "output", value_name = "DIR")]
    pub folder: PathBuf,
    /// Replace the vectors in the folder
    #[arg(long)]
    pub force: bool,
    /// Write single steps of a program, not whole runs
    #[arg(long)]
    pub steps: bool,
    /// Kinds of actions that can happen unobserved, separated by commas; or `all`, or `none`
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = missing_kinds(), default_value = MISSING_NONE)]
    pub missing: Vec<String>,
    /// Allow the results of this built-in procedure instead of the procedures that the scenario runs
    #[arg(long, value_name = "PROCEDURE")]
    pub implements: Option<String>,
    /// Stop the search for transitions at this many states
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    pub max_states: usize,
}

/// `stranded oracle`
#[derive(Debug, Args)]
pub struct OracleServer {
    /// A built-in scenario or a TOML file
    pub scenario: String,
    /// Options of the oracle.
    #[command(flatten)]
    pub options: JudgeOptions,
}

/// Options of the oracle.
#[derive(Debug, Args)]
pub struct JudgeOptions {
    /// Judge observations by the safety properties only, without knowledge of the procedure
    #[arg(long)]
    pub safety: bool,
    /// Kinds of actions that can happen unobserved, separated by commas; or `all`, or `none`
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = missing_kinds(),
        default_values_t = SPONTANEOUS.map(|kind| kind.name().to_owned()))]
    pub missing: Vec<String>,
    /// Judge by this built-in procedure instead of the procedures that the scenario runs
    #[arg(long, value_name = "PROCEDURE", conflicts_with = "safety")]
    pub implements: Option<String>,
    /// Stop judging when more than this many explanations remain
    #[arg(long, value_name = "N", default_value_t = EXPLANATIONS_MAX)]
    pub max_explanations: usize,
}

/// The name for every kind of action.
pub(crate) const MISSING_ALL: &str = "all";
/// The name for no kind of action.
pub(crate) const MISSING_NONE: &str = "none";

fn percent(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 100".to_owned())
}

fn missing_kinds() -> PossibleValuesParser {
    let groups = [MISSING_ALL, MISSING_NONE];
    PossibleValuesParser::new(ActionKind::ALL.into_iter().map(ActionKind::name).chain(groups).collect::<Vec<_>>())
}

/// `stranded adapter`
#[derive(Debug, Subcommand)]
pub enum AdapterCommand {
    /// The model itself as an implementation
    Reference(AdapterReference),
    /// An LDAP directory and IMAP stores as an implementation
    #[cfg(feature = "testbed")]
    LdapImap(super::AdapterLdapImap),
}

/// `stranded adapter reference`
#[derive(Debug, Args)]
pub struct AdapterReference {
    /// Act as this faulty implementation; see `stranded list mutants`
    #[arg(long, value_name = "NAME")]
    pub mutant: Option<String>,
    /// The number of a combination of assumptions, counted from 0 in the order of `check --assumptions`
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub combination: usize,
}

/// `stranded doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// The adapter: a command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
    /// The scenario of the test conversation
    #[arg(long, value_name = "SCENARIO", default_value = "move")]
    pub scenario: String,
    /// The longest time for an answer
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "5s")]
    pub deadline: Duration,
    /// Extra time to wait for a late answer, to distinguish a slow adapter from one that does not flush
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "5s")]
    pub grace: Duration,
    /// Append the standard error of the adapter to this file
    #[arg(long, value_name = "FILE")]
    pub adapter_log: Option<PathBuf>,
    /// Format and destination of the report.
    #[command(flatten)]
    pub output: Output,
}
