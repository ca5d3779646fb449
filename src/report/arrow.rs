//! Between whom a step passes: who asks, and what is asked. It is read off the kind of the action and of the act, one arm for
//! each, so that no new kind is forgotten; where the mail ended up is read off the state afterwards.

use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::id::{AdministratorId, MessageSet, ServerId};
use stranded_model::procedure::{Act, Condition, ServerRef};
use stranded_model::state::Account;
use stranded_model::{Executed, Occurrence, World};

use stranded_search::names;

/// Somebody or something between which steps pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The mail system: it delivers, and its transport keeps what waits.
    Mail,
    /// The owner of the mailbox, and what remembers the directory for him.
    User,
    /// An administrator, with his program.
    Administrator(AdministratorId),
    /// Whoever edits the recipient for a reason of his own.
    Somebody,
    /// What makes something fail, and lets it work again.
    Fault,
    /// The directory, as this server has it.
    Directory(ServerId),
    /// The store of a server.
    Store(ServerId),
}

/// From whom to whom a step passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Who asks, or what is read.
    pub from: Party,
    /// What is asked, or written.
    pub to: Party,
    /// What becomes of the request and its reply.
    pub fate: Fate,
}

impl Party {
    /// What it is called; all replicas are one directory where nobody can see them differ.
    #[must_use]
    pub fn name(self, world: &World) -> String {
        let scenario = &world.scenario;
        match self {
            Self::Mail => "mail".to_owned(),
            Self::User => "user".to_owned(),
            Self::Administrator(id) => names::administrator(scenario, id).to_owned(),
            Self::Somebody => "somebody".to_owned(),
            Self::Fault => "fault".to_owned(),
            Self::Directory(_) if scenario.site.replication == stranded_model::scenario::Replication::Instant => {
                "directory".to_owned()
            }
            Self::Directory(id) => format!("directory of {}", names::server(scenario, id)),
            Self::Store(id) => names::server(scenario, id).to_owned(),
        }
    }
}

/// Between whom an action passes that happened in this account.
pub(super) fn arrow(
    world: &World,
    before: &Account,
    after: &Account,
    action: &Action,
    occurrence: &Occurrence,
) -> Arrow {
    let between = |from: Party, to: Party| Arrow { from, to, fate: Fate::Answered };
    match *action {
        Action::Deliver { .. } => {
            between(Party::Mail, kept(before, after, after.record.accepted.without(before.record.accepted)))
        }
        Action::Redeliver { message, .. } => between(Party::Mail, kept(before, after, MessageSet::just(message))),
        Action::LogOn { by, .. } | Action::OwnerDeletes { by, .. } => between(Party::User, home(before, by)),
        Action::Start { administrator, .. } => {
            between(Party::Administrator(administrator), Party::Administrator(administrator))
        }
        Action::Act { administrator, fate, .. } => {
            let executed = occurrence.step.expect("a program's act executes a step");
            let (from, to) = asked(world, before, Party::Administrator(administrator), &executed);
            Arrow { from, to, fate }
        }
        Action::Die { administrator, .. } => between(Party::Fault, Party::Administrator(administrator)),
        Action::Replicate { from, to, .. } => between(Party::Directory(from), Party::Directory(to)),
        Action::Refresh { from, .. } => between(Party::Directory(from), Party::User),
        Action::Edit { replica, .. } => between(Party::Somebody, Party::Directory(replica)),
        Action::Fail { server, part: Part::Store } | Action::Recover { server, part: Part::Store } => {
            between(Party::Fault, Party::Store(server))
        }
        Action::Fail { server, part: Part::Replica } | Action::Recover { server, part: Part::Replica } => {
            between(Party::Fault, Party::Directory(server))
        }
    }
}

/// The store that keeps a message now and did not before; what no store takes stays with the mail system.
fn kept(before: &Account, after: &Account, message: MessageSet) -> Party {
    let came = |server: ServerId| {
        message.is_within(after.mailboxes[server].held()) && !message.is_within(before.mailboxes[server].held())
    };
    after.mailboxes.ids().find(|server| came(*server)).map_or(Party::Mail, Party::Store)
}

/// The store that Home-MDB names in a view; without one there is nobody to ask but the mail system.
fn home(account: &Account, by: View) -> Party {
    let seen = match by {
        View::Replica(server) => Some(account.recipients[server]),
        View::Remembered => account.remembered,
    };
    let named = seen.and_then(|recipient| recipient.homes()).and_then(|homes| homes.mdb.server());
    named.map_or(Party::Mail, Party::Store)
}

/// Whom a program asks in a step; where one store is read and another written, the mail passes between these two.
fn asked(world: &World, before: &Account, asker: Party, executed: &Executed) -> (Party, Party) {
    let run = world.scenario.run(executed.run);
    let (_, step) = executed.in_procedure(world);
    let server = |place: ServerRef| run.server(place);
    // The home is looked up in the directory; where that names none, it is the directory that refuses.
    let named = || before.recipients[run.connected_to].homes().and_then(|homes| homes.mdb.server());
    let store = |place: ServerRef| {
        let found = server(place).or_else(named);
        found.map_or(Party::Directory(run.connected_to), Party::Store)
    };
    let replica = |place: ServerRef| Party::Directory(server(place).or_else(named).unwrap_or(run.connected_to));
    match &step.act {
        Act::CreateMailbox { at, .. }
        | Act::DeleteMailbox { at }
        | Act::DeleteCopied { at, .. }
        | Act::Mark { at, .. }
        | Act::Unmark { at }
        | Act::Load { at } => (asker, store(*at)),
        Act::CopyMessage { from, to } | Act::PropagateDeletions { from, to } => (store(*from), store(*to)),
        Act::Save { at } => (store(*at), asker),
        Act::Adjust { at } => (store(*at), replica(*at)),
        Act::HoldDelivery | Act::ReleaseDelivery => (asker, Party::Mail),
        Act::SyncDirectory { replica: at, .. }
        | Act::RawEdit { replica: at, .. }
        | Act::DeleteRecipient { replica: at }
        | Act::CreateRecipient { replica: at, .. }
        | Act::UpdateNow { replica: at } => (asker, replica(*at)),
        Act::Require(condition) | Act::Wait(condition) => {
            let looked_at = match condition {
                Condition::HomeIs(_)
                | Condition::HomeIsEither(_, _)
                | Condition::EveryReplicaNames(_)
                | Condition::ReplicasAgree => Party::Directory(run.connected_to),
                Condition::NoRecipient(place) => replica(*place),
                Condition::Present(at) | Condition::Empty(at) | Condition::HoldsAll { at, .. } => store(*at),
                Condition::NothingQueued => Party::Mail,
                Condition::Differ(_, _) => asker,
            };
            (asker, looked_at)
        }
        Act::Report { .. } => (asker, asker),
    }
}
