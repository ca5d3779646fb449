//! The program as a process that a test watches, interrupts and ends: by its id only, and within a time limit.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The longest time that a process may take, on a shared machine.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The polling interval for conditions without an event.
const POLL: Duration = Duration::from_millis(1);

/// Returns the path of a file in the folder of large scenarios.
pub(crate) fn large(name: &str) -> String {
    format!("{}/benches/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

/// A running program. Dropping it ends the process.
pub(crate) struct Process {
    child: Child,
    started: Instant,
    out: PathBuf,
    /// The standard error; reading a line waits for it.
    stderr: BufReader<ChildStderr>,
    _folder: tempfile::TempDir,
}

/// The result of a process.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) took: Duration,
}

impl Process {
    /// Starts the program in a folder.
    pub(crate) fn start<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stranded"));
        command.args(arguments);
        Self::start_command(folder, command)
    }

    /// Starts a command that becomes the program.
    pub(crate) fn start_command(folder: &Path, mut command: Command) -> Self {
        let own = tempfile::tempdir().unwrap();
        let out = own.path().join("out");
        command.current_dir(folder).stdin(Stdio::null()).stdout(fs::File::create(&out).unwrap());
        let started = Instant::now();
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, started, out, stderr, _folder: own }
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line on standard error; returns none if the process has ended.
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        (!line.is_empty()).then_some(line)
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.id())]).status().unwrap();
        assert!(sent.success(), "the signal {name} was not sent");
    }

    /// Ends the process at once.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Polls until the process has ended or the condition is true; returns the exit status if it has ended.
    pub(crate) fn until(&mut self, mut is_there: impl FnMut(&Self) -> bool) -> Option<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            if is_there(self) {
                return None;
            }
            assert!(self.started.elapsed() < TIMEOUT, "the process {} does not end", self.id());
            thread::sleep(POLL);
        }
    }

    /// Waits until the process ends. Its output must fit into a pipe.
    pub(crate) fn end(mut self) -> Ended {
        let status = self.until(|_| false).unwrap();
        let took = self.started.elapsed();
        let mut err = String::new();
        self.stderr.read_to_string(&mut err).unwrap();
        Ended { code: status.code(), out: fs::read_to_string(&self.out).unwrap(), err, took }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program until it ends.
pub(crate) fn run<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Ended {
    Process::start(folder, arguments).end()
}

/// Returns the lines of a JSON report without the seconds: the part that two equal checks must share byte by byte.
pub(crate) fn timeless_json(text: &str) -> String {
    let report: Value = serde_json::from_str(text).unwrap_or_else(|reason| panic!("{reason}: {text}"));
    assert!(!report["scenarios"].as_array().unwrap().is_empty());
    text.lines().filter(|line| !line.trim_start().starts_with("\"seconds\":")).map(|line| format!("{line}\n")).collect()
}

/// Pseudo-random numbers, the same every time: a linear congruence with the constants of Knuth's MMIX.
pub(crate) struct Drawn(pub(crate) u64);

impl Drawn {
    /// Returns the next number, less than `max`.
    pub(crate) fn below(&mut self, max: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % max.max(1)
    }
}
