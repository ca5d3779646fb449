//! `stranded testbed up` and `down`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use stranded_testbed::bed::{self, ADMIN, BASE, Bed, PASSWORD, Store};
use stranded_testbed::cyrus::{self, Backend, CYRUS, Murder};

use super::error;
use crate::cli::{TestbedDown, TestbedUp};
use crate::command::{CommandError, interrupt, output};
use crate::exit::Exit;

pub(super) fn up(arguments: &TestbedUp) -> Result<Exit, CommandError> {
    let interrupted = interrupt::flag()?;
    if arguments.testbed == CYRUS {
        return up_cyrus(arguments, interrupted);
    }
    let mut bed = super::bed()?;
    for user in &arguments.users {
        let added = bed.add_user(user, Store::A);
        added.map_err(|reason| CommandError::Usage(format!("cannot add the user `{user}`: {reason}")))?;
    }
    let config = bed.folder().join("system.toml");
    let written = fs::write(&config, bed.system_toml());
    written.map_err(|reason| CommandError::Inconclusive(format!("cannot write {}: {reason}", config.display())))?;
    let printed = output::print(&description(&bed, &arguments.users, &config), None);
    bed::hold(bed.processes(), interrupted).map_err(error)?;
    Ok(printed)
}

fn up_cyrus(arguments: &TestbedUp, interrupted: &AtomicBool) -> Result<Exit, CommandError> {
    let mut murder = Murder::up().map_err(error)?;
    for user in &arguments.users {
        let created = murder.create(&format!("user/{user}"));
        created.map_err(|reason| CommandError::Usage(format!("cannot create the mailbox of `{user}`: {reason}")))?;
    }
    let printed = output::print(&description_of_cyrus(&murder, &arguments.users), None);
    bed::hold(murder.processes(), interrupted).map_err(error)?;
    Ok(printed)
}

/// The servers of Cyrus Murder, and what to do with them.
fn description_of_cyrus(murder: &Murder, users: &[String]) -> String {
    let (frontend, folder) = (murder.frontend(), murder.folder().display());
    let backend = |backend| {
        let (host, server) = (murder.host(backend), murder.server(backend));
        format!("imap://{host}:{}  lmtp://{host}:{}  mupdate {server}", cyrus::IMAP, cyrus::LMTP)
    };
    let rows = [
        ("frontend", format!("imap://{frontend}:{}  mupdate at {frontend}:{}", cyrus::IMAP, cyrus::MUPDATE)),
        ("source", backend(Backend::Source)),
        ("destination", backend(Backend::Destination)),
        ("users", format!("{}, password {PASSWORD}", users.join(", "))),
        ("admin", format!("{}, password {PASSWORD}", cyrus::ADMIN)),
        ("move", format!("at the source: XFER user/{} {}", users[0], murder.destination())),
        ("programs", format!("{folder}/programs, with -C {folder}/source/imapd.conf")),
        ("folder", folder.to_string()),
    ];
    listed(&rows)
}

/// The servers, and what to do with them.
fn description(bed: &Bed, users: &[String], config: &Path) -> String {
    let hosts = Store::ALL.map(|store| bed.host(store));
    let rows = [
        ("directory", format!("{}  {BASE}, {ADMIN}, password {PASSWORD}", bed.directory_url())),
        ("source", format!("imap://{}:{}  mailHost {}", hosts[0], bed::IMAP, hosts[0])),
        ("destination", format!("imap://{}:{}  mailHost {}", hosts[1], bed::IMAP, hosts[1])),
        ("proxy", format!("imap://{}:{}  lmtp://{}:{}", bed.proxy(), bed::IMAP, bed.proxy(), bed::LMTP)),
        ("users", format!("{}, password {PASSWORD}", users.join(", "))),
        ("folder", bed.folder().display().to_string()),
        ("system", config.display().to_string()),
    ];
    listed(&rows)
}

fn listed(rows: &[(&str, String)]) -> String {
    let mut text = String::from("The test bed is up.\n");
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<12} {value}");
    }
    text.push_str("It ends with Ctrl-C, or with: stranded testbed down\n");
    text
}

pub(super) fn down(arguments: &TestbedDown) -> Result<Exit, CommandError> {
    let folders: Vec<PathBuf> = match &arguments.folder {
        Some(folder) => vec![folder.clone()],
        None => bed::held().map_err(|reason| CommandError::Usage(format!("cannot look for test beds: {reason}")))?,
    };
    if folders.is_empty() {
        return Ok(output::print("No test bed is up.\n", None));
    }
    let mut text = String::new();
    for folder in folders {
        let ended = bed::end(&folder);
        ended.map_err(|reason| CommandError::Usage(format!("cannot end {}: {reason}", folder.display())))?;
        let _ = writeln!(text, "ended {}", folder.display());
    }
    Ok(output::print(&text, None))
}
