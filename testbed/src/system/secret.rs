//! Secrets: passwords from the environment or from a file that only its owner can read. No message shows one.

use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The mode bits of a file that let others read or write it.
const OTHERS: u32 = 0o077;
/// The longest secret, in bytes.
const LENGTH_MAX: u64 = 4096;

/// A password.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns the text, for the server that asks for it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Reason why a secret cannot be used, and the accepted form.
pub(super) struct Unusable {
    pub(super) message: String,
    pub(super) accepted: String,
}

/// Reads a secret from the environment.
pub(super) fn of_environment(name: &str) -> Result<Secret, Unusable> {
    let wrong = |message: String| Unusable { message, accepted: format!("export {name} before the start") };
    match std::env::var(name) {
        Ok(text) if text.is_empty() => Err(wrong(format!("the variable {name} is empty"))),
        Ok(text) => checked(text).map_err(|says| wrong(format!("the variable {name} {says}"))),
        Err(std::env::VarError::NotPresent) => Err(wrong(format!("the variable {name} is not set"))),
        Err(std::env::VarError::NotUnicode(_)) => Err(wrong(format!("the variable {name} is not UTF-8"))),
    }
}

/// Reads the first line of a file that only its owner can read.
pub(super) fn of_file(path: &Path) -> Result<Secret, Unusable> {
    let shown = path.display();
    let accepted = format!("a file with the mode 0600: chmod 600 {shown}");
    let wrong = |message: String| Unusable { message, accepted: accepted.clone() };
    let cannot = |reason: std::io::Error| wrong(format!("cannot read {shown}: {reason}"));
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Err(wrong(format!("cannot read {shown}: it is not a file")));
    }
    let file = File::open(path).map_err(cannot)?;
    // The open file is asked, so that no other file can take its place in between.
    let mode = file.metadata().map_err(cannot)?.mode();
    if mode & OTHERS != 0 {
        return Err(wrong(format!("{shown} has the mode {:04o}: others can read or change it", mode & 0o7777)));
    }
    let mut text = String::new();
    file.take(LENGTH_MAX).read_to_string(&mut text).map_err(cannot)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(wrong(format!("{shown} is empty")));
    }
    checked(line.to_owned()).map_err(|says| wrong(format!("{shown} {says}")))
}

fn checked(text: String) -> Result<Secret, &'static str> {
    if text.chars().any(char::is_control) { Err("has control characters") } else { Ok(Secret(text)) }
}
