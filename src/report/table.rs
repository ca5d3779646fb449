//! A trace as a table: a row for each step, with its sentence and the state that it leaves. Text, Markdown, diagrams and the
//! terminal show the same rows. This file decides nothing: the sentences come from `sentence`, the states from `picture`.

use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::id::MailboxId;
use stranded_model::property::Safety;
use stranded_model::state::State;

use stranded_oracle::sentence::{self, Mood};
use stranded_search::check::Trace;
use stranded_search::names;
use stranded_search::rescue::{self, RescueMap};
use stranded_search::scenario::Spec;
use stranded_search::state_view::{self, StateView};

use super::arrow::{self, Arrow};
use super::badge::{self, Badge, StepFacts};
use super::picture::{Cells, KILOBYTES_PER_MESSAGE, Picture, newly_stranded};
use super::state_advice;
use super::summary::{self, Sentence};

/// A trace as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceTable {
    /// The initial state as cells of a table.
    pub start: Cells,
    /// The initial state.
    pub initial: State,
    /// A row for each step.
    pub rows: Vec<TraceRow>,
    /// The number of the step after which the trace repeats for ever.
    pub repeats_from: Option<usize>,
    /// The procedures that recover mail, from the initial state and after each step, if the caller asked for them.
    pub rescue: Option<RescueMap>,
    /// The recommended repair, if the caller asked for it and one helps.
    pub instead: Option<Sentence>,
}

/// A step, and the state after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// Its number, from 1.
    pub number: usize,
    /// The actor.
    pub actor: String,
    /// The name of the action in the trace.
    pub action: String,
    /// The action.
    pub taken: Action,
    /// The two parties of the step.
    pub arrow: Arrow,
    /// The sources of the rule by which the step happens.
    pub sources: &'static [&'static str],
    /// The step in one sentence without a full stop.
    pub says: String,
    /// The report of the run to its administrator, if the run ends.
    pub reported: Option<String>,
    /// The messages that this step loses.
    pub lost: Vec<String>,
    /// The messages that this step leaves on a server that is not the home.
    pub strands: Vec<String>,
    /// The properties that are true before the step and false after it.
    pub breaks: Vec<Safety>,
    /// True if the step comes after the end of the counterexample.
    pub is_after: bool,
    /// The state after the step as cells of a table.
    pub cells: Cells,
    /// The state after the step.
    pub state: State,
    /// The same by the names of the scenario in which the step was taken.
    pub view: StateView,
}

impl TraceRow {
    /// Returns its number, with a `+` if it comes after the end of the counterexample.
    #[must_use]
    pub fn label(&self) -> String {
        let mark = if self.is_after { "+" } else { "" };
        format!("{}{mark}", self.number)
    }
}

impl TraceTable {
    /// Returns the table of a trace of one world.
    #[must_use]
    pub fn of(world: &World, trace: &Trace) -> Self {
        let initial = trace.path.initial.clone();
        let mut state = initial.clone();
        let mut rows: Vec<TraceRow> = Vec::new();
        let mut subject = MailboxId::default();
        let steps = trace.path.actions.iter().map(|action| (action, false));
        for (action, is_after) in steps.chain(trace.after.iter().map(|action| (action, true))) {
            subject = action.mailbox().unwrap_or(subject);
            rows.push(row(world, &state, action, rows.len() + 1, is_after, subject));
            state.clone_from(&rows[rows.len() - 1].state);
        }
        let first = trace.path.actions.iter().find_map(Action::mailbox).unwrap_or_default();
        let start = Picture::of(world, &initial).cells(first);
        Self { start, initial, rows, repeats_from: trace.repeats_from, rescue: None, instead: None }
    }

    /// Returns the table of a trace of a scenario, with the procedures that recover mail.
    #[must_use]
    pub fn rescued(spec: &Spec, world: &World, trace: &Trace) -> Self {
        Self::of(world, trace).with_rescue(rescue::map(spec, world, trace))
    }

