//! A short conversation with a new adapter, and what is wrong with it in the words of whoever has to mend it. Whether it
//! behaves as the model allows is not asked here.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use stranded_model::id::{MailboxId, MessageId};

use crate::protocol::operation::Run;
use crate::protocol::{Answer, Capabilities, Done, Observation, Operation};
use stranded_search::names;
use stranded_search::scenario::Spec;

use super::fault::{AdapterFault, Afterwards};
use super::{AdapterError, Child, HelloReply, Implementation as _, Timeouts, greeting};

/// What was found out about an adapter.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// Whether it keeps to the contract, as far as this conversation shows.
    pub healthy: bool,
    /// What is wrong with it, in two or three words.
    pub diagnosis: Option<String>,
    /// What was asked, in order.
    pub asked: Vec<String>,
    /// What was looked at.
    pub checks: Vec<CheckResult>,
    /// What it did, what was expected, and what it said last.
    pub details: Option<String>,
    /// What is not wrong, and worth knowing.
    pub remarks: Vec<String>,
}

/// Something that was looked at.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckResult {
    /// Its name.
    pub name: String,
    /// What is right.
    pub says: String,
    /// Whether it is; nothing if the conversation did not come so far.
    pub ok: Option<bool>,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// What is looked at.
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
            Self::Answers => "it answers in time",
            Self::Flush => "it flushes each answer",
            Self::Output => "its standard output has nothing but answers",
            Self::Json => "each answer is one line of JSON in UTF-8",
            Self::Id => "each answer has the id of its request",
            Self::Types => "each answer has the type and the keys that belong to it",
            Self::Stays => "it stays until `bye`",
            Self::Ends => "it answers `bye` with ok, and ends with exit code 0",
            Self::Children => "it leaves no process behind",
        }
    }
}

/// The check that a fault belongs to, what it is called, and how it is mended.
fn diagnosis(fault: &AdapterFault, line_looks_like_json: bool) -> (Check, &'static str, &'static str) {
    match fault {
        AdapterFault::NotStarted(_) => (
            Check::Start,
            "does not start",
            "give the command as you would type it, after `--`; a script needs its interpreter, or a first line that names it",
        ),
        AdapterFault::NoAnswer { afterwards: Afterwards::WhenClosed, .. } => (
            Check::Flush,
            "no flush",
            "standard output is kept back when it is a pipe: flush it after each line (Python: print(…, flush=True); C: fflush(stdout))",
        ),
        AdapterFault::NoAnswer { afterwards: Afterwards::Late, .. } => (
            Check::Answers,
            "too slow",
            "answer sooner, or give it more time with --deadline; what is not known in time is answered `unknown`",
        ),
        AdapterFault::NoAnswer { afterwards: Afterwards::Nothing, .. } => (
            Check::Answers,
            "no answer",
            "read one line of standard input at a time, and answer it before the next is read; a reader that waits for more than a line waits for ever",
        ),
        AdapterFault::BadLine(_) if !line_looks_like_json => (
            Check::Output,
            "log on stdout",
            "standard output carries answers only: write everything else to standard error",
        ),
        AdapterFault::BadLine(wrong) if wrong.message.starts_with("not JSON") => (
            Check::Json,
            "bad JSON",
            "write one whole JSON object on one line: let a library write it, and put no line break into it",
        ),
        AdapterFault::NotUtf8 { .. } => (Check::Json, "bad JSON", "write UTF-8"),
        AdapterFault::TooLong => (Check::Json, "line too long", "end each answer with a line feed"),
        AdapterFault::NoLineEnd => (Check::Json, "no end of line", "end each answer with a line feed, and flush it"),
        AdapterFault::BadLine(wrong) if wrong.message.contains("`id`") || wrong.wanted.starts_with("`id`") => {
            (Check::Id, "wrong id", "copy `id` of the request into the answer, as a number")
        }
        AdapterFault::WrongId { .. } => {
            (Check::Id, "wrong id", "copy `id` of the request into the answer, each time anew")
        }
        AdapterFault::BadLine(_) => (
            Check::Types,
            "wrong answer",
            "`stranded schema adapter` has every answer; the tables of specs/adapter.md say what they mean",
        ),
        AdapterFault::WrongType { .. } => (
            Check::Types,
            "wrong type",
            "`hello` is answered by `hello` or `skip`, `observe` by `seen`, everything else by `done`",
        ),
        AdapterFault::NotRequested => {
            (Check::Output, "unasked line", "write one line for each request, and none besides")
        }
        AdapterFault::Ended(_) => (
            Check::Stays,
            "early exit",
            "read requests until `bye`, or until standard input ends; an error of the system under test is an answer, not an end",
        ),
        AdapterFault::ClosedOutput | AdapterFault::ClosedInput => {
            (Check::Stays, "closed pipe", "leave standard input and output open until `bye`")
        }
        AdapterFault::BadExit(_) => (Check::Ends, "bad exit", "end with exit code 0 after `bye`"),
        AdapterFault::NotEnded { .. } => (Check::Ends, "no end", "end when `bye` was answered"),
        AdapterFault::LeftBehind(_) => {
            (Check::Children, "children left behind", "end and wait for every process that the adapter has started")
        }
    }
}

