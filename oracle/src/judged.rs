//! The judgement of an implementation, as JSON.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::oracle::{Against, CaseVerdict, Conformance, Failure, Finding, Judgement, Safe, Withheld};

/// A judgement, with its subject.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The name of the scenario.
    pub scenario: &'a str,
    /// The subject.
    pub subject: Subject<'a>,
    /// The judgement.
    pub judgement: &'a Judgement,
    /// The location in the log of each event that the judgement names.
    pub lines: &'a BTreeMap<usize, LogLocation>,
    /// The parts of the scenario that were not exercised, besides kinds of fault.
    pub not_exercised: &'a [String],
    /// The rule of the contract that the adapter broke: what it did, and what was expected.
    pub broken: Option<&'a str>,
    /// Further paragraphs.
    pub extra: &'a [String],
}

/// The location of an event in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLocation {
    /// The line, from 1.
    pub line: usize,
    /// The name of the case, if it has one.
    pub case: Option<String>,
}

/// The subject of a judgement.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A recorded log, by its path.
    Log(&'a str),
    /// An implementation that was driven, by the name that it gave itself.
    Implementation(&'a str),
}

impl Judged<'_> {
    /// Returns the path of the log.
    #[must_use]
    pub fn log(&self) -> Option<&str> {
        match self.subject {
            Subject::Log(path) => Some(path),
            Subject::Implementation(_) => None,
        }
    }

    /// Returns the line of an event in the log.
    #[must_use]
    pub fn line(&self, event: usize) -> Option<usize> {
        self.lines.get(&event).map(|location| location.line)
    }

    /// Returns the name of the case of an event in the log.
    #[must_use]
    pub fn case(&self, event: usize) -> Option<&str> {
        self.lines.get(&event)?.case.as_deref()
    }

    /// Returns the parts of the scenario that were not exercised, kinds of fault first.
    pub fn not_exercised(&self) -> impl Iterator<Item = String> {
        let faults = || self.judgement.not_exercised.iter().map(|fault| fault.name());
        let others = self.not_exercised.iter().filter(move |part| faults().all(|fault| fault != *part));
        faults().map(ToOwned::to_owned).chain(others.cloned())
    }

    /// Returns what was not observed and what was not exercised, each as one clause, if there is any.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let parts = [
            ("not observed", self.judgement.not_observed.clone()),
            ("not exercised", self.not_exercised().collect::<Vec<String>>()),
        ];
        let missing = parts.iter().filter(|(_, parts)| !parts.is_empty());
        missing.map(|(what, parts)| format!("{what}: {}", parts.join(", "))).collect()
    }

    /// Returns the number of an event in words, with its line if that is another number, and the name of its case.
    #[must_use]
    pub fn place(&self, event: usize) -> String {
        let line = self.line(event).filter(|line| *line != event).map(|line| format!("line {line}"));
        let case = self.case(event).map(|case| format!("case `{case}`"));
        let details: Vec<String> = line.into_iter().chain(case).collect();
        if details.is_empty() { format!("event {event}") } else { format!("event {event} ({})", details.join(", ")) }
    }
}

/// The report on one implementation or one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// The worst verdict that was not expected.
    pub verdict: CaseVerdict,
    /// The result of judging the observations alone.
    pub safety: Safe,
    /// True if the model explains every event; null if the result is inconclusive, or the model was not asked.
    pub conforming: Option<bool>,
    /// The number of events.
    pub events: usize,
    /// The number of resets.
    pub runs: usize,
    /// The findings, the first of each kind in each run.
    pub findings: Vec<FindingReport>,
    /// The number of further findings of the same kinds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub findings_left_out: usize,
    /// The kinds of fault that the scenario lists and that never struck.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_exercised: Vec<String>,
    /// The verdicts that are withheld at the ends of cases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<WithheldReport>,
    /// The number of further ones.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld_left_out: usize,
    /// The first event without an explanation.
    pub failure: Option<FailureReport>,
    /// The reason why the result is inconclusive.
    pub inconclusive: Option<String>,
    /// The parts of mailboxes that were never observed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_observed: Vec<String>,
    /// The combinations of assumptions that explain every event.
    pub explained_by: Vec<BTreeMap<String, String>>,
    /// The number of operations, by action and outcome.
    pub exercised: BTreeMap<String, BTreeMap<String, usize>>,
    /// The largest number of explanations at once.
    pub largest_explanation_set: usize,
}

