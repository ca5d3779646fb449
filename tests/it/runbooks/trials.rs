//! `stranded check PROCEDURE --from SCENARIO`: a column for each kind of delivery, and what was not tried.

use std::path::Path;

use serde_json::Value;

use crate::cli::{Ran, stranded_in};

fn stranded(arguments: &[&str]) -> Ran {
    stranded_in(Path::new("."), arguments)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|reason| panic!("{reason}: {text}"))
}

/// Returns the verdict of a column on a property.
fn verdict<'r>(report: &'r Value, scenario: &str, property: &str) -> &'r str {
    let scenarios = report["scenarios"].as_array().unwrap();
    let found = scenarios.iter().find(|one| one["name"] == scenario).unwrap_or_else(|| panic!("{scenario}"));
    let properties = found["properties"].as_array().unwrap();
    properties.iter().find(|one| one["name"] == property).unwrap()["verdict"].as_str().unwrap()
}

fn names(report: &Value) -> Vec<&str> {
    report["scenarios"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn a_procedure_is_tried_with_one_message_more_under_each_kind_of_delivery() {
    let ran = stranded(&["check", "method-1", "--from", "stranded", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let report = json(&ran.out);
    assert_eq!(names(&report), ["method-1-never", "method-1-until-repair", "method-1-any-time"]);
    for (column, expected) in [("never", "holds"), ("until-repair", "violated"), ("any-time", "violated")] {
        assert_eq!(verdict(&report, &format!("method-1-{column}"), "reachable"), expected, "{column}");
    }
    let text = stranded(&["check", "method-1", "--from", "stranded"]);
    assert_eq!(text.code, 1);
    for wanted in [
        "method-1 from source to destination, in the quiescent states of stranded\n",
        "  mail arrives         never         until-repair  any-time\n",
        "  reachable            holds         violated      violated\n",
        "Not tried: faults (--faults",
    ] {
        assert!(text.out.contains(wanted), "{wanted:?} is not in\n{}", text.out);
    }
}

#[test]
fn one_column_can_be_selected() {
    let ran = stranded(&["check", "method-1", "--from", "stranded", "--delivery", "never", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(names(&json(&ran.out)), ["method-1-never"]);
    let ran = stranded(&["check", "method-1", "--from", "stranded", "--delivery", "any-time"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
}

#[test]
fn a_fresh_site_has_the_columns_before_until_repair_and_any_time() {
    let ran = stranded(&["check", "move", "--from", "fresh", "--move", "old:new", "--format", "json"]);
    let report = json(&ran.out);
    assert_eq!(names(&report), ["move-before", "move-until-repair", "move-any-time"]);
    assert_eq!(verdict(&report, "move-before", "no-loss"), "holds");
    let text = stranded(&["check", "move", "--from", "fresh", "--move", "old:new", "--delivery", "before"]);
    assert!(text.out.contains("move from old to new, in a fresh site\n"), "{}", text.out);
    assert_eq!(text.code, 0, "{}", text.out);
    let article =
        stranded(&["check", "move-of-the-article", "--from", "fresh", "--move", "old:new", "--delivery", "before"]);
    assert_eq!(article.code, 1, "{}", article.out);
    // The error is about the flag, not about a line of the scenario that the program makes.
    let never = stranded(&["check", "move", "--from", "fresh", "--move", "old:new", "--delivery", "never"]);
    assert!(never.code == 2 && never.err.contains("use one of before, until-repair, any-time"), "{}", never.err);
}

#[test]
fn a_procedure_that_never_ends_ok_was_not_tried() {
    let never = "name = \"never\"\n[[step]]\ndo = \"require\"\nhome-is = \"to\"\n[[step]]\ndo = \"sync-directory\"\nfrom = \"from\"\nto = \"to\"\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("never.toml"), never).unwrap();
    let fresh = ["check", "never.toml", "--from", "fresh", "--move", "old:new"];
    let ran = stranded_in(folder.path(), &[&fresh[..], &["--report", "junit=report.xml"]].concat());
    let says = "Inconclusive under before, until-repair, any-time: no run ends ok on a mailbox\nthat had mail before it, so what the procedure does to mail was not tried.";
    assert!(ran.out.contains(says), "{}", ran.out);
    assert_eq!(ran.code, 3, "{}", ran.out);
    let junit = std::fs::read_to_string(folder.path().join("report.xml")).unwrap();
    assert!(junit.contains("no run ends ok on a mailbox that had mail"), "{junit}");
    // One that ends `ok` under some delivery was tried.
    let sometimes = never.replace("home-is = \"to\"", "nothing-queued = true");
    std::fs::write(folder.path().join("never.toml"), sometimes).unwrap();
    let ran = stranded_in(folder.path(), &fresh);
    assert!(!ran.out.contains("was not tried"), "{}", ran.out);
}

#[test]
fn what_was_not_tried_is_said_with_the_flag_that_tries_it() {
    let columns = ["check", "method-1", "--from", "stranded", "--delivery", "never", "--format", "json"];
    let left_out = |more: &[&str]| {
        let ran = stranded(&[&columns[..], more].concat());
        assert_ne!(ran.code, 2, "{}", ran.err);
        json(&ran.out)["not_tried"].to_string()
    };
    let quiet = left_out(&[]);
    assert!(
        quiet.contains("--faults: program-dies, store-crashes, request-lost, reply-lost, replica-unreachable"),
        "{quiet}"
    );
    assert!(quiet.contains("--replication eventual") && quiet.contains("leave out --delivery"), "{quiet}");
    let tried = left_out(&["--faults", "program-dies,reply-lost", "--replication", "eventual"]);
    assert!(
        tried.contains("--faults: store-crashes, request-lost, replica-unreachable, request-late, journal-lost,"),
        "{tried}"
    );
    assert!(!tried.contains("--replication"), "{tried}");
}

#[test]
fn a_fault_can_break_what_holds_without_it() {
    let mine = "name = \"mine\"\n[[step]]\ndo = \"delete-mailbox\"\nat = \"from\"\n[[step]]\ndo = \"sync-directory\"\nfrom = \"from\"\nto = \"to\"\n[[step]]\ndo = \"require\"\nempty = \"from\"\n[[step]]\ndo = \"report\"\noutcome = \"ok\"\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.toml"), mine).unwrap();
    let quiet = ["check", "mine.toml", "--from", "stranded", "--delivery", "never", "--format", "json"];
    let without = stranded_in(folder.path(), &quiet);
    assert_ne!(without.code, 2, "{}", without.err);
    let with = stranded_in(folder.path(), &[&quiet[..], &["--faults", "program-dies", "--faults-max", "2"]].concat());
    assert_ne!(with.code, 2, "{}", with.err);
    assert!(json(&with.out)["scenarios"][0]["states"].as_u64() > json(&without.out)["scenarios"][0]["states"].as_u64());
}

#[test]
fn the_flags_of_a_trial_need_a_start() {
    for (arguments, reason) in [
        (&["check", "method-1", "--delivery", "never"][..], "--from"),
        (&["check", "method-1", "--faults", "program-dies"], "--from"),
        (&["check", "method-1", "--from", "fresh"], "--move SRC:DST"),
        (&["check", "method-1", "--from", "fresh", "--move", "a:a"], "does not name two servers"),
        (&["check", "method-1", "--from", "stranded", "--move", "a:b"], "--move needs --from fresh"),
        (&["check", "method-1", "--from", "stranded", "--faults-max", "2"], "--faults"),
    ] {
        let ran = stranded(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains(reason), "{arguments:?}: {}", ran.err);
    }
}
