//! Arguments that a job of a CI cannot have: the action for GitHub and the template for GitLab set the variable `STRANDED_JOB`, and the
//! program refuses what would make such a job succeed without a check, or never end.

use std::ffi::OsString;
use std::process::ExitCode;

use super::output;
use crate::exit::Exit;
use crate::formats::results::{InputError, input_errors};

/// The variable that names the kind of job.
const VARIABLE: &str = "STRANDED_JOB";

/// A kind of job, by the value of the variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    /// `github`: an error is an annotation.
    Github,
    /// Any other value.
    Other,
}

/// Prints the reason why a job cannot have one of these arguments, and returns the exit code; `None` if it can have them, or if this is
/// no job.
pub fn refuse(arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let job = match std::env::var(VARIABLE).ok()?.as_str() {
        "" => return None,
        "github" => Job::Github,
        _ => Job::Other,
    };
    let says = arguments
        .map(|word| word.to_string_lossy().into_owned())
        .take_while(|word| word != "--")
        .find_map(|word| refusal(&word, job))?;
    match job {
        Job::Github => {
            let _ = output::write(&input_errors(&[InputError { says, location: None }]), None);
        }
        Job::Other => output::say(&format!("{}error{}: {says}", output::ERROR.render(), output::ERROR.render_reset())),
    }
    Some(ExitCode::from(Exit::Usage.code()))
}

/// Returns true if this is a job of a CI.
pub(super) fn is_one() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|job| !job.is_empty())
}

/// Returns the reason why a job cannot have this argument.
fn refusal(word: &str, job: Job) -> Option<String> {
    let option = word.split('=').next().unwrap_or(word);
    let short = option.strip_prefix('-').map(|flags| flags.trim_start_matches(['q', 'v']));
    let asks = short.is_some_and(|flags| flags.starts_with(['h', 'V']));
    if asks || matches!(option, "--help" | "--version" | "--watch") {
        return Some(format!("a job cannot have the argument {word}, because it checks nothing or never ends"));
    }
    let list = match job {
        Job::Github => "the input arguments",
        Job::Other => "STRANDED_ARGUMENTS",
    };
    (option.starts_with('-') && option.contains(char::is_whitespace))
        .then(|| format!("{list} has one word on each line, such as --timeout=10m; it has the line {word}"))
}
