//! Everything that an adapter can do wrong, in words: what it did, and what was expected.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::protocol::Wrong;

use super::group::Member;
use super::process::LINE_MAX;

/// How much of a line is shown, in characters.
const SHOWN: usize = 200;

/// What an adapter did wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdapterFault {
    /// It could not be started.
    NotStarted(String),
    /// A line is no text.
    NotUtf8 {
        /// The place of the first byte that is wrong, from 1.
        byte: usize,
    },
    /// A line is no answer.
    BadLine(Wrong),
    /// An answer has the number of another request.
    WrongId {
        /// The number that it has.
        found: u64,
        /// The number of the request.
        asked: u64,
    },
    /// An answer is one to another kind of request.
    WrongType {
        /// What it is.
        found: &'static str,
        /// What would be right.
        wanted: &'static str,
    },
    /// It wrote a line that nobody asked for.
    NotRequested,
    /// A line is longer than any may be.
    TooLong,
    /// Its output ended in the middle of a line.
    NoLineEnd,
    /// It did not answer in time.
    NoAnswer {
        /// The time that it had.
        deadline: Duration,
        /// What was heard of it afterwards.
        afterwards: Afterwards,
    },
    /// It ended without having been asked to.
    Ended(Option<ExitStatus>),
    /// It closed its output and went on.
    ClosedOutput,
    /// It closed its input and went on.
    ClosedInput,
    /// It was asked to end, and ended as a failure.
    BadExit(Option<ExitStatus>),
    /// It was asked to end, and did not.
    NotEnded {
        /// The time that it had.
        deadline: Duration,
    },
    /// It ended, and processes that it had started did not.
    LeftBehind(Vec<Member>),
}

/// What was heard of an adapter that had not answered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// It answered later.
    Late,
    /// It answered when its input was closed.
    WhenClosed,
    /// Nothing.
    Nothing,
}

impl AdapterFault {
    /// What would be right.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::NotStarted(_) => "a command that can be run".to_owned(),
            Self::NotUtf8 { .. } => "UTF-8".to_owned(),
            Self::BadLine(wrong) => wrong.wanted.clone(),
            Self::WrongId { asked, .. } => format!("id {asked}, that of the request"),
            Self::WrongType { wanted, .. } => (*wanted).to_owned(),
            Self::NotRequested => "one line for each request, and none before it".to_owned(),
            Self::TooLong => format!("at most {LINE_MAX} bytes in a line"),
            Self::NoLineEnd => "an end of line after each answer".to_owned(),
            Self::NoAnswer { afterwards: Afterwards::WhenClosed, .. } => {
                "each answer to be flushed as soon as it is written".to_owned()
            }
            Self::NoAnswer { .. } => "an answer in time".to_owned(),
            Self::Ended(_) => "it to go on until `bye`".to_owned(),
            Self::ClosedOutput => "its output to be open until it ends".to_owned(),
            Self::ClosedInput => "its input to be read until `bye`".to_owned(),
            Self::BadExit(_) => "exit code 0 after `bye`".to_owned(),
            Self::NotEnded { .. } => "it to end after `bye`".to_owned(),
            Self::LeftBehind(_) => "it to end what it starts".to_owned(),
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
            Self::NotRequested => f.write_str("nobody asked for this line"),
            Self::TooLong => f.write_str("the line does not end"),
            Self::NoLineEnd => f.write_str("its output ended in the middle of a line"),
            Self::NoAnswer { deadline, afterwards } => {
                let deadline = humantime::format_duration(*deadline);
                write!(f, "it did not answer within {deadline}")?;
                f.write_str(match afterwards {
                    Afterwards::Late => ", but later",
                    Afterwards::WhenClosed => ", but when its input was closed",
                    Afterwards::Nothing => "",
                })
            }
            Self::Ended(status) => write!(f, "it ended unasked: {}", ending(*status)),
            Self::ClosedOutput => f.write_str("it closed its standard output and went on"),
            Self::ClosedInput => f.write_str("it closed its standard input and went on"),
            Self::BadExit(status) => write!(f, "it ended after `bye` as a failure: {}", ending(*status)),
            Self::NotEnded { deadline } => {
                write!(f, "it had not ended {} after it had answered `bye`", humantime::format_duration(*deadline))
            }
            Self::LeftBehind(members) => {
                let reported = |member: &Member| format!("{} ({})", member.name, member.id);
                let reported: Vec<String> = members.iter().map(reported).collect();
                write!(f, "it ended, and left processes behind, which were ended: {}", reported.join(", "))
            }
        }
    }
}

fn ending(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "nobody knows how".to_owned(), |status| status.to_string())
}

/// The beginning of a line, as a terminal can show it.
#[must_use]
pub fn shown(line: &[u8]) -> String {
    let tame = |one: char| if one.is_control() { one.escape_debug().to_string() } else { one.to_string() };
    let (text, is_truncated) = match std::str::from_utf8(line) {
        Ok(text) => (text.chars().take(SHOWN).map(tame).collect(), text.chars().nth(SHOWN).is_some()),
        Err(_) => (line[..line.len().min(SHOWN)].escape_ascii().to_string(), line.len() > SHOWN),
    };
    if is_truncated { format!("{text}…") } else { text }
}
