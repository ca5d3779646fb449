//! The sentences of the page: the summary of a trace, the actors, and the advice.

use serde_json::{Value, json};
use stranded::explore::api::{Explorer, Query};

fn asked(explorer: &Explorer, query: Value) -> Value {
    let query: Query = serde_json::from_value(query).unwrap();
    explorer.answer(query).unwrap()["document"].clone()
}

fn first_page(explorer: &Explorer) -> Value {
    explorer.answer(Query::Pair).unwrap()["pair"][0].clone()
}

/// Returns the answer of the summary to a question.
fn says<'a>(shown: &'a Value, about: &str) -> Option<&'a str> {
    let all = shown["summary"].as_array().unwrap().iter();
    all.filter(|one| one["about"] == about).find_map(|one| one["says"].as_str())
}

#[test]
fn the_first_page_names_the_destructive_step_the_last_moment_and_the_repair() {
    let shown = first_page(&Explorer::default());
    let destroyed = says(&shown, "Which act destroyed the mail?").unwrap();
    assert!(destroyed.starts_with("Step 14: administrator creates the mailbox on destination"), "{destroyed}");
    assert!(destroyed.ends_with("m1 and m2 are gone."), "{destroyed}");
    let late = says(&shown, "When was it too late?").unwrap();
    assert_eq!(late, "From step 14 on; one step before, 6 procedures would have recovered all mail.");
    let instead = says(&shown, "What to do instead?").unwrap();
    let best = "From step 11 to step 13: append what destination lacks, then set the home (append-repair from source to destination). \
                That recovers all mail.";
    assert!(instead.starts_with(best), "{instead}");
    assert!(instead.contains("In this trace, so do 5 other procedures from source to destination."), "{instead}");
    let not = "Do not then move the mailbox with the correct program (move), or move the mailbox as in the article \
               (move-of-the-article), from source to destination: that destroys mail.";
    assert!(instead.ends_with(not), "{instead}");
    let short = shown["summary"].as_array().unwrap().iter().find_map(|one| one["short"].as_str()).unwrap();
    assert_eq!(short, "append-repair from source to destination, from step 11 to step 13");
}

#[test]
fn a_procedure_is_a_cure_only_where_mail_is_at_risk_and_the_move_of_the_article_never_is() {
    let shown = first_page(&Explorer::default());
    let effect = |at: usize, procedure: &str| {
        let rescues = shown["moments"][at]["outlook"]["rescues"].as_array().unwrap();
        rescues.iter().find(|one| one["procedure"] == procedure).unwrap()["effect"].clone()
    };
    assert_eq!(effect(0, "method-1"), "idle", "nothing is at risk");
    assert_eq!(effect(12, "method-1"), "saves");
    // The effect depends on the state alone: method-2 destroys mail during the move, and not after it.
    assert_eq!((effect(12, "method-2"), effect(4, "method-2")), (json!("saves"), json!("loses")));
    assert_eq!(effect(10, "method-1"), "transit", "the first move still owns the mark");
    assert_eq!(effect(1, "move-of-the-article"), "strands");
    assert_eq!(effect(12, "move-of-the-article"), "loses");
    let moments = shown["moments"].as_array().unwrap().len();
    let never = ["saves", "idle", "transit"].map(|effect| json!(effect));
    assert!((0..moments).all(|at| !never.contains(&effect(at, "move-of-the-article"))));
    let named = shown["procedures"].as_array().unwrap().iter().find(|one| one["name"] == "method-1").unwrap();
    assert_eq!(named["words"], "set both home attributes to destination");
}

#[test]
fn a_trace_names_only_the_assumptions_on_which_its_steps_depend() {
    let explorer = Explorer::default();
    let opened = asked(&explorer, json!({"ask": "open", "scenario": "second-move"}));
    assert_eq!(opened["assumptions"], json!({}), "no step was taken");
    let shown = first_page(&explorer);
    let assumed: Vec<&String> = shown["assumptions"].as_object().unwrap().keys().collect();
    assert_eq!(assumed, ["duplicate-abort", "source-delete"], "the second move aborts at the duplicate");
    let started = json!({"ask": "open", "scenario": "method-1-late-mail"});
    assert_eq!(asked(&explorer, started)["assumptions"], json!({}), "the answer about raw edits changes no step");
}

