//! Worlds to test in: scenarios under every combination of assumptions, and ways through them that a test walks itself.

use std::io;

use stranded::report::table::TraceTable;
use stranded_model::World;
use stranded_model::action::{Action, Fate, View};
use stranded_model::id::{AdministratorId, MailboxId, ServerId};
use stranded_model::procedure::Outcome;
use stranded_model::state::{Account, Ended, State};
use stranded_search::check::{Checked, Trace, check};
use stranded_search::engine::{Engine, Limits, Path};
use stranded_search::property::Verdict;
use stranded_search::scenario::{Spec, load_scenario, parse_scenario, select};

/// The one mailbox of the article's scenarios.
pub(crate) const MAILBOX: MailboxId = MailboxId(0);
/// The server that a move takes the mailbox from.
pub(crate) const SOURCE: ServerId = ServerId(0);
/// The server that a move takes it to.
pub(crate) const DESTINATION: ServerId = ServerId(1);
/// The one administrator of the article's scenarios.
pub(crate) const FIRST: AdministratorId = AdministratorId(0);

/// Every built-in scenario.
pub(crate) fn builtins() -> Vec<Spec> {
    select(&[]).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// A built-in scenario.
pub(crate) fn loaded(name: &str) -> Spec {
    load_scenario(name).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// A scenario that a test writes.
pub(crate) fn parsed(text: &str) -> Spec {
    let no_files = |_: &str| Err(io::Error::new(io::ErrorKind::NotFound, "no such file"));
    parse_scenario("test.toml", text, &no_files).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// A built-in scenario with one thing in its text changed.
pub(crate) fn changed(name: &str, old: &str, new: &str) -> Spec {
    let text = loaded(name).text;
    assert_eq!(text.matches(old).count(), 1, "`{old}` must stand in {name} once");
    parsed(&text.replace(old, new))
}

/// All that a scenario allows, searched.
pub(crate) fn searched(spec: &Spec) -> Checked<'_> {
    check(spec, Engine::Exact, &Limits::default())
}

/// The worlds of a scenario, one for every combination of assumptions.
pub(crate) fn worlds(spec: &Spec) -> Vec<World> {
    searched(spec).combinations.into_iter().map(|case| case.world).collect()
}

/// The worlds of a scenario, each with a state to start in, without searching the scenario itself to its end.
pub(crate) fn worlds_of(spec: &Spec) -> Vec<World> {
    let few = Limits { states_max: Some(10_000), ..Limits::default() };
    let worlds = check(spec, Engine::Exact, &few).combinations.into_iter().map(|case| case.world);
    worlds.filter(|world| !world.initial.is_empty()).collect()
}

/// What was found out about a property.
pub(crate) fn verdict(checked: &Checked<'_>, property: &str) -> Verdict {
    let judged = checked.results.iter().find(|judgement| judgement.property.name() == property);
    judged.unwrap_or_else(|| panic!("{property} was not judged")).verdict
}

/// A way through a world that goes where the test wants.
#[derive(Clone)]
pub(crate) struct Walk<'a> {
    pub(crate) world: &'a World,
    pub(crate) path: Path,
    pub(crate) state: State,
}

impl<'a> Walk<'a> {
    /// Starts in a state.
    pub(crate) fn from(world: &'a World, initial: &State) -> Self {
        Self { world, path: Path { initial: initial.clone(), actions: Vec::new() }, state: initial.clone() }
    }

    /// Starts where the world does; in every one of its states in which this many messages are owed to the owner.
    pub(crate) fn from_all(world: &'a World, messages: usize) -> Vec<Self> {
        let starts = world.initial.iter().filter(|state| state.accounts[MAILBOX].outstanding().len() == messages);
        let walks: Vec<Self> = starts.map(|state| Self::from(world, state)).collect();
        assert!(!walks.is_empty(), "the world does not start with {messages} messages");
        walks
    }

    pub(crate) fn take(mut self, action: Action) -> Self {
        let next = self.world.step(&self.state, &action);
        self.state = next.unwrap_or_else(|refusal| panic!("{action:?}: {refusal}"));
        self.path.actions.push(action);
        self
    }

    /// All messages arrive that the scenario supplies.
    pub(crate) fn mail(self) -> Self {
        let messages = self.world.scenario.site.messages;
        (0..messages).fold(self, |walk, _| walk.take(Action::Deliver { mailbox: MAILBOX, by: View::Replica(SOURCE) }))
    }

    /// The user logs on at the home that a server's replica names.
    pub(crate) fn log_on(self) -> Self {
        self.take(Action::LogOn { mailbox: MAILBOX, by: View::Replica(SOURCE) })
    }

    /// The first administrator starts a run.
    pub(crate) fn start(self, run: u8) -> Self {
        self.take(Action::Start { mailbox: MAILBOX, administrator: FIRST, run })
    }

    /// His program does its next step.
    pub(crate) fn act(self) -> Self {
        self.take(Action::Act { mailbox: MAILBOX, administrator: FIRST, fate: Fate::Answered })
    }

    /// He starts a run, and nothing disturbs it.
    pub(crate) fn run(self, run: u8) -> Self {
        let mut walk = self.start(run);
        while walk.account().programs[FIRST].is_running() {
            walk = walk.act();
        }
        walk
    }

    /// The next step is done, and the one before it was not yet: every state of a run, with the one before it.
    pub(crate) fn run_step_by_step(self, run: u8) -> Vec<Self> {
        let mut walks = vec![self.start(run)];
        while let Some(walk) = walks.last().filter(|walk| walk.account().programs[FIRST].is_running()).cloned() {
            walks.push(walk.act());
        }
        walks
    }

    /// All that concerns the mailbox.
    pub(crate) fn account(&self) -> &Account {
        &self.state.accounts[MAILBOX]
    }

    /// What the first administrator was told last.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self.account().programs[FIRST].ended {
            Ended::Reported(outcome) => Some(outcome),
            Ended::Never | Ended::Died => None,
        }
    }

    /// The way as a trace.
    pub(crate) fn trace(&self) -> Trace {
        Trace { path: self.path.clone(), after: Vec::new(), repeats_from: None }
    }

    /// The way as it is told.
    pub(crate) fn table(&self) -> TraceTable {
        TraceTable::of(self.world, &self.trace())
    }
}
