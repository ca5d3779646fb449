//! The command line as data. What the commands do stands in [`crate::command`].

mod judge;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use stranded_model::scenario::{Delivery, Fault, Replication};

pub(crate) use self::judge::MISSING_ALL;
pub use self::judge::{
    AdapterCommand, AdapterReference, Conform, Consult, Doctor, Driving, Generate, Judging, Validate,
};
use crate::exit::Exit;
use crate::formats::results::Form;
use crate::formats::trace;
use stranded_search::advice::Circumstances;
use stranded_search::engine::Engine;
use stranded_search::scenario::{delivery_name, replication_name};

/// Find out whether moving a mailbox can lose mail, and how.
#[derive(Debug, Parser)]
#[command(name = "stranded", version, about, after_help = Exit::HELP, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Search all that can happen in a scenario, and judge it
    Check(Check),
    /// List what is built in
    List(List),
    /// Print the TOML of a built-in scenario: copy it, edit it, check it
    Show(Show),
    /// Tell a saved trace step by step
    Replay(Replay),
    /// Show in a browser what happens, what could have happened instead, and what would still help
    Explore(Explore),
    /// Drive an adapter through a scenario, and judge it
    Conform(Box<Conform>),
    /// Write test vectors that cover every transition of a scenario, to be run without stranded
    Generate(Generate),
    /// Answer what a test harness asks about a run: what may be done, answered and seen, and the verdict; JSON Lines on
    /// standard input and output
    Oracle(Consult),
    /// Judge a recorded log of what a system did
    Validate(Validate),
    /// Say which mailboxes are stranded, and which procedures are safe to run on them now
    Advise(Advise),
    /// Answer as an adapter does, on standard input and output
    #[command(subcommand)]
    Adapter(AdapterCommand),
    /// Talk to a new adapter, and say what is wrong with it and how to mend it
    Doctor(Doctor),
    /// Print the JSON Schema of something that is read or written here
    Schema(Schema),
    /// Print a completion script for a shell
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

/// `stranded check`
#[derive(Debug, Args)]
pub struct Check {
    /// Built-in scenarios, families of them, or TOML files; all that is built in when none is named
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Run the procedure file that is named instead, from where this scenario comes to rest
    #[arg(long, value_name = "SCENARIO")]
    pub from: Option<String>,
    /// Print scenario by combination of assumptions, and for every verdict that flips, what flips it
    #[arg(long)]
    pub assumptions: bool,
    /// Which search to use
    #[arg(long, default_value_t, value_parser = one_of(&Engine::ALL, Engine::name))]
    pub engine: Engine,
    /// Stop a search when it has reached this many states; every combination of assumptions is a search of its own
    #[arg(long, value_name = "N")]
    pub max_states: Option<usize>,
    /// Do not go farther than this many steps from the start
    #[arg(long, value_name = "N")]
    pub max_depth: Option<usize>,
    /// Stop after this time, such as 250ms or 10s; 0s is over before the first state
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Stop when the process takes about as much memory as this, such as 500MB or 8GiB
    #[arg(long, value_name = "SIZE")]
    pub max_memory: Option<ByteSize>,
    /// Save the searches in this folder while they run; it must not hold a checkpoint yet
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    pub checkpoint: Option<PathBuf>,
    /// Go on with the searches that were saved in this folder, and save them there
    #[arg(long, value_name = "DIR")]
    pub resume: Option<PathBuf>,
    /// Look at all states, also at those that differ only by an exchange of mailboxes
    #[arg(long)]
    pub no_symmetry: bool,
    /// How many threads search at the same time [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Take this many random walks instead of searching everything; nothing is ever said to hold then
    #[arg(long, value_name = "N", conflicts_with_all = ["checkpoint", "resume"])]
    pub simulate: Option<u64>,
    /// What random walks are drawn with: the same seed gives the same walks
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// How to say how far the search is, on standard error
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub progress: Watching,
    /// With --engine timely: how many workers search in this process [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub workers: Option<u16>,
    /// With --engine timely: search together with the processes that this file names, one `host:port` a line; they are
    /// not asked for a password and what they send is not encrypted
    #[arg(long, value_name = "FILE", requires = "process")]
    pub hosts: Option<PathBuf>,
    /// With --hosts: which line of the file this process is, from 0, which is the one that reports
    #[arg(long, value_name = "N", requires = "hosts")]
    pub process: Option<usize>,
    /// Save every counterexample in this folder
    #[arg(long, value_name = "DIR")]
    pub traces: Option<PathBuf>,
    /// Where and how to print.
    #[command(flatten)]
    pub output: Output,
}

