//! The workers of `stranded check --engine timely`: those of this process, and the other processes that search with them.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::cli::Check;
use crate::exit::Exit;
use stranded_search::check::Checked;
use stranded_search::engine::{Cluster, Engine, Hosts, Joining, NotJoined};
use stranded_search::scenario::{Numbers, Spec};

use super::Failure;

/// How long a process waits for the others to come.
const TIMEOUTS: Duration = Duration::from_secs(30);

/// The workers, if the engine has any; when the others are there.
pub(super) fn join(arguments: &Check, specs: &[Spec], deadline: Option<Instant>) -> Result<Option<Cluster>, Failure> {
    let Check { engine, workers, hosts, process, .. } = arguments;
    if *engine != Engine::Timely {
        let given = [("--workers", workers.is_some()), ("--hosts", hosts.is_some()), ("--process", process.is_some())];
        return match given.into_iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => Err(Failure::Usage(format!("{flag} is for --engine timely; the engine is {engine}"))),
            None => Ok(None),
        };
    }
    if arguments.simulate.is_some() {
        return Err(Failure::Usage("--simulate is not for --engine timely: it takes no random walks".to_owned()));
    }
    let workers = workers.map(usize::from);
    let (Some(path), Some(process)) = (hosts, *process) else { return Ok(Some(Cluster::local(workers))) };
    if let Some(spec) = specs.iter().find(|spec| spec.numbers != Numbers::GIVEN) {
        let reason =
            format!("{} is about any number of messages: one process searches it; leave out --hosts", spec.name);
        return Err(Failure::Usage(reason));
    }
    let failed = |reason: String| Failure::Usage(format!("{}: {reason}", path.display()));
    let text = stranded_search::files::read(path).map_err(|reason| failed(format!("cannot be read: {reason}")))?;
    let hosts = Hosts::parse(&text).map_err(|error| failed(error.to_string()))?;
    let count = hosts.addresses.len();
    if process >= count {
        let reason = format!("it names {count} processes, numbered from 0 to {}; there is no {process}", count - 1);
        return Err(failed(reason));
    }
    let workers = workers.unwrap_or_else(Cluster::workers_by_default);
    let timeouts = Instant::now() + TIMEOUTS;
    let deadline = deadline.map_or(timeouts, |deadline| deadline.min(timeouts));
    let joining = Joining { hosts: &hosts, process, workers, same: same(arguments, specs, &hosts, workers), deadline };
    match Cluster::joined(&joining) {
        Ok(cluster) => Ok(Some(cluster)),
        Err(reason @ NotJoined::Refused(_)) => Err(Failure::Usage(reason.to_string())),
        Err(reason @ NotJoined::Absent(_)) => Err(Failure::Inconclusive(format!("{reason}; there is no verdict"))),
    }
}

/// What must be the same in all processes.
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
        ("--max-states", limit(arguments.max_states)),
        ("--max-depth", limit(arguments.max_depth)),
        ("--no-symmetry", arguments.no_symmetry.to_string()),
    ];
    same.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// Waits until every process has what was found. Only process 0 reports it; how another one ends is given.
pub(super) fn part(cluster: &Cluster, arguments: &Check, checked: &[Checked<'_>]) -> Result<Option<Exit>, Failure> {
    if let Some(lost) = cluster.lost().or(cluster.part().err()) {
        return Err(Failure::Inconclusive(format!("{lost} was lost; there is no verdict")));
    }
    let Some(process) = arguments.process.filter(|process| *process > 0 && cluster.is_spread()) else {
        return Ok(None);
    };
    let held = cluster.held();
    let _ = writeln!(anstream::stderr(), "process {process} held {held} states; process 0 reports what was found");
    let is_complete = checked.iter().all(Checked::is_complete);
    Ok(Some(if is_complete { Exit::AsExpected } else { Exit::Inconclusive }))
}
