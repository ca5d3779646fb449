//! The words of a judgement.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stranded_model::property::Safety;

use crate::protocol::{Done, Event, Observation, Operation};

use super::why::Against;

/// The verdict on a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CaseVerdict {
    /// All that was seen is what the model allows.
    #[serde(rename = "conforming")]
    Conforming,
    /// It declined everything and changed nothing.
    #[serde(rename = "refused")]
    Refused,
    /// It could not be told.
    #[serde(rename = "inconclusive")]
    Inconclusive,
    /// Something was seen that the model does not allow.
    #[serde(rename = "nonconforming")]
    Nonconforming,
    /// Mail went back to its sender that should not have.
    #[serde(rename = "bounced")]
    Bounced,
    /// It said that it was done, and it was not.
    #[serde(rename = "false success")]
    FalseSuccess,
    /// Mail is where its owner does not find it.
    #[serde(rename = "unreachable")]
    Unreachable,
    /// Mail is lost.
    #[serde(rename = "loss")]
    Loss,
}

impl CaseVerdict {
    /// Every verdict, the worst last.
    pub const ALL: [Self; 8] = [
        Self::Conforming,
        Self::Refused,
        Self::Inconclusive,
        Self::Nonconforming,
        Self::Bounced,
        Self::FalseSuccess,
        Self::Unreachable,
        Self::Loss,
    ];

    /// The word that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Conforming => "conforming",
            Self::Refused => "refused",
            Self::Inconclusive => "inconclusive",
            Self::Nonconforming => "nonconforming",
            Self::Bounced => "bounced",
            Self::FalseSuccess => "false success",
            Self::Unreachable => "unreachable",
            Self::Loss => "loss",
        }
    }

    /// The verdict that a broken property is.
    #[must_use]
    pub fn of(property: Safety) -> Self {
        match property {
            Safety::NoLoss | Safety::NoLastCopyDelete => Self::Loss,
            Safety::NoFalseSuccess | Safety::NoSelfMove => Self::FalseSuccess,
            Safety::HomeCoherent | Safety::TransitOwned | Safety::Reachable | Safety::OneHome => Self::Unreachable,
        }
    }
}

/// What was found when the model says in every explanation that a property is broken, in one sentence without a full stop.
pub(super) fn breach(property: Safety) -> &'static str {
    match property {
        Safety::NoLoss => "a message that was accepted is nowhere",
        Safety::NoLastCopyDelete => "a step deleted a message that was nowhere else",
        Safety::NoFalseSuccess => "a run reported ok, and what it was for was never done",
        Safety::HomeCoherent => "at rest, the home attributes do not name one server",
        Safety::NoSelfMove => "the directory was asked to move a recipient from a server to itself",
        Safety::TransitOwned => "a mailbox is in transit, and nobody moves it",
        Safety::Reachable => "at rest, a message is not in the mailbox that the home names",
        Safety::OneHome => "at rest, two stores hold messages of one mailbox",
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The verdict that it is.
    pub verdict: CaseVerdict,
    /// The property that is broken.
    pub property: Option<Safety>,
    /// What was seen.
    pub says: String,
    /// The event that shows it, from 1.
    pub event: usize,
    /// The same, from the last reset.
    pub in_run: usize,
    /// The run between two resets that it was found in, from 1; 0 before any reset.
    pub in_run_of: usize,
    /// Whether the scenario expects it.
    pub is_expected: bool,
}

/// The first event without an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its number, from 1: everything before it is the longest prefix that the model explains.
    pub event: usize,
    /// The same, from the last reset.
    pub in_run: usize,
    /// The event.
    pub line: String,
    /// What was seen, against what the closest explanation allows.
    pub against: Vec<Against>,
    /// What forbids it.
    pub guards: Vec<String>,
    /// Whether it is mail that went back to its sender and should not have.
    pub is_bounce: bool,
}

impl Failure {
    pub(super) fn contradiction(event: usize, in_run: usize, line: String) -> Self {
        let guard = "each run can be explained, but no one answer to the assumptions explains all of them";
        Self { event, in_run, line, against: Vec::new(), guards: vec![guard.to_owned()], is_bounce: false }
    }
}

/// Whether the model explains what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conformance {
    /// It does.
    Conforming,
    /// It does not.
    Nonconforming(Failure),
    /// It could not be told.
    Inconclusive(String),
    /// Nobody asked.
    NotJudged,
}

/// Whether what was seen alone is harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Safe {
    /// No harm was seen, and enough was seen to tell.
    Safe,
    /// Harm was seen.
    Unsafe,
    /// Every run was declined and changed nothing.
    Refused,
    /// Too little was seen.
    Unknown,
}

/// What was exercised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exercise {
    /// Events of every kind.
    pub events: usize,
    /// Resets.
    pub runs: usize,
    /// How often each action had each outcome.
    pub outcomes: BTreeMap<(&'static str, &'static str), usize>,
    /// How often a mailbox was seen, blind looks left out.
    pub observations: usize,
    /// How often every place where a message can be was seen at once.
    pub full_observations: usize,
    /// How often a program was run to its end, by how it ended.
    pub ended: BTreeMap<&'static str, usize>,
    open: BTreeMap<u64, Operation>,
}

