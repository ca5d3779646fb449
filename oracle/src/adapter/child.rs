//! Adapter in a child process: sends one request at a time, each with a deadline, and checks every answer as strictly as
//! `specs/adapter.md` says. The first violation of the contract ends the process; the error names the number of the line,
//! the line, what was expected, and the last lines of standard error. This module does not judge answers by the model.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use stranded_model::action::ActionKind;

use crate::protocol::RUN;
use crate::protocol::keys::unknown_word;
use crate::protocol::{
    Answer, Capabilities, Greeting, Observation, Operation, Outcome, Reply, ReplyBody, Request, RequestBody, Wrong,
};
use stranded_search::scenario::builtin;

use super::fault::{AdapterFault, Afterwards, shown};
use super::process::{NotReceived, Process, Received};
use super::{AdapterError, HelloReply, Implementation};
use stranded_search::FORMAT_VERSION;
use stranded_search::sanitize::visible_line;

/// Default time limit for an answer.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Time in which an adapter that closed its pipes may end; then it counts as ended.
const END_WAIT: Duration = Duration::from_secs(1);

/// Time in which an adapter that only did not flush answers after its input was closed.
const FLUSH_TIME: Duration = Duration::from_millis(200);

/// Timeouts of a conversation with an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Limit for an answer, and for the end of the process after `bye`.
    pub deadline: Duration,
    /// Extra time after the deadline, to distinguish a slow adapter from one that does not flush. An answer in it is late
    /// and still wrong.
    pub late: Duration,
}

impl Timeouts {
    /// Timeouts with this deadline, and a short extra time for the diagnosis.
    #[must_use]
    pub fn of(deadline: Duration) -> Self {
        Self { deadline, late: deadline.min(Duration::from_secs(1)) }
    }

    /// Limit for an answer after the input was closed, and for the rest of the output.
    fn closing(self) -> Duration {
        self.deadline.max(Duration::from_secs(1))
    }
}

/// An adapter process. Dropping it ends the process and everything that it started.
#[derive(Debug)]
pub struct Child {
    process: Process,
    timeouts: Timeouts,
    /// Number of the last request, and its line.
    id: u64,
    last_request: String,
    /// Number of lines that the adapter has written, and the last line.
    lines: usize,
    line: Vec<u8>,
    /// Servers named in `hello`.
    servers: BTreeSet<String>,
    fault: Option<(AdapterFault, AdapterError)>,
}

impl Child {
    /// Starts an adapter in a process group of its own. Appends its standard error to the file `log`, if given.
    ///
    /// # Errors
    /// The command cannot be started.
    pub fn start(command: &[String], deadline: Duration, log: Option<&Path>) -> Result<Self, AdapterError> {
        Self::start_with(command, Timeouts::of(deadline), log)
    }

    /// Starts an adapter with these timeouts.
    ///
    /// # Errors
    /// The command cannot be started.
    pub fn start_with(command: &[String], timeouts: Timeouts, log: Option<&Path>) -> Result<Self, AdapterError> {
        let process = Process::start(command, log).map_err(|reason| {
            let fault = AdapterFault::NotStarted(reason.to_string());
            AdapterError {
                says: format!(
                    "{fault}\n  expected: {}\n  command: {}",
                    fault.expected(),
                    visible_line(&command.join(" "))
                ),
            }
        })?;
        let servers = BTreeSet::new();
        Ok(Self {
            process,
            timeouts,
            id: 0,
            last_request: String::new(),
            lines: 0,
            line: Vec::new(),
            servers,
            fault: None,
        })
    }

