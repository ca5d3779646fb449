//! What a user relies on, in one test binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod advise;
mod article;
mod benches;
mod cli;
mod crowd;
mod engines;
mod liveness;
mod loader;
mod past;
mod proof;
mod readme;
mod replays;
mod rescue;
mod rows;
mod runbooks;
mod scenarios;
mod tidy;
mod timely;
mod traceability;
mod witness;
mod worlds;
