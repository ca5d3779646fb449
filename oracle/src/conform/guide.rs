//! The requests that are possible in each state, the requests that were made, and the shortest path to one that was not
//! made.

mod coverage;
mod nearest;

use std::collections::BTreeMap;

use indexmap::IndexSet;
use rustc_hash::FxHashMap;
use stranded_model::action::{Action, ActionKind, Fate};
use stranded_model::id::{AdministratorId, Id, MailboxId};
use stranded_model::state::{Recipient, State};
use stranded_model::{Refusal, World};

use crate::oracle::names::Arrivals;
use crate::oracle::{Explanation, Oracle, model_terms};
use crate::protocol::RUN;
use crate::protocol::{Capabilities, Observation, Operation};
use stranded_search::names;
use stranded_search::scenario::Spec;

pub use self::coverage::ConformCoverage;
use super::Strategy;

/// Number of a state in a world.
pub(super) type Node = u32;

/// A possible request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Candidate {
    /// One action.
    Act(Action),
    /// A run from start to end, or one that the program's death interrupts.
    Run {
        /// The action that starts the run.
        start: Action,
        /// True if the program dies during the run.
        crash: bool,
    },
}

impl Candidate {
    /// Returns true if the next state is known; a program that dies can have done any part of its run.
    fn is_predictable(self) -> bool {
        !matches!(self, Self::Run { crash: true, .. })
    }
}

/// Possible requests and past requests.
#[derive(Debug)]
pub(super) struct Guide {
    worlds: Vec<World>,
    requestable: Vec<ActionKind>,
    /// Kinds of action that can happen unobserved, and can lead to states that no request leads to.
    unseen: Vec<ActionKind>,
    /// True if all reachable states can be counted: false if faults can occur in whole runs.
    is_countable: bool,
    whole_runs: bool,
    can_crash: bool,
    nodes: IndexSet<(u16, State)>,
    candidates: FxHashMap<Node, Vec<(Candidate, Node)>>,
    tried: FxHashMap<(Node, usize), usize>,
    visits: FxHashMap<Node, usize>,
    roots: Vec<Root>,
    turn: usize,
}

/// A possible initial state, as `reset` sets it up.
#[derive(Debug)]
struct Root {
    start: BTreeMap<String, Observation>,
    /// Its state in each world that has it.
    nodes: Vec<Node>,
    is_excluded: bool,
}

/// Actions that an implementation may be asked for in this scenario.
pub(super) fn requestable(spec: &Spec) -> Vec<String> {
    let world = World::new(&spec.scenario, stranded_model::assumption::Assumptions::default());
    let kinds = world.kinds().into_iter().map(ActionKind::name);
    kinds.chain([RUN]).map(ToOwned::to_owned).collect()
}

/// Actions that an implementation may be asked for in any scenario.
pub(super) fn requestable_anywhere() -> Vec<String> {
    ActionKind::ALL.into_iter().map(ActionKind::name).chain([RUN]).map(ToOwned::to_owned).collect()
}

impl Guide {
    /// A guide before the first request.
    ///
    /// # Errors
    /// The reason why the implementation cannot run the scenario.
    pub(super) fn new(
        spec: &Spec,
        capabilities: &Capabilities,
        oracle: &Oracle<'_>,
        unseen: &[ActionKind],
        whole_runs: bool,
    ) -> Result<Self, String> {
        let can = |name: &str| capabilities.actions.iter().any(|action| action == name);
        let steps = can(ActionKind::Start.name()) && can(ActionKind::Act.name());
        if !steps && !can(RUN) {
            return Err(format!("it supports neither `{RUN}` nor `start` and `act`"));
        }
        if whole_runs && !can(RUN) {
            return Err(format!("it does not support `{RUN}`, which whole runs need"));
        }
        let whole_runs = whole_runs || !steps;
        let of_programs =
            [ActionKind::Start, ActionKind::Act, ActionKind::RequestLost, ActionKind::ReplyLost, ActionKind::Die];
        let programs = [ActionKind::RequestLost, ActionKind::ReplyLost, ActionKind::Die];
        let is_followed =
            |scene: &crate::oracle::Scene| !programs.iter().any(|kind| scene.world.kinds().contains(kind));
        let requestable =
            ActionKind::ALL.into_iter().filter(|kind| can(kind.name()) && !(whole_runs && of_programs.contains(kind)));
        let mut guide = Self {
            worlds: oracle.scenes().iter().map(|scene| scene.world.clone()).collect(),
            requestable: requestable.collect(),
            unseen: unseen.to_vec(),
            is_countable: !whole_runs || oracle.scenes().iter().all(is_followed),
            whole_runs,
            can_crash: can(ActionKind::Die.name())
                && oracle.scenes().iter().any(|scene| scene.world.kinds().contains(&ActionKind::Die)),
            nodes: IndexSet::new(),
            candidates: FxHashMap::default(),
            tried: FxHashMap::default(),
            visits: FxHashMap::default(),
            roots: Vec::new(),
            turn: 0,
        };
        for (world, scene) in (0..).zip(oracle.scenes()) {
            for explanation in scene.initial(world) {
                let node = guide.node(world, &explanation.state);
                let start = start(spec, oracle, &explanation);
                match guide.roots.iter_mut().find(|root| root.start == start) {
                    Some(root) => root.nodes.push(node),
                    None => guide.roots.push(Root { start, nodes: vec![node], is_excluded: false }),
                }
            }
        }
        if !capabilities.start {
            guide.roots.retain(|root| root.start.is_empty());
            if guide.roots.is_empty() {
                return Err(
                    "the scenario starts with mailboxes that are not fresh, and it cannot set them up (`start`)"
                        .to_owned(),
                );
            }
        }
        Ok(guide)
    }

