//! The workers of this process, and those of others that search with them. They stay for all searches of a program, which all
//! processes do in the same order.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use timely::communication::allocator::ProcessBuilder;
use timely::communication::allocator::zero_copy::initialize::initialize_networking_from_sockets;
use timely::communication::{AllocatorBuilder, Hooks, WorkerGuards};
use timely::worker::Worker;
use timely::{CommunicationConfig, WorkerConfig};

use super::link::{Joining, Links};
use super::worker::{Done, Work};
use super::{Job, Level};
use crate::engine::Search;
use crate::engine::limits::{Limits, Truncation};
use crate::engine::rules::Rules;

/// How often somebody looks whether the search was interrupted or a process lost.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often a worker without a search looks after what others send.
const STEP_EVERY: Duration = Duration::from_millis(20);

/// Workers that search together.
pub struct Cluster {
    running: Mutex<Running>,
    links: Option<Links>,
}

struct Running {
    jobs: Vec<Sender<Arc<dyn Work>>>,
    reported: Receiver<Told>,
    guards: Option<WorkerGuards<()>>,
    /// States that this process held in all searches.
    held: usize,
}

/// What a worker tells its process.
enum Told {
    Level(Level),
    Done(Box<Done>),
    /// It has panicked.
    Failed,
}

/// Why processes do not search together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotJoined {
    /// Something that was asked for is wrong, or not the same everywhere.
    Refused(String),
    /// A process did not come.
    Absent(String),
}

impl Cluster {
    /// Workers of this process alone; without a number, one for each core.
    ///
    /// # Panics
    /// If the system does not give it the threads.
    #[must_use]
    pub fn local(workers: Option<usize>) -> Self {
        let workers = workers.unwrap_or_else(Self::workers_by_default);
        let config = if workers == 1 { CommunicationConfig::Thread } else { CommunicationConfig::Process(workers) };
        let (builders, others) = config.try_build().expect("threads of one process need no connection");
        Self::start(builders, others, None)
    }

    /// One worker for each core.
    #[must_use]
    pub fn workers_by_default() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    /// Workers of this process and of others, when all have come and say that they search the same.
    ///
    /// # Errors
    /// Who did not come, or what is not the same.
    pub fn joined(joining: &Joining<'_>) -> Result<Self, NotJoined> {
        let (links, streams) = Links::join(joining)?;
        let hooks = Hooks::default();
        let threads = ProcessBuilder::new_typed_vector(joining.workers, hooks.refill.clone(), None);
        let failed = |reason: std::io::Error| NotJoined::Absent(format!("cannot listen to the others: {reason}"));
        let (builders, others) =
            initialize_networking_from_sockets(threads, streams, joining.process, joining.workers, hooks)
                .map_err(failed)?;
        let builders = builders.into_iter().map(AllocatorBuilder::Tcp).collect();
        Ok(Self::start(builders, Box::new(others), Some(links)))
    }

    fn start(builders: Vec<AllocatorBuilder>, others: Box<dyn std::any::Any + Send>, links: Option<Links>) -> Self {
        let of_process = builders.len();
        let (body, reported) = mpsc::channel();
        let (jobs, seats): (Vec<_>, Vec<_>) = builders.iter().map(|_| mpsc::channel()).unzip();
        let seats: Vec<Mutex<Receiver<Arc<dyn Work>>>> = seats.into_iter().map(Mutex::new).collect();
        let body = Mutex::new(body);
        let guards = timely::execute::execute_from(builders, others, WorkerConfig::default(), move |worker| {
            let body = body.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let jobs = seats[worker.index() % of_process].lock().unwrap_or_else(PoisonError::into_inner);
            serve(worker, of_process, &jobs, &body);
        });
        let guards = Some(guards.expect("the system gives a thread to each worker"));
        Self { running: Mutex::new(Running { jobs, reported, guards, held: 0 }), links }
    }

    /// Searches with all workers. Where a process is lost, nothing is found.
    pub(super) fn search<R: Rules + 'static>(&self, job: Job<R>, limits: &Limits<'_>) -> Search<R::Choice> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let job = Arc::new(job);
        for jobs in &running.jobs {
            let job: Arc<dyn Work> = Arc::<Job<R>>::clone(&job);
            jobs.send(job).expect("a worker waits for a search until there are no more");
        }
        let mut found = None;
        let mut working = running.jobs.len();
        while working > 0 {
            match running.reported.recv_timeout(LOOK_EVERY) {
                Ok(Told::Level(Level { states, depth, frontier })) => limits.report(states, depth, frontier),
                Ok(Told::Done(done)) => {
                    running.held += done.held;
                    found = found.or(done.search);
                    working -= 1;
                }
                Ok(Told::Failed) | Err(RecvTimeoutError::Disconnected) => panic!("a worker has failed"),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if limits.interrupted.is_some_and(|interrupted| interrupted.load(Ordering::Relaxed)) {
                job.interrupted.store(true, Ordering::Relaxed);
            }
            if self.lost().is_some() {
                return Search { truncated: Some(Truncation::Lost), ..Search::nothing(job.rules.world()) };
            }
        }
        let found = found.expect("the first worker of a process says what was found");
        *found.downcast().expect("a search finds what it was asked for")
    }

    /// Whether there are workers of other processes.
    #[must_use]
    pub fn is_spread(&self) -> bool {
        self.links.is_some()
    }

    /// How many states this process has held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).held
    }

    /// Which process was lost, if one was.
    #[must_use]
    pub fn lost(&self) -> Option<String> {
        self.links.as_ref()?.lost()
    }

    /// Waits until every process has all that was found.
    ///
    /// # Errors
    /// Which process was lost before that.
    pub fn part(&self) -> Result<(), String> {
        self.links.as_ref().map_or(Ok(()), Links::part)
    }
}

/// Does one search after the other, until there are no more.
fn serve(worker: &mut Worker, of_process: usize, jobs: &Receiver<Arc<dyn Work>>, body: &Sender<Told>) {
    loop {
        match jobs.recv_timeout(STEP_EVERY) {
            Ok(job) => {
                let is_first = worker.index().is_multiple_of(of_process);
                let narrated = body.clone();
                let heard = move |level: Level| {
                    if is_first {
                        // Whoever listened may have gone away.
                        let _ = narrated.send(Told::Level(level));
                    }
                };
                let search = AssertUnwindSafe(|| job.search(worker, of_process, Box::new(heard)));
                let reported = panic::catch_unwind(search).map_or(Told::Failed, |done| Told::Done(Box::new(done)));
                let _ = body.send(reported);
            }
            Err(RecvTimeoutError::Timeout) => {
                worker.step();
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        let guards = running.guards.take();
        if self.links.is_some() || std::thread::panicking() {
            // Who waits for a worker of another process, or for one that has failed, may wait for ever. All that they had to
            // say was said, and the program is about to end.
            std::mem::forget((guards, std::mem::take(&mut running.jobs)));
        } else {
            running.jobs.clear();
            drop(guards);
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("links", &self.links).finish_non_exhaustive()
    }
}

impl fmt::Display for NotJoined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) | Self::Absent(reason) => f.write_str(reason),
        }
    }
}