/// A violation that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingReport {
    /// Its verdict.
    pub verdict: CaseVerdict,
    /// The property that is violated.
    pub property: Option<String>,
    /// One sentence about it.
    pub says: String,
    /// The number of the event that shows it, from 1.
    pub event: usize,
    /// Its line in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_line: Option<usize>,
    /// The name of its case in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_case: Option<String>,
    /// True if the scenario expects it.
    pub expected: bool,
}

/// A verdict that is withheld at the end of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WithheldReport {
    /// The mailbox.
    pub mailbox: String,
    /// The property; null if nothing about the end of the case is known.
    pub property: Option<String>,
    /// The reason.
    pub reason: String,
    /// The number of the case, from 1.
    pub case: usize,
}

/// The first event without an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureReport {
    /// Its number, from 1.
    pub event: usize,
    /// Its line in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_line: Option<usize>,
    /// The name of its case in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_case: Option<String>,
    /// The event as JSON.
    pub line: String,
    /// The differences to the closest explanation.
    pub against: Vec<Against>,
    /// The guards that forbid it.
    pub guards: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Returns the report of a judgement.
#[must_use]
pub fn report(judged: &Judged<'_>) -> JudgementReport {
    let judgement = judged.judgement;
    let undecided =
        || judgement.undecided.first().filter(|_| judgement.verdict == CaseVerdict::Inconclusive).map(|(_, why)| why);
    let (conforming, failure, inconclusive) = match &judgement.conformance {
        Conformance::Conforming => (Some(true), None, undecided().cloned()),
        Conformance::Nonconforming(failure) => (Some(false), Some(failure), None),
        Conformance::Inconclusive(why) => (None, None, Some(why.clone())),
        Conformance::NotJudged => (None, None, undecided().cloned()),
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
        runs: judgement.exercise.cases,
        findings: judgement.findings.iter().map(|one| found(one, judged.lines.get(&one.event))).collect(),
        findings_left_out: judgement.findings_left_out,
        not_exercised: judgement.not_exercised.iter().map(|fault| fault.name().to_owned()).collect(),
        withheld: judgement.withheld.iter().map(withheld).collect(),
        withheld_left_out: judgement.withheld_left_out,
        failure: failure.map(|one| failed(one, judged.lines.get(&one.event))),
        inconclusive,
        not_observed: judgement.not_observed.clone(),
        explained_by: judgement.explained_by.clone(),
        exercised,
        largest_explanation_set: judgement.largest,
    }
}

fn withheld(one: &Withheld) -> WithheldReport {
    WithheldReport {
        mailbox: one.mailbox.clone(),
        property: one.property.map(|property| property.name().to_owned()),
        reason: one.reason.clone(),
        case: one.case_number,
    }
}

/// Returns the report on a finding, with its location in the log.
#[must_use]
pub fn found(one: &Finding, location: Option<&LogLocation>) -> FindingReport {
    FindingReport {
        verdict: one.verdict,
        property: one.property.map(|property| property.name().to_owned()),
        says: one.says.clone(),
        event: one.event,
        at_line: location.map(|location| location.line),
        in_case: location.and_then(|location| location.case.clone()),
        expected: one.is_expected,
    }
}

/// Returns the report on an event without explanation, with its location in the log.
#[must_use]
pub fn failed(failure: &Failure, location: Option<&LogLocation>) -> FailureReport {
    FailureReport {
        event: failure.event,
        at_line: location.map(|location| location.line),
        in_case: location.and_then(|location| location.case.clone()),
        line: failure.line.clone(),
        against: failure.against.clone(),
        guards: failure.guards.clone(),
    }
}
