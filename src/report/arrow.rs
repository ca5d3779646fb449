//! The two parties of a step in a diagram: the party that asks, and the party that is asked. Each kind of action and of act has
//! its own arm, so that a new kind does not compile without one; the store that received mail is taken from the state afterwards.

use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::id::{AdministratorId, MessageSet, ServerId};
use stranded_model::procedure::{Act, Condition, ServerRef};
use stranded_model::state::Account;
use stranded_model::{Executed, Occurrence, World};

use stranded_search::names;

/// One end of an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The mail system: delivery and the transport.
    Mail,
    /// The owner of the mailbox, with caches and sessions.
    User,
    /// An administrator, with the program.
    Administrator(AdministratorId),
    /// The author of an unrelated edit of the recipient.
    Editor,
    /// The environment, where it breaks or repairs something.
    Fault,
    /// The directory replica of a server.
    Directory(ServerId),
    /// The store of a server.
    Store(ServerId),
}

/// An arrow of a diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The party that asks or is read.
    pub from: Party,
    /// The party that is asked or written.
    pub to: Party,
    /// The fate of the request and its reply.
    pub fate: Fate,
}

impl Party {
    /// Returns its name. With instant replication all replicas are one directory.
    #[must_use]
    pub fn name(self, world: &World) -> String {
        let scenario = &world.scenario;
        match self {
            Self::Mail => "mail".to_owned(),
            Self::User => "user".to_owned(),
            Self::Administrator(id) => names::administrator(scenario, id).to_owned(),
            Self::Editor => "editor".to_owned(),
            Self::Fault => "fault".to_owned(),
            Self::Directory(_) if scenario.site.replication == stranded_model::scenario::Replication::Instant => {
                "directory".to_owned()
            }
            Self::Directory(id) => format!("directory of {}", names::server(scenario, id)),
            Self::Store(id) => names::server(scenario, id).to_owned(),
        }
    }
}

/// Returns the arrow of an action that happened in this account.
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
        Action::TakeEffect { .. } => between(Party::Fault, changed(before, after)),
        Action::LoseJournal { administrator, .. } => between(Party::Fault, Party::Administrator(administrator)),
        Action::LoseRecent { server, .. } | Action::LookEmpty { server, .. } | Action::Reappear { server, .. } => {
            between(Party::Fault, Party::Store(server))
        }
        Action::Die { administrator, .. } => between(Party::Fault, Party::Administrator(administrator)),
        Action::Replicate { from, to, .. } => between(Party::Directory(from), Party::Directory(to)),
        Action::Refresh { from, .. } => between(Party::Directory(from), Party::User),
        Action::Edit { replica, .. } => between(Party::Editor, Party::Directory(replica)),
        Action::Fail { server, part: Part::Store } | Action::Recover { server, part: Part::Store } => {
            between(Party::Fault, Party::Store(server))
        }
        Action::Fail { server, part: Part::Replica } | Action::Recover { server, part: Part::Replica } => {
            between(Party::Fault, Party::Directory(server))
        }
    }
}

/// Returns the store or the replica that a late request changed, or the mail system if it changed none.
fn changed(before: &Account, after: &Account) -> Party {
    let store = after.mailboxes.ids().find(|server| before.mailboxes[*server] != after.mailboxes[*server]);
    let replica = || after.recipients.ids().find(|server| before.recipients[*server] != after.recipients[*server]);
    store.map(Party::Store).or_else(|| replica().map(Party::Directory)).unwrap_or(Party::Mail)
}

/// Returns the store that received a message, or the mail system if no store did.
fn kept(before: &Account, after: &Account, message: MessageSet) -> Party {
    let came = |server: ServerId| {
        message.is_within(after.mailboxes[server].held()) && !message.is_within(before.mailboxes[server].held())
    };
    after.mailboxes.ids().find(|server| came(*server)).map_or(Party::Mail, Party::Store)
}

/// Returns the store that Home-MDB names in a view, or the mail system if it names none.
fn home(account: &Account, by: View) -> Party {
    let recipient = match by {
        View::Replica(server) => Some(account.recipients[server]),
        View::Remembered => account.remembered,
    };
    let named = recipient.and_then(|recipient| recipient.homes()).and_then(|homes| homes.mdb.server());
    named.map_or(Party::Mail, Party::Store)
}

/// Returns the two parties of a program's step. A copy is an arrow between the two stores.
fn asked(world: &World, before: &Account, asker: Party, executed: &Executed) -> (Party, Party) {
    let run = world.scenario.run(executed.run);
    let (_, step) = executed.in_procedure(world);
    let server = |server: ServerRef| run.server(server);
    // The program looks the home up in the directory; if that names none, the directory refuses.
    let named = || before.recipients[run.connected_to].homes().and_then(|homes| homes.mdb.server());
    let store = |at: ServerRef| {
        let found = server(at).or_else(named);
        found.map_or(Party::Directory(run.connected_to), Party::Store)
    };
    let replica = |at: ServerRef| Party::Directory(server(at).or_else(named).unwrap_or(run.connected_to));
    match &step.act {
        Act::CreateMailbox { at, .. }
        | Act::DeleteMailbox { at }
        | Act::EmptyMailbox { at, .. }
        | Act::DeleteListed { at, .. }
        | Act::DeleteUnlisted { at, .. }
        | Act::Mark { at, .. }
        | Act::Unmark { at }
        | Act::Load { at } => (asker, store(*at)),
        Act::CopyMessage { from, to }
        | Act::CopyListed { from, to }
        | Act::AppendMessage { from, to }
        | Act::PropagateDeletions { from, to } => (store(*from), store(*to)),
        Act::Save { at } | Act::List { at, .. } => (store(*at), asker),
        Act::Adjust { at } => (store(*at), replica(*at)),
        Act::HoldDelivery | Act::ReleaseDelivery => (asker, Party::Mail),
        Act::SyncDirectory { replica: at, .. }
        | Act::RawEdit { replica: at, .. }
        | Act::DeleteRecipient { replica: at }
        | Act::CreateRecipient { replica: at, .. }
        | Act::UpdateNow { replica: at }
        | Act::LookUpHome { replica: at } => (asker, replica(*at)),
        Act::Require(condition) | Act::Wait(condition) => {
            let tested = match condition {
                Condition::HomeIs(_)
                | Condition::HomeIsEither(_, _)
                | Condition::EveryReplicaNames(_)
                | Condition::ReplicasAgree
                | Condition::ReplicasAgreeOn(_) => Party::Directory(run.connected_to),
                Condition::NoRecipient(at) => replica(*at),
                Condition::Present(at)
                | Condition::Empty(at)
                | Condition::HoldsAll { at, .. }
                | Condition::HoldsListed(at) => store(*at),
                Condition::NothingQueued => Party::Mail,
                Condition::Differ(_, _) | Condition::NothingListed => asker,
            };
            (asker, tested)
        }
        Act::Report { .. } => (asker, asker),
    }
}
