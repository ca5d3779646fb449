//! The file with the addresses of the processes of a search.

use std::fmt;
use std::net::ToSocketAddrs;

/// The addresses of the processes, in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// `host:port` of each process.
    pub addresses: Vec<String>,
}

/// The reason why a file of addresses is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostsError {
    /// A line is wrong.
    Line {
        /// Its number, from 1.
        line: usize,
        /// The mistake.
        reason: String,
    },
    /// The file names no process, or only one.
    TooFew(usize),
}

impl Hosts {
    /// Reads a file with one `host:port` on each line. Empty lines and text after `#` are ignored.
    ///
    /// # Errors
    /// The first line that is wrong.
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
            Self::TooFew(count) => write!(f, "it names {count} of the processes, and at least 2 are required"),
        }
    }
}
