//! Lists of things to do, drawn so that each is possible in a scenario, and shrunk so that it stays so: what is drawn are choices,
//! and a choice that is not possible any more when an earlier one is left out is left out too. Nothing is judged here.

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
use crate::conform::{Choice, is_fresh, run_to_its_end};
use crate::protocol::{Observation, Operation};
use stranded_search::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::names;
use stranded_search::scenario::Spec;

/// Things to do one after the other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Operations {
    /// How each mailbox stands at first, where it is not fresh.
    pub start: BTreeMap<String, Observation>,
    /// What is done.
    pub list: Vec<Operation>,
}

/// Each as the line of a log has it.
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

/// Draws lists of at most `count` things to do in a scenario: procedures from start to end, mail, logons, and whatever else the
/// scenario lets happen. What no source settles is drawn with them.
///
/// # Panics
/// How the scenario starts cannot be found out.
#[must_use]
pub fn operations(spec: &Spec, count: usize) -> OperationsStrategy {
    let world = |assumptions| {
        let world = check::world(spec, assumptions, Engine::default(), &Limits::default());
        world.unwrap_or_else(|truncated| panic!("how {} starts cannot be found out: {truncated}", spec.name))
    };
    let worlds = check::worlds(spec).into_iter().map(world).collect();
    OperationsStrategy { ground: Arc::new(Ground { spec: spec.clone(), worlds }), count, steps: false, only: None }
}

/// A strategy for [`Operations`].
#[derive(Clone, Debug)]
pub struct OperationsStrategy {
    ground: Arc<Ground>,
    count: usize,
    steps: bool,
    only: Option<Vec<String>>,
}

#[derive(Debug)]
struct Ground {
    spec: Spec,
    worlds: Vec<World>,
}

impl OperationsStrategy {
    /// Draws the single steps of programs instead of whole runs, so that everything else can happen between two of them.
    #[must_use]
    pub fn in_steps(mut self) -> Self {
        self.steps = true;
        self
    }

    /// Draws only these actions, as [`Operation::action`] names them.
    #[must_use]
    pub fn only(mut self, actions: &[&str]) -> Self {
        self.only = Some(actions.iter().map(|action| (*action).to_owned()).collect());
        self
    }

    fn is_wanted(&self, choice: Choice) -> bool {
        let name = match choice {
            Choice::Act(action) => action.kind().name(),
            Choice::Run { .. } => crate::protocol::operation::RUN,
        };
        self.only.as_ref().is_none_or(|only| only.iter().any(|wanted| wanted == name))
    }

    /// What can be done now.
    fn choices(&self, world: &World, state: &State) -> Vec<Choice> {
        let mut all: Vec<Choice> = Vec::new();
        for action in world.actions().iter().copied() {
            match action.kind() {
                ActionKind::Start if !self.steps => {
                    all.extend([false, true].map(|crash| Choice::Run { start: action, crash }));
                }
                ActionKind::Act | ActionKind::RequestLost | ActionKind::ReplyLost | ActionKind::Die if !self.steps => {}
                ActionKind::Start
                | ActionKind::Act
                | ActionKind::RequestLost
                | ActionKind::ReplyLost
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
                | ActionKind::ReplicaRecovers => all.push(Choice::Act(action)),
            }
        }
        all.retain(|choice| self.is_wanted(*choice) && is_possible(world, state, *choice));
        all
    }
}

fn is_possible(world: &World, state: &State, choice: Choice) -> bool {
    match choice {
        Choice::Act(action) => world.step(state, &action).is_ok(),
        Choice::Run { start, crash } => {
            let (Ok(started), Some(mailbox), Some(administrator)) =
                (world.step(state, &start), start.mailbox(), start.administrator())
            else {
                return false;
            };
            if crash {
                return world.step(&started, &Action::Die { mailbox, administrator }).is_ok();
            }
            let act = Action::Act { mailbox, administrator, fate: stranded_model::action::Fate::Answered };
            run_to_its_end(world, started, &act).is_some()
        }
    }
}

impl Ground {
    /// Does of these choices what is possible, one after the other.
    fn follow(&self, path: Beginning, choices: &[Choice]) -> (Vec<Choice>, Operations) {
        let mut system = self.system(path);
        let mut operations = Operations { start: self.start(&mut system), list: Vec::new() };
        let mut kept = Vec::new();
        for choice in choices {
            if let Some(operation) = take(&mut system, *choice) {
                operations.list.push(operation);
                kept.push(*choice);
            }
        }
        (kept, operations)
    }

    fn system(&self, path: Beginning) -> Reference<'_> {
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

/// Does it, if it is possible, and says how it is called.
fn take(system: &mut Reference<'_>, choice: Choice) -> Option<Operation> {
    if !is_possible(system.world(), system.state(), choice) {
        return None;
    }
    let operation = match choice {
        Choice::Act(action) => system.operation(&action)?,
        Choice::Run { start, crash } => {
            let Operation::Start { run } = system.operation(&start)? else { return None };
            Operation::Run { run, crash }
        }
    };
    system.perform(&operation).ok()?;
    Some(operation)
}

/// Where a list begins.
#[derive(Clone, Copy, Debug)]
struct Beginning {
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
        let world = below(self.ground.worlds.len());
        let beginning = Beginning { world, state: below(self.ground.worlds[world].initial.len()) };
        let length = 1 + below(self.count);
        let mut system = self.ground.system(beginning);
        let mut best = Vec::new();
        while best.len() < length.min(self.count) {
            let choices = self.choices(system.world(), system.state());
            let Some(choice) = choices.get(below(choices.len())).copied() else { break };
            if take(&mut system, choice).is_none() {
                break;
            }
            best.push(choice);
        }
        let size = best.len().div_ceil(2);
        Ok(OperationsTree {
            ground: Arc::clone(&self.ground),
            beginning,
            best,
            trial: None,
            size,
            from: 0,
            is_shorter: false,
        })
    }
}

/// A drawn list on its way to a shorter one: parts are left out, halves first and single choices last, until none can be.
#[derive(Clone, Debug)]
pub struct OperationsTree {
    ground: Arc<Ground>,
    beginning: Beginning,
    /// The shortest list so far that fails.
    best: Vec<Choice>,
    /// The list that is tried now.
    trial: Option<Vec<Choice>>,
    /// How many choices are left out next, and from which on.
    size: usize,
    from: usize,
    /// Whether single choices were left out since all were tried.
    is_shorter: bool,
}

impl OperationsTree {
    fn next_trial(&mut self) -> bool {
        if self.from >= self.best.len() {
            if self.size <= 1 && !self.is_shorter {
                return false;
            }
            (self.size, self.from, self.is_shorter) = (self.size.div_ceil(2).max(1), 0, false);
        }
        if self.best.is_empty() {
            return false;
        }
        let to = (self.from + self.size).min(self.best.len());
        let rest = [&self.best[..self.from], &self.best[to..]].concat();
        self.trial = Some(self.ground.follow(self.beginning, &rest).0);
        true
    }
}

impl ValueTree for OperationsTree {
    type Value = Operations;

    fn current(&self) -> Operations {
        self.ground.follow(self.beginning, self.trial.as_ref().unwrap_or(&self.best)).1
    }

    fn simplify(&mut self) -> bool {
        if let Some(shorter) = self.trial.take() {
            self.best = shorter;
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
