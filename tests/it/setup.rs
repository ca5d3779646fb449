//! The commands for a new user and for an installation: `init`, `check --watch`, `--version`, `man` and `completions`.

use std::fs;
use std::path::Path;
use std::process::Command;

use clap::CommandFactory as _;
use pretty_assertions::assert_eq;
use stranded::cli::Cli;
use stranded_search::model_hash;

use crate::cli::{Ran, stranded_in};
use crate::process::Process;

fn stranded(arguments: &[&str]) -> Ran {
    stranded_in(Path::new("."), arguments)
}

#[test]
fn init_writes_a_runbook_and_a_scenario_that_are_as_expected() {
    let folder = tempfile::tempdir().unwrap();
    let ran = stranded_in(folder.path(), &["init"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.ends_with("Then: stranded check check-runbook.toml\n"), "{}", ran.out);
    let checked = stranded_in(folder.path(), &["check", "check-runbook.toml", "--format", "json"]);
    assert_eq!((checked.code, checked.err.as_str()), (0, ""), "{}", checked.out);
    for verdict in ["no-loss", "no-last-copy-delete", "reachable"] {
        assert!(
            checked.out.contains(&format!("\"name\": \"{verdict}\",\n          \"verdict\": \"holds\"")),
            "{}",
            checked.out
        );
    }
    let lines = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap().lines().count();
    assert!(lines("runbook.toml") <= 50 && lines("check-runbook.toml") <= 35, "an example is short");
}

#[test]
fn init_gives_both_files_the_name_of_the_runbook() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ours")).unwrap();
    assert_eq!(stranded_in(folder.path(), &["init", "ours/night-move.toml"]).code, 0);
    let checked = stranded_in(folder.path(), &["check", "ours/check-night-move.toml"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    assert!(checked.out.contains("check-night-move"), "{}", checked.out);
    let procedure = fs::read_to_string(folder.path().join("ours/night-move.toml")).unwrap();
    assert!(procedure.contains("name = \"night-move\""), "{procedure}");
}

#[test]
fn init_replaces_no_file() {
    for taken in ["runbook.toml", "check-runbook.toml"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(taken), "mine").unwrap();
        let ran = stranded_in(folder.path(), &["init"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(ran.err.contains(&format!("{taken} exists, and init replaces no file")), "{}", ran.err);
        assert_eq!(fs::read_to_string(folder.path().join(taken)).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the other file is not written either");
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["My Runbook.toml", "runbook.txt", "runbook", "none/runbook.toml"] {
        let ran = stranded_in(folder.path(), &["init", name]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{name}");
        assert!(ran.err.contains(name), "{}", ran.err);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_watched_check_runs_again_after_a_change_of_any_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stranded_in(folder.path(), &["init"]).code, 0);
    let mut process = Process::start(folder.path(), &["check", "--watch", "check-runbook.toml"]);
    assert_eq!(process.line().unwrap(), "watching 2 files; Ctrl-C ends\n");
    let runbook = folder.path().join("runbook.toml");
    let text = fs::read_to_string(&runbook).unwrap();

    fs::write(&runbook, text.replace("\"copy-message\"", "\"copy\"")).unwrap();
    let lines: Vec<String> =
        std::iter::from_fn(|| process.line()).take_while(|line| !line.starts_with("watching")).collect();
    let said = lines.concat();
    assert!(said.starts_with("\nrunbook.toml changed\n") && said.contains("did you mean `copy-message`?"), "{said}");

    fs::write(&runbook, &text).unwrap();
    let lines: Vec<String> =
        std::iter::from_fn(|| process.line()).take_while(|line| !line.starts_with("watching")).collect();
    assert_eq!(lines.concat(), "\nrunbook.toml changed\n");
    process.signal("INT");
    let ended = process.end();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert_eq!(ended.out.matches("every verdict is the expected one").count(), 2, "{}", ended.out);
}

#[test]
fn only_files_are_watched() {
    for arguments in [&["check", "--watch"][..], &["check", "--watch", "stranded", "article"]] {
        let ran = stranded(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(ran.err.contains("--watch needs a file"), "{}", ran.err);
    }
}

#[test]
fn the_version_names_the_commit_and_the_model() {
    let version = stranded(&["--version"]).out;
    let start = format!("stranded {} (commit ", env!("CARGO_PKG_VERSION"));
    let rest = version.strip_prefix(&start).unwrap_or_else(|| panic!("{version}"));
    let commit = rest.strip_suffix(&format!(", model {})\n", model_hash())).unwrap_or_else(|| panic!("{version}"));
    let is_commit = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let has_git = Command::new("git").arg("--version").output().is_ok();
    let has_commit = has_git && root.join(".git").exists() || root.join(".cargo_vcs_info.json").exists();
    assert!(is_commit(commit.trim_end_matches("-dirty")) || !has_commit && commit == "unknown", "{version}");
    assert_eq!(stranded(&["-V"]).out, version);
}

/// Returns the names of the pages of a command and of those below it.
fn pages(command: &clap::Command, name: &str) -> Vec<String> {
    let below = command.get_subcommands().flat_map(|below| pages(below, &format!("{name}-{}", below.get_name())));
    below.chain([format!("{name}.1")]).collect()
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stranded_in(folder.path(), &["man", "--output", "man"]).code, 0);
    let entries = fs::read_dir(folder.path().join("man")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut written: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    let mut wanted = pages(&Cli::command(), "stranded");
    written.sort();
    wanted.sort();
    assert_eq!(written, wanted);
    let page = |name: &str| fs::read_to_string(folder.path().join("man").join(name)).unwrap();
    for (words, name, part) in [
        (&["man"][..], "stranded.1", "Exit codes"),
        (&["man", "check"], "stranded-check.1", "\\-\\-max\\-states"),
        (&["man", "adapter", "reference"], "stranded-adapter-reference.1", "\\-\\-mutant"),
    ] {
        let ran = stranded(words);
        assert_eq!((ran.code, ran.out.as_str()), (0, page(name).as_str()), "{words:?}");
        assert!(ran.out.contains(part), "{}", ran.out);
    }
    let ran = stranded(&["man", "chek"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("did you mean `check`?"), "{}", ran.err);
}

/// Returns the completions that a shell shows for these words.
fn completed(shell: &str, folder: &Path, words: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stranded"));
    command.current_dir(folder).env("STRANDED_COMPLETE", shell).env("_CLAP_IFS", "\n");
    command.env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
    let output = command.arg("--").args(words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // Beside a name, zsh gets its description after a colon and fish after a tab.
    text.lines().map(|line| line.split(['\t', ':']).next().unwrap().trim_end().to_owned()).collect()
}

#[test]
fn every_shell_completes_commands_scenarios_and_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("method-of-mine.toml"), "").unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let of = |words: &[&str]| completed(shell, folder.path(), words);
        assert_eq!(of(&["stranded", "valid"]), ["validate"], "{shell}");
        let methods = of(&["stranded", "check", "method-"]);
        for name in ["method-1", "method-2-late-mail", "method-of-mine.toml"] {
            assert!(methods.iter().any(|found| found == name), "{shell}: {methods:?}");
        }
        assert!(methods.iter().all(|name| name.starts_with("method-")), "{shell}: {methods:?}");
        assert_eq!(of(&["stranded", "check", "mine.toml", "--from", "second-m"]), ["second-move"], "{shell}");
        assert_eq!(of(&["stranded", "show", "guarded-move-with-p"]), ["guarded-move-with-probes"], "{shell}");
        assert_eq!(of(&["stranded", "check", "--engine", "state"]), ["stateright"], "{shell}");
        let script = stranded(&["completions", shell]);
        assert_eq!((script.code, script.err.as_str()), (0, ""));
        assert!(script.out.contains("STRANDED_COMPLETE"), "{}", script.out);
    }
}

#[test]
fn bash_completes_with_the_printed_script() {
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_stranded"));
    let script =
        "eval \"$(stranded completions bash)\"; COMP_WORDS=(stranded check second-m); COMP_CWORD=2; COMP_TYPE=9
        _clap_complete_stranded stranded second-m check; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output =
        Command::new("bash").args(["-c", script]).current_dir(folder.path()).env("PATH", path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.trim(), "second-move", "{}", String::from_utf8_lossy(&output.stderr));
}
