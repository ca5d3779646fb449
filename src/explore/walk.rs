//! A way through the model that somebody takes step by step: where it starts, every step with what became of it, and where
//! another procedure is put in the place of what ran. Every step is asked of the model; nothing about the world stands here.

use std::fmt;
use std::sync::Arc;

use stranded_model::action::{Action, Fate};
use stranded_model::id::{AdministratorId, Id, MailboxId};
use stranded_model::procedure::Procedure;
use stranded_model::scenario::{Administrator, Run, RunId, RunsMax, Scenario};
use stranded_model::state::State;
use stranded_model::{Occurrence, World};

use crate::report::disabled;
use stranded_search::names;
use stranded_search::rescue;
use stranded_search::scenario::{QUIET, Spec};

/// What the name of a step starts with that puts another procedure in the place of what runs.
const APPLY: &str = "apply ";
/// What the administrator is called who runs it.
const RESCUER: &str = "rescuer";
/// The most steps that are taken in one go.
const STEPS_AT_ONCE: usize = 400;
/// The most steps that a way may have.
pub const STEPS_MAX: usize = 10_000;

/// Where a way starts: a scenario under one answer to every assumption, and one of the states it starts in.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The scenario.
    pub spec: Arc<Spec>,
    /// Its world.
    pub world: Arc<World>,
    /// The state.
    pub initial: State,
}

impl Origin {
    /// Who does it, as the page says it: the only administrator of a scenario needs no name, and whoever comes to the rescue is
    /// none of the scenario's.
    #[must_use]
    pub fn actor(&self, world: &World, action: &Action) -> String {
        let name = stranded_oracle::sentence::actor(world, action);
        let own = &self.world.scenario.administrators;
        if action.administrator().is_none() || own.iter().all(|one| one.name != name) {
            return name;
        }
        if own.len() == 1 { "administrator".to_owned() } else { format!("administrator “{name}”") }
    }

    /// What happens, as the page says it: where there are several mailboxes, with the one that it happens to.
    #[must_use]
    pub fn sentence(&self, says: String, action: &Action) -> String {
        match action.mailbox() {
            Some(mailbox) if self.world.scenario.site.mailboxes > 1 => format!("{says} ({})", names::mailbox(mailbox)),
            Some(_) | None => says,
        }
    }
}

/// A way: the stops on it, of which the first is where it starts.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Where it starts.
    pub origin: Origin,
    /// Every state, with what led to it.
    pub stops: Vec<Stop>,
}

/// A state on a way.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The world in which it goes on.
    pub world: Arc<World>,
    /// The state.
    pub state: State,
    /// What led to it; nothing leads to the first.
    pub taken: Option<Taken>,
}

/// A step that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its name.
    pub name: String,
    /// The state in which it was taken. It differs from the state of the stop before where another procedure was put in the
    /// place of what ran.
    pub before: State,
    /// The action.
    pub action: Action,
    /// What became of it.
    pub occurrence: Occurrence,
}

/// Why a step cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// The scenario has no action of this name here.
    Unknown(String),
    /// The model does not allow it here.
    Refused(String, String),
    /// There is no such procedure, or it is not for this site.
    NoProcedure(String),
    /// The way is long enough.
    TooLong,
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "there is no action `{name}` here"),
            Self::Refused(name, because) => write!(f, "`{name}` is not possible here: {because}"),
            Self::NoProcedure(name) => write!(f, "there is no procedure `{name}`"),
            Self::TooLong => write!(f, "a way has at most {STEPS_MAX} steps"),
        }
    }
}

impl Walk {
    /// No step was taken yet.
    #[must_use]
    pub fn start(origin: Origin) -> Self {
        let first = Stop { world: Arc::clone(&origin.world), state: origin.initial.clone(), taken: None };
        Self { origin, stops: vec![first] }
    }

