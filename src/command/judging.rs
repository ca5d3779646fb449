//! Judging of implementations, for `validate` and its neighbours: options of the oracle, output and exit code of a judgement.

use std::borrow::Cow;
use std::time::Duration;

use stranded_model::World;
use stranded_model::action::ActionKind;
use stranded_model::assumption::Assumptions;

use crate::cli::{JudgeOptions, MISSING_ALL, Output};
use crate::exit::Exit;
use crate::formats::results as formats;
use crate::report::judgement;
use stranded_oracle::adapter;
use stranded_oracle::judged;
use stranded_oracle::judged::Judged;
use stranded_oracle::oracle::{CaseVerdict, Judgement, OracleOptions, SPONTANEOUS};
use stranded_oracle::protocol::{Event, RUN};
use stranded_search::scenario::{self, Family, Spec};

use super::output::Forms;
use super::{CommandError, output};

/// Options of the oracle, from the command line.
pub(super) fn options(arguments: &JudgeOptions) -> OracleOptions {
    OracleOptions {
        unseen: kinds(&arguments.missing),
        explanations_max: arguments.max_explanations,
        safety_only: arguments.safety,
        // The expectations of a scenario hold for its own procedures only.
        keeps_expectations: arguments.implements.is_none() && !arguments.safety,
        ..OracleOptions::default()
    }
}

/// Kinds of actions by their names.
pub(super) fn kinds(names: &[String]) -> Vec<ActionKind> {
    let is_named = |kind: &ActionKind| names.iter().any(|name| name == kind.name() || name == MISSING_ALL);
    ActionKind::ALL.into_iter().filter(is_named).collect()
}

/// The scenario with this procedure in the place of the procedures that it runs.
pub(super) fn implemented(spec: &Spec, procedure: Option<&str>) -> Result<Spec, CommandError> {
    match procedure {
        None => Ok(spec.clone()),
        Some(name) => scenario::with_procedure(spec, name).map_err(CommandError::Usage),
    }
}

/// The event with this procedure in the place of the procedures of the scenario.
pub(super) fn renamed<'e>(event: &'e Event, from: &Spec, procedure: Option<&str>) -> Cow<'e, Event> {
    match procedure {
        None => Cow::Borrowed(event),
        Some(name) => Cow::Owned(adapter::renamed(event.clone(), from, name)),
    }
}

/// Prints a judgement that took this time, in the formats of the arguments, with more text for people below it.
pub(super) fn print(judged: &Judged<'_>, more: &dyn Fn(u16) -> String, time: Duration, to: &Output) -> Exit {
    let text = |width| judgement::text(judged, width) + &more(width);
    let json = || output::json(&judged::report(judged));
    let cases = || formats::of_judgement(judged, time);
    let notes: Vec<formats::Note> = judged.missing().into_iter().map(formats::Note::of).collect();
    output::publish_with_notes(to, &Forms { text: &text, json: &json, cases: Some(&cases) }, &notes)
}

/// Returns the exit code of a judgement.
pub(super) fn exit(found: &Judgement) -> Exit {
    match found.verdict {
        CaseVerdict::Conforming | CaseVerdict::Refused => Exit::AsExpected,
        CaseVerdict::Inconclusive => Exit::Inconclusive,
        CaseVerdict::Nonconforming
        | CaseVerdict::Bounced
        | CaseVerdict::FalseSuccess
        | CaseVerdict::Duplicate
        | CaseVerdict::Changed
        | CaseVerdict::Unreachable
        | CaseVerdict::Loss => Exit::NotAsExpected,
    }
}

/// Returns the kinds of action of a scenario that a log does not have, except those that can happen unseen; and runs, if it has none.
pub(super) fn not_exercised(spec: &Spec, found: &Judgement) -> Vec<String> {
    let occurred = |name: &str| found.exercise.asked.contains(name);
    let world = World::new(&spec.scenario, Assumptions::default());
    let kinds = world.kinds().into_iter().filter(|kind| !kind.is_of_program() && !SPONTANEOUS.contains(kind));
    let kinds = kinds.map(ActionKind::name).filter(|name| !occurred(name)).map(ToOwned::to_owned);
    let has_runs = [RUN, ActionKind::Start.name()].into_iter().any(occurred);
    kinds.filter(|name| name != ActionKind::Start.name()).chain((!has_runs).then(|| RUN.to_owned())).collect()
}

/// Loads one scenario. A family is refused, because it names several.
pub(super) fn one(name: &str) -> Result<Spec, CommandError> {
    let family = Family::ALL.into_iter().find(|family| family.name() == name);
    if let Some(family) = family {
        let all = scenario::select(&[name.to_owned()])?;
        let names: Vec<&str> = all.iter().map(|spec| spec.name.as_str()).collect();
        let reason =
            format!("expected one scenario; `{}` is a family of {}: {}", family.name(), names.len(), names.join(", "));
        return Err(CommandError::Usage(reason));
    }
    Ok(scenario::load_scenario(name)?)
}
