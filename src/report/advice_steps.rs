//! The steps of a procedure as instructions to a person: what to ensure first, then each step in order. `sentence::step` has the same acts
//! as a report on a program.

use stranded_model::dn::HomeValue;
use stranded_model::id::ServerId;
use stranded_model::procedure::{Act, Condition, Duplicate, ListPurpose, Only, ServerRef};
use stranded_oracle::sentence::condition;
use stranded_search::advice::{Advice, Plan, PlannedStep};
use stranded_search::snapshot::Snapshot;

use super::advice_facts::instruction;
use super::advice_json::{is_runnable, name};

/// Returns what a person does to run a procedure: the preconditions, then its steps; nothing if the answer does not let them run it.
pub(super) fn instructions(snapshot: &Snapshot, advice: &Advice) -> Vec<String> {
    let Some(plan) = advice.plan.as_ref().filter(|_| is_runnable(advice)) else { return Vec::new() };
    let first = advice.preconditions().into_iter().map(|one| sentence(&instruction(snapshot, advice, one.kind)));
    let steps = plan.steps.iter().filter_map(|planned| step(snapshot, plan, planned));
    first.chain(steps).collect()
}

/// Returns a clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    let end = if clause.ends_with('.') { "" } else { "." };
    format!("{}{}{end}", first.collect::<String>(), letters.as_str())
}

/// Returns a step as an instruction; none for a step that leaves a person nothing to do.
fn step(snapshot: &Snapshot, plan: &Plan, planned: &PlannedStep) -> Option<String> {
    let of = |reference: ServerRef| -> String {
        let looked_up = || planned.home.map_or_else(|| "the home".to_owned(), |home: ServerId| name(snapshot, home));
        plan.run.server(reference).map_or_else(looked_up, |server| name(snapshot, server))
    };
    let says = match &planned.act {
        // The advice is on two servers.
        Act::Require(Condition::Differ(..)) | Act::Report { .. } => return None,
        Act::CreateMailbox { at, duplicate: Duplicate::Kept } => {
            format!("Create the mailbox on {}, if it has none.", of(*at))
        }
        Act::CreateMailbox { at, duplicate: Duplicate::Deleted } => format!("Create the mailbox on {}.", of(*at)),
        Act::DeleteMailbox { at } => format!("Delete the mailbox on {}.", of(*at)),
        Act::EmptyMailbox { at, .. } => format!("Delete all messages on {}, and keep the mailbox.", of(*at)),
        Act::List { at, purpose: ListPurpose::Listed } => format!("List the messages on {} by Message-ID.", of(*at)),
        Act::List { at, purpose: ListPurpose::Copied } => {
            format!("List the messages on {} by Message-ID: these need no copy.", of(*at))
        }
        Act::CopyListed { from, to } => {
            format!("Copy to {} each listed message of {} that {} lacks. {ONLY_APPEND}", of(*to), of(*from), of(*to))
        }
        Act::AppendMessage { from, to } => {
            format!("Append to {} each listed message of {} that needs a copy. {ONLY_APPEND}", of(*to), of(*from))
        }
        Act::CopyMessage { from, to } => {
            format!("Copy to {} each message of {} that {} lacks. {ONLY_APPEND}", of(*to), of(*from), of(*to))
        }
        Act::DeleteListed { at, only: Only::Any } => {
            format!("Delete on {} the messages of the last list, and no other.", of(*at))
        }
        Act::DeleteListed { at, only: Only::Copied } => {
            format!("Delete on {} the messages of the last list that you copied, and no other.", of(*at))
        }
        Act::DeleteUnlisted { at, only: Only::Any } => format!("Delete on {} what the last list lacks.", of(*at)),
        Act::DeleteUnlisted { at, only: Only::Copied } => {
            format!("Delete on {} what you copied and the last list lacks.", of(*at))
        }
        Act::PropagateDeletions { from, to } => {
            format!("Delete on {} what {} remembers as deleted.", of(*to), of(*from))
        }
        Act::Mark { at, .. } => format!("Mark the mailbox on {} as in transit.", of(*at)),
        Act::Unmark { at } => format!("Take the mark off the mailbox on {}.", of(*at)),
        Act::Save { at } => {
            format!("Save the mailbox on {} to a file, and see that the file has every message.", of(*at))
        }
        Act::Load { at } => {
            format!("Load the file into the mailbox on {}, and see that every message is there.", of(*at))
        }
        Act::Adjust { at } => format!("Run the consistency adjuster on {}, and on no other server.", of(*at)),
        Act::HoldDelivery => "Hold mail for the mailbox in the transport.".to_owned(),
        Act::ReleaseDelivery => "Let mail through again.".to_owned(),
        Act::SyncDirectory { to, .. } => format!("Change the home in the directory to {}.", of(*to)),
        Act::RawEdit { mdb, mta, .. } => raw_edit(mdb.as_ref(), mta.as_ref(), &of),
        Act::DeleteRecipient { .. } => "Delete the recipient from the directory.".to_owned(),
        Act::CreateRecipient { home, .. } => {
            format!("Create the recipient again, with the same distinguished name, homed on {}.", of(*home))
        }
        Act::UpdateNow { replica } => format!("Let the directory of {} update now.", of(*replica)),
        Act::LookUpHome { replica } => format!("Read the home in the directory of {}.", of(*replica)),
        Act::Require(
            wanted @ (Condition::ReplicasAgree | Condition::ReplicasAgreeOn(_) | Condition::EveryReplicaNames(_)),
        ) => {
            let wanted = condition(&plan.world, &plan.run, wanted);
            format!("Wait until {wanted} (Update Now [Q182963]). If that does not happen, stop.")
        }
        Act::Require(wanted) => {
            format!("See that {}. If not, stop.", condition(&plan.world, &plan.run, wanted))
        }
        Act::Wait(wanted) => format!("Wait until {}.", condition(&plan.world, &plan.run, wanted)),
    };
    Some(says)
}

/// The warning at each step that copies.
const ONLY_APPEND: &str = "Only append; never synchronise, which also deletes.";

/// Returns the instruction to edit home attributes in raw mode. [Q252869 S16]
fn raw_edit(
    mdb: Option<&HomeValue<ServerRef>>,
    mta: Option<&HomeValue<ServerRef>>,
    of: &dyn Fn(ServerRef) -> String,
) -> String {
    let value = |attribute: &str, value: Option<&HomeValue<ServerRef>>| match value? {
        HomeValue::Server(server) => Some(format!("{attribute} to {}", of(*server))),
        HomeValue::Malformed => Some(format!("{attribute} to a malformed name")),
    };
    let values: Vec<String> = [value("Home-MDB", mdb), value("Home-MTA", mta)].into_iter().flatten().collect();
    format!("Change the home in the directory: set {}.", values.join(" and "))
}
