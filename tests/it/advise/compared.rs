//! The comparison of two snapshots: what a move lost, duplicated, changed or stranded, and what remains unknown.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stranded_search::comparison::{ComparisonResult, MailboxComparison, Question, compare};
use stranded_search::snapshot::read;

use super::stranded;

/// Returns the line of a mailbox with this home and these stores.
fn line(home: &str, stores: &Value) -> String {
    json!({"mailbox": "alice", "directory": {"SRC": {"home-mdb": home, "home-mta": home}}, "stores": stores})
        .to_string()
}

fn compared(before: &str, after: &str) -> MailboxComparison {
    let [before, after] =
        [before, after].map(|text| read("test.jsonl", text).unwrap_or_else(|wrong| panic!("{wrong}")));
    compare(&before, &after).remove(0)
}

/// Compares a mailbox before, on SRC, and after, with its home at DST.
fn moved(before: &Value, after: &Value) -> MailboxComparison {
    compared(&line("SRC", before), &line("DST", after))
}

fn both() -> Value {
    json!({"SRC": {"messages": ["a", "b"]}, "DST": null})
}

#[test]
fn a_message_in_no_store_is_lost_and_a_complete_move_loses_nothing() {
    let good = moved(&both(), &json!({"SRC": null, "DST": {"messages": ["b", "a", "new"]}}));
    assert_eq!(good.results(), []);
    assert_eq!(good.arrived, 1);
    let bad = moved(&both(), &json!({"SRC": {"messages": [], "deleted": ["a", "b"]}, "DST": {"messages": ["a"]}}));
    assert_eq!(bad.results(), [ComparisonResult::Lost]);
    assert_eq!((bad.lost[0].message.as_str(), bad.lost[0].was_on.as_slice()), ("b", &["SRC".to_owned()][..]));
    assert_eq!(bad.lost[0].deleted_on, ["SRC"]);
}

#[test]
fn a_message_that_waits_is_not_lost_and_one_that_waited_before_is_unknown_without_the_queue() {
    let with = |text: String, waiting: Value| {
        let mut line: Value = serde_json::from_str(&text).unwrap();
        line["waiting"] = waiting;
        line.to_string()
    };
    let moved = || line("DST", &json!({"SRC": null, "DST": {"messages": ["a", "b"]}}));
    let before = with(line("SRC", &both()), json!(["w"]));
    let results = |after: &str| compared(&before, after).results();
    assert_eq!(results(&with(moved(), json!(["w"]))), []);
    assert_eq!(results(&with(moved(), json!([]))), [ComparisonResult::Lost]);
    assert_eq!(results(&with(moved(), json!(1))), [ComparisonResult::Unknown]);
    assert_eq!(results(&moved()), [ComparisonResult::Unknown]);
}

#[test]
fn a_message_is_unknown_and_never_lost_if_a_store_was_not_observed_after() {
    let found = moved(&both(), &json!({"DST": {"messages": ["a"]}}));
    assert_eq!(found.results(), [ComparisonResult::Unknown]);
    assert_eq!(found.unknown[0].message, "b");
    assert_eq!(found.unknown[0].question, Question::IsLost(vec!["stores.SRC.messages".to_owned()]));
    // A mailbox whose messages were not read is not an empty mailbox.
    let unread = moved(&both(), &json!({"SRC": {}, "DST": {"messages": ["a"]}}));
    assert_eq!(unread.results(), [ComparisonResult::Unknown]);
}

#[test]
fn a_store_with_only_a_number_gives_only_numbers() {
    let by_number = |before: Value, after: Value| {
        let found = moved(&before, &after);
        assert!(found.lost.is_empty() && found.duplicated.is_empty());
        (found.results(), found.lost_unnamed)
    };
    let unknown = vec![ComparisonResult::Unknown];
    let lost = vec![ComparisonResult::Lost, ComparisonResult::Unknown];
    assert_eq!(by_number(both(), json!({"SRC": null, "DST": {"messages": 2}})), (unknown.clone(), 0));
    assert_eq!(by_number(both(), json!({"SRC": null, "DST": {"messages": 1}})), (lost.clone(), 1));
    let five = || json!({"SRC": {"messages": 5}, "DST": null});
    assert_eq!(by_number(five(), json!({"SRC": null, "DST": {"messages": 5}})), (unknown.clone(), 0));
    assert_eq!(by_number(five(), json!({"SRC": null, "DST": {"messages": ["a", "b"]}})), (lost, 3));
    assert_eq!(by_number(five(), json!({"DST": {"messages": ["a", "b"]}})), (unknown, 0));
}

