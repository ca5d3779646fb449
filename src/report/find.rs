//! The report on `--find`: the shortest trace to a state in which a condition is true.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use stranded_search::check::{Checked, Combination, PropertyResult, Trace};
use stranded_search::lines::wrapped;
use stranded_search::trace_file::TraceFile;

use super::trace::{self, listed};
use super::{counterexample, text};

/// The report of `stranded check --find`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FindReport {
    /// The scenario.
    pub scenario: String,
    /// The condition.
    pub condition: String,
    /// True if the condition is true in a reachable state, false if it is true in none; null if the search does not show it.
    pub found: Option<bool>,
    /// True if all of the scenario was searched.
    pub complete: bool,
    /// The bound that the search reached, if it is not complete.
    pub truncated: Option<String>,
    /// Distinct states over all combinations of assumptions.
    pub states: usize,
    /// The depth of the deepest search, in actions.
    pub depth: usize,
    /// The assumptions under which the trace was found.
    pub assumptions: BTreeMap<String, String>,
    /// The shortest trace to such a state.
    pub trace: Option<TraceFile>,
}

impl FindReport {
    /// Returns the report; `is_none` is true if the search shows that no reachable state satisfies the condition.
    #[must_use]
    pub fn of(checked: &Checked<'_>, result: &PropertyResult, condition: &str, is_none: bool) -> Self {
        let touched = checked.spec.touches();
        let case = result.shown_by.map(|index| &checked.combinations[index]);
        let trace = case.and_then(|case| {
            let written = trace::write(checked.spec, &case.world, &touched, "", &found(case, result)?);
            Some(TraceFile { property: None, ..written })
        });
        Self {
            scenario: checked.spec.name.clone(),
            condition: condition.to_owned(),
            found: match (trace.is_some(), is_none) {
                (true, _) => Some(true),
                (false, true) => Some(false),
                (false, false) => None,
            },
            complete: checked.is_complete(),
            truncated: checked.truncated().map(|truncated| truncated.to_string()),
            states: checked.states(),
            depth: checked.depth(),
            assumptions: case.map(|case| trace::answers(&case.world, &touched)).unwrap_or_default(),
            trace,
        }
    }
}

/// Returns the trace to the state, without the rest of a running procedure.
fn found(case: &Combination, result: &PropertyResult) -> Option<Trace> {
    Some(Trace { after: Vec::new(), ..case.trace(result.property)? })
}

/// Returns the report as text.
#[must_use]
pub fn text(checked: &Checked<'_>, result: &PropertyResult, report: &FindReport, width: u16) -> String {
    let condition = &report.condition;
    let mut text = match (report.found, result.shown_by) {
        (Some(true), Some(index)) => {
            let case = &checked.combinations[index];
            let found = found(case, result).expect("a state was found");
            let steps = found.path.actions.len();
            let with = match &report.assumptions {
                none if none.is_empty() => String::new(),
                some => format!("({})\n", wrapped(&format!("with {}", listed(some)), 0, width - 2)),
            };
            format!(
                "{}\n{with}{}",
                wrapped(
                    &format!("{}: found after {}: {condition}", report.scenario, counterexample::steps_of(steps)),
                    0,
                    width
                ),
                counterexample::trace_text(checked, case, &found, width)
            )
        }
        (Some(false), _) => {
            wrapped(&format!("{}: in no reachable state: {condition}", report.scenario), 0, width) + "\n"
        }
        (Some(true) | None, _) => {
            let says =
                format!("{}: not found, and the search does not show that there is none: {condition}", report.scenario);
            wrapped(&says, 0, width) + "\n"
        }
    };
    text.push_str(&text::extent(checked, width));
    if report.found == Some(true) && !report.complete && checked.combinations.len() > 1 {
        text.push_str("  another combination of assumptions may have a shorter trace\n");
    }
    text
}
