//! `stranded conform`

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::cli::{Conform, DriveMode, OutputKind};
use crate::exit::Exit;
use crate::formats::results as formats;
use crate::report::driven as reported;
use crate::report::judgement;
use stranded_oracle::adapter::{AdapterError, Child};
use stranded_oracle::conform::expected_failures::{Comparison, ExpectedFailures, ScenarioVerdicts};
use stranded_oracle::conform::{self, ConformError, ConformResult, Log, Options, Recording, Repeated, Strategy};
use stranded_oracle::judged::{Judged, Subject};
use stranded_oracle::oracle::OracleOptions;
use stranded_search::files;

use super::replay::{read_recording, refused};
use super::{CommandError, interrupt, judging, output};

impl From<AdapterError> for CommandError {
    fn from(broken: AdapterError) -> Self {
        Self::BrokenAdapter(broken.says)
    }
}

pub(super) fn run(arguments: &Conform) -> Result<Exit, CommandError> {
    interrupt::ends_adapters();
    match (&arguments.scenario, &arguments.replay) {
        (Some(scenario), _) => drive_in(scenario, arguments),
        (None, Some(record)) => repeat(record, arguments),
        (None, None) => Err(CommandError::Usage("expected a scenario, or a recording with --replay".to_owned())),
    }
}

fn drive_in(scenario: &str, arguments: &Conform) -> Result<Exit, CommandError> {
    let known = arguments.expected_failures.as_deref().map(known).transpose()?;
    let given = judging::implemented(&judging::one(scenario)?, arguments.implements.as_deref())?;
    let mut child = Child::start(&arguments.adapter, arguments.deadline, arguments.adapter_log.as_deref())?;
    let stopped = |stopped| not_driven(&given.name, stopped);
    let (mut capabilities, mut judged_by) = conform::handshake(&given, &mut child).map_err(stopped)?;
    if let Some(procedure) = &arguments.implements {
        // The command line overrides the capabilities of the adapter.
        judged_by.clone_from(&given);
        capabilities.implements = Some(procedure.clone());
    }
    let options = options(arguments);
    let driven = conform::drive(&judged_by, &capabilities, &mut child, &options);
    if let (Some(file), Some(log)) = (&arguments.log, &options.log) {
        let lines: String = log.events().iter().map(|event| event.line() + "\n").collect();
        write(file, &lines)?;
    }
    let driven = driven.map_err(stopped)?;
    child.bye()?;
    let saved = arguments.save.as_deref().map(|folder| save(&driven, folder)).transpose()?.unwrap_or_default();
    let found = [ScenarioVerdicts::of(&given.name, &driven.judgement)];
    let comparison = known.as_ref().map(|(known, today)| known.compare(&found, *today));
    print(arguments, &given.name, &driven, &saved, comparison.as_ref())?;
    let judged = match &comparison {
        Some(comparison) => with_known(&driven, comparison),
        None => judging::exit(&driven.judgement),
    };
    Ok(judged.max(enough(arguments, &driven)))
}

/// The known deviations, and today.
fn known(file: &Path) -> Result<(ExpectedFailures, jiff::civil::Date), CommandError> {
    let name = file.display().to_string();
    let text = files::read(file).map_err(|error| CommandError::Usage(error.to_string()))?;
    let known = ExpectedFailures::parse(&name, &text)?;
    let epoch = std::env::var("SOURCE_DATE_EPOCH").ok();
    let today = conform::expected_failures::today(epoch.as_deref()).map_err(CommandError::Usage)?;
    Ok((known, today))
}

/// Returns the exit code if expected failures are listed; an inconclusive result stays inconclusive.
fn with_known(driven: &ConformResult, comparison: &Comparison<'_>) -> Exit {
    match judging::exit(&driven.judgement) {
        _ if !comparison.is_as_expected() => Exit::NotAsExpected,
        Exit::NotAsExpected => Exit::AsExpected,
        exit @ (Exit::AsExpected | Exit::Inconclusive | Exit::BrokenAdapter | Exit::Usage | Exit::Defect) => exit,
    }
}

fn options(arguments: &Conform) -> Options {
    Options {
        strategy: match arguments.drive {
            DriveMode::Exhaustive => Strategy::Exhaustive,
            DriveMode::Random => Strategy::Random(arguments.seed),
            DriveMode::Guided => Strategy::Guided(arguments.seed),
        },
        actions_max: arguments.max_actions,
        deadline: arguments.timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
        whole_runs: arguments.whole_runs,
        oracle: OracleOptions {
            explanations_max: arguments.max_explanations,
            safety_only: arguments.safety,
            keeps_expectations: !arguments.safety,
            ..OracleOptions::default()
        },
        log: arguments.log.is_some().then(Log::default),
        ..Options::default()
    }
}

fn not_driven(scenario: &str, stopped: ConformError) -> CommandError {
    match stopped {
        ConformError::Protocol(broken) => broken.into(),
        ConformError::Skipped(reason) => {
            CommandError::Inconclusive(format!("the adapter skips {scenario}: {reason}; nothing was exercised"))
        }
        ConformError::Truncated(truncated) => {
            CommandError::Inconclusive(format!("how {scenario} starts could not be found out: {truncated}"))
        }
    }
}

