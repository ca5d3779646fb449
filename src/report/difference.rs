//! The differences between two states, key by key. It compares the JSON of the states and knows nothing of their meaning.

use serde::Serialize;
use serde_json::Value;

use stranded_search::state_view::StateView;

/// One key whose value differs between two states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateDifference {
    /// The keys from the outermost to this one.
    pub keys: Vec<String>,
    /// The old value.
    pub was: String,
    /// The new value.
    pub is: String,
}

/// Returns the differences between two states, in the order of the state.
///
/// # Panics
/// Never: every state can be written as JSON.
#[must_use]
pub fn between(before: &StateView, after: &StateView) -> Vec<StateDifference> {
    let json = |state: &StateView| serde_json::to_value(state).expect("a state can be written as JSON");
    let mut found = Vec::new();
    compare(&mut Vec::new(), &json(before), &json(after), &mut found);
    found
}

fn compare(keys: &mut Vec<String>, before: &Value, after: &Value, found: &mut Vec<StateDifference>) {
    if before == after {
        return;
    }
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        found.push(StateDifference { keys: keys.clone(), was: plain(before), is: plain(after) });
        return;
    };
    let added = new.keys().filter(|key| !old.contains_key(*key));
    for key in old.keys().chain(added) {
        keys.push(key.clone());
        let nothing = Value::Null;
        compare(keys, old.get(key).unwrap_or(&nothing), new.get(key).unwrap_or(&nothing), found);
        keys.pop();
    }
}

/// Returns a value as plain text.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| format!("{key} {}", plain(value));
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
    }
}
