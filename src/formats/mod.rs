//! Results and traces in the formats of other programs: pure functions that decide nothing.

pub mod results;
pub mod trace;
