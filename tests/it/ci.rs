//! The action for GitHub, the template for GitLab and the hook for pre-commit: the steps that stand in their files, executed. A
//! stand-in for `cargo` installs the program that is under test.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use pretty_assertions::assert_eq;
use stranded_search::scenario::load_scenario;

const ACTION: &str = include_str!("../../action.yml");
const GITLAB: &str = include_str!("../../ci/gitlab.yml");
const HOOKS: &str = include_str!("../../.pre-commit-hooks.yaml");

/// Installs the program where `cargo install` would: below `--root`, otherwise below the folder of this stand-in. It fails without
/// `--locked`.
const CARGO: &str = r#"#!/bin/bash
set -e
root=$(dirname "$(dirname "$0")")
locked=no
while [ $# -gt 0 ]; do
  case "$1" in
    --root) root=$2; shift ;;
    --locked) locked=yes ;;
    --path) test -f "$2/action.yml"; shift ;;
  esac
  shift
done
test $locked = yes
mkdir -p "$root/bin"
ln -sf "$STRANDED" "$root/bin/stranded"
"#;

/// Returns the text of each block scalar with this key, in order.
fn blocks(yaml: &str, key: &str) -> Vec<String> {
    let lines: Vec<&str> = yaml.lines().collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let is_key = |line: &str| line.trim_start().trim_start_matches("- ") == format!("{key}: |");
    let block = |start: usize| {
        let inner = depth(lines[start + 1]);
        let body = lines[start + 1..].iter().take_while(|line| line.trim().is_empty() || depth(line) >= inner);
        body.map(|line| format!("{}\n", line.get(inner..).unwrap_or(""))).collect()
    };
    (0..lines.len()).filter(|index| is_key(lines[*index])).map(block).collect()
}

/// Returns the commands of the list `script`: block scalars without a key.
fn scripts(yaml: &str) -> Vec<String> {
    blocks(&yaml.replace("- |", "- run: |"), "run")
}

/// Returns the scalar with this key.
fn scalar<'y>(yaml: &'y str, key: &str) -> &'y str {
    let prefix = format!("{key}: ");
    yaml.lines().find_map(|line| line.trim().strip_prefix(prefix.as_str())).unwrap()
}

/// A repository of a user, with scenarios in the folder `runbooks`, and a home for the programs that a job installs.
struct Job {
    folder: tempfile::TempDir,
}