    pub(super) fn node(&mut self, world: u16, state: &State) -> Node {
        let key = (world, state.clone());
        let number = match self.nodes.get_index_of(&key) {
            Some(number) => number,
            None => self.nodes.insert_full(key).0,
        };
        Node::try_from(number).expect("the number of states is below 2^32")
    }

    pub(super) fn start(&self, root: usize) -> &BTreeMap<String, Observation> {
        &self.roots[root].start
    }

    /// The state of an initial state in the first of these worlds that has it.
    pub(super) fn node_of(&self, root: usize, worlds: &[u16]) -> Node {
        let nodes = &self.roots[root].nodes;
        let alive = nodes.iter().find(|node| worlds.contains(&self.state(**node).0));
        *alive.unwrap_or(&nodes[0])
    }

    /// Excludes an initial state that the implementation cannot set up.
    pub(super) fn exclude(&mut self, root: usize) {
        self.roots[root].is_excluded = true;
    }

    /// The initial state for the next run: one from which an untried request is reachable in these worlds, or the next in
    /// turn.
    pub(super) fn next_root(&mut self, strategy: Strategy, worlds: &[u16]) -> Option<usize> {
        let open: Vec<usize> = (0..self.roots.len()).filter(|root| !self.roots[*root].is_excluded).collect();
        match strategy {
            Strategy::Exhaustive => {
                let untried = |root: &usize| self.nearest_untried(self.node_of(*root, worlds)).is_some();
                open.into_iter().find(untried)
            }
            Strategy::Random(_) | Strategy::Guided(_) => {
                self.turn += 1;
                open.get(self.turn.checked_rem(open.len())?).copied()
            }
        }
    }

    /// The first request on the shortest path to an untried request: its index among the candidates, and the expected next
    /// state.
    pub(super) fn nearest_untried(&mut self, from: Node) -> Option<(usize, Node)> {
        self.nearest_untried_of(from, usize::MAX, |_| true)
    }

    pub(super) fn draw_any(&mut self, from: Node, draw: u64) -> Option<(usize, Node)> {
        let candidates = self.candidates_at(from);
        let index = usize::try_from(draw.checked_rem(candidates.len() as u64)?).ok()?;
        Some((index, candidates[index].1))
    }

    pub(super) fn draw_least_visited(&mut self, from: Node, draw: u64) -> Option<(usize, Node)> {
        let candidates: Vec<(usize, Node)> =
            self.candidates_at(from).iter().map(|(_, next)| *next).enumerate().collect();
        let times = |(index, next): &(usize, Node)| {
            let visits = self.visits.get(next).copied().unwrap_or(0);
            visits + self.tried.get(&(from, *index)).copied().unwrap_or(0)
        };
        let least = candidates.iter().map(times).min()?;
        let rarest: Vec<&(usize, Node)> = candidates.iter().filter(|candidate| times(candidate) == least).collect();
        let index = usize::try_from(draw.checked_rem(rarest.len() as u64)?).ok()?;
        rarest.get(index).map(|candidate| **candidate)
    }

    /// The next request of a program, for an implementation that the model no longer explains. Running the programs on shows
    /// the harm.
    pub(super) fn next_program(&mut self, from: Node, operations: usize) -> Option<(usize, Node)> {
        const OPERATIONS_MAX: usize = 60;
        if operations >= OPERATIONS_MAX {
            return None;
        }
        let candidates = self.candidates_at(from);
        let is_program = |(_, (candidate, _)): &(usize, &(Candidate, Node))| match candidate {
            Candidate::Act(Action::Start { .. } | Action::Act { fate: Fate::Answered, .. }) => true,
            Candidate::Run { crash, .. } => !crash,
            Candidate::Act(_) => false,
        };
        candidates.iter().enumerate().find(is_program).map(|(index, (_, next))| (index, *next))
    }

    /// Number of different requests made; the same request in the same state counts once.
    pub(super) fn tried_count(&self) -> usize {
        self.tried.len()
    }

    /// Returns true if the next state of a request is known.
    pub(super) fn is_predictable(&self, node: Node, index: usize) -> bool {
        self.candidates
            .get(&node)
            .and_then(|candidates| candidates.get(index))
            .is_some_and(|(candidate, _)| candidate.is_predictable())
    }

