//! A report compared with an earlier one: changed verdicts, lengths of traces, numbers of states and
//! extents, and scenarios that are new or gone.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use stranded_search::lines::wrapped;
use stranded_search::property::Verdict;

use super::extent::{ExtentChange, ExtentReport};
use super::json;

/// An earlier report of `check --format json`, as far as it is compared. A report of another version may have other keys.
#[derive(Clone, Debug, Deserialize)]
pub struct Baseline {
    model_hash: String,
    scenarios: Vec<BaselineScenario>,
}

#[derive(Clone, Debug, Deserialize)]
struct BaselineScenario {
    name: String,
    states: usize,
    /// None in a report of an earlier version.
    extent: Option<ExtentReport>,
    properties: Vec<BaselineProperty>,
}

#[derive(Clone, Debug, Deserialize)]
struct BaselineProperty {
    name: String,
    verdict: String,
    trace: Option<BaselineTrace>,
}

#[derive(Clone, Debug, Deserialize)]
struct BaselineTrace {
    steps: Vec<Value>,
}

/// The changes since an earlier report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineReport {
    /// The hash of the model of the earlier report, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_model: Option<String>,
    /// The scenarios that the earlier report does not have.
    pub new: Vec<String>,
    /// The scenarios that only the earlier report has.
    pub gone: Vec<String>,
    /// The verdicts that changed.
    pub verdicts: Vec<VerdictChange>,
    /// The shortest counterexamples whose length changed.
    pub traces: Vec<NumberChange>,
    /// The numbers of states that changed.
    pub states: Vec<NumberChange>,
    /// The parts of scenarios that allow less than before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub narrower: Vec<ExtentChange>,
}

/// A verdict that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictChange {
    /// The scenario.
    pub scenario: String,
    /// The property.
    pub property: String,
    /// The verdict of the earlier report; null if it does not have the property.
    pub before: Option<String>,
    /// The verdict now; null if the property is not judged any more.
    pub now: Option<String>,
    /// True if the change is for the worse, or the property is not judged any more.
    pub worse: bool,
}

impl VerdictChange {
    /// Returns the change in one sentence.
    fn says(&self) -> String {
        let Self { scenario, property, before, now, .. } = self;
        let word = |verdict: &Option<String>| verdict.clone().unwrap_or_else(|| "not judged".to_owned());
        format!("{scenario}/{property} was {}, is {}", word(before), word(now))
    }
}

/// A number that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NumberChange {
    /// The scenario, or SCENARIO/PROPERTY.
    pub of: String,
    /// The number of the earlier report.
    pub before: usize,
    /// The number now.
    pub now: usize,
}

/// Returns the rank of a verdict from good to bad; `None` for one that is no result.
fn rank(name: &str) -> Option<usize> {
    let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.name() == name)?;
    [Verdict::Holds, Verdict::Vacuous, Verdict::Depends, Verdict::Violated].iter().position(|one| *one == verdict)
}

impl BaselineReport {
    /// Compares a report with an earlier one.
    #[must_use]
    pub fn of(before: &Baseline, now: &json::Report) -> Self {
        let other_model = Some(before.model_hash.clone()).filter(|hash| *hash != now.model_hash);
        let mut changes = Self { other_model, ..Self::default() };
        for one in &now.scenarios {
            match before.scenarios.iter().find(|other| other.name == one.name) {
                None => changes.new.push(one.name.clone()),
                Some(old) => changes.compare(old, one),
            }
        }
        let is_gone = |old: &&BaselineScenario| now.scenarios.iter().all(|one| one.name != old.name);
        changes.gone = before.scenarios.iter().filter(is_gone).map(|old| old.name.clone()).collect();
        changes
    }

    fn compare(&mut self, before: &BaselineScenario, now: &json::ScenarioReport) {
        let scenario = &now.name;
        if before.states != now.states {
            self.states.push(NumberChange { of: scenario.clone(), before: before.states, now: now.states });
        }
        if let (Some(old), Some(extent)) = (&before.extent, &now.extent) {
            self.narrower.extend(extent.narrower_than(old, scenario));
        }
        for property in &now.properties {
            let old = before.properties.iter().find(|old| old.name == property.name);
            self.verdict(scenario, &property.name, old.map(|old| old.verdict.as_str()), Some(&property.verdict));
            let lengths = (old.and_then(|old| old.trace.as_ref()), &property.trace);
            if let (Some(old), Some(trace)) = lengths
                && old.steps.len() != trace.steps.len()
            {
                let of = format!("{scenario}/{}", property.name);
                self.traces.push(NumberChange { of, before: old.steps.len(), now: trace.steps.len() });
            }
        }
        for old in &before.properties {
            if now.properties.iter().all(|property| property.name != old.name) {
                self.verdict(scenario, &old.name, Some(&old.verdict), None);
            }
        }
    }

    fn verdict(&mut self, scenario: &str, property: &str, before: Option<&str>, now: Option<&str>) {
        if before == now {
            return;
        }
        let ranks = (before.and_then(rank), now.and_then(rank));
        self.verdicts.push(VerdictChange {
            scenario: scenario.to_owned(),
            property: property.to_owned(),
            before: before.map(str::to_owned),
            now: now.map(str::to_owned),
            worse: match ranks {
                (Some(before), Some(now)) => now > before,
                (Some(_), None) => now.is_none(),
                (None, _) => false,
            },
        });
    }

    /// Returns true if some verdict changed for the worse, or a scenario is gone.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        !self.losses().is_empty()
    }

    /// Returns the name and a sentence for each verdict that changed for the worse or is gone, and for each scenario that is gone.
    #[must_use]
    pub fn losses(&self) -> Vec<(String, String)> {
        let worse = self.verdicts.iter().filter(|change| change.worse);
        let worse = worse.map(|change| (format!("{}/{}", change.scenario, change.property), change.says()));
        let gone = self.gone.iter().map(|name| (name.clone(), format!("{name} is not checked any more")));
        worse.chain(gone).collect()
    }

    /// Returns the changes as text; `name` is the file of the earlier report.
    #[must_use]
    pub fn text(&self, name: &str, width: u16) -> String {
        let mut lines = Vec::new();
        lines.extend(self.other_model.as_ref().map(|hash| format!("the model differs: its hash was {hash}")));
        for change in &self.verdicts {
            let worse = if change.worse { "worse: " } else { "" };
            lines.push(format!("{worse}{}", change.says()));
        }
        for NumberChange { of, before, now } in &self.traces {
            let word = if now < before { "shorter" } else { "longer" };
            lines.push(format!("{word} trace: {of} had {before} steps, has {now}"));
        }
        lines.extend(
            self.states.iter().map(|NumberChange { of, before, now }| format!("states: {of} had {before}, has {now}")),
        );
        lines.extend(self.narrower.iter().map(ExtentChange::says));
        for (title, names) in [("new", &self.new), ("worse: gone", &self.gone)] {
            lines.extend((!names.is_empty()).then(|| format!("{title}: {}", names.join(", "))));
        }
        if lines.is_empty() {
            return format!("compared with {name}: nothing changed\n");
        }
        let mut text = format!("compared with {name}:\n");
        for line in lines {
            let _ = writeln!(text, "  {}", wrapped(&line, 4, width));
        }
        text
    }
}
