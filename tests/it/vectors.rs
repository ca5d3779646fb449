//! Test vectors cover every transition, keep their names, and judge an implementation as the oracle does, without it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use pretty_assertions::assert_eq;
use serde_json::Value;
use stranded_oracle::vectors::file::{Index, Vector};

use crate::cli::{Ran, stranded_in};
use crate::exercised::wrapped;

fn generate(folder: &Path, arguments: &[&str]) -> Ran {
    stranded_in(folder, &[&["generate"], arguments].concat())
}

fn index(folder: &Path) -> Index {
    serde_json::from_str(&fs::read_to_string(folder.join("index.json")).unwrap()).unwrap()
}

/// Returns every file of a folder with its content.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let file =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    entries.map(file).collect()
}

/// Runs vectors on an adapter, with only the standard library of Python; returns the exit code and the output.
fn run(vectors: &Path, adapter: &[&str]) -> (i32, String) {
    let runner = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/run-vectors.py");
    let output = Command::new("python3").arg(runner).arg(vectors).args(adapter).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

const REFERENCE: [&str; 3] = [env!("CARGO_BIN_EXE_stranded"), "adapter", "reference"];

#[test]
fn vectors_cover_every_transition_and_the_reference_passes_them() {
    for scenario in ["second-move", "move", "stranded", "method-1"] {
        for granularity in [&[][..], &["--steps"]] {
            let folder = tempfile::tempdir().unwrap();
            let ran = generate(folder.path(), &[&[scenario, "-o", "vectors"], granularity].concat());
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{scenario}");
            let index = index(&folder.path().join("vectors"));
            assert!(index.complete && index.transitions.all > 0);
            assert_eq!(index.transitions.covered, index.transitions.all, "{scenario}");
            let (code, output) = run(&folder.path().join("vectors"), &REFERENCE);
            assert_eq!(code, 0, "{scenario} {granularity:?}\n{output}");
            let passed = output.lines().filter(|line| line.starts_with("ok ")).count();
            assert_eq!(passed, index.vectors.len(), "{output}");
        }
    }
}

#[test]
fn the_articles_program_fails_the_vectors_of_a_correct_move() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(generate(folder.path(), &["second-move", "--implements", "move", "-o", "vectors"]).code, 0);
    let vectors = folder.path().join("vectors");
    // The other program implements the scenario itself, so it passes the scenario's vectors.
    for entry in fs::read_dir(&vectors).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("\"procedure\": \"move\"", "\"procedure\": \"move-of-the-article\"")).unwrap();
    }
    let (code, output) = run(&vectors, &REFERENCE);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("nonconforming") || output.contains("loss"), "{output}");
    let mut lines = output.lines().skip_while(|line| !line.contains(" nonconforming: "));
    assert!(lines.nth(1).unwrap().starts_with("# allowed: {"), "{output}");
}

#[test]
fn an_adapter_that_breaks_the_protocol_is_no_failed_vector() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(generate(folder.path(), &["second-move", "-o", "vectors"]).code, 0);
    let (code, output) = run(&folder.path().join("vectors"), &["echo", "hello"]);
    assert_eq!(code, 4, "{output}");
    assert!(output.contains("Bail out!"), "{output}");
}

#[test]
fn a_reset_without_a_start_has_no_such_key() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(generate(folder.path(), &["move", "-o", "vectors"]).code, 0);
    // The page allows an adapter to refuse every `start`, and demands that it answers a reset without it.
    let strict = wrapped(r#"{"refuses-start": true}"#, None);
    let (code, output) = run(&folder.path().join("vectors"), &strict.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(code, 0, "{output}");
    assert!(!output.contains("SKIP"), "{output}");
}

#[test]
fn a_run_in_which_every_vector_is_skipped_is_no_pass_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(generate(folder.path(), &["stranded", "-o", "vectors"]).code, 0);
    for options in [r#"{"actions": ["deliver"]}"#, r#"{"actions": []}"#] {
        let lacking = wrapped(options, None);
        let lacking: Vec<&str> = lacking.iter().map(String::as_str).collect();
        let (code, output) = run(&folder.path().join("vectors"), &lacking);
        assert_eq!(code, 3, "{output}");
        assert!(output.contains("# every vector was skipped, so nothing was exercised"), "{output}");
    }
}

#[test]
fn ids_are_hashes_of_requests_and_allowed_answers_and_ignore_the_order_of_keys() {
    let folder = tempfile::tempdir().unwrap();
    let text = stranded_in(folder.path(), &["show", "second-move"]).out;
    let (first, rest) = text.split_once("[site]").unwrap();
    let (site, rest) = rest.split_once("[environment]").unwrap();
    let (environment, rest) = rest.split_once("[[run]]").unwrap();
    let head: String = first.trim_end().lines().rev().map(|line| format!("{line}\n")).collect();
    let reordered = format!("{head}\n[[run]]{rest}\n[environment]{environment}\n[site]{site}");
    fs::write(folder.path().join("reordered.toml"), reordered).unwrap();
    assert_eq!(generate(folder.path(), &["second-move", "-o", "one"]).code, 0);
    assert_eq!(generate(folder.path(), &["reordered.toml", "-o", "other"]).code, 0);
    let (one, other) = (files(&folder.path().join("one")), files(&folder.path().join("other")));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, text) in one.iter().filter(|(name, _)| *name != "index.json") {
        // A map changes the order of keys.
        let sorted: Value = serde_json::from_str(text).unwrap();
        let vector: Vector = serde_json::from_value(sorted).unwrap();
        assert_eq!((vector.hash(), format!("{}.json", vector.id)), (vector.id.clone(), name.clone()));
        let mut changed = vector.clone();
        changed.initial.push(99);
        assert_ne!(changed.hash(), vector.id, "the id must change with the allowed states");
    }
}

#[test]
fn the_same_vectors_are_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one", "other"] {
        assert_eq!(generate(folder.path(), &["stranded", "-o", name]).code, 0);
    }
    assert_eq!(files(&folder.path().join("one")), files(&folder.path().join("other")));
}

#[test]
fn only_vectors_are_overwritten_and_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(generate(folder.path(), &["move", "-o", "vectors"]).code, 0);
    let before = files(&folder.path().join("vectors"));
    let again = generate(folder.path(), &["second-move", "-o", "vectors"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("--force"), "{}", again.err);
    assert_eq!(files(&folder.path().join("vectors")), before);
    assert_eq!(generate(folder.path(), &["second-move", "-o", "vectors", "--force"]).code, 0);
    assert_eq!(index(&folder.path().join("vectors")).scenario, "second-move");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no other file is left beside the folder");

    fs::write(folder.path().join("vectors/mine.txt"), "mine").unwrap();
    let mine = generate(folder.path(), &["move", "-o", "vectors", "--force"]);
    assert_eq!(mine.code, 2);
    assert!(mine.err.contains("not a folder of vectors"), "{}", mine.err);
    assert_eq!(fs::read_to_string(folder.path().join("vectors/mine.txt")).unwrap(), "mine");
}

#[test]
fn unobserved_fields_are_reported_and_inconclusive() {
    let folder = tempfile::tempdir().unwrap();
    let ran = generate(folder.path(), &["stranded", "--max-states", "5", "-o", "vectors"]);
    assert_eq!(ran.code, 3);
    assert!(ran.out.contains("truncated: there are more than 5 states"), "{}", ran.out);
    let index = index(&folder.path().join("vectors"));
    assert!(!index.complete && index.truncated.is_some());
}
