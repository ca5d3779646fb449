//! Lists of operations that are possible in a scenario, and stay possible when they shrink: when a candidate is removed,
//! later ones that are no longer possible are removed, too. This module does not judge.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use stranded_model::World;
use stranded_model::action::{Action, ActionKind};
use stranded_model::state::State;

use crate::adapter::{Implementation, Reference};
use crate::conform::{Candidate, is_fresh, run_to_end};
use crate::protocol::{Observation, Operation};
use stranded_search::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::names;
use stranded_search::scenario::Spec;

/// Operations to perform in order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Operations {
    /// Initial observation of each mailbox; empty if all are fresh.
    pub start: BTreeMap<String, Observation>,
    /// The operations.
    pub list: Vec<Operation>,
}

/// Formats each operation as in a line of a log.
impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line =
            |operation: &Operation| serde_json::to_string(operation).unwrap_or_else(|_| operation.action().to_owned());
        let lines = self.list.iter().map(line);
        f.debug_list().entries(lines.map(PlainText)).finish()
    }
}

struct PlainText(String);

impl fmt::Debug for PlainText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Draws lists of at most `count` operations in a scenario: whole runs of procedures, deliveries, logons, and all other
/// actions that the scenario allows. The values of the assumptions are drawn, too.
///
/// # Panics
/// The initial states of the scenario cannot be computed.
#[must_use]
pub fn operations(spec: &Spec, count: usize) -> OperationsStrategy {
    let world = |assumptions| {
        let world = check::world(spec, assumptions, Engine::default(), &Limits::default());
        world.unwrap_or_else(|truncated| panic!("cannot compute the initial states of {}: {truncated}", spec.name))
    };
    let worlds = check::combinations_of(spec).into_iter().map(world).collect();
    OperationsStrategy { worlds: Arc::new(Worlds { spec: spec.clone(), worlds }), count, steps: false, only: None }
}

/// Strategy for [`Operations`].
#[derive(Clone, Debug)]
pub struct OperationsStrategy {
    worlds: Arc<Worlds>,
    count: usize,
    steps: bool,
    only: Option<Vec<String>>,
}

#[derive(Debug)]
struct Worlds {
    spec: Spec,
    worlds: Vec<World>,
}

impl OperationsStrategy {
    /// Draws single steps of programs instead of whole runs, so that other actions can happen between two steps.
    #[must_use]
    pub fn in_steps(mut self) -> Self {
        self.steps = true;
        self
    }

    /// Draws only these actions, named as by [`Operation::action`].
    #[must_use]
    pub fn only(mut self, actions: &[&str]) -> Self {
        self.only = Some(actions.iter().map(|action| (*action).to_owned()).collect());
        self
    }

    fn is_wanted(&self, candidate: Candidate) -> bool {
        let name = match candidate {
            Candidate::Act(action) => action.kind().name(),
            Candidate::Run { .. } => crate::protocol::RUN,
        };
        self.only.as_ref().is_none_or(|only| only.iter().any(|wanted| wanted == name))
    }

    /// The possible candidates in this state.
    fn candidates(&self, world: &World, state: &State) -> Vec<Candidate> {
        let mut all: Vec<Candidate> = Vec::new();
        for action in world.actions().iter().copied() {
            match action.kind() {
                ActionKind::Start if !self.steps => {
                    all.extend([false, true].map(|crash| Candidate::Run { start: action, crash }));
                }
                kind if !self.steps && kind.is_of_program() => {}
                ActionKind::Start
                | ActionKind::Act
                | ActionKind::RequestLost
                | ActionKind::ReplyLost
                | ActionKind::RequestLate
                | ActionKind::LateEffect
                | ActionKind::JournalLost
                | ActionKind::RecentMailLost
                | ActionKind::StoreLooksEmpty
                | ActionKind::StoreShowsMail
                | ActionKind::Die
                | ActionKind::Deliver
                | ActionKind::Redeliver
                | ActionKind::LogOn
                | ActionKind::OwnerDeletes
                | ActionKind::Replicate
                | ActionKind::Refresh
                | ActionKind::Edit
                | ActionKind::StoreFails
                | ActionKind::StoreRecovers
                | ActionKind::ReplicaFails
                | ActionKind::ReplicaRecovers => all.push(Candidate::Act(action)),
            }
        }
        all.retain(|candidate| self.is_wanted(*candidate) && is_possible(world, state, *candidate));
        all
    }
}

fn is_possible(world: &World, state: &State, candidate: Candidate) -> bool {
    match candidate {
        Candidate::Act(action) => world.step(state, &action).is_ok(),
        Candidate::Run { start, crash } => {
            let (Ok(started), Some(mailbox), Some(administrator)) =
                (world.step(state, &start), start.mailbox(), start.administrator())
            else {
                return false;
            };
            if crash {
                return world.step(&started, &Action::Die { mailbox, administrator }).is_ok();
            }
            run_to_end(world, started, mailbox, administrator).is_some()
        }
    }
}

