//! A child process in a process group of its own, ended with everything that it started. Input and output are not handled here.
//!
//! The id of a group stays reserved until its first process was waited for. Therefore that process is waited for last, so
//! that no signal reaches an unrelated process. A process that leaves the group, as a daemon does, still has the environment
//! variable that marks the group, or a parent that has it. One that also clears its environment and its parents is not ended.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

/// Time between SIGTERM and SIGKILL.
const KILL_AFTER: Duration = Duration::from_millis(500);
/// Time in which the system must remove killed processes.
const REMOVAL_WAIT: Duration = Duration::from_secs(5);
/// Interval between two checks for running processes.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The environment variable that marks the processes of a group.
const MARK: &str = "STRANDED_ADAPTER";

/// Groups that are running.
static RUNNING: Mutex<Running> = Mutex::new(Running { groups: Vec::new(), started: 0, is_closed: false });

struct Running {
    groups: Vec<Marked>,
    /// The number of groups that were started.
    started: usize,
    is_closed: bool,
}

/// A group, and the value of the variable that marks its processes.
#[derive(Clone, Debug)]
struct Marked {
    id: Pid,
    mark: String,
}

/// A process group. Dropping it ends all its processes.
#[derive(Debug)]
pub(super) struct Group {
    first: Child,
    marked: Marked,
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
        running.started += 1;
        let mark = format!("{}.{}", std::process::id(), running.started);
        let first = command.env(MARK, &mark).process_group(0).spawn()?;
        let id = Pid::from_child(&first);
        let marked = Marked { id, mark };
        running.groups.push(marked.clone());
        drop(running);
        let (ends, ended) = channel();
        thread::spawn(move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(id), options), Err(rustix::io::Errno::INTR)) {}
            // The receiver may be gone.
            let _ = ends.send(());
        });
        Ok(Self { first, marked, ended, has_ended: false, status: None })
    }

    /// First process of the group.
    pub(super) fn first(&mut self) -> &mut Child {
        &mut self.first
    }

    /// Id of the group.
    pub(super) fn id(&self) -> i32 {
        self.marked.id()
    }

    /// Waits at most `time` for the first process to end. Returns true if it has ended.
    pub(super) fn ends_within(&mut self, time: Duration) -> bool {
        self.has_ended = self.has_ended || self.ended.recv_timeout(time).is_ok();
        self.has_ended
    }

    /// Running processes that the first process started, in its group or outside of it.
    pub(super) fn left_behind(&self) -> Vec<Member> {
        self.marked.members().into_iter().filter(|member| member.id != self.id()).collect()
    }

    /// Ends all these processes: SIGTERM, then SIGKILL. Returns the exit status of the first process, if the system
    /// reports it in time.
    pub(super) fn end(&mut self) -> Option<ExitStatus> {
        let is_running = running().groups.iter().any(|one| one.id == self.marked.id);
        if self.status.is_some() || !is_running {
            return self.status;
        }
        if !self.has_ended {
            self.marked.signal(Signal::TERM);
            self.ends_within(KILL_AFTER);
        }
        self.marked.signal(Signal::KILL);
        self.ends_within(REMOVAL_WAIT);
        until_gone(|| self.left_behind().is_empty(), || self.marked.signal(Signal::KILL), REMOVAL_WAIT);
        // From here on the system may give the id to another process.
        running().groups.retain(|one| one.id != self.marked.id);
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
    running.groups.iter().for_each(|one| one.signal(Signal::TERM));
    until_gone(|| running.groups.iter().all(|one| one.members().is_empty()), || (), KILL_AFTER);
    running.groups.iter().for_each(|one| one.signal(Signal::KILL));
}

/// Running processes of a group, read from `/proc`; empty on systems without it.
#[must_use]
pub fn alive(group: i32) -> Vec<Member> {
    processes().into_iter().filter(|one| one.group == group).map(|one| one.member).collect()
}

/// Running processes outside of a group whose environment has this variable with this value, and those that they started.
#[must_use]
pub fn marked(variable: &str, value: &str, group: i32) -> Vec<Member> {
    family(|one| one.group != group && has_variable(one.member.id, variable, value))
}

/// Kills a process; one that has ended takes no signal.
pub fn kill(member: &Member) {
    if let Some(id) = Pid::from_raw(member.id) {
        let _ = kill_process(id, Signal::KILL);
    }
}

fn has_variable(id: i32, variable: &str, value: &str) -> bool {
    let wanted = format!("{variable}={value}");
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
}

/// Running processes that fulfil a condition, or have an ancestor that does.
fn family(is_own: impl Fn(&RunningProcess) -> bool) -> Vec<Member> {
    let all = processes();
    let mut found: BTreeSet<i32> = all.iter().filter(|one| is_own(one)).map(|one| one.member.id).collect();
    loop {
        let is_new = |one: &&RunningProcess| found.contains(&one.parent) && !found.contains(&one.member.id);
        let new: Vec<i32> = all.iter().filter(is_new).map(|one| one.member.id).collect();
        if new.is_empty() {
            break;
        }
        found.extend(new);
    }
    all.into_iter().map(|one| one.member).filter(|one| found.contains(&one.id)).collect()
}

impl Marked {
    fn id(&self) -> i32 {
        self.id.as_raw_nonzero().get()
    }

    /// Running processes that are in the group, have its mark, or have an ancestor that is or has.
    fn members(&self) -> Vec<Member> {
        family(|one| one.group == self.id() || has_variable(one.member.id, MARK, &self.mark))
    }

    /// Sends a signal to the group and to its members outside of it. What has ended takes no signal.
    fn signal(&self, signal: Signal) {
        let members = self.members();
        let _ = kill_process_group(self.id, signal);
        for member in members {
            if let Some(id) = Pid::from_raw(member.id) {
                let _ = kill_process(id, signal);
            }
        }
    }
}

/// A running process.
struct RunningProcess {
    member: Member,
    parent: i32,
    group: i32,
}

/// All running processes, read from `/proc`.
fn processes() -> Vec<RunningProcess> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let process = |entry: io::Result<fs::DirEntry>| {
        let id: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name is in parentheses and may contain parentheses; the state, the parent and the group follow it.
        let (before, after) = stat.rsplit_once(')')?;
        let mut fields = after.split_whitespace();
        let (state, parent, group) = (fields.next()?, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let name = before.split_once('(').map_or("", |(_, name)| name).to_owned();
        (!matches!(state, "Z" | "X")).then_some(RunningProcess { member: Member { id, name }, parent, group })
    };
    entries.filter_map(process).collect()
}

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits at most this long, and acts as long as it waits.
fn until_gone(is_gone: impl Fn() -> bool, act: impl Fn(), at_most: Duration) {
    let started = Instant::now();
    while !is_gone() && started.elapsed() < at_most {
        act();
        thread::sleep(POLL_INTERVAL);
    }
}
