//! The arguments of the commands that read or write a real site.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// `stranded adapter ldap-imap`
#[derive(Debug, Args)]
pub struct AdapterLdapImap {
    /// The configuration of the site: a TOML file with its directory, its stores and its mail delivery
    #[arg(value_name = "CONFIG")]
    pub config: PathBuf,
    /// The number of a combination of assumptions, counted from 0 in the order of `check --assumptions`
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub combination: usize,
}

/// `stranded snapshot`
#[derive(Debug, Args)]
pub struct Snapshot {
    /// The configuration of the site: a TOML file with its directory and its stores
    #[arg(value_name = "CONFIG")]
    pub config: PathBuf,
    /// The users; - reads one name a line from standard input [default: all users of an LDAP directory]
    #[arg(value_name = "USER")]
    pub users: Vec<String>,
    /// Write to this file; - is standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// The exit codes of `stranded testbed perform`, which are those of a mover.
const PERFORM_EXITS: &str = "\
Exit codes:
  0  the run reports ok
  1  the run reports refused: it changed nothing
  2  the run reports failed; or an argument or the configuration is wrong, and nothing ran
  3  the run reports unknown: a server did not answer";

/// `stranded testbed perform`
#[derive(Debug, Args)]
#[command(after_help = PERFORM_EXITS)]
pub struct Perform {
    /// A built-in procedure or a TOML file
    pub procedure: String,
    /// The user whose mailbox it is
    pub user: String,
    /// The store that the run takes as the source
    pub from: String,
    /// The store that the run takes as the destination
    pub to: String,
    /// The configuration of the site
    #[arg(long, value_name = "CONFIG")]
    pub system: PathBuf,
    /// The folder of the journal and of the names of the executed steps; it must exist
    #[arg(long, value_name = "DIR")]
    pub journal: PathBuf,
    /// The administrator; the next run of the same one continues the journal
    #[arg(long, value_name = "NAME", default_value = "administrator")]
    pub administrator: String,
    /// An answer to an assumption of the procedure, such as directory-step=last
    #[arg(long, value_name = "NAME=VALUE")]
    pub assume: Vec<String>,
    /// The longest wait for a condition
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "60s")]
    pub wait: Duration,
}
