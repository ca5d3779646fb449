//! Advice as text: the answer first, one answer for mailboxes that stand alike, and the reasons for those who ask.

use super::{AT_HOME, LATE, STRANDED, printed, stranded, stranded_alone};

#[test]
fn the_text_begins_with_the_answer_and_warns_against_a_second_move() {
    let output = stranded(&["-"], &format!("{AT_HOME}\n{STRANDED}\n"));
    let text = String::from_utf8(output.stdout).unwrap();
    let begins = "2 mailboxes: 1 stranded\n\nalice: home source, data on destination\n\nDo this now: append-repair, from source to \
                  destination\nDo not move it again: a second move would destroy 2 messages (one, two).\n[Q252869 S12]\n   1. End every";
    assert!(text.starts_with(begins), "{text}");
    for wanted in [
        "   2. Hold mail for the mailbox in the transport.\n",
        "Only append; never",
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
        let heading = "\n20 mailboxes: home source, data on destination\n  user-0, user-1, user-2, user-3, user-4, user-5 … and 14 more\n";
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
    assert!(text.contains("\nOthers:\n") && text.contains(" mailboxes more, which stand otherwise"), "{text}");
}

#[test]
fn without_a_safe_procedure_the_answer_is_to_observe_or_to_keep_everything() {
    let unseen = LATE.replace(r#", "in-transit": false"#, "").replace(r#""source": {"messages": ["late"]}, "#, "");
    let text = printed(&["-", "--dialect", "exchange"], &unseen);
    assert!(text.contains("Do this now: "), "{text}");
    let split = r#"{"mailbox": "a", "directory": {"A": null, "B": null}, "stores": {"A": {"messages": ["1"]}, "B": {"messages": ["2"]}}, "marks": false}"#;
    let text = printed(&["-", "--delivery", "any-time"], split);
    assert!(text.contains("Do this now: keep everything as it is; no known procedure is safe"), "{text}");
    assert!(text.contains(" 1. Hold mail for the mailbox in the transport. 2. Save what each store holds"), "{text}");
}
