//! An implementation that is another process: one request at a time, each with a deadline, and every answer looked at as
//! strictly as the contract in `specs/adapter.md` says. Whatever it does wrong ends it, and is told with the number of the
//! line, the line, what was expected, and what it said last on standard error. Whether it behaves as the model allows is
//! somebody else's question.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use stranded_model::action::ActionKind;

use crate::protocol::keys::unknown_word;
use crate::protocol::operation::RUN;
use crate::protocol::{
    Answer, Capabilities, Done, Greeting, Observation, Operation, PROTOCOL, Reply, ReplyBody, Request, RequestBody,
    Wrong,
};
use stranded_search::scenario::builtin;

use super::fault::{Afterwards, Fault, shown};
use super::process::{Heard, Process, Silence};
use super::{Broken, Implementation, Welcome};

/// How long an answer may take, unless somebody says otherwise.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// How long an adapter whose pipes are closed may take to end, to be told as one that ended.
const ENDING: Duration = Duration::from_secs(1);

/// How long is waited for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For an answer, and for the end after `bye`.
    pub deadline: Duration,
    /// For an answer that is late already, to tell a slow adapter from one that does not flush. It is wrong all the same.
    pub late: Duration,
}

impl Timeouts {
    /// So long for an answer, and no longer than it takes to tell why there is none.
    #[must_use]
    pub fn of(deadline: Duration) -> Self {
        Self { deadline, late: deadline.min(Duration::from_secs(1)) }
    }

    /// For an answer when the input is closed, and for the last of what was written.
    fn closing(self) -> Duration {
        self.deadline.max(Duration::from_secs(1))
    }
}

/// An adapter process. It is ended when it is dropped, with all that it started.
#[derive(Debug)]
pub struct Child {
    process: Process,
    timeouts: Timeouts,
    /// The number of the last request, and how it was written.
    id: u64,
    asked: String,
    /// How many lines it has written, and the last one.
    lines: usize,
    line: Vec<u8>,
    /// The servers that it was told.
    servers: BTreeSet<String>,
    fault: Option<(Fault, Broken)>,
}

