//! `stranded adapter`

use std::io;

use crate::cli::{AdapterCommand, AdapterReference};
use crate::exit::Exit;
use stranded_oracle::adapter::mutant::Mutant;
use stranded_oracle::adapter::serve::Conversation;
use stranded_oracle::adapter::{Implementation, Reference};
use stranded_search::scenario::{self, Spec};

use super::{CommandError, output};

pub(super) fn run(command: &AdapterCommand) -> Result<Exit, CommandError> {
    match command {
        AdapterCommand::Reference(arguments) => reference(arguments),
    }
}

/// Answers requests on standard input until `bye`. The first request has the scenario.
fn reference(arguments: &AdapterReference) -> Result<Exit, CommandError> {
    if let Some(name) = &arguments.mutant {
        Mutant::named(name).map_err(CommandError::Usage)?;
    }
    let mut conversation = Conversation::new(io::stdin().lock(), io::stdout().lock());
    let stopped = |stopped: stranded_oracle::adapter::serve::ServeError| CommandError::Usage(stopped.to_string());
    let Some((id, greeting)) = conversation.greeting().map_err(stopped)? else {
        output::warn(
            "standard input had no request; `stranded conform SCENARIO -- COMMAND` starts an adapter and sends requests",
        );
        return Ok(Exit::AsExpected);
    };
    let alone = |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, format!("a request has no file {path}")));
    let spec = match scenario::parse_scenario("scenario-toml", &greeting.scenario_toml, &alone) {
        Ok(spec) => spec,
        Err(diagnostics) => {
            let reason = format!("cannot read the scenario: {}", diagnostics.render(false));
            conversation.skip(id, reason).map_err(stopped)?;
            return Ok(Exit::AsExpected);
        }
    };
    let mut served = served(&spec, arguments)?;
    conversation.serve(id, &greeting, served.as_mut()).map_err(stopped)?;
    Ok(Exit::AsExpected)
}

/// Returns the implementation that answers: the reference or a mutant.
fn served<'a>(spec: &'a Spec, arguments: &AdapterReference) -> Result<Box<dyn Implementation + 'a>, CommandError> {
    match &arguments.mutant {
        None => {
            let reference = Reference::new(spec, arguments.combination).map_err(CommandError::Inconclusive)?;
            Ok(Box::new(reference))
        }
        Some(name) => {
            let mutant = Mutant::named(name).map_err(CommandError::Usage)?;
            mutant.implementation(spec, arguments.combination).map_err(CommandError::Inconclusive)
        }
    }
}
