//! The ends of a trial that the model allows, and their comparison with the ends that were observed.
//!
//! `allowed` enumerates the ends of a procedure that a fault strikes at a step; it calls [`stranded_model::World`] for every step and
//! writes no rule of its own; `scenario` has the worlds in which it does. `places` says which step a fault point belongs to. `compare`
//! compares; `explained` has the outcomes that are allowed and not observed. `trace` has the model's shortest trace to the verdict of a
//! trial.

mod allowed;
mod compare;
mod explained;
mod places;
mod scenario;
mod trace;

pub use self::allowed::{End, RunEnd, Strike, allowed};
pub use self::compare::{Agreement, Comparison, compare};
pub use self::explained::{EXPLAINED, Explained, explanation};
pub use self::scenario::{XFER_PROCEDURE, orders, procedure_of};
pub use self::trace::{Traced, trace};
