//! `stranded testbed up` and `down`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use stranded_testbed::bed::{self, ADMIN, BASE, Bed, PASSWORD, Store};

use super::error;
use crate::cli::{TestbedDown, TestbedUp};
use crate::command::{CommandError, interrupt, output};
use crate::exit::Exit;

pub(super) fn up(arguments: &TestbedUp) -> Result<Exit, CommandError> {
    let interrupted = interrupt::flag()?;
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

/// The servers, and what to do with them.
fn description(bed: &Bed, users: &[String], config: &Path) -> String {
    let mut text = String::from("The test bed is up.\n");
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
