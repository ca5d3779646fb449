//! `stranded generate`

use crate::cli::Generate;
use crate::exit::Exit;
use stranded_oracle::vectors::file::Index;
use stranded_oracle::vectors::{self, Granularity, VectorOptions};
use stranded_search::files;

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
    vectors::check_folder(&arguments.folder, arguments.force)
        .map_err(|reason| CommandError::Usage(reason.to_string()))?;
    let found = vectors::generate(&options).map_err(|truncated| {
        CommandError::Inconclusive(format!("how {} starts could not be found out: {truncated}", spec.name))
    })?;
    if let Err(reason) = vectors::write(&found, &arguments.folder, arguments.force) {
        return Err(CommandError::Inconclusive(reason.to_string()));
    }
    let Index { transitions, states, truncated, .. } = &found.index;
    let mut text = format!(
        "{}: {} vectors in {} cover {} of {} transitions between {states} states\n",
        spec.name,
        found.vectors.len(),
        files::shown(&arguments.folder),
        transitions.covered,
        transitions.all,
    );
    if let Some(truncated) = truncated {
        text.push_str(&format!("truncated: {truncated}\n"));
    }
    let found = if found.index.complete { Exit::AsExpected } else { Exit::Inconclusive };
    Ok(output::print(&text, None).max(found))
}
