//! `stranded check`

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::cli::{Check, Shape};
use crate::exit::Exit;
use crate::formats::results as formats;
use crate::report::{json, matrix, text, trace};
use stranded_search::check::{Checked, check_saved};
use stranded_search::engine::{Engine, Limits, Saved, Walks};
use stranded_search::property::Verdict;
use stranded_search::scenario::{self, Spec};

use super::{Failure, checkpoint, cluster, output, progress};

pub(super) fn run(arguments: &Check) -> Result<Exit, Failure> {
    let started = Instant::now();
    if arguments.simulate.is_some() && arguments.engine != Engine::Exact {
        return Err(Failure::Usage("only the engine exact takes random walks".to_owned()));
    }
    let specs = specs(arguments)?;
    let deadline = arguments.timeout.and_then(|timeout| started.checked_add(timeout));
    let saved = checkpoint::open(arguments, &specs)?;
    let cluster = cluster::join(arguments, &specs, deadline)?;
    let limits = Limits {
        states_max: arguments.max_states,
        depth_max: arguments.max_depth,
        deadline,
        memory_max: arguments.max_memory.and_then(|size| usize::try_from(size.as_u64()).ok()),
        interrupted: Some(interrupted()?),
        walks: arguments.simulate.map(|count| Walks { count, seed: arguments.seed }),
        symmetry: !arguments.no_symmetry,
        cluster: cluster.as_ref(),
        ..Limits::default()
    };
    let checked = check_all(&specs, arguments, &limits, &saved)?;
    if let Some(cluster) = &cluster
        && let Some(exit) = cluster::part(cluster, arguments, &checked)?
    {
        return Ok(exit);
    }
    if let Some(folder) = &arguments.traces {
        save_traces(&checked, folder)?;
    }
    let file = arguments.output.file.as_deref();
    match arguments.output.format.shape() {
        Shape::Cases(form) if arguments.assumptions => return Err(output::no_form("check --assumptions", form)),
        Shape::Cases(form) => output::print_cases(&formats::of_check(&checked, &files(arguments)), form, file)?,
        Shape::Json if arguments.assumptions => output::print_json(&matrix::matrix(&checked), file)?,
        Shape::Json => output::print_json(&json::report(&checked), file)?,
        Shape::Text if arguments.assumptions => output::print(&matrix::text(&checked, output::width(file)), file)?,
        Shape::Text => {
            let width = output::width(file);
            let parts = checked.iter().map(|one| text::scenario(one, width));
            output::print(&parts.chain([text::summary(&checked)]).collect::<Vec<_>>().join("\n"), file)?
        }
    };
    Ok(checked.iter().map(exit).max().unwrap_or(Exit::Inconclusive))
}

/// The files that were named, by the names of the scenarios in them. What is wrong with a file has been said before.
fn files(arguments: &Check) -> BTreeMap<String, String> {
    let is_file = |name: &&String| Path::new(name).extension().is_some_and(|end| end == "toml");
    let named = arguments.scenarios.iter().filter(is_file);
    let in_file = |file: &String| Some((scenario::load_scenario(file).ok()?.name, file.clone()));
    named.filter_map(in_file).collect()
}

/// Whether somebody has pressed Ctrl-C. The second time ends the program at once.
pub(super) fn interrupted() -> Result<&'static AtomicBool, Failure> {
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

fn check_all<'a>(
    specs: &'a [Spec],
    arguments: &Check,
    limits: &Limits<'_>,
    saved: &[Vec<Saved>],
) -> Result<Vec<Checked<'a>>, Failure> {
    let threads = arguments.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|reason| Failure::Usage(format!("cannot start the threads: {reason}")))?;
    Ok(progress::during(arguments.progress, limits, |limits| {
        let check = |(spec, saved): (&'a Spec, &Vec<Saved>)| check_saved(spec, arguments.engine, limits, saved);
        if arguments.engine.takes_turns() {
            pool.install(|| specs.iter().zip(saved).map(check).collect())
        } else {
            pool.install(|| specs.par_iter().zip(saved).map(check).collect())
        }
    }))
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
