//! The commands for a new user and for an installation: `init`, `check --watch`, `--version`, `man` and `completions`.

use std::path::Path;

use pretty_assertions::assert_eq;
use stranded_search::model_hash;

use crate::cli::{Ran, stranded_in};

fn stranded(arguments: &[&str]) -> Ran {
    stranded_in(Path::new("."), arguments)
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
