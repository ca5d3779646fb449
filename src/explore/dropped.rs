//! What somebody drops on the page or names on the command line: a trace, a report, an ITF trace, a scenario, or a run of a
//! conformance test. It is told apart by what is in it, never by its name.

use std::io;
use std::sync::Arc;

use serde_json::Value;

use crate::report::json::Report;
use stranded_search::replay::{self, Refused};
use stranded_search::sanitize;
use stranded_search::scenario::{self, Diagnostics, is_procedure_text};
use stranded_search::trace_file::TraceFile;

use super::itf;
use super::library::Library;
use super::link::LinkError;
use super::run::{self, RunTold};
use super::walk::Walk;

/// What a dropped text is.
#[derive(Debug)]
pub enum Dropped {
    /// A way, with what it is called and where it repeats.
    Path(Box<Walk>, String, Option<usize>),
    /// A report with several traces: `scenario/property` of each.
    Choice(Vec<String>),
    /// A run of an implementation, expected against seen.
    Run(RunTold),
}

/// Reads a text that was dropped; `part` says which trace of a report is meant.
///
/// # Errors
/// What is wrong with it, or that it is none of the things that can be dropped.
pub fn read(library: &Library, name: &str, text: &str, part: Option<&str>) -> Result<Dropped, LinkError> {
    let trimmed = text.trim_start();
    if trimmed.starts_with('<') {
        return Err(LinkError(format!("{name} is a page: open it in a browser")));
    }
    if !trimmed.starts_with('{') {
        return if is_toml(name, text) { of_toml(library, name, text) } else { Err(none_of(name)) };
    }
    let value: Value =
        sanitize::of_json(text).map_err(|reason| LinkError(format!("{name} is not JSON: {}", reason.inner())))?;
    if run::is_run(&value) {
        return run::read(&value).map(Dropped::Run);
    }
    if itf::is_itf(&value) {
        let walk = itf::read(library, &value)?;
        let (title, repeats_from) = itf::about(name, &value);
        return Ok(Dropped::Path(Box::new(walk), title, repeats_from));
    }
    if value.get("scenarios").is_some() {
        return of_report(library, name, text, part);
    }
    if value.get("scenario_toml").is_some() {
        return of_trace(library, name, &parsed::<TraceFile>(name, text)?);
    }
    Err(none_of(name))
}

fn none_of(name: &str) -> LinkError {
    let kinds = "a trace, a report of check, an ITF trace, a scenario in TOML or a conformance run";
    LinkError(format!("{name} is none of what can be shown: {kinds}"))
}

/// Whether a text is meant to be TOML: it is called so, or its first line that says anything looks like it.
fn is_toml(name: &str, text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let looks_so = |line: &str| line.starts_with('[') && line.ends_with(']') || line.contains(" = ");
    name.ends_with(".toml") || lines.next().is_some_and(looks_so)
}

fn of_trace(library: &Library, name: &str, file: &TraceFile) -> Result<Dropped, LinkError> {
    let replayed = replay::replay(file).map_err(|refused| match refused {
        Refused::Scenario(wrong) => reported(&wrong),
        Refused::File(reason) | Refused::Step(reason) => LinkError(format!("{name}: {reason}")),
    })?;
    let repeats_from = replayed.trace.repeats_from;
    let stale = if replayed.is_stale { " (found in another version of the model; tried again)" } else { "" };
    let title = match &file.property {
        Some(property) => format!("{}: {property}{stale}", file.scenario),
        None => format!("{}{stale}", file.scenario),
    };
    Ok(Dropped::Path(Box::new(library.of_trace(replayed)?), title, repeats_from))
}

fn of_report(library: &Library, name: &str, text: &str, part: Option<&str>) -> Result<Dropped, LinkError> {
    let report: Report = parsed(name, text)?;
    let mut traces = report.scenarios.iter().flat_map(|one| {
        let traced = one.properties.iter().filter_map(|property| Some((property, property.trace.as_ref()?)));
        traced.map(move |(property, trace)| (format!("{}/{}", one.name, property.name), trace))
    });
    match part {
        None => match traces.by_ref().collect::<Vec<_>>()[..] {
            [] => Err(LinkError(format!("{name} has no counterexample"))),
            [(_, trace)] => of_trace(library, name, trace),
            ref several => Ok(Dropped::Choice(several.iter().map(|(name, _)| name.clone()).collect())),
        },
        Some(part) => match traces.find(|(name, _)| name == part) {
            Some((_, trace)) => of_trace(library, name, trace),
            None => Err(LinkError(format!("{name} has no trace {part}"))),
        },
    }
}

fn of_toml(library: &Library, name: &str, text: &str) -> Result<Dropped, LinkError> {
    if is_procedure_text(text) {
        return Err(LinkError(format!("{name} is a procedure, not a scenario: name it in a [[run]] of one")));
    }
    let alone =
        |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, format!("only one file was given, not {path}")));
    let spec = Arc::new(scenario::parse_scenario(name, text, &alone).map_err(|wrong| reported(&wrong))?);
    let title = spec.name.clone();
    Ok(Dropped::Path(Box::new(library.start(&spec)?), title, None))
}

fn parsed<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, LinkError> {
    sanitize::of_json(text)
        .map_err(|reason| LinkError(format!("{name} is no such file: at {}: {}", reason.path(), reason.inner())))
}

fn reported(wrong: &Diagnostics) -> LinkError {
    LinkError(wrong.render(false))
}
