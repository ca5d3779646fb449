//! `stranded testbed perform`

use crate::cli::Perform;
use crate::exit::Exit;
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::{Id, ServerId};
use stranded_model::procedure::{Outcome, Procedure};
use stranded_model::scenario::{Run, RunsMax};
use stranded_search::files;
use stranded_search::scenario::{self, SiteNames, builtin};
use stranded_testbed::perform::{Performance, perform};

use super::{CommandError, output, system};

/// Runs a procedure on one mailbox. The exit code is that of a mover.
pub(super) fn run(arguments: &Perform) -> Result<Exit, CommandError> {
    let system = system::read(&arguments.system)?;
    let servers: Vec<String> = system.config().stores.iter().map(|store| store.name.clone()).collect();
    let [from, to] = [&arguments.from, &arguments.to].map(|name| {
        let found = servers.iter().position(|server| server == name).map(ServerId::at);
        let names: Vec<&str> = servers.iter().map(String::as_str).collect();
        found.ok_or_else(|| CommandError::Input(scenario::unknown_name("store", name, &names)))
    });
    let (from, to) = (from?, to?);
    let procedure = procedure(&arguments.procedure, &servers)?.under(&assumptions(&arguments.assume)?);
    let given = Performance {
        run: Run { procedure, from, to, connected_to: from, runs_max: RunsMax::Times(1) },
        servers,
        user: arguments.user.clone(),
        administrator: arguments.administrator.clone(),
        folder: arguments.journal.clone(),
        wait: arguments.wait,
    };
    let performed = perform(&system, &given).map_err(CommandError::Usage)?;
    let says = performed.says.map(|says| format!(": {says}")).unwrap_or_default();
    output::say(&format!("{} at step {}{says}", performed.outcome.name(), performed.step));
    Ok(match performed.outcome {
        Outcome::Ok => Exit::AsExpected,
        Outcome::Refused => Exit::NotAsExpected,
        Outcome::Failed => Exit::Usage,
        Outcome::Unknown => Exit::Inconclusive,
    })
}

/// Reads a built-in procedure or a file.
fn procedure(name: &str, servers: &[String]) -> Result<Procedure, CommandError> {
    let site = SiteNames::of(servers);
    let (file_name, text) = match builtin::procedure(name) {
        Some(builtin) => (builtin.file_name(), builtin.text.to_owned()),
        None if name.ends_with(".toml") || name.contains('/') => {
            (name.to_owned(), files::read(name).map_err(|error| CommandError::Usage(error.to_string()))?)
        }
        None => {
            let names: Vec<&str> = builtin::all_procedures().map(|builtin| builtin.name).collect();
            return Err(CommandError::Input(scenario::unknown_name("procedure", name, &names)));
        }
    };
    Ok(scenario::parse_procedure(&file_name, &text, &site)?)
}

/// Reads answers of the form NAME=VALUE.
fn assumptions(given: &[String]) -> Result<Assumptions, CommandError> {
    given.iter().try_fold(Assumptions::default(), |all, text| {
        let names = Assumption::ALL.map(Assumption::name);
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let found = Assumption::ALL.into_iter().find(|assumption| assumption.name() == name);
        let Some(assumption) = found else {
            return Err(CommandError::Input(scenario::unknown_name("assumption", name, &names)));
        };
        let answer = (0..).zip(assumption.values()).find(|(_, known)| **known == value);
        match answer {
            Some((answer, _)) => Ok(all.with(assumption, answer)),
            None => Err(CommandError::Input(scenario::unknown_name("answer", value, assumption.values()))),
        }
    })
}
