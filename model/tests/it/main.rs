//! Tests of the model: each rule of the world as a sentence, and laws that hold in every world.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod act;
mod arbitrary;
mod counter_abstraction;
mod delivery;
mod directory;
mod dn;
mod everywhere;
mod id;
mod program;
mod property;
mod scenario;
mod small;
mod world;
