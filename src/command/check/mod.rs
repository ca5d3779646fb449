//! `stranded check`: options from the arguments, the searches, the reports, the exit code. `checkpoint` and `cluster` prepare a
//! search on disk or on several processes; `trial` makes scenarios of procedures; `progress` prints while it runs.

mod checkpoint;
#[cfg(feature = "distributed")]
mod cluster;
#[cfg(not(feature = "distributed"))]
#[path = "no_cluster.rs"]
mod cluster;
mod progress;
mod trial;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use rayon::prelude::*;
use stranded_search::check::{Checked, check_with_checkpoints};
use stranded_search::engine::{Checkpoint, Cluster, Engine, Limits, SystemMemory, Walks, memory_max, memory_used};
use stranded_search::property::Verdict;
use stranded_search::scenario::{self, Spec};

use super::{CommandError, interrupt, output, watch};
use crate::cli::{Check, OutputKind};
use crate::exit::Exit;
use crate::formats::results as formats;
use crate::report::overview::{self, Details};
use crate::report::{columns, json, matrix, trace};

pub(super) fn run(arguments: &Check) -> Result<Exit, CommandError> {
    if arguments.watch { watch::run(arguments, || once(arguments)) } else { once(arguments) }
}

fn once(arguments: &Check) -> Result<Exit, CommandError> {
    let options = CheckOptions::of(arguments)?;
    let checked = check_all(&options)?;
    checkpoint::refuse_unreachable(&options.saved, &checked)?;
    if let Some(exit) = cluster::finish(&options, &checked)? {
        return Ok(exit);
    }
    let saved = save_traces(&options, &checked);
    Ok(saved.max(print(&options, &checked)?).max(exit(&checked)))
}

/// The options of a check.
pub(super) struct CheckOptions<'a> {
    pub(super) arguments: &'a Check,
    pub(super) specs: Vec<Spec>,
    /// The checkpoint files of each scenario; none if the searches are not saved.
    pub(super) saved: Vec<Vec<Checkpoint>>,
    /// The workers of the engine timely.
    pub(super) cluster: Option<Cluster>,
    deadline: Option<Instant>,
    memory_max: Option<usize>,
    system_memory: SystemMemory,
    interrupted: &'static AtomicBool,
}

impl<'a> CheckOptions<'a> {
    fn of(arguments: &'a Check) -> Result<Self, CommandError> {
        let deadline = arguments.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if arguments.simulate.is_some() && arguments.engine != Engine::Exact {
            let reason = format!("--simulate needs the engine exact; the engine is {}", arguments.engine);
            return Err(CommandError::Usage(reason));
        }
        let memory_max = arguments.max_memory.map(|size| memory_max(size.as_u64(), memory_used())).transpose();
        let memory_max = memory_max.map_err(|reason| CommandError::Usage(reason.to_string()))?;
        let specs = specs(arguments)?;
        let saved = checkpoint::open(arguments, &specs)?;
        let cluster = cluster::join(arguments, &specs, deadline)?;
        let system_memory = SystemMemory::of_process();
        Ok(Self {
            arguments,
            specs,
            saved,
            cluster,
            deadline,
            memory_max,
            system_memory,
            interrupted: interrupt::flag()?,
        })
    }

    /// Returns the limits of every search.
    fn limits(&self) -> Limits<'_> {
        let arguments = self.arguments;
        Limits {
            states_max: arguments.max_states,
            depth_max: arguments.max_depth,
            deadline: self.deadline,
            memory_max: self.memory_max,
            system_memory: self.system_memory,
            interrupted: Some(self.interrupted),
            walks: arguments.simulate.map(|count| Walks { count, seed: arguments.seed }),
            symmetry: !arguments.no_symmetry,
            cluster: self.cluster.as_ref(),
            ..Limits::default()
        }
    }
}

/// Reads the scenarios; with `--from`, each procedure becomes one for each kind of delivery.
fn specs(arguments: &Check) -> Result<Vec<Spec>, CommandError> {
    match &arguments.from {
        Some(from) => trial::specs(arguments, from),
        None => Ok(scenario::select(&arguments.scenarios)?),
    }
}

