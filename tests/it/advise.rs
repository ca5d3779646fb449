//! Advice: the safe procedures for an observed state, the unsafe ones with their reasons, and impossible snapshots.

mod compared;
mod dialect;
mod lines;
mod standing;
mod text;
mod unobserved;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use stranded::report::advice_json::{AdviceEntry, AdviceReport, CaseReport, HarmReport, report};
use stranded_model::scenario::{Delivery, Fault, Replication};
use stranded_search::advice::{Circumstances, ProcedureText, advise_all, known_procedures};
use stranded_search::engine::{Limits, Truncation};
use stranded_search::replay;
use stranded_search::snapshot;
use stranded_search::trace_file::TraceFile;

/// The article's stranded state: the data is on the destination, the directory names the source. [Q252869 S7, S8]
const STRANDED: &str = r#"{"mailbox": "alice", "directory": {"source": {"home-mdb": "source", "home-mta": "source"}, "destination": {"home-mdb": "source", "home-mta": "source"}}, "stores": {"source": null, "destination": {"messages": ["one", "two"]}}}"#;
/// The same, after the source has received another message.
const LATE: &str = r#"{"mailbox": "bob", "directory": {"source": {"home-mdb": "source"}}, "stores": {"source": {"messages": ["late"], "in-transit": false}, "destination": {"messages": ["one", "two"], "in-transit": false}}}"#;
/// A mailbox in its correct state, of which everything was observed that concerns it.
const AT_HOME: &str = r#"{"mailbox": "carol", "directory": {"source": {"home-mdb": "source", "home-mta": "source"}, "destination": {}}, "stores": {"source": {"messages": ["one"], "deleted": [], "in-transit": false}, "destination": null}, "waiting": [], "sessions": [], "size": 12}"#;

fn circumstances() -> Circumstances {
    Circumstances {
        deliveries: Circumstances::DELIVERIES.to_vec(),
        faults: Vec::new(),
        faults_max: 0,
        replication: Replication::Instant,
        can_perform: None,
    }
}

fn advised(lines: &str, runbooks: &[&str], all: bool, circumstances: &Circumstances) -> AdviceReport {
    let snapshots = snapshot::read("test.jsonl", lines).unwrap_or_else(|wrong| panic!("{wrong}"));
    let mut texts = known_procedures();
    texts.extend(runbooks.iter().map(|text| ProcedureText { file_name: "test.toml".into(), text: (*text).into() }));
    let advised = advise_all(&snapshots, all, &texts, circumstances, &Limits::default());
    report(&advised.unwrap_or_else(|wrong| panic!("{wrong}")), circumstances, None)
}

/// Returns the verdicts on a procedure in its first direction, from the mildest delivery to the hardest, each with its violation.
fn verdicts(report: &AdviceReport, procedure: &str) -> Vec<String> {
    let reported = |case: &CaseReport| case.harm.as_ref().map_or(case.verdict.clone(), |harm| harm.harm.clone());
    entry(report, procedure).cases.iter().map(reported).collect()
}

/// Returns the first advice on a procedure.
fn entry<'r>(report: &'r AdviceReport, procedure: &str) -> &'r AdviceEntry {
    report.mailboxes[0].advice.iter().find(|entry| entry.procedure == procedure).unwrap()
}

/// Returns every harm in the advice on a procedure.
fn harms(entry: &AdviceEntry) -> Vec<&HarmReport> {
    let of_cases = entry.cases.iter().filter_map(|case| case.harm.as_ref());
    let of_facts = entry.unobserved.iter().map(|one| &one.harm);
    of_cases.chain(of_facts).chain(entry.preconditions.iter().filter_map(|one| one.otherwise.as_ref())).collect()
}

#[test]
fn in_the_stranded_state_each_procedure_has_the_verdict_of_the_sources() {
    let report = advised(STRANDED, &[], false, &circumstances());
    assert!(report.mailboxes[0].stranded);
    for (procedure, expected) in [
        ("method-1", ["safe", "out-of-reach", "out-of-reach"]),
        ("method-2", ["safe", "loses", "loses"]),
        ("q162998", ["safe", "depends", "loses"]),
        ("move", ["loses", "loses", "loses"]),
        ("move-of-the-article", ["loses", "loses", "loses"]),
    ] {
        assert_eq!(verdicts(&report, procedure), expected, "{procedure}");
    }
    let order: Vec<&str> = report.mailboxes[0].advice.iter().map(|entry| entry.procedure.as_str()).collect();
    let index = |name: &str| order.iter().position(|other| *other == name).unwrap();
    assert!(index("method-1") < index("q162998"), "procedures that delete nothing come first: {order:?}");
    assert!(index("q162998") < index("method-2"), "{order:?}");
    assert!(index("method-2") < index("move-of-the-article"), "the safest procedures come first: {order:?}");
}

