//! The workers of this process, connected with those of other processes. They serve all searches of a program, which
//! every process runs in the same order.

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

use super::connection::{Connections, JoinError, JoinOptions};
use super::worker::{AnyJob, WorkerResult};
use super::{Job, Level};
use crate::engine::Search;
use crate::engine::limits::{Limits, Truncation};
use crate::engine::rules::Rules;

/// The interval at which the process checks for an interruption or a lost process.
const CHECK_EVERY: Duration = Duration::from_millis(50);
/// The interval at which an idle worker handles messages of others.
const STEP_EVERY: Duration = Duration::from_millis(20);

/// The most workers of a process. The connections between workers take memory and time with the square of their number.
pub const WORKERS_MAX: u16 = 64;

/// Workers that search together.
pub struct Cluster {
    running: Mutex<Running>,
    connections: Option<Connections>,
}

struct Running {
    jobs: Vec<Sender<Arc<dyn AnyJob>>>,
    /// The number of workers that have not started yet.
    starting: usize,
    /// The limit at which the workers were left alone. They accept no more searches.
    left_at: Option<Truncation>,
    receiver: Receiver<WorkerMessage>,
    guards: Option<WorkerGuards<()>>,
    /// The number of states that this process held in all searches.
    held: usize,
}

/// A message of a worker to its process.
enum WorkerMessage {
    /// The worker has started, and accepts searches.
    Ready,
    Level(Level),
    Done(Box<WorkerResult>),
    /// The worker has panicked.
    Failed,
}

impl Cluster {
    /// Starts workers of this process alone; by default one for each core.
    ///
    /// # Errors
    /// The system refuses the threads.
    pub fn local(workers: Option<usize>) -> Result<Self, JoinError> {
        let workers = workers.unwrap_or_else(Self::workers_by_default);
        let config = if workers == 1 { CommunicationConfig::Thread } else { CommunicationConfig::Process(workers) };
        let (builders, others) = config.try_build().expect("threads of one process need no connection");
        Self::start(builders, others, None)
    }

    /// The default number of workers: the number of cores, up to the most workers.
    #[must_use]
    pub fn workers_by_default() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from).min(usize::from(WORKERS_MAX))
    }

    /// Starts workers of this process and connects them with those of the others, once all processes agree on the
    /// search.
    ///
    /// # Errors
    /// The process that did not connect, or the option that differs.
    pub fn joined(options: &JoinOptions<'_>) -> Result<Self, JoinError> {
        let (connections, streams) = Connections::join(options)?;
        let hooks = Hooks::default();
        let threads = ProcessBuilder::new_typed_vector(options.workers, hooks.refill.clone(), None);
        let failed = |reason: std::io::Error| {
            JoinError::Absent(format!("cannot use the connections to the other processes: {reason}"))
        };
        let (builders, others) =
            initialize_networking_from_sockets(threads, streams, options.process, options.workers, hooks)
                .map_err(failed)?;
        let builders = builders.into_iter().map(AllocatorBuilder::Tcp).collect();
        Self::start(builders, Box::new(others), Some(connections))
    }

    fn start(
        builders: Vec<AllocatorBuilder>,
        others: Box<dyn std::any::Any + Send>,
        connections: Option<Connections>,
    ) -> Result<Self, JoinError> {
        let workers_here = builders.len();
        if !can_start(workers_here) {
            return Err(JoinError::NoThreads(workers_here));
        }
        let (sender, receiver) = mpsc::channel();
        let (jobs, receivers): (Vec<_>, Vec<_>) = builders.iter().map(|_| mpsc::channel()).unzip();
        let receivers: Vec<Mutex<Receiver<Arc<dyn AnyJob>>>> = receivers.into_iter().map(Mutex::new).collect();
        let sender = Mutex::new(sender);
        let guards = timely::execute::execute_from(builders, others, WorkerConfig::default(), move |worker| {
            let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let jobs = receivers[worker.index() % workers_here].lock().unwrap_or_else(PoisonError::into_inner);
            // The receiver may be gone.
            let _ = sender.send(WorkerMessage::Ready);
            serve(worker, workers_here, &jobs, &sender);
        });
        let guards = Some(guards.map_err(|_| JoinError::NoThreads(workers_here))?);
        let running = Running { jobs, starting: workers_here, left_at: None, receiver, guards, held: 0 };
        Ok(Self { running: Mutex::new(running), connections })
    }

    /// Searches with all workers. If a process is lost, the result is empty.
    pub(super) fn search<R: Rules + 'static>(&self, job: Job<R>, limits: &Limits<'_>) -> Search<R::Choice> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.start(limits);
        // Other processes wait for every search, and must learn of a limit.
        let limit = running.left_at.or(job.truncated.filter(|_| !self.has_other_processes()));
        if let Some(truncated) = limit {
            return Search { truncated: Some(truncated), ..Search::nothing(job.rules.world()) };
        }
        let job = Arc::new(job);
        for jobs in &running.jobs {
            let job: Arc<dyn AnyJob> = Arc::<Job<R>>::clone(&job);
            jobs.send(job).expect("a worker accepts searches until the process drops the channel");
        }
        let mut found = None;
        let mut has_begun = false;
        let mut working = running.jobs.len();
        while working > 0 {
            match running.receiver.recv_timeout(CHECK_EVERY) {
                Ok(WorkerMessage::Level(Level { states, depth, frontier })) => {
                    has_begun = true;
                    limits.report(states, depth, frontier);
                }
                Ok(WorkerMessage::Done(done)) => {
                    running.held += done.held;
                    found = found.or(done.search);
                    working -= 1;
                }
                Ok(WorkerMessage::Failed) | Err(RecvTimeoutError::Disconnected) => panic!("a worker has failed"),
                Ok(WorkerMessage::Ready) | Err(RecvTimeoutError::Timeout) => {}
            }
            if limits.interrupted.is_some_and(|interrupted| interrupted.load(Ordering::Relaxed)) {
                job.interrupted.store(true, Ordering::Relaxed);
            }
            // Many workers take long to connect. Nothing is found until then.
            if !has_begun && working > 0 && !self.has_other_processes() {
                running.left_at = limits.limit_reached();
                if running.left_at.is_some() {
                    return Search { truncated: running.left_at, ..Search::nothing(job.rules.world()) };
                }
            }
            if self.lost().is_some() {
                return Search { truncated: Some(Truncation::Lost), ..Search::nothing(job.rules.world()) };
            }
        }
        let found = found.expect("the first worker of a process returns the result");
        *found.downcast().expect("the result has the type of the search")
    }

    /// Returns true if other processes search too.
    #[must_use]
    pub fn has_other_processes(&self) -> bool {
        self.connections.is_some()
    }

    /// The number of states that this process has held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).held
    }

    /// The process that was lost, if any.
    #[must_use]
    pub fn lost(&self) -> Option<String> {
        self.connections.as_ref()?.lost()
    }

    /// Waits until every process has the results.
    ///
    /// # Errors
    /// The process that was lost before that.
    pub fn finish(&self) -> Result<(), String> {
        self.connections.as_ref().map_or(Ok(()), Connections::finish)
    }
}

