//! Mail that the observations show, judged without the model: copies and lost messages.

use pretty_assertions::assert_eq;
use stranded_oracle::oracle::{CaseVerdict, Oracle, OracleOptions};
use stranded_oracle::protocol::Event;

use crate::worlds::loaded;

const SCENARIO: &str = "move-without-marks";
const RESET: &str = r#"{"event":"reset"}"#;
const RAN: &str = r#"{"event":"did","action":"run","mailbox":"mailbox-1","administrator":"first","procedure":"move-without-marks","from":"source","to":"destination","connected-to":"source","result":"ok"}"#;
const SHELL: &str = r#"{"messages":[]}"#;

fn delivered(message: &str) -> String {
    format!(
        r#"{{"event":"did","action":"deliver","mailbox":"mailbox-1","message":"{message}","by":"source","result":"ok"}}"#
    )
}

/// Returns an observation of both stores, in which every replica names this home.
fn observed(home: &str, source: &str, destination: &str) -> String {
    let homes = format!(r#"{{"home-mdb":"{home}","home-mta":"{home}"}}"#);
    format!(
        r#"{{"event":"observed","mailbox":"mailbox-1","directory":{{"source":{homes},"destination":{homes}}},"stores":{{"source":{source},"destination":{destination}}},"queued":[],"returned":[],"saved":[]}}"#
    )
}

/// Returns a mailbox with these messages.
fn holding(messages: &str) -> String {
    let names: Vec<String> = messages.split_whitespace().map(|name| format!("\"{name}\"")).collect();
    format!(r#"{{"messages":[{}]}}"#, names.join(","))
}

/// Returns the findings after these lines, each with its verdict.
fn findings(lines: &[String]) -> Vec<(CaseVerdict, String)> {
    let spec = loaded(SCENARIO);
    let mut oracle = Oracle::new(&spec, OracleOptions { safety_only: true, ..OracleOptions::default() }).unwrap();
    for line in lines {
        oracle.take(&Event::of_line(line).unwrap()).unwrap();
    }
    oracle.judgement().findings.into_iter().map(|finding| (finding.verdict, finding.says)).collect()
}

fn check(lines: &[String], expected: &[(CaseVerdict, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(verdict, says)| (*verdict, (*says).to_owned())).collect();
    assert_eq!(findings(lines), expected, "{lines:#?}");
}

#[test]
fn a_store_that_shows_a_message_twice_has_a_duplicate_and_one_copy_in_each_store_is_none() {
    let before = observed("source", &holding("m1"), "null");
    let case = |after: String| [RESET.to_owned(), delivered("m1"), before.clone(), RAN.to_owned(), after];
    check(
        &case(observed("destination", SHELL, &holding("m1 m1 m1"))),
        &[(CaseVerdict::Duplicate, "destination holds m1 3 times")],
    );
    check(&case(observed("destination", SHELL, &holding("m1"))), &[]);
    let in_both = findings(&case(observed("destination", &holding("m1"), &holding("m1"))));
    assert!(in_both.iter().all(|(verdict, _)| *verdict != CaseVerdict::Duplicate), "{in_both:?}");
}

#[test]
fn a_mailbox_that_begins_with_two_copies_has_a_duplicate_when_it_has_three() {
    let start = format!(
        r#"{{"event":"reset","start":{{"mailbox-1":{{"stores":{{"source":{SHELL},"destination":{}}}}}}}}}"#,
        holding("m1 m1")
    );
    let at_first = observed("destination", SHELL, &holding("m1 m1"));
    for beginning in [vec![start], vec![RESET.to_owned(), at_first]] {
        let case = |copies: &str| {
            [beginning.clone(), vec![RAN.to_owned(), observed("destination", SHELL, &holding(copies))]].concat()
        };
        check(&case("m1 m1"), &[]);
        check(&case("m1 m1 m1"), &[(CaseVerdict::Duplicate, "destination holds m1 3 times")]);
    }
}

#[test]
fn a_duplicate_is_not_reported_while_a_store_can_still_change() {
    let run = RAN.replace("\"did\"", "\"call\",\"call\":1").replace(",\"result\":\"ok\"", "");
    let before = observed("source", &holding("m1"), "null");
    let during = observed("source", &holding("m1"), &holding("m1 m1"));
    check(&[RESET.to_owned(), delivered("m1"), before, run, during], &[]);
}

#[test]
fn a_message_of_which_one_copy_remains_is_not_lost_and_a_lost_message_is_named_once() {
    let before = observed("source", &holding("m1 m1 m2"), "null");
    let after = observed("destination", SHELL, &holding("m1"));
    check(
        &[RESET.to_owned(), before, RAN.to_owned(), after.clone(), after],
        &[(CaseVerdict::Loss, "accepted messages are lost: m2")],
    );
}
