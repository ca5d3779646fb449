//! Facts about acts and conditions that do not depend on a state: what they read, write and name.

use crate::dn::HomeValue;
use crate::procedure::{Act, Condition, ListPurpose, ServerRef};

impl Act {
    /// The condition that the act tests.
    pub(crate) fn condition(&self) -> Option<&Condition> {
        if let Self::Require(condition) | Self::Wait(condition) = self { Some(condition) } else { None }
    }

    /// Returns true if the act takes one message, and any of several.
    #[must_use]
    pub fn takes_any_message(&self) -> bool {
        matches!(
            self,
            Self::CopyListed { .. }
                | Self::AppendMessage { .. }
                | Self::DeleteListed { .. }
                | Self::DeleteUnlisted { .. }
                | Self::CopyMessage { .. }
        )
    }

    /// Returns true if the act adds messages of one store, or of a saved file, to another.
    #[must_use]
    pub fn takes_copies(&self) -> bool {
        matches!(
            self,
            Self::CopyMessage { .. } | Self::CopyListed { .. } | Self::AppendMessage { .. } | Self::Load { .. }
        )
    }

    /// Returns true if the act notes messages as copied.
    #[must_use]
    pub fn writes_journal(&self) -> bool {
        matches!(self, Self::AppendMessage { .. } | Self::List { purpose: ListPurpose::Copied, .. })
    }

    /// The stores that the act reads and writes, if it copies messages or deletions between stores.
    #[must_use]
    pub fn ends_of_copy(&self) -> Option<(ServerRef, ServerRef)> {
        if let Self::CopyListed { from, to }
        | Self::AppendMessage { from, to }
        | Self::CopyMessage { from, to }
        | Self::PropagateDeletions { from, to } = self
        {
            Some((*from, *to))
        } else {
            None
        }
    }

    /// Returns true if the act sends a request that changes a server, so that it can take effect after its program gave up.
    #[must_use]
    pub fn can_be_late(&self) -> bool {
        let only_reads = matches!(self, Self::List { .. } | Self::LookUpHome { .. } | Self::Save { .. });
        self.is_request() && !only_reads
    }

    /// The store that the act writes.
    #[must_use]
    pub fn written_store(&self) -> Option<ServerRef> {
        match self {
            Self::CreateMailbox { at, .. }
            | Self::DeleteMailbox { at }
            | Self::EmptyMailbox { at, .. }
            | Self::DeleteListed { at, .. }
            | Self::DeleteUnlisted { at, .. }
            | Self::Mark { at, .. }
            | Self::Unmark { at }
            | Self::Load { at } => Some(*at),
            Self::CopyListed { to, .. }
            | Self::AppendMessage { to, .. }
            | Self::CopyMessage { to, .. }
            | Self::PropagateDeletions { to, .. } => Some(*to),
            Self::List { .. }
            | Self::Save { .. }
            | Self::Adjust { .. }
            | Self::HoldDelivery
            | Self::ReleaseDelivery
            | Self::SyncDirectory { .. }
            | Self::RawEdit { .. }
            | Self::DeleteRecipient { .. }
            | Self::CreateRecipient { .. }
            | Self::UpdateNow { .. }
            | Self::LookUpHome { .. }
            | Self::Require(_)
            | Self::Wait(_)
            | Self::Report { .. } => None,
        }
    }

    /// The replica on which the act can write the home attributes of the recipient.
    #[must_use]
    pub fn written_replica(&self) -> Option<ServerRef> {
        match self {
            Self::SyncDirectory { replica, .. }
            | Self::RawEdit { replica, .. }
            | Self::DeleteRecipient { replica }
            | Self::CreateRecipient { replica, .. }
            | Self::Adjust { at: replica } => Some(*replica),
            Self::CreateMailbox { .. }
            | Self::DeleteMailbox { .. }
            | Self::EmptyMailbox { .. }
            | Self::List { .. }
            | Self::CopyListed { .. }
            | Self::AppendMessage { .. }
            | Self::DeleteListed { .. }
            | Self::DeleteUnlisted { .. }
            | Self::CopyMessage { .. }
            | Self::PropagateDeletions { .. }
            | Self::Mark { .. }
            | Self::Unmark { .. }
            | Self::Save { .. }
            | Self::Load { .. }
            | Self::HoldDelivery
            | Self::ReleaseDelivery
            | Self::UpdateNow { .. }
            | Self::LookUpHome { .. }
            | Self::Require(_)
            | Self::Wait(_)
            | Self::Report { .. } => None,
        }
    }

