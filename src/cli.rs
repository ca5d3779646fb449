//! The command line as data. The commands themselves are in [`crate::command`].

mod advise;
mod complete;
#[cfg(feature = "testbed")]
mod conform_tool;
mod conformance;
mod diff;
mod limits;
mod output;
mod setup;
#[cfg(feature = "testbed")]
mod site;
#[cfg(feature = "testbed")]
mod testbed;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use stranded_model::scenario::{Delivery, Fault, Replication};

pub use self::advise::Advise;
#[cfg(feature = "testbed")]
pub use self::conform_tool::ToolArguments;
pub(crate) use self::conformance::MISSING_ALL;
pub use self::conformance::{
    AdapterCommand, AdapterReference, Conform, Doctor, DriveMode, Generate, JudgeOptions, OracleServer, Validate,
};
pub use self::diff::Diff;
pub use self::limits::LimitArguments;
use self::output::without_cases;
pub use self::output::{Format, Output, OutputKind, ReportFile, STANDARD_OUTPUT};
pub use self::setup::{Completions, Init, Man};
#[cfg(feature = "testbed")]
pub use self::site::{AdapterLdapImap, Perform, Snapshot};
#[cfg(feature = "testbed")]
pub use self::testbed::{ALL_REPAIRS, TestbedArticle, TestbedCommand, TestbedDown, TestbedRun, TestbedUp};
#[cfg(feature = "testbed")]
use self::testbed::{BEDS, repair_names};
use crate::exit::Exit;
use crate::formats::trace;
use crate::version;
use stranded_search::engine::Engine;
#[cfg(feature = "distributed")]
use stranded_search::engine::WORKERS_MAX;
use stranded_search::scenario::{delivery_name, replication_name};

/// Find out whether moving a mailbox can lose mail, and how.
#[derive(Debug, Parser)]
#[command(name = "stranded", version = version::text(), about, after_help = Exit::HELP, max_term_width = 100)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Search every execution of a scenario, and check its properties
    Check(Box<Check>),
    /// Compare two procedures or scenarios: verdicts that changed, and what one allows and the other does not
    #[command(mut_arg("format", without_cases))]
    Diff(Diff),
    /// List the built-in scenarios, procedures, properties, assumptions, mutants or movers
    #[command(mut_arg("format", without_cases))]
    List(List),
    /// Print the TOML file of a built-in scenario or procedure
    Show(Show),
    /// Print a saved trace step by step
    Replay(Replay),
    /// Show traces in a browser, with the alternatives at each step and the procedures that would still recover all mail
    #[cfg(feature = "explore")]
    Explore(Explore),
    /// Drive an adapter through a scenario, or try a whole tool at every fault point, and judge it
    Conform(Box<Conform>),
    /// Write test vectors that cover every transition of a scenario; they run without stranded
    Generate(Generate),
    /// Answer a test harness: possible operations, allowed answers, explanations and the verdict, as JSON Lines on
    /// standard input and output
    Oracle(OracleServer),
    /// Judge a recorded log of a system
    Validate(Validate),
    /// Report which mailboxes are stranded, and which procedures are safe to run on them now
    #[command(mut_arg("format", without_cases))]
    Advise(Advise),
    /// Write what a directory and its stores hold now, one line for each user, and change nothing
    #[cfg(feature = "testbed")]
    Snapshot(Snapshot),
    /// Serve as an adapter on standard input and output
    #[command(subcommand)]
    Adapter(AdapterCommand),
    /// Test the protocol of a new adapter, and explain how to correct it
    #[command(mut_arg("format", without_cases))]
    Doctor(Doctor),
    /// Start real mail servers on loopback, and run procedures and movers on them
    #[cfg(feature = "testbed")]
    #[command(subcommand)]
    Testbed(TestbedCommand),
    /// Print the JSON Schema of a file or protocol that stranded reads or writes
    Schema(Schema),
    /// Write a commented runbook and a scenario that runs it, to start from
    Init(Init),
    /// Print the script that lets a shell complete commands, options, names of scenarios and files
    Completions(Completions),
    /// Print the manual page of stranded or of one of its commands, or write the pages of all
    Man(Man),
}

/// The most threads of a search. Each has working memory of its own.
const THREADS_MAX: i64 = 512;

