//! What a user relies on, in one test binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod advise;
mod loader;
mod rescue;
