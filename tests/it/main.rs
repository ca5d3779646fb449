//! The behaviour that a user relies on, in one test binary.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
#![expect(clippy::print_stderr, reason = "some tests print their counts")]

mod adapter_page;
mod adapters;
mod advise;
mod apalache;
mod article;
mod benches;
mod bounds;
mod case_end;
mod checkpoints;
mod cli;
mod conform;
mod counter_abstraction;
mod coverage;
mod differential;
mod doctor;
mod engines;
mod exercised;
mod expected_failures;
mod explore;
mod files;
mod formats;
mod interruptions;
mod limitations;
mod liveness;
mod loader;
mod logs;
mod movers;
mod mutants;
mod oracle;
mod oracle_server;
mod predecessors;
mod process;
mod proof;
mod readme;
mod reference;
mod replays;
mod reported;
mod rescue;
mod rows;
mod runbooks;
mod sanitize;
mod scenarios;
mod terminal;
mod testing;
mod tidy;
mod timely;
mod trace_formats;
mod traceability;
mod validate;
mod vectors;
mod walks;
mod watching;
mod worlds;