/// Talks to an adapter as in this scenario, and says what is wrong with it.
#[must_use]
pub fn examine(spec: &Spec, command: &[String], timeouts: Timeouts, log: Option<&Path>) -> Diagnosis {
    let mut conversation = Conversation { asked: Vec::new(), remarks: Vec::new() };
    let mut child = match Child::start_with(command, timeouts, log) {
        Ok(child) => child,
        Err(broken) => {
            return diagnose(conversation, Some((&AdapterFault::NotStarted(String::new()), true)), Some(broken), false);
        }
    };
    let broken = conversation.run(spec, &mut child).err();
    let was_answered = conversation.asked.len() > 1;
    let fault = child.fault().map(|fault| (fault, child.last_line_looks_like_json()));
    diagnose(conversation, fault, broken, was_answered)
}

fn diagnose(
    conversation: Conversation,
    fault: Option<(&AdapterFault, bool)>,
    broken: Option<AdapterError>,
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
        details: broken.map(|broken| broken.says),
        remarks: conversation.remarks,
    }
}

/// A conversation, and what is worth knowing about it.
struct Conversation {
    asked: Vec<String>,
    remarks: Vec<String>,
}

impl Conversation {
    /// Asks everything once: greets, resets, does what the adapter can do of the simplest, looks at every mailbox, says goodbye.
    fn run(&mut self, spec: &Spec, child: &mut Child) -> Result<(), AdapterError> {
        let home = &spec.scenario.site.servers[spec.scenario.site.home];
        let operations = operations(spec, home);
        let greeting = greeting(spec, operations.iter().map(|operation| operation.action().to_owned()).collect());
        self.asked.push("hello".to_owned());
        match child.hello(&greeting)? {
            HelloReply::Skip(reason) => self.remarks.push(format!("it skips the scenario {}: {reason}", spec.name)),
            HelloReply::Ready(can) => {
                self.declared(&can);
                self.asked.push("reset".to_owned());
                let answer = child.reset(&BTreeMap::new())?;
                self.answered("reset", &answer);
                self.look(&greeting.mailboxes, &can, child)?;
                for operation in
                    operations.into_iter().filter(|operation| can.actions.iter().any(|one| one == operation.action()))
                {
                    self.asked.push(format!("do {}", operation.action()));
                    let answer = child.perform(&operation)?;
                    self.answered(operation.action(), &answer);
                    self.look(&greeting.mailboxes, &can, child)?;
                }
            }
        }
        self.asked.push("bye".to_owned());
        child.bye()
    }

    fn look(&mut self, mailboxes: &[String], can: &Capabilities, child: &mut Child) -> Result<(), AdapterError> {
        for mailbox in mailboxes {
            self.asked.push(format!("observe {mailbox}"));
            let observation = child.observe(mailbox)?;
            self.check_fields(&observation, can);
        }
        Ok(())
    }

    fn declared(&mut self, can: &Capabilities) {
        if can.actions.is_empty() {
            self.remark("it can do nothing: `actions` is empty, so nothing will be judged".to_owned());
        }
        if can.fields.is_empty() {
            self.remark("it sees nothing: `fields` is empty, so little can be judged".to_owned());
        }
    }

    fn answered(&mut self, what: &str, answer: &Answer) {
        if answer.result != Done::Ok {
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
                (true, false) => self.remark(format!("`{field}` is among its `fields`, and was not shown every time")),
                (false, true) => self.remark(format!("it shows `{field}`, which is not among its `fields`")),
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

/// The simplest things that can be asked: a message, a logon, a run.
fn operations(spec: &Spec, home: &str) -> Vec<Operation> {
    let scenario = &spec.scenario;
    let mailbox = names::mailbox(MailboxId::default());
    let by = home.to_owned();
    let server = |id| names::server(scenario, id).to_owned();
    let person = &scenario.administrators[0];
    let run = &person.runs[0];
    let run = Run {
        mailbox: mailbox.clone(),
        administrator: person.name.clone(),
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
