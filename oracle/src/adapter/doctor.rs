//! Diagnosis of a new adapter: a short conversation with it, and for the first fault, how to fix it. This module does not
//! judge answers by the model.

mod conversation;

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use stranded_search::scenario::Spec;

use super::fault::{AdapterFault, Afterwards};
use super::{AdapterError, Child, Timeouts};

use self::conversation::Conversation;
pub(crate) use self::conversation::not_fresh;

/// Result of the conversation with an adapter.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// True if the adapter keeps the contract, as far as this conversation shows.
    pub healthy: bool,
    /// Name of the fault, in two or three words.
    pub diagnosis: Option<String>,
    /// The requests, in order.
    pub asked: Vec<String>,
    /// The checks, in order.
    pub checks: Vec<CheckResult>,
    /// The fault in full: what the adapter did, what was expected, and the end of its standard error.
    pub details: Option<String>,
    /// Remarks on things that are not faults.
    pub remarks: Vec<String>,
    /// The reason why the log of the adapter's standard error is incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_failure: Option<String>,
}

/// Result of one check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckResult {
    /// Name of the check.
    pub name: String,
    /// The requirement.
    pub says: String,
    /// True if the requirement is met; null if the conversation did not reach it.
    pub ok: Option<bool>,
    /// Instruction to fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// The checks, in the order of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Check {
    Start,
    Answers,
    Flush,
    Output,
    Json,
    Id,
    Types,
    Resets,
    Observes,
    Stays,
    Ends,
    Children,
}

impl Check {
    const ALL: [Self; 12] = [
        Self::Start,
        Self::Answers,
        Self::Flush,
        Self::Output,
        Self::Json,
        Self::Id,
        Self::Types,
        Self::Resets,
        Self::Observes,
        Self::Stays,
        Self::Ends,
        Self::Children,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Answers => "answers",
            Self::Flush => "flush",
            Self::Output => "output",
            Self::Json => "json",
            Self::Id => "id",
            Self::Types => "types",
            Self::Resets => "resets",
            Self::Observes => "observes",
            Self::Stays => "stays",
            Self::Ends => "ends",
            Self::Children => "children",
        }
    }

    fn says(self) -> &'static str {
        match self {
            Self::Start => "it can be started",
            Self::Answers => "it answers within the deadline",
            Self::Flush => "it flushes each answer",
            Self::Output => "its standard output carries only answers",
            Self::Json => "each answer is one line of JSON in UTF-8",
            Self::Id => "each answer has the id of its request",
            Self::Types => "each answer has the type and the keys that belong to it",
            Self::Resets => "`reset` leaves nothing from before",
            Self::Observes => "an observation changes nothing",
            Self::Stays => "it runs until `bye`",
            Self::Ends => "it answers `bye` with ok, and ends with exit code 0",
            Self::Children => "it leaves no process behind",
        }
    }
}

