//! Files that are dropped on the page or named on the command line.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use stranded::explore::api::{Explorer, Question};

use crate::cli::stranded_in;

fn dropped(name: &str, text: &str, part: Option<&str>) -> Result<Value, String> {
    let question = Question::Drop { name: name.to_owned(), text: text.to_owned(), part: part.map(str::to_owned) };
    Explorer::default().answer(question).map_err(|nowhere| nowhere.to_string())
}

/// The report on the article, and the trace of its second move.
fn report_and_trace() -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let ran = stranded_in(folder.path(), &["check", "article", "--format", "json", "--traces", "."]);
    (ran.out, fs::read_to_string(folder.path().join("second-move.no-loss.json")).unwrap())
}

#[test]
fn a_trace_and_a_report_are_shown() {
    let (report, trace) = report_and_trace();
    let way = dropped("trace.json", &trace, None).unwrap();
    assert_eq!(way["document"]["title"], "second-move: no-loss");
    let moments = way["document"]["moments"].as_array().unwrap();
    let saved: Value = serde_json::from_str(&trace).unwrap();
    for (moment, step) in moments[1..].iter().zip(saved["steps"].as_array().unwrap()) {
        assert_eq!(moment["says"], step["says"], "the same words as in the file");
        assert_eq!(moment["detail"]["state"], step["state"]);
        let saves = |one: &&Value| one["effect"] == "saves";
        let saviours =
            moment["outlook"]["rescues"].as_array().unwrap().iter().filter(saves).map(|one| one["procedure"].clone());
        assert_eq!(Value::from_iter(saviours), step["rescues"], "the same rescues as in the file");
    }
    let choice = dropped("report.json", &report, None).unwrap();
    assert_eq!(choice["choice"].as_array().unwrap().len(), 8);
    let chosen = dropped("report.json", &report, Some("second-move/no-loss")).unwrap();
    assert_eq!(chosen["document"]["link"], way["document"]["link"]);
    assert!(dropped("report.json", &report, Some("move/no-loss")).unwrap_err().contains("no trace move/no-loss"));
}

#[test]
fn a_trace_with_a_state_of_another_scenario_is_told_as_such() {
    let (_, trace) = report_and_trace();
    let other = trace.replace("\"source\":", "\"sauce\":");
    let told = dropped("trace.json", &other, None).unwrap_err();
    assert!(told.contains("does not speak of") || told.contains("sauce"), "{told}");
    let told = dropped("trace.json", &trace.replacen("first create", "first crate", 1), None).unwrap_err();
    assert!(told.contains("step 3: there is no action"), "{told}");
}

#[test]
fn an_itf_trace_is_followed_by_the_names_of_its_steps() {
    let (_, trace) = report_and_trace();
    let saved: Value = serde_json::from_str(&trace).unwrap();
    let taken = saved["steps"].as_array().unwrap().iter().map(|step| json!({"mbt::actionTaken": step["action"]}));
    let states: Vec<Value> = [json!({"mbt::actionTaken": "init"})].into_iter().chain(taken).collect();
    let itf = json!({
        "#meta": {"format": "ITF", "scenario_toml": saved["scenario_toml"], "assumptions": saved["assumptions"]},
        "vars": ["mbt::actionTaken"],
        "states": states,
    });
    let way = dropped("trace.itf.json", &itf.to_string(), None).unwrap();
    assert_eq!(way["document"]["moments"][12]["lost"], json!(["m1"]));
    let wrong = itf.to_string().replace("first create", "first crate");
    assert!(dropped("x", &wrong, None).unwrap_err().contains("step 3 of the ITF trace"));
    assert!(dropped("x", "{\"#meta\": {}, \"states\": []}", None).unwrap_err().contains("no scenario_toml in #meta"));
}

#[test]
fn a_conformance_run_is_shown_expected_against_seen_up_to_where_it_leaves_the_model() {
    let run = json!({"kind": "conformance-run", "scenario": "second-move", "system": "mover", "verdict": "nonconforming", "steps": [
        {"says": "copies m1", "expected": "m1 on both", "seen": "m1 on both"},
        {"action": "sync", "expected": {"home": "destination"}, "seen": {"home": "source"}, "more": 1},
        "not even a step",
    ]});
    let told = dropped("run.json", &run.to_string(), None).unwrap();
    let told = &told["run"];
    assert_eq!((&told["title"], &told["left_at"]), (&json!("mover in second-move"), &json!(2)));
    assert_eq!(told["steps"][1]["seen"], "{\"home\":\"source\"}");
    assert!(dropped("run.json", "{\"kind\": \"conformance-run\"}", None).unwrap_err().contains("has no steps"));
}

#[test]
fn a_scenario_file_is_opened_at_its_start() {
    let text = stranded_in(Path::new("."), &["show", "second-move"]).out.replace("second-move", "my-own");
    let way = dropped("my-own.toml", &text, None).unwrap();
    assert_eq!(
        (&way["document"]["scenario"], way["document"]["moments"].as_array().unwrap().len()),
        (&json!("my-own"), 1)
    );
    let told = dropped("my-own.toml", &text.replace("servers", "serfers"), None).unwrap_err();
    assert!(told.contains("serfers") && !told.contains('\u{1b}'), "{told}");
    let procedure = stranded_in(Path::new("."), &["show", "method-1", "--procedure"]).out;
    assert!(dropped("method-1.toml", &procedure, None).unwrap_err().contains("is a procedure, not a scenario"));
}

#[test]
fn what_cannot_be_opened_is_told_before_anything_is_served() {
    for (what, says) in [("second-mov", "did you mean `second-move`?"), ("absent.json", "cannot read absent.json")] {
        let ran = stranded_in(Path::new("."), &["explore", what]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{what}");
        assert!(ran.err.contains(says), "{}", ran.err);
    }
}

#[test]
fn advice_from_a_stranded_mailbox_is_what_advise_says() {
    let explorer = Explorer::default();
    let pair = explorer.pair().unwrap();
    let link = pair["pair"][0]["link"].as_str().unwrap().to_owned();
    let advised = explorer.answer(Question::Advise { link, at: 12 }).unwrap();
    let one = &advised["advice"][0];
    assert_eq!(one["stranded"], true);
    let verdict = |procedure: &str, delivery: &str| {
        let found = one["procedures"].as_array().unwrap().iter().find(|one| one["procedure"] == procedure).unwrap();
        let case = found["cases"].as_array().unwrap().iter().find(|one| one["delivery"] == delivery).unwrap();
        format!("{} {}", case["verdict"].as_str().unwrap(), case["harm"].as_str().unwrap())
    };
    assert_eq!(verdict("method-1", "never"), "safe ");
    assert_eq!(verdict("move-of-the-article", "never"), "unsafe loses m1 m2");
    assert_eq!(verdict("guarded-move", "any-time"), "safe ");
}