#[test]
fn a_scenario_opens_at_its_worst_counterexample_if_it_has_one() {
    let explorer = Explorer::default();
    let steps = |scenario: &str| {
        let shown = asked(&explorer, json!({"ask": "worst", "scenario": scenario}));
        shown["moments"].as_array().unwrap().len() - 1
    };
    assert_eq!((steps("second-move"), steps("method-1")), (13, 0));
}

#[test]
fn the_screen_has_the_report_of_the_program_that_acted_last() {
    let explorer = Explorer::default();
    let shown = first_page(&explorer);
    let screen = |shown: &Value, at: usize| shown["moments"][at]["screen"].clone();
    assert_eq!((screen(&shown, 12), screen(&shown, 13)), (json!("ok"), Value::Null), "a new run clears the screen");
    let failed = asked(&explorer, json!({"ask": "apply", "link": shown["link"], "at": 12, "procedure": "move"}));
    let last = failed["moments"].as_array().unwrap().len() - 1;
    assert!(screen(&failed, last).as_str().unwrap().starts_with("failed"), "{}", screen(&failed, last));
}

#[test]
fn new_mail_at_the_old_home_leaves_the_rest_partly_stranded() {
    let explorer = Explorer::default();
    let folder = tempfile::tempdir().unwrap();
    let text = crate::cli::stranded_in(folder.path(), &["check", "method-1-late-mail", "--traces", "."]).out;
    assert!(text.contains("PARTLY STRANDED:") && text.contains("m1 is on"), "{text}");
    let name = "method-1-late-mail.one-home.json";
    let trace = std::fs::read_to_string(folder.path().join(name)).unwrap();
    let shown = asked(&explorer, json!({"ask": "drop", "name": name, "text": trace, "part": null}));
    let mailbox = &shown["moments"][1]["picture"]["mailboxes"][0];
    assert_eq!((&mailbox["stranded"], &mailbox["partly"]), (&Value::Null, &json!("m1 is on destination")));
    let first = first_page(&explorer);
    assert_eq!(first["moments"][10]["strands"], json!(["m1", "m2"]), "the step that strands the mailbox is marked");
}

#[test]
fn the_changes_of_a_step_are_sentences() {
    let shown = first_page(&Explorer::default());
    let changes = |at: usize| shown["moments"][at]["detail"]["changes"].to_string();
    assert!(changes(14).contains("the mailbox on destination is gone; it held m1 m2"), "{}", changes(14));
    assert!(changes(14).contains("m1 m2 are destroyed: no other copy exists"), "{}", changes(14));
    let programs: String = (1..15).map(changes).collect();
    assert!(programs.contains("the program of the administrator is at step 3 of move-of-the-article"), "{programs}");
    assert!(programs.contains("starts move-of-the-article, in another run"), "{programs}");
    assert!(!programs.contains("of first"), "{programs}");
    let repaired =
        asked(&Explorer::default(), json!({"ask": "apply", "link": shown["link"], "at": 12, "procedure": "method-1"}));
    let all = repaired["moments"].as_array().unwrap().iter().map(|moment| moment["detail"]["changes"].to_string());
    assert!(all.clone().any(|one| one.contains("the home changes from source to")), "{:?}", all.collect::<Vec<_>>());
}

#[test]
fn a_repair_in_time_ends_well_and_needs_no_advice() {
    let explorer = Explorer::default();
    let shown = first_page(&explorer);
    let saved = asked(&explorer, json!({"ask": "apply", "link": shown["link"], "at": 13, "procedure": "method-1"}));
    let kept = says(&saved, "Is the mail safe?").unwrap();
    assert_eq!(kept, "Yes: at the end all mail is where the directory says, although a step violated a property.");
    assert_eq!((says(&saved, "When was it too late?"), says(&saved, "What to do instead?")), (None, None));
    let late = asked(&explorer, json!({"ask": "apply", "link": shown["link"], "at": 14, "procedure": "method-1"}));
    assert!(says(&late, "Which act destroyed the mail?").unwrap().starts_with("Step 14:"));
    assert_eq!(late["no_return"], 14);
}

