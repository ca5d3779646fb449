//! Advice as text: the answer first, one answer for mailboxes that stand alike, and the reasons for those who ask.

use super::{AT_HOME, LATE, STRANDED, printed, stranded, stranded_alone};

#[test]
fn the_text_begins_with_the_answer_and_warns_against_a_second_move() {
    let output = stranded(&["-"], &format!("{AT_HOME}\n{STRANDED}\n"));
    let text = String::from_utf8(output.stdout).unwrap();
    let begins = "2 mailboxes: 1 stranded\n\nalice: home source, data on destination\n\nDo this now: append-repair, from source to \
                  destination\n(append what destination lacks, then set the home)\nDo not move it again: a second move would destroy 2 messages (one, \
                  two).\n[Q252869 S12]\n   1. Hold mail";
    assert!(text.starts_with(begins), "{text}");
    for wanted in [
        "   2. End every session",
        "See that source still has no mailbox.",
        "\nSafe too:\n",
        "  hold-then-method-1  also needs delivery held since before the snapshot",
        "\nDo not run:\n  move                 it can destroy 2 messages (one, two)\n",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    assert!(!text.contains("carol"), "mailboxes that are not stranded are not listed");
    assert!(!text.contains("DESTROYED"), "the traces are behind --why");
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{widest:?} columns");
    assert!(text.lines().count() <= 50, "one screen");
}

#[test]
fn the_reasons_have_the_facts_all_steps_and_the_traces() {
    for option in ["--why", "-v"] {
        let text = printed(&["-", option], STRANDED);
        for wanted in [
            "Late mail: mail that arrives now goes to source.",
            "method-1, from source to destination It is safe, if you ensure this first: - hold delivery before you observe",
            "append each message that the target lacks",
            "1. it sets Home-MDB to destination and Home-MTA to destination",
            ">> DESTROYED: m1, m2",
        ] {
            assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
        }
    }
}

#[test]
fn late_mail_is_to_be_saved_first() {
    let text = printed(&["-", "--why"], LATE);
    assert!(text.contains("Save this first: source holds 1 message (late) that destination does not."), "{text}");
    assert!(text.contains("append-repair, q162998 do that themselves and are safe here."), "{text}");
}

#[test]
fn steps_that_the_snapshot_shows_to_be_void_are_left_out() {
    let void = ["Create the mailbox", "List the messages", "Append to", "Delete on"];
    let text = printed(&["-"], STRANDED);
    for step in void {
        assert!(!text.contains(step), "{step:?} has nothing to do in\n{text}");
    }
    let text = printed(&["-"], LATE);
    for step in &void[1..] {
        assert!(text.contains(step), "{step:?} is not in\n{text}");
    }
    assert!(text.contains("Delete on source those just listed on destination, and no other."), "{text}");
}

#[test]
fn mail_that_is_not_held_yet_needs_another_snapshot() {
    let text = printed(&["-", "--dialect", "exchange"], STRANDED);
    let wanted = "1. Hold mail for the mailbox in the transport, and keep its owner from logging on. Mail from users of source itself is \
                  delivered inside its store and is not held: choose a time when they send none, and look at source again at the end. \
                  2. Take the snapshot again and ask again, unless mail was already held";
    assert!(text.contains(wanted), "{text}");
    assert!(text.contains("(--replication eventual)"), "{text}");
}

#[test]
fn a_procedure_that_is_not_safe_yet_has_no_commands_and_the_fewest_facts_are_asked_for() {
    let counted = r#"{"mailbox": "u", "directory": {"A": {"home-mdb": "A", "home-mta": "A"}}, "stores": {"A": {"messages": 3}, "B": {"messages": 567}}}"#;
    let text = printed(&["-", "--dialect", "exchange"], counted);
    assert!(text.contains("before that, nothing is safe") && !text.contains("The commands of"), "{text}");
    assert!(text.contains("1. stores.A.in-transit: ask everybody") && text.contains(" 2. Add this to the"), "{text}");
    assert!(!text.contains("doveadm"), "{text}");
    let seen = counted.replace("3}", r#"3, "in-transit": false}"#);
    let text = printed(&["-", "--dialect", "exchange"], &seen);
    assert!(text.contains("Do this now: q162998, from A to B") && text.contains("The commands of q162998"), "{text}");
}

#[test]
fn every_mailbox_of_a_small_batch_has_its_recommendation() {
    let text = printed(&["-", "--dialect", "dovecot-ldap"], &format!("{STRANDED}\n{LATE}\n"));
    assert!(text.contains("alice: home source") && text.contains("bob: home source"), "{text}");
    assert_eq!(text.matches("append-repair, from source to destination").count(), 2, "{text}");
}

#[test]
fn a_malformed_home_is_noted_and_the_repair_deletes_nothing() {
    let pasted = STRANDED.replace(
        r#""home-mta": "source"}"#,
        r#""home-mta": "/o=O/ou=S/cn=Configuration/cn=Servers/cn=source/cn=Microsoft Private MDB"}"#,
    );
    for dialect in ["dovecot-ldap", "exchange"] {
        let text = printed(&["-", "--dialect", dialect], &pasted);
        assert!(text.contains("Note: home-mta on source is malformed"), "{text}");
        assert!(!text.contains("Do this now: q162998") && !text.contains("Do this now: method-2"), "{text}");
    }
}

#[test]
fn a_repaired_mailbox_and_an_empty_home_are_named() {
    let text = printed(&["-"], AT_HOME);
    assert!(text.contains("none is known to be stranded A snapshot cannot show mail that is gone: "), "{text}");
    assert!(text.contains(" carol: home source, 1 message on source"), "{text}");
    let lonely = r#"{"mailbox": "bob", "directory": {"A": {"home-mdb": "A", "home-mta": "A"}}, "stores": {"A": null}}"#;
    let text = printed(&["-"], lonely);
    assert!(text.contains("bob: A is the home and has no mailbox. See that the name is"), "{text}");
}

#[test]
fn mailboxes_that_stand_alike_get_one_answer() {
    let line = |number: usize, messages: usize| {
        let named: Vec<String> = (0..messages).map(|message| format!("\"{number}-{message}\"")).collect();
        let named = STRANDED.replace(r#"["one", "two"]"#, &format!("[{}]", named.join(",")));
        let counted = STRANDED.replace(r#"["one", "two"]"#, &messages.to_string());
        [named, counted].map(|line| line.replace("alice", &format!("user-{number}")) + "\n")
    };
    let lines: Vec<[String; 2]> = (0..20).map(|number| line(number, number + 2)).collect();
    for kind in 0..2 {
        let text: String = lines.iter().map(|lines| lines[kind].as_str()).collect();
        let shown = String::from_utf8(stranded(&["-"], &text).stdout).unwrap();
        let heading = "\n20 mailboxes: home source, data on destination\n  user-0, user-1, user-2, user-3, ";
        assert!(shown.contains(heading), "{shown}");
        assert!(shown.contains("a second move would destroy messages on destination."), "{shown}");
        assert_eq!(shown.matches("Do this now: ").count(), 1, "{shown}");
        assert!(shown.lines().count() <= 50, "one screen");
        let all = printed(&["-", "--why"], &text);
        assert!(all.contains("user-18, user-19") && all.contains("Why, for user-0"), "{all}");
    }
}

#[test]
fn many_groups_stay_short_and_the_largest_comes_first() {
    let mut lines: String = (0..300).map(stranded_alone).collect();
    lines += &["fritz", "frieda"].map(|name| STRANDED.replace("alice", name) + "\n").concat();
    let text = String::from_utf8(stranded(&["-", "--timeout", "0s"], &lines).stdout).unwrap();
    assert!(text.lines().count() <= 200, "{} lines", text.lines().count());
    assert!(text.contains("\n2 mailboxes: home source, data on destination\n  fritz, frieda\n"), "{text}");
    assert!(
        text.contains("\nOthers (`--mailbox NAME` prints the steps for one):\n")
            && text.contains(" mailboxes more: user-"),
        "{text}"
    );
}

#[test]
fn without_a_safe_procedure_the_answer_is_to_observe_or_to_keep_everything() {
    let unseen = LATE.replace(r#", "in-transit": false"#, "").replace(r#""source": {"messages": ["late"]}, "#, "");
    let text = printed(&["-", "--dialect", "exchange"], &unseen);
    assert!(text.contains("Do this now: "), "{text}");
    let split = r#"{"mailbox": "a", "directory": {"A": null, "B": null}, "stores": {"A": {"messages": ["1"]}, "B": {"messages": ["2"]}}, "marks": false}"#;
    let text = printed(&["-", "--delivery", "any-time"], split);
    assert!(text.contains("Do this now: keep everything as it is; no known procedure is safe"), "{text}");
    assert!(text.contains(" 1. Hold mail for the mailbox in the transport, and keep its owner from logging on. 2. Save what each store holds"), "{text}");
}

#[test]
fn running_twice_gives_the_same_bytes() {
    let lines = format!("{STRANDED}\n{LATE}\n");
    for format in ["text", "json"] {
        let run = || stranded(&["-", "--format", format], &lines).stdout;
        assert_eq!(run(), run());
    }
}

#[test]
fn a_move_that_is_not_finished_and_a_mailbox_without_mail_are_never_called_right() {
    let home = r#""directory": {"A": {"home-mdb": "A", "home-mta": "A"}}"#;
    let open = format!(
        r#"{{"mailbox": "u", {home}, "stores": {{"A": {{"messages": ["1"], "in-transit": true}}, "B": {{"messages": ["1"], "in-transit": true}}}}}}"#
    );
    let output = stranded(&["-"], &open);
    let text = String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("A and B mark the mailbox as in transit")
            && text.contains("stop it, and take the snapshot again"),
        "{text}"
    );
    let empty = format!(r#"{{"mailbox": "u", {home}, "stores": {{"A": null, "B": null}}}}"#);
    let text = printed(&["-"], &empty);
    assert!(
        text.contains("u: A is the home and has no mailbox. See that the name is right, look at the other servers"),
        "{text}"
    );
}

#[test]
fn one_mailbox_of_many_can_be_chosen() {
    let lines = ["alice", "bob", "bobby"].map(|name| STRANDED.replace("alice", name) + "\n").concat();
    let text = printed(&["-", "--mailbox", "bob"], &lines);
    assert!(text.starts_with("1 mailbox: 1 stranded bob: "), "{text}");
    let output = stranded(&["-", "--mailbox", "bobb"], &lines);
    let says = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(says.contains("standard input has no mailbox `bobb`; did you mean `bob"), "{says}");
}
