//! Allowed answers and observations of an implementation along a path, under any combination of assumption values: the
//! oracle's sets of explanations, computed in advance as an automaton. Nodes with equal continuations are merged.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::action::{Action, ActionKind};
use stranded_model::id::{Id, MailboxId};
use stranded_model::procedure::Outcome as Result;
use stranded_model::state::State;
use stranded_model::table::Table;

use crate::oracle::explanation::{CallEffect, Status};
use crate::oracle::model_terms::operation;
use crate::oracle::names::{Names, Numbered};
use crate::oracle::{Explanation, ExplanationSetId, ExplanationSets, model_terms};
use crate::protocol::{Answer, Event, Observation, Operation};
use stranded_search::names;
use stranded_search::scenario::Spec;

use super::file::{AllowedAnswer, AllowedObservation, Level, SCHEMA, Vector, VectorHarm, VectorStep};
use super::map::{self, Map, Path, VectorRequest};
use super::{VectorOptions, required};

/// Maximum number of explanations of one node.
pub(super) const EXPLANATIONS_MAX: usize = 20_000;
/// Maximum number of nodes of one step. A path is truncated before a step with more, so that a vector can be read.
const NODES_MAX: usize = 400;

/// Result of one path.
#[derive(Debug)]
pub(super) struct PathResult {
    /// Number of requests of the path that the vector contains.
    pub(super) request_count: usize,
    /// True if the path was truncated.
    pub(super) is_truncated: bool,
    /// `None` if nothing of the path is left.
    pub(super) vector: Option<Vector>,
}

/// A step before nodes are merged: for each node, what may follow, and the nodes after it. Nodes are numbered as they are
/// found.
enum RawStep {
    Do(Operation, Vec<Following<(Result, Option<Result>)>>),
    Observe(String, Vec<Following<Observation>>),
}

impl PathResult {
    pub(super) fn of(options: &VectorOptions<'_>, sets: &mut ExplanationSets, map: &Map<'_>, path: &Path) -> Self {
        let mut expansion = Expansion::new(options, sets, &map.world.initial[path.start]);
        let first = expansion.nodes.clone();
        let mut operations = Vec::new();
        let mut covers = BTreeSet::new();
        let mut at = map.world.initial[path.start].clone();
        let mut is_truncated = false;
        for (request, to) in &path.requests {
            let Some(asked) = expansion.operation(request, &at) else { break };
            let before = (expansion.raw_steps.len(), expansion.nodes.clone());
            if !expansion.add(&asked, *request) {
                expansion.raw_steps.truncate(before.0);
                expansion.nodes = before.1;
                is_truncated = true;
                break;
            }
            covers.insert(map::name(map.world, &at, request));
            operations.push(asked);
            if let Some(to) = to {
                at = map.state(*to).clone();
            }
        }
        let request_count = operations.len();
        let mailboxes = expansion.mailboxes().count();
        let (start, raw_steps) = (expansion.start, expansion.raw_steps);
        if request_count == 0 {
            return Self { request_count, is_truncated, vector: None };
        }
        let (initial, steps) = merged(first.len(), raw_steps);
        debug_assert_eq!(steps.len(), request_count * (1 + mailboxes));
        let mut vector = Vector {
            id: String::new(),
            schema: SCHEMA,
            scenario: options.spec.name.clone(),
            model_hash: stranded_search::model_hash(),
            source: sources(options.spec, &operations),
            covers: covers.into_iter().collect(),
            requires: required(&operations),
            start,
            initial,
            steps,
        };
        vector.id = vector.hash();
        Self { request_count, is_truncated, vector: Some(vector) }
    }
}

/// A path as it is expanded, step by step.
struct Expansion<'a, 'b> {
    options: &'a VectorOptions<'a>,
    sets: &'b mut ExplanationSets,
    names: Names<'a>,
    /// The state on the path, with the messages of each mailbox in order of arrival, for their names.
    now: Explanation,
    start: BTreeMap<String, Observation>,
    nodes: Vec<ExplanationSetId>,
    raw_steps: Vec<RawStep>,
}

