//! Impossible snapshots: the error for each, and its position.

use stranded_model::dn::HomeAttribute;
use stranded_model::id::ServerId;
use stranded_search::snapshot::{UnobservedFact, read};

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
    let directory_with = |entry: &str| format!(r#"{{"mailbox": "m", "directory": {{"s": {entry}}}}}"#);
    let stores = |stores: &str| format!(r#"{{"mailbox": "m", {directory}, "stores": {stores}}}"#);
    check("[]", &["this is not a JSON object"]);
    check(r#"{"mailbox": "m""#, &["not JSON", "one whole JSON object"]);
    check(&directory_with("“s”"), &["use straight double quotes"]);
    check(&directory_with("None"), &["write null in lower case"]);
    check(&directory_with(r#"{"home-mdb": "s""#), &["a } is missing"]);
    check(&directory_with(r#"{"home-mdb": ""}"#), &["home-mdb on s is empty"]);
    check(&format!("{} trailing", AT_HOME.replace("carol", "dave")), &["not JSON"]);
    check(r#"{"mailbox": 5}"#, &["expected a string", "the value of mailbox"]);
    check(&format!("{{{directory}}}"), &["missing field `mailbox`"]);
    check(&format!(r#"{{"mailbox": " ", {directory}}}"#), &["the mailbox has no name"]);
    check(AT_HOME, &["the mailbox `carol` is described twice"]);
    check(r#"{"mailbox": "m"}"#, &["no replica was observed"]);
    check(r#"{"mailbox": "m", "directory": {"s": {"home-mdb": 5}}}"#, &["the value of directory.s.home-mdb"]);
    check(
        r#"{"mailbox": "m", "directory": {"server-1": {"home-mdb": "server-2"}}}"#,
        &["home-mdb names `server-2`, a server without any observation", "if this is `server-1`, write `server-1`"],
    );
    check(
        r#"{"mailbox": "m", "directory": {"s": {"home-mta": "/o=O/ou=S/cn=Configuration/cn=Servers/cn=T/cn=Microsoft MTA"}}}"#,
        &["home-mta names `T`"],
    );
    check(
        &stores(r#"{"d": {"messages": -1}}"#),
        &["a list of names, or a number from 0", "the value of stores.d.messages"],
    );
    check(&stores(r#"{"d": {"messages": [1]}}"#), &["expected a string"]);
    check(
        &stores(r#"{"d": {"messages": [], "deleted": 3}}"#),
        &["expected a sequence", "the value of stores.d.deleted"],
    );
    check(
        &format!(r#"{{"mailbox": "m", {directory}, "waiting": true}}"#),
        &["a list of names", "the value of waiting"],
    );
    check(
        &format!(r#"{{"mailbox": "m", {directory}, "stores": {{"d": {{"in-transit": true}}}}, "marks": false}}"#),
        &["`marks` is false, but the store of d"],
    );
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

#[test]
fn a_key_that_is_left_out_is_unobserved_and_an_empty_list_is_an_observation() {
    let (s, d) = (ServerId(0), ServerId(1));
    let check = |line: &str, unobserved: &[UnobservedFact]| {
        let snapshots = read("test.jsonl", line).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(snapshots[0].unobserved, unobserved, "{line}");
    };
    let full = r#"{"home-mdb": "s", "home-mta": "s"}"#;
    let both = |directory: &str, stores: &str| {
        format!(r#"{{"mailbox": "m", "directory": {directory}, "stores": {stores}, "waiting": [], "sessions": []}}"#)
    };
    let all = r#""messages": [], "deleted": [], "in-transit": false"#;
    check(&both(&format!(r#"{{"s": {full}}}"#), &format!(r#"{{"s": {{{all}}}}}"#)), &[]);
    check(&both(&format!(r#"{{"s": {full}}}"#), r#"{"s": null}"#), &[UnobservedFact::Deletions(s)]);
    check(
        &both(&format!(r#"{{"s": {full}}}"#), "{}"),
        &[UnobservedFact::Store(s), UnobservedFact::Deletions(s), UnobservedFact::Transit(s)],
    );
    check(
        &both(r#"{"s": {"home-mdb": "s"}}"#, r#"{"s": {"messages": [], "deleted": [], "in-transit": false}}"#),
        &[UnobservedFact::Attribute(HomeAttribute::Mta)],
    );
    check(
        &both(&format!(r#"{{"s": {full}}}"#), &format!(r#"{{"s": {{{all}}}, "d": {{{all}}}}}"#)),
        &[UnobservedFact::Replica(d)],
    );
    let counted = format!(
        r#"{{"s": {{"messages": 2, "deleted": [], "in-transit": false}}, "d": {{{}}}}}"#,
        all.replace("[]", r#"["1"]"#)
    );
    check(&both(&format!(r#"{{"s": {full}, "d": {full}}}"#), &counted), &[UnobservedFact::Overlap(s)]);
    check(
        &format!(r#"{{"mailbox": "m", "directory": {{"s": {full}}}, "stores": {{"s": {{{all}}}}}}}"#),
        &[UnobservedFact::Waiting, UnobservedFact::Sessions],
    );
}

#[test]
fn further_copies_and_malformed_homes_are_accepted_with_a_remark() {
    let check = |line: &str, wanted: &str| {
        let snapshots = read("test.jsonl", line).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(snapshots[0].remarks.len(), 1, "{:?}", snapshots[0].remarks);
        assert!(snapshots[0].remarks[0].contains(wanted), "{:?}", snapshots[0].remarks);
    };
    check(
        r#"{"mailbox": "m", "directory": {"s": {"home-mdb": "s", "home-mta": "s"}}, "stores": {"s": {"messages": ["1", "1", "2"]}}}"#,
        "the store of s holds 1 further copies of its own messages",
    );
    check(
        r#"{"mailbox": "m", "directory": {"s": {"home-mdb": "/o=O/ou=S/cn=Servers/cn=s/cn=Microsoft Private MDB", "home-mta": "S"}}, "stores": {"s": null}}"#,
        "home-mdb on s is malformed: `cn=Configuration` is missing",
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

#[test]
fn objects_in_several_lines_and_arrays_are_read_as_lines_are() {
    let sorted: serde_json::Value = serde_json::from_str(AT_HOME).unwrap();
    let at_home = sorted.to_string();
    let other = at_home.replace("carol", "dave");
    let lines = read("test.jsonl", &format!("{at_home}\n{other}\n")).unwrap();
    let pretty = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    };
    let braces_alone = pretty(&at_home).replace(": {", ":\n{");
    for text in [
        format!("[{at_home}, {other}]"),
        format!("[\n{at_home},\n{other}\n]\n"),
        format!("{}\n{}\n", pretty(&at_home), pretty(&other)),
        format!("\u{feff}[{},\r\n{}]", pretty(&at_home), pretty(&other)),
        format!("{braces_alone}\n{other}"),
    ] {
        let found = read("test.json", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(found.len(), 2, "{text}");
        for (found, line) in found.iter().zip(&lines) {
            assert_eq!((&found.mailbox, &found.unobserved), (&line.mailbox, &line.unobserved), "{text}");
            assert_eq!((&found.homes, &found.mailboxes), (&line.homes, &line.mailboxes), "{text}");
        }
    }
}

#[test]
fn an_error_in_an_object_of_several_lines_has_its_line_and_column() {
    let check = |text: &str, position: &str, reported: &str| {
        let wrong = read("test.json", text).expect_err(text).to_string();
        assert!(wrong.contains(&format!("--> test.json:{position}\n")) && wrong.contains(reported), "{wrong}");
    };
    check("{\n  \"mailbox\": 5\n}", "2:14", "expected a string");
    check("[\n  {\"mailbox\": \"a\"},\n  7\n]", "3:3", "this is not a JSON object");
    check("[{\"mailbox\": \"a\"}", "1:17", "the array has no end");
    check(
        "{\n  \"mailbox\": \"a\",\n  \"directory\": {\"s\": {\"home_mdb\": \"s\"}}\n}",
        "3:23",
        "did you mean `home-mdb`?",
    );
    check(&format!("{{\"mailbox\": \"a\"\n{AT_HOME}"), "1:15", "one whole JSON object");
}

#[test]
fn a_misspelt_key_is_refused_with_the_right_one_and_other_keys_are_ignored() {
    let line = |entry: &str, store: &str, more: &str| {
        format!(
            r#"{{"mailbox": "m", "directory": {{"s": {{"{entry}": "s"}}}}, "stores": {{"s": {{"{store}": 2}}}}{more}}}"#
        )
    };
    let check = |line: &str, wrong: &str, right: &str| {
        let reported = read("test.jsonl", line).expect_err(line).to_string();
        assert!(reported.contains(&format!("has no key `{wrong}`")), "{reported}");
        assert!(reported.contains(&format!("did you mean `{right}`?")), "{reported}");
    };
    for entry in ["home_mdb", "homemdb", "Home-MDB", "HomeMDB", "home"] {
        check(&line(entry, "messages", ""), entry, "home-mdb");
    }
    for store in ["message", "Messages", "mesages", "count", "items"] {
        check(&line("home-mdb", store, ""), store, "messages");
    }
    let named = line("home-mdb", "messages", "");
    check(&named.replace("stores", "store"), "store", "stores");
    check(&named.replace("\"mailbox\"", "\"Mailbox\""), "Mailbox", "mailbox");
    check(&line("home-mdb", "messages", r#", "queue": 0"#), "queue", "waiting");
    assert!(read("test.jsonl", &line("home-mdb", "messages", r#", "size": 4, "note": "x", "user": 5"#)).is_ok());
    for (key, of) in [("in-transit", "a store"), ("home-mdb", "a recipient")] {
        let wrong = line("home-mdb", "messages", &format!(r#", "{key}": false"#));
        let reported = read("test.jsonl", &wrong).expect_err(key).to_string();
        assert!(reported.contains(&format!("a mailbox has no key `{key}`")), "{reported}");
        assert!(reported.contains(&format!("`{key}` is a key of {of}")), "{reported}");
    }
}

#[test]
fn a_gap_in_the_directory_is_noted() {
    let whole = r#"{"home-mdb": "s", "home-mta": "s"}"#;
    let remarks = |directory: &str| {
        let line =
            format!(r#"{{"mailbox": "m", "directory": {directory}, "stores": {{"s": null, "d": {{"messages": 2}}}}}}"#);
        read("test.jsonl", &line).unwrap().remove(0).remarks
    };
    assert_eq!(remarks(&format!(r#"{{"s": {whole}, "d": {whole}}}"#)), Vec::<String>::new());
    assert_eq!(remarks(&format!(r#"{{"s": {whole}, "d": null}}"#)), Vec::<String>::new());
    assert_eq!(remarks(r#"{"s": {"home-mdb": "s"}}"#), ["home-mta was not observed on s"]);
    let stray = remarks(&format!(r#"{{"ldap": {whole}}}"#));
    assert!(matches!(stray.as_slice(), [one] if one.starts_with("ldap is only a key of `directory`")), "{stray:?}");
}
