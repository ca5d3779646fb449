//! Reports on checks, traces, judgements and advice. A report repeats verdicts and decides nothing.

mod advice_facts;
mod advice_groups;
pub mod advice_json;
mod advice_others;
mod advice_steps;
pub mod advice_text;
mod advice_why;
mod advice_words;
pub mod answer_line;
pub mod arrow;
pub mod badge;
pub mod baseline;
pub mod change;
pub mod columns;
pub mod comparison_json;
pub mod comparison_text;
pub mod counterexample;
pub mod dialect;
pub mod diff;
pub mod diff_json;
pub mod diff_text;
pub mod difference;
pub mod driven;
pub mod extent;
pub mod find;
pub mod inconclusive;
pub mod json;
pub mod judgement;
pub mod list;
pub mod matrix;
pub mod movers;
pub mod not_tried;
pub mod observed;
pub mod overview;
pub mod picture;
pub mod procedure_words;
pub mod remedy;
pub mod state_advice;
#[cfg(feature = "testbed")]
pub mod stories;
pub mod summary;
pub mod table;
pub mod text;
pub mod trace;
#[cfg(feature = "testbed")]
pub mod trials;
pub mod values;

pub(crate) use counterexample::{ranges, recovering};
