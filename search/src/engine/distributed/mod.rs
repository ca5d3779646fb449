//! The engine timely: workers that each hold a part of the states, exactly, in threads of one process or in processes on
//! several machines. A state belongs to the worker that its hash names, and is sent there when it is found.
//!
//! Read in this order: `holding`, what one worker holds; `levels`, the dataflow that searches; `back`, the dataflow that finds
//! the ways to what is broken; `worker`, one search as a worker does it; `cluster`, who the workers are. All workers do the
//! same searches in the same order, with the same result as the exact engine: level by level, the first of the shortest ways.

mod back;
mod cluster;
mod content;
mod gather;
mod holding;
mod hosts;
mod levels;
mod link;
mod parcel;
mod worker;

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustc_hash::FxBuildHasher;
use stranded_model::World;

pub use cluster::{Cluster, NotJoined};
pub use hosts::{Hosts, HostsError};
pub use link::Joining;

use super::Search;
use super::limits::{Limits, Truncation};
use super::rules::Rules;

/// How many actions a state is away from the start: the time of timely.
type Depth = u32;

/// A search that all workers do together.
struct Job<R> {
    rules: Arc<R>,
    limits: Limits<'static>,
    /// Why it comes to nothing, as far as this process knows before it starts.
    truncated: Option<Truncation>,
    interrupted: Arc<AtomicBool>,
    /// The same number in all processes, if they search the same.
    number: u64,
}

/// A level that is complete.
#[derive(Clone, Copy, Debug)]
struct Level {
    /// States so far.
    states: usize,
    depth: usize,
    /// States on it.
    frontier: usize,
}

/// Searches with all workers; a limit that is reached already is told to all of them.
pub(super) fn search<R>(rules: &Arc<R>, limits: &Limits<'_>, truncated: Option<Truncation>) -> Search<R::Choice>
where
    R: Rules + 'static,
{
    let job = Job {
        rules: Arc::clone(rules),
        limits: limits.of_worker(),
        truncated: truncated.or_else(|| limits.reached()),
        interrupted: Arc::default(),
        number: number(rules.world()),
    };
    match limits.cluster {
        Some(cluster) => cluster.search(job, limits),
        None => Cluster::local(None).search(job, limits),
    }
}

/// What tells searches apart: the answers to the assumptions, and where the world starts.
fn number(world: &World) -> u64 {
    let initial: Vec<Box<[u8]>> = world.initial.iter().map(content::written).collect();
    FxBuildHasher.hash_one((format!("{:?}", world.assumptions), initial))
}