/// `stranded check`
#[derive(Debug, Args)]
pub struct Check {
    /// Built-in scenarios, families, TOML files, folders or patterns of files; with --from, procedures
    /// [default: all built-in scenarios]
    #[arg(value_name = "SCENARIO", add = complete::scenarios())]
    pub scenarios: Vec<String>,
    /// Check procedures from the quiescent states of this scenario, or from a `fresh` site, under each kind of delivery
    #[arg(long, value_name = "SCENARIO|fresh", add = complete::scenarios())]
    pub from: Option<String>,
    /// The events that can occur while a procedure runs.
    #[command(flatten)]
    pub trial: TrialArguments,
    /// Print a table of verdicts for each combination of assumptions, and the assumptions that change a verdict
    #[arg(long)]
    pub assumptions: bool,
    /// Check again when one of the files changes, until Ctrl-C
    #[arg(long, conflicts_with_all = ["checkpoint", "resume"])]
    #[cfg_attr(feature = "distributed", arg(conflicts_with = "hosts"))]
    pub watch: bool,
    /// Print the details of every scenario, not only of a single one or of those that are not as expected
    #[arg(short, long)]
    pub verbose: bool,
    /// The search engine
    #[arg(long, default_value_t, value_parser = one_of(&Engine::ALL, Engine::name))]
    pub engine: Engine,
    /// Print the shortest trace to a state in which this condition is true, such as 'has-mail = ["SRC", "DST"]'; exit 0 if
    /// there is one, 1 if no reachable state satisfies it, 3 if a bound was reached before
    #[arg(long, value_name = "CONDITION", conflicts_with_all = ["from", "assumptions", "traces"])]
    pub find: Option<String>,
    /// For each violated property, print up to this many counterexamples that differ in their last step
    #[arg(long, value_name = "N", conflicts_with_all = ["simulate", "find", "assumptions"],
        value_parser = clap::value_parser!(u8).range(1..=20))]
    pub counterexamples: Option<u8>,
    /// Compare with an earlier report of --format json; a verdict that changed for the worse, or is gone, makes exit code 1
    #[arg(long, value_name = "REPORT", conflicts_with_all = ["find", "assumptions"])]
    pub baseline: Option<PathBuf>,
    /// Write the verdicts into the [expect] tables of the scenario files, and change nothing else in them
    #[arg(long, conflicts_with_all = ["from", "simulate", "assumptions", "traces", "find", "counterexamples", "baseline"])]
    pub write_expect: bool,
    /// With --write-expect: write also that a property is violated or depends on an assumption, which the file does not expect yet,
    /// that nothing was tried, and any other verdict in place of an expected `holds`
    #[arg(long, requires = "write_expect")]
    pub accept_violations: bool,
    /// The limits of each search.
    #[command(flatten)]
    pub limits: LimitArguments,
    /// Save the searches in this folder while they run; the folder must not hold a checkpoint yet
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    pub checkpoint: Option<PathBuf>,
    /// Continue the searches that were saved in this folder, and save them there; start them if the folder is empty or absent
    #[arg(long, value_name = "DIR")]
    pub resume: Option<PathBuf>,
    /// Expand also the states that differ from another state only by a permutation of mailboxes
    #[arg(long)]
    pub no_symmetry: bool,
    /// Number of threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=THREADS_MAX))]
    pub threads: Option<u16>,
    /// Take this many random walks instead of a complete search; no property is reported to hold
    #[arg(long, value_name = "N", conflicts_with_all = ["checkpoint", "resume"])]
    pub simulate: Option<u64>,
    /// Seed of the random walks: the same seed gives the same walks
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Progress on standard error
    #[arg(long, value_enum, value_name = "MODE", default_value_t)]
    pub progress: ProgressMode,
    /// The workers of the engine timely.
    #[cfg(feature = "distributed")]
    #[command(flatten)]
    pub cluster: ClusterArguments,
    /// Save every counterexample in this folder
    #[arg(long, value_name = "DIR")]
    pub traces: Option<PathBuf>,
    /// Format and destination of the report.
    #[command(flatten)]
    pub output: Output,
}

/// The events that can occur while a procedure runs: `stranded check PROCEDURE --from SCENARIO`.
#[derive(Clone, Debug, Args)]
pub struct TrialArguments {
    /// With --from fresh: the source and the destination of the run
    #[arg(long = "move", value_name = "SRC:DST", requires = "from")]
    pub between: Option<String>,
    /// With --from: arrival of new mail [default: each value in turn]
    #[arg(long, value_name = "MODE", requires = "from", value_parser = one_of(&DELIVERIES, delivery_name))]
    pub delivery: Option<Delivery>,
    /// With --from: the faults that may happen, separated by commas; the procedure runs again until it reports ok
    #[arg(long, value_name = "KIND", value_delimiter = ',', requires = "from",
        value_parser = one_of(&Fault::ALL, Fault::name))]
    pub faults: Vec<Fault>,
    /// With --faults: the most faults that may happen [default: 1]
    #[arg(long, value_name = "N", requires = "faults", value_parser = clap::value_parser!(u8).range(1..=8))]
    pub faults_max: Option<u8>,
    /// With --from: replication of directory changes [default: as in the scenario]
    #[arg(long, value_name = "HOW", requires = "from",
        value_parser = one_of(&[Replication::Instant, Replication::Eventual], replication_name))]
    pub replication: Option<Replication>,
}

