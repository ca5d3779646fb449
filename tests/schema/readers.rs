//! The output as other programs read it: JUnit by Python's XML parser, TAP by `prove`, JSON by three validators, Mermaid by its own
//! parser, DOT by Graphviz. All of them count what the report has. A reader that is missing fails the test, with the package of
//! Debian that has it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use clap::ValueEnum as _;
use serde_json::{Value, json};
use stranded::schema::{Kind, schema};

use crate::{program, stranded_in, validator};

/// The packages of npm. Each version runs on the Node.js of Debian 12.
const PACKAGES: [&str; 3] = ["mermaid@11.17.2", "jsdom@22.1.0", "ajv@8.20.0"];

const READ_PY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/readers/read.py");
const READ_PL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/readers/read.pl");

/// Runs a reader with a request on its standard input. Returns its standard output.
fn read(program: &str, package: &str, arguments: &[&str], input: &str) -> String {
    let command = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = command.unwrap_or_else(|reason| panic!("{program} is needed (Debian: {package}): {reason}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?} fails; it needs, of Debian: {package}");
    String::from_utf8(output.stdout).unwrap()
}

fn read_json(program: &str, package: &str, arguments: &[&str], request: &Value) -> Value {
    serde_json::from_str(&read(program, package, arguments, &request.to_string())).unwrap()
}

/// Runs `read.mjs` beside its packages, which npm downloads once.
fn read_mjs(what: &str, request: &Value) -> Value {
    static SCRIPT: OnceLock<PathBuf> = OnceLock::new();
    let script = SCRIPT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readers");
        fs::create_dir_all(&folder).unwrap();
        let script = folder.join("read.mjs");
        fs::write(&script, include_str!("readers/read.mjs")).unwrap();
        let installed = folder.join("installed");
        if fs::read_to_string(&installed).is_ok_and(|found| found == PACKAGES.join(" ")) {
            return script;
        }
        let options = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefix"];
        let ran = Command::new("npm").args(options).arg(&folder).args(PACKAGES).status();
        let ran = ran.unwrap_or_else(|reason| panic!("npm is needed (Debian: npm): {reason}"));
        assert!(ran.success(), "npm cannot install {PACKAGES:?}");
        fs::write(installed, PACKAGES.join(" ")).unwrap();
        script
    });
    read_json("node", "nodejs", &[script.to_str().unwrap(), what], request)
}

/// The numbers of cases in a report in JSON: all, not as expected, inconclusive or defects.
fn counts(report: &Value) -> [u64; 3] {
    let scenarios = report["scenarios"].as_array().unwrap();
    let mut counts = [0; 3];
    for scenario in scenarios {
        let is_truncated = scenario["complete"] == false;
        counts[0] += u64::from(is_truncated);
        counts[2] += u64::from(is_truncated);
        for property in scenario["properties"].as_array().unwrap() {
            let is_error = ["inconclusive", "error"].iter().any(|verdict| property["verdict"] == *verdict);
            counts[0] += 1;
            counts[1] += u64::from(!is_error && property["as_expected"] == false);
            counts[2] += u64::from(is_error);
        }
    }
    counts
}

