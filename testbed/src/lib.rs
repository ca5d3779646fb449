//! Real mail servers on loopback, and what drives them.
//!
//! Read in this order: [`packages`] names the Debian packages that the servers and movers come from; [`processes`] starts programs
//! that end with this process; [`bed`] has the servers, and [`cyrus`] a second bed with its own mover; [`system`] reads and writes a
//! site; [`program`] runs procedures on one: [`perform`] as a program of its own, [`adapter`] under the eyes of the oracle;
//! [`snapshot`] writes what a site has for `advise`; [`article`] performs the article. [`proxy`] lets faults strike between a program
//! and a server; [`mover`] names the programs that move mail; [`trial`] runs a mover with a fault at each point, and judges it.
//! [`predict`] enumerates what the model allows for such a run, and compares; [`record`] is the page about it.

pub mod adapter;
pub mod article;
pub mod bed;
pub mod cyrus;
pub mod mover;
pub mod packages;
pub mod perform;
pub mod predict;
pub mod processes;
pub mod program;
pub mod proxy;
pub mod record;
pub mod snapshot;
pub mod system;
pub mod trial;