#[test]
fn a_message_is_duplicated_if_its_store_holds_more_copies_than_before_and_than_1() {
    let twice = || json!({"SRC": null, "DST": {"messages": ["a", "b", "a"]}});
    let found = moved(&both(), &twice());
    assert_eq!(found.results(), [ComparisonResult::Duplicated]);
    assert_eq!((found.duplicated[0].before, found.duplicated[0].after), (0, 2));
    let already = json!({"SRC": {"messages": ["a", "b"]}, "DST": {"messages": ["a", "a"]}});
    assert_eq!(moved(&already, &twice()).results(), []);
    let unseen = moved(&json!({"SRC": {"messages": ["a", "b"]}}), &twice());
    assert_eq!(unseen.results(), [ComparisonResult::Unknown]);
    assert_eq!(unseen.unknown[0].question, Question::IsDuplicated("stores.DST.messages".to_owned()));
    let two_stores = json!({"SRC": {"messages": ["a"]}, "DST": {"messages": ["a", "b"]}});
    assert_eq!(moved(&both(), &two_stores).results(), [], "a copy in each of two stores is no duplicate");
}

#[test]
fn a_message_with_another_digest_is_changed_and_other_flags_are_only_noted() {
    let with = |server: &str, details: Value| {
        let other = if server == "SRC" { "DST" } else { "SRC" };
        json!({server: {"messages": ["a"], "details": {"a": details}}, other: null})
    };
    let before = with("SRC", json!({"digest": "1", "flags": ["seen", "old"], "folder": "INBOX"}));
    let after = |details: Value| moved(&before, &with("DST", details));
    assert_eq!(after(json!({"digest": "2"})).results(), [ComparisonResult::Changed]);
    assert_eq!(after(json!({})).results(), []);
    let same = after(json!({"digest": "1", "flags": ["old", "seen"], "folder": "INBOX"}));
    assert!(same.results().is_empty() && same.rearranged.is_empty());
    for details in [json!({"flags": ["seen"]}), json!({"folder": "Trash"})] {
        let found = after(details);
        assert!(found.results().is_empty());
        assert_eq!(found.rearranged, ["a"]);
    }
}

#[test]
fn a_stranded_mailbox_lists_its_messages_and_the_server_that_holds_them() {
    let found = compared(
        &line("SRC", &both()),
        &line("SRC", &json!({"SRC": {"messages": ["b"]}, "DST": {"messages": ["a", "b"]}})),
    );
    assert_eq!(found.results(), [ComparisonResult::Stranded]);
    assert_eq!(found.stranded.len(), 1);
    assert_eq!((found.stranded[0].message.as_str(), &found.stranded[0].servers[..]), ("a", &["DST".to_owned()][..]));
}

