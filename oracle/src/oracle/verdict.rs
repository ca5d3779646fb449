//! The verdict of an oracle: findings, the first event without explanation, and the operations that were exercised.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stranded_model::property::Safety;
use stranded_model::scenario::Fault;

use crate::protocol::{Event, Operation, Outcome};

use stranded_search::scenario::Spec;

use super::Oracle;
use super::evidence::{Evidence, undecided_properties};
use super::harm_observed::everything;
use super::oracle_state::OracleState;
use super::rejection::Against;

/// The verdict on a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CaseVerdict {
    /// The model allows everything that was observed.
    #[serde(rename = "conforming")]
    Conforming,
    /// The system refused every run and changed nothing.
    #[serde(rename = "refused")]
    Refused,
    /// No verdict was reached.
    #[serde(rename = "inconclusive")]
    Inconclusive,
    /// The model does not allow something that was observed.
    #[serde(rename = "nonconforming")]
    Nonconforming,
    /// Mail was returned to its sender although the model does not allow it.
    #[serde(rename = "bounced")]
    Bounced,
    /// A run reported ok and had not done its work.
    #[serde(rename = "false success")]
    FalseSuccess,
    /// A store holds more copies of a message than it may.
    #[serde(rename = "duplicate")]
    Duplicate,
    /// A message changed in transit: its content, its flags or its folder. The model does not know them.
    #[serde(rename = "changed")]
    Changed,
    /// Mail is on a server that is not the home: its owner does not find it.
    #[serde(rename = "unreachable")]
    Unreachable,
    /// Mail is lost.
    #[serde(rename = "loss")]
    Loss,
}

impl CaseVerdict {
    /// Every verdict, the worst last.
    pub const ALL: [Self; 10] = [
        Self::Conforming,
        Self::Refused,
        Self::Inconclusive,
        Self::Nonconforming,
        Self::Bounced,
        Self::FalseSuccess,
        Self::Duplicate,
        Self::Changed,
        Self::Unreachable,
        Self::Loss,
    ];

    /// Returns the name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Conforming => "conforming",
            Self::Refused => "refused",
            Self::Inconclusive => "inconclusive",
            Self::Nonconforming => "nonconforming",
            Self::Bounced => "bounced",
            Self::FalseSuccess => "false success",
            Self::Duplicate => "duplicate",
            Self::Changed => "changed",
            Self::Unreachable => "unreachable",
            Self::Loss => "loss",
        }
    }

    /// Returns the verdict for a violated property.
    #[must_use]
    pub fn of(property: Safety) -> Self {
        match property {
            Safety::NoLoss | Safety::NoLastCopyDelete => Self::Loss,
            Safety::NoFalseSuccess | Safety::NoSelfMove => Self::FalseSuccess,
            Safety::NoDuplicates => Self::Duplicate,
            Safety::HomeCoherent | Safety::TransitOwned | Safety::Reachable | Safety::OneHome => Self::Unreachable,
        }
    }
}

/// The beginning of a sentence about a property that is judged only when quiescent.
pub(super) const ONCE_FINISHED: &str = "once everything has finished, ";

/// Returns a sentence for a property that every explanation violates, without a full stop.
pub(super) fn violation(property: Safety) -> &'static str {
    match property {
        Safety::NoLoss => "an accepted message is in no location",
        Safety::NoLastCopyDelete => "a step deleted a message that was nowhere else",
        Safety::NoFalseSuccess => "a run reported ok and had not done its work",
        Safety::HomeCoherent => "once everything has finished, the home attributes do not name one server",
        Safety::NoSelfMove => "the directory was asked to move a recipient from a server to itself",
        Safety::TransitOwned => "a mailbox is in transit, and no move owns it",
        Safety::Reachable => "once everything has finished, a message is not in the mailbox that the home names",
        Safety::OneHome => "once everything has finished, two stores hold messages of one mailbox",
        Safety::NoDuplicates => "once everything has finished, a store holds more copies of a message than it may",
    }
}

/// A violation that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its verdict.
    pub verdict: CaseVerdict,
    /// The property that is violated; `None` if a refused run changed the site, or a message changed in transit.
    pub property: Option<Safety>,
    /// One sentence about it.
    pub says: String,
    /// The number of the event that shows it, from 1.
    pub event: usize,
    /// The number of that event since the last reset.
    pub in_case: usize,
    /// The number of the case, from 1; 0 before any reset.
    pub case_number: usize,
    /// True if the scenario expects it.
    pub is_expected: bool,
    /// True if the end of the case shows it, and an administrator still owes a run there.
    pub owes_runs: bool,
}

/// A verdict that is withheld at the end of a case, because it depends on something still to come, or not observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The mailbox.
    pub mailbox: String,
    /// The property; `None` if nothing about the end of the case is known.
    pub property: Option<Safety>,
    /// The reason, without a full stop.
    pub reason: String,
    /// The number of the case, from 1; 0 before any reset.
    pub case_number: usize,
}

