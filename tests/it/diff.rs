//! `stranded diff OLD NEW`: verdicts that changed, and the shortest behaviour that one side has and the other lacks.

mod edits;

use std::fs;
use std::path::Path;
use std::process::Command;

use pretty_assertions::assert_eq;
use serde_json::Value;
use stranded_search::scenario::builtin;

use crate::cli::{Ran, stranded_in};

fn diff_in(folder: &Path, arguments: &[&str]) -> Ran {
    stranded_in(folder, &[&["diff"], arguments].concat())
}

fn diff(arguments: &[&str]) -> Ran {
    diff_in(Path::new("."), arguments)
}

/// Returns the report of a comparison that works, and its exit code.
fn report_in(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let ran = diff_in(folder, &[arguments, &["--format", "json"]].concat());
    assert_eq!(ran.err, "", "{arguments:?}");
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|reason| panic!("{reason}: {}", ran.out)))
}

fn report(arguments: &[&str]) -> (i32, Value) {
    report_in(Path::new("."), arguments)
}

/// Writes a procedure in two versions: `old/mine.toml` and `new/mine.toml`.
fn versions(old: &str, new: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (side, text) in [("old", old), ("new", new)] {
        fs::create_dir(folder.path().join(side)).unwrap();
        fs::write(folder.path().join(side).join("mine.toml"), text).unwrap();
    }
    folder
}

const SIDES: [&str; 2] = ["old/mine.toml", "new/mine.toml"];

/// A clean-up that deletes the source, then changes the directory.
const MINE: &str = "name = \"mine\"
[[step]]
label = \"delete\"
do = \"delete-mailbox\"
at = \"from\"
on = { refused = \"done\" }
[[step]]
do = \"sync-directory\"
from = \"from\"
to = \"to\"
[[step]]
label = \"done\"
do = \"report\"
outcome = \"ok\"
";

/// Returns the sentences of a behaviour.
fn steps(behaviour: &Value) -> Vec<&str> {
    behaviour["trace"]["steps"].as_array().unwrap().iter().map(|step| step["says"].as_str().unwrap()).collect()
}

#[test]
fn the_move_of_the_article_allows_what_the_move_does_not() {
    let fresh = ["move", "move-of-the-article", "--from", "fresh", "--move", "a:b", "--delivery", "before"];
    let (code, found) = report(&fresh);
    assert_eq!((code, found["conclusion"].as_str()), (1, Some("different")));
    let world = &found["worlds"][0];
    let verdicts = world["verdicts"].as_array().unwrap();
    let changed = |property: &str| {
        let change = verdicts.iter().find(|change| change["property"] == property)?;
        Some((change["old"].as_str()?, change["new"].as_str()?))
    };
    assert_eq!(changed("no-self-move"), Some(("holds", "violated")));
    assert_eq!(changed("reachable"), Some(("holds", "violated")));
    // The move first tests two conditions; the article's program does not.
    let (allowed, forbidden) = (&world["allowed"], &world["forbidden"]);
    assert_eq!((allowed["steps"].as_u64(), forbidden["steps"].as_u64()), (Some(2), Some(2)));
    assert_eq!(steps(allowed).len(), 2);
    assert_ne!(steps(allowed)[1], steps(forbidden)[1]);
    assert!(forbidden["instead"][0].as_str().unwrap().starts_with("user: "), "{forbidden}");
    let text = diff(&fresh);
    assert_eq!(text.code, 1);
    for wanted in [
        "OLD move\nNEW move-of-the-article\nDifferent: ",
        "Verdicts that changed:\n",
        "holds → violated",
        "NEW allows what OLD does not, after 2 steps (from fresh: before):\n",
        "NEW forbids what OLD allows, after 2 steps (from fresh: before):\n",
        "OLD instead of step 2: user: ",
        "Not compared: liveness and fairness; coverage; ",
        "Not tried: faults (--faults",
    ] {
        assert!(text.out.contains(wanted), "{wanted:?} is not in\n{}", text.out);
    }
    // A list for --faults has no space at which a line can break.
    let mut lines = text.out.lines().filter(|line| !line.contains(",store-crashes,"));
    assert!(lines.all(|line| line.chars().count() <= 80), "{}", text.out);
}

#[test]
fn a_procedure_with_other_labels_and_comments_is_alike() {
    let old = builtin::procedure("move-of-the-article").unwrap().text;
    let new =
        old.replace("label = \"", "label = \"my-").replace("duplicate = \"duplicate\"", "duplicate = \"my-duplicate\"");
    let new = new.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let new =
        new.replace("name = \"move-of-the-article\"", "name = \"mine\"").replace("[[step]]", "# A step.\n[[step]]");
    let folder = versions(old, &new);
    let ran = diff_in(folder.path(), &SIDES);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.starts_with("OLD old/mine.toml\nNEW new/mine.toml\nAlike: "), "{}", ran.out);
    assert!(ran.out.contains("from stranded: never,\n  until-repair, any-time;"), "{}", ran.out);
    let (code, found) = report_in(folder.path(), &SIDES);
    assert_eq!((code, found["conclusion"].as_str()), (0, Some("alike")));
    assert_eq!(found["worlds"].as_array().unwrap().len(), 6);
}

