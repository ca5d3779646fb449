//! `stranded`: a formally checked model of mailbox moves, and a judge for the programs that perform them.
//!
//! ```text
//! check     scenario ─► model ─► engine ─► verdicts ─► report ─► text | json | junit | …
//! conform   scenario ─► model ─► runner ─► adapter ─► SUT ─► events ─► oracle ─► verdicts ─► report
//! validate  recorded log ─────────────────────────► events ─► oracle ─► verdicts ─► report
//! ```
//! This package has the reports, the command line, the explorer and the terminal. The rules of the world are in
//! [`stranded_model`], the engines in [`stranded_search`], the oracle in [`stranded_oracle`].

pub mod cli;
pub mod command;
pub mod exit;
#[cfg(feature = "explore")]
pub mod explore;
pub mod formats;
pub mod report;
pub mod schema;
#[cfg(feature = "terminal")]
pub mod terminal;
pub mod version;