impl Exercise {
    pub(super) fn count(&mut self, event: &Event) {
        self.events += 1;
        match event {
            Event::Reset { .. } => self.open.clear(),
            Event::Did { operation, answer } => self.outcome(operation, answer.result, answer.ended),
            Event::Call { call, operation } => drop(self.open.insert(*call, operation.clone())),
            Event::Return { call, answer } => {
                if let Some(operation) = self.open.remove(call) {
                    self.outcome(&operation, answer.result, answer.ended);
                }
            }
            Event::Observed { observation, .. } => {
                self.observations += usize::from(!observation.is_blind());
                self.full_observations += usize::from(is_full(observation));
            }
        }
    }

    /// Whether something was asked under this number and not answered.
    pub(super) fn is_open(&self, call: u64) -> bool {
        self.open.contains_key(&call)
    }

    fn outcome(&mut self, operation: &Operation, result: Done, ended: Option<Done>) {
        *self.outcomes.entry((operation.action(), result.name())).or_default() += 1;
        let ended = if matches!(operation, Operation::Run { .. }) { Some(result) } else { ended };
        if let Some(ended) = ended {
            *self.ended.entry(ended.name()).or_default() += 1;
        }
    }

    /// Why that is not enough to say anything.
    fn lacks(&self) -> Option<&'static str> {
        let is_known = |outcome: &str| outcome != Done::Unknown.name();
        let started = |(action, outcome): &&(&str, &str)| ["run", "start"].contains(action) && is_known(outcome);
        if self.outcomes.is_empty() {
            Some("nothing was done")
        } else if !self.outcomes.keys().any(|(_, outcome)| is_known(outcome)) {
            Some("no answer says what happened")
        } else if !self.outcomes.keys().any(|one| started(&one)) {
            Some("no procedure was run of which anybody says how it ended")
        } else if self.observations == 0 {
            Some("nothing was observed")
        } else {
            None
        }
    }
}

fn is_full(observation: &Observation) -> bool {
    let lists = [&observation.queued, &observation.returned, &observation.saved];
    !observation.stores.is_empty() && lists.into_iter().all(Option::is_some)
}

/// The verdict on all that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// In one word: the worst that was not expected.
    pub verdict: CaseVerdict,
    /// Whether the model explains it.
    pub conformance: Conformance,
    /// Whether it was harmless, on what was seen alone.
    pub safety: Safe,
    /// What was found, the first of each kind in each run; of every kind, some.
    pub findings: Vec<Finding>,
    /// How many more were found in later runs.
    pub findings_left_out: usize,
    /// What was exercised.
    pub exercise: Exercise,
    /// The answers to the assumptions under which everything is explained.
    pub explained_by: Vec<BTreeMap<String, String>>,
    /// The most explanations that were kept at once.
    pub largest: usize,
}

impl Judgement {
    pub(super) fn of(
        (findings, findings_left_out): (Vec<Finding>, usize),
        failure: Option<Failure>,
        undecided: Option<String>,
        exercise: Exercise,
        explained_by: Vec<BTreeMap<String, String>>,
        largest: usize,
        safety_only: bool,
    ) -> Self {
        let lacks = exercise.lacks().map(ToOwned::to_owned);
        let conformance = match (failure, undecided.or(lacks.clone())) {
            _ if safety_only => Conformance::NotJudged,
            (Some(failure), _) => Conformance::Nonconforming(failure),
            (None, Some(reason)) => Conformance::Inconclusive(reason),
            (None, None) => Conformance::Conforming,
        };
        let all_refused =
            exercise.ended.keys().all(|ended| *ended == Done::Refused.name()) && !exercise.ended.is_empty();
        let safety = if !findings.is_empty() {
            Safe::Unsafe
        } else if lacks.is_some() || exercise.full_observations == 0 {
            Safe::Unknown
        } else if all_refused {
            Safe::Refused
        } else {
            Safe::Safe
        };
        let surprises = findings.iter().filter(|finding| !finding.is_expected).map(|finding| finding.verdict);
        let conforms = match (&conformance, safety) {
            (Conformance::Nonconforming(failure), _) if failure.is_bounce => CaseVerdict::Bounced,
            (Conformance::Nonconforming(_), _) => CaseVerdict::Nonconforming,
            (Conformance::Inconclusive(_), _) | (Conformance::NotJudged, Safe::Unknown) => CaseVerdict::Inconclusive,
            (Conformance::NotJudged, Safe::Refused) => CaseVerdict::Refused,
            (Conformance::Conforming, _) | (Conformance::NotJudged, Safe::Safe | Safe::Unsafe) => {
                CaseVerdict::Conforming
            }
        };
        let verdict = surprises.chain([conforms]).max().unwrap_or(conforms);
        Self { verdict, conformance, safety, findings, findings_left_out, exercise, explained_by, largest }
    }
}
