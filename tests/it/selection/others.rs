//! Files below a checked folder that are not ours, or that were ours: each is named in every format, and none stops the check.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{checked, named, refused, runbooks};
use crate::cli::stranded_in;

/// Checks that a file is listed with a reason in every format, and that the scenarios are checked.
fn listed(folder: &Path, file: &str, reason: &str) {
    let (code, names, others) = checked(folder, &["runbooks"]);
    assert_eq!((code, names.len()), (0, 2), "{file}: {names:?}");
    assert!(others.contains(&file.to_owned()), "{file}: {others:?}");
    for format in ["text", "junit", "tap", "markdown", "github"] {
        let ran = stranded_in(folder, &["check", "runbooks", "--format", format]);
        let line = ran.out.lines().find(|line| line.contains(file)).unwrap_or_else(|| panic!("{format}: {}", ran.out));
        assert!(ran.code == 0 && (line.contains(reason) || format == "junit"), "{format}: {line}");
        assert!(ran.out.contains(reason), "{format}: {}", ran.out);
    }
}

#[test]
fn a_link_that_leads_to_nothing_or_back_is_listed() {
    let here = runbooks();
    symlink("nowhere", here.path().join("runbooks/LATEST")).unwrap();
    symlink("nowhere", here.path().join("runbooks/.#b.toml")).unwrap();
    listed(here.path(), "runbooks/LATEST", "a link that leads to nothing");
    symlink("..", here.path().join("runbooks/inner/up")).unwrap();
    listed(here.path(), "runbooks/inner/up", "a link to a folder that contains it");
    // One with the name of a scenario was ours.
    symlink("gone.toml", here.path().join("runbooks/old.toml")).unwrap();
    refused(here.path(), &["runbooks"], "cannot read runbooks/old.toml: ");
}

#[test]
fn toml_of_another_program_is_listed() {
    for (text, reason) in [
        ("name = \"my-worker\"\n[site]\nbucket = \"./public\"\n", "neither a scenario nor a procedure"),
        ("name = \"w\"\n[environment]\nNODE_ENV = \"x\"\n", "neither a scenario nor a procedure"),
        ("a = 1\na = 2\n", "not TOML, and without a table of a scenario or a procedure"),
    ] {
        let here = runbooks();
        fs::write(here.path().join("runbooks/other.toml"), text).unwrap();
        listed(here.path(), "runbooks/other.toml", reason);
        // A file that is named is ours.
        assert_eq!(stranded_in(here.path(), &["check", "runbooks/other.toml"]).code, 2, "{text}");
    }
}

#[test]
fn a_broken_file_of_ours_is_still_an_error() {
    for text in [
        "name = \"mine\"\n[site]\nservers = [\"a\", \"b\"]\nmesages = 2\n",
        "name = \"mine\"\n[environment]\ndelivery = \"sometimes\"\n",
        "name = \"mine\"\n[expect]\nno-loss = \"holds\"\n",
        "[[run]]\nprocedure = \n",
        "[[step]]\ndo = export\n",
        "name = mine\n",
    ] {
        let here = runbooks();
        fs::write(here.path().join("runbooks/mine.toml"), text).unwrap();
        refused(here.path(), &["runbooks"], "runbooks/mine.toml:");
    }
}

#[test]
fn an_emptied_scenario_is_listed_and_one_in_capital_letters_is_checked() {
    let here = runbooks();
    for text in ["", "# name = \"c\"\n# [site]\n"] {
        fs::write(here.path().join("runbooks/c.toml"), text).unwrap();
        listed(here.path(), "runbooks/c.toml", "empty, or nothing but comments");
    }
    fs::write(here.path().join("runbooks/D.TOML"), named("d")).unwrap();
    assert!(checked(here.path(), &["runbooks"]).1.contains(&"d".to_owned()));
}

#[test]
fn a_scenario_file_beside_another_is_named_with_its_ending() {
    let here = runbooks();
    let text = "name = \"next\"\nfrom = \"b\"\n[[run]]\nadministrator = \"me\"\nprocedure = \"move\"\nfrom = \"source\"\nto = \"destination\"\n";
    fs::write(here.path().join("runbooks/next.toml"), text).unwrap();
    refused(here.path(), &["runbooks/next.toml"], "write `from = \"b.toml\"`");
    fs::write(here.path().join("runbooks/next.toml"), text.replace("\"b\"", "\"b.toml\"")).unwrap();
    assert_ne!(stranded_in(here.path(), &["check", "runbooks/next.toml"]).code, 2);
}
