//! The condition of an observed mailbox: where its home is, and whether its messages are there.

use stranded_model::dn::HomeAttribute;
use stranded_model::id::{MessageSet, ServerId};
use stranded_model::state::{Homes, Mailbox};

use super::{ListedMessage, Snapshot, UnobservedFact};

/// The condition of a mailbox, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// A server that is not the home holds messages that the home lacks.
    Stranded,
    /// No replica has a recipient.
    NoRecipient,
    /// The home attributes or the replicas name different servers, or none.
    NoHome,
    /// The observation does not show whether all messages are at the home.
    Unknown,
    /// Every replica names one home, and all messages are there.
    Healthy,
}

impl Standing {
    /// Returns the name that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stranded => "stranded",
            Self::NoRecipient => "no-recipient",
            Self::NoHome => "no-home",
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
        }
    }

    /// Returns true if the mailbox needs a repair.
    #[must_use]
    pub fn needs_repair(self) -> bool {
        match self {
            Self::Stranded | Self::NoRecipient | Self::NoHome => true,
            Self::Unknown | Self::Healthy => false,
        }
    }
}

impl Snapshot {
    /// Returns the condition of the mailbox.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let has_recipient = self.homes.values().any(Option::is_some);
        let hidden = self.messages().without(self.visible());
        // Messages of which only the number is known can be the same as those of the home.
        let can_be_elsewhere = |group: &&super::Group| !group.stands_for.common(hidden).is_empty();
        let here: usize = self.home().map_or(0, |home| self.held_by(home));
        let is_surplus = |group: &super::Group| !group.messages.is_empty() || group.count > here;
        let is_counted_home = self.home().is_some_and(|home| self.unobserved.contains(&UnobservedFact::Overlap(home)));
        let is_stranded = if is_counted_home {
            self.mailboxes.ids().any(|server| self.held_by(server) > here)
        } else {
            self.groups.iter().filter(can_be_elsewhere).any(is_surplus)
        };
        match (has_recipient, is_stranded, self.home()) {
            (false, _, _) => Standing::NoRecipient,
            (true, true, _) => Standing::Stranded,
            (true, false, None) => Standing::NoHome,
            (true, false, Some(_)) if self.is_unknown() || !hidden.is_empty() || !self.shows_home() => {
                Standing::Unknown
            }
            (true, false, Some(_)) => Standing::Healthy,
        }
    }

    /// Returns true if some replica showed Home-MDB, which decides where users go.
    fn shows_home(&self) -> bool {
        !self.unobserved.contains(&UnobservedFact::Attribute(HomeAttribute::Mdb))
    }

    /// Returns the number of messages in a store.
    #[must_use]
    pub fn held_by(&self, server: ServerId) -> usize {
        self.groups.iter().filter(|group| group.stores.contains(&server)).map(|group| group.count).sum()
    }

    /// Returns the servers whose stores were not observed.
    #[must_use]
    pub fn stores_unobserved(&self) -> Vec<ServerId> {
        let is_unobserved = |server: &ServerId| self.unobserved.contains(&UnobservedFact::Store(*server));
        self.mailboxes.ids().filter(is_unobserved).collect()
    }

    /// Returns true if a store was not observed, or if the only store that was observed holds nothing.
    fn is_unknown(&self) -> bool {
        let is_alone = self.mailboxes.count() < 2 && self.visible().is_empty();
        is_alone || self.lacks_mailbox() || !self.stores_unobserved().is_empty() || !self.doubtful().is_empty()
    }

    /// Returns true if the home was observed to have no mailbox: then the mail is on a server that was not observed, or the user has another
    /// name there.
    #[must_use]
    pub fn lacks_mailbox(&self) -> bool {
        let home = self.home().filter(|home| !self.stores_unobserved().contains(home));
        home.is_some_and(|home| self.mailboxes[home] == Mailbox::Absent)
    }

    /// Returns the names that another store holds more often than the home, without digests that show if these are copies: several
    /// messages can have one name.
    #[must_use]
    pub fn doubtful(&self) -> Vec<&str> {
        let Some(home) = self.home() else { return Vec::new() };
        let Some(here) = self.contents[home].listed() else { return Vec::new() };
        let others = self.contents.iter().filter(|(server, _)| *server != home);
        let listed = others.filter_map(|(_, content)| content.listed()).flatten();
        let is_doubtful = |name: &String, there: &ListedMessage| {
            here.get(name).is_some_and(|here| here.copies < there.copies)
                && (there.details.digest.is_none() || here[name].details.digest.is_none())
        };
        let mut names: Vec<&str> =
            listed.filter(|(name, there)| is_doubtful(name, there)).map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns the server that every replica names in both home attributes, if such a server exists.
    #[must_use]
    pub fn home(&self) -> Option<ServerId> {
        let mut homes = self.homes.values().map(|homes| homes.and_then(Homes::agreed));
        let first = homes.next()??;
        homes.all(|home| home == Some(first)).then_some(first)
    }

    /// Returns the messages that the user sees under every replica: those in the mailbox that its Home-MDB names.
    #[must_use]
    pub fn visible(&self) -> MessageSet {
        let homes = self.homes.values().flatten().filter_map(|homes| homes.mdb.server());
        homes.map(|home| self.mailboxes[home].held()).reduce(MessageSet::common).unwrap_or_default()
    }
}
