//! The shortest run in which a judge finds a mutant: a breadth-first search over what can be asked of it. A place in it is all
//! that the mutant and its judge remember, so no two ways to the same place are followed.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use stranded::adapter::Implementation;
use stranded::adapter::mutant::{Mutated, Position};
use stranded::oracle::{Explanation, Oracle, Standing, Whereabouts, Word};
use stranded::wire::{Deed, Event, Sight};
use stranded_model::action::{Action, Kind};
use stranded_model::id::{Id, MailboxId};
use stranded_model::scenario::Fault;

/// What is asked at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grain {
    /// Whole runs.
    Runs,
    /// One step of a program after the other.
    Steps,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Something that the model does not allow.
    Surprise,
    /// A finding with this word.
    Finding(Word),
}

/// How a search is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// What is asked at once.
    pub(crate) grain: Grain,
    /// What is looked for.
    pub(crate) goal: Goal,
    /// The most places that are looked at.
    pub(crate) places_max: usize,
    /// What is left out of every sight.
    pub(crate) mask: fn(&mut Sight),
}

/// A run in which what was looked for was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The worst that the last deed showed.
    pub(crate) word: Word,
    /// What was asked, in order.
    pub(crate) deeds: Vec<Deed>,
    /// What the judge found on the way.
    pub(crate) words: Vec<(usize, Word)>,
}

/// The most that a judge may remember in one search.
pub(crate) const REMEMBERED_MAX: usize = 100_000;

/// One way to a place.
struct Place<'a> {
    position: Position,
    standing: Standing<'a>,
    came: Option<(usize, Deed)>,
}

/// The shortest run in which this judge finds it, if one is found within the bounds. The judge is then as it was before.
pub(crate) fn shortest<'a>(oracle: &mut Oracle<'a>, system: &mut Mutated<'_>, manner: &Manner) -> Option<Found> {
    let fresh = oracle.standing();
    let found = searched(oracle, system, manner, &fresh);
    oracle.return_to(fresh);
    found
}

fn searched<'a>(
    oracle: &mut Oracle<'a>,
    system: &mut Mutated<'_>,
    manner: &Manner,
    fresh: &Standing<'a>,
) -> Option<Found> {
    let mut places: Vec<Place<'a>> = Vec::new();
    let mut known: FxHashSet<(Position, Whereabouts)> = FxHashSet::default();
    for start in starts(system) {
        oracle.return_to(fresh.clone());
        system.reset(&start).unwrap();
        oracle.take(&Event::Reset { start }).unwrap();
        look(oracle, system, manner);
        let position = system.position();
        if known.insert((position.clone(), oracle.whereabouts())) {
            places.push(Place { position, standing: oracle.standing(), came: None });
        }
    }
    let mut next = 0;
    while next < places.len() && places.len() < manner.places_max && oracle.remembers() < REMEMBERED_MAX {
        let (position, standing) = (places[next].position.clone(), places[next].standing.clone());
        system.return_to(&position);
        oracle.return_to(standing.clone());
        for deed in offers(oracle, system, manner) {
            system.return_to(&position);
            oracle.return_to(standing.clone());
            let findings = oracle.findings_of_run().len();
            let answer = system.perform(&deed).unwrap();
            let event = Event::Did { deed: deed.clone(), answer };
            oracle.take(&event).unwrap();
            look(oracle, system, manner);
            if let Some(word) = is_found(oracle, findings, manner.goal) {
                let mut deeds = vec![deed];
                let mut place = next;
                while let Some((from, deed)) = &places[place].came {
                    deeds.push(deed.clone());
                    place = *from;
                }
                deeds.reverse();
                let words = oracle.findings_of_run().iter().map(|finding| (finding.in_run, finding.word)).collect();
                return Some(Found { word, deeds, words });
            }
            let is_lost = oracle.belief().is_none();
            if is_lost && matches!(manner.goal, Goal::Surprise) {
                continue;
            }
            let position = system.position();
            if known.insert((position.clone(), oracle.whereabouts())) {
                places.push(Place { position, standing: oracle.standing(), came: Some((next, deed)) });
            }
        }
        next += 1;
    }
    None
}

/// The ways in which it can begin, as they look.
fn starts(system: &Mutated<'_>) -> Vec<BTreeMap<String, Sight>> {
    let reference = system.reference();
    let looks = reference.beginnings().map(|begun| {
        let sights =
            begun.state.accounts.ids().map(|mailbox: MailboxId| (name(mailbox), reference.sight(&begun, mailbox)));
        sights.collect()
    });
    looks.collect()
}

fn name(mailbox: MailboxId) -> String {
    format!("mailbox-{}", mailbox.index() + 1)
}

fn look(oracle: &mut Oracle<'_>, system: &mut Mutated<'_>, manner: &Manner) {
    for mailbox in (0..oracle.spec().scenario.site.mailboxes).map(MailboxId::at) {
        let mut sight = system.sight(mailbox);
        (manner.mask)(&mut sight);
        oracle.take(&Event::Saw { mailbox: name(mailbox), sight }).unwrap();
    }
}

/// The worst that the last deed has shown, if it is what is looked for.
fn is_found(oracle: &Oracle<'_>, findings: usize, goal: Goal) -> Option<Word> {
    let mut new = oracle.findings_of_run()[findings..].iter().map(|finding| finding.word);
    match goal {
        Goal::Surprise => {
            let failure = oracle.failure_of_run()?;
            let plain = if failure.is_bounce { Word::Bounced } else { Word::Nonconforming };
            new.chain([plain]).max()
        }
        Goal::Finding(word) => new.find(|one| *one == word),
    }
}

/// What can be asked: whatever one explanation allows, or refuses for a reason that is the world's; where nothing is explained
/// any more, what the mutant's own program can do.
fn offers(oracle: &mut Oracle<'_>, system: &Mutated<'_>, manner: &Manner) -> Vec<Deed> {
    let believed = oracle.belief().and_then(|belief| {
        let beliefs = oracle.beliefs();
        let own = beliefs.explanations(belief).find(|one| one.world == 0).cloned();
        own.or_else(|| beliefs.explanations(belief).next().cloned())
    });
    let own = system.reference();
    let (now, world): (Explanation, _) = match believed {
        Some(one) => {
            let world = oracle.beliefs().scenes()[usize::from(one.world)].world.clone();
            (one, world)
        }
        None => (own.now().clone(), own.world().clone()),
    };
    let is_offered = |action: &&Action| match world.step(&now.state, action) {
        Ok(_) => true,
        Err(reason) => !reason.is_bound(),
    };
    let deed = |action: &Action| oracle.deed_of(&now, action);
    let offered = world.actions().iter().filter(is_offered);
    match manner.grain {
        Grain::Steps => offered.filter_map(deed).collect(),
        Grain::Runs => {
            let is_mortal = world.scenario.environment.faults.contains(&Fault::ProgramDies);
            let of_programs = [Kind::Act, Kind::RequestLost, Kind::ReplyLost, Kind::Die];
            let whole = offered.filter(|action| !of_programs.contains(&action.kind()));
            whole.filter_map(deed).flat_map(|deed| in_whole_runs(deed, is_mortal)).collect()
        }
    }
}

/// The same with a whole run for its start, and one that is killed where programs can die.
fn in_whole_runs(deed: Deed, is_mortal: bool) -> Vec<Deed> {
    if let Deed::Start { run } = deed {
        let whole = |crash| Deed::Run { run: run.clone(), crash };
        let killed = is_mortal.then(|| whole(true));
        [whole(false)].into_iter().chain(killed).collect()
    } else {
        vec![deed]
    }
}
