//! An open trace, which grows step by step: the initial state, every step with its result, and the procedures that were applied
//! in the place of the running ones. The model takes every step; no rule of the world is here.

use std::fmt;
use std::sync::Arc;

use stranded_model::action::{Action, Fate};
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::{AdministratorId, Id, MailboxId};
use stranded_model::procedure::Procedure;
use stranded_model::scenario::{Administrator, Run, RunId, RunsMax, Scenario};
use stranded_model::state::State;
use stranded_model::{Occurrence, World};

use crate::report::answer_line::AnswerLine;
use crate::report::picture::Picture;
use stranded_search::check::combinations;
use stranded_search::names;
use stranded_search::rescue;
use stranded_search::scenario::{QUIET, Spec};

/// The prefix of the name of a step that applies another procedure.
const APPLY: &str = "apply ";
/// The name of the administrator who runs it.
const RESCUER: &str = "rescuer";
/// The actor of its steps, as the page names it.
pub const REPAIR: &str = "you (repair)";
/// The most steps of one call to [`OpenTrace::run_on`].
const STEPS_AT_ONCE: usize = 400;
/// The most steps of a trace.
pub const STEPS_MAX: usize = 10_000;

/// The origin of a trace: a scenario under one answer to every assumption, and one of its initial states.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The scenario.
    pub spec: Arc<Spec>,
    /// The world of the scenario.
    pub world: Arc<World>,
    /// The state.
    pub initial: State,
    /// The mailbox of a snapshot that the state shows.
    pub observed: Option<Arc<ObservedMailbox>>,
}

/// A mailbox of a snapshot.
#[derive(Debug, PartialEq, Eq)]
pub struct ObservedMailbox {
    /// Its name in the snapshot.
    pub name: String,
    /// The answer of `stranded advise`; empty if it needs no repair.
    pub answer: Vec<AnswerLine>,
}

impl Origin {
    /// Returns the picture of a state, with the observed name of its mailbox.
    #[must_use]
    pub fn picture(&self, world: &World, state: &State) -> Picture {
        let mut picture = Picture::of(world, state);
        if let Some(observed) = &self.observed {
            picture.mailboxes.iter_mut().for_each(|mailbox| mailbox.name.clone_from(&observed.name));
            picture.programs.iter_mut().for_each(|program| program.mailbox.clone_from(&observed.name));
        }
        picture
    }

    /// Returns the actor of an action, as the page names it: the only administrator of a scenario needs no name.
    #[must_use]
    pub fn actor(&self, world: &World, action: &Action) -> String {
        let name = stranded_oracle::sentence::actor(world, action);
        let own = &self.world.scenario.administrators;
        if action.administrator().is_some() && name == RESCUER && own.iter().all(|one| one.name != name) {
            return REPAIR.to_owned();
        }
        if action.administrator().is_none() || own.iter().all(|one| one.name != name) {
            return name;
        }
        if own.len() == 1 { "administrator".to_owned() } else { format!("administrator “{name}”") }
    }

    /// Returns the owner of a program as a sentence names it.
    #[must_use]
    pub fn owner(&self, name: &str) -> String {
        let own = &self.world.scenario.administrators;
        match own.iter().any(|one| one.name == name) {
            false if name == RESCUER => "the repair".to_owned(),
            true if own.len() == 1 => "the administrator".to_owned(),
            true | false => format!("administrator “{name}”"),
        }
    }

    /// Returns the sentence of an action, with the mailbox if there are several.
    #[must_use]
    pub fn sentence(&self, says: String, action: &Action) -> String {
        match action.mailbox() {
            Some(mailbox) if self.world.scenario.site.mailboxes > 1 => format!("{says} ({})", names::mailbox(mailbox)),
            Some(_) | None => says,
        }
    }
}

/// An open trace.
#[derive(Clone, Debug)]
pub struct OpenTrace {
    /// The origin.
    pub origin: Origin,
    /// The visited states; the first one is the initial state.
    pub visited: Vec<VisitedState>,
}

/// A state of a trace.
#[derive(Clone, Debug)]
pub struct VisitedState {
    /// The world of the next steps.
    pub world: Arc<World>,
    /// The state.
    pub state: State,
    /// The step before it; the first state has none.
    pub taken: Option<Taken>,
}

/// A step of a trace.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its name.
    pub name: String,
    /// The state before it. It differs from the previous visited state if the step applies another procedure.
    pub before: State,
    /// The action.
    pub action: Action,
    /// The result of the action.
    pub occurrence: Occurrence,
}

