//! A run of an implementation that was compared with the model: what was expected of each step against what was seen. The
//! reader takes what is there and asks for no more than a list of steps.

use serde::Serialize;
use serde_json::Value;

use super::link::Nowhere;

/// What such a file says it is.
const KIND: &str = "conformance-run";
/// The most steps that are shown.
const STEPS_MAX: usize = 10_000;

/// A run, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunTold {
    /// What it is called.
    pub title: String,
    /// Its verdict, if it has one.
    pub verdict: Option<String>,
    /// Its steps.
    pub steps: Vec<RunStep>,
    /// The first step at which what was seen is not what was expected.
    pub left_at: Option<usize>,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunStep {
    /// Its number, from 1.
    pub number: usize,
    /// What was done.
    pub says: String,
    /// What the model expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// Whether they agree.
    pub agrees: bool,
}

/// Whether this is such a run.
#[must_use]
pub fn is_run(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str) == Some(KIND)
}

/// Reads a run.
///
/// # Errors
/// That it has no steps.
pub fn read(value: &Value) -> Result<RunTold, Nowhere> {
    let steps = value.get("steps").and_then(Value::as_array);
    let steps = steps.ok_or_else(|| Nowhere("the conformance run has no steps".to_owned()))?;
    let steps: Vec<RunStep> =
        steps.iter().take(STEPS_MAX).enumerate().map(|(index, found)| step(index + 1, found)).collect();
    let scenario = text(value, &["scenario", "name"]).unwrap_or_else(|| "a run".to_owned());
    let system = text(value, &["system", "sut", "adapter"]);
    Ok(RunTold {
        title: system.map_or_else(|| scenario.clone(), |system| format!("{system} in {scenario}")),
        verdict: text(value, &["verdict", "outcome"]),
        left_at: steps.iter().find(|step| !step.agrees).map(|step| step.number),
        steps,
    })
}

fn step(number: usize, found: &Value) -> RunStep {
    let expected = text(found, &["expected"]).unwrap_or_default();
    let seen = text(found, &["seen", "observed", "actual"]).unwrap_or_default();
    let said = found.get("agrees").or_else(|| found.get("ok")).and_then(Value::as_bool);
    RunStep {
        number,
        says: text(found, &["says", "action", "request"]).unwrap_or_default(),
        agrees: said.unwrap_or_else(|| expected.is_empty() || expected == seen),
        expected,
        seen,
    }
}

/// The first of these fields that is there, as text.
fn text(value: &Value, names: &[&str]) -> Option<String> {
    let found = names.iter().find_map(|name| value.get(name)).filter(|found| !found.is_null())?;
    Some(match found {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => found.to_string(),
    })
}
