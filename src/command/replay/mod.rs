//! `stranded replay`: executes a saved trace again in the model, and prints or converts it.

#[cfg(feature = "terminal")]
mod interactive;
#[cfg(feature = "explore")]
mod page;
mod recording;

use std::path::Path;
use std::time::{Duration, Instant};

use stranded_model::World;
use stranded_search::check::{Shown, Trace, check};
use stranded_search::engine::{Engine, Limits};
use stranded_search::files;
use stranded_search::lines::wrapped;
use stranded_search::replay::{self, Replayed};
use stranded_search::sanitize::{in_json, of_json, shell_word};
use stranded_search::scenario::{Spec, builtin, load_scenario};
use stranded_search::trace_file::{self, TraceFile};

pub(super) use self::recording::{read as read_recording, refused};
use super::output::Forms;
use super::{CommandError, judging, output};
use crate::cli::{OutputKind, Replay};
use crate::exit::Exit;
use crate::formats::trace::{NarratedTrace, TraceFormat, dot, itf, markdown, mermaid};
use crate::report::table::TraceTable;
use crate::report::{counterexample, json, trace};

/// The longest search for the counterexample of a scenario.
const CHECK_TIME_MAX: Duration = Duration::from_secs(60);

pub(super) fn run(arguments: &Replay) -> Result<Exit, CommandError> {
    #[cfg(feature = "terminal")]
    interactive::require_terminal(arguments)?;
    let (path, part) = match arguments.trace.split_once('#') {
        Some((path, part)) => (path, Some(part)),
        None => (arguments.trace.as_str(), None),
    };
    if builtin::scenario(path).is_some() || path.ends_with(".toml") {
        return show(&of_scenario(path)?, arguments);
    }
    let text = files::read(path).map_err(|error| CommandError::Usage(error.to_string()))?;
    if part.is_none() && recording::is_recording(&text) {
        return recording::replay(&parse(path, &text)?, arguments);
    }
    show(&find(path, &text, part)?, arguments)
}

/// Returns the worst counterexample of a scenario.
fn of_scenario(name: &str) -> Result<TraceFile, CommandError> {
    let spec = load_scenario(name)?;
    let deadline = Instant::now().checked_add(CHECK_TIME_MAX);
    let checked = check(&spec, Engine::Exact, &Limits { deadline, scenario: &spec.name, ..Limits::default() });
    let none =
        || CommandError::Usage(format!("{name} has no counterexample; `stranded check {name}` has its verdicts"));
    let Shown { case, property, trace, .. } = checked.worst().ok_or_else(none)?;
    Ok(trace::write(&spec, &case.world, &spec.touches(), property.name(), &trace))
}

/// Executes a trace again, and shows it in the requested form.
fn show(file: &TraceFile, arguments: &Replay) -> Result<Exit, CommandError> {
    let replayed = replay::replay(file).map_err(|refused| match refused {
        replay::ReplayError::Scenario(diagnostics) => CommandError::Input(diagnostics),
        replay::ReplayError::File(reason) => CommandError::Usage(format!("{}: {reason}", arguments.trace)),
        replay::ReplayError::Step(reason) => CommandError::NotAsExpected(format!("{}: {reason}", arguments.trace)),
    })?;
    if replayed.is_stale {
        output::warn("the trace is from another version of the model; every step was checked again and is possible");
    }
    #[cfg(feature = "explore")]
    if let Some(path) = &arguments.html {
        return Ok(output::write(&page::page(file, replayed)?, Some(path)));
    }
    #[cfg(feature = "terminal")]
    if arguments.interactive {
        return interactive::step_through(file, &replayed);
    }
    let out = arguments.output.file.as_deref();
    if let Some(form) = arguments.to {
        return convert(file, replayed, form, out);
    }
    let Replayed { spec, world, trace: found, .. } = replayed;
    if arguments.output.destinations().any(|(format, _)| matches!(format.kind(), OutputKind::Cases(_))) {
        let says = "a trace has no verdict to report: use --format text or json, or --to markdown";
        return Err(CommandError::Usage(says.to_owned()));
    }
    let text = |width| narration(&spec, &world, file, &found, width);
    let json = || output::json(&written(&spec, &world, file, &found));
    Ok(output::publish(&arguments.output, &Forms { text: &text, json: &json, cases: None }))
}

