//! The loopback addresses of the instances, and those of the fault proxies between them.

use std::io;
use std::net::Ipv4Addr;

use super::{Backend, IMAP, Instance};
use crate::bed::network::Network;

/// The addresses of one bed, reserved until this value is dropped.
#[derive(Debug)]
pub(super) struct Addresses(Network);

impl Addresses {
    pub(super) fn reserve() -> io::Result<Self> {
        Network::reserve().map(Self)
    }

    /// Returns the address of an instance.
    pub(super) fn own(&self, instance: Instance) -> Ipv4Addr {
        self.0.address(match instance {
            Instance::Frontend => 20,
            Instance::Backend(Backend::Source) => 21,
            Instance::Backend(Backend::Destination) => 22,
        })
    }

    /// Returns the address at which an instance reaches mupdate: a backend by a fault proxy.
    pub(super) fn mupdate_for(&self, instance: Instance) -> Ipv4Addr {
        match instance {
            Instance::Frontend => self.own(instance),
            Instance::Backend(Backend::Source) => self.0.address(31),
            Instance::Backend(Backend::Destination) => self.0.address(32),
        }
    }

    /// Returns the address of the fault proxy in front of the destination.
    pub(super) fn destination_proxy(&self) -> Ipv4Addr {
        self.0.address(42)
    }

    /// Returns the name by which the servers know a backend.
    pub(super) fn server(&self, backend: Backend) -> String {
        format!("{}:{IMAP}", self.own(Instance::Backend(backend)))
    }
}
