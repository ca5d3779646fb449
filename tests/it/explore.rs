//! The explorer without a browser: links, files, the single-file page, and the server's answers to incorrect requests.

mod files;
mod links;
mod scripts;
mod served;
mod server;
mod single;
mod summaries;
