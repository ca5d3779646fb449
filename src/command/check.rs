//! `stranded check`

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use crate::check::{Checked, check};
use crate::cli::{Check, Format};
use crate::engine::{Limits, Progress};
use crate::exit::Exit;
use crate::property::Verdict;
use crate::report::{json, matrix, text, trace};
use crate::scenario::{self, Spec};

use super::{Failure, output};

pub(super) fn run(arguments: &Check) -> Result<Exit, Failure> {
    let started = Instant::now();
    let specs = specs(arguments)?;
    let progress = Progress::default();
    let limits = Limits {
        states_max: arguments.max_states,
        depth_max: arguments.max_depth,
        deadline: arguments.timeout.and_then(|timeout| started.checked_add(timeout)),
        memory_max: arguments.max_memory.and_then(|size| usize::try_from(size.as_u64()).ok()),
        interrupted: Some(interrupted()?),
        symmetry: !arguments.no_symmetry,
        progress: Some(&progress),
    };
    let checked = check_all(&specs, arguments, &limits)?;
    if let Some(folder) = &arguments.traces {
        save_traces(&checked, folder)?;
    }
    let file = arguments.output.file.as_deref();
    match arguments.output.format {
        Format::Json if arguments.assumptions => output::print_json(&matrix::matrix(&checked), file)?,
        Format::Json => output::print_json(&json::report(&checked), file)?,
        Format::Text if arguments.assumptions => output::print(&matrix::text(&checked, output::width(file)), file)?,
        Format::Text => {
            let width = output::width(file);
            let parts = checked.iter().map(|one| text::scenario(one, width));
            output::print(&parts.chain([text::summary(&checked)]).collect::<Vec<_>>().join("\n"), file)?
        }
    };
    Ok(checked.iter().map(exit).max().unwrap_or(Exit::Inconclusive))
}

/// Whether somebody has pressed Ctrl-C. The second time ends the program at once.
fn interrupted() -> Result<&'static AtomicBool, Failure> {
    static INTERRUPTED: AtomicBool = AtomicBool::new(false);
    let note = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Inconclusive.code().into());
        }
    };
    match ctrlc::set_handler(note) {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(&INTERRUPTED),
        Err(reason) => Err(Failure::Usage(format!("cannot listen for Ctrl-C: {reason}"))),
    }
}

/// The scenarios that are asked for; a procedure file becomes a scenario of its own.
fn specs(arguments: &Check) -> Result<Vec<Spec>, Failure> {
    let Some(from) = &arguments.from else { return Ok(scenario::select(&arguments.scenarios)?) };
    if arguments.scenarios.is_empty() {
        return Err(Failure::Usage(
            "--from needs a procedure to run: a TOML file, or the name of a built-in one".to_owned(),
        ));
    }
    let from = scenario::load_scenario(from)?;
    arguments.scenarios.iter().map(|procedure| Ok(scenario::load_procedure_in(procedure, &from)?)).collect()
}

fn check_all<'a>(specs: &'a [Spec], arguments: &Check, limits: &Limits<'_>) -> Result<Vec<Checked<'a>>, Failure> {
    let threads = arguments.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|reason| Failure::Usage(format!("cannot start the threads: {reason}")))?;
    let finished = AtomicBool::new(false);
    Ok(std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(limits.progress, &finished));
        // The watcher is told even if a search panics; nobody would wait for an end that does not come.
        let _watched = Watched { finished: &finished, watcher: watcher.thread().clone() };
        pool.install(|| specs.par_iter().map(|spec| check(spec, arguments.engine, limits)).collect())
    }))
}

/// While it lives, somebody watches a search.
struct Watched<'a> {
    finished: &'a AtomicBool,
    watcher: std::thread::Thread,
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.finished.store(true, Ordering::Relaxed);
        self.watcher.unpark();
    }
}

/// Shows on a terminal how far the search is; it appears only when there is something to wait for.
fn watch(progress: Option<&Progress>, finished: &AtomicBool) {
    const FIRST: Duration = Duration::from_millis(500);
    const EVERY: Duration = Duration::from_millis(100);
    std::thread::park_timeout(FIRST);
    let Some(progress) = progress.filter(|_| !finished.load(Ordering::Relaxed)) else { return };
    let style = ProgressStyle::with_template("{spinner} {msg}  {elapsed}");
    let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    while !finished.load(Ordering::Relaxed) {
        bar.set_message(format!("{} states, depth {}", progress.states(), progress.depth()));
        bar.tick();
        std::thread::park_timeout(EVERY);
    }
    bar.finish_and_clear();
}

fn save_traces(checked: &[Checked<'_>], folder: &Path) -> Result<(), Failure> {
    let failed = |reason: std::io::Error| Failure::Usage(format!("cannot write to {}: {reason}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    for one in checked {
        for judgement in &one.judgements {
            let case = judgement.shown_by.map(|index| &one.cases[index]);
            let Some((case, found)) = case.and_then(|case| Some((case, case.trace(judgement.property)?))) else {
                continue;
            };
            let name = judgement.property.name();
            let written = trace::write(one.spec, &case.world, &one.spec.touches(), name, &found);
            let path = folder.join(format!("{}.{name}.json", one.spec.name));
            output::print_json(&written, Some(&path))?;
        }
    }
    Ok(())
}

fn exit(checked: &Checked<'_>) -> Exit {
    let of = |verdict: Verdict, as_expected: bool| match verdict {
        Verdict::Error => Exit::Defect,
        Verdict::Inconclusive => Exit::Inconclusive,
        Verdict::Holds | Verdict::Violated | Verdict::Depends | Verdict::Vacuous => {
            if as_expected {
                Exit::AsExpected
            } else {
                Exit::NotAsExpected
            }
        }
    };
    let judged = checked.judgements.iter().map(|judgement| of(judgement.verdict, judgement.is_as_expected()));
    let searched = if checked.is_complete() { Exit::AsExpected } else { Exit::Inconclusive };
    judged.chain([searched]).max().unwrap_or(Exit::Inconclusive)
}