/// Every kind of delivery.
const DELIVERIES: [Delivery; 4] = [Delivery::Never, Delivery::Before, Delivery::UntilRepair, Delivery::AnyTime];

/// The workers of `stranded check --engine timely`.
#[cfg(feature = "distributed")]
#[derive(Debug, Args)]
pub struct ClusterArguments {
    /// With --engine timely: number of workers in this process [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(WORKERS_MAX)))]
    pub workers: Option<u16>,
    /// With --engine timely: search together with the processes that this file lists, one `host:port` a line; the
    /// connections have no password and no encryption
    #[arg(long, value_name = "FILE", requires = "process")]
    pub hosts: Option<PathBuf>,
    /// With --hosts: the line of this process in the file, from 0; process 0 prints the report
    #[arg(long, value_name = "N", requires = "hosts")]
    pub process: Option<usize>,
}

/// The progress of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// A line that is updated, on a terminal only
    #[default]
    Auto,
    /// One line for each level
    Plain,
    /// Nothing
    None,
}

/// `stranded list`
#[derive(Debug, Args)]
pub struct List {
    /// The list to print
    #[arg(value_enum, default_value_t)]
    pub what: ListTopic,
    /// Format and destination of the list.
    #[command(flatten)]
    pub output: Output,
}

/// The built-in lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListTopic {
    /// Built-in scenarios
    #[default]
    Scenarios,
    /// Built-in procedures
    Procedures,
    /// Properties that are checked
    Properties,
    /// Questions that no source settles
    Assumptions,
    /// Faulty implementations that test the oracle
    Mutants,
    /// Programs that move mail, with the steps of the shortest trace in which each loses, strands or duplicates mail
    Movers,
}

/// `stranded show`
#[derive(Debug, Args)]
pub struct Show {
    /// A built-in scenario, or with --procedure a built-in procedure
    #[arg(add = complete::built_ins())]
    pub name: String,
    /// Show a procedure
    #[arg(long)]
    pub procedure: bool,
    /// Write to this file; - is standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// `stranded replay`
#[derive(Debug, Args)]
pub struct Replay {
    /// A trace file, REPORT.json#scenario/property, or a scenario, whose worst counterexample is shown
    #[arg(value_name = "TRACE|SCENARIO")]
    pub trace: String,
    /// Write the explorer of this trace to this file, as one page that needs no network
    #[cfg(feature = "explore")]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "format", "file"])]
    pub html: Option<PathBuf>,
    /// Convert the trace to another format
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with = "format")]
    pub to: Option<trace::TraceFormat>,
    /// Step through the trace in the terminal with the arrow keys
    #[cfg(feature = "terminal")]
    #[arg(long, conflicts_with_all = ["to", "format", "file"])]
    #[cfg_attr(feature = "explore", arg(conflicts_with = "html"))]
    pub interactive: bool,
    /// Format and destination of the trace.
    #[command(flatten)]
    pub output: Output,
}

/// `stranded explore`
#[cfg(feature = "explore")]
#[derive(Debug, Args)]
pub struct Explore {
    /// A scenario, which opens at its worst counterexample; a TOML file; a trace, or REPORT.json#scenario/property; a snapshot, or
    /// FILE#MAILBOX; or a run that `conform --save` wrote
    #[arg(value_name = "SCENARIO|TRACE|SNAPSHOT", add = complete::scenarios())]
    pub what: Option<String>,
    /// The port of the server; 0 selects a free port
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// The address of the server [default: loopback]; requests to any other address need a token
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::IpAddr>,
}

/// `stranded schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// The file or protocol
    #[arg(value_enum)]
    pub kind: crate::schema::Kind,
    /// Write to this file; - is standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// A parser of values of the model by their names in files.
fn one_of<T: Copy + Send + Sync + 'static>(
    values: &[T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let values = values.to_vec();
    let names: Vec<&str> = values.iter().map(|value| name(*value)).collect();
    PossibleValuesParser::new(names).map(move |text| {
        let value = values.iter().find(|value| name(**value) == text);
        *value.expect("the parser accepts only these names")
    })
}
