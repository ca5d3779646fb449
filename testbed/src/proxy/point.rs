//! Fault points: named moments at which a fault can strike a mover, and the modes of faults.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A kind of connection between a mover and the system. Each has a fault proxy of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// IMAP to the source.
    SourceImap,
    /// IMAP to the destination.
    DestinationImap,
    /// LMTP to the destination.
    Lmtp,
    /// The administration protocol of Dovecot, to the destination.
    Doveadm,
    /// LDAP to the directory.
    Directory,
    /// The protocol of the mupdate master of Cyrus Murder, from the source.
    SourceMupdate,
    /// The protocol of the mupdate master of Cyrus Murder, from the destination.
    DestinationMupdate,
}

impl Connection {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::SourceImap,
        Self::DestinationImap,
        Self::Lmtp,
        Self::Doveadm,
        Self::Directory,
        Self::SourceMupdate,
        Self::DestinationMupdate,
    ];

    /// Returns the name in fault points.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SourceImap => "source-imap",
            Self::DestinationImap => "destination-imap",
            Self::Lmtp => "lmtp",
            Self::Doveadm => "doveadm",
            Self::Directory => "directory",
            Self::SourceMupdate => "source-mupdate",
            Self::DestinationMupdate => "destination-mupdate",
        }
    }
}

/// A named moment of a run: a frame of the protocol that the mover is about to send.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultPoint {
    /// The connection that carries the frame.
    pub connection: Connection,
    /// The verb of the frame, such as `UID FETCH`.
    pub verb: String,
    /// The number of this frame among those with the same connection and verb in one run, from 1.
    pub ordinal: u32,
}

impl fmt::Display for FaultPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.connection.name(), self.verb, self.ordinal)
    }
}

impl FromStr for FaultPoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':').and_then(|(connection, rest)| {
            let (verb, ordinal) = rest.rsplit_once(':')?;
            let connection = Connection::ALL.into_iter().find(|one| one.name() == connection)?;
            let ordinal = ordinal.parse().ok().filter(|ordinal| *ordinal > 0)?;
            Some(Self { connection, verb: verb.to_owned(), ordinal })
        });
        parts.ok_or_else(|| {
            let names = Connection::ALL.map(Connection::name).join(", ");
            format!("`{text}` is no fault point; expected CONNECTION:VERB:N with a connection of {names}, such as source-imap:UID FETCH:1")
        })
    }
}

impl Serialize for FaultPoint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for FaultPoint {
    fn schema_name() -> Cow<'static, str> {
        "FaultPoint".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "`CONNECTION:VERB:N`, such as `source-imap:UID FETCH:1`.", "type": "string"})
    }
}

impl<'de> Deserialize<'de> for FaultPoint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A kind of fault, or an event that the mover does not expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The frame is dropped and the connection closes.
    Cut,
    /// The server receives the frame; its reply is dropped and the connection closes.
    Swallow,
    /// The mover is killed before the server receives the frame.
    Kill,
    /// A mail for the user arrives before the server receives the frame.
    Mail,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::Cut, Self::Swallow, Self::Kill, Self::Mail];

    /// Returns the name on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Swallow => "swallow",
            Self::Kill => "kill",
            Self::Mail => "mail",
        }
    }
}
