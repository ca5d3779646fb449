//! What happened in a step, in one sentence that a postmaster understands. It compares the state before with the state after
//! and decides nothing.

use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::dn::HomeValue;
use stranded_model::id::{MessageSet, ServerId};
use stranded_model::procedure::{Act, Condition, Procedure, ServerRef, StepResult};
use stranded_model::scenario::Run;
use stranded_model::state::{Account, State};
use stranded_model::{Executed, Occurrence, World};

use stranded_search::names;

/// Who does it: an administrator by name, or what acts besides him.
#[must_use]
pub fn actor(world: &World, action: &Action) -> String {
    match action {
        Action::Deliver { .. } | Action::Redeliver { .. } => "mail".to_owned(),
        Action::LogOn { .. } | Action::OwnerDeletes { .. } => "user".to_owned(),
        Action::Start { administrator, .. } | Action::Act { administrator, .. } => {
            names::administrator(&world.scenario, *administrator).to_owned()
        }
        Action::Replicate { .. } | Action::Refresh { .. } => "directory".to_owned(),
        Action::Edit { .. } => "somebody".to_owned(),
        Action::Die { .. } | Action::Fail { .. } | Action::Recover { .. } => "fault".to_owned(),
    }
}

/// What says that the world does this.
#[must_use]
pub fn sources(world: &World, action: &Action, occurrence: &Occurrence) -> &'static [&'static str] {
    match &occurrence.step {
        Some(executed) => stranded_search::scenario::sources_of(&executed.in_procedure(world).1.act),
        None => action.kind().sources(),
    }
}

