//! A trace in four sentences: the act that destroyed the mail, the first violated property, the point of no return, and the procedure to
//! run instead.

use stranded_model::World;
use stranded_model::procedure::{Act, Procedure};
use stranded_model::property::Safety;
use stranded_model::scenario::Run;

use stranded_search::rescue::{Outlook, RescueEffect, RescueMap};

use stranded_oracle::sentence::step;

use super::procedure_words::{is_cure, named};

/// One step of a trace, as far as the summary needs it.
#[derive(Clone, Debug)]
pub struct SummaryStep<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// The actor.
    pub actor: String,
    /// The step in one sentence.
    pub says: &'a str,
    /// The messages that it loses.
    pub lost: &'a [String],
    /// The properties that it breaks.
    pub breaks: Vec<Safety>,
}

/// One answer of the summary.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sentence {
    /// The question.
    pub about: &'static str,
    /// The answer.
    pub says: String,
    /// The step that the answer is about.
    pub step: Option<usize>,
}

/// The acts of each procedure, by the name of the procedure.
pub type Acts = Vec<(String, Vec<String>)>;

/// The end of a trace.
#[derive(Clone, Copy, Debug)]
pub struct TraceEnd {
    /// True if all mail is in the mailbox that the directory names, or on its way there.
    pub is_whole: bool,
    /// True if nothing more happens by itself.
    pub is_final: bool,
    /// The number of the step after which the trace repeats for ever.
    pub repeats_from: Option<usize>,
}

/// Returns the summary of a trace.
#[must_use]
pub fn summary(steps: &[SummaryStep<'_>], ending: TraceEnd, map: Option<&RescueMap>, acts: &Acts) -> Vec<Sentence> {
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
            format!("After step {number} the same steps can repeat for ever, and the required state is never reached.");
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
                rules(&step.breaks)
            ),
            step: Some(step.number),
        });
    }
    // A trace that ends well needs no advice.
    if let Some(map) = map.filter(|_| !ending.is_whole || destroys.is_some()) {
        summary.extend(too_late(map));
        summary.extend(instead(map, acts));
    }
    summary
}

/// Returns the answer about mail that was not destroyed.
fn kept(ending: TraceEnd, is_violated: bool) -> String {
    let says = match (ending.is_whole, ending.is_final || ending.repeats_from.is_some()) {
        (true, _) if is_violated => {
            "Yes: at the end all mail is where the directory says, although a step violated a property."
        }
        (true, _) => "Yes: all mail is where the directory says.",
        (false, true) => "It is kept, but not where the directory says: the owner cannot reach all of it.",
        (false, false) => "So far: no mail is destroyed, and the trace ends before everything has finished.",
    };
    says.to_owned()
}

fn too_late(map: &RescueMap) -> Option<Sentence> {
    let about = "When was it too late?";
    Some(match map.point_of_no_return {
        Some(0) => {
            let says =
                "At no step would a known procedure, between the servers of the last run, have recovered all mail.";
            Sentence { about, says: says.to_owned(), step: None }
        }
        Some(number) => {
            let before = map.outlooks.get(number - 1)?;
            let kept = match before.is_whole {
                true => "until then all mail was where the directory says".to_owned(),
                false => format!("one step before, {} would have recovered all mail", some_of(&cures(before))),
            };
            Sentence { about, says: format!("From step {number} on; {kept}."), step: Some(number) }
        }
        None => Sentence { about, says: "It is not too late at any step shown.".to_owned(), step: None },
    })
}

/// Returns the advice for the last states in which a procedure still recovers all mail.
fn instead(map: &RescueMap, acts: &Acts) -> Option<Sentence> {
    /// The most acts that a sentence lists.
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
        false => format!(" Do not then {}: that destroys mail.", either(harmful.into_iter().map(named))),
    };
    // The procedure with the fewest acts is the easiest, so its acts are listed.
    let cured_by = cures(outlook);
    let known = cured_by.iter().filter_map(|name| acts.iter().find(|(other, _)| other == name));
    let (easiest, how) = known.min_by_key(|(_, acts)| acts.len())?;
    let others: Vec<&str> = cured_by.iter().copied().filter(|name| name != easiest).collect();
    let or = match &others[..] {
        [] => String::new(),
        [one] => format!(" Or {}.", named(one)),
        several => format!(" So do {} other procedures.", several.len()),
    };
    let helps = |outlook: &&Outlook| is_urgent(outlook) && cures(outlook).contains(&easiest.as_str());
    let first = last + 1 - map.outlooks[..=last].iter().rev().take_while(helps).count();
    let when = if first == last { format!("After step {last}") } else { format!("From step {first} to step {last}") };
    let how = if how.len() > ACTS_MAX { String::new() } else { format!(": it {}", how.join(", then ")) };
    let says = format!("{when}: {}. That recovers all mail{how}.{or}{not}", named(easiest));
    Some(Sentence { about: "What to do instead?", says, step: Some(first) })
}

/// Returns the acts of a procedure, without its conditions and its report.
#[must_use]
pub fn acts(world: &World, run: &Run, procedure: &Procedure) -> Vec<String> {
    let is_act = |act: &&Act| !matches!(act, Act::Require(_) | Act::Wait(_) | Act::Report { .. });
    procedure.steps.iter().map(|step| &step.act).filter(is_act).map(|act| step(world, run, act)).collect()
}

fn are(messages: &[String]) -> String {
    let verb = if messages.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", messages.join(" and "))
}

/// Returns the violated properties, each with its name.
fn rules(properties: &[Safety]) -> String {
    properties.iter().map(|one| format!("{} ({})", one.says(), one.name())).collect::<Vec<_>>().join("; ")
}

/// Returns the procedures that recover all mail and may be recommended.
fn cures(outlook: &Outlook) -> Vec<&str> {
    outlook.saving_procedures().filter(|name| is_cure(name)).collect()
}

/// Returns one procedure in words, and the number of several.
fn some_of(procedures: &[&str]) -> String {
    match procedures {
        [] => "nothing".to_owned(),
        [one] => format!("this procedure: {},", named(one)),
        several => format!("{} procedures", several.len()),
    }
}

fn either(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", or ")
}
