//! Checks that were started from the page: each in a thread of its own, a few at a time, watched and cancelled by number.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use stranded_search::check::{Checked, check};
use stranded_search::engine::{Engine, Limits, Progress};
use stranded_search::scenario::Spec;

use super::library::Library;
use super::link::{self, LinkError};
use super::walk::{Origin, Walk};

/// How many checks can run at a time; there is one word for each that says whether it is to stop.
const RUNNING_MAX: usize = 4;
/// How many results are kept.
const KEPT_MAX: usize = 32;
/// The longest that a check from the page may take.
const TIME_MAX: Duration = Duration::from_secs(600);
/// How long a check goes on that nobody asks about; a page that is in the background asks once a minute.
const UNWATCHED_MAX: Duration = Duration::from_secs(90);
/// How often it is looked whether anybody does.
const WATCH: Duration = Duration::from_millis(500);
/// The most memory that the process may take while it runs, in bytes.
const MEMORY_MAX: usize = 4 << 30;

static STOPPED: [AtomicBool; RUNNING_MAX] = [const { AtomicBool::new(false) }; RUNNING_MAX];

/// The checks of one explorer.
#[derive(Debug, Default)]
pub struct Checks {
    jobs: Mutex<Jobs>,
}

#[derive(Debug, Default)]
struct Jobs {
    started: u64,
    all: VecDeque<Job>,
}

#[derive(Debug)]
struct Job {
    number: u64,
    scenario: String,
    slot: usize,
    since: Instant,
    progress: Arc<Progress>,
    found: Arc<Mutex<Option<Found>>>,
    /// When somebody asked about it last.
    asked: Arc<Mutex<Instant>>,
}

/// How far a check is.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Its number.
    pub check: u64,
    /// The scenario.
    pub scenario: String,
    /// Whether it still runs.
    pub running: bool,
    /// States found so far, under all combinations of assumptions together.
    pub states: usize,
    /// How many steps those are away that were found last.
    pub depth: usize,
    /// States that are found in a second.
    pub rate: f64,
    /// For how long it has run.
    pub seconds: f64,
    /// What it found, when it is over.
    pub found: Option<Found>,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Distinct states over all combinations of assumptions.
    pub states: usize,
    /// How many steps the farthest is away.
    pub depth: usize,
    /// How long it took.
    pub seconds: f64,
    /// Why not everything was searched, if not.
    pub truncated: Option<String>,
    /// Every verdict.
    pub properties: Vec<Verdict>,
}

/// The verdict on a property.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The property.
    pub name: String,
    /// The verdict.
    pub verdict: &'static str,
    /// What the scenario expects.
    pub expected: &'static str,
    /// Whether that is the same.
    pub as_expected: bool,
    /// How many steps the shortest counterexample has.
    pub steps: Option<usize>,
    /// The way of the counterexample.
    pub link: Option<String>,
}

