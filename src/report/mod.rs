//! Telling what a check found. A report repeats verdicts; it decides nothing.

pub mod advice_json;
pub mod advice_text;
mod advice_words;
pub mod badge;
pub mod difference;
pub mod doubt;
pub mod driven;
pub mod formats;
pub mod gist;
pub mod json;
pub mod judgement;
pub mod judgement_json;
pub mod matrix;
pub mod names;
mod outlook;
pub mod passage;
pub mod picture;
pub mod story;
pub mod text;
pub mod trace;
pub mod values;
pub mod view;
pub mod wish;
mod words;

pub(crate) use outlook::{STILL, effect, stretches};
pub(crate) use words::{actor, says, sources, told};
pub use words::{condition, deed};
