//! The explorer: a way through the model as a page that anybody understands, served live or written as one file.
//!
//! In reading order: [`walk`] takes steps in the model, [`detail`] says what there is to see of a
//! moment, [`document`] is all of it in JSON. `link` names a way, `library` finds it again, `dropped` with `itf` and `run` reads
//! files, `tale` is what the first page tells. [`api`] answers the page, [`server`] with `guard` and `connections` serves it,
//! [`single`] writes it, `exported` writes it for other programs. The page itself is in `assets/`: it draws a document and decides nothing about the world.
//! No rule of the world and no sentence about it stands here: those are the model's and the report's.

pub mod advice;
pub mod api;
pub mod assets;
pub mod checks;
mod connections;
pub mod detail;
pub mod document;
pub mod dropped;
pub mod exported;
pub mod front_page;
pub mod guard;
pub mod itf;
pub mod library;
pub mod link;
pub mod run;
pub mod server;
pub mod single;
pub mod walk;
