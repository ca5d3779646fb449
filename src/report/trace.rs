//! A trace as a file. The file contains its scenario, so that any installation can replay it, and every state, so that a replay
//! detects a change of the model.

use std::collections::BTreeMap;

use stranded_model::World;
use stranded_model::assumption::Assumption;

use stranded_search::check::Trace;
use stranded_search::rescue;

use super::procedure_words::is_cure;
use super::table::{TraceRow, TraceTable};
use stranded_search::state_view;
use stranded_search::trace_file::{StepFile, TraceFile};

/// Returns the trace file of a counterexample to a property.
#[must_use]
pub fn write(
    spec: &stranded_search::scenario::Spec,
    world: &World,
    touched: &[Assumption],
    property: &str,
    trace: &Trace,
) -> TraceFile {
    let table = TraceTable::of(world, trace);
    let map = rescue::map(spec, world, trace);
    let rescues = |number: usize| {
        let cures = map.outlooks[number].saving_procedures().filter(|name| is_cure(name));
        cures.map(ToOwned::to_owned).collect()
    };
    let step = |row: &TraceRow| StepFile {
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
        initial: state_view::show(&world.scenario, &table.initial),
        rescues: rescues(0),
        steps: table.rows.iter().filter(|row| !row.is_after).map(step).collect(),
        after: table.rows.iter().filter(|row| row.is_after).map(step).collect(),
        point_of_no_return: map.point_of_no_return,
        repeats_from: trace.repeats_from,
    }
}

/// Returns the values that a world has for some assumptions, by name.
#[must_use]
pub fn answers(world: &World, assumptions: &[Assumption]) -> BTreeMap<String, String> {
    let answer = |one: &Assumption| (one.name().to_owned(), world.assumptions.value(*one).to_owned());
    assumptions.iter().map(answer).collect()
}

/// Returns the values of assumptions in one line: `NAME=VALUE, …`.
#[must_use]
pub fn listed(answers: &BTreeMap<String, String>) -> String {
    answers.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}
