//! The report of a check in JSON.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use stranded_search::check::{Checked, Combination, PropertyResult, Undecided};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Number, Numbers};

use super::baseline::BaselineReport;
use super::extent::ExtentReport;
use super::inconclusive;
use super::trace;
use stranded_search::trace_file::TraceFile;

/// The report of one invocation of `stranded check`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of the program.
    pub version: String,
    /// The model that was checked.
    pub model_hash: String,
    /// Every scenario, in the order of the command line.
    pub scenarios: Vec<ScenarioReport>,
    /// The parts that a check of procedures left out, each with the flag that tries it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_tried: Vec<String>,
    /// The files that a folder or a pattern contains and that were not checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_checked: Vec<NotCheckedFile>,
    /// The folders and patterns that contain nothing to check.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nothing_to_check_in: Vec<String>,
    /// The changes since the report of `--baseline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineReport>,
}

/// A file that was not checked.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NotCheckedFile {
    /// The file.
    pub file: String,
    /// The reason.
    pub reason: String,
}

/// The report on one scenario.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioReport {
    /// Its name.
    pub name: String,
    /// The family that its verdicts belong to.
    pub family: String,
    /// True if all of it was searched.
    pub complete: bool,
    /// The bound that the search reached, if it is not complete.
    pub truncated: Option<String>,
    /// Distinct states over all combinations of assumptions.
    pub states: usize,
    /// The states that were expanded, if one represents all permutations of mailboxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representatives: Option<usize>,
    /// The depth of the deepest search, in actions.
    pub depth: usize,
    /// The time that the search took.
    pub seconds: f64,
    /// The engine.
    pub engine: String,
    /// The numbers of the site that are `any`: `messages`, `mailboxes`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<String>,
    /// The extent of the scenario; absent in a report of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent: Option<ExtentReport>,
    /// The verdict on every property.
    pub properties: Vec<PropertyReport>,
}

/// The report on one property.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PropertyReport {
    /// Its name.
    pub name: String,
    /// The verdict.
    pub verdict: String,
    /// The verdict that the scenario expects; null if it does not name the property, which may then hold or be vacuous.
    pub expected: Option<String>,
    /// True if the verdict is as expected.
    pub as_expected: bool,
    /// The assumptions under which the trace was found.
    pub assumptions: BTreeMap<String, String>,
    /// The verdict under each combination of assumptions, if it depends on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub combinations: Vec<CombinationVerdict>,
    /// The points that never occurred, and those under `never` that occurred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coverage_failures: Vec<String>,
    /// The reason why the property is inconclusive although the search is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inconclusive: Option<InconclusiveReport>,
    /// The shortest counterexample.
    pub trace: Option<TraceFile>,
    /// Counterexamples with other causes, each the shortest with its cause (`--counterexamples`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_traces: Vec<TraceFile>,
    /// With `--counterexamples`: true if there is no counterexample with yet another cause under the same
    /// assumptions, false if that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_causes: Option<bool>,
}

/// The reason why a property is inconclusive although the search is complete.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InconclusiveReport {
    /// The reason.
    pub reason: String,
    /// The steps to a violation in the counter abstraction that a search with few messages did not find.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

/// The verdict under one combination of assumptions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CombinationVerdict {
    /// The values of the assumptions.
    pub assumptions: BTreeMap<String, String>,
    /// The verdict.
    pub verdict: String,
}

/// Returns the report on all checks.
#[must_use]
pub fn report(checked: &[Checked<'_>]) -> Report {
    Report {
        not_tried: Vec::new(),
        not_checked: Vec::new(),
        nothing_to_check_in: Vec::new(),
        baseline: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model_hash: stranded_search::model_hash(),
        scenarios: checked.iter().map(scenario).collect(),
    }
}

fn scenario(checked: &Checked<'_>) -> ScenarioReport {
    ScenarioReport {
        name: checked.spec.name.clone(),
        family: checked.spec.family.name().to_owned(),
        complete: checked.is_complete(),
        truncated: checked.truncated().map(|truncated| truncated.to_string()),
        states: checked.states(),
        representatives: Some(checked.representatives()).filter(|count| *count != checked.states()),
        depth: checked.depth(),
        seconds: checked.elapsed.as_secs_f64(),
        engine: checked.engine.name().to_owned(),
        any: any(checked.spec.numbers),
        extent: Some(ExtentReport::of(checked.spec)),
        properties: checked.results.iter().map(|result| property(checked, result)).collect(),
    }
}

fn property(checked: &Checked<'_>, result: &PropertyResult) -> PropertyReport {
    let shown_by = result.shown_by.map(|index| &checked.combinations[index]);
    let touched = checked.spec.touches();
    let name = result.property.name();
    let trace = |case: &Combination| {
        let trace = case.trace(result.property)?;
        Some(trace::write(checked.spec, &case.world, &touched, name, &trace))
    };
    PropertyReport {
        name: name.to_owned(),
        verdict: result.verdict.name().to_owned(),
        expected: result.expected.map(|verdict| verdict.name().to_owned()),
        as_expected: result.is_as_expected(),
        assumptions: shown_by.map(|case| trace::answers(&case.world, &touched)).unwrap_or_default(),
        combinations: if result.verdict == Verdict::Depends {
            combinations(checked, result.property)
        } else {
            Vec::new()
        },
        coverage_failures: match result.property {
            Property::Coverage => checked.coverage_failures().into_iter().map(ToString::to_string).collect(),
            Property::Safety(_) | Property::Own(_) | Property::Liveness(_) => Vec::new(),
        },
        inconclusive: checked
            .undecided(result.property)
            .filter(|_| result.verdict == Verdict::Inconclusive)
            .map(inconclusive),
        trace: shown_by.and_then(trace),
        further_traces: Vec::new(),
        all_causes: None,
    }
}

fn any(numbers: Numbers) -> Vec<String> {
    let named = [("messages", numbers.messages), ("mailboxes", numbers.mailboxes)];
    named.into_iter().filter(|(_, number)| *number == Number::Any).map(|(name, _)| name.to_owned()).collect()
}

fn inconclusive(undecided: &Undecided) -> InconclusiveReport {
    InconclusiveReport { reason: inconclusive::reason(undecided), steps: inconclusive::steps(undecided) }
}

fn combinations(checked: &Checked<'_>, property: Property) -> Vec<CombinationVerdict> {
    let index = checked
        .spec
        .properties()
        .into_iter()
        .position(|one| one == property)
        .expect("only checked properties are reported");
    let case = |case: &Combination| CombinationVerdict {
        assumptions: trace::answers(&case.world, &checked.varied),
        verdict: case.verdicts[index].name().to_owned(),
    };
    checked.combinations.iter().map(case).collect()
}