impl Job {
    /// One scenario is as expected. The folder has a procedure too, and on request a scenario that is not as expected.
    fn new(is_good: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        for inner in ["runbooks/inner", "home/bin", "temporary"] {
            fs::create_dir_all(folder.path().join(inner)).unwrap();
        }
        write(
            "runbooks/good one.toml",
            &load_scenario("move").unwrap().text.replace("name = \"move\"", "name = \"good\""),
        );
        write("runbooks/steps.toml", include_str!("../../specs/procedures/method-1.toml"));
        if !is_good {
            let bad = load_scenario("second-move").unwrap().text;
            write("runbooks/inner/bad.toml", &bad.replace("no-loss = \"violated\"", "no-loss = \"holds\""));
        }
        write("home/bin/cargo", CARGO);
        let cargo = folder.path().join("home/bin/cargo");
        fs::set_permissions(cargo, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    /// Runs a step as a runner does: its script in a shell that stops at the first failure.
    fn step(&self, script: &str, variables: &[(&str, &str)]) -> Output {
        let path = |name: &str| self.folder.path().join(name);
        let programs = std::env::join_paths(
            [path("home/bin")].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(&self.folder);
        command.env("PATH", programs.unwrap()).env("STRANDED", env!("CARGO_BIN_EXE_stranded"));
        command.env("RUNNER_TEMP", path("temporary")).env("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR"));
        command.envs(variables.iter().copied()).output().unwrap()
    }

    /// Runs all steps until one fails. Returns the exit code, and the output of the last one.
    fn steps(&self, scripts: &[String], variables: &[(&str, &str)]) -> (Option<i32>, String) {
        let mut last = (None, String::new());
        for script in scripts {
            let output = self.step(script, variables);
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            last = (output.status.code(), text(output.stdout) + &text(output.stderr));
            if !output.status.success() {
                break;
            }
        }
        last
    }
}

#[test]
fn the_action_checks_and_annotates() {
    let steps = blocks(ACTION, "run");
    assert_eq!(steps.len(), 2, "{steps:?}");
    for input in ["SCENARIOS: ${{ inputs.scenarios }}", "ARGUMENTS: ${{ inputs.arguments }}"] {
        assert!(ACTION.contains(input), "{input}");
    }
    let (job_kind, _comment) = scalar(ACTION, "STRANDED_JOB").split_once("  #").unwrap();
    let run = |job: &Job, scenarios: &str, arguments: &str| {
        let variables = [("SCENARIOS", scenarios), ("ARGUMENTS", arguments), ("STRANDED_JOB", job_kind)];
        job.steps(&steps, &variables)
    };
    let (good, bad) = (Job::new(true), Job::new(false));
    let (code, says) = run(&good, "runbooks", "");
    assert_eq!(code, Some(0), "{says}");
    assert!(says.contains("stranded: 10 as expected, 0 not as expected, 0 inconclusive"), "{says}");
    assert!(says.contains("runbooks/steps.toml  a procedure"), "{says}");
    let (code, says) = run(&bad, "runbooks\n", "");
    assert_eq!(code, Some(1), "{says}");
    assert!(says.contains("::error file=runbooks/inner/bad.toml"), "{says}");
    // Lines are arguments, with their spaces; a pattern is expanded by the program.
    assert_eq!(run(&bad, "runbooks/good one.toml\nmove\n", "").0, Some(0));
    assert_eq!(run(&bad, "runbooks/*.toml", "").0, Some(0));
    assert_eq!(run(&good, "runbooks", "--max-states\n2\n").0, Some(3));
    assert_eq!(run(&good, "runbooks", "--no-such-flag").0, Some(2));
    assert_eq!(run(&good, "nothing", "").0, Some(2));
    assert_eq!(run(&good, " runbooks \r\n", "--max-states=2 \r\n").0, Some(3), "spaces around a line are nothing");
    for nothing in ["", " \n\n"] {
        let (code, says) = run(&good, nothing, "");
        assert!(code == Some(2) && says.contains("::error title=stranded::the input scenarios"), "{says}");
    }
    let (code, _) = run(&good, "$(touch executed)\n", "; touch executed");
    assert_eq!(code, Some(2));
    for (arguments, says) in [
        ("--timeout 10m", "::error title=stranded::the input arguments has one word on each line"),
        ("--help", "::error title=stranded::a job cannot have the argument --help"),
        ("-v\n-qh", "::error title=stranded::a job cannot have the argument -qh"),
        ("--watch", "::error title=stranded::a job cannot have the argument --watch"),
    ] {
        let (code, out) = run(&good, "runbooks", arguments);
        assert!(code == Some(2) && out.contains(says), "{arguments}: {out}");
    }
    assert_eq!(run(&good, "runbooks", "--report=markdown=a b.md\n-o\nlog").0, Some(0), "a value can have spaces");
    assert!(!good.folder.path().join("executed").exists(), "an input is executed");
}

#[test]
fn the_template_for_gitlab_checks_and_writes_a_report() {
    let script = scripts(GITLAB);
    assert_eq!(script.len(), 2, "{script:?}");
    let report = scalar(GITLAB, "junit");
    let run = |job: &Job, scenarios: &str, arguments: &str| {
        let variables =
            [("STRANDED_SCENARIOS", scenarios), ("STRANDED_ARGUMENTS", arguments), ("STRANDED_REPOSITORY", "here")];
        job.steps(&script, &variables)
    };
    let (good, bad) = (Job::new(true), Job::new(false));
    let (code, says) = run(&good, "runbooks\nmove", "");
    assert_eq!(code, Some(0), "{says}");
    assert!(fs::read_to_string(good.folder.path().join(report)).unwrap().contains("<testsuite "));
    let (code, says) = run(&bad, "runbooks", "");
    assert_eq!(code, Some(1), "{says}");
    assert!(fs::read_to_string(bad.folder.path().join(report)).unwrap().contains("<failure"));
    assert!(says.contains("not as expected:\n  second-move/no-loss"), "the log has the report for people: {says}");
    assert_eq!(run(&good, "runbooks", "--max-states\n2").0, Some(3));
    assert_eq!(run(&good, " runbooks \r\n", "--max-states=2 \r\n").0, Some(3), "spaces around a line are nothing");
    for (arguments, says) in [
        ("--help", "a job cannot have the argument --help"),
        ("-vh", "a job cannot have the argument -vh"),
        ("-qV", "a job cannot have the argument -qV"),
        ("--watch", "a job cannot have the argument --watch"),
        ("--timeout 10m", "STRANDED_ARGUMENTS has one word on each line"),
    ] {
        let (code, out) = run(&bad, "runbooks", arguments);
        assert!(code == Some(2) && out.contains(says), "{arguments}: {code:?} {out}");
    }
    assert_eq!(run(&bad, "runbooks/good one.toml\nmove", "").0, Some(0), "a space is part of a name");
    assert_eq!(run(&bad, "runbooks/**/*.toml", "").0, Some(1), "the program expands a pattern, also in folders");
    let (code, says) = run(&good, "\n", "");
    assert!(code != Some(0) && says.contains("STRANDED_SCENARIOS names nothing to check"), "{says}");
    assert_ne!(run(&good, " ", "").0, Some(0));
    let without = good.steps(&script, &[("STRANDED_SCENARIOS", "runbooks")]);
    assert!(without.0 != Some(0) && without.1.contains("the address of the repository"), "{}", without.1);
}

#[test]
fn the_hook_checks_the_folder_that_its_arguments_name() {
    let run = |job: &Job, arguments: &str| {
        let install = job.step("cargo install --locked", &[]);
        assert!(install.status.success());
        job.step(&format!("{} {arguments}", scalar(HOOKS, "entry")), &[]).status.code()
    };
    assert_eq!(run(&Job::new(true), "runbooks"), Some(0));
    assert_eq!(run(&Job::new(false), "runbooks"), Some(1));
    // Without arguments of the user, the hook checks the repository; a file that is gone is a change too.
    assert_eq!(scalar(HOOKS, "args"), "[\".\"]");
    assert_eq!(run(&Job::new(false), "."), Some(1));
    assert_eq!((scalar(HOOKS, "always_run"), scalar(HOOKS, "pass_filenames")), ("true", "false"));
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml").exists(), "pre-commit builds a package of Rust");
    assert_eq!(scalar(HOOKS, "language"), "rust");
}

#[test]
fn the_document_names_what_the_files_define() {
    let page = include_str!("../../docs/ci.md");
    for (file, name) in [
        (ACTION, "scenarios:"),
        (ACTION, "arguments"),
        (GITLAB, "STRANDED_SCENARIOS"),
        (GITLAB, "STRANDED_REPOSITORY"),
        (HOOKS, "stranded-check"),
    ] {
        assert!(file.contains(name) && page.contains(name), "{name}");
    }
}
