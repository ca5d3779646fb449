//! All states of a world that requests lead to, the transitions between them, and paths that cover every transition.

use std::collections::VecDeque;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use stranded_model::World;
use stranded_model::action::{Action, ActionKind};
use stranded_model::id::{AdministratorId, MailboxId};
use stranded_model::scenario::Fault;
use stranded_model::state::State;

use stranded_search::names;

use super::Granularity;

/// A request of a test vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum VectorRequest {
    /// A single action.
    Act(Action),
    /// A run from start to end.
    Run {
        mailbox: MailboxId,
        administrator: AdministratorId,
        run: u8,
        /// True if the program dies during the run; then the next state is unknown.
        crash: bool,
    },
}

/// A path from an initial state of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// Index of the initial state.
    pub(super) start: usize,
    /// Requests, each with the next state; `None` if it is unknown, which ends the path.
    pub(super) requests: Vec<(VectorRequest, Option<u32>)>,
}

/// States and transitions of a world.
#[derive(Debug)]
pub(super) struct Map<'a> {
    pub(super) world: &'a World,
    states: IndexSet<State, FxBuildHasher>,
    edges: Vec<Vec<Edge>>,
    parents: Vec<Option<(u32, VectorRequest)>>,
    covered_count: CoveredCount,
    /// From this state on, all edges are covered or abandoned.
    open_end: usize,
    is_truncated: bool,
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    request: VectorRequest,
    to: Option<u32>,
    /// True if a path covers the edge, or failed to.
    is_covered: bool,
}

/// Number of covered edges.
#[derive(Clone, Copy, Debug, Default)]
struct CoveredCount {
    covered: usize,
}

/// Maximum number of requests on one path.
const REQUESTS_MAX: usize = 64;
/// Maximum number of steps of one run; a program with more is in a loop.
const STEPS_MAX: usize = 10_000;

impl<'a> Map<'a> {
    /// The reachable states, nearest first, up to `states_max`.
    pub(super) fn of(world: &'a World, granularity: Granularity, unseen: &[ActionKind], states_max: usize) -> Self {
        let requests = requests(world, granularity, unseen);
        let mut states: IndexSet<State, FxBuildHasher> = world.initial.iter().cloned().collect();
        let mut parents: Vec<Option<(u32, VectorRequest)>> = vec![None; states.len()];
        let mut edges: Vec<Vec<Edge>> = Vec::new();
        while edges.len() < states.len() && states.len() <= states_max {
            let at = edges.len();
            let state = states[at].clone();
            let mut found = Vec::new();
            for request in &requests {
                let to = match next(world, &state, request) {
                    Next::NotPossible => continue,
                    Next::Unknown => None,
                    Next::State(next) => {
                        let (number, is_new) = states.insert_full(*next);
                        if is_new {
                            parents.push(Some((to_u32(at), *request)));
                        }
                        Some(to_u32(number))
                    }
                };
                found.push(Edge { request: *request, to, is_covered: false });
            }
            edges.push(found);
        }
        let is_truncated = edges.len() < states.len();
        let open_end = edges.len();
        edges.resize(states.len(), Vec::new());
        Self { world, states, edges, parents, covered_count: CoveredCount::default(), open_end, is_truncated }
    }

    /// Number of states.
    pub(super) fn states(&self) -> usize {
        self.states.len()
    }

    /// Returns true if there are more states than the maximum.
    pub(super) fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    /// Number of transitions.
    pub(super) fn transitions(&self) -> usize {
        self.edges.iter().map(Vec::len).sum()
    }

    /// Number of covered transitions.
    pub(super) fn covered(&self) -> usize {
        self.covered_count.covered
    }

    /// The state with this number.
    pub(super) fn state(&self, number: u32) -> &State {
        &self.states[number as usize]
    }

    /// A path to the last state with an uncovered edge, continued as long as there are more.
    pub(super) fn uncovered_path(&mut self) -> Option<Path> {
        while self.open_end > 0 && self.edges[self.open_end - 1].iter().all(|edge| edge.is_covered) {
            self.open_end -= 1;
        }
        let mut at = to_u32(self.open_end.checked_sub(1)?);
        let (start, mut requests) = self.path_to(at);
        let mut taken: Vec<(u32, usize)> = Vec::new();
        loop {
            let open = |(index, edge): &(usize, &Edge)| !edge.is_covered && !taken.contains(&(at, *index));
            let found = self.edges[at as usize].iter().enumerate().find(open);
            let Some((index, edge)) = found.filter(|_| taken.is_empty() || requests.len() < REQUESTS_MAX) else {
                break;
            };
            taken.push((at, index));
            requests.push((edge.request, edge.to));
            match edge.to {
                Some(to) => at = to,
                None => break,
            }
        }
        Some(Path { start, requests })
    }