/// The check that a fault fails, the name of the fault, and how to fix it.
fn diagnosis(fault: &AdapterFault, line_looks_like_json: bool) -> (Check, &'static str, &'static str) {
    match fault {
        AdapterFault::NotStarted(_) => (
            Check::Start,
            "does not start",
            "give the command after `--`, as in a shell; a script needs its interpreter, or a `#!` line",
        ),
        AdapterFault::NoAnswer { afterwards: Afterwards::WhenClosed, .. } => (
            Check::Flush,
            "no flush",
            "standard output is buffered when it is a pipe: flush it after each line (Python: print(…, flush=True); C: fflush(stdout))",
        ),
        AdapterFault::NoAnswer { afterwards: Afterwards::Late | Afterwards::LongAfterClosing(_), .. } => (
            Check::Answers,
            "too slow",
            "answer sooner, or raise --deadline; answer `unknown` if the result is not known in time",
        ),
        AdapterFault::NoAnswer { afterwards: Afterwards::Nothing, .. } => (
            Check::Answers,
            "no answer",
            "read one line of standard input, and answer it before reading the next; do not wait for more input than one line",
        ),
        AdapterFault::BadLine(_) if !line_looks_like_json => (
            Check::Output,
            "log on stdout",
            "write only answers to standard output, and everything else to standard error",
        ),
        AdapterFault::BadLine(wrong) if wrong.message.starts_with("not JSON") => (
            Check::Json,
            "bad JSON",
            "write each answer as one JSON object on one line, without a line break in it; use a JSON library",
        ),
        AdapterFault::NotUtf8 { .. } => (Check::Json, "bad JSON", "write UTF-8"),
        AdapterFault::TooLong => (Check::Json, "line too long", "end each answer with a line feed"),
        AdapterFault::NoLineEnd => (Check::Json, "no end of line", "end each answer with a line feed, and flush it"),
        AdapterFault::BadLine(wrong) if wrong.message.contains("`id`") || wrong.wanted.starts_with("`id`") => {
            (Check::Id, "wrong id", "copy `id` of the request into the answer, as a number")
        }
        AdapterFault::WrongId { found, asked } if found + 1 == *asked => (
            Check::Id,
            "wrong id",
            "copy `id` of each request into its answer; if this is the last answer once more, write one line for each request",
        ),
        AdapterFault::WrongId { .. } => (Check::Id, "wrong id", "copy `id` of each request into its answer"),
        AdapterFault::BadLine(_) => (
            Check::Types,
            "wrong answer",
            "see `stranded schema adapter` for the form of every answer, and specs/adapter.md for its meaning",
        ),
        AdapterFault::WrongType { .. } => (
            Check::Types,
            "wrong type",
            "answer `hello` with `hello` or `skip`, `observe` with `observed`, everything else with `done`",
        ),
        AdapterFault::NotRequested => (Check::Output, "extra line", "write exactly one line for each request"),
        AdapterFault::Ended(_) => (
            Check::Stays,
            "early exit",
            "read requests until `bye` or the end of standard input; report an error of the system under test as an answer",
        ),
        AdapterFault::ClosedOutput | AdapterFault::ClosedInput => {
            (Check::Stays, "closed pipe", "keep standard input and output open until `bye`")
        }
        AdapterFault::Resets(_) => (
            Check::Resets,
            "reset does not reset",
            "remove every message, mailbox, mark and program on `reset`, and give every mailbox a recipient at its home; a fresh \
             mailbox is in no store",
        ),
        AdapterFault::Observes(_) => (
            Check::Observes,
            "observation changes something",
            "only read when observing: no logon, no delivery, no repair",
        ),
        AdapterFault::BadExit(_) => (Check::Ends, "bad exit", "end with exit code 0 after `bye`"),
        AdapterFault::NotEnded { .. } => (Check::Ends, "no end", "end after answering `bye`"),
        AdapterFault::LeftBehind(_) => {
            (Check::Children, "children left behind", "end every process that the adapter started, and wait for it")
        }
    }
}

impl AdapterFault {
    /// Returns how to correct the fault, where its kind decides that.
    pub(crate) fn remedy(&self) -> String {
        format!("to correct it: {}", diagnosis(self, true).2)
    }
}

/// Talks to an adapter in this scenario, and reports the first fault.
#[must_use]
pub fn examine(spec: &Spec, command: &[String], timeouts: Timeouts, log: Option<&Path>) -> Diagnosis {
    let mut conversation = Conversation::default();
    let mut child = match Child::start_with(command, timeouts, log) {
        Ok(child) => child,
        Err(error) => {
            return diagnose(conversation, Some((&AdapterFault::NotStarted(String::new()), true)), Some(error), false);
        }
    };
    let error = conversation.run(spec, &mut child).err();
    let log_failure = child.log_failure().map(|reason| reason.to_string());
    conversation.remarks.extend(log_failure.iter().map(|reason| format!("the log is incomplete: {reason}")));
    let was_answered = conversation.asked.len() > 1;
    let fault = child.fault().map(|fault| (fault, child.last_line_looks_like_json()));
    Diagnosis { log_failure, ..diagnose(conversation, fault, error, was_answered) }
}

fn diagnose(
    conversation: Conversation,
    fault: Option<(&AdapterFault, bool)>,
    error: Option<AdapterError>,
    was_answered: bool,
) -> Diagnosis {
    let wrong = fault.map(|(fault, looks_like_json)| diagnosis(fault, looks_like_json));
    let checked = |check: Check| {
        let ok = match wrong {
            None if matches!(check, Check::Resets | Check::Observes) => conversation.is_exercised.then_some(true),
            None => Some(true),
            Some((failed, ..)) if failed == check => Some(false),
            Some((failed, ..)) => {
                let was_reached = check == Check::Start
                    || (was_answered && check <= Check::Types)
                    || (check < failed && failed >= Check::Ends);
                was_reached.then_some(true)
            }
        };
        let mend = wrong.filter(|(failed, ..)| *failed == check).map(|(_, _, mend)| mend.to_owned());
        CheckResult { name: check.name().to_owned(), says: check.says().to_owned(), ok, mend }
    };
    Diagnosis {
        healthy: wrong.is_none(),
        diagnosis: wrong.map(|(_, name, _)| name.to_owned()),
        asked: conversation.asked,
        checks: Check::ALL.into_iter().map(checked).collect(),
        details: error.map(|error| error.says),
        remarks: conversation.remarks,
        log_failure: None,
    }
}
