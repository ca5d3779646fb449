//! The scenarios of an explorer: the built-in and the opened ones. The library opens a trace from a scenario, a link or a
//! replayed trace file.

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
use super::open_trace::{ObservedMailbox, OpenTrace, Origin};

/// The most opened scenarios that are kept; the oldest is dropped first.
const OPENED_MAX: usize = 64;
/// The longest search for the initial states of a scenario that follows another one.
const START_TIME: Duration = Duration::from_secs(10);
/// The most states of that search.
const START_STATES: usize = 1_000_000;

/// The scenarios of an explorer.
#[derive(Debug, Default)]
pub struct Library {
    opened: Mutex<VecDeque<Opened>>,
}

/// An opened scenario, with the initial state if a trace opened it.
#[derive(Clone, Debug)]
struct Opened {
    hash: String,
    spec: Arc<Spec>,
    initial: Option<State>,
    observed: Option<Arc<ObservedMailbox>>,
}

/// An initial state, and the mailbox of a snapshot that it shows.
type Start = (State, Option<Arc<ObservedMailbox>>);

impl Library {
    /// Returns a scenario by its name; built-in names come first.
    ///
    /// # Errors
    /// There is no scenario of this name.
    pub fn named(&self, name: &str) -> Result<Arc<Spec>, LinkError> {
        if builtin::scenario(name).is_some() {
            return scenario::load_scenario(name).map(Arc::new).map_err(|wrong| LinkError(wrong.render(false)));
        }
        let found = self.opened().iter().find(|one| one.spec.name == name).map(|one| Arc::clone(&one.spec));
        found.ok_or_else(|| LinkError(format!("there is no scenario `{name}`")))
    }

    /// Keeps a scenario for later links.
    pub fn keep(&self, spec: &Arc<Spec>, initial: Option<State>) {
        self.keep_observed(spec, initial, None);
    }

    fn keep_observed(&self, spec: &Arc<Spec>, initial: Option<State>, observed: Option<Arc<ObservedMailbox>>) {
        let hash = link::hash_of(spec);
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|one| one.hash != hash || one.initial != initial);
        if opened.len() >= OPENED_MAX {
            opened.pop_front();
        }
        opened.push_back(Opened { hash, spec: Arc::clone(spec), initial, observed });
    }

    /// Opens a trace without steps, under the first answer to every assumption.
    ///
    /// # Errors
    /// The reason why there is no initial state.
    pub fn start(&self, spec: &Arc<Spec>) -> Result<OpenTrace, LinkError> {
        let assumptions = check::combinations_of(spec).into_iter().next().unwrap_or_default();
        let world = world(spec, assumptions)?;
        let initial = world.initial.first().cloned();
        let initial = initial.ok_or_else(|| LinkError(format!("{} has no initial state", spec.name)))?;
        self.keep(spec, None);
        let origin = Origin { spec: Arc::clone(spec), world: Arc::new(world), initial, observed: None };
        Ok(OpenTrace::start(origin))
    }

    /// Opens a trace without steps in the first initial state of a world, which shows a mailbox of a snapshot.
    #[must_use]
    pub fn start_in(&self, spec: Spec, world: World, observed: ObservedMailbox) -> OpenTrace {
        let (spec, initial, observed) = (Arc::new(spec), world.initial[0].clone(), Some(Arc::new(observed)));
        self.keep_observed(&spec, Some(initial.clone()), observed.clone());
        OpenTrace::start(Origin { spec, world: Arc::new(world), initial, observed })
    }

    /// Opens a replayed trace.
    ///
    /// # Errors
    /// The step that cannot be taken; a replayed trace has none.
    pub fn of_trace(&self, replayed: Replayed) -> Result<OpenTrace, LinkError> {
        let Replayed { spec, world, trace, .. } = replayed;
        let spec = Arc::new(spec);
        self.keep(&spec, Some(trace.path.initial.clone()));
        let origin = Origin { spec, world: Arc::new(world), initial: trace.path.initial, observed: None };
        OpenTrace::by_actions(origin, trace.path.actions.iter().chain(&trace.after))
            .map_err(|error| LinkError(error.to_string()))
    }

    /// Opens the trace of a link.
    ///
    /// # Errors
    /// The reason why the link has no trace here.
    pub fn follow(&self, text: &str) -> Result<OpenTrace, LinkError> {
        let link = link::parse(text)?;
        let (spec, starts) = self.scenario_of(&link)?;
        let assumptions = link::assumptions(&link.answers)?;
        let origin = starts
            .into_iter()
            .map(|(initial, observed)| (World::new(&spec.scenario, assumptions), initial, observed))
            .find(|(world, initial, _)| link::state_hash(world, initial) == link.initial);
        let (world, initial, observed) = match origin {
            Some(found) => found,
            None => {
                let world = world(&spec, assumptions)?;
                let found = world.initial.iter().find(|state| link::state_hash(&world, state) == link.initial).cloned();
                let found = found.ok_or_else(|| {
                    LinkError(format!("the link starts in a state that is not an initial state of {} here", spec.name))
                })?;
                (world, found, None)
            }
        };
        let origin = Origin { spec, world: Arc::new(world), initial, observed };
        let trace = OpenTrace::along(origin, link.steps.iter().map(String::as_str)).map_err(|(number, error)| {
            LinkError(format!("cannot follow the link beyond step {}: {error}", number - 1))
        })?;
        let end = trace.end();
        if link::state_hash(&end.world, &end.state) != link.end {
            let reason = "the link was changed, is incomplete, or comes from another version of the model: its steps lead to \
                          another state here";
            return Err(LinkError(reason.to_owned()));
        }
        Ok(trace)
    }

    fn scenario_of(&self, link: &Link) -> Result<(Arc<Spec>, Vec<Start>), LinkError> {
        let opened = self.opened();
        let same: Vec<&Opened> = opened.iter().filter(|one| one.hash == link.hash).collect();
        if let Some(first) = same.first() {
            let starts = same.iter().filter_map(|one| Some((one.initial.clone()?, one.observed.clone()))).collect();
            return Ok((Arc::clone(&first.spec), starts));
        }
        let known = self.named(&link.scenario).map_err(|_| {
            LinkError(format!(
                "the scenario `{}` of the link is not known here: drop its file on the page first",
                link.scenario
            ))
        })?;
        if link::hash_of(&known) != link.hash {
            return Err(LinkError(format!(
                "the link is to another version of the scenario `{}`, in which the same steps may have another meaning",
                link.scenario
            )));
        }
        Ok((known, Vec::new()))
    }

    fn opened(&self) -> Vec<Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Returns the world of a scenario, within a time limit.
///
/// # Errors
/// The reason why the search for initial states was truncated.
pub fn world(spec: &Spec, assumptions: Assumptions) -> Result<World, LinkError> {
    let limits = Limits {
        states_max: Some(START_STATES),
        deadline: Instant::now().checked_add(START_TIME),
        symmetry: true,
        ..Limits::default()
    };
    check::world(spec, assumptions, Engine::Exact, &limits)
        .map_err(|truncated| LinkError(format!("the start of {} is inconclusive: {truncated}", spec.name)))
}
