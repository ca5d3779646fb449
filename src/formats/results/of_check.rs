//! The cases of checks: one for each property of each scenario. This file repeats verdicts and decides nothing.

use std::collections::BTreeMap;

use crate::report::table::TraceTable;
use crate::report::text::WIDTH;
use crate::report::{counterexample, inconclusive, trace};
use stranded_search::check::{Checked, PropertyResult};
use stranded_search::property::{Property, Verdict};
use stranded_search::rescue;

use super::{Case, CaseOutcome};

/// Returns the cases of some checks. `files` maps the names of scenarios to the files that define them.
#[must_use]
pub fn of_check(checked: &[Checked<'_>], files: &BTreeMap<String, String>) -> Vec<Case> {
    let of_scenario = |one: &Checked<'_>| -> Vec<Case> {
        let suite = &one.spec.name;
        let case = |name: &str, outcome: CaseOutcome| Case {
            suite: suite.clone(),
            name: name.to_owned(),
            outcome,
            file: files.get(suite).cloned(),
            line: None,
        };
        let judged = one.results.iter().map(|result| case(result.property.name(), outcome(one, result)));
        let truncated = one.truncated().map(|truncated| {
            case("search", CaseOutcome::Skipped { why: format!("the search is incomplete: {truncated}") })
        });
        judged.chain(truncated).collect()
    };
    checked.iter().flat_map(of_scenario).collect()
}

fn outcome(checked: &Checked<'_>, result: &PropertyResult) -> CaseOutcome {
    match result.verdict {
        Verdict::Inconclusive => {
            let undecided = checked.undecided(result.property).map(inconclusive::reason);
            let truncated = || checked.truncated().map(|truncated| format!("the search is incomplete: {truncated}"));
            CaseOutcome::Skipped {
                why: undecided.or_else(truncated).unwrap_or_else(|| "the reason is unknown".to_owned()),
            }
        }
        Verdict::Error => CaseOutcome::Error {
            says: "a defect of stranded: no verdict is reliable".to_owned(),
            detail: checked.defect().unwrap_or_default().to_owned(),
        },
        Verdict::Holds | Verdict::Violated | Verdict::Depends | Verdict::Vacuous => {
            if result.is_as_expected() {
                CaseOutcome::Passed
            } else {
                failed(checked, result)
            }
        }
    }
}

fn failed(checked: &Checked<'_>, result: &PropertyResult) -> CaseOutcome {
    let (property, verdict) = (result.property, result.verdict);
    let says = format!("{}/{} is {verdict}, expected {}", checked.spec.name, property.name(), result.expects());
    CaseOutcome::Failed { says, detail: detail(checked, result) }
}

/// Returns the counterexample as a table, or the failures of `coverage`.
fn detail(checked: &Checked<'_>, result: &PropertyResult) -> String {
    let mut lines = vec![checked.spec.says(result.property)];
    if result.property == Property::Coverage {
        lines.extend(checked.coverage_failures().into_iter().map(ToString::to_string));
    }
    let case = result.shown_by.map(|index| &checked.combinations[index]);
    if let Some((case, found)) = case.and_then(|case| Some((case, case.trace(result.property)?))) {
        let answers = trace::answers(&case.world, &checked.varied);
        let with = if answers.is_empty() { String::new() } else { format!(" with {}", trace::listed(&answers)) };
        lines.push(format!("violated after {} steps{with}", found.path.actions.len()));
        let table = TraceTable::of(&case.world, &found).with_rescue(rescue::map(checked.spec, &case.world, &found));
        lines.push(anstream::adapter::strip_str(&counterexample::table_text(&case.world, &table, WIDTH)).to_string());
    }
    lines.join("\n")
}