/// Runs every search: in parallel, or one after another if the engine uses all threads by itself.
fn check_all<'a>(options: &'a CheckOptions<'_>) -> Result<Vec<Checked<'a>>, CommandError> {
    let CheckOptions { arguments, specs, saved, .. } = options;
    let threads = arguments.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|reason| {
        let reason = format!("cannot start the threads of the search: {reason}; start fewer with --threads N");
        CommandError::Usage(reason)
    })?;
    Ok(progress::during(arguments.progress, &options.limits(), |limits| {
        let check =
            |(spec, saved): (&'a Spec, &Vec<Checkpoint>)| check_with_checkpoints(spec, arguments.engine, limits, saved);
        if arguments.engine.is_sequential() {
            pool.install(|| specs.iter().zip(saved).map(check).collect())
        } else {
            pool.install(|| specs.par_iter().zip(saved).map(check).collect())
        }
    }))
}

/// Prints the report in the format of the arguments.
fn print(options: &CheckOptions<'_>, checked: &[Checked<'_>]) -> Result<Exit, CommandError> {
    let Check { assumptions, output, .. } = options.arguments;
    let file = output.file.as_deref();
    Ok(match (output.format.kind(), *assumptions) {
        (OutputKind::Cases(form), true) => return Err(output::unsupported("check --assumptions", form)),
        (OutputKind::Cases(form), false) => {
            output::print_cases(&formats::of_check(checked, &files(options.arguments)), form, file)
        }
        (OutputKind::Json, true) => output::print_json(&matrix::matrix(checked), file),
        (OutputKind::Json, false) => {
            let not_tried = trial::not_tried(options.arguments, &options.specs);
            output::print_json(&json::Report { not_tried, ..json::report(checked) }, file)
        }
        (OutputKind::Text, true) => output::print(&matrix::text(checked, output::width(file)), file),
        (OutputKind::Text, false) => {
            let width = output::width(file);
            let not_tried = trial::not_tried(options.arguments, &options.specs);
            let parts = if not_tried.is_empty() {
                let details = if options.arguments.verbose { Details::All } else { Details::WhereNeeded };
                overview::report(checked, details, width)
            } else {
                columns::report(checked, &not_tried, width)
            };
            output::print(&parts.join("\n"), file)
        }
    })
}

/// The scenario files of the arguments, by the names of their scenarios.
fn files(arguments: &Check) -> BTreeMap<String, String> {
    let is_file = |name: &&String| Path::new(name).extension().is_some_and(|extension| extension == "toml");
    let files = arguments.scenarios.iter().filter(is_file);
    files.filter_map(|file| Some((scenario::load_scenario(file).ok()?.name, file.clone()))).collect()
}

/// Saves every counterexample in the folder of `--traces`.
fn save_traces(options: &CheckOptions<'_>, checked: &[Checked<'_>]) -> Exit {
    let Some(folder) = &options.arguments.traces else { return Exit::AsExpected };
    let mut saved = output::saved(folder, std::fs::create_dir_all(folder));
    for one in checked {
        for result in &one.results {
            let case = result.shown_by.map(|index| &one.combinations[index]);
            let Some((case, found)) = case.and_then(|case| Some((case, case.trace(result.property)?))) else {
                continue;
            };
            let name = result.property.name();
            let written = trace::write(one.spec, &case.world, &one.spec.touches(), name, &found);
            let path = folder.join(format!("{}.{name}.json", one.spec.name));
            saved = saved.max(output::save(&output::json(&written), &path));
        }
    }
    saved
}

/// Returns the exit code of a check: the worst one of its scenarios.
fn exit(checked: &[Checked<'_>]) -> Exit {
    checked.iter().map(exit_of).max().unwrap_or(Exit::Inconclusive)
}

fn exit_of(checked: &Checked<'_>) -> Exit {
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
    let judged = checked.results.iter().map(|result| of(result.verdict, result.is_as_expected()));
    let is_judged = checked.is_complete() && !checked.is_without_end();
    let searched = if is_judged { Exit::AsExpected } else { Exit::Inconclusive };
    judged.chain([searched]).max().unwrap_or(Exit::Inconclusive)
}
