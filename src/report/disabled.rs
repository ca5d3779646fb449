//! What an action would be, in words, where it is not possible: nothing has happened yet that could be told.

use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::scenario::RunId;
use stranded_model::state::{Phase, State};
use stranded_model::{Refusal, World};

use stranded_oracle::sentence::{condition, operation};
use stranded_search::names;

/// What the action would be, as a clause without a subject.
#[must_use]
pub fn wish(world: &World, state: &State, action: &Action) -> String {
    let scenario = &world.scenario;
    let server = |id| names::server(scenario, id);
    let view = |view: View| match view {
        View::Replica(id) => format!("by the directory of {}", server(id)),
        View::Remembered => "by an older view of the directory".to_owned(),
    };
    match *action {
        Action::Deliver { by, .. } => format!("a message arrives, routed {}", view(by)),
        Action::Redeliver { message, by, .. } => format!("{} is tried again, {}", names::message(message), view(by)),
        Action::LogOn { by, .. } => format!("logs on {}", view(by)),
        Action::OwnerDeletes { message, .. } => format!("deletes message {}", names::message(message)),
        Action::Start { administrator, run, .. } => {
            let run = scenario.run(RunId { administrator, run });
            format!("starts {} from {} to {}", run.procedure.name, server(run.from), server(run.to))
        }
        Action::Act { mailbox, administrator, fate } => {
            let program = &state.accounts[mailbox].programs[administrator];
            let next = match program.phase {
                Phase::Idle => "goes on".to_owned(),
                Phase::Running { next, .. } => {
                    let run = world.run_of(administrator, program);
                    operation(world, run, &run.procedure.steps[usize::from(next)].act)
                }
            };
            match fate {
                Fate::Answered => next,
                Fate::RequestLost => format!("{next}, and the request is lost"),
                Fate::ReplyLost => format!("{next}, and the reply is lost"),
            }
        }
        Action::Die { administrator, .. } => {
            format!("the program of {} dies", names::administrator(scenario, administrator))
        }
        Action::Replicate { from, to, .. } => format!("{} takes the recipient from {}", server(to), server(from)),
        Action::Refresh { from, .. } => format!("caches and sessions read the recipient again from {}", server(from)),
        Action::Edit { replica, .. } => format!("edits another attribute of the recipient on {}", server(replica)),
        Action::Fail { server: id, part: Part::Store } => format!("the store of {} stops", server(id)),
        Action::Fail { server: id, part: Part::Replica } => {
            format!("the directory of {} cannot be reached", server(id))
        }
        Action::Recover { server: id, part: Part::Store } => format!("the store of {} works again", server(id)),
        Action::Recover { server: id, part: Part::Replica } => {
            format!("the directory of {} can be reached again", server(id))
        }
    }
}

/// The guard that is false, as a sentence without a full stop.
#[must_use]
pub fn because(world: &World, state: &State, action: &Action, refusal: Refusal) -> String {
    let run = match action {
        Action::Act { mailbox, administrator, .. } => {
            Some(world.run_of(*administrator, &state.accounts[*mailbox].programs[*administrator]))
        }
        Action::Deliver { .. }
        | Action::Redeliver { .. }
        | Action::LogOn { .. }
        | Action::OwnerDeletes { .. }
        | Action::Start { .. }
        | Action::Die { .. }
        | Action::Replicate { .. }
        | Action::Refresh { .. }
        | Action::Edit { .. }
        | Action::Fail { .. }
        | Action::Recover { .. } => None,
    };
    match (refusal, run) {
        (Refusal::Waiting(wanted), Some(run)) => format!("it is not so that {}", condition(world, run, &wanted)),
        _ => refusal.to_string(),
    }
}
