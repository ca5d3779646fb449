//! What is written on a wire: the messages between `stranded` and an adapter, and the lines of a recorded log. Names as the
//! scenario gives them, JSON as `specs/adapter.md` has it; nothing here knows what a message means to the model.
//!
//! Everything is written from these types, and read back through [`keys`], which says what is wrong with a line and what
//! would be right.

pub mod deed;
pub mod event;
pub mod keys;
pub mod message;
pub mod sight;

pub use self::deed::{Answer, Deed, Done};
pub use self::event::Event;
pub use self::keys::Wrong;
pub use self::message::{Ask, Capabilities, Greeting, PROTOCOL, Reply, Request, Tell};
pub use self::sight::{HomesSight, Sight, StoreSight};
