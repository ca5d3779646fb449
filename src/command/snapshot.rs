//! `stranded snapshot`

use std::io;

use crate::cli::Snapshot;
use crate::exit::Exit;
use stranded_search::files;
use stranded_testbed::snapshot;
use stranded_testbed::system::System;

use super::{CommandError, output, system};

/// The name of standard input in place of users.
const STANDARD_INPUT: &str = "-";

pub(super) fn run(arguments: &Snapshot) -> Result<Exit, CommandError> {
    let system = system::read(&arguments.config)?;
    let mut exit = Exit::AsExpected;
    let mut lines = String::new();
    for user in users(&system, &arguments.users)? {
        let line = snapshot::line(&system, &user);
        lines.push_str(&line.json);
        lines.push('\n');
        for warning in &line.warnings {
            exit = Exit::Inconclusive;
            output::warn(warning);
        }
    }
    Ok(exit.max(output::write(&lines, arguments.file.as_deref())))
}

/// Returns the users that are named, or all.
fn users(system: &System, named: &[String]) -> Result<Vec<String>, CommandError> {
    match named {
        [] => system.users().map_err(|trouble| {
            CommandError::Usage(format!("cannot list the users: {trouble}; name them, or - for standard input"))
        }),
        [only] if only == STANDARD_INPUT => {
            let text = files::read_from("standard input", io::stdin().lock());
            let text = text.map_err(|error| CommandError::Usage(error.to_string()))?;
            Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
        }
        [..] => Ok(named.to_vec()),
    }
}
