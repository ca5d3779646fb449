//! The article on real servers: the model's trace beside what directory and stores show, step by step.
//!
//! A story is a scenario of the article, and what the administrator does afterwards. Each action of the model is performed on the
//! servers of a bed (`perform`); after each, the home and both stores are read and compared with the state of the model.

mod perform;

use stranded_model::World;
use stranded_model::action::{Action, ActionKind};
use stranded_model::id::{AdministratorId, MailboxId, ServerId};
use stranded_model::state::State;
use stranded_oracle::sentence::{Mood, actor, says};
use stranded_search::check;
use stranded_search::engine::{Engine, Limits};
use stranded_search::names;
use stranded_search::scenario::load_scenario;

use crate::system::{Named, System, Trouble};

use self::perform::Performer;
pub use self::perform::Reply;

/// The stores of the article, in the order of the site.
pub(crate) const STORES: [&str; 2] = ["source", "destination"];

/// A story of the article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story {
    /// The name in reports.
    pub name: &'static str,
    /// The scenario that strands the mailbox.
    begin: &'static str,
    /// The scenario of what the administrator does afterwards, if it is another one.
    then: Option<&'static str>,
    /// True if a message arrives in between.
    has_late_mail: bool,
    /// The number of runs of the first scenario.
    runs: usize,
}

/// The move of the article, which strands the mailbox: its data is on the destination, and its home is the source.
pub const STRANDED: Story = Story { name: "stranded", begin: "stranded", then: None, has_late_mail: false, runs: 1 };

/// Every story: the second move, and both methods with and without late mail.
pub const STORIES: [Story; 5] = [
    Story { name: "second-move", begin: "second-move", then: None, has_late_mail: false, runs: 2 },
    Story { name: "method-1", begin: "stranded", then: Some("method-1"), has_late_mail: false, runs: 1 },
    Story {
        name: "method-1-late-mail",
        begin: "stranded",
        then: Some("method-1-late-mail"),
        has_late_mail: true,
        runs: 1,
    },
    Story { name: "method-2", begin: "stranded", then: Some("method-2"), has_late_mail: false, runs: 1 },
    Story {
        name: "method-2-late-mail",
        begin: "stranded",
        then: Some("method-2-late-mail"),
        has_late_mail: true,
        runs: 1,
    },
];

/// The view of an observer: the home, and the messages of each store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The server that the directory names; `None` if it has no entry of the user, or names no store.
    pub home: Option<String>,
    /// The messages of each store, the source first; `None` if they were not observed: without an entry in the directory there is no
    /// login. A mailbox without messages and an absent one are alike here, because IMAP cannot delete an inbox.
    pub stores: [Option<Vec<String>>; 2],
}

/// One step of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The actor and the action in the words of the model.
    pub says: String,
    /// The request to the servers, and the answer.
    pub reply: Reply,
    /// The state of the model after the step.
    pub model: View,
    /// The servers after the step.
    pub real: View,
}

impl Line {
    /// Returns true if the servers show what the model says, as far as they were observed.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let mut stores = self.model.stores.iter().zip(&self.real.stores);
        self.model.home == self.real.home && stores.all(|(model, real)| real.is_none() || model == real)
    }
}

