//! The assumption matrix: every scenario under every combination of the assumptions that it touches, and for every verdict
//! that is not the same under all of them, the assumption whose answer flips it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use stranded_model::assumption::Assumption;

use stranded_search::check::{Checked, Combination};
use stranded_search::property::{Property, Verdict};

use super::trace::answers;
use stranded_search::lines::wrapped;

/// One scenario's part of the matrix.
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioMatrix {
    /// The scenario.
    pub name: String,
    /// One row for each combination.
    pub combinations: Vec<CombinationReport>,
    /// Verdicts that are not the same everywhere.
    pub flips: Vec<Flip>,
}

/// The verdicts under one combination.
#[derive(Clone, Debug, Serialize)]
pub struct CombinationReport {
    /// The answers.
    pub assumptions: BTreeMap<String, String>,
    /// The verdict on each property, by name.
    pub verdicts: BTreeMap<String, String>,
}

/// A verdict that changes when one assumption alone is answered differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flip {
    /// The property.
    pub property: String,
    /// The assumption.
    pub assumption: String,
    /// What each answer gives, where it makes the difference.
    pub verdicts: BTreeMap<String, Vec<String>>,
}

/// The matrix of all that was checked.
#[must_use]
pub fn matrix(checked: &[Checked<'_>]) -> Vec<ScenarioMatrix> {
    checked.iter().map(scenario).collect()
}

fn scenario(checked: &Checked<'_>) -> ScenarioMatrix {
    let properties = checked.spec.properties();
    let combination = |case: &Combination| CombinationReport {
        assumptions: answers(&case.world, &checked.varied),
        verdicts: properties
            .iter()
            .zip(&case.verdicts)
            .map(|(property, verdict)| (property.name().to_owned(), verdict.name().to_owned()))
            .collect(),
    };
    let flips = checked.results.iter().enumerate().filter(|(_, judgement)| judgement.verdict == Verdict::Depends);
    ScenarioMatrix {
        name: checked.spec.name.clone(),
        combinations: checked.combinations.iter().map(combination).collect(),
        flips: flips.flat_map(|(index, judgement)| flips_of(checked, index, judgement.property)).collect(),
    }
}

/// The assumptions that change the verdict when they alone are answered differently, with what each answer can give.
fn flips_of(checked: &Checked<'_>, index: usize, property: Property) -> Vec<Flip> {
    let flip = |assumption: &Assumption| {
        let mut verdicts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in &checked.combinations {
            let differs = |other: &&Combination| {
                checked.differ_only_in(one, other, *assumption) && one.verdicts[index] != other.verdicts[index]
            };
            if checked.combinations.iter().any(|other| differs(&other)) {
                let seen = verdicts.entry(one.world.assumptions.value(*assumption).to_owned()).or_default();
                let verdict = one.verdicts[index].name().to_owned();
                if !seen.contains(&verdict) {
                    seen.push(verdict);
                }
            }
        }
        Flip { property: property.name().to_owned(), assumption: assumption.name().to_owned(), verdicts }
    };
    checked.deciding(index).iter().map(flip).collect()
}

/// The matrix as text: a line for each combination that shows the verdicts which are not the expected ones or not the same
/// everywhere, and a line for each flip.
#[must_use]
pub fn text(checked: &[Checked<'_>], width: u16) -> String {
    let mut text = String::new();
    for one in checked {
        let matrix = scenario(one);
        let _ = writeln!(text, "{}", matrix.name);
        for (case, combination) in one.combinations.iter().zip(&matrix.combinations) {
            let answers: Vec<String> =
                combination.assumptions.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answers = if answers.is_empty() { "no assumption is touched".to_owned() } else { answers.join(", ") };
            let _ = writeln!(text, "  {}", wrapped(&answers, 2, width));
            let _ = writeln!(text, "      {}", wrapped(&reported(one, case), 6, width));
        }
        for flip in &matrix.flips {
            let answers: Vec<String> = flip
                .verdicts
                .iter()
                .map(|(answer, verdicts)| format!("{} with {answer}", verdicts.join(" or ")))
                .collect();
            let says = format!("{} flips {}: {}", flip.assumption, flip.property, answers.join(", "));
            let _ = writeln!(text, "  * {}", wrapped(&says, 4, width));
        }
        text.push('\n');
    }
    text
}

/// The verdicts of a case; what holds is only counted.
fn reported(checked: &Checked<'_>, case: &Combination) -> String {
    let properties = checked.spec.properties();
    let verdicts = || properties.iter().zip(&case.verdicts);
    let holding = verdicts().filter(|(_, verdict)| **verdict == Verdict::Holds).count();
    let mut parts = vec![format!("{holding} hold")];
    for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Holds) {
        let names: Vec<&str> =
            verdicts().filter(|(_, other)| **other == verdict).map(|(property, _)| property.name()).collect();
        if !names.is_empty() {
            parts.push(format!("{verdict}: {}", names.join(", ")));
        }
    }
    parts.join("; ")
}
