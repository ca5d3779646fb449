//! The searches of a check: in parallel, or one after another if the engine uses all threads by itself.

use rayon::prelude::*;
use stranded_search::check::{Checked, check_with_checkpoints};
use stranded_search::engine::Checkpoint;
use stranded_search::scenario::Spec;

use super::options::CheckOptions;
use super::progress;
use crate::command::CommandError;

pub(super) fn check_all<'a>(options: &'a CheckOptions<'_>) -> Result<Vec<Checked<'a>>, CommandError> {
    let CheckOptions { arguments, specs, saved, .. } = options;
    let threads = arguments.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|reason| CommandError::Usage(format!("cannot start the threads: {reason}")))?;
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
