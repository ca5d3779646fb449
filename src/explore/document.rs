//! What the page draws: a way through the model as one document in JSON, the same whether it is served or stands in a file.
//! It repeats what the model, the rescue map and the words of the reports say; the page decides nothing.

use std::collections::BTreeMap;

use serde::Serialize;
use stranded_model::World;
use stranded_model::action::ActionKind;
use stranded_model::property::Safety;
use stranded_model::state::State;

use crate::report::badge::Badge;
use crate::report::picture::Picture;
use crate::report::summary::{self, Ending, Sentence, Told};
use crate::report::trace::answers;
use stranded_search::names;
use stranded_search::rescue;

use super::detail::{Detail, Outlook, Outlooks};
use super::link;
use super::walk::{Origin, Stop, Taken, Walk};

/// A way longer than this is told without the details of each moment; whoever shows a moment asks for them.
pub const DETAILED_MAX: usize = 200;

/// What an actor is whose program acts.
const ADMINISTRATOR: &str = "administrator";

/// A way through the model, told.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// The format of this document.
    pub format: &'static str,
    /// The version of the program.
    pub version: &'static str,
    /// The rules that were followed.
    pub model_hash: String,
    /// What the way is called on the page.
    pub title: String,
    /// The scenario.
    pub scenario: String,
    /// What it asks.
    pub question: String,
    /// What it rests on.
    pub sources: Vec<String>,
    /// The answers to the assumptions that it touches.
    pub assumptions: BTreeMap<String, String>,
    /// How to come here again.
    pub link: String,
    /// The servers, in the scenario's order.
    pub servers: Vec<String>,
    /// The administrators.
    pub administrators: Vec<String>,
    /// What can be put in the place of what runs.
    pub procedures: Vec<ProcedureTold>,
    /// What is judged.
    pub properties: Vec<PropertyTold>,
    /// The way in a few sentences.
    pub summary: Vec<Sentence>,
    /// The first moment at which some property is not true.
    pub first_violation: Option<usize>,
    /// The first moment from which on nothing saves everything any more.
    pub no_return: Option<usize>,
    /// The moment from which on it repeats for ever.
    pub repeats_from: Option<usize>,
    /// The moment after which this way leaves the one it was made from.
    pub forked_at: Option<usize>,
    /// The start, and the moment after every step.
    pub moments: Vec<Moment>,
}

/// A procedure that can be applied.
#[derive(Clone, Debug, Serialize)]
pub struct ProcedureTold {
    /// Its name.
    pub name: String,
    /// What it does.
    pub acts: Vec<String>,
}

/// A property, as every state is judged by it.
#[derive(Clone, Debug, Serialize)]
pub struct PropertyTold {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// What it rests on.
    pub sources: &'static [&'static str],
}

/// A state of a way, and the step that led to it.
#[derive(Clone, Debug, Serialize)]
pub struct Moment {
    /// Its number; 0 is the start.
    pub number: usize,
    /// Who acted.
    pub actor: String,
    /// What kind of actor that is: `administrator` or `world`.
    pub by: &'static str,
    /// The name of the step.
    pub action: String,
    /// What the same step of another way is called: the name, but for the procedure that it starts.
    pub like: String,
    /// What happened.
    pub says: String,
    /// What says that the world does this.
    pub sources: Vec<&'static str>,
    /// What the administrator was told by this step.
    pub reported: Option<String>,
    /// What was told last, and still stands on the screen.
    pub screen: Option<String>,
    /// The messages that it lost.
    pub lost: Vec<String>,
    /// The properties that were true before it and are not after.
    pub breaks: Vec<&'static str>,
    /// The properties that are not true now.
    pub broken: Vec<&'static str>,
    /// What is worth knowing of it at a glance.
    pub badges: Vec<BadgeTold>,
    /// What everybody can see of the world, in a few letters: two moments that look alike have the same.
    pub seen: String,
    /// How everything stands.
    pub picture: Picture,
    /// What would still save what, if that was asked.
    pub outlook: Option<Outlook>,
    /// More about this moment; a long way has it on request.
    pub detail: Option<Detail>,
}

/// A badge of a moment.
#[derive(Clone, Debug, Serialize)]
pub struct BadgeTold {
    /// How it looks: `bad` or `warn`.
    pub kind: &'static str,
    /// Its sign.
    pub sign: &'static str,
    /// Its words.
    pub says: String,
}

