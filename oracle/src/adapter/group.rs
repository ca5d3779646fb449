//! A child process in a process group of its own, ended as a whole by the id of the group. Input and output are not handled
//! here.
//!
//! The id of a group stays reserved until its first process was waited for. Therefore that process is waited for last, so
//! that no signal reaches an unrelated process. A process that leaves the group (`setsid`) is not ended.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// Time between SIGTERM and SIGKILL.
const KILL_AFTER: Duration = Duration::from_millis(500);
/// Time in which the system must remove killed processes.
const REMOVAL_WAIT: Duration = Duration::from_secs(5);
/// Interval between two checks for running processes.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Groups that are running.
static RUNNING: Mutex<Running> = Mutex::new(Running { groups: Vec::new(), is_closed: false });

struct Running {
    groups: Vec<Pid>,
    is_closed: bool,
}

/// A process group. Dropping it ends all its processes.
#[derive(Debug)]
pub(super) struct Group {
    first: Child,
    id: Pid,
    ended: Receiver<()>,
    has_ended: bool,
    status: Option<ExitStatus>,
}

/// A running process of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Process id.
    pub id: i32,
    /// Command name from the system.
    pub name: String,
}

impl Group {
    /// Starts a command in a group of its own.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let mut running = running();
        if running.is_closed {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
        }
        let first = command.process_group(0).spawn()?;
        let id = Pid::from_child(&first);
        running.groups.push(id);
        drop(running);
        let (ends, ended) = channel();
        thread::spawn(move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(id), options), Err(rustix::io::Errno::INTR)) {}
            // The receiver may be gone.
            let _ = ends.send(());
        });
        Ok(Self { first, id, ended, has_ended: false, status: None })
    }

    /// First process of the group.
    pub(super) fn first(&mut self) -> &mut Child {
        &mut self.first
    }

    /// Id of the group.
    pub(super) fn id(&self) -> i32 {
        self.id.as_raw_nonzero().get()
    }

    /// Waits at most `time` for the first process to end. Returns true if it has ended.
    pub(super) fn ends_within(&mut self, time: Duration) -> bool {
        self.has_ended = self.has_ended || self.ended.recv_timeout(time).is_ok();
        self.has_ended
    }

    /// Running processes of the group, except the first.
    pub(super) fn left_behind(&self) -> Vec<Member> {
        alive(self.id()).into_iter().filter(|member| member.id != self.id()).collect()
    }

    /// Ends all processes of the group: SIGTERM, then SIGKILL. Returns the exit status of the first process, if the system
    /// reports it in time.
    pub(super) fn end(&mut self) -> Option<ExitStatus> {
        if self.status.is_some() || !running().groups.contains(&self.id) {
            return self.status;
        }
        if !self.has_ended {
            signal(self.id, Signal::TERM);
            self.ends_within(KILL_AFTER);
        }
        signal(self.id, Signal::KILL);
        self.ends_within(REMOVAL_WAIT);
        until_gone(|| self.left_behind().is_empty(), REMOVAL_WAIT);
        // From here on the system may give the id to another process.
        running().groups.retain(|id| *id != self.id);
        self.status = self.first.try_wait().ok().flatten();
        self.status
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends all running groups and prevents new ones. For a program that was interrupted and exits next.
pub fn end_all() {
    let mut running = running();
    running.is_closed = true;
    for id in &running.groups {
        signal(*id, Signal::TERM);
    }
    until_gone(|| running.groups.iter().all(|id| alive(id.as_raw_nonzero().get()).is_empty()), KILL_AFTER);
    for id in &running.groups {
        signal(*id, Signal::KILL);
    }
}

/// Running processes of a group, read from `/proc`; empty on systems without it.
#[must_use]
pub fn alive(group: i32) -> Vec<Member> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let member = |entry: io::Result<fs::DirEntry>| {
        let id: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name is in parentheses and may contain parentheses; the state, the parent and the group follow it.
        let (before, after) = stat.rsplit_once(')')?;
        let mut fields = after.split_whitespace();
        let (state, its_group) = (fields.next()?, fields.nth(1)?);
        let is_alive = !matches!(state, "Z" | "X") && its_group.parse() == Ok(group);
        is_alive.then(|| Member { id, name: before.split_once('(').map_or("", |(_, name)| name).to_owned() })
    };
    entries.filter_map(member).collect()
}

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signal(group: Pid, signal: Signal) {
    // A group that has ended takes no signal.
    let _ = kill_process_group(group, signal);
}

fn until_gone(is_gone: impl Fn() -> bool, at_most: Duration) {
    let started = Instant::now();
    while !is_gone() && started.elapsed() < at_most {
        thread::sleep(POLL_INTERVAL);
    }
}
