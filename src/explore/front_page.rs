//! What the first page tells: the article's second move, and beside it the same with the correct move, so that the one
//! difference between them can be seen.

use std::sync::Arc;

use stranded_model::action::Action;

use stranded_search::scenario::{self, Spec, builtin, to_toml};

use super::library::Library;
use super::link::LinkError;
use super::walk::{NotTaken, Walk};

/// The scenario that is told.
const SCENARIO: &str = "second-move";
/// The procedure that is put in the place of its own.
const CORRECT: &str = "move";

/// The article's second move as it goes undisturbed, and the same with the correct move.
///
/// # Errors
/// Why it cannot be told.
pub fn pair(library: &Library) -> Result<(Walk, Walk), LinkError> {
    let faulty = library.named(SCENARIO)?;
    let correct = Arc::new(corrected(&faulty)?);
    let reported = |spec: &Arc<Spec>| {
        let mut walk = library.start(spec)?;
        undisturbed(&mut walk).map_err(|why| LinkError(why.to_string()))?;
        Ok(walk)
    };
    Ok((reported(&faulty)?, reported(&correct)?))
}

/// The same scenario, in which every run is of the correct move.
fn corrected(spec: &Spec) -> Result<Spec, LinkError> {
    let found = builtin::procedure(CORRECT).ok_or_else(|| LinkError(format!("there is no procedure {CORRECT}")))?;
    let procedure = scenario::parse_procedure(&found.file_name(), found.text, &spec.names);
    let procedure = procedure.map_err(|wrong| LinkError(wrong.render(false)))?;
    let mut corrected = spec.clone();
    for run in corrected.scenario.administrators.iter_mut().flat_map(|one| &mut one.runs) {
        run.procedure = procedure.clone();
    }
    corrected.name = format!("{}-with-{CORRECT}", spec.name);
    corrected.question = "What does a second move do when the first one moved the recipient too?".to_owned();
    corrected.text = to_toml(&corrected);
    Ok(corrected)
}

/// All mail arrives, then every run is started as often as it may be, and runs to its end; nothing else happens.
fn undisturbed(walk: &mut Walk) -> Result<(), NotTaken> {
    while walk.take_any(|action| matches!(action, Action::Deliver { .. }))? {}
    while walk.take_any(|action| matches!(action, Action::Start { .. }))? {
        walk.run_on()?;
    }
    Ok(())
}
