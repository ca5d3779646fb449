//! The condition of a mailbox, and the directions in which procedures are judged.

use stranded::report::advice_json::AdviceEntry;

use super::{AT_HOME, STRANDED, advised, circumstances, entry, stranded};

/// A mailbox whose home attributes name different servers.
const SPLIT: &str = r#"{"mailbox": "dora", "directory": {"A": {"home-mdb": "A", "home-mta": "B"}, "B": {"home-mdb": "A", "home-mta": "B"}}, "stores": {"A": {"messages": ["1"]}, "B": null}}"#;
/// A mailbox that no replica knows.
const WITHOUT_RECIPIENT: &str =
    r#"{"mailbox": "emil", "directory": {"A": null, "B": null}, "stores": {"A": null, "B": {"messages": ["1"]}}}"#;
/// A mailbox at its home B, with one message on A.
const STRAY: &str = r#"{"mailbox": "fay", "directory": {"A": {"home-mdb": "B", "home-mta": "B"}, "B": {"home-mdb": "B", "home-mta": "B"}}, "stores": {"A": {"messages": ["stray"], "in-transit": false}, "B": {"messages": ["1", "2", "3", "4"], "in-transit": false}}}"#;

#[test]
fn a_split_home_is_not_healthy() {
    let output = stranded(&["-"], SPLIT);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.starts_with(
            "1 mailbox: 1 with home attributes that disagree or are malformed\n\ndora: home attributes that disagree"
        ),
        "{text}"
    );
    let report = advised(SPLIT, &[], false, &circumstances());
    assert_eq!((report.mailboxes[0].standing.as_str(), report.mailboxes[0].stranded), ("no-home", false));
    let repairs: Vec<&str> = report.mailboxes[0]
        .advice
        .iter()
        .filter(|one| one.answer == "safe")
        .map(|one| one.procedure.as_str())
        .collect();
    assert!(repairs.contains(&"method-1"), "{repairs:?}");
}

#[test]
fn a_procedure_that_leaves_a_split_home_is_unsafe() {
    let half = r#"
        name = "half"
        [[step]]
        do = "raw-edit"
        home-mdb = "/o={organization}/ou={site}/cn=Configuration/cn=Servers/cn={to}/cn=Microsoft Private MDB"
        [[step]]
        do = "report"
        outcome = "ok"
    "#;
    let report = advised(STRANDED, &[half], false, &circumstances());
    let found = entry(&report, "half");
    assert_eq!((found.answer.as_str(), found.cases[0].harm.as_ref().unwrap().harm.as_str()), ("unsafe", "no-home"));
}

#[test]
fn a_procedure_that_refuses_and_changes_nothing_is_not_safe() {
    let report = advised(SPLIT, &[], false, &circumstances());
    let found = entry(&report, "guarded-move");
    assert_eq!(found.answer, "refuses");
    assert!(found.steps.is_empty());
    let text = String::from_utf8(stranded(&["-"], SPLIT).stdout).unwrap();
    assert!(
        text.contains("\nRefuses, or does not end with ok, and repairs nothing:\n  append-repair, guarded-move, move"),
        "{text}"
    );
}

#[test]
fn a_mailbox_that_every_procedure_refuses_has_no_safe_procedure() {
    let all = r#"{"mailbox": "gil", "directory": {"A": {"home-mdb": "A", "home-mta": "A"}, "B": {"home-mdb": "A", "home-mta": "A"}}, "stores": {"A": {"messages": ["1"], "in-transit": true}, "B": null}}"#;
    let output = stranded(&["-", "--all", "--delivery", "never", "--format", "json"], all);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let answers: Vec<&str> = report["mailboxes"][0]["advice"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["answer"].as_str().unwrap())
        .collect();
    let is_safe = answers.contains(&"safe");
    assert_eq!(output.status.code(), Some(if is_safe { 3 } else { 1 }), "{answers:?}");
    assert!(!answers.is_empty());
}

