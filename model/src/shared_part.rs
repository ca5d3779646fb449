//! The part of a state that all mailboxes share, as a rule sees it. A rule has no other access to it, so that every fact that a rule
//! reads is recorded. This module does not know the rules.

use std::borrow::Cow;
use std::cell::Cell;

use crate::action::Part;
use crate::id::{Id, ServerId};
use crate::refusal::Refusal;
use crate::state::{Server, Service, Shared};

/// Facts about the shared part, one bit for each: that a service answers, that all services answer, and that a fault may still happen.
/// No rule reads more of the shared part, and a rule that spends a fault subtracts one, whatever the number is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SharedFacts(u16);

impl SharedFacts {
    /// No fact.
    pub const NONE: Self = Self(0);
    /// All services answer. Judgements read no other fact, and rules do not read this one.
    pub const ALL_UP: Self = Self(1);
    /// A fault may still happen.
    pub const FAULT_LEFT: Self = Self(1 << 1);

    /// The fact that this service answers.
    #[must_use]
    pub fn is_up(server: ServerId, part: Part) -> Self {
        Self(1 << (2 + 2 * server.index() + part as usize))
    }

    /// The facts that are true of a shared part.
    #[must_use]
    pub fn of(shared: &Shared) -> Self {
        let services = shared.servers.iter().flat_map(|(server, services)| {
            [Part::Store, Part::Replica]
                .into_iter()
                .filter(|part| services.service(*part) == Service::Up)
                .map(move |part| Self::is_up(server, part))
        });
        let all_up = if shared.all_up() { Self::ALL_UP } else { Self::NONE };
        let fault_left = if shared.faults_left > 0 { Self::FAULT_LEFT } else { Self::NONE };
        services.fold(all_up.with(fault_left), Self::with)
    }

    /// The facts of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The facts that are in both.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// The shared part during a rule, copied on the first write, and the facts that the rule has read.
pub(crate) struct SharedPart<'a> {
    now: Cow<'a, Shared>,
    read: Cell<SharedFacts>,
    has_spent: bool,
}

impl<'a> SharedPart<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { now: Cow::Borrowed(shared), read: Cell::new(SharedFacts::NONE), has_spent: false }
    }

    /// Returns true if the service answers.
    pub(crate) fn is_up(&self, server: ServerId, part: Part) -> bool {
        self.note_read(SharedFacts::is_up(server, part));
        self.now.servers[server].service(part) == Service::Up
    }

    /// Starts or stops a service.
    pub(crate) fn switch(&mut self, server: ServerId, part: Part, wanted: Service) -> Result<(), Refusal> {
        let now = if self.is_up(server, part) { Service::Up } else { Service::Down };
        if now == wanted {
            return Err(Refusal::AlreadyInState);
        }
        *self.now.to_mut().servers[server].service_mut(part) = wanted;
        Ok(())
    }

    /// Takes one fault from those that may still happen.
    pub(crate) fn spend_fault(&mut self) -> Result<(), Refusal> {
        assert!(!self.has_spent, "a rule spends at most one fault, because it reads only that one is left");
        self.note_read(SharedFacts::FAULT_LEFT);
        let left = self.now.faults_left.checked_sub(1).ok_or(Refusal::FaultsUsedUp)?;
        self.now.to_mut().faults_left = left;
        self.has_spent = true;
        Ok(())
    }

    /// The facts that the rule has read, true or false.
    pub(crate) fn read(&self) -> SharedFacts {
        self.read.get()
    }

    /// The shared part after the rule.
    pub(crate) fn into_shared(self) -> Shared {
        self.now.into_owned()
    }

    fn note_read(&self, fact: SharedFacts) {
        self.read.set(self.read.get().with(fact));
    }
}

impl Shared {
    /// Returns true if all services answer.
    #[must_use]
    pub fn all_up(&self) -> bool {
        self.servers.values().all(|server| *server == Server::UP)
    }
}

impl Server {
    fn service(&self, part: Part) -> Service {
        match part {
            Part::Store => self.store,
            Part::Replica => self.replica,
        }
    }

    fn service_mut(&mut self, part: Part) -> &mut Service {
        match part {
            Part::Store => &mut self.store,
            Part::Replica => &mut self.replica,
        }
    }
}