impl Child {
    /// Starts an adapter in a process group of its own. What it says on standard error is appended to a file, if one is given.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(command: &[String], deadline: Duration, log: Option<&Path>) -> Result<Self, Broken> {
        Self::start_with(command, Timeouts::of(deadline), log)
    }

    /// Starts an adapter, and says how long is waited for what.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_with(command: &[String], timeouts: Timeouts, log: Option<&Path>) -> Result<Self, Broken> {
        let process = Process::start(command, log).map_err(|reason| {
            let fault = Fault::NotStarted(reason.to_string());
            Broken { says: format!("{fault}\n  expected: {}\n  command: {}", fault.expected(), command.join(" ")) }
        })?;
        let servers = BTreeSet::new();
        Ok(Self { process, timeouts, id: 0, asked: String::new(), lines: 0, line: Vec::new(), servers, fault: None })
    }

    /// The id of its process and of its process group.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.process.id()
    }

    /// What it did wrong, if it did.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref().map(|(fault, _)| fault)
    }

    /// Whether the line that is wrong at least begins as an answer does.
    pub(super) fn last_line_looks_like_json(&self) -> bool {
        self.line.trim_ascii_start().first() == Some(&b'{')
    }

    /// Asks it to end, and waits until it has. It must answer, write nothing more, leave no process behind and end with
    /// exit code 0.
    ///
    /// # Errors
    /// It did something else.
    pub fn bye(&mut self) -> Result<(), Broken> {
        match self.body(RequestBody::Bye {})? {
            ReplyBody::Done(Answer { result: Done::Ok, .. }) => {}
            ReplyBody::Done(answer) => {
                return Err(self.mistaken("result", answer.result.name(), "`ok`, the answer to `bye`"));
            }
            other @ (ReplyBody::Hello(_) | ReplyBody::Skip { .. } | ReplyBody::Observed(_)) => {
                return Err(self.out_of_turn(&other, "done"));
            }
        }
        self.process.close_input();
        if !self.process.ends_within(self.timeouts.deadline) {
            let deadline = self.timeouts.deadline;
            return Err(self.broken(Fault::Lingers { deadline }, None));
        }
        let left = self.process.left_behind();
        let status = self.process.end();
        while let Ok(heard) = self.process.hear(self.timeouts.closing()) {
            match heard {
                Heard::Line(line) | Heard::TooLong(line) => return Err(self.said(Fault::Unasked, &line)),
                Heard::End(rest) if !rest.is_empty() => return Err(self.said(Fault::Unended, &rest)),
                Heard::End(_) => break,
                Heard::Deaf => {}
            }
        }
        match status {
            _ if !left.is_empty() => Err(self.broken(Fault::LeftBehind(left), None)),
            Some(status) if status.success() => Ok(()),
            status => Err(self.broken(Fault::BadExit(status), None)),
        }
    }

    /// Sends a request, and waits for its answer.
    fn body(&mut self, body: RequestBody) -> Result<ReplyBody, Broken> {
        if let Some((_, broken)) = &self.fault {
            return Err(broken.clone());
        }
        if let Some(heard) = self.process.overhear() {
            return Err(match heard {
                Heard::Line(line) => self.said(Fault::Unasked, &line),
                other @ (Heard::TooLong(_) | Heard::End(_) | Heard::Deaf) => self.unreadable(other),
            });
        }
        self.id += 1;
        self.asked = Request { id: self.id, body }.line();
        self.process.send(&self.asked);
        match self.process.hear(self.timeouts.deadline) {
            Ok(Heard::Line(line)) => self.read(&line),
            Ok(heard @ (Heard::TooLong(_) | Heard::End(_) | Heard::Deaf)) => Err(self.unreadable(heard)),
            Err(Silence::Over) => Err(self.ended(Fault::ClosedOutput)),
            Err(Silence::Late) => {
                let deadline = self.timeouts.deadline;
                let afterwards = self.afterwards();
                Err(self.broken(Fault::Silent { deadline, afterwards }, None))
            }
        }
    }

    fn read(&mut self, line: &[u8]) -> Result<ReplyBody, Broken> {
        let text = match std::str::from_utf8(line) {
            Ok(text) => text,
            Err(reason) => {
                let byte = reason.valid_up_to() + 1;
                return Err(self.said(Fault::NotUtf8 { byte }, line));
            }
        };
        let Reply { id, body } = match Reply::of_line(text) {
            Ok(reply) => reply,
            Err(wrong) => return Err(self.said(Fault::BadLine(wrong), line)),
        };
        if id != self.id {
            return Err(self.said(Fault::WrongId { found: id, asked: self.id }, line));
        }
        self.lines += 1;
        self.line = line.to_vec();
        Ok(body)
    }

    /// What was heard is no line.
    fn unreadable(&mut self, heard: Heard) -> Broken {
        match heard {
            Heard::Line(line) | Heard::TooLong(line) => self.said(Fault::TooLong, &line),
            Heard::End(rest) if !rest.is_empty() => self.said(Fault::Unended, &rest),
            Heard::End(_) => self.ended(Fault::ClosedOutput),
            Heard::Deaf => self.ended(Fault::Deaf),
        }
    }

    /// What is heard of an adapter that has not answered in time.
    fn afterwards(&mut self) -> Afterwards {
        if let Ok(Heard::Line(_)) = self.process.hear(self.timeouts.late) {
            return Afterwards::Late;
        }
        self.process.close_input();
        match self.process.hear(self.timeouts.closing()) {
            Ok(Heard::Line(_)) => Afterwards::WhenClosed,
            Ok(Heard::TooLong(_) | Heard::End(_) | Heard::Deaf) | Err(_) => Afterwards::Nothing,
        }
    }

    /// Its pipes are closed: it has ended, or else this is what it did.
    fn ended(&mut self, otherwise: Fault) -> Broken {
        if self.process.ends_within(ENDING) {
            let status = self.process.end();
            self.broken(Fault::Ended(status), None)
        } else {
            self.broken(otherwise, None)
        }
    }

    fn said(&mut self, fault: Fault, line: &[u8]) -> Broken {
        self.lines += 1;
        self.line = line.to_vec();
        self.about(fault)
    }

    /// What is wrong with the line that was read last.
    fn about(&mut self, fault: Fault) -> Broken {
        let line = shown(&self.line);
        self.broken(fault, Some(&line))
    }

    fn out_of_turn(&mut self, found: &ReplyBody, wanted: &'static str) -> Broken {
        let found = match found {
            ReplyBody::Hello(_) => "hello",
            ReplyBody::Skip { .. } => "skip",
            ReplyBody::Done(_) => "done",
            ReplyBody::Observed(_) => "observed",
        };
        self.about(Fault::WrongType { found, wanted })
    }

    fn mistaken(&mut self, key: &str, found: &str, wanted: &str) -> Broken {
        self.about(Fault::BadLine(Wrong::new(format!("`{key}` is `{found}`"), wanted)))
    }

    /// Ends it, and says why.
    fn broken(&mut self, fault: Fault, line: Option<&str>) -> Broken {
        self.process.end();
        let mut says = format!("{fault}\n  expected: {}\n", fault.expected());
        let _ = match line {
            Some(line) => writeln!(says, "  line {} of its output: {}", self.lines, line),
            None => writeln!(says, "  lines of its output so far: {}", self.lines),
        };
        if !self.asked.is_empty() {
            let _ = writeln!(says, "  it was asked: {}", shown(self.asked.as_bytes()));
        }
        let words = self.process.last_words();
        if words.is_empty() {
            says.push_str("  it said nothing on standard error");
        } else {
            let _ = write!(says, "  its last words on standard error:\n    {}", words.join("\n    "));
        }
        let broken = Broken { says };
        self.fault = Some((fault, broken.clone()));
        broken
    }

    /// What is wrong with what an adapter says that it can do.
    fn check(capabilities: &Capabilities) -> Result<(), Wrong> {
        if capabilities.protocol != PROTOCOL {
            let message = format!("`protocol` is {}", capabilities.protocol);
            return Err(Wrong::new(message, format!("{PROTOCOL}; who speaks no version that is asked for skips")));
        }
        let actions: Vec<&str> = ActionKind::ALL.into_iter().map(ActionKind::name).chain([RUN]).collect();
        let procedures: Vec<&str> = builtin::procedures().iter().map(|builtin| builtin.name).collect();
        let all = |key: &str, named: &[String], known: &[&str]| {
            let stranger = named.iter().find(|name| !known.contains(&name.as_str()));
            stranger.map_or(Ok(()), |name| Err(unknown_word(key, name, known)))
        };
        all("actions", &capabilities.actions, &actions)?;
        all("fields", &capabilities.fields, &Observation::FIELDS)?;
        all("implements", capabilities.implements.as_slice(), &procedures)
    }

    /// What is wrong with what an adapter says that it saw.
    fn check_observation(&self, observation: &Observation) -> Result<(), Wrong> {
        let known: Vec<&str> = self.servers.iter().map(String::as_str).collect();
        let named = observation.directory.keys().map(|name| ("directory", name));
        let mut named = named.chain(observation.stores.keys().map(|name| ("stores", name)));
        match named.find(|(_, name)| !self.servers.contains(*name)) {
            Some((part, name)) => Err(unknown_word(&format!("a server of `{part}`"), name, &known)),
            None => Ok(()),
        }
    }
}

