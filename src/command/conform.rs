//! `stranded conform`

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::cli::{Conform, DriveMode};
use crate::exit::Exit;
use crate::formats::results as formats;
use crate::report::driven as reported;
use crate::report::judgement;
use stranded_oracle::adapter::{AdapterError, Child};
use stranded_oracle::conform::expected_failures::{Comparison, ExpectedFailures, ScenarioVerdicts};
use stranded_oracle::conform::{self, ConformError, ConformResult, Log, Options, Recording, Repeated, Strategy};
use stranded_oracle::judged::{Judged, Subject};
use stranded_oracle::oracle::OracleOptions;
use stranded_search::engine::Limits;
use stranded_search::files;
use stranded_search::sanitize::visible_line;

use super::output::Forms;
use super::replay::{read_recording, refused};
use super::{CommandError, interrupt, judging, output};

pub(super) fn run(arguments: &Conform) -> Result<Exit, CommandError> {
    let since = Instant::now();
    let limits = Limits {
        deadline: arguments.timeout.and_then(|timeout| since.checked_add(timeout)),
        interrupted: Some(interrupt::ends_adapters()),
        ..Limits::default()
    };
    match (&arguments.scenario, &arguments.replay) {
        (Some(scenario), _) => drive_in(scenario, arguments, limits, since),
        (None, Some(record)) => repeat(record, arguments, &limits, since),
        (None, None) => Err(CommandError::Usage("expected a scenario, or a recording with --replay".to_owned())),
    }
}

fn drive_in(
    scenario: &str,
    arguments: &Conform,
    limits: Limits<'static>,
    since: Instant,
) -> Result<Exit, CommandError> {
    let known = arguments.expected_failures.as_deref().map(known).transpose()?;
    let given = judging::implemented(&judging::one(scenario)?, arguments.implements.as_deref())?;
    let stopped = |stopped| not_driven(&given.name, stopped, &limits);
    let started = Child::start(&arguments.adapter, arguments.deadline, arguments.adapter_log.as_deref());
    let mut child = started.map_err(|error| stopped(error.into()))?;
    let (mut capabilities, mut judged_by) = conform::handshake(&given, &mut child).map_err(stopped)?;
    if let Some(procedure) = &arguments.implements {
        // The command line overrides the capabilities of the adapter.
        judged_by.clone_from(&given);
        capabilities.implements = Some(procedure.clone());
    }
    let options = options(arguments, limits);
    let driven = conform::drive(&judged_by, &capabilities, &mut child, &options);
    let logged = match (&arguments.log, &options.log) {
        (Some(file), Some(log)) => {
            let lines: String = log.events().iter().map(|event| event.line() + "\n").collect();
            output::save(&lines, file)
        }
        (_, None) | (None, Some(_)) => Exit::AsExpected,
    };
    let mut driven = driven.map_err(stopped)?;
    // The adapter can break a rule after the last event.
    let mut is_judged = false;
    if driven.broken.is_none()
        && !driven.is_interrupted
        && let Err(error) = child.bye()
    {
        driven.is_interrupted = conform::is_interrupted(&limits, true);
        driven.broken = Some(error);
        is_judged = true;
    }
    let (saved, written) = match arguments.save.as_deref() {
        Some(folder) => save(&driven, folder),
        None => (Vec::new(), Exit::AsExpected),
    };
    let is_over = driven.broken.is_none() && !driven.is_interrupted && driven.judgement.not_exercised.is_empty();
    let found = [ScenarioVerdicts { is_over, ..ScenarioVerdicts::of(&given.name, &driven.judgement) }];
    let comparison = known.as_ref().map(|(known, today)| known.compare(&found, *today));
    let printed = print(arguments, &given.name, &driven, is_judged, &saved, comparison.as_ref(), since.elapsed());
    let judged = match &comparison {
        Some(comparison) => with_known(&driven, comparison),
        None => judging::exit(&driven.judgement),
    };
    let ended = ended(driven.is_interrupted, driven.broken.as_ref());
    let parts = [enough(arguments, &driven), ended, logged, written, printed, adapter_log(arguments, &mut child)];
    Ok(parts.into_iter().fold(judged, Exit::max))
}

/// Returns the exit code for the end of the run: an interruption is not the fault of the adapter that it ended.
fn ended(is_interrupted: bool, broken: Option<&AdapterError>) -> Exit {
    match broken {
        _ if is_interrupted => Exit::Inconclusive,
        None => Exit::AsExpected,
        Some(broken) => {
            output::error(&broken.says);
            Exit::BrokenAdapter
        }
    }
}

/// Returns a sentence about a run that did not end by itself.
fn end_of(is_interrupted: bool, is_complete: bool, broken: Option<&AdapterError>) -> Option<String> {
    let reason = match broken {
        _ if is_interrupted => "it was interrupted",
        None => return None,
        Some(_) if is_complete => return Some("Everything was judged before the adapter broke the rule.".to_owned()),
        Some(_) => "the adapter broke off",
    };
    Some(format!("The run is incomplete, because {reason}. Everything before that was judged."))
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
        Exit::NotAsExpected if driven.is_interrupted || !driven.judgement.not_exercised.is_empty() => {
            Exit::Inconclusive
        }
        Exit::NotAsExpected => Exit::AsExpected,
        exit @ (Exit::AsExpected | Exit::Inconclusive | Exit::BrokenAdapter | Exit::Usage | Exit::Defect) => exit,
    }
}

