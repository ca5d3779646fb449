//! Numbers of the shared part: two bits for each server whose services can stop, and the faults that are left above them. So a rule
//! that reads only some facts about the shared part changes the number by the same amount, whatever the other facts are.

use stranded_model::id::{Id, ServerId};
use stranded_model::scenario::Fault;
use stranded_model::state::{Server, Service, Shared};
use stranded_model::table::Table;
use stranded_model::{SharedFacts, World};

/// The numbers of all shared parts of a world.
pub(super) struct SharedNumbers {
    servers: usize,
    /// The number of bits for services.
    services: u32,
    /// The number of bits for faults.
    faults: u32,
    /// True if a service can stop.
    can_stop: bool,
    /// The facts that are true of each shared part.
    facts: Vec<SharedFacts>,
}

impl SharedNumbers {
    pub(super) fn of(world: &World) -> Self {
        let environment = &world.scenario.environment;
        let servers = world.scenario.site.servers.count();
        let has = |fault: Fault| environment.faults.contains(&fault);
        let can_stop = has(Fault::StoreCrashes) || has(Fault::ReplicaUnreachable);
        let is_down = world.initial.iter().any(|state| !state.shared.all_up());
        let services = if can_stop || is_down { 2 * servers as u32 } else { 0 };
        let most = world.initial.iter().map(|state| state.shared.faults_left).max().unwrap_or_default();
        let faults = u8::BITS - most.max(environment.faults_max).leading_zeros();
        let mut numbers = Self { servers, services, faults, can_stop, facts: Vec::new() };
        numbers.facts = (0..1 << numbers.bits()).map(|number| SharedFacts::of(&numbers.shared(number))).collect();
        numbers
    }

    /// Returns true if a service can stop, so that the same account occurs with many shared parts.
    pub(super) fn can_stop(&self) -> bool {
        self.can_stop
    }

    /// The number of bits that a number has at most.
    pub(super) fn bits(&self) -> u32 {
        self.services + self.faults
    }

    /// The count of numbers.
    pub(super) fn count(&self) -> u32 {
        1 << self.bits()
    }

    pub(super) fn number(&self, shared: &Shared) -> u32 {
        let down = |service: Service| u32::from(service == Service::Down);
        let services = shared.servers.iter().fold(0, |number, (server, Server { store, replica })| {
            number | (down(*store) | down(*replica) << 1) << (2 * server.index())
        });
        u32::from(shared.faults_left) << self.services | services
    }

    pub(super) fn shared(&self, number: u32) -> Shared {
        let services = number & ((1 << self.services) - 1);
        let service = |bit: usize| if services >> bit & 1 == 1 { Service::Down } else { Service::Up };
        Shared {
            servers: Table::of(self.servers, |server: ServerId| {
                let first = 2 * server.index();
                Server { store: service(first), replica: service(first + 1) }
            }),
            faults_left: (number >> self.services) as u8,
        }
    }

    /// The facts that are true of the shared part with this number.
    pub(super) fn facts(&self, number: u32) -> SharedFacts {
        self.facts[number as usize]
    }
}