    /// Id of the process and of its process group.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.process.id()
    }

    /// The first violation of the contract, if there was one.
    #[must_use]
    pub fn fault(&self) -> Option<&AdapterFault> {
        self.fault.as_ref().map(|(fault, _)| fault)
    }

    /// The reason why the log of its standard error is incomplete, if it is; final once the process has ended.
    pub fn log_failure(&mut self) -> Option<io::Error> {
        self.process.log_failure()
    }

    /// Returns true if the last line begins like a JSON object.
    pub(super) fn last_line_looks_like_json(&self) -> bool {
        self.line.trim_ascii_start().first() == Some(&b'{')
    }

    /// Sends `bye` and waits until the process ends. The adapter must answer, write nothing more, leave no process behind,
    /// and end with exit code 0.
    ///
    /// # Errors
    /// The adapter did something else.
    pub fn bye(&mut self) -> Result<(), AdapterError> {
        match self.request(RequestBody::Bye {})? {
            ReplyBody::Done(Answer { result: Outcome::Ok, .. }) => {}
            ReplyBody::Done(answer) => {
                return Err(self.wrong_value("result", answer.result.name(), "`ok`, the answer to `bye`"));
            }
            other @ (ReplyBody::Hello(_) | ReplyBody::Skip { .. } | ReplyBody::Observed(_)) => {
                return Err(self.wrong_type(&other, "done"));
            }
        }
        self.process.close_input();
        if !self.process.ends_within(self.timeouts.deadline) {
            let deadline = self.timeouts.deadline;
            return Err(self.fail(AdapterFault::NotEnded { deadline }, None));
        }
        let left = self.process.left_behind();
        let status = self.process.end();
        while let Ok(received) = self.process.receive(self.timeouts.closing()) {
            match received {
                Received::Line(line) | Received::TooLong(line) => {
                    return Err(self.line_fault(AdapterFault::NotRequested, &line));
                }
                Received::End(rest) if !rest.is_empty() => return Err(self.line_fault(AdapterFault::NoLineEnd, &rest)),
                Received::End(_) => break,
                Received::ClosedInput => {}
            }
        }
        match status {
            _ if !left.is_empty() => Err(self.fail(AdapterFault::LeftBehind(left), None)),
            Some(status) if status.success() => Ok(()),
            status => Err(self.fail(AdapterFault::BadExit(status), None)),
        }
    }

    /// Sends a request and waits for its answer.
    fn request(&mut self, request: RequestBody) -> Result<ReplyBody, AdapterError> {
        if let Some((_, error)) = &self.fault {
            return Err(error.clone());
        }
        if let Some(received) = self.process.try_receive() {
            return Err(match received {
                Received::Line(line) => self.line_fault(AdapterFault::NotRequested, &line),
                other @ (Received::TooLong(_) | Received::End(_) | Received::ClosedInput) => self.unreadable(other),
            });
        }
        self.id += 1;
        self.last_request = Request { id: self.id, body: request }.line();
        self.process.send(&self.last_request);
        match self.process.receive(self.timeouts.deadline) {
            Ok(Received::Line(line)) => self.read(&line),
            Ok(received @ (Received::TooLong(_) | Received::End(_) | Received::ClosedInput)) => {
                Err(self.unreadable(received))
            }
            Err(NotReceived::Ended) => Err(self.ended(AdapterFault::ClosedOutput)),
            Err(NotReceived::TimedOut) => {
                let deadline = self.timeouts.deadline;
                let afterwards = self.afterwards();
                Err(self.fail(AdapterFault::NoAnswer { deadline, afterwards }, None))
            }
        }
    }

    fn read(&mut self, line: &[u8]) -> Result<ReplyBody, AdapterError> {
        let text = match std::str::from_utf8(line) {
            Ok(text) => text,
            Err(reason) => {
                let byte = reason.valid_up_to() + 1;
                return Err(self.line_fault(AdapterFault::NotUtf8 { byte }, line));
            }
        };
        let Reply { id, body } = match Reply::of_line(text) {
            Ok(reply) => reply,
            Err(wrong) => return Err(self.line_fault(AdapterFault::BadLine(wrong), line)),
        };
        if id != self.id {
            return Err(self.line_fault(AdapterFault::WrongId { found: id, asked: self.id }, line));
        }
        self.lines += 1;
        self.line = line.to_vec();
        Ok(body)
    }

    /// The fault of output that is not a line.
    fn unreadable(&mut self, received: Received) -> AdapterError {
        match received {
            Received::Line(line) | Received::TooLong(line) => self.line_fault(AdapterFault::TooLong, &line),
            Received::End(rest) if !rest.is_empty() => self.line_fault(AdapterFault::NoLineEnd, &rest),
            Received::End(_) => self.ended(AdapterFault::ClosedOutput),
            Received::ClosedInput => self.ended(AdapterFault::ClosedInput),
        }
    }

    /// Observes an adapter that missed its deadline, to find out why.
    fn afterwards(&mut self) -> Afterwards {
        if let Ok(Received::Line(_)) = self.process.receive(self.timeouts.late) {
            return Afterwards::Late;
        }
        self.process.close_input();
        let closed = Instant::now();
        match self.process.receive(self.timeouts.closing()) {
            Ok(Received::Line(_)) if closed.elapsed() > FLUSH_TIME => {
                Afterwards::LongAfterClosing(self.timeouts.deadline + self.timeouts.late + closed.elapsed())
            }
            Ok(Received::Line(_)) => Afterwards::WhenClosed,
            Ok(Received::TooLong(_) | Received::End(_) | Received::ClosedInput) | Err(_) => Afterwards::Nothing,
        }
    }

    /// The fault of an adapter whose pipes are closed: it ended, or else `otherwise`.
    fn ended(&mut self, otherwise: AdapterFault) -> AdapterError {
        if self.process.ends_within(END_WAIT) {
            let status = self.process.end();
            self.fail(AdapterFault::Ended(status), None)
        } else {
            self.fail(otherwise, None)
        }
    }

    fn line_fault(&mut self, fault: AdapterFault, line: &[u8]) -> AdapterError {
        self.lines += 1;
        self.line = line.to_vec();
        self.last_line_fault(fault)
    }

    /// The fault of the line that was read last.
    fn last_line_fault(&mut self, fault: AdapterFault) -> AdapterError {
        let line = shown(&self.line);
        self.fail(fault, Some(&line))
    }

    fn wrong_type(&mut self, found: &ReplyBody, wanted: &'static str) -> AdapterError {
        let found = match found {
            ReplyBody::Hello(_) => "hello",
            ReplyBody::Skip { .. } => "skip",
            ReplyBody::Done(_) => "done",
            ReplyBody::Observed(_) => "observed",
        };
        self.last_line_fault(AdapterFault::WrongType { found, wanted })
    }

    fn wrong_value(&mut self, key: &str, found: &str, wanted: &str) -> AdapterError {
        self.last_line_fault(AdapterFault::BadLine(Wrong::new(format!("`{key}` is `{found}`"), wanted)))
    }

    /// Ends the process and builds the error.
    pub(super) fn fail(&mut self, fault: AdapterFault, line: Option<&str>) -> AdapterError {
        self.process.end();
        let mut says = format!("{fault}\n  expected: {}\n", fault.expected());
        let _ = match line {
            Some(line) => writeln!(says, "  line {} of its output: {}", self.lines, line),
            None => writeln!(says, "  lines of its output so far: {}", self.lines),
        };
        if !self.last_request.is_empty() {
            let _ = writeln!(says, "  the request was: {}", shown(self.last_request.as_bytes()));
        }
        let stderr_lines = self.process.stderr_tail();
        if stderr_lines.is_empty() {
            says.push_str("  nothing on standard error");
        } else {
            let _ = write!(says, "  the end of its standard error:\n    {}", stderr_lines.join("\n    "));
        }
        if let Some(reason) = self.process.log_failure() {
            let _ = write!(says, "\n  the log of its standard error is incomplete: {reason}");
        }
        let error = AdapterError { says };
        self.fault = Some((fault, error.clone()));
        error
    }

    /// Checks the capabilities that an adapter declares.
    fn check_capabilities(capabilities: &Capabilities) -> Result<(), Wrong> {
        if capabilities.protocol != FORMAT_VERSION {
            let spoken = capabilities.protocol;
            let message = format!("`protocol` is {spoken}: the adapter speaks version {spoken} of the protocol");
            return Err(Wrong::new(
                message,
                format!("{FORMAT_VERSION}; an adapter without that version answers `skip`"),
            ));
        }
        let actions: Vec<&str> = ActionKind::ALL.into_iter().map(ActionKind::name).chain([RUN]).collect();
        let procedures: Vec<&str> = builtin::all_procedures().map(|builtin| builtin.name).collect();
        let check = |key: &str, named: &[String], known: &[&str]| {
            let unknown = named.iter().find(|name| !known.contains(&name.as_str()));
            unknown.map_or(Ok(()), |name| Err(unknown_word(key, name, known)))
        };
        check("actions", &capabilities.actions, &actions)?;
        check("fields", &capabilities.fields, &Observation::FIELDS)?;
        check("implements", capabilities.implements.as_slice(), &procedures)
    }

    /// Checks that an observation names servers of the scenario only.
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
    fn hello(&mut self, greeting: &Greeting) -> Result<HelloReply, AdapterError> {
        self.servers = greeting.servers.iter().cloned().collect();
        match self.request(RequestBody::Hello(greeting.clone()))? {
            ReplyBody::Hello(capabilities) => match Self::check_capabilities(&capabilities) {
                Ok(()) => Ok(HelloReply::Ready(capabilities)),
                Err(wrong) => Err(self.last_line_fault(AdapterFault::BadLine(wrong))),
            },
            ReplyBody::Skip { reason } => Ok(HelloReply::Skip(reason)),
            other @ (ReplyBody::Done(_) | ReplyBody::Observed(_)) => Err(self.wrong_type(&other, "hello or skip")),
        }
    }

    fn reset(&mut self, start: &BTreeMap<String, Observation>) -> Result<Answer, AdapterError> {
        match self.request(RequestBody::Reset { start: start.clone() })? {
            ReplyBody::Done(answer) => Ok(answer),
            other @ (ReplyBody::Hello(_) | ReplyBody::Skip { .. } | ReplyBody::Observed(_)) => {
                Err(self.wrong_type(&other, "done"))
            }
        }
    }

    fn perform(&mut self, operation: &Operation) -> Result<Answer, AdapterError> {
        match self.request(RequestBody::Do { operation: operation.clone() })? {
            ReplyBody::Done(answer) => Ok(answer),
            other @ (ReplyBody::Hello(_) | ReplyBody::Skip { .. } | ReplyBody::Observed(_)) => {
                Err(self.wrong_type(&other, "done"))
            }
        }
    }

    fn observe(&mut self, mailbox: &str) -> Result<Observation, AdapterError> {
        match self.request(RequestBody::Observe { mailbox: mailbox.to_owned() })? {
            ReplyBody::Observed(observation) => match self.check_observation(&observation) {
                Ok(()) => Ok(observation),
                Err(wrong) => Err(self.last_line_fault(AdapterFault::BadLine(wrong))),
            },
            other @ (ReplyBody::Hello(_) | ReplyBody::Skip { .. } | ReplyBody::Done(_)) => {
                Err(self.wrong_type(&other, "observed"))
            }
        }
    }
}
