//! One clause for each step of a procedure and for each condition.

use stranded_model::Executed;
use stranded_model::World;
use stranded_model::action::Fate;
use stranded_model::dn::HomeValue;
use stranded_model::id::{AdministratorId, ServerId};
use stranded_model::procedure::{Act, Condition, ListPurpose, Only, Procedure, ServerRef};
use stranded_model::scenario::Run;
use stranded_model::state::Account;

use stranded_search::names;

/// Returns the next act of a program as a clause without a subject. It names the message that it takes, and of several servers the one
/// that it visits; and the request or the reply that is lost.
#[must_use]
pub fn program_step(
    world: &World,
    account: &Account,
    administrator: AdministratorId,
    message: Option<&str>,
    fate: Fate,
) -> String {
    let step = next_step(world, account, administrator, message, fate);
    match fate {
        Fate::Answered => step,
        Fate::RequestLost => format!("{step}: the request is lost, nothing happens"),
        Fate::ReplyLost => format!("{step}: it happens, but the reply is lost"),
        Fate::RequestLate => format!("{step}: the program gives up, and the request is still under way"),
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
fn next_step(world: &World, account: &Account, who: AdministratorId, taken: Option<&str>, fate: Fate) -> String {
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
pub(super) fn taking(world: &World, run: &Run, act: &Act, message: Option<&str>) -> String {
    let name = |server: ServerRef| server_name(world, run, server);
    match (act, message) {
        (Act::CopyListed { from, to } | Act::CopyMessage { from, to }, Some(message)) => {
            format!("copies {message} from {} to {}", name(*from), name(*to))
        }
        (Act::AppendMessage { from, to }, Some(message)) => {
            format!("appends {message} from {} to {}", name(*from), name(*to))
        }
        (Act::DeleteListed { at, .. } | Act::DeleteUnlisted { at, .. }, Some(message)) => {
            format!("deletes {message} on {}", name(*at))
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
