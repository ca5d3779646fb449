//! Files that are dropped on the page or named on the command line.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use stranded::explore::api::{Explorer, Query};

use super::served::Served;
use crate::cli::stranded_in;

fn dropped(name: &str, text: &str, part: Option<&str>) -> Result<Value, String> {
    let query = Query::Drop { name: name.to_owned(), text: text.to_owned(), part: part.map(str::to_owned) };
    Explorer::default().answer(query).map_err(|error| error.to_string())
}

/// Returns the report on the article, and the trace of its second move.
fn report_and_trace() -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let ran = stranded_in(folder.path(), &["check", "article", "--format", "json", "--traces", "."]);
    (ran.out, fs::read_to_string(folder.path().join("second-move.no-loss.json")).unwrap())
}

#[test]
fn a_trace_and_a_report_are_shown() {
    let (report, trace) = report_and_trace();
    let shown = dropped("trace.json", &trace, None).unwrap();
    assert_eq!(shown["document"]["title"], "second-move: no-loss");
    let moments = shown["document"]["moments"].as_array().unwrap();
    let saved: Value = serde_json::from_str(&trace).unwrap();
    for (moment, step) in moments[1..].iter().zip(saved["steps"].as_array().unwrap()) {
        assert_eq!(moment["says"], step["says"], "the same words as in the file");
        assert_eq!(moment["detail"]["state"], step["state"]);
        // A recovery is grey where nothing is at risk. The page never shows the move of the article as one.
        let saves = |one: &&Value| ["saves", "idle"].contains(&one["effect"].as_str().unwrap());
        let saving_procedures =
            moment["outlook"]["rescues"].as_array().unwrap().iter().filter(saves).map(|one| one["procedure"].clone());
        assert_eq!(Value::from_iter(saving_procedures), step["rescues"], "the rescues of the file");
    }
    let choice = dropped("report.json", &report, None).unwrap();
    assert_eq!(choice["choice"].as_array().unwrap().len(), 8);
    let chosen = dropped("report.json", &report, Some("second-move/no-loss")).unwrap();
    assert_eq!(chosen["document"]["link"], shown["document"]["link"]);
    assert!(dropped("report.json", &report, Some("move/no-loss")).unwrap_err().contains("no trace move/no-loss"));
}

#[test]
fn a_trace_with_a_state_of_another_scenario_is_refused() {
    let (_, trace) = report_and_trace();
    let other = trace.replace("\"source\":", "\"sauce\":");
    let reported = dropped("trace.json", &other, None).unwrap_err();
    assert!(reported.contains("the state lacks") || reported.contains("sauce"), "{reported}");
    let reported = dropped("trace.json", &trace.replacen("first create", "first crate", 1), None).unwrap_err();
    assert!(reported.contains("step 3: there is no action"), "{reported}");
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
    let shown = dropped("trace.itf.json", &itf.to_string(), None).unwrap();
    assert_eq!(shown["document"]["moments"][12]["lost"], json!(["m1"]));
    let wrong = itf.to_string().replace("first create", "first crate");
    assert!(dropped("x", &wrong, None).unwrap_err().contains("step 3 of the ITF trace"));
    assert!(dropped("x", "{\"#meta\": {}, \"states\": []}", None).unwrap_err().contains("no scenario_toml in #meta"));
}

#[test]
fn a_conformance_run_shows_expected_against_observed_up_to_where_it_leaves_the_model() {
    let run = json!({"kind": "conformance-run", "scenario": "second-move", "system": "mover", "verdict": "nonconforming", "steps": [
        {"says": "copies m1", "expected": "m1 on both", "observed": "m1 on both"},
        {"action": "sync", "expected": {"home": "destination"}, "observed": {"home": "source"}, "more": 1},
        "not even a step",
    ]});
    let shown_run = dropped("run.json", &run.to_string(), None).unwrap();
    let shown_run = &shown_run["run"];
    assert_eq!((&shown_run["title"], &shown_run["left_at"]), (&json!("mover in second-move"), &json!(2)));
    assert_eq!(shown_run["steps"][1]["observed"], "{\"home\":\"source\"}");
    assert!(dropped("run.json", "{\"kind\": \"conformance-run\"}", None).unwrap_err().contains("has no steps"));
}