/// How a search says how far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Watching {
    /// A line that changes, on a terminal only
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
    /// What to list
    #[arg(value_enum, default_value_t)]
    pub what: Listed,
    /// Where and how to print.
    #[command(flatten)]
    pub output: Output,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Listed {
    /// The built-in scenarios
    #[default]
    Scenarios,
    /// The built-in procedures
    Procedures,
    /// What is judged
    Properties,
    /// What no source settles
    Assumptions,
    /// The seeded wrong implementations
    Mutants,
}

/// `stranded show`
#[derive(Debug, Args)]
pub struct Show {
    /// A built-in scenario, or with --procedure a built-in procedure
    pub name: String,
    /// Show a procedure
    #[arg(long)]
    pub procedure: bool,
    /// Write to this file instead of standard output, which is -
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// `stranded replay`
#[derive(Debug, Args)]
pub struct Replay {
    /// A trace file, or REPORT.json#scenario/property
    pub trace: String,
    /// Write the explorer of this trace to this file, as one page that needs no network
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "file"])]
    pub html: Option<PathBuf>,
    /// Convert it to another form
    #[arg(long, value_name = "FORM", value_enum, conflicts_with_all = ["html", "format"])]
    pub to: Option<trace::Form>,
    /// Step through it in the terminal with the arrow keys
    #[arg(long, conflicts_with_all = ["html", "to", "format", "file"])]
    pub interactive: bool,
    /// Where and how to print.
    #[command(flatten)]
    pub output: Output,
}

/// `stranded explore`
#[derive(Debug, Args)]
pub struct Explore {
    /// A built-in scenario, a TOML file, a trace, or REPORT.json#scenario/property
    #[arg(value_name = "SCENARIO|TRACE")]
    pub what: Option<String>,
    /// The port to listen at; 0 takes one that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Another address to listen at than this machine's own; whoever comes must know a token then
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<IpAddr>,
}

/// `stranded advise`
#[derive(Debug, Args)]
pub struct Advise {
    /// What was observed, as JSON Lines, one mailbox a line; - reads standard input
    pub snapshots: String,
    /// A procedure file to judge besides what is built in; can be given several times
    #[arg(long = "runbook", value_name = "FILE.toml")]
    pub runbooks: Vec<String>,
    /// Give advice on every mailbox, not only on those that are stranded
    #[arg(long)]
    pub all: bool,
    /// When mail arrives besides what is there [default: each of them in turn]
    #[arg(long, value_name = "WHEN", value_parser = one_of(&Circumstances::DELIVERIES, delivery_name))]
    pub delivery: Option<Delivery>,
    /// How a change of the directory reaches the other replicas; where replicas differ it is eventual
    #[arg(long, value_name = "HOW", default_value = "instant",
        value_parser = one_of(&[Replication::Instant, Replication::Eventual], replication_name))]
    pub replication: Replication,
    /// Which faults may happen, with commas between them
    #[arg(long, value_name = "FAULTS", value_delimiter = ',', value_parser = one_of(&Fault::ALL, Fault::name))]
    pub faults: Vec<Fault>,
    /// How many faults may happen [default: 1 if any is listed]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=8))]
    pub faults_max: Option<u8>,
    /// Give a question up when it has more than this many states
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    pub max_states: usize,
    /// Give up what is not answered after this time, such as 250ms or 10s
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Where and how to print.
    #[command(flatten)]
    pub output: Output,
}

/// `stranded schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Of what
    #[arg(value_enum)]
    pub kind: crate::schema::Kind,
    /// Write to this file instead of standard output, which is -
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// One of a few values of the model, by the name that files give it.
fn one_of<T: Copy + Send + Sync + 'static>(
    values: &[T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let values = values.to_vec();
    let names: Vec<&str> = values.iter().map(|value| name(*value)).collect();
    PossibleValuesParser::new(names).map(move |text| {
        let value = values.iter().find(|value| name(**value) == text);
        *value.expect("the parser lets only these names pass")
    })
}

/// Where and how results are printed.
#[derive(Debug, Args)]
pub struct Output {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write to this file instead of standard output, which is -
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// How results are printed. Not every command has something to say in every form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// JUnit XML, for whatever collects test results
    Junit,
    /// The Test Anything Protocol, version 14
    Tap,
    /// Markdown, for the summary of a job
    Markdown,
    /// Annotations in a log of GitHub Actions
    Github,
}

/// What kind of thing a format is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// For people.
    Text,
    /// For programs that know `stranded`.
    Json,
    /// For programs that know tests.
    Cases(Form),
}

impl Format {
    /// What kind of thing it is.
    #[must_use]
    pub fn shape(self) -> Shape {
        match self {
            Self::Text => Shape::Text,
            Self::Json => Shape::Json,
            Self::Junit => Shape::Cases(Form::Junit),
            Self::Tap => Shape::Cases(Form::Tap),
            Self::Markdown => Shape::Cases(Form::Markdown),
            Self::Github => Shape::Cases(Form::Github),
        }
    }
}
