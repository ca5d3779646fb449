//! The assumption matrix: every scenario under every combination of the assumptions that it touches, and for every verdict
//! that differs between them, the assumptions whose value alone changes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use stranded_model::assumption::Assumption;

use stranded_search::check::{Checked, Combination};
use stranded_search::property::{Property, Verdict};

use super::trace::{answers, listed};
use stranded_search::lines::wrapped;

/// The matrix of one scenario.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ScenarioMatrix {
    /// The scenario.
    pub name: String,
    /// The verdicts under each combination.
    pub combinations: Vec<CombinationReport>,
    /// The assumptions that alone change a verdict.
    pub flips: Vec<Flip>,
}

/// The verdicts under one combination.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CombinationReport {
    /// The values of the assumptions.
    pub assumptions: BTreeMap<String, String>,
    /// The verdict on each property, by name.
    pub verdicts: BTreeMap<String, String>,
}

/// An assumption whose value alone changes a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Flip {
    /// The property.
    pub property: String,
    /// The assumption.
    pub assumption: String,
    /// The verdicts under each value of the assumption.
    pub verdicts: BTreeMap<String, Vec<String>>,
}

/// Returns the matrix of each check.
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

/// Returns the assumptions whose value alone changes a verdict, with the verdicts under each value.
fn flips_of(checked: &Checked<'_>, index: usize, property: Property) -> Vec<Flip> {
    let flip = |assumption: &Assumption| {
        let mut verdicts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in &checked.combinations {
            let differs = |other: &&Combination| {
                checked.differ_only_in(one, other, *assumption) && one.verdicts[index] != other.verdicts[index]
            };
            if checked.combinations.iter().any(|other| differs(&other)) {
                let under_value = verdicts.entry(one.world.assumptions.value(*assumption).to_owned()).or_default();
                let verdict = one.verdicts[index].name().to_owned();
                if !under_value.contains(&verdict) {
                    under_value.push(verdict);
                }
            }
        }
        Flip { property: property.name().to_owned(), assumption: assumption.name().to_owned(), verdicts }
    };
    checked.deciding(index).iter().map(flip).collect()
}

/// Returns the matrix as text: for each combination the number of properties that hold and the names of the others, and a
/// line for each flip.
#[must_use]
pub fn text(checked: &[Checked<'_>], width: u16) -> String {
    let mut text = String::new();
    for one in checked {
        let matrix = scenario(one);
        let _ = writeln!(text, "{}", matrix.name);
        for (case, combination) in one.combinations.iter().zip(&matrix.combinations) {
            let answers = listed(&combination.assumptions);
            let answers = if answers.is_empty() { "it touches no assumption".to_owned() } else { answers };
            let _ = writeln!(text, "  {}", wrapped(&answers, 2, width));
            let _ = writeln!(text, "      {}", wrapped(&counted(one, case), 6, width));
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

/// Returns the verdicts under one combination: the number of those that hold, and the names of the others.
fn counted(checked: &Checked<'_>, case: &Combination) -> String {
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
