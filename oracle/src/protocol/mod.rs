//! What is written on a wire: the messages between `stranded` and an adapter, and the lines of a recorded log. Names as the
//! scenario gives them, JSON as `specs/adapter.md` has it; nothing here knows what a message means to the model.
//!
//! Everything is written from these types, and read back through [`keys`], which says what is wrong with a line and what
//! would be right.

pub mod event;
pub mod keys;
pub mod message;
pub mod observation;
pub mod operation;

pub use self::event::Event;
pub use self::keys::Wrong;
pub use self::message::{Capabilities, Greeting, PROTOCOL, Reply, ReplyBody, Request, RequestBody};
pub use self::observation::{HomesObservation, Observation, StoreObservation};
pub use self::operation::{Answer, Done, Operation};
