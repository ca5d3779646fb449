//! The adapter's side of the protocol: serves an implementation over lines of requests and answers, as `specs/adapter.md`
//! defines them. It reads requests as strictly as [`super::Child`] reads answers.

use std::io::{self, BufRead, Write};

use crate::protocol::{Answer, Greeting, Outcome, Reply, ReplyBody, Request, RequestBody, Wrong};

use super::fault::LINE_MAX;
use super::fault::shown;
use super::{HelloReply, Implementation};
use stranded_search::FORMAT_VERSION;
use stranded_search::sanitize::in_json;

/// A conversation over an input of requests and an output of answers.
#[derive(Debug)]
pub struct Conversation<R, W> {
    input: R,
    output: W,
    lines: usize,
}

/// Reason why a conversation ended early.
#[derive(Debug)]
pub enum ServeError {
    /// A line is not a request, or is a request that is not accepted now.
    Line {
        /// Number of the line, from 1.
        number: usize,
        /// The line.
        line: String,
        /// The error.
        wrong: Wrong,
    },
    /// The input cannot be read, or the output cannot be written.
    Pipe(io::Error),
}

impl std::fmt::Display for ServeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line { number, line, wrong } => {
                write!(
                    f,
                    "line {number} of the requests: {}\n  expected: {}\n  line: {line}",
                    wrong.message, wrong.wanted
                )
            }
            Self::Pipe(reason) => write!(f, "cannot read the requests or write the answers: {reason}"),
        }
    }
}

impl From<io::Error> for ServeError {
    fn from(reason: io::Error) -> Self {
        Self::Pipe(reason)
    }
}

impl<R: BufRead, W: Write> Conversation<R, W> {
    /// A conversation before its first request.
    pub fn new(input: R, output: W) -> Self {
        Self { input, output, lines: 0 }
    }

    /// Reads the first request, which must be `hello`. Returns `None` if the input is empty.
    ///
    /// # Errors
    /// The first request is another one.
    pub fn greeting(&mut self) -> Result<Option<(u64, Greeting)>, ServeError> {
        match self.read()? {
            None => Ok(None),
            Some((Request { id, body: RequestBody::Hello(greeting) }, _)) => Ok(Some((id, greeting))),
            Some((_, line)) => Err(self.error(&line, Wrong::new("the first request is not `hello`", "`hello`"))),
        }
    }

    /// Answers `hello` with `skip`, and accepts only `bye` after it.
    ///
    /// # Errors
    /// Another request came.
    pub fn skip(mut self, id: u64, reason: String) -> Result<(), ServeError> {
        self.write(id, ReplyBody::Skip { reason })?;
        match self.read()? {
            None => Ok(()),
            Some((Request { id, body: RequestBody::Bye {} }, _)) => self.write(id, done()),
            Some((_, line)) => Err(self.error(&line, Wrong::new("the scenario was skipped", "`bye`"))),
        }
    }

    /// Answers `hello` and all further requests by an implementation, until `bye` or the end of the input.
    ///
    /// # Errors
    /// A request is not accepted.
    pub fn serve(mut self, id: u64, greeting: &Greeting, served: &mut dyn Implementation) -> Result<(), ServeError> {
        if greeting.protocol != FORMAT_VERSION {
            let reason = format!("this adapter speaks protocol {FORMAT_VERSION}, not {}", greeting.protocol);
            return self.skip(id, reason);
        }
        match served.hello(greeting) {
            Ok(HelloReply::Ready(capabilities)) => self.write(id, ReplyBody::Hello(capabilities))?,
            Ok(HelloReply::Skip(reason)) => return self.skip(id, reason),
            Err(error) => return self.skip(id, error.says),
        }
        while let Some((Request { id, body }, line)) = self.read()? {
            let result = match body {
                RequestBody::Hello(_) => {
                    return Err(self.error(&line, Wrong::new("`hello` came a second time", "`hello` once")));
                }
                RequestBody::Reset { start } => served.reset(&start).map(ReplyBody::Done),
                RequestBody::Do { operation } => served.perform(&operation).map(ReplyBody::Done),
                RequestBody::Observe { mailbox } => served.observe(&mailbox).map(ReplyBody::Observed),
                RequestBody::Bye {} => return self.write(id, done()),
            };
            match result {
                Ok(body) => self.write(id, body)?,
                Err(error) => return Err(self.error(&line, Wrong::new(error.says, "names of the scenario"))),
            }
        }
        Ok(())
    }

    fn read(&mut self) -> Result<Option<(Request, String)>, ServeError> {
        let mut line = Vec::new();
        io::Read::take(&mut self.input, LINE_MAX as u64 + 1).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        self.lines += 1;
        if line.pop_if(|last| *last == b'\n').is_none() && line.len() > LINE_MAX {
            return Err(
                self.error(&shown(&line), Wrong::new("the line is too long", format!("at most {LINE_MAX} bytes")))
            );
        }
        let Ok(text) = std::str::from_utf8(&line) else {
            return Err(self.error(&shown(&line), Wrong::new("the line is not UTF-8", "UTF-8")));
        };
        match Request::of_line(text) {
            Ok(request) => Ok(Some((request, text.to_owned()))),
            Err(wrong) => Err(self.error(text, wrong)),
        }
    }

    fn write(&mut self, id: u64, body: ReplyBody) -> Result<(), ServeError> {
        writeln!(self.output, "{}", in_json(&Reply { id, body }.line()))?;
        Ok(self.output.flush()?)
    }

    fn error(&self, line: &str, wrong: Wrong) -> ServeError {
        ServeError::Line { number: self.lines, line: shown(line.as_bytes()), wrong }
    }
}

fn done() -> ReplyBody {
    ReplyBody::Done(Answer::of(Outcome::Ok))
}
