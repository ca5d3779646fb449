//! The explorer, without a browser: links, files, the file that needs no server, and the server against whoever asks wrongly.

mod files;
mod links;
mod scripts;
mod served;
mod server;
mod single;
mod summaries;
