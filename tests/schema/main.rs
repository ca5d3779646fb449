//! The schemas: everything that the program reads and writes is valid, and its nearest neighbours are not.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue has failed")]

mod readers;
#[path = "../it/loader/sizes.rs"]
mod sizes;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum as _;
use jsonschema::Validator;
use serde_json::{Value, json};
use stranded::schema::{Kind, schema};
use stranded_oracle::protocol::{Event, Reply, Request};
use stranded_search::scenario::{builtin, step_words};

use crate::sizes::{SIZES, with};

const PAGE: &str = include_str!("../../specs/adapter.md");

/// Returns the lines of the conversation in `specs/adapter.md`.
fn conversation() -> impl Iterator<Item = &'static str> {
    let block = PAGE.split("```jsonl\n").nth(1).unwrap().split("```").next().unwrap();
    block.lines().map(|line| line.trim_start_matches(['<', '>', ' ']))
}

/// Returns the program, which is built beside the tests.
fn program() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("stranded")
}

/// Runs the program in a folder; returns its exit code and its standard output.
fn stranded_in(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(program()).args(arguments).current_dir(folder).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn validator(kind: Kind) -> Validator {
    let schema = schema(kind);
    assert!(jsonschema::meta::is_valid(&schema), "{kind:?}");
    jsonschema::draft202012::new(&schema).unwrap()
}

#[track_caller]
fn assert_valid(validator: &Validator, value: &Value, what: &str) {
    let wrong: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{what}: {wrong:#?}");
}

/// Converts a TOML text to JSON.
fn toml(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

#[test]
fn every_kind_of_file_has_a_valid_schema() {
    let folder = tempfile::tempdir().unwrap();
    for kind in Kind::value_variants() {
        let _valid = validator(*kind);
        let name = kind.to_possible_value().unwrap().get_name().to_owned();
        let (code, printed) = stranded_in(folder.path(), &["schema", &name]);
        assert_eq!(code, 0);
        assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), schema(*kind), "{name}");
        // Python and JavaScript do not know the classes of Unicode in patterns.
        assert!(!printed.contains("\\\\p{"), "{name}");
    }
    assert_eq!(stranded_in(folder.path(), &["schema", "word"]).0, 2);
}

#[test]
fn every_built_in_scenario_and_procedure_is_valid() {
    let (scenario, procedure) = (validator(Kind::Scenario), validator(Kind::Procedure));
    for found in builtin::scenarios() {
        assert_valid(&scenario, &toml(found.text), found.name);
        assert!(!procedure.is_valid(&toml(found.text)), "{}", found.name);
    }
    for found in builtin::all_procedures() {
        assert_valid(&procedure, &toml(found.text), found.name);
    }
    let words: BTreeSet<&str> = step_words().collect();
    let schema = schema(Kind::Procedure);
    let steps = schema["$defs"]["step"]["oneOf"].as_array().unwrap();
    let known = steps.iter().map(|step| step["properties"]["do"]["const"].as_str().unwrap()).collect();
    assert_eq!(words, known);
}

#[test]
fn a_nearly_correct_scenario_or_procedure_is_not_valid() {
    let scenario = validator(Kind::Scenario);
    let text = builtin::scenario("second-move").unwrap().text;
    for (right, wrong) in [
        ("[site]", "[sites]"),
        ("name = ", "nam = "),
        ("second-move\"", "Second Move\""),
        ("family = \"article\"", "family = \"articles\""),
        ("delivery = \"before\"", "delivery = \"after\""),
        ("messages = ", "messages = 1"),
        ("[expect]", "[expect]\nno-losses = \"holds\""),
        ("no-loss = \"violated\"", "no-loss = \"inconclusive\""),
        ("runs-max = 2", "runs-max = \"twice\""),
        ("administrator", "administator"),
    ] {
        assert!(text.contains(right), "{right}");
        assert!(!scenario.is_valid(&toml(&text.replacen(right, wrong, 1))), "{right} → {wrong}");
    }
    let procedure = validator(Kind::Procedure);
    let with = |step: Value| json!({"name": "mine", "step": [step]});
    for (step, valid) in [
        (json!({"do": "report", "outcome": "ok"}), true),
        (json!({"do": "report", "outcome": "okay"}), false),
        (json!({"do": "report"}), false),
        (json!({"do": "reports", "outcome": "ok"}), false),
        (json!({"do": "create-mailbox", "at": "to", "on": {"duplicate": "x"}}), true),
        (json!({"do": "create-mailbox", "at": "to", "on": {"dup": "x"}}), false),
        (json!({"do": "create-mailbox", "at": "to", "from": "to"}), false),
        (json!({"do": "create-mailbox", "at": "to", "when": {"duplicate-abort": "removes-source"}}), true),
        (json!({"do": "create-mailbox", "at": "to", "when": {"duplicate-abort": "removes"}}), false),
        (json!({"do": "require", "home-is": "to"}), true),
        (json!({"do": "require", "home-is": "to", "empty": "to"}), false),
        (json!({"do": "require"}), false),
        (json!({"do": "require", "replicas-agree": false}), false),
        (json!({"do": "raw-edit", "home-mta": "x"}), true),
        (json!({"do": "raw-edit"}), false),
    ] {
        assert_eq!(procedure.is_valid(&with(step.clone())), valid, "{step}");
    }
    assert!(!procedure.is_valid(&json!({"name": "mine", "step": []})));
}

#[test]
fn every_report_and_every_saved_trace_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let (_, printed) = stranded_in(folder.path(), &["check", "article", "--format", "json", "--traces", "traces"]);
    let (reports, traces) = (validator(Kind::Report), validator(Kind::Trace));
    let mut report: Value = serde_json::from_str(&printed).unwrap();
    assert_valid(&reports, &report, "the report");
    let mut found = 0;
    for entry in fs::read_dir(folder.path().join("traces")).unwrap() {
        let path = entry.unwrap().path();
        let mut trace: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_valid(&traces, &trace, &path.display().to_string());
        trace["steps"][0]["state"]["mailboxes"]["mailbox-1"]["queued"] = Value::Null;
        assert!(!traces.is_valid(&trace));
        found += 1;
    }
    assert!(found >= 5, "{found} traces");
    report["scenarios"][0]["properties"][0]["verdct"] = "holds".into();
    assert!(!reports.is_valid(&report));
    report["scenarios"][0]["properties"][0] = json!({"name": "no-loss"});
    assert!(!reports.is_valid(&report));
}

