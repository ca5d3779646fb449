//! The shortest run in which a judge finds a mutant: a breadth-first search over what can be asked of it. A place in it is all
//! that the mutant and its judge remember, so no two ways to the same place are followed.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use stranded_model::World;
use stranded_model::action::{Action, ActionKind};
use stranded_model::id::{Id, MailboxId};
use stranded_model::scenario::Fault;
use stranded_model::state::State;
use stranded_oracle::adapter::Implementation;
use stranded_oracle::adapter::mutant::{Mutated, Position};
use stranded_oracle::oracle::{CaseVerdict, Explanation, Failure, FutureKey, Oracle, OracleState};
use stranded_oracle::protocol::{Event, Observation, Operation};

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
    Finding(CaseVerdict),
}

/// How a search is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OracleOptions {
    /// What is asked at once.
    pub(crate) grain: Grain,
    /// What is looked for.
    pub(crate) goal: Goal,
    /// The most places that are looked at.
    pub(crate) places_max: usize,
    /// What is left out of every sight.
    pub(crate) mask: fn(&mut Observation),
}

/// A run in which what was looked for was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The worst that the last deed showed.
    pub(crate) verdict: CaseVerdict,
    /// What was asked, in order.
    pub(crate) operations: Vec<Operation>,
    /// What the judge found on the way.
    pub(crate) words: Vec<(usize, CaseVerdict)>,
    /// Why the model does not explain it, if it does not.
    pub(crate) failure: Option<Failure>,
}

/// The most that a judge may remember in one search.
pub(crate) const REMEMBERED_MAX: usize = 100_000;

/// One way to a place.
struct ServerRef<'a> {
    position: Position,
    standing: OracleState<'a>,
    came: Option<(usize, Operation)>,
}

/// The shortest run in which this judge finds it, if one is found within the bounds. The judge is then as it was before.
pub(crate) fn shortest<'a>(
    oracle: &mut Oracle<'a>,
    system: &mut Mutated<'_>,
    options: &OracleOptions,
) -> Option<Found> {
    let fresh = oracle.state();
    let found = searched(oracle, system, options, &fresh);
    oracle.return_to(fresh);
    found
}

fn searched<'a>(
    oracle: &mut Oracle<'a>,
    system: &mut Mutated<'_>,
    options: &OracleOptions,
    fresh: &OracleState<'a>,
) -> Option<Found> {
    let mut places: Vec<ServerRef<'a>> = Vec::new();
    let mut known: FxHashSet<(Position, FutureKey)> = FxHashSet::default();
    for start in starts(system) {
        oracle.return_to(fresh.clone());
        system.reset(&start).unwrap();
        oracle.take(&Event::Reset { start }).unwrap();
        look(oracle, system, options);
        let position = system.position();
        if known.insert((position.clone(), oracle.future_key())) {
            places.push(ServerRef { position, standing: oracle.state(), came: None });
        }
    }
    let mut next = 0;
    while next < places.len() && places.len() < options.places_max && oracle.remembered() < REMEMBERED_MAX {
        let (position, standing) = (places[next].position.clone(), places[next].standing.clone());
        system.restore(&position);
        oracle.return_to(standing.clone());
        for operation in offers(oracle, system, options) {
            system.restore(&position);
            oracle.return_to(standing.clone());
            let findings = oracle.findings_of_run().len();
            let answer = system.perform(&operation).unwrap();
            let event = Event::Did { operation: operation.clone(), answer };
            oracle.take(&event).unwrap();
            look(oracle, system, options);
            if let Some(verdict) = is_found(oracle, findings, options.goal) {
                let mut operations = vec![operation];
                let mut place = next;
                while let Some((from, operation)) = &places[place].came {
                    operations.push(operation.clone());
                    place = *from;
                }
                operations.reverse();
                let words = oracle.findings_of_run().iter().map(|finding| (finding.in_run, finding.verdict)).collect();
                return Some(Found { verdict, operations, words, failure: oracle.failure_of_run().cloned() });
            }
            let is_lost = oracle.explanations().is_none();
            if is_lost && matches!(options.goal, Goal::Surprise) {
                continue;
            }
            let position = system.position();
            if known.insert((position.clone(), oracle.future_key())) {
                places.push(ServerRef { position, standing: oracle.state(), came: Some((next, operation)) });
            }
        }
        next += 1;
    }
    None
}

