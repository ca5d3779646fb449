//! What differs between two states, place by place. It compares what a state shows and knows nothing of its meaning.

use serde::Serialize;
use serde_json::Value;

use stranded_search::state_view::StateView;

/// One place at which two states differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The names that lead to it, from the outermost.
    pub keys: Vec<String>,
    /// What was there.
    pub was: String,
    /// What is there.
    pub is: String,
}

/// Every place at which two states differ, in the order of the state.
///
/// # Panics
/// Never: every state can be written as JSON.
#[must_use]
pub fn between(before: &StateView, after: &StateView) -> Vec<Difference> {
    let json = |state: &StateView| serde_json::to_value(state).expect("a state can be written as JSON");
    let mut found = Vec::new();
    compare(&mut Vec::new(), &json(before), &json(after), &mut found);
    found
}

fn compare(keys: &mut Vec<String>, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        found.push(Difference { keys: keys.clone(), was: plain(before), is: plain(after) });
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

/// A value in as few words as it has.
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
