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
    /// The values of other assumptions under which it does, a set of values in each entry; empty if it always does.
    #[serde(rename = "if")]
    pub under: Vec<BTreeMap<String, String>>,
    /// The verdict under each value of the assumption.
    pub verdicts: BTreeMap<String, String>,
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

/// Returns the assumptions whose value alone changes a verdict: the verdict under each value, and the values of the others that decide under
/// which it does.
fn flips_of(checked: &Checked<'_>, index: usize, property: Property) -> Vec<Flip> {
    let deciding = checked.deciding(index);
    let flips = deciding.iter().flat_map(|assumption| {
        let others: Vec<Assumption> = deciding.iter().copied().filter(|other| other != assumption).collect();
        // The verdict depends on nothing but the assumptions that decide.
        let mut contexts: BTreeMap<BTreeMap<String, String>, BTreeMap<String, String>> = BTreeMap::new();
        for one in &checked.combinations {
            let verdicts = contexts.entry(answers(&one.world, &others)).or_default();
            let value = one.world.assumptions.value(*assumption).to_owned();
            verdicts.insert(value, one.verdicts[index].name().to_owned());
        }
        let mut flips: Vec<Flip> = Vec::new();
        let count = contexts.len();
        for (under, verdicts) in contexts {
            let (mut all, first) = (verdicts.values(), verdicts.values().next());
            if all.all(|verdict| Some(verdict) == first) {
                continue;
            }
            match flips.iter_mut().find(|flip| flip.verdicts == verdicts) {
                Some(flip) => flip.under.push(under),
                None => flips.push(Flip {
                    property: property.name().to_owned(),
                    assumption: assumption.name().to_owned(),
                    under: vec![under],
                    verdicts,
                }),
            }
        }
        flips.iter_mut().filter(|flip| flip.under.len() == count).for_each(|flip| flip.under.clear());
        flips
    });
    flips.collect()
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
            let answers: Vec<String> =
                flip.verdicts.iter().map(|(answer, verdict)| format!("{verdict} with {answer}")).collect();
            let under: Vec<String> = flip.under.iter().map(listed).collect();
            let under = if under.is_empty() { String::new() } else { format!(" if {}", under.join(" or if ")) };
            let says = format!("{} flips {}{under}: {}", flip.assumption, flip.property, answers.join(", "));
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
