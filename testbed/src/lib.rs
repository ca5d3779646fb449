//! Real mail servers on loopback, and what drives them.
//!
//! Read in this order: [`packages`] names the Debian packages that the servers and movers come from; [`processes`] starts programs
//! that end with this process; [`bed`] has the servers; [`system`] reads and
//! writes a site.

pub mod bed;
pub mod packages;
pub mod predict;
pub mod processes;
pub mod system;
