//! A reader of traces in the Informal Trace Format, as our own writer makes them: `#meta` has `scenario_toml` and `assumptions`,
//! and may have `initial` as in a trace file; every state but the first names its step in `mbt::actionTaken`. Other variables are
//! ignored: the model takes the steps again.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::formats::trace::itf::TAKEN;
use stranded_search::scenario;
use stranded_search::state_view::{self, StateView};

use super::library::{Library, world};
use super::link::{self, LinkError};
use super::open_trace::{OpenTrace, Origin};

/// Opens a trace in ITF.
///
/// # Errors
/// The missing part, or the first step that the model does not allow.
pub fn read(library: &Library, value: &Value) -> Result<OpenTrace, LinkError> {
    let meta = value.get("#meta").ok_or_else(|| missing("#meta"))?;
    let text = meta.get("scenario_toml").and_then(Value::as_str).ok_or_else(|| missing("scenario_toml in #meta"))?;
    let alone = |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, format!("an ITF trace has no file {path}")));
    let spec = scenario::parse_scenario("scenario_toml", text, &alone);
    let spec = Arc::new(spec.map_err(|wrong| LinkError(wrong.render(false)))?);
    let answers: BTreeMap<String, String> = held(meta, "assumptions")?.unwrap_or_default();
    let world = world(&spec, link::assumptions(&answers)?)?;
    let given: Option<StateView> = held(meta, "initial")?;
    let initial = match given {
        Some(shown) => {
            state_view::read(&world.scenario, &shown).map_err(|reason| LinkError(format!("initial: {reason}")))?
        }
        None => {
            world.initial.first().cloned().ok_or_else(|| LinkError(format!("{} has no initial state", spec.name)))?
        }
    };
    library.keep(&spec, Some(initial.clone()));
    let states = value.get("states").and_then(Value::as_array).ok_or_else(|| missing("states"))?;
    let taken = |(index, state): (usize, &Value)| {
        let name = state.get(TAKEN).and_then(Value::as_str);
        name.map(str::to_owned).ok_or_else(|| missing(&format!("{TAKEN} in state {index}")))
    };
    let names: Vec<String> = states.iter().enumerate().skip(1).map(taken).collect::<Result<_, LinkError>>()?;
    let origin = Origin { spec, world: Arc::new(world), initial, observed: None };
    OpenTrace::along(origin, names.iter().map(String::as_str))
        .map_err(|(number, error)| LinkError(format!("step {number} of the ITF trace: {error}")))
}

/// Reads a value of `#meta`, which may be JSON in a string, because some programs allow only strings there.
fn held<T: DeserializeOwned>(meta: &Value, name: &str) -> Result<Option<T>, LinkError> {
    let read = match meta.get(name) {
        None => return Ok(None),
        Some(Value::String(text)) => serde_json::from_str(text),
        Some(found) => serde_json::from_value(found.clone()),
    };
    read.map(Some).map_err(|reason| LinkError(format!("{name} in #meta: {reason}")))
}

/// Returns the title of the trace, and the moment from which it repeats.
#[must_use]
pub fn about(name: &str, value: &Value) -> (String, Option<usize>) {
    let text = |name: &str| value.get("#meta").and_then(|meta| meta.get(name)).and_then(Value::as_str);
    let title = match (text("scenario"), text("property")) {
        (Some(scenario), Some(property)) => format!("{scenario}: {property}"),
        (Some(scenario), None) => scenario.to_owned(),
        (None, _) => name.to_owned(),
    };
    let length = value.get("states").and_then(Value::as_array).map_or(0, Vec::len);
    let repeats_from = value.get("loop").and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    (format!("{title} (ITF)"), repeats_from.filter(|number| *number < length))
}

fn missing(what: &str) -> LinkError {
    LinkError(format!("the ITF trace has no {what}"))
}