#[test]
fn a_mailbox_without_a_recipient_is_reported_and_the_others_still_get_advice() {
    let output = stranded(&["-"], &format!("{AT_HOME}\n{WITHOUT_RECIPIENT}\n{STRANDED}\n"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for wanted in [
        "3 mailboxes: 1 stranded, 1 without a recipient\n",
        "emil: no recipient, data on B",
        "No recipient: no observed replica has the recipient",
        "Do this now: append-repair, from source to destination",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    assert!(
        !text.contains("append-repair, from A to B"),
        "a procedure that does not end with ok repairs nothing: {text}"
    );
    let report = advised(WITHOUT_RECIPIENT, &[], false, &circumstances());
    assert_eq!(report.mailboxes[0].standing, "no-recipient");
    let found = entry(&report, "q162998");
    assert_eq!((found.from.as_str(), found.to.as_str()), ("A", "B"));
    assert!(report.mailboxes[0].advice.iter().all(|one| one.procedure != "method-1" || one.answer != "safe"));
}

#[test]
fn with_a_stray_message_both_directions_are_judged_and_moving_everything_back_is_not_first() {
    let report = advised(STRAY, &[], false, &circumstances());
    let advice = &report.mailboxes[0].advice;
    let directions = |one: &AdviceEntry| (one.from.clone(), one.to.clone());
    for direction in [("A", "B"), ("B", "A")] {
        let direction = (direction.0.to_owned(), direction.1.to_owned());
        assert!(advice.iter().any(|one| directions(one) == direction), "{direction:?}");
    }
    assert_eq!((advice[0].answer.as_str(), directions(&advice[0])), ("safe", ("A".to_owned(), "B".to_owned())));
}

#[test]
fn the_direction_that_leaves_the_home_is_named_where_the_other_one_is_recommended() {
    let three = r#"{"mailbox": "kim", "directory": {"A": {"home-mdb": "B", "home-mta": "B"}}, "marks": false, "stores": {"A": {"messages": ["1", "2", "3"]}, "B": {"messages": ["4"]}}}"#;
    let text = String::from_utf8(stranded(&["-"], three).stdout).unwrap();
    assert!(text.contains("Do this now: append-repair, from B to A"), "{text}");
    assert!(text.contains("append-repair A to B  under the same conditions; the home stays B"), "{text}");
}

#[test]
fn a_healthy_mailbox_with_an_unobserved_store_is_not_called_healthy() {
    let line = r#"{"mailbox": "ida", "directory": {"A": {"home-mdb": "A"}, "B": {"home-mdb": "A"}}, "stores": {"A": {"messages": ["1"]}}}"#;
    let output = stranded(&["-"], line);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("not enough was observed of ida"), "{text}");
}

/// Returns the answer on a procedure with these steps for the stranded mailbox.
fn answer_on(steps: &str) -> String {
    let text = format!("name = \"mine\"\n{steps}");
    entry(&advised(STRANDED, &[&text], false, &circumstances()), "mine").answer.clone()
}

#[test]
fn a_procedure_that_deletes_the_recipient_and_never_ends_does_not_refuse() {
    let endless = "[[step]]\ndo = \"delete-recipient\"\ndata = \"leave\"\n[[step]]\nlabel = \"again\"\ndo = \"require\"\n\
                   differ = [\"from\", \"to\"]\non = { ok = \"again\" }\n[[step]]\ndo = \"report\"\noutcome = \"ok\"\n";
    assert_eq!(answer_on(endless), "unsafe");
}

#[test]
fn a_procedure_that_leaves_mail_only_in_a_saved_file_is_unsafe() {
    let saves = "[[step]]\ndo = \"save\"\nat = \"to\"\n[[step]]\ndo = \"delete-mailbox\"\nat = \"to\"\n[[step]]\ndo = \"report\"\n\
                 outcome = \"refused\"\n";
    assert_eq!(answer_on(saves), "unsafe");
}

#[test]
fn a_procedure_that_holds_delivery_and_then_refuses_is_not_harmless() {
    let holds = "[[step]]\ndo = \"hold-delivery\"\n[[step]]\ndo = \"require\"\nhome-is = \"to\"\n[[step]]\ndo = \"report\"\n\
                 outcome = \"ok\"\n";
    assert_ne!(answer_on(holds), "refuses");
}

/// Returns the exit code and the text of the advice on a mailbox whose home is SRC.
fn answer_with(stores: &str) -> (Option<i32>, String) {
    let home = r#"{"home-mdb": "SRC", "home-mta": "SRC"}"#;
    let line = format!(
        r#"{{"mailbox": "ida", "directory": {{"SRC": {home}, "DST": {home}}}, "stores": {stores}, "waiting": 4, "marks": false}}"#
    );
    let output = stranded(&["-"], &line);
    (output.status.code(), String::from_utf8(output.stdout).unwrap().replace('\n', " "))
}

#[test]
fn two_texts_with_one_message_id_on_two_servers_strand_a_mailbox() {
    let text = |digest: &str| format!(r#"{{"messages": ["<x>"], "details": {{"<x>": {{"digest": "{digest}"}}}}}}"#);
    let (code, says) = answer_with(&format!(r#"{{"SRC": {}, "DST": {}}}"#, text("aaa"), text("bbb")));
    assert_eq!(code, Some(1), "{says}");
    assert!(says.contains("1 stranded") && says.contains("each by folder, Message-ID and text"), "{says}");
    let safe = says.split("Do not run").next().unwrap();
    assert!(!safe.contains("method-1"), "{says}");
    let (code, says) = answer_with(&format!(r#"{{"SRC": {}, "DST": {}}}"#, text("aaa"), text("aaa")));
    assert_eq!(code, Some(0), "{says}");
}

#[test]
fn more_messages_with_one_message_id_than_the_home_has_are_not_called_healthy_without_digests() {
    let (code, says) = answer_with(r#"{"SRC": {"messages": ["<x>"]}, "DST": {"messages": ["<x>", "<x>"]}}"#);
    assert_eq!(code, Some(3), "{says}");
    assert!(says.contains("DST holds <x> more often") || says.contains("holds <x> more often than the home"), "{says}");
}

#[test]
fn a_home_without_a_mailbox_is_not_called_healthy_however_many_servers_have_none() {
    for stores in [r#"{"SRC": null, "DST": null}"#, r#"{"SRC": null}"#] {
        let (code, says) = answer_with(stores);
        assert_eq!(code, Some(3), "{says}");
        assert!(says.contains("SRC is the home and has no mailbox"), "{says}");
    }
    let (code, says) = answer_with(r#"{"SRC": {"messages": []}, "DST": null}"#);
    assert_eq!(code, Some(0), "{says}");
}

#[test]
fn a_home_that_is_the_destination_of_the_repair_is_not_required_to_be_otherwise() {
    let (_, says) = answer_with(r#"{"SRC": {"messages": ["x", "y", "z"]}, "DST": {"messages": ["x", "w"]}}"#);
    assert!(says.contains("append-repair, from DST to SRC"), "{says}");
    assert!(!says.contains("See that the home is DST. If not, stop."), "{says}");
    assert!(says.contains("See if the home is DST. If so, stop"), "{says}");
}
