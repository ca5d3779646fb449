//! The judgement of an implementation in JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::oracle::{Against, CaseVerdict, Conformance, Failure, Finding, Judgement, Safe};

/// A judgement with what it is about.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// What was judged.
    pub subject: Subject<'a>,
    /// The judgement.
    pub judgement: &'a Judgement,
    /// The line of the log on which each event stands that the judgement names.
    pub lines: &'a BTreeMap<usize, usize>,
    /// What else there is to say, a paragraph each.
    pub extra: &'a [String],
}

/// What was judged.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A recorded log, by its path.
    Log(&'a str),
    /// An implementation that was driven, by the name that it gave.
    Implementation(&'a str),
}

impl Judged<'_> {
    /// The path of the log.
    #[must_use]
    pub fn log(&self) -> Option<&str> {
        match self.subject {
            Subject::Log(path) => Some(path),
            Subject::Implementation(_) => None,
        }
    }

    /// The line of the log on which an event stands.
    #[must_use]
    pub fn line(&self, event: usize) -> Option<usize> {
        self.lines.get(&event).copied()
    }

    /// An event by its number, and by its line where that is another number.
    #[must_use]
    pub fn place(&self, event: usize) -> String {
        match self.line(event) {
            Some(line) if line != event => format!("event {event} (line {line})"),
            Some(_) | None => format!("event {event}"),
        }
    }
}

/// The report on one implementation or one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgementReport {
    /// The version of the program.
    pub version: String,
    /// The model that judged.
    pub model_hash: String,
    /// The scenario's name.
    pub scenario: String,
    /// The name of the implementation that was driven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implementation: Option<String>,
    /// The path of the log that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The verdict in one word: the worst that was not expected.
    pub verdict: CaseVerdict,
    /// Whether it was harmless, on what was seen alone.
    pub safety: Safe,
    /// Whether the model explains it; null if that could not be told, or nobody asked.
    pub conforming: Option<bool>,
    /// How many events there were.
    pub events: usize,
    /// How many resets.
    pub runs: usize,
    /// What was found, the first of each kind in each run.
    pub findings: Vec<FindingReport>,
    /// How many more were found in later runs.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub findings_left_out: usize,
    /// The first event that nothing explains.
    pub failure: Option<FailureReport>,
    /// Why it could not be told.
    pub inconclusive: Option<String>,
    /// The answers to the assumptions that explain everything.
    pub explained_by: Vec<BTreeMap<String, String>>,
    /// How often each action had each outcome.
    pub exercised: BTreeMap<String, BTreeMap<String, usize>>,
    /// The most explanations that were kept at once.
    pub largest_belief: usize,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingReport {
    /// The verdict that it is.
    pub verdict: CaseVerdict,
    /// The property that is broken.
    pub property: Option<String>,
    /// What was seen.
    pub says: String,
    /// The event that shows it, from 1.
    pub event: usize,
    /// The line of the log on which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_line: Option<usize>,
    /// Whether the scenario expects it.
    pub expected: bool,
}

/// The first event that nothing explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureReport {
    /// Its number, from 1.
    pub event: usize,
    /// The line of the log on which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_line: Option<usize>,
    /// The event as JSON.
    pub line: String,
    /// What was seen against what is allowed.
    pub against: Vec<Against>,
    /// What forbids it.
    pub guards: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The report of a judgement.
#[must_use]
pub fn report(judged: &Judged<'_>) -> JudgementReport {
    let judgement = judged.judgement;
    let (conforming, failure, inconclusive) = match &judgement.conformance {
        Conformance::Conforming => (Some(true), None, None),
        Conformance::Nonconforming(failure) => (Some(false), Some(failure), None),
        Conformance::Inconclusive(why) => (None, None, Some(why.clone())),
        Conformance::NotJudged => (None, None, None),
    };
    let mut exercised: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for ((action, outcome), count) in &judgement.exercise.outcomes {
        exercised.entry((*action).to_owned()).or_default().insert((*outcome).to_owned(), *count);
    }
    let (implementation, log) = match judged.subject {
        Subject::Implementation(name) => (Some(name.to_owned()), None),
        Subject::Log(path) => (None, Some(path.to_owned())),
    };
    JudgementReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model_hash: stranded_search::model_hash(),
        scenario: judged.scenario.to_owned(),
        implementation,
        log,
        verdict: judgement.verdict,
        safety: judgement.safety,
        conforming,
        events: judgement.exercise.events,
        runs: judgement.exercise.runs,
        findings: judgement.findings.iter().map(|one| found(one, judged.line(one.event))).collect(),
        findings_left_out: judgement.findings_left_out,
        failure: failure.map(|one| failed(one, judged.line(one.event))),
        inconclusive,
        explained_by: judgement.explained_by.clone(),
        exercised,
        largest_belief: judgement.largest,
    }
}

/// The report on something that was found, with the line of the log on which it stands.
#[must_use]
pub fn found(one: &Finding, at_line: Option<usize>) -> FindingReport {
    FindingReport {
        verdict: one.verdict,
        property: one.property.map(|property| property.name().to_owned()),
        says: one.says.clone(),
        event: one.event,
        at_line,
        expected: one.is_expected,
    }
}

/// The report on an event that nothing explains, with the line of the log on which it stands.
#[must_use]
pub fn failed(failure: &Failure, at_line: Option<usize>) -> FailureReport {
    FailureReport {
        event: failure.event,
        at_line,
        line: failure.line.clone(),
        against: failure.against.clone(),
        guards: failure.guards.clone(),
    }
}
