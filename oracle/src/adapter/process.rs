//! A child process on three pipes: lines go in, lines of limited length come out, and what it says on standard error is kept.
//! Nothing here waits without a limit. What a line means is not known here.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::group::{Group, Member};

/// The longest line that is read, in bytes.
pub const LINE_MAX: usize = 1 << 20;
/// How many lines are read ahead; whoever writes more has to wait.
const AHEAD: usize = 64;
/// How many lines of standard error are kept.
const STDERR_LINES_MAX: usize = 20;
/// The longest piece of standard error that is a line, in bytes.
const STDERR_LINE_MAX: u64 = 4096;
/// How long standard error may take to come to its end when all processes have.
const STDERR_WAIT: Duration = Duration::from_secs(1);

/// What is heard from a process.
#[derive(Debug)]
pub(super) enum Received {
    /// A line, without its end.
    Line(Vec<u8>),
    /// The beginning of a line that is longer than any may be; nothing is read after it.
    TooLong(Vec<u8>),
    /// Its output ended, after these bytes, which are no line because they have no end.
    End(Vec<u8>),
    /// It does not read what is written to it.
    ClosedInput,
}

/// Why nothing was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotReceived {
    /// The time is over.
    TimedOut,
    /// It has ended, and all that it said was heard.
    Ended,
}

/// A process that was started.
#[derive(Debug)]
pub(super) struct Process {
    group: Group,
    /// Where lines go in; `None` when its input was closed.
    input: Option<Sender<Vec<u8>>>,
    received: Receiver<Received>,
    stderr_lines: Arc<Mutex<VecDeque<String>>>,
    stderr_end: Receiver<()>,
}

impl Process {
    /// Starts a command; what it says on standard error is also appended to a file.
    ///
    /// # Errors
    /// It cannot be started, or the file cannot be written.
    pub(super) fn start(command: &[String], log: Option<&Path>) -> io::Result<Self> {
        let Some((program, arguments)) = command.split_first() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no command"));
        };
        let log = log.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::start(&mut command)?;
        let missing = || io::Error::other("a pipe is missing");
        let stdin = group.first().stdin.take().ok_or_else(missing)?;
        let stdout = group.first().stdout.take().ok_or_else(missing)?;
        let stderr = group.first().stderr.take().ok_or_else(missing)?;
        let (says, received) = sync_channel(AHEAD);
        let (input, lines) = channel();
        let (ends, stderr_end) = channel();
        let stderr_lines = Arc::new(Mutex::new(VecDeque::new()));
        let closed = says.clone();
        let kept = Arc::clone(&stderr_lines);
        thread::spawn(move || write(stdin, &lines, &closed));
        thread::spawn(move || read(stdout, &says));
        thread::spawn(move || {
            keep(stderr, log, &kept);
            // Nobody may be interested any more.
            let _ = ends.send(());
        });
        Ok(Self { group, input: Some(input), received, stderr_lines, stderr_end })
    }

    /// The id of the process and of its group.
    pub(super) fn id(&self) -> i32 {
        self.group.id()
    }

    /// Sends it a line. Whether it reads it is heard later.
    pub(super) fn send(&mut self, line: &str) {
        if let Some(input) = &self.input {
            // Without a writer it is deaf, and that was heard or will be.
            let _ = input.send(format!("{line}\n").into_bytes());
        }
    }

    /// Closes its input, when all that was sent is written.
    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// Waits until something is heard, and no longer than this.
    pub(super) fn receive(&mut self, time: Duration) -> Result<Received, NotReceived> {
        self.received.recv_timeout(time).map_err(|reason| match reason {
            RecvTimeoutError::Timeout => NotReceived::TimedOut,
            RecvTimeoutError::Disconnected => NotReceived::Ended,
        })
    }

    /// What was heard already, if anything was.
    pub(super) fn try_receive(&mut self) -> Option<Received> {
        self.received.try_recv().ok()
    }

    /// Waits until the process has ended by itself, and no longer than this; whether it has.
    pub(super) fn ends_within(&mut self, time: Duration) -> bool {
        self.group.ends_within(time)
    }

    /// The processes that it started and that have not ended.
    pub(super) fn left_behind(&self) -> Vec<Member> {
        self.group.left_behind()
    }

    /// Ends it and all that it started; how it ended, if that can be said.
    pub(super) fn end(&mut self) -> Option<ExitStatus> {
        self.close_input();
        self.group.end()
    }

    /// The last lines that it said on standard error; all of them, once it has ended.
    pub(super) fn stderr_tail(&mut self) -> Vec<String> {
        let _ = self.stderr_end.recv_timeout(STDERR_WAIT);
        self.stderr_lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

fn write(mut stdin: ChildStdin, lines: &Receiver<Vec<u8>>, closed: &SyncSender<Received>) {
    for line in lines {
        if stdin.write_all(&line).is_err() {
            // Nobody may listen any more.
            let _ = closed.send(Received::ClosedInput);
            return;
        }
    }
}

fn read(stdout: ChildStdout, says: &SyncSender<Received>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        // A pipe that cannot be read has no more to say.
        let _ = stdout.by_ref().take(LINE_MAX as u64 + 1).read_until(b'\n', &mut line);
        let received = match line.last() {
            Some(b'\n') => {
                line.pop();
                Received::Line(line)
            }
            Some(_) if line.len() > LINE_MAX => Received::TooLong(line),
            Some(_) | None => Received::End(line),
        };
        let goes_on = matches!(received, Received::Line(_));
        if says.send(received).is_err() || !goes_on {
            return;
        }
    }
}

fn keep(stderr: ChildStderr, mut log: Option<File>, stderr_lines: &Mutex<VecDeque<String>>) {
    let mut stderr = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        let read = stderr.by_ref().take(STDERR_LINE_MAX).read_until(b'\n', &mut line);
        if line.is_empty() || read.is_err() {
            return;
        }
        if let Some(file) = &mut log {
            // A log that cannot be written is no reason to stop listening, which would stop the process.
            let _ = file.write_all(&line);
        }
        let mut stderr_lines = stderr_lines.lock().unwrap_or_else(PoisonError::into_inner);
        if stderr_lines.len() == STDERR_LINES_MAX {
            stderr_lines.pop_front();
        }
        stderr_lines.push_back(super::fault::shown(line.trim_ascii_end()));
    }
}
