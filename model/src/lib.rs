//! The world of a mailbox move, as data and pure functions.
//!
//! Read it in this order: [`state`] says what can be the case, [`action`] what can happen, [`procedure`] what an
//! administrator's program can be told to do, [`scenario`] what of all this one question needs, [`assumption`] what no source
//! settles. A [`World`] puts these together, and [`World::step`] is the one place where a rule of the world stands: the
//! private modules `world`, `candidates`, `program`, `act`, `delivery` and `directory` are its chapters. [`property`] says what must be
//! true of it always, [`liveness`] what in the end, [`coverage`] what must have been tried, [`counter_abstraction`] does it all
//! for any number of messages, and `stateright` hands it to stateright.
//!
//! Nothing here reads a file or a clock, draws a random number, prints, or knows of events, adapters or JSON.

mod act;
pub mod action;
pub mod assumption;
mod candidates;
pub mod counter_abstraction;
pub mod coverage;
mod delivery;
mod directory;
pub mod dn;
pub mod id;
mod initial;
pub mod liveness;
mod locations;
pub mod procedure;
mod program;
pub mod property;
mod recipient;
mod refusal;
pub mod scenario;
pub mod state;
#[cfg(feature = "stateright")]
pub mod stateright;
pub mod table;
mod world;

pub use refusal::Refusal;
pub use world::{Change, Executed, Occurrence, World};

/// The text of the rules: two models with the same text allow the same things.
pub const RULES: &[&str] = &[
    include_str!("act.rs"),
    include_str!("action.rs"),
    include_str!("assumption.rs"),
    include_str!("candidates.rs"),
    include_str!("delivery.rs"),
    include_str!("directory.rs"),
    include_str!("dn.rs"),
    include_str!("id.rs"),
    include_str!("initial.rs"),
    include_str!("liveness.rs"),
    include_str!("procedure.rs"),
    include_str!("program.rs"),
    include_str!("property.rs"),
    include_str!("recipient.rs"),
    include_str!("scenario.rs"),
    include_str!("state.rs"),
    include_str!("table.rs"),
    include_str!("world.rs"),
];