/// Returns the run that `conform` saves for an incorrect mover and this verdict.
fn saved_run(scenario: &str, mutant: &str, verdict: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let adapter = [env!("CARGO_BIN_EXE_stranded"), "adapter", "reference", "--mutant", mutant];
    let options = [&["conform", scenario, "--whole-runs", "--save", "runs", "--"][..], &adapter].concat();
    let ran = stranded_in(folder.path(), &options);
    let path = folder.path().join(format!("runs/{scenario}.{verdict}.json"));
    fs::read_to_string(path).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
}

#[test]
fn a_saved_run_shows_where_the_implementation_left_the_model() {
    let text = saved_run("move", "directory-never", "nonconforming");
    let shown_run = &dropped("run.json", &text, None).unwrap()["run"];
    let left = shown_run["left_at"].as_u64().unwrap();
    let step = &shown_run["steps"][usize::try_from(left).unwrap() - 1];
    assert_ne!(step["expected"], step["observed"], "{shown_run}");
    assert!(shown_run["title"].as_str().unwrap().ends_with(" in move"), "{shown_run}");
    let agreeing = shown_run["steps"].as_array().unwrap().iter().take_while(|step| step["agrees"] == true).count();
    assert_eq!(u64::try_from(agreeing).unwrap() + 1, left, "everything before it agrees with the model");
    insta::assert_snapshot!("run_that_deviates", serde_json::to_string_pretty(&shown_run["steps"]).unwrap());
}

#[test]
fn a_saved_run_that_lost_mail_says_which_event_shows_it() {
    let text = saved_run("second-move", "move-of-the-article", "loss");
    let shown_run = &dropped("run.json", &text, None).unwrap()["run"];
    assert_eq!(shown_run["verdict"], "loss");
    // The run leaves the model where its directory differs; the harm shows two events later.
    assert_eq!(shown_run["left_at"], 6, "{shown_run}");
    let shows = &shown_run["steps"][7];
    assert_eq!(
        (&shows["because"][0], &shows["agrees"], &shows["expected"]),
        (&shown_run["says"], &json!(false), &json!(""))
    );
    // The explorer also shows a run that another model judged, but not which event shows the verdict.
    let stale = text.replacen(&stranded_search::model_hash(), "0123456789abcdef", 1);
    assert_eq!(dropped("run.json", &stale, None).unwrap()["run"]["title"], shown_run["title"]);
}

#[test]
fn a_saved_run_is_drawn_event_by_event_and_what_was_not_observed_is_not_absent() {
    let text = saved_run("second-move", "move-of-the-article", "loss");
    let shown_run = &dropped("run.json", &text, None).unwrap()["run"];
    let moments = shown_run["drawn"]["moments"].as_array().unwrap();
    assert_eq!(moments.len(), shown_run["steps"].as_array().unwrap().len() + 1);
    let mailbox = |at: usize| &moments[at]["picture"]["mailboxes"][0];
    assert_eq!(mailbox(0)["stores"][0]["unobserved"], true, "nothing is observed before the first event");
    assert_eq!(mailbox(0)["directory"], json!(["not observed"]));
    let last = moments.len() - 1;
    assert_eq!(mailbox(last)["lost"], json!(["m1"]), "{}", moments[last]);
    assert_eq!(shown_run["drawn"]["summary"][0]["step"], 8, "it opens at the step that shows the loss");
    assert!(moments.iter().any(|moment| moment["picture"]["mailboxes"][0]["stranded"].is_string()));
    // Without the transport a message that is in no store may be there.
    let mut partly: Value = serde_json::from_str(&text).unwrap();
    for step in partly["steps"].as_array_mut().unwrap() {
        step["event"].as_object_mut().unwrap().remove("queued");
    }
    let shown = dropped("run.json", &partly.to_string(), None).unwrap();
    let drawn = shown["run"]["drawn"]["moments"].as_array().unwrap();
    assert!(drawn.iter().all(|moment| moment["picture"]["mailboxes"][0]["lost"] == json!([])));
}

#[test]
fn a_saved_run_is_opened_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    fs::write(&path, saved_run("move", "directory-never", "nonconforming")).unwrap();
    let served = Served::start(&[path.to_str().unwrap()]);
    let catalogue: Value = serde_json::from_str(&served.post("{\"ask\":\"catalogue\"}", "").body).unwrap();
    assert!(catalogue["opened"]["run"]["left_at"].is_u64(), "{catalogue}");
}

