//! A check compared with an earlier report, and counterexamples with different causes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use stranded_search::names::parse_message;

use crate::cli::{Ran, stranded_in};

fn check(folder: &Path, arguments: &[&str]) -> Ran {
    stranded_in(folder, &[&["check"], arguments].concat())
}

/// Writes a report of two scenarios, changed by an edit, and compares a check of the same two with it.
fn compared(edit: impl Fn(&mut Value), arguments: &[&str]) -> Ran {
    let here = tempfile::tempdir().unwrap();
    let report = check(here.path(), &["move", "stranded", "--format", "json"]);
    let mut report: Value = serde_json::from_str(&report.out).unwrap();
    edit(&mut report);
    fs::write(here.path().join("before.json"), report.to_string()).unwrap();
    check(here.path(), &[&["move", "stranded", "--baseline", "before.json"], arguments].concat())
}

/// The part of a report on a property of the scenario `stranded`.
fn property<'r>(report: &'r mut Value, name: &str) -> &'r mut Value {
    let properties = report["scenarios"][1]["properties"].as_array_mut().unwrap();
    properties.iter_mut().find(|one| one["name"] == name).unwrap()
}

#[test]
fn nothing_has_changed_since_a_report_of_the_same_check() {
    let ran = compared(|_| {}, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.ends_with("\ncompared with before.json: nothing changed\n"), "{}", ran.out);
}

#[test]
fn a_verdict_that_changed_for_the_worse_makes_the_exit_code_1_even_if_it_is_expected() {
    let better = compared(|report| property(report, "no-loss")["verdict"] = "violated".into(), &[]);
    assert_eq!(better.code, 0, "{}", better.out);
    assert!(better.out.contains("  stranded/no-loss was violated, is holds\n"), "{}", better.out);
    for before in ["holds", "vacuous", "depends"] {
        let worse = compared(|report| property(report, "reachable")["verdict"] = before.into(), &[]);
        assert_eq!(worse.code, 1, "{}", worse.out);
        let line = format!("  worse: stranded/reachable was {before}, is violated\n");
        assert!(worse.out.contains(&line), "{}", worse.out);
    }
    let undecided = compared(|report| property(report, "reachable")["verdict"] = "inconclusive".into(), &[]);
    assert_eq!(undecided.code, 0, "{}", undecided.out);
    // A bound stays inconclusive, and is no change for the worse.
    let bound = compared(|_| {}, &["--max-states", "2"]);
    assert_eq!(bound.code, 3, "{}", bound.out);
    assert!(bound.out.contains("move/no-loss was holds, is inconclusive"), "{}", bound.out);
}

#[test]
fn lengths_states_scenarios_and_the_model_are_compared() {
    let edit = |report: &mut Value| {
        report["model_hash"] = "another".into();
        report["scenarios"][0]["name"] = "old".into();
        report["scenarios"][1]["states"] = 1.into();
        let steps = property(report, "reachable")["trace"]["steps"].as_array_mut().unwrap();
        let last = steps.last().unwrap().clone();
        steps.push(last);
        property(report, "no-self-move")["trace"]["steps"].as_array_mut().unwrap().pop();
        property(report, "one-home")["name"] = "two-homes".into();
    };
    // A property that is not judged any more, and a scenario that is gone, are changes for the worse.
    let ran = compared(edit, &[]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    for line in [
        "compared with before.json:\n  the model differs: its hash was another\n",
        "  shorter trace: stranded/reachable had ",
        "  longer trace: stranded/no-self-move had ",
        "  states: stranded had 1, has ",
        "  stranded/one-home was not judged, is holds\n",
        "  worse: stranded/two-homes was holds, is not judged\n",
        "  new: move\n",
        "  worse: gone: old\n",
    ] {
        assert!(ran.out.contains(line), "{line}{}", ran.out);
    }
    let report: Value = serde_json::from_str(&compared(edit, &["--format", "json"]).out).unwrap();
    let baseline = &report["baseline"];
    assert_eq!((&baseline["new"], &baseline["gone"]), (&json!(["move"]), &json!(["old"])));
    assert_eq!(baseline["traces"].as_array().unwrap().len(), 2);
    let tap = compared(edit, &["--format", "tap"]);
    for point in [" - baseline/stranded/two-homes\n", " - baseline/old\n"] {
        assert!(tap.out.contains(point), "{}", tap.out);
    }
    assert_eq!(tap.out.matches("not ok").count(), 2, "{}", tap.out);
}

/// A scenario that allows less has the same verdicts, and shows less.
#[test]
fn a_scenario_that_was_weakened_is_named_and_does_not_affect_the_exit_code() {
    let edit = |report: &mut Value| {
        let extent = &mut report["scenarios"][1]["extent"];
        extent["messages"] = Value::Null;
        extent["delivery"] = "any-time".into();
        extent["faults"] = json!(["program-dies"]);
    };
    let ran = compared(edit, &[]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    for line in [
        "  less is tried: messages of stranded was without a limit, is 2\n",
        "  less is tried: delivery of stranded was any-time, is before\n",
        "  less is tried: faults of stranded was program-dies, is nothing\n",
    ] {
        assert!(ran.out.contains(line), "{line}{}", ran.out);
    }
    let report: Value = serde_json::from_str(&compared(edit, &["--format", "json"]).out).unwrap();
    assert_eq!(report["baseline"]["narrower"][0]["key"], "messages");
    let tap = compared(edit, &["--format", "tap"]);
    assert!(tap.out.contains("\n# less is tried: messages of stranded was without a limit, is 2\n"), "{}", tap.out);
    // A report of an earlier version has no extents.
    let without = compared(|report| drop(report["scenarios"][1].as_object_mut().unwrap().remove("extent")), &[]);
    assert!(without.out.ends_with("nothing changed\n"), "{}", without.out);
}

#[test]
fn a_file_that_is_no_report_is_refused_before_the_search() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("other.json"), "{\"model_hash\": \"x\"}").unwrap();
    for (file, fragment) in
        [("other.json", "other.json is not a report of stranded check: "), ("absent.json", "cannot read absent.json")]
    {
        let ran = check(here.path(), &["--baseline", file]);
        assert!(ran.code == 2 && ran.err.contains(fragment), "{}", ran.err);
    }
}

