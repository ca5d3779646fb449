//! `stranded testbed`: real servers on loopback. `hold` starts and ends them, `run` tries movers, `article` performs the article.

mod article;
mod hold;
mod run;

use stranded_testbed::bed::{Bed, BedError};
use stranded_testbed::system::{Config, System};

use super::{CommandError, perform};
use crate::cli::TestbedCommand;
use crate::exit::Exit;

pub(super) fn run(command: &TestbedCommand) -> Result<Exit, CommandError> {
    match command {
        TestbedCommand::Up(arguments) => hold::up(arguments),
        TestbedCommand::Down(arguments) => hold::down(arguments),
        TestbedCommand::Run(arguments) => run::run(arguments),
        TestbedCommand::Article(arguments) => article::run(arguments),
        TestbedCommand::Perform(arguments) => perform::run(arguments),
    }
}

/// Starts a bed.
fn bed() -> Result<Bed, CommandError> {
    Bed::up().map_err(error)
}

/// A missing package or right is an error of the caller; a server that does not start is none of any verdict.
fn error(reason: BedError) -> CommandError {
    match reason {
        BedError::Missing(_) | BedError::NotUnpacked(_) | BedError::NotRoot => CommandError::Usage(reason.to_string()),
        BedError::System(..) | BedError::Server(_) => CommandError::Inconclusive(reason.to_string()),
    }
}

/// The bed as a system.
fn system(bed: &Bed) -> Result<System, CommandError> {
    let config = Config::read("system.toml", &bed.system_toml());
    let config = config.map_err(|reason| CommandError::Usage(reason.to_string()))?;
    System::new(config).map_err(|reason| CommandError::Inconclusive(reason.to_string()))
}
