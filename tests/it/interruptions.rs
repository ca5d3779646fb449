//! An interruption is not the fault of an adapter, and a recording that does not fit its scenario is not either; a limit of the time
//! holds while a log is judged.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pretty_assertions::assert_eq;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use crate::exercised::{conform, wrapped};
use crate::process::{Drawn, Process, run};

/// Starts a conformance run that does not end by itself, in a process group of its own.
fn endless(folder: &Path, adapter: &[String]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stranded"));
    let drive = ["--drive", "random", "--max-actions", "1000000000", "--deadline", "300s", "--implements", "move"];
    command.args(["conform", "second-move"]).args(drive).arg("--").args(adapter).process_group(0);
    Process::start_command(folder, command)
}

/// An adapter that writes its process id into a file, and then becomes the reference or a mutant.
fn announced(file: &Path, mutant: Option<&str>) -> Vec<String> {
    let mutant = mutant.map_or_else(String::new, |name| format!("--mutant {name}"));
    let script = format!(
        "echo $$ >{0}.new; mv {0}.new {0}; exec {1} adapter reference {mutant}",
        file.display(),
        env!("CARGO_BIN_EXE_stranded")
    );
    ["sh", "-c", &script].map(ToOwned::to_owned).to_vec()
}

#[test]
fn fifty_interruptions_at_random_moments_never_blame_the_adapter() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    eprintln!("seed {seed}");
    let mut drawn = Drawn(seed);
    let folder = tempfile::tempdir().unwrap();
    for number in 0..50 {
        let file = folder.path().join(format!("id-{number}"));
        // One in five has shown a violation by then, perhaps.
        let mutant = (number % 5 == 0).then_some("move-of-the-article");
        let mut process = endless(folder.path(), &announced(&file, mutant));
        assert_eq!(process.until(|_| file.exists()), None, "seed {seed}");
        std::thread::sleep(Duration::from_micros(drawn.below(150_000)));
        let signal = [Signal::INT, Signal::TERM, Signal::HUP][drawn.below(3) as usize];
        // The adapter may get the signal from a terminal or a supervisor, before or after this process gets it.
        let adapter = fs::read_to_string(&file).unwrap().trim().to_owned();
        let groups = [Pid::from_raw(process.id() as i32).unwrap(), Pid::from_raw(adapter.parse().unwrap()).unwrap()];
        let order: &[usize] = [&[0][..], &[0, 1], &[1, 0]][drawn.below(3) as usize];
        for target in order {
            // The first signal may have ended the second group.
            let _ = kill_process_group(groups[*target], signal);
        }
        let ended = process.end();
        let context = format!("seed {seed}, number {number}, {signal:?} to {order:?}: {}{}", ended.out, ended.err);
        match ended.code {
            Some(3) => assert!(ended.out.contains("inconclusive") || ended.err.contains("interrupted"), "{context}"),
            // A run that has found enough ends by itself.
            Some(1) => assert!(mutant.is_some(), "{context}"),
            other => panic!("{other:?}: {context}"),
        }
    }
}

#[test]
fn an_adapter_that_is_killed_without_an_interruption_is_still_blamed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("id");
    let mut process = endless(folder.path(), &announced(&file, None));
    assert_eq!(process.until(|_| file.exists()), None);
    let adapter = fs::read_to_string(&file).unwrap().trim().to_owned();
    assert!(Command::new("sh").args(["-c", &format!("kill -TERM {adapter}")]).status().unwrap().success());
    let ended = process.end();
    assert_eq!(ended.code, Some(4), "{}{}", ended.out, ended.err);
}

/// Calls `visit` with every text and list in a JSON value, and puts back what `visit` returned true for.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| paths(value, &format!("{at}/{key}"), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| paths(value, &format!("{at}/{index}"), found));
        }
        Value::String(_) | Value::Bool(_) | Value::Number(_) | Value::Null => {}
    }
    found.push(at.to_owned());
}

/// Returns the first whole run of a recording.
fn run_in(record: &mut Value) -> &mut Value {
    let steps = record["steps"].as_array_mut().unwrap();
    steps.iter_mut().map(|step| &mut step["event"]).find(|event| event["action"] == "run").unwrap()
}