    /// A way by the names of its steps.
    ///
    /// # Errors
    /// The number of the first step that cannot be taken, from 1, and why.
    pub fn along<'a>(origin: Origin, names: impl IntoIterator<Item = &'a str>) -> Result<Self, (usize, NotTaken)> {
        let mut walk = Self::start(origin);
        for (index, name) in names.into_iter().enumerate() {
            walk.take(name).map_err(|why| (index + 1, why))?;
        }
        Ok(walk)
    }

    /// The names of its steps.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.stops.iter().filter_map(|stop| stop.taken.as_ref()).map(|taken| taken.name.as_str())
    }

    /// The last stop.
    ///
    /// # Panics
    /// Never: a way has a first stop.
    #[must_use]
    pub fn end(&self) -> &Stop {
        self.stops.last().expect("a way has a first stop")
    }

    /// How many of its steps are taken before another procedure is put in the place of what runs.
    #[must_use]
    pub fn own(&self) -> usize {
        self.names().take_while(|name| !name.starts_with(APPLY)).count()
    }

    /// The way up to this stop.
    #[must_use]
    pub fn until(&self, number: usize) -> Self {
        let stops = self.stops.iter().take(number + 1).cloned().collect();
        Self { origin: self.origin.clone(), stops }
    }

    /// Takes the step of this name.
    ///
    /// # Errors
    /// Why it cannot be taken.
    pub fn take(&mut self, name: &str) -> Result<(), NotTaken> {
        match name.strip_prefix(APPLY) {
            Some(rest) => {
                let (procedure, mailbox) = rest.split_once(' ').unwrap_or((rest, ""));
                self.put_in(procedure, mailbox)
            }
            None => self.act(name),
        }
    }

    fn act(&mut self, name: &str) -> Result<(), NotTaken> {
        let Stop { world, state, .. } = self.end();
        let mut refused = None;
        for action in world.actions().iter().filter(|action| names::action(world, state, action) == name) {
            match world.occur(state, action) {
                Ok(occurrence) => {
                    let (world, before) = (Arc::clone(world), state.clone());
                    return self.push(world, Taken { name: name.to_owned(), before, action: *action, occurrence });
                }
                Err(refusal) => refused = Some(disabled::because(world, state, action, refusal)),
            }
        }
        Err(match refused {
            Some(because) => NotTaken::Refused(name.to_owned(), because),
            None => NotTaken::Unknown(name.to_owned()),
        })
    }

    /// Stops what runs and lets one administrator start a procedure, as the rescue map tries it.
    fn put_in(&mut self, procedure: &str, mailbox: &str) -> Result<(), NotTaken> {
        let known = rescue::procedures(&self.origin.spec);
        let found = known.into_iter().find(|one| one.name == procedure);
        let found = found.ok_or_else(|| NotTaken::NoProcedure(procedure.to_owned()))?;
        let Stop { world, state, .. } = self.end();
        let mailbox = state.accounts.ids().find(|id| names::mailbox(*id) == mailbox);
        let mailbox = mailbox.ok_or_else(|| NotTaken::Unknown(format!("{APPLY}{procedure}")))?;
        let world = Arc::new(World::interrupted(&rescuing(&world.scenario, found), world.assumptions, state));
        let before = world.initial[0].clone();
        let action = Action::Start { mailbox, administrator: AdministratorId::default(), run: 0 };
        let name = format!("{APPLY}{procedure} {}", names::mailbox(mailbox));
        let occurrence = world
            .occur(&before, &action)
            .map_err(|refusal| NotTaken::Refused(name.clone(), disabled::because(&world, &before, &action, refusal)))?;
        self.push(world, Taken { name, before, action, occurrence })
    }

    fn push(&mut self, world: Arc<World>, taken: Taken) -> Result<(), NotTaken> {
        if self.stops.len() > STEPS_MAX {
            return Err(NotTaken::TooLong);
        }
        self.stops.push(Stop { world, state: taken.occurrence.state.clone(), taken: Some(taken) });
        Ok(())
    }

    /// Puts a procedure in the place of what runs, for every mailbox in turn, and lets it run to its end.
    ///
    /// # Errors
    /// Why it cannot be started.
    pub fn apply(&mut self, procedure: &str) -> Result<(), NotTaken> {
        let mailboxes: Vec<MailboxId> = self.end().state.accounts.ids().collect();
        for mailbox in mailboxes {
            self.take(&format!("{APPLY}{procedure} {}", names::mailbox(mailbox)))?;
            self.run_on()?;
        }
        Ok(())
    }

    /// Lets every program that runs go on to its end, undisturbed; where one waits, the directory replicates.
    ///
    /// # Errors
    /// If the way becomes too long.
    pub fn run_on(&mut self) -> Result<(), NotTaken> {
        for _ in 0..STEPS_AT_ONCE {
            let Stop { world, state, .. } = self.end();
            let is_next = |action: &&Action| matches!(action, Action::Act { fate: Fate::Answered, .. });
            let is_spread = |action: &&Action| matches!(action, Action::Replicate { .. } | Action::Refresh { .. });
            let possible = |action: &&Action| world.step(state, action).is_ok();
            let running = state.accounts.values().any(|account| account.programs.values().any(|one| one.is_running()));
            let mut actions = world.actions().iter();
            let found = actions.by_ref().filter(is_next).find(possible);
            let spread = || world.actions().iter().filter(is_spread).find(possible);
            let Some(action) = found.or_else(|| if running { spread() } else { None }) else { return Ok(()) };
            let name = names::action(world, state, action);
            self.take(&name)?;
        }
        Ok(())
    }

    /// Takes the first action that this is true of, if one is possible; whether one was.
    ///
    /// # Errors
    /// If the way becomes too long.
    pub fn take_any(&mut self, wanted: impl Fn(&Action) -> bool) -> Result<bool, NotTaken> {
        let Stop { world, state, .. } = self.end();
        let possible = |action: &&Action| wanted(action) && world.step(state, action).is_ok();
        let Some(action) = world.actions().iter().find(possible) else { return Ok(false) };
        let name = names::action(world, state, action);
        self.take(&name)?;
        Ok(true)
    }
}

/// The same site, with one administrator who runs one procedure once between the servers of the last run.
fn rescuing(scenario: &Scenario, procedure: Procedure) -> Scenario {
    let run = Run { procedure, runs_max: RunsMax::Times(1), ..scenario.run(scenario.last_run).clone() };
    Scenario {
        site: scenario.site.clone(),
        start: None,
        environment: QUIET,
        administrators: vec![Administrator { name: RESCUER.to_owned(), runs: vec![run] }],
        last_run: RunId { administrator: AdministratorId::at(0), run: 0 },
    }
}