impl<'a, 'b> Expansion<'a, 'b> {
    fn new(options: &'a VectorOptions<'a>, sets: &'b mut ExplanationSets, initial: &State) -> Self {
        let worlds = sets.scenes().iter().flat_map(|scene| &scene.world.initial);
        let at_first = crate::oracle::at_first(worlds, options.spec.scenario.site.mailboxes);
        let mut names = Names::new(options.spec, at_first);
        let arrivals = Table::of(initial.accounts.count(), |mailbox: MailboxId| {
            initial.accounts[mailbox].record.accepted.iter().map(|message| message.0).collect()
        });
        let now = Explanation { world: 0, state: initial.clone(), arrivals, calls: Vec::new() };
        let is_fresh = crate::oracle::starts_fresh(options.spec);
        let mailboxes = (0..options.spec.scenario.site.mailboxes).map(MailboxId::at);
        let observation =
            |mailbox| (names::mailbox(mailbox), model_terms::observation(options.spec, &names, &now, mailbox));
        let start: BTreeMap<String, Observation> = mailboxes.filter(|_| !is_fresh).map(observation).collect();
        let observed_at_start = names.start(&start).expect("a scenario has names for its initial states");
        let all = sets.initial(&observed_at_start);
        let nodes = sets.each(all);
        Self { options, sets, names, now, start, nodes, raw_steps: Vec::new() }
    }

    fn mailboxes(&self) -> impl Iterator<Item = MailboxId> + use<> {
        (0..self.options.spec.scenario.site.mailboxes).map(MailboxId::at)
    }

    /// The operation of a request; `None` if it names a message that has not arrived.
    fn operation(&mut self, request: &VectorRequest, state: &State) -> Option<Operation> {
        self.now.state = state.clone();
        match *request {
            VectorRequest::Act(action) => operation(self.options.spec, &self.names, &self.now, &action),
            VectorRequest::Run { mailbox, administrator, run, crash } => {
                let start = Action::Start { mailbox, administrator, run };
                let Operation::Start { run } = operation(self.options.spec, &self.names, &self.now, &start)? else {
                    return None;
                };
                Some(Operation::Run { run, crash })
            }
        }
    }

    /// Adds a request with its allowed answers and observations. Returns false if a limit is exceeded.
    fn add(&mut self, asked: &Operation, request: VectorRequest) -> bool {
        let Ok(operation) = self.names.operation(asked) else { return false };
        if let (Operation::Deliver { mailbox, message, .. }, VectorRequest::Act(Action::Deliver { .. })) =
            (operation, request)
        {
            self.now.arrivals[mailbox].push(message);
        }
        self.answers(asked, operation) && self.mailboxes().all(|mailbox| self.observations(mailbox))
    }

    fn answers(&mut self, asked: &Operation, operation: Operation<Numbered>) -> bool {
        let is_crash = matches!(operation, Operation::Run { crash: true, .. });
        let mut next = NodeSet::default();
        let mut of_nodes = Vec::new();
        for node in std::mem::take(&mut self.nodes) {
            let mut answers = BTreeMap::new();
            for reported in reported(asked) {
                let Ok(after) = self.sets.after(node, &Event::Did { operation, answer: reported.clone() }) else {
                    return false;
                };
                if self.sets.is_empty(after) {
                    continue;
                }
                // After `unknown` the program may still be running, so a vector ends there.
                let ends = reported.result == Result::Unknown && !is_crash;
                let to = if ends { BTreeSet::new() } else { next.indices_of(&self.sets.each(after)) };
                answers.insert((reported.result, reported.ended), to);
            }
            if self.may_exceed_bounds(node, operation) {
                answers.insert((Result::Refused, None), BTreeSet::new());
            }
            of_nodes.push(answers);
        }
        self.nodes = next.all;
        self.raw_steps.push(RawStep::Do(asked.clone(), of_nodes));
        self.nodes.len() <= NODES_MAX && !self.nodes.is_empty()
    }

    /// Returns true if some explanation forbids the operation only by a bound of the scenario. The model does not say how a
    /// system behaves there.
    fn may_exceed_bounds(&mut self, node: ExplanationSetId, operation: Operation<Numbered>) -> bool {
        let open = self.sets.closed(node).unwrap_or_default();
        let is_beyond =
            |status: Status| matches!(status, Status::Over(CallEffect::Refused(reason)) if reason.is_bound());
        open.iter().any(|id| {
            let now = self.sets.explanation(*id);
            self.sets.scene(now).begin(now, &operation).into_iter().any(|(status, _)| is_beyond(status))
        })
    }

