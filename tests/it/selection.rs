//! The selection of a command line: folders, patterns, and what they contain that is not checked.

mod others;

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use stranded_search::scenario::load_scenario;

use crate::cli::{Ran, stranded_in};

/// Returns the text of the built-in move under another name.
fn named(name: &str) -> String {
    load_scenario("move").unwrap().text.replace("name = \"move\"", &format!("name = \"{name}\""))
}

/// A folder of runbooks: two scenarios, one of them in an inner folder, a procedure, and a file that is neither.
fn runbooks() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("runbooks/inner/.hidden")).unwrap();
    fs::create_dir(folder.path().join("none")).unwrap();
    for (file, text) in [
        ("runbooks/b.toml", named("b")),
        ("runbooks/inner/a.toml", named("a")),
        ("runbooks/inner/.hidden/c.toml", named("c")),
        ("runbooks/steps.toml", include_str!("../../specs/procedures/method-1.toml").to_owned()),
        ("runbooks/hosts.toml", "hosts = [\"a\"]\n".to_owned()),
        ("runbooks/README.md", "# Runbooks\n".to_owned()),
    ] {
        fs::write(folder.path().join(file), text).unwrap();
    }
    folder
}

/// Returns the names of the scenarios that were checked, and the files that were not.
fn checked(folder: &Path, names: &[&str]) -> (i32, Vec<String>, Vec<String>) {
    let ran = stranded_in(folder, &[&["check", "--format", "json"], names].concat());
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    let texts = |list: &Value, key: &str| -> Vec<String> {
        let list = list.as_array().map_or(&[][..], Vec::as_slice);
        list.iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
    };
    (ran.code, texts(&report["scenarios"], "name"), texts(&report["not_checked"], "file"))
}

fn refused(folder: &Path, names: &[&str], fragment: &str) {
    let Ran { code, err, .. } = stranded_in(folder, &[&["check"], names].concat());
    assert!(code == 2 && err.contains(fragment), "{names:?}: {code} {err}");
}

#[test]
fn every_scenario_in_a_folder_is_checked_and_every_other_file_is_listed() {
    let here = runbooks();
    let others = ["runbooks/hosts.toml", "runbooks/steps.toml"].map(str::to_owned);
    let all = (0, vec!["b".to_owned(), "a".to_owned()], others.to_vec());
    assert_eq!(checked(here.path(), &["runbooks"]), all);
    assert_eq!(checked(here.path(), &["runbooks/**/*.toml"]), all);
    // A scenario that is selected twice is checked once, and a file is listed once.
    assert_eq!(checked(here.path(), &["runbooks", "runbooks/b.toml", "runbooks/*.toml"]), all);
    let text = stranded_in(here.path(), &["check", "runbooks"]);
    let listed = "not checked:\n  runbooks/hosts.toml  neither a scenario nor a procedure\n  runbooks/steps.toml  \
                  a procedure that no checked scenario runs: check it with --from SCENARIO\n";
    assert!(text.out.ends_with(listed), "{}", text.out);
    // In the other formats each of them is a case without a verdict.
    let tap = stranded_in(here.path(), &["check", "runbooks", "--format", "tap"]);
    for skipped in
        ["steps.toml # SKIP a procedure that no checked scenario runs", "hosts.toml # SKIP neither a scenario"]
    {
        assert!(tap.code == 0 && tap.out.contains(&format!(" - not checked/runbooks/{skipped}")), "{}", tap.out);
    }
}

#[test]
fn built_ins_families_files_folders_and_patterns_can_be_mixed() {
    let here = runbooks();
    let (code, names, others) = checked(here.path(), &["move", "runbooks/inner", "runbooks/[ab].toml", "inferred"]);
    assert_eq!((code, &names[..3], others), (0, &["move".to_owned(), "a".to_owned(), "b".to_owned()][..], Vec::new()));
    assert!(names.len() > 20, "{names:?}");
}

