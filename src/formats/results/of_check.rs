//! The cases of checks: one for each property of each scenario. This file repeats verdicts and decides nothing.

use std::collections::BTreeMap;

use stranded_oracle::sentence::{self, Mood};
use stranded_search::check::{Checked, Combination, PropertyResult, Trace};
use stranded_search::property::{Property, Verdict};

use crate::formats::trace::{NarratedTrace, markdown, mermaid};
use crate::report::table::TraceTable;
use crate::report::text::{WIDTH, unreached};
use crate::report::{counterexample, inconclusive, trace};

use super::{Case, CaseOutcome, Counterexample, GuiltyStep, Location};

/// The files of the command line, by the names of what they define.
#[derive(Clone, Debug, Default)]
pub struct SourceFiles {
    /// The files of scenarios.
    pub scenarios: BTreeMap<String, String>,
    /// The files of procedures that are checked without a scenario of the user.
    pub procedures: BTreeMap<String, String>,
}

/// Returns the cases of some checks. A single scenario shows every counterexample, also an expected one.
#[must_use]
pub fn of_check(checked: &[Checked<'_>], files: &SourceFiles) -> Vec<Case> {
    checked.iter().flat_map(|one| of_scenario(one, files, checked.len() == 1)).collect()
}

/// A counterexample with its table. Properties that the same trace violates share it.
struct Shown<'a> {
    combination: &'a Combination,
    trace: Trace,
    table: TraceTable,
}

fn of_scenario(one: &Checked<'_>, files: &SourceFiles, shows_expected: bool) -> Vec<Case> {
    let truncated = one.truncated().map(|truncated| format!("the search is incomplete: {truncated}"));
    let truncated = truncated.or_else(|| one.not_exercised().map(str::to_owned));
    let count = one.results.len() + usize::from(truncated.is_some());
    let time = one.elapsed / u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    let file = files.scenarios.get(&one.spec.name);
    let case = |name: &str, verdict: Verdict, outcome: CaseOutcome, line: Option<u32>| Case {
        time,
        location: file.map(|file| Location { file: file.clone(), line: line.map(|line| line as usize) }),
        ..Case::alone(&one.spec.name, name, verdict.name(), outcome)
    };
    let mut known: Vec<Shown<'_>> = Vec::new();
    let mut cases = Vec::new();
    for result in &one.results {
        let is_shown = shows_expected || !result.is_as_expected();
        let shown = if is_shown { shown(one, result, &mut known) } else { None };
        let line = one.spec.expectation_line(result.property);
        let case = case(result.property.name(), result.verdict, outcome(one, result, shown), line);
        cases.push(Case {
            step: match shown {
                Some(shown) => guilty(one, shown, files),
                None => missing(one, result, files),
            },
            counterexample: shown.map(|shown| counterexample_of(one, result.property, shown)),
            ..case
        });
    }
    cases.extend(truncated.map(|why| case("search", Verdict::Inconclusive, CaseOutcome::Inconclusive { why }, None)));
    cases
}

/// Returns the shortest counterexample to a property, if there is one.
fn shown<'k, 'a>(
    checked: &'a Checked<'_>,
    result: &PropertyResult,
    known: &'k mut Vec<Shown<'a>>,
) -> Option<&'k Shown<'a>> {
    let combination = &checked.combinations[result.shown_by?];
    let trace = combination.trace(result.property)?;
    let is_same = |one: &Shown<'_>| std::ptr::eq(one.combination, combination) && one.trace == trace;
    let index = known.iter().position(is_same).unwrap_or_else(|| {
        let world = &combination.world;
        let table = TraceTable::rescued(checked.spec, world, &trace);
        known.push(Shown { combination, trace, table });
        known.len() - 1
    });
    known.get(index)
}