    fn observations(&mut self, mailbox: MailboxId) -> bool {
        let mut next = NodeSet::default();
        let mut of_nodes = Vec::new();
        for node in std::mem::take(&mut self.nodes) {
            let Ok(open) = self.sets.closed(node) else { return false };
            let mut observations: BTreeMap<Observation, BTreeSet<usize>> = BTreeMap::new();
            for id in open {
                let now = self.sets.explanation(id);
                let observation = model_terms::observation(self.options.spec, &self.names, now, mailbox);
                let single = self.sets.single(id);
                observations.entry(observation).or_default().insert(next.index_of(single));
            }
            of_nodes.push(observations);
        }
        self.nodes = next.all;
        self.raw_steps.push(RawStep::Observe(names::mailbox(mailbox), of_nodes));
        self.nodes.len() <= NODES_MAX
    }
}

/// The nodes after a step.
#[derive(Default)]
struct NodeSet {
    all: Vec<ExplanationSetId>,
    indices: BTreeMap<ExplanationSetId, usize>,
}

impl NodeSet {
    fn index_of(&mut self, node: ExplanationSetId) -> usize {
        *self.indices.entry(node).or_insert_with(|| {
            self.all.push(node);
            self.all.len() - 1
        })
    }

    fn indices_of(&mut self, nodes: &[ExplanationSetId]) -> BTreeSet<usize> {
        nodes.iter().map(|node| self.index_of(*node)).collect()
    }
}

/// All distinct answers to an operation.
fn reported(asked: &Operation) -> Vec<Answer> {
    let just = Answer::of;
    let mut all: Vec<Answer> = Result::ALL.into_iter().map(just).collect();
    if matches!(asked.kind(), Some(ActionKind::Act | ActionKind::RequestLost | ActionKind::ReplyLost)) {
        all.extend(Result::ALL.into_iter().map(|ended| Answer { ended: Some(ended), ..Answer::of(Result::Ok) }));
    }
    all
}

/// Merges nodes with equal continuations, from the last step backwards, and numbers them in order.
fn merged(first: usize, raw_steps: Vec<RawStep>) -> (Vec<usize>, Vec<VectorStep>) {
    let mut steps = Vec::new();
    // The new number of each node after the step; after the last step all nodes are equal.
    let mut after: Option<Vec<usize>> = None;
    for step in raw_steps.into_iter().rev() {
        let renumbered = |nodes: &BTreeSet<usize>| -> BTreeSet<usize> {
            nodes.iter().map(|node| after.as_ref().map_or(0, |indices| indices[*node])).collect()
        };
        let (step, indices) = match step {
            RawStep::Do(operation, of_nodes) => {
                let (kinds, indices) = kinds(&of_nodes, renumbered);
                (do_step(operation, &kinds), indices)
            }
            RawStep::Observe(mailbox, of_nodes) => {
                let (kinds, indices) = kinds(&of_nodes, renumbered);
                (observe_step(mailbox, &kinds), indices)
            }
        };
        steps.push(step);
        after = Some(indices);
    }
    steps.reverse();
    let initial: BTreeSet<usize> =
        after.map_or_else(BTreeSet::new, |indices| indices[..first].iter().copied().collect());
    (initial.into_iter().collect(), steps)
}

type Following<T> = BTreeMap<T, BTreeSet<usize>>;

/// The distinct continuations in order, and for each node the index of its continuation.
fn kinds<T: Ord + Clone>(
    of_nodes: &[Following<T>],
    renumbered: impl Fn(&BTreeSet<usize>) -> BTreeSet<usize>,
) -> (Vec<Following<T>>, Vec<usize>) {
    let renumber = |following: &Following<T>| -> Following<T> {
        following.iter().map(|(result, nodes)| (result.clone(), renumbered(nodes))).collect()
    };
    let of_nodes: Vec<Following<T>> = of_nodes.iter().map(renumber).collect();
    let kinds: BTreeSet<&Following<T>> = of_nodes.iter().collect();
    let kinds: Vec<Following<T>> = kinds.into_iter().cloned().collect();
    let kind = |following: &Following<T>| kinds.binary_search(following).unwrap_or_default();
    let indices = of_nodes.iter().map(kind).collect();
    (kinds, indices)
}

