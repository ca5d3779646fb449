//! Replays of saved traces. Each step is looked up among the actions of the model, executed, and compared with the
//! saved state.

use std::io;

use stranded_model::World;
use stranded_model::assumption::{Assumption, AssumptionAnswer, Assumptions};

use crate::check::Trace;
use crate::engine::Path;
use crate::property::Property;
use crate::scenario::{self, Diagnostics, Spec};
use crate::trace_file::{StepFile, TraceFile};
use crate::{names, state_view};

/// A trace that the model allows.
#[derive(Debug)]
pub struct Replayed {
    /// The scenario of the trace.
    pub spec: Spec,
    /// The world in which the trace runs.
    pub world: World,
    /// The trace.
    pub trace: Trace,
    /// True if the trace was found in another version of the model.
    pub is_stale: bool,
}

/// The reason why a trace cannot be replayed.
#[derive(Debug)]
pub enum ReplayError {
    /// The scenario is wrong.
    Scenario(Diagnostics),
    /// The parts of the file contradict each other.
    File(String),
    /// The model does not allow the trace.
    Step(String),
}

/// Replays a trace.
///
/// # Errors
/// The reason why the trace cannot be replayed. No part of it is confirmed then.
pub fn replay(file: &TraceFile) -> Result<Replayed, ReplayError> {
    let no_files =
        |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, format!("a trace cannot refer to the file {path}")));
    let spec =
        scenario::parse_scenario("scenario_toml", &file.scenario_toml, &no_files).map_err(ReplayError::Scenario)?;
    let property = check_names(&spec, file).map_err(ReplayError::File)?;
    let assumptions = assumptions(file).map_err(ReplayError::File)?;
    let mut world = World::new(&spec.scenario, assumptions);
    let initial = state_view::read(&world.scenario, &file.initial)
        .map_err(|reason| ReplayError::File(format!("initial: {reason}")))?;
    world.initial = vec![initial.clone()];
    let mut state = initial.clone();
    let mut actions = Vec::new();
    for (index, step) in file.steps.iter().chain(&file.after).enumerate() {
        let at_step = |reason: String| ReplayError::Step(format!("step {}: {reason}", index + 1));
        let (action, next) = execute(&world, &state, step).map_err(at_step)?;
        actions.push(action);
        state = next;
    }
    let after = actions.split_off(file.steps.len());
    let path = Path { initial, actions };
    check_end(&world, property, file.repeats_from, &path).map_err(ReplayError::Step)?;
    let trace = Trace { path, after, repeats_from: file.repeats_from };
    Ok(Replayed { spec, world, trace, is_stale: file.model_hash != crate::model_hash() })
}

/// Checks that the scenario's name in the file is right and that the property exists. Returns the property.
fn check_names(spec: &Spec, file: &TraceFile) -> Result<Option<Property>, String> {
    if file.scenario != spec.name {
        let says = "expected the name that `scenario_toml` gives";
        return Err(format!("`scenario` is `{}`; {says}, which is `{}`", file.scenario, spec.name));
    }
    let all: Vec<Property> = Property::all().chain(spec.own_properties()).collect();
    let Some(name) = file.property.as_deref() else { return Ok(None) };
    let named = all.iter().find(|property| property.name() == name);
    named.copied().map(Some).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(Property::name).collect();
        format!("there is no property `{name}`; there are {}", names.join(", "))
    })
}

/// Checks that the last state violates the named property and that the loop closes.
fn check_end(
    world: &World,
    property: Option<Property>,
    repeats_from: Option<usize>,
    path: &Path,
) -> Result<(), String> {
    let states = path.states(world);
    let end = states.last().expect("a path has a first state");
    if let Some(property) = property
        && property.invariant(&world.scenario).is_some_and(|invariant| invariant.holds(world, end))
    {
        return Err(format!("the last state does not violate {}", property.name()));
    }
    match property {
        Some(Property::Liveness(liveness)) if repeats_from.is_none() => {
            return Err(format!("a violation of {} is a trace that repeats, and `loop` is missing", liveness.name()));
        }
        Some(Property::Liveness(liveness)) => {
            let around = repeats_from.and_then(|number| states.get(number..)).unwrap_or(&states[states.len() - 1..]);
            let never_reaches = |mailbox| around.iter().all(|state| !liveness.is_reached(world, state, mailbox));
            if !end.accounts.ids().any(never_reaches) {
                return Err(format!("every mailbox satisfies {} somewhere in the loop", liveness.name()));
            }
        }
        Some(Property::Safety(_) | Property::Own(_) | Property::Coverage) | None => {}
    }
    match repeats_from.map(|number| states.get(number)) {
        Some(None) => {
            Err(format!("`loop` is {}, and the trace has {} steps", repeats_from.unwrap_or(0), states.len() - 1))
        }
        Some(Some(state)) if state != end => Err("the last state differs from the state at `loop`".to_owned()),
        Some(Some(_)) | None => Ok(()),
    }
}

fn assumptions(file: &TraceFile) -> Result<Assumptions, String> {
    file.assumptions.iter().try_fold(Assumptions::default(), |all, (name, value)| {
        let assumption = Assumption::ALL.into_iter().find(|assumption| assumption.name() == name);
        let assumption = assumption.ok_or_else(|| format!("assumptions: there is no assumption {name}"))?;
        let answer = assumption.values().iter().position(|one| one == value);
        let answer = answer.ok_or_else(|| format!("assumptions: {value} is not an answer to {name}"))?;
        Ok(all.with(assumption, AssumptionAnswer::try_from(answer).map_err(|reason| reason.to_string())?))
    })
}

fn execute(
    world: &World,
    state: &stranded_model::state::State,
    step: &StepFile,
) -> Result<(stranded_model::action::Action, stranded_model::state::State), String> {
    let named = |action: &&stranded_model::action::Action| names::action(world, state, action) == step.action;
    let possible = || world.enabled(state).map(|(action, _)| names::action(world, state, &action)).collect::<Vec<_>>();
    let action = world.actions().iter().find(named);
    let action =
        *action.ok_or_else(|| format!("there is no action `{}`; possible: {}", step.action, possible().join(", ")))?;
    let next = world.step(state, &action).map_err(|refusal| format!("`{}` is not possible: {refusal}", step.action))?;
    if state_view::show(&world.scenario, &next) != step.state {
        return Err(format!("`{}` leads to another state than the saved one", step.action));
    }
    Ok((action, next))
}
