//! The options of `stranded advise`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use stranded_model::scenario::{Delivery, Fault, Replication};
use stranded_search::advice::Circumstances;
use stranded_search::scenario::{delivery_name, replication_name};

use super::{Output, one_of};
use crate::report::dialect::Dialect;

/// `stranded advise`
#[derive(Debug, Args)]
pub struct Advise {
    /// Snapshots in JSON, one object for each mailbox; - is standard input
    pub snapshots: String,
    /// Compare with these earlier snapshots: list what was lost, duplicated, changed or stranded, by name
    #[arg(long, value_name = "BEFORE", conflicts_with_all = ["runbooks", "why", "all", "delivery", "faults", "faults_max", "timeout", "dialect"])]
    pub before: Option<String>,
    /// Only this mailbox of the snapshots; can be given several times
    #[arg(long = "mailbox", value_name = "NAME")]
    pub mailboxes: Vec<String>,
    /// A procedure file to judge besides the built-in procedures; can be given several times
    #[arg(long = "runbook", value_name = "FILE.toml")]
    pub runbooks: Vec<String>,
    /// Show the reasons too: facts, all steps, harms with their traces, and every name
    #[arg(short = 'v', long)]
    pub why: bool,
    /// Give advice on every mailbox, not only on the stranded ones
    #[arg(long)]
    pub all: bool,
    /// Arrival of new mail [default: each value in turn]
    #[arg(long, value_name = "WHEN", value_parser = one_of(&Circumstances::DELIVERIES, delivery_name))]
    pub delivery: Option<Delivery>,
    /// Replication of directory changes; always eventual if the replicas differ [default: eventual for exchange, else
    /// instant]
    #[arg(long, value_name = "HOW",
        value_parser = one_of(&[Replication::Instant, Replication::Eventual], replication_name))]
    pub replication: Option<Replication>,
    /// Print the commands of the recommended procedure for this mail system, and rank last what it cannot perform
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub dialect: Option<Dialect>,
    /// Print the commands of this procedure instead of those of the recommended one
    #[arg(long, value_name = "NAME", requires = "dialect")]
    pub procedure: Option<String>,
    /// Write the commands to this file instead, as a script to run
    #[arg(long, value_name = "FILE", requires = "dialect")]
    pub script: Option<PathBuf>,
    /// The faults that may happen, separated by commas
    #[arg(long, value_name = "FAULTS", value_delimiter = ',', value_parser = one_of(&Fault::ALL, Fault::name))]
    pub faults: Vec<Fault>,
    /// The most faults that may happen [default: 1 if --faults lists any]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=8))]
    pub faults_max: Option<u8>,
    /// Stop each search at this many states
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    pub max_states: usize,
    /// Stop after this time, such as 250ms or 10s; unfinished searches are inconclusive
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Format and destination of the advice.
    #[command(flatten)]
    pub output: Output,
}
