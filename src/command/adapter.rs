//! `stranded adapter`

use std::io;

use crate::cli::{AdapterCommand, AdapterReference};
use crate::exit::Exit;
use stranded_oracle::adapter::mutant::Mutant;
use stranded_oracle::adapter::serve::{Conversation, ServeError};
use stranded_oracle::adapter::{Implementation, Reference};
use stranded_oracle::protocol::Greeting;
use stranded_search::scenario::{self, Spec};

use super::{CommandError, output};

pub(super) fn run(command: &AdapterCommand) -> Result<Exit, CommandError> {
    match command {
        AdapterCommand::Reference(arguments) => reference(arguments),
        #[cfg(feature = "testbed")]
        AdapterCommand::LdapImap(arguments) => ldap_imap(arguments),
    }
}

fn reference(arguments: &AdapterReference) -> Result<Exit, CommandError> {
    if let Some(name) = &arguments.mutant {
        Mutant::named(name).map_err(CommandError::Usage)?;
    }
    let Some(opened) = Opened::read()? else { return Ok(Exit::AsExpected) };
    let mut served = served(&opened.spec, arguments)?;
    opened.conversation.serve(opened.id, &opened.greeting, served.as_mut()).map_err(stopped)?;
    Ok(Exit::AsExpected)
}

/// Serves a real site. Its servers are asked before the first answer, so that a wrong address ends the adapter with a reason.
#[cfg(feature = "testbed")]
fn ldap_imap(arguments: &crate::cli::AdapterLdapImap) -> Result<Exit, CommandError> {
    let system = super::system::read(&arguments.config)?;
    let Some(opened) = Opened::read()? else { return Ok(Exit::AsExpected) };
    system.check().map_err(|trouble| CommandError::Usage(trouble.to_string()))?;
    let journals = tempfile::tempdir();
    let journals = journals.map_err(|reason| CommandError::Usage(format!("cannot create a folder: {reason}")))?;
    let mut served = stranded_testbed::adapter::LdapImap::new(
        &system,
        &opened.spec,
        arguments.combination,
        journals.path().to_owned(),
    );
    opened.conversation.serve(opened.id, &opened.greeting, &mut served).map_err(stopped)?;
    Ok(Exit::AsExpected)
}

/// A conversation on standard input and output whose first request had a scenario.
struct Opened {
    conversation: Conversation<io::StdinLock<'static>, io::StdoutLock<'static>>,
    id: u64,
    greeting: Greeting,
    spec: Spec,
}

impl Opened {
    /// Reads the first request. `None` means that the conversation is over, because there is no request or no valid scenario.
    fn read() -> Result<Option<Self>, CommandError> {
        let mut conversation = Conversation::new(io::stdin().lock(), io::stdout().lock());
        let Some((id, greeting)) = conversation.greeting().map_err(stopped)? else {
            output::warn(
                "standard input had no request; `stranded conform SCENARIO -- COMMAND` starts an adapter and sends requests",
            );
            return Ok(None);
        };
        let alone = |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, format!("a request has no file {path}")));
        match scenario::parse_scenario("scenario-toml", &greeting.scenario_toml, &alone) {
            Ok(spec) => Ok(Some(Self { conversation, id, greeting, spec })),
            Err(diagnostics) => {
                let reason = format!("cannot read the scenario: {}", diagnostics.render(false));
                conversation.skip(id, reason).map_err(stopped)?;
                Ok(None)
            }
        }
    }
}

fn stopped(stopped: ServeError) -> CommandError {
    CommandError::Usage(stopped.to_string())
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
