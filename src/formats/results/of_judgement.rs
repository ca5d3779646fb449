//! The cases of a judgement of an implementation: conformance with the model, and each safety property on the observations alone.
//! This file repeats verdicts and decides nothing.

use std::time::Duration;

use stranded_model::property::Safety;

use crate::report::judgement;
use stranded_oracle::judged::Judged;
use stranded_oracle::oracle::{CaseVerdict, Conformance, Finding, is_observable};

use super::{Case, CaseOutcome, Location};

/// Returns the cases of a judgement that took this time.
#[must_use]
pub fn of_judgement(judged: &Judged<'_>, time: Duration) -> Vec<Case> {
    let mut cases = cases(judged);
    let share = time / u32::try_from(cases.len().max(1)).unwrap_or(u32::MAX);
    cases.iter_mut().for_each(|case| case.time = share);
    cases
}

/// Returns the case of an adapter that broke a rule of its contract: what it did, with what was expected in further lines.
#[must_use]
pub fn of_broken_adapter(suite: &str, says: &str) -> Case {
    let first = says.lines().next().unwrap_or_default();
    let outcome = CaseOutcome::Error { says: format!("the adapter broke a rule: {first}"), detail: says.to_owned() };
    of_adapter(suite, outcome)
}

/// Returns the case of a run in which nothing was judged, for this reason.
#[must_use]
pub fn of_nothing(suite: &str, why: &str) -> Case {
    of_adapter(suite, CaseOutcome::Inconclusive { why: why.to_owned() })
}

fn of_adapter(suite: &str, outcome: CaseOutcome) -> Case {
    Case::alone(suite, "adapter", verdict(&outcome), outcome)
}

fn cases(judged: &Judged<'_>) -> Vec<Case> {
    let case = |name: &str, outcome: CaseOutcome, event: Option<usize>| Case {
        location: judged
            .log()
            .map(|log| Location { file: log.to_owned(), line: event.and_then(|event| judged.line(event)) }),
        ..Case::alone(judged.scenario, name, verdict(&outcome), outcome)
    };
    let found = judged.judgement;
    let conformance = match &found.conformance {
        Conformance::NotJudged => None,
        Conformance::Conforming => Some(case("conformance", CaseOutcome::Passed, None)),
        Conformance::Inconclusive(why) => {
            Some(case("conformance", CaseOutcome::Inconclusive { why: why.clone() }, None))
        }
        Conformance::Nonconforming(failure) => {
            let detail = judgement::failure_text(judged, failure);
            let says = format!("{}: the model does not explain event {}", found.verdict.name(), failure.event);
            Some(case("conformance", CaseOutcome::Failed { says, detail }, Some(failure.event)))
        }
    };
    let judged_case = |property: Option<Safety>, verdict: CaseVerdict, name: &str| {
        let is_meant = |finding: &Finding| (finding.property, finding.verdict) == (property, verdict);
        let surprise = |finding: &&Finding| is_meant(finding) && !finding.is_expected;
        let undecided = found.undecided.iter().find(|(one, _)| *one == property);
        match (found.findings.iter().find(surprise), undecided) {
            (Some(finding), _) => {
                let says = format!("{}: {}", finding.verdict.name(), finding.says);
                case(name, CaseOutcome::Failed { says, detail: String::new() }, Some(finding.event))
            }
            (None, Some((_, why))) => case(name, CaseOutcome::Inconclusive { why: why.clone() }, None),
            (None, None) => case(name, CaseOutcome::Passed, None),
        }
    };
    let is_conforming = matches!(found.conformance, Conformance::Conforming);
    let is_judged = |one: &Safety| {
        let is_found = found.findings.iter().any(|finding| finding.property == Some(*one));
        is_conforming || is_found || is_observable(*one)
    };
    let properties = Safety::ALL.into_iter().filter(is_judged);
    let properties = properties.map(|one| judged_case(Some(one), CaseVerdict::of(one), one.name()));
    let refusals = judged_case(None, CaseVerdict::Nonconforming, "refusals-change-nothing");
    // A judgement does not say whether the details of messages were observed, so it does not say that no message changed.
    let is_changed = found.findings.iter().any(|finding| finding.verdict == CaseVerdict::Changed);
    let changed = is_changed.then(|| judged_case(None, CaseVerdict::Changed, "mail-does-not-change"));
    // The events that the adapter answered are judged like any others; what it did against the contract is an error beside them.
    let adapter = judged.broken.map(|says| of_broken_adapter(judged.scenario, says));
    conformance.into_iter().chain(properties).chain([refusals]).chain(changed).chain(adapter).collect()
}

/// Returns the verdict on one case; its line has the kind of a failure.
fn verdict(outcome: &CaseOutcome) -> &'static str {
    match outcome {
        CaseOutcome::Passed => "no violation",
        CaseOutcome::Failed { .. } => "violated",
        CaseOutcome::Inconclusive { .. } => "inconclusive",
        CaseOutcome::Skipped { .. } => "not checked",
        CaseOutcome::Error { .. } => "error",
    }
}
