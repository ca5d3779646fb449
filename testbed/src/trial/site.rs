//! The site under trial: a test bed, or the staging hosts of a user. It says which servers a fault proxy stands in front of.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use crate::bed::{Bed, DOVEADM, IMAP, LDAP, LMTP, Store};
use crate::system::{Config, Directory, Protection, Server};

/// The servers that a mover reaches through fault proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Servers {
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    /// Only a test bed says where the destination takes mail.
    pub(super) lmtp: Option<SocketAddr>,
    /// Only a test bed has a destination that is known to be Dovecot.
    pub(super) doveadm: Option<SocketAddr>,
    /// A directory of two commands has no server.
    pub(super) directory: Option<SocketAddr>,
}

/// A site under trial.
#[derive(Clone, Debug)]
pub struct Site {
    pub(super) config: Config,
    pub(super) servers: Servers,
    /// The addresses of the fault proxies of each lane.
    pub(super) proxies: Vec<Ipv4Addr>,
    /// The configuration of Dovecot at the source.
    pub(super) source_config: Option<PathBuf>,
    /// The name on the command line and in reports.
    name: String,
    /// True if users and mailboxes of a trial are deleted after it.
    pub(super) is_cleaned: bool,
}

/// Addresses that each lane of a test bed has.
pub(super) const LANE_ADDRESSES: u8 = 3;
/// The most lanes.
pub(super) const LANES: u8 = 2;
/// The name of the test bed with Dovecot and slapd.
pub const DOVECOT: &str = "dovecot";

/// Reason why a site cannot be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteError(String);

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SiteError {}

impl Site {
    /// Returns the site of a test bed.
    ///
    /// # Errors
    /// The configuration of the bed is not accepted, which is a defect.
    pub fn of_bed(bed: &Bed) -> Result<Self, SiteError> {
        let config = Config::read(DOVECOT, &bed.system_toml()).map_err(|wrong| SiteError(wrong.to_string()))?;
        let destination = bed.host(Store::B);
        let servers = Servers {
            source: (bed.host(Store::A), IMAP).into(),
            destination: (destination, IMAP).into(),
            lmtp: Some((destination, LMTP).into()),
            doveadm: Some((destination, DOVEADM).into()),
            directory: Some((bed.proxy(), LDAP).into()),
        };
        Ok(Self {
            config,
            servers,
            proxies: (0..LANES * LANE_ADDRESSES).map(|number| bed.fault_proxy(number)).collect(),
            source_config: Some(bed.doveadm_config(Store::A)),
            name: format!("--testbed {DOVECOT}"),
            is_cleaned: false,
        })
    }

    /// Returns the site of a configuration. Mail moves from its first store to its second.
    ///
    /// # Errors
    /// A server is not found or is protected by TLS, or the configuration lacks what a trial needs.
    pub fn of_config(file: &str, config: Config) -> Result<Self, SiteError> {
        let wrong = |says: &str| SiteError(format!("{file}: {says}"));
        let [source, destination, ..] = config.stores.as_slice() else {
            return Err(wrong("a trial needs two stores, the source first"));
        };
        if config.delivery.is_none() {
            return Err(wrong("a trial needs [delivery], because mail arrives while the tool runs"));
        }
        let directory = match &config.directory {
            Directory::Ldap(ldap) if ldap.new_password.is_none() => {
                return Err(wrong(
                    "a trial needs `new-password` in [directory], because each trial has a user of its own",
                ));
            }
            Directory::Ldap(ldap) => Some(plain(file, &ldap.server)?),
            Directory::Commands { .. } => {
                return Err(wrong("a trial needs an LDAP directory, because each trial has a user of its own"));
            }
        };
        let servers = Servers {
            source: plain(file, &source.access.server)?,
            destination: plain(file, &destination.access.server)?,
            lmtp: None,
            doveadm: None,
            directory,
        };
        let proxies = vec![Ipv4Addr::LOCALHOST; usize::from(LANES * LANE_ADDRESSES)];
        let name = format!("--system {file}");
        Ok(Self { config, servers, proxies, source_config: None, name, is_cleaned: true })
    }

    /// Returns the part of the command line that names the site.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the addresses that are not of this machine.
    #[must_use]
    pub fn foreign(&self) -> Vec<IpAddr> {
        let Servers { source, destination, lmtp, doveadm, directory } = self.servers;
        let all = [Some(source), Some(destination), lmtp, doveadm, directory];
        all.into_iter().flatten().map(|at| at.ip()).filter(|ip| !ip.is_loopback()).collect()
    }

    /// Returns the names of the source and the destination.
    #[must_use]
    pub fn stores(&self) -> [&str; 2] {
        [&self.config.stores[0].name, &self.config.stores[1].name]
    }
}

/// Returns the address of a server without TLS.
fn plain(file: &str, server: &Server) -> Result<SocketAddr, SiteError> {
    match server.protection {
        Protection::Plain => {}
        Protection::Tls | Protection::StartTls => {
            let says = "a fault proxy cannot read TLS; name a connection without it";
            return Err(SiteError(format!("{file}: {}: {says}", server.url)));
        }
    }
    let found = (server.host.as_str(), server.port).to_socket_addrs();
    let found = found.map_err(|reason| SiteError(format!("{file}: cannot find {}: {reason}", server.host)))?;
    found.into_iter().next().ok_or_else(|| SiteError(format!("{file}: {} has no address", server.host)))
}
