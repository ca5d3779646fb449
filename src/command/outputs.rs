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
    if let Some(output) = result(command) {
        check_formats(command, output)?;
        check_summary(output)?;
    }
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
        let Ok(path) = fs::canonicalize(path) else { continue };
        if inputs(command).iter().any(|input| fs::canonicalize(input).is_ok_and(|input| input == path)) {
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
fn check_formats(command: &Command, output: &Output) -> Result<(), CommandError> {
    for (format, _) in output.destinations() {
        if let (OutputKind::Cases(form), Some(name)) = (format.kind(), without_cases(command)) {
            let says = format!("stranded {name} does not support --format {}; it supports text and json", form.name());
            return Err(CommandError::Usage(says));
        }
    }
    let printed = output.destinations().filter(|(_, file)| output::named(*file).is_none());
    let printed: Vec<Format> = printed.map(|(format, _)| format).collect();
    let is_mixed = match printed.as_slice() {
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

/// Returns the formats and destinations of the result of a command, if it has one in several formats.
pub(super) fn result(command: &Command) -> Option<&Output> {
    match command {
        Command::Check(check) => Some(&check.output),
        Command::Diff(diff) => Some(&diff.output),
        Command::Conform(conform) => Some(&conform.output),
        Command::Doctor(doctor) => Some(&doctor.output),
        Command::Replay(replay) => Some(&replay.output),
        Command::List(list) => Some(&list.output),
        Command::Advise(advise) => Some(&advise.output),
        Command::Validate(validate) => Some(&validate.output),
        #[cfg(feature = "testbed")]
        Command::Testbed(TestbedCommand::Run(run)) => Some(&run.output),
        #[cfg(feature = "testbed")]
        Command::Testbed(_) | Command::Snapshot(_) => None,
        #[cfg(feature = "explore")]
        Command::Explore(_) => None,
        Command::Generate(_)
        | Command::Show(_)
        | Command::Schema(_)
        | Command::Oracle(_)
        | Command::Adapter(_)
        | Command::Init(_)
        | Command::Completions(_)
        | Command::Man(_) => None,
    }
}

/// Returns the output of a command whose result has cases.
pub(super) fn with_cases(command: &Command) -> Option<&Output> {
    result(command).filter(|_| without_cases(command).is_none())
}

/// Returns the name of a command whose result has no cases.
fn without_cases(command: &Command) -> Option<&'static str> {
    match command {
        Command::Check(check) if check.assumptions => Some("check --assumptions"),
        Command::Check(check) if check.find.is_some() => Some("check --find"),
        Command::Diff(_) => Some("diff"),
        Command::Doctor(_) => Some("doctor"),
        Command::List(_) => Some("list"),
        Command::Advise(_) => Some("advise"),
        Command::Check(_) | Command::Conform(_) | Command::Replay(_) | Command::Validate(_) => None,
        #[cfg(feature = "testbed")]
        Command::Testbed(_) | Command::Snapshot(_) => None,
        #[cfg(feature = "explore")]
        Command::Explore(_) => None,
        Command::Generate(_)
        | Command::Show(_)
        | Command::Schema(_)
        | Command::Oracle(_)
        | Command::Adapter(_)
        | Command::Init(_)
        | Command::Completions(_)
        | Command::Man(_) => None,
    }
}

fn destinations(command: &Command) -> Vec<Destination<'_>> {
    let results = result(command)
        .map_or_else(Vec::new, |output| output.destinations().map(|(_, file)| output::named(file)).collect());
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
