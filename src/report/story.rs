//! A trace as a story: one row a step, with what everybody can see after it. Text, JSON and every other form tell this same
//! story.

use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::id::{MailboxId, MessageSet, ServerId};
use stranded_model::property::Safety;
use stranded_model::state::{Account, Home, Mailbox, Mark, Recipient, State};

use stranded_search::check::Trace;
use stranded_search::rescue::RescueMap;

use super::arrow::{self, Arrow};
use stranded_oracle::sentence;
use stranded_search::names;
use stranded_search::state_view::{self, StateView};

/// What a message counts for in the total of a mailbox; the article gives no figures.
pub const KILOBYTES_PER_MESSAGE: usize = 10;

/// A trace, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// How everything stands at first.
    pub start: Scene,
    /// The state that it starts in.
    pub initial: State,
    /// What happens.
    pub rows: Vec<Row>,
    /// The number of the step after which it repeats for ever.
    pub repeats_from: Option<usize>,
    /// What could still be done at first and after each step, where that was asked.
    pub rescue: Option<RescueMap>,
}

/// One step, and how everything stands after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number, from 1.
    pub number: usize,
    /// Who acts.
    pub actor: String,
    /// The action's name in the trace.
    pub action: String,
    /// The action itself.
    pub taken: Action,
    /// Between whom it passes.
    pub arrow: Arrow,
    /// What says that the world does this.
    pub sources: &'static [&'static str],
    /// What happens.
    pub says: String,
    /// What the administrator is told, if his run ends.
    pub reported: Option<String>,
    /// The messages that this step loses.
    pub lost: Vec<String>,
    /// The properties that are true before and not after.
    pub breaks: Vec<Safety>,
    /// Whether it comes after the end of the counterexample.
    pub is_after: bool,
    /// How everything stands afterwards.
    pub scene: Scene,
    /// The state afterwards.
    pub state: State,
    /// The same by the names of the scenario in which the step was taken.
    pub view: StateView,
}

/// What the directory says and what each server's mailbox resources show, for one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// What the directory says, one line for each replica that says something of its own.
    pub directory: Vec<String>,
    /// What each store lists, one line for each remark.
    pub stores: Vec<Vec<String>>,
}

impl Story {
    /// Tells a trace in the world that it happened in.
    #[must_use]
    pub fn of(world: &World, trace: &Trace) -> Self {
        let initial = trace.path.initial.clone();
        let mut state = initial.clone();
        let mut rows: Vec<Row> = Vec::new();
        let mut subject = MailboxId::default();
        let steps = trace.path.actions.iter().map(|action| (action, false));
        for (action, is_after) in steps.chain(trace.after.iter().map(|action| (action, true))) {
            subject = action.mailbox().unwrap_or(subject);
            rows.push(row(world, &state, action, rows.len() + 1, is_after, subject));
            state.clone_from(&rows[rows.len() - 1].state);
        }
        let first = trace.path.actions.iter().find_map(Action::mailbox).unwrap_or_default();
        let start = Scene::of(world, &initial, first);
        Self { start, initial, rows, repeats_from: trace.repeats_from, rescue: None }
    }

    /// Tells steps that need not all be of one world. A step is the world in which it was taken, the state before it, the
    /// action, and its name.
    #[must_use]
    pub fn along<'a>(
        world: &World,
        initial: &State,
        steps: impl Iterator<Item = (&'a World, &'a State, &'a Action, &'a str)>,
    ) -> Self {
        let mut subject = None;
        let mut rows: Vec<Row> = Vec::new();
        for (world, before, action, name) in steps {
            subject = action.mailbox().or(subject);
            let reported = row(world, before, action, rows.len() + 1, false, subject.unwrap_or_default());
            rows.push(Row { action: name.to_owned(), ..reported });
        }
        let start = Scene::of(world, initial, MailboxId::default());
        Self { start, initial: initial.clone(), rows, repeats_from: None, rescue: None }
    }

    /// The same, told with what could still be done at each moment.
    #[must_use]
    pub fn with_rescue(self, map: RescueMap) -> Self {
        Self { rescue: Some(map), ..self }
    }

    /// What has to be said under its table, line by line.
    #[must_use]
    pub fn notes(&self) -> String {
        let mut text =
            format!("Under each server: its mailbox resources, {KILOBYTES_PER_MESSAGE} KB for each message.\n");
        if let Some(number) = self.repeats_from {
            text.push_str(&match self.rows.len() - number {
                0 => format!("Nothing more happens after step {number}.\n"),
                _ => format!("What follows step {number} repeats for ever.\n"),
            });
        }
        if self.rows.iter().any(|row| row.is_after) {
            text.push_str("Steps marked +: how the running procedure goes on.\n");
        }
        text
    }

    /// Whether this is the number of the first state from which on nothing saves everything any more.
    #[must_use]
    pub fn is_point_of_no_return(&self, number: usize) -> bool {
        self.rescue.as_ref().is_some_and(|map| map.point_of_no_return == Some(number))
    }
}