#[test]
fn late_mail_is_left_behind_by_method_1_and_destroyed_by_method_2() {
    let report = advised(LATE, &[], false, &circumstances());
    let first = |procedure: &str| {
        let harm = entry(&report, procedure).cases[0].harm.as_ref().unwrap();
        (harm.harm.as_str(), harm.messages.clone())
    };
    assert_eq!(first("method-1"), ("out-of-reach", vec!["m1".to_owned()]));
    assert_eq!(first("method-2"), ("loses", vec!["m1".to_owned()]));
    assert_eq!(report.mailboxes[0].messages[0].messages, ["late"]);
    assert_eq!(verdicts(&report, "q162998")[0], "safe");
}

#[test]
fn every_trace_of_the_advice_replays() {
    let faulty = Circumstances {
        deliveries: vec![Delivery::AnyTime],
        faults: vec![Fault::ProgramDies],
        faults_max: 1,
        replication: Replication::Eventual,
        can_perform: None,
    };
    for (lines, circumstances) in [(STRANDED, circumstances()), (LATE, circumstances()), (STRANDED, faulty)] {
        let report = advised(lines, &[], false, &circumstances);
        let mut replayed = 0;
        for harm in report.mailboxes[0].advice.iter().flat_map(harms) {
            let text = serde_json::to_string(&harm.trace).unwrap();
            let trace: TraceFile = serde_json::from_str(&text).unwrap();
            replay::replay(&trace).unwrap_or_else(|refused| panic!("{}: {refused:?}", trace.scenario));
            replayed += 1;
        }
        assert!(replayed > 0);
    }
}

