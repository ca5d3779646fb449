//! A client of z3. A text names each of its queries by an `echo` before its `check-sat`.

use std::io::Write;
use std::process::{Command, Stdio};

/// The time limit of z3 for one text.
const SECONDS_MAX: u32 = 600;

/// A query with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    name: String,
    answer: String,
}

impl Check {
    pub(super) fn new(name: &str, answer: &str) -> Self {
        Self { name: name.to_owned(), answer: answer.to_owned() }
    }

    pub(super) fn parts(&self) -> (&str, &str) {
        (&self.name, &self.answer)
    }
}

/// Returns every query of a text with its answer.
pub(super) fn answered(text: &str) -> Vec<Check> {
    let output = output(text);
    let lines: Vec<&str> = output.lines().collect();
    let (checks, rest) = lines.as_chunks::<2>();
    assert!(
        rest.is_empty() && !output.contains("(error") && !output.contains("timeout"),
        "z3 reports an error:\n{output}"
    );
    checks.iter().map(|[name, answer]| Check::new(name, answer)).collect()
}

/// Returns the output of z3.
pub(super) fn output(text: &str) -> String {
    let mut z3 = Command::new("z3")
        .args(["-in", &format!("-T:{SECONDS_MAX}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start z3: {error}; install the Debian package `z3`"));
    let mut input = z3.stdin.take().unwrap();
    // z3 prints little until it has read everything, so the test can write the whole text first.
    let written = input.write_all(text.as_bytes());
    drop(input);
    let output = z3.wait_with_output().unwrap();
    written
        .unwrap_or_else(|error| panic!("z3 stopped reading ({error}):\n{}", String::from_utf8_lossy(&output.stdout)));
    String::from_utf8(output.stdout).unwrap()
}