fn row(world: &World, before: &State, action: &Action, number: usize, is_after: bool, subject: MailboxId) -> Row {
    let occurrence = world.occur(before, action).expect("every step of a trace is possible");
    let after = &occurrence.state;
    let lost = |state: &State| state.accounts[subject].lost();
    let broken = |property: &Safety| property.holds(world, before) && !property.holds(world, after);
    let (account_before, account_after) = (&before.accounts[subject], &after.accounts[subject]);
    Row {
        number,
        actor: sentence::actor(world, action),
        action: names::action(world, before, action),
        taken: *action,
        arrow: arrow::arrow(world, account_before, account_after, action, &occurrence),
        sources: sentence::sources(world, action, &occurrence),
        says: sentence::says(world, before, action, &occurrence),
        reported: occurrence.step.and_then(|executed| sentence::reported(world, &executed)),
        lost: names::messages(lost(after).without(lost(before))),
        breaks: Safety::ALL.into_iter().filter(broken).collect(),
        is_after,
        scene: Scene::of(world, after, subject),
        view: state_view::show(&world.scenario, after),
        state: occurrence.state,
    }
}

impl Scene {
    /// What can be seen of a mailbox in a state.
    #[must_use]
    pub fn of(world: &World, state: &State, mailbox: MailboxId) -> Self {
        let account = &state.accounts[mailbox];
        let mut directory = directory(world, account);
        if is_stranded(account) {
            directory.push("STRANDED".to_owned());
        }
        Self { directory, stores: account.mailboxes.values().map(store).collect() }
    }
}

fn directory(world: &World, account: &Account) -> Vec<String> {
    let said: Vec<String> = account.recipients.values().map(|recipient| home(world, recipient)).collect();
    let mut lines: Vec<String> = if said.windows(2).all(|pair| pair[0] == pair[1]) {
        said.into_iter().take(1).collect()
    } else {
        let names = account.recipients.ids().map(|id| names::server(&world.scenario, id));
        names.zip(said).map(|(name, said)| format!("{name}: {said}")).collect()
    };
    if let Some(remembered) = account.remembered.filter(|old| account.recipients.values().all(|now| now != old)) {
        lines.push(format!("older view: {}", home(world, &remembered)));
    }
    lines
}

pub(super) fn home(world: &World, recipient: &Recipient) -> String {
    let value = |home: Home| match home {
        Home::Server(server) => names::server(&world.scenario, server),
        Home::Malformed => "(malformed)",
    };
    match recipient {
        Recipient::Absent => "no recipient".to_owned(),
        Recipient::Tombstone { .. } => "deleted".to_owned(),
        Recipient::Live { homes, .. } if homes.mdb == homes.mta => value(homes.mdb).to_owned(),
        Recipient::Live { homes, .. } => format!("MDB {} MTA {}", value(homes.mdb), value(homes.mta)),
    }
}

fn store(mailbox: &Mailbox) -> Vec<String> {
    let Mailbox::Present(contents) = mailbox else { return vec!["–".to_owned()] };
    let size = |messages: MessageSet| format!("{} KB", messages.len() * KILOBYTES_PER_MESSAGE);
    let mut lines = match names::messages(contents.messages).join(" ") {
        none if none.is_empty() => vec!["empty".to_owned()],
        some => vec![some],
    };
    lines.push(size(contents.messages));
    match contents.mark {
        Mark::Settled => {}
        Mark::InTransit { pending, .. } if pending.is_empty() => lines.push("in transit".to_owned()),
        Mark::InTransit { pending, .. } => {
            lines.push(format!("in transit, holds {}", names::messages(pending).join(" ")))
        }
    }
    lines
}

/// Whether the data is on another server than the home.
pub(crate) fn is_stranded(account: &Account) -> bool {
    let holds = |server: ServerId| !account.mailboxes[server].held().is_empty();
    match account.agreed_home() {
        Some(home) => !holds(home) && account.mailboxes.ids().any(|server| server != home && holds(server)),
        None => false,
    }
}
