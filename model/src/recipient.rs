//! The recipient: the directory object of a mailbox, as one replica has it.

use crate::id::ServerId;
use crate::state::ReadVersion;

/// The directory object of a mailbox in one replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    /// The replica has no such object.
    Absent,
    /// The object exists and routes mail.
    Live {
        /// The home attributes.
        homes: Homes,
        /// The stamp that replication compares.
        stamp: Stamp,
    },
    /// The object was deleted; the deletion still replicates. [Q239639]
    Tombstone {
        /// The stamp that replication compares.
        stamp: Stamp,
    },
}

/// The two home attributes of a recipient. [Q252869 S16]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Homes {
    /// Home-MDB: the store that holds the mailbox.
    pub mdb: Home,
    /// Home-MTA: the message transfer agent that receives the mail of the mailbox.
    pub mta: Home,
}

/// The value of a home attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Home {
    /// The name of this server's store or agent.
    Server(ServerId),
    /// Text that is no distinguished name of a store or agent of the site.
    Malformed,
}

/// The stamp that replication compares to decide which version of an object wins. [Q195911]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Object-Version, relative to the lowest version that still matters.
    pub version: u8,
    /// When-Changed, as an order among competing versions.
    pub changed: u8,
    /// DSA-Signature: the server on which the version was written.
    pub signature: ServerId,
}

impl Recipient {
    /// The home attributes of a live recipient.
    #[must_use]
    pub fn homes(&self) -> Option<Homes> {
        match self {
            Self::Live { homes, .. } => Some(*homes),
            Self::Absent | Self::Tombstone { .. } => None,
        }
    }

    /// The server that both home attributes of a live recipient name.
    #[must_use]
    pub fn home(&self) -> Option<ServerId> {
        self.homes()?.agreed()
    }

    /// The stamp; an absent object has none.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::Live { stamp, .. } | Self::Tombstone { stamp } => Some(*stamp),
            Self::Absent => None,
        }
    }

    /// The recipient without its stamp, as mail and users see it.
    #[must_use]
    pub fn without_stamp(mut self) -> Self {
        if let Some(stamp) = self.stamp_mut() {
            *stamp = Stamp::default();
        }
        self
    }

    /// The number of the version; an absent object has 0.
    pub(crate) fn version(&self) -> u8 {
        self.stamp().map_or(0, |stamp| stamp.version)
    }

    /// The version of the recipient, as a program reads it.
    #[must_use]
    pub fn read_version(&self) -> ReadVersion {
        self.stamp().map_or(ReadVersion::Absent, ReadVersion::Stamp)
    }

    pub(crate) fn stamp_mut(&mut self) -> Option<&mut Stamp> {
        match self {
            Self::Live { stamp, .. } | Self::Tombstone { stamp } => Some(stamp),
            Self::Absent => None,
        }
    }
}

impl Homes {
    /// Home attributes that both name this server.
    #[must_use]
    pub fn both(server: ServerId) -> Self {
        Self { mdb: Home::Server(server), mta: Home::Server(server) }
    }

    /// The server that both attributes name, if they name the same one.
    #[must_use]
    pub fn agreed(self) -> Option<ServerId> {
        match (self.mdb, self.mta) {
            (Home::Server(mdb), Home::Server(mta)) if mdb == mta => Some(mdb),
            (Home::Server(_) | Home::Malformed, Home::Server(_) | Home::Malformed) => None,
        }
    }
}

impl Home {
    /// The server that a well-formed value names.
    #[must_use]
    pub fn server(self) -> Option<ServerId> {
        match self {
            Self::Server(server) => Some(server),
            Self::Malformed => None,
        }
    }
}
