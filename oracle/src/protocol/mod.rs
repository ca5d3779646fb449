//! The JSON lines between `stranded` and an adapter, and the lines of a recorded log, as `specs/adapter.md` defines them.
//! The module does not know what a message means to the model.
//!
//! Every type here is written by serde, and read through [`keys`] and [`fields`], which name the wrong key and what is expected
//! instead.
//! Events, operations and observations are generic over [`Naming`]: on a line they carry the names of the scenario, and in the
//! oracle they carry its numbers.

pub mod details;
pub mod event;
pub mod fields;
pub mod keys;
pub mod message;
pub mod naming;
pub mod observation;
pub mod operation;
pub mod outcome;

pub use self::details::MessageDetails;
pub use self::event::{Answer, Event};
pub use self::keys::Wrong;
pub use self::message::{Capabilities, Greeting, Reply, ReplyBody, Request, RequestBody};
pub use self::naming::{Named, Naming, RunRequest};
pub use self::observation::{HomesObservation, Observation, StoreObservation};
pub use self::operation::{Operation, RUN};
pub use stranded_model::procedure::Outcome;