#[test]
fn names_of_servers_are_compared_without_regard_to_case() {
    let after = line("DST", &json!({"src": null, "DST": {"messages": ["a", "b"]}})).replace(r#""SRC""#, r#""src""#);
    assert_eq!(compared(&line("SRC", &both()), &after).results(), []);
}

#[test]
fn details_of_a_message_that_the_store_does_not_name_are_refused() {
    let wrong = line("SRC", &json!({"SRC": {"messages": ["a"], "details": {"z": {"digest": "1"}}}}));
    let wrong = read("test.jsonl", &wrong).unwrap_err().to_string();
    assert!(wrong.contains("`details` describes `z`, which `messages` of this store does not name"), "{wrong}");
    assert!(read("test.jsonl", &line("SRC", &json!({"SRC": {"messages": 1, "details": {"z": {}}}}))).is_err());
}

/// Runs the program on two files, and returns its exit code and its output.
fn run(before: &str, after: &str, more: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("before.jsonl");
    std::fs::write(&path, before).unwrap();
    let output = stranded(&[&["-", "--before", path.to_str().unwrap()], more].concat(), after);
    (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn the_comparison_ends_with_1_if_something_is_wrong_and_with_3_if_something_is_unknown() {
    let before = line("SRC", &both());
    let after = |stores: Value| line("DST", &stores);
    let good = after(json!({"SRC": null, "DST": {"messages": ["a", "b"]}}));
    for (after, code, says) in [
        (good.clone(), 0, "1 mailbox: nothing was lost, duplicated, changed or stranded\n"),
        (after(json!({"SRC": null, "DST": {"messages": ["a"]}})), 1, "1 mailbox: 1 lost mail\n"),
        (after(json!({"DST": {"messages": ["a"]}})), 3, "1 mailbox: nothing wrong was found, but not everything"),
        (good.replace("alice", "bob"), 3, "  not observed after  1 mailbox\n  not observed before 1 mailbox\n"),
    ] {
        let (found, text) = run(&before, &after, &[]);
        assert_eq!(found, code, "{text}");
        assert!(text.contains(says), "{says:?} is not in\n{text}");
    }
    assert_eq!(run(&before, &good, &["--all"]).0, 2, "options of the advice do not fit a comparison");
    assert_eq!(stranded(&["-", "--before", "-"], &good).status.code(), Some(2));
}

/// Returns the lines of many moved mailboxes before and after; of every 1,000, one each is lost, duplicated, changed and stranded.
fn many(count: usize) -> [String; 2] {
    let [mut before, mut after] = [String::new(), String::new()];
    for number in 0..count {
        let names: Vec<String> = (0..5).map(|index| format!("<{number}.{index}@example.test>")).collect();
        let store = |names: &[String], digest: &str| {
            let details: serde_json::Map<String, Value> =
                names.iter().map(|name| (name.clone(), json!({"digest": digest}))).collect();
            json!({"messages": names, "details": details})
        };
        let (mut held, mut digest, mut home) = (names.clone(), "1", "DST");
        match number % 1000 {
            1 => drop(held.pop()),
            2 => held.push(names[0].clone()),
            3 => digest = "2",
            4 => home = "SRC",
            _ => {}
        }
        let named = |line: String| line.replace("alice", &format!("user-{number}")) + "\n";
        before.push_str(&named(line("SRC", &json!({"SRC": store(&names, "1"), "DST": null}))));
        after.push_str(&named(line(home, &json!({"SRC": null, "DST": store(&held, digest)}))));
    }
    [before, after]
}

#[test]
fn a_report_on_20_000_mailboxes_names_each_kind_and_stays_short() {
    let [before, after] = many(20_000);
    let started = Instant::now();
    let (code, text) = run(&before, &after, &[]);
    let limit = if cfg!(debug_assertions) { Duration::from_secs(60) } else { Duration::from_secs(5) };
    assert!(started.elapsed() < limit, "it took {:?}", started.elapsed());
    assert_eq!(code, 1);
    assert!(text.starts_with("20000 mailboxes: 20 lost mail, 20 stranded, 20 with changed mail, 20 with"), "{text}");
    for wanted in [
        "  lost                20 mailboxes, 20 messages\n",
        "  fine                19920 mailboxes\n",
        "  user-1: <1.4@example.test>\n",
        "  user-2: <2.0@example.test> 2 times on DST (0 before)\n",
        "  user-3: <3.0@example.test> on DST, <3.1@example.test> on DST,",
        "  user-4: <4.0@example.test>, <4.1@example.test>, <4.2@example.test> and 2",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    assert!(text.lines().count() <= 200, "{} lines", text.lines().count());
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let (_, json) = run(&before, &after, &["--format", "json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    let with = |result: &str| {
        let mailboxes = report["mailboxes"].as_array().unwrap().iter();
        mailboxes.filter(|one| one["results"].as_array().unwrap().iter().any(|found| found == result)).count()
    };
    assert_eq!(["lost", "duplicated", "changed", "stranded", "unknown"].map(with), [20, 20, 20, 20, 0]);
    assert_eq!(report["mailboxes"].as_array().unwrap().len(), 20_000);
}

#[test]
fn two_texts_with_one_name_are_two_messages() {
    let one = |digest: &str| json!({"messages": ["x"], "details": {"x": {"digest": digest}}});
    let before = json!({"SRC": one("aaa"), "DST": one("bbb")});
    let found = moved(&before, &json!({"SRC": null, "DST": one("bbb")}));
    assert_eq!(found.results(), [ComparisonResult::Lost]);
    assert_eq!(found.lost[0].message, "x (text aaa)");
    let two = |each: Value| json!({"messages": ["x", "x"], "details": {"x": each}});
    let both = two(json!([{"digest": "aaa"}, {"digest": "bbb"}]));
    assert_eq!(moved(&before, &json!({"SRC": null, "DST": both})).results(), []);
    // In one store too, whichever text is lost.
    for left in ["aaa", "bbb"] {
        let found = moved(&json!({"SRC": both, "DST": null}), &json!({"SRC": null, "DST": one(left)}));
        assert_eq!(found.results(), [ComparisonResult::Lost], "{left}");
    }
    let copies = two(json!({"digest": "aaa"}));
    assert_eq!(moved(&json!({"SRC": copies, "DST": null}), &json!({"SRC": null, "DST": one("aaa")})).results(), []);
    // One of the two is lost, and digests afterwards would show which.
    let unread = moved(&before, &json!({"SRC": null, "DST": {"messages": ["x"]}}));
    assert_eq!(unread.results(), [ComparisonResult::Lost, ComparisonResult::Unknown]);
}

#[test]
fn fewer_messages_with_one_name_are_unknown_without_digests() {
    let before = json!({"SRC": {"messages": ["x", "x"]}, "DST": null});
    let found = moved(&before, &json!({"SRC": null, "DST": {"messages": ["x"]}}));
    assert_eq!(found.results(), [ComparisonResult::Unknown]);
    assert_eq!(found.unknown[0].question, Question::IsLostText(vec!["stores.SRC.details".to_owned()]));
    assert_eq!(moved(&before, &json!({"SRC": null, "DST": {"messages": ["x", "x"]}})).results(), []);
}
