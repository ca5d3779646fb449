//! Results and traces in the formats of other programs. Every format is a pure function that decides nothing.

pub mod results;
pub mod trace;
