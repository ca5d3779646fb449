//! A story in the Informal Trace Format. It carries its scenario in `#meta`, so that the explorer follows it again; the variables
//! are the whole state, and the two variables that tools for model-based tests read.
//! `value` says what they hold, and of what types they are. Extra values of a `#meta` are texts; `varTypes` is the one that
//! Apalache wants as an object.

mod value;

use serde_json::{Map, Value, json};

use crate::report::story::Row;
use crate::report::trace::answers;
use stranded_search::state_view::{self, StateView};

use self::value::{Picks, Record as _, Typed as _};
use super::NarratedTrace;

/// The variable that says which step led to a state.
pub const TAKEN: &str = "mbt::actionTaken";
/// The variable that says what was chosen for it.
pub const PICKS: &str = "mbt::nondetPicks";
/// What the first state was made by.
const INIT: &str = "init";

/// Writes a story.
///
/// # Panics
/// Never: names and answers can be written as JSON.
#[must_use]
pub fn itf(narrated: &NarratedTrace<'_>) -> String {
    let NarratedTrace { spec, world, story, property, .. } = narrated;
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
    say("initial", text(json!(state_view::show(&world.scenario, &story.initial))));
    if let Some(property) = property {
        say("property", (*property).to_owned());
    }
    let types = types();
    let variables: Vec<&str> = types.iter().map(|(name, _)| *name).collect();
    let types: Map<String, Value> = types.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
    meta.insert("varTypes".to_owned(), Value::Object(types));
    let mut states = vec![state(0, "at first", &state_view::show(&world.scenario, &story.initial), None)];
    states.extend(story.rows.iter().map(|row| state(row.number, &row.says, &row.view, Some(row))));
    let mut trace = Map::new();
    trace.insert("#meta".to_owned(), Value::Object(meta));
    trace.insert("vars".to_owned(), json!(variables));
    trace.insert("states".to_owned(), Value::Array(states));
    if let Some(number) = story.repeats_from {
        trace.insert("loop".to_owned(), json!(number));
    }
    let mut written = serde_json::to_string_pretty(&trace).expect("values are JSON already");
    written.push('\n');
    written
}

/// The variables of a state, by name.
fn state(index: usize, says: &str, shown: &StateView, row: Option<&Row>) -> Value {
    let mut state = shown.values();
    state.insert("#meta".to_owned(), json!({"index": index, "says": says}));
    state.insert(TAKEN.to_owned(), row.map_or(INIT, |row| row.action.as_str()).to_owned().value());
    state.insert(PICKS.to_owned(), Picks { actor: row.map(|row| row.actor.clone()) }.value());
    Value::Object(state)
}

/// Every variable with its type, as Apalache reads it.
fn types() -> Vec<(&'static str, String)> {
    let mut types = StateView::types();
    types.extend([(TAKEN, String::type_text()), (PICKS, Picks::type_text())]);
    types
}
