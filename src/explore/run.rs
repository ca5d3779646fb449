//! A run of an implementation: the expected and the observed result of each step. The oracle judges a run of `conform` again, to
//! find the step that shows the verdict. A file of another program needs only a list of steps.

use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use crate::report::driven::{answer_text, operation_text};
use stranded_oracle::conform::Recording;
use stranded_oracle::conform::recording::{KIND, RecordedStep};
use stranded_oracle::oracle::Conformance;
use stranded_oracle::protocol::{Event, Observation};

use super::document::Document;
use super::link::LinkError;
use super::run_trace;

/// The most steps in a view.
const STEPS_MAX: usize = 10_000;

/// A run for the page.
#[derive(Clone, Debug, Serialize)]
pub struct RunView {
    /// The title.
    pub title: String,
    /// The verdict, if there is one.
    pub verdict: Option<String>,
    /// The finding in a sentence.
    pub says: Option<String>,
    /// The steps.
    pub steps: Vec<RunStep>,
    /// The first step whose observed result is not the expected one.
    pub left_at: Option<usize>,
    /// The step that shows the verdict, if it is another one.
    pub shown_at: Option<usize>,
    /// The run as a trace with pictures, if the file has the observations and their scenario.
    pub drawn: Option<Box<Document>>,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunStep {
    /// The number, from 1.
    pub number: usize,
    /// The sentence of the step.
    pub says: String,
    /// The result that the model allows.
    pub expected: String,
    /// The observed result.
    pub observed: String,
    /// True if the results agree.
    pub agrees: bool,
    /// The guards of the model that forbid it, or the finding.
    pub because: Vec<String>,
}

/// Returns true if this is a run.
#[must_use]
pub fn is_run(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str) == Some(KIND)
}

/// Reads a run.
///
/// # Errors
/// The run has no steps.
pub fn read(value: &Value) -> Result<RunView, LinkError> {
    if let Ok(record) = Recording::deserialize(value) {
        return Ok(recorded(&record));
    }
    let steps = value.get("steps").and_then(Value::as_array);
    let steps = steps.ok_or_else(|| LinkError("the conformance run has no steps".to_owned()))?;
    let steps: Vec<RunStep> =
        steps.iter().take(STEPS_MAX).enumerate().map(|(index, found)| step(index + 1, found)).collect();
    let scenario = text(value, &["scenario", "name"]).unwrap_or_else(|| "a run".to_owned());
    let system = text(value, &["system", "sut", "adapter"]);
    Ok(RunView {
        title: system.map_or_else(|| scenario.clone(), |system| format!("{system} in {scenario}")),
        verdict: text(value, &["verdict", "outcome"]),
        says: text(value, &["says"]),
        left_at: steps.iter().find(|step| !step.agrees).map(|step| step.number),
        shown_at: None,
        drawn: None,
        steps,
    })
}

fn step(number: usize, found: &Value) -> RunStep {
    let expected = text(found, &["expected"]).unwrap_or_default();
    let observed = text(found, &["observed", "actual"]).unwrap_or_default();
    let agrees = found.get("agrees").or_else(|| found.get("ok")).and_then(Value::as_bool);
    RunStep {
        number,
        says: text(found, &["says", "action", "request"]).unwrap_or_default(),
        agrees: agrees.unwrap_or_else(|| expected.is_empty() || expected == observed),
        expected,
        observed,
        because: Vec::new(),
    }
}

/// Converts a run of `conform`.
fn recorded(record: &Recording) -> RunView {
    let mut steps: Vec<RunStep> =
        record.steps.iter().take(STEPS_MAX).enumerate().map(|(index, step)| event(index + 1, step)).collect();
    let shown_at = shown_at(record);
    if let Some(shown) = shown_at.and_then(|number| steps.get_mut(number - 1)) {
        shown.agrees = false;
        // Harm has no expected result to compare with.
        if shown.expected == shown.observed {
            shown.expected.clear();
        }
        shown.because.insert(0, record.says.clone());
    }
    let left_at = steps.iter().find(|step| !step.agrees).map(|step| step.number);
    let mut run = RunView {
        title: format!("{} in {}", record.implementation, record.scenario),
        verdict: Some(record.verdict.clone()),
        says: Some(record.says.clone()),
        left_at,
        shown_at: shown_at.filter(|number| Some(*number) != left_at),
        drawn: None,
        steps,
    };
    run.drawn = run_trace::document(record, &run).map(Box::new);
    run
}

