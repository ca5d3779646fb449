//! Traces as files: scenario, states and steps by their names. The replay reads them. The root package writes them,
//! because every step carries its sentence.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::FORMAT_VERSION;
use crate::json::{self, JsonError};
use crate::sanitize::of_json;
use crate::state_view::StateView;

/// A trace in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceFile {
    /// The version of the format.
    pub format: u64,
    /// The name of the scenario.
    pub scenario: String,
    /// The self-contained text of the scenario's file.
    pub scenario_toml: String,
    /// The hash of the model in which the trace was found.
    pub model_hash: String,
    /// The property that the trace violates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The answers to the assumptions that the scenario touches.
    pub assumptions: BTreeMap<String, String>,
    /// The initial state.
    pub initial: StateView,
    /// The procedures after which all mail would be at the home, if one ran in the initial state and nothing else happened, whatever else
    /// they change. While all mail is at the home, these are the procedures that leave it there. Defective procedures are not listed.
    #[serde(default)]
    pub rescues: Vec<String>,
    /// The steps. The last one violates the property.
    pub steps: Vec<StepFile>,
    /// The next steps of the program that violated the property, undisturbed.
    #[serde(default)]
    pub after: Vec<StepFile>,
    /// The number of the first state from which on no procedure recovers all mail. The initial state has number 0, and
    /// the steps of `after` are counted too.
    #[serde(default)]
    pub point_of_no_return: Option<usize>,
    /// The number of steps before the loop, if the trace repeats for ever.
    #[serde(rename = "loop")]
    pub repeats_from: Option<usize>,
}

/// One step of a trace in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    /// The actor.
    pub actor: String,
    /// The name of the action.
    pub action: String,
    /// A sentence that describes the step.
    pub says: String,
    /// The report that the administrator sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<String>,
    /// The messages that the step loses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    /// The state after the step.
    pub state: StateView,
    /// The procedures after which all mail would be at the home, if one ran in this state and nothing else happened.
    #[serde(default)]
    pub rescues: Vec<String>,
}

/// The reason why a text is not a trace, or a report with traces, of this version.
#[derive(Debug)]
pub enum ParseError {
    /// A trace has another format.
    Format(u64),
    /// The text is not JSON of the expected form.
    Json(JsonError),
}

/// Parses a trace, or a report that contains traces.
///
/// # Errors
/// A trace has another format, or the text is not JSON of the expected form.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, ParseError> {
    let other_format = json::parse(text).ok().and_then(|value| other_format(&value));
    match other_format {
        Some(format) => Err(ParseError::Format(format)),
        None => of_json(text).map_err(ParseError::Json),
    }
}

/// Returns the format of the first trace in a JSON value that has another format. Traces of format 1 do not name it.
fn other_format(value: &Value) -> Option<u64> {
    match value {
        Value::Object(fields) if fields.contains_key("scenario_toml") && fields.contains_key("steps") => {
            let format = fields.get("format").map_or(Some(1), Value::as_u64);
            format.filter(|format| *format != FORMAT_VERSION)
        }
        Value::Object(fields) => fields.values().find_map(other_format),
        Value::Array(items) => items.iter().find_map(other_format),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(format) => {
                write!(f, "this is a trace of format {format}; this version of stranded reads format {FORMAT_VERSION}")
            }
            Self::Json(reason) if !reason.inner().is_data() => {
                write!(f, "this is not a trace or a report of stranded: it is not JSON: {}", reason.inner())
            }
            Self::Json(reason) => {
                write!(f, "this is not a trace or a report of stranded: at {}: {}", reason.path(), reason.inner())
            }
        }
    }
}
