//! Conditions that a step requires or waits for, tested at one server in each act, as in the model.

use stranded_model::procedure::{Condition, ServerRef, StepResult};

use crate::system::{Home, Named, Trouble};

use super::{Effect, Program, Site};

impl Program {
    /// Tests a condition at the next server that it concerns.
    pub(super) fn require(&mut self, site: &mut Site<'_>, condition: &Condition) -> Result<Effect, Trouble> {
        Ok(match self.is_true(site, condition)? {
            true => self.visited_all_of(servers_of(condition, site)),
            false => Effect::Result(StepResult::Refused),
        })
    }

    /// Waits for a condition at the next server that it concerns. A server that does not answer is waited for.
    pub(super) fn wait(&mut self, site: &mut Site<'_>, condition: &Condition) -> Result<Effect, Trouble> {
        Ok(match self.is_true(site, condition) {
            Ok(true) => self.visited_all_of(servers_of(condition, site)),
            Ok(false) if self.visited > 0 && condition.compares_servers() => Effect::Visited(0),
            Ok(false) | Err(_) => Effect::Waits,
        })
    }

    fn is_true(&mut self, site: &mut Site<'_>, condition: &Condition) -> Result<bool, Trouble> {
        Ok(match *condition {
            Condition::HomeIs(server) => {
                let entry = entry(site)?;
                let is_home = names(entry.as_ref(), &self.server(site, server)?);
                self.memory.entry = Some(entry);
                is_home
            }
            Condition::HomeIsEither(one, other) => {
                let entry = entry(site)?;
                names(entry.as_ref(), &self.server(site, one)?) || names(entry.as_ref(), &self.server(site, other)?)
            }
            Condition::Differ(one, other) => self.server(site, one)? != self.server(site, other)?,
            Condition::Present(at) => {
                let at = self.server(site, at)?;
                site.system.is_present(&at, site.user)?
            }
            Condition::Empty(at) => self.held(site, at)?.is_empty(),
            Condition::HoldsAll { of, .. } if self.visited == 0 => {
                self.memory.listed = self.held(site, of)?;
                true
            }
            Condition::HoldsAll { at, .. } | Condition::HoldsListed(at) => {
                self.memory.listed.is_subset(&self.held(site, at)?)
            }
            Condition::EveryReplicaNames(server) => names(entry(site)?.as_ref(), &self.server(site, server)?),
            Condition::ReplicasAgree => self.is_same_entry(site, None)?,
            Condition::ReplicasAgreeOn(server) => self.is_same_entry(site, Some(server))?,
            Condition::NoRecipient(_) => entry(site)?.is_none(),
            Condition::NothingQueued => site.transport.is_empty()?,
            Condition::NothingListed => self.memory.listed.is_empty(),
        })
    }

    /// Compares the entry with the one that the first visit showed. Every server shows the same directory.
    fn is_same_entry(&mut self, site: &Site<'_>, home: Option<ServerRef>) -> Result<bool, Trouble> {
        let shown = entry(site)?;
        let is_home = match home {
            None => true,
            Some(server) => names(shown.as_ref(), &self.server(site, server)?),
        };
        if self.visited == 0 {
            self.memory.entry = Some(shown);
            return Ok(is_home);
        }
        Ok(self.memory.entry == Some(shown) && is_home)
    }
}

/// The number of servers that a test of a condition visits, one in each act.
fn servers_of(condition: &Condition, site: &Site<'_>) -> usize {
    if condition.visits_every_replica() {
        site.servers.len()
    } else if condition.lists() {
        2
    } else {
        1
    }
}

fn entry(site: &Site<'_>) -> Result<Option<Home>, Trouble> {
    site.system.home(site.user)
}

fn names(entry: Option<&Home>, server: &str) -> bool {
    entry.is_some_and(|home| matches!(&home.named, Named::Store(name) if name == server))
}
