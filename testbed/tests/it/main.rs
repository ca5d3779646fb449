//! Tests on real servers.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod bed;
mod predict;
