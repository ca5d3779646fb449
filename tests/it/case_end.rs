//! The end of a case: what is observed last is judged as the last, also if an administrator owes a retry; a verdict that depends on
//! something still to come is withheld, with its reason.

use std::fs;

use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::cli::{Ran, stranded_in};

/// A scenario whose program deletes the source before it writes the directory, and that expects no violation.
fn scenario(replication: &str) -> String {
    format!(
        r#"
name = "case-end"
family = "user"
question = "What does the end of a case show?"
source = ["test"]
[site]
servers = ["source", "destination"]
messages = 2
replication = "{replication}"
[environment]
delivery = "any-time"
faults = ["program-dies"]
faults-max = 1
[assume]
source-delete = "before-directory"
duplicate-abort = "keeps-source"
[[run]]
administrator = "first"
procedure = "move"
from = "source"
to = "destination"
runs-max = "until-ok"
"#
    )
}

const RESET: &str = r#"{"event":"reset"}"#;
const DELIVERED: &str =
    r#"{"event":"did","action":"deliver","mailbox":"mailbox-1","message":"m1","by":"source","result":"ok"}"#;

fn ran(result: &str) -> String {
    let run = r#""mailbox":"mailbox-1","administrator":"first","procedure":"move","from":"source","to":"destination","connected-to":"source""#;
    format!(r#"{{"event":"did","action":"run",{run},"result":"{result}"}}"#)
}

/// Returns the text of a report as one line.
fn flat(ran: &Ran) -> String {
    ran.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns an observation in which the replicas name these servers as the home, and the stores have these contents.
fn observed([replica, other]: [&str; 2], source: &str, destination: &str, queued: &str) -> String {
    let homes = |server: &str| format!(r#"{{"home-mdb":"{server}","home-mta":"{server}"}}"#);
    format!(
        r#"{{"event":"observed","mailbox":"mailbox-1","directory":{{"source":{},"destination":{}}},"stores":{{"source":{source},"destination":{destination}}},"queued":[{queued}],"returned":[],"saved":[],"delivery-held":false}}"#,
        homes(replica),
        homes(other)
    )
}

const M1: &str = r#"{"messages":["m1"],"pending":[],"in-transit":false}"#;
const M1_MARKED: &str = r#"{"messages":["m1"],"pending":[],"in-transit":true}"#;

fn judged(scenario_text: &str, lines: &[String], options: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("case-end.toml"), scenario_text).unwrap();
    let log: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(folder.path().join("log.jsonl"), log).unwrap();
    stranded_in(folder.path(), &[&["validate", "case-end.toml", "log.jsonl"], options].concat())
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|reason| panic!("{reason}: {}{}", ran.out, ran.err))
}

/// Returns a log in which a run with this result leaves the mailbox stranded.
fn stranded_by(result: &str) -> Vec<String> {
    let fresh = observed(["source", "source"], M1, "null", "");
    let stranded = observed(["source", "source"], "null", M1_MARKED, "");
    [RESET.to_owned(), DELIVERED.to_owned(), fresh, ran(result), stranded].to_vec()
}

#[test]
fn a_mailbox_that_a_failed_run_left_stranded_is_unreachable_at_the_end_of_the_log() {
    for result in ["failed", "unknown"] {
        for options in [&[][..], &["--safety"]] {
            let text = judged(&scenario("instant"), &stranded_by(result), options);
            assert_eq!(text.code, 1, "{result} {options:?}: {}{}", text.out, text.err);
            assert!(text.out.starts_with("unreachable  case-end"), "{}", text.out);
            assert!(flat(&text).contains("first still owes a retry"), "{}", text.out);
            assert!(!flat(&text).contains("safe:") && !flat(&text).contains("no harm"), "{}", text.out);
            let options = [options, &["--format", "json"]].concat();
            let found = report(&judged(&scenario("instant"), &stranded_by(result), &options));
            assert_eq!((&found["verdict"], &found["safety"]), (&"unreachable".into(), &"unsafe".into()));
            let finding = found["findings"].as_array().unwrap().iter().find(|one| one["property"] == "reachable");
            assert_eq!(finding.unwrap()["at_line"], 5, "{found:#}");
        }
    }
}

#[test]
fn a_reset_ends_the_case_before_it() {
    let next = observed(["source", "source"], "null", "null", "");
    let log = [stranded_by("failed"), vec![RESET.to_owned(), next]].concat();
    let found = judged(&scenario("instant"), &log, &["--format", "json"]);
    assert_eq!((found.code, &report(&found)["verdict"]), (1, &"unreachable".into()), "{}", found.out);
    let finding = &report(&found)["findings"][0];
    assert_eq!((&finding["event"], &finding["at_line"]), (&5.into(), &5.into()), "{finding:#}");
}

#[test]
fn a_retry_that_ends_ok_repairs_what_the_failed_run_left() {
    let moved = observed(["destination", "destination"], "null", M1, "");
    let log = [stranded_by("failed"), vec![ran("ok"), moved]].concat();
    let found = judged(&scenario("instant"), &log, &["--safety"]);
    assert_eq!(found.code, 0, "{}", found.out);
    assert!(flat(&found).contains("safe: no harm was observed"), "{}", found.out);
}

#[test]
fn an_observation_of_no_directory_is_never_called_safe() {
    let log: Vec<String> = stranded_by("failed")
        .iter()
        .map(|line| match line.split_once(r#""directory":"#) {
            Some((before, after)) => {
                before.to_owned() + after.split_once("},\"stores\"").unwrap().1.replacen(":", "\"stores\":", 1).as_str()
            }
            None => line.clone(),
        })
        .collect();
    let found = judged(&scenario("instant"), &log, &["--safety"]);
    assert_eq!(found.code, 3, "{}{}", found.out, found.err);
    assert!(flat(&found).contains("the directory was not observed on every server"), "{}", found.out);
    assert!(!flat(&found).contains("safe:"), "{}", found.out);
}

#[test]
fn a_verdict_at_the_end_is_withheld_while_replicas_differ_or_mail_is_queued_and_the_reason_is_named() {
    let split = observed(["destination", "source"], "null", M1, "");
    let queued = observed(["destination", "destination"], "null", M1.replace("\"m1\"", "").as_str(), "\"m1\"");
    let fresh = observed(["source", "source"], M1, "null", "");
    let rows = [("eventual", split.clone(), "replication has not finished"), ("instant", queued, "m1 is queued")];
    for (replication, last, reason) in rows {
        let log = [RESET.to_owned(), DELIVERED.to_owned(), fresh.clone(), ran("unknown"), last];
        let found = judged(&scenario(replication), &log, &["--safety"]);
        assert_eq!(found.code, 3, "{}{}", found.out, found.err);
        assert!(flat(&found).contains(reason) && flat(&found).contains("withheld"), "{}", found.out);
        assert!(!flat(&found).contains("safe:"), "{}", found.out);
        let json = judged(&scenario(replication), &log, &["--safety", "--format", "json"]);
        assert!(report(&json)["withheld"][0]["reason"].as_str().unwrap().contains(reason), "{}", json.out);
    }
    // With instant replication, replicas that differ stay different.
    let log = [RESET.to_owned(), DELIVERED.to_owned(), fresh, ran("failed"), split];
    let found = judged(&scenario("instant"), &log, &["--safety"]);
    assert_eq!(found.code, 1, "{}{}", found.out, found.err);
}

#[test]
fn a_case_whose_last_operation_was_not_observed_is_not_safe() {
    let log = stranded_by("failed");
    let found = judged(&scenario("instant"), &log[..4], &["--safety"]);
    assert_eq!(found.code, 3, "{}{}", found.out, found.err);
    assert!(flat(&found).contains("it was not observed after the last operation"), "{}", found.out);
}

#[test]
fn a_program_that_still_runs_and_a_call_without_an_answer_withhold_the_verdict() {
    let mut log = stranded_by("failed");
    log[3] = ran("failed")
        .replace("\"event\":\"did\"", "\"event\":\"call\",\"call\":1")
        .replace(",\"result\":\"failed\"", "");
    let found = judged(&scenario("instant"), &log, &["--format", "json"]);
    let report = report(&found);
    let reasons: Vec<&str> =
        report["withheld"].as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect();
    assert_eq!(
        reasons,
        ["call 1 has no answer", "first's run of move has not ended, call 1 has no answer"],
        "{}",
        found.out
    );
    assert_eq!((found.code, &report["verdict"]), (3, &"inconclusive".into()));
}

#[test]
fn a_mailbox_without_a_recipient_is_unreachable() {
    let fresh = observed(["source", "source"], M1, "null", "");
    let gone =
        observed(["source", "source"], M1, "null", "").replace(r#"{"home-mdb":"source","home-mta":"source"}"#, "null");
    let log = [RESET.to_owned(), DELIVERED.to_owned(), fresh, ran("failed"), gone];
    let found = judged(&scenario("instant"), &log, &["--safety"]);
    assert_eq!(found.code, 1, "{}{}", found.out, found.err);
    assert!(flat(&found).contains("no replica has a recipient"), "{}", found.out);
}

#[test]
fn the_oracle_server_judges_the_end_of_a_case() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("case-end.toml"), scenario("instant")).unwrap();
    let requests: String = stranded_by("failed")
        .iter()
        .skip(1)
        .map(|line| line.replacen('{', "{\"id\":1,\"type\":\"take\",", 1) + "\n")
        .chain([r#"{"id":2,"type":"verdict"}"#, "\n", r#"{"id":3,"type":"reset"}"#, "\n"].map(ToOwned::to_owned))
        .collect();
    let path = folder.path().join("case-end.toml").display().to_string();
    let answers = crate::oracle_server::answers(&[&path], &requests);
    let [.., verdict, reset] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(verdict["verdict"], "unreachable", "{verdict:#}");
    assert_eq!(reset["findings"][0]["property"], "reachable", "{reset:#}");
}

/// Tools copy in any order, so that one which is killed can leave any of the messages at the destination.
#[test]
fn a_program_that_copies_in_another_order_and_is_killed_does_not_differ_from_the_model() {
    let second = DELIVERED.replace("m1", "m2");
    let both = r#"{"messages":["m1","m2"]}"#;
    let verdict = |copied: &str| {
        let destination = format!(r#"{{"messages":["{copied}"]}}"#);
        let seen = observed(["source", "source"], both, &destination, "");
        let lines = [RESET.to_owned(), DELIVERED.to_owned(), second.clone(), ran("unknown"), seen];
        report(&judged(&scenario("instant"), &lines, &["--format", "json"]))["verdict"].clone()
    };
    assert_eq!([verdict("m1"), verdict("m2")], ["inconclusive", "inconclusive"]);
    assert_eq!(verdict("m3"), "nonconforming");
}
