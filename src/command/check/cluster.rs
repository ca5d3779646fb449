//! The workers of `stranded check --engine timely`: those of this process and of the other processes of the cluster.

use std::io::Write as _;
use std::time::{Duration, Instant};

use super::CheckOptions;
use crate::cli::{Check, ClusterArguments};
use crate::command::CommandError;
use crate::exit::Exit;
use stranded_search::check::Checked;
use stranded_search::engine::{Cluster, Engine, Hosts, JoinError, JoinOptions};
use stranded_search::scenario::{Numbers, Spec};

/// The longest wait for the other processes.
const JOIN_TIME: Duration = Duration::from_secs(30);

/// Connects the workers of the engine timely; with `--hosts`, waits for the other processes.
pub(super) fn join(
    arguments: &Check,
    specs: &[Spec],
    deadline: Option<Instant>,
) -> Result<Option<Cluster>, CommandError> {
    let Check { engine, cluster: ClusterArguments { workers, hosts, process }, .. } = arguments;
    if *engine != Engine::Timely {
        let given = [("--workers", workers.is_some()), ("--hosts", hosts.is_some()), ("--process", process.is_some())];
        return match given.into_iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => {
                Err(CommandError::Usage(format!("{flag} needs --engine timely; the engine is {engine}")))
            }
            None => Ok(None),
        };
    }

    let workers = workers.map(usize::from);
    let (Some(path), Some(process)) = (hosts, *process) else {
        return Cluster::local(workers).map(Some).map_err(|reason| CommandError::Usage(reason.to_string()));
    };
    if let Some(spec) = specs.iter().find(|spec| spec.numbers != Numbers::GIVEN) {
        let reason =
            format!("{} has any number of messages, which only one process can search: leave out --hosts", spec.name);
        return Err(CommandError::Usage(reason));
    }
    let shown = path.display();
    let text = stranded_search::files::read(path).map_err(|error| CommandError::Usage(error.to_string()))?;
    let failed = |reason: String| CommandError::Usage(format!("{shown}: {reason}"));
    let hosts = Hosts::parse(&text).map_err(|error| failed(error.to_string()))?;
    let count = hosts.addresses.len();
    if process >= count {
        let reason = format!("it lists {count} processes, from 0 to {}; there is no process {process}", count - 1);
        return Err(failed(reason));
    }
    let workers = workers.unwrap_or_else(Cluster::workers_by_default);
    let join_deadline = Instant::now() + JOIN_TIME;
    let deadline = deadline.map_or(join_deadline, |deadline| deadline.min(join_deadline));
    let joining =
        JoinOptions { hosts: &hosts, process, workers, same: same(arguments, specs, &hosts, workers), deadline };
    match Cluster::joined(&joining) {
        Ok(cluster) => Ok(Some(cluster)),
        Err(reason @ (JoinError::Mismatch(_) | JoinError::NoThreads(_))) => {
            Err(CommandError::Usage(reason.to_string()))
        }
        Err(reason @ JoinError::Absent(_)) => Err(CommandError::Inconclusive(format!("{reason}; there is no verdict"))),
    }
}

/// The values that must be equal in all processes.
fn same(arguments: &Check, specs: &[Spec], hosts: &Hosts, workers: usize) -> Vec<(String, String)> {
    let mut texts = blake3::Hasher::new();
    for spec in specs {
        for text in [&spec.name, &spec.text] {
            texts.update(&(text.len() as u64).to_le_bytes());
            texts.update(text.as_bytes());
        }
    }
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    let limit = |max: Option<usize>| max.map_or_else(|| "none".to_owned(), |max| max.to_string());
    let same = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("model", stranded_search::model_hash()),
        ("list of scenarios", names.join(" ")),
        ("text of the scenarios", texts.finalize().to_hex()[..16].to_owned()),
        ("--hosts", hosts.addresses.join(" ")),
        ("--workers", workers.to_string()),
        ("--max-states", limit(arguments.limits.max_states)),
        ("--max-depth", limit(arguments.limits.max_depth)),
        ("--find", arguments.find.clone().unwrap_or_else(|| "none".to_owned())),
        ("--no-symmetry", arguments.no_symmetry.to_string()),
    ];
    same.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// Waits until every process has the results. Returns the exit code of a process other than 0, which prints no report.
pub(super) fn finish(options: &CheckOptions<'_>, checked: &[Checked<'_>]) -> Result<Option<Exit>, CommandError> {
    let Some(cluster) = &options.cluster else { return Ok(None) };
    if let Some(lost) = cluster.lost().or(cluster.finish().err()) {
        return Err(CommandError::Inconclusive(format!("{lost} was lost; there is no verdict")));
    }
    let Some(process) =
        options.arguments.cluster.process.filter(|process| *process > 0 && cluster.has_other_processes())
    else {
        return Ok(None);
    };
    let held = cluster.held();
    let _ = writeln!(anstream::stderr(), "process {process} held {held} states; process 0 prints the report");
    let is_complete = checked.iter().all(Checked::is_complete);
    Ok(Some(if is_complete { Exit::AsExpected } else { Exit::Inconclusive }))
}