/// Returns the exit code for the coverage, if `--fail-under` demands one.
fn enough(arguments: &Conform, driven: &ConformResult) -> Exit {
    match (arguments.fail_under, driven.coverage.percent()) {
        (None, _) => Exit::AsExpected,
        (Some(wanted), Some(percent)) if percent >= wanted => Exit::AsExpected,
        (Some(_), Some(_)) => Exit::NotAsExpected,
        (Some(_), None) => Exit::Inconclusive,
    }
}

fn write(file: &Path, text: &str) -> Result<(), CommandError> {
    files::write(file, text.as_bytes())
        .map_err(|reason| CommandError::Usage(format!("cannot write to {}: {reason}", file.display())))
}

/// Saves the shortest traces; the names of the files.
fn save(driven: &ConformResult, folder: &Path) -> Result<Vec<String>, CommandError> {
    fs::create_dir_all(folder)
        .map_err(|reason| CommandError::Usage(format!("cannot create the folder {}: {reason}", folder.display())))?;
    let save = |one: &conform::Shrunk| {
        let name = format!("{}.{}.json", one.recording.scenario, one.verdict.name().replace(' ', "-"));
        let file = folder.join(name);
        let text = serde_json::to_string_pretty(&one.recording).expect("every run can be written as JSON");
        write(&file, &(text + "\n"))?;
        Ok(file.display().to_string())
    };
    driven.shrunk.iter().map(save).collect()
}

fn print(
    arguments: &Conform,
    scenario: &str,
    driven: &ConformResult,
    saved: &[String],
    comparison: Option<&Comparison<'_>>,
) -> Result<(), CommandError> {
    let mut extra = vec![reported::coverage(driven)];
    if let Some(comparison) = comparison {
        let matching =
            comparison.matching.iter().map(|one| format!("known until {}: {one}: {}", one.expires, one.reason));
        let not_listed =
            comparison.not_listed.iter().map(|(_, surprise)| format!("not known: {}", surprise.verdict.name()));
        extra.extend(matching.chain(not_listed).chain(comparison.problems.iter().cloned()));
    }
    if let (Some(wanted), Some(percent)) = (arguments.fail_under, driven.coverage.percent())
        && percent < wanted
    {
        extra.push(format!(
            "{percent:.1} % of the transitions were exercised, less than the {wanted} % of --fail-under"
        ));
    }
    let judged = Judged {
        scenario,
        subject: Subject::Implementation(&driven.capabilities.name),
        judgement: &driven.judgement,
        lines: &BTreeMap::new(),
        extra: &extra,
    };
    let file = arguments.output.file.as_deref();
    match arguments.output.format.kind() {
        OutputKind::Text => {
            let width = output::width(file);
            let runs = driven.shrunk.iter().map(|one| reported::shortest(one, width));
            let again = saved.iter().map(|file| {
                let adapter = arguments.adapter.join(" ");
                format!("saved: {file}\n  stranded replay {file}\n  stranded conform --replay {file} -- {adapter}\n")
            });
            let parts = [judgement::text(&judged, width)].into_iter().chain(runs).chain(again);
            output::print(&parts.collect::<Vec<_>>().join("\n"), file)?
        }
        OutputKind::Json => output::print_json(&reported::report(&judged, driven), file)?,
        OutputKind::Cases(form) => output::print_cases(&formats::of_judgement(&judged), form, file)?,
    };
    Ok(())
}

/// Asks an implementation once more what was recorded.
fn repeat(path: &str, arguments: &Conform) -> Result<Exit, CommandError> {
    let record: Recording = read_recording(path)?;
    let (spec, options) = record.judged_by().map_err(|reason| refused(path, reason))?;
    let mut child = Child::start(&arguments.adapter, arguments.deadline, arguments.adapter_log.as_deref())?;
    let stopped = |stopped| not_driven(&spec.name, stopped);
    let (capabilities, _) = conform::handshake(&spec, &mut child).map_err(stopped)?;
    let Repeated { recording: now, judgement, is_reproduced } =
        conform::repeat(&record, &spec, &options, &capabilities, &mut child).map_err(stopped)?;
    child.bye()?;
    let again = if is_reproduced { "shows it again" } else { "does not show it" };
    let extra = [format!("the recording shows {}; asked the same, this implementation {again}", record.verdict)];
    let judged = Judged {
        scenario: &spec.name,
        subject: Subject::Implementation(&capabilities.name),
        judgement: &judgement,
        lines: &BTreeMap::new(),
        extra: &extra,
    };
    let file = arguments.output.file.as_deref();
    match arguments.output.format.kind() {
        OutputKind::Text => {
            let width = output::width(file);
            let text = format!("{}\n{}", judgement::text(&judged, width), reported::recording(&now, width));
            output::print(&text, file)?
        }
        OutputKind::Json | OutputKind::Cases(_) => {
            return judging::print(&judged, &arguments.output).map(|()| judging::exit(&judgement));
        }
    };
    Ok(judging::exit(&judgement))
}
