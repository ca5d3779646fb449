//! A child process on three pipes: writes lines to it, reads lines of limited length from it, and keeps its standard error.
//! Every wait has a limit. The meaning of a line is not known here.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::fault::LINE_MAX;
use super::group::{Group, Member};

/// Number of lines that are read ahead; a process that writes more is blocked.
const AHEAD: usize = 64;
/// Number of lines of standard error that are kept.
const STDERR_LINES_MAX: usize = 20;
/// Maximum length of a line of standard error, in bytes; a longer line is split.
const STDERR_LINE_MAX: u64 = 4096;
/// Time limit for the end of standard error after all processes have ended.
const STDERR_WAIT: Duration = Duration::from_secs(1);

/// Output of a process.
#[derive(Debug)]
pub(super) enum Received {
    /// A line, without its line feed.
    Line(Vec<u8>),
    /// The beginning of a line that is too long; nothing is read after it.
    TooLong(Vec<u8>),
    /// The end of the output, with the bytes after the last line feed.
    End(Vec<u8>),
    /// The process has closed its input.
    ClosedInput,
}

/// Reason why nothing was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotReceived {
    /// The time limit was reached.
    TimedOut,
    /// The output has ended, and all of it was received.
    Ended,
}

/// A running process.
#[derive(Debug)]
pub(super) struct Process {
    group: Group,
    /// Channel to the input; `None` after the input was closed.
    input: Option<Sender<Vec<u8>>>,
    received: Receiver<Received>,
    stderr: Arc<Mutex<Stderr>>,
    stderr_end: Receiver<()>,
}

/// The standard error of a process.
#[derive(Debug, Default)]
struct Stderr {
    /// The last lines.
    lines: VecDeque<String>,
    /// The reason why its log is incomplete.
    log_failure: Option<io::Error>,
}

impl Process {
    /// Starts a command. Its standard error is also appended to the file `log`.
    ///
    /// # Errors
    /// The command cannot be started, or the file cannot be written.
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
        let shared = Arc::new(Mutex::new(Stderr::default()));
        let closed = says.clone();
        let kept = Arc::clone(&shared);
        start(move || write(stdin, &lines, &closed))?;
        start(move || read(stdout, &says))?;
        start(move || {
            keep(stderr, log, &kept);
            // The receiver may be gone.
            let _ = ends.send(());
        })?;
        Ok(Self { group, input: Some(input), received, stderr: shared, stderr_end })
    }

    /// Id of the process and of its group.
    pub(super) fn id(&self) -> i32 {
        self.group.id()
    }

    /// Sends a line. A write error arrives later as [`Received::ClosedInput`].
    pub(super) fn send(&mut self, line: &str) {
        if let Some(input) = &self.input {
            // If the writer has stopped, `ClosedInput` was received or will be.
            let _ = input.send(format!("{line}\n").into_bytes());
        }
    }

    /// Closes the input after everything that was sent is written.
    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// Waits at most `time` for output.
    pub(super) fn receive(&mut self, time: Duration) -> Result<Received, NotReceived> {
        self.received.recv_timeout(time).map_err(|reason| match reason {
            RecvTimeoutError::Timeout => NotReceived::TimedOut,
            RecvTimeoutError::Disconnected => NotReceived::Ended,
        })
    }

    /// Output that has already arrived, if any.
    pub(super) fn try_receive(&mut self) -> Option<Received> {
        self.received.try_recv().ok()
    }

    /// Waits at most `time` for the process to end by itself. Returns true if it has ended.
    pub(super) fn ends_within(&mut self, time: Duration) -> bool {
        self.group.ends_within(time)
    }

    /// Running processes that the process started.
    pub(super) fn left_behind(&self) -> Vec<Member> {
        self.group.left_behind()
    }

    /// Ends the process and everything that it started. Returns its exit status, if known.
    pub(super) fn end(&mut self) -> Option<ExitStatus> {
        self.close_input();
        self.group.end()
    }

    /// Last lines of standard error; complete once the process has ended.
    pub(super) fn stderr_tail(&mut self) -> Vec<String> {
        let _ = self.stderr_end.recv_timeout(STDERR_WAIT);
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).lines.iter().cloned().collect()
    }

    /// The reason why the log of standard error is incomplete, if it is; final once the process has ended.
    pub(super) fn log_failure(&mut self) -> Option<io::Error> {
        let _ = self.stderr_end.recv_timeout(STDERR_WAIT);
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).log_failure.take()
    }
}

/// Starts a thread.
pub(super) fn start(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let started = thread::Builder::new().spawn(work);
    let failed = |reason| io::Error::other(format!("the system refuses a thread for its output: {reason}"));
    started.map(drop).map_err(failed)
}

fn write(mut stdin: ChildStdin, lines: &Receiver<Vec<u8>>, closed: &SyncSender<Received>) {
    for line in lines {
        if stdin.write_all(&line).is_err() {
            // The receiver may be gone.
            let _ = closed.send(Received::ClosedInput);
            return;
        }
    }
}

fn read(stdout: ChildStdout, says: &SyncSender<Received>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        // A pipe that cannot be read counts as ended.
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

fn keep(stderr: ChildStderr, mut log: Option<File>, kept: &Mutex<Stderr>) {
    let mut stderr = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        let read = stderr.by_ref().take(STDERR_LINE_MAX).read_until(b'\n', &mut line);
        if line.is_empty() || read.is_err() {
            return;
        }
        let written = log.as_mut().map_or(Ok(()), |file| file.write_all(&line));
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(reason) = written {
            // Keep reading after a write error of the log: a full pipe would block the process.
            log = None;
            kept.log_failure = Some(reason);
        }
        if kept.lines.len() == STDERR_LINES_MAX {
            kept.lines.pop_front();
        }
        kept.lines.push_back(super::fault::shown(line.trim_ascii_end()));
    }
}