impl From<Badge> for BadgeTold {
    fn from(badge: Badge) -> Self {
        let kind = match badge {
            Badge::Destroys(_) | Badge::TooLate => "bad",
            Badge::FirstViolation | Badge::Breaks(_) => "warn",
        };
        Self { kind, sign: badge.sign(), says: badge.words() }
    }
}

/// What else is known of a way.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// What it is called.
    pub title: String,
    /// Where it repeats.
    pub repeats_from: Option<usize>,
    /// Where it was forked.
    pub forked_at: Option<usize>,
}

/// Tells a way.
#[must_use]
pub fn document(walk: &Walk, about: About) -> Document {
    let spec = &walk.origin.spec;
    let map = Outlooks::new(spec).map(walk, about.repeats_from.is_some());
    let is_detailed = walk.stops.len() <= DETAILED_MAX;
    let mut screens: BTreeMap<String, String> = BTreeMap::new();
    let moments = walk.stops.iter().enumerate().map(|(number, stop)| {
        let mut moment = moment(walk, number);
        if stop.taken.as_ref().is_some_and(|taken| taken.name.starts_with("start ") || taken.name.starts_with("apply "))
        {
            screens.remove(&moment.actor);
        }
        if let Some(reported) = &moment.reported {
            screens.insert(moment.actor.clone(), reported.clone());
        }
        moment.screen = screens.values().next().cloned();
        moment.outlook = map.as_ref().map(|map| Outlook::of(&map.outlooks[number]));
        moment.detail = is_detailed.then(|| Detail::of(walk, number));
        moment
    });
    let mut moments: Vec<Moment> = moments.collect();
    let first_violation = moments.iter().position(|moment| !moment.broken.is_empty());
    let no_return = map.as_ref().and_then(|map| map.point_of_no_return);
    for moment in &mut moments {
        let of_the_way = [
            (no_return == Some(moment.number)).then_some(Badge::TooLate),
            (first_violation == Some(moment.number)).then_some(Badge::FirstViolation),
        ];
        let after = usize::from(!moment.lost.is_empty());
        moment.badges.splice(after..after, of_the_way.into_iter().flatten().map(BadgeTold::from));
    }
    let world = &walk.origin.world;
    let end = walk.end();
    let ending = Ending {
        is_whole: end.state.accounts.values().all(rescue::is_whole),
        is_final: rescue::is_final(&end.world, &end.state),
        repeats_from: about.repeats_from,
    };
    let procedures = procedures(walk);
    let acts = procedures.iter().map(|one| (one.name.clone(), one.acts.clone())).collect();
    Document {
        format: "stranded-explorer/1",
        version: env!("CARGO_PKG_VERSION"),
        model_hash: stranded_search::model_hash(),
        title: about.title,
        scenario: spec.name.clone(),
        question: spec.question.clone(),
        sources: spec.source.clone(),
        assumptions: answers(world, &spec.touches()),
        link: link::to(walk),
        servers: world.scenario.site.servers.values().cloned().collect(),
        administrators: world.scenario.administrators.iter().map(|one| one.name.clone()).collect(),
        procedures,
        properties: Safety::ALL
            .into_iter()
            .map(|one| PropertyTold { name: one.name(), says: one.says(), sources: one.sources() })
            .collect(),
        summary: summary::summary(&reported(&moments), ending, map.as_ref(), &acts),
        first_violation,
        no_return,
        repeats_from: about.repeats_from,
        forked_at: about.forked_at,
        moments,
    }
}

fn procedures(walk: &Walk) -> Vec<ProcedureTold> {
    let world = &walk.origin.world;
    let run = world.scenario.run(world.scenario.last_run);
    let reported = |one: &stranded_model::procedure::Procedure| ProcedureTold {
        name: one.name.clone(),
        acts: summary::acts(world, run, &one.under(&world.assumptions)),
    };
    rescue::procedures(&walk.origin.spec).iter().map(reported).collect()
}