impl Worlds {
    /// Performs the candidates that are possible, in order.
    fn follow(&self, path: ListStart, candidates: &[Candidate]) -> (Vec<Candidate>, Operations) {
        let mut system = self.system(path);
        let mut operations = Operations { start: self.start(&mut system), list: Vec::new() };
        let mut kept = Vec::new();
        for candidate in candidates {
            if let Some(operation) = take(&mut system, *candidate) {
                operations.list.push(operation);
                kept.push(*candidate);
            }
        }
        (kept, operations)
    }

    fn system(&self, path: ListStart) -> Reference<'_> {
        let mut world = self.worlds[path.world].clone();
        world.initial = vec![world.initial[path.state].clone()];
        Reference::in_world(&self.spec, world)
    }

    fn start(&self, system: &mut Reference<'_>) -> BTreeMap<String, Observation> {
        if is_fresh(&self.spec, system.state()) {
            return BTreeMap::new();
        }
        let mailboxes = (0..self.spec.scenario.site.mailboxes).map(stranded_model::id::Id::at).map(names::mailbox);
        mailboxes
            .filter_map(|mailbox| system.observe(&mailbox).ok().map(|observation| (mailbox, observation)))
            .collect()
    }
}

/// Performs a candidate if it is possible. Returns its operation.
fn take(system: &mut Reference<'_>, candidate: Candidate) -> Option<Operation> {
    if !is_possible(system.world(), system.state(), candidate) {
        return None;
    }
    let operation = match candidate {
        Candidate::Act(action) => system.operation(&action)?,
        Candidate::Run { start, crash } => {
            let Operation::Start { run } = system.operation(&start)? else { return None };
            Operation::Run { run, crash }
        }
    };
    system.perform(&operation).ok()?;
    Some(operation)
}

/// Initial state of a list.
#[derive(Clone, Copy, Debug)]
struct ListStart {
    world: usize,
    state: usize,
}

impl Strategy for OperationsStrategy {
    type Tree = OperationsTree;
    type Value = Operations;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut below = |count: usize| {
            let draw = runner.rng().next_u64() % u64::try_from(count.max(1)).unwrap_or(u64::MAX);
            usize::try_from(draw).unwrap_or(0)
        };
        let world = below(self.worlds.worlds.len());
        let start = ListStart { world, state: below(self.worlds.worlds[world].initial.len()) };
        let length = 1 + below(self.count);
        let mut system = self.worlds.system(start);
        let mut shortest = Vec::new();
        while shortest.len() < length.min(self.count) {
            let candidates = self.candidates(system.world(), system.state());
            let Some(candidate) = candidates.get(below(candidates.len())).copied() else { break };
            if take(&mut system, candidate).is_none() {
                break;
            }
            shortest.push(candidate);
        }
        let size = shortest.len().div_ceil(2);
        Ok(OperationsTree {
            worlds: Arc::clone(&self.worlds),
            start,
            shortest,
            trial: None,
            size,
            from: 0,
            is_shorter: false,
        })
    }
}

/// A list while it shrinks: removes halves first, then smaller parts, until no single candidate can be removed.
#[derive(Clone, Debug)]
pub struct OperationsTree {
    worlds: Arc<Worlds>,
    start: ListStart,
    /// The shortest failing list so far.
    shortest: Vec<Candidate>,
    /// The list that is being tried.
    trial: Option<Vec<Candidate>>,
    /// Number of candidates to remove next, and the index of the first.
    size: usize,
    from: usize,
    /// True if a candidate was removed since the last pass over all of them.
    is_shorter: bool,
}

impl OperationsTree {
    fn next_trial(&mut self) -> bool {
        if self.from >= self.shortest.len() {
            if self.size <= 1 && !self.is_shorter {
                return false;
            }
            (self.size, self.from, self.is_shorter) = (self.size.div_ceil(2).max(1), 0, false);
        }
        if self.shortest.is_empty() {
            return false;
        }
        let to = (self.from + self.size).min(self.shortest.len());
        let rest = [&self.shortest[..self.from], &self.shortest[to..]].concat();
        self.trial = Some(self.worlds.follow(self.start, &rest).0);
        true
    }
}

impl ValueTree for OperationsTree {
    type Value = Operations;

    fn current(&self) -> Operations {
        self.worlds.follow(self.start, self.trial.as_ref().unwrap_or(&self.shortest)).1
    }

    fn simplify(&mut self) -> bool {
        if let Some(shorter) = self.trial.take() {
            self.shortest = shorter;
            self.is_shorter = true;
        }
        self.next_trial()
    }

    fn complicate(&mut self) -> bool {
        if self.trial.take().is_none() {
            return false;
        }
        self.from += self.size;
        self.next_trial()
    }
}
