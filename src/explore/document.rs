//! The document that the page draws: a trace in JSON, the same for a served page and for a page that is a file. All facts come
//! from the model and the rescue map, all sentences from the reports.

use std::collections::BTreeMap;

use serde::Serialize;
use stranded_model::World;
use stranded_model::action::ActionKind;
use stranded_model::property::Safety;
use stranded_model::state::State;

use crate::report::badge::{self, StepFacts};
use crate::report::picture::{Picture, newly_stranded};
use crate::report::procedure_words::words_to;
use crate::report::remedy::Remedy;
use crate::report::state_advice::{self, Recommendation};
use crate::report::summary::{self, Sentence, SummaryStep, TraceEnd};
use crate::report::trace::answers;
use stranded_oracle::sentence::Mood;
use stranded_search::names;
use stranded_search::rescue::{self, RescueMap};

use super::badges::{BadgeEntry, outcome};
use super::detail::{Detail, OutlookView, Outlooks};
use super::link;
use super::open_trace::{OpenTrace, Origin, Taken, VisitedState};

/// The most moments of a document with details. The page queries the details of a longer trace.
pub const DETAILED_MAX: usize = 200;

/// The kind of an actor whose program acts.
const ADMINISTRATOR: &str = "administrator";

/// A trace.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// The format of this document.
    pub format: &'static str,
    /// The version of the program.
    pub version: &'static str,
    /// The hash of the model.
    pub model_hash: String,
    /// The title on the page.
    pub title: String,
    /// The scenario.
    pub scenario: String,
    /// The question of the scenario.
    pub question: String,
    /// The sources.
    pub sources: Vec<String>,
    /// The property that the trace violates, if the trace was made to show that.
    pub property: Option<String>,
    /// The answers to the assumptions on which the trace depends.
    pub assumptions: BTreeMap<String, String>,
    /// The link to the trace.
    pub link: String,
    /// The servers, in the order of the scenario.
    pub servers: Vec<String>,
    /// The administrators.
    pub administrators: Vec<String>,
    /// The procedures that the page can apply.
    pub procedures: Vec<ProcedureEntry>,
    /// The source and the destination of the run in which their effects are tried.
    pub run_of: (String, String),
    /// The kinds of effects that a procedure can have.
    pub effects: Vec<EffectEntry>,
    /// The properties.
    pub properties: Vec<PropertyEntry>,
    /// The summary in a few sentences.
    pub summary: Vec<Sentence>,
    /// The first moment at which a property is violated.
    pub first_violation: Option<usize>,
    /// The point of no return: from this moment no procedure recovers all mail.
    pub no_return: Option<usize>,
    /// The moment from which the trace repeats forever.
    pub repeats_from: Option<usize>,
    /// The last moment that a fork shares with its origin.
    pub forked_at: Option<usize>,
    /// The initial state, and the moment after every step.
    pub moments: Vec<Moment>,
}

/// A procedure that can be applied.
#[derive(Clone, Debug, Serialize)]
pub struct ProcedureEntry {
    /// The name.
    pub name: String,
    /// The procedure as an instruction; its name if there are no words for it.
    pub words: String,
    /// Its steps.
    pub acts: Vec<String>,
}

/// A kind of effect of a procedure.
#[derive(Clone, Debug, Serialize)]
pub struct EffectEntry {
    /// The name.
    pub name: &'static str,
    /// The sign.
    pub sign: &'static str,
    /// A few words.
    pub short: &'static str,
    /// The meaning.
    pub says: &'static str,
}

/// A property.
#[derive(Clone, Debug, Serialize)]
pub struct PropertyEntry {
    /// The name.
    pub name: &'static str,
    /// Its sentence.
    pub says: &'static str,
    /// The sources.
    pub sources: &'static [&'static str],
}

/// A state of a trace, with the step before it.
#[derive(Clone, Debug, Serialize)]
pub struct Moment {
    /// The number; 0 is the initial state.
    pub number: usize,
    /// The actor.
    pub actor: String,
    /// The kind of the actor: `administrator` or `world`.
    pub by: &'static str,
    /// The name of the step.
    pub action: String,
    /// The name without the started procedure, to align this step with a step of another trace.
    pub like: String,
    /// The sentence of the step.
    pub says: String,
    /// The sources of the rule.
    pub sources: Vec<&'static str>,
    /// The report of the step to the administrator.
    pub reported: Option<String>,
    /// The last report, which is still on the screen.
    pub screen: Option<String>,
    /// The messages that the step destroyed.
    pub lost: Vec<String>,
    /// The messages that the step put on a server that is not the home, or whose home it changed.
    pub strands: Vec<String>,
    /// The properties that the step violated.
    pub breaks: Vec<&'static str>,
    /// The properties that are violated in this state.
    pub broken: Vec<&'static str>,
    /// The badges.
    pub badges: Vec<BadgeEntry>,
    /// A hash of the visible state: moments that look alike have equal ones.
    pub fingerprint: String,
    /// The state as a picture.
    pub picture: Picture,
    /// The effects of all procedures, if they were tried.
    pub outlook: Option<OutlookView>,
    /// The details; absent in a long trace.
    pub detail: Option<Detail>,
}

