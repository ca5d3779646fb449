//! A recorded log is judged as its events are, and a line that is wrong is told at its place.

use std::fs;

use crate::cli::{Ran, stranded_in};
use crate::logs::Recorder;
use stranded::scenario::load_scenario;

#[test]
fn look() {
    let spec = load_scenario("second-move").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let log = Recorder::new(&spec).delivers("m1").delivers("m2").runs().runs().text();
    fs::write(folder.path().join("log.jsonl"), &log).unwrap();
    eprintln!("{log}");
    for more in [
        &[][..],
        &["--implements", "move"],
        &["--safety"],
        &["--format", "json", "--implements", "move"],
        &["--format", "junit", "--implements", "move"],
        &["--format", "tap", "--implements", "move"],
        &["--format", "markdown", "--implements", "move"],
        &["--format", "github", "--implements", "move"],
    ] {
        let ran = stranded_in(folder.path(), &[&["validate", "second-move", "log.jsonl"], more].concat());
        eprintln!("{} {}\n{}", ran.code, ran.out, ran.err);
    }
    let bad = log.replacen("\"result\":\"ok\"", "\"reslt\":\"ok\"", 1);
    fs::write(folder.path().join("log.jsonl"), &bad).unwrap();
    let ran = stranded_in(folder.path(), &["validate", "second-move", "log.jsonl"]);
    eprintln!("{} {}\n{}", ran.code, ran.out, ran.err);
    let bad = log.replacen("\"mailbox\":\"mailbox-1\"", "\"mailbox\":\"mailbx-1\"", 1);
    fs::write(folder.path().join("log.jsonl"), &bad).unwrap();
    let ran = stranded_in(folder.path(), &["validate", "second-move", "log.jsonl"]);
    eprintln!("{} {}\n{}", ran.code, ran.out, ran.err);
    let bad = log.replacen("\"m2\"", "m2", 1);
    fs::write(folder.path().join("log.jsonl"), &bad).unwrap();
    let ran = stranded_in(folder.path(), &["validate", "second-move", "log.jsonl"]);
    eprintln!("{} {}\n{}", ran.code, ran.out, ran.err);
}
