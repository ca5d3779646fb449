//! Process groups that end with this process. Knows nothing of mail.
//!
//! Each program runs in a process group of its own. A guard, a small shell process, reads the numbers of the groups from a pipe.
//! The pipe closes when this process ends, for whatever reason; then the guard kills the groups that remain and removes the folder.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use stranded_oracle::adapter::group::alive;

/// The guard: its input says which groups run, its argument names the folder to remove.
const GUARD: &str = r#"
trap '' HUP INT TERM
groups=' '
while read -r sign group; do
    case $sign in
    +) groups="$groups$group " ;;
    -) groups="${groups%% "$group" *} ${groups#* "$group" }" ;;
    esac
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
attempts=50
until rm -rf "$1" 2>/dev/null || [ "$attempts" -eq 0 ]; do attempts=$((attempts - 1)); sleep 0.02; done
"#;

/// The begin of the name of every folder of this module.
const PREFIX: &str = "stranded-";

/// Returns true if a path can be the folder of [`Processes`].
pub(crate) fn is_folder(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(PREFIX))
}

/// The pause between two checks whether a program has ended.
const PAUSE: Duration = Duration::from_millis(1);
/// The time in which the other processes of a group may end after the first one.
const REST: Duration = Duration::from_millis(100);

/// Process groups and a folder, which both end with this value, and with this process at the latest.
#[derive(Debug)]
pub struct Processes {
    folder: PathBuf,
    guard: Child,
    line: Option<ChildStdin>,
    running: Vec<Running>,
}

/// A program that runs in a process group of its own.
#[derive(Debug)]
struct Running {
    name: String,
    child: Child,
}

/// The number of a process group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group(u32);

/// The end of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEnd {
    /// The status of its first process.
    pub status: ExitStatus,
    /// The names of the other processes, which ran on and were killed.
    pub rest: Vec<String>,
}

impl Group {
    /// Returns the id that the system has for it.
    #[must_use]
    pub fn id(self) -> i32 {
        i32::try_from(self.0).unwrap_or_default()
    }

    /// Kills every process of the group; a group that has ended already is no error.
    pub fn kill(self) {
        self.send(Signal::KILL);
    }

    /// Asks every process of the group to end.
    pub fn terminate(self) {
        self.send(Signal::TERM);
    }

    /// Returns the names of its processes that still run a moment after the first one has ended.
    fn rest(self) -> Vec<String> {
        let deadline = Instant::now() + REST;
        loop {
            let rest = alive(self.id());
            if rest.is_empty() || Instant::now() >= deadline {
                return rest.into_iter().map(|member| member.name).collect();
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn send(self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.0).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(pid, signal);
        }
    }
}

impl Processes {
    /// Creates an empty folder that only this user can change, and starts the guard.
    ///
    /// # Errors
    /// The folder cannot be created, or the system has no `sh`.
    pub fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let mut guard = Command::new("/bin/sh");
        guard.args(["-c", GUARD, "stranded-guard"]).arg(folder.path()).current_dir("/");
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut guard = guard.spawn()?;
        let line = guard.stdin.take();
        Ok(Self { folder: folder.keep(), guard, line, running: Vec::new() })
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a program in a process group of its own.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(&mut self, name: &str, command: &mut Command) -> io::Result<Group> {
        let child = command.process_group(0).spawn()?;
        let group = Group(child.id());
        self.running.push(Running { name: name.to_owned(), child });
        self.note('+', group)?;
        Ok(group)
    }

    /// Returns the name of a program that has ended although this process did not end it.
    #[must_use]
    pub fn ended(&mut self) -> Option<(&str, ExitStatus)> {
        let mut ended = self.running.iter_mut().filter_map(|one| {
            let status = one.child.try_wait().ok().flatten()?;
            Some((one.name.as_str(), status))
        });
        ended.next()
    }

    /// Waits for the first process of a group, and kills the rest of the group when that process has ended. Returns `None` if it
    /// still runs at the deadline, or if the group has ended before.
    pub fn wait(&mut self, group: Group, deadline: Instant) -> Option<GroupEnd> {
        let at = self.running.iter().position(|one| one.child.id() == group.0)?;
        loop {
            if let Some(status) = self.running[at].child.try_wait().ok()? {
                self.running.swap_remove(at);
                let rest = group.rest();
                group.kill();
                let _ = self.note('-', group);
                return Some(GroupEnd { status, rest });
            }
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Kills a process group and waits for its first process.
    pub fn kill(&mut self, group: Group) {
        let Some(at) = self.running.iter().position(|one| one.child.id() == group.0) else { return };
        let mut one = self.running.swap_remove(at);
        group.kill();
        // The process was killed, or had ended before.
        let _ = one.child.wait();
        let _ = self.note('-', group);
    }

    fn note(&mut self, sign: char, group: Group) -> io::Result<()> {
        match &mut self.line {
            Some(line) => writeln!(line, "{sign} {}", group.0),
            None => Ok(()),
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for one in &self.running {
            Group(one.child.id()).kill();
        }
        for one in &mut self.running {
            let _ = one.child.wait();
        }
        // The guard sees the end of its input, kills nothing that still runs, and removes the folder.
        self.line = None;
        let _ = self.guard.wait();
    }
}
