//! The scenario of a trial: mail arrives at any time, and the operator runs the tool at most twice.

use std::fmt::Write;
use std::io::ErrorKind;

use stranded_model::World;
use stranded_model::assumption::Assumption;
use stranded_search::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::scenario::{Spec, parse_scenario};

use super::allowed::BEFORE;
use crate::cyrus::trial::XFER;
use crate::mover::performed::{has_own_directory_step, without_directory_step};
use crate::trial::report::DirectoryStep;

/// The procedure of `XFER`, the mover that is part of a server. Mail for a location that is inactive waits. A server returns mail for a
/// mailbox that it no longer has, although the sender learned its name from the directory.
pub const XFER_PROCEDURE: &str = "cyrus-xfer";
/// The file with the procedure of a mover without its directory step, as a scenario names it.
const WITHOUT_DIRECTORY_STEP: &str = "procedure.toml";
/// The start of that server.
const START: &str = include_str!("cyrus-start.toml");

/// Returns the name of the procedure of a mover: the same name, except for `XFER`.
#[must_use]
pub fn procedure_of(mover: &str) -> &str {
    if mover == XFER { XFER_PROCEDURE } else { mover }
}

/// Returns the moments of the directory step at which the model can be compared with trials of a mover.
#[must_use]
pub fn orders(mover: &str) -> &'static [DirectoryStep] {
    if has_own_directory_step(mover) {
        &[DirectoryStep::Tool, DirectoryStep::Never]
    } else {
        &[DirectoryStep::First, DirectoryStep::Last, DirectoryStep::Never]
    }
}

/// The worlds of a trial. A mover that writes the directory itself is performed without that step if the directory is never written.
///
/// # Errors
/// The mover is unknown, or it writes the directory itself and the order is that of an operator.
pub(super) fn worlds(mover: &str, order: DirectoryStep) -> Result<Vec<World>, String> {
    let (procedure, step) = match (order, has_own_directory_step(mover)) {
        (DirectoryStep::Tool, _) => (mover, None),
        (DirectoryStep::Never, true) => (WITHOUT_DIRECTORY_STEP, None),
        (DirectoryStep::First | DirectoryStep::Last, true) => {
            return Err(format!("{mover} writes the directory itself, and not {}", order.name()));
        }
        (DirectoryStep::First, false) => (mover, Some("first")),
        (DirectoryStep::Last, false) => (mover, Some("last")),
        (DirectoryStep::Never, false) => (mover, Some("never")),
    };
    let assumed = step.map(|step| format!("{} = \"{step}\"\n", Assumption::DirectoryStep.name()));
    all(&read(&text(mover, &assumed.unwrap_or_default(), &[(procedure, 2)]), mover)?)
}

/// The worlds of a trial whose tool dies with its server, which starts again; none if the tool is no part of a server.
///
/// # Errors
/// The mover is unknown.
pub(super) fn restarted_worlds(mover: &str) -> Result<Vec<World>, String> {
    if mover != XFER_PROCEDURE {
        return Ok(Vec::new());
    }
    all(&read(&(text(mover, "", &[(mover, 1), ("cyrus-start", 1), (mover, 1)]) + START), mover)?)
}

/// A scenario in which the operator runs these procedures, each so many times at most.
fn text(mover: &str, assumed: &str, runs: &[(&str, u8)]) -> String {
    let messages = BEFORE + 2;
    let mut text = format!(
        "name = \"trial\"\nfamily = \"user\"\nquestion = \"What does the model allow?\"\n\
         [site]\nservers = [\"source\", \"destination\"]\nmessages = {messages}\nreplication = \"instant\"\n\
         [environment]\ndelivery = \"any-time\"\nfaults = [\"program-dies\", \"request-lost\", \"reply-lost\"]\nfaults-max = 1\n\
         stale-views = {}\n",
        mover == XFER_PROCEDURE
    );
    for (procedure, runs_max) in runs {
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "[[run]]\nadministrator = \"operator\"\nprocedure = \"{procedure}\"\nfrom = \"source\"\nto = \"destination\"\n\
             runs-max = {runs_max}\n"
        );
    }
    let of_server = [(Assumption::SplitHome, "queue"), (Assumption::MisroutedMail, "return")];
    let of_server = of_server.map(|(assumption, answer)| format!("{} = \"{answer}\"\n", assumption.name())).concat();
    text + "[assume]\n" + assumed + if mover == XFER_PROCEDURE { &of_server } else { "" }
}

fn read(text: &str, mover: &str) -> Result<Spec, String> {
    let file = |name: &str| {
        if name == WITHOUT_DIRECTORY_STEP { without_directory_step(mover) } else { Err(ErrorKind::NotFound.into()) }
    };
    parse_scenario("trial.toml", text, &file).map_err(|wrong| wrong.render(false))
}

/// A world for each combination of answers to the assumptions.
fn all(spec: &Spec) -> Result<Vec<World>, String> {
    let world = |assumptions| check::world(spec, assumptions, Engine::default(), &Limits::default());
    let worlds = check::combinations_of(spec).into_iter().map(world).collect::<Result<_, _>>();
    worlds.map_err(|truncated| truncated.to_string())
}
