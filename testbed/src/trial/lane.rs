//! A lane: the fault proxies in front of all servers, and the process groups of the tools that run there. Trials of two lanes do not
//! meet, because each trial has a user of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::run::Victim;
use crate::bed::{Bed, DOVEADM, IMAP, LDAP, LMTP, Store};
use crate::mover::Endpoints;
use crate::processes::Processes;
use crate::proxy::faults::Faults;
use crate::proxy::framing::Protocol;
use crate::proxy::point::Connection;
use crate::proxy::{Proxy, Traffic};

/// The fault proxies in front of all servers, and the process groups of the tools.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) processes: Processes,
    pub(super) victim: Victim,
    pub(super) faults: Arc<Faults>,
    pub(super) traffic: Traffic,
    pub(super) endpoints: Endpoints,
    _proxies: Vec<Proxy>,
}

/// The number of the next user, so that each trial has a user of its own.
static USERS: AtomicU32 = AtomicU32::new(1);

impl Lane {
    /// Starts the proxies of a lane.
    pub(super) fn start(bed: &Bed, number: u8) -> io::Result<Self> {
        let address = |part: u8| bed.fault_proxy(number * 3 + part);
        let (faults, traffic) = (Arc::new(Faults::default()), Traffic::default());
        let endpoints = Endpoints {
            directory: (address(0), LDAP).into(),
            source: (address(1), IMAP).into(),
            destination: (address(2), IMAP).into(),
            lmtp: (address(2), LMTP).into(),
            doveadm: (address(2), DOVEADM).into(),
        };
        let destination = bed.host(Store::B);
        let rows: [(SocketAddr, SocketAddr, Connection, Protocol); 5] = [
            (endpoints.directory, (bed.proxy(), LDAP).into(), Connection::Directory, Protocol::Ldap),
            (endpoints.source, (bed.host(Store::A), IMAP).into(), Connection::SourceImap, Protocol::Imap),
            (endpoints.destination, (destination, IMAP).into(), Connection::DestinationImap, Protocol::Imap),
            (endpoints.lmtp, (destination, LMTP).into(), Connection::Lmtp, Protocol::Smtp),
            (endpoints.doveadm, (destination, DOVEADM).into(), Connection::Doveadm, Protocol::Doveadm),
        ];
        let start = |(listen, server, connection, protocol)| {
            Proxy::start(listen, server, connection, protocol, &faults, &traffic)
        };
        let proxies = rows.into_iter().map(start).collect::<io::Result<Vec<_>>>()?;
        let processes = Processes::new()?;
        Ok(Self { processes, victim: Victim::default(), faults, traffic, endpoints, _proxies: proxies })
    }
}

/// Returns the name of a user that no other trial has.
pub(super) fn fresh_user() -> String {
    format!("trial{}", USERS.fetch_add(1, Ordering::Relaxed))
}