#[test]
fn every_advice_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = json!({"mailbox": "alice", "directory": {"SRC": {"home-mdb": "SRC"}},
        "stores": {"SRC": {"messages": []}, "DST": {"messages": ["1", "2"]}}});
    fs::write(folder.path().join("snapshots"), format!("{snapshot}\n")).unwrap();
    let (code, printed) = stranded_in(folder.path(), &["advise", "snapshots", "--format", "json"]);
    let mut report: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(code, 1);
    let advice = validator(Kind::Advice);
    assert_valid(&advice, &report, "the advice");
    report["mailboxes"][0]["advice"][0]["answer"] = Value::Null;
    assert!(!advice.is_valid(&report));
}

#[test]
fn a_comparison_is_valid_and_its_nearest_neighbour_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let line = |stores: Value| json!({"mailbox": "alice", "directory": {"SRC": {"home-mdb": "SRC"}}, "stores": stores});
    let details = json!({"a": {"digest": "1", "flags": ["seen"], "folder": "INBOX"}});
    let before =
        line(json!({"SRC": {"messages": ["a", "b"], "details": details}, "DST": null, "OLD": {"messages": 2}}));
    let after =
        line(json!({"SRC": {"messages": ["a", "a"], "details": {"a": {"digest": "2"}}}, "DST": {"messages": ["c"]}}));
    assert_valid(&validator(Kind::Snapshot), &before, "the snapshot");
    fs::write(folder.path().join("before"), before.to_string()).unwrap();
    fs::write(folder.path().join("after"), after.to_string()).unwrap();
    let (code, printed) = stranded_in(folder.path(), &["advise", "after", "--before", "before", "--format", "json"]);
    assert_eq!(code, 1);
    let mut report: Value = serde_json::from_str(&printed).unwrap();
    let comparison = validator(Kind::Comparison);
    assert_valid(&comparison, &report, "the comparison");
    report["mailboxes"][0]["lost_unnamed"] = json!("one");
    assert!(!comparison.is_valid(&report));
}

#[test]
fn a_snapshot_that_can_be_read_is_valid_and_its_nearest_neighbour_is_not() {
    let snapshots = validator(Kind::Snapshot);
    let good = json!({"mailbox": "alice", "directory": {"SRC": {"home-mdb": "SRC"}, "DST": null},
        "stores": {"SRC": null, "DST": {"messages": ["1", "2"], "deleted": [], "in-transit": false, "size": 3,
            "details": {"1": {"digest": "d", "flags": [], "folder": "INBOX"}}}},
        "waiting": 0, "sessions": [], "seen": "at noon"});
    assert_valid(&snapshots, &good, "the snapshot");
    for (pointer, also) in
        [("/stores/DST", json!({})), ("/stores/DST/messages", json!(4)), ("/stores/DST/messages/1", json!("1"))]
    {
        let mut accepted = good.clone();
        *accepted.pointer_mut(pointer).unwrap() = also;
        assert_valid(&snapshots, &accepted, "the snapshot");
    }
    for (pointer, wrong) in [
        ("/mailbox", json!(null)),
        ("/mailbox", json!("a\u{7}b")),
        ("/directory/SRC", json!("SRC")),
        ("/directory/SRC/home-mdb", json!(1)),
        ("/stores/DST/messages", json!("1")),
        ("/stores/DST/messages", json!(-1)),
        ("/stores/DST/deleted", json!(2)),
        ("/stores/DST/in-transit", json!("no")),
        ("/stores/DST/details/1", json!(null)),
        ("/stores/DST/details/1/digest", json!(5)),
        ("/waiting", json!(null)),
        ("/sessions", json!([1])),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        assert!(!snapshots.is_valid(&bad), "{bad}");
    }
}