/// Prints the trace in another format.
fn convert(file: &TraceFile, replayed: Replayed, form: TraceFormat, out: Option<&Path>) -> Result<Exit, CommandError> {
    let Replayed { spec, world, trace: found, .. } = &replayed;
    let property = file.property.as_deref();
    let table = TraceTable::rescued(spec, world, found);
    let table = if form.recommends() { table.with_repair(|_| world) } else { table };
    let narrated = NarratedTrace { spec, world, table: &table, property, own: table.rows.len() };
    Ok(match form {
        #[cfg(feature = "explore")]
        TraceFormat::Html => output::write(&page::page(file, replayed)?, out),
        TraceFormat::Itf => output::write(&in_json(&itf::itf(&narrated)), out),
        TraceFormat::Mermaid => output::print_plain(&mermaid::mermaid(&narrated), out),
        TraceFormat::Dot => output::print_plain(&dot::dot(&narrated), out),
        TraceFormat::Markdown => output::print_plain(&markdown::markdown(&narrated), out),
        TraceFormat::Json => output::print_json(&written(spec, world, file, found), out),
    })
}

/// The trace file as this version of the program writes it.
fn written(spec: &Spec, world: &World, file: &TraceFile, found: &Trace) -> TraceFile {
    let written = trace::write(spec, world, &spec.touches(), "", found);
    TraceFile { property: file.property.clone(), ..written }
}

/// The trace as text for people.
fn narration(spec: &Spec, world: &World, file: &TraceFile, found: &Trace, width: u16) -> String {
    let property = file.property.as_deref().unwrap_or("no property");
    let answers: Vec<String> = file.assumptions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let with = if answers.is_empty() {
        String::new()
    } else {
        format!("({})\n", wrapped(&format!("with {}", answers.join(", ")), 0, width - 2))
    };
    let known = spec.properties().into_iter().find(|one| one.name() == property);
    let title = known.map(|one| counterexample::title(spec, one, found.path.actions.len(), "", width));
    format!(
        "{}: {property}, {} steps\n{}\n{}{with}{}",
        file.scenario,
        file.steps.len(),
        wrapped(&format!("question: {}", spec.question), "question: ".len(), width),
        title.unwrap_or_default(),
        counterexample::trace_of(spec, world, found, width)
    )
}

/// Reads a trace file, or one trace of a report: `REPORT.json#scenario/property`.
fn find(path: &str, text: &str, part: Option<&str>) -> Result<TraceFile, CommandError> {
    let Some(part) = part else {
        return parse_trace(path, text).map_err(|wrong| other_kind(path, text).map_or(wrong, CommandError::Usage));
    };
    let report: json::Report = parse_trace(path, text)?;
    let traces = report.scenarios.iter().flat_map(|one| {
        let traced = one.properties.iter().filter_map(|property| Some((property, property.trace.as_ref()?)));
        traced.map(move |(property, trace)| (format!("{}/{}", one.name, property.name), trace))
    });
    let (names, traces): (Vec<String>, Vec<&TraceFile>) = traces.unzip();
    let found = names.iter().position(|name| name == part);
    found
        .map(|index| traces[index].clone())
        .ok_or_else(|| CommandError::Usage(format!("{path} has no trace {part}; it has {}", names.join(", "))))
}

/// Says what a file is that has traces and is no trace, if it is one.
fn other_kind(path: &str, text: &str) -> Option<String> {
    let value = stranded_search::json::parse(text).ok()?;
    if itf::is_itf(&value) {
        return Some(format!("{path} is a trace in ITF, which `stranded explore {}` opens", shell_word(path)));
    }
    let one = format!("{path}#SCENARIO/PROPERTY");
    let says = format!(
        "{path} is a report: name one of its traces, as in `stranded replay {}`; `stranded explore` lists them",
        shell_word(&one)
    );
    value.get("scenarios").map(|_| says)
}

/// Reads a trace, or a report with traces.
fn parse_trace<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, CommandError> {
    trace_file::parse(text).map_err(|reason| CommandError::Usage(format!("{path}: {reason}")))
}

fn parse<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, CommandError> {
    of_json(text).map_err(|reason| {
        CommandError::Usage(format!("{path} has the wrong content: at {}: {}", reason.path(), reason.inner()))
    })
}
