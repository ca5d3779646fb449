//! Diagnosis of a new adapter: a short conversation with it, and for the first fault, how to fix it. This module does not
//! judge answers by the model.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use stranded_model::id::{MailboxId, MessageId};

use crate::protocol::RunRequest;
use crate::protocol::{Answer, Capabilities, Observation, Operation, Outcome};
use stranded_search::names;
use stranded_search::scenario::Spec;

use super::fault::{AdapterFault, Afterwards};
use super::{AdapterError, Child, HelloReply, Implementation as _, Timeouts, greeting};

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
    Stays,
    Ends,
    Children,
}

impl Check {
    const ALL: [Self; 10] = [
        Self::Start,
        Self::Answers,
        Self::Flush,
        Self::Output,
        Self::Json,
        Self::Id,
        Self::Types,
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
        AdapterFault::NoAnswer { afterwards: Afterwards::Late, .. } => (
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
        AdapterFault::BadExit(_) => (Check::Ends, "bad exit", "end with exit code 0 after `bye`"),
        AdapterFault::NotEnded { .. } => (Check::Ends, "no end", "end after answering `bye`"),
        AdapterFault::LeftBehind(_) => {
            (Check::Children, "children left behind", "end every process that the adapter started, and wait for it")
        }
    }
}

/// Talks to an adapter in this scenario, and reports the first fault.
#[must_use]
pub fn examine(spec: &Spec, command: &[String], timeouts: Timeouts, log: Option<&Path>) -> Diagnosis {
    let mut conversation = Conversation { asked: Vec::new(), remarks: Vec::new() };
    let mut child = match Child::start_with(command, timeouts, log) {
        Ok(child) => child,
        Err(error) => {
            return diagnose(conversation, Some((&AdapterFault::NotStarted(String::new()), true)), Some(error), false);
        }
    };
    let error = conversation.run(spec, &mut child).err();
    let was_answered = conversation.asked.len() > 1;
    let fault = child.fault().map(|fault| (fault, child.last_line_looks_like_json()));
    diagnose(conversation, fault, error, was_answered)
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
            None => Some(true),
            Some((failed, ..)) if failed == check => Some(false),
            Some((failed, ..)) => {
                let was_reached =
                    check == Check::Start || (was_answered && check <= Check::Types) || failed == Check::Children;
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
    }
}

/// A conversation, with remarks.
struct Conversation {
    asked: Vec<String>,
    remarks: Vec<String>,
}

impl Conversation {
    /// Sends each kind of request: `hello`, `reset`, the simplest operations that the adapter supports, `observe` for every
    /// mailbox, `bye`.
    fn run(&mut self, spec: &Spec, child: &mut Child) -> Result<(), AdapterError> {
        let home = &spec.scenario.site.servers[spec.scenario.site.home];
        let operations = operations(spec, home);
        let greeting = greeting(spec, operations.iter().map(|operation| operation.action().to_owned()).collect());
        self.asked.push("hello".to_owned());
        match child.hello(&greeting)? {
            HelloReply::Skip(reason) => {
                self.remarks.push(format!("the adapter skips the scenario {}: {reason}", spec.name))
            }
            HelloReply::Ready(can) => {
                self.declared(&can);
                self.asked.push("reset".to_owned());
                let answer = child.reset(&BTreeMap::new())?;
                self.answered("reset", &answer);
                self.observe(&greeting.mailboxes, &can, child)?;
                for operation in
                    operations.into_iter().filter(|operation| can.actions.iter().any(|one| one == operation.action()))
                {
                    self.asked.push(format!("do {}", operation.action()));
                    let answer = child.perform(&operation)?;
                    self.answered(operation.action(), &answer);
                    self.observe(&greeting.mailboxes, &can, child)?;
                }
            }
        }
        self.asked.push("bye".to_owned());
        child.bye()
    }

    fn observe(&mut self, mailboxes: &[String], can: &Capabilities, child: &mut Child) -> Result<(), AdapterError> {
        for mailbox in mailboxes {
            self.asked.push(format!("observe {mailbox}"));
            let observation = child.observe(mailbox)?;
            self.check_fields(&observation, can);
        }
        Ok(())
    }

    fn declared(&mut self, can: &Capabilities) {
        if can.actions.is_empty() {
            self.remark("`actions` is empty: the adapter can do nothing, so nothing will be judged".to_owned());
        }
        if can.fields.is_empty() {
            self.remark("`fields` is empty: the adapter shows nothing, so little can be judged".to_owned());
        }
    }

    fn answered(&mut self, what: &str, answer: &Answer) {
        if answer.result != Outcome::Ok {
            let says = answer.says.as_ref().map_or(String::new(), |says| format!(": {says}"));
            self.remark(format!("{what} was answered `{}`{says}", answer.result.name()));
        }
    }

    fn check_fields(&mut self, observation: &Observation, can: &Capabilities) {
        let seen = [
            !observation.directory.is_empty(),
            !observation.stores.is_empty(),
            observation.queued.is_some(),
            observation.returned.is_some(),
            observation.saved.is_some(),
            observation.delivery_held.is_some(),
        ];
        for (field, seen) in Observation::FIELDS.into_iter().zip(seen) {
            match (can.fields.iter().any(|declared| declared == field), seen) {
                (true, false) => self.remark(format!("`fields` lists `{field}`, but some observations lack it")),
                (false, true) => self.remark(format!("observations have `{field}`, but `fields` does not list it")),
                (true, true) | (false, false) => {}
            }
        }
    }

    fn remark(&mut self, remark: String) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}

/// The simplest operations: a delivery, a logon, a run.
fn operations(spec: &Spec, home: &str) -> Vec<Operation> {
    let scenario = &spec.scenario;
    let mailbox = names::mailbox(MailboxId::default());
    let by = home.to_owned();
    let server = |id| names::server(scenario, id).to_owned();
    let administrator = &scenario.administrators[0];
    let run = &administrator.runs[0];
    let run = RunRequest {
        mailbox: mailbox.clone(),
        administrator: administrator.name.clone(),
        procedure: run.procedure.name.clone(),
        from: server(run.from),
        to: server(run.to),
        connected_to: server(run.connected_to),
    };
    let message = names::message(MessageId::default());
    let mail =
        (scenario.site.messages > 0).then(|| Operation::Deliver { mailbox: mailbox.clone(), message, by: by.clone() });
    let logon = scenario.environment.logon.then_some(Operation::LogOn { mailbox, by });
    mail.into_iter().chain(logon).chain([Operation::Run { run, crash: false }]).collect()
}
