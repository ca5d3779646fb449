//! The files and folders that a command writes. They are checked before its work starts, so that no result is lost for want of a file.

use std::fs;
use std::path::{Path, PathBuf};

#[cfg(feature = "testbed")]
use crate::cli::TestbedCommand;
use crate::cli::{AdapterCommand, Command, Format, Output, OutputKind, Replay};
use stranded_search::files;

use super::{CommandError, output, summary, watch};

/// A file or a folder that a command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination<'a> {
    File(&'a Path),
    Folder(&'a Path),
}

/// Checks that a command has every format that it is asked for, that every output can be written, and that no two are the same file.
pub(super) fn check(command: &Command) -> Result<(), CommandError> {
    if let Some(printed) = printed(command) {
        check_formats(&printed)?;
        check_summary(printed.output)?;
    }
    let destinations = destinations(command);
    let inputs = if destinations.is_empty() { Vec::new() } else { inputs(command) };
    let inputs: Vec<PathBuf> = inputs.into_iter().filter_map(|input| fs::canonicalize(input).ok()).collect();
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
        if fs::canonicalize(path).is_ok_and(|path| inputs.contains(&path)) {
            return Err(CommandError::Usage(format!("an output cannot replace an input: {shown}")));
        }
    }
    Ok(())
}

/// Returns the files that a command reads and that a user has written.
fn inputs(command: &Command) -> Vec<PathBuf> {
    let names = match command {
        Command::Check(check) => return watch::files_read(check),
        Command::Advise(advise) => {
            [std::slice::from_ref(&advise.snapshots), &advise.runbooks[..], advise.before.as_slice()].concat()
        }
        Command::Diff(diff) => [&[diff.old.clone(), diff.new.clone()], diff.from.as_slice()].concat(),
        Command::Validate(validate) => vec![validate.scenario.clone(), validate.log.clone()],
        Command::Replay(replay) => vec![replay.trace.clone()],
        #[cfg(feature = "testbed")]
        Command::Testbed(_) | Command::Snapshot(_) => Vec::new(),
        #[cfg(feature = "explore")]
        Command::Explore(_) => Vec::new(),
        Command::Conform(_)
        | Command::Doctor(_)
        | Command::List(_)
        | Command::Generate(_)
        | Command::Show(_)
        | Command::Schema(_)
        | Command::Oracle(_)
        | Command::Adapter(_)
        | Command::Init(_)
        | Command::Completions(_)
        | Command::Man(_) => Vec::new(),
    };
    names.into_iter().map(PathBuf::from).collect()
}

/// Checks that the command has these formats, and that standard output gets at most one, beside the text for people.
fn check_formats(printed: &Printed<'_>) -> Result<(), CommandError> {
    for (format, _) in printed.output.destinations() {
        if let (OutputKind::Cases(form), Some(name)) = (format.kind(), printed.without_cases) {
            let says = format!("stranded {name} does not support --format {}; it supports text and json", form.name());
            return Err(CommandError::Usage(says));
        }
    }
    let on_standard_output = printed.output.destinations().filter(|(_, file)| output::named(*file).is_none());
    let formats: Vec<Format> = on_standard_output.map(|(format, _)| format).collect();
    let is_mixed = match formats.as_slice() {
        [] | [_] => false,
        [Format::Text, Format::Github] => false,
        [..] => true,
    };
    if is_mixed {
        let says = "standard output cannot have several formats, except text and github: give the others a file";
        return Err(CommandError::Usage(says.to_owned()));
    }
    Ok(())
}

/// The result of a command that has one in several formats.
struct Printed<'a> {
    /// Its formats and destinations.
    output: &'a Output,
    /// The name of the command, if its result has no cases.
    without_cases: Option<&'static str>,
}

