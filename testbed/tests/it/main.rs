//! Tests on real servers.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot continue fails, and says its times")]

mod article;
mod bed;
mod cyrus;
mod predict;
mod system;
