//! `stranded`: a formally checked model of mailbox moves, and a judge for the programs that perform them.
//!
//! ```text
//! check     scenario ─► model ─► engine ─► verdicts ─► report ─► text | json | junit | …
//! conform   scenario ─► model ─► drive ─► adapter ─► events ─► oracle ─► verdicts ─► report
//! validate  recorded log ───────────────────────────► events ─► oracle ─► verdicts ─► report
//! ```
//! Each arrow goes one way: [`scenario`] reads files and knows no engine, [`engine`] searches and knows no report,
//! [`report`] tells and decides nothing. The rules of the world stand in [`stranded_model`] alone.

pub mod adapter;
pub mod advise;
pub mod check;
pub mod cli;
pub mod command;
pub mod conformance;
pub mod consult;
pub mod disk;
pub mod drive;
pub mod engine;
pub mod exit;
pub mod explore;
pub mod export;
mod lines;
pub mod log;
pub mod oracle;
pub mod property;
pub mod replay;
pub mod report;
pub mod rescue;
pub mod scenario;
pub mod schema;
pub mod snapshot;
pub mod terminal;
pub mod vectors;
pub mod visible;
pub mod wire;

/// What identifies the model: a trace found in a model with another hash may not be possible in this one.
#[must_use]
pub fn model_hash() -> String {
    let mut hasher = blake3::Hasher::new();
    for rules in stranded_model::RULES {
        hasher.update(rules.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
