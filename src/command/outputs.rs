//! The files and folders that a command writes. They are checked before its work starts, so that no result is lost for want of a place.

use std::path::{Path, PathBuf};

#[cfg(feature = "testbed")]
use crate::cli::TestbedCommand;
use crate::cli::{AdapterCommand, Command, Replay};
use stranded_search::files;

use super::{CommandError, output};

/// A file or a folder that a command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination<'a> {
    File(&'a Path),
    Folder(&'a Path),
}

/// Checks that every output of a command can be written, and that no two are the same file.
pub(super) fn check(command: &Command) -> Result<(), CommandError> {
    let destinations = destinations(command);
    for (index, destination) in destinations.iter().enumerate() {
        let (path, checked) = match *destination {
            Destination::File(path) => (path, files::check_file(path)),
            Destination::Folder(path) => (path, files::check_folder(path)),
        };
        let shown = files::shown(path);
        checked.map_err(|reason| CommandError::Usage(format!("cannot write to {shown}: {reason}")))?;
        if destinations[..index].contains(destination) {
            return Err(CommandError::Usage(format!("two outputs cannot be one file: {shown}")));
        }
    }
    Ok(())
}

fn destinations(command: &Command) -> Vec<Destination<'_>> {
    let (files, folders): (Vec<Option<&Path>>, Vec<Option<&Path>>) = match command {
        Command::Check(check) => {
            let folders = [&check.traces, &check.checkpoint, &check.resume];
            (vec![report(&check.output.file)], folders.map(Option::as_deref).to_vec())
        }
        Command::Conform(conform) => {
            let files = vec![report(&conform.output.file), conform.log.as_deref(), conform.adapter_log.as_deref()];
            (files, vec![conform.save.as_deref()])
        }
        Command::Diff(diff) => (vec![report(&diff.output.file)], Vec::new()),
        Command::Doctor(doctor) => (vec![report(&doctor.output.file), doctor.adapter_log.as_deref()], Vec::new()),
        Command::Replay(replay) => (vec![report(&replay.output.file), page(replay)], Vec::new()),
        Command::Generate(generate) => (Vec::new(), vec![Some(&generate.folder)]),
        Command::List(list) => (vec![report(&list.output.file)], Vec::new()),
        Command::Advise(advise) => (vec![report(&advise.output.file)], Vec::new()),
        Command::Validate(validate) => (vec![report(&validate.output.file)], Vec::new()),
        Command::Show(show) => (vec![report(&show.file)], Vec::new()),
        Command::Man(man) => (Vec::new(), vec![man.folder.as_deref()]),
        Command::Schema(schema) => (vec![report(&schema.file)], Vec::new()),
        #[cfg(feature = "testbed")]
        Command::Testbed(command) => match command {
            TestbedCommand::Run(run) => (vec![report(&run.output.file), run.record.as_deref()], Vec::new()),
            TestbedCommand::Article(article) => (vec![report(&article.file)], Vec::new()),
            TestbedCommand::Up(_) | TestbedCommand::Down(_) | TestbedCommand::Perform(_) => (Vec::new(), Vec::new()),
        },
        #[cfg(feature = "explore")]
        Command::Explore(_) => (Vec::new(), Vec::new()),
        #[cfg(feature = "testbed")]
        Command::Snapshot(snapshot) => (vec![report(&snapshot.file)], Vec::new()),
        #[cfg(feature = "testbed")]
        Command::Adapter(AdapterCommand::LdapImap(_)) => (Vec::new(), Vec::new()),
        Command::Oracle(_)
        | Command::Adapter(AdapterCommand::Reference(_))
        | Command::Init(_)
        | Command::Completions(_) => (Vec::new(), Vec::new()),
    };
    let files = files.into_iter().flatten().map(Destination::File);
    files.chain(folders.into_iter().flatten().map(Destination::Folder)).collect()
}

/// Returns the file of a report, unless it is standard output.
fn report(file: &Option<PathBuf>) -> Option<&Path> {
    output::named(file.as_deref())
}

#[cfg(feature = "explore")]
fn page(replay: &Replay) -> Option<&Path> {
    output::named(replay.html.as_deref())
}

#[cfg(not(feature = "explore"))]
fn page(_: &Replay) -> Option<&Path> {
    None
}
