//! Inputs: a pipe, a file of another kind, JSON with a key twice, and files that a scenario names.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::thread;

use pretty_assertions::assert_eq;

use crate::cli::stranded_in;

const PROGRAM: &str = env!("CARGO_BIN_EXE_stranded");

fn make_pipe(folder: &Path, name: &str) {
    assert!(Command::new("mkfifo").arg(folder.join(name)).status().unwrap().success());
}

#[test]
fn no_command_waits_for_ever_for_the_writer_of_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    ["p.toml", "p.json", "p"].iter().for_each(|name| make_pipe(folder, name));
    let shown = stranded_in(folder, &["show", "move"]).out;
    fs::write(folder.join("names.toml"), shown.replace("procedure = \"move\"", "procedure = \"p.toml\"")).unwrap();
    fs::write(folder.join("none.jsonl"), "").unwrap();
    thread::scope(|scope| {
        for arguments in [
            &["check", "p.toml"][..],
            &["check", "names.toml"],
            &["check", "p.toml", "--from", "move"],
            &["check", "move", "--engine", "timely", "--hosts", "p", "--process", "0"],
            &["replay", "p.json"],
            &["explore", "p.json"],
            &["advise", "p"],
            &["advise", "none.jsonl", "--runbook", "p.toml"],
            &["validate", "move", "p"],
            &["conform", "--replay", "p.json", "--", "true"],
            &["conform", "move", "--expected-failures", "p.toml", "--", "true"],
        ] {
            scope.spawn(move || {
                let ran = stranded_in(folder, arguments);
                assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
                assert!(ran.err.contains("it is a pipe, and no program wrote to it for 5 s"), "{}", ran.err);
            });
        }
    });
}

#[test]
fn a_pipe_with_a_writer_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    make_pipe(folder.path(), "p.toml");
    let script = "(\"$0\" show move; sleep 0.1; echo '# end') > p.toml & \"$0\" check p.toml --format tap";
    let output = Command::new("sh").args(["-c", script, PROGRAM]).current_dir(&folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    make_pipe(folder.path(), "log");
    let script = "(sleep 0.1; echo '{\"event\":\"end\"}') > log & \"$0\" validate move log --follow --format json";
    let output = Command::new("sh").args(["-c", script, PROGRAM]).current_dir(&folder).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "nothing was exercised: {output:?}");
}

/// Returns the text with the first member of this key repeated.
fn with_key_twice(json: &str, key: &str) -> String {
    let member = format!("\"{key}\":");
    let start = json.find(&member).unwrap_or_else(|| panic!("{key} in {json}"));
    let value = start + member.len();
    let mut values = serde_json::Deserializer::from_str(&json[value..]).into_iter::<serde_json::Value>();
    assert!(values.next().unwrap().is_ok());
    let end = value + values.byte_offset();
    format!("{}{}, {}", &json[..start], &json[start..end], &json[start..])
}

#[test]
fn no_json_that_is_read_has_a_key_twice() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert_eq!(stranded_in(folder.path(), &["check", "second-move", "--traces", "."]).code, 0);
    let report = stranded_in(folder.path(), &["check", "second-move", "--format", "json"]).out;
    let adapter = ["--", PROGRAM, "adapter", "reference", "--mutant", "directory-never"];
    let save = ["conform", "move", "--whole-runs", "--save", "runs"];
    assert_eq!(stranded_in(folder.path(), &[&save[..], &adapter].concat()).code, 1);
    let run = fs::read_dir(at("runs")).unwrap().map(|entry| entry.unwrap().path()).min().unwrap();
    let log = "{\"event\": \"observed\", \"mailbox\": \"mailbox-1\", \"directory\": {}, \"stores\": {}}\n";
    let snapshot = "{\"mailbox\": \"a\", \"directory\": {\"a\": null}, \"stores\": {\"b\": {\"messages\": []}}}\n";
    let trace = fs::read_to_string(at("second-move.no-loss.json")).unwrap();
    for (name, text, key, arguments) in [
        ("trace.json", trace.as_str(), "directory", &["replay", "trace.json"][..]),
        ("page.json", &trace, "stores", &["explore", "page.json"]),
        ("report.json", &report, "assumptions", &["replay", "report.json#second-move/no-loss"]),
        ("run.json", &fs::read_to_string(run).unwrap(), "mailbox", &["replay", "run.json"]),
        ("log", log, "mailbox", &["validate", "move", "log"]),
        ("log", log, "stores", &["validate", "move", "log"]),
        ("snapshot", snapshot, "a", &["advise", "snapshot"]),
        ("snapshot", snapshot, "directory", &["advise", "snapshot"]),
        ("snapshot", snapshot, "messages", &["advise", "snapshot"]),
    ] {
        fs::write(at(name), with_key_twice(text, key)).unwrap();
        let ran = stranded_in(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{name}, {key}: {}", ran.err);
        assert!(["twice", "duplicate"].iter().any(|word| ran.err.contains(word)), "{name}, {key}: {}", ran.err);
    }
    let script = "read hello; echo '{\"id\": 1, \"type\": \"skip\", \"reason\": \"a\", \"reason\": \"b\"}'; read bye";
    let ran = stranded_in(folder.path(), &["conform", "move", "--", "sh", "-c", script]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("an object has the key `reason` twice"), "{}", ran.err);
}

