//! Parts that were not observed, and faults of the adapter: every report says so, and neither is harm by the system.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;

use crate::cli::{Ran, stranded_in};
use crate::exercised::{conform, wrapped};

/// The case of a move, after a reset that names the directory: a message arrives, and the move reports ok.
const BEFORE: [&str; 3] = [
    r#"{"event":"reset","start":{"mailbox-1":{"directory":{"source":{"home-mdb":"source","home-mta":"source"},"destination":{"home-mdb":"source","home-mta":"source"}}}}}"#,
    r#"{"event":"did","action":"deliver","mailbox":"mailbox-1","message":"m1","by":"source","result":"ok"}"#,
    r#"{"event":"did","action":"run","mailbox":"mailbox-1","administrator":"first","procedure":"move","from":"source","to":"destination","connected-to":"source","result":"ok"}"#,
];

/// Returns an observation with this home and these parts.
fn observed(home: &str, parts: &str) -> String {
    let homes = format!(r#"{{"home-mdb":"{home}","home-mta":"{home}"}}"#);
    format!(
        r#"{{"event":"observed","mailbox":"mailbox-1","directory":{{"source":{homes},"destination":{homes}}}{parts}}}"#
    )
}

/// All mail is on the destination.
const MOVED: &str =
    r#","stores":{"source":null,"destination":{"messages":["m1"]}},"queued":[],"returned":[],"saved":[]"#;

fn validate(lines: &[String], options: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.jsonl"), lines.join("\n")).unwrap();
    stranded_in(folder.path(), &[&["validate", "move", "log.jsonl"], options].concat())
}

fn log(last: &[String]) -> Vec<String> {
    BEFORE.iter().map(|line| (*line).to_owned()).chain(last.iter().cloned()).collect()
}

/// Checks the exit code, and the line of a property in TAP.
#[track_caller]
fn check(lines: &[String], options: &[&str], code: i32, property: &str, expected: &str) {
    let ran = validate(lines, &[options, &["--format", "tap"]].concat());
    let line = ran.out.lines().find(|line| line.contains(&format!("/{property}"))).unwrap_or_default();
    assert_eq!((ran.code, line.starts_with(expected)), (code, true), "{}{}", ran.out, ran.err);
}

#[test]
fn a_move_that_reports_ok_and_leaves_the_directory_is_a_false_success_without_an_observation_before_it() {
    let lines = log(&[observed("source", MOVED)]);
    check(&lines, &[], 1, "no-false-success", "not ok");
    check(&lines, &["--safety"], 1, "no-false-success", "not ok");
    // The site of the scenario is fresh, so that its directory is known.
    let fresh = [&[r#"{"event":"reset"}"#.to_owned()], &lines[1..]].concat();
    check(&fresh, &["--safety"], 1, "no-false-success", "not ok");
    check(&log(&[observed("destination", MOVED)]), &["--safety"], 0, "no-false-success", "ok");
}

#[test]
fn a_success_that_no_observation_shows_is_inconclusive() {
    let no_stores = log(&[observed("destination", r#","queued":[],"returned":[],"saved":[]"#)]);
    check(&no_stores, &["--safety"], 3, "no-false-success", "not ok");
    let ran = validate(&no_stores, &["--safety", "--format", "tap"]);
    assert!(ran.out.contains("inconclusive: not observed: stores"), "{}", ran.out);
    let ran = validate(&no_stores, &["--safety", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(report["inconclusive"].as_str().unwrap().starts_with("not observed: stores"), "{}", ran.out);
}

#[test]
fn a_success_without_an_observation_is_inconclusive_in_whichever_case_it_is() {
    let (unseen, seen) = (log(&[]), log(&[observed("destination", MOVED)]));
    for lines in [[&unseen[..], &seen].concat(), [&seen[..], &unseen].concat()] {
        check(&lines, &["--safety"], 3, "no-false-success", "not ok");
    }
}

#[test]
fn a_case_that_ends_unseen_is_inconclusive_whatever_other_cases_show() {
    let seen = log(&[observed("destination", MOVED)]);
    let only_directory = log(&[observed("destination", "")]);
    for unseen in [log(&[]), only_directory] {
        let lines = [&seen[..], &unseen].concat();
        check(&lines, &[], 3, "no-loss", "not ok");
        check(&lines, &["--safety"], 3, "no-loss", "not ok");
        let ran = validate(&lines, &["--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert!(
            report["inconclusive"].as_str().unwrap().contains("of mailbox-1, after the last operation of case 2"),
            "{}",
            ran.out
        );
    }
    check(&[&seen[..], &seen].concat(), &[], 0, "no-loss", "ok");
}

/// A fresh mailbox, completely observed.
const FRESH: &str = r#","stores":{"source":null,"destination":null},"queued":[],"returned":[],"saved":[]"#;

#[test]
fn an_observation_before_the_last_operation_does_not_show_its_effect() {
    let destination = r#","destination":{"messages":["m1"]}"#;
    let no_directory = observed("destination", MOVED).replace(r#""directory""#, r#""note":"","x""#);
    let no_directory = no_directory.split_once(r#""x":"#).map(|(head, rest)| {
        let (_, stores) = rest.split_once(r#","stores""#).unwrap();
        format!(r#"{head}"stores"{stores}"#)
    });
    for (last, property, missing) in [
        (observed("destination", &MOVED.replace(destination, "")), "no-loss", "store of destination"),
        (
            observed("destination", &MOVED.replace(destination, r#","destination":{}"#)),
            "no-loss",
            "store of destination",
        ),
        (no_directory.unwrap(), "reachable", "directory"),
    ] {
        let mut lines = log(&[last]);
        lines.insert(1, observed("source", FRESH));
        for options in [&[][..], &["--safety"]] {
            check(&lines, options, 3, property, "not ok");
            let text = validate(&lines, options).out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(&format!("not observed after the last operation: {missing}")), "{text}");
            assert!(!text.contains("safe:"), "{text}");
        }
        // A later case does not make up for it.
        let lines = [lines, log(&[observed("destination", MOVED)])].concat();
        check(&lines, &[], 3, property, "not ok");
    }
}

#[test]
fn an_observation_during_a_call_does_not_show_its_end() {
    let mut lines = log(&[]);
    let run = lines.pop().unwrap();
    let call = run.replace(r#""event":"did""#, r#""event":"call","call":1"#).replace(r#","result":"ok""#, "");
    let returned = r#"{"event":"return","call":1,"result":"ok"}"#.to_owned();
    let seen = observed("destination", MOVED);
    let during = [&lines[..], &[call.clone(), seen.clone(), returned.clone()]].concat();
    check(&during, &[], 3, "no-loss", "not ok");
    let after = [&lines[..], &[call, returned, seen]].concat();
    check(&after, &[], 0, "no-loss", "ok");
}

#[test]
fn a_log_in_which_no_message_was_accepted_is_inconclusive() {
    let nothing = observed("destination", &FRESH.replace("\"destination\":null", "\"destination\":{\"messages\":[]}"));
    for result in [None, Some("unknown"), Some("failed")] {
        let mut lines = log(std::slice::from_ref(&nothing));
        match result {
            Some(result) => lines[1] = lines[1].replace(r#""result":"ok""#, &format!(r#""result":"{result}""#)),
            None => drop(lines.remove(1)),
        }
        for options in [&[][..], &["--safety"]] {
            check(&lines, options, 3, "no-loss", "not ok");
            assert!(validate(&lines, options).out.contains("no message was accepted"), "{result:?}");
        }
    }
}

#[test]
fn a_message_that_a_store_shows_was_accepted_whatever_the_answer() {
    let kept = MOVED.replace(
        r#""source":null,"destination":{"messages":["m1"]}"#,
        r#""source":{"messages":["m1"]},"destination":null"#,
    );
    let with = |last: &str| {
        let mut lines = log(&[observed("destination", last)]);
        lines[1] = lines[1].replace(r#""result":"ok""#, r#""result":"unknown""#);
        lines.insert(2, observed("source", &kept));
        lines
    };
    for options in [&[][..], &["--safety"]] {
        check(&with(MOVED), options, 0, "no-loss", "ok");
        check(&with(FRESH), options, 1, "no-loss", "not ok");
    }
}

#[test]
fn a_return_without_a_call_is_a_mistake_of_the_log() {
    for lines in [
        vec![r#"{"event":"return","call":1,"result":"ok"}"#.to_owned()],
        [log(&[observed("destination", MOVED)]), vec![r#"{"event":"return","call":1,"result":"ok"}"#.to_owned()]]
            .concat(),
    ] {
        let ran = validate(&lines, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(ran.err.contains("no call 1 is open"), "{}", ran.err);
    }
}

#[test]
fn an_adapter_that_delivers_nothing_has_exercised_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let adapter = wrapped(r#"{"actions": ["run"]}"#, None);
    for options in [&["move", "--fail-under", "100"][..], &["move-under-mail"], &["move", "--safety"]] {
        let ran = conform(folder.path(), options, &adapter);
        assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
        assert!(ran.out.starts_with("inconclusive"), "{}", ran.out);
    }
}

#[test]
fn runs_that_never_succeed_do_not_show_that_success_is_safe() {
    let kept = MOVED.replace(
        "\"source\":null,\"destination\":{\"messages\":[\"m1\"]}",
        "\"source\":{\"messages\":[\"m1\"]},\"destination\":null",
    );
    let mut lines = log(&[observed("source", &kept)]);
    lines[2] = lines[2].replace("\"result\":\"ok\"", "\"result\":\"failed\"");
    check(&lines, &["--safety"], 3, "no-loss", "not ok");
    assert!(validate(&lines, &["--safety"]).out.contains("no run reported ok"));
}

#[test]
fn the_directory_of_a_scenario_with_a_start_is_not_known_before_it_is_observed() {
    let folder = tempfile::tempdir().unwrap();
    let run = BEFORE[2].replace("\"move\"", "\"careful-about-duplicates\"");
    let kept = MOVED.replace(
        "\"source\":null,\"destination\":{\"messages\":[\"m1\"]}",
        "\"source\":{\"messages\":[\"m1\"]},\"destination\":null",
    );
    assert_ne!(kept, MOVED);
    let lines = [r#"{"event":"reset"}"#, BEFORE[1], &run, &observed("source", &kept)].join("\n");
    fs::write(folder.path().join("log.jsonl"), lines).unwrap();
    let ran = stranded_in(folder.path(), &["validate", "mail-before-mark", "log.jsonl", "--safety"]);
    assert!(ran.code == 3 && !ran.out.contains("false success"), "{}{}", ran.out, ran.err);
}

#[test]
fn a_call_without_an_answer_is_never_safe() {
    let call = r#"{"event":"call","call":1,"action":"deliver","mailbox":"mailbox-1","message":"m2","by":"source"}"#;
    let mut lines = log(&[observed("destination", MOVED)]);
    lines.insert(3, call.to_owned());
    for options in [&[][..], &["--safety"]] {
        let ran = validate(&lines, &[options, &["--missing", "all"]].concat());
        assert!(ran.out.contains("call 1 has no answer"), "{}", ran.out);
        assert!(!ran.out.contains("safe:") && !ran.out.contains("not exercised: deliver"), "{}", ran.out);
    }
}

#[test]
fn reports_agree_about_properties_without_a_verdict() {
    let unseen = log(&[]);
    let text = validate(&unseen, &["--safety"]);
    let markdown = validate(&unseen, &["--safety", "--format", "markdown"]);
    assert_eq!((text.code, markdown.code), (3, 3), "{}", text.out);
    assert!(text.out.starts_with("inconclusive  move"), "{}", text.out);
    assert!(!markdown.out.contains("no violation"), "{}", markdown.out);
}

#[test]
fn an_adapter_that_shows_only_the_directory_is_no_evidence_for_a_mover() {
    let folder = tempfile::tempdir().unwrap();
    let adapter = wrapped(r#"{"shows": ["directory"]}"#, None);
    let text = conform(folder.path(), &["move", "--max-actions", "60"], &adapter);
    assert_eq!(text.code, 3, "{}{}", text.out, text.err);
    let first = text.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        first.starts_with("inconclusive move:") && first.contains("(not observed: stores, queued, returned, saved"),
        "{first}"
    );
    let tap = conform(folder.path(), &["move", "--max-actions", "60", "--format", "tap"], &adapter);
    let loss = tap.out.lines().find(|line| line.contains("/no-loss")).unwrap();
    assert!(loss.starts_with("not ok"), "{}", tap.out);
}

#[test]
fn vectors_do_not_pass_an_adapter_that_never_shows_the_stores() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stranded_in(folder.path(), &["generate", "move", "-o", "vectors"]).code, 0);
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run-vectors.py");
    let run = |options: &[&str], adapter: &[String]| {
        let mut command = std::process::Command::new("python3");
        command.arg(&runner).args(options).arg(folder.path().join("vectors")).args(adapter);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, out) = run(&[], &wrapped(r#"{"shows": ["directory"]}"#, None));
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("not observed completely after the last operation: stores"), "{out}");
    let (code, out) = run(&[], &wrapped("{}", Some("delete-before-copy")));
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains(": observed [") && out.contains(", allowed ["), "{out}");
    let silent = ["sh", "-c", "sleep 60"].map(ToOwned::to_owned);
    let (code, out) = run(&["--deadline", "0.2"], &silent);
    assert_eq!((code, out.contains("no answer within 0.2 s")), (Some(4), true), "{out}");
    assert_eq!(run(&["--help"], &[]).0, Some(0));
}

#[test]
fn a_reset_that_does_not_reset_is_a_broken_adapter_and_no_loss() {
    let folder = tempfile::tempdir().unwrap();
    let ran = conform(folder.path(), &["move"], &wrapped(r#"{"forgets-resets": true}"#, None));
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    assert!(
        ran.err.contains("`reset` left something of mailbox-1") && ran.err.contains("to correct it:"),
        "{}",
        ran.err
    );
    assert!(!ran.out.starts_with("loss"), "{}", ran.out);
}

#[test]
fn a_home_that_is_not_the_first_server_after_a_reset_is_the_adapters_fault() {
    let folder = tempfile::tempdir().unwrap();
    let adapter = wrapped(r#"{"home": "destination"}"#, None);
    let ran = conform(folder.path(), &["move"], &adapter);
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    let expected = r#"a fresh mailbox, as after every reset: {"directory":{"destination":{"home-mdb":"source""#;
    assert!(ran.err.contains(expected), "{}", ran.err);
    let doctor = [&["doctor", "--"][..], &adapter.iter().map(String::as_str).collect::<Vec<_>>()].concat();
    assert_eq!(stranded_in(folder.path(), &doctor).code, 4);
}

#[test]
fn an_adapter_that_breaks_a_rule_at_the_end_is_an_error_in_every_report() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["move", "--report", "junit=junit.xml", "--report", "tap=tap", "--report", "markdown=page.md"];
    let ran = conform(folder.path(), &options, &wrapped(r#"{"exits-with": 7}"#, None));
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("conforming, but the adapter broke a rule  move"), "{}", ran.out);
    assert!(!ran.out.contains("The run is incomplete"), "{}", ran.out);
    let report = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(report("junit.xml").contains("<error"), "{}", report("junit.xml"));
    for name in ["junit.xml", "tap", "page.md"] {
        assert!(report(name).contains("it ended after `bye` with a failure"), "{name}: {}", report(name));
    }
}

#[test]
fn an_adapter_that_skips_the_scenario_is_in_every_report() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["move", "--report", "junit=junit.xml", "--report", "tap=tap"];
    let ran = conform(folder.path(), &options, &wrapped(r#"{"skips": "no second server"}"#, None));
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    for name in ["junit.xml", "tap"] {
        let report = fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(report.contains("no second server"), "{name}: {report}");
    }
}

#[test]
fn a_message_with_another_name_is_named_beside_the_loss() {
    let last = MOVED.replace("m1", "M1");
    let ran = validate(&log(&[observed("destination", &last)]), &["--safety"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    let text = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("the store shows M1, which was never delivered"), "{text}");
}