#[test]
fn a_recording_that_does_not_fit_its_scenario_is_refused_before_the_adapter_starts() {
    let folder = tempfile::tempdir().unwrap();
    let article = wrapped("{}", Some("move-of-the-article"));
    let caught = conform(folder.path(), &["second-move", "--whole-runs", "--save", "runs"], &article);
    assert_eq!(caught.code, 1, "{}{}", caught.out, caught.err);
    let good: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("runs/second-move.loss.json")).unwrap()).unwrap();
    let mut all = Vec::new();
    paths(&good["steps"], "/steps", &mut all);
    all.extend(["/verdict", "/unseen", "/implements", "/scenario", "/kind", "/steps"].map(ToOwned::to_owned));
    let started = folder.path().join("started");
    let adapter = format!("touch {}; exec {} adapter reference", started.display(), env!("CARGO_BIN_EXE_stranded"));
    let adapter = ["sh", "-c", &adapter].map(ToOwned::to_owned);
    let mut refused = 0;
    let texts =
        [Value::from("nowhere"), Value::from("mailbox-9"), Value::from(7), Value::Null, Value::from(vec!["m9"])];
    for (number, path) in all.iter().enumerate() {
        let mut changed = good.clone();
        let Some(part) = changed.pointer_mut(path) else { continue };
        let value = &texts[number % texts.len()];
        if part == value {
            continue;
        }
        *part = value.clone();
        fs::write(folder.path().join("changed.json"), changed.to_string()).unwrap();
        let _ = fs::remove_file(&started);
        let ran = conform(folder.path(), &["--replay", "changed.json"], &adapter);
        assert!(matches!(ran.code, 0..=3), "{path} = {value}: {} {}{}", ran.code, ran.out, ran.err);
        assert_eq!(ran.code == 2, !started.exists(), "{path} = {value}: {} {}{}", ran.code, ran.out, ran.err);
        refused += usize::from(ran.code == 2);
    }
    assert!(refused >= 35, "only {refused} recordings were refused");
    // An order of events that is not that of one case, and a verdict that the events do not show.
    for change in [
        |record: &mut Value| record["steps"].as_array_mut().unwrap().clear(),
        |record: &mut Value| drop(record["steps"].as_array_mut().unwrap().remove(0)),
        |record: &mut Value| {
            let first = record["steps"][0].clone();
            record["steps"].as_array_mut().unwrap().push(first);
        },
        |record: &mut Value| record["verdict"] = "bounced".into(),
        // No program dies in the scenario, and no recipient is edited.
        |record: &mut Value| run_in(record)["crash"] = true.into(),
        |record: &mut Value| {
            *run_in(record) = serde_json::json!({
                "event": "did", "action": "other-edit", "mailbox": "mailbox-1", "server": "source", "result": "ok"
            });
        },
    ] {
        let mut changed = good.clone();
        change(&mut changed);
        fs::write(folder.path().join("changed.json"), changed.to_string()).unwrap();
        let _ = fs::remove_file(&started);
        let ran = conform(folder.path(), &["--replay", "changed.json"], &adapter);
        assert_eq!((ran.code, started.exists()), (2, false), "{}{}", ran.out, ran.err);
    }
}

#[test]
fn an_action_of_a_recording_that_the_adapter_does_not_offer_is_not_requested() {
    let folder = tempfile::tempdir().unwrap();
    let article = wrapped("{}", Some("move-of-the-article"));
    assert_eq!(conform(folder.path(), &["second-move", "--save", "runs"], &article).code, 1);
    let whole = wrapped(r#"{"actions": ["deliver", "run"]}"#, None);
    let ran = conform(folder.path(), &["--replay", "runs/second-move.loss.json"], &whole);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("which it does not offer"), "{}", ran.err);
}

#[test]
fn the_limit_of_the_time_holds_while_a_log_is_judged_and_no_verdict_is_a_pass() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (1..=1000)
        .map(|call| {
            let message = format!("m{}", call % 8 + 1);
            format!(r#"{{"event":"call","call":{call},"action":"deliver","mailbox":"mailbox-1","message":"{message}","by":"source"}}"#) + "\n"
        })
        .collect();
    fs::write(folder.path().join("log.jsonl"), format!("{{\"event\":\"reset\"}}\n{text}")).unwrap();
    let ended = run(folder.path(), &["validate", "move-under-mail", "log.jsonl", "--timeout", "1s"]);
    assert_eq!(ended.code, Some(3), "{}{}", ended.out, ended.err);
    assert!(ended.out.starts_with("inconclusive") && ended.out.contains("--timeout"), "{}", ended.out);
    assert!(ended.took < Duration::from_secs(15), "it took {:?}", ended.took);
    // A pipe without a writer, and a limit that is over before the first event.
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    for (log, limit) in [("pipe", "200ms"), ("log.jsonl", "0s")] {
        let ended = run(folder.path(), &["validate", "move-under-mail", log, "--timeout", limit, "--format", "json"]);
        assert_eq!(ended.code, Some(3), "{}{}", ended.out, ended.err);
    }
}

#[test]
fn an_interruption_ends_the_judging_of_a_log_without_a_pass() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    let process = Process::start(folder.path(), &["validate", "move", "pipe"]);
    // The program handles the signal from its start on.
    std::thread::sleep(Duration::from_millis(500));
    process.signal("TERM");
    let ended = process.end();
    assert_eq!(ended.code, Some(3), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("it was interrupted"), "{}", ended.out);
}