/// The first event without an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its number, from 1. The events before it are the longest prefix that the model explains.
    pub event: usize,
    /// Its number since the last reset.
    pub in_case: usize,
    /// The event as JSON.
    pub line: String,
    /// The differences to the closest explanation.
    pub against: Vec<Against>,
    /// The guards that forbid it, in sentences.
    pub guards: Vec<String>,
    /// True if mail was returned to its sender although the model does not allow it.
    pub is_bounce: bool,
}

impl Failure {
    pub(super) fn contradiction(event: usize, in_case: usize, line: String) -> Self {
        let guard = "each case has an explanation, but no combination of assumptions explains all cases";
        Self { event, in_case, line, against: Vec::new(), guards: vec![guard.to_owned()], is_bounce: false }
    }
}

/// The result of comparing the events with the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conformance {
    /// The model explains the events.
    Conforming,
    /// The model does not explain this event.
    Nonconforming(Failure),
    /// No result, for this reason.
    Inconclusive(String),
    /// The events were not compared with the model.
    NotJudged,
}

/// The result of judging the observations alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Safe {
    /// The observations are complete and show no harm.
    Safe,
    /// An observation shows harm.
    Unsafe,
    /// Every run was refused and changed nothing.
    Refused,
    /// The observations are incomplete.
    Unknown,
}

/// The operations and observations of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exercise {
    /// The number of events.
    pub events: usize,
    /// The number of cases, which is the number of resets.
    pub cases: usize,
    /// The number of operations, by action and outcome.
    pub outcomes: BTreeMap<(&'static str, &'static str), usize>,
    /// The number of observations that show anything.
    pub observations: usize,
    /// The number of observations that show every location of a message.
    pub full_observations: usize,
    /// The number of runs that ended, by outcome.
    pub ended: BTreeMap<&'static str, usize>,
    /// The kinds of fault that were asked for and struck.
    pub struck: BTreeSet<Fault>,
    /// The actions that were asked for, also those without an answer.
    pub asked: BTreeSet<&'static str>,
    pub(super) evidence: Evidence,
    open: BTreeMap<u64, Operation>,
}

impl Exercise {
    /// Counts an event of this scenario.
    pub(super) fn count(&mut self, event: &Event, spec: &Spec) {
        self.events += 1;
        if let Event::Did { operation, .. } | Event::Call { operation, .. } = event {
            self.asked.insert(operation.action());
            operation.mailbox().into_iter().for_each(|mailbox| self.evidence.note(mailbox));
        }
        match event {
            Event::Reset { .. } => self.open.clear(),
            Event::Did { operation, answer } => self.outcome(operation, answer.result, answer.ended),
            Event::Call { call, operation } => drop(self.open.insert(*call, operation.clone())),
            Event::Return { call, answer } => {
                if let Some(operation) = self.open.remove(call) {
                    operation.mailbox().into_iter().for_each(|mailbox| self.evidence.note(mailbox));
                    self.outcome(&operation, answer.result, answer.ended);
                }
            }
            Event::Observed { mailbox, observation } => {
                self.evidence.take(mailbox, observation, spec);
                self.observations += usize::from(!observation.is_blind());
                self.full_observations += usize::from(everything(observation, spec).is_some());
            }
        }
    }

    /// Returns true if a call of this number is open.
    pub(super) fn is_open(&self, call: u64) -> bool {
        self.open.contains_key(&call)
    }

    fn outcome(&mut self, operation: &Operation, result: Outcome, ended: Option<Outcome>) {
        *self.outcomes.entry((operation.action(), result.name())).or_default() += 1;
        self.struck.extend(operation.fault().filter(|(_, struck)| result == *struck).map(|(fault, _)| fault));
        let ended = if matches!(operation, Operation::Run { .. }) { Some(result) } else { ended };
        if let Some(ended) = ended {
            *self.ended.entry(ended.name()).or_default() += 1;
        }
    }

    /// Returns the reason why this is not enough for a verdict. `has_moved_mail` is true if some run had mail to move.
    fn lacks(&self, has_moved_mail: bool) -> Option<&'static str> {
        let is_known = |outcome: &str| outcome != Outcome::Unknown.name();
        let started = |(action, outcome): &&(&str, &str)| ["run", "start"].contains(action) && is_known(outcome);
        if self.outcomes.is_empty() {
            Some("no operation was done")
        } else if !self.outcomes.keys().any(|(_, outcome)| is_known(outcome)) {
            Some("every answer is unknown")
        } else if !self.outcomes.keys().any(|one| started(&one)) {
            Some("no procedure was run with a known outcome")
        } else if self.observations == 0 {
            Some("nothing was observed")
        } else if !has_moved_mail {
            Some("no message was accepted before a run ended, so no run had mail to lose")
        } else {
            None
        }
    }
}