/// Returns the number of the event, from 1, that shows the verdict; `None` if another version of the model judged the run.
fn shown_at(record: &Recording) -> Option<usize> {
    let judgement = record.judge().ok()?;
    let found = judgement.findings.iter().find(|finding| finding.verdict.name() == record.verdict);
    let left = match &judgement.conformance {
        Conformance::Nonconforming(failure) => Some(failure.event),
        Conformance::Conforming | Conformance::Inconclusive(_) | Conformance::NotJudged => None,
    };
    found.map(|finding| finding.event).or(left).filter(|number| (1..=record.steps.len()).contains(number))
}

fn event(number: usize, step: &RecordedStep) -> RunStep {
    let (says, observed) = match &step.event {
        Event::Reset { start } => {
            let start: Vec<String> =
                start.iter().map(|(mailbox, observation)| format!("{mailbox}: {}", contents(observation))).collect();
            ("reset to the initial state".to_owned(), start.join("; "))
        }
        Event::Did { operation, answer } => (operation_text(operation), answer_text(answer)),
        Event::Call { call, operation } => (format!("call {call}: {}", operation_text(operation)), String::new()),
        Event::Return { call, answer } => (format!("call {call} is answered"), answer_text(answer)),
        Event::Observed { mailbox, observation } => (format!("{mailbox} is observed"), contents(observation)),
    };
    let against = |part: fn(&stranded_oracle::oracle::Against) -> &str| {
        let parts = step.against.iter().map(|one| format!("{}: {}", one.what, part(one)));
        parts.collect::<Vec<_>>().join("; ")
    };
    let agrees = step.against.is_empty() && step.guards.is_empty();
    let (expected, observed) = match step.against.is_empty() {
        true => (observed.clone(), observed),
        false => (against(|one| &one.allowed), against(|one| &one.seen)),
    };
    // If only a guard forbids the step, no result is allowed.
    let expected = if agrees || !step.against.is_empty() { expected } else { String::new() };
    RunStep { number, says, expected, observed, agrees, because: step.guards.clone() }
}

/// The observation of a mailbox as text, without the unobserved parts.
fn contents(observation: &Observation) -> String {
    let Observation { directory, stores, queued, returned, saved, delivery_held } = observation;
    let name = |home: &Option<Option<String>>| match home {
        None => "not observed".to_owned(),
        Some(None) => "(malformed)".to_owned(),
        Some(Some(name)) => name.clone(),
    };
    let list = |names: &[String]| if names.is_empty() { "empty".to_owned() } else { names.join(" ") };
    let mut says: Vec<String> = Vec::new();
    says.extend(directory.iter().map(|(server, homes)| match homes {
        None => format!("directory of {server}: no recipient"),
        Some(homes) if homes.home_mdb == homes.home_mta => {
            format!("directory of {server}: home is {}", name(&homes.home_mdb))
        }
        Some(homes) => format!("directory of {server}: MDB {} MTA {}", name(&homes.home_mdb), name(&homes.home_mta)),
    }));
    says.extend(stores.iter().map(|(server, found)| match found {
        None => format!("{server}: –"),
        Some(found) => {
            let mut parts: Vec<String> = found.messages.iter().map(|messages| list(messages)).collect();
            parts.extend((found.in_transit == Some(true)).then(|| "in transit".to_owned()));
            parts.extend(
                found.pending.iter().filter(|some| !some.is_empty()).map(|some| format!("holds {}", list(some))),
            );
            format!("{server}: {}", parts.join(", "))
        }
    }));
    for (what, messages) in [("queued", queued), ("returned", returned), ("saved", saved)] {
        says.extend(messages.iter().filter(|some| !some.is_empty()).map(|some| format!("{what}: {}", list(some))));
    }
    says.extend((*delivery_held == Some(true)).then(|| "delivery is held".to_owned()));
    says.join("; ")
}

/// Returns the first of these fields that exists, as text.
fn text(value: &Value, names: &[&str]) -> Option<String> {
    let found = names.iter().find_map(|name| value.get(name)).filter(|found| !found.is_null())?;
    Some(match found {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => found.to_string(),
    })
}