#[test]
fn a_runbook_that_copies_one_message_only_is_unsafe_for_many() {
    let careless = r#"
        name = "careless"
        [[step]]
        do = "copy-message"
        from = "to"
        to = "from"
        on = { ok = "delete", refused = "delete" }
        [[step]]
        label = "delete"
        do = "delete-mailbox"
        at = "to"
        [[step]]
        do = "report"
        outcome = "ok"
    "#;
    let lines = |messages: &str| {
        format!(
            r#"{{"mailbox": "a", "directory": {{"s": {{"home-mdb": "s", "home-mta": "s"}}}}, "stores": {{"s": {{"messages": [], "in-transit": false}}, "d": {{"messages": [{messages}], "in-transit": false}}}}}}"#
        )
    };
    let quiet = Circumstances { deliveries: vec![Delivery::Never], ..circumstances() };
    let one = advised(&lines(r#""1""#), &[careless], false, &quiet);
    assert_eq!(verdicts(&one, "careless"), ["safe"], "one message is a complete copy");
    let many: Vec<String> = (0..500).map(|number| format!("\"{number}\"")).collect();
    let many = advised(&lines(&many.join(",")), &[careless], false, &quiet);
    assert_eq!(verdicts(&many, "careless"), ["loses"]);
    assert_eq!(many.mailboxes[0].messages[0].messages.len(), 500);
    assert_eq!(many.mailboxes[0].messages[0].stands_for, ["m1", "m2"]);
}

#[test]
fn a_runbook_that_declines_refuses_even_if_it_marks_and_unmarks() {
    let declines = r#"
        name = "declines"
        [[step]]
        do = "mark"
        at = "to"
        [[step]]
        do = "require"
        home-is = "to"
        on = { refused = "back" }
        [[step]]
        do = "report"
        outcome = "ok"
        [[step]]
        label = "back"
        do = "unmark"
        at = "to"
        [[step]]
        do = "report"
        outcome = "refused"
    "#;
    let report = advised(STRANDED, &[declines], false, &circumstances());
    assert_eq!(verdicts(&report, "declines"), ["refuses"; 3]);
    assert_eq!(entry(&report, "declines").answer, "refuses");
}

#[test]
fn a_procedure_that_never_ends_is_unsafe() {
    let waits = r#"
        name = "waits"
        [[step]]
        do = "delete-recipient"
        data = "leave"
        [[step]]
        do = "wait"
        home-is = "to"
        [[step]]
        do = "report"
        outcome = "ok"
    "#;
    let report = advised(STRANDED, &[waits], false, &circumstances());
    assert_eq!(verdicts(&report, "waits"), ["never-done"; 3]);
}

#[test]
fn replicas_that_differ_make_replication_eventual() {
    let lines =
        STRANDED.replace(r#""destination": {"home-mdb": "source", "home-mta": "source"}"#, r#""destination": null"#);
    let quiet = Circumstances { deliveries: vec![Delivery::Never], ..circumstances() };
    let report = advised(&lines, &[], false, &quiet);
    assert!(report.mailboxes[0].stranded && report.mailboxes[0].home.is_none());
    let cases = report.mailboxes[0].advice.iter().flat_map(|entry| &entry.cases);
    assert!(cases.into_iter().all(|case| case.circumstances.replication == "eventual"));
    assert!(report.mailboxes[0].unobserved.contains(&"versions".to_owned()));
}

#[test]
fn healthy_mailboxes_get_advice_only_on_demand() {
    assert!(advised(AT_HOME, &[], false, &circumstances()).mailboxes[0].advice.is_empty());
    let all = advised(AT_HOME, &[], true, &circumstances());
    assert!(!all.mailboxes[0].stranded);
    assert_eq!(verdicts(&all, "move")[0], "safe");
    assert_eq!(verdicts(&all, "guarded-move"), ["safe"; 3]);
    assert_eq!(verdicts(&all, "method-2")[0], "loses");
}

/// Runs the program with these lines as its standard input.
pub(crate) fn stranded(arguments: &[&str], lines: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stranded"));
    let command = command.arg("advise").args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that refuses its arguments ends without reading.
    let _unread = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child.wait_with_output().unwrap()
}

/// Returns the words of the text that the program prints, in one line.
fn printed(arguments: &[&str], lines: &str) -> String {
    let text = String::from_utf8(stranded(arguments, lines).stdout).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_program_ends_as_documented() {
    let differing_home = AT_HOME.replace("source\"}", "elsewhere\"}");
    for (arguments, lines, code) in [
        (vec!["-"], AT_HOME, 0),
        (vec!["-"], STRANDED, 1),
        (vec!["-", "--format", "json"], STRANDED, 1),
        (vec!["-"], differing_home.as_str(), 2),
        (vec!["-"], "", 2),
        (vec!["-", "--faults-max", "1"], AT_HOME, 2),
        (vec!["-", "--faults", "program-dies", "--faults-max", "0"], AT_HOME, 2),
        (vec!["-", "--runbook", "nowhere.toml"], AT_HOME, 2),
        (vec!["-", "--procedure", "method-1"], STRANDED, 2),
        (vec!["-", "--dialect", "dovecot-ldap", "--procedure", "method-3"], STRANDED, 2),
        (vec!["-", "--dialect", "dovecot-ldap", "--procedure", "method-1"], STRANDED, 1),
        (vec!["nowhere.jsonl"], "", 2),
        (vec!["-", "--all", "--timeout", "0s"], AT_HOME, 3),
        (vec!["-", "--all", "--max-states", "1"], AT_HOME, 3),
        (vec!["-", "--all"], AT_HOME, 0),
    ] {
        let output = stranded(&arguments, lines);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} of {lines}");
        assert_eq!(output.stdout.is_empty(), code == 2, "{arguments:?}: a result is printed exactly if there is one");
        assert_eq!(output.stderr.is_empty(), code != 2, "{arguments:?}");
    }
}

#[test]
fn a_hardly_observed_mailbox_is_not_called_healthy() {
    let blind = r#"{"mailbox": "alice", "directory": {"source": {"home-mdb": "source"}}}"#;
    let one_eyed = r#"{"mailbox": "bob", "directory": {"source": {"home-mdb": "source"}}, "stores": {"source": null}}"#;
    let seen = r#"{"mailbox": "eve", "directory": {"source": {"home-mdb": "source"}}, "stores": {"source": {"messages": ["1"]}}}"#;
    for (line, code) in [(blind, 3), (one_eyed, 3), (seen, 0)] {
        let output = stranded(&["-"], line);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert_eq!(text.contains("not enough was observed"), code == 3, "{text}");
    }
}

#[test]
fn a_name_with_terminal_controls_is_refused() {
    let output = stranded(&["-"], "{\"mailbox\": \"\\u001b[31mred\", \"directory\": {}, \"stores\": {}}");
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stderr.contains(&7) && output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr).unwrap().contains("control characters"));
}

/// Returns the stranded mailbox `number`, whose observation differs from those of all others.
fn stranded_alone(number: usize) -> String {
    let renamed = STRANDED.replace("\"source\"", &format!("\"source-{number}\""));
    renamed.replace("alice", &format!("user-{number}")) + "\n"
}

#[test]
fn the_time_limit_holds_between_mailboxes() {
    let lines: String = (0..5_000).map(stranded_alone).collect();
    for limit in ["0s", "100ms"] {
        let started = Instant::now();
        let output = stranded(&["-", "--timeout", limit], &lines);
        assert!(started.elapsed() < Duration::from_secs(20), "{limit}: it took {:?}", started.elapsed());
        assert_eq!(output.status.code(), Some(1), "every mailbox is stranded");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("Nothing was searched: the time limit was reached (--timeout)."), "{limit}");
    }
    let snapshots = snapshot::read("test.jsonl", &lines).unwrap();
    let limits = Limits { deadline: Some(Instant::now()), ..Limits::default() };
    let advised = advise_all(&snapshots, false, &known_procedures(), &circumstances(), &limits).unwrap();
    assert!(advised.iter().all(|one| one.truncated == Some(Truncation::Time) && one.advice.is_empty()));
    let json = report(&advised, &circumstances(), None);
    let reason = Some("the time limit was reached (--timeout)");
    assert!(json.mailboxes.iter().all(|one| one.truncated.as_deref() == reason));
}