#[test]
fn a_what_if_keeps_the_violations_of_the_steps_before_it() {
    let explorer = Explorer::default();
    let shown = first_page(&explorer);
    let history = ["no-last-copy-delete", "no-false-success", "no-self-move"];
    let violated = |moment: &Value| -> Vec<&'static str> {
        let all = moment["detail"]["properties"].as_array().unwrap();
        let is_violated = |name: &&str| all.iter().any(|one| one["name"] == **name && one["standing"] == "violated");
        history.into_iter().filter(is_violated).collect()
    };
    let before = violated(&shown["moments"][13]);
    assert_eq!(before, ["no-false-success", "no-self-move"]);
    for procedure in ["append-repair", "method-1", "method-2"] {
        let asked_for = json!({"ask": "apply", "link": shown["link"], "at": 13, "procedure": procedure});
        let fork = asked(&explorer, asked_for);
        for moment in &fork["moments"].as_array().unwrap()[14..] {
            assert_eq!(violated(moment), before, "{procedure}: {}", moment["number"]);
            let breaks = moment["breaks"].to_string();
            assert!(before.iter().all(|name| !breaks.contains(name)), "{procedure}: {breaks}");
        }
    }
}

#[test]
fn the_end_of_a_repair_after_the_loss_says_what_is_destroyed() {
    let explorer = Explorer::default();
    let shown = first_page(&explorer);
    let badges = |at: usize| {
        let asked_for = json!({"ask": "apply", "link": shown["link"], "at": at, "procedure": "method-1"});
        asked(&explorer, asked_for)["moments"].as_array().unwrap().last().unwrap()["badges"].to_string()
    };
    assert!(badges(14).contains("m1 m2 are destroyed"), "{}", badges(14));
    assert!(!badges(13).contains("destroyed"), "{}", badges(13));
}

#[test]
fn every_format_gives_a_step_the_marks_of_the_page() {
    let explorer = Explorer::default();
    let shown = first_page(&explorer);
    let query = json!({"ask": "export", "link": shown["link"], "form": "markdown", "property": null});
    let exported = explorer.answer(serde_json::from_value(query).unwrap()).unwrap();
    let text = exported["text"].as_str().unwrap();
    for moment in shown["moments"].as_array().unwrap() {
        let number = &moment["number"];
        let is_own = |line: &&str| {
            [format!("| {number} |"), format!("| {number}+ |")].iter().any(|start| line.starts_with(start))
        };
        let row = text.lines().find(is_own).unwrap();
        let marks = moment["badges"].as_array().unwrap();
        assert_eq!(row.matches("**").count(), 2 * marks.len(), "{number}: {row}");
        for mark in marks {
            assert!(row.contains(mark["says"].as_str().unwrap()), "{number}: {mark}: {row}");
        }
    }
    assert!(text.contains("\nInstead: From step 11 to step 13:"), "{text}");
}

#[test]
fn a_trace_that_ends_in_the_middle_is_not_too_late() {
    let explorer = Explorer::default();
    let mut shown = asked(&explorer, json!({"ask": "open", "scenario": "guarded-move-of-three"}));
    for _ in 0..12 {
        let at = shown["moments"].as_array().unwrap().len() - 1;
        let action = &shown["moments"][at]["detail"]["enabled"][0]["action"];
        shown = asked(&explorer, json!({"ask": "fork", "link": shown["link"], "at": at, "action": action}));
        let is_lost = shown["moments"][at + 1]["lost"].as_array().is_some_and(|lost| !lost.is_empty());
        assert!(!is_lost && shown["no_return"].is_null(), "step {at}: {}", shown["summary"]);
    }
}

