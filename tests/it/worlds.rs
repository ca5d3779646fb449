//! Test worlds: scenarios under every combination of assumptions, and paths through them whose actions a test chooses.

use std::io;

use stranded::report::table::TraceTable;
use stranded_model::World;
use stranded_model::action::{Action, View};
use stranded_model::id::{AdministratorId, MailboxId, ServerId};
use stranded_model::procedure::Outcome;
use stranded_model::state::{Account, Ended, State};
use stranded_search::check::{Checked, Trace, check};
use stranded_search::engine::{Engine, Limits, Path};
use stranded_search::property::Verdict;
use stranded_search::scenario::{Spec, load_scenario, parse_scenario, select};

/// The only mailbox of the article's scenarios.
pub(crate) const MAILBOX: MailboxId = MailboxId(0);
/// The server that a move takes the mailbox from.
pub(crate) const SOURCE: ServerId = ServerId(0);
/// The server that a move takes the mailbox to.
pub(crate) const DESTINATION: ServerId = ServerId(1);
/// The only administrator of the article's scenarios.
pub(crate) const FIRST: AdministratorId = AdministratorId(0);

/// Returns every built-in scenario.
pub(crate) fn builtins() -> Vec<Spec> {
    select(&[]).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// Returns a built-in scenario.
pub(crate) fn loaded(name: &str) -> Spec {
    load_scenario(name).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// Parses a scenario that a test writes.
pub(crate) fn parsed(text: &str) -> Spec {
    let no_files = |_: &str| Err(io::Error::new(io::ErrorKind::NotFound, "no such file"));
    parse_scenario("test.toml", text, &no_files).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// Returns a built-in scenario with one change in its text.
pub(crate) fn changed(name: &str, old: &str, new: &str) -> Spec {
    let text = loaded(name).text;
    assert_eq!(text.matches(old).count(), 1, "`{old}` must stand in {name} once");
    parsed(&text.replace(old, new))
}

/// Searches everything that a scenario allows.
pub(crate) fn searched(spec: &Spec) -> Checked<'_> {
    check(spec, Engine::Exact, &Limits::default())
}

/// Returns the worlds of a scenario, one for every combination of assumptions.
pub(crate) fn worlds(spec: &Spec) -> Vec<World> {
    searched(spec).combinations.into_iter().map(|case| case.world).collect()
}

/// Returns the worlds of a scenario that have an initial state, without searching the scenario completely.
pub(crate) fn worlds_of(spec: &Spec) -> Vec<World> {
    let few = Limits { states_max: Some(10_000), ..Limits::default() };
    let worlds = check(spec, Engine::Exact, &few).combinations.into_iter().map(|case| case.world);
    worlds.filter(|world| !world.initial.is_empty()).collect()
}

/// Returns the verdict on a property.
pub(crate) fn verdict(checked: &Checked<'_>, property: &str) -> Verdict {
    let judged = checked.results.iter().find(|judgement| judgement.property.name() == property);
    judged.unwrap_or_else(|| panic!("{property} was not judged")).verdict
}

/// A path through a world whose actions the test chooses.
#[derive(Clone)]
pub(crate) struct TestPath<'a> {
    pub(crate) world: &'a World,
    pub(crate) path: Path,
    pub(crate) state: State,
}

impl<'a> TestPath<'a> {
    /// Starts in a state.
    pub(crate) fn from(world: &'a World, initial: &State) -> Self {
        Self { world, path: Path { initial: initial.clone(), actions: Vec::new() }, state: initial.clone() }
    }

    /// Starts in every initial state of the world in which this number of accepted messages must be kept.
    pub(crate) fn from_all(world: &'a World, messages: usize) -> Vec<Self> {
        let starts = world.initial.iter().filter(|state| state.accounts[MAILBOX].outstanding().len() == messages);
        let paths: Vec<Self> = starts.map(|state| Self::from(world, state)).collect();
        assert!(!paths.is_empty(), "the world does not start with {messages} messages");
        paths
    }

    pub(crate) fn take(mut self, action: Action) -> Self {
        let next = self.world.step(&self.state, &action);
        self.state = next.unwrap_or_else(|refusal| panic!("{action:?}: {refusal}"));
        self.path.actions.push(action);
        self
    }

    /// Delivers all messages that the scenario supplies.
    pub(crate) fn mail(self) -> Self {
        let messages = self.world.scenario.site.messages;
        (0..messages).fold(self, |path, _| path.take(Action::Deliver { mailbox: MAILBOX, by: View::Replica(SOURCE) }))
    }

    /// Logs the user on at the home that the source's replica names.
    pub(crate) fn log_on(self) -> Self {
        self.take(Action::LogOn { mailbox: MAILBOX, by: View::Replica(SOURCE) })
    }

    /// Starts a run of the first administrator.
    pub(crate) fn start(self, run: u8) -> Self {
        self.take(Action::Start { mailbox: MAILBOX, administrator: FIRST, run })
    }

    /// Executes the next step of the first administrator's program.
    pub(crate) fn act(self) -> Self {
        let (act, _) = self.world.next_act(&self.state, MAILBOX, FIRST).expect("the program can act");
        self.take(act)
    }

    /// Executes a whole run without disturbance.
    pub(crate) fn run(self, run: u8) -> Self {
        let mut path = self.start(run);
        while path.account().programs[FIRST].is_running() {
            path = path.act();
        }
        path
    }

    /// Executes a run, and returns every state of it.
    pub(crate) fn run_step_by_step(self, run: u8) -> Vec<Self> {
        let mut paths = vec![self.start(run)];
        while let Some(path) = paths.last().filter(|path| path.account().programs[FIRST].is_running()).cloned() {
            paths.push(path.act());
        }
        paths
    }

    /// Returns everything that concerns the mailbox.
    pub(crate) fn account(&self) -> &Account {
        &self.state.accounts[MAILBOX]
    }

    /// Returns the outcome that the first administrator's last run reported.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self.account().programs[FIRST].ended {
            Ended::Reported(outcome) => Some(outcome),
            Ended::Never | Ended::Died => None,
        }
    }

    /// Returns the path as a trace.
    pub(crate) fn trace(&self) -> Trace {
        Trace { path: self.path.clone(), after: Vec::new(), repeats_from: None }
    }

    /// Returns the path as a table of its steps.
    pub(crate) fn table(&self) -> TraceTable {
        TraceTable::of(self.world, &self.trace())
    }
}
