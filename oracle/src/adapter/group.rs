//! A child process and all that it starts: a process group of its own, which is ended as a whole, by its id. What the
//! processes say to each other is not known here.
//!
//! The id of a group stays taken as long as its first process was not waited for. So that one is waited for last, and no signal
//! ever reaches a stranger. A process that leaves the group on purpose (`setsid`) is out of reach.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// How long a group that was asked to end may take before it is made to.
const GRACE: Duration = Duration::from_millis(500);
/// How long the system may take to end what it was told to end.
const REAPED: Duration = Duration::from_secs(5);
/// How often is looked whether a process is still there.
const LOOK: Duration = Duration::from_millis(1);

/// The groups that run now.
static RUNNING: Mutex<Running> = Mutex::new(Running { groups: Vec::new(), is_over: false });

struct Running {
    groups: Vec<Pid>,
    is_over: bool,
}

/// A process group that was started here. It is ended when it is dropped.
#[derive(Debug)]
pub(super) struct Group {
    first: Child,
    id: Pid,
    ended: Receiver<()>,
    has_ended: bool,
    status: Option<ExitStatus>,
}

/// A process of a group that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: i32,
    /// What the system calls it.
    pub name: String,
}

impl Group {
    /// Starts a command in a group of its own.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let mut running = running();
        if running.is_over {
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
            // Nobody may be interested any more.
            let _ = ends.send(());
        });
        Ok(Self { first, id, ended, has_ended: false, status: None })
    }

    /// The first process.
    pub(super) fn first(&mut self) -> &mut Child {
        &mut self.first
    }

    /// Its id.
    pub(super) fn id(&self) -> i32 {
        self.id.as_raw_nonzero().get()
    }

    /// Waits until the first process has ended, and no longer than this; whether it has.
    pub(super) fn ends_within(&mut self, time: Duration) -> bool {
        self.has_ended = self.has_ended || self.ended.recv_timeout(time).is_ok();
        self.has_ended
    }

    /// The processes of the group that have not ended, the first one excepted.
    pub(super) fn left_behind(&self) -> Vec<Member> {
        alive(self.id()).into_iter().filter(|member| member.id != self.id()).collect()
    }

    /// Ends all processes of the group: asks them to, and makes them. How the first one ended, if the system says so in time.
    pub(super) fn end(&mut self) -> Option<ExitStatus> {
        if self.status.is_some() || !running().groups.contains(&self.id) {
            return self.status;
        }
        if !self.has_ended {
            signal(self.id, Signal::TERM);
            self.ends_within(GRACE);
        }
        signal(self.id, Signal::KILL);
        self.ends_within(REAPED);
        until_gone(|| self.left_behind().is_empty(), REAPED);
        // From here on the id may belong to somebody else.
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

/// Ends all groups that run, and lets none be started any more: for a program that was interrupted and ends itself next.
pub fn end_all() {
    let mut running = running();
    running.is_over = true;
    for id in &running.groups {
        signal(*id, Signal::TERM);
    }
    until_gone(|| running.groups.iter().all(|id| alive(id.as_raw_nonzero().get()).is_empty()), GRACE);
    for id in &running.groups {
        signal(*id, Signal::KILL);
    }
}

/// The processes of a group that have not ended, where the system lists processes under `/proc`; elsewhere none is known.
#[must_use]
pub fn alive(group: i32) -> Vec<Member> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let member = |entry: io::Result<fs::DirEntry>| {
        let id: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name stands in parentheses and may have some itself; then come the state, the parent and the group.
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
        thread::sleep(LOOK);
    }
}
