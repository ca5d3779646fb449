//! Impossible snapshots: the error for each, and its position.

use stranded_search::snapshot::read;

use super::AT_HOME;

/// The error names the mistake in the line, and the nearest correct value.
#[test]
fn a_line_that_matches_no_state_of_the_model_is_refused_with_the_nearest_form_that_matches() {
    let directory = r#""directory": {"s": {"home-mdb": "s"}}"#;
    let check = |line: &str, reported: &[&str]| {
        let text = format!("{AT_HOME}\n\n{line}\n");
        let wrong = read("test.jsonl", &text).expect_err(line).to_string();
        assert!(wrong.contains("--> test.jsonl:3:"), "the position is missing: {wrong}");
        for reported in reported {
            assert!(wrong.contains(reported), "{reported:?} is not in\n{wrong}");
        }
    };
    let stores = |stores: &str| format!(r#"{{"mailbox": "m", {directory}, "stores": {stores}}}"#);
    check("[]", &["not a JSON object"]);
    check(r#"{"mailbox": "m""#, &["not JSON", "one whole JSON object"]);
    check(&format!("{} trailing", AT_HOME.replace("carol", "dave")), &["not JSON"]);
    check(r#"{"mailbox": 5}"#, &["expected a string", "the value of mailbox"]);
    check(&format!("{{{directory}}}"), &["missing field `mailbox`"]);
    check(&format!(r#"{{"mailbox": " ", {directory}}}"#), &["the mailbox has no name"]);
    check(AT_HOME, &["two lines describe the mailbox `carol`"]);
    check(r#"{"mailbox": "m"}"#, &["no replica was observed"]);
    check(r#"{"mailbox": "m", "directory": {"s": null, "d": null}}"#, &["no replica has a recipient", "nearest"]);
    check(r#"{"mailbox": "m", "directory": {"s": {"home-mdb": 5}}}"#, &["the value of directory.s.home-mdb"]);
    check(
        r#"{"mailbox": "m", "directory": {"server-1": {"home-mdb": "server-2"}}}"#,
        &["home-mdb names `server-2`, a server without any observation", "nearest: `server-1`"],
    );
    check(
        r#"{"mailbox": "m", "directory": {"s": {"home-mta": "/o=O/ou=S/cn=Configuration/cn=Servers/cn=T/cn=Microsoft MTA"}}}"#,
        &["home-mta names `T`"],
    );
    check(&stores(r#"{"d": {}}"#), &["missing field `messages`"]);
    check(&stores(r#"{"d": {"messages": ["1", "1"]}}"#), &["`1` is twice in the store of d", "nearest: name it once"]);
    check(&stores(r#"{"d": null, "d": null}"#), &["`d` is given twice"]);
    check(&stores(r#"{"S": null}"#), &["are one server", "write `s`"]);
    check(&stores(r#"{"to": null}"#), &["no server can be called `to`"]);
    check(&stores(r#"{"a": null, "b": null, "c": null, "d": null}"#), &["5 servers", "at most 4"]);
    let each = |sets: &[&str]| sets.iter().map(|set| format!(r#""{set}""#)).collect::<Vec<_>>().join(",");
    let spread = format!(
        r#"{{"a": {{"messages": [{}]}}, "b": {{"messages": [{}]}}, "c": {{"messages": [{}]}}, "s": {{"messages": [{}]}}}}"#,
        each(&["a", "ab", "ac", "as"]),
        each(&["b", "ab", "bc", "bs"]),
        each(&["c", "ac", "bc"]),
        each(&["as", "bs"]),
    );
    check(&stores(&spread), &["8 different sets of stores", "the model distinguishes 7"]);
}

/// For each refused line, the nearest accepted one.
#[test]
fn lines_without_unobserved_parts_are_accepted_with_a_remark() {
    let check = |line: &str, remarks: &[&str]| {
        let snapshots = read("test.jsonl", line).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(snapshots[0].remarks.len(), remarks.len(), "{:?}", snapshots[0].remarks);
        for (remark, wanted) in snapshots[0].remarks.iter().zip(remarks) {
            assert!(remark.contains(wanted), "{remark}");
        }
    };
    let full = r#"{"home-mdb": "s", "home-mta": "s"}"#;
    check(&format!(r#"{{"mailbox": "m", "directory": {{"s": {full}}}, "stores": {{"s": null}}}}"#), &[]);
    check(&format!(r#"{{"mailbox": "m", "directory": {{"s": {full}}}}}"#), &["the store of s was not observed"]);
    check(
        r#"{"mailbox": "m", "directory": {"s": {"home-mdb": "s"}}, "stores": {"s": null}}"#,
        &["home-mta on s was not"],
    );
    check(
        &format!(r#"{{"mailbox": "m", "directory": {{"s": {full}}}, "stores": {{"s": null, "d": null}}}}"#),
        &["the directory of d was not observed"],
    );
    check(
        r#"{"mailbox": "m", "directory": {"s": {"home-mdb": "/o=O/ou=S/cn=Servers/cn=s/cn=Microsoft Private MDB", "home-mta": "S"}}, "stores": {"s": null}}"#,
        &["home-mdb on s is malformed: `cn=Configuration` is missing"],
    );
}

#[test]
fn a_distinguished_name_in_the_format_of_the_article_names_its_server() {
    let mdb = "/o=Acme/ou=North/cn=Configuration/cn=Servers/cn=S/cn=Microsoft Private MDB";
    let line = format!(r#"{{"mailbox": "m", "directory": {{"s": {{"home-mdb": "{mdb}"}}}}}}"#);
    let snapshots = read("test.jsonl", &line).unwrap();
    assert!(snapshots[0].home().is_some());
    assert_eq!((snapshots[0].names.organization.as_str(), snapshots[0].names.name.as_str()), ("Acme", "North"));
}

#[test]
fn twenty_of_many_wrong_lines_are_reported_and_the_others_counted() {
    let lines: Vec<String> = (0..30).map(|number| format!(r#"{{"mailbox": "{number}"}}"#)).collect();
    let wrong = read("test.jsonl", &lines.join("\n")).unwrap_err();
    assert_eq!((wrong.iter().count(), wrong.more()), (20, 10));
    assert!(wrong.to_string().ends_with("error: and 10 more errors"));
}
