//! The result of the trials of a tool in one line: the worst verdict, and what was not tried.

use stranded_search::lines::wrapped;
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::trial::report::{MoverReport, TrialVerdict, title};

use super::{BAD, GOOD, TOOL_MAX};

/// The mail of every trial, and what no verdict is about.
pub(super) const NOT_JUDGED: &str = "The mail of a trial: three short ASCII messages in two flat folders, and one or two that arrive \
    later. Not judged: the date of arrival, added header lines, UIDs, messages with one Message-ID or without one, large messages, \
    attachments, nested folders, folder names outside ASCII, subscriptions, quotas and rights. Not seen: a process that the tool \
    leaves behind with another environment, as `su -`, `sudo` and `systemd-run` do, and what it does after the tool has ended.";

/// The trial in which the operator runs the tool again after its success.
pub(crate) const AGAIN: &str = "a second run after success";

/// Returns the verdict on a tool: the worst of its trials; inconclusive if trials are missing and the others are fine.
#[must_use]
pub fn verdict(report: &MoverReport) -> TrialVerdict {
    let worst = report.trials.iter().chain(report.again.as_deref()).map(|trial| trial.verdict).max();
    let missing = (report.stopped.is_some() || !report.not_exercised.is_empty()).then_some(TrialVerdict::Inconclusive);
    worst.max(missing).unwrap_or(TrialVerdict::Inconclusive)
}

/// Returns a name for each report that fits the table. Names that would look alike get a number.
pub(super) fn names(reports: &[MoverReport]) -> Vec<String> {
    let mut movers: Vec<&str> = Vec::new();
    for report in reports {
        if !movers.contains(&report.mover.as_str()) {
            movers.push(&report.mover);
        }
    }
    let is_numbered = movers.len() > 1 && movers.iter().any(|mover| mover.chars().count() > TOOL_MAX);
    let name = |report: &MoverReport| match movers.iter().position(|mover| *mover == report.mover) {
        Some(index) if is_numbered => short(&format!("{} {}", index + 1, report.mover)),
        Some(_) | None => short(&report.mover),
    };
    reports.iter().map(name).collect()
}

fn short(name: &str) -> String {
    if name.chars().count() <= TOOL_MAX {
        return name.to_owned();
    }
    name.chars().take(TOOL_MAX - 1).chain(['…']).collect()
}

/// Returns the results of all tools, each in one paragraph, and the reasons why some are inconclusive.
pub(super) fn headlines(names: &[String], reports: &[MoverReport], width: u16) -> String {
    let mut text = String::new();
    for (name, report) in names.iter().zip(reports) {
        let verdict = verdict(report);
        let style = if verdict.is_fine() { GOOD } else { BAD };
        // The number of a tool in the table, if it has one.
        let number = name.split_once(' ').filter(|(number, _)| number.parse::<usize>().is_ok());
        let number = number.map(|(number, _)| format!("{number} ")).unwrap_or_default();
        let version = report.version.as_deref().map(|version| format!(" ({version})")).unwrap_or_default();
        let tool = title(&report.mover, report.repair.as_deref());
        let says = format!(": {number}{tool}{version}, directory step {}{}", report.order.name(), left_out(report));
        // Words are counted without style codes.
        let line = wrapped(&format!("{verdict}{says}"), 2, width);
        let rest = line.strip_prefix(verdict.name()).unwrap_or(&says);
        text.push_str(&format!("{style}{verdict}{style:#}{rest}\n"));
        for reason in reasons(report) {
            text.push_str(&format!("  {}\n", wrapped(&reason, 2, width)));
        }
    }
    text
}

/// Returns what the trials did not exercise and did not try, in parentheses.
fn left_out(report: &MoverReport) -> String {
    let parts = parts_left_out(report);
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) }
}

/// Returns what the trials of each tool did not exercise and did not try, in one sentence for each.
#[must_use]
pub fn notes(reports: &[MoverReport]) -> Vec<String> {
    let note = |report: &MoverReport| {
        let parts = parts_left_out(report);
        let tool = title(&report.mover, report.repair.as_deref());
        (!parts.is_empty()).then(|| format!("{tool}, directory step {}: {}", report.order.name(), parts.join("; ")))
    };
    reports.iter().filter_map(note).collect()
}

fn parts_left_out(report: &MoverReport) -> Vec<String> {
    let mut parts = Vec::new();
    if !report.not_exercised.is_empty() {
        parts.push(format!("not exercised: {}", report.not_exercised.join(", ")));
    }
    let modes: Vec<&str> = Mode::ALL.into_iter().filter(|mode| !report.modes.contains(mode)).map(Mode::name).collect();
    if modes.len() == Mode::ALL.len() {
        let again = if report.again.is_none() { format!("; {AGAIN}") } else { String::new() };
        parts.push(format!("not tried: any fault{again}"));
        return parts;
    }
    let again = report.again.is_none().then(|| AGAIN.to_owned());
    let (tried, planned) = (report.points.len(), report.planned.len());
    let points = (tried < planned).then(|| format!("{} of {planned} points", planned - tried));
    let not_tried = [(!modes.is_empty()).then(|| modes.join(", ")), points, again];
    let not_tried: Vec<String> = not_tried.into_iter().flatten().collect();
    if !not_tried.is_empty() {
        parts.push(format!("not tried: {}", not_tried.join("; ")));
    }
    parts
}

/// Returns why trials are missing, and what to do if the tool did not reach a server.
fn reasons(report: &MoverReport) -> Vec<String> {
    let missing = report.stopped.as_ref().map(|reason| format!("Trials are missing: {reason}."));
    let directory = report.not_exercised.iter().any(|server| server == "directory");
    let directory =
        directory.then(|| "The tool sent nothing to the directory; did you mean --directory last?".to_owned());
    let mut left: Vec<&str> = report
        .trials
        .iter()
        .chain(report.again.as_deref())
        .flat_map(|trial| &trial.runs)
        .flat_map(|run| &run.left_behind)
        .map(String::as_str)
        .collect();
    left.sort_unstable();
    left.dedup();
    let left = (!left.is_empty())
        .then(|| format!("The tool left processes running after its end, which were ended: {}.", left.join(", ")));
    missing.into_iter().chain(directory).chain(left).collect()
}