/// Checks that every format of one run counts the same cases. Returns the counts.
fn check(folder: &Path, arguments: &[&str]) -> [u64; 3] {
    let names = ["junit", "tap", "json", "markdown", "github"];
    let reports: Vec<String> = names.iter().map(|name| format!("--report={name}=report.{name}")).collect();
    let all: Vec<&str> = ["check"].iter().chain(arguments).copied().chain(reports.iter().map(String::as_str)).collect();
    let (code, _) = stranded_in(folder, &all);
    let path = |name: &str| folder.join(format!("report.{name}")).to_str().unwrap().to_owned();
    let text = |name: &str| fs::read_to_string(path(name)).unwrap();
    let report: Value = serde_json::from_str(&text("json")).unwrap();
    let expected @ [cases, failures, errors] = counts(&report);
    assert_eq!(code == 0, failures + errors == 0, "{arguments:?} exits with {code}");

    let junit = read_json("python3", "python3 python3-jsonschema", &[READ_PY, "junit", &path("junit")], &Value::Null);
    let of = |found: &Value| ["tests", "failures", "errors"].map(|name| found[name].as_u64().unwrap());
    assert_eq!((of(&junit), &junit["skipped"]), (expected, &json!(0)), "JUnit by Python, {arguments:?}");

    let tap = read_json("perl", "perl", &[READ_PL, &path("tap")], &Value::Null);
    assert_eq!((of(&tap), &tap["skipped"]), (expected, &json!(0)), "TAP by its parser, {arguments:?}");
    assert_eq!(tap["failed"], failures + errors, "TAP by its parser, {arguments:?}");
    let prove = Command::new("prove").args(["--exec", "cat", &path("tap")]).output();
    let prove = prove.unwrap_or_else(|reason| panic!("prove is needed (Debian: perl): {reason}"));
    assert_eq!(prove.status.success(), failures + errors == 0, "{}", String::from_utf8_lossy(&prove.stdout));
    let says = String::from_utf8_lossy(&prove.stdout).into_owned();
    assert!(says.contains(&format!("Tests={cases},")), "{says}");

    let says = format!("{} as expected, {failures} not as expected, {errors} inconclusive", cases - failures - errors);
    assert!(text("markdown").starts_with(&format!("### stranded: {says}\n")), "{}", text("markdown"));
    assert!(text("github").contains(&format!("stranded: {says}")), "{}", text("github"));
    let rows = |mark: &str| text("markdown").lines().filter(|line| line.starts_with(mark)).count() as u64;
    assert_eq!([rows("| **not as expected** |"), rows("| **inconclusive** |")], [failures, errors], "{arguments:?}");
    expected
}

#[test]
fn the_readers_of_junit_tap_and_json_count_the_same_cases() {
    let folder = tempfile::tempdir().unwrap();
    let (_, text) = stranded_in(folder.path(), &["show", "second-move"]);
    let wrong = text
        .replace("no-loss = \"violated\"", "no-loss = \"holds\"")
        .replace("coverage = \"holds\"", "coverage = \"violated\"");
    let wrong = wrong.replace("name = \"second-move\"", "name = \"wrong\"");
    fs::write(folder.path().join("wrong.toml"), wrong).unwrap();
    let [cases, failures, errors] = check(folder.path(), &["article"]);
    assert!(cases > 40 && failures + errors == 0);
    let [more, failures, errors] = check(folder.path(), &["article", "wrong.toml"]);
    assert!(more > cases && (failures, errors) == (2, 0));
    let [_, failures, errors] = check(folder.path(), &["wrong.toml", "--timeout", "0s"]);
    assert!(failures == 0 && errors > 8, "{errors}");
    let [_, failures, errors] = check(folder.path(), &["wrong.toml", "move", "--max-states", "40"]);
    assert!(failures > 0 && errors > 0, "{failures} {errors}");
}

/// Something that the program prints, and its kind.
fn printed(folder: &Path, kind: &str, arguments: &[&str]) -> (String, Value) {
    let (_, text) = stranded_in(folder, arguments);
    let value = serde_json::from_str(&text).unwrap_or_else(|reason| panic!("{arguments:?}: {reason}: {text}"));
    (kind.to_owned(), value)
}

