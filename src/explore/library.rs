//! The scenarios that an explorer knows: what is built in, and what was opened. It finds a scenario by its hash and the world
//! in which a way starts, and makes a way from a link or from a trace.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use stranded_model::World;
use stranded_model::assumption::Assumptions;
use stranded_model::state::State;

use stranded_search::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::replay::Replayed;
use stranded_search::scenario::{self, Spec, builtin};

use super::link::{self, Link, LinkError};
use super::walk::{Origin, Walk};

/// The most scenarios that are kept besides those that are built in; the oldest goes first.
const OPENED_MAX: usize = 64;
/// How long it may take to find where a scenario starts that follows another one.
const START_TIME: Duration = Duration::from_secs(10);
/// How many states may be looked at for that.
const START_STATES: usize = 1_000_000;

/// The scenarios that an explorer knows.
#[derive(Debug, Default)]
pub struct Library {
    opened: Mutex<VecDeque<Opened>>,
}

/// A scenario that was opened, with the state it was opened in, if it is a trace's.
#[derive(Clone, Debug)]
struct Opened {
    hash: String,
    spec: Arc<Spec>,
    initial: Option<State>,
}

impl Library {
    /// A scenario by its name: what is built in keeps its name, whatever was opened.
    ///
    /// # Errors
    /// That there is none.
    pub fn named(&self, name: &str) -> Result<Arc<Spec>, LinkError> {
        if builtin::scenario(name).is_some() {
            return scenario::load_scenario(name).map(Arc::new).map_err(|wrong| LinkError(wrong.render(false)));
        }
        let found = self.opened().iter().find(|one| one.spec.name == name).map(|one| Arc::clone(&one.spec));
        found.ok_or_else(|| LinkError(format!("there is no scenario `{name}`")))
    }

    /// Keeps a scenario, so that links to it lead somewhere.
    pub fn keep(&self, spec: &Arc<Spec>, initial: Option<State>) {
        let hash = link::hash_of(spec);
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|one| one.hash != hash || one.initial != initial);
        if opened.len() >= OPENED_MAX {
            opened.pop_front();
        }
        opened.push_back(Opened { hash, spec: Arc::clone(spec), initial });
    }

    /// The way that a scenario starts with, under the first answer to every assumption.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn start(&self, spec: &Arc<Spec>) -> Result<Walk, LinkError> {
        let assumptions = check::worlds(spec).into_iter().next().unwrap_or_default();
        let world = world(spec, assumptions)?;
        let initial = world.initial.first().cloned();
        let initial = initial.ok_or_else(|| LinkError(format!("{} has no state to start from", spec.name)))?;
        self.keep(spec, None);
        Ok(Walk::start(Origin { spec: Arc::clone(spec), world: Arc::new(world), initial }))
    }

    /// The way of a trace that was replayed.
    ///
    /// # Errors
    /// Which step cannot be taken; a replayed trace has none.
    pub fn of_trace(&self, replayed: Replayed) -> Result<Walk, LinkError> {
        let Replayed { spec, world, trace, .. } = replayed;
        let spec = Arc::new(spec);
        self.keep(&spec, Some(trace.path.initial.clone()));
        let origin = Origin { spec, world: Arc::new(world), initial: trace.path.initial };
        let mut walk = Walk::start(origin);
        for action in trace.path.actions.iter().chain(&trace.after) {
            walk.take_any(|other| other == action).map_err(|why| LinkError(why.to_string()))?;
        }
        Ok(walk)
    }

    /// The way that a link leads.
    ///
    /// # Errors
    /// Why it leads nowhere here.
    pub fn follow(&self, text: &str) -> Result<Walk, LinkError> {
        let link = link::parse(text)?;
        let (spec, starts) = self.scenario_of(&link)?;
        let assumptions = link::assumptions(&link.answers)?;
        let origin = starts
            .into_iter()
            .map(|initial| (World::new(&spec.scenario, assumptions), initial))
            .find(|(world, initial)| link::state_hash(world, initial) == link.initial);
        let (world, initial) = match origin {
            Some(found) => found,
            None => {
                let world = world(&spec, assumptions)?;
                let found = world.initial.iter().find(|state| link::state_hash(&world, state) == link.initial).cloned();
                let found = found.ok_or_else(|| {
                    LinkError(format!("the link starts in a state in which {} does not start here", spec.name))
                })?;
                (world, found)
            }
        };
        let origin = Origin { spec, world: Arc::new(world), initial };
        let walk = Walk::along(origin, link.steps.iter().map(String::as_str)).map_err(|(number, why)| {
            LinkError(format!("the link cannot be followed beyond step {}: {why}", number - 1))
        })?;
        let end = walk.end();
        if link::state_hash(&end.world, &end.state) != link.end {
            let says = "the link was cut off or changed, or comes from another version of the model: its steps lead to another \
                        state here";
            return Err(LinkError(says.to_owned()));
        }
        Ok(walk)
    }

    fn scenario_of(&self, link: &Link) -> Result<(Arc<Spec>, Vec<State>), LinkError> {
        let opened = self.opened();
        let same: Vec<&Opened> = opened.iter().filter(|one| one.hash == link.hash).collect();
        if let Some(first) = same.first() {
            let starts = same.iter().filter_map(|one| one.initial.clone()).collect();
            return Ok((Arc::clone(&first.spec), starts));
        }
        let known = self.named(&link.scenario).map_err(|_| {
            LinkError(format!(
                "the link is to the scenario `{}`, which is not known here: drop its file on the page first",
                link.scenario
            ))
        })?;
        if link::hash_of(&known) != link.hash {
            return Err(LinkError(format!(
                "the link is to another version of the scenario `{}`: nothing of it is shown, because the same steps \
                 may mean something else here",
                link.scenario
            )));
        }
        Ok((known, Vec::new()))
    }

    fn opened(&self) -> Vec<Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// The world of a scenario, found in bounded time.
///
/// # Errors
/// Why it was not found.
pub fn world(spec: &Spec, assumptions: Assumptions) -> Result<World, LinkError> {
    let limits = Limits {
        states_max: Some(START_STATES),
        deadline: Instant::now().checked_add(START_TIME),
        symmetry: true,
        ..Limits::default()
    };
    check::world(spec, assumptions, Engine::Exact, &limits)
        .map_err(|truncated| LinkError(format!("where {} starts was not found: {truncated}", spec.name)))
}
