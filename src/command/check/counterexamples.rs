//! `stranded check --counterexamples N`: for each violated property the shortest counterexamples with different causes.

use std::fmt::Write as _;

use stranded_search::check::{Checked, FurtherCounterexamples};
use stranded_search::lines::wrapped;
use stranded_search::property::Property;
use stranded_search::scenario::{Number, Spec};

use super::CheckOptions;
use crate::command::CommandError;
use crate::report::{counterexample, json, trace};

/// The further counterexamples of one property of one scenario.
pub(super) struct Further {
    /// The index of the scenario.
    scenario: usize,
    property: Property,
    combination: usize,
    found: FurtherCounterexamples,
}

/// Checks before the search that each scenario has a graph of states.
pub(super) fn prepare(specs: &[Spec]) -> Result<(), CommandError> {
    let Some(spec) = specs.iter().find(|spec| spec.numbers.messages == Number::Any) else { return Ok(()) };
    let name = &spec.name;
    let reason =
        format!("--counterexamples needs a given number of messages; {name} has any number: write one in [site]");
    Err(CommandError::Usage(reason))
}

/// Searches for further counterexamples, if the arguments ask for them.
pub(super) fn search(options: &CheckOptions<'_>, checked: &[Checked<'_>]) -> Vec<Further> {
    let Some(count) = options.arguments.counterexamples else { return Vec::new() };
    let max = usize::from(count) - 1;
    let mut further = Vec::new();
    for (scenario, one) in checked.iter().enumerate() {
        for result in &one.results {
            let (Some(combination), Some(_)) = (result.shown_by, result.property.invariant(&one.spec.scenario)) else {
                continue;
            };
            let limits = options.limits();
            let found = one.combinations[combination].further_counterexamples(result.property, &limits, max);
            further.push(Further { scenario, property: result.property, combination, found });
        }
    }
    further
}

/// Returns the further counterexamples as text.
pub(super) fn text(further: &[Further], checked: &[Checked<'_>], width: u16) -> Vec<String> {
    let mut parts = Vec::new();
    for Further { scenario, property, combination, found } in further {
        let one = &checked[*scenario];
        for (number, trace) in (2..).zip(&found.traces) {
            parts.push(counterexample::further(
                one,
                &one.combinations[*combination],
                *property,
                (number, trace),
                width,
            ));
        }
        let mut says = format!("{}/{}: ", one.spec.name, property.name());
        let _ = match (found.traces.len() + 1, found.truncated) {
            (1, None) if found.is_all => write!(says, "no counterexample has another cause"),
            (count, None) if found.is_all => write!(says, "{count} causes; there is no other"),
            (count, None) => write!(says, "{count} of its causes are shown; there may be others"),
            (count, Some(truncated)) => {
                write!(says, "{count} of its causes are known; the search for others: {truncated}")
            }
        };
        says.push_str(&scope(one, *combination));
        parts.push(format!("{}\n", wrapped(&says, 2, width)));
    }
    parts
}

/// Returns the assumptions under which the causes were searched, if there are others.
fn scope(checked: &Checked<'_>, combination: usize) -> String {
    if checked.combinations.len() == 1 {
        return String::new();
    }
    let answers = trace::answers(&checked.combinations[combination].world, &checked.varied);
    format!(", with {}; the causes under other assumptions were not searched", trace::listed(&answers))
}

/// Adds the further counterexamples to a report.
pub(super) fn add_to(report: &mut json::Report, further: &[Further], checked: &[Checked<'_>]) {
    for one in further {
        let written = one.written(&checked[one.scenario]);
        let properties = &mut report.scenarios[one.scenario].properties;
        if let Some(property) = properties.iter_mut().find(|property| property.name == one.property.name()) {
            property.further_traces = written;
            property.all_causes = Some(one.found.is_all);
        }
    }
}

impl Further {
    /// Returns the counterexamples as trace files.
    pub(super) fn written(&self, checked: &Checked<'_>) -> Vec<stranded_search::trace_file::TraceFile> {
        let world = &checked.combinations[self.combination].world;
        let touched = checked.spec.touches();
        let traces = self.found.traces.iter();
        traces.map(|found| trace::write(checked.spec, world, &touched, self.property.name(), found)).collect()
    }

    /// Returns the name of each file of a counterexample, with the counterexample.
    pub(super) fn files(&self, checked: &[Checked<'_>]) -> Vec<(String, stranded_search::trace_file::TraceFile)> {
        let one = &checked[self.scenario];
        let name = |number: usize| format!("{}.{}.{number}.json", one.spec.name, self.property.name());
        (2..).map(name).zip(self.written(one)).collect()
    }
}