fn options(arguments: &Conform, limits: Limits<'static>) -> Options {
    Options {
        strategy: match arguments.drive {
            DriveMode::Exhaustive => Strategy::Exhaustive,
            DriveMode::Random => Strategy::Random(arguments.seed),
            DriveMode::Guided => Strategy::Guided(arguments.seed),
        },
        actions_max: arguments.max_actions,
        limits,
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

/// Returns the reason why nothing was driven.
fn not_driven(scenario: &str, stopped: ConformError, limits: &Limits<'_>) -> CommandError {
    match stopped {
        ConformError::Protocol(_) if conform::is_interrupted(limits, true) => {
            CommandError::Inconclusive("the run was interrupted before anything was exercised".to_owned())
        }
        ConformError::Protocol(broken) => CommandError::BrokenAdapter(broken.says),
        ConformError::Skipped(reason) => {
            CommandError::Inconclusive(format!("the adapter skips {scenario}: {reason}; nothing was exercised"))
        }
        ConformError::Truncated(truncated) => {
            CommandError::Inconclusive(format!("the search for the start of {scenario} is incomplete: {truncated}"))
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

/// Reports a log of the adapter's standard error that is incomplete.
fn adapter_log(arguments: &Conform, child: &mut Child) -> Exit {
    match (&arguments.adapter_log, child.log_failure()) {
        (Some(file), Some(reason)) => output::saved(file, Err(reason)),
        (_, None) | (None, Some(_)) => Exit::AsExpected,
    }
}

/// Saves the shortest traces. Returns the names of the files.
fn save(driven: &ConformResult, folder: &Path) -> (Vec<String>, Exit) {
    if driven.shrunk.is_empty() {
        return (Vec::new(), Exit::AsExpected);
    }
    let mut saved = output::saved(folder, fs::create_dir_all(folder));
    let mut files = Vec::new();
    for one in &driven.shrunk {
        let name = format!("{}.{}.json", one.recording.scenario, one.verdict.name().replace(' ', "-"));
        let file = folder.join(name);
        let written = output::save(&output::json(&one.recording), &file);
        if written == Exit::AsExpected {
            files.push(files::shown(&file));
        }
        saved = saved.max(written);
    }
    (files, saved)
}

fn print(
    arguments: &Conform,
    scenario: &str,
    driven: &ConformResult,
    is_judged: bool,
    saved: &[String],
    comparison: Option<&Comparison<'_>>,
    time: Duration,
) -> Exit {
    let mut extra = vec![reported::coverage(driven)];
    extra.extend(end_of(driven.is_interrupted, is_judged, driven.broken.as_ref()));
    if arguments.save.is_some() && driven.shrunk.is_empty() {
        extra.push("nothing was saved: no trace failed".to_owned());
    }
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
        not_exercised: &reported::not_exercised(driven),
        broken: driven.broken.as_ref().filter(|_| !driven.is_interrupted).map(|broken| broken.says.as_str()),
        extra: &extra,
    };
    let text = |width| {
        let runs = driven.shrunk.iter().map(|one| reported::shortest(one, width));
        let again = saved.iter().map(|file| {
            let adapter = visible_line(&arguments.adapter.join(" ")).into_owned();
            format!("saved: {file}\n  stranded replay {file}\n  stranded conform --replay {file} -- {adapter}\n")
        });
        let parts = [judgement::text(&judged, width)].into_iter().chain(runs).chain(again);
        parts.collect::<Vec<_>>().join("\n")
    };
    let json = || output::json(&reported::report(&judged, driven));
    let cases = || formats::of_judgement(&judged, time);
    let notes: Vec<formats::Note> = judged.missing().into_iter().map(formats::Note::of).collect();
    output::publish_with_notes(&arguments.output, &Forms { text: &text, json: &json, cases: Some(&cases) }, &notes)
}

/// Asks an implementation once more what was recorded.
fn repeat(path: &str, arguments: &Conform, limits: &Limits<'static>, since: Instant) -> Result<Exit, CommandError> {
    let record: Recording = read_recording(path)?;
    // A recording that does not fit its scenario is not the fault of the adapter.
    record.check().map_err(|reason| refused(path, reason))?;
    let (spec, options) = record.judged_by().map_err(|reason| refused(path, reason))?;
    let stopped = |stopped| not_driven(&spec.name, stopped, limits);
    let started = Child::start(&arguments.adapter, arguments.deadline, arguments.adapter_log.as_deref());
    let mut child = started.map_err(|error| stopped(error.into()))?;
    let (capabilities, _) = conform::handshake(&spec, &mut child).map_err(stopped)?;
    let options = OracleOptions { limits: *limits, ..options };
    let Repeated { recording: now, judgement, is_reproduced, broken } =
        conform::repeat(&record, &spec, &options, &capabilities, &mut child).map_err(stopped)?;
    let is_judged = broken.is_none();
    let broken = broken.map_or_else(|| child.bye().err(), Some);
    let is_interrupted = conform::is_interrupted(limits, broken.is_some());
    let again = if is_reproduced { "shows it again" } else { "does not show it" };
    let mut extra =
        vec![format!("the recording shows {}; asked the same, this implementation {again}", record.verdict)];
    extra.extend(end_of(is_interrupted, is_judged, broken.as_ref()));
    let judged = Judged {
        scenario: &spec.name,
        subject: Subject::Implementation(&capabilities.name),
        judgement: &judgement,
        lines: &BTreeMap::new(),
        not_exercised: &[],
        broken: broken.as_ref().filter(|_| !is_interrupted).map(|broken| broken.says.as_str()),
        extra: &extra,
    };
    let more = |width| format!("\n{}", reported::recording(&now, width));
    let printed = judging::print(&judged, &more, since.elapsed(), &arguments.output);
    let ended = ended(is_interrupted, broken.as_ref());
    let parts = [ended, printed, adapter_log(arguments, &mut child)];
    Ok(parts.into_iter().fold(judging::exit(&judgement), Exit::max))
}
