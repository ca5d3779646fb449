//! The engine timely: workers that each hold a part of the states, whole, in threads of one process or in processes on
//! several machines. The hash of a state, or of its account if there is one mailbox, names the worker that owns it; a state is sent there
//! when it is found.
//!
//! Read in this order: `worker_states`, the states of one worker; `forward`, the dataflow that searches; `backward`,
//! the dataflow that finds the shortest paths to violations; `worker`, one search from a worker's view; `cluster`, the
//! set of workers. All workers run the same searches in the same order. The result is that of the exact engine: level
//! by level, with the first of the shortest paths.

mod all_to_all;
mod backward;
mod cluster;
mod connection;
mod forward;
mod hosts;
mod state_bytes;
mod transfer;
mod worker;
mod worker_states;

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustc_hash::FxBuildHasher;
use stranded_model::World;

pub use cluster::{Cluster, WORKERS_MAX};
pub use connection::{JoinError, JoinOptions};
pub use hosts::{Hosts, HostsError};

use super::Search;
use super::limits::{Limits, Truncation};
use super::rules::Rules;

/// The distance of a state from the start, in actions. It is the time of timely.
type Depth = u32;

/// A search that all workers run together.
struct Job<R> {
    rules: Arc<R>,
    limits: Limits<'static>,
    /// The limit that this process knows to be reached before the search starts.
    truncated: Option<Truncation>,
    interrupted: Arc<AtomicBool>,
    /// A number that identifies the search in all processes.
    number: u64,
}

/// A completed level.
#[derive(Clone, Copy, Debug)]
struct Level {
    /// The number of states so far.
    states: usize,
    depth: usize,
    /// The number of states on the level.
    frontier: usize,
}

/// Searches with all workers. A limit that is already reached is sent to all of them.
pub(super) fn search<R>(rules: &Arc<R>, limits: &Limits<'_>, truncated: Option<Truncation>) -> Search<R::Choice>
where
    R: Rules + 'static,
{
    let job = Job {
        rules: Arc::clone(rules),
        limits: limits.for_worker(),
        truncated: truncated.or_else(|| limits.stopped()),
        interrupted: Arc::default(),
        number: number(rules.world()),
    };
    match limits.cluster {
        Some(cluster) => cluster.search(job, limits),
        None => {
            let cluster = Cluster::local(None).expect("the system has a thread for each core");
            cluster.search(job, limits)
        }
    }
}

/// A hash of the answers to the assumptions and of the initial states.
fn number(world: &World) -> u64 {
    let initial: Vec<Box<[u8]>> = world.initial.iter().map(state_bytes::written).collect();
    FxBuildHasher.hash_one((format!("{:?}", world.assumptions), initial))
}
