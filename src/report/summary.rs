//! A trace in four sentences: the act that destroyed the mail, the first violated property, the point of no return, and the procedure to
//! run instead. `search/src/advice` ranks the procedures; the rescue map says at which steps the first of them recovers all mail.

use stranded_model::World;
use stranded_model::procedure::{Handler, Procedure, Step};
use stranded_model::property::Safety;
use stranded_model::scenario::Run;
use stranded_model::state::State;

use stranded_search::lines::capitalized;
use stranded_search::rescue::{self, Outlook, RescueEffect, RescueMap};

use stranded_oracle::sentence::step;

use super::answer_line::AnswerLine;
use super::picture::Picture;
use super::procedure_words::{APPENDING, is_cure, named, run_named};
use super::state_advice::Recommendation;

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
    /// The answer in a few words that start with the name of the procedure, for a place with room for one line.
    pub short: Option<String>,
    /// The lines below the answer: reasons, warnings and numbered instructions.
    pub lines: Vec<AnswerLine>,
}

impl Sentence {
    /// Returns an answer in one sentence.
    #[must_use]
    pub fn new(about: &'static str, says: String, step: Option<usize>) -> Self {
        Self { about, says, step, short: None, lines: Vec::new() }
    }
}

/// The mail that its owner can expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mail {
    /// A message.
    Some,
    /// No message: each was returned to its sender, or deleted by its owner.
    NoneLeft,
    /// No message has arrived.
    NoneYet,
}

impl Mail {
    fn of(state: &State) -> Self {
        let is_none_yet = state.accounts.values().all(|account| account.record.accepted.is_empty());
        match (rescue::has_mail(state), is_none_yet) {
            (true, _) => Self::Some,
            (false, true) => Self::NoneYet,
            (false, false) => Self::NoneLeft,
        }
    }
}

/// The end of a trace.
#[derive(Clone, Debug)]
pub struct TraceEnd {
    /// True if all mail is in the mailbox that the directory names, or on its way there.
    pub is_whole: bool,
    /// The mail that its owner can expect at the end.
    pub mail: Mail,
    /// True if a mailbox is in transit and no program will take the mark off.
    pub is_marked: bool,
    /// True if nothing more happens by itself.
    pub is_final: bool,
    /// The place of the mail and the home in one clause, if they differ.
    pub stranded: Option<String>,
    /// The number of the step after which the trace repeats for ever.
    pub repeats_from: Option<usize>,
}

impl TraceEnd {
    /// Returns the end of a trace in this state.
    #[must_use]
    pub fn of(world: &World, state: &State, repeats_from: Option<usize>) -> Self {
        let picture = Picture::of(world, state);
        Self {
            is_whole: state.accounts.values().all(rescue::is_whole),
            mail: Mail::of(state),
            is_marked: !Safety::TransitOwned.holds(world, state),
            is_final: rescue::is_final(world, state),
            stranded: picture.mailboxes.into_iter().find_map(|mailbox| mailbox.stranded.or(mailbox.partly)),
            repeats_from,
        }
    }
}

/// The number of the last state in which no message is destroyed and some message is out of reach; none if there is no message.
#[must_use]
pub fn last_repair(map: &RescueMap) -> Option<usize> {
    map.outlooks.iter().rposition(is_urgent)
}

fn is_urgent(outlook: &Outlook) -> bool {
    !outlook.is_whole && !outlook.is_lost && outlook.has_mail
}

