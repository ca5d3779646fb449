//! Tests of the model. Each test name states one rule of the world; `everywhere` tests laws on generated worlds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod act;
mod arbitrary;
mod counter_abstraction;
mod delivery;
mod directory;
mod dn;
mod everywhere;
mod fixtures;
mod id;
mod movers;
mod program;
mod property;
mod shared_part;
mod touches;
mod world;
