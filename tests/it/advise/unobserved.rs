//! Unknown is not absent: whatever an observation leaves out is taken both ways.

use stranded::report::advice_json::AdviceReport;
use stranded_model::scenario::Delivery;
use stranded_search::advice::Circumstances;

use super::{STRANDED, advised, circumstances, entry, printed, verdicts};

/// A runbook that synchronises two stores and then changes the directory. On real servers it destroyed every message: the emptied source
/// remembered them as deleted.
const SYNCHRONISES: &str = r#"
    name = "synchronises"
    [[step]]
    do = "propagate-deletions"
    from = "from"
    to = "to"
    [[step]]
    do = "copy-message"
    from = "from"
    to = "to"
    [[step]]
    do = "sync-directory"
    from = "from"
    to = "to"
    [[step]]
    do = "report"
    outcome = "ok"
"#;

/// The stranded mailbox with these stores, and with these further keys.
fn stranded_with(stores: &str, keys: &str) -> String {
    format!(
        r#"{{"mailbox": "alice", "directory": {{"a": {{"home-mdb": "a", "home-mta": "a"}}, "b": {{"home-mdb": "a", "home-mta": "a"}}}}, "stores": {stores}{keys}}}"#
    )
}

fn held() -> Circumstances {
    Circumstances { deliveries: vec![Delivery::Never], ..circumstances() }
}

/// Returns the facts on which an answer depends, each with its harm.
fn depends_on(report: &AdviceReport, procedure: &str) -> Vec<(String, String)> {
    let unobserved = &entry(report, procedure).unobserved;
    unobserved.iter().map(|one| (one.fact.clone(), one.harm.harm.clone())).collect()
}

