//! The report on trials of whole tools: a headline for each tool, then a row for each tool, moment of the directory step and kind of
//! fault, then the worst trial of each row that is not fine.
//!
//! `headline` has the result and what was not tried, `finding` one trial, and `plan` what a dry run prints.

mod finding;
mod headline;
mod plan;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use stranded_search::lines::wrapped;
use stranded_search::sanitize::shell_word;
use stranded_testbed::predict::{self, Traced};
use stranded_testbed::proxy::point::{FaultPoint, Mode};
use stranded_testbed::trial::report::{
    self as trial, DirectoryStep, MoverReport, TrialReport, TrialVerdict, counts, title,
};

pub use self::finding::details;
pub(crate) use self::headline::AGAIN;
pub use self::headline::{notes, verdict};
pub use self::plan::{PlannedTool, dry_run};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// The widest name of a tool in the table.
const TOOL_MAX: usize = 18;
/// The width of the columns before the verdicts, without that of the tool.
const COLUMNS: usize = 41;

/// The report for programs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TrialsReport<'a> {
    /// The part of the command line that names the site.
    pub site: &'a str,
    /// The tools, each in one order.
    pub tools: &'a [MoverReport],
    /// The worst trial of each row of the table that has one that is not fine.
    pub worst: Vec<Worst<'a>>,
}

/// The worst trial of a row.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Worst<'a> {
    #[serde(skip)]
    trial: &'a TrialReport,
    /// True if the run without a fault has the same verdict.
    pub also_without_fault: bool,
    /// The tool.
    pub tool: &'a str,
    /// The repair that the operator does afterwards, if any.
    pub repair: Option<&'a str>,
    /// The moment of the directory step.
    pub directory: DirectoryStep,
    /// The mode of the fault; none if the tool ran without one.
    pub mode: Option<Mode>,
    /// The fault point.
    pub point: Option<&'a FaultPoint>,
    /// The verdict.
    pub verdict: TrialVerdict,
    /// The command that repeats the trial.
    pub command: String,
    /// The shortest trace of the model to this verdict: a sentence for each step.
    pub trace: Option<Vec<String>>,
    /// The reason why there is no trace.
    pub no_trace: Option<String>,
}

impl<'a> Worst<'a> {
    fn of(site: &str, trial: &'a TrialReport, plain: Option<&TrialReport>) -> Self {
        let (trace, no_trace) = match predict::trace(trial) {
            Ok(Traced::Trace(steps)) => (Some(steps), None),
            Ok(Traced::NotAllowed) => {
                (None, Some("the model does not allow this verdict at this fault point".to_owned()))
            }
            Ok(Traced::Unknown) => {
                let says = "the model knows neither the text, the flags and the folder of a message nor its sender";
                (None, Some(says.to_owned()))
            }
            Ok(Traced::NoProcedure) => (None, Some("no built-in procedure describes it".to_owned())),
            Err(reason) => (None, Some(reason)),
        };
        let is_other = trial.mode.is_some() || trial.is_run_again;
        let is_plain = |plain: &TrialReport| is_other && plain.verdict == trial.verdict;
        Self {
            trial,
            also_without_fault: plain.is_some_and(is_plain),
            tool: &trial.mover,
            repair: trial.repair.as_deref(),
            directory: trial.order,
            mode: trial.mode,
            point: trial.point.as_ref(),
            verdict: trial.verdict,
            command: command(site, trial),
            trace,
            no_trace,
        }
    }
}

/// Returns the report for programs.
#[must_use]
pub fn report<'a>(site: &'a str, reports: &'a [MoverReport]) -> TrialsReport<'a> {
    TrialsReport { site, tools: reports, worst: worst(site, reports) }
}

/// Returns the worst trial of each row that has one that is not fine.
fn worst<'a>(site: &str, reports: &'a [MoverReport]) -> Vec<Worst<'a>> {
    let rows = reports.iter().flat_map(Row::all);
    let worst = rows.filter_map(|row| Some((row.worst()?, row.of.trials.first())));
    let worst = worst.filter(|(trial, _)| !trial.verdict.is_fine());
    worst.map(|(trial, plain)| Worst::of(site, trial, plain)).collect()
}

/// Returns true if mail is not where its owner needs it, once.
#[must_use]
pub fn is_harmful(verdict: TrialVerdict) -> bool {
    !verdict.is_fine() && verdict != TrialVerdict::Inconclusive
}

/// The trials of one row.
struct Row<'a> {
    of: &'a MoverReport,
    mode: Option<Mode>,
    is_run_again: bool,
    trials: Vec<&'a TrialReport>,
}