    /// Returns the table of steps of several worlds. Each step is its world, the state before it, the action and its name.
    #[must_use]
    pub fn along<'a>(
        world: &World,
        initial: &State,
        steps: impl Iterator<Item = (&'a World, &'a State, &'a Action, &'a str)>,
    ) -> Self {
        let mut subject = None;
        let mut rows: Vec<TraceRow> = Vec::new();
        for (world, before, action, name) in steps {
            subject = action.mailbox().or(subject);
            let row = row(world, before, action, rows.len() + 1, false, subject.unwrap_or_default());
            rows.push(TraceRow { action: name.to_owned(), ..row });
        }
        let start = Picture::of(world, initial).cells(MailboxId::default());
        Self { start, initial: initial.clone(), rows, repeats_from: None, rescue: None, instead: None }
    }

    /// Returns the same table with the procedures that recover mail.
    #[must_use]
    pub fn with_rescue(self, map: RescueMap) -> Self {
        Self { rescue: Some(map), ..self }
    }

    /// Returns the same table with the recommended repair. `world_of` is the world of a state by its number.
    #[must_use]
    pub fn with_repair<'a>(self, world_of: impl Fn(usize) -> &'a World) -> Self {
        let found = self.rescue.as_ref().and_then(|map| {
            let last = summary::last_repair(map)?;
            let world = world_of(last);
            let recommended = state_advice::recommendations(world, self.state(last)?);
            let run = world.scenario.run(world.scenario.last_run);
            let servers = [run.from, run.to].map(|server| names::server(&world.scenario, server).to_owned());
            summary::instead(map, &recommended, &servers.into())
        });
        Self { instead: found, ..self }
    }

    /// Returns the notes under the table, line by line.
    #[must_use]
    pub fn notes(&self) -> String {
        let mut text =
            format!("Under each server: its mailbox resources, {KILOBYTES_PER_MESSAGE} KB for each message.\n");
        if let Some(number) = self.repeats_from {
            text.push_str(&match self.rows.len() - number {
                0 => format!("Nothing more happens after step {number}.\n"),
                _ => format!("The steps after step {number} repeat for ever.\n"),
            });
        }
        if self.rows.iter().any(|row| row.is_after) {
            text.push_str("Steps marked +: the rest of the running procedure.\n");
        }
        text
    }

    /// Returns the badges of a step; `number` 0 is the initial state.
    #[must_use]
    pub fn badges(&self, number: usize, is_first_violation: bool) -> Vec<Badge> {
        let row = number.checked_sub(1).and_then(|index| self.rows.get(index));
        badge::of_step(&StepFacts {
            lost: row.map_or(&[], |row| &row.lost),
            strands: row.map_or(&[], |row| &row.strands),
            breaks: row.map_or_else(Vec::new, |row| row.breaks.iter().map(|property| property.name()).collect()),
            is_too_late: self.is_point_of_no_return(number),
            is_first_violation,
        })
    }

    /// Returns the state after a step; `number` 0 is the initial state.
    #[must_use]
    pub fn state(&self, number: usize) -> Option<&State> {
        match number.checked_sub(1) {
            None => Some(&self.initial),
            Some(index) => self.rows.get(index).map(|row| &row.state),
        }
    }

    /// Returns true if this is the number of the first state from which on no procedure recovers all mail.
    #[must_use]
    pub fn is_point_of_no_return(&self, number: usize) -> bool {
        self.rescue.as_ref().is_some_and(|map| map.point_of_no_return == Some(number))
    }
}

fn row(world: &World, before: &State, action: &Action, number: usize, is_after: bool, subject: MailboxId) -> TraceRow {
    let occurrence = world.occur(before, action).expect("every step of a trace is possible");
    let after = &occurrence.state;
    let lost = |state: &State| state.accounts[subject].lost();
    let broken = |property: &Safety| property.holds(world, before) && !property.holds(world, after);
    let picture = Picture::of(world, after);
    let (account_before, account_after) = (&before.accounts[subject], &after.accounts[subject]);
    TraceRow {
        number,
        actor: sentence::actor(world, action),
        action: names::action(world, before, action),
        taken: *action,
        arrow: arrow::arrow(world, account_before, account_after, action, &occurrence),
        sources: sentence::sources(world, action, &occurrence),
        says: sentence::says(world, before, action, Mood::Happened(&occurrence)),
        reported: occurrence.step.and_then(|executed| sentence::reported(world, &executed)),
        lost: names::messages(lost(after).without(lost(before))),
        strands: newly_stranded(before, after),
        breaks: Safety::ALL.into_iter().filter(broken).collect(),
        is_after,
        cells: picture.cells(subject),
        view: state_view::show(&world.scenario, after),
        state: occurrence.state,
    }
}
