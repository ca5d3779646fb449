//! The cases of a judgement of an implementation: conformance with the model, and each safety property on the observations alone.
//! This file repeats verdicts and decides nothing.

use std::time::Duration;

use stranded_model::property::Safety;

use crate::report::judgement;
use stranded_oracle::judged::Judged;
use stranded_oracle::oracle::{CaseVerdict, Conformance, Finding, Safe, Withheld};

use super::{Case, CaseOutcome, Location};

/// Returns the cases of a judgement that took this time.
#[must_use]
pub fn of_judgement(judged: &Judged<'_>, time: Duration) -> Vec<Case> {
    let mut cases = cases(judged);
    let share = time / u32::try_from(cases.len().max(1)).unwrap_or(u32::MAX);
    cases.iter_mut().for_each(|case| case.time = share);
    cases
}

fn cases(judged: &Judged<'_>) -> Vec<Case> {
    let case = |name: &str, outcome: CaseOutcome, event: Option<usize>| Case {
        suite: judged.scenario.to_owned(),
        name: name.to_owned(),
        verdict: verdict(&outcome).to_owned(),
        outcome,
        time: Duration::ZERO,
        location: judged
            .log()
            .map(|log| Location { file: log.to_owned(), line: event.and_then(|event| judged.line(event)) }),
        step: None,
        counterexample: None,
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
    let is_reported = found.safety != Safe::Unknown || matches!(found.conformance, Conformance::Conforming);
    let judged_case = |property: Option<Safety>, verdict: CaseVerdict, name: &str| {
        let is_meant = |finding: &Finding| (finding.property, finding.verdict) == (property, verdict);
        let surprise = |finding: &&Finding| is_meant(finding) && !finding.is_expected;
        let is_withheld = |one: &&Withheld| property.is_some() && (one.property.is_none() || one.property == property);
        let withheld = found.withheld.iter().find(is_withheld);
        match (found.findings.iter().find(surprise), withheld) {
            (Some(finding), _) => {
                let says = format!("{}: {}", finding.verdict.name(), finding.says);
                case(name, CaseOutcome::Failed { says, detail: String::new() }, Some(finding.event))
            }
            (None, Some(one)) => {
                case(name, CaseOutcome::Inconclusive { why: format!("withheld: {}", one.reason) }, None)
            }
            (None, None) if is_reported => case(name, CaseOutcome::Passed, None),
            (None, None) => {
                let why = found.lacks.clone().unwrap_or_else(|| "too little was observed".to_owned());
                case(name, CaseOutcome::Inconclusive { why }, None)
            }
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
    conformance.into_iter().chain(properties).chain([refusals]).chain(changed).collect()
}

/// Returns the verdict on one case; its line has the kind of a failure.
fn verdict(outcome: &CaseOutcome) -> &'static str {
    match outcome {
        CaseOutcome::Passed => "no violation",
        CaseOutcome::Failed { .. } => "violated",
        CaseOutcome::Inconclusive { .. } => "inconclusive",
        CaseOutcome::Error { .. } => "error",
    }
}

/// Returns true if observations alone, without the model, can show that a property is violated.
fn is_observable(property: Safety) -> bool {
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
