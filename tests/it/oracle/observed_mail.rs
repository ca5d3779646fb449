//! Mail that the observations show, judged without the model: copies, details and lost messages.

use pretty_assertions::assert_eq;
use stranded_oracle::oracle::{CaseVerdict, Oracle, OracleOptions};
use stranded_oracle::protocol::Event;

use crate::cli::stranded_in;
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

/// Returns a mailbox with the message m1 and these details of it.
fn detailed(details: &str) -> String {
    format!(r#"{{"messages":["m1"],"pending":[],"details":{{"m1":{details}}}}}"#)
}

/// Returns the findings after these lines, each with its verdict.
fn findings(lines: &[String], safety_only: bool) -> Vec<(CaseVerdict, String)> {
    let spec = loaded(SCENARIO);
    let mut oracle = Oracle::new(&spec, OracleOptions { safety_only, ..OracleOptions::default() }).unwrap();
    for line in lines {
        oracle.take(&Event::of_line(line).unwrap()).unwrap();
    }
    oracle.judgement().findings.into_iter().map(|finding| (finding.verdict, finding.says)).collect()
}

fn check(lines: &[String], expected: &[(CaseVerdict, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(verdict, says)| (*verdict, (*says).to_owned())).collect();
    assert_eq!(findings(lines, true), expected, "{lines:#?}");
}

/// Returns a case in which m1 is moved, with these details before and after.
fn moved(before: &str, after: &str) -> [String; 5] {
    [
        RESET.to_owned(),
        delivered("m1"),
        observed("source", &detailed(before), "null"),
        RAN.to_owned(),
        observed("destination", SHELL, &detailed(after)),
    ]
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
    let in_both = findings(&case(observed("destination", &holding("m1"), &holding("m1"))), true);
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
fn a_message_with_another_digest_has_changed_and_the_same_or_an_unobserved_digest_says_nothing() {
    let says = "m1 changed in transit: its digest on destination is not the one seen on source";
    let one = r#"{"digest":"sha256:1"}"#;
    check(&moved(one, r#"{"digest":"sha256:2"}"#), &[(CaseVerdict::Changed, says)]);
    check(&moved(one, one), &[]);
    check(&moved(one, "{}"), &[]);
    check(&moved("{}", one), &[]);
}

#[test]
fn flags_are_compared_as_sets_and_folders_by_name() {
    let flags = |flags: &str| format!(r#"{{"flags":[{flags}]}}"#);
    let one = flags(r#""\\Seen","Work""#);
    let says = "m1 changed in transit: its flags on destination are not those seen on source";
    check(&moved(&one, &flags(r#""\\Seen""#)), &[(CaseVerdict::Changed, says)]);
    check(&moved(&one, &flags(r#""work","\\Recent","\\Seen""#)), &[]);
    let says = "m1 changed in transit: its folder on destination is not the one seen on source";
    check(&moved(r#"{"folder":"INBOX"}"#, r#"{"folder":"Sent"}"#), &[(CaseVerdict::Changed, says)]);
    check(&moved(r#"{"folder":"INBOX"}"#, r#"{"folder":"INBOX"}"#), &[]);
}

#[test]
fn the_folder_of_a_pending_message_says_nothing() {
    let pending = detailed(r#"{"folder":"in-transit"}"#).replace(r#""pending":[]"#, r#""pending":["m1"]"#);
    let [reset, deliver, _, run, after] = moved("{}", r#"{"folder":"INBOX"}"#);
    check(&[reset, deliver, observed("source", &pending, "null"), run, after], &[]);
}

#[test]
fn after_a_logon_or_a_deletion_by_the_owner_only_a_digest_can_change_in_transit() {
    let all =
        |digest: &str, folder: &str| format!(r#"{{"digest":"{digest}","flags":["{folder}"],"folder":"{folder}"}}"#);
    let log_on = r#"{"event":"did","action":"log-on","mailbox":"mailbox-1","by":"source","result":"ok"}"#;
    let deletes =
        r#"{"event":"did","action":"owner-deletes","mailbox":"mailbox-1","message":"m2","by":"source","result":"ok"}"#;
    let says = "m1 changed in transit: its digest on destination is not the one seen on source";
    for act in [log_on, deletes] {
        let case = |after: &str| {
            let [reset, deliver, before, run, after] = moved(&all("1", "INBOX"), after);
            [reset, deliver, before, act.to_owned(), run, after]
        };
        check(&case(&all("1", "Sent")), &[]);
        check(&case(&all("2", "Sent")), &[(CaseVerdict::Changed, says)]);
    }
    // A logon without an answer can still change flags and folders after they were seen.
    let unknown = log_on.replace("\"ok\"", "\"unknown\"");
    let [reset, deliver, before, run, after] = moved(&all("1", "INBOX"), &all("1", "Sent"));
    check(&[reset, deliver, unknown, before, run, after], &[]);
}

#[test]
fn a_message_that_begins_in_a_start_is_compared_with_it_and_named_once() {
    let start = format!(
        r#"{{"event":"reset","start":{{"mailbox-1":{{"stores":{{"source":{},"destination":null}}}}}}}}"#,
        detailed(r#"{"digest":"1"}"#)
    );
    let other = observed("source", &detailed(r#"{"digest":"2"}"#), "null");
    let says = "m1 changed in transit: its digest on source is not the one seen there first";
    let lines = [start, other.clone(), RAN.to_owned(), other];
    let changed = findings(&lines, true).into_iter().filter(|(verdict, _)| *verdict == CaseVerdict::Changed);
    assert_eq!(changed.map(|(_, says)| says).collect::<Vec<_>>(), [says]);
}

#[test]
fn a_message_that_changed_is_a_finding_although_the_model_explains_everything() {
    let (one, two) = (r#"{"digest":"1"}"#, r#"{"digest":"2"}"#);
    assert_eq!(findings(&moved(one, one), false), []);
    let says = "m1 changed in transit: its digest on destination is not the one seen on source";
    assert_eq!(findings(&moved(one, two), false), [(CaseVerdict::Changed, says.to_owned())]);
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

#[test]
fn an_error_in_the_details_names_its_key() {
    let rows = [
        (r#"{"digest":1}"#, "in `stores.source`, in `details.m1`, `digest` is a number"),
        (r#"{"flags":"\\Seen"}"#, "in `stores.source`, in `details.m1`, `flags` is a string"),
        (r#"{"size":1}"#, "in `stores.source`, in `details.m1`, there is a key `size`"),
        ("null", "in `stores.source`, `details.m1` is null"),
        ("[]", "in `stores.source`, `details.m1` is a list"),
    ];
    for (details, expected) in rows {
        let wrong = Event::of_line(&observed("source", &detailed(details), "null")).unwrap_err();
        assert!(wrong.message.contains(expected), "{details}: {wrong}");
    }
}

#[test]
fn details_are_written_as_they_were_read() {
    let details = r#"{"digest":"sha256:1","flags":["\\Seen"],"folder":"INBOX"}"#;
    let event = Event::of_line(&observed("source", &detailed(details), "null")).unwrap();
    assert!(event.line().contains(&format!(r#""details":{{"m1":{details}}}"#)), "{}", event.line());
    assert_eq!(Event::of_line(&event.line()).unwrap(), event);
}

#[test]
fn a_message_that_changed_ends_a_validation_with_exit_code_1_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let log: String = moved(r#"{"digest":"1"}"#, r#"{"digest":"2"}"#).iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(folder.path().join("log.jsonl"), log).unwrap();
    for (format, expected) in [
        ("text", "changed  move-without-marks"),
        ("json", r#""verdict": "changed""#),
        ("junit", "mail-does-not-change"),
        ("tap", "mail-does-not-change"),
        ("markdown", "mail-does-not-change"),
    ] {
        let ran = stranded_in(folder.path(), &["validate", SCENARIO, "log.jsonl", "--safety", "--format", format]);
        assert_eq!(ran.code, 1, "{format}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(expected), "{format}: {}", ran.out);
    }
}

#[test]
fn a_change_is_worse_than_a_duplicate_and_better_than_mail_that_cannot_be_reached() {
    assert!(CaseVerdict::Duplicate < CaseVerdict::Changed && CaseVerdict::Changed < CaseVerdict::Unreachable);
    assert!(CaseVerdict::ALL.is_sorted());
}
