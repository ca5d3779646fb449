//! A trace in four sentences, for whoever must decide tonight: how it began, which act destroyed the mail, when it was too
//! late, and what to do instead.

use stranded_model::World;
use stranded_model::procedure::{Act, Procedure};
use stranded_model::property::Safety;
use stranded_model::scenario::Run;

use stranded_search::rescue::{Outlook, RescueEffect, RescueMap};

use stranded_oracle::sentence::operation;

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

/// How a way ends.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// Whether everything that is owed is where the directory says, or on its way there.
    pub is_whole: bool,
    /// Whether nothing goes on by itself any more.
    pub is_final: bool,
    /// The moment from which on it repeats for ever.
    pub repeats_from: Option<usize>,
}

/// The gist of a trace whose steps are these.
#[must_use]
pub fn summary(steps: &[Told<'_>], ending: Ending, map: Option<&RescueMap>, acts: &Acts) -> Vec<Sentence> {
    let begins = steps.iter().find(|step| !step.breaks.is_empty());
    let destroys = steps.iter().find(|step| !step.lost.is_empty());
    let mut summary = vec![match destroys {
        Some(step) => Sentence {
            about: "Which act destroyed the mail?",
            says: format!("Step {}: {} {}. {} gone.", step.number, step.actor, step.says, are(step.lost)),
            step: Some(step.number),
        },
        None => Sentence { about: "Is the mail safe?", says: kept(ending, begins.is_some()), step: None },
    }];
    if let Some(number) = ending.repeats_from {
        let says =
            format!("From step {number} on the same steps can go on for ever, and what should come never comes.");
        summary.push(Sentence { about: "What goes wrong?", says, step: Some(number) });
    }
    if let Some(step) = begins.filter(|step| destroys.is_none_or(|other| other.number != step.number)) {
        summary.push(Sentence {
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
    // Who ends well needs no rescue.
    if let Some(map) = map.filter(|_| !ending.is_whole || destroys.is_some()) {
        summary.extend(too_late(map));
        summary.extend(instead(map, acts));
    }
    summary
}

/// What is to be said of mail that was not destroyed.
fn kept(ending: Ending, is_broken: bool) -> String {
    let says = match (ending.is_whole, ending.is_final || ending.repeats_from.is_some()) {
        (true, _) if is_broken => {
            "Yes: at the end all of it is where the directory says, though a rule was broken on the way."
        }
        (true, _) => "Yes: all of it is where the directory says.",
        (false, true) => "It is kept, but not where the directory says: nobody can reach all of it.",
        (false, false) => "So far: nothing is destroyed, and what runs has not come to its end.",
    };
    says.to_owned()
}

fn too_late(map: &RescueMap) -> Option<Sentence> {
    let about = "When was it too late?";
    Some(match map.point_of_no_return {
        Some(0) => {
            let says = "No known procedure, run between the servers of the last run, would have helped at any step.";
            Sentence { about, says: says.to_owned(), step: None }
        }
        Some(number) => {
            let before = map.outlooks.get(number - 1)?;
            let kept = match before.is_whole {
                true => "until then all was where the directory says".to_owned(),
                false => format!("one step before, {} would have saved everything", either(before.saving_procedures())),
            };
            Sentence { about, says: format!("From step {number} on; {kept}."), step: Some(number) }
        }
        None => Sentence { about, says: "It is not too late at any step shown.".to_owned(), step: None },
    })
}

/// What to do at the last states in which something was to be saved and could be.
fn instead(map: &RescueMap, acts: &Acts) -> Option<Sentence> {
    /// More acts than these are no sentence.
    const ACTS_MAX: usize = 4;
    let end = map.point_of_no_return.unwrap_or(map.outlooks.len());
    let is_urgent = |outlook: &Outlook| !outlook.is_whole && !outlook.is_beyond_rescue();
    let (last, outlook) = map.outlooks.iter().enumerate().take(end).rfind(|(_, outlook)| is_urgent(outlook))?;
    let harmful: Vec<&str> = outlook
        .rescues
        .iter()
        .filter(|rescue| matches!(rescue.effect, RescueEffect::Loses(_)))
        .map(|rescue| rescue.procedure.as_str())
        .collect();
    let not = match harmful.is_empty() {
        true => String::new(),
        false => format!(" Do not run {} then: that destroys mail.", either(harmful.into_iter())),
    };
    // The one with the fewest acts is told act by act: it is the easiest to do.
    let known = outlook.saving_procedures().filter_map(|name| acts.iter().find(|(other, _)| other == name));
    let (easiest, how) = known.min_by_key(|(_, acts)| acts.len())?;
    let others: Vec<&str> = outlook.saving_procedures().filter(|name| name != easiest).collect();
    let or = match &others[..] {
        [] => String::new(),
        [one] => format!(" So does {one}."),
        [rest @ .., last] => format!(" So do {} and {last}.", rest.join(", ")),
    };
    let helps = |outlook: &&Outlook| is_urgent(outlook) && outlook.saving_procedures().any(|name| name == easiest);
    let first = last + 1 - map.outlooks[..=last].iter().rev().take_while(helps).count();
    let when = if first == last { format!("After step {last}") } else { format!("From step {first} to step {last}") };
    let how = if how.len() > ACTS_MAX { String::new() } else { format!(": it {}", how.join(", then ")) };
    let says = format!("{when}, {easiest} saves everything{how}.{or}{not}");
    Some(Sentence { about: "What to do instead?", says, step: Some(first) })
}

/// What a procedure does, act by act, without its conditions and its report.
#[must_use]
pub fn acts(world: &World, run: &Run, procedure: &Procedure) -> Vec<String> {
    let is_operation = |act: &&Act| !matches!(act, Act::Require(_) | Act::Wait(_) | Act::Report { .. });
    procedure.steps.iter().map(|step| &step.act).filter(is_operation).map(|act| operation(world, run, act)).collect()
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
