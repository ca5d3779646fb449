//! The output of `--dry-run`.

use std::fmt::Write as _;

use stranded_search::lines::wrapped;
use stranded_testbed::mover::example;
use stranded_testbed::proxy::point::{FaultPoint, Mode};
use stranded_testbed::trial::report::DirectoryStep;

/// A tool that would be tried.
#[derive(Clone, Debug)]
pub struct PlannedTool {
    /// The tool.
    pub tool: String,
    /// The moment of the directory step.
    pub order: DirectoryStep,
    /// The repair afterwards, if any.
    pub repair: Option<String>,
    /// True if it is run once more after its success.
    pub is_run_again: bool,
}

/// Returns what the command would do with each tool.
#[must_use]
pub fn dry_run(site: &str, tools: &[PlannedTool], modes: &[Mode], points: &[FaultPoint], width: u16) -> String {
    let mut text = format!("{}\n\n", wrapped(&format!("Use {site}"), 0, width));
    let modes: Vec<&str> = modes.iter().map(|mode| mode.name()).collect();
    let at = match points {
        [] => "at each frame that the tool sends".to_owned(),
        [..] => format!("at {}", points.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    };
    let faults = match modes.as_slice() {
        [] => "Try no fault.".to_owned(),
        modes => format!("Then, {at}, try in turn: {}.", modes.join(", ")),
    };
    for PlannedTool { tool, order, repair, is_run_again } in tools {
        let step = match order {
            DirectoryStep::First => "write the directory before it",
            DirectoryStep::Last => "write the directory after it exits with 0",
            DirectoryStep::Never => "never write the directory",
            DirectoryStep::Tool => "let it write the directory",
        };
        let repair = repair.as_ref().map(|repair| format!("do the repair {repair}, ")).unwrap_or_default();
        let again = if *is_run_again { " Then deliver a mail, and run it once more, as after a success." } else { "" };
        let says = format!(
            "Run {tool} without a fault, and {step}.{again} {faults} After each, run the tool again unless it exited with 0, \
             {repair}deliver a mail, and compare directory and stores with the mail that was accepted."
        );
        let _ = writeln!(text, "{}", wrapped(&says, 2, width));
        if let Some(line) = example(tool) {
            let _ = writeln!(text, "  For example: {line}");
        }
    }
    text.push_str("\nNothing was started.\n");
    text
}
