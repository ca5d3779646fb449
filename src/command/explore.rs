//! `stranded explore`

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::cli::Explore;
use crate::exit::Exit;
use crate::explore::api::{Explorer, Question};
use crate::explore::guard::Token;
use crate::explore::server::Listening;
use stranded_search::files;
use stranded_search::scenario::{builtin, load_scenario};

use super::{Failure, output};

pub(super) fn run(arguments: &Explore) -> Result<Exit, Failure> {
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
            "whoever reaches {ip} and knows the token can use this explorer; nothing that is sent is encrypted"
        ));
        Some(Token::random().map_err(Failure::Usage)?)
    };
    let address = SocketAddr::new(ip, arguments.port);
    let failed = |reason: std::io::Error| Failure::Usage(format!("cannot listen at {address}: {reason}"));
    let listening = Listening::at(address, token).map_err(failed)?;
    output::print(&format!("{}\n", listening.url()), None)?;
    let _ = std::io::stdout().flush();
    // The first page is ready before somebody asks for it.
    let early = Arc::clone(&explorer);
    std::thread::spawn(move || early.pair());
    listening.serve(explorer).map_err(failed)?;
    Ok(Exit::AsExpected)
}

/// What is named on the command line, as the page is told of it.
fn open(explorer: &Explorer, what: &str) -> Result<serde_json::Value, Failure> {
    let reported = |nowhere: crate::explore::link::LinkError| Failure::Usage(nowhere.0);
    if builtin::scenario(what).is_some() {
        return explorer.answer(Question::Open { scenario: what.to_owned() }).map_err(reported);
    }
    let (path, part) = what.split_once('#').map_or((what, None), |(path, part)| (path, Some(part)));
    if path.ends_with(".toml") || !(path.contains('/') || path.contains('.')) {
        let spec = Arc::new(load_scenario(path)?);
        return explorer.open(&spec).map_err(reported);
    }
    let text = files::read(path).map_err(|reason| Failure::Usage(format!("cannot read {path}: {reason}")))?;
    let shown = explorer.show(path, &text, part).map_err(reported)?;
    match shown.get("choice") {
        Some(parts) => Err(Failure::Usage(format!("{path} has several traces; name one as {path}#…: {parts}"))),
        None => Ok(shown),
    }
}
