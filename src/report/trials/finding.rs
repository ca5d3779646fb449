//! The worst trial of a row: its verdict, the reasons, the ends and the output of the tool, the trace of the model, and the command that
//! repeats the trial.

use std::fmt::Write as _;

use stranded_search::lines::wrapped;
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::trial::judge;
use stranded_testbed::trial::report::{DirectoryStep, RunReport, TrialReport, TrialVerdict, title};

use super::headline::AGAIN;
use super::{BAD, Worst};

/// The most reasons that are printed for one trial.
const REASONS_MAX: usize = 3;
/// The most lines of output that are printed for one run.
const OUTPUT_MAX: usize = 3;

/// Returns the worst trial of a row as text.
pub(super) fn shown(worst: &Worst<'_>, width: u16) -> String {
    let point = worst.point.map(|point| format!(" at {point}")).unwrap_or_default();
    let not_injected = if worst.mode.is_some() && worst.trial.frame.is_none() { " (fault not injected)" } else { "" };
    let also = if worst.also_without_fault { ", also without a fault" } else { "" };
    let fault = match worst.mode {
        Some(mode) => format!("fault {}", mode.name()),
        None if worst.trial.is_run_again => AGAIN.to_owned(),
        None => "fault none".to_owned(),
    };
    let mut text = format!(
        "\n{}, directory step {}, {fault}{point}{not_injected}: {BAD}{}{BAD:#}{also}\n",
        title(worst.tool, worst.repair),
        worst.directory.name(),
        worst.verdict
    );
    if worst.also_without_fault {
        return text;
    }
    for line in details(worst.trial) {
        let _ = writeln!(text, "  {}", wrapped(&line, 4, width));
    }
    let _ = writeln!(text, "  {}", worst.command);
    if let Some(steps) = &worst.trace {
        text.push_str("  A run of the model with the same verdict:\n");
        for (index, step) in steps.iter().enumerate() {
            let _ = writeln!(text, "  {:>3}  {}", index + 1, wrapped(step, 7, width));
        }
    }
    if let Some(reason) = &worst.no_trace {
        let _ = writeln!(text, "  {}", wrapped(&format!("No trace of the model: {reason}."), 2, width));
    }
    text
}

/// Returns the facts of a trial, a line for each: the reasons, the decisive ones first, a remedy, and the end and the last output of
/// each run.
#[must_use]
pub fn details(trial: &TrialReport) -> Vec<String> {
    let (decisive, others): (Vec<&String>, Vec<&String>) =
        trial.reasons.iter().partition(|reason| judge::is_decisive(reason));
    let left = others.len().saturating_sub(REASONS_MAX);
    let mut lines: Vec<String> = decisive.into_iter().chain(others.into_iter().take(REASONS_MAX)).cloned().collect();
    lines.extend((left > 0).then(|| format!("and {left} more")));
    lines.extend(remedy(trial));
    for (run, which) in trial.runs.iter().zip(["first run", "second run", "third run"]) {
        lines.push(format!("{which}: {}", run.ends()));
        let output: Vec<&str> = run.output.lines().filter(|line| !line.trim().is_empty()).collect();
        lines.extend(output[output.len().saturating_sub(OUTPUT_MAX)..].iter().map(|line| format!("| {line}")));
    }
    lines
}

/// Returns what the operator can do, if the tool is not to blame.
fn remedy(trial: &TrialReport) -> Option<String> {
    let is_late = trial.order == DirectoryStep::Last
        && trial.mode == Some(Mode::Mail)
        && trial.verdict == TrialVerdict::Unreachable
        && trial.runs.last().is_some_and(RunReport::is_ok);
    is_late.then(|| {
        "with the directory step last, no single run can avoid this; run the tool again after the step, or use --directory \
         first"
            .to_owned()
    })
}
