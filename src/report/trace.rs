//! A trace as a file: it carries its scenario, so that it can be replayed anywhere, and every state, so that a replay can
//! tell whether the model has changed since.

use std::collections::BTreeMap;

use stranded_model::World;
use stranded_model::assumption::Assumption;

use stranded_search::check::Trace;
use stranded_search::rescue;

use super::story::{Row, Story};
use stranded_search::state_view;
use stranded_search::trace_file::{StepFile, TraceFile};

/// Writes a trace down.
#[must_use]
pub fn write(
    spec: &stranded_search::scenario::Spec,
    world: &World,
    touched: &[Assumption],
    property: &str,
    trace: &Trace,
) -> TraceFile {
    let story = Story::of(world, trace);
    let map = rescue::map(spec, world, trace);
    let rescues = |number: usize| map.outlooks[number].saving_procedures().map(ToOwned::to_owned).collect();
    let step = |row: &Row| StepFile {
        actor: row.actor.clone(),
        action: row.action.clone(),
        says: row.says.clone(),
        reported: row.reported.clone(),
        lost: row.lost.clone(),
        state: row.view.clone(),
        rescues: rescues(row.number),
    };
    TraceFile {
        format: stranded_search::FORMAT_VERSION,
        scenario: spec.name.clone(),
        scenario_toml: spec.text.clone(),
        model_hash: stranded_search::model_hash(),
        property: Some(property.to_owned()),
        assumptions: answers(world, touched),
        initial: state_view::show(&world.scenario, &story.initial),
        rescues: rescues(0),
        steps: story.rows.iter().filter(|row| !row.is_after).map(step).collect(),
        after: story.rows.iter().filter(|row| row.is_after).map(step).collect(),
        point_of_no_return: map.point_of_no_return,
        repeats_from: trace.repeats_from,
    }
}

/// The answers of a world to some assumptions, by name.
#[must_use]
pub fn answers(world: &World, assumptions: &[Assumption]) -> BTreeMap<String, String> {
    let answer = |one: &Assumption| (one.name().to_owned(), world.assumptions.value(*one).to_owned());
    assumptions.iter().map(answer).collect()
}
