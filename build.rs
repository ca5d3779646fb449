//! Passes the commit of the sources to the program, as `STRANDED_COMMIT`: from the package if this is one, else from git. Without
//! both the commit is unknown.

use std::fs;
use std::process::Command;

fn main() {
    for path in ["build.rs", "Cargo.toml", "src", "model/src", "search/src", "oracle/src", "testbed/src", "specs"] {
        println!("cargo:rerun-if-changed={path}");
    }
    if let Some(commit) = packaged().or_else(of_repository) {
        println!("cargo:rustc-env=STRANDED_COMMIT={commit}");
    }
}

/// Returns the commit that cargo wrote into the package.
fn packaged() -> Option<String> {
    let info = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let commit = info.split_once("\"sha1\": \"")?.1.get(..12)?;
    let change = if info.contains("\"dirty\": true") { "-dirty" } else { "" };
    Some(format!("{commit}{change}"))
}

/// Returns the commit of the repository whose root is this folder.
fn of_repository() -> Option<String> {
    fs::metadata(".git").ok()?;
    println!("cargo:rerun-if-changed={}", git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    git(&["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
