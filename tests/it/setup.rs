//! The commands for a new user and for an installation: `init`, `check --watch`, `--version`, `man` and `completions`.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use stranded_search::model_hash;

use crate::cli::{Ran, stranded_in};

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
fn the_version_names_the_commit_and_the_model() {
    let version = stranded(&["--version"]).out;
    let start = format!("stranded {} (commit ", env!("CARGO_PKG_VERSION"));
    let rest = version.strip_prefix(&start).unwrap_or_else(|| panic!("{version}"));
    let commit = rest.strip_suffix(&format!(", model {})\n", model_hash())).unwrap_or_else(|| panic!("{version}"));
    let is_commit = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let has_commit = root.join(".git").exists() || root.join(".cargo_vcs_info.json").exists();
    assert!(is_commit(commit.trim_end_matches("-dirty")) || !has_commit && commit == "unknown", "{version}");
    assert_eq!(stranded(&["-V"]).out, version);
}
