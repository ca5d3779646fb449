//! JSON Schemas (draft 2020-12) of everything that `stranded` reads and writes. What is written from types has its schema from
//! the same types; the schemas of TOML files, read as JSON, and of snapshots stand beside this file, and take their words from
//! the program.
//!
//! A schema says which keys and types there are. What fits together only in one scenario, it cannot say.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use stranded_model::assumption::Assumption;
use stranded_model::id::MessageSet;
use stranded_model::procedure::Outcome;
use stranded_model::scenario::{Delivery, Fault, Replication};

use crate::report::json::Report;
use stranded_oracle::protocol::{Event, Reply, Request};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Family, delivery_name, replication_name};
use stranded_search::trace_file::TraceFile;

/// What there is a schema of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Kind {
    /// A scenario file, read as JSON
    Scenario,
    /// A procedure file, read as JSON
    Procedure,
    /// A saved trace
    Trace,
    /// One line of what `advise` reads
    Snapshot,
    /// What `check --format json` prints
    Report,
    /// One line between stranded and an adapter: a request or an answer
    Adapter,
    /// One line of a recorded log
    Log,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Scenario, Self::Procedure, Self::Trace, Self::Snapshot, Self::Report, Self::Adapter, Self::Log];
}

/// The schema.
#[must_use]
pub fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Scenario => scenario(),
        Kind::Procedure => procedure(),
        Kind::Snapshot => embedded(include_str!("snapshot.json")),
        Kind::Trace => written("A trace of stranded", TraceFile::schema_name().as_ref(), &definitions::<TraceFile>()),
        Kind::Report => {
            written("What `stranded check --format json` prints", &Report::schema_name(), &definitions::<Report>())
        }
        Kind::Adapter => adapter(),
        Kind::Log => log(),
    }
}

fn procedure() -> Value {
    let mut schema = embedded(include_str!("procedure.json"));
    schema["$defs"]["outcome"] = words(Outcome::ALL.map(Outcome::name));
    let answers = |one: Assumption| (one.name().to_owned(), words(one.values().iter().copied()));
    schema["$defs"]["assumption"]["properties"] = Value::Object(Assumption::ALL.into_iter().map(answers).collect());
    schema
}

fn scenario() -> Value {
    let mut schema = embedded(include_str!("scenario.json"));
    let mut own = procedure();
    let mut definitions = own["$defs"].take();
    let keys = ["type", "properties", "required", "additionalProperties"];
    definitions["procedure"] = keys.into_iter().map(|key| (key.to_owned(), own[key].take())).collect();
    schema["$defs"] = definitions;
    let keys = &mut schema["properties"];
    keys["family"] = words(Family::ALL.map(Family::name));
    keys["expect"]["propertyNames"] = words(Property::all().map(|property| property.name()));
    keys["expect"]["additionalProperties"] = words(Verdict::EXPECTABLE.map(Verdict::name));
    let site = &mut keys["site"]["properties"];
    site["messages"]["anyOf"][0]["maximum"] = MessageSet::MESSAGES_MAX.into();
    site["replication"] = words([Replication::Instant, Replication::Eventual].map(replication_name));
    let environment = &mut keys["environment"]["properties"];
    let deliveries = [Delivery::Never, Delivery::Before, Delivery::UntilRepair, Delivery::AnyTime];
    environment["delivery"] = words(deliveries.map(delivery_name));
    environment["faults"]["items"] = words(Fault::ALL.map(Fault::name));
    schema
}

/// A request or an answer; each is a definition of its own.
fn adapter() -> Value {
    let mut definitions = definitions::<Request>();
    definitions.append(&mut self::definitions::<Reply>());
    for whole in ["Request", "Reply"] {
        close(&mut definitions[whole]);
    }
    definitions.values_mut().for_each(never_null);
    json!({
        "$schema": DRAFT,
        "title": "One line between stranded and an adapter",
        "anyOf": [{"$ref": "#/$defs/Request"}, {"$ref": "#/$defs/Reply"}],
        "$defs": definitions,
    })
}

fn log() -> Value {
    let mut definitions = definitions::<Event>();
    definitions.values_mut().for_each(never_null);
    let mut schema = written("One line of a log", "Event", &definitions);
    schema["properties"] = json!({
        "at": {"description": "When it was. Nobody reads it."},
        "note": {"description": "What somebody thought. Nobody reads it."},
    });
    schema
}

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

fn embedded(text: &str) -> Value {
    serde_json::from_str(text).expect("an embedded schema is JSON")
}

fn words<'a>(all: impl IntoIterator<Item = &'a str>) -> Value {
    let all: Vec<&str> = all.into_iter().collect();
    json!({"enum": all})
}

/// The definitions that a type needs, itself among them. No object in them has a key that its type does not have.
fn definitions<T: JsonSchema>() -> Map<String, Value> {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let _own = generator.subschema_for::<T>();
    let mut definitions = generator.take_definitions(true);
    definitions.values_mut().for_each(close_inside);
    definitions
}

/// The schema of a line or a file that is one of these definitions.
fn written(title: &str, name: &str, definitions: &Map<String, Value>) -> Value {
    json!({
        "$schema": DRAFT,
        "title": title,
        "$ref": format!("#/$defs/{name}"),
        "unevaluatedProperties": false,
        "$defs": definitions,
    })
}

/// Lets a value have no key that its schema does not name. A schema that is a part of another's cannot say so itself, because
/// it does not know the keys of the other; so it is said wherever a whole value is described.
fn close(schema: &mut Value) {
    let Value::Object(keys) = schema else { return };
    let is_object = ["properties", "$ref", "anyOf", "oneOf", "allOf"].iter().any(|key| keys.contains_key(*key));
    if is_object && !keys.contains_key("additionalProperties") {
        keys.insert("unevaluatedProperties".to_owned(), false.into());
    }
}

fn close_inside(schema: &mut Value) {
    let Value::Object(keys) = schema else { return };
    for (key, value) in keys.iter_mut() {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(close_whole),
            ("additionalProperties" | "items", value) => close_whole(value),
            ("anyOf" | "oneOf" | "allOf", Value::Array(parts)) => parts.iter_mut().for_each(close_inside),
            (_, _) => {}
        }
    }
}

fn close_whole(schema: &mut Value) {
    close(schema);
    close_inside(schema);
}

/// A key that can be left out is left out, and not `null`; only what was seen not to be there is. So the readers have it.
fn never_null(schema: &mut Value) {
    let Value::Object(keys) = schema else { return };
    for (key, value) in keys.iter_mut() {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (name, property) in properties {
                    if !["home-mdb", "home-mta"].contains(&name.as_str()) {
                        without_null(property);
                    }
                    never_null(property);
                }
            }
            ("anyOf" | "oneOf" | "allOf", Value::Array(parts)) => parts.iter_mut().for_each(never_null),
            (_, _) => {}
        }
    }
}

fn without_null(schema: &mut Value) {
    let is_null = |kind: &Value| kind == "null" || kind["type"] == "null";
    for key in ["type", "anyOf"] {
        if let Some(Value::Array(kinds)) = schema.get_mut(key) {
            kinds.retain(|kind| !is_null(kind));
        }
    }
}