    fn path_to(&self, number: u32) -> (usize, Vec<(VectorRequest, Option<u32>)>) {
        let mut requests = VecDeque::new();
        let mut at = number;
        while let Some((parent, request)) = self.parents[at as usize] {
            requests.push_front((request, Some(at)));
            at = parent;
        }
        (at as usize, requests.into())
    }

    /// Marks the edges along these requests as covered. The requests may come from the path of another world.
    pub(super) fn cover(&mut self, initial: &State, requests: &[(VectorRequest, Option<u32>)]) {
        self.follow(initial, requests, |count, edge| {
            count.covered += usize::from(!edge.is_covered);
            edge.is_covered = true;
        });
    }

    /// Marks the edges along these requests as tried, so that they are not tried again.
    pub(super) fn mark_tried(&mut self, initial: &State, requests: &[(VectorRequest, Option<u32>)]) {
        self.follow(initial, requests, |_, edge| edge.is_covered = true);
    }

    fn follow(
        &mut self,
        initial: &State,
        requests: &[(VectorRequest, Option<u32>)],
        note: impl Fn(&mut CoveredCount, &mut Edge),
    ) {
        let Some(start) = self.states.get_index_of(initial) else { return };
        let mut at = start;
        for (request, _) in requests {
            let Some(edge) = self.edges[at].iter_mut().find(|edge| edge.request == *request) else { return };
            note(&mut self.covered_count, edge);
            match edge.to {
                Some(to) => at = to as usize,
                None => return,
            }
        }
    }
}

/// Requests that are possible in a world.
fn requests(world: &World, granularity: Granularity, unseen: &[ActionKind]) -> Vec<VectorRequest> {
    let is_seen = |action: &&Action| !unseen.contains(&action.kind());
    let is_of_program = |kind: ActionKind| {
        matches!(
            kind,
            ActionKind::Start | ActionKind::Act | ActionKind::RequestLost | ActionKind::ReplyLost | ActionKind::Die
        )
    };
    let actions = world.actions().iter().filter(is_seen);
    match granularity {
        Granularity::Steps => actions.map(|action| VectorRequest::Act(*action)).collect(),
        Granularity::Runs => {
            let dies = world.scenario.environment.faults.contains(&Fault::ProgramDies);
            let request = |action: &Action| {
                let Action::Start { mailbox, administrator, run } = *action else {
                    return [(!is_of_program(action.kind())).then_some(VectorRequest::Act(*action)), None];
                };
                let run = |crash| VectorRequest::Run { mailbox, administrator, run, crash };
                [Some(run(false)), dies.then(|| run(true))]
            };
            actions.flat_map(request).flatten().collect()
        }
    }
}

/// Next state of a request.
enum Next {
    /// The request is not possible.
    NotPossible,
    /// The request is possible, and the next state is unknown.
    Unknown,
    State(Box<State>),
}

fn next(world: &World, state: &State, request: &VectorRequest) -> Next {
    match *request {
        VectorRequest::Act(action) => {
            world.step(state, &action).map_or(Next::NotPossible, |next| Next::State(Box::new(next)))
        }
        VectorRequest::Run { mailbox, administrator, run, crash } => {
            let Ok(started) = world.step(state, &Action::Start { mailbox, administrator, run }) else {
                return Next::NotPossible;
            };
            if crash {
                let dies = world.step(&started, &Action::Die { mailbox, administrator }).is_ok();
                return if dies { Next::Unknown } else { Next::NotPossible };
            }
            run_end(world, started, mailbox, administrator)
        }
    }
}

/// The state at the end of a started program, if nothing else happens. A program that waits for another actor cannot be run
/// to its end.
fn run_end(world: &World, started: State, mailbox: MailboxId, administrator: AdministratorId) -> Next {
    let mut state = started;
    for _ in 0..STEPS_MAX {
        if !state.accounts[mailbox].programs[administrator].is_running() {
            return Next::State(Box::new(state));
        }
        match world.next_act(&state, mailbox, administrator) {
            Some((_, next)) => state = next,
            None => return Next::NotPossible,
        }
    }
    Next::NotPossible
}

/// Name of a transition.
pub(super) fn name(world: &World, state: &State, request: &VectorRequest) -> String {
    match *request {
        VectorRequest::Act(action) => names::action(world, state, &action),
        VectorRequest::Run { mailbox, administrator, run, crash } => {
            let start = names::action(world, state, &Action::Start { mailbox, administrator, run });
            let name = start.replacen(ActionKind::Start.name(), crate::protocol::RUN, 1);
            if crash { format!("{name} crash") } else { name }
        }
    }
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).expect("the number of states is below 2^32")
}
