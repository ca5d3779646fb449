//! The traces of the first page: the second move of the article, and the same with the correct move beside it.

use std::sync::Arc;

use stranded_model::action::Action;

use stranded_search::scenario::{self, Spec, builtin, to_toml};

use super::library::Library;
use super::link::LinkError;
use super::open_trace::{NotTaken, OpenTrace};

/// The scenario of the first page.
const SCENARIO: &str = "second-move";
/// The correct procedure.
const CORRECT: &str = "move";

/// Returns the undisturbed second move of the article, and the same with the correct move.
///
/// # Errors
/// The reason why a trace is not available.
pub fn pair(library: &Library) -> Result<(OpenTrace, OpenTrace), LinkError> {
    let faulty = library.named(SCENARIO)?;
    let correct = Arc::new(corrected(&faulty)?);
    let trace_of = |spec: &Arc<Spec>| {
        let mut trace = library.start(spec)?;
        undisturbed(&mut trace).map_err(|error| LinkError(error.to_string()))?;
        Ok(trace)
    };
    Ok((trace_of(&faulty)?, trace_of(&correct)?))
}

/// The same scenario with the correct move in every run.
fn corrected(spec: &Spec) -> Result<Spec, LinkError> {
    let found = builtin::procedure(CORRECT).ok_or_else(|| LinkError(format!("there is no procedure {CORRECT}")))?;
    let procedure = scenario::parse_procedure(&found.file_name(), found.text, &spec.names);
    let procedure = procedure.map_err(|wrong| LinkError(wrong.render(false)))?;
    let mut corrected = spec.clone();
    for run in corrected.scenario.administrators.iter_mut().flat_map(|one| &mut one.runs) {
        run.procedure = procedure.clone();
    }
    corrected.name = format!("{}-with-{CORRECT}", spec.name);
    corrected.question = "What does a second move do if the first one moved the recipient too?".to_owned();
    corrected.text = to_toml(&corrected);
    Ok(corrected)
}

/// Delivers all mail, then executes every run as often as it is allowed, to its end.
fn undisturbed(trace: &mut OpenTrace) -> Result<(), NotTaken> {
    while trace.take_any(|action| matches!(action, Action::Deliver { .. }))? {}
    while trace.take_any(|action| matches!(action, Action::Start { .. }))? {
        trace.run_on()?;
    }
    Ok(())
}