/// Everything that a command prints as JSON, with its kind.
fn all_printed(folder: &Path) -> Vec<(String, Value)> {
    let program = program();
    let adapter = ["--", program.to_str().unwrap(), "adapter", "reference", "--mutant", "move-of-the-article"];
    let line = json!({"mailbox": "alice", "directory": {"SRC": {"home-mdb": "SRC"}}, "stores": {"SRC": null, "DST": {"messages": ["1"]}}});
    fs::write(folder.join("now.jsonl"), line.to_string()).unwrap();
    fs::write(folder.join("log.jsonl"), "{\"event\":\"reset\"}\n").unwrap();
    let with = |arguments: &[&'static str]| -> Vec<String> {
        arguments.iter().copied().chain(adapter).map(ToOwned::to_owned).collect()
    };
    let as_json = ["--format", "json"];
    let mut all = Vec::new();
    let mut add = |kind: &str, arguments: &[&str]| all.push(printed(folder, kind, &[arguments, &as_json].concat()));
    for topic in ["scenarios", "procedures", "properties", "assumptions", "mutants"] {
        add("list", &["list", topic]);
    }
    add("movers", &["list", "movers"]);
    add("report", &["check", "second-move", "move", "--traces", "traces"]);
    add("report", &["check", "second-move", "--timeout", "0s"]);
    add("report", &["check", "method-1", "--from", "stranded", "--delivery", "never"]);
    add("find", &["check", "second-move", "--find", "has-mail = \"source\""]);
    add("diff", &["diff", "move", "guarded-move"]);
    add("matrix", &["check", "second-move", "--assumptions"]);
    add("trace", &["replay", "traces/second-move.no-loss.json"]);
    add("advice", &["advise", "now.jsonl"]);
    add("comparison", &["advise", "now.jsonl", "--before", "now.jsonl"]);
    add("judgement", &["validate", "move", "log.jsonl"]);
    add("testbed", &["testbed", "run", "--tool", "fetchmail", "--directory", "last", "--points-max", "1"]);
    let tool = ["conform", "--tool", "fetchmail", "--directory", "last", "--testbed", "dovecot", "--mode", "cut"];
    add("trials", &tool);
    for (kind, arguments) in [
        ("conformance", with(&["conform", "second-move", "--save", "recordings", "--format", "json"])),
        ("diagnosis", with(&["doctor", "--format", "json"])),
        ("judgement", with(&["conform", "--replay", "recordings/second-move.loss.json", "--format", "json"])),
    ] {
        all.push(printed(folder, kind, &arguments.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    all.push(printed(folder, "judgement", &["replay", "recordings/second-move.loss.json", "--format", "json"]));
    let of_file = |path: &Path| -> Value { serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap() };
    all.push(("recording".to_owned(), of_file(&folder.join("recordings/second-move.loss.json"))));
    assert_eq!(stranded_in(folder, &["generate", "move", "-o", "vectors"]).0, 0);
    for entry in fs::read_dir(folder.join("vectors")).unwrap() {
        let path = entry.unwrap().path();
        let kind = if path.ends_with("index.json") { "vector-index" } else { "vector" };
        all.push((kind.to_owned(), of_file(&path)));
    }
    let requests = [
        json!({"id": 1, "type": "enabled"}),
        json!({"id": 2, "type": "allowed", "observe": "mailbox-1"}),
        json!({"id": 3, "type": "states"}),
        json!({"id": 4, "type": "take", "event": "did", "action": "deliver", "mailbox": "mailbox-1", "message": "m1", "by": "source", "result": "ok"}),
        json!({"id": 5, "type": "verdict"}),
        json!({"id": 6, "type": "no-such-type"}),
        json!({"id": 7, "type": "bye"}),
    ];
    let requests: String = requests.iter().map(|request| format!("{request}\n")).collect();
    let replies = read(program.to_str().unwrap(), "", &["oracle", "move"], &requests);
    assert_eq!(replies.lines().count(), 7, "{replies}");
    all.extend(replies.lines().map(|line| ("oracle".to_owned(), serde_json::from_str(line).unwrap())));
    all
}

#[test]
fn three_validators_accept_all_json_that_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let kinds = Kind::value_variants();
    let named = |kind: &Kind| kind.to_possible_value().unwrap().get_name().to_owned();
    let printed = all_printed(folder.path());
    let mut pairs = Vec::new();
    for (name, value) in &printed {
        let kind = kinds.iter().find(|kind| named(kind) == *name).unwrap_or_else(|| panic!("no schema of {name}"));
        crate::assert_valid(&validator(*kind), value, name);
        pairs.push(json!([schema(*kind), value]));
    }
    // Kinds that are only read, or tested line by line elsewhere, must at least be accepted as schemas.
    let read_only = ["scenario", "procedure", "snapshot", "adapter", "log"];
    for kind in kinds {
        let is_printed = printed.iter().any(|(name, _)| *name == named(kind));
        assert_ne!(is_printed, read_only.contains(&named(kind).as_str()), "{}", named(kind));
    }
    let pairs_of_files = [
        (Kind::Scenario, crate::toml(stranded_search::scenario::builtin::scenario("second-move").unwrap().text)),
        (Kind::Procedure, crate::toml(stranded_search::scenario::builtin::procedure("move").unwrap().text)),
        (Kind::Snapshot, json!({"mailbox": "alice"})),
        (Kind::Adapter, json!({"id": 1, "type": "done", "result": "ok"})),
        (Kind::Log, json!({"event": "reset"})),
    ];
    pairs.extend(pairs_of_files.into_iter().map(|(kind, value)| json!([schema(kind), value])));
    let wrong = json!([schema(Kind::Report), {"version": 1}]);
    for (pairs, valid) in [(pairs.clone(), pairs.len()), (vec![wrong], 0)] {
        let ajv = read_mjs("schema", &json!(pairs));
        assert_eq!(ajv["valid"], valid, "ajv: {}", ajv["wrong"]);
        // The validator of Debian 12 for Python takes seconds for a trace, and minutes for several: those of a report and of advice.
        let has_traces = |pair: &Value| {
            let parts = ["scenarios", "mailboxes"].map(|part| pair[1][part].to_string().len());
            parts.iter().any(|length| *length > 20_000)
        };
        let (large, small): (Vec<Value>, Vec<Value>) = pairs.into_iter().partition(has_traces);
        assert_eq!(large.len(), if valid > 0 { 2 } else { 0 }, "only a report and advice are that large");
        let python = read_json("python3", "python3 python3-jsonschema", &[READ_PY, "schema"], &json!(small));
        assert_eq!(python["valid"], valid - large.len(), "Python's jsonschema: {}", python["wrong"]);
    }
}

#[test]
fn mermaid_and_graphviz_count_the_parties_steps_and_states_of_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    // Under one combination of assumptions, the drawn graph is the whole graph of the search.
    let (_, text) = stranded_in(folder.path(), &["show", "second-move"]);
    let pinned = "[assume]\nduplicate-abort = \"keeps-source\"\nsource-delete = \"after-directory\"\n\n[expect]";
    fs::write(folder.path().join("pinned.toml"), text.replace("[expect]", pinned)).unwrap();
    let (_, report) = stranded_in(folder.path(), &["check", "pinned.toml", "--traces", ".", "--format", "json"]);
    let states = serde_json::from_str::<Value>(&report).unwrap()["scenarios"][0]["states"].clone();
    stranded_in(folder.path(), &["generate", "pinned.toml", "--steps", "-o", "vectors"]);
    let index: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("vectors/index.json")).unwrap()).unwrap();
    let (mut diagrams, mut expected) = (Vec::new(), Vec::new());
    for property in ["no-loss", "no-false-success", "no-self-move", "reachable"] {
        let file = format!("second-move.{property}.json");
        let trace: Value = serde_json::from_str(&fs::read_to_string(folder.path().join(&file)).unwrap()).unwrap();
        let steps = |key: &str| trace[key].as_array().map_or(0, Vec::len);
        // Mail, the administrator, the directory and two stores; the trace to no-self-move has no mail.
        let actors: BTreeSet<&str> = ["steps", "after"]
            .iter()
            .flat_map(|key| trace[key].as_array().into_iter().flatten())
            .map(|step| step["actor"].as_str().unwrap())
            .collect();
        expected.push(json!([actors.len() + 3, steps("steps") + steps("after")]));
        diagrams.push(stranded_in(folder.path(), &["replay", &file, "--to", "mermaid"]).1);
        let (_, dot) = stranded_in(folder.path(), &["replay", &file, "--to", "dot"]);
        let drawn: Value = serde_json::from_str(&read("dot", "graphviz", &["-Tjson"], &dot)).unwrap();
        let (nodes, edges) = (drawn["objects"].as_array().unwrap(), drawn["edges"].as_array().unwrap());
        assert_eq!((json!(nodes.len()), &index["states"]), (states.clone(), &states), "{property}");
        assert_eq!(json!(edges.len()), index["transitions"]["all"], "{property}");
        let own = edges.iter().filter(|edge| edge["penwidth"] == "4").count();
        assert_eq!(own, steps("steps") + steps("after"), "{property}");
    }
    // The diagram in a Markdown report is the same.
    let (_, markdown) = stranded_in(folder.path(), &["check", "pinned.toml", "--format", "markdown"]);
    let embedded: Vec<&str> =
        markdown.split("```mermaid\n").skip(1).map(|part| part.split("```").next().unwrap()).collect();
    assert!(embedded.len() >= 3, "{markdown}");
    let counted = read_mjs("mermaid", &json!(diagrams));
    assert_eq!(counted, Value::from(expected.clone()));
    for found in read_mjs("mermaid", &json!(embedded)).as_array().unwrap() {
        assert!(expected.contains(found), "{found} is the diagram of no trace");
    }
}
