//! A lane: the fault proxies in front of all servers, and the process groups of the tools that run there. Trials of two lanes do not
//! meet, because each trial has a user of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::behind;
use super::run::Victim;
use super::site::{LANE_ADDRESSES, Site};
use crate::mover::Endpoints;
use crate::processes::Processes;
use crate::proxy::faults::Faults;
use crate::proxy::framing::Protocol;
use crate::proxy::point::Connection;
use crate::proxy::{Proxy, Traffic};
use crate::system::System;

/// The fault proxies in front of all servers, and the process groups of the tools.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) processes: Processes,
    pub(super) victim: Victim,
    pub(super) faults: Arc<Faults>,
    pub(super) traffic: Traffic,
    pub(super) endpoints: Endpoints,
    /// The system without fault proxies.
    pub(super) system: Arc<System>,
    /// The configuration of the system with fault proxies.
    pub(super) config: PathBuf,
    _proxies: Vec<Proxy>,
}

/// The number of the next user, so that each trial has a user of its own.
static USERS: AtomicU32 = AtomicU32::new(1);

/// The fault proxies that a lane has started.
struct Started<'a> {
    faults: &'a Arc<Faults>,
    traffic: &'a Traffic,
    proxies: Vec<Proxy>,
}

impl Started<'_> {
    /// Starts a proxy at an address; at the port of the server, unless the address is the one of all sites.
    fn proxy(
        &mut self,
        at: Ipv4Addr,
        server: SocketAddr,
        connection: Connection,
        protocol: Protocol,
    ) -> io::Result<SocketAddr> {
        let port = if at == Ipv4Addr::LOCALHOST { 0 } else { server.port() };
        let proxy = Proxy::start((at, port).into(), server, connection, protocol, self.faults, self.traffic)?;
        let address = proxy.address();
        self.proxies.push(proxy);
        Ok(address)
    }
}

impl Lane {
    /// Starts the proxies of a lane.
    pub(super) fn start(site: &Site, number: u8) -> io::Result<Self> {
        let at = |part: u8| site.proxies[usize::from(number * LANE_ADDRESSES + part)];
        let (faults, traffic) = (Arc::new(Faults::default()), Traffic::default());
        let mut started = Started { faults: &faults, traffic: &traffic, proxies: Vec::new() };
        let servers = site.servers;
        let mut optional = |server: Option<SocketAddr>, at, connection, protocol| {
            server.map(|server| started.proxy(at, server, connection, protocol)).transpose()
        };
        let directory = optional(servers.directory, at(0), Connection::Directory, Protocol::Ldap)?;
        let lmtp = optional(servers.lmtp, at(2), Connection::Lmtp, Protocol::Smtp)?;
        let doveadm = optional(servers.doveadm, at(2), Connection::Doveadm, Protocol::Doveadm)?;
        let source = started.proxy(at(1), servers.source, Connection::SourceImap, Protocol::Imap)?;
        let destination = started.proxy(at(2), servers.destination, Connection::DestinationImap, Protocol::Imap)?;
        let endpoints = Endpoints { source, destination, lmtp, doveadm, directory };
        let proxies = started.proxies;
        let processes = Processes::new()?;
        let config = behind::write(&site.config, &endpoints, processes.folder())?;
        let system = Arc::new(System::new(site.config.clone()).map_err(io::Error::other)?);
        let victim = Victim::default();
        Ok(Self { processes, victim, faults, traffic, endpoints, system, config, _proxies: proxies })
    }
}

/// Returns the name of a user that no other trial has.
pub(super) fn fresh_user() -> String {
    format!("trial{}x{}", std::process::id(), USERS.fetch_add(1, Ordering::Relaxed))
}