/// Returns the summary of a trace. The recommendations are for the last state in which a repair helps; `servers` are those of the last run.
#[must_use]
pub fn summary(
    steps: &[SummaryStep<'_>],
    ending: &TraceEnd,
    map: Option<&RescueMap>,
    recommendations: &[Recommendation],
    servers: &(String, String),
) -> Vec<Sentence> {
    let begins = steps.iter().find(|step| !step.breaks.is_empty());
    let destroys = steps.iter().find(|step| !step.lost.is_empty());
    let mut summary = vec![match destroys {
        Some(step) => {
            let says = format!("Step {}: {} {}. {} gone.", step.number, step.actor, step.says, are(step.lost));
            Sentence::new("Which act destroyed the mail?", says, Some(step.number))
        }
        None => Sentence::new("Is the mail safe?", kept(ending, begins.is_some()), None),
    }];
    if let Some(number) = ending.repeats_from {
        let says =
            format!("After step {number} the same steps can repeat for ever, and the required state is never reached.");
        summary.push(Sentence::new("What goes wrong?", says, Some(number)));
    }
    if let Some(step) = begins.filter(|step| destroys.is_none_or(|other| other.number != step.number)) {
        let rules = rules(&step.breaks);
        let says = format!("Step {}: {} {}. That breaks the rule: {rules}.", step.number, step.actor, step.says);
        summary.push(Sentence::new("Where did it go wrong first?", says, Some(step.number)));
    }
    // A trace that ends well needs no advice, and without mail there is nothing to recover.
    let needs_advice = destroys.is_some() || !ending.is_whole && ending.mail == Mail::Some;
    if let Some(map) = map.filter(|_| needs_advice) {
        summary.extend(too_late(map, servers));
        summary.extend(instead(map, recommendations, servers));
    }
    summary
}

/// Returns the summary of a state without steps, with the answer of `stranded advise` if the mailbox needs a repair.
#[must_use]
pub fn at_start(ending: &TraceEnd, answer: Vec<AnswerLine>) -> Vec<Sentence> {
    let stranded = ending.stranded.as_ref().map(|stranded| {
        let says = format!("No: {stranded}. No message is destroyed yet.");
        Sentence::new("Is the mail safe?", says, None)
    });
    let mut lines = answer.into_iter();
    let now = lines.next().map(|first| {
        let short = first.says.split_once(": ").map(|(_, rest)| rest.to_owned());
        Sentence { short, lines: lines.collect(), ..Sentence::new("What to do now?", first.says, None) }
    });
    stranded.into_iter().chain(now).collect()
}

/// Returns the answer about mail that was not destroyed.
fn kept(ending: &TraceEnd, is_violated: bool) -> String {
    let none = match ending.mail {
        Mail::Some => None,
        Mail::NoneYet => Some("There is no mail: no message arrives in this trace."),
        Mail::NoneLeft => {
            Some("There is no mail left: each message was returned to its sender, or deleted by its owner.")
        }
    };
    if let Some(none) = none {
        return match (ending.is_whole, is_violated) {
            (false, _) => format!("{none} The directory does not name one home, so later mail can be out of reach."),
            (true, _) if ending.is_marked => {
                format!("{none} The mailbox is still in transit, and no program takes the mark off.")
            }
            (true, true) => format!("{none} A step violated a property."),
            (true, false) => none.to_owned(),
        };
    }
    let stranded = ending.stranded.as_ref().map(|stranded| format!(" ({stranded})")).unwrap_or_default();
    match (ending.is_whole, ending.is_final || ending.repeats_from.is_some()) {
        (true, _) if ending.is_marked => {
            "Yes, but it cannot be used: all mail is where the directory says, the mailbox is still in transit, and no program takes the \
             mark off."
                .to_owned()
        }
        (true, _) if is_violated => {
            "Yes: at the end all mail is where the directory says, although a step violated a property.".to_owned()
        }
        (true, _) => "Yes: all mail is where the directory says.".to_owned(),
        (false, true) => {
            format!("It is kept, but not where the directory says: the owner cannot reach all of it{stranded}.")
        }
        (false, false) => {
            format!("So far: no mail is destroyed, and the trace ends before everything has finished{stranded}.")
        }
    }
}

fn too_late(map: &RescueMap, servers: &(String, String)) -> Option<Sentence> {
    let about = "When was it too late?";
    let Some(number) = map.point_of_no_return else {
        let end = map.outlooks.last()?;
        let says = match end.is_whole || end.is_lost || end.saving_procedures().next().is_some() {
            true => "It is not too late at any step shown.".to_owned(),
            false => format!(
                "No mail is destroyed, so it is not too late; but at the end no known procedure from {} to {} recovers all mail.",
                servers.0, servers.1
            ),
        };
        return Some(Sentence::new(about, says, None));
    };
    let Some(before) = number.checked_sub(1).and_then(|before| map.outlooks.get(before)) else {
        let says = "Mail is destroyed before the first step.".to_owned();
        return Some(Sentence::new(about, says, None));
    };
    let kept = match (before.is_whole, &cures(before)[..], before.is_lost) {
        (true, ..) if !before.has_mail => "until then there was no mail".to_owned(),
        (true, ..) => "until then all mail was where the directory says".to_owned(),
        (false, [], true) => "one step before, it is not known whether a procedure recovers all mail".to_owned(),
        (false, [], false) => "until then no mail was destroyed".to_owned(),
        (false, [one], _) => {
            format!("one step before, this procedure: {}, would have recovered all mail", run_named(one, servers))
        }
        (false, several, _) => {
            format!("one step before, {} procedures would have recovered all mail", several.len())
        }
    };
    Some(Sentence::new(about, format!("From step {number} on; {kept}."), Some(number)))
}

/// Returns the advice for the last states in which a procedure still recovers all mail. Without a recommendation it is the procedure that
/// recovers all mail of this trace, if nothing else happens.
#[must_use]
pub fn instead(map: &RescueMap, recommendations: &[Recommendation], servers: &(String, String)) -> Option<Sentence> {
    let last = last_repair(map)?;
    let outlook = &map.outlooks[last];
    let cured_by = cures(outlook);
    let is_tried = |one: &Recommendation| one.servers == *servers;
    let helps = |one: &&Recommendation| !is_tried(one) || cured_by.contains(&one.procedure.as_str());
    let undisturbed = || {
        let procedure = cured_by.iter().find(|name| **name == APPENDING).or(cured_by.first())?;
        let (procedure, servers) = ((*procedure).to_owned(), servers.clone());
        Some(Recommendation { is_general: false, procedure, servers, conditions: Vec::new() })
    };
    let recommended = recommendations.iter().find(helps).cloned();
    let effect = match &recommended {
        Some(one) if one.is_general => "That recovers all mail.".to_owned(),
        Some(_) => "That recovers all mail of this trace, and can do harm where a mailbox holds other mail: ask `stranded advise`.".to_owned(),
        None => "That recovers all mail of this trace if nothing else happens: ask `stranded advise`.".to_owned(),
    };
    let best = &recommended.or_else(undisturbed)?;
    let others: Vec<&str> =
        cured_by.iter().copied().filter(|name| *name != best.procedure || !is_tried(best)).collect();
    let or = match &others[..] {
        [] => String::new(),
        [one] => format!(" In this trace, so does this: {}.", run_named(one, servers)),
        several => {
            format!(" In this trace, so do {} other procedures from {} to {}.", several.len(), servers.0, servers.1)
        }
    };
    let helps = |outlook: &&Outlook| is_urgent(outlook) && cures(outlook).contains(&best.procedure.as_str());
    let first = match is_tried(best) {
        true => last + 1 - map.outlooks[..=last].iter().rev().take_while(helps).count(),
        false => last,
    };
    let when = if first == last { format!("after step {last}") } else { format!("from step {first} to step {last}") };
    let says = format!(
        "{}: {}{}. {effect}{or}{}",
        capitalized(&when),
        conditions(best),
        run_named(&best.procedure, &best.servers),
        not_then(outlook, servers)
    );
    let short = format!("{} from {} to {}, {when}", best.procedure, best.servers.0, best.servers.1);
    Some(Sentence { short: Some(short), ..Sentence::new("What to do instead?", says, Some(first)) })
}

/// Returns the warning of the procedures that destroy or strand mail in a state.
#[must_use]
pub fn not_then(outlook: &Outlook, servers: &(String, String)) -> String {
    let with = |wanted: fn(&RescueEffect) -> bool| {
        let found = outlook.rescues.iter().filter(|rescue| wanted(&rescue.effect));
        either(found.map(|rescue| named(&rescue.procedure, &servers.1)))
    };
    let mut says = String::new();
    for (names, harm) in [
        (with(|effect| matches!(effect, RescueEffect::Loses(_))), "destroys mail"),
        (with(|effect| *effect == RescueEffect::Strands), "strands mail"),
    ] {
        if !names.is_empty() {
            says.push_str(&format!(" Do not then {names}, from {} to {}: that {harm}.", servers.0, servers.1));
        }
    }
    says
}

/// Returns the conditions of a recommendation, to be met first.
fn conditions(one: &Recommendation) -> String {
    match one.conditions.is_empty() {
        true => String::new(),
        false => format!("first {}; then ", one.conditions.join("; ")),
    }
}

/// Returns the numbered steps of a procedure, with the number of the step that follows a result other than the usual one.
#[must_use]
pub fn acts(world: &World, run: &Run, procedure: &Procedure) -> Vec<String> {
    let jumps = |on: &[Handler]| -> String {
        on.iter().map(|one| format!(" (if {}: continue at {})", one.result.name(), one.next + 1)).collect()
    };
    let says = |(number, one): (usize, &Step)| format!("{number}. {}{}", step(world, run, &one.act), jumps(&one.on));
    (1..).zip(&procedure.steps).map(says).collect()
}

fn are(messages: &[String]) -> String {
    let verb = if messages.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", messages.join(" and "))
}

/// Returns the violated properties, each with its name; the longest one is shortened.
fn rules(properties: &[Safety]) -> String {
    let says = |one: &Safety| match *one == Safety::NoFalseSuccess {
        true => "a run that reports ok has completed its move",
        false => one.says(),
    };
    properties.iter().map(|one| format!("{} ({})", says(one), one.name())).collect::<Vec<_>>().join("; ")
}

/// Returns the procedures that recover all mail and may be recommended.
fn cures(outlook: &Outlook) -> Vec<&str> {
    outlook.saving_procedures().filter(|name| is_cure(name)).collect()
}

fn either(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", or ")
}
