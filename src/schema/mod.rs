//! JSON Schemas (draft 2020-12) of the formats that `stranded` reads and writes. A format that is written from types has the schema of
//! these types. The schemas of TOML files, read as JSON, and of snapshots are files beside this one; the program fills in its names.
//!
//! A schema describes keys and types. It cannot describe conditions between the parts of one scenario.

mod procedure;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use stranded_model::id::MessageSet;
use stranded_model::property::OWN_MAX;
use stranded_model::scenario::{Delivery, Fault, Replication};

use crate::report::advice_json::AdviceReport;
use crate::report::comparison_json::ComparisonReport;
use crate::report::diff_json::DiffReport;
use crate::report::find::FindReport;
use crate::report::json::Report;
use stranded_oracle::protocol::{Event, Reply, Request};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{FACTS, FactForm, FactKind, Family, delivery_name, replication_name};
use stranded_search::trace_file::TraceFile;

/// A format that has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Kind {
    /// A scenario file, read as JSON
    Scenario,
    /// A procedure file, read as JSON
    Procedure,
    /// A saved trace
    Trace,
    /// One line of the input of `advise`
    Snapshot,
    /// The output of `check --format json`
    Report,
    /// The output of `advise --format json`
    Advice,
    /// The output of `advise --before BEFORE --format json`
    Comparison,
    /// The output of `check --find CONDITION --format json`
    Find,
    /// The output of `diff --format json`
    Diff,
    /// One line between stranded and an adapter: a request or a reply
    Adapter,
    /// One line of a recorded log
    Log,
}

impl Kind {
    /// Every format.
    pub const ALL: [Self; 11] = [
        Self::Scenario,
        Self::Procedure,
        Self::Trace,
        Self::Snapshot,
        Self::Report,
        Self::Advice,
        Self::Comparison,
        Self::Find,
        Self::Diff,
        Self::Adapter,
        Self::Log,
    ];
}

/// Returns the schema of a format.
#[must_use]
pub fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Scenario => scenario(),
        Kind::Procedure => procedure::procedure(),
        Kind::Snapshot => embedded(include_str!("snapshot.json")),
        Kind::Trace => written("A trace of stranded", TraceFile::schema_name().as_ref(), &definitions::<TraceFile>()),
        Kind::Report => {
            written("The output of `stranded check --format json`", &Report::schema_name(), &definitions::<Report>())
        }
        Kind::Advice => {
            let name = AdviceReport::schema_name();
            written("The output of `stranded advise --format json`", &name, &definitions::<AdviceReport>())
        }
        Kind::Comparison => {
            let name = ComparisonReport::schema_name();
            let title = "The output of `stranded advise --before BEFORE --format json`";
            written(title, &name, &definitions::<ComparisonReport>())
        }
        Kind::Find => {
            let title = "The output of `stranded check --find CONDITION --format json`";
            written(title, &FindReport::schema_name(), &definitions::<FindReport>())
        }
        Kind::Diff => {
            let name = DiffReport::schema_name();
            written("The output of `stranded diff --format json`", &name, &definitions::<DiffReport>())
        }
        Kind::Adapter => adapter(),
        Kind::Log => log(),
    }
}

fn scenario() -> Value {
    let mut schema = embedded(include_str!("scenario.json"));
    let mut own = procedure::procedure();
    let mut definitions = own["$defs"].take();
    let keys = ["type", "properties", "required", "additionalProperties"];
    definitions["procedure"] = keys.into_iter().map(|key| (key.to_owned(), own[key].take())).collect();
    schema["$defs"] = definitions;
    let keys = &mut schema["properties"];
    keys["family"] = words(Family::ALL.map(Family::name));
    let built_in: Vec<Property> = Property::all().collect();
    let built_in = words(built_in.iter().map(Property::name));
    keys["expect"]["propertyNames"] = json!({"anyOf": [built_in, {"$ref": "#/$defs/kebab"}]});
    keys["property"]["maxItems"] = OWN_MAX.into();
    keys["expect"]["additionalProperties"] = words(Verdict::EXPECTABLE.map(Verdict::name));
    let site = &mut keys["site"]["properties"];
    site["messages"]["anyOf"][0]["maximum"] = MessageSet::MESSAGES_MAX.into();
    site["replication"] = words([Replication::Instant, Replication::Eventual].map(replication_name));
    let environment = &mut keys["environment"]["properties"];
    let deliveries = [Delivery::Never, Delivery::Before, Delivery::UntilRepair, Delivery::AnyTime];
    environment["delivery"] = words(deliveries.map(delivery_name));
    environment["faults"]["items"] = words(Fault::ALL.map(Fault::name));
    schema["$defs"]["state-condition"] = condition();
    schema
}

/// Returns the schema of a condition on states.
fn condition() -> Value {
    let server = json!({"type": "string"});
    let table = |keys: [&str; 2]| {
        let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), server.clone())).collect();
        json!({"type": "object", "additionalProperties": false, "properties": properties, "required": keys})
    };
    let value = |kind: &FactKind| match kind.form {
        FactForm::Servers(_) => json!({"anyOf": [server, {"type": "array", "items": server, "minItems": 1}]}),
        FactForm::TwoServers(_) => table(["at", "of"]),
        FactForm::Message(_) => table(["at", "message"]),
        FactForm::True(_) => json!({"const": true}),
    };
    let itself = json!({"$ref": "#/$defs/state-condition"});
    let mut properties: Map<String, Value> = FACTS.iter().map(|kind| (kind.key.to_owned(), value(kind))).collect();
    properties.insert("any".to_owned(), json!({"type": "array", "items": itself, "minItems": 1}));
    properties.insert("not".to_owned(), itself);
    json!({"type": "object", "additionalProperties": false, "properties": properties, "minProperties": 1})
}

/// Returns the schema of a request or a reply; each is a definition of its own.
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
    let variants = definitions["Event"]["oneOf"].as_array_mut().expect("an event is one of several");
    let reset = variants.iter_mut().find(|variant| variant["properties"]["event"]["const"] == "reset");
    reset.expect("a log has resets")["properties"]["case"] =
        json!({"description": "The name of the case, for reports.", "type": "string"});
    let mut schema = written("One line of a log", "Event", &definitions);
    schema["properties"] = json!({
        "at": {"description": "The time of the event. No program reads it."},
        "note": {"description": "A comment. No program reads it."},
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

/// Returns the definitions that a type needs, with its own. Their objects accept only the keys of their types.
fn definitions<T: JsonSchema>() -> Map<String, Value> {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let _own = generator.subschema_for::<T>();
    let mut definitions = generator.take_definitions(true);
    definitions.values_mut().for_each(close_inside);
    definitions
}

/// Returns the schema of a line or a file that is one of these definitions.
fn written(title: &str, name: &str, definitions: &Map<String, Value>) -> Value {
    json!({
        "$schema": DRAFT,
        "title": title,
        "$ref": format!("#/$defs/{name}"),
        "unevaluatedProperties": false,
        "$defs": definitions,
    })
}

/// Forbids keys that the schema of a value does not name. A schema that is a part of another cannot forbid them, because it does not
/// know the keys of the other; so this applies to schemas of whole values.
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

/// Removes `null` from the types of optional keys: the readers accept a missing key, and `null` only for an observed absence.
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
