//! What a user relies on, in one test binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "a test that counts says how many")]

mod adapters;
mod advise;
mod apalache;
mod article;
mod benches;
mod bounds;
mod cli;
mod conform;
mod conformance;
mod consult;
mod crowd;
mod disk;
mod drive;
mod engines;
mod explore;
mod export;
mod formats;
mod known;
mod limitations;
mod liveness;
mod loader;
mod logs;
mod mutants;
mod oracle;
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
mod schema;
mod terminal;
mod tidy;
mod timely;
mod traceability;
mod validate;
mod vectors;
mod visible;
mod walks;
mod watching;
mod witness;
mod worlds;
