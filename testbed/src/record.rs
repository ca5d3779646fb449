//! The record of all trials as a page: a row for each mover and order, with the verdicts, the agreement with the model, and the
//! command that repeats the trials. Knows nothing of servers.

use std::collections::BTreeSet;
use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cyrus;
use crate::predict::{Agreement, explanation};
use crate::trial::report::{MoverReport, TrialVerdict, command, counts};
use crate::trial::site::DOVECOT;

/// The trials of one mover in one order, and their comparison with the model.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// The trials.
    pub report: MoverReport,
    /// The comparison with the procedure of the mover; `None` after a repair, which the model does not have.
    pub agreement: Option<Agreement>,
}

/// Returns the tables of the page in Markdown.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let all: BTreeSet<TrialVerdict> = rows.iter().flat_map(|row| counts(&row.report.trials).into_keys()).collect();
    let mut text = String::from("| mover | version | directory | points | trials |");
    for verdict in &all {
        let _ = write!(text, " {verdict} |");
    }
    text.push_str(" model agrees | command |\n|---|---|---|---|---|");
    text.push_str(&"---|".repeat(all.len() + 2));
    text.push('\n');
    for Row { report, agreement } in rows {
        let order = report.order.name();
        let version = report.version.as_deref().unwrap_or("–");
        let _ =
            write!(text, "| {} | {version} | {order} | {} | {} |", name(report), points(report), report.trials.len());
        let counts = counts(&report.trials);
        for verdict in &all {
            let _ = match counts.get(verdict) {
                Some(count) => write!(text, " {count} |"),
                None => write!(text, " – |"),
            };
        }
        let agreed = agreement.as_ref().map_or_else(
            || "–".to_owned(),
            |agreement| {
                let count = agreement.trials.len();
                format!("{} of {count}", count - agreement.disagreements().count())
            },
        );
        let bed = if report.mover == cyrus::trial::XFER { cyrus::CYRUS } else { DOVECOT };
        let command = command(&report.mover, report.repair.as_deref(), report.order, &format!("--testbed {bed}"));
        let _ = writeln!(text, " {agreed} | `{command}` |");
    }
    let unobserved = unobserved(rows);
    if !unobserved.is_empty() {
        text.push_str("\nThe model allows these outcomes, and no trial shows them:\n\n");
        text.push_str(&unobserved.concat());
    }
    text
}

/// Returns the number of fault points, and of those that were tried if some were left out.
fn points(report: &MoverReport) -> String {
    match (report.points.len(), report.planned.len()) {
        (tried, planned) if tried < planned => format!("{tried} of {planned}"),
        (_, planned) => planned.to_string(),
    }
}

/// Returns the mover with its repair.
fn name(report: &MoverReport) -> String {
    let repair = report.repair.as_ref().map(|repair| format!(", then `{repair}`"));
    format!("`{}`{}", report.mover, repair.unwrap_or_default())
}

/// Returns a line for each outcome that the model allows and no trial of the mover shows.
fn unobserved(rows: &[Row]) -> Vec<String> {
    let outcomes = rows.iter().filter(|row| is_complete(&row.report)).flat_map(|row| {
        let verdicts = row.agreement.iter().flat_map(|agreement| &agreement.unobserved);
        verdicts.flat_map(move |(mode, verdicts)| verdicts.iter().map(move |verdict| (&row.report, *mode, *verdict)))
    });
    let line = |(report, mode, verdict): (&MoverReport, crate::proxy::point::Mode, TrialVerdict)| {
        let reason = explanation(&report.mover, mode, verdict).unwrap_or("not explained");
        format!("- `{}`, directory {}, {}: {verdict}: {reason}.\n", report.mover, report.order.name(), mode.name())
    };
    outcomes.map(line).collect()
}

/// Returns true if every fault point was tried. Only then does an outcome that was not observed need a reason.
fn is_complete(report: &MoverReport) -> bool {
    report.points.len() == report.planned.len()
}

/// Returns true if the model explains every trial, and every outcome that it allows was observed or is explained.
#[must_use]
pub fn is_explained(row: &Row) -> bool {
    let Row { report, agreement: Some(agreement) } = row else { return true };
    let mut unobserved =
        agreement.unobserved.iter().flat_map(|(mode, verdicts)| verdicts.iter().map(move |verdict| (*mode, *verdict)));
    agreement.disagreements().next().is_none()
        && (!is_complete(report)
            || unobserved.all(|(mode, verdict)| explanation(&report.mover, mode, verdict).is_some()))
}
