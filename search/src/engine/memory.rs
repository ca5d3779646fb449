//! The memory that this process uses, and the limits that the system sets to it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits::Truncation;

/// The part of a system's limit at which a search stops, as a fraction. A search may exceed its own limit by a fifth for a moment, and
/// the system ends a process that exceeds its.
const SHARE: (usize, usize) = (5, 6);
/// The groups of this process.
const GROUPS: &str = "/proc/self/cgroup";
/// The resource limits of this process.
const RESOURCES: &str = "/proc/self/limits";
/// The resources that limit the address space.
const SPACES: [&str; 2] = ["Max address space", "Max data size"];

/// The error that a limit of the memory cannot be obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryNotMeasured;

impl fmt::Display for MemoryNotMeasured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("--max-memory cannot be obeyed: this system does not report the memory of a process")
    }
}

/// Returns a limit of the memory in bytes. `used` is the memory that the process uses now.
///
/// # Errors
/// The system does not report that memory.
pub fn memory_max(bytes: u64, used: Option<usize>) -> Result<usize, MemoryNotMeasured> {
    used.map(|_| usize::try_from(bytes).unwrap_or(usize::MAX)).ok_or(MemoryNotMeasured)
}

/// The memory that the process uses, in bytes, if the system reports it.
#[must_use]
pub fn memory_used() -> Option<usize> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem)
}

/// The limits that the system sets to the memory of this process. By default there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemMemory {
    /// The limit of the control group, in bytes.
    pub control_group: Option<usize>,
    /// The limit of the address space, in bytes.
    pub address_space: Option<usize>,
}

/// A limit that the system sets to the memory of this process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SystemLimit {
    /// The limit of the control group, of version 1 or 2.
    ControlGroup(usize),
    /// The limit of the address space or of the data: `ulimit -v` or `ulimit -d`.
    AddressSpace(usize),
}

impl SystemMemory {
    /// Returns the limits of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::from_files(&|path| std::fs::read_to_string(path).ok())
    }

    /// Returns the limits that these files of Linux show. `read` returns the text of a file, if it exists.
    #[must_use]
    pub fn from_files(read: &dyn Fn(&str) -> Option<String>) -> Self {
        let groups = read(GROUPS).unwrap_or_default();
        let resources = read(RESOURCES).unwrap_or_default();
        Self {
            control_group: groups.lines().filter_map(|group| group_limit(group, read)).min(),
            address_space: SPACES.iter().filter_map(|name| resource_limit(&resources, name)).min(),
        }
    }

    /// Returns the limit that this many more bytes would reach.
    pub(super) fn reached(&self, more: usize) -> Option<Truncation> {
        if *self == Self::default() {
            return None;
        }
        let used = memory_stats::memory_stats()?;
        let exceeds = |used: usize, max: usize| used.saturating_add(more) > max / SHARE.1 * SHARE.0;
        let group = self.control_group.filter(|max| exceeds(used.physical_mem, *max)).map(SystemLimit::ControlGroup);
        let space = || self.address_space.filter(|max| exceeds(used.virtual_mem, *max)).map(SystemLimit::AddressSpace);
        group.or_else(space).map(Truncation::SystemMemory)
    }
}

/// Returns the limit of a group and of the groups that contain it. The line is `NUMBER:CONTROLLERS:PATH`; a container may show its group
/// at the root.
fn group_limit(line: &str, read: &dyn Fn(&str) -> Option<String>) -> Option<usize> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?);
    let (root, file) = match controllers {
        "" => ("/sys/fs/cgroup", "memory.max"),
        _ if controllers.split(',').any(|one| one == "memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        _ => return None,
    };
    let groups = std::iter::successors(Some(path.trim_end_matches('/')), |group| Some(group.rsplit_once('/')?.0));
    groups.filter_map(|group| read(&format!("{root}{group}/{file}"))?.trim().parse().ok()).min()
}

/// Returns the soft limit of a resource: a line with its name, the soft and the hard limit.
fn resource_limit(resources: &str, name: &str) -> Option<usize> {
    let line = resources.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

impl fmt::Display for SystemLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ControlGroup(max) => write!(f, "the {} MiB of its control group", max >> 20),
            Self::AddressSpace(max) => write!(f, "the {} MiB of address space that `ulimit -v` allows", max >> 20),
        }
    }
}
