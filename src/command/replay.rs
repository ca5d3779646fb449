//! `stranded replay`

use std::collections::BTreeMap;
use std::path::Path;

use stranded_model::World;

use crate::cli::{Replay, Shape};
use crate::exit::Exit;
use crate::explore::document::About;
use crate::explore::{library::Library, single};
use crate::formats::trace::{Form, NarratedTrace, dot, itf, markdown, mermaid};
use crate::report::judgement;
use crate::report::story::Story;
use crate::report::{driven, json, text, trace};
use crate::terminal;
use stranded_oracle::conform::{self, Recording};
use stranded_oracle::judged::{Judged, Subject};
use stranded_search::files;
use stranded_search::replay::{self, Replayed};
use stranded_search::rescue;
use stranded_search::sanitize::{in_json, of_json, visible};
use stranded_search::scenario::Spec;
use stranded_search::trace_file::TraceFile;

use super::{Failure, interrupt, judging, output};

pub(super) fn run(arguments: &Replay) -> Result<Exit, Failure> {
    if arguments.interactive && !terminal::is_there() {
        let says = "--interactive needs a terminal to show the steps on, and to read the keys from; without one, \
                    `stranded replay` tells them as text";
        return Err(Failure::Usage(says.to_owned()));
    }
    let (path, part) = match arguments.trace.split_once('#') {
        Some((path, part)) => (path, Some(part)),
        None => (arguments.trace.as_str(), None),
    };
    let text = files::read(path).map_err(|reason| Failure::Usage(format!("cannot read {path}: {reason}")))?;
    if part.is_none() && is_record(&text) {
        if arguments.interactive || arguments.to.is_some() || arguments.html.is_some() {
            let says = "is the run of an implementation: it is told as text or json, and shown by `stranded explore`";
            return Err(Failure::Usage(format!("{} {says}", arguments.trace)));
        }
        return run_record(&parse(path, &text)?, arguments);
    }
    let file = find(path, &text, part)?;
    let replayed = replay::replay(&file).map_err(|refused| match refused {
        replay::Refused::Scenario(diagnostics) => Failure::Input(diagnostics),
        replay::Refused::File(reason) => Failure::Usage(format!("{}: {reason}", arguments.trace)),
        replay::Refused::Step(reason) => Failure::NotAsExpected(format!("{}: {reason}", arguments.trace)),
    })?;
    if replayed.is_stale {
        output::warn(
            "the trace was found in another version of the model; every step was checked again and is possible",
        );
    }
    let out = arguments.output.file.as_deref();
    if let Some(path) = &arguments.html {
        return output::write(&page(&file, replayed)?, Some(path));
    }
    if let Some(form) = arguments.to {
        return convert(&file, replayed, form, out);
    }
    if arguments.interactive {
        return step_through(&file, &replayed);
    }
    let Replayed { spec, world, trace: found, .. } = replayed;
    match arguments.output.format.shape() {
        Shape::Cases(form) => Err(output::no_form("replay", form)),
        Shape::Json => output::print_json(&written(&spec, &world, &file, &found), out),
        Shape::Text => output::print(&reported(&spec, &world, &file, &found, output::width(out)), out),
    }
}

/// The explorer of the trace, as one file.
fn page(file: &TraceFile, replayed: Replayed) -> Result<String, Failure> {
    let repeats_from = replayed.trace.repeats_from;
    let title =
        file.property.as_ref().map_or_else(|| file.scenario.clone(), |name| format!("{}: {name}", file.scenario));
    let walk = Library::default().of_trace(replayed).map_err(|nowhere| Failure::Usage(nowhere.0))?;
    Ok(single::page(&walk, About { title, repeats_from, forked_at: None }))
}

/// The trace in another form.
fn convert(file: &TraceFile, replayed: Replayed, form: Form, out: Option<&Path>) -> Result<Exit, Failure> {
    let Replayed { spec, world, trace: found, .. } = &replayed;
    let property = file.property.as_deref();
    let story = Story::of(world, found).with_rescue(rescue::map(spec, world, found));
    let narrated = NarratedTrace { spec, world, story: &story, property, own: story.rows.len() };
    match form {
        Form::Html => output::write(&page(file, replayed)?, out),
        Form::Itf => output::write(&in_json(&itf::itf(&narrated)), out),
        Form::Mermaid => output::write(&visible(&mermaid::mermaid(&narrated)), out),
        Form::Dot => output::write(&visible(&dot::dot(&narrated)), out),
        Form::Markdown => output::write(&visible(&markdown::markdown(&narrated)), out),
        Form::Json => output::print_json(&written(spec, world, file, found), out),
    }
}