    /// Records a request. Returns true if it was made before.
    pub(super) fn mark_tried(&mut self, node: Node, index: usize) -> bool {
        let times = self.tried.entry((node, index)).or_default();
        *times += 1;
        *self.visits.entry(node).or_default() += 1;
        *times > 1
    }

    /// The operation of a candidate.
    pub(super) fn operation(
        &self,
        node: Node,
        index: usize,
        oracle: &Oracle<'_>,
        now: &Explanation,
    ) -> Option<Operation> {
        let (candidate, _) = self.candidates.get(&node)?.get(index)?;
        match candidate {
            Candidate::Act(action) => oracle.operation_of(now, action),
            Candidate::Run { start, crash } => {
                let Operation::Start { run } = oracle.operation_of(now, start)? else { return None };
                Some(Operation::Run { run, crash: *crash })
            }
        }
    }

    pub(super) fn state(&self, node: Node) -> (u16, &State) {
        let (world, state) = &self.nodes[node as usize];
        (*world, state)
    }

    fn candidates_at(&mut self, node: Node) -> &[(Candidate, Node)] {
        if !self.candidates.contains_key(&node) {
            let found = self.compute_candidates(node);
            self.candidates.insert(node, found);
        }
        &self.candidates[&node]
    }

    fn compute_candidates(&mut self, node: Node) -> Vec<(Candidate, Node)> {
        let (world_index, state) = self.nodes[node as usize].clone();
        let world = &self.worlds[usize::from(world_index)];
        let mut found: Vec<(Candidate, State)> = Vec::new();
        for action in world.actions() {
            if self.requestable.contains(&action.kind()) {
                match world.step(&state, action) {
                    Ok(next) => found.push((Candidate::Act(*action), next)),
                    // A request that must be declined is a test, too.
                    Err(Refusal::InTransit | Refusal::StoreDown | Refusal::Waiting(_))
                        if matches!(action.kind(), ActionKind::LogOn | ActionKind::Act) =>
                    {
                        found.push((Candidate::Act(*action), state.clone()));
                    }
                    Err(_) => {}
                }
            }
            if self.whole_runs
                && let Action::Start { mailbox, administrator, .. } = action
                && let Ok(started) = world.step(&state, action)
            {
                let die = Action::Die { mailbox: *mailbox, administrator: *administrator };
                if self.can_crash
                    && let Ok(dead) = world.step(&started, &die)
                {
                    found.push((Candidate::Run { start: *action, crash: true }, dead));
                }
                if let Some(end) = run_to_end(world, started, *mailbox, *administrator) {
                    found.push((Candidate::Run { start: *action, crash: false }, end));
                }
            }
        }
        found.into_iter().map(|(candidate, next)| (candidate, self.node(world_index, &next))).collect()
    }
}

/// The state at the end of a program, if it ends without any other action.
pub(crate) fn run_to_end(
    world: &World,
    started: State,
    mailbox: MailboxId,
    administrator: AdministratorId,
) -> Option<State> {
    const STEPS_MAX: usize = 2_000;
    let mut state = started;
    for _ in 0..STEPS_MAX {
        (_, state) = world.next_act(&state, mailbox, administrator)?;
        if !state.accounts[mailbox].programs[administrator].is_running() {
            return Some(state);
        }
    }
    None
}

/// Returns true if every mailbox is fresh: each replica has a recipient whose home is the scenario's home, and no store has
/// the mailbox.
pub(crate) fn is_fresh(spec: &Spec, state: &State) -> bool {
    let site = spec.scenario.site.home;
    state.accounts.values().all(|account| {
        account.mailboxes.values().all(|mailbox| !mailbox.is_present())
            && account.record.accepted.is_empty()
            && account
                .recipients
                .values()
                .all(|found| matches!(found, Recipient::Live { .. }) && found.home() == Some(site))
    })
}

/// Initial observation of each mailbox; empty if all are fresh.
fn start(spec: &Spec, oracle: &Oracle<'_>, now: &Explanation) -> BTreeMap<String, Observation> {
    if is_fresh(spec, &now.state) {
        return BTreeMap::new();
    }
    let mailboxes = (0..spec.scenario.site.mailboxes).map(MailboxId::at);
    mailboxes.map(|id| (names::mailbox(id), model_terms::observation(spec, oracle.names(), now, id))).collect()
}

/// An explanation with the arrivals of another one, or with those of the state.
#[must_use]
pub(super) fn explanation_at(world: u16, state: &State, arrivals_of: Option<&Explanation>) -> Explanation {
    let arrivals = arrivals_of.map_or_else(
        || {
            stranded_model::table::Table::of(state.accounts.count(), |mailbox: MailboxId| {
                state.accounts[mailbox].record.accepted.iter().map(|message| message.0).collect::<Arrivals>()
            })
        },
        |other| other.arrivals.clone(),
    );
    Explanation { world, state: state.clone(), arrivals, calls: Vec::new() }
}
