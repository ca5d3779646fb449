//! The report on several scenarios: one line for each.

use std::fs;

use crate::cli::stranded_in;

#[test]
fn a_violation_that_was_found_outranks_a_search_that_was_not_complete() {
    let folder = tempfile::tempdir().unwrap();
    let text = stranded_in(folder.path(), &["show", "second-move"]).out;
    let text = text.replace("no-self-move = \"violated\"", "no-self-move = \"holds\"");
    fs::write(folder.path().join("second.toml"), text.replace("\"second-move\"", "\"second\"")).unwrap();
    let ran = stranded_in(folder.path(), &["check", "second.toml", "method-1", "--max-depth", "8"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let lines: Vec<&str> = ran.out.lines().take(2).collect();
    assert!(lines[0].starts_with("second    1 not as expected  "), "{lines:?}");
    assert!(lines[1].starts_with("method-1  inconclusive       "), "{lines:?}");
    assert!(ran.out.contains("no-self-move is violated after 6 steps"), "{}", ran.out);
}

#[test]
fn lines_leave_out_what_does_not_fit_and_names_stay() {
    let names = ["offlineimap-empty-source", "guarded-move-of-three-other-edits"];
    let folder = tempfile::tempdir().unwrap();
    let ran = stranded_in(folder.path(), &[&["check"][..], &names].concat());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for (line, name) in ran.out.lines().zip(names) {
        assert!(line.starts_with(name) && line.chars().count() <= 80, "{line}");
    }
    assert!(
        ran.out.ends_with("2 scenarios: every verdict is the expected one;\n2 violated, 3 depending, as expected\n")
    );
}
