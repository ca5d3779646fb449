//! The steps of a procedure as instructions to a person: what to ensure first, then each step in order. `sentence::step` has the same acts
//! as a report on a program.

use stranded_model::dn::HomeValue;
use stranded_model::id::ServerId;
use stranded_model::procedure::{Act, Condition, Duplicate, ListPurpose, Only, ServerRef, StepResult};
use stranded_model::state::Mailbox;
use stranded_oracle::sentence::condition;
use stranded_search::advice::{Advice, Plan, PlannedStep, PreconditionKind};
use stranded_search::lines::capitalized;
use stranded_search::snapshot::Snapshot;

use super::advice_facts::instruction;
use super::advice_json::{is_runnable, name};
use super::dialect::Dialect;

/// Returns what a person does to run a procedure: hold mail, the other preconditions, then its steps without the void ones; nothing if the
/// answer does not let them run it.
pub(super) fn instructions(dialect: Option<Dialect>, snapshot: &Snapshot, advice: &Advice) -> Vec<String> {
    let Some(plan) = advice.plan.as_ref().filter(|_| is_runnable(advice)) else { return Vec::new() };
    let kinds: Vec<PreconditionKind> = advice.preconditions().iter().map(|one| one.kind).collect();
    let is_held = kinds.contains(&PreconditionKind::HoldDelivery);
    let must_hold = is_held || kinds.contains(&PreconditionKind::HoldDeliveryDuringRun);
    let own_hold = plan.steps.iter().position(|step| matches!(step.act, Act::HoldDelivery)).filter(|at| {
        let only_looks = |act: &Act| matches!(act, Act::Require(_) | Act::Wait(_) | Act::LookUpHome { .. });
        plan.steps[..*at].iter().all(|step| step.is_void || only_looks(&step.act))
    });
    let mut all = Vec::new();
    if must_hold || own_hold.is_some() {
        let not_held = match dialect {
            Some(Dialect::Exchange) => format!(
                " Mail from users of {0} itself is delivered inside its store and is not held: choose a time when they send none, and \
                 look at {0} again at the end.",
                name(snapshot, advice.from)
            ),
            Some(Dialect::DovecotLdap | Dialect::Cyrus) | None => String::new(),
        };
        all.push(format!("{HOLD}{not_held}"));
    }
    if is_held {
        all.push(
            "Take the snapshot again and ask again, unless mail was already held when you took this one.".to_owned(),
        );
    }
    for kind in kinds {
        match kind {
            PreconditionKind::HoldDelivery | PreconditionKind::HoldDeliveryDuringRun => {}
            PreconditionKind::EndSessions | PreconditionKind::FinishReplication => {
                all.push(sentence(&instruction(dialect, snapshot, advice, kind)));
            }
        }
    }
    for server in &plan.absent {
        let server = name(snapshot, *server);
        all.push(format!(
            "See that {server} still has no mailbox. If it has one now, stop, leave mail on hold, take the snapshot again, and ask again."
        ));
    }
    let shown = (0..plan.steps.len()).filter(|index| Some(*index) != own_hold && !plan.steps[*index].is_void);
    all.extend(shown.filter_map(|index| step(snapshot, plan, index)));
    if must_hold && own_hold.is_none() {
        all.push(format!("Let mail and logins through again when every replica names {}.", name(snapshot, advice.to)));
    }
    all
}

/// The first instruction of every procedure during which mail must wait.
const HOLD: &str = "Hold mail for the mailbox in the transport, and keep its owner from logging on.";

/// Returns a clause as a sentence.
fn sentence(clause: &str) -> String {
    let end = if clause.ends_with('.') { "" } else { "." };
    format!("{}{end}", capitalized(clause))
}

/// Returns a step as an instruction; none for a step that leaves a person nothing to do.
fn step(snapshot: &Snapshot, plan: &Plan, index: usize) -> Option<String> {
    let planned = &plan.steps[index];
    let is_list = |step: &&PlannedStep| matches!(step.act, Act::List { purpose: ListPurpose::Listed, .. });
    let last_list = plan.steps[..index].iter().rev().find(is_list);
    let of = |reference: ServerRef| -> String {
        let looked_up = || planned.home.map_or_else(|| "the home".to_owned(), |home: ServerId| name(snapshot, home));
        plan.run.server(reference).map_or_else(looked_up, |server| name(snapshot, server))
    };
    let listed = || {
        let Some(Act::List { at, .. }) = last_list.map(|list| &list.act) else { return "those just listed".to_owned() };
        format!("those just listed on {}", of(*at))
    };
    let lacks_mailbox = |reference: ServerRef| {
        plan.run.server(reference).is_some_and(|server| snapshot.mailboxes[server] == Mailbox::Absent)
    };
    // The plan goes on because the condition was not true.
    let is_refused = matches!(planned.result, StepResult::Refused | StepResult::Lost);
    let says = match &planned.act {
        Act::Require(Condition::Differ(..)) | Act::Report { .. } => return None,
        Act::CreateMailbox { at, duplicate: Duplicate::Kept } => {
            format!("Create the mailbox on {}, if it has none.", of(*at))
        }
        Act::CreateMailbox { at, duplicate: Duplicate::Deleted } => format!("Create the mailbox on {}.", of(*at)),
        Act::DeleteMailbox { at } => format!("Delete the mailbox on {}.", of(*at)),
        Act::EmptyMailbox { at, .. } => format!("Delete all messages on {}, and keep the mailbox.", of(*at)),
        Act::List { at, purpose: ListPurpose::Listed } => {
            format!("List the messages on {}, each by folder, Message-ID and text.", of(*at))
        }
        Act::List { at, purpose: ListPurpose::Copied } => {
            format!("List the messages on {}, each by folder, Message-ID and text: these need no copy.", of(*at))
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
            format!("Delete on {} {}, and no other.", of(*at), listed())
        }
        Act::DeleteListed { at, only: Only::Copied } => {
            format!("Delete on {} {}, if you copied them, and no other.", of(*at), listed())
        }
        Act::DeleteUnlisted { at, only: Only::Any } => format!("Delete on {} all but {}.", of(*at), listed()),
        Act::DeleteUnlisted { at, only: Only::Copied } => {
            format!("Delete on {} what you copied, but not {}.", of(*at), listed())
        }
        Act::PropagateDeletions { from, to } => {
            format!("Delete on {} what {} remembers as deleted.", of(*to), of(*from))
        }
        Act::Mark { at, .. } if lacks_mailbox(*at) => {
            format!("Create an empty mailbox on {}, and mark it as in transit.", of(*at))
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
        Act::HoldDelivery => HOLD.to_owned(),
        Act::ReleaseDelivery => "Let mail and logins through again.".to_owned(),
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
        ) if !is_refused => {
            let wanted = condition(&plan.world, &plan.run, wanted);
            format!("Wait until {wanted} (Update Now [Q182963]). If that does not happen, stop.")
        }
        Act::Require(wanted) if is_refused => {
            format!(
                "See if {}. If so, stop: that was not so in the snapshot.",
                condition(&plan.world, &plan.run, wanted)
            )
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
