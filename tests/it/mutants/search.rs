//! The shortest trace in which an oracle catches a mutant: a breadth-first search over the operations that a test can
//! request. A node of the search is the whole memory of the mutant and its oracle, so the search visits no node twice.

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

/// The size of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grain {
    /// Whole runs.
    Runs,
    /// Single steps of a program.
    Steps,
}

/// The goal of a search.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Any event that the model does not allow.
    Nonconformance,
    /// A finding with this verdict.
    Finding(CaseVerdict),
}

/// Options of a search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SearchOptions {
    /// The size of one operation.
    pub(crate) grain: Grain,
    /// The goal of the search.
    pub(crate) goal: Goal,
    /// The largest number of nodes.
    pub(crate) nodes_max: usize,
    /// A function that removes the unobserved parts from each observation.
    pub(crate) mask: fn(&mut Observation),
}

/// A run that reaches the goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The worst verdict of the last operation.
    pub(crate) verdict: CaseVerdict,
    /// The operations, in order.
    pub(crate) operations: Vec<Operation>,
    /// The findings of the oracle, each with the index of its event in the run.
    pub(crate) verdicts: Vec<(usize, CaseVerdict)>,
    /// The reason why the model does not explain the run, if it does not.
    pub(crate) failure: Option<Failure>,
}

/// The largest memory of an oracle in one search.
pub(crate) const REMEMBERED_MAX: usize = 100_000;

/// A node of the search, with the operation that led to it.
struct Node<'a> {
    position: Position,
    standing: OracleState<'a>,
    parent: Option<(usize, Operation)>,
}

/// Returns the shortest trace in which this oracle reaches the goal, if there is one within the bounds. The oracle is
/// unchanged afterwards.
pub(crate) fn shortest<'a>(
    oracle: &mut Oracle<'a>,
    system: &mut Mutated<'_>,
    options: &SearchOptions,
) -> Option<Found> {
    let fresh = oracle.state();
    let found = searched(oracle, system, options, &fresh);
    oracle.return_to(fresh);
    found
}

fn searched<'a>(
    oracle: &mut Oracle<'a>,
    system: &mut Mutated<'_>,
    options: &SearchOptions,
    fresh: &OracleState<'a>,
) -> Option<Found> {
    let mut nodes: Vec<Node<'a>> = Vec::new();
    let mut known: FxHashSet<(Position, FutureKey)> = FxHashSet::default();
    for start in starts(system) {
        oracle.return_to(fresh.clone());
        system.reset(&start).unwrap();
        oracle.take(&Event::Reset { start }).unwrap();
        observe(oracle, system, options);
        let position = system.position();
        if known.insert((position.clone(), oracle.future_key())) {
            nodes.push(Node { position, standing: oracle.state(), parent: None });
        }
    }
    let mut next = 0;
    while next < nodes.len() && nodes.len() < options.nodes_max && oracle.remembered() < REMEMBERED_MAX {
        let (position, standing) = (nodes[next].position.clone(), nodes[next].standing.clone());
        system.restore(&position);
        oracle.return_to(standing.clone());
        for operation in requests(oracle, system, options) {
            system.restore(&position);
            oracle.return_to(standing.clone());
            let findings = oracle.findings_of_case().len();
            let answer = system.perform(&operation).unwrap();
            let event = Event::Did { operation: operation.clone(), answer };
            oracle.take(&event).unwrap();
            observe(oracle, system, options);
            if let Some(verdict) = is_found(oracle, findings, options.goal) {
                let mut operations = vec![operation];
                let mut index = next;
                while let Some((from, operation)) = &nodes[index].parent {
                    operations.push(operation.clone());
                    index = *from;
                }
                operations.reverse();
                let verdicts =
                    oracle.findings_of_case().iter().map(|finding| (finding.in_case, finding.verdict)).collect();
                return Some(Found { verdict, operations, verdicts, failure: oracle.failure_of_case().cloned() });
            }
            let is_unexplained = oracle.explanations().is_none();
            if is_unexplained && matches!(options.goal, Goal::Nonconformance) {
                continue;
            }
            let position = system.position();
            if known.insert((position.clone(), oracle.future_key())) {
                nodes.push(Node { position, standing: oracle.state(), parent: Some((next, operation)) });
            }
        }
        next += 1;
    }
    None
}

