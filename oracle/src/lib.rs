//! The judge of the programs that move mail: the protocol, the recorded log, the oracle, adapters and their mutants,
//! conformance runs, test vectors, and a reference for the tests of a Rust author.

pub mod adapter;
pub mod conform;
pub mod event_log;
pub mod judged;
pub mod oracle;
pub mod oracle_server;
pub mod protocol;
pub mod sentence;
#[cfg(feature = "proptest")]
pub mod testing;
pub mod vectors;
