//! Commands of the configuration: a program and its arguments, without a shell, in a process group that ends with the wait.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::trouble::Trouble;

/// The longest output, in bytes.
const OUTPUT_MAX: u64 = 64 * 1024;

/// The end of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// The exit code; 128 and the number of the signal if one ended it.
    pub(super) code: i32,
    /// The standard output.
    pub(super) output: String,
}

/// Runs a command with words in place of its placeholders.
pub(super) async fn run(words: &[String], values: &[(&str, &str)], longest: Duration) -> Result<Ended, Trouble> {
    let filled: Vec<String> = words.iter().map(|word| filled(word, values)).collect();
    let Some((program, arguments)) = filled.split_first() else {
        return Err(Trouble::Refused("the command is empty".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|reason| Trouble::Unreachable(format!("cannot start {program}: {reason}")))?;
    let group = child.id();
    let mut output = Vec::new();
    let waited = async {
        if let Some(stdout) = child.stdout.take() {
            stdout.take(OUTPUT_MAX).read_to_end(&mut output).await?;
        }
        child.wait().await
    };
    let ended = tokio::time::timeout(longest, waited).await;
    // Processes that the command left behind end too.
    if let Some(group) = group.and_then(|group| i32::try_from(group).ok()).and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    match ended {
        Ok(Ok(status)) => {
            let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(255);
            Ok(Ended { code, output: String::from_utf8_lossy(&output).into_owned() })
        }
        Ok(Err(reason)) => Err(Trouble::Unknown(format!("cannot wait for {program}: {reason}"))),
        Err(_) => {
            let longest = humantime::format_duration(longest);
            Err(Trouble::Unknown(format!("{program} did not end within {longest}")))
        }
    }
}

/// The sentence about an exit code that has no meaning.
pub(super) fn unexpected(words: &[String], code: i32) -> Trouble {
    let program = words.first().map_or("", String::as_str);
    Trouble::Unknown(format!("{program} ended with exit code {code}; 0 and 1 have a meaning"))
}

/// Replaces each placeholder once; a value that looks like a placeholder stays.
fn filled(word: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(word.len());
    let mut unread = word;
    while let Some(brace) = unread.find('{') {
        filled.push_str(&unread[..brace]);
        unread = &unread[brace..];
        match values.iter().find(|(placeholder, _)| unread.starts_with(placeholder)) {
            Some((placeholder, value)) => {
                filled.push_str(value);
                unread = &unread[placeholder.len()..];
            }
            None => {
                filled.push('{');
                unread = &unread[1..];
            }
        }
    }
    filled + unread
}