#[test]
fn a_trace_and_a_fork_are_exported_in_every_format() {
    let explorer = Explorer::default();
    let (_, trace) = report_and_trace();
    let opened = Query::Drop { name: "trace.json".to_owned(), text: trace, part: None };
    let link = explorer.answer(opened).unwrap()["document"]["link"].as_str().unwrap().to_owned();
    let export = |link: &str, format: &str| {
        let query = json!({"ask": "export", "link": link, "form": format});
        let query: Query = serde_json::from_value(query).unwrap();
        explorer.answer(query).map_err(|error| error.to_string())
    };
    let reopened = |file: &Value| {
        let text = file["text"].as_str().unwrap().to_owned();
        let query = Query::Drop { name: "file".to_owned(), text, part: None };
        explorer.answer(query).unwrap()["document"]["link"].as_str().unwrap().to_owned()
    };
    for (format, name) in [
        ("itf", "second-move.itf.json"),
        ("json", "second-move.json"),
        ("mermaid", "second-move.mmd"),
        ("dot", "second-move.dot"),
        ("markdown", "second-move.md"),
        ("html", "second-move.html"),
    ] {
        let file = export(&link, format).unwrap();
        assert_eq!(file["name"], name);
        assert!(file["text"].as_str().unwrap().len() > 100, "{format}");
    }
    assert_eq!(reopened(&export(&link, "itf").unwrap()), link);
    assert_eq!(reopened(&export(&link, "json").unwrap()), link);
    // The last step violates nothing; the property is the one that the trace was made to violate.
    let query = |property: &str, form: &str| {
        let query = json!({"ask": "export", "link": link, "form": form, "property": property});
        explorer.answer(serde_json::from_value(query).unwrap()).unwrap()["text"].as_str().unwrap().to_owned()
    };
    for property in ["no-loss", "reachable"] {
        let markdown = query(property, "markdown");
        assert!(markdown.starts_with(&format!("# second-move: {property}\n")), "{markdown}");
        let file: Value = serde_json::from_str(&query(property, "json")).unwrap();
        assert_eq!(file["property"], property);
        assert_eq!(file["steps"].as_array().unwrap().len(), if property == "no-loss" { 12 } else { 10 });
        assert_eq!(reopened(&json!({"text": file.to_string()})), link, "{property}: the rest of the steps follows");
    }
    let forked = Query::Apply { link, at: 9, procedure: "method-1".to_owned() };
    let fork = explorer.answer(forked).unwrap()["document"]["link"].as_str().unwrap().to_owned();
    assert_eq!(reopened(&export(&fork, "itf").unwrap()), fork);
    assert!(export(&fork, "json").unwrap_err().contains("export ITF"));
    for format in ["mermaid", "dot", "markdown"] {
        assert!(export(&fork, format).is_ok(), "{format}");
    }
}

#[test]
fn a_moment_after_the_end_of_a_trace_is_an_error() {
    let explorer = Explorer::default();
    let opened = explorer.answer(Query::Open { scenario: "second-move".to_owned() }).unwrap();
    for at in [1, u64::MAX - 1, u64::MAX] {
        for query in [
            json!({"ask": "fork", "link": opened["document"]["link"], "at": at, "action": "start"}),
            json!({"ask": "apply", "link": opened["document"]["link"], "at": at, "procedure": "method-1"}),
            json!({"ask": "run-on", "link": opened["document"]["link"], "at": at}),
            json!({"ask": "moment", "link": opened["document"]["link"], "at": at}),
            json!({"ask": "advise", "link": opened["document"]["link"], "at": at}),
        ] {
            let asked: Query = serde_json::from_value(query.clone()).unwrap();
            let wrong = explorer.answer(asked).unwrap_err().to_string();
            assert_eq!(wrong, format!("the trace has 0 steps; there is no step {at}"), "{query}");
        }
    }
}

#[test]
fn a_scenario_file_is_opened_at_its_start() {
    let text = stranded_in(Path::new("."), &["show", "second-move"]).out.replace("second-move", "my-own");
    let shown = dropped("my-own.toml", &text, None).unwrap();
    assert_eq!(
        (&shown["document"]["scenario"], shown["document"]["moments"].as_array().unwrap().len()),
        (&json!("my-own"), 1)
    );
    let reported = dropped("my-own.toml", &text.replace("servers", "serfers"), None).unwrap_err();
    assert!(reported.contains("serfers") && !reported.contains('\u{1b}'), "{reported}");
    let procedure = stranded_in(Path::new("."), &["show", "method-1", "--procedure"]).out;
    assert!(dropped("method-1.toml", &procedure, None).unwrap_err().contains("is a procedure, not a scenario"));
}

