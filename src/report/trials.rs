//! The report on trials of whole tools: a row for each tool, moment of the directory step and kind of fault, then the command that
//! repeats the worst trial of each row that is not fine.

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

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// The widest name of a tool in the table.
const TOOL_MAX: usize = 18;
/// The width of the columns before the verdicts, without that of the tool.
const COLUMNS: usize = 41;
/// The most reasons that are printed for one trial.
const REASONS_MAX: usize = 3;

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
    fn of(site: &str, trial: &'a TrialReport) -> Self {
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
        Self {
            trial,
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
    let worst = rows.filter_map(|row| row.worst()).filter(|trial| !trial.verdict.is_fine());
    worst.map(|trial| Worst::of(site, trial)).collect()
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
    trials: Vec<&'a TrialReport>,
}

impl<'a> Row<'a> {
    fn all(report: &'a MoverReport) -> Vec<Self> {
        let modes = [None].into_iter().chain(report.modes.iter().copied().map(Some));
        let row = |mode: Option<Mode>| {
            let trials = report.trials.iter().filter(|trial| trial.mode == mode).collect();
            Self { of: report, mode, trials }
        };
        modes.map(row).collect()
    }

    fn fault(&self) -> &'static str {
        self.mode.map_or("none", Mode::name)
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
        counts.iter().rev().map(|(verdict, count)| format!("{verdict} {count}")).collect::<Vec<_>>().join(", ")
    }
}

/// Returns the report for people.
#[must_use]
pub fn text(site: &str, reports: &[MoverReport], width: u16) -> String {
    let rows: Vec<Row<'_>> = reports.iter().flat_map(Row::all).collect();
    let tool = reports.iter().map(|report| report.mover.chars().count()).max().unwrap_or(4).clamp(4, TOOL_MAX);
    let mut text = format!(
        "{TITLE}{:<tool$} {:<5} {:<7} {:>7} {:>8} {:>8} verdicts{TITLE:#}\n",
        "tool", "order", "fault", "planned", "injected", "observed"
    );
    let mut before = None;
    for row in &rows {
        let start = (&row.of.mover, row.of.order, &row.of.repair);
        let (mut name, order) = if before == Some(start) { ("", "") } else { (start.0.as_str(), start.1.name()) };
        if row.of.repair.is_some() && before != Some(start) {
            name = "";
            let _ = writeln!(text, "{}", title(&row.of.mover, row.of.repair.as_deref()));
        }
        before = Some(start);
        let style = if row.trials.iter().all(|trial| trial.verdict.is_fine()) { GOOD } else { BAD };
        let name: String = name.chars().take(tool).collect();
        let _ = write!(
            text,
            "{name:<tool$} {order:<5} {:<7} {:>7} {:>8} {:>8} ",
            row.fault(),
            row.planned(),
            row.injected(),
            row.trials.len()
        );
        let indent = tool + COLUMNS;
        let verdicts = columns(&row.verdicts(), indent, usize::from(width));
        let _ = writeln!(text, "{style}{verdicts}{style:#}");
    }
    for report in reports {
        let version = report.version.as_deref().map(|version| format!(" ({version})")).unwrap_or_default();
        if let Some(reason) = &report.stopped {
            let _ = writeln!(text, "\n{BAD}{}{version}: trials are missing: {reason}{BAD:#}", report.mover);
        }
        let plain = report.trials.first().and_then(|trial| trial.runs.last());
        if let Some(run) = plain.filter(|run| !run.is_ok()) {
            let last = run.output.lines().last().unwrap_or_default();
            let says = format!("{}{version} does not report success even without a fault: {last}", report.mover);
            let _ = writeln!(text, "\n{}", wrapped(&says, 2, width));
        }
    }
    for one in worst(site, reports) {
        text.push_str(&shown(&one, width));
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

/// Returns the worst trial of a row: its verdict, the reasons, the trace of the model and the command that repeats the trial.
fn shown(worst: &Worst<'_>, width: u16) -> String {
    let point = worst.point.map(|point| format!(" at {point}")).unwrap_or_default();
    let mut text = format!(
        "\n{}, directory step {}, fault {}{point}: {BAD}{}{BAD:#}\n",
        title(worst.tool, worst.repair),
        worst.directory.name(),
        worst.mode.map_or("none", Mode::name),
        worst.verdict
    );
    let reasons = &worst.trial.reasons;
    for reason in reasons.iter().take(REASONS_MAX) {
        let _ = writeln!(text, "  {}", wrapped(reason, 2, width));
    }
    if let Some(left) = reasons.len().checked_sub(REASONS_MAX).filter(|left| *left > 0) {
        let _ = writeln!(text, "  and {left} more");
    }
    let _ = writeln!(text, "  {}", worst.command);
    if let Some(steps) = &worst.trace {
        text.push_str("  The same in the model:\n");
        for (index, step) in steps.iter().enumerate() {
            let _ = writeln!(text, "  {:>3}  {}", index + 1, wrapped(step, 7, width));
        }
    }
    if let Some(reason) = &worst.no_trace {
        let _ = writeln!(text, "  {}", wrapped(&format!("No trace of the model: {reason}."), 2, width));
    }
    text
}

/// Returns the command that repeats a trial.
#[must_use]
pub fn command(site: &str, trial: &TrialReport) -> String {
    let mut line = trial::command(&trial.mover, trial.repair.as_deref(), trial.order, site);
    if let (Some(mode), Some(point)) = (trial.mode, &trial.point) {
        let _ = write!(line, " --mode {} --point {}", mode.name(), shell_word(&point.to_string()));
    }
    line
}

/// Returns what the command would do with each tool, in this order, with this repair.
#[must_use]
pub fn dry_run(
    site: &str,
    tools: &[(String, DirectoryStep, Option<String>)],
    modes: &[Mode],
    points: &[FaultPoint],
    width: u16,
) -> String {
    let mut text = format!("{}\n\n", wrapped(&format!("Use {site}"), 0, width));
    let modes: Vec<&str> = modes.iter().map(|mode| mode.name()).collect();
    let at = match points {
        [] => "at each frame that the tool sends".to_owned(),
        [..] => format!("at {}", points.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    };
    for (tool, order, repair) in tools {
        let step = match order {
            DirectoryStep::First => "write the directory before it",
            DirectoryStep::Last => "write the directory after it exits with 0",
            DirectoryStep::Never => "never write the directory",
            DirectoryStep::Tool => "let it write the directory",
        };
        let repair = repair.as_ref().map(|repair| format!("do the repair {repair}, ")).unwrap_or_default();
        let says = format!(
            "Run {tool} without a fault, and {step}. Then, {at}, try in turn: {}. After each, run the tool again unless it \
             exited with 0, {repair}deliver a mail, and compare directory and stores with the mail that was accepted.",
            modes.join(", ")
        );
        let _ = writeln!(text, "{}", wrapped(&says, 2, width));
    }
    text.push_str("\nNothing was started.\n");
    text
}
