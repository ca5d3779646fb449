//! A trace in the Informal Trace Format. Its `#meta` contains the scenario, so that the explorer can open it; the variables are
//! the whole state, and the two variables that tools for model-based tests read. `value` defines their values and types. Extra
//! values of `#meta` are strings, except `varTypes`, which Apalache wants as an object.

mod value;

use serde_json::{Map, Value, json};

use crate::report::table::TraceRow;
use crate::report::trace::answers;
use stranded_search::state_view::{self, StateView};

use self::value::{ItfRecord as _, Picks, Typed as _};
use super::NarratedTrace;

/// The variable with the step that led to a state.
pub const TAKEN: &str = "mbt::actionTaken";
/// The variable with the choices of that step.
pub const PICKS: &str = "mbt::nondetPicks";
/// The step of the initial state.
const INIT: &str = "init";

/// Returns true if this is a trace in ITF.
#[must_use]
pub fn is_itf(value: &Value) -> bool {
    value.get("states").is_some_and(Value::is_array) && (value.get("vars").is_some() || value.get("#meta").is_some())
}

/// Returns the trace as ITF.
///
/// # Panics
/// Never: names and answers can be written as JSON.
#[must_use]
pub fn itf(narrated: &NarratedTrace<'_>) -> String {
    let NarratedTrace { spec, world, table, property, .. } = narrated;
    let text = |value: Value| value.to_string();
    let mut meta = Map::new();
    let mut say = |name: &str, value: String| meta.insert(name.to_owned(), Value::String(value));
    say("format", "ITF".to_owned());
    say("format-description", "https://apalache-mc.org/docs/adr/015adr-trace.html".to_owned());
    say("source", format!("stranded {}", env!("CARGO_PKG_VERSION")));
    say("description", format!("{}: {}", narrated.title(), spec.question));
    say("scenario", spec.name.clone());
    say("scenario_toml", spec.text.clone());
    say("model_hash", stranded_search::model_hash());
    say("assumptions", text(json!(answers(world, &spec.touches()))));
    say("initial", text(json!(state_view::show(&world.scenario, &table.initial))));
    if let Some(property) = property {
        say("property", (*property).to_owned());
    }
    let types = types();
    let variables: Vec<&str> = types.iter().map(|(name, _)| *name).collect();
    let types: Map<String, Value> = types.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
    meta.insert("varTypes".to_owned(), Value::Object(types));
    let mut states = vec![state(0, "at first", &state_view::show(&world.scenario, &table.initial), None)];
    states.extend(table.rows.iter().map(|row| state(row.number, &row.says, &row.view, Some(row))));
    let mut trace = Map::new();
    trace.insert("#meta".to_owned(), Value::Object(meta));
    trace.insert("vars".to_owned(), json!(variables));
    trace.insert("states".to_owned(), Value::Array(states));
    if let Some(number) = table.repeats_from {
        trace.insert("loop".to_owned(), json!(number));
    }
    let mut written = serde_json::to_string_pretty(&trace).expect("values are JSON already");
    written.push('\n');
    written
}

/// Returns the variables of a state.
fn state(index: usize, says: &str, shown: &StateView, row: Option<&TraceRow>) -> Value {
    let mut state = shown.values();
    state.insert("#meta".to_owned(), json!({"index": index, "says": says}));
    state.insert(TAKEN.to_owned(), row.map_or(INIT, |row| row.action.as_str()).to_owned().value());
    state.insert(PICKS.to_owned(), Picks { actor: row.map(|row| row.actor.clone()) }.value());
    Value::Object(state)
}

/// Returns every variable with its type in Apalache's syntax.
fn types() -> Vec<(&'static str, String)> {
    let mut types = StateView::types();
    types.extend([(TAKEN, String::type_text()), (PICKS, Picks::type_text())]);
    types
}