impl Implementation for Child {
    fn greet(&mut self, greeting: &Greeting) -> Result<Welcome, Broken> {
        self.servers = greeting.servers.iter().cloned().collect();
        match self.body(RequestBody::Hello(greeting.clone()))? {
            ReplyBody::Hello(capabilities) => match Self::check(&capabilities) {
                Ok(()) => Ok(Welcome::Ready(capabilities)),
                Err(wrong) => Err(self.about(Fault::BadLine(wrong))),
            },
            ReplyBody::Skip { reason } => Ok(Welcome::Skip(reason)),
            other @ (ReplyBody::Done(_) | ReplyBody::Observed(_)) => Err(self.out_of_turn(&other, "hello, or skip")),
        }
    }

    fn reset(&mut self, start: &BTreeMap<String, Observation>) -> Result<Answer, Broken> {
        match self.body(RequestBody::Reset { start: start.clone() })? {
            ReplyBody::Done(answer) => Ok(answer),
            other @ (ReplyBody::Hello(_) | ReplyBody::Skip { .. } | ReplyBody::Observed(_)) => {
                Err(self.out_of_turn(&other, "done"))
            }
        }
    }

    fn perform(&mut self, operation: &Operation) -> Result<Answer, Broken> {
        match self.body(RequestBody::Do { operation: operation.clone() })? {
            ReplyBody::Done(answer) => Ok(answer),
            other @ (ReplyBody::Hello(_) | ReplyBody::Skip { .. } | ReplyBody::Observed(_)) => {
                Err(self.out_of_turn(&other, "done"))
            }
        }
    }

    fn observe(&mut self, mailbox: &str) -> Result<Observation, Broken> {
        match self.body(RequestBody::Observe { mailbox: mailbox.to_owned() })? {
            ReplyBody::Observed(observation) => match self.check_observation(&observation) {
                Ok(()) => Ok(observation),
                Err(wrong) => Err(self.about(Fault::BadLine(wrong))),
            },
            other @ (ReplyBody::Hello(_) | ReplyBody::Skip { .. } | ReplyBody::Done(_)) => {
                Err(self.out_of_turn(&other, "seen"))
            }
        }
    }
}
