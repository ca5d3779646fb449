//! What a check found, as cases: one for each property of each scenario. It repeats verdicts and decides nothing.

use std::collections::BTreeMap;

use crate::report::story::Story;
use crate::report::text::{self, WIDTH};
use crate::report::{inconclusive, trace};
use stranded_search::check::{Checked, PropertyResult};
use stranded_search::property::{Property, Verdict};
use stranded_search::rescue;

use super::{Case, Outcome};

/// The cases of some checks; of scenarios that came from a file, the file by the scenario's name.
#[must_use]
pub fn of_check(checked: &[Checked<'_>], files: &BTreeMap<String, String>) -> Vec<Case> {
    let of_scenario = |one: &Checked<'_>| -> Vec<Case> {
        let suite = &one.spec.name;
        let case = |name: &str, outcome: Outcome| Case {
            suite: suite.clone(),
            name: name.to_owned(),
            outcome,
            file: files.get(suite).cloned(),
            line: None,
        };
        let judged = one.results.iter().map(|judgement| case(judgement.property.name(), outcome(one, judgement)));
        let truncated = one
            .truncated()
            .map(|truncated| case("search", Outcome::Skipped { why: format!("not all was searched: {truncated}") }));
        judged.chain(truncated).collect()
    };
    checked.iter().flat_map(of_scenario).collect()
}

fn outcome(checked: &Checked<'_>, judgement: &PropertyResult) -> Outcome {
    match judgement.verdict {
        Verdict::Inconclusive => {
            let undecided = checked.undecided(judgement.property).map(inconclusive::reason);
            let truncated = || checked.truncated().map(|truncated| format!("not all was searched: {truncated}"));
            Outcome::Skipped { why: undecided.or_else(truncated).unwrap_or_else(|| "it could not be told".to_owned()) }
        }
        Verdict::Error => Outcome::Error {
            says: "a defect of stranded; no verdict is to be believed".to_owned(),
            detail: checked.defect().unwrap_or_default().to_owned(),
        },
        Verdict::Holds | Verdict::Violated | Verdict::Depends | Verdict::Vacuous => {
            if judgement.is_as_expected() {
                Outcome::Passed
            } else {
                failed(checked, judgement)
            }
        }
    }
}

fn failed(checked: &Checked<'_>, judgement: &PropertyResult) -> Outcome {
    let (property, verdict, expected) = (judgement.property, judgement.verdict, judgement.expected);
    let says = format!("{}/{} is {verdict}, expected {expected}", checked.spec.name, property.name());
    Outcome::Failed { says, detail: reported(checked, judgement) }
}

/// The counterexample as a table, or what breaks `coverage`.
fn reported(checked: &Checked<'_>, judgement: &PropertyResult) -> String {
    let mut lines = vec![judgement.property.says().to_owned()];
    if judgement.property == Property::Coverage {
        lines.extend(checked.coverage_failures().into_iter().map(ToString::to_string));
    }
    let case = judgement.shown_by.map(|index| &checked.combinations[index]);
    if let Some((case, found)) = case.and_then(|case| Some((case, case.trace(judgement.property)?))) {
        let answers = trace::answers(&case.world, &checked.varied);
        let answers: Vec<String> = answers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        lines.push(format!("shown in {} steps {}", found.path.actions.len(), answers.join(", ")).trim_end().to_owned());
        let story = Story::of(&case.world, &found).with_rescue(rescue::map(checked.spec, &case.world, &found));
        lines.push(anstream::adapter::strip_str(&text::table(&case.world, &story, WIDTH)).to_string());
    }
    lines.join("\n")
}