fn outcome(checked: &Checked<'_>, result: &PropertyResult, shown: Option<&Shown<'_>>) -> CaseOutcome {
    match result.verdict {
        Verdict::Inconclusive => {
            let undecided = checked.undecided(result.property).map(inconclusive::reason);
            let truncated = || checked.truncated().map(|truncated| format!("the search is incomplete: {truncated}"));
            CaseOutcome::Inconclusive {
                why: undecided.or_else(truncated).unwrap_or_else(|| "the reason is unknown".to_owned()),
            }
        }
        Verdict::Error => CaseOutcome::Error {
            says: "a defect of stranded: no verdict is reliable".to_owned(),
            detail: checked.defect().unwrap_or_default().to_owned(),
        },
        Verdict::Holds | Verdict::Violated | Verdict::Depends | Verdict::Vacuous => {
            if result.is_as_expected() {
                return CaseOutcome::Passed;
            }
            let (name, verdict) = (result.property.name(), result.verdict);
            let says = format!("{}/{name} is {verdict}, expected {}", checked.spec.name, result.expects());
            CaseOutcome::Failed { says, detail: detail(checked, result, shown) }
        }
    }
}

/// Returns the counterexample as a table, or the failures of `coverage`.
fn detail(checked: &Checked<'_>, result: &PropertyResult, shown: Option<&Shown<'_>>) -> String {
    let mut lines = vec![checked.spec.says(result.property)];
    if result.property == Property::Coverage {
        lines.extend(checked.coverage_failures().into_iter().map(ToString::to_string));
        lines.extend(unreached(checked));
    }
    if let Some(Shown { combination, trace: found, table }) = shown {
        let world = &combination.world;
        let answers = trace::answers(world, &checked.varied);
        let with = if answers.is_empty() { String::new() } else { format!(" with {}", trace::listed(&answers)) };
        lines.push(format!("violated after {} steps{with}", found.path.actions.len()));
        lines.push(anstream::adapter::strip_str(&counterexample::table_text(world, table, WIDTH)).to_string());
    }
    lines.join("\n")
}

/// Returns a counterexample for readers of Markdown.
fn counterexample_of(checked: &Checked<'_>, property: Property, shown: &Shown<'_>) -> Counterexample {
    let Shown { combination, table, .. } = shown;
    let (spec, world, own) = (checked.spec, &combination.world, table.rows.len());
    let narrated = NarratedTrace { spec, world, table, property: Some(property.name()), own };
    // The properties that one trace violates share its diagram, so its title names none of them.
    let untitled = NarratedTrace { property: None, ..narrated };
    Counterexample { steps: markdown::steps(&narrated), diagram: mermaid::mermaid(&untitled) }
}

/// Returns the step that violates the property: the last of the counterexample, if a program executes it.
fn guilty(checked: &Checked<'_>, shown: &Shown<'_>, files: &SourceFiles) -> Option<GuiltyStep> {
    let (world, path) = (&shown.combination.world, &shown.trace.path);
    let action = path.actions.last()?;
    let states = path.states(world);
    let before = states.get(states.len().checked_sub(2)?)?;
    let occurrence = world.occur(before, action).ok()?;
    let (procedure, step) = occurrence.step?.in_procedure(world);
    let actor = sentence::actor(world, action);
    let says = sentence::says(world, before, action, Mood::Happened(&occurrence));
    Some(GuiltyStep {
        cause: format!("{}:{}", procedure.name, step.line),
        says: format!("{actor} {says}"),
        location: procedure_file(checked, &procedure.name, files)
            .map(|file| Location { file, line: Some(step.line as usize) }),
    })
}

/// Returns the first step that breaks `coverage`, because it never occurs or must not.
fn missing(checked: &Checked<'_>, result: &PropertyResult, files: &SourceFiles) -> Option<GuiltyStep> {
    if result.property != Property::Coverage || result.is_as_expected() {
        return None;
    }
    let failures = checked.coverage_failures();
    let (failure, line) = failures.iter().find_map(|failure| Some((failure, failure.line?)))?;
    let procedure = failure.name.split('/').next()?;
    Some(GuiltyStep {
        cause: format!("coverage of {procedure}:{line}"),
        says: failure.to_string(),
        location: procedure_file(checked, procedure, files).map(|file| Location { file, line: Some(line as usize) }),
    })
}

/// Returns the file of a procedure, if it is one of the user.
fn procedure_file(checked: &Checked<'_>, procedure: &str, files: &SourceFiles) -> Option<String> {
    if let Some(file) = files.procedures.get(procedure) {
        return Some(file.clone());
    }
    checked.spec.procedure_file(files.scenarios.get(&checked.spec.name)?, procedure)
}