/// The trace as this version of the program writes it.
fn written(spec: &Spec, world: &World, file: &TraceFile, found: &stranded_search::check::Trace) -> TraceFile {
    let written = trace::write(spec, world, &spec.touches(), "", found);
    TraceFile { property: file.property.clone(), ..written }
}

/// The trace, step by step at the terminal.
fn step_through(file: &TraceFile, replayed: &Replayed) -> Result<Exit, Failure> {
    let Replayed { spec, world, trace: found, .. } = replayed;
    let story = Story::of(world, found).with_rescue(rescue::map(spec, world, found));
    let property = file.property.as_deref();
    let narrated = NarratedTrace { spec, world, story: &story, property, own: story.rows.len() };
    interrupt::gives_terminal_back();
    terminal::step_through(&narrated)
        .map_err(|reason| Failure::Usage(format!("the terminal does not answer: {reason}")))?;
    Ok(Exit::AsExpected)
}

fn reported(spec: &Spec, world: &World, file: &TraceFile, found: &stranded_search::check::Trace, width: u16) -> String {
    let property = file.property.as_deref().unwrap_or("no property");
    let answers: Vec<String> = file.assumptions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let with = if answers.is_empty() {
        String::new()
    } else {
        format!("({})\n", stranded_search::lines::wrapped(&format!("with {}", answers.join(", ")), 0, width - 2))
    };
    let story = Story::of(world, found).with_rescue(rescue::map(spec, world, found));
    format!("{}: {property}, {} steps\n{with}{}", file.scenario, file.steps.len(), text::table(world, &story, width))
}

/// A trace file, or one trace of a report: `REPORT.json#scenario/property`.
fn find(path: &str, text: &str, part: Option<&str>) -> Result<TraceFile, Failure> {
    let Some(part) = part else { return parse(path, text) };
    let report: json::Report = parse(path, text)?;
    let names = || {
        let scenarios = report.scenarios.iter();
        scenarios.flat_map(|one| {
            let traced = one.properties.iter().filter(|property| property.trace.is_some());
            traced.map(|property| format!("{}/{}", one.name, property.name))
        })
    };
    let mut wanted = report.scenarios.iter().flat_map(|one| one.properties.iter().map(move |property| (one, property)));
    let found = wanted.find(|(one, property)| format!("{}/{}", one.name, property.name) == part);
    found.and_then(|(_, property)| property.trace.clone()).ok_or_else(|| {
        let known: Vec<String> = names().collect();
        Failure::Usage(format!("{path} has no trace {part}; it has {}", known.join(", ")))
    })
}

/// Whether a text says that it is a recorded run of an implementation. What cannot be read is left to whoever reads it.
fn is_record(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Kind {
        kind: String,
    }
    serde_json::from_str::<Kind>(text).is_ok_and(|found| found.kind == conform::recording::KIND)
}

/// A recorded run of an implementation.
pub(super) fn record(path: &str) -> Result<Recording, Failure> {
    let text = files::read(path).map_err(|reason| Failure::Usage(format!("cannot read {path}: {reason}")))?;
    conform::recording::check_format(&text).map_err(|reason| refused(path, reason))?;
    parse(path, &text)
}

/// Why a recorded run cannot be judged again.
pub(super) fn refused(path: &str, refused: conform::RecordingError) -> Failure {
    match refused {
        conform::RecordingError::Scenario(diagnostics) => Failure::Input(diagnostics),
        conform::RecordingError::File(reason) | conform::RecordingError::Stale(reason) => {
            Failure::Usage(format!("{path}: {reason}"))
        }
    }
}

/// Judges a recorded run again, and tells it.
fn run_record(record: &Recording, arguments: &Replay) -> Result<Exit, Failure> {
    let found = record.judge().map_err(|reason| refused(&arguments.trace, reason))?;
    let judged = Judged {
        scenario: &record.scenario,
        subject: Subject::Implementation(&record.implementation),
        judgement: &found,
        lines: &BTreeMap::new(),
        extra: &[],
    };
    let out = arguments.output.file.as_deref();
    match arguments.output.format.shape() {
        Shape::Text => {
            let width = output::width(out);
            let text = format!("{}\n{}", judgement::text(&judged, width), driven::run(record, width));
            output::print(&text, out)?;
        }
        Shape::Json | Shape::Cases(_) => judging::print(&judged, &arguments.output)?,
    }
    Ok(judging::exit(&found))
}

fn parse<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, Failure> {
    of_json(text)
        .map_err(|reason| Failure::Usage(format!("{path} is no such file: at {}: {}", reason.path(), reason.inner())))
}