/// What happens, in one sentence without a full stop.
#[must_use]
pub fn says(world: &World, before: &State, action: &Action, occurrence: &Occurrence) -> String {
    let scenario = &world.scenario;
    let server = |id: ServerId| names::server(scenario, id);
    let after = &occurrence.state;
    match *action {
        Action::Deliver { mailbox, by } => {
            let (before, after) = (&before.accounts[mailbox], &after.accounts[mailbox]);
            let message = after.record.accepted.without(before.record.accepted);
            format!("message {} arrives{} and {}", list(message), routed(world, by), fate_of(world, after, message))
        }
        Action::Redeliver { mailbox, message, by } => {
            let message = MessageSet::just(message);
            let after = &after.accounts[mailbox];
            format!(
                "message {} is tried again{} and {}",
                list(message),
                routed(world, by),
                fate_of(world, after, message)
            )
        }
        Action::LogOn { mailbox, .. } => {
            let created = after.accounts[mailbox]
                .mailboxes
                .iter()
                .find(|(id, found)| found.is_present() && !before.accounts[mailbox].mailboxes[*id].is_present());
            match created {
                Some((id, _)) => format!("logs on; {} has no mailbox for him and creates an empty one", server(id)),
                None => "logs on".to_owned(),
            }
        }
        Action::OwnerDeletes { message, .. } => format!("deletes message {}", names::message(message)),
        Action::Start { administrator, run, mailbox } => {
            let run = world.scenario.run(stranded_model::scenario::RunId { administrator, run });
            let of =
                if scenario.site.mailboxes > 1 { format!(" of {}", names::mailbox(mailbox)) } else { String::new() };
            format!("starts {}{of} from {} to {}", run.procedure.name, server(run.from), server(run.to))
        }
        Action::Act { mailbox, fate, .. } => {
            let executed = occurrence.step.expect("a program's act executes a step");
            let (before, after) = (&before.accounts[mailbox], &after.accounts[mailbox]);
            match fate {
                Fate::RequestLost => {
                    format!("{}: the request is lost, nothing happens", intent(world, before, &executed))
                }
                Fate::ReplyLost => format!("{}: it happens, but the reply is lost", intent(world, before, &executed)),
                Fate::Answered => answered(world, before, after, &executed),
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

/// What is required or waited for, as a clause.
#[must_use]
pub fn condition(world: &World, run: &Run, condition: &Condition) -> String {
    let name = |place: ServerRef| place_name(world, run, place);
    match *condition {
        Condition::HomeIs(place) => format!("the home is {}", name(place)),
        Condition::HomeIsEither(one, other) => format!("the home is {} or {}", name(one), name(other)),
        Condition::Differ(one, other) => format!("{} and {} are different servers", name(one), name(other)),
        Condition::Present(at) => format!("{} lists the mailbox", name(at)),
        Condition::Empty(at) => format!("{} holds no message", name(at)),
        Condition::HoldsAll { at, of } => format!("{} holds all that {} holds", name(at), name(of)),
        Condition::EveryReplicaNames(place) => format!("every replica names {}", name(place)),
        Condition::ReplicasAgree => "all replicas agree".to_owned(),
        Condition::NoRecipient(place) => format!("{} sees no recipient", name(place)),
        Condition::NothingQueued => "no mail is waiting".to_owned(),
    }
}

fn list(messages: MessageSet) -> String {
    names::messages(messages).join(", ")
}

fn routed(world: &World, by: View) -> String {
    match by {
        View::Remembered => " by an older view of the directory".to_owned(),
        View::Replica(_) if world.scenario.site.replication == stranded_model::scenario::Replication::Instant => {
            String::new()
        }
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
        "is dropped without a word".to_owned()
    }
}

fn place_name(world: &World, run: &Run, place: ServerRef) -> String {
    match run.server(place) {
        Some(server) => names::server(&world.scenario, server).to_owned(),
        None => "the home".to_owned(),
    }
}

/// What the step was to do, to the messages that it found.
fn intent(world: &World, before: &Account, executed: &Executed) -> String {
    let run = world.scenario.run(executed.run);
    let (_, step) = executed.in_procedure(world);
    let Act::CopyMessage { from, to } = step.act else { return operation(world, run, &step.act) };
    let name = |place: ServerRef| place_name(world, run, place);
    let held = |place: ServerRef| run.server(place).map_or(MessageSet::EMPTY, |id| before.mailboxes[id].held());
    match held(from).without(held(to)).earliest() {
        Some(message) => format!("copies {} from {} to {}", names::message(message), name(from), name(to)),
        None => format!("has nothing left to copy from {} to {}", name(from), name(to)),
    }
}

/// What a step of a run does, as a clause without a subject.
#[must_use]
pub fn operation(world: &World, run: &Run, act: &Act) -> String {
    let name = |place: ServerRef| place_name(world, run, place);
    match act {
        Act::CreateMailbox { at, .. } => format!("creates the mailbox on {}", name(*at)),
        Act::DeleteMailbox { at } => format!("deletes the mailbox on {}", name(*at)),
        Act::DeleteCopied { at, held_at } => format!("deletes on {} what {} holds too", name(*at), name(*held_at)),
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
                Some(HomeValue::Server(place)) => Some(format!("{attribute} to {}", name(*place))),
                Some(HomeValue::Malformed) => Some(format!("{attribute} to a malformed name")),
            };
            let values: Vec<String> = [value("Home-MDB", mdb), value("Home-MTA", mta)].into_iter().flatten().collect();
            format!("sets {}", values.join(" and "))
        }
        Act::DeleteRecipient { .. } => "deletes the recipient".to_owned(),
        Act::CreateRecipient { home, .. } => format!("creates the recipient again, homed on {}", name(*home)),
        Act::UpdateNow { replica } => format!("lets the directory of {} update now", name(*replica)),
        Act::Require(wanted) => format!("requires that {}", condition(world, run, wanted)),
        Act::Wait(wanted) => format!("waits until {}", condition(world, run, wanted)),
        Act::Report { outcome, .. } => format!("reports {}", outcome.name()),
    }
}

/// What the step did.
fn answered(world: &World, before: &Account, after: &Account, executed: &Executed) -> String {
    let (_, step) = executed.in_procedure(world);
    let intent = intent(world, before, executed);
    let unchanged = before.recipients == after.recipients && before.mailboxes == after.mailboxes;
    match (executed.result, &step.act) {
        (StepResult::Duplicate, Act::CreateMailbox { at, .. }) => {
            let at = place_name(world, world.scenario.run(executed.run), *at);
            if unchanged {
                format!("creates the mailbox on {at}: it is there already")
            } else {
                format!(
                    "creates the mailbox on {at}: there is one already, and the store deletes that one as a duplicate"
                )
            }
        }
        (StepResult::Refused, Act::Require(_)) => format!("{intent}: not so"),
        (StepResult::Refused | StepResult::Duplicate, _) => format!("{intent}: refused"),
        (StepResult::Ok | StepResult::Lost, Act::SyncDirectory { .. } | Act::Adjust { .. }) if unchanged => {
            format!("{intent}: nothing changes")
        }
        (StepResult::Ok | StepResult::Lost, Act::DeleteMailbox { .. }) if unchanged => {
            format!("{intent}: there is none")
        }
        (StepResult::Ok | StepResult::Lost, _) => intent,
    }
}

/// What the administrator is told when a run ends with this step.
#[must_use]
pub fn reported(world: &World, executed: &Executed) -> Option<String> {
    let outcome = executed.ended?;
    let (procedure, step): (&Procedure, _) = executed.in_procedure(world);
    let words = match &step.act {
        Act::Report { says: Some(words), .. } => format!("{}: {words}", outcome.name()),
        Act::Report { says: None, .. } => outcome.name().to_owned(),
        Act::CreateMailbox { .. }
        | Act::DeleteMailbox { .. }
        | Act::DeleteCopied { .. }
        | Act::CopyMessage { .. }
        | Act::PropagateDeletions { .. }
        | Act::Mark { .. }
        | Act::Unmark { .. }
        | Act::Save { .. }
        | Act::Load { .. }
        | Act::Adjust { .. }
        | Act::HoldDelivery
        | Act::ReleaseDelivery
        | Act::SyncDirectory { .. }
        | Act::RawEdit { .. }
        | Act::DeleteRecipient { .. }
        | Act::CreateRecipient { .. }
        | Act::UpdateNow { .. }
        | Act::Require(_)
        | Act::Wait(_) => {
            format!("{}, by step {} of {}", outcome.name(), procedure.step_name(executed.step), procedure.name)
        }
    };
    Some(words)
}
