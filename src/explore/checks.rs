//! Checks from the page: each in a thread of its own, a few at a time, identified by a number.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use stranded_search::check::{Checked, Combination, Shown, Trace, check};
use stranded_search::engine::{Engine, Limits, Progress, SystemMemory};
use stranded_search::property::Verdict;
use stranded_search::scenario::Spec;

use crate::report::text;

use super::document::About;
use super::library::Library;
use super::link::{self, LinkError};
use super::open_trace::{OpenTrace, Origin};

/// The most checks that run at a time; each has a flag that stops it.
const RUNNING_MAX: usize = 4;
/// The most results that are kept.
const KEPT_MAX: usize = 32;
/// The longest time for a check.
const TIME_MAX: Duration = Duration::from_secs(600);
/// The longest check when the page opens a scenario.
const OPENING_TIME_MAX: Duration = Duration::from_secs(1);
/// The longest time between two queries for a check, which stops afterwards. A page in the background asks once a minute.
const UNWATCHED_MAX: Duration = Duration::from_secs(90);
/// The interval at which this time is compared.
const WATCH: Duration = Duration::from_millis(500);
/// The most memory of the process, in bytes.
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
    found: Arc<Mutex<Option<CheckFound>>>,
    /// The time of the last query.
    asked: Arc<Mutex<Instant>>,
}

/// The progress of a check.
#[derive(Clone, Debug, Serialize)]
pub struct CheckProgress {
    /// The number of the check.
    pub check: u64,
    /// The scenario.
    pub scenario: String,
    /// True while the check runs.
    pub running: bool,
    /// The number of states so far, over all combinations of assumptions.
    pub states: usize,
    /// The depth of the newest states.
    pub depth: usize,
    /// The number of states per second.
    pub rate: f64,
    /// The running time in seconds.
    pub seconds: f64,
    /// The result, after the end.
    pub found: Option<CheckFound>,
}

/// The result of a check.
#[derive(Clone, Debug, Serialize)]
pub struct CheckFound {
    /// The number of distinct states, over all combinations of assumptions.
    pub states: usize,
    /// The depth of the deepest state.
    pub depth: usize,
    /// The running time in seconds.
    pub seconds: f64,
    /// The reason why the search was truncated.
    pub truncated: Option<String>,
    /// The verdicts on all properties.
    pub properties: Vec<CheckedProperty>,
}

/// The verdict on one property.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedProperty {
    /// The property.
    pub name: String,
    /// The verdict.
    pub verdict: &'static str,
    /// The expected verdict.
    pub expected: &'static str,
    /// True if the verdict is as expected.
    pub as_expected: bool,
    /// The length of the shortest counterexample.
    pub steps: Option<usize>,
    /// The link to the counterexample.
    pub link: Option<String>,
    /// If the verdict depends on assumptions: the verdict under each combination of them.
    pub under: Vec<String>,
}

impl Checks {
    /// Starts a check, and returns its number.
    ///
    /// # Errors
    /// Too many checks are running.
    pub fn start(&self, library: &Arc<Library>, spec: Arc<Spec>) -> Result<u64, LinkError> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = |slot: &usize| jobs.all.iter().all(|job| job.slot != *slot || !job.is_running());
        let slot = (0..RUNNING_MAX).find(is_free);
        let slot = slot.ok_or_else(|| LinkError(format!("{RUNNING_MAX} checks are running: cancel one of them")))?;
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

    /// The progress of a check.
    ///
    /// # Errors
    /// There is no check of this number.
    pub fn progress(&self, number: u64) -> Result<CheckProgress, LinkError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let job = jobs.all.iter().find(|job| job.number == number);
        let job =
            job.ok_or_else(|| LinkError(format!("there is no check {number}: it was removed or never started")))?;
        *job.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let last = job.progress.last();
        let found = job.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(CheckProgress {
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

    /// Stops a check; it ends soon after.
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

/// Returns the counterexample to the first violated property of a scenario, if a short check finds one.
#[must_use]
pub fn worst(library: &Library, spec: &Spec) -> Option<(OpenTrace, About)> {
    let limits = Limits {
        deadline: Instant::now().checked_add(OPENING_TIME_MAX),
        memory_max: Some(MEMORY_MAX),
        symmetry: true,
        scenario: &spec.name,
        ..Limits::default()
    };
    let checked = check(spec, Engine::Exact, &limits);
    let Shown { case, property, trace, .. } = checked.worst()?;
    let opened = open(library, &Arc::new(spec.clone()), case, &trace)?;
    let about = About {
        title: format!("{}: {}", spec.name, property.name()),
        property: Some(property.name().to_owned()),
        repeats_from: trace.repeats_from,
        forked_at: None,
    };
    Some((opened, about))
}

/// Opens a counterexample.
fn open(library: &Library, spec: &Arc<Spec>, case: &Combination, trace: &Trace) -> Option<OpenTrace> {
    library.keep(spec, Some(trace.path.initial.clone()));
    let (world, initial) = (Arc::new(case.world.clone()), trace.path.initial.clone());
    let origin = Origin { spec: Arc::clone(spec), world, initial, observed: None };
    OpenTrace::by_actions(origin, trace.path.actions.iter().chain(&trace.after)).ok()
}

/// Stops a check without queries.
fn watch(slot: usize, asked: &Mutex<Instant>, found: &Mutex<Option<CheckFound>>) {
    while found.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
        if asked.lock().unwrap_or_else(PoisonError::into_inner).elapsed() > UNWATCHED_MAX {
            STOPPED[slot].store(true, Ordering::Relaxed);
            return;
        }
        thread::sleep(WATCH);
    }
}

fn search(library: &Library, spec: &Spec, slot: usize, progress: &Progress) -> CheckFound {
    let limits = Limits {
        deadline: Instant::now().checked_add(TIME_MAX),
        memory_max: Some(MEMORY_MAX),
        system_memory: SystemMemory::of_process(),
        interrupted: Some(&STOPPED[slot]),
        symmetry: true,
        scenario: &spec.name,
        progress: Some(progress),
        ..Limits::default()
    };
    // One core serves the page.
    let threads = thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let checked = match pool {
        Ok(pool) => pool.install(|| check(spec, Engine::Exact, &limits)),
        Err(_) => check(spec, Engine::Exact, &limits),
    };
    found(library, &checked)
}

fn found(library: &Library, checked: &Checked<'_>) -> CheckFound {
    let spec = Arc::new(checked.spec.clone());
    let verdict = |(index, judgement): (usize, &stranded_search::check::PropertyResult)| {
        let depends = judgement.verdict == Verdict::Depends;
        let under = if depends { text::under(checked, index) } else { Vec::new() };
        let shown = judgement.shown_by.map(|index| &checked.combinations[index]);
        let trace = shown.and_then(|case| Some((case, case.trace(judgement.property)?)));
        let link = trace.as_ref().and_then(|(case, trace)| Some(link::to(&open(library, &spec, case, trace)?)));
        CheckedProperty {
            name: judgement.property.name().to_owned(),
            verdict: judgement.verdict.name(),
            expected: judgement.expects(),
            as_expected: judgement.is_as_expected(),
            steps: trace.map(|(_, trace)| trace.path.actions.len()),
            link,
            under: under.into_iter().map(|(verdict, answers)| format!("{verdict} with {answers}")).collect(),
        }
    };
    CheckFound {
        states: checked.states(),
        depth: checked.depth(),
        seconds: checked.elapsed.as_secs_f64(),
        truncated: checked.truncated().map(|truncated| truncated.to_string()),
        properties: checked.results.iter().enumerate().map(verdict).collect(),
    }
}