#[test]
fn a_trace_that_repeats_for_ever_says_so_and_is_not_called_good() {
    let folder = tempfile::tempdir().unwrap();
    crate::cli::stranded_in(folder.path(), &["check", "guarded-move-without-retry", "--traces", "."]);
    let name = "guarded-move-without-retry.delivery-settles.json";
    let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
    let shown = asked(&Explorer::default(), json!({"ask": "drop", "name": name, "text": text, "part": null}));
    assert!(shown["repeats_from"].is_number());
    assert!(
        says(&shown, "What goes wrong?").unwrap().contains("the same steps can repeat for ever"),
        "{}",
        shown["summary"]
    );
}

#[test]
fn after_the_loss_no_procedure_is_advised_as_a_repair() {
    let explorer = Explorer::default();
    let shown = first_page(&explorer);
    let advice = |at: usize| {
        let asked = json!({"ask": "advise", "link": shown["link"], "at": at});
        explorer.answer(serde_json::from_value(asked).unwrap()).unwrap()["advice"][0].clone()
    };
    let (before, after) = (advice(12), advice(14));
    assert_eq!((&before["stranded"], &before["lost"], &before["has_mail"]), (&json!(true), &json!([]), &json!(true)));
    assert_eq!((&after["lost"], &after["has_mail"]), (&json!(["m1", "m2"]), &json!(false)));
    // The page describes the violation in a sentence that names the messages of the mailbox.
    let cases = before["procedures"].as_array().unwrap().iter().flat_map(|one| one["cases"].as_array().unwrap());
    let harms: Vec<&str> = cases.filter_map(|one| one["harm"].as_str()).filter(|harm| !harm.is_empty()).collect();
    assert!(harms.contains(&"it destroys m1 m2"), "{harms:?}");
    assert!(harms.iter().all(|harm| harm.starts_with("it ") && !harm.contains("m3")), "{harms:?}");
}

#[test]
fn the_only_administrator_needs_no_name_and_of_several_each_has_one() {
    let explorer = Explorer::default();
    let actors = |shown: &Value, at: usize| -> Vec<String> {
        let detail = &shown["moments"][at]["detail"];
        let both = detail["enabled"].as_array().unwrap().iter().chain(detail["disabled"].as_array().unwrap());
        both.map(|one| one["actor"].as_str().unwrap().to_owned()).collect()
    };
    let alone = actors(&first_page(&explorer), 3);
    assert!(alone.contains(&"administrator".to_owned()) && !alone.contains(&"first".to_owned()), "{alone:?}");
    let several = actors(&asked(&explorer, json!({"ask": "open", "scenario": "guarded-move-of-three"})), 0);
    assert!(several.iter().any(|one| one.starts_with("administrator “")), "{several:?}");
    assert!(!several.contains(&"administrator".to_owned()), "{several:?}");
}

#[test]
fn of_several_mailboxes_each_sentence_names_its_own() {
    let explorer = Explorer::default();
    let shown = asked(&explorer, json!({"ask": "open", "scenario": "two-mailboxes"}));
    let enabled = shown["moments"][0]["detail"]["enabled"].as_array().unwrap();
    assert!(enabled.iter().any(|one| one["says"].as_str().unwrap().ends_with("(mailbox-2)")), "{enabled:?}");
    let alone = first_page(&explorer);
    assert!(!alone["moments"][1]["says"].as_str().unwrap().contains("mailbox-1"));
}

#[test]
fn a_built_in_scenario_keeps_its_name_whatever_is_dropped() {
    let explorer = Explorer::default();
    let built_in = asked(&explorer, json!({"ask": "open", "scenario": "second-move"}));
    let text = crate::cli::stranded_in(std::path::Path::new("."), &["show", "second-move"]).out;
    let own = text.replace("question = \"", "question = \"Mine: ");
    assert_ne!(own, text);
    let dropped = asked(&explorer, json!({"ask": "drop", "name": "mine.toml", "text": own, "part": null}));
    assert!(dropped["question"].as_str().unwrap().starts_with("Mine: "));
    let again = asked(&explorer, json!({"ask": "open", "scenario": "second-move"}));
    assert_eq!(again["question"], built_in["question"]);
    for shown in [&built_in, &dropped] {
        let followed = asked(&explorer, json!({"ask": "follow", "link": shown["link"]}));
        assert_eq!(followed["question"], shown["question"], "each link leads to its own scenario");
    }
}