/// Returns the observations of the initial states.
fn starts(system: &Mutated<'_>) -> Vec<BTreeMap<String, Observation>> {
    let reference = system.reference();
    let starts = reference.beginnings().map(|initial| {
        let observations = initial
            .state
            .accounts
            .ids()
            .map(|mailbox: MailboxId| (name(mailbox), reference.observation(&initial, mailbox)));
        observations.collect()
    });
    starts.collect()
}

fn name(mailbox: MailboxId) -> String {
    format!("mailbox-{}", mailbox.index() + 1)
}

fn observe(oracle: &mut Oracle<'_>, system: &mut Mutated<'_>, options: &SearchOptions) {
    for mailbox in (0..oracle.spec().scenario.site.mailboxes).map(MailboxId::at) {
        let mut observation = system.observation(mailbox);
        (options.mask)(&mut observation);
        oracle.take(&Event::Observed { mailbox: name(mailbox), observation }).unwrap();
    }
}

/// Returns the worst verdict of the last operation, if it meets the goal.
fn is_found(oracle: &Oracle<'_>, findings: usize, goal: Goal) -> Option<CaseVerdict> {
    let mut new = oracle.findings_of_case()[findings..].iter().map(|finding| finding.verdict);
    match goal {
        Goal::Nonconformance => {
            let failure = oracle.failure_of_case()?;
            let plain = if failure.is_bounce { CaseVerdict::Bounced } else { CaseVerdict::Nonconforming };
            new.chain([plain]).max()
        }
        Goal::Finding(verdict) => new.find(|one| *one == verdict),
    }
}

/// Returns the operations that a test can request: those that one explanation allows, or refuses for a reason of the
/// world, and that none refuses because the scenario's supply is used up. If there is no explanation, returns the
/// operations of the mutant's own program.
fn requests(oracle: &mut Oracle<'_>, system: &Mutated<'_>, options: &SearchOptions) -> Vec<Operation> {
    let believed: Vec<Explanation> = match oracle.explanations() {
        Some(set) => oracle.sets().explanations(set).cloned().collect(),
        None => Vec::new(),
    };
    let likely = believed.iter().find(|one| one.world == 0).or(believed.first());
    let reference = system.reference();
    let now = likely.unwrap_or(reference.now());
    let world = if likely.is_some() { &oracle.scenes()[usize::from(now.world)].world } else { reference.world() };
    let is_bounded = |world: &World, state: &State, action: &Action| {
        world.step(state, action).is_err_and(|reason| reason.is_bound())
    };
    let is_requestable = |action: &&Action| {
        !is_bounded(world, &now.state, action)
            && !believed
                .iter()
                .any(|one| is_bounded(&oracle.scenes()[usize::from(one.world)].world, &one.state, action))
    };
    let operation = |action: &Action| oracle.operation_of(now, action);
    let requestable = world.actions().iter().filter(is_requestable);
    match options.grain {
        Grain::Steps => requestable.filter_map(operation).collect(),
        Grain::Runs => {
            let is_mortal =
                world.scenario.environment.faults.contains(&Fault::ProgramDies) && now.state.shared.faults_left > 0;
            let of_programs = [
                ActionKind::Act,
                ActionKind::RequestLost,
                ActionKind::ReplyLost,
                ActionKind::RequestLate,
                ActionKind::Die,
            ];
            let whole = requestable.filter(|action| !of_programs.contains(&action.kind()));
            whole.filter_map(operation).flat_map(|operation| in_whole_runs(operation, is_mortal)).collect()
        }
    }
}

/// Replaces the start of a run by the whole run, and by a run that is killed if programs can die.
fn in_whole_runs(operation: Operation, is_mortal: bool) -> Vec<Operation> {
    if let Operation::Start { run } = operation {
        let whole = |crash| Operation::Run { run: run.clone(), crash };
        let killed = is_mortal.then(|| whole(true));
        [whole(false)].into_iter().chain(killed).collect()
    } else {
        vec![operation]
    }
}