impl Checks {
    /// Starts a check; its number.
    ///
    /// # Errors
    /// That too many run already.
    pub fn start(&self, library: &Arc<Library>, spec: Arc<Spec>) -> Result<u64, LinkError> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = |slot: &usize| jobs.all.iter().all(|job| job.slot != *slot || !job.is_running());
        let slot = (0..RUNNING_MAX).find(is_free);
        let slot = slot.ok_or_else(|| LinkError(format!("{RUNNING_MAX} checks run already: cancel one of them")))?;
        STOPPED[slot].store(false, Ordering::Relaxed);
        jobs.started += 1;
        let job = Job {
            number: jobs.started,
            scenario: spec.name.clone(),
            slot,
            since: Instant::now(),
            progress: Arc::new(Progress::new(None)),
            found: Arc::default(),
            asked: Arc::new(Mutex::new(Instant::now())),
        };
        let (asked, done) = (Arc::clone(&job.asked), Arc::clone(&job.found));
        thread::spawn(move || watch(slot, &asked, &done));
        let (library, progress, found) = (Arc::clone(library), Arc::clone(&job.progress), Arc::clone(&job.found));
        thread::spawn(move || {
            let result = search(&library, &spec, slot, &progress);
            *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        });
        if jobs.all.len() >= KEPT_MAX
            && let Some(oldest) = jobs.all.iter().position(|job| !job.is_running())
        {
            jobs.all.remove(oldest);
        }
        let number = job.number;
        jobs.all.push_back(job);
        Ok(number)
    }

    /// How far a check is.
    ///
    /// # Errors
    /// That there is none of this number.
    pub fn standing(&self, number: u64) -> Result<Standing, LinkError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let job = jobs.all.iter().find(|job| job.number == number);
        let job = job.ok_or_else(|| LinkError(format!("there is no check {number} any more")))?;
        *job.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let last = job.progress.last();
        let found = job.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Standing {
            check: number,
            scenario: job.scenario.clone(),
            running: found.is_none(),
            states: job.progress.total(),
            depth: last.as_ref().map_or(0, |level| level.depth),
            rate: last.as_ref().map_or(0.0, |level| level.rate),
            seconds: found.as_ref().map_or_else(|| job.since.elapsed().as_secs_f64(), |found| found.seconds),
            found,
        })
    }

    /// Asks a check to end; it is over soon after.
    pub fn cancel(&self, number: u64) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(job) = jobs.all.iter().find(|job| job.number == number && job.is_running()) {
            STOPPED[job.slot].store(true, Ordering::Relaxed);
        }
    }
}

impl Job {
    fn is_running(&self) -> bool {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

/// Ends a check that nobody asks about any more.
fn watch(slot: usize, asked: &Mutex<Instant>, found: &Mutex<Option<Found>>) {
    while found.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
        if asked.lock().unwrap_or_else(PoisonError::into_inner).elapsed() > UNWATCHED_MAX {
            STOPPED[slot].store(true, Ordering::Relaxed);
            return;
        }
        thread::sleep(WATCH);
    }
}

fn search(library: &Library, spec: &Spec, slot: usize, progress: &Progress) -> Found {
    let limits = Limits {
        deadline: Instant::now().checked_add(TIME_MAX),
        memory_max: Some(MEMORY_MAX),
        interrupted: Some(&STOPPED[slot]),
        symmetry: true,
        scenario: &spec.name,
        progress: Some(progress),
        ..Limits::default()
    };
    // One core is left to the page.
    let threads = thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let checked = match pool {
        Ok(pool) => pool.install(|| check(spec, Engine::Exact, &limits)),
        Err(_) => check(spec, Engine::Exact, &limits),
    };
    found(library, &checked)
}

fn found(library: &Library, checked: &Checked<'_>) -> Found {
    let spec = Arc::new(checked.spec.clone());
    let verdict = |judgement: &stranded_search::check::Judgement| {
        let shown = judgement.shown_by.map(|index| &checked.cases[index]);
        let trace = shown.and_then(|case| Some((case, case.trace(judgement.property)?)));
        let link = trace.as_ref().and_then(|(case, trace)| {
            library.keep(&spec, Some(trace.path.initial.clone()));
            let origin = Origin {
                spec: Arc::clone(&spec),
                world: Arc::new(case.world.clone()),
                initial: trace.path.initial.clone(),
            };
            let mut walk = Walk::start(origin);
            for action in trace.path.actions.iter().chain(&trace.after) {
                walk.take_any(|other| other == action).ok()?;
            }
            Some(link::to(&walk))
        });
        Verdict {
            name: judgement.property.name().to_owned(),
            verdict: judgement.verdict.name(),
            expected: judgement.expected.name(),
            as_expected: judgement.is_as_expected(),
            steps: trace.map(|(_, trace)| trace.path.actions.len()),
            link,
        }
    };
    Found {
        states: checked.states(),
        depth: checked.depth(),
        seconds: checked.elapsed.as_secs_f64(),
        truncated: checked.truncated().map(|truncated| truncated.to_string()),
        properties: checked.judgements.iter().map(verdict).collect(),
    }
}
