//! `stranded validate`

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, IsTerminal as _, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::Validate;
use crate::exit::Exit;
use stranded_oracle::event_log::{Entry, Line, Lines, LogError, LoggedEvent, Reader};
use stranded_oracle::judged::{Judged, LogLocation, Subject};
use stranded_oracle::oracle::{Finding, Oracle, OracleOptions};
use stranded_oracle::protocol::Event;
use stranded_search::engine::{Limits, Truncation};
use stranded_search::files::{Input, ReadError};
use stranded_search::sanitize::visible_line;
use stranded_search::scenario::Spec;

use super::{CommandError, interrupt, judging, output};

/// The name of standard input in place of a file.
const STANDARD_INPUT: &str = "-";
/// The size of one read, in bytes.
const CHUNK: usize = 1 << 16;
/// The interval at which a growing file and the interrupt flag are polled.
const EVERY: Duration = Duration::from_millis(20);

pub(super) fn run(arguments: &Validate) -> Result<Exit, CommandError> {
    let started = Instant::now();
    let limits = Limits {
        deadline: arguments.timeout.and_then(|timeout| started.checked_add(timeout)),
        interrupted: Some(interrupt::flag()?),
        ..Limits::default()
    };
    let given = judging::one(&arguments.scenario)?;
    let procedure = arguments.options.implements.as_deref();
    let spec = judging::implemented(&given, procedure)?;
    let options = OracleOptions { limits, ..judging::options(&arguments.options) };
    let oracle = Oracle::new(&spec, options).map_err(|truncated| {
        CommandError::Inconclusive(format!("the start of {} is inconclusive: {truncated}", spec.name))
    })?;
    let name = if arguments.log == STANDARD_INPUT { "standard input" } else { &arguments.log };
    let mut judge = Judge {
        reader: Reader::default(),
        oracle,
        given: &given,
        procedure,
        name,
        lines: BTreeMap::new(),
        line: 0,
        case: None,
        known: (0, None),
        prints_at_once: arguments.follow,
    };
    if let Some(reason) = read(&mut judge, arguments, &limits)? {
        judge.oracle.stop_case();
        // A log that is followed has no other end than an interruption.
        if !arguments.follow || reason != Truncation::Interrupted {
            judge.oracle.give_up(format!("{reason}, after event {}", judge.oracle.events()));
        }
    }
    judge.end_case();
    let found = judge.oracle.judgement();
    let subject = Subject::Log(name);
    let judged = Judged {
        scenario: &spec.name,
        subject,
        judgement: &found,
        lines: &judge.lines,
        not_exercised: &judging::not_exercised(&spec, &found),
        broken: None,
        extra: &[],
    };
    let printed = judging::print(&judged, &|_| String::new(), started.elapsed(), &arguments.output);
    Ok(printed.max(judging::exit(&found)))
}

/// The judge of a log, with the lines of its findings.
struct Judge<'a> {
    reader: Reader,
    oracle: Oracle<'a>,
    /// The scenario as in its file, before `--implements`.
    given: &'a Spec,
    procedure: Option<&'a str>,
    name: &'a str,
    /// The location of each event that the judgement names.
    lines: BTreeMap<usize, LogLocation>,
    /// The line of the last event.
    line: usize,
    /// The name of the case, if it has one.
    case: Option<Arc<str>>,
    /// The number of findings so far, and the event without an explanation.
    known: (usize, Option<usize>),
    /// True if each finding is printed at once.
    prints_at_once: bool,
}

/// The state of the log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Going {
    On,
    Ended,
}

