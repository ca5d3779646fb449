//! Reasons why a system did not do what it was asked to do.

use std::fmt;

/// Reason why a request to a server has no good answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server declined the request and changed nothing.
    Refused(String),
    /// The server could not be asked: no connection was made, or its certificate is not accepted. Nothing has changed.
    Unreachable(String),
    /// The request was sent, and no complete answer came: a timeout, a closed connection, or an answer that is not of the protocol.
    /// The server may have done it, or may do it later.
    Unknown(String),
}

impl Trouble {
    /// Returns the sentence.
    #[must_use]
    pub fn says(&self) -> &str {
        match self {
            Self::Refused(says) | Self::Unreachable(says) | Self::Unknown(says) => says,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.says())
    }
}

impl std::error::Error for Trouble {}

/// Reason why a system cannot be used at all.
#[derive(Debug)]
pub enum SystemError {
    /// This process cannot wait for servers.
    Runtime(std::io::Error),
    /// A file with certificates cannot be used.
    Certificates(String),
}

impl fmt::Display for SystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runtime(reason) => write!(f, "cannot wait for servers: {reason}"),
            Self::Certificates(says) => f.write_str(says),
        }
    }
}

impl std::error::Error for SystemError {}