#[test]
fn unknown_is_not_absent_so_a_runbook_that_synchronises_is_never_safe() {
    for source in ["null", r#"{"messages": []}"#, r#"{"messages": 0}"#, r#"{"messages": [], "in-transit": false}"#] {
        let stores = format!(r#"{{"a": {source}, "b": {{"messages": ["1", "2"]}}}}"#);
        for keys in ["", r#", "waiting": [], "sessions": []"#] {
            let report = advised(&stranded_with(&stores, keys), &[SYNCHRONISES], false, &circumstances());
            let found = entry(&report, "synchronises");
            assert_eq!(found.answer, "depends", "{source}");
            let fact = found.unobserved.iter().find(|one| one.fact == "stores.a.deleted").unwrap();
            assert_eq!(
                (fact.harm.harm.as_str(), fact.condition.as_str()),
                ("loses", "the store of a remembers messages as deleted")
            );
            assert!(fact.observe.contains("tombstones of the store of a"), "{}", fact.observe);
            assert_eq!(fact.harm.says, "it can destroy 2 messages (1, 2)");
            let last = fact.harm.trace.steps.last().unwrap();
            assert_eq!(last.lost, ["m1", "m2"], "the trace shows the loss");
        }
    }
}

#[test]
fn an_observed_deletion_is_used_and_an_observed_absence_of_deletions_makes_the_runbook_safe() {
    let stores = |deleted: &str| {
        format!(
            r#"{{"a": {{"messages": [], "deleted": [{deleted}], "in-transit": false}}, "b": {{"messages": ["1", "2"], "deleted": [], "in-transit": false}}}}"#
        )
    };
    let none = advised(&stranded_with(&stores(""), ""), &[SYNCHRONISES], false, &circumstances());
    assert_eq!(entry(&none, "synchronises").answer, "safe");
    let one = advised(&stranded_with(&stores(r#""2", "gone long ago""#), ""), &[SYNCHRONISES], false, &circumstances());
    let harm = entry(&one, "synchronises").cases[0].harm.as_ref().unwrap();
    assert_eq!(
        (entry(&one, "synchronises").answer.as_str(), harm.says.as_str()),
        ("unsafe", "it can destroy 1 message (2)")
    );
}

#[test]
fn method_1_for_the_mailbox_of_the_article_is_safe_with_preconditions_that_the_operator_controls() {
    let little = r#"{"mailbox": "alice", "directory": {"source": {"home-mdb": "source"}}, "stores": {"source": {"messages": []}, "destination": {"messages": ["one", "two"]}}}"#;
    for (line, wanted) in [
        (STRANDED.to_owned(), &["hold-delivery", "end-sessions"][..]),
        (little.to_owned(), &["hold-delivery", "end-sessions", "finish-replication"]),
        (STRANDED.replace(r#""stores""#, r#""sessions": [], "stores""#), &["hold-delivery"]),
    ] {
        let report = advised(&line, &[], false, &circumstances());
        let found = entry(&report, "method-1");
        let names: Vec<&str> = found.preconditions.iter().map(|one| one.precondition.as_str()).collect();
        assert_eq!((found.answer.as_str(), names.as_slice()), ("safe", wanted), "{line}");
        for precondition in &found.preconditions {
            assert!(precondition.otherwise.is_some(), "{} prevents a harm", precondition.precondition);
        }
        assert!(!found.steps.is_empty());
    }
}

#[test]
fn the_warning_against_a_second_move_needs_no_further_observation() {
    let little = r#"{"mailbox": "alice", "directory": {"source": {"home-mdb": "source"}}, "stores": {"source": {"messages": []}, "destination": {"messages": ["one", "two"]}}}"#;
    let text = printed(&["-"], little);
    assert!(text.contains("Do not move it again: a second move would destroy 2 messages (one, two)"), "{text}");
}

#[test]
fn observed_sessions_are_ended_as_a_precondition() {
    let line = STRANDED.replace(r#""stores""#, r#""sessions": ["imap from 10.0.0.1"], "stores""#);
    let report = advised(&line, &[], false, &circumstances());
    let names = entry(&report, "method-1").preconditions.iter().map(|one| one.precondition.clone());
    assert!(names.into_iter().any(|name| name == "end-sessions"));
}

#[test]
fn mail_that_perhaps_waits_decides_if_it_was_not_observed() {
    let report = advised(STRANDED, &[], false, &circumstances());
    let case = &entry(&report, "q162998").cases[1];
    assert_eq!((case.verdict.as_str(), case.unobserved.as_slice()), ("depends", &["waiting".to_owned()][..]));
    let none = STRANDED.replace(r#""stores""#, r#""waiting": [], "stores""#);
    assert_eq!(verdicts(&advised(&none, &[], false, &circumstances()), "q162998")[1], "safe");
    for waiting in ["3", r#"["late"]"#] {
        let some = STRANDED.replace(r#""stores""#, &format!(r#""waiting": {waiting}, "stores""#));
        assert_eq!(verdicts(&advised(&some, &[], false, &circumstances()), "q162998")[1], "loses");
    }
}

#[test]
fn mail_in_an_unobserved_in_transit_folder_decides() {
    let stores = |transit: &str| format!(r#"{{"a": {{"messages": ["1"], "deleted": []{transit}}}, "b": null}}"#);
    let report = |transit: &str| advised(&stranded_with(&stores(transit), ""), &[], true, &held());
    assert_eq!(depends_on(&report(""), "move"), [("stores.a.in-transit".to_owned(), "loses".to_owned())]);
    assert_eq!(entry(&report(r#", "in-transit": false"#), "move").answer, "safe");
    assert_eq!(entry(&report(r#", "in-transit": true"#), "move").answer, "unsafe");
}

#[test]
fn a_store_that_was_left_out_can_hold_mail() {
    let report = advised(&stranded_with(r#"{"b": {"messages": ["1"]}}"#, ""), &[], false, &held());
    assert!(report.mailboxes[0].unobserved.contains(&"stores.a.messages".to_owned()));
    assert!(depends_on(&report, "method-2").contains(&("stores.a.messages".to_owned(), "loses".to_owned())));
}

#[test]
fn messages_that_were_only_counted_can_be_the_same_or_others() {
    let drops = r#"
        name = "drops"
        [[step]]
        do = "delete-mailbox"
        at = "from"
        [[step]]
        do = "sync-directory"
        from = "from"
        to = "to"
        [[step]]
        do = "report"
        outcome = "ok"
    "#;
    let stores = |source: &str| {
        format!(
            r#"{{"a": {{"messages": {source}, "in-transit": false}}, "b": {{"messages": ["1", "2", "3"], "in-transit": false}}}}"#
        )
    };
    let report = |source: &str| advised(&stranded_with(&stores(source), ""), &[drops], true, &held());
    assert_eq!(depends_on(&report("2"), "drops"), [("stores.a.messages".to_owned(), "loses".to_owned())]);
    assert_eq!(entry(&report(r#"["1", "2"]"#), "drops").answer, "safe");
    assert_eq!(entry(&report(r#"["4", "5"]"#), "drops").answer, "unsafe");
    assert_eq!(report("2").mailboxes[0].standing, "stranded", "the home cannot hold three messages with two");
}

#[test]
fn a_replica_that_was_left_out_can_differ() {
    let line = STRANDED.replace(r#", "destination": {"home-mdb": "source", "home-mta": "source"}"#, "");
    let report = advised(&line, &[], false, &held());
    let found = entry(&report, "method-1").preconditions.iter().find(|one| one.precondition == "finish-replication");
    let found = found.unwrap();
    assert!(found.says.contains("the directory of destination"), "{}", found.says);
    assert!(found.otherwise.is_some());
}

#[test]
fn the_text_names_the_fact_the_harm_and_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("synchronises.toml");
    std::fs::write(&path, SYNCHRONISES).unwrap();
    let path = path.to_str().unwrap();
    let fact = "stores.source.deleted: if the store of source remembers messages as deleted, it can destroy 2 messages (one, two). To \
                observe it, read the tombstones";
    let short = printed(&["-", "--runbook", path], STRANDED);
    for wanted in [
        "Depends on facts that were not observed: synchronises on stores.source.deleted",
        "stores.source.deleted read the tombstones of the store of source",
    ] {
        assert!(short.contains(wanted), "{wanted:?} is not in\n{short}");
    }
    let text = printed(&["-", "--why", "--runbook", path], STRANDED);
    for wanted in [
        &format!("It depends on facts that were not observed: - {fact}"),
        "Ensure this first: - hold delivery before you observe the mailbox",
        "never synchronise",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
}