/// Performs a story on a system, for a user without mail whose home is the source.
///
/// # Errors
/// A server declined or did not answer.
pub fn perform(story: &Story, system: &System, user: &str) -> Result<Vec<Line>, Trouble> {
    let mut performer = Performer::new(system, user);
    let mut lines = Vec::new();
    let world = world(story.begin, None)?;
    let mut state = world.initial[0].clone();
    let mut play = |world: &World, state: &mut State, action: &Action| -> Result<(), Trouble> {
        let occurrence = world.occur(state, action).map_err(|refusal| Trouble::Refused(format!("{refusal:?}")))?;
        let sentence = says(world, state, action, Mood::Happened(&occurrence));
        let reply = performer.perform(world, state, action, &occurrence)?;
        *state = occurrence.state;
        let (model, real) = (in_model(world, state), observed(system, user)?);
        lines.push(Line { says: format!("{} {sentence}", actor(world, action)), reply, model, real });
        Ok(())
    };
    deliver(&world, &mut state, &mut play)?;
    for _ in 0..story.runs {
        run(&world, &mut state, &mut play)?;
    }
    if let Some(then) = story.then {
        let world = self::world(then, Some(&state))?;
        let mut state = world.initial[0].clone();
        if story.has_late_mail {
            deliver(&world, &mut state, &mut play)?;
        }
        run(&world, &mut state, &mut play)?;
    }
    Ok(lines)
}

/// Plays an action.
type Play<'p> = dyn FnMut(&World, &mut State, &Action) -> Result<(), Trouble> + 'p;

fn deliver(world: &World, state: &mut State, play: &mut Play<'_>) -> Result<(), Trouble> {
    let action = first(world, state, ActionKind::Deliver)?;
    play(world, state, &action)
}

/// Plays the next run of the administrator to its end.
fn run(world: &World, state: &mut State, play: &mut Play<'_>) -> Result<(), Trouble> {
    let start = first(world, state, ActionKind::Start)?;
    play(world, state, &start)?;
    let administrator = start.administrator().unwrap_or(AdministratorId(0));
    while let Some((action, _)) = world.next_act(state, MailboxId(0), administrator) {
        play(world, state, &action)?;
    }
    Ok(())
}

fn first(world: &World, state: &State, kind: ActionKind) -> Result<Action, Trouble> {
    let mut actions = world.enabled(state).map(|(action, _)| action).filter(|action| action.kind() == kind);
    actions.next().ok_or_else(|| Trouble::Refused(format!("the scenario has no {} now", kind.name())))
}

/// The world of a scenario under the first answers to the assumptions. With `after`, it begins in the state that is like this one.
fn world(name: &str, after: Option<&State>) -> Result<World, Trouble> {
    let spec = load_scenario(name).map_err(|wrong| Trouble::Refused(wrong.render(false)))?;
    let assumptions = check::combinations_of(&spec).first().copied().unwrap_or_default();
    let world = check::world(&spec, assumptions, Engine::default(), &Limits::default());
    let mut world = world.map_err(|truncated| Trouble::Refused(truncated.to_string()))?;
    if let Some(after) = after {
        let is_like = |state: &State| {
            let (one, other) = (&state.accounts[MailboxId(0)], &after.accounts[MailboxId(0)]);
            one.recipients == other.recipients && one.mailboxes == other.mailboxes
        };
        world.initial.retain(is_like);
        if world.initial.is_empty() {
            return Err(Trouble::Refused(format!("no initial state of {name} is like the end of the story before it")));
        }
    }
    Ok(world)
}

fn in_model(world: &World, state: &State) -> View {
    let account = &state.accounts[MailboxId(0)];
    let held = |server: u8| Some(names::messages(account.mailboxes[ServerId(server)].held()));
    View {
        home: account.agreed_home().map(|home| names::server(&world.scenario, home).to_owned()),
        stores: [held(0), held(1)],
    }
}

fn observed(system: &System, user: &str) -> Result<View, Trouble> {
    let entry = system.home(user)?;
    let mut stores = [None, None];
    if entry.is_some() {
        for (index, store) in STORES.into_iter().enumerate() {
            let messages = system.mailbox(store, user)?.unwrap_or_default();
            let names = messages.iter().map(|message| perform::short_name(message.name()).to_owned());
            let mut names: Vec<String> = names.collect();
            names.sort();
            stores[index] = Some(names);
        }
    }
    let home = match entry.map(|home| home.named) {
        Some(Named::Store(name)) => Some(name),
        Some(Named::Other(_) | Named::Nothing) | None => None,
    };
    Ok(View { home, stores })
}
