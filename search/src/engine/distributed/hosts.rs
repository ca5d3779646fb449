//! The file that says where the processes of a search are.

use std::fmt;
use std::net::ToSocketAddrs;

/// Where the processes are, in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// `host:port` of each.
    pub addresses: Vec<String>,
}

/// Why a file does not say where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostsError {
    /// A line is wrong.
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// There is no process, or only one.
    TooFew(usize),
}

impl Hosts {
    /// Reads a file with one `host:port` a line; empty lines and what follows a `#` are left out.
    ///
    /// # Errors
    /// The first line that is none.
    pub fn parse(text: &str) -> Result<Self, HostsError> {
        let mut addresses: Vec<String> = Vec::new();
        for (line, content) in (1..).zip(text.lines()) {
            let address = content.split('#').next().unwrap_or_default().trim();
            if address.is_empty() {
                continue;
            }
            let wrong = |reason: String| HostsError::Line { line, reason };
            let Some((host, port)) = address.rsplit_once(':').filter(|(host, _)| !host.is_empty()) else {
                return Err(wrong(format!("`{address}` is not of the form host:port")));
            };
            if !port.parse::<u16>().is_ok_and(|port| port > 0) {
                return Err(wrong(format!("`{port}` is not a port, a number from 1 to 65535")));
            }
            if (host, 0).to_socket_addrs().is_err() && address.to_socket_addrs().is_err() {
                return Err(wrong(format!("there is no host `{host}`")));
            }
            if let Some(process) = addresses.iter().position(|other| other == address) {
                return Err(wrong(format!("`{address}` is process {process} already")));
            }
            addresses.push(address.to_owned());
        }
        if addresses.len() < 2 { Err(HostsError::TooFew(addresses.len())) } else { Ok(Self { addresses }) }
    }
}

impl fmt::Display for HostsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, reason } => write!(f, "line {line}: {reason}"),
            Self::TooFew(count) => write!(f, "it names {count} of the processes, and there must be 2 or more"),
        }
    }
}
