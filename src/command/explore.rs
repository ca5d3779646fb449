//! `stranded explore`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::Value;

use crate::cli::Explore;
use crate::exit::Exit;
use crate::explore::api::Explorer;
use crate::explore::guard::Token;
use crate::explore::server::Listener;
use stranded_search::files;
use stranded_search::scenario::load_scenario;

use super::{CommandError, output};

/// The most names in an error.
const CHOICES_MAX: usize = 10;

pub(super) fn run(arguments: &Explore) -> Result<Exit, CommandError> {
    let explorer = Arc::new(Explorer::default());
    if let Some(what) = &arguments.what {
        let opened = open(&explorer, what)?;
        let _first = explorer.opened.set(opened);
    }
    let ip = arguments.listen.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let token = if ip.is_loopback() {
        None
    } else {
        output::warn(&format!(
            "anyone who reaches {ip} and has the token can use this explorer; the connection is not encrypted"
        ));
        Some(Token::random().map_err(CommandError::Usage)?)
    };
    let address = SocketAddr::new(ip, arguments.port);
    let failed = |reason: std::io::Error| CommandError::Usage(format!("cannot listen on {address}: {reason}"));
    let listening = Listener::bind(address, token).map_err(failed)?;
    let printed = output::print(&format!("{}\n", listening.url()), None);
    // Prepares the first page before the first request.
    let first_page = Arc::clone(&explorer);
    std::thread::spawn(move || first_page.pair());
    listening.serve(explorer).map_err(failed)?;
    Ok(printed)
}

/// Opens the argument of the command, as an answer for the page.
fn open(explorer: &Explorer, what: &str) -> Result<Value, CommandError> {
    let usage = |error: crate::explore::link::LinkError| CommandError::Usage(error.0);
    let (path, part) = what.split_once('#').map_or((what, None), |(path, part)| (path, Some(part)));
    if path.ends_with(".toml") || !(path.contains('/') || path.contains('.')) {
        let spec = Arc::new(load_scenario(path)?);
        return explorer.open_worst(&spec).map_err(usage);
    }
    let text = files::read(path).map_err(|error| CommandError::Usage(error.to_string()))?;
    let shown = explorer.show(path, &text, part).map_err(usage)?;
    match shown.get("choice").and_then(Value::as_array) {
        Some(parts) => {
            let names: Vec<&str> = parts.iter().filter_map(Value::as_str).take(CHOICES_MAX).collect();
            let more = if parts.len() > names.len() { ", …" } else { "" };
            let names = names.join(", ");
            let says = format!("{path} has {} to show; select one as {path}#NAME: {names}{more}", parts.len());
            Err(CommandError::Usage(says))
        }
        None => Ok(shown),
    }
}