/// Returns every value that differs from this one at one position.
fn neighbours(value: &Value) -> Vec<Value> {
    let others = [
        json!(null),
        json!("x"),
        json!(7),
        json!(-1),
        json!(true),
        json!([]),
        json!([1]),
        json!({}),
        json!({"x": null}),
    ];
    let mut found: Vec<Value> = others.into_iter().filter(|other| other != value).collect();
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let mut without = members.clone();
                without.remove(key);
                found.push(without.clone().into());
                without.insert(format!("{key}s"), member.clone());
                found.push(without.into());
                for other in neighbours(member) {
                    let mut with = members.clone();
                    with.insert(key.clone(), other);
                    found.push(with.into());
                }
            }
            let mut with = members.clone();
            with.insert("more".to_owned(), json!(1));
            found.push(with.into());
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                for other in neighbours(entry) {
                    let mut with = entries.clone();
                    with[index] = other;
                    found.push(with.into());
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found
}

/// Checks that the schema allows exactly the lines that the reader accepts, for a line and everything that differs from
/// it at one position.
#[track_caller]
fn agree(validator: &Validator, line: &str, reads: impl Fn(&str) -> bool) -> usize {
    let value: Value = serde_json::from_str(line).unwrap();
    assert_valid(validator, &value, line);
    assert!(reads(line), "{line}");
    let others = neighbours(&value);
    for other in &others {
        let text = other.to_string();
        let read = reads(&text);
        assert_eq!(validator.is_valid(other), read, "the reader says {read}, the schema does not: {text}");
    }
    others.len()
}

#[test]
fn the_schema_of_the_adapter_allows_exactly_the_lines_that_are_read() {
    let adapter = validator(Kind::Adapter);
    let reads = |line: &str| Request::of_line(line).is_ok() || Reply::of_line(line).is_ok();
    let more = [
        r#"{"id":1,"type":"reset","start":{"mailbox-1":{"stores":{"source":{"messages":["m1"],"in-transit":true}}}}}"#,
        r#"{"id":1,"type":"do","action":"act","mailbox":"mailbox-1","administrator":"first"}"#,
        r#"{"id":1,"type":"do","action":"store-crashes","server":"source"}"#,
        r#"{"id":1,"type":"do","action":"replicate","mailbox":"mailbox-1","from":"source","to":"destination"}"#,
        r#"{"id":1,"type":"done","result":"ok","ended":"failed","says":"c1040b00"}"#,
        r#"{"id":1,"type":"skip","reason":"not today"}"#,
        r#"{"id":1,"type":"hello","protocol":2,"name":"x","actions":[],"fields":[],"procedures":[],"implements":"move","start":true}"#,
    ];
    let compared: usize = conversation().chain(more).map(|line| agree(&adapter, line, reads)).sum();
    assert!(compared > 2000, "{compared} lines");
}

#[test]
fn the_schema_of_a_log_allows_exactly_the_lines_that_are_read() {
    let log = validator(Kind::Log);
    let lines = [
        r#"{"event":"reset","start":{"mailbox-1":{"directory":{"source":null,"destination":{"home-mdb":null}}}}}"#,
        r#"{"event":"reset","case":"a dead program","note":1}"#,
        r#"{"event":"did","action":"deliver","mailbox":"mailbox-1","message":"m1","by":"source","result":"ok"}"#,
        r#"{"event":"call","call":1,"action":"log-on","mailbox":"mailbox-1","by":"remembered","at":3,"note":[]}"#,
        r#"{"event":"return","call":1,"result":"unknown","ended":"ok"}"#,
        r#"{"event":"observed","mailbox":"mailbox-1","queued":["m1"],"stores":{"source":{"pending":[]}},"delivery-held":false}"#,
    ];
    let compared: usize = lines.iter().map(|line| agree(&log, line, |line| Event::of_line(line).is_ok())).sum();
    assert!(compared > 300, "{compared} lines");
}

#[test]
fn the_schema_of_a_scenario_allows_as_many_of_a_thing_as_are_read_and_not_one_more() {
    let scenario = validator(Kind::Scenario);
    for (what, most, _) in SIZES.into_iter().filter(|(_, _, is_in_schema)| *is_in_schema) {
        for (count, is_valid) in [(most, true), (most + 1, false), (257, false)] {
            assert_eq!(scenario.is_valid(&toml(&with(what, count))), is_valid, "{count} {what}");
        }
    }
}
