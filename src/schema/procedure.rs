//! The JSON Schema of a procedure: the frame in `procedure.json`, filled from the tables of steps and conditions.

use serde_json::{Map, Value, json};
use stranded_model::assumption::Assumption;
use stranded_model::procedure::{Outcome, StepResult};
use stranded_search::lines::capitalized;
use stranded_search::scenario::{Argument, ArgumentKind, CONDITIONS, Presence, STEPS, STEPS_MAX, StepKind};

use super::{embedded, words};

/// Returns the schema of a procedure file.
pub(super) fn procedure() -> Value {
    let mut schema = embedded(include_str!("procedure.json"));
    schema["properties"]["step"]["maxItems"] = STEPS_MAX.into();
    let definitions = &mut schema["$defs"];
    definitions["outcome"] = words(Outcome::ALL.map(Outcome::name));
    let answers = |one: Assumption| (one.name().to_owned(), words(one.values().iter().copied()));
    definitions["assumption"]["properties"] = Value::Object(Assumption::ALL.into_iter().map(answers).collect());
    let label = |result: StepResult| (result.name().to_owned(), json!({"type": "string"}));
    let step = &mut definitions["step"];
    step["properties"]["on"]["properties"] = Value::Object(StepResult::ALL.into_iter().map(label).collect());
    step["oneOf"] = STEPS.iter().map(self::step).collect();
    definitions["condition"] = condition();
    schema
}

fn step(step: &StepKind) -> Value {
    let mut properties = Map::from_iter([("do".to_owned(), json!({"const": step.word}))]);
    let mut required = vec!["do"];
    let mut homes = Vec::new();
    let mut schema = Map::from_iter([("description".to_owned(), format!("{}.", capitalized(step.does)).into())]);
    for Argument { key, kind, presence, doc } in step.arguments {
        if *kind == ArgumentKind::Condition {
            // Validators of older drafts ignore every key beside `$ref`, and editors use them.
            schema.insert("allOf".to_owned(), json!([{"$ref": "#/$defs/condition"}]));
            continue;
        }
        if matches!(kind, ArgumentKind::HomeValue(_)) {
            homes.push(json!({"required": [key]}));
        }
        let mut property = value(*kind);
        property["description"] = format!("{}.", capitalized(doc)).into();
        match presence {
            Presence::Required => required.push(key),
            Presence::Default(word) if *kind == ArgumentKind::Flag => property["default"] = (*word == "true").into(),
            Presence::Default(word) => property["default"] = (*word).into(),
            Presence::Optional => {}
        }
        properties.insert((*key).to_owned(), property);
    }
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("required".to_owned(), required.into());
    if !homes.is_empty() {
        schema.insert("anyOf".to_owned(), homes.into());
    }
    schema.into()
}

/// Returns the schema of the keys of conditions, of which a step has exactly one.
fn condition() -> Value {
    let one = |key: &str, kind: ArgumentKind, says: &str| {
        let mut property = value(kind);
        property["description"] = format!("True if {says}.").into();
        json!({"properties": {key: property}, "required": [key]})
    };
    let conditions: Vec<Value> = CONDITIONS.iter().map(|found| one(found.key, found.kind, found.says)).collect();
    json!({"type": "object", "oneOf": conditions})
}

/// Returns the schema of a value of this kind. Panics for a condition, which has a schema of its own.
fn value(kind: ArgumentKind) -> Value {
    let server = json!({"$ref": "#/$defs/server"});
    match kind {
        ArgumentKind::Server => server,
        ArgumentKind::ServerPair => json!({"type": "array", "items": server, "minItems": 2, "maxItems": 2}),
        ArgumentKind::ServerTable(keys) => {
            let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), server.clone())).collect();
            json!({"type": "object", "properties": properties, "required": keys, "additionalProperties": false})
        }
        ArgumentKind::Word(choices) => words(choices.iter().copied()),
        ArgumentKind::Outcome => json!({"$ref": "#/$defs/outcome"}),
        ArgumentKind::Flag => json!({"type": "boolean"}),
        ArgumentKind::True => json!({"const": true}),
        ArgumentKind::Text | ArgumentKind::HomeValue(_) => json!({"type": "string"}),
        ArgumentKind::Condition => panic!("a condition is not a value"),
    }
}