/// A shell expands a pattern to scenarios and procedures.
#[test]
fn a_procedure_beside_scenario_files_is_listed_and_alone_it_is_an_error() {
    let here = runbooks();
    let listed = (0, vec!["b".to_owned()], vec!["runbooks/steps.toml".to_owned()]);
    assert_eq!(checked(here.path(), &["runbooks/b.toml", "runbooks/steps.toml"]), listed);
    refused(here.path(), &["runbooks/steps.toml"], "runbooks/steps.toml is a procedure, not a scenario");
    refused(here.path(), &["move", "runbooks/steps.toml"], "runbooks/steps.toml is a procedure, not a scenario");
}

#[test]
fn nothing_to_check_is_never_a_success() {
    let here = runbooks();
    let ran = stranded_in(here.path(), &["check", "none"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, "nothing to check in none\n"));
    let ran = stranded_in(here.path(), &["check", "runbooks/s*.toml", "move"]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.out.ends_with("nothing to check in runbooks/s*.toml\n"), "{}", ran.out);
    let ran = stranded_in(here.path(), &["check", "none", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &report["nothing_to_check_in"]), (3, &json!(["none"])));
    refused(here.path(), &["runbooks/x*.toml"], "no file matches `runbooks/x*.toml`");
    refused(here.path(), &["[.toml"], "`[.toml` is not a pattern of files");
    refused(here.path(), &["nothing"], "unknown scenario `nothing`");
}

#[test]
fn a_broken_file_in_a_folder_is_an_error_and_not_left_out() {
    let here = runbooks();
    fs::write(here.path().join("runbooks/broken.toml"), "name = \n").unwrap();
    refused(here.path(), &["runbooks"], "runbooks/broken.toml:1:");
    fs::write(here.path().join("runbooks/broken.toml"), named("b").replace("messages", "mesages")).unwrap();
    refused(here.path(), &["runbooks"], "did you mean `messages`?");
    fs::write(here.path().join("runbooks/broken.toml"), named("b").replace("messages = 2", "messages = 1")).unwrap();
    refused(here.path(), &["runbooks"], "two different scenarios are called `b`");
}

/// Otherwise the file would be left out as neither a scenario nor a procedure.
#[test]
fn a_file_with_a_misspelt_table_is_an_error() {
    for (table, right) in
        [("[[steps]]", "[[step]]"), ("[[Step]]", "[[step]]"), ("[sites]", "[site]"), ("[[rnu]]", "[[run]]")]
    {
        let here = runbooks();
        let text = format!("name = \"mine\"\n{table}\nx = 1\n");
        fs::write(here.path().join("runbooks/mine.toml"), &text).unwrap();
        for more in [&[][..], &["--from", "stranded"]] {
            refused(here.path(), &[&["runbooks"], more].concat(), &format!("did you mean `{right}`?"));
            refused(here.path(), &[&["runbooks"], more].concat(), "runbooks/mine.toml:2:");
        }
        // A file of another program has no name, or no such table.
        fs::write(here.path().join("runbooks/mine.toml"), text.replace("name", "title")).unwrap();
        assert_eq!(checked(here.path(), &["runbooks"]).0, 0);
    }
}

#[test]
fn an_error_in_a_procedure_that_no_scenario_runs_is_reported() {
    let here = runbooks();
    let steps = include_str!("../../specs/procedures/method-1.toml");
    let write = |text: &str| fs::write(here.path().join("runbooks/steps.toml"), text).unwrap();
    let step = "\n[[step]]\ndo = \"copy-message\"\nfrom = \"exchange-7\"\nto = \"to\"\n";
    write(&format!("{steps}{step}"));
    assert_eq!(checked(here.path(), &["runbooks"]).0, 0, "another site can have this server");
    write(&format!("{steps}{}", step.replace("copy-message", "copy-mesage")));
    refused(here.path(), &["runbooks"], "unknown value of `do` `copy-mesage`");
}