fn printed(command: &Command) -> Option<Printed<'_>> {
    let (output, without_cases) = match command {
        Command::Check(check) if check.assumptions => (&check.output, Some("check --assumptions")),
        Command::Check(check) if check.find.is_some() => (&check.output, Some("check --find")),
        Command::Check(check) => (&check.output, None),
        Command::Diff(diff) => (&diff.output, Some("diff")),
        Command::Conform(conform) => (&conform.output, None),
        Command::Doctor(doctor) => (&doctor.output, Some("doctor")),
        Command::Replay(replay) => (&replay.output, None),
        Command::List(list) => (&list.output, Some("list")),
        Command::Advise(advise) => (&advise.output, Some("advise")),
        Command::Validate(validate) => (&validate.output, None),
        #[cfg(feature = "testbed")]
        Command::Testbed(TestbedCommand::Run(run)) => (&run.output, None),
        #[cfg(feature = "testbed")]
        Command::Testbed(_) | Command::Snapshot(_) => return None,
        #[cfg(feature = "explore")]
        Command::Explore(_) => return None,
        Command::Generate(_)
        | Command::Show(_)
        | Command::Schema(_)
        | Command::Oracle(_)
        | Command::Adapter(_)
        | Command::Init(_)
        | Command::Completions(_)
        | Command::Man(_) => return None,
    };
    Some(Printed { output, without_cases })
}

/// Returns the output of a command whose result has cases.
pub(super) fn with_cases(command: &Command) -> Option<&Output> {
    printed(command).filter(|printed| printed.without_cases.is_none()).map(|printed| printed.output)
}

fn destinations(command: &Command) -> Vec<Destination<'_>> {
    let results = printed(command).into_iter().flat_map(|printed| printed.output.destinations());
    let results = results.map(|(_, file)| output::named(file));
    let (files, folders): (Vec<Option<&Path>>, Vec<Option<&Path>>) = match command {
        Command::Check(check) => {
            let folders = [&check.traces, &check.checkpoint, &check.resume];
            (Vec::new(), folders.map(Option::as_deref).to_vec())
        }
        Command::Conform(conform) => {
            (vec![conform.log.as_deref(), conform.adapter_log.as_deref()], vec![conform.save.as_deref()])
        }
        Command::Doctor(doctor) => (vec![doctor.adapter_log.as_deref()], Vec::new()),
        Command::Replay(replay) => (vec![page(replay)], Vec::new()),
        Command::Generate(generate) => (Vec::new(), vec![Some(&generate.folder)]),
        Command::Show(show) => (vec![report(&show.file)], Vec::new()),
        Command::Man(man) => (Vec::new(), vec![man.folder.as_deref()]),
        Command::Schema(schema) => (vec![report(&schema.file)], Vec::new()),
        #[cfg(feature = "testbed")]
        Command::Testbed(command) => match command {
            TestbedCommand::Run(run) => (vec![run.record.as_deref()], Vec::new()),
            TestbedCommand::Article(article) => (vec![report(&article.file)], Vec::new()),
            TestbedCommand::Up(_) | TestbedCommand::Down(_) | TestbedCommand::Perform(_) => (Vec::new(), Vec::new()),
        },
        #[cfg(feature = "explore")]
        Command::Explore(_) => (Vec::new(), Vec::new()),
        #[cfg(feature = "testbed")]
        Command::Snapshot(snapshot) => (vec![report(&snapshot.file)], Vec::new()),
        #[cfg(feature = "testbed")]
        Command::Adapter(AdapterCommand::LdapImap(_)) => (Vec::new(), Vec::new()),
        Command::List(_)
        | Command::Diff(_)
        | Command::Advise(_)
        | Command::Validate(_)
        | Command::Oracle(_)
        | Command::Adapter(AdapterCommand::Reference(_))
        | Command::Init(_)
        | Command::Completions(_) => (Vec::new(), Vec::new()),
    };
    let files = results.into_iter().chain(files).flatten().map(Destination::File);
    files.chain(folders.into_iter().flatten().map(Destination::Folder)).collect()
}

/// Checks that the summary of a job can be written, if the command appends to it.
fn check_summary(output: &Output) -> Result<(), CommandError> {
    let Some(path) = summary::file().filter(|_| output.is_for_github()) else { return Ok(()) };
    let shown = files::shown(&path);
    files::check_file(&path).map_err(|reason| CommandError::Usage(format!("cannot write to {shown}: {reason}")))
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
