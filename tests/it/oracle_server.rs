//! The oracle server answers the requests of a test harness as `specs/oracle.md` says, and an invalid request changes
//! nothing.

use std::io::Write as _;
use std::process::{Command, Stdio};

use pretty_assertions::assert_eq;
use serde_json::Value;

const CONTRACT: &str = include_str!("../../specs/oracle.md");

/// Sends all requests, and reads all answers.
pub(crate) fn answers(arguments: &[&str], asked: &str) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stranded"));
    command.arg("oracle").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let asked = asked.to_owned();
    let asking = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let ended = child.wait_with_output().unwrap();
    asking.join().unwrap().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    let text = String::from_utf8(ended.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_server_answers_as_the_transcript_of_the_contract() {
    let block = CONTRACT.split("```transcript\n").nth(1).unwrap().split("```").next().unwrap();
    let with = |mark: &str| -> Vec<String> {
        block.lines().filter_map(|line| line.strip_prefix(mark)).map(ToOwned::to_owned).collect()
    };
    let asked = with("> ").join("\n");
    let reported: Vec<Value> = with("< ").iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<Value> = answers(&["second-move"], &asked);
    if std::env::var_os("STRANDED_UPDATE").is_some() {
        found.iter().for_each(|answer| eprintln!("< {answer}"));
        return;
    }
    assert_eq!(found.len(), reported.len());
    for (mut found, reported) in found.into_iter().zip(reported) {
        if let Some(hash) = found.get_mut("model_hash") {
            *hash = reported["model_hash"].clone();
        }
        assert_eq!(found, reported);
    }
}

#[test]
fn a_wrong_request_is_answered_with_a_correction_and_changes_nothing() {
    let wrong = [
        "nonsense",
        "[]",
        r#"{"type":"enabled"}"#,
        r#"{"id":1,"type":"enabeld"}"#,
        r#"{"id":2,"type":"allowed","observe":"mailbox-9"}"#,
        r#"{"id":3,"type":"take","event":"did"}"#,
        r#"{"id":4,"type":"allowed","action":"log-on","mailbox":"mailbox-7","by":"source"}"#,
        r#"{"id":5,"type":"bye","more":1}"#,
    ];
    let asked = format!("{}\n{}\n", wrong.join("\n"), r#"{"id":6,"type":"enabled"}"#);
    let found = answers(&["second-move"], &asked);
    assert_eq!(found.len(), wrong.len() + 1);
    for (answer, wrong) in found.iter().zip(wrong) {
        assert_eq!(answer["type"], "error", "{wrong}");
        assert!(!answer["wanted"].as_str().unwrap().is_empty(), "{wrong}: {answer}");
    }
    assert_eq!(found[3]["wanted"], "`enabled`");
    assert_eq!(found[4]["id"], 2);
    assert_eq!(found[wrong.len()]["type"], "enabled");
    assert_eq!(found[wrong.len()], answers(&["second-move"], r#"{"id":6,"type":"enabled"}"#)[0]);
}
