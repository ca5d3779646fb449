//! The model's shortest trace to the verdict of a trial.

use stranded_model::World;
use stranded_model::action::Action;
use stranded_oracle::sentence::{Mood, actor, says};
use stranded_search::scenario::builtin;

use super::allowed::ModelledMover;
use super::compare::{has_mail, observed, verdict_of_end};
use super::places;
use super::scenario::procedure_of;
use crate::trial::report::TrialReport;

/// The model's view of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Traced {
    /// The model reaches the verdict by these steps, each in one sentence.
    Trace(Vec<String>),
    /// The model does not allow the verdict at this fault point.
    NotAllowed,
    /// The verdict is about flags, folders, text or the answer to a sender, which the model does not know.
    Unknown,
    /// The mover or its repair has no procedure, or the fault point has no place in it.
    NoProcedure,
}

/// Returns the model's shortest trace to the verdict of a trial.
///
/// # Errors
/// The procedure of the mover is defective.
pub fn trace(trial: &TrialReport) -> Result<Traced, String> {
    let procedure = procedure_of(&trial.mover);
    if builtin::procedure(procedure).is_none() || trial.repair.is_some() {
        return Ok(Traced::NoProcedure);
    }
    let verdict = observed(trial);
    if verdict != trial.verdict {
        return Ok(Traced::Unknown);
    }
    let faults = match trial.point.as_ref().zip(trial.mode) {
        Some((point, mode)) => places::faults(&trial.mover, &places::of(&trial.mover, trial.order, point), mode),
        None => vec![None],
    };
    if faults.is_empty() {
        return Ok(Traced::NoProcedure);
    }
    let mover = ModelledMover::new(procedure, trial.order)?;
    let mut found = Vec::new();
    for fault in faults {
        found.extend(mover.shortest(fault, |end| verdict_of_end(end, has_mail(fault)) == verdict)?);
    }
    let shortest = found.into_iter().min_by_key(|(_, actions)| actions.len());
    Ok(shortest.map_or(Traced::NotAllowed, |(world, actions)| Traced::Trace(steps(world, &actions))))
}

/// Returns a sentence for each action.
fn steps(world: &World, actions: &[Action]) -> Vec<String> {
    let mut state = world.initial[0].clone();
    let mut steps = Vec::new();
    for action in actions {
        let Ok(occurrence) = world.occur(&state, action) else { break };
        let sentence = says(world, &state, action, Mood::Happened(&occurrence));
        steps.push(format!("{} {sentence}", actor(world, action)));
        state = occurrence.state;
    }
    steps
}