#[test]
fn counterexamples_have_different_causes_and_each_can_be_replayed() {
    let here = tempfile::tempdir().unwrap();
    let arguments = ["second-move", "--counterexamples", "3", "--format", "json", "--traces", "traces"];
    let ran = check(here.path(), &arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let mut most = 0;
    for property in report["scenarios"][0]["properties"].as_array().unwrap() {
        let Some(further) = property["further_traces"].as_array() else { continue };
        let traces: Vec<&Value> = [&property["trace"]].into_iter().chain(further).collect();
        let steps = |trace: &Value| trace["steps"].as_array().unwrap().clone();
        // The name of the last action without the message that it takes.
        let cause = |trace: &Value| {
            let last = steps(trace).pop().unwrap()["action"].as_str().unwrap().to_owned();
            let words = last.split(' ').filter(|word| parse_message(word).is_none());
            words.collect::<Vec<_>>().join(" ")
        };
        let causes: BTreeSet<String> = traces.iter().map(|trace| cause(trace)).collect();
        assert_eq!(causes.len(), traces.len(), "{}: {causes:?}", property["name"]);
        assert!(traces.windows(2).all(|pair| steps(pair[0]).len() <= steps(pair[1]).len()), "{}", property["name"]);
        for (number, trace) in (1..).zip(&traces) {
            let name = format!("{}-{number}.json", property["name"].as_str().unwrap());
            fs::write(here.path().join(&name), trace.to_string()).unwrap();
            let replayed = stranded_in(here.path(), &["replay", &name]);
            assert_eq!(replayed.code, 0, "{name}: {}", replayed.err);
        }
        most = most.max(traces.len());
    }
    assert!((2..=3).contains(&most), "the scenario has properties with several causes: {most}");
    let saved = fs::read_dir(here.path().join("traces")).unwrap().count();
    let second = fs::read_dir(here.path().join("traces"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".2.json"));
    let second = second.count();
    assert!(second > 0 && saved > second, "the shortest counterexamples are saved, and others");
}

#[test]
fn the_number_of_causes_is_shown_and_a_bound_leaves_it_open() {
    let here = tempfile::tempdir().unwrap();
    let ran = check(here.path(), &["stranded", "--counterexamples", "9"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("stranded/no-self-move: no counterexample has another cause, with"), "{}", ran.out);
    let text = stranded_in(here.path(), &["show", "stranded"]).out.replace("messages = 2", "messages = \"any\"");
    fs::write(here.path().join("any.toml"), text).unwrap();
    let refused = check(here.path(), &["any.toml", "--counterexamples", "2"]);
    assert!(refused.code == 2 && refused.err.contains("stranded has any number"), "{}", refused.err);
    let bound = check(here.path(), &["stranded", "--counterexamples", "9", "--max-states", "40"]);
    assert!(!bound.out.contains("there is no other"), "{}", bound.out);
    assert_eq!(check(here.path(), &["move", "--counterexamples", "0"]).code, 2);
}
