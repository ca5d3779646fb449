//! Files that the user drops on the page or names on the command line: a trace, a report, an ITF trace, a scenario, a snapshot, or a run of
//! a conformance test. The content decides the kind; only `.toml` also decides by the name.

use std::io;
use std::sync::Arc;

use serde_json::Value;

use crate::formats::trace::itf::is_itf;
use crate::report::json::Report;
use stranded_search::replay::{self, ReplayError};
use stranded_search::sanitize;
use stranded_search::scenario::{self, Diagnostics, is_procedure_text};
use stranded_search::snapshot;
use stranded_search::trace_file::{self, TraceFile};

use super::document::About;
use super::itf;
use super::library::Library;
use super::link::LinkError;
use super::observed::{self, Observed};
use super::open_trace::OpenTrace;
use super::run::{self, RunView};

/// The content of a dropped file.
#[derive(Debug)]
pub enum Dropped {
    /// A trace, with its title.
    Trace(Box<OpenTrace>, About),
    /// A report with several traces: `scenario/property` of each; or a snapshot of several mailboxes: the name of each.
    Choice(Vec<String>),
    /// A run of an implementation.
    Run(RunView),
}

/// Reads the text of a dropped file; `part` names a trace of a report, or a mailbox of a snapshot.
///
/// # Errors
/// The error in the text, or its unknown kind.
pub fn read(library: &Library, name: &str, text: &str, part: Option<&str>) -> Result<Dropped, LinkError> {
    let trimmed = text.trim_start();
    if trimmed.starts_with('<') {
        return Err(LinkError(format!("{name} is a page: open it in a browser")));
    }
    if snapshot::is_snapshot(text) {
        return Ok(match observed::read(library, name, text, part)? {
            Observed::Mailbox(trace, title) => Dropped::Trace(trace, About { title, ..About::default() }),
            Observed::Several(mailboxes) => Dropped::Choice(mailboxes),
        });
    }
    if !trimmed.starts_with('{') {
        return if is_toml(name, text) { of_toml(library, name, text) } else { Err(none_of(name)) };
    }
    let value: Value =
        sanitize::of_json(text).map_err(|reason| LinkError(format!("{name} is not JSON: {}", reason.inner())))?;
    if run::is_run(&value) {
        return run::read(&value).map(Dropped::Run);
    }
    if is_itf(&value) {
        let trace = itf::read(library, &value)?;
        let (title, repeats_from) = itf::about(name, &value);
        return Ok(Dropped::Trace(Box::new(trace), About { title, repeats_from, ..About::default() }));
    }
    if value.get("scenarios").is_some() {
        return of_report(library, name, text, part);
    }
    if value.get("scenario_toml").is_some() {
        return of_trace(library, name, &parsed::<TraceFile>(name, text)?);
    }
    if value.get("shortest").is_some() && value.get("not_asked").is_some() {
        let says = "is a report of `stranded conform`, which has no steps to draw: run it again with --save FOLDER, and open a \
                    recording of that folder";
        return Err(LinkError(format!("{name} {says}")));
    }
    Err(none_of(name))
}

fn none_of(name: &str) -> LinkError {
    let kinds =
        "a trace, a report of check, an ITF trace, a scenario in TOML, a snapshot or a run that `conform --save` wrote";
    LinkError(format!("{name} cannot be shown: expected {kinds}"))
}

/// Returns true if a text is TOML by the name of its file or by its first line with content.
fn is_toml(name: &str, text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let looks_so = |line: &str| line.starts_with('[') && line.ends_with(']') || line.contains(" = ");
    name.ends_with(".toml") || lines.next().is_some_and(looks_so)
}

fn of_trace(library: &Library, name: &str, file: &TraceFile) -> Result<Dropped, LinkError> {
    let replayed = replay::replay(file).map_err(|refused| match refused {
        ReplayError::Scenario(wrong) => reported(&wrong),
        ReplayError::File(reason) | ReplayError::Step(reason) => LinkError(format!("{name}: {reason}")),
    })?;
    let repeats_from = replayed.trace.repeats_from;
    let stale = if replayed.is_stale { " (from another version of the model; checked again)" } else { "" };
    let title = match &file.property {
        Some(property) => format!("{}: {property}{stale}", file.scenario),
        None => format!("{}{stale}", file.scenario),
    };
    let about = About { title, property: file.property.clone(), repeats_from, forked_at: None };
    Ok(Dropped::Trace(Box::new(library.of_trace(replayed)?), about))
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
        return Err(LinkError(format!("{name} is a procedure, not a scenario: name it in a [[run]] of a scenario")));
    }
    let alone = |path: &str| {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("cannot read {path}: the page sends only one file")))
    };
    let spec = Arc::new(scenario::parse_scenario(name, text, &alone).map_err(|wrong| reported(&wrong))?);
    let title = spec.name.clone();
    Ok(Dropped::Trace(Box::new(library.start(&spec)?), About { title, ..About::default() }))
}

fn parsed<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, LinkError> {
    trace_file::parse(text).map_err(|reason| LinkError(format!("{name}: {reason}")))
}

fn reported(wrong: &Diagnostics) -> LinkError {
    LinkError(wrong.render(false))
}
