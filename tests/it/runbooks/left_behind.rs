//! Runbooks that lose nothing and leave mail where its owner does not see it, or that do nothing where there is mail: none of them is a
//! success.

use std::fs;
use std::path::Path;

use crate::cli::{Ran, stranded_in};

/// One step with these keys.
fn step(keys: &[&str]) -> String {
    format!("[[step]]\n{}\n", keys.join("\n"))
}

/// Returns the text of a runbook with these steps.
fn runbook(name: &str, steps: &[&[&str]]) -> String {
    let steps: String = steps.iter().map(|keys| step(keys)).collect();
    format!("name = \"{name}\"\n{steps}")
}

/// Writes a runbook and the scenario that `init` makes for it.
fn initialized(folder: &Path, text: &str) {
    assert_eq!(stranded_in(folder, &["init", "mine.toml"]).code, 0);
    fs::write(folder.join("mine.toml"), text).unwrap();
}

const SYNC: &[&str] = &["do = \"sync-directory\"", "from = \"from\"", "to = \"to\""];
const FRESH: [&str; 6] = ["check", "mine.toml", "--from", "fresh", "--move", "A:B"];

fn flat(ran: &Ran) -> String {
    ran.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn mail_that_is_saved_and_never_loaded_is_not_a_success() {
    let here = tempfile::tempdir().unwrap();
    let with = |load: &[&[&str]]| {
        let before: [&[&str]; 6] = [
            &["do = \"require\"", "present = \"to\""],
            &["do = \"hold-delivery\""],
            &["do = \"save\"", "at = \"from\""],
            SYNC,
            &["do = \"wait\"", "every-replica-names = \"to\""],
            &["do = \"delete-mailbox\"", "at = \"from\""],
        ];
        let after: [&[&str]; 1] = [&["do = \"release-delivery\""]];
        runbook("mine", &[&before[..], load, &after].concat())
    };
    // The last step notices that mail is missing, so the run is refused and no success is false.
    let verified = ["do = \"require\"", "holds-listed = \"to\""];
    let listed = with(&[]).replacen(
        "[[step]]\ndo = \"save\"",
        "[[step]]\ndo = \"list\"\nat = \"from\"\n[[step]]\ndo = \"save\"",
        1,
    );
    initialized(here.path(), &format!("{listed}{}", step(&verified)));
    let ran = stranded_in(here.path(), &["check", "check-mine.toml"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("  mail-at-home         violated      holds or vacuous"), "{}", ran.out);
    assert!(!ran.out.contains("no-false-success     violated"), "{}", ran.out);
    let ran = stranded_in(here.path(), &["check", "mine.toml", "--from", "stranded"]);
    assert!(ran.code == 1 && ran.out.contains("mail-at-home"), "{}", ran.out);
    // In every format.
    for format in ["junit", "tap", "markdown", "github"] {
        let ran = stranded_in(here.path(), &["check", "check-mine.toml", "--format", format]);
        assert!(ran.code == 1 && ran.out.contains("mail-at-home"), "{format}: {}", ran.out);
    }
    // The scenario can say that it is meant to be so.
    let scenario = here.path().join("check-mine.toml");
    let text = fs::read_to_string(&scenario).unwrap();
    fs::write(&scenario, format!("{text}mail-at-home = \"violated\"\n")).unwrap();
    assert_eq!(stranded_in(here.path(), &["check", "check-mine.toml"]).code, 0);
    fs::write(&scenario, text).unwrap();
    // The load brings it back.
    fs::write(here.path().join("mine.toml"), with(&[&["do = \"load\"", "at = \"to\""]])).unwrap();
    let ran = stranded_in(here.path(), &["check", "check-mine.toml"]);
    assert!(ran.code == 0 && ran.out.contains("mail-at-home         holds"), "{}{}", ran.out, ran.err);
}

#[test]
fn a_run_that_waits_for_ever_while_mail_is_stranded_is_not_a_success() {
    let here = tempfile::tempdir().unwrap();
    let wait = ["do = \"wait\"", "holds-all = { at = \"to\", of = \"from\" }"];
    let create = ["do = \"create-mailbox\"", "at = \"to\""];
    fs::write(here.path().join("mine.toml"), runbook("mine", &[&create, SYNC, &wait])).unwrap();
    let scenario = "name = \"check-mine\"\n[site]\nservers = [\"A\", \"B\"]\nmessages = 2\n[environment]\ndelivery = \"any-time\"\n\
                    [[run]]\nadministrator = \"me\"\nprocedure = \"mine.toml\"\nfrom = \"A\"\nto = \"B\"\n[expect]\n\
                    no-loss = \"holds\"\nreachable = \"holds\"\n";
    fs::write(here.path().join("check-mine.toml"), scenario).unwrap();
    // Liveness is judged where a scenario names it; one that does not says what it leaves open.
    let ran = stranded_in(here.path(), &["check", "check-mine.toml"]);
    assert!(ran.code == 3 && flat(&ran).contains("whether each run ends (`repair-completes`)"), "{}", ran.out);
    fs::write(here.path().join("check-mine.toml"), format!("{scenario}repair-completes = \"holds\"\n")).unwrap();
    let ran = stranded_in(here.path(), &["check", "check-mine.toml"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("repair-completes     violated"), "{}", ran.out);
    let ran = stranded_in(here.path(), &FRESH);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("  repair-completes     violated      violated      violated\n"), "{}", ran.out);
    // One that fails for late mail only says so in those columns.
    let require = ["do = \"require\"", "present = \"to\""];
    fs::write(here.path().join("mine.toml"), runbook("mine", &[&require, SYNC, &wait])).unwrap();
    let ran = stranded_in(here.path(), &["check", "mine.toml", "--from", "stranded"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("  repair-completes     holds         violated      violated\n"), "{}", ran.out);
}

#[test]
fn a_guard_that_only_an_empty_mailbox_passes_was_not_tried() {
    let here = tempfile::tempdir().unwrap();
    let guard = ["do = \"require\"", "empty = \"from\"", "on = { refused = \"undo\" }"];
    let steps: [&[&str]; 9] = [
        &["do = \"hold-delivery\""],
        &guard,
        &["do = \"create-mailbox\"", "at = \"to\""],
        SYNC,
        &["do = \"delete-mailbox\"", "at = \"from\""],
        &["do = \"release-delivery\""],
        &["do = \"report\"", "outcome = \"ok\""],
        &["label = \"undo\"", "do = \"release-delivery\""],
        &["do = \"report\"", "outcome = \"refused\""],
    ];
    fs::write(here.path().join("mine.toml"), runbook("mine", &steps)).unwrap();
    let says = "no run ends ok on a mailbox that had mail before it, so what the procedure does to mail was not tried";
    let ran = stranded_in(here.path(), &[&FRESH[..], &["--report", "junit=report.xml"]].concat());
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(flat(&ran).contains(&format!("Inconclusive under before, until-repair, any-time: {says}.")), "{}", ran.out);
    assert!(fs::read_to_string(here.path().join("report.xml")).unwrap().contains(says));
    // Mail that arrives at any time can also arrive behind such a run.
    let ran = stranded_in(here.path(), &[&FRESH[..], &["--delivery", "any-time"]].concat());
    assert!(ran.code == 3 && flat(&ran).contains(says), "{}", ran.out);
    let scenario = "name = \"check-mine\"\n[site]\nservers = [\"A\", \"B\"]\nmessages = 2\n[environment]\ndelivery = \"any-time\"\n\
                    [[run]]\nadministrator = \"me\"\nprocedure = \"mine.toml\"\nfrom = \"A\"\nto = \"B\"\n";
    fs::write(here.path().join("check-mine.toml"), scenario).unwrap();
    let ran = stranded_in(here.path(), &["check", "check-mine.toml"]);
    assert!(ran.code == 3 && flat(&ran).contains(says), "{}", ran.out);
    // The verdicts of such a scenario are written only if the user accepts it.
    let written = stranded_in(here.path(), &["check", "check-mine.toml", "--write-expect"]);
    assert!(written.code == 1 && written.err.contains(says), "{} {}", written.code, written.err);
    // Without the guard, the same steps are tried.
    let bold: Vec<&[&str]> = steps.iter().copied().filter(|keys| *keys != guard).collect();
    fs::write(here.path().join("mine.toml"), runbook("mine", &bold[..6])).unwrap();
    let ran = stranded_in(here.path(), &FRESH);
    assert!(ran.code == 1 && !flat(&ran).contains(says), "{}", ran.out);
}
