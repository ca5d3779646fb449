//! Sentences that a reader of a counterexample acts on: a finding about one small trace is no advice for every mailbox, and where there is
//! no mail, the reports say so.

use std::path::Path;

use serde_json::{Value, json};
use stranded::explore::api::{Explorer, Query};

use crate::cli::stranded_in;

/// Returns the output of the program in one line.
fn said(arguments: &[&str]) -> String {
    let ran = stranded_in(Path::new("."), arguments);
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
    ran.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the document of the worst counterexample of a scenario, as the page opens it.
fn opened(scenario: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let ran = stranded_in(folder.path(), &["replay", scenario, "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let query = json!({"ask": "drop", "name": "trace.json", "text": ran.out, "part": null});
    let query: Query = serde_json::from_value(query).unwrap();
    Explorer::default().answer(query).unwrap()["document"].clone()
}

/// Returns the answer of the summary to a question.
fn says(document: &Value, about: &str) -> Option<String> {
    let all = document["summary"].as_array().unwrap().iter();
    all.filter(|one| one["about"] == about).find_map(|one| one["says"].as_str()).map(ToOwned::to_owned)
}

/// Returns the counterexample to a property, as the page opens it.
fn counterexample(scenario: &str, property: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    stranded_in(folder.path(), &["check", scenario, "--traces", "."]);
    let name = format!("{scenario}.{property}.json");
    let text = std::fs::read_to_string(folder.path().join(&name)).unwrap();
    let query: Query =
        serde_json::from_value(json!({"ask": "drop", "name": name, "text": text, "part": null})).unwrap();
    Explorer::default().answer(query).unwrap()["document"].clone()
}

#[test]
fn a_recommended_repair_is_also_right_if_the_mailboxes_hold_more_mail() {
    let text = said(&["replay", "move-under-mail"]);
    let (_, instead) = text.split_once("Instead: ").unwrap();
    assert!(instead.contains("(append-repair from destination to source). That recovers all mail."), "{instead}");
    assert!(!instead.contains("(method-1"), "{instead}");
    // A way back is right only for the mail of the trace, if the trace recommends it at all.
    for scenario in ["method-1-late-mail", "method-1-then-cleanup", "stale-cache", "dovecot-sync-leaves-mail-out"] {
        let text = said(&["replay", scenario]);
        let instead = text.split_once("Instead: ").map_or("", |(_, instead)| instead);
        let is_narrow = instead.contains("can do harm where a mailbox holds other mail");
        assert!(is_narrow || !instead.contains("(method-1 from destination to source). That"), "{scenario}: {instead}");
    }
}

#[test]
fn a_repair_names_its_servers_and_no_role() {
    for scenario in ["second-move", "move-under-mail", "stale-cache"] {
        let text = said(&["replay", scenario]);
        let (_, instead) = text.split_once("Instead: ").unwrap();
        assert!(!instead.contains("the destination"), "{scenario}: {instead}");
    }
    let words = |document: &Value| document["procedures"].to_string();
    assert!(words(&opened("second-move")).contains("set both home attributes to destination"));
}

#[test]
fn a_trace_has_a_repair_wherever_its_map_has_one() {
    let text = said(&["check", "method-1-late-mail"]);
    let (_, instead) = text.split_once("Instead: ").unwrap();
    assert!(instead.contains("append-repair from source to destination"), "{instead}");
}

#[test]
fn without_mail_no_mail_is_out_of_reach_and_nothing_recovers_it() {
    let shown = counterexample("half-method-1-mdb", "no-false-success");
    let kept = says(&shown, "Is the mail safe?").unwrap();
    assert!(kept.starts_with("There is no mail: no message arrives in this trace."), "{kept}");
    assert!(kept.ends_with("The directory does not name one home, so later mail can be out of reach."), "{kept}");
    assert_eq!((says(&shown, "When was it too late?"), says(&shown, "What to do instead?")), (None, None));
    let text = said(&["replay", "mail-before-mark"]);
    assert!(!text.contains("From step 0"), "{text}");
    let (_, map) = text.split_once("others by effect: 0").unwrap();
    let (no_mail, _) = map.split_once(" 3").unwrap();
    assert!(no_mail.contains("to recover") && !no_mail.contains('✓'), "{no_mail}");
}

#[test]
fn a_home_that_is_malformed_or_split_leaves_all_mail_stranded() {
    for (scenario, holders) in
        [("malformed-home", "source and destination"), ("half-method-1-mdb", "source and destination")]
    {
        let shown = counterexample(scenario, "one-home");
        let moments = shown["moments"].as_array().unwrap();
        let end = &moments.last().unwrap()["picture"]["mailboxes"][0];
        assert_eq!(end["stranded"], format!("the directory names no one home, the data is on {holders}"), "{scenario}");
        let strands = moments.iter().filter(|moment| moment["strands"] == json!(["m2"])).count();
        assert_eq!(strands, 1, "{scenario}: the edit strands the mail of the old home");
        let text = stranded_in(Path::new("."), &["check", scenario]).out;
        let last = text.lines().skip_while(|line| !line.starts_with("  4 ")).take(3).collect::<String>();
        assert!(last.contains("STRANDED"), "{text}");
    }
}

#[test]
fn the_map_names_its_direction_and_the_last_step_before_it_was_too_late() {
    let text = said(&["replay", "half-method-1-mdb"]);
    assert!(text.contains("Procedures from source to destination: ✓ recovers all mail"), "{text}");
    assert_eq!(opened("second-move")["run_of"], json!(["source", "destination"]));
    let late = says(&opened("orphan-cleanup"), "When was it too late?").unwrap();
    assert!(!late.contains("nothing would"), "{late}");
}

#[test]
fn an_assumption_flips_a_verdict_only_under_the_values_that_the_table_has() {
    let text = said(&["check", "partial-copy-retry", "--assumptions"]);
    for flip in [
        "* duplicate-abort flips no-loss if source-delete=after-directory: holds with keeps-source, violated with removes-source",
        "* source-delete flips no-loss if duplicate-abort=keeps-source: holds with after-directory, violated with before-directory",
    ] {
        assert!(text.contains(flip), "{text}");
    }
}

#[test]
fn the_absence_of_another_cause_names_the_assumptions_of_the_search() {
    let text = said(&["check", "partial-copy-retry", "--counterexamples", "3"]);
    let says = "partial-copy-retry/no-loss: no counterexample has another cause, with duplicate-abort=removes-source, \
                source-delete=after-directory; the causes under other assumptions were not searched";
    assert!(text.contains(says), "{text}");
}

#[test]
fn the_steps_of_a_procedure_have_their_conditions() {
    let shown = opened("second-move");
    let all = shown["procedures"].as_array().unwrap();
    let acts = |name: &str| all.iter().find(|one| one["name"] == name).unwrap()["acts"].to_string();
    assert!(acts("move").contains("requires that the home is source"), "{}", acts("move"));
    let repair = acts("append-repair");
    let (before, _) = repair.split_once("deletes the listed messages on source").unwrap();
    assert!(before.contains("requires that"), "{repair}");
    assert!(acts("guarded-move").contains(": continue at "), "{}", acts("guarded-move"));
}

#[test]
fn a_scenario_that_holds_says_what_it_did_not_try() {
    let text = said(&["check", "method-1"]);
    let (_, not_tried) = text.split_once("Not tried: ").unwrap();
    assert!(not_tried.contains("program-dies") && not_tried.contains("mail that arrives (`delivery`)"), "{not_tried}");
    assert!(!said(&["check", "second-move"]).contains("Not tried"), "a counterexample is no promise");
    assert!(!said(&["check", "article"]).contains("Not tried"), "the overview has one line for each scenario");
}

#[test]
fn the_page_lists_no_possible_step_as_impossible() {
    let shown = opened("second-move");
    for moment in shown["moments"].as_array().unwrap() {
        let disabled = moment["detail"]["disabled"].to_string();
        assert!(!disabled.contains("other than the chosen one"), "{disabled}");
    }
}