impl Moment {
    /// Returns the badges of its step.
    fn step_badges(&self, is_too_late: bool, is_first_violation: bool) -> Vec<BadgeEntry> {
        let Self { lost, strands, breaks, .. } = self;
        let facts = StepFacts { lost, strands, breaks: breaks.clone(), is_too_late, is_first_violation };
        badge::of_step(&facts).into_iter().map(BadgeEntry::from).collect()
    }
}

/// The title of a trace, its loop and its fork.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The title.
    pub title: String,
    /// The property that the trace violates, if the trace was made to show that.
    pub property: Option<String>,
    /// The moment from which the trace repeats forever.
    pub repeats_from: Option<usize>,
    /// The last moment that a fork shares with its origin.
    pub forked_at: Option<usize>,
}

/// Returns the document of a trace.
#[must_use]
pub fn document(trace: &OpenTrace, about: About) -> Document {
    let spec = &trace.origin.spec;
    let map = Outlooks::new(spec).map(trace, about.repeats_from.is_some());
    let outlooks = map.as_ref().map(OutlookView::along);
    let is_detailed = trace.visited.len() <= DETAILED_MAX;
    let mut screen: Option<String> = None;
    let moments = trace.visited.iter().enumerate().map(|(number, visited)| {
        let mut moment = moment(trace, number);
        if visited
            .taken
            .as_ref()
            .is_some_and(|taken| taken.name.starts_with("start ") || taken.name.starts_with("apply "))
        {
            screen = None;
        }
        screen = moment.reported.clone().or(screen.take());
        moment.screen.clone_from(&screen);
        moment.outlook = outlooks.as_ref().map(|all| all[number].clone());
        moment.detail = is_detailed.then(|| Detail::of(trace, number));
        moment
    });
    let mut moments: Vec<Moment> = moments.collect();
    let first_violation = moments.iter().position(|moment| !moment.broken.is_empty());
    let no_return = map.as_ref().and_then(|map| map.point_of_no_return);
    for (moment, visited) in moments.iter_mut().zip(&trace.visited) {
        let is = |number: Option<usize>| number == Some(moment.number);
        moment.badges = moment.step_badges(is(no_return), is(first_violation));
        moment.badges.extend(outcome(visited, moment));
    }
    let world = &trace.origin.world;
    let end = trace.end();
    let ending = TraceEnd::of(&end.world, &end.state, about.repeats_from);
    Document {
        format: "stranded-explorer/2",
        version: env!("CARGO_PKG_VERSION"),
        model_hash: stranded_search::model_hash(),
        title: about.title,
        scenario: spec.name.clone(),
        question: spec.question.clone(),
        sources: spec.source.clone(),
        property: about.property,
        assumptions: answers(world, &trace.deciding()),
        link: link::to(trace),
        servers: world.scenario.site.servers.values().cloned().collect(),
        administrators: world.scenario.administrators.iter().map(|one| one.name.clone()).collect(),
        procedures: procedures(trace),
        run_of: run_of(trace),
        effects: effects(),
        properties: Safety::ALL
            .into_iter()
            .map(|one| PropertyEntry { name: one.name(), says: one.says(), sources: one.sources() })
            .collect(),
        summary: summarize(trace, &moments, &ending, map.as_ref()),
        first_violation,
        no_return,
        repeats_from: about.repeats_from,
        forked_at: about.forked_at,
        moments,
    }
}

/// Returns the summary of a trace, or of a state without steps.
fn summarize(trace: &OpenTrace, moments: &[Moment], ending: &TraceEnd, map: Option<&RescueMap>) -> Vec<Sentence> {
    if let [only] = &trace.visited[..] {
        let answer = match &trace.origin.observed {
            Some(observed) => observed.answer.clone(),
            None if ending.stranded.is_some() => state_advice::answer_in(&only.world, &only.state),
            None => Vec::new(),
        };
        return summary::at_start(ending, answer);
    }
    summary::summary(&summarized(moments), ending, map, &recommended(trace, ending, map), &run_of(trace))
}

/// Returns the source and the destination of the last run of the scenario.
fn run_of(trace: &OpenTrace) -> (String, String) {
    let scenario = &trace.origin.world.scenario;
    let run = scenario.run(scenario.last_run);
    [run.from, run.to].map(|server| names::server(scenario, server).to_owned()).into()
}

/// Returns the recommendations for the last state in which a repair helps; none if the trace ends well.
fn recommended(trace: &OpenTrace, ending: &TraceEnd, map: Option<&RescueMap>) -> Vec<Recommendation> {
    let is_lost = map.is_some_and(|map| map.outlooks.iter().any(|outlook| outlook.is_lost));
    let last = map.filter(|_| is_lost || !ending.is_whole).and_then(summary::last_repair);
    let at = last.map(|last| &trace.visited[last]);
    at.map_or_else(Vec::new, |visited| state_advice::recommendations(&visited.world, &visited.state))
}

