//! The limits of searches.

use std::time::{Duration, Instant};

use bytesize::ByteSize;
use clap::Args;
use stranded_search::engine::{MemoryNotMeasured, memory_max, memory_used};

/// The limits of each search of a command.
#[derive(Debug, Args)]
pub struct LimitArguments {
    /// Stop a search at this many states; each combination of assumptions is a search of its own
    #[arg(long, value_name = "N")]
    pub max_states: Option<usize>,
    /// Do not search deeper than this many steps
    #[arg(long, value_name = "N")]
    pub max_depth: Option<usize>,
    /// Stop after this time, such as 250ms or 10s; 0s stops before the first state
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Stop when the process uses about this much memory, such as 500MB or 8GiB
    #[arg(long, value_name = "SIZE")]
    pub max_memory: Option<ByteSize>,
}

impl LimitArguments {
    /// Returns the moment at which the searches stop, if they start now.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }

    /// Returns the most memory that the process may use, in bytes.
    ///
    /// # Errors
    /// The system does not report the memory of a process.
    pub fn memory_max(&self) -> Result<Option<usize>, MemoryNotMeasured> {
        self.max_memory.map(|size| memory_max(size.as_u64(), memory_used())).transpose()
    }
}
