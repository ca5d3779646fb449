//! The comparison of two procedures or scenarios in JSON.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use stranded_search::check::Trace;
use stranded_search::diff::{Direction, VerdictChange};
use stranded_search::scenario::delivery_name;
use stranded_search::trace_file::TraceFile;

use super::diff::{ComparedWorld, Comparison, NOT_COMPARED, answers, conclusion_name, instead};
use super::trace;

/// The report of `stranded diff OLD NEW`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DiffReport {
    /// The version of the program.
    pub version: String,
    /// The model in which both were compared.
    pub model_hash: String,
    /// The old procedure or scenario, as the command line names it.
    pub old: String,
    /// The new one.
    pub new: String,
    /// `alike`, `different` or `inconclusive`.
    pub conclusion: String,
    /// Each world that was compared: one for two scenarios; for two procedures, one for each start and each arrival of mail.
    pub worlds: Vec<DiffWorld>,
    /// The steps and handlers of two procedures that occur in no world, each after `OLD` or `NEW`.
    pub unreached: Vec<String>,
    /// The parts that no comparison includes.
    pub not_compared: Vec<String>,
    /// The parts that a comparison of procedures left out, each with the flag that tries it.
    pub not_tried: Vec<String>,
}

/// The comparison in one world.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DiffWorld {
    /// The name of the old scenario.
    pub old: String,
    /// The name of the new scenario.
    pub new: String,
    /// The scenario in whose quiescent states two procedures start, or `fresh`; `null` for two scenarios.
    pub from: Option<String>,
    /// The arrival of mail, for two procedures.
    pub delivery: Option<String>,
    /// `alike`, `different` or `inconclusive`.
    pub conclusion: String,
    /// The bound that a search reached, if any.
    pub truncated: Option<String>,
    /// The number of pairs of states that were compared, in both directions and under all combinations of assumptions.
    pub pairs: usize,
    /// The number of combinations of assumptions.
    pub combinations: usize,
    /// The verdicts that changed, newly violated properties first.
    pub verdicts: Vec<DiffVerdict>,
    /// The shortest behaviour that the new side has and the old one lacks.
    pub allowed: Option<DiffBehaviour>,
    /// The shortest behaviour that the old side has and the new one lacks.
    pub forbidden: Option<DiffBehaviour>,
}

/// A verdict that changed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DiffVerdict {
    /// The property.
    pub property: String,
    /// The old verdict.
    pub old: String,
    /// The new verdict.
    pub new: String,
}

/// A behaviour that one side lacks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DiffBehaviour {
    /// The number of its steps. The other side lacks the last step, or the initial state if there is no step.
    pub steps: usize,
    /// The assumptions under which it was found.
    pub assumptions: BTreeMap<String, String>,
    /// Every combination of assumptions under which the other side lacks a behaviour.
    pub under: Vec<BTreeMap<String, String>>,
    /// The steps that the other side can take instead of the last one.
    pub instead: Vec<String>,
    /// The behaviour as a trace that `stranded replay` reads.
    pub trace: TraceFile,
}

/// Returns the report.
#[must_use]
pub fn report(comparison: &Comparison<'_>) -> DiffReport {
    DiffReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model_hash: stranded_search::model_hash(),
        old: comparison.old.to_owned(),
        new: comparison.new.to_owned(),
        conclusion: conclusion_name(comparison.conclusion()).to_owned(),
        worlds: comparison.worlds.iter().map(world).collect(),
        unreached: comparison.unreached().iter().map(|(side, missing)| format!("{side} {}", missing.place())).collect(),
        not_compared: NOT_COMPARED.map(ToOwned::to_owned).to_vec(),
        not_tried: comparison.not_tried.clone(),
    }
}

fn world(compared: &ComparedWorld<'_>) -> DiffWorld {
    let ComparedWorld { trial, diff } = compared;
    DiffWorld {
        old: diff.old.spec.name.clone(),
        new: diff.new.spec.name.clone(),
        from: trial.as_ref().map(|trial| trial.from.clone()),
        delivery: trial.as_ref().map(|trial| delivery_name(trial.delivery).to_owned()),
        conclusion: conclusion_name(diff.conclusion()).to_owned(),
        truncated: diff.truncated().map(|truncated| truncated.to_string()),
        pairs: diff.pairs(),
        combinations: diff.combinations.len(),
        verdicts: diff.verdict_changes().into_iter().map(verdict).collect(),
        allowed: behaviour(compared, Direction::Allowed),
        forbidden: behaviour(compared, Direction::Forbidden),
    }
}

fn verdict(change: VerdictChange) -> DiffVerdict {
    let VerdictChange { property, old, new, .. } = change;
    DiffVerdict { property: property.name().to_owned(), old: old.name().to_owned(), new: new.name().to_owned() }
}

fn behaviour(compared: &ComparedWorld<'_>, direction: Direction) -> Option<DiffBehaviour> {
    let diff = &compared.diff;
    let (case, difference) = diff.shortest(direction)?;
    let (has, lacks) = case.worlds(direction);
    let spec = match direction {
        Direction::Allowed => diff.new.spec,
        Direction::Forbidden => diff.old.spec,
    };
    let path = difference.path.clone();
    let found = Trace { path, after: Vec::new(), repeats_from: None };
    Some(DiffBehaviour {
        steps: found.path.actions.len(),
        assumptions: answers(case.answers, &diff.varied),
        under: diff.under(direction).map(|case| answers(case.answers, &diff.varied)).collect(),
        instead: instead(lacks, difference),
        trace: TraceFile { property: None, ..trace::write(spec, has, &spec.touches(), "", &found) },
    })
}
