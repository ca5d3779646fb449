//! A trace as a file: its scenario, its states and its steps, by their names. `crate::replay` reads it; the report of the
//! program writes it, because every step carries its sentence.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::state_view::StateView;

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
    pub reported: Option<String>,
    /// The messages that are lost by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    /// The state afterwards.
    pub state: StateView,
    /// The procedures that would save everything in this state.
    #[serde(default)]
    pub rescues: Vec<String>,
}