/// The judgement of all events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The worst of the conformance verdict and the unexpected findings.
    pub verdict: CaseVerdict,
    /// The result of comparing the events with the model.
    pub conformance: Conformance,
    /// The result of judging the observations alone.
    pub safety: Safe,
    /// The findings, the first of each kind in each case.
    pub findings: Vec<Finding>,
    /// The number of further findings of the same kinds.
    pub findings_left_out: usize,
    /// The verdicts that are withheld at the ends of cases.
    pub withheld: Vec<Withheld>,
    /// The number of further ones.
    pub withheld_left_out: usize,
    /// The operations and observations.
    pub exercise: Exercise,
    /// The kinds of fault that had to strike and did not.
    pub not_exercised: Vec<Fault>,
    /// The reason why what was exercised is not enough for a verdict.
    pub lacks: Option<String>,
    /// The parts of mailboxes that were never observed.
    pub not_observed: Vec<String>,
    /// The properties without a verdict; `None` for a property means that refusals change nothing.
    pub undecided: Vec<(Option<Safety>, String)>,
    /// The combinations of assumptions that explain every event.
    pub explained_by: Vec<BTreeMap<String, String>>,
    /// The largest number of explanations at once.
    pub largest: usize,
}

impl Judgement {
    /// Combines the state of an oracle into a judgement. It is inconclusive with kinds of fault that had to strike and did not, and with
    /// properties that are undecided.
    pub(super) fn of(oracle: &Oracle<'_>, explained_by: Vec<BTreeMap<String, String>>) -> Self {
        let (state, largest, not_exercised) = (&oracle.state, oracle.sets.largest(), oracle.not_struck());
        let safety_only = oracle.options.safety_only;
        let OracleState { findings, findings_left_out, failure, undecided, exercise, .. } = state;
        let (withheld, withheld_left_out) = (state.withheld.clone(), state.withheld_left_out);
        let (findings, findings_left_out, exercise) = (findings.clone(), *findings_left_out, exercise.clone());
        let given_up = undecided.clone().filter(|_| safety_only);
        let ended = || exercise.ended.keys().copied();
        let all_refused = ended().count() > 0 && ended().all(|outcome| outcome == Outcome::Refused.name());
        // A program that never succeeds has not shown that its success does no harm.
        let is_unsuccessful =
            safety_only && ended().count() > 0 && !all_refused && !ended().any(|one| one == Outcome::Ok.name());
        let given_up = given_up.or_else(|| is_unsuccessful.then(|| "no run reported ok".to_owned()));
        let has_moved_mail = state.starts_with_mail || state.watch.has_moved_mail();
        let lacks = given_up.or_else(|| exercise.lacks(has_moved_mail).map(ToOwned::to_owned)).or_else(|| {
            let names: Vec<&str> = not_exercised.iter().map(|fault| fault.name()).collect();
            (!names.is_empty()).then(|| format!("these faults never struck: {}", names.join(", ")))
        });
        let conformance = match (failure.clone(), undecided.clone().or(lacks.clone())) {
            _ if safety_only => Conformance::NotJudged,
            (Some(failure), _) => Conformance::Nonconforming(failure),
            (None, Some(reason)) => Conformance::Inconclusive(reason),
            (None, None) => Conformance::Conforming,
        };
        let has_model = matches!(conformance, Conformance::Conforming);
        let undecided = undecided_properties(oracle, has_model, lacks.as_deref());
        let safety = if !findings.is_empty() {
            Safe::Unsafe
        } else if !undecided.is_empty() {
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
            (Conformance::Inconclusive(_), _) => CaseVerdict::Inconclusive,
            (Conformance::Conforming | Conformance::NotJudged, _) if !undecided.is_empty() => CaseVerdict::Inconclusive,
            (Conformance::NotJudged, Safe::Refused) => CaseVerdict::Refused,
            (Conformance::Conforming | Conformance::NotJudged, _) => CaseVerdict::Conforming,
        };
        let verdict = surprises.chain([conforms]).max().unwrap_or(conforms);
        Self {
            verdict,
            conformance,
            safety,
            findings,
            findings_left_out,
            withheld,
            withheld_left_out,
            exercise,
            not_exercised,
            lacks,
            not_observed: state.exercise.evidence.missing(oracle.spec),
            undecided,
            explained_by,
            largest,
        }
    }
}

/// Returns true if observations alone, without the model, can show that a property is violated.
#[must_use]
pub fn is_observable(property: Safety) -> bool {
    match property {
        Safety::NoLastCopyDelete | Safety::NoSelfMove => false,
        Safety::NoLoss
        | Safety::NoFalseSuccess
        | Safety::HomeCoherent
        | Safety::TransitOwned
        | Safety::Reachable
        | Safety::OneHome
        | Safety::NoDuplicates => true,
    }
}
