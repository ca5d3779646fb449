//! Acts with the servers that they name in one execution, so that two procedures can be compared whatever words they use:
//! `from`, `to` or the name of a server.

use stranded_model::dn::HomeValue;
use stranded_model::procedure::{Act, Condition, ServerRef};

/// Returns the act with other references to servers, and without the text of a report.
pub(super) fn with_servers(act: &Act, named: &dyn Fn(ServerRef) -> ServerRef) -> Act {
    let value = |value: HomeValue<ServerRef>| match value {
        HomeValue::Server(server) => HomeValue::Server(named(server)),
        HomeValue::Malformed => HomeValue::Malformed,
    };
    match *act {
        Act::CreateMailbox { at, duplicate } => Act::CreateMailbox { at: named(at), duplicate },
        Act::DeleteMailbox { at } => Act::DeleteMailbox { at: named(at) },
        Act::EmptyMailbox { at, deletion } => Act::EmptyMailbox { at: named(at), deletion },
        Act::List { at, purpose } => Act::List { at: named(at), purpose },
        Act::CopyListed { from, to } => Act::CopyListed { from: named(from), to: named(to) },
        Act::AppendMessage { from, to } => Act::AppendMessage { from: named(from), to: named(to) },
        Act::DeleteListed { at, only } => Act::DeleteListed { at: named(at), only },
        Act::DeleteUnlisted { at, only } => Act::DeleteUnlisted { at: named(at), only },
        Act::CopyMessage { from, to } => Act::CopyMessage { from: named(from), to: named(to) },
        Act::PropagateDeletions { from, to } => Act::PropagateDeletions { from: named(from), to: named(to) },
        Act::Mark { at, claim } => Act::Mark { at: named(at), claim },
        Act::Unmark { at } => Act::Unmark { at: named(at) },
        Act::Save { at } => Act::Save { at: named(at) },
        Act::Load { at } => Act::Load { at: named(at) },
        Act::Adjust { at } => Act::Adjust { at: named(at) },
        Act::HoldDelivery => Act::HoldDelivery,
        Act::ReleaseDelivery => Act::ReleaseDelivery,
        Act::SyncDirectory { replica, from, to, condition } => {
            Act::SyncDirectory { replica: named(replica), from: named(from), to: named(to), condition }
        }
        Act::RawEdit { replica, mdb, mta } => {
            Act::RawEdit { replica: named(replica), mdb: mdb.map(value), mta: mta.map(value) }
        }
        Act::DeleteRecipient { replica } => Act::DeleteRecipient { replica: named(replica) },
        Act::CreateRecipient { replica, home } => Act::CreateRecipient { replica: named(replica), home: named(home) },
        Act::UpdateNow { replica } => Act::UpdateNow { replica: named(replica) },
        Act::LookUpHome { replica } => Act::LookUpHome { replica: named(replica) },
        Act::Require(condition) => Act::Require(condition_with_servers(condition, named)),
        Act::Wait(condition) => Act::Wait(condition_with_servers(condition, named)),
        Act::Report { outcome, .. } => Act::Report { outcome, says: None },
    }
}

fn condition_with_servers(condition: Condition, named: &dyn Fn(ServerRef) -> ServerRef) -> Condition {
    match condition {
        Condition::HomeIs(server) => Condition::HomeIs(named(server)),
        Condition::HomeIsEither(one, other) => {
            let (one, other) = (named(one), named(other));
            Condition::HomeIsEither(one.min(other), one.max(other))
        }
        Condition::Differ(one, other) => {
            let (one, other) = (named(one), named(other));
            Condition::Differ(one.min(other), one.max(other))
        }
        Condition::Present(at) => Condition::Present(named(at)),
        Condition::Empty(at) => Condition::Empty(named(at)),
        Condition::HoldsAll { at, of } => Condition::HoldsAll { at: named(at), of: named(of) },
        Condition::EveryReplicaNames(server) => Condition::EveryReplicaNames(named(server)),
        Condition::ReplicasAgree => Condition::ReplicasAgree,
        Condition::ReplicasAgreeOn(server) => Condition::ReplicasAgreeOn(named(server)),
        Condition::NoRecipient(replica) => Condition::NoRecipient(named(replica)),
        Condition::NothingQueued => Condition::NothingQueued,
        Condition::HoldsListed(at) => Condition::HoldsListed(named(at)),
        Condition::NothingListed => Condition::NothingListed,
    }
}