fn reported(moments: &[Moment]) -> Vec<Told<'_>> {
    let broken_by =
        |moment: &Moment| Safety::ALL.into_iter().filter(|property| moment.breaks.contains(&property.name())).collect();
    let mut steps = Vec::new();
    for moment in &moments[1..] {
        let Moment { number, actor, says, lost, .. } = moment;
        steps.push(Told { number: *number, actor: actor.clone(), says, lost, breaks: broken_by(moment) });
    }
    steps
}

/// One moment of a way, without what only the whole way or a request tells.
#[must_use]
pub fn moment(walk: &Walk, number: usize) -> Moment {
    let Stop { world, state, taken } = &walk.stops[number];
    let broken = |state: &State| {
        Safety::ALL.into_iter().filter(|one| !one.holds(world, state)).map(Safety::name).collect::<Vec<_>>()
    };
    let now = broken(state);
    let before = match number.checked_sub(1).map(|before| &walk.stops[before]) {
        Some(stop) => {
            Safety::ALL.into_iter().filter(|one| !one.holds(&stop.world, &stop.state)).map(Safety::name).collect()
        }
        None => now.clone(),
    };
    let breaks: Vec<&'static str> = now.iter().copied().filter(|name| !before.contains(name)).collect();
    let said = Said::of(&walk.origin, world, state, taken.as_ref());
    let picture = Picture::of(world, state);
    Moment {
        number,
        actor: said.actor,
        by: said.by,
        action: taken.as_ref().map(|taken| taken.name.clone()).unwrap_or_default(),
        like: taken.as_ref().map(like).unwrap_or_default(),
        says: said.says,
        sources: said.sources,
        reported: said.reported,
        screen: None,
        badges: badges(&said.lost, &breaks),
        lost: said.lost,
        breaks,
        broken: now,
        seen: seen(&picture),
        picture,
        outlook: None,
        detail: None,
    }
}

/// The badges that a step has of itself, whatever way it is on.
fn badges(lost: &[String], breaks: &[&'static str]) -> Vec<BadgeTold> {
    let destroys = (!lost.is_empty()).then(|| Badge::Destroys(lost.to_vec()));
    let broken = (!breaks.is_empty()).then(|| Badge::Breaks(breaks.to_vec()));
    destroys.into_iter().chain(broken).map(BadgeTold::from).collect()
}

/// Two ways differ in what they start, and yet the start of the one is beside the start of the other.
fn like(taken: &Taken) -> String {
    match (taken.action.administrator(), taken.action.mailbox(), taken.action.kind()) {
        (Some(who), Some(mailbox), kind @ ActionKind::Start) => {
            format!("{} {} {}", kind.name(), names::mailbox(mailbox), who.0)
        }
        _ => taken.name.clone(),
    }
}

struct Said {
    actor: String,
    by: &'static str,
    says: String,
    sources: Vec<&'static str>,
    reported: Option<String>,
    lost: Vec<String>,
}

impl Said {
    fn of(origin: &Origin, world: &World, after: &State, taken: Option<&Taken>) -> Self {
        let Some(Taken { before, action, occurrence, .. }) = taken else {
            let (actor, says) = (String::new(), "at first".to_owned());
            return Self { actor, by: "world", says, sources: Vec::new(), reported: None, lost: Vec::new() };
        };
        let lost = after
            .accounts
            .iter()
            .flat_map(|(id, account)| names::messages(account.lost().without(before.accounts[id].lost())));
        Self {
            actor: origin.actor(world, action),
            by: if action.administrator().is_some() { ADMINISTRATOR } else { "world" },
            says: origin.sentence(stranded_oracle::sentence::says(world, before, action, occurrence), action),
            sources: stranded_oracle::sentence::sources(world, action, occurrence).to_vec(),
            reported: occurrence.step.and_then(|executed| stranded_oracle::sentence::reported(world, &executed)),
            lost: lost.collect(),
        }
    }
}

/// Directory, stores and mail under way in a few letters. What programs are about to do is not seen, nor are their marks.
fn seen(picture: &Picture) -> String {
    let mut mailboxes = picture.mailboxes.clone();
    for store in mailboxes.iter_mut().flat_map(|mailbox| &mut mailbox.stores) {
        (store.transit, store.flying, store.says) = (None, Vec::new(), Vec::new());
    }
    let text = serde_json::to_string(&mailboxes).expect("a picture can be written as JSON");
    blake3::hash(text.as_bytes()).to_hex()[..8].to_owned()
}
