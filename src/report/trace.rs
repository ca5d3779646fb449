//! A trace as a file: it carries its scenario, so that it can be replayed anywhere, and every state, so that a replay can
//! tell whether the model has changed since.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stranded_model::World;
use stranded_model::assumption::Assumption;

use crate::check::Trace;
use crate::rescue;

use super::story::{Row, Story};
use super::view::{self, StateView};

/// A trace in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceFile {
    /// The name of the scenario.
    pub scenario: String,
    /// The scenario's file, self-contained.
    pub scenario_toml: String,
    /// The model that the trace was found in.
    pub model_hash: String,
    /// The property that it breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The answers to the assumptions that the scenario touches.
    pub assumptions: BTreeMap<String, String>,
    /// The state that it starts in.
    pub initial: StateView,
    /// The procedures that would save everything in the state that it starts in.
    #[serde(default)]
    pub rescues: Vec<String>,
    /// What happens; the last step breaks the property.
    pub steps: Vec<StepFile>,
    /// What the program that broke the property would do next, undisturbed.
    #[serde(default)]
    pub after: Vec<StepFile>,
    /// The number of the first state from which on no procedure saves everything any more; 0 is the state that it starts in,
    /// and the steps of `after` are counted on.
    #[serde(default)]
    pub point_of_no_return: Option<usize>,
    /// The step after which the trace repeats for ever.
    #[serde(rename = "loop")]
    pub repeats_from: Option<usize>,
}

/// One step of a trace in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    /// Who acts.
    pub actor: String,
    /// The name of the action.
    pub action: String,
    /// What happens, in a sentence.
    pub says: String,
    /// What the administrator is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// The messages that are lost by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    /// The state afterwards.
    pub state: StateView,
    /// The procedures that would save everything in this state.
    #[serde(default)]
    pub rescues: Vec<String>,
}

/// Writes a trace down.
#[must_use]
pub fn write(
    spec: &crate::scenario::Spec,
    world: &World,
    touched: &[Assumption],
    property: &str,
    trace: &Trace,
) -> TraceFile {
    let story = Story::of(world, trace);
    let map = rescue::map(spec, world, trace);
    let rescues = |number: usize| map.outlooks[number].saviours().map(ToOwned::to_owned).collect();
    let step = |row: &Row| StepFile {
        actor: row.actor.clone(),
        action: row.action.clone(),
        says: row.says.clone(),
        told: row.told.clone(),
        lost: row.lost.clone(),
        state: row.view.clone(),
        rescues: rescues(row.number),
    };
    TraceFile {
        scenario: spec.name.clone(),
        scenario_toml: spec.text.clone(),
        model_hash: crate::model_hash(),
        property: Some(property.to_owned()),
        assumptions: answers(world, touched),
        initial: view::show(&world.scenario, &story.initial),
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
