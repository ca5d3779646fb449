//! The explorer: traces as a page in the browser, served live or written as one file.
//!
//! In reading order: [`open_trace`] takes steps in the model, [`detail`] describes one moment, [`document`] is the whole trace in
//! JSON, with [`badges`]. [`link`] identifies a trace, [`library`] opens it again, [`dropped`] with [`itf`], [`run`], [`run_trace`] and [`observed`] reads files,
//! [`front_page`]
//! makes the first page. [`api`] answers the page, [`server`] with [`guard`] and `connections` serves it, [`single`] writes it as
//! one file, [`exported`] in other formats. [`checks`] and [`advice`] run in the background of the page. The page itself is in
//! `assets/`; it draws a document. All rules of the world are in the model, all sentences about it in the reports.

pub mod advice;
pub mod api;
pub mod assets;
pub mod badges;
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
pub mod observed;
pub mod open_trace;
pub mod run;
pub mod run_trace;
pub mod server;
pub mod single;
