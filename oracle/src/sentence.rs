//! One sentence for each action and for each step of a procedure, as reports show them. This file knows nothing of reports: it
//! compares the states before and after an action, and decides nothing.

mod steps;

use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::id::{MailboxId, MessageSet, ServerId};
use stranded_model::procedure::{Act, StepResult};
use stranded_model::scenario::{Replication, RunId};
use stranded_model::state::{Account, State};
use stranded_model::{Executed, Occurrence, Refusal, World};

use stranded_search::names;

use self::steps::taking;
pub use self::steps::{condition, program_step, reported, step};

/// The mood of a sentence about an action.
#[derive(Clone, Copy, Debug)]
pub enum Mood<'a> {
    /// The action happened: the sentence ends with its effect.
    Happened(&'a Occurrence),
    /// The action is not possible: the sentence names the attempt.
    Attempted,
}

/// Returns the actor: an administrator by name, or a part of the environment.
#[must_use]
pub fn actor(world: &World, action: &Action) -> String {
    match action {
        Action::Deliver { .. } | Action::Redeliver { .. } => "mail".to_owned(),
        Action::LogOn { .. } | Action::OwnerDeletes { .. } => "user".to_owned(),
        Action::Start { administrator, .. } | Action::Act { administrator, .. } => {
            names::administrator(&world.scenario, *administrator).to_owned()
        }
        Action::Replicate { .. } | Action::Refresh { .. } => "directory".to_owned(),
        Action::Edit { .. } => "editor".to_owned(),
        Action::TakeEffect { .. } => "late request".to_owned(),
        Action::Die { .. }
        | Action::LoseJournal { .. }
        | Action::LoseRecent { .. }
        | Action::LookEmpty { .. }
        | Action::Reappear { .. }
        | Action::Fail { .. }
        | Action::Recover { .. } => "fault".to_owned(),
    }
}

/// Returns the sources of the rule by which an action happened.
#[must_use]
pub fn sources(world: &World, action: &Action, occurrence: &Occurrence) -> &'static [&'static str] {
    match &occurrence.step {
        Some(executed) => stranded_search::scenario::sources_of(&executed.in_procedure(world).1.act),
        None => action.kind().sources(),
    }
}

/// Returns an action in one sentence, without its actor and without a full stop.
#[must_use]
pub fn says(world: &World, before: &State, action: &Action, mood: Mood<'_>) -> String {
    let attempt = attempt(world, before, action, mood);
    match mood {
        Mood::Happened(occurrence) => attempt + &effect(world, before, action, occurrence),
        Mood::Attempted => attempt,
    }
}

