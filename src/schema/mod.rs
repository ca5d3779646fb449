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
use crate::report::driven::DrivenReport;
use crate::report::find::FindReport;
use crate::report::json::Report;
use crate::report::list::ListItem;
use crate::report::matrix::ScenarioMatrix;
use crate::report::movers::Mover;
#[cfg(feature = "testbed")]
use crate::report::trials::TrialsReport;
use stranded_oracle::adapter::doctor::Diagnosis;
use stranded_oracle::conform::Recording;
use stranded_oracle::judged::JudgementReport;
use stranded_oracle::oracle_server::ServerReply;
use stranded_oracle::protocol::{Event, Reply, Request};
use stranded_oracle::vectors::file::{Index, Vector};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{FACTS, FactForm, FactKind, Family, delivery_name, replication_name};
use stranded_search::trace_file::TraceFile;
#[cfg(feature = "testbed")]
use stranded_testbed::record::Row;

/// A format that has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Kind {
    /// A scenario file, read as JSON
    Scenario,
    /// A procedure file, read as JSON
    Procedure,
    /// A saved trace; the output of `replay --format json`
    Trace,
    /// A snapshot of a mailbox, the input of `advise`
    Snapshot,
    /// The output of `check --format json`
    Report,
    /// The output of `check --assumptions --format json`
    Matrix,
    /// The output of `advise --format json`
    Advice,
    /// The output of `advise --before BEFORE --format json`
    Comparison,
    /// The output of `check --find CONDITION --format json`
    Find,
    /// The output of `diff --format json`
    Diff,
    /// The output of `validate --format json`, and of `conform` and `replay` with a recording
    Judgement,
    /// The output of `conform SCENARIO --format json`
    Conformance,
    /// A recording of an implementation, which `conform --save` writes
    Recording,
    /// The output of `conform --tool TOOL --format json`
    #[cfg(feature = "testbed")]
    Trials,
    /// The output of `testbed run --format json`
    #[cfg(feature = "testbed")]
    Testbed,
    /// The output of `doctor --format json`
    Diagnosis,
    /// The output of `list --format json`
    List,
    /// The output of `list movers --format json`
    Movers,
    /// One line between stranded and an adapter: a request or a reply
    Adapter,
    /// One line of a recorded log
    Log,
    /// One line that `oracle` prints
    Oracle,
    /// A test vector of `generate`
    Vector,
    /// The file `index.json` of `generate`
    VectorIndex,
}

/// Returns the schema of a format.
#[must_use]
pub fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Scenario => scenario(),
        Kind::Procedure => procedure::procedure(),
        Kind::Snapshot => embedded(include_str!("snapshot.json")),
        Kind::Adapter => adapter(),
        Kind::Log => log(),
        Kind::Trace => of_type::<TraceFile>("A trace of stranded"),
        Kind::Report => of_type::<Report>("The output of `stranded check --format json`"),
        Kind::Matrix => of_list::<ScenarioMatrix>("The output of `stranded check --assumptions --format json`"),
        Kind::Advice => of_type::<AdviceReport>("The output of `stranded advise --format json`"),
        Kind::Comparison => {
            of_type::<ComparisonReport>("The output of `stranded advise --before BEFORE --format json`")
        }
        Kind::Find => of_type::<FindReport>("The output of `stranded check --find CONDITION --format json`"),
        Kind::Diff => of_type::<DiffReport>("The output of `stranded diff --format json`"),
        Kind::Judgement => of_type::<JudgementReport>("The judgement of an implementation or of a log"),
        Kind::Conformance => of_type::<DrivenReport>("The output of `stranded conform SCENARIO --format json`"),
        Kind::Recording => of_type::<Recording>("A recording of an implementation"),
        #[cfg(feature = "testbed")]
        Kind::Trials => of_type::<TrialsReport<'_>>("The output of `stranded conform --tool TOOL --format json`"),
        #[cfg(feature = "testbed")]
        Kind::Testbed => of_list::<Row>("The output of `stranded testbed run --format json`"),
        Kind::Diagnosis => of_type::<Diagnosis>("The output of `stranded doctor --format json`"),
        Kind::List => of_list::<ListItem>("The output of `stranded list --format json`"),
        Kind::Movers => of_list::<Mover>("The output of `stranded list movers --format json`"),
        Kind::Oracle => of_type::<ServerReply>("One line that `stranded oracle` prints"),
        Kind::Vector => of_type::<Vector>("A test vector"),
        Kind::VectorIndex => of_type::<Index>("The index of a folder of test vectors"),
    }
}

/// Returns the schema of values of a type.
fn of_type<T: JsonSchema>(title: &str) -> Value {
    written(title, &T::schema_name(), &definitions::<T>())
}

/// Returns the schema of lists of values of a type.
fn of_list<T: JsonSchema>(title: &str) -> Value {
    let item = json!({"$ref": format!("#/$defs/{}", T::schema_name()), "unevaluatedProperties": false});
    json!({"$schema": DRAFT, "title": title, "type": "array", "items": item, "$defs": definitions::<T>()})
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
    keys["expect"]["propertyNames"] = json!({"$ref": "#/$defs/kebab"});
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
    // A scenario without properties of its own, stated or inherited, expects built-in ones only.
    schema["if"] = json!({"not": {"anyOf": [{"required": ["property"]}, {"required": ["from"]}]}});
    schema["then"] = json!({"properties": {"expect": {"propertyNames": built_in}}});
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
    definitions.values_mut().for_each(without_format);
    definitions
}

/// Removes the formats of numbers, which only Rust knows: a strict validator refuses a schema with an unknown format.
fn without_format(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            if keys.get("format").is_some_and(Value::is_string) {
                keys.remove("format");
            }
            keys.values_mut().for_each(without_format);
        }
        Value::Array(parts) => parts.iter_mut().for_each(without_format),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
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