/// Moves between nodes, and nodes at which the vector ends.
#[derive(Clone, Debug, Default)]
struct Moves {
    moves: Vec<(usize, usize)>,
    ends: Vec<usize>,
}

/// Each answer or observation with its moves.
fn moves<T: Ord + Clone>(kinds: &[Following<T>]) -> BTreeMap<T, Moves> {
    let mut all: BTreeMap<T, Moves> = BTreeMap::new();
    for (from, following) in kinds.iter().enumerate() {
        for (result, nodes) in following {
            let entry = all.entry(result.clone()).or_default();
            entry.moves.extend(nodes.iter().map(|to| (from, *to)));
            entry.ends.extend(nodes.is_empty().then_some(from));
        }
    }
    all
}

fn do_step(operation: Operation, kinds: &[Following<(Result, Option<Result>)>]) -> VectorStep {
    let moves = moves(kinds);
    let is_definite = |(result, _): &(Result, Option<Result>)| matches!(result, Result::Ok | Result::Refused);
    let definite: Vec<&(Result, Option<Result>)> = moves.keys().filter(|answer| is_definite(answer)).collect();
    let failed = [&(Result::Failed, None)];
    // If no definite answer is possible, the operation must fail.
    let must: Option<(Result, Option<Result>)> = match definite[..] {
        [] => failed.into_iter().find(|answer| moves.contains_key(answer)).copied(),
        [only] => kinds.iter().all(|following| following.contains_key(only)).then_some(*only),
        [..] => None,
    };
    let level = |answer: &(Result, Option<Result>)| if must == Some(*answer) { Level::Must } else { Level::May };
    let must_not =
        [Result::Ok, Result::Refused].into_iter().filter(|one| !moves.keys().any(|(result, _)| result == one));
    let must_not = must_not.collect();
    let answer = |(answer, Moves { moves, ends }): ((Result, Option<Result>), Moves)| AllowedAnswer {
        result: answer.0,
        ended: answer.1,
        level: level(&answer),
        moves,
        ends,
    };
    VectorStep::Do { operation, answers: moves.clone().into_iter().map(answer).collect(), must_not }
}

fn observe_step(mailbox: String, kinds: &[Following<Observation>]) -> VectorStep {
    let moves = moves(kinds);
    let level = if moves.len() == 1 { Level::Must } else { Level::May };
    let everywhere = moves.keys().map(messages_in).reduce(|all, one| all.intersection(&one).cloned().collect());
    let lost = everywhere.unwrap_or_default().into_iter().collect();
    let allowed = |(observation, Moves { moves, .. })| AllowedObservation { observation, level, moves };
    VectorStep::Observe {
        mailbox,
        observations: moves.into_iter().map(allowed).collect(),
        must_not: VectorHarm { lost },
    }
}

/// All messages that the observation shows.
fn messages_in(observation: &Observation) -> BTreeSet<String> {
    let stored = observation.stores.values().flatten().filter_map(|store| store.messages.as_ref());
    let lists = [&observation.queued, &observation.returned, &observation.saved].into_iter().flatten();
    stored.chain(lists).flatten().cloned().collect()
}

/// Sources of the operations: of the scenario, of each kind of action, and of each procedure that is run.
fn sources(spec: &Spec, operations: &[Operation]) -> Vec<String> {
    let of_kinds =
        operations.iter().filter_map(Operation::kind).flat_map(ActionKind::sources).map(|source| (*source).to_owned());
    let runs = operations.iter().any(|operation| matches!(operation, Operation::Run { .. } | Operation::Start { .. }));
    let of_runs = spec.scenario.runs().filter(|_| runs).flat_map(|(_, run)| run.procedure.source.clone());
    let all: BTreeSet<String> = spec.source.iter().cloned().chain(of_kinds).chain(of_runs).collect();
    all.into_iter().collect()
}
