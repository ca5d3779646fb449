//! `stranded`: a formally checked model of mailbox moves, and a judge for the programs that perform them.
//!
//! ```text
//! check     scenario ─► model ─► engine ─► verdicts ─► report ─► text | json
//! ```
//! Each arrow goes one way: [`scenario`] reads files and knows no engine, [`engine`] searches and knows no report,
//! [`report`] tells and decides nothing. The rules of the world stand in [`stranded_model`] alone.

pub mod property;
pub mod scenario;