#[test]
fn a_copy_of_a_folder_is_listed_and_its_runbook_counts_as_run() {
    let here = tempfile::tempdir().unwrap();
    let ours = include_str!("../../specs/procedures/method-1.toml").replace("\"method-1\"", "\"ours\"");
    for folder in ["books", "books/old"] {
        fs::create_dir(here.path().join(folder)).unwrap();
        fs::write(here.path().join(folder).join("ours.toml"), &ours).unwrap();
        fs::write(here.path().join(folder).join("run.toml"), BARE.replace("\"move\"", "\"ours.toml\"")).unwrap();
    }
    let (_, names, others) = checked(here.path(), &["books"]);
    assert_eq!((names, others.len()), (vec!["bare".to_owned()], 1), "{others:?}");
    assert!(others[0].ends_with("run.toml"), "{others:?}");
    let text = stranded_in(here.path(), &["check", "books"]).out;
    assert!(text.contains("run.toml  the same scenario as one that is checked\n"), "{text}");
}

#[test]
fn procedures_of_a_folder_are_checked_with_from() {
    let here = runbooks();
    let ran = stranded_in(here.path(), &["check", "runbooks", "--from", "stranded", "--delivery", "never"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("method-1 from source to destination"), "{}", ran.out);
    assert!(ran.out.contains("runbooks/b.toml        a scenario: check it without --from\n"), "{}", ran.out);
    let ran = stranded_in(here.path(), &["check", "runbooks/inner", "--from", "stranded"]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.out.ends_with("nothing to check in runbooks/inner\n"), "{}", ran.out);
}

/// A scenario without mail.
const BARE: &str = r#"name = "bare"
[site]
servers = ["old", "new"]
[[run]]
administrator = "first"
procedure = "move"
from = "old"
to = "new"
"#;

#[test]
fn a_procedure_that_a_checked_scenario_runs_is_not_listed() {
    let here = runbooks();
    let write = |name: &str, text: &str| fs::write(here.path().join(name), text).unwrap();
    write(
        "runbooks/ours.toml",
        &include_str!("../../specs/procedures/method-1.toml").replace("\"method-1\"", "\"ours\""),
    );
    write("runbooks/run.toml", &BARE.replace("\"move\"", "\"ours.toml\""));
    let (_, names, others) = checked(here.path(), &["runbooks"]);
    assert!(names.contains(&"bare".to_owned()), "{names:?}");
    assert_eq!(others, ["runbooks/hosts.toml", "runbooks/steps.toml"]);
}

#[test]
fn a_name_that_a_built_in_and_a_file_or_a_folder_have_is_refused() {
    let here = runbooks();
    fs::create_dir(here.path().join("move")).unwrap();
    refused(here.path(), &["move"], "move is a built-in, and a folder here");
    fs::create_dir(here.path().join("article")).unwrap();
    refused(here.path(), &["article"], "write ./article for the folder");
    assert_eq!(checked(here.path(), &["./move", "runbooks/b.toml"]).0, 3);
    fs::write(here.path().join("move/a.toml"), named("a")).unwrap();
    refused(here.path(), &["move"], "move is a built-in, and a folder here");
    assert_eq!(checked(here.path(), &["./move"]), (0, vec!["a".to_owned()], Vec::new()));
    let write = |name: &str, text: &str| fs::write(here.path().join(name), text).unwrap();
    write("runbooks/move.toml", &fs::read_to_string(here.path().join("runbooks/steps.toml")).unwrap());
    refused(here.path(), &["runbooks/b.toml"], "`move` is a built-in procedure, and move.toml is beside this file");
}

#[test]
fn a_scenario_without_mail_is_inconclusive_unless_it_says_so() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("bare.toml"), BARE).unwrap();
    let ran = stranded_in(here.path(), &["check", "bare.toml"]);
    // Its steps about a duplicate never occur, which is worse.
    assert!(ran.code == 1 && ran.out.contains("no message exists"), "{} {}{}", ran.code, ran.out, ran.err);
    let tap = stranded_in(here.path(), &["check", "bare.toml", "--format", "tap"]).out;
    assert!(tap.contains("not ok") && tap.contains("no message exists"), "{tap}");
    fs::write(here.path().join("bare.toml"), format!("{BARE}[expect]\nno-loss = \"vacuous\"\n")).unwrap();
    let ran = stranded_in(here.path(), &["check", "bare.toml"]);
    assert!(!ran.out.contains("no message exists"), "{}", ran.out);
}

