//! The world of a mailbox move, as data and pure functions.
//!
//! Reading order: [`state`] defines the states, [`action`] the actions, [`procedure`] the steps of an administrator's
//! program, [`scenario`] the part of the world that one scenario uses, [`assumption`] the questions that no source
//! settles. A [`World`] combines them, and [`World::step`] is the one place that applies a rule of the world. Its rules
//! are in the private modules `initial`, `candidates`, `world`, `faults`, `program`, `memory`, `act`, `messages`, `condition`, `delivery` and `directory`.
//! [`property`] defines the safety properties, [`liveness`] the liveness properties, [`coverage`] the steps and actions
//! that a search must reach, [`counter_abstraction`] the same world for any number of messages, and `stateright`
//! implements the trait of stateright.
//!
//! This package reads no file and no clock, draws no random number, prints nothing, and knows no events, adapters or
//! JSON.

mod act;
mod act_facts;
pub mod action;
pub mod assumption;
mod candidates;
mod condition;
pub mod counter_abstraction;
pub mod coverage;
mod delivery;
mod directory;
pub mod dn;
mod faults;
pub mod id;
mod initial;
pub mod liveness;
mod locations;
mod memory;
mod messages;
mod outcome;
pub mod procedure;
mod program;
mod program_state;
pub mod property;
mod recipient;
mod refusal;
pub mod scenario;
mod shared_part;
pub mod state;
pub mod state_condition;
#[cfg(feature = "stateright")]
pub mod stateright;
pub mod table;
mod world;

pub use refusal::Refusal;
pub use shared_part::SharedFacts;
pub use world::{Change, Executed, Occurrence, World};

/// The source text of the rules. Two models with the same text allow the same behaviour.
pub const RULES: &[&str] = &[
    include_str!("act.rs"),
    include_str!("act_facts.rs"),
    include_str!("action.rs"),
    include_str!("assumption.rs"),
    include_str!("candidates.rs"),
    include_str!("condition.rs"),
    include_str!("delivery.rs"),
    include_str!("directory.rs"),
    include_str!("dn.rs"),
    include_str!("faults.rs"),
    include_str!("id.rs"),
    include_str!("initial.rs"),
    include_str!("liveness.rs"),
    include_str!("memory.rs"),
    include_str!("messages.rs"),
    include_str!("outcome.rs"),
    include_str!("procedure.rs"),
    include_str!("program.rs"),
    include_str!("program_state.rs"),
    include_str!("property.rs"),
    include_str!("recipient.rs"),
    include_str!("scenario.rs"),
    include_str!("shared_part.rs"),
    include_str!("state.rs"),
    include_str!("state_condition.rs"),
    include_str!("table.rs"),
    include_str!("world.rs"),
];
