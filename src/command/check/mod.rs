//! `stranded check`: options from the arguments, the searches, the reports, the exit code. `checkpoint` and `cluster` prepare a
//! search on disk or on several processes; `targets` finds what to check; `trial` makes scenarios of procedures; `progress` prints while
//! it runs, and `report` at the end, with what `not_tried` finds left out.

mod baseline;
mod checkpoint;
#[cfg(feature = "distributed")]
mod cluster;
#[cfg(not(feature = "distributed"))]
#[path = "no_cluster.rs"]
mod cluster;
mod counterexamples;
mod find;
pub(super) mod not_tried;
mod progress;
mod report;
mod targets;
pub(super) mod trial;
mod write_expect;

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use rayon::prelude::*;
use stranded_search::check::{Checked, check_with_checkpoints};
use stranded_search::engine::{Checkpoint, Cluster, Engine, Limits, SystemMemory, Walks};
use stranded_search::property::Verdict;
use stranded_search::scenario::Spec;

use self::report::Outcome;
use self::targets::Targets;
use super::{CommandError, interrupt, watch};
use crate::cli::Check;
use crate::exit::Exit;

pub(super) fn run(arguments: &Check) -> Result<Exit, CommandError> {
    if arguments.watch { watch::run(arguments, || once(arguments)) } else { once(arguments) }
}

fn once(arguments: &Check) -> Result<Exit, CommandError> {
    let before = arguments.baseline.as_deref().map(baseline::read).transpose()?;
    let options = CheckOptions::of(arguments)?;
    let checked = check_all(&options)?;
    checkpoint::refuse_unreachable(&options.saved, &checked)?;
    if let Some(exit) = cluster::finish(&options, &checked)? {
        return Ok(exit);
    }
    if let (Some(condition), [checked]) = (&arguments.find, &checked[..]) {
        return Ok(find::print(&options, condition, checked));
    }
    let is_all_found = if options.targets.empty.is_empty() { Exit::AsExpected } else { Exit::Inconclusive };
    if arguments.write_expect {
        return Ok(write_expect::write(&options, &checked)?.max(is_all_found));
    }
    let further = counterexamples::search(&options, &checked);
    let outcome = Outcome::of(&options, &checked, further, before.as_ref());
    let saved = report::save_traces(&options, &outcome);
    let compared = if outcome.is_worse() { Exit::NotAsExpected } else { Exit::AsExpected };
    Ok(saved.max(report::print(&options, &outcome)).max(exit(&checked)).max(compared).max(is_all_found))
}

/// The options of a check.
pub(super) struct CheckOptions<'a> {
    pub(super) arguments: &'a Check,
    targets: Targets,
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
        let deadline = arguments.limits.deadline();
        if arguments.simulate.is_some() && arguments.engine != Engine::Exact {
            let reason = format!("--simulate needs the engine exact; the engine is {}", arguments.engine);
            return Err(CommandError::Usage(reason));
        }
        let memory_max = arguments.limits.memory_max().map_err(|reason| CommandError::Usage(reason.to_string()))?;
        let mut targets = Targets::of(arguments)?;
        if arguments.write_expect {
            write_expect::prepare(arguments, &mut targets)?;
        }
        if let Some(condition) = &arguments.find {
            find::prepare(condition, &mut targets)?;
        }
        if arguments.counterexamples.is_some() {
            counterexamples::prepare(&targets.specs)?;
        }
        let saved = checkpoint::open(arguments, &targets.specs)?;
        let cluster = cluster::join(arguments, &targets.specs, deadline)?;
        let system_memory = SystemMemory::of_process();
        Ok(Self {
            arguments,
            targets,
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
            states_max: arguments.limits.max_states,
            depth_max: arguments.limits.max_depth,
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

/// Runs every search: in parallel, or one after another if the engine uses all threads by itself.
fn check_all<'a>(options: &'a CheckOptions<'_>) -> Result<Vec<Checked<'a>>, CommandError> {
    let CheckOptions { arguments, targets, saved, .. } = options;
    let specs = &targets.specs;
    let threads = arguments.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|reason| {
        let reason = format!("cannot start the threads of the search: {reason}; start fewer with --threads N");
        CommandError::Usage(reason)
    })?;
    let mut checked: Vec<Checked<'_>> = progress::during(arguments.progress, &options.limits(), |limits| {
        let check =
            |(spec, saved): (&'a Spec, &Vec<Checkpoint>)| check_with_checkpoints(spec, arguments.engine, limits, saved);
        if arguments.engine.is_sequential() {
            pool.install(|| specs.iter().zip(saved).map(check).collect())
        } else {
            pool.install(|| specs.par_iter().zip(saved).map(check).collect())
        }
    });
    if arguments.from.is_some() {
        Checked::note_outcomes(&mut checked);
    }
    Ok(checked)
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
    let is_judged = checked.is_complete() && checked.not_exercised().is_none();
    let searched = if is_judged { Exit::AsExpected } else { Exit::Inconclusive };
    judged.chain([searched]).max().unwrap_or(Exit::Inconclusive)
}
