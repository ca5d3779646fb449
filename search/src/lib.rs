//! Scenarios from files, the engines that search them, and what follows from a search: verdicts, replays, the rescue map,
//! snapshots and advice.
//!
//! This package knows no adapters, events or reports.

pub mod advice;
pub mod check;
pub mod comparison;
pub mod diff;
pub mod engine;
pub mod files;
pub mod json;
pub mod lines;
pub mod names;
mod program_view;
pub mod property;
pub mod replay;
pub mod rescue;
pub mod sanitize;
pub mod scenario;
pub mod snapshot;
pub mod state_view;
pub mod trace_file;

/// The version of every file format and of the adapter protocol. Files and adapters of another version are refused.
pub const FORMAT_VERSION: u64 = 2;

/// Returns the hash that identifies the model: a trace found in a model with another hash may not be possible in this one.
#[must_use]
pub fn model_hash() -> String {
    let mut hasher = blake3::Hasher::new();
    for rules in stranded_model::RULES {
        hasher.update(rules.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