/// Returns the part of the sentence that does not depend on the effect of the action.
fn attempt(world: &World, before: &State, action: &Action, mood: Mood<'_>) -> String {
    let scenario = &world.scenario;
    let server = |id: ServerId| names::server(scenario, id);
    match *action {
        Action::Deliver { mailbox, by } => {
            let message = match mood {
                Mood::Happened(occurrence) => format!("message {}", list(accepted(before, &occurrence.state, mailbox))),
                Mood::Attempted => "a message".to_owned(),
            };
            format!("{message} arrives{}", view(world, by))
        }
        Action::Redeliver { message, by, .. } => {
            format!("message {} is tried again{}", names::message(message), view(world, by))
        }
        Action::LogOn { by, .. } => format!("logs on{}", view(world, by)),
        Action::OwnerDeletes { message, .. } => format!("deletes message {}", names::message(message)),
        Action::Start { administrator, run, mailbox } => {
            let run = scenario.run(RunId { administrator, run });
            let of =
                if scenario.site.mailboxes > 1 { format!(" of {}", names::mailbox(mailbox)) } else { String::new() };
            format!("starts {}{of} from {} to {}", run.procedure.name, server(run.from), server(run.to))
        }
        Action::Act { mailbox, administrator, message, fate } => {
            let message = message.map(names::message);
            program_step(world, &before.accounts[mailbox], administrator, message.as_deref(), fate)
        }
        Action::TakeEffect { mailbox } => match &before.accounts[mailbox].late {
            Some(request) => {
                let run = scenario.run(request.run_id());
                let act = &run.procedure.steps[usize::from(request.step)].act;
                let message = request.message.earliest().map(names::message);
                let step = taking(world, run, act, message.as_deref());
                let who = names::administrator(scenario, request.administrator);
                format!("a request of {who} arrives late: {step}")
            }
            None => "a late request arrives".to_owned(),
        },
        Action::LoseJournal { administrator, .. } => {
            format!("the journal of {} is lost", names::administrator(scenario, administrator))
        }
        Action::LoseRecent { server: id, .. } => {
            format!("{} crashes, restarts, and has lost the mail that programs wrote", server(id))
        }
        Action::LookEmpty { server: id, .. } => format!("the store of {} looks empty", server(id)),
        Action::Reappear { server: id, .. } => {
            format!("the store of {} shows its mail again; what was written in the meantime is gone", server(id))
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

/// Returns the effect of an action as the end of its sentence; it is empty if the attempt says everything.
fn effect(world: &World, before: &State, action: &Action, occurrence: &Occurrence) -> String {
    let after = &occurrence.state;
    match *action {
        Action::Deliver { mailbox, .. } => {
            format!(" and {}", fate_of(world, &after.accounts[mailbox], accepted(before, after, mailbox)))
        }
        Action::Redeliver { mailbox, message, .. } => {
            format!(" and {}", fate_of(world, &after.accounts[mailbox], MessageSet::just(message)))
        }
        Action::LogOn { mailbox, .. } => {
            let (before, after) = (&before.accounts[mailbox].mailboxes, &after.accounts[mailbox].mailboxes);
            let created = after.iter().find(|(id, found)| found.is_present() && !before[*id].is_present());
            created.map_or_else(String::new, |(id, _)| {
                format!("; {} has no mailbox and creates an empty one", names::server(&world.scenario, id))
            })
        }
        Action::Act { mailbox, fate: Fate::Answered, .. } => {
            let executed = occurrence.step.expect("a program's act executes a step");
            answer(world, &before.accounts[mailbox], &after.accounts[mailbox], &executed).to_owned()
        }
        Action::Act { fate: Fate::RequestLost | Fate::ReplyLost | Fate::RequestLate, .. }
        | Action::TakeEffect { .. }
        | Action::LoseJournal { .. }
        | Action::LoseRecent { .. }
        | Action::LookEmpty { .. }
        | Action::Reappear { .. }
        | Action::OwnerDeletes { .. }
        | Action::Start { .. }
        | Action::Die { .. }
        | Action::Replicate { .. }
        | Action::Refresh { .. }
        | Action::Edit { .. }
        | Action::Fail { .. }
        | Action::Recover { .. } => String::new(),
    }
}

/// Returns the answer to a step as the end of its sentence; it is empty if the step did what it says.
fn answer(world: &World, before: &Account, after: &Account, executed: &Executed) -> &'static str {
    let (_, step) = executed.in_procedure(world);
    let is_unchanged = before.recipients == after.recipients && before.mailboxes == after.mailboxes;
    match (executed.result, &step.act) {
        (StepResult::Duplicate, Act::CreateMailbox { .. }) if is_unchanged => ": it is there already",
        (StepResult::Duplicate, Act::CreateMailbox { .. }) => {
            ": there is one already, and the store deletes that one as a duplicate"
        }
        (StepResult::Refused, Act::Require(_)) => ": it is not true",
        (StepResult::Refused | StepResult::Duplicate, _) => ": refused",
        (StepResult::Ok | StepResult::Lost, Act::SyncDirectory { .. } | Act::Adjust { .. }) if is_unchanged => {
            ": nothing changes"
        }
        (StepResult::Ok | StepResult::Lost, Act::DeleteMailbox { .. }) if is_unchanged => ": there is none",
        (StepResult::Ok | StepResult::Lost, _) => "",
    }
}

/// Returns the reason why an action is not possible, as a sentence without a full stop.
#[must_use]
pub fn refused(world: &World, state: &State, action: &Action, refusal: Refusal) -> String {
    let run = match action {
        Action::Act { mailbox, administrator, .. } => {
            Some(world.run_of(*administrator, &state.accounts[*mailbox].programs[*administrator]))
        }
        Action::Deliver { .. }
        | Action::Redeliver { .. }
        | Action::LogOn { .. }
        | Action::OwnerDeletes { .. }
        | Action::Start { .. }
        | Action::TakeEffect { .. }
        | Action::Die { .. }
        | Action::LoseJournal { .. }
        | Action::LoseRecent { .. }
        | Action::LookEmpty { .. }
        | Action::Reappear { .. }
        | Action::Replicate { .. }
        | Action::Refresh { .. }
        | Action::Edit { .. }
        | Action::Fail { .. }
        | Action::Recover { .. } => None,
    };
    match (refusal, run) {
        (Refusal::Waiting(wanted), Some(run)) => format!("the program waits until {}", condition(world, run, &wanted)),
        _ => refusal.to_string(),
    }
}

fn list(messages: MessageSet) -> String {
    names::messages(messages).join(", ")
}

/// Returns the messages that a delivery brought.
fn accepted(before: &State, after: &State, mailbox: MailboxId) -> MessageSet {
    after.accounts[mailbox].record.accepted.without(before.accounts[mailbox].record.accepted)
}

/// Returns the view of the directory that an action uses, where there are several.
fn view(world: &World, by: View) -> String {
    match by {
        View::Remembered => " by an older view of the directory".to_owned(),
        View::Replica(_) if world.scenario.site.replication == Replication::Instant => String::new(),
        View::Replica(server) => format!(" at {}", names::server(&world.scenario, server)),
    }
}

fn fate_of(world: &World, after: &Account, message: MessageSet) -> String {
    let stored = after.mailboxes.iter().find(|(_, mailbox)| message.is_within(mailbox.held()));
    if message.is_within(after.queued) {
        "waits in the transport".to_owned()
    } else if message.is_within(after.record.returned) {
        "is returned to its sender".to_owned()
    } else if let Some((server, _)) = stored {
        format!("is stored on {}", names::server(&world.scenario, server))
    } else {
        "is dropped without notice".to_owned()
    }
}
