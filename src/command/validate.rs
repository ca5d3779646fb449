//! `stranded validate`

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal as _, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crate::cli::Validate;
use crate::exit::Exit;
use stranded_oracle::event_log::{Entry, Line, Lines, LogError, Reader};
use stranded_oracle::judged::{Judged, Subject};
use stranded_oracle::oracle::{Finding, Oracle};
use stranded_search::files::ReadError;
use stranded_search::scenario::Spec;

use super::{CommandError, interrupt, judging, output};

/// The name of standard input in place of a file.
const STANDARD_INPUT: &str = "-";
/// The size of one read, in bytes.
const CHUNK: usize = 1 << 16;
/// The interval at which a growing file and the interrupt flag are polled.
const EVERY: Duration = Duration::from_millis(20);

pub(super) fn run(arguments: &Validate) -> Result<Exit, CommandError> {
    let given = judging::one(&arguments.scenario)?;
    let procedure = arguments.options.implements.as_deref();
    let spec = judging::implemented(&given, procedure)?;
    let oracle = Oracle::new(&spec, judging::options(&arguments.options)).map_err(|truncated| {
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
        known: 0,
        prints_at_once: arguments.follow,
    };
    let input = open(&arguments.log)?;
    if arguments.follow {
        follow(&mut judge, input, &arguments.log)?
    } else {
        read(&mut judge, input)?
    }
    let found = judge.oracle.judgement();
    let subject = Subject::Log(name);
    let judged = Judged { scenario: &spec.name, subject, judgement: &found, lines: &judge.lines, extra: &[] };
    judging::print(&judged, &arguments.output)?;
    Ok(judging::exit(&found))
}

/// The judge of a log, with the lines of its findings.
struct Judge<'a> {
    reader: Reader,
    oracle: Oracle<'a>,
    /// The scenario as in its file, before `--implements`.
    given: &'a Spec,
    procedure: Option<&'a str>,
    name: &'a str,
    /// The line of each event that the judgement names.
    lines: BTreeMap<usize, usize>,
    /// The number of findings and failures so far.
    known: usize,
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
        let event = match self.reader.read(&line, self.name)? {
            Entry::Nothing => return Ok(Going::On),
            Entry::End => return Ok(Going::Ended),
            Entry::Event(event) => event,
        };
        let event = judging::renamed(&event, self.given, self.procedure);
        self.oracle.take(&event).map_err(|wrong| line.error(self.name, wrong))?;
        let known = self.oracle.findings().len() + usize::from(self.oracle.failed_at().is_some());
        if known != self.known {
            self.known = known;
            self.lines.insert(self.oracle.events(), line.number);
            if self.prints_at_once {
                self.print_findings(line.number);
            }
        }
        Ok(Going::On)
    }

    /// Prints the findings of the last event.
    fn print_findings(&self, line: usize) {
        let now = self.oracle.events();
        for Finding { verdict, says, .. } in
            self.oracle.findings().iter().filter(|finding| finding.event == now && !finding.is_expected)
        {
            output::say(&format!("{}:{line}: {}: {says}", self.name, verdict.name()));
        }
        if self.oracle.failed_at() == Some(now) {
            output::say(&format!("{}:{line}: nonconforming: no execution of the model explains this event", self.name));
        }
    }
}

fn open(path: &str) -> Result<Box<dyn Read + Send>, CommandError> {
    if path == STANDARD_INPUT {
        if io::stdin().is_terminal() {
            output::say("reading the log from the terminal");
        }
        return Ok(Box::new(io::stdin()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(reason) => Err(cannot_read(path, reason)),
    }
}

fn cannot_read(path: &str, reason: io::Error) -> CommandError {
    CommandError::Usage(ReadError { path: path.to_owned(), reason }.to_string())
}

/// Judges a complete log.
fn read(judge: &mut Judge<'_>, mut input: Box<dyn Read + Send>) -> Result<(), CommandError> {
    let mut lines = Lines::default();
    let mut chunk = vec![0; CHUNK];
    let mut going = Going::On;
    loop {
        let count = match input.read(&mut chunk) {
            Ok(count) => count,
            Err(reason) if reason.kind() == ErrorKind::Interrupted => continue,
            Err(reason) => return Err(cannot_read(judge.name, reason)),
        };
        lines.feed(&chunk[..count]);
        while let Some(line) = if count == 0 { lines.last_line() } else { lines.next_line() } {
            going = next(judge, going, line)?;
        }
        if count == 0 {
            return Ok(());
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

/// Judges a log while it is written.
fn follow(judge: &mut Judge<'_>, input: Box<dyn Read + Send>, path: &str) -> Result<(), CommandError> {
    let interrupted = interrupt::flag()?;
    let grows = std::fs::metadata(path).is_ok_and(|found| found.is_file());
    let (sender, chunks) = sync_channel(4);
    // The thread ends with the program: a blocking read cannot be interrupted.
    thread::spawn(move || watch(input, grows, &sender));
    let mut lines = Lines::default();
    while let Some(chunk) = chunk(&chunks, interrupted) {
        lines.feed(&chunk.map_err(|reason| cannot_read(judge.name, reason))?);
        while let Some(line) = lines.next_line() {
            if judge.take(line)? == Going::Ended {
                return Ok(());
            }
        }
    }
    // The last line of a growing file may be incomplete; that of a closed pipe is complete.
    if !grows && let Some(line) = lines.last_line() {
        judge.take(line)?;
    }
    Ok(())
}

/// Returns the next bytes of the log, or `None` at its end.
fn chunk(chunks: &Receiver<io::Result<Vec<u8>>>, interrupted: &AtomicBool) -> Option<io::Result<Vec<u8>>> {
    while !interrupted.load(Ordering::Relaxed) {
        match chunks.recv_timeout(EVERY) {
            Ok(chunk) => return Some(chunk),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
    None
}

/// Reads a log as it grows, until the receiver is dropped.
fn watch(mut input: Box<dyn Read + Send>, grows: bool, to: &SyncSender<io::Result<Vec<u8>>>) {
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