#[test]
fn an_input_that_cannot_be_opened_is_reported_before_anything_is_served() {
    for (input, reason) in [("second-mov", "did you mean `second-move`?"), ("absent.json", "cannot read absent.json")] {
        let ran = stranded_in(Path::new("."), &["explore", input]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{input}");
        assert!(ran.err.contains(reason), "{}", ran.err);
    }
}

#[test]
fn advice_on_a_stranded_mailbox_equals_that_of_advise() {
    let explorer = Explorer::default();
    let pair = explorer.pair().unwrap();
    let link = pair["pair"][0]["link"].as_str().unwrap().to_owned();
    let advised = explorer.answer(Query::Advise { link, at: 12 }).unwrap();
    let one = &advised["advice"][0];
    assert_eq!(one["stranded"], true);
    let verdict = |procedure: &str, delivery: &str| {
        let found = one["procedures"].as_array().unwrap().iter().find(|one| one["procedure"] == procedure).unwrap();
        let case = found["cases"].as_array().unwrap().iter().find(|one| one["delivery"] == delivery).unwrap();
        format!("{} {}", case["verdict"].as_str().unwrap(), case["harm"].as_str().unwrap())
    };
    assert_eq!(verdict("method-1", "never"), "safe ");
    assert_eq!(verdict("move-of-the-article", "never"), "unsafe it destroys m1 m2");
    assert_eq!(verdict("guarded-move", "any-time"), "safe ");
    // The page, the card beside the picture, and `advise` for the same observation recommend the same.
    let first = one["procedures"][0]["procedure"].as_str().unwrap();
    let card = pair["pair"][0]["summary"][3]["says"].as_str().unwrap();
    assert!(card.contains(&format!("({first} from ")), "{first}: {card}");
    let folder = tempfile::tempdir().unwrap();
    let observed = json!({
        "mailbox": "mailbox-1",
        "directory": {"source": {"home-mdb": "source", "home-mta": "source"},
                      "destination": {"home-mdb": "source", "home-mta": "source"}},
        "stores": {"source": null, "destination": {"messages": ["m1", "m2"], "deleted": []}},
        "waiting": [], "sessions": 0,
    });
    fs::write(folder.path().join("observed.json"), observed.to_string()).unwrap();
    let printed = stranded_in(folder.path(), &["advise", "observed.json"]).out;
    assert!(printed.contains(&format!("Do this now: {first}")), "{first}: {printed}");
}

#[test]
fn a_scenario_by_its_name_opens_at_its_counterexample_and_one_without_at_its_start() {
    let opened = |name: &str| {
        let served = Served::start(&[name]);
        let catalogue: Value = serde_json::from_str(&served.post("{\"ask\":\"catalogue\"}", "").body).unwrap();
        catalogue["opened"]["document"].clone()
    };
    let worst = opened("second-move");
    assert_eq!((&worst["title"], &worst["property"]), (&json!("second-move: no-loss"), &json!("no-loss")));
    assert_eq!(worst["summary"][0]["step"], 12);
    let whole = opened("guarded-move");
    assert_eq!(whole["moments"].as_array().unwrap().len(), 1);
    assert_eq!(whole["summary"], json!([]), "nothing has happened yet, so nothing is said about it");
}

#[test]
fn a_file_of_another_kind_is_refused_in_one_sentence() {
    for (name, text, reason) in [
        ("page.html", "<!doctype html>\n<html>", "page.html is a page: open it in a browser"),
        ("notes.txt", "Dear all,\nthe move is tonight.\n", "notes.txt cannot be shown: expected a trace"),
        ("empty.json", "", "empty.json cannot be shown: expected a trace"),
        ("trace.mmd", "sequenceDiagram\n    participant d\n", "trace.mmd cannot be shown: expected a trace"),
        ("cut.json", "{\"kind\":", "cut.json is not JSON: EOF"),
        (
            "conform.json",
            "{\"shortest\": [], \"not_asked\": []}",
            "conform.json is a report of `stranded conform`, which has no steps to draw: run it again with --save FOLDER",
        ),
    ] {
        let reported = dropped(name, text, None).unwrap_err();
        assert!(reported.starts_with(reason) && !reported.contains('\n'), "{name}: {reported}");
    }
    // A scenario file with errors is reported line by line.
    let reported = dropped("mine.toml", "name = \"mine\"\n[site]\nservers = 3\n", None).unwrap_err();
    assert!(reported.contains("mine.toml:3"), "{reported}");
}

/// A stranded mailbox, with a message that waits in the queue.
const STRANDED: &str = r#"{"mailbox": "alice", "directory": {"SRC": {"home-mdb": "SRC", "home-mta": "SRC"}}, "stores": {"SRC": null, "DST": {"messages": 2}}, "waiting": 1}"#;

#[test]
fn a_snapshot_opens_the_present_state_and_each_procedure_can_be_run_from_there() {
    let explorer = Explorer::default();
    let asked = |query: Value| {
        explorer.answer(serde_json::from_value(query).unwrap()).unwrap_or_else(|error| panic!("{error}"))
    };
    let shown = asked(json!({"ask": "drop", "name": "alice.jsonl", "text": STRANDED, "part": null}));
    let document = &shown["document"];
    assert_eq!(document["title"], "alice now");
    assert_eq!(document["servers"], json!(["SRC", "DST"]));
    let summary = &document["summary"];
    assert_eq!(summary[0]["says"], "No: the directory says SRC, the data is on DST. No message is destroyed yet.");
    assert_eq!((&summary[0]["step"], summary.as_array().unwrap().len()), (&Value::Null, 2), "{summary}");
    assert_eq!(summary[1]["says"], "Do this now: append-repair, from SRC to DST");
    // The card has the lines of `advise`.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("alice.jsonl"), STRANDED).unwrap();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let printed = flat(&stranded_in(folder.path(), &["advise", "alice.jsonl"]).out);
    let lines = summary[1]["lines"].as_array().unwrap();
    for line in lines {
        let says = line["says"].as_str().unwrap();
        let whole = line["number"].as_u64().map_or_else(|| says.to_owned(), |number| format!("{number}. {says}"));
        assert!(printed.contains(&flat(&whole)), "{whole}\n{printed}");
    }
    let has = |start: &str| lines.iter().any(|line| line["says"].as_str().unwrap().starts_with(start));
    assert!(has("Do not move it again: ") && has("Hold mail for the mailbox"), "{lines:?}");
    assert_eq!(document["moments"][0]["picture"]["mailboxes"][0]["name"], "alice");
    let advised = asked(json!({"ask": "advise", "link": document["link"], "at": 0}));
    assert_eq!(advised["advice"][0]["mailbox"], "alice");
    let mailboxes = document["moments"][0]["detail"]["state"]["mailboxes"].as_object().unwrap();
    let state = mailboxes.values().next().unwrap();
    assert_eq!(state["stores"]["DST"]["messages"], json!(["m1", "m2"]), "{state}");
    assert_eq!((&state["stores"]["SRC"], &state["queued"]), (&Value::Null, &json!(["m3"])), "{state}");
    let apply = |procedure: &str| {
        asked(json!({"ask": "apply", "link": document["link"], "at": 0, "procedure": procedure}))["document"].clone()
    };
    let lost = |document: &Value| {
        let moments = document["moments"].as_array().unwrap();
        moments.iter().flat_map(|moment| moment["lost"].as_array().unwrap().clone()).collect::<Vec<_>>()
    };
    for procedure in document["procedures"].as_array().unwrap() {
        let name = procedure["name"].as_str().unwrap();
        let destroyed = lost(&apply(name));
        assert_eq!(destroyed.is_empty(), !name.starts_with("move"), "{name} destroys {destroyed:?}");
    }
    let again = asked(json!({"ask": "follow", "link": document["link"]}));
    assert_eq!(again["document"]["moments"][0]["detail"], document["moments"][0]["detail"], "the link leads back");
    assert_eq!(again["document"]["summary"], document["summary"], "with the same advice");
}

#[test]
fn one_of_several_mailboxes_of_a_snapshot_is_named() {
    let both = format!("{STRANDED}\n{}\n", STRANDED.replace("alice", "bob"));
    assert_eq!(dropped("all.jsonl", &both, None).unwrap()["choice"], json!(["alice", "bob"]));
    let chosen = dropped("all.jsonl", &both, Some("bob")).unwrap();
    assert_eq!(chosen["document"]["title"], "bob now");
    assert!(dropped("all.jsonl", &both, Some("carol")).unwrap_err().contains("no mailbox carol"));
    assert!(dropped("all.jsonl", &both.replace("home-mdb", "home_mdb"), None).unwrap_err().contains("home-mdb"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.jsonl");
    fs::write(&path, both).unwrap();
    let served = Served::start(&[&format!("{}#bob", path.to_str().unwrap())]);
    let catalogue: Value = serde_json::from_str(&served.post("{\"ask\":\"catalogue\"}", "").body).unwrap();
    assert_eq!(catalogue["opened"]["document"]["title"], "bob now");
}
