//! Runs a program in a process group of its own, with a time limit and with output of bounded size. Knows nothing of mail.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, PipeReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stranded_oracle::adapter::group::{kill, marked};

use crate::processes::{Group, GroupEnd, Processes};

/// The most bytes of the output of a program that are kept: the last ones.
pub const OUTPUT_MAX: usize = 64 << 10;
/// The time between the request to end and the kill of a program that is over its limit.
const GRACE: Duration = Duration::from_millis(200);
/// The longest wait for output that a program left in the pipe.
const REST: Duration = Duration::from_millis(200);

/// The end of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It exited with this code.
    Exited(i32),
    /// This signal ended it.
    Signal(i32),
    /// The fault of the trial killed it.
    Killed,
    /// It did not end within its time limit, and was killed.
    TimedOut,
    /// It could not be started, for this reason.
    NotStarted(String),
}

impl Ended {
    /// The end of a program that the system ended with this status.
    pub(crate) fn of(status: ExitStatus) -> Self {
        status.code().map_or_else(|| Self::Signal(status.signal().unwrap_or_default()), Self::Exited)
    }

    /// Returns true if the program reported success.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        *self == Self::Exited(0)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exited with {code}"),
            Self::Signal(signal) => write!(f, "was ended by signal {signal}"),
            Self::Killed => f.write_str("was killed by the fault"),
            Self::TimedOut => f.write_str("was killed at its time limit"),
            Self::NotStarted(reason) => write!(f, "did not start: {reason}"),
        }
    }
}

/// The process group of a program that a fault can kill.
#[derive(Clone, Debug, Default)]
pub(super) struct Victim(Arc<Mutex<Target>>);

#[derive(Debug, Default)]
struct Target {
    group: Option<Group>,
    was_killed: bool,
}

impl Victim {
    /// Kills the program that runs.
    pub(super) fn kill(&self) {
        let mut target = self.lock();
        target.was_killed = true;
        if let Some(group) = target.group {
            group.kill();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Target> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of a program and its last output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) ended: Ended,
    pub(super) output: String,
    /// The processes that it had started and that were still running. They were ended.
    pub(super) left_behind: Vec<String>,
}

impl Finished {
    /// A program that did not start.
    pub(super) fn not_started(reason: String) -> Self {
        Self { ended: Ended::NotStarted(reason), output: String::new(), left_behind: Vec::new() }
    }
}

/// The environment variable that marks the processes of a program.
const MARK: &str = "STRANDED_TOOL";
/// The number of programs that were started.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// Runs a command line in a folder, and waits for its end. The environment has only what every program needs.
pub(super) fn run(
    processes: &mut Processes,
    victim: &Victim,
    line: &[String],
    folder: &Path,
    limit: Duration,
) -> Finished {
    let [program, arguments @ ..] = line else {
        return Finished::not_started("the command line is empty".to_owned());
    };
    let mark = format!("{}.{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env_clear().env(MARK, &mark);
    let (reader, started) = match start(processes, victim, program, command, folder) {
        Ok(started) => started,
        Err(reason) => return Finished::not_started(format!("cannot start {program}: {reason}")),
    };
    let output = collect(reader);
    let (ended, rest) = wait(processes, victim, started, limit);
    let mut target = victim.lock();
    target.group = None;
    let was_killed = std::mem::take(&mut target.was_killed);
    drop(target);
    let ended = if was_killed && !ended.is_ok() { Ended::Killed } else { ended };
    let left_behind = rest.into_iter().chain(end_left_behind(&mark, started)).collect();
    Finished { ended, output: output(), left_behind }
}

/// Ends the processes that left the group of a program. Returns their names.
fn end_left_behind(mark: &str, group: Group) -> Vec<String> {
    let left = marked(MARK, mark, group.id());
    left.iter().for_each(kill);
    left.into_iter().map(|member| member.name).collect()
}

fn start(
    processes: &mut Processes,
    victim: &Victim,
    program: &str,
    mut command: Command,
    folder: &Path,
) -> io::Result<(PipeReader, Group)> {
    let (reader, writer) = io::pipe()?;
    command.env("HOME", folder).env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    // The fault waits for the group.
    let mut target = victim.lock();
    let group = processes.start(program, &mut command)?;
    *target = Target { group: Some(group), was_killed: false };
    Ok((reader, group))
}

fn wait(processes: &mut Processes, victim: &Victim, group: Group, limit: Duration) -> (Ended, Vec<String>) {
    if let Some(GroupEnd { status, rest }) = processes.wait(group, Instant::now() + limit) {
        return (Ended::of(status), rest);
    }
    group.terminate();
    if processes.wait(group, Instant::now() + GRACE).is_none() {
        processes.kill(group);
    }
    victim.lock().was_killed = false;
    (Ended::TimedOut, Vec::new())
}

/// Reads the output of a program in a thread. Returns the function that returns its last part.
fn collect(mut reader: PipeReader) -> impl FnOnce() -> String {
    let kept: Arc<Mutex<VecDeque<u8>>> = Arc::default();
    let filled = Arc::clone(&kept);
    let reading = thread::spawn(move || {
        let mut buffer = vec![0; OUTPUT_MAX];
        while let Ok(size) = reader.read(&mut buffer) {
            if size == 0 {
                return;
            }
            let mut kept = filled.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(&buffer[..size]);
            let extra = kept.len().saturating_sub(OUTPUT_MAX);
            kept.drain(..extra);
        }
    });
    move || {
        // A process that left the group can hold the pipe open for ever.
        let deadline = Instant::now() + REST;
        while !reading.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(kept.make_contiguous()).into_owned()
    }
}
