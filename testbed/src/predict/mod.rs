//! The ends of a trial that the model allows: a whole tool, one fault, and the next run.
//!
//! `allowed` enumerates the ends that the model allows. It calls [`stranded_model::World`] for every step and writes no rule of its
//! own.

mod allowed;

pub use self::allowed::{DirectoryStep, End, FaultMode, Prediction, RunEnd, allowed};
