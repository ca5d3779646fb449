//! A conformance run says what it did not exercise, keeps what it judged until the adapter broke off, and blames no adapter for
//! an interruption or for a recording.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::cli::{Ran, stranded_in};

/// Returns an adapter that passes requests on to the reference or to a mutant, changed by these options.
pub(crate) fn wrapped(options: &str, mutant: Option<&str>) -> Vec<String> {
    let wrapper = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/adapters/wrapper.py");
    let command = ["python3", wrapper, options, env!("CARGO_BIN_EXE_stranded"), "adapter", "reference"];
    let mutant = mutant.into_iter().flat_map(|name| ["--mutant", name]);
    command.into_iter().chain(mutant).map(ToOwned::to_owned).collect()
}

pub(crate) fn conform(folder: &Path, options: &[&str], adapter: &[String]) -> Ran {
    let adapter = adapter.iter().map(String::as_str);
    let arguments: Vec<&str> = ["conform"].iter().chain(options).copied().chain(["--"]).chain(adapter).collect();
    stranded_in(folder, &arguments)
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|reason| panic!("{reason}: {}{}", ran.out, ran.err))
}

const WHOLE: &str = r#"{"actions": ["deliver", "redeliver", "run"]}"#;

#[test]
fn a_fault_that_the_scenario_lists_and_that_never_struck_makes_the_run_inconclusive_and_the_headline_names_it() {
    let folder = tempfile::tempdir().unwrap();
    for (options, mutant) in [
        // A program that deletes the source before it writes its copy shows the same as this one, unless it crashes.
        (WHOLE, None),
        (r#"{"actions": ["deliver", "redeliver", "run", "program-dies"], "ignores-crash": true}"#, None),
    ] {
        let ran = conform(folder.path(), &["crash-source-gone"], &wrapped(options, mutant));
        assert_eq!(ran.code, 3, "{options} {mutant:?}: {}{}", ran.out, ran.err);
        let headline = ran.out.lines().next().unwrap();
        assert!(headline.starts_with("inconclusive") && headline.contains("program-dies"), "{}", ran.out);
        let safety = conform(folder.path(), &["crash-source-gone", "--safety"], &wrapped(options, mutant));
        assert_eq!(safety.code, 3, "{options} {mutant:?}: {}{}", safety.out, safety.err);
        let report = conform(folder.path(), &["crash-source-gone", "--format", "json"], &wrapped(options, mutant));
        let report = json(&report);
        assert_eq!(report["not_exercised"], Value::from(vec!["program-dies"]), "{report:#}");
        assert_eq!(report["verdict"], "inconclusive");
    }
}

#[test]
fn a_violation_outranks_a_fault_that_was_not_exercised() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["crash-source-gone", "--format", "json"];
    let ran = conform(folder.path(), &options, &wrapped(WHOLE, Some("delete-before-copy")));
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_eq!(json(&ran)["not_exercised"], Value::from(vec!["program-dies"]));
}

#[test]
fn every_fault_that_a_whole_run_cannot_have_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let adapter = ["adapter", "reference"].map(ToOwned::to_owned);
    let adapter = [vec![env!("CARGO_BIN_EXE_stranded").to_owned()], adapter.to_vec()].concat();
    let ran = conform(folder.path(), &["directory-first", "--whole-runs", "--format", "json"], &adapter);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert_eq!(json(&ran)["not_exercised"], Value::from(vec!["request-lost", "reply-lost"]));
    let ran = conform(folder.path(), &["directory-first", "--format", "json"], &adapter);
    assert_eq!((ran.code, &json(&ran)["verdict"]), (0, &"conforming".into()), "{}{}", ran.out, ran.err);
}

#[test]
fn an_adapter_that_breaks_off_keeps_what_was_judged_until_then() {
    let folder = tempfile::tempdir().unwrap();
    for (breaks_after, verdict) in [(6, "inconclusive"), (60, "loss")] {
        let options = format!(r#"{{"actions": ["deliver", "redeliver", "run"], "breaks-after": {breaks_after}}}"#);
        let adapter = wrapped(&options, Some("move-of-the-article"));
        let text = conform(folder.path(), &["second-move", "--implements", "move", "--save", "runs"], &adapter);
        assert_eq!(text.code, 4, "{}{}", text.out, text.err);
        assert!(text.out.starts_with(verdict), "{}", text.out);
        assert!(
            text.out.contains("the adapter broke off") && text.err.contains("it ended before `bye`"),
            "{}",
            text.err
        );
        let report = conform(folder.path(), &["second-move", "--implements", "move", "--format", "json"], &adapter);
        assert_eq!((report.code, &json(&report)["verdict"]), (4, &verdict.into()), "{}", report.err);
        assert!(json(&report)["broken"].as_str().unwrap().contains("it ended before `bye`"), "{}", report.out);
        let saved = folder.path().join("runs/second-move.loss.json").exists();
        assert_eq!(saved, verdict == "loss", "{}", text.out);
    }
    // The saved trace can be judged again.
    let replayed = stranded_in(folder.path(), &["replay", "runs/second-move.loss.json"]);
    assert_eq!(replayed.code, 1, "{}{}", replayed.out, replayed.err);
    assert!(fs::read_dir(folder.path().join("runs")).unwrap().count() > 0);
}
