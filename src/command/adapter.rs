//! `stranded adapter`

use std::io;

use crate::cli::{AdapterCommand, AdapterReference};
use crate::exit::Exit;
use stranded_oracle::adapter::mutant::Mutant;
use stranded_oracle::adapter::serve::Conversation;
use stranded_oracle::adapter::{Implementation, Reference};
use stranded_search::scenario::{self, Spec};

use super::{Failure, output};

pub(super) fn run(command: &AdapterCommand) -> Result<Exit, Failure> {
    match command {
        AdapterCommand::Reference(arguments) => reference(arguments),
    }
}

/// Answers requests on standard input until `bye`. The scenario comes with the first one.
fn reference(arguments: &AdapterReference) -> Result<Exit, Failure> {
    if let Some(name) = &arguments.mutant {
        Mutant::named(name).map_err(Failure::Usage)?;
    }
    let mut conversation = Conversation::new(io::stdin().lock(), io::stdout().lock());
    let stopped = |stopped: stranded_oracle::adapter::serve::ServeError| Failure::Usage(stopped.to_string());
    let Some((id, greeting)) = conversation.greeting().map_err(stopped)? else {
        output::warn("nobody asked anything: an adapter is started by `stranded conform SCENARIO -- COMMAND`");
        return Ok(Exit::AsExpected);
    };
    let alone = |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, format!("a greeting has no file {path}")));
    let spec = match scenario::parse_scenario("scenario-toml", &greeting.scenario_toml, &alone) {
        Ok(spec) => spec,
        Err(diagnostics) => {
            let reason = format!("the scenario cannot be read: {}", diagnostics.render(false));
            conversation.skip(id, reason).map_err(stopped)?;
            return Ok(Exit::AsExpected);
        }
    };
    let mut served = served(&spec, arguments)?;
    conversation.serve(id, &greeting, served.as_mut()).map_err(stopped)?;
    Ok(Exit::AsExpected)
}

/// What is driven: the one place that chooses it.
fn served<'a>(spec: &'a Spec, arguments: &AdapterReference) -> Result<Box<dyn Implementation + 'a>, Failure> {
    match &arguments.mutant {
        None => {
            let reference = Reference::new(spec, arguments.combination).map_err(Failure::Inconclusive)?;
            Ok(Box::new(reference))
        }
        Some(name) => {
            let mutant = Mutant::named(name).map_err(Failure::Usage)?;
            mutant.implementation(spec, arguments.combination).map_err(Failure::Inconclusive)
        }
    }
}
