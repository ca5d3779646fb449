//! The cases of trials of whole tools: one for each trial, and one for each tool whose trials are missing. This file repeats verdicts
//! and decides nothing.

use std::time::Duration;

use stranded_testbed::predict::Comparison;
use stranded_testbed::record::{Row, is_explained};
use stranded_testbed::trial::report::{MoverReport, TrialReport, TrialVerdict, title};

use crate::report::trials::{AGAIN, command, details, is_harmful};

use super::{Case, CaseOutcome};

/// Returns the cases of the trials of tools on a site: mail that is not where its owner needs it is a failure.
#[must_use]
pub fn of_trials(site: &str, reports: &[MoverReport]) -> Vec<Case> {
    let failed = |trial: &TrialReport| {
        let says = details(trial).into_iter().next().unwrap_or_else(|| trial.verdict.name().to_owned());
        CaseOutcome::Failed { says, detail: detail(site, trial) }
    };
    let of_trial =
        |trial: &TrialReport| case(trial, if is_harmful(trial.verdict) { Some(failed(trial)) } else { None });
    reports.iter().flat_map(|report| cases(report, of_trial)).collect()
}

/// Returns the cases of movers that are compared with the model: harm that the model allows is as expected.
#[must_use]
pub fn of_rows(rows: &[Row]) -> Vec<Case> {
    rows.iter()
        .flat_map(|row| cases(&row.report, |trial| case(trial, None)).into_iter().chain(agreement(row)))
        .collect()
}

/// Returns the case of the comparison with the model, if there is one.
fn agreement(row: &Row) -> Option<Case> {
    let agreement = row.agreement.as_ref()?;
    let disagreement = |one: &Comparison| {
        let allowed: Vec<&str> = one.allowed.iter().map(|verdict| verdict.name()).collect();
        format!("{} at {}: observed {}, allowed {}", one.mode.name(), one.point, one.observed, allowed.join(" or "))
    };
    let (verdict, outcome) = if is_explained(row) {
        ("conforming", CaseOutcome::Passed)
    } else {
        let says = "the trials and the model disagree, or the model allows what no trial shows".to_owned();
        let detail = agreement.disagreements().map(disagreement).collect::<Vec<_>>().join("\n");
        ("nonconforming", CaseOutcome::Failed { says, detail })
    };
    Some(of_suite(&row.report, "agreement", verdict, outcome))
}

fn cases(report: &MoverReport, of_trial: impl Fn(&TrialReport) -> Case) -> Vec<Case> {
    let missing = report.stopped.as_ref().map(|reason| {
        let why = format!("trials are missing: {reason}");
        of_suite(report, "trials", TrialVerdict::Inconclusive.name(), CaseOutcome::Inconclusive { why })
    });
    let unreached = (!report.not_exercised.is_empty()).then(|| {
        let why =
            format!("the tool sent nothing to these through the fault proxies: {}", report.not_exercised.join(", "));
        of_suite(report, "exercised", TrialVerdict::Inconclusive.name(), CaseOutcome::Inconclusive { why })
    });
    report.trials.iter().chain(report.again.as_deref()).map(of_trial).chain(missing).chain(unreached).collect()
}

fn case(trial: &TrialReport, failed: Option<CaseOutcome>) -> Case {
    let inconclusive = || CaseOutcome::Inconclusive { why: trial.reasons.join("; ") };
    let outcome = failed.unwrap_or_else(|| match trial.verdict {
        TrialVerdict::Inconclusive => inconclusive(),
        TrialVerdict::Fine
        | TrialVerdict::FineAfterRetry
        | TrialVerdict::Bounced
        | TrialVerdict::FalseSuccess
        | TrialVerdict::Duplicate
        | TrialVerdict::Changed
        | TrialVerdict::Unreachable
        | TrialVerdict::Loss => CaseOutcome::Passed,
    });
    let point = trial.point.as_ref().map(|point| format!(" at {point}")).unwrap_or_default();
    let suite = suite(&trial.mover, trial.repair.as_deref(), trial.order.name());
    let name = match trial.mode {
        Some(mode) => format!("fault {}{point}", mode.name()),
        None if trial.is_run_again => AGAIN.to_owned(),
        None => "fault none".to_owned(),
    };
    let time = Duration::from_millis(trial.milliseconds);
    Case { time, ..Case::alone(&suite, &name, trial.verdict.name(), outcome) }
}

fn of_suite(report: &MoverReport, name: &str, verdict: &str, outcome: CaseOutcome) -> Case {
    let suite = suite(&report.mover, report.repair.as_deref(), report.order.name());
    Case::alone(&suite, name, verdict, outcome)
}

fn suite(mover: &str, repair: Option<&str>, order: &str) -> String {
    format!("{}, directory {order}", title(mover, repair))
}

fn detail(site: &str, trial: &TrialReport) -> String {
    details(trial).into_iter().chain([command(site, trial)]).collect::<Vec<_>>().join("\n")
}