    /// Returns true if the act can write the home attributes of the recipient.
    pub(crate) fn writes_directory(&self) -> bool {
        self.written_replica().is_some()
    }

    /// Returns true if the act names the home that the program looked up.
    #[must_use]
    pub fn names_looked_up_home(&self) -> bool {
        let is_home = |value: &Option<HomeValue<ServerRef>>| *value == Some(HomeValue::Server(ServerRef::Home));
        match self {
            Self::CreateMailbox { at, .. }
            | Self::DeleteMailbox { at }
            | Self::EmptyMailbox { at, .. }
            | Self::List { at, .. }
            | Self::DeleteListed { at, .. }
            | Self::DeleteUnlisted { at, .. }
            | Self::Mark { at, .. }
            | Self::Unmark { at }
            | Self::Save { at }
            | Self::Load { at }
            | Self::Adjust { at } => *at == ServerRef::Home,
            Self::CopyListed { from, to }
            | Self::AppendMessage { from, to }
            | Self::CopyMessage { from, to }
            | Self::PropagateDeletions { from, to } => [from, to].contains(&&ServerRef::Home),
            Self::SyncDirectory { replica, from, to, .. } => [replica, from, to].contains(&&ServerRef::Home),
            Self::RawEdit { replica, mdb, mta } => *replica == ServerRef::Home || is_home(mdb) || is_home(mta),
            Self::CreateRecipient { replica, home } => [replica, home].contains(&&ServerRef::Home),
            Self::DeleteRecipient { replica } | Self::UpdateNow { replica } | Self::LookUpHome { replica } => {
                *replica == ServerRef::Home
            }
            Self::Require(condition) | Self::Wait(condition) => condition.servers().contains(&ServerRef::Home),
            Self::HoldDelivery | Self::ReleaseDelivery | Self::Report { .. } => false,
        }
    }
}

impl Condition {
    /// The servers that the condition names.
    fn servers(&self) -> Vec<ServerRef> {
        match *self {
            Self::HomeIs(one)
            | Self::Present(one)
            | Self::Empty(one)
            | Self::EveryReplicaNames(one)
            | Self::ReplicasAgreeOn(one)
            | Self::NoRecipient(one)
            | Self::HoldsListed(one) => vec![one],
            Self::HomeIsEither(one, other) | Self::Differ(one, other) => vec![one, other],
            Self::HoldsAll { at, of } => vec![at, of],
            Self::ReplicasAgree | Self::NothingQueued | Self::NothingListed => Vec::new(),
        }
    }

    /// Returns true if a test of this condition reads what the program listed before.
    pub(crate) fn reads_list(&self) -> bool {
        matches!(self, Self::HoldsListed(_) | Self::NothingListed)
    }

    /// Returns true if a test of this condition lists a store.
    #[must_use]
    pub fn lists(&self) -> bool {
        matches!(self, Self::HoldsAll { .. })
    }

    /// Returns true if a test of this condition remembers the version of the recipient.
    #[must_use]
    pub fn reads_version(&self) -> bool {
        matches!(self, Self::HomeIs(_) | Self::ReplicasAgree | Self::ReplicasAgreeOn(_))
    }

    /// Returns true if a test of this condition reads every replica, one in each act.
    #[must_use]
    pub fn visits_every_replica(&self) -> bool {
        matches!(self, Self::EveryReplicaNames(_) | Self::ReplicasAgree | Self::ReplicasAgreeOn(_))
    }

    /// Returns true if a test of this condition compares what several servers show.
    #[must_use]
    pub fn compares_servers(&self) -> bool {
        matches!(self, Self::ReplicasAgree | Self::ReplicasAgreeOn(_) | Self::HoldsAll { .. })
    }
}