impl Judge<'_> {
    fn take(&mut self, line: Line<'_>) -> Result<Going, Box<LogError>> {
        let read = self.reader.read(&line, self.name);
        let LoggedEvent { event, case } = match read.map_err(|wrong| Box::new(wrong.in_case(self.case.as_ref())))? {
            Entry::Nothing => return Ok(Going::On),
            Entry::End => return Ok(Going::Ended),
            Entry::Event(logged) => logged,
        };
        let event = judging::renamed(&event, self.given, self.procedure);
        if let Event::Reset { .. } = *event {
            self.end_case();
            self.case = case;
        }
        let taken = self.oracle.take(&event);
        taken.map_err(|wrong| Box::new(line.error(self.name, wrong).in_case(self.case.as_ref())))?;
        self.line = line.number;
        self.note_findings();
        Ok(Going::On)
    }

    /// Ends the case with the last line.
    fn end_case(&mut self) {
        self.oracle.end_case();
        self.note_findings();
    }

    /// Notes the line of new findings.
    fn note_findings(&mut self) {
        let before = self.known;
        self.known = (self.oracle.findings().len(), self.oracle.failed_at());
        if self.known != before {
            let case = self.case.as_deref().map(str::to_owned);
            self.lines.insert(self.oracle.events(), LogLocation { line: self.line, case });
            if self.prints_at_once {
                self.print_findings(before);
            }
        }
    }

    /// Prints the findings that were not known before.
    fn print_findings(&self, (printed, failed_at): (usize, Option<usize>)) {
        let (line, name) = (self.line, visible_line(self.name));
        let case = self.case.as_ref().map_or_else(String::new, |case| format!("case `{}`: ", visible_line(case)));
        for Finding { verdict, says, .. } in
            self.oracle.findings()[printed..].iter().filter(|finding| !finding.is_expected)
        {
            output::say(&format!("{name}:{line}: {case}{}: {says}", verdict.name()));
        }
        if self.oracle.failed_at() != failed_at {
            output::say(&format!("{name}:{line}: {case}nonconforming: no execution of the model explains this event"));
        }
    }
}

/// Opens the log. With `waits`, a named pipe may stay without a writer as long as it takes.
fn open(path: &str, waits: bool) -> io::Result<Box<dyn Read>> {
    if path == STANDARD_INPUT {
        return Ok(Box::new(io::stdin()));
    }
    let input = Input::open(Path::new(path))?;
    Ok(if waits { Box::new(input.without_limit()) } else { Box::new(input) })
}

fn cannot_read(path: &str, reason: io::Error) -> CommandError {
    CommandError::Usage(ReadError { path: path.to_owned(), reason }.to_string())
}

/// Judges the log, while it is written if the user wants it. Returns the limit that was reached, if any.
fn read(
    judge: &mut Judge<'_>,
    arguments: &Validate,
    limits: &Limits<'static>,
) -> Result<Option<Truncation>, CommandError> {
    let path = arguments.log.clone();
    if path == STANDARD_INPUT && io::stdin().is_terminal() {
        output::say("reading the log from the terminal");
    }
    let waits = arguments.follow;
    let grows = waits && std::fs::metadata(&path).is_ok_and(|found| found.is_file());
    let (sender, chunks) = sync_channel(4);
    // The thread ends with the program: a blocking read cannot be interrupted.
    thread::spawn(move || watch(&path, waits, grows, &sender));
    let mut lines = Lines::default();
    let mut going = Going::On;
    loop {
        let read = chunks.recv_timeout(EVERY);
        if let Some(reason) = limits.stopped() {
            return Ok(Some(reason));
        }
        let is_last = match read {
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => true,
            Ok(chunk) => {
                lines.feed(&chunk.map_err(|reason| cannot_read(judge.name, reason))?);
                false
            }
        };
        while let Some(line) = if is_last { lines.last_line() } else { lines.next_line() } {
            going = next(judge, going, line)?;
            if going == Going::Ended && arguments.follow {
                return Ok(None);
            }
            if let Some(reason) = limits.stopped() {
                return Ok(Some(reason));
            }
        }
        if is_last {
            return Ok(None);
        }
    }
}

/// Judges a line. After the end of the log, only empty lines are allowed.
fn next(judge: &mut Judge<'_>, going: Going, line: Line<'_>) -> Result<Going, Box<LogError>> {
    match going {
        Going::On => judge.take(line),
        Going::Ended if line.bytes.trim_ascii().is_empty() => Ok(Going::Ended),
        Going::Ended => {
            let wrong =
                stranded_oracle::protocol::Wrong::new("the log has ended on an earlier line", "nothing after that");
            Err(line.error(judge.name, wrong))
        }
    }
}

/// Opens and reads a log, also as it grows, until the receiver is dropped. Opening a pipe waits for its writer.
fn watch(path: &str, waits: bool, grows: bool, to: &SyncSender<io::Result<Vec<u8>>>) {
    let mut input = match open(path, waits) {
        Ok(input) => input,
        Err(reason) => return drop(to.send(Err(reason))),
    };
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match input.read(&mut chunk) {
            Ok(0) if grows => {
                thread::sleep(EVERY);
                continue;
            }
            Ok(0) => return,
            Ok(count) => Ok(chunk[..count].to_vec()),
            Err(reason) if reason.kind() == ErrorKind::Interrupted => continue,
            Err(reason) => Err(reason),
        };
        let is_over = read.is_err();
        if to.send(read).is_err() || is_over {
            return;
        }
    }
}