#[test]
fn a_version_can_come_from_a_pipe() {
    let folder = versions(MINE, MINE);
    let ran = Command::new("sh")
        .args(["-c", "cat old/mine.toml | \"$0\" diff /dev/stdin new/mine.toml", env!("CARGO_BIN_EXE_stranded")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && text.contains("Alike: "), "{text}{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn the_words_for_a_server_make_no_difference_and_the_server_does() {
    let named = MINE.replace("at = \"from\"", "at = \"source\"").replace("to = \"to\"", "to = \"destination\"");
    let folder = versions(MINE, &named);
    assert_eq!(diff_in(folder.path(), &SIDES).code, 0);
    let folder = versions(MINE, &MINE.replace("at = \"from\"", "at = \"to\""));
    let (code, found) =
        report_in(folder.path(), &[&SIDES[..], &["--from", "stranded", "--delivery", "never"]].concat());
    assert_eq!(code, 1);
    let world = &found["worlds"][0];
    assert_eq!(world["verdicts"][0]["new"], "violated", "{}", world["verdicts"]);
    assert_eq!(world["allowed"]["steps"], 2);
    assert!(steps(&world["allowed"])[1].contains("destination"), "{:?}", steps(&world["allowed"]));
    assert!(steps(&world["forbidden"])[1].contains("source"), "{:?}", steps(&world["forbidden"]));
}

#[test]
fn a_step_that_no_execution_reaches_makes_no_difference() {
    let dead =
        format!("{MINE}[[step]]\ndo = \"delete-mailbox\"\nat = \"to\"\n[[step]]\ndo = \"report\"\noutcome = \"ok\"\n");
    let ran = diff_in(versions(MINE, &dead).path(), &SIDES);
    assert_eq!(ran.code, 0, "{}", ran.out);
}

#[test]
fn a_message_less_only_forbids() {
    let text = builtin::scenario("naive-move").unwrap().text;
    let folder = versions(text, &text.replace("messages = 2", "messages = 1"));
    let (code, found) = report_in(folder.path(), &SIDES);
    let world = &found["worlds"][0];
    assert_eq!((code, &world["allowed"]), (1, &Value::Null));
    assert!(steps(&world["forbidden"]).last().unwrap().contains("m2"), "{:?}", steps(&world["forbidden"]));
    let ran = diff_in(folder.path(), &SIDES);
    assert!(ran.out.contains("; NEW forbids what OLD allows.\n"), "{}", ran.out);
    assert!(!ran.out.contains("NEW allows"), "{}", ran.out);
}

#[test]
fn a_difference_under_one_answer_to_an_assumption_names_it() {
    let sync = "do = \"sync-directory\"\nfrom = \"from\"\nto = \"to\"\n";
    let conditional = format!(
        "{sync}[[step]]\ndo = \"delete-mailbox\"\nat = \"to\"\nwhen = {{ source-delete = \"before-directory\" }}\n"
    );
    let folder = versions(MINE, &MINE.replace(sync, &conditional));
    let from = ["--from", "stranded", "--delivery", "never"];
    let (code, found) = report_in(folder.path(), &[&SIDES[..], &from].concat());
    assert_eq!(code, 1);
    let allowed = &found["worlds"][0]["allowed"];
    assert_eq!(allowed["assumptions"]["source-delete"], "before-directory");
    assert!(allowed["under"].as_array().unwrap().iter().all(|one| one["source-delete"] == "before-directory"));
    let text = diff_in(folder.path(), &[&SIDES[..], &from].concat()).out;
    assert!(text.contains("source-delete=before-directory"), "{text}");
}

#[test]
fn scenarios_are_compared_with_their_own_start() {
    let text = builtin::scenario("naive-move").unwrap().text;
    let again = text.replace("name = \"naive-move\"", "name = \"mine\"");
    assert_ne!(text, again);
    let folder = versions(text, &again);
    let (code, found) = report_in(folder.path(), &SIDES);
    assert_eq!((code, found["worlds"].as_array().unwrap().len()), (0, 1));
    assert_eq!(found["worlds"][0]["from"], Value::Null);
    let (code, found) = report(&["stranded", "method-1-late-mail"]);
    assert_eq!(code, 1);
    // The one starts where the other ends.
    assert_eq!(
        (&found["worlds"][0]["allowed"]["steps"], &found["worlds"][0]["forbidden"]["steps"]),
        (&0.into(), &0.into())
    );
    let text = diff(&["stranded", "method-1-late-mail"]).out;
    assert!(text.contains("OLD does not start in this state."), "{text}");
}

#[test]
fn a_bound_is_inconclusive_unless_a_difference_was_found_before() {
    let folder = versions(MINE, &MINE.replace("delete", "remove").replace("do = \"remove", "do = \"delete"));
    for bound in [["--max-states", "3"], ["--timeout", "0s"], ["--max-memory", "1KB"], ["--max-depth", "1"]] {
        let ran = diff_in(folder.path(), &[&SIDES[..], &bound].concat());
        assert_eq!((ran.code, ran.err.as_str()), (3, ""), "{bound:?}: {}", ran.out);
        assert!(ran.out.contains("\nInconclusive: ") && ran.out.contains(bound[0]), "{}", ran.out);
    }
    let folder = versions(MINE, &MINE.replace("at = \"from\"", "at = \"to\""));
    let from = ["--from", "fresh", "--move", "a:b", "--max-states", "20"];
    let (code, found) = report_in(folder.path(), &[&SIDES[..], &from].concat());
    assert_eq!(code, 1);
    assert!(found["worlds"].as_array().unwrap().iter().any(|world| world["truncated"] != Value::Null), "{found}");
}

#[test]
fn any_number_of_messages_is_compared_for_an_example_only() {
    let text = builtin::scenario("move").unwrap().text;
    let any = text.replace("messages = 2", "messages = \"any\"");
    assert_ne!(text, any);
    let ran = diff_in(versions(&any, &any).path(), &SIDES);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.out.contains("The number of messages is `any`"), "{}", ran.out);
}

#[test]
fn the_trace_of_a_behaviour_can_be_replayed() {
    let (_, found) = report(&["move", "move-of-the-article", "--from", "stranded", "--delivery", "never"]);
    let folder = tempfile::tempdir().unwrap();
    for direction in ["allowed", "forbidden"] {
        fs::write(folder.path().join("trace.json"), found["worlds"][0][direction]["trace"].to_string()).unwrap();
        let ran = stranded_in(folder.path(), &["replay", "trace.json"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    }
}

#[test]
fn two_comparisons_print_the_same_bytes() {
    let arguments = ["method-1", "hold-then-method-1", "--from", "stranded"];
    assert_eq!(diff(&arguments).out, diff(&arguments).out);
}

#[test]
fn a_name_that_is_both_means_the_procedure_unless_the_other_side_is_a_scenario() {
    let worlds = |arguments: &[&str]| report(arguments).1["worlds"].as_array().unwrap().len();
    assert_eq!((worlds(&["move", "method-1"]), worlds(&["move", "second-move"])), (6, 1));
}

#[test]
fn sides_that_cannot_be_compared_are_refused() {
    let folder = versions(MINE, "name = \"broken\"\n[[step]]\ndo = \"fly\"\n");
    for (arguments, reason) in [
        (&["move-of-the-article", "second-move"][..], "compare two procedures or two scenarios"),
        (&["stranded", "second-move", "--from", "stranded"], "--from stranded needs two procedures"),
        (&["move", "mvoe"], "unknown procedure or scenario `mvoe`"),
        (&["move", "method-1", "--delivery", "never"], "--from"),
        (&["move", "method-1", "--format", "junit"], "stranded diff does not support --format junit"),
        (&["move", "none/mine.toml"], "none/mine.toml"),
        (&SIDES, "new/mine.toml:3"),
    ] {
        let ran = diff_in(folder.path(), arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains(reason), "{arguments:?}: {}", ran.err);
    }
}
