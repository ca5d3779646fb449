//! Adapters as child processes: the conversation of `specs/adapter.md`, each error that an adapter can make, and the
//! doctor. `movers` judges the movers in `tests/adapters`; `random` reads random lines.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use serde_json::Value;
use stranded_oracle::adapter::{Child, HelloReply, Implementation, Timeouts, greeting, group};
use stranded_search::scenario::{self, Spec};

use crate::cli::{Ran, stranded_in};
use crate::process::Process;

mod movers;
mod random;

/// Longer than any step of these tests takes on a shared machine.
const LONG: Duration = Duration::from_secs(60);
/// Shorter than the delays that must time out.
const SHORT: Duration = Duration::from_millis(50);

/// The answer of the smallest adapter to `hello`.
const HELLO: &str = r#"{"id":1,"type":"hello","protocol":2,"name":"x","actions":["run"],"fields":[]}"#;

pub(crate) const PAGE: &str = include_str!("../../specs/adapter.md");

/// Returns the conversation of the page as pairs of request and answer.
pub(crate) fn transcript() -> Vec<(&'static str, &'static str)> {
    let block = PAGE.split("```jsonl\n").nth(1).unwrap().split("```").next().unwrap();
    let lines: Vec<&str> = block.lines().collect();
    let pair = |pair: &[&'static str]| {
        let [request, answer] = pair else { panic!("a request has no answer: {pair:?}") };
        (request.strip_prefix("> ").unwrap(), answer.strip_prefix("< ").unwrap())
    };
    lines.chunks(2).map(pair).collect()
}

/// Returns the built-in scenario of this name.
pub(crate) fn builtin(name: &str) -> Spec {
    scenario::select(&[name.to_owned()]).unwrap().remove(0)
}

fn shell(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(ToOwned::to_owned).to_vec()
}

/// Runs a conversation with an adapter that is a shell script; returns the error that ended it, and the process group
/// of the adapter.
fn broken(script: &str, timeouts: Timeouts) -> (String, i32) {
    let mut child = Child::start_with(&shell(script), timeouts, None).unwrap();
    let id = child.id();
    let spec = builtin("move");
    let mut talk = || {
        if let HelloReply::Ready(_) = child.hello(&greeting(&spec, Vec::new()))? {
            child.reset(&BTreeMap::new())?;
            child.observe("mailbox-1")?;
        }
        child.bye()
    };
    (talk().map_or_else(|broken| broken.says, |()| "nothing is wrong".to_owned()), id)
}

#[track_caller]
fn check(script: &str, timeouts: Timeouts, expected: &[&str]) {
    let (error, group) = broken(script, timeouts);
    for part in expected {
        assert!(error.contains(part), "`{part}` is not in\n{error}");
    }
    assert_eq!(group::alive(group), [], "{script}");
}

/// Polls until the condition is true.
#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < LONG, "not true in time: {what}");
        thread::yield_now();
    }
}

fn long() -> Timeouts {
    Timeouts::of(LONG)
}

/// Returns an adapter that answers every request, and runs the given commands for requests that contain the given
/// texts.
fn answering(overrides: &[(&str, &str)]) -> String {
    let cases: String = overrides.iter().map(|(request, command)| format!("*'{request}'*) {command} ;;\n")).collect();
    format!(
        "n=0; while read -r l; do n=$((n+1)); case $l in
        {cases}
        *'\"type\":\"hello\"'*) echo '{HELLO}' ;;
        *'\"type\":\"observe\"'*) echo '{{\"id\":'$n',\"type\":\"observed\"}}' ;;
        *) echo '{{\"id\":'$n',\"type\":\"done\",\"result\":\"ok\"}}' ;;
        esac; case $l in *'\"type\":\"bye\"'*) exit 0 ;; esac; done"
    )
}

#[test]
fn the_smallest_adapter_breaks_nothing() {
    check(&answering(&[]), long(), &["nothing is wrong"]);
    check(
        "read l; echo '{\"id\":1,\"type\":\"skip\",\"reason\":\"not today\"}'; read l; echo '{\"id\":2,\"type\":\"done\",\"result\":\"ok\"}'",
        long(),
        &["nothing is wrong"],
    );
}

