//! `stranded diff OLD NEW`: the worlds in which two procedures or scenarios are compared, the report, and the exit code.

use stranded_search::diff::{Conclusion, compare};
use stranded_search::engine::{Limits, SystemMemory};
use stranded_search::scenario::{self, Spec};

use super::check::not_tried::{Ways, not_tried};
use super::check::trial;
use super::output::Forms;
use super::{CommandError, interrupt, output};
use crate::cli::{Diff, TrialArguments};
use crate::exit::Exit;
use crate::report::diff::{ComparedWorld, Comparison, TrialWorld};
use crate::report::not_tried::NotTried;
use crate::report::{diff_json, diff_text};

/// The start of a fresh site, if `--from` is not given.
const FRESH_MOVE: &str = "source:destination";
/// The scenario at the start, if `--from` is not given.
const STRANDED: &str = "stranded";

/// The two sides in one world.
struct Pair {
    trial: Option<TrialWorld>,
    old: Spec,
    new: Spec,
}

impl Pair {
    fn compared(&self, limits: &Limits<'_>) -> ComparedWorld<'_> {
        ComparedWorld { trial: self.trial.clone(), diff: compare(&self.old, &self.new, limits) }
    }
}

pub(super) fn run(arguments: &Diff) -> Result<Exit, CommandError> {
    let Diff { old, new, limits, output: destination, .. } = arguments;
    let memory_max = limits.memory_max().map_err(|reason| CommandError::Usage(reason.to_string()))?;
    let limits = Limits {
        states_max: limits.max_states,
        depth_max: limits.max_depth,
        deadline: limits.deadline(),
        memory_max,
        system_memory: SystemMemory::of_process(),
        interrupted: Some(interrupt::flag()?),
        ..Limits::default()
    };
    let (pairs, not_tried) = pairs(arguments)?;
    let worlds = pairs.iter().map(|pair| pair.compared(&limits)).collect();
    let comparison = Comparison { old, new, worlds, not_tried };
    let text = |width| diff_text::report(&comparison, width);
    let json = || output::json(&diff_json::report(&comparison));
    let printed = output::publish(destination, &Forms { text: &text, json: &json, cases: None });
    Ok(printed.max(exit(&comparison)))
}

fn exit(comparison: &Comparison<'_>) -> Exit {
    if comparison.worlds.iter().any(|world| world.diff.defect().is_some()) {
        return Exit::Defect;
    }
    match comparison.conclusion() {
        Conclusion::Alike => Exit::AsExpected,
        Conclusion::Inconclusive => Exit::Inconclusive,
        Conclusion::Different => Exit::NotAsExpected,
    }
}

/// Returns the two sides in each world, and the parts that a comparison of procedures leaves out.
fn pairs(arguments: &Diff) -> Result<(Vec<Pair>, Vec<String>), CommandError> {
    let Diff { old, new, from, trial, .. } = arguments;
    let (one, other) = (scenario::meanings(old)?, scenario::meanings(new)?);
    if one.procedure && other.procedure {
        let starts = match from {
            Some(from) => vec![(from.as_str(), trial.clone())],
            None => {
                let fresh = TrialArguments { between: Some(FRESH_MOVE.to_owned()), ..trial.clone() };
                vec![(trial::FRESH, fresh), (STRANDED, trial.clone())]
            }
        };
        let mut pairs = Vec::new();
        for (from, trial) in starts {
            pairs.extend(trials(old, new, from, &trial)?);
        }
        let specs: Vec<&Spec> = pairs.iter().map(|pair| &pair.new).collect();
        let left_out = not_tried(&specs, Ways::Flags).iter().flat_map(NotTried::entries).collect();
        return Ok((pairs, left_out));
    }
    if !(one.scenario && other.scenario) {
        let kind = |is_scenario: bool| if is_scenario { "a scenario" } else { "a procedure" };
        let (one, other) = (kind(one.scenario), kind(other.scenario));
        let reason = format!("{old} is {one} and {new} is {other}: compare two procedures or two scenarios");
        return Err(CommandError::Usage(reason));
    }
    if let Some(from) = from {
        let reason =
            format!("--from {from} needs two procedures; {old} and {new} are scenarios, with a start of their own");
        return Err(CommandError::Usage(reason));
    }
    let pair = Pair { trial: None, old: scenario::load_scenario(old)?, new: scenario::load_scenario(new)? };
    Ok((vec![pair], Vec::new()))
}

/// Returns two procedures from one start, under each kind of delivery.
fn trials(old: &str, new: &str, from: &str, trial: &TrialArguments) -> Result<Vec<Pair>, CommandError> {
    let side = |procedure: &str| trial::specs(&[procedure.to_owned()], trial, from);
    let pair = |(old, new): (Spec, Spec)| {
        let delivery = old.scenario.environment.delivery;
        Pair { trial: Some(TrialWorld { from: from.to_owned(), delivery }), old, new }
    };
    Ok(side(old)?.into_iter().zip(side(new)?).map(pair).collect())
}
