//! Tests on real servers.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
#![expect(clippy::print_stderr, reason = "some tests print their times")]

mod adapter;
mod agreement;
mod article;
mod bed;
mod cyrus;
mod fixtures;
mod framing;
mod perform;
mod predict;
mod protected;
mod proxy;
mod system;
mod trials;
mod wrong_servers;