#[test]
fn a_line_that_is_no_answer_is_reported_with_its_number_and_the_expectation() {
    let first = |line: &str| format!("read l; echo to the log >&2; printf '%s\\n' '{line}'; read l");
    let rows: &[(&str, &[&str])] = &[
        (
            "Starting up…",
            &["not JSON", "line 1 of its output: Starting up…", "one JSON object on the line", "to the log"],
        ),
        ("[]", &["a list instead of an object", "one JSON object"]),
        (r#"{"id":1,"type":"hullo"}"#, &["`type` is `hullo`", "expected: `hello`"]),
        (r#"{"id":1,"type":"done","result":"ok"}"#, &["the answer is of type `done`", "expected: hello or skip"]),
        (r#"{"type":"hello"}"#, &["there is no `id`", "a whole number from 0"]),
        (r#"{"id":"1","type":"hello"}"#, &["`id` is a string", "a whole number from 0"]),
        (&HELLO.replace("\"id\":1", "\"id\":7"), &["the answer has id 7", "id 1, as in the request"]),
        (&HELLO.replace("\"protocol\":2", "\"protocol\":3"), &["`protocol` is 3", "expected: 2"]),
        (&HELLO.replace("\"fields\":[]", "\"fields\":\"all\""), &["`fields` is a string", "a list of strings"]),
        (&HELLO.replace(",\"fields\":[]", ""), &["there is no `fields`", "a list of strings"]),
        (&HELLO.replace("\"fields\":[]", "\"fields\":[\"store\"]"), &["`fields` is `store`", "expected: `stores`"]),
        (&HELLO.replace("\"run\"", "\"runs\""), &["`actions` is `runs`", "expected: `run`"]),
        (&HELLO.replace("\"name\"", "\"start\":1,\"name\""), &["`start` is a number", "true or false"]),
        (&HELLO.replace("\"name\"", "\"Name\""), &["there is a key `Name`", "`name`, which is a string"]),
        (&HELLO.replace("\"name\"", "\"nme\":0,\"name\""), &["there is a key `nme`", "`name`, or no such key"]),
    ];
    for (line, expected) in rows {
        check(&first(line), long(), expected);
        check(
            &first(line),
            long(),
            &["line 1 of its output", "the request was: {\"id\":1,\"type\":\"hello\"", "to the log"],
        );
    }
}

#[test]
fn an_adapter_that_speaks_version_1_is_refused_with_its_version() {
    let old = HELLO.replace("\"protocol\":2", "\"protocol\":1");
    let greets = format!("read l; printf '%s\\n' '{old}'; read l");
    check(&greets, long(), &["the adapter speaks version 1 of the protocol", "expected: 2"]);
    let observes = answering(&[("\"type\":\"observe\"", r#"echo '{"id":3,"type":"seen","queued":[]}'"#)]);
    check(&observes, long(), &["`type` is `seen`, which belongs to version 1", "expected: `observed`"]);
}

#[test]
fn an_answer_is_of_the_kind_that_belongs_to_the_request() {
    let seen = |observation: &str| {
        answering(&[("\"type\":\"observe\"", &format!("echo '{{\"id\":3,\"type\":\"observed\",{observation}}}'"))])
    };
    let nowhere = seen(r#""stores":{"elsewhere":null}"#);
    check(&nowhere, long(), &["a server of `stores`", "`elsewhere`", "line 3 of its output", "source"]);
    check(&seen(r#""stores":{"source":{"messages":"m1"}}"#), long(), &["`messages` is a string", "a list of strings"]);
    check(&seen(r#""stores":{"source":null}"#), long(), &["nothing is wrong"]);
    let done = r#"echo '{"id":3,"type":"done","result":"ok"}'"#;
    check(&answering(&[("\"type\":\"observe\"", done)]), long(), &["type `done`", "expected: observed", "line 3"]);
    let seen = r#"echo '{"id":2,"type":"observed"}'"#;
    check(&answering(&[("\"type\":\"reset\"", seen)]), long(), &["type `observed`", "expected: done", "line 2"]);
    let okay = r#"echo '{"id":2,"type":"done","result":"okay"}'"#;
    check(
        &answering(&[("\"type\":\"reset\"", okay)]),
        long(),
        &["`result` is `okay`", "expected: one of ok, refused, failed", "line 2"],
    );
    let refused = r#"echo '{"id":4,"type":"done","result":"refused"}'"#;
    check(&answering(&[("\"type\":\"bye\"", refused)]), long(), &["`result` is `refused`", "expected: `ok`", "line 4"]);
}

#[test]
fn an_unrequested_line_is_reported() {
    // The runner reads it before the next request or as its answer; in both cases it is line 2.
    check(
        &format!("read l; echo '{HELLO}'; echo '{HELLO}'; read l; read l"),
        long(),
        &["line 2 of its output", "expected"],
    );
    let late = r#"echo '{"id":4,"type":"done","result":"ok"}'; echo one more; exit 0"#;
    check(
        &answering(&[("\"type\":\"bye\"", late)]),
        long(),
        &["there was no request for this line", "line 5 of its output: one more"],
    );
}

#[test]
fn a_line_that_cannot_be_read_is_reported() {
    let zeros = "read l; head -c 2097152 /dev/zero | tr '\\0' x; read l";
    check(zeros, long(), &["the line is too long", "at most 1048576 bytes", "line 1 of its output: xxx", "x…\n"]);
    check(
        "read l; printf '{\"id\\377\\n'; read l",
        long(),
        &["not UTF-8 from byte 5 on", "{\\\"id\\xff", "expected: UTF-8"],
    );
    check("read l; printf '{\"id\":1'", long(), &["in the middle of a line", "{\"id\":1", "an end of line"]);
}

#[test]
fn a_process_that_exits_early_is_reported() {
    check(
        "read l; echo oops >&2; exit 3",
        long(),
        &["ended before `bye`: exit status: 3", "lines of its output so far: 0", "oops"],
    );
    check("exit 0", long(), &["ended before `bye`: exit status: 0", "nothing on standard error"]);
    check("read l; kill -9 $$", long(), &["ended before `bye`: signal: 9", "to run until `bye`"]);
    check(
        &answering(&[("\"type\":\"observe\"", "exit 4")]),
        long(),
        &["exit status: 4", "so far: 2", "\"type\":\"observe\""],
    );
    check(
        &answering(&[("\"type\":\"reset\"", "exec >&-; sleep 300")]),
        long(),
        &["closed its standard output and kept running"],
    );
    let deaf = format!("read l; exec <&-; echo '{HELLO}'; sleep 300");
    check(&deaf, long(), &["closed its standard input and kept running", "lines of its output so far: 1"]);
}

#[test]
fn a_process_that_does_not_answer_is_distinguished_from_a_slow_one_and_from_one_that_does_not_flush() {
    let impatient = Timeouts { deadline: SHORT, late: Duration::ZERO };
    check(
        "read l; echo thinking >&2; sleep 300",
        impatient,
        &["did not answer within 50ms\n", "an answer within the deadline", "so far: 0"],
    );
    let waits = Timeouts { deadline: SHORT, late: LONG };
    check(&format!("read l; sleep 1; echo '{HELLO}'; read l"), waits, &["within 50ms; it answered later"]);
    let flushes = Timeouts { deadline: Duration::from_secs(2), late: Duration::ZERO };
    check(&format!("l=$(cat); echo '{HELLO}'"), flushes, &["it answered when its input was closed", "to be flushed"]);
}

#[test]
fn an_adapter_exits_after_bye_and_leaves_nothing_behind() {
    let bye = |then: &str| {
        answering(&[("\"type\":\"bye\"", &format!("echo '{{\"id\":4,\"type\":\"done\",\"result\":\"ok\"}}'; {then}"))])
    };
    check(&bye("exit 7"), long(), &["ended after `bye` with a failure: exit status: 7", "exit code 0 after `bye`"]);
    let brief = Timeouts::of(Duration::from_secs(5));
    check(&bye("sleep 300"), brief, &["did not end within 5s after answering `bye`", "to end after `bye`"]);
    check(
        &bye("sleep 300 >/dev/null 2>&1 & exit 0"),
        long(),
        &["left processes running, which were ended: s", "so far: 4"],
    );
    check(&bye("sleep 300 & exit 0"), long(), &["left processes running, which were ended: s"]);
    check(&bye("trap '' TERM; sleep 300 & exit 0"), long(), &["left processes running, which were ended: s"]);
    check(&bye("exit 0"), long(), &["nothing is wrong"]);
}

#[test]
fn a_child_that_is_dropped_is_ended_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let script = "trap '' TERM; sleep 300 & echo started >&2; read l; sleep 300";
    let child = Child::start(&shell(script), LONG, Some(&log)).unwrap();
    let id = child.id();
    until("the child has started", || fs::read_to_string(&log).unwrap() == "started\n");
    assert!(group::alive(id).len() >= 2, "the process and its child run: {:?}", group::alive(id));
    drop(child);
    assert_eq!(group::alive(id), []);
}

#[test]
fn a_command_that_is_not_there_cannot_be_started() {
    let error = Child::start(&["/nowhere/at-all".to_owned()], LONG, None).unwrap_err().says;
    assert!(error.contains("cannot be started") && error.contains("/nowhere/at-all"), "{error}");
}

/// Runs the reference on these requests and returns its answers, its exit code and its error output.
fn reference(requests: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stranded"));
    command.args(["adapter", "reference"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The reference may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(requests.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn the_reference_answers_as_the_page_shows() {
    let (requests, answers): (Vec<&str>, Vec<&str>) = transcript().into_iter().unzip();
    let ran = reference(&format!("{}\n", requests.join("\n")));
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), answers);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let kinds = |kind: &str| requests.iter().any(|line| line.contains(&format!("\"type\":\"{kind}\"")));
    assert!(["hello", "reset", "do", "observe", "bye"].into_iter().all(kinds));
}

#[test]
fn the_reference_is_as_strict_with_requests_as_with_answers() {
    let hello = transcript()[0].0;
    let after = |line: &str| reference(&format!("{hello}\n{line}\n"));
    for (line, expected) in [
        ("no", "not JSON"),
        (r#"{"id":2,"type":"rest"}"#, "expected: `reset`"),
        (r#"{"id":2,"type":"observe","mailbox":"mailbox-9"}"#, "the scenario has no mailbox `mailbox-9`"),
        (r#"{"id":2,"type":"reset","stat":{}}"#, "there is a key `stat`"),
        (hello, "`hello` came a second time"),
    ] {
        let ran = after(line);
        assert_eq!((ran.code, ran.out.lines().count()), (2, 1), "{line}: {}", ran.err);
        assert!(ran.err.contains("line 2 of the requests") && ran.err.contains(expected), "{}", ran.err);
    }
    assert_eq!(after("").code, 2);
    assert_eq!(reference(&format!("{hello}\n")).code, 0, "the end of the input ends the conversation");
    let first = reference("{\"id\":1,\"type\":\"reset\"}\n");
    assert!(first.code == 2 && first.err.contains("the first request is not `hello`"), "{}", first.err);
}

#[test]
fn the_reference_skips_a_scenario_that_it_cannot_run() {
    let hello = transcript()[0].0;
    let bye = r#"{"id":2,"type":"bye"}"#;
    for (changed, reason) in [
        (hello.replace("\"protocol\":2", "\"protocol\":1"), "speaks protocol 2, not 1"),
        (hello.replace("procedure = \\\"move\\\"", "procedure = \\\"mov\\\""), "cannot read the scenario"),
    ] {
        let ran = reference(&format!("{changed}\n{bye}\n"));
        let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((ran.code, lines.len(), &lines[0]["type"]), (0, 2, &"skip".into()), "{}", ran.err);
        assert!(lines[0]["reason"].as_str().unwrap().contains(reason), "{}", lines[0]);
    }
}

fn doctor(options: &[&str], command: &[&str]) -> (i32, Value) {
    let arguments = [&["doctor", "--format", "json"], options, &["--"], command].concat();
    let ran = stranded_in(Path::new(env!("CARGO_MANIFEST_DIR")), &arguments);
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|reason| panic!("{reason}: {} {}", ran.out, ran.err)))
}

#[test]
fn the_doctor_names_each_error_and_its_repair() {
    let patient = &["--deadline", "60s"][..];
    let rows: &[(&[&str], &str, &str, &str)] = &[
        (&["--deadline", "2s", "--grace", "0s"], &format!("l=$(cat); echo '{HELLO}'"), "no flush", "flush"),
        (&["--deadline", "50ms", "--grace", "60s"], &format!("read l; sleep 1; echo '{HELLO}'"), "too slow", "answers"),
        (&["--deadline", "50ms", "--grace", "0s"], "sleep 300", "no answer", "answers"),
        (patient, &format!("read l; echo 'hello received'; echo '{HELLO}'; read l"), "log on stdout", "output"),
        (
            patient,
            &answering(&[("\"type\":\"reset\"", r#"echo '{"id":1,"type":"done","result":"ok"}'"#)]),
            "wrong id",
            "id",
        ),
        (patient, &answering(&[("\"type\":\"reset\"", r#"echo '{"type":"done","result":"ok"}'"#)]), "wrong id", "id"),
        (patient, "read l; exit 1", "early exit", "stays"),
        (patient, &answering(&[("\"type\":\"observe\"", r#"echo '{"id":3,"type":"observed",}'"#)]), "bad JSON", "json"),
        (patient, "read l; printf '{\"\\377\\n'; read l", "bad JSON", "json"),
        (
            patient,
            &answering(&[("\"type\":\"observe\"", r#"echo '{"id":3,"type":"observed","store":{}}'"#)]),
            "wrong answer",
            "types",
        ),
        (
            patient,
            &answering(&[(
                "\"type\":\"bye\"",
                "sleep 300 & echo '{\"id\":'$n',\"type\":\"done\",\"result\":\"ok\"}'; exit",
            )]),
            "children left behind",
            "children",
        ),
    ];
    for (options, script, diagnosis, check) in rows {
        let (code, found) = doctor(options, &["sh", "-c", script]);
        assert_eq!((code, &found["diagnosis"]), (4, &Value::from(*diagnosis)), "{script}\n{found:#}");
        let checks = found["checks"].as_array().unwrap();
        let wrong: Vec<&Value> = checks.iter().filter(|one| one["ok"] == false).collect();
        assert_eq!((wrong.len(), &wrong[0]["name"]), (1, &Value::from(*check)), "{found:#}");
        assert!(wrong[0]["mend"].is_string() && found["healthy"] == false, "{found:#}");
    }
    let (code, found) = doctor(&[], &["/nowhere/at-all"]);
    assert_eq!((code, &found["diagnosis"]), (4, &"does not start".into()));
}

#[test]
fn the_doctor_finds_nothing_wrong_with_the_reference() {
    let (code, found) = doctor(&[], &[env!("CARGO_BIN_EXE_stranded"), "adapter", "reference"]);
    assert_eq!((code, &found["healthy"]), (0, &true.into()), "{found:#}");
    assert!(found["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{found:#}");
    assert_eq!(found["remarks"].as_array().unwrap().len(), 0, "{found:#}");
}

#[test]
fn an_interruption_ends_the_adapter_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let script = "sleep 300 & trap '' TERM; echo $$ >id.new; mv id.new id; read l; while :; do sleep 300; done";
    let mut process = Process::start(folder.path(), &["doctor", "--deadline", "300s", "--", "sh", "-c", script]);
    let id = folder.path().join("id");
    assert_eq!(process.until(|_| id.exists()), None);
    let group: i32 = fs::read_to_string(&id).unwrap().trim().parse().unwrap();
    assert!(group::alive(group).len() >= 2);
    process.signal("INT");
    assert_eq!(process.end().code, Some(3));
    until("all processes have ended", || group::alive(group).is_empty());
}
