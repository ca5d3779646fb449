//! The options of a check, from its arguments: scenarios, limits, checkpoint and workers.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use stranded_search::engine::{Checkpoint, Cluster, Engine, Limits, Walks};
use stranded_search::scenario::{self, Spec};

use super::{checkpoint, cluster};
use crate::cli::Check;
use crate::command::{CommandError, interrupt};

/// The options of a check.
pub(super) struct CheckOptions<'a> {
    pub(super) arguments: &'a Check,
    pub(super) specs: Vec<Spec>,
    /// The checkpoint files of each scenario; none if the searches are not saved.
    pub(super) saved: Vec<Vec<Checkpoint>>,
    /// The workers of the engine timely.
    pub(super) cluster: Option<Cluster>,
    deadline: Option<Instant>,
    interrupted: &'static AtomicBool,
}

impl<'a> CheckOptions<'a> {
    pub(super) fn of(arguments: &'a Check) -> Result<Self, CommandError> {
        let deadline = arguments.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if arguments.simulate.is_some() && arguments.engine != Engine::Exact {
            let reason = format!("--simulate needs the engine exact; the engine is {}", arguments.engine);
            return Err(CommandError::Usage(reason));
        }
        let specs = specs(arguments)?;
        let saved = checkpoint::open(arguments, &specs)?;
        let cluster = cluster::join(arguments, &specs, deadline)?;
        Ok(Self { arguments, specs, saved, cluster, deadline, interrupted: interrupt::flag()? })
    }

    /// Returns the limits of every search.
    pub(super) fn limits(&self) -> Limits<'_> {
        let arguments = self.arguments;
        Limits {
            states_max: arguments.max_states,
            depth_max: arguments.max_depth,
            deadline: self.deadline,
            memory_max: arguments.max_memory.and_then(|size| usize::try_from(size.as_u64()).ok()),
            interrupted: Some(self.interrupted),
            walks: arguments.simulate.map(|count| Walks { count, seed: arguments.seed }),
            symmetry: !arguments.no_symmetry,
            cluster: self.cluster.as_ref(),
            ..Limits::default()
        }
    }
}

/// Reads the scenarios; with `--from`, each procedure becomes a scenario of its own.
fn specs(arguments: &Check) -> Result<Vec<Spec>, CommandError> {
    let Some(from) = &arguments.from else { return Ok(scenario::select(&arguments.scenarios)?) };
    if arguments.scenarios.is_empty() {
        let reason = "--from needs a procedure: a TOML file, or the name of a built-in procedure";
        return Err(CommandError::Usage(reason.to_owned()));
    }
    let from = scenario::load_scenario(from)?;
    arguments.scenarios.iter().map(|procedure| Ok(scenario::load_procedure_in(procedure, &from)?)).collect()
}
