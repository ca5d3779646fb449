//! What `validate` and its neighbours have in common: how an implementation is judged, how the judgement is printed, and how
//! the program ends with it.

use std::borrow::Cow;

use stranded_model::action::ActionKind;

use crate::cli::{Judging, MISSING_ALL, Output, Shape};
use crate::exit::Exit;
use crate::formats::results as formats;
use crate::report::judgement;
use stranded_oracle::adapter;
use stranded_oracle::judged;
use stranded_oracle::judged::Judged;
use stranded_oracle::oracle::{CaseVerdict, Conformance, Judgement, OracleOptions, Safe};
use stranded_oracle::protocol::Event;
use stranded_search::scenario::{self, Family, Spec};

use super::{Failure, output};

/// How to judge, as the command line has it.
pub(super) fn options(arguments: &Judging) -> OracleOptions {
    OracleOptions {
        unseen: kinds(&arguments.missing),
        explanations_max: arguments.max_beliefs,
        safety_only: arguments.safety,
        // What the scenario expects, it expects of its own procedures.
        keeps_expectations: arguments.implements.is_none() && !arguments.safety,
    }
}

/// The kinds of action that are named.
pub(super) fn kinds(names: &[String]) -> Vec<ActionKind> {
    let is_named = |kind: &ActionKind| names.iter().any(|name| name == kind.name() || name == MISSING_ALL);
    ActionKind::ALL.into_iter().filter(is_named).collect()
}

/// The scenario as the procedure has it that is named, whatever the scenario says is run.
pub(super) fn implemented(spec: &Spec, procedure: Option<&str>) -> Result<Spec, Failure> {
    match procedure {
        None => Ok(spec.clone()),
        Some(name) => scenario::with_procedure(spec, name).map_err(Failure::Usage),
    }
}

/// The event as a scenario has it in which this procedure stands in the place of every procedure of another scenario.
pub(super) fn renamed<'e>(event: &'e Event, from: &Spec, procedure: Option<&str>) -> Cow<'e, Event> {
    match procedure {
        None => Cow::Borrowed(event),
        Some(name) => Cow::Owned(adapter::renamed(event.clone(), from, name)),
    }
}

/// Prints a judgement.
pub(super) fn print(judged: &Judged<'_>, to: &Output) -> Result<(), Failure> {
    let file = to.file.as_deref();
    match to.format.shape() {
        Shape::Text => output::print(&judgement::text(judged, output::width(file)), file)?,
        Shape::Json => output::print_json(&judged::report(judged), file)?,
        Shape::Cases(form) => output::print_cases(&formats::of_judgement(judged), form, file)?,
    };
    Ok(())
}

/// How the program ends with a judgement.
pub(super) fn exit(found: &Judgement) -> Exit {
    let judged = match found.verdict {
        CaseVerdict::Conforming | CaseVerdict::Refused => Exit::AsExpected,
        CaseVerdict::Inconclusive => Exit::Inconclusive,
        CaseVerdict::Nonconforming
        | CaseVerdict::Bounced
        | CaseVerdict::FalseSuccess
        | CaseVerdict::Unreachable
        | CaseVerdict::Loss => Exit::NotAsExpected,
    };
    // Whoever asks for safety alone has nothing else to go by.
    let is_blind = matches!(found.conformance, Conformance::NotJudged) && found.safety == Safe::Unknown;
    judged.max(if is_blind { Exit::Inconclusive } else { Exit::AsExpected })
}

/// The one scenario that is named; a family is several.
pub(super) fn one(name: &str) -> Result<Spec, Failure> {
    let family = Family::ALL.into_iter().find(|family| family.name() == name);
    if let Some(family) = family {
        let all = scenario::select(&[name.to_owned()])?;
        let names: Vec<&str> = all.iter().map(|spec| spec.name.as_str()).collect();
        let says =
            format!("`{}` is a family of {} scenarios; name one: {}", family.name(), names.len(), names.join(", "));
        return Err(Failure::Usage(says));
    }
    Ok(scenario::load_scenario(name)?)
}
