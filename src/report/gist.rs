//! A trace in four sentences, for whoever must decide tonight: how it began, which act destroyed the mail, when it was too
//! late, and what to do instead.

use stranded_model::World;
use stranded_model::procedure::{Act, Procedure};
use stranded_model::property::Safety;
use stranded_model::scenario::Run;

use crate::rescue::RescueMap;

use super::deed;

/// One step of a trace, as far as the gist needs it.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// Who acts.
    pub actor: String,
    /// What happens.
    pub says: &'a str,
    /// The messages that are lost by it.
    pub lost: &'a [String],
    /// The properties that it breaks.
    pub breaks: Vec<Safety>,
}

/// One sentence of the gist, with the step it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sentence {
    /// What it answers.
    pub about: &'static str,
    /// The answer.
    pub says: String,
    /// The step to look at.
    pub step: Option<usize>,
}

/// What each procedure does, act by act.
pub type Acts = Vec<(String, Vec<String>)>;

/// The gist of a trace whose steps are these.
#[must_use]
pub fn gist(steps: &[Told<'_>], map: Option<&RescueMap>, acts: &Acts) -> Vec<Sentence> {
    let begins = steps.iter().find(|step| !step.breaks.is_empty());
    let destroys = steps.iter().find(|step| !step.lost.is_empty());
    let mut gist = Vec::new();
    match destroys {
        Some(step) => gist.push(Sentence {
            about: "Which act destroyed the mail?",
            says: format!("Step {}: {} {}. {} gone.", step.number, step.actor, step.says, are(step.lost)),
            step: Some(step.number),
        }),
        None => {
            let says = match begins {
                Some(_) => "None: all mail is still kept somewhere, but not all is well.",
                None => "None: all mail is kept, and nothing is broken.",
            };
            gist.push(Sentence { about: "Which act destroyed the mail?", says: says.to_owned(), step: None });
        }
    }
    if let Some(step) = begins.filter(|step| destroys.is_none_or(|other| other.number != step.number)) {
        gist.push(Sentence {
            about: "Where did it go wrong first?",
            says: format!(
                "Step {}: {} {}. That breaks the rule: {}.",
                step.number,
                step.actor,
                step.says,
                laws(&step.breaks)
            ),
            step: Some(step.number),
        });
    }
    let Some(map) = map else { return gist };
    gist.extend(too_late(map));
    gist.extend(instead(map, acts));
    gist
}

fn too_late(map: &RescueMap) -> Option<Sentence> {
    let about = "When was it too late?";
    Some(match map.point_of_no_return {
        Some(0) => Sentence { about, says: "From the start.".to_owned(), step: Some(0) },
        Some(number) => {
            let before = map.outlooks.get(number - 1)?;
            let kept = match before.is_whole {
                true => "one step before, nothing had to be saved yet".to_owned(),
                false => format!("one step before, {} would have saved everything", either(before.saviours())),
            };
            Sentence { about, says: format!("From step {number} on; {kept}."), step: Some(number) }
        }
        None => Sentence { about, says: "It is not too late at any step shown.".to_owned(), step: None },
    })
}

/// What to do at the last state in which something was to be saved and could be.
fn instead(map: &RescueMap, acts: &Acts) -> Option<Sentence> {
    let last = map.point_of_no_return.unwrap_or(map.outlooks.len());
    let (number, outlook) =
        map.outlooks.iter().enumerate().take(last).rfind(|(_, outlook)| !outlook.is_whole && !outlook.is_hopeless())?;
    let harmful: Vec<&str> = outlook
        .rescues
        .iter()
        .filter(|rescue| matches!(rescue.effect, crate::rescue::Effect::Loses(_)))
        .map(|rescue| rescue.procedure.as_str())
        .collect();
    let not = if harmful.is_empty() { String::new() } else { format!(" Do not run {}.", either(harmful.into_iter())) };
    // The one with the fewest acts is told act by act: it is the easiest to do.
    let known = outlook.saviours().filter_map(|name| acts.iter().find(|(other, _)| other == name));
    let (easiest, how) = known.min_by_key(|(_, acts)| acts.len())?;
    let others: Vec<&str> = outlook.saviours().filter(|name| name != easiest).collect();
    let or = if others.is_empty() { String::new() } else { format!(" So would {}.", either(others.into_iter())) };
    let says =
        format!("After step {number}, run {easiest}: it {}. That saves everything.{or}{not}", how.join(", then "));
    Some(Sentence { about: "What to do instead?", says, step: Some(number) })
}

/// What a procedure does, act by act, without its conditions and its report.
#[must_use]
pub fn acts(world: &World, run: &Run, procedure: &Procedure) -> Vec<String> {
    let is_deed = |act: &&Act| !matches!(act, Act::Require(_) | Act::Wait(_) | Act::Report { .. });
    procedure.steps.iter().map(|step| &step.act).filter(is_deed).map(|act| deed(world, run, act)).collect()
}

fn are(messages: &[String]) -> String {
    let verb = if messages.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", messages.join(" and "))
}

/// What should have been so, with the name of each property.
fn laws(properties: &[Safety]) -> String {
    properties.iter().map(|one| format!("{} ({})", one.says(), one.name())).collect::<Vec<_>>().join("; ")
}

fn either<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match &names[..] {
        [] => "nothing".to_owned(),
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        [one, ..] => (*one).to_owned(),
    }
}
