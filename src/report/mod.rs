//! Telling what a check found. A report repeats verdicts; it decides nothing.

pub mod advice_json;
pub mod advice_text;
mod advice_words;
pub mod arrow;
pub mod badge;
pub mod difference;
pub mod disabled;
pub mod driven;
pub mod inconclusive;
pub mod json;
pub mod judgement;
pub mod matrix;
mod outlook;
pub mod picture;
pub mod story;
pub mod summary;
pub mod text;
pub mod trace;
pub mod values;

#[cfg(feature = "terminal")]
pub(crate) use outlook::effect;
pub(crate) use outlook::{STILL, stretches};
