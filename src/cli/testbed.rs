//! The arguments of `stranded testbed`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use stranded_testbed::article::STORIES;
use stranded_testbed::cyrus::CYRUS;
use stranded_testbed::cyrus::repair::REPAIRS;
use stranded_testbed::trial::report::DirectoryStep;
use stranded_testbed::trial::site::DOVECOT;

use super::{Output, Perform, one_of};

/// The test beds.
pub(super) const BEDS: [&str; 2] = [DOVECOT, CYRUS];
/// The name for every repair.
pub const ALL_REPAIRS: &str = "all";

/// A parser of the names of repairs.
pub(super) fn repair_names() -> PossibleValuesParser {
    PossibleValuesParser::new(REPAIRS.iter().map(|repair| repair.name).chain([ALL_REPAIRS]))
}

/// Reads the name of a user. Dovecot refuses a login with other letters.
fn user_name(text: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_@".contains(letter);
    let is_name = text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.chars().all(is_plain);
    is_name.then(|| text.to_owned()).ok_or_else(|| {
        "a name has only letters, digits, `.`, `-`, `_` and `@`, and begins with one of the first two".to_owned()
    })
}

/// `stranded testbed`
#[derive(Debug, Subcommand)]
pub enum TestbedCommand {
    /// Start the servers, and keep them until Ctrl-C or `stranded testbed down`
    Up(TestbedUp),
    /// End the servers that `stranded testbed up` keeps
    Down(TestbedDown),
    /// Try movers at every fault point, and compare what happens with what the model allows
    Run(TestbedRun),
    /// Perform the article on real servers, beside the trace of the model
    Article(TestbedArticle),
    /// Run a procedure on one mailbox of a real site, from its first step to its report
    Perform(Box<Perform>),
}

/// `stranded testbed up`
#[derive(Debug, Args)]
pub struct TestbedUp {
    /// The servers: Dovecot and slapd, or Cyrus Murder
    #[arg(long, value_name = "BED", default_value = DOVECOT, value_parser = PossibleValuesParser::new(BEDS))]
    pub testbed: String,
    /// Add this user, whose home is the source; can be given several times
    #[arg(long = "user", value_name = "NAME", default_value = "alice", value_parser = user_name)]
    pub users: Vec<String>,
}

/// `stranded testbed down`
#[derive(Debug, Args)]
pub struct TestbedDown {
    /// The folder of the test bed [default: every test bed of this user]
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// `stranded testbed run`
#[derive(Debug, Args)]
pub struct TestbedRun {
    /// Try this mover, or `xfer` of Cyrus Murder; can be given several times [default: every mover that is installed, and our own]
    #[arg(long = "tool", value_name = "NAME")]
    pub tools: Vec<String>,
    /// The moment of the directory step; can be given several times [default: first, last and never]. A mover that writes the
    /// directory itself does so instead of the operator
    #[arg(long = "directory", value_name = "ORDER", value_parser = one_of(&DirectoryStep::ALL, DirectoryStep::name))]
    pub orders: Vec<DirectoryStep>,
    /// The repair after each trial of xfer, or `all`; can be given several times [default: all if neither --tool nor --directory
    /// is given, otherwise none]
    #[arg(long = "repair", value_name = "NAME", value_parser = repair_names())]
    pub repairs: Vec<String>,
    /// Try at most this many fault points of each mover, evenly spread over its run [default: all]
    #[arg(long, value_name = "NUMBER")]
    pub points_max: Option<NonZeroUsize>,
    /// Write the tables into this page, between its markers for the record
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Format and destination of the report.
    #[command(flatten)]
    pub output: Output,
}

/// `stranded testbed article`
#[derive(Debug, Args)]
pub struct TestbedArticle {
    /// The story [default: all]
    #[arg(value_name = "STORY", value_parser = one_of(&STORIES, |story| story.name))]
    pub stories: Vec<stranded_testbed::article::Story>,
    /// Write to this file; - is standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub file: Option<PathBuf>,
}
