//! Replaying a saved trace: every step is looked up among what is possible, taken, and compared with what was saved.

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
    /// Its scenario.
    pub spec: Spec,
    /// The world in which it happens.
    pub world: World,
    /// The trace.
    pub trace: Trace,
    /// Whether it was found in another version of the model.
    pub is_stale: bool,
}

/// Why a trace cannot be replayed.
#[derive(Debug)]
pub enum Refused {
    /// Its scenario is wrong.
    Scenario(Diagnostics),
    /// The file says something that does not belong together.
    File(String),
    /// The model does not allow it.
    Step(String),
}

/// Replays a trace.
///
/// # Errors
/// Why it cannot be replayed; nothing of it is to be believed then.
pub fn replay(file: &TraceFile) -> Result<Replayed, Refused> {
    let alone = |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, format!("a trace has no file {path}")));
    let spec = scenario::parse_scenario("scenario_toml", &file.scenario_toml, &alone).map_err(Refused::Scenario)?;
    belongs_together(&spec, file).map_err(Refused::File)?;
    let assumptions = assumptions(file).map_err(Refused::File)?;
    let mut world = World::new(&spec.scenario, assumptions);
    let initial = state_view::read(&world.scenario, &file.initial)
        .map_err(|reason| Refused::File(format!("initial: {reason}")))?;
    world.initial = vec![initial.clone()];
    let mut state = initial.clone();
    let mut actions = Vec::new();
    for (index, step) in file.steps.iter().chain(&file.after).enumerate() {
        let place = |reason: String| Refused::Step(format!("step {}: {reason}", index + 1));
        let (action, next) = take(&world, &state, step).map_err(place)?;
        actions.push(action);
        state = next;
    }
    let after = actions.split_off(file.steps.len());
    let path = Path { initial, actions };
    ends_as_it_says(&world, file, &path).map_err(Refused::Step)?;
    let trace = Trace { path, after, repeats_from: file.repeats_from };
    Ok(Replayed { spec, world, trace, is_stale: file.model_hash != crate::model_hash() })
}

/// Whether the names of the file are those of its scenario and of a property.
fn belongs_together(spec: &Spec, file: &TraceFile) -> Result<(), String> {
    if file.scenario != spec.name {
        let says = "expected the name that `scenario_toml` gives";
        return Err(format!("`scenario` is `{}`; {says}, which is `{}`", file.scenario, spec.name));
    }
    match file.property.as_deref() {
        Some(name) if named(name).is_none() => {
            let names: Vec<&str> = Property::all().map(Property::name).collect();
            Err(format!("there is no property `{name}`; there are {}", names.join(", ")))
        }
        Some(_) | None => Ok(()),
    }
}

fn named(property: &str) -> Option<Property> {
    Property::all().find(|other| other.name() == property)
}

/// Whether the end of the trace breaks the property that it names, and its loop closes.
fn ends_as_it_says(world: &World, file: &TraceFile, path: &Path) -> Result<(), String> {
    let states = path.states(world);
    let end = states.last().expect("a path has a first state");
    match file.property.as_deref().and_then(named) {
        Some(Property::Safety(safety)) if safety.holds(world, end) => {
            return Err(format!("{} is true at its end", safety.name()));
        }
        Some(Property::Liveness(liveness)) if file.repeats_from.is_none() => {
            return Err(format!(
                "{} is broken by a trace that repeats, and this one does not say from where",
                liveness.name()
            ));
        }
        Some(Property::Liveness(liveness)) if liveness.is_reached(world, end) => {
            return Err(format!("{} is reached at its end", liveness.name()));
        }
        Some(Property::Safety(_) | Property::Liveness(_) | Property::Coverage) | None => {}
    }
    match file.repeats_from.map(|number| states.get(number)) {
        Some(None) => {
            Err(format!("it cannot repeat from step {}: it has {}", file.repeats_from.unwrap_or(0), states.len() - 1))
        }
        Some(Some(state)) if state != end => Err("its end is not the state that it repeats from".to_owned()),
        Some(Some(_)) | None => Ok(()),
    }
}

fn assumptions(file: &TraceFile) -> Result<Assumptions, String> {
    file.assumptions.iter().try_fold(Assumptions::default(), |all, (name, value)| {
        let assumption = Assumption::ALL.into_iter().find(|assumption| assumption.name() == name);
        let assumption = assumption.ok_or_else(|| format!("assumptions: {name} is no assumption"))?;
        let answer = assumption.values().iter().position(|one| one == value);
        let answer = answer.ok_or_else(|| format!("assumptions: {value} is no answer to {name}"))?;
        Ok(all.with(assumption, AssumptionAnswer::try_from(answer).map_err(|reason| reason.to_string())?))
    })
}

fn take(
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
        return Err(format!("`{}` leads to another state than the trace says", step.action));
    }
    Ok((action, next))
}
