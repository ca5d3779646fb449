//! One sentence for each action and for each step of a procedure, as reports show them. This file knows nothing of reports: it
//! compares the states before and after an action, and decides nothing.

use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::dn::HomeValue;
use stranded_model::id::{AdministratorId, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::procedure::{Act, Condition, ListPurpose, Only, Procedure, ServerRef, StepResult};
use stranded_model::scenario::{Replication, Run, RunId};
use stranded_model::state::{Account, State};
use stranded_model::{Executed, Occurrence, Refusal, World};

use stranded_search::names;

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
            let step = next_step(world, &before.accounts[mailbox], administrator, message, fate);
            match fate {
                Fate::Answered => step,
                Fate::RequestLost => format!("{step}: the request is lost, nothing happens"),
                Fate::ReplyLost => format!("{step}: it happens, but the reply is lost"),
                Fate::RequestLate => format!("{step}: the program gives up, and the request is still under way"),
            }
        }
        Action::TakeEffect { mailbox } => match &before.accounts[mailbox].late {
            Some(request) => {
                let run = scenario.run(request.run_id());
                let act = &run.procedure.steps[usize::from(request.step)].act;
                let step = taking(world, run, act, request.message.earliest());
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

/// Returns a condition as a clause.
#[must_use]
pub fn condition(world: &World, run: &Run, condition: &Condition) -> String {
    let name = |server: ServerRef| server_name(world, run, server);
    match *condition {
        Condition::HomeIs(server) => format!("the home is {}", name(server)),
        Condition::HomeIsEither(one, other) => format!("the home is {} or {}", name(one), name(other)),
        Condition::Differ(one, other) => format!("{} and {} are different servers", name(one), name(other)),
        Condition::Present(at) => format!("{} lists the mailbox", name(at)),
        Condition::Empty(at) => format!("{} holds no message", name(at)),
        Condition::HoldsAll { at, of } => format!("{} holds all that {} holds", name(at), name(of)),
        Condition::EveryReplicaNames(server) => format!("every replica names {}", name(server)),
        Condition::ReplicasAgree => "all replicas show the same version".to_owned(),
        Condition::ReplicasAgreeOn(server) => {
            format!("all replicas show the same version, which names {}", name(server))
        }
        Condition::NoRecipient(server) => format!("{} sees no recipient", name(server)),
        Condition::NothingQueued => "no mail is waiting".to_owned(),
        Condition::HoldsListed(at) => format!("{} holds every listed message", name(at)),
        Condition::NothingListed => "the program listed no message".to_owned(),
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

fn server_name(world: &World, run: &Run, server: ServerRef) -> String {
    match run.server(server) {
        Some(server) => names::server(&world.scenario, server).to_owned(),
        None => "the looked-up home".to_owned(),
    }
}

/// Returns the next act of a program; it names the message that it takes, and of several servers the one that it visits.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an act that takes no message and visits one server says what it is"
)]
fn next_step(world: &World, account: &Account, who: AdministratorId, taken: Option<MessageId>, fate: Fate) -> String {
    let program = &account.programs[who];
    let Some(execution) = program.execution() else { return "executes a step".to_owned() };
    let run = world.run_of(who, program);
    let act = &run.procedure.steps[usize::from(execution.next)].act;
    let name = |server: ServerRef| server_name(world, run, server);
    let visited = || names::server(&world.scenario, ServerId(execution.visited));
    match act {
        Act::UpdateNow { replica } => format!("lets the directory of {} pull from {}", name(*replica), visited()),
        Act::Require(Condition::HoldsAll { of, .. }) | Act::Wait(Condition::HoldsAll { of, .. })
            if execution.visited == 0 =>
        {
            format!("lists the messages on {}", name(*of))
        }
        Act::Require(condition) | Act::Wait(condition) if condition.visits_every_replica() => {
            format!("{} (reads {})", step(world, run, act), visited())
        }
        // A lost request is the same for every message.
        other if fate == Fate::RequestLost => step(world, run, other),
        other => taking(world, run, other, taken),
    }
}

/// Returns an act as a clause that names the message it takes, if it takes one of several.
fn taking(world: &World, run: &Run, act: &Act, message: Option<MessageId>) -> String {
    let name = |server: ServerRef| server_name(world, run, server);
    match (act, message) {
        (Act::CopyListed { from, to } | Act::CopyMessage { from, to }, Some(message)) => {
            format!("copies {} from {} to {}", names::message(message), name(*from), name(*to))
        }
        (Act::AppendMessage { from, to }, Some(message)) => {
            format!("appends {} from {} to {}", names::message(message), name(*from), name(*to))
        }
        (Act::DeleteListed { at, .. } | Act::DeleteUnlisted { at, .. }, Some(message)) => {
            format!("deletes {} on {}", names::message(message), name(*at))
        }
        (Act::CopyListed { from, to } | Act::AppendMessage { from, to } | Act::CopyMessage { from, to }, None) => {
            format!("has nothing left to copy from {} to {}", name(*from), name(*to))
        }
        (Act::DeleteListed { at, .. } | Act::DeleteUnlisted { at, .. }, None) => {
            format!("has nothing left to delete on {}", name(*at))
        }
        (other, _) => step(world, run, other),
    }
}

/// Returns a step of a run as a clause without a subject.
#[must_use]
pub fn step(world: &World, run: &Run, act: &Act) -> String {
    let name = |server: ServerRef| server_name(world, run, server);
    match act {
        Act::CreateMailbox { at, .. } => format!("creates the mailbox on {}", name(*at)),
        Act::DeleteMailbox { at } => format!("deletes the mailbox on {}", name(*at)),
        Act::EmptyMailbox { at, .. } => format!("deletes all messages on {}", name(*at)),
        Act::List { at, purpose: ListPurpose::Listed } => format!("lists the messages on {}", name(*at)),
        Act::List { at, purpose: ListPurpose::Copied } => {
            format!("lists the messages on {} and notes them as copied", name(*at))
        }
        Act::CopyListed { from, to } => format!("copies the listed messages from {} to {}", name(*from), name(*to)),
        Act::AppendMessage { from, to } => {
            format!("appends the listed messages from {} to {}", name(*from), name(*to))
        }
        Act::DeleteListed { at, only: Only::Any } => format!("deletes the listed messages on {}", name(*at)),
        Act::DeleteListed { at, only: Only::Copied } => {
            format!("deletes the listed messages on {} that it noted as copied", name(*at))
        }
        Act::DeleteUnlisted { at, only: Only::Any } => format!("deletes on {} what the list lacks", name(*at)),
        Act::DeleteUnlisted { at, only: Only::Copied } => {
            format!("deletes on {} what it noted as copied and the list lacks", name(*at))
        }
        Act::CopyMessage { from, to } => format!("copies what {} lacks from {} to it", name(*to), name(*from)),
        Act::PropagateDeletions { from, to } => {
            format!("deletes on {} what {} remembers as deleted", name(*to), name(*from))
        }
        Act::Mark { at, .. } => format!("marks the mailbox on {} as in transit", name(*at)),
        Act::Unmark { at } => format!("takes the mark off the mailbox on {}", name(*at)),
        Act::Save { at } => format!("saves the mailbox on {} to a file", name(*at)),
        Act::Load { at } => format!("loads the file into the mailbox on {}", name(*at)),
        Act::Adjust { at } => format!("runs the consistency adjuster on {}", name(*at)),
        Act::HoldDelivery => "holds mail back in the transport".to_owned(),
        Act::ReleaseDelivery => "lets mail through again".to_owned(),
        Act::SyncDirectory { from, to, .. } => {
            format!("asks the directory to move the recipient from {} to {}", name(*from), name(*to))
        }
        Act::RawEdit { mdb, mta, .. } => {
            let value = |attribute: &str, value: &Option<HomeValue<ServerRef>>| match value {
                None => None,
                Some(HomeValue::Server(server)) => Some(format!("{attribute} to {}", name(*server))),
                Some(HomeValue::Malformed) => Some(format!("{attribute} to a malformed name")),
            };
            let values: Vec<String> = [value("Home-MDB", mdb), value("Home-MTA", mta)].into_iter().flatten().collect();
            format!("sets {}", values.join(" and "))
        }
        Act::DeleteRecipient { .. } => "deletes the recipient".to_owned(),
        Act::CreateRecipient { home, .. } => format!("creates the recipient again, homed on {}", name(*home)),
        Act::UpdateNow { replica } => format!("lets the directory of {} update now", name(*replica)),
        Act::LookUpHome { replica } => format!("looks up the home in the directory of {}", name(*replica)),
        Act::Require(wanted) => format!("requires that {}", condition(world, run, wanted)),
        Act::Wait(wanted) => format!("waits until {}", condition(world, run, wanted)),
        Act::Report { outcome, .. } => format!("reports {}", outcome.name()),
    }
}

/// Returns the report of a run to its administrator, if the run ends with this step.
#[must_use]
pub fn reported(world: &World, executed: &Executed) -> Option<String> {
    let outcome = executed.ended?.name();
    let (procedure, step): (&Procedure, _) = executed.in_procedure(world);
    let Act::Report { says, .. } = &step.act else {
        return Some(format!("{outcome}, by step {} of {}", procedure.step_name(executed.step), procedure.name));
    };
    Some(says.as_ref().map_or_else(|| outcome.to_owned(), |says| format!("{outcome}: {says}")))
}