impl Running {
    /// Waits until all workers have started, or a limit is reached.
    fn start(&mut self, limits: &Limits<'_>) {
        while self.starting > 0 && self.left_at.is_none() {
            match self.receiver.recv_timeout(CHECK_EVERY) {
                Ok(WorkerMessage::Ready) => self.starting -= 1,
                Ok(WorkerMessage::Level(_) | WorkerMessage::Done(_)) => panic!("a worker answers before it is asked"),
                Ok(WorkerMessage::Failed) | Err(RecvTimeoutError::Disconnected) => panic!("a worker has failed"),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.left_at = if self.starting > 0 { limits.limit_reached() } else { None };
        }
    }
}

/// Returns true if the system gives this number of threads. Workers of timely panic if the threads of others are refused, so this is tried
/// first with threads that do nothing.
fn can_start(threads: usize) -> bool {
    let (all_started, waits) = mpsc::channel::<()>();
    let waits = Mutex::new(waits);
    std::thread::scope(|scope| {
        // A thread ends when the sender is gone.
        let wait = || {
            let _ = waits.lock().unwrap_or_else(PoisonError::into_inner).recv();
        };
        let started = (0..threads).all(|_| std::thread::Builder::new().spawn_scoped(scope, wait).is_ok());
        drop(all_started);
        started
    })
}

/// Runs one search after the other until the process stops sending them.
fn serve(worker: &mut Worker, workers_here: usize, jobs: &Receiver<Arc<dyn AnyJob>>, sender: &Sender<WorkerMessage>) {
    loop {
        match jobs.recv_timeout(STEP_EVERY) {
            Ok(job) => {
                let is_first = worker.index().is_multiple_of(workers_here);
                let levels = sender.clone();
                let on_level = move |level: Level| {
                    if is_first {
                        // The receiver may be gone.
                        let _ = levels.send(WorkerMessage::Level(level));
                    }
                };
                let search = AssertUnwindSafe(|| job.search(worker, workers_here, Box::new(on_level)));
                let receiver = panic::catch_unwind(search)
                    .map_or(WorkerMessage::Failed, |done| WorkerMessage::Done(Box::new(done)));
                let _ = sender.send(receiver);
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
        if self.connections.is_some() || std::thread::panicking() {
            // A thread that waits for a worker of another process, or for a failed one, may wait for ever. All results
            // are in, and the program is about to end.
            std::mem::forget((guards, std::mem::take(&mut running.jobs)));
            return;
        }
        running.jobs.clear();
        if running.left_at.is_some() {
            // Workers that were left alone end by themselves, but may take long.
            std::mem::forget(guards);
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("links", &self.connections).finish_non_exhaustive()
    }
}