/// The ways in which it can begin, as they look.
fn starts(system: &Mutated<'_>) -> Vec<BTreeMap<String, Observation>> {
    let reference = system.reference();
    let looks = reference.beginnings().map(|begun| {
        let observations = begun
            .state
            .accounts
            .ids()
            .map(|mailbox: MailboxId| (name(mailbox), reference.observation(&begun, mailbox)));
        observations.collect()
    });
    looks.collect()
}

fn name(mailbox: MailboxId) -> String {
    format!("mailbox-{}", mailbox.index() + 1)
}

fn look(oracle: &mut Oracle<'_>, system: &mut Mutated<'_>, options: &OracleOptions) {
    for mailbox in (0..oracle.spec().scenario.site.mailboxes).map(MailboxId::at) {
        let mut observation = system.observation(mailbox);
        (options.mask)(&mut observation);
        oracle.take(&Event::Observed { mailbox: name(mailbox), observation }).unwrap();
    }
}

/// The worst that the last deed has shown, if it is what is looked for.
fn is_found(oracle: &Oracle<'_>, findings: usize, goal: Goal) -> Option<CaseVerdict> {
    let mut new = oracle.findings_of_run()[findings..].iter().map(|finding| finding.verdict);
    match goal {
        Goal::Surprise => {
            let failure = oracle.failure_of_run()?;
            let plain = if failure.is_bounce { CaseVerdict::Bounced } else { CaseVerdict::Nonconforming };
            new.chain([plain]).max()
        }
        Goal::Finding(verdict) => new.find(|one| *one == verdict),
    }
}

/// What can be asked: whatever one explanation allows, or refuses for a reason that is the world's, and none refuses because the
/// scenario has no more of it; where nothing is explained any more, what the mutant's own program can do.
fn offers(oracle: &mut Oracle<'_>, system: &Mutated<'_>, options: &OracleOptions) -> Vec<Operation> {
    let believed: Vec<Explanation> = match oracle.explanations() {
        Some(belief) => oracle.sets().explanations(belief).cloned().collect(),
        None => Vec::new(),
    };
    let likely = believed.iter().find(|one| one.world == 0).or(believed.first());
    let own = system.reference();
    let now = likely.unwrap_or(own.now());
    let world = if likely.is_some() { &oracle.scenes()[usize::from(now.world)].world } else { own.world() };
    let is_bounded = |world: &World, state: &State, action: &Action| {
        world.step(state, action).is_err_and(|reason| reason.is_bound())
    };
    let is_offered = |action: &&Action| {
        !is_bounded(world, &now.state, action)
            && !believed
                .iter()
                .any(|one| is_bounded(&oracle.scenes()[usize::from(one.world)].world, &one.state, action))
    };
    let operation = |action: &Action| oracle.operation_of(now, action);
    let offered = world.actions().iter().filter(is_offered);
    match options.grain {
        Grain::Steps => offered.filter_map(operation).collect(),
        Grain::Runs => {
            let is_mortal =
                world.scenario.environment.faults.contains(&Fault::ProgramDies) && now.state.shared.faults_left > 0;
            let of_programs = [ActionKind::Act, ActionKind::RequestLost, ActionKind::ReplyLost, ActionKind::Die];
            let whole = offered.filter(|action| !of_programs.contains(&action.kind()));
            whole.filter_map(operation).flat_map(|operation| in_whole_runs(operation, is_mortal)).collect()
        }
    }
}

/// The same with a whole run for its start, and one that is killed where programs can die.
fn in_whole_runs(operation: Operation, is_mortal: bool) -> Vec<Operation> {
    if let Operation::Start { run } = operation {
        let whole = |crash| Operation::Run { run: run.clone(), crash };
        let killed = is_mortal.then(|| whole(true));
        [whole(false)].into_iter().chain(killed).collect()
    } else {
        vec![operation]
    }
}