#[test]
fn a_check_of_files_says_what_it_did_not_try_and_what_is_pinned() {
    let here = tempfile::tempdir().unwrap();
    let text = named("mine").replace("family = \"article\"\n", "");
    let text = text.replacen("[expect]", "[assume]\nduplicate-abort = \"keeps-source\"\n\n[expect]", 1);
    fs::write(here.path().join("mine.toml"), text).unwrap();
    let says = stranded_in(here.path(), &["check", "mine.toml"]).out;
    let says = says.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "Not tried: faults (`faults`: program-dies,",
        "replicas that learn of a change later (`replication`)",
        "mail that arrives during the run (`delivery`)",
        "logons (`logon`); deletions by the owner (`owner-deletes`); other edits of the recipient (`other-edits`); stale views (`stale-views`)",
        "other answers to duplicate-abort (`[assume]` of mine)",
        "Checked only with duplicate-abort=keeps-source, as [assume] says.",
    ] {
        assert!(says.contains(part), "{part}: {says}");
    }
}

/// A scenario that allows much, with a procedure of its own.
const BROAD: &str = r#"name = "broad"
[site]
servers = ["old", "new"]
messages = 2
replication = "eventual"
[environment]
delivery = "any-time"
logon = true
owner-deletes = 1
other-edits = 1
stale-views = true
[[procedure]]
name = "first-book"
[[procedure.step]]
do = "report"
outcome = "ok"
[[run]]
administrator = "first"
procedure = "first-book"
from = "old"
to = "new"
runs-max = 2
"#;

/// Otherwise the broad scenario of one runbook would hide the narrow scenario of another.
#[test]
fn each_runbook_has_its_own_line_about_what_was_not_tried() {
    let here = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(here.path().join(name), text).unwrap();
    let narrow = BROAD
        .replace("broad", "narrow")
        .replace("first-book", "second-book")
        .replace("messages = 2", "messages = 1")
        .replace("runs-max = 2\n", "")
        .replace("\"any-time\"", "\"before\"");
    write("broad.toml", BROAD);
    write("narrow.toml", &narrow);
    let flat = |ran: Ran| ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = flat(stranded_in(here.path(), &["check", "."]));
    let faults = "store-looks-empty)";
    assert!(says.contains("Not tried for first-book: faults (`faults`: program-dies,"), "{says}");
    let second = format!(
        "{faults}; mail that arrives during the run (`delivery`); more than one message (`messages`); a second run of the \
         procedure (`runs-max`)."
    );
    assert!(says.contains("Not tried for second-book: faults") && says.contains(&second), "{says}");
    // A second scenario of the same runbook adds to the first, and equal runbooks share a line.
    write("more.toml", &BROAD.replace("broad", "more").replace("first-book", "second-book"));
    let says = flat(stranded_in(here.path(), &["check", "."]));
    assert!(says.contains("Not tried: faults") && !says.contains("Not tried for"), "{says}");
    for format in ["markdown", "tap", "github", "junit"] {
        let out = stranded_in(here.path(), &["check", ".", "--format", format]).out;
        assert!(out.contains("Not tried: faults"), "{format}: {out}");
        assert!(!out.contains("./broad.toml"), "{format}: {out}");
    }
}
