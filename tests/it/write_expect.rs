//! `check --write-expect`: what it writes, and what it refuses to write.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use stranded_search::scenario::load_scenario;

use crate::cli::stranded_in;

/// Returns the text of a built-in scenario without its expectations.
fn without_expectations(name: &str) -> String {
    let text = load_scenario(name).unwrap().text;
    let start = text.find("[expect]").unwrap();
    let end = text[start + 1..].find("\n[").map_or(text.len(), |end| start + 1 + end);
    format!("{}{}", &text[..start], &text[end..])
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn the_verdicts_of_today_are_written_and_are_then_expected() {
    let here = tempfile::tempdir().unwrap();
    let (bare, whole) = (without_expectations("move"), load_scenario("move").unwrap().text);
    fs::write(here.path().join("mine.toml"), &bare).unwrap();
    let ran = stranded_in(here.path(), &["check", "mine.toml", "--write-expect"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("mine.toml: written to [expect]\n  no-loss = \"holds\"\n"), "{}", ran.out);
    let text = read(here.path(), "mine.toml");
    assert!(text.starts_with(&bare), "{text}");
    let expected = |text: &str| text.split_once("[expect]\n").unwrap().1.to_owned();
    assert_eq!(expected(&text), expected(&whole));
    assert_eq!(stranded_in(here.path(), &["check", "mine.toml"]).code, 0);
    let again = stranded_in(here.path(), &["check", "mine.toml", "--write-expect"]);
    assert_eq!((again.code, again.out.as_str()), (0, "mine.toml: [expect] has every verdict already\n"));
    assert_eq!(read(here.path(), "mine.toml"), text);
}

/// An old expectation decides what `coverage` demands, so it must not decide what is written.
#[test]
fn a_wrong_expectation_is_corrected_and_the_check_agrees_afterwards() {
    let here = tempfile::tempdir().unwrap();
    let wrong = load_scenario("move").unwrap().text.replace("one-home = \"holds\"", "one-home = \"vacuous\" # why");
    fs::write(here.path().join("mine.toml"), &wrong).unwrap();
    assert_eq!(stranded_in(here.path(), &["check", "mine.toml"]).code, 1);
    let ran = stranded_in(here.path(), &["check", "mine.toml", "--write-expect"]);
    let says = "mine.toml: written to [expect]\n  one-home = \"holds\"  (before: \"vacuous\")\n";
    assert_eq!((ran.code, ran.out.as_str()), (0, says));
    assert_eq!(
        read(here.path(), "mine.toml"),
        wrong.replace("one-home = \"vacuous\" # why", "one-home = \"holds\" # why")
    );
    assert_eq!(stranded_in(here.path(), &["check", "mine.toml"]).code, 0);
}

#[test]
fn lost_mail_is_written_only_if_the_user_accepts_it() {
    let here = tempfile::tempdir().unwrap();
    let bare = without_expectations("second-move");
    fs::write(here.path().join("bad.toml"), &bare).unwrap();
    fs::write(here.path().join("good.toml"), without_expectations("move")).unwrap();
    let ran = stranded_in(here.path(), &["check", ".", "--write-expect"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    for line in [
        "nothing is written",
        "second-move/no-loss is violated",
        "second-move/no-last-copy-delete is ",
        "--accept-violations",
    ] {
        assert!(ran.err.contains(line), "{line}: {}", ran.err);
    }
    assert_eq!(read(here.path(), "bad.toml"), bare);
    assert_eq!(read(here.path(), "good.toml"), without_expectations("move"), "either every file changes, or none");
    let ran = stranded_in(here.path(), &["check", ".", "--write-expect", "--accept-violations"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(read(here.path(), "bad.toml").contains("no-loss = \"violated\"\n"));
    assert_eq!(stranded_in(here.path(), &["check", "."]).code, 0);
}

#[test]
fn nothing_is_written_without_verdicts_for_everything() {
    let here = tempfile::tempdir().unwrap();
    let text = without_expectations("move");
    fs::write(here.path().join("mine.toml"), &text).unwrap();
    let ran = stranded_in(here.path(), &["check", "mine.toml", "--write-expect", "--max-states", "3"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("nothing is written") && ran.err.contains("move/no-loss is inconclusive"), "{}", ran.err);
    for (arguments, fragment) in [
        (&["move", "--write-expect"][..], "move is built in"),
        (&["mine.toml", "--write-expect", "--format", "json"], "--write-expect prints text"),
        (&["mine.toml", "--accept-violations"], "--write-expect"),
        (&["move", "--from", "stranded", "--write-expect"], "--from"),
    ] {
        let refused = stranded_in(here.path(), &[&["check"], arguments].concat());
        assert!(refused.code == 2 && refused.err.contains(fragment), "{arguments:?}: {}", refused.err);
    }
    assert_eq!(read(here.path(), "mine.toml"), text);
}

#[test]
fn a_property_that_held_and_is_not_exercised_any_more_needs_to_be_accepted() {
    let here = tempfile::tempdir().unwrap();
    let text = load_scenario("move").unwrap().text;
    let idle = text.replace("messages = 2", "messages = 0").replace("delivery = \"before\"", "delivery = \"never\"");
    assert_ne!(text, idle);
    fs::write(here.path().join("idle.toml"), &idle).unwrap();
    let ran = stranded_in(here.path(), &["check", "idle.toml", "--write-expect"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("move/no-loss is vacuous"), "{}", ran.err);
    assert_eq!(read(here.path(), "idle.toml"), idle);
    let ran = stranded_in(here.path(), &["check", "idle.toml", "--write-expect", "--report", "junit=q.xml"]);
    assert!(ran.code == 2 && ran.err.contains("leave out --format and --report"), "{}", ran.err);
    assert!(read(here.path(), "q.xml").contains("errors=\"1\""));
}

#[test]
fn an_expected_holds_of_any_property_becomes_violated_only_if_the_user_accepts_it() {
    let here = tempfile::tempdir().unwrap();
    let text = load_scenario("stranded").unwrap().text;
    let hopeful = text.replace("no-false-success = \"violated\"", "no-false-success = \"holds\"");
    assert_ne!(text, hopeful);
    fs::write(here.path().join("mine.toml"), &hopeful).unwrap();
    let ran = stranded_in(here.path(), &["check", "mine.toml", "--write-expect"]);
    assert!(ran.code == 1 && ran.err.contains("stranded/no-false-success is violated"), "{} {}", ran.code, ran.err);
    assert_eq!(read(here.path(), "mine.toml"), hopeful);
}

/// A report of success that is a lie, or mail that is never delivered, would otherwise become green without a decision.
#[test]
fn no_violation_of_any_property_is_written_unless_the_user_accepts_it() {
    let here = tempfile::tempdir().unwrap();
    for (name, property) in [("stranded", "no-false-success"), ("stranded", "no-self-move")] {
        let bare = without_expectations(name);
        fs::write(here.path().join("mine.toml"), &bare).unwrap();
        let ran = stranded_in(here.path(), &["check", "mine.toml", "--write-expect"]);
        let says = format!("{name}/{property} is violated");
        assert!(ran.code == 1 && ran.err.contains(&says), "{property}: {} {}", ran.code, ran.err);
        assert_eq!(read(here.path(), "mine.toml"), bare);
    }
    // What the file expects already is no news.
    fs::write(here.path().join("mine.toml"), load_scenario("stranded").unwrap().text).unwrap();
    assert_eq!(stranded_in(here.path(), &["check", "mine.toml", "--write-expect"]).code, 0);
}