/// The reason why a step cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// The scenario has no action of this name in this state.
    Unknown(String),
    /// The model refuses the action.
    Refused(String, String),
    /// There is no such procedure for this site.
    NoProcedure(String),
    /// The trace has the most steps.
    TooLong,
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "there is no action `{name}` here"),
            Self::Refused(name, because) => write!(f, "`{name}` is not possible here: {because}"),
            Self::NoProcedure(name) => write!(f, "there is no procedure `{name}`"),
            Self::TooLong => write!(f, "a trace has at most {STEPS_MAX} steps"),
        }
    }
}

impl OpenTrace {
    /// Opens a trace without steps.
    #[must_use]
    pub fn start(origin: Origin) -> Self {
        let first = VisitedState { world: Arc::clone(&origin.world), state: origin.initial.clone(), taken: None };
        Self { origin, visited: vec![first] }
    }

    /// Opens a trace by the names of its steps.
    ///
    /// # Errors
    /// The number of the first step that cannot be taken, from 1, and the reason.
    pub fn along<'a>(origin: Origin, names: impl IntoIterator<Item = &'a str>) -> Result<Self, (usize, NotTaken)> {
        let mut trace = Self::start(origin);
        for (index, name) in names.into_iter().enumerate() {
            trace.take(name).map_err(|error| (index + 1, error))?;
        }
        Ok(trace)
    }

    /// Opens a trace whose steps are these actions.
    ///
    /// # Errors
    /// The reason why an action cannot be taken.
    pub fn by_actions<'a>(origin: Origin, actions: impl IntoIterator<Item = &'a Action>) -> Result<Self, NotTaken> {
        let mut trace = Self::start(origin);
        for action in actions {
            trace.take_any(|other| other == action)?;
        }
        Ok(trace)
    }

    /// Returns the names of the steps.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.visited.iter().filter_map(|visited| visited.taken.as_ref()).map(|taken| taken.name.as_str())
    }

    /// Returns the assumptions of the scenario on which the own steps of the trace depend: under another answer, the same steps are not
    /// possible or lead to another state.
    #[must_use]
    pub fn deciding(&self) -> Vec<Assumption> {
        let own = &self.visited[..=self.own()];
        let is_same = |assumptions: Assumptions| {
            let world = World::new(&self.origin.spec.scenario, assumptions);
            let mut state = self.origin.initial.clone();
            own.iter().all(|visited| {
                if let Some(taken) = &visited.taken {
                    let Ok(next) = world.step(&state, &taken.action) else { return false };
                    state = next;
                }
                state == visited.state
            })
        };
        let answers = self.origin.world.assumptions;
        let decides = |one: &Assumption| {
            combinations(answers, &[*one]).filter(|other| *other != answers).any(|other| !is_same(other))
        };
        self.origin.spec.touches().into_iter().filter(decides).collect()
    }

    /// Returns the last state.
    ///
    /// # Panics
    /// Never: a trace has an initial state.
    #[must_use]
    pub fn end(&self) -> &VisitedState {
        self.visited.last().expect("a trace has an initial state")
    }

    /// Returns the number of steps before the first applied procedure.
    #[must_use]
    pub fn own(&self) -> usize {
        self.names().take_while(|name| !name.starts_with(APPLY)).count()
    }

    /// Returns the trace up to this state.
    #[must_use]
    pub fn until(&self, number: usize) -> Self {
        let visited = self.visited.iter().take(number + 1).cloned().collect();
        Self { origin: self.origin.clone(), visited }
    }

    /// Takes the step of this name.
    ///
    /// # Errors
    /// The reason why it cannot be taken.
    pub fn take(&mut self, name: &str) -> Result<(), NotTaken> {
        match name.strip_prefix(APPLY) {
            Some(rest) => {
                let (procedure, mailbox) = rest.split_once(' ').unwrap_or((rest, ""));
                self.interrupt_with(procedure, mailbox)
            }
            None => self.act(name),
        }
    }

    fn act(&mut self, name: &str) -> Result<(), NotTaken> {
        let VisitedState { world, state, .. } = self.end();
        let mut refused = None;
        for action in world.actions().iter().filter(|action| names::action(world, state, action) == name) {
            match world.occur(state, action) {
                Ok(occurrence) => {
                    let (world, before) = (Arc::clone(world), state.clone());
                    return self.push(world, Taken { name: name.to_owned(), before, action: *action, occurrence });
                }
                Err(refusal) => refused = Some(stranded_oracle::sentence::refused(world, state, action, refusal)),
            }
        }
        Err(match refused {
            Some(because) => NotTaken::Refused(name.to_owned(), because),
            None => NotTaken::Unknown(name.to_owned()),
        })
    }

    /// Stops the running procedures and starts another one, as the rescue map does.
    fn interrupt_with(&mut self, procedure: &str, mailbox: &str) -> Result<(), NotTaken> {
        let known = rescue::procedures(&self.origin.spec);
        let found = known.into_iter().find(|one| one.name == procedure);
        let found = found.ok_or_else(|| NotTaken::NoProcedure(procedure.to_owned()))?;
        let VisitedState { world, state, .. } = self.end();
        let mailbox = state.accounts.ids().find(|id| names::mailbox(*id) == mailbox);
        let mailbox = mailbox.ok_or_else(|| NotTaken::Unknown(format!("{APPLY}{procedure}")))?;
        let world = Arc::new(World::interrupted(
            &rescue_scenario(&world.scenario, found),
            world.assumptions,
            &world.stopped(state),
        ));
        // The trace continues, so what the earlier steps violated stays violated.
        let mut before = world.initial[0].clone();
        for (now, past) in before.accounts.values_mut().zip(state.accounts.values()) {
            now.record = past.record;
        }
        let action = Action::Start { mailbox, administrator: AdministratorId::default(), run: 0 };
        let name = format!("{APPLY}{procedure} {}", names::mailbox(mailbox));
        let occurrence = world.occur(&before, &action).map_err(|refusal| {
            NotTaken::Refused(name.clone(), stranded_oracle::sentence::refused(&world, &before, &action, refusal))
        })?;
        self.push(world, Taken { name, before, action, occurrence })
    }

    fn push(&mut self, world: Arc<World>, taken: Taken) -> Result<(), NotTaken> {
        if self.visited.len() > STEPS_MAX {
            return Err(NotTaken::TooLong);
        }
        self.visited.push(VisitedState { world, state: taken.occurrence.state.clone(), taken: Some(taken) });
        Ok(())
    }

    /// Stops the running procedures, and runs another one to its end, for one mailbox after the other.
    ///
    /// # Errors
    /// The reason why it cannot start.
    pub fn apply(&mut self, procedure: &str) -> Result<(), NotTaken> {
        let mailboxes: Vec<MailboxId> = self.end().state.accounts.ids().collect();
        for mailbox in mailboxes {
            self.take(&format!("{APPLY}{procedure} {}", names::mailbox(mailbox)))?;
            self.run_on()?;
        }
        Ok(())
    }

    /// Runs every running procedure to its end, undisturbed. While all of them wait, the directory replicates.
    ///
    /// # Errors
    /// The trace becomes too long.
    pub fn run_on(&mut self) -> Result<(), NotTaken> {
        for _ in 0..STEPS_AT_ONCE {
            let VisitedState { world, state, .. } = self.end();
            let is_next = |action: &&Action| matches!(action, Action::Act { fate: Fate::Answered, .. });
            let is_replication = |action: &&Action| matches!(action, Action::Replicate { .. } | Action::Refresh { .. });
            let possible = |action: &&Action| world.step(state, action).is_ok();
            let running = state.accounts.values().any(|account| account.programs.values().any(|one| one.is_running()));
            let mut actions = world.actions().iter();
            let found = actions.by_ref().filter(is_next).find(possible);
            let replication = || world.actions().iter().filter(is_replication).find(possible);
            let Some(action) = found.or_else(|| if running { replication() } else { None }) else { return Ok(()) };
            let name = names::action(world, state, action);
            self.take(&name)?;
        }
        Ok(())
    }

    /// Takes the first possible action that matches. Returns true if there is one.
    ///
    /// # Errors
    /// The trace becomes too long.
    pub fn take_any(&mut self, wanted: impl Fn(&Action) -> bool) -> Result<bool, NotTaken> {
        let VisitedState { world, state, .. } = self.end();
        let possible = |action: &&Action| wanted(action) && world.step(state, action).is_ok();
        let Some(action) = world.actions().iter().find(possible) else { return Ok(false) };
        let name = names::action(world, state, action);
        self.take(&name)?;
        Ok(true)
    }
}

/// The same site, with one administrator who runs one procedure once, between the servers of the last run.
fn rescue_scenario(scenario: &Scenario, procedure: Procedure) -> Scenario {
    let run = Run { procedure, runs_max: RunsMax::Times(1), ..scenario.run(scenario.last_run).clone() };
    Scenario {
        site: scenario.site.clone(),
        start: None,
        environment: QUIET,
        administrators: vec![Administrator { name: RESCUER.to_owned(), runs: vec![run] }],
        last_run: RunId { administrator: AdministratorId::at(0), run: 0 },
        properties: Vec::new(),
    }
}
