//! `stranded generate`

use crate::cli::Generate;
use crate::exit::Exit;
use stranded_oracle::vectors::file::Index;
use stranded_oracle::vectors::{self, Granularity, VectorOptions, WriteError};

use super::{CommandError, judging, output};

pub(super) fn run(arguments: &Generate) -> Result<Exit, CommandError> {
    let given = judging::one(&arguments.scenario)?;
    let spec = judging::implemented(&given, arguments.implements.as_deref())?;
    let options = VectorOptions {
        spec: &spec,
        granularity: if arguments.steps { Granularity::Steps } else { Granularity::Runs },
        unseen: judging::kinds(&arguments.missing),
        states_max: arguments.max_states,
    };
    let found = vectors::generate(&options).map_err(|truncated| {
        CommandError::Inconclusive(format!("how {} starts could not be found out: {truncated}", spec.name))
    })?;
    vectors::write(&found, &arguments.folder, arguments.force)
        .map_err(|reason: WriteError| CommandError::Usage(reason.to_string()))?;
    let Index { transitions, states, truncated, .. } = &found.index;
    let mut text = format!(
        "{}: {} vectors in {} cover {} of {} transitions between {states} states\n",
        spec.name,
        found.vectors.len(),
        arguments.folder.display(),
        transitions.covered,
        transitions.all,
    );
    if let Some(truncated) = truncated {
        text.push_str(&format!("truncated: {truncated}\n"));
    }
    output::print(&text, None)?;
    Ok(if found.index.complete { Exit::AsExpected } else { Exit::Inconclusive })
}