fn effects() -> Vec<EffectEntry> {
    let entry =
        |one: &Remedy| EffectEntry { name: one.name(), sign: one.sign(), short: one.short(), says: one.meaning() };
    Remedy::all().iter().map(entry).collect()
}

fn procedures(trace: &OpenTrace) -> Vec<ProcedureEntry> {
    let world = &trace.origin.world;
    let run = world.scenario.run(world.scenario.last_run);
    let entry = |one: &stranded_model::procedure::Procedure| ProcedureEntry {
        name: one.name.clone(),
        words: words_to(&one.name, names::server(&world.scenario, run.to)),
        acts: summary::acts(world, run, &one.under(&world.assumptions)),
    };
    rescue::procedures(&trace.origin.spec).iter().map(entry).collect()
}

fn summarized(moments: &[Moment]) -> Vec<SummaryStep<'_>> {
    let broken_by =
        |moment: &Moment| Safety::ALL.into_iter().filter(|property| moment.breaks.contains(&property.name())).collect();
    let mut steps = Vec::new();
    for moment in &moments[1..] {
        let Moment { number, actor, says, lost, .. } = moment;
        steps.push(SummaryStep { number: *number, actor: actor.clone(), says, lost, breaks: broken_by(moment) });
    }
    steps
}

/// Returns one moment of a trace, without the values that depend on the whole trace, and without details.
#[must_use]
pub fn moment(trace: &OpenTrace, number: usize) -> Moment {
    let VisitedState { world, state, taken } = &trace.visited[number];
    let broken = |state: &State| {
        Safety::ALL.into_iter().filter(|one| !one.holds(world, state)).map(Safety::name).collect::<Vec<_>>()
    };
    let now = broken(state);
    let before = match number.checked_sub(1).map(|before| &trace.visited[before]) {
        Some(visited) => {
            Safety::ALL.into_iter().filter(|one| !one.holds(&visited.world, &visited.state)).map(Safety::name).collect()
        }
        None => now.clone(),
    };
    let breaks: Vec<&'static str> = now.iter().copied().filter(|name| !before.contains(name)).collect();
    let step = StepText::of(&trace.origin, world, state, taken.as_ref());
    let picture = trace.origin.picture(world, state);
    let strands = taken.as_ref().map_or_else(Vec::new, |taken| newly_stranded(&taken.before, state));
    let mut moment = Moment {
        number,
        actor: step.actor,
        by: step.by,
        action: taken.as_ref().map(|taken| taken.name.clone()).unwrap_or_default(),
        like: taken.as_ref().map(like).unwrap_or_default(),
        says: step.says,
        sources: step.sources,
        reported: step.reported,
        screen: None,
        badges: Vec::new(),
        lost: step.lost,
        strands,
        breaks,
        broken: now,
        fingerprint: fingerprint(&picture),
        picture,
        outlook: None,
        detail: None,
    };
    moment.badges = moment.step_badges(false, false);
    moment
}

/// The name of a step for alignment: starts of different procedures are alike.
fn like(taken: &Taken) -> String {
    match (taken.action.administrator(), taken.action.mailbox(), taken.action.kind()) {
        (Some(who), Some(mailbox), kind @ ActionKind::Start) => {
            format!("{} {} {}", kind.name(), names::mailbox(mailbox), who.0)
        }
        _ => taken.name.clone(),
    }
}

struct StepText {
    actor: String,
    by: &'static str,
    says: String,
    sources: Vec<&'static str>,
    reported: Option<String>,
    lost: Vec<String>,
}

impl StepText {
    fn of(origin: &Origin, world: &World, after: &State, taken: Option<&Taken>) -> Self {
        let Some(Taken { before, action, occurrence, .. }) = taken else {
            let (actor, says) = (String::new(), "start".to_owned());
            return Self { actor, by: "world", says, sources: Vec::new(), reported: None, lost: Vec::new() };
        };
        let lost = after
            .accounts
            .iter()
            .flat_map(|(id, account)| names::messages(account.lost().without(before.accounts[id].lost())));
        Self {
            actor: origin.actor(world, action),
            by: if action.administrator().is_some() { ADMINISTRATOR } else { "world" },
            says: origin
                .sentence(stranded_oracle::sentence::says(world, before, action, Mood::Happened(occurrence)), action),
            sources: stranded_oracle::sentence::sources(world, action, occurrence).to_vec(),
            reported: occurrence.step.and_then(|executed| stranded_oracle::sentence::reported(world, &executed)),
            lost: lost.collect(),
        }
    }
}

/// A hash of directory, stores and queued mail, without the state of programs and their marks.
pub(super) fn fingerprint(picture: &Picture) -> String {
    let mut mailboxes = picture.mailboxes.clone();
    for store in mailboxes.iter_mut().flat_map(|mailbox| &mut mailbox.stores) {
        (store.transit, store.flying, store.says) = (None, Vec::new(), Vec::new());
    }
    let text = serde_json::to_string(&mailboxes).expect("a picture can be written as JSON");
    blake3::hash(text.as_bytes()).to_hex()[..8].to_owned()
}