#[test]
fn a_procedure_that_needs_marks_comes_after_those_that_need_none_unless_the_system_shows_marks() {
    let first = |lines: &str| {
        let output = stranded(&["-", "--format", "json"], lines);
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let entries = found["mailboxes"][0]["advice"].as_array().unwrap().clone();
        let of = |name: &str| entries.iter().position(|entry| entry["procedure"] == name).unwrap();
        (of("guarded-move") < of("append-repair"), entries[of("guarded-move")]["needs_marks"].clone())
    };
    assert_eq!(first(STRANDED), (false, true.into()));
    // A mailbox without a mark does not show that its store could mark it.
    let unmarked =
        STRANDED.replace(r#""messages": ["one", "two"]"#, r#""messages": ["one", "two"], "in-transit": false"#);
    assert_eq!(first(&unmarked), (false, true.into()));
    let with_marks = unmarked.replace(r#""stores""#, r#""marks": true, "stores""#);
    assert_eq!(first(&with_marks), (true, false.into()));
}

#[test]
fn stores_that_can_have_no_marks_are_not_asked_for_them_and_cannot_perform_what_needs_them() {
    let at_home = AT_HOME.replace(r#", "in-transit": false"#, "");
    let quiet = Circumstances { deliveries: vec![Delivery::Never], ..circumstances() };
    let answer = |line: &str, procedure: &str| entry(&advised(line, &[], true, &quiet), procedure).answer.clone();
    assert_eq!(answer(&at_home, "method-1"), answer(AT_HOME, "method-1"));
    let without = at_home.replace(r#""size""#, r#""marks": false, "size""#);
    let report = advised(&without, &[], true, &quiet);
    assert!(
        !report.mailboxes[0].unobserved.iter().any(|key| key.ends_with("in-transit")),
        "{:?}",
        report.mailboxes[0].unobserved
    );
    assert!(advised(&at_home, &[], true, &quiet).mailboxes[0].unobserved.iter().any(|key| key.ends_with("in-transit")));
    let order: Vec<&AdviceEntry> = report.mailboxes[0].advice.iter().collect();
    let first_marking = order.iter().position(|one| one.needs_marks).unwrap();
    assert!(order[first_marking..].iter().all(|one| one.needs_marks), "what needs marks is last");
    let text = printed(&["-"], &STRANDED.replace(r#""stores""#, r#""marks": false, "stores""#));
    assert!(text.contains("Cannot be performed by this system: guarded-move it needs in-transit marks"), "{text}");
}

/// A runbook that holds delivery, appends everything without a look at the destination, switches and empties the source.
const BLIND: &str = r#"name = "blind"
[[step]]
do = "hold-delivery"
[[step]]
do = "list"
at = "from"
[[step]]
do = "append-message"
[[step]]
do = "sync-directory"
from = "from"
to = "to"
[[step]]
do = "empty-mailbox"
at = "from"
[[step]]
do = "release-delivery"
[[step]]
do = "report"
outcome = "ok"
"#;

#[test]
fn a_runbook_that_makes_a_second_copy_is_unsafe_and_one_that_lists_the_destination_is_safe() {
    let folder = tempfile::tempdir().unwrap();
    let overlapping = LATE.replace(r#"["late"]"#, r#"["late", "one"]"#);
    let answers = |runbook: &str| {
        let path = folder.path().join("runbook.toml");
        std::fs::write(&path, runbook).unwrap();
        let output = stranded(
            &["-", "--runbook", path.to_str().unwrap(), "--delivery", "never", "--format", "json"],
            &overlapping,
        );
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let entries = found["mailboxes"][0]["advice"].as_array().unwrap().clone();
        let of = entries.into_iter().filter(|entry| entry["procedure"] == "blind");
        of.map(|entry| entry["cases"][0].clone()).collect::<Vec<_>>()
    };
    let blind = answers(BLIND);
    assert!(!blind.is_empty() && blind.iter().all(|case| case["harm"]["harm"] == "duplicates"), "{blind:?}");
    let looking = BLIND.replace(
        "do = \"append-message\"",
        "do = \"list\"\nat = \"to\"\nas = \"copied\"\n[[step]]\ndo = \"append-message\"",
    );
    let careful = answers(&looking);
    assert!(careful.iter().all(|case| case["harm"]["harm"] != "duplicates"), "{careful:?}");
}
