//! The fault proxies: between each backend and mupdate, and between the source and the destination.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::addresses::Addresses;
use super::{Backend, IMAP, Instance, MUPDATE};
use crate::proxy::faults::Faults;
use crate::proxy::framing::Protocol;
use crate::proxy::point::Connection;
use crate::proxy::{Proxy, Traffic};

/// The fault proxies of a bed, with what they share.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) faults: Arc<Faults>,
    pub(super) traffic: Traffic,
    _proxies: [Proxy; 3],
}

impl Links {
    pub(super) fn start(addresses: &Addresses) -> io::Result<Self> {
        let (faults, traffic) = (Arc::default(), Traffic::default());
        let proxy = |listen: Ipv4Addr, server: Ipv4Addr, port: u16, connection, protocol| {
            let (listen, server) = (SocketAddr::from((listen, port)), SocketAddr::from((server, port)));
            Proxy::start(listen, server, connection, protocol, &faults, &traffic)
        };
        let master = addresses.own(Instance::Frontend);
        let mupdate = |backend, connection| {
            let listen = addresses.mupdate_for(Instance::Backend(backend));
            proxy(listen, master, MUPDATE, connection, Protocol::Mupdate)
        };
        let destination = addresses.own(Instance::Backend(Backend::Destination));
        let proxies = [
            mupdate(Backend::Source, Connection::SourceMupdate)?,
            mupdate(Backend::Destination, Connection::DestinationMupdate)?,
            proxy(addresses.destination_proxy(), destination, IMAP, Connection::DestinationImap, Protocol::Imap)?,
        ];
        Ok(Self { faults, traffic, _proxies: proxies })
    }
}
