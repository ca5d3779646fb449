//! `stranded validate`: a recorded log gets the verdict of its events, and an error in a line is reported at its
//! position.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use pretty_assertions::assert_eq;
use serde_json::Value;
use stranded_search::scenario::load_scenario;

use crate::cli::{Ran, stranded_in};
use crate::logs::Recorder;
use crate::process::Process;

/// Returns the log of the article's program with two messages and two runs.
fn article() -> String {
    let spec = load_scenario("second-move").unwrap();
    Recorder::new(&spec).delivers("m1").delivers("m2").runs().runs().text()
}

/// Judges a log in second-move.
fn judged(log: &str, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.jsonl"), log).unwrap();
    stranded_in(folder.path(), &[&["validate", "second-move", "log.jsonl"], more].concat())
}

fn report(ran: &Ran) -> Value {
    let mut report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|reason| panic!("{reason}: {}", ran.err));
    report["model_hash"] = "…".into();
    report
}

#[test]
fn the_articles_program_conforms_where_the_scenario_runs_it() {
    let ran = judged(&article(), &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80 && line.trim_end() == line), "{}", ran.out);
    insta::assert_snapshot!("validate-conforming", ran.out);
}

#[test]
fn the_same_log_is_a_loss_if_the_program_implements_the_correct_move() {
    let ran = judged(&article(), &["--implements", "move"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80 && line.trim_end() == line), "{}", ran.out);
    insta::assert_snapshot!("validate-loss", ran.out);
    let ran = judged(&article(), &["--implements", "move", "--format", "json"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!("validate-loss-json", serde_json::to_string_pretty(&report(&ran)).unwrap());
}

#[test]
fn a_log_of_an_unknown_procedure_is_judged_by_its_observations() {
    let ran = judged(&article(), &["--safety", "--format", "json"]);
    let found = report(&ran);
    assert_eq!((ran.code, &found["verdict"], &found["safety"]), (1, &"loss".into(), &"unsafe".into()));
    assert_eq!(found["conforming"], Value::Null);
    let first = article().lines().take(5).map(|line| format!("{line}\n")).collect::<String>();
    let ran = judged(&first, &["--safety", "--format", "json"]);
    assert_eq!((ran.code, &report(&ran)["verdict"]), (3, &"inconclusive".into()), "no procedure was run");
}

#[test]
fn a_log_that_shows_nothing_is_inconclusive_and_no_pass() {
    for log in ["", "\n\n", "{\"event\":\"reset\"}\n", "{\"event\":\"end\"}\n"] {
        let ran = judged(log, &["--format", "json"]);
        assert_eq!((ran.code, &report(&ran)["inconclusive"]), (3, &"no operation was done".into()), "{log:?}");
    }
    let ran = judged(&article(), &["--max-explanations", "1", "--format", "json"]);
    assert_eq!((ran.code, &report(&ran)["conforming"]), (3, &Value::Null));
}

#[test]
fn an_empty_line_a_missing_line_break_and_an_end_change_nothing() {
    let log = article();
    let same = [
        log.trim_end().to_owned(),
        log.replace('\n', "\n\n"),
        log.replace('\n', "\r\n"),
        format!("{log}{{\"event\":\"end\"}}\n\n"),
        log.replace("\"event\":\"did\"", "\"at\":\"12:00\",\"note\":[1],\"event\":\"did\""),
    ];
    for other in same {
        let ran = judged(&other, &["--format", "json"]);
        assert_eq!((ran.code, &report(&ran)["events"]), (0, &9.into()), "{}", ran.err);
    }
    let late = judged(&format!("{{\"event\":\"end\"}}\n{log}"), &[]);
    assert_eq!(late.code, 2);
    assert!(late.err.contains("log.jsonl:2:1") && late.err.contains("the log has ended"), "{}", late.err);
}

#[test]
fn missing_events_are_assumed_only_where_the_command_line_says_so() {
    let log: String =
        article().lines().filter(|line| !line.contains("\"m2\",\"by\"")).map(|line| format!("{line}\n")).collect();
    assert_eq!(judged(&log, &[]).code, 1, "unrecorded deliveries need --missing");
    assert_eq!(judged(&log, &["--missing", "deliver"]).code, 0);
    assert_eq!(judged(&log, &["--missing", "all"]).code, 0);
    assert_eq!(judged(&article(), &["--missing", "none"]).code, 0);
    assert_eq!(judged(&article(), &["--missing", "male"]).code, 2);
}

#[test]
fn several_runs_in_one_log_are_judged_one_by_one() {
    let log = article().repeat(300);
    let ran = judged(&log, &["--format", "json"]);
    let found = report(&ran);
    assert_eq!((ran.code, &found["events"], &found["runs"]), (0, &2700.into(), &300.into()));
    let kept = found["findings"].as_array().unwrap().len();
    assert_eq!((kept, &found["findings_left_out"]), (500, &1000.into()), "five findings of each run");
    let broken = format!("{log}{}", article().replacen("\"result\":\"failed\"", "\"result\":\"ok\"", 1));
    let found = report(&judged(&broken, &["--format", "json"]));
    assert_eq!((&found["failure"]["event"], &found["failure"]["at_line"]), (&2708.into(), &2708.into()));
}

#[test]
fn a_wrong_line_is_reported_with_its_file_its_position_and_a_correction() {
    let log = article();
    let wrong = |from: &str, to: &str| log.replacen(from, to, 1);
    for (log, reported) in [
        (wrong("\"event\":\"did\"", "\"event\":\"dit\""), ["log.jsonl:2:11", "`event` is `dit`", "expected `did`"]),
        (wrong("\"result\"", "\"reslt\""), ["log.jsonl:2:", "there is a key `reslt`", "expected `result`"]),
        (wrong("\"m1\"", "m1"), ["log.jsonl:2:", "not JSON: expected value at column 67", "one JSON object"]),
        (wrong("mailbox-1", "mailbx-1"), ["log.jsonl:2:46", "no mailbox `mailbx-1`", "expected `mailbox-1`"]),
        (wrong("\"by\":\"source\"", "\"by\":\"sauce\""), ["log.jsonl:2:", "no server `sauce`", "expected `source`"]),
        (wrong("\"deliver\"", "\"delivr\""), ["log.jsonl:2:", "`action` is `delivr`", "expected `deliver`"]),
        (wrong("\"queued\":[]", "\"queued\":1"), ["log.jsonl:3:", "`queued` is a number", "a list of strings"]),
        (
            wrong("\"event\":\"observed\"", "\"event\":\"saw\""),
            ["log.jsonl:3:", "`event` is `saw`, which belongs to version 1", "expected `observed`"],
        ),
        (wrong("\"returned\"", "\"retourned\""), ["log.jsonl:3:", "a key `retourned`", "`returned`"]),
        (format!("[]\n{log}"), ["log.jsonl:1:1", "a list instead of an object", "one JSON object"]),
        (format!("{{\"note\":\"{}\"}}", "x".repeat(1 << 20)), ["log.jsonl:1:", "more than 1048576 bytes", "one event"]),
    ] {
        let ran = judged(&log, &[]);
        assert_eq!(ran.code, 2, "{reported:?}");
        for part in reported {
            assert!(ran.err.contains(part), "{part} is not in\n{}", ran.err);
        }
    }
}

#[test]
fn a_log_that_cannot_be_read_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let ran = stranded_in(folder.path(), &["validate", "second-move", "none.jsonl"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("cannot read none.jsonl"), "{}", ran.err);
    fs::write(folder.path().join("bytes.jsonl"), b"{\"event\":\"reset\"}\n\xff\xfe\n").unwrap();
    let ran = stranded_in(folder.path(), &["validate", "second-move", "bytes.jsonl"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("bytes.jsonl:2:") && ran.err.contains("not UTF-8"), "{}", ran.err);
}

#[test]
fn a_log_on_a_pipe_is_followed_and_errors_are_reported_at_once() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stranded"));
    command.args(["validate", "second-move", "-", "--follow", "--implements", "move"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(article().as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert_eq!(ended.status.code(), Some(1), "{err}");
    assert!(out.starts_with("loss  second-move"), "{out}");
    assert!(err.contains("standard input:7: false success:") && err.contains("standard input:9: loss:"), "{err}");
}

#[test]
fn a_growing_log_is_followed_until_its_end_event() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let log = article();
    let (first, second) = log.split_at(log.len() / 2);
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(first.as_bytes()).unwrap();
    let arguments = ["validate", "second-move", "log.jsonl", "--follow", "--implements", "move"];
    let mut process = Process::start(folder.path(), &arguments);
    file.write_all(second.as_bytes()).unwrap();
    let line = process.line().unwrap();
    assert!(line.contains("log.jsonl:7: false success:"), "{line}");
    file.write_all(b"{\"event\":\"end\"}\n").unwrap();
    let ended = process.end();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.out.starts_with("loss  second-move"), "{}", ended.out);
}

#[test]
fn an_interrupted_run_reports_the_verdict_so_far() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.jsonl"), article()).unwrap();
    let arguments = ["validate", "second-move", "log.jsonl", "--follow", "--implements", "move"];
    let mut process = Process::start(folder.path(), &arguments);
    // The first line shows that the program handles interruptions.
    assert!(process.line().unwrap().contains("false success"));
    process.signal("INT");
    let ended = process.end();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
}

#[test]
fn an_unknown_procedure_is_reported_with_the_known_ones() {
    let ran = stranded_in(Path::new("."), &["validate", "second-move", "-", "--implements", "mvoe"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no procedure `mvoe`"), "{}", ran.err);
}

#[test]
fn the_name_of_a_case_is_reported_with_its_findings_and_errors() {
    let named = article().replace("{\"event\":\"reset\"}", "{\"event\":\"reset\",\"case\":\"two moves\"}");
    assert_ne!(named, article());
    let ran = judged(&named, &["--implements", "move"]);
    let text = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ran.code, 1);
    assert!(text.contains("case `two moves`)"), "{text}");
    let ran = judged(&named, &["--implements", "move", "--format", "json"]);
    let found = report(&ran);
    assert!(found["findings"].as_array().unwrap().iter().all(|finding| finding["in_case"] == "two moves"), "{found}");
    let ran = judged(&format!("{named}{{\"event\":\"reset\"}}\n"), &["--implements", "move", "--format", "json"]);
    assert_eq!(report(&ran)["findings"], found["findings"], "a later case has no name, and the findings keep theirs");
    let ran = judged(&format!("{named}nonsense\n"), &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(", in case `two moves`"), "{}", ran.err);
    let unnamed = judged(&article(), &["--implements", "move", "--format", "json"]);
    assert!(report(&unnamed)["findings"][0].get("in_case").is_none());
}

#[test]
fn only_a_reset_names_a_case_and_only_with_text() {
    for line in
        ["{\"event\":\"observed\",\"mailbox\":\"mailbox-1\",\"case\":\"x\"}", "{\"event\":\"reset\",\"case\":7}"]
    {
        let ran = judged(&format!("{line}\n"), &[]);
        assert_eq!(ran.code, 2, "{line}");
        assert!(ran.err.contains("`case`"), "{}", ran.err);
    }
}
