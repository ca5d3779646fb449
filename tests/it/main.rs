//! What a user relies on, in one test binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod advise;
mod article;
mod benches;
mod bounds;
mod cli;
mod crowd;
mod engines;
mod explore;
mod limitations;
mod liveness;
mod loader;
mod past;
mod process;
mod proof;
mod readme;
mod replays;
mod rescue;
mod rows;
mod runbooks;
mod saved;
mod scenarios;
mod tidy;
mod timely;
mod traceability;
mod walks;
mod watching;
mod witness;
mod worlds;