impl<'a> Row<'a> {
    fn all(report: &'a MoverReport) -> Vec<Self> {
        let modes = [None].into_iter().chain(report.modes.iter().copied().map(Some));
        let row = |mode: Option<Mode>| {
            let trials = report.trials.iter().filter(|trial| trial.mode == mode).collect();
            Self { of: report, mode, is_run_again: false, trials }
        };
        let again = report.again.as_deref();
        let again = again.map(|trial| Self { of: report, mode: None, is_run_again: true, trials: vec![trial] });
        let mut rows: Vec<Self> = modes.map(row).collect();
        rows.splice(1..1, again);
        rows
    }

    fn fault(&self) -> &'static str {
        match self.mode {
            Some(mode) => mode.name(),
            None if self.is_run_again => "again",
            None => "none",
        }
    }

    fn planned(&self) -> usize {
        self.mode.map_or(1, |_| self.of.points.len())
    }

    fn injected(&self) -> usize {
        self.trials.iter().filter(|trial| self.mode.is_none() || trial.frame.is_some()).count()
    }

    fn worst(&self) -> Option<&'a TrialReport> {
        // The first of the worst: the point that the tool reaches earliest.
        self.trials.iter().rev().max_by_key(|trial| trial.verdict).copied()
    }

    fn verdicts(&self) -> String {
        let counts = counts(self.trials.iter().copied());
        let failed = self.trials.iter().filter(|trial| is_retry_failed(trial)).count();
        let says = |(verdict, count): (&TrialVerdict, &usize)| match (verdict, failed) {
            (TrialVerdict::FineAfterRetry, 1..) => format!("{verdict} {count} (the second run failed too: {failed})"),
            (_, _) => format!("{verdict} {count}"),
        };
        counts.iter().rev().map(says).collect::<Vec<_>>().join(", ")
    }
}

/// Returns true if all mail is in its place although the second run failed like the first.
fn is_retry_failed(trial: &TrialReport) -> bool {
    trial.verdict == TrialVerdict::FineAfterRetry && trial.runs.last().is_some_and(|run| !run.is_ok())
}

/// Returns the report for people.
#[must_use]
pub fn text(site: &str, reports: &[MoverReport], width: u16) -> String {
    let names = headline::names(reports);
    let mut text = headline::headlines(&names, reports, width);
    text.push('\n');
    text.push_str(&table(&names, reports, width));
    for one in worst(site, reports) {
        text.push_str(&finding::shown(&one, width));
    }
    let _ = writeln!(text, "\n{}", wrapped(headline::NOT_JUDGED, 2, width));
    text
}

/// Returns the table of verdicts.
fn table(names: &[String], reports: &[MoverReport], width: u16) -> String {
    let tool = names.iter().map(|name| name.chars().count()).max().unwrap_or(4).clamp(4, TOOL_MAX);
    let mut text = format!(
        "{TITLE}{:<tool$} {:<5} {:<7} {:>7} {:>8} {:>8} verdicts{TITLE:#}\n",
        "tool", "order", "fault", "planned", "injected", "observed"
    );
    for (name, report) in names.iter().zip(reports) {
        let (mut name, mut order) = (name.as_str(), report.order.name());
        if report.repair.is_some() {
            name = "";
            let _ = writeln!(text, "{}", title(&report.mover, report.repair.as_deref()));
        }
        for row in Row::all(report) {
            let style = if row.trials.iter().all(|trial| trial.verdict.is_fine()) { GOOD } else { BAD };
            let (fault, planned, injected) = (row.fault(), row.planned(), row.injected());
            let observed = row.trials.len();
            let _ = write!(text, "{name:<tool$} {order:<5} {fault:<7} {planned:>7} {injected:>8} {observed:>8} ");
            let verdicts = columns(&row.verdicts(), tool + COLUMNS, usize::from(width));
            let _ = writeln!(text, "{style}{verdicts}{style:#}");
            (name, order) = ("", "");
        }
    }
    text
}

/// Breaks a list at commas, so that it fits beside the other columns.
fn columns(list: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(16);
    let mut lines = vec![String::new()];
    for (index, part) in list.split(", ").enumerate() {
        let last = lines.last_mut().map_or(0, |line| line.chars().count());
        if index > 0 {
            if let Some(line) = lines.last_mut() {
                line.push(',');
            }
            if last + part.chars().count() + 3 > room {
                lines.push(String::new());
            } else if let Some(line) = lines.last_mut() {
                line.push(' ');
            }
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(part);
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// Returns the command that repeats a trial.
#[must_use]
pub fn command(site: &str, trial: &TrialReport) -> String {
    let mut line = trial::command(&trial.mover, trial.repair.as_deref(), trial.order, site);
    match (trial.mode, &trial.point) {
        (Some(mode), Some(point)) => {
            let _ = write!(line, " --mode {} --point {}", mode.name(), shell_word(&point.to_string()));
        }
        (None, _) | (_, None) => line.push_str(" --mode none"),
    }
    line
}