#[test]
fn an_error_shows_no_content_of_a_file_outside_the_folder_of_the_scenario() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let secret = "name = \"my-password\"\n[my-section]\nmy-key = \"my-value\"\n";
    fs::write(root.path().join("secret.toml"), secret).unwrap();
    fs::write(root.path().join("plain.toml"), "my-user:my-password:0:0\n").unwrap();
    symlink("../secret.toml", folder.join("link.toml")).unwrap();
    let absolute = root.path().join("secret.toml");
    let shown = stranded_in(&folder, &["show", "move"]).out;
    let (before, after) = shown.split_once("[[run]]").unwrap();
    let procedure = |path: &str| shown.replace("procedure = \"move\"", &format!("procedure = \"{path}\""));
    let from = |path: &str| format!("from = \"{path}\"\n{}[[run]]{after}", before.split_once("[site]").unwrap().0);
    for path in ["../secret.toml", "../plain.toml", "link.toml", absolute.to_str().unwrap()] {
        for text in [procedure(path), from(path)] {
            fs::write(folder.join("s.toml"), text).unwrap();
            let own = folder.join("s.toml");
            for scenario in ["s.toml", "./s.toml", own.to_str().unwrap()] {
                let ran = stranded_in(&folder, &["check", scenario]);
                assert_eq!(ran.code, 2, "{path}: {}", ran.out);
                assert!(!ran.err.contains("my-"), "{path}: {}", ran.err);
                assert!(ran.err.contains("has an error in line 1, column "), "{path}: {}", ran.err);
            }
        }
    }
    // A file in the folder is quoted.
    fs::write(folder.join("own.toml"), secret).unwrap();
    fs::write(folder.join("s.toml"), procedure("own.toml")).unwrap();
    assert!(stranded_in(&folder, &["check", "s.toml"]).err.contains("my-password"));
}

#[test]
fn a_file_of_another_kind_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("notes.txt", "notes\n");
    write("object.json", "{\"a\": 1}\n");
    write("trace.itf.json", &stranded_in(folder.path(), &["replay", "second-move", "--to", "itf"]).out);
    write("report.json", &stranded_in(folder.path(), &["check", "second-move", "--format", "json"]).out);
    write("scenario.toml", &stranded_in(folder.path(), &["show", "move"]).out);
    write("procedure.toml", &stranded_in(folder.path(), &["show", "--procedure", "move"]).out);
    for (arguments, says) in [
        (&["check", "notes.txt"][..], "notes.txt is a file, not a scenario"),
        (&["conform", ".", "--", "true"], ". is a folder, not a scenario"),
        (&["validate", "object.json", "notes.txt"], "object.json is a file, not a scenario"),
        (&["check", "procedure.toml"], "procedure.toml is a procedure, not a scenario"),
        (&["check", "scenario.toml", "--from", "move"], "scenario.toml is a scenario, not a procedure"),
        (&["replay", "notes.txt"], "this is not a trace or a report of stranded: it is not JSON"),
        (
            &["replay", "scenario.toml"],
            "scenario.toml has no counterexample; `stranded check scenario.toml` has its verdicts",
        ),
        (&["replay", "object.json"], "this is not a trace or a report of stranded: at a: unknown field"),
        (
            &["replay", "trace.itf.json"],
            "trace.itf.json is a trace in ITF, which `stranded explore trace.itf.json` opens",
        ),
        (&["replay", "report.json"], "report.json is a report: name one of its traces, as in"),
        (&["conform", "--replay", "object.json", "--", "true"], "this is not a recording of stranded"),
    ] {
        let ran = stranded_in(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{arguments:?}: {}", ran.err);
        assert!(!ran.err.contains("No such file"), "{arguments:?}: {}", ran.err);
    }
}
