//! Violations of the adapter contract, each as a message with what was expected.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::protocol::Wrong;
use stranded_search::sanitize::visible_line;

use super::group::Member;

/// Maximum length of a line, in bytes.
pub const LINE_MAX: usize = 1 << 20;
/// Characters of a line that a message shows.
const SHOWN_MAX: usize = 200;

/// A violation of the adapter contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdapterFault {
    /// The command could not be started.
    NotStarted(String),
    /// The line is not UTF-8.
    NotUtf8 {
        /// Position of the first wrong byte, from 1.
        byte: usize,
    },
    /// The line is not an answer.
    BadLine(Wrong),
    /// The answer has the id of another request.
    WrongId {
        /// Id of the answer.
        found: u64,
        /// Id of the request.
        asked: u64,
    },
    /// The answer has a type that does not belong to the request.
    WrongType {
        /// Type of the answer.
        found: &'static str,
        /// Accepted types.
        wanted: &'static str,
    },
    /// The adapter wrote a line without a request.
    NotRequested,
    /// The line is too long.
    TooLong,
    /// The output ended in the middle of a line.
    NoLineEnd,
    /// The adapter did not answer within the deadline.
    NoAnswer {
        /// The deadline.
        deadline: Duration,
        /// Output after the deadline.
        afterwards: Afterwards,
    },
    /// The adapter ended before `bye`.
    Ended(Option<ExitStatus>),
    /// The adapter closed its output and kept running.
    ClosedOutput,
    /// The adapter closed its input and kept running.
    ClosedInput,
    /// The adapter ended after `bye` with a failure.
    BadExit(Option<ExitStatus>),
    /// The adapter did not end after `bye`.
    NotEnded {
        /// The time limit.
        deadline: Duration,
    },
    /// An observation changed what the next one shows.
    Observes(Differing),
    /// A reset left something from before.
    Resets(Differing),
    /// The adapter ended, and processes that it started are still running.
    LeftBehind(Vec<Member>),
}

/// Two observations that must be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// The mailbox.
    pub mailbox: String,
    /// The expected observation, as JSON.
    pub expected: String,
    /// The observation, as JSON.
    pub seen: String,
}

/// Output of an adapter after its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// An answer came late.
    Late,
    /// An answer came as soon as the input was closed.
    WhenClosed,
    /// An answer came after the input was closed, and this long after the request.
    LongAfterClosing(Duration),
    /// No line.
    Nothing,
}

impl AdapterFault {
    /// The requirement of the contract.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::NotStarted(_) => "a command that can be run".to_owned(),
            Self::NotUtf8 { .. } => "UTF-8".to_owned(),
            Self::BadLine(wrong) => wrong.wanted.clone(),
            Self::WrongId { asked, .. } => format!("id {asked}, as in the request"),
            Self::WrongType { wanted, .. } => (*wanted).to_owned(),
            Self::NotRequested => "exactly one line for each request, after the request".to_owned(),
            Self::TooLong => format!("at most {LINE_MAX} bytes in a line"),
            Self::NoLineEnd => "an end of line after each answer".to_owned(),
            Self::NoAnswer { afterwards: Afterwards::WhenClosed, .. } => {
                "each answer to be flushed as soon as it is written".to_owned()
            }
            Self::NoAnswer { .. } => "an answer within the deadline".to_owned(),
            Self::Ended(_) => "the adapter to run until `bye`".to_owned(),
            Self::ClosedOutput => "its standard output to stay open until it ends".to_owned(),
            Self::ClosedInput => "its standard input to be read until `bye`".to_owned(),
            Self::BadExit(_) => "exit code 0 after `bye`".to_owned(),
            Self::NotEnded { .. } => "the adapter to end after `bye`".to_owned(),
            Self::Observes(differing) => {
                format!("the same observation again: {}", shown(differing.expected.as_bytes()))
            }
            Self::Resets(differing) => {
                format!("a fresh mailbox, as after every reset: {}", shown(differing.expected.as_bytes()))
            }
            Self::LeftBehind(_) => "the adapter to end every process that it starts".to_owned(),
        }
    }
}

impl fmt::Display for AdapterFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(reason) => write!(f, "it cannot be started: {reason}"),
            Self::NotUtf8 { byte } => write!(f, "the line is not UTF-8 from byte {byte} on"),
            Self::BadLine(wrong) => f.write_str(&wrong.message),
            Self::WrongId { found, .. } => write!(f, "the answer has id {found}"),
            Self::WrongType { found, .. } => write!(f, "the answer is of type `{found}`"),
            Self::NotRequested => f.write_str("there was no request for this line"),
            Self::TooLong => f.write_str("the line is too long"),
            Self::NoLineEnd => f.write_str("its output ended in the middle of a line"),
            Self::NoAnswer { deadline, afterwards } => {
                let deadline = humantime::format_duration(*deadline);
                write!(f, "it did not answer within {deadline}")?;
                match afterwards {
                    Afterwards::Late => f.write_str("; it answered later"),
                    Afterwards::WhenClosed => f.write_str("; it answered when its input was closed"),
                    Afterwards::LongAfterClosing(time) => {
                        write!(f, "; it answered after {:.1} s: too slow, or not flushed", time.as_secs_f64())
                    }
                    Afterwards::Nothing => Ok(()),
                }
            }
            Self::Ended(status) => write!(f, "it ended before `bye`: {}", exit_status(*status)),
            Self::ClosedOutput => f.write_str("it closed its standard output and kept running"),
            Self::ClosedInput => f.write_str("it closed its standard input and kept running"),
            Self::BadExit(status) => write!(f, "it ended after `bye` with a failure: {}", exit_status(*status)),
            Self::NotEnded { deadline } => {
                write!(f, "it did not end within {} after answering `bye`", humantime::format_duration(*deadline))
            }
            Self::Observes(Differing { mailbox, seen, .. }) => {
                let seen = shown(seen.as_bytes());
                write!(f, "an observation changed {mailbox}; observed again, with nothing in between: {seen}")
            }
            Self::Resets(Differing { mailbox, seen, .. }) => {
                write!(f, "`reset` left something of {mailbox}: {}", shown(seen.as_bytes()))
            }
            Self::LeftBehind(members) => {
                let name = |member: &Member| format!("{} ({})", visible_line(&member.name), member.id);
                let names: Vec<String> = members.iter().map(name).collect();
                write!(f, "it left processes running, which were ended: {}", names.join(", "))
            }
        }
    }
}

fn exit_status(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "exit status unknown".to_owned(), |status| status.to_string())
}

/// Beginning of a line, with control characters escaped, for a message.
#[must_use]
pub fn shown(line: &[u8]) -> String {
    let escape = |one: char| if one.is_control() { one.escape_debug().to_string() } else { one.to_string() };
    let (text, is_truncated) = match std::str::from_utf8(line) {
        Ok(text) => (text.chars().take(SHOWN_MAX).map(escape).collect(), text.chars().nth(SHOWN_MAX).is_some()),
        Err(_) => (line[..line.len().min(SHOWN_MAX)].escape_ascii().to_string(), line.len() > SHOWN_MAX),
    };
    if is_truncated { format!("{text}…") } else { text }
}
