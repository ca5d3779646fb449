//! Conditions: what a step requires or waits for, tested at one server in each act.

use crate::id::ServerId;
use crate::procedure::Condition;
use crate::program::{Attempt, StepEffect};
use crate::refusal::Refusal;
use crate::state::Recipient;

impl Attempt<'_, '_> {
    /// Tests the condition at the next server that it concerns.
    pub(crate) fn require(&mut self, condition: &Condition) -> StepEffect {
        match self.is_true(condition) {
            Ok(true) => self.visited_all_of(self.servers_of(condition)),
            Ok(false) => StepEffect::REFUSED,
            Err(effect) => effect,
        }
    }

    /// Waits at the next server that the condition concerns. A condition that compares servers begins again at the first
    /// of them if another one shows something else.
    pub(crate) fn wait(&mut self, condition: &Condition) -> Result<StepEffect, Refusal> {
        match self.is_true(condition) {
            Ok(true) => Ok(self.visited_all_of(self.servers_of(condition))),
            Ok(false) if self.visited > 0 && condition.compares_servers() => Ok(StepEffect::Visited(0)),
            Ok(false) | Err(_) => Err(Refusal::Waiting(*condition)),
        }
    }

    /// The number of servers that a test of the condition visits, one in each act.
    fn servers_of(&self, condition: &Condition) -> usize {
        if condition.visits_every_replica() {
            self.account().recipients.count()
        } else if condition.lists() {
            2
        } else {
            1
        }
    }

    /// Tests the condition at one server, and remembers what it shows if a later act uses it. The result is `lost` if the
    /// server does not answer, and `refused` if the condition names a home that the program has not looked up.
    fn is_true(&mut self, condition: &Condition) -> Result<bool, StepEffect> {
        let nth = ServerId(self.visited);
        Ok(match *condition {
            Condition::HomeIs(reference) => {
                let recipient = self.shown_by(self.run.connected_to)?;
                self.memory.version = Some(recipient.read_version());
                recipient.home() == Some(self.server(reference)?)
            }
            Condition::HomeIsEither(one, other) => {
                let home = self.shown_by(self.run.connected_to)?.home();
                home == Some(self.server(one)?) || home == Some(self.server(other)?)
            }
            Condition::Differ(one, other) => self.server(one)? != self.server(other)?,
            Condition::Present(at) => self.account().mailboxes[self.store(at)?].is_present(),
            Condition::Empty(at) => self.account().mailboxes[self.store(at)?].held().is_empty(),
            Condition::HoldsAll { of, .. } if self.visited == 0 => {
                self.memory.listed = self.account().mailboxes[self.store(of)?].held();
                true
            }
            Condition::HoldsAll { at, .. } => {
                self.memory.listed.is_within(self.account().mailboxes[self.store(at)?].held())
            }
            Condition::EveryReplicaNames(reference) => self.shown_by(nth)?.home() == Some(self.server(reference)?),
            Condition::ReplicasAgree => self.is_same_version(nth)?,
            Condition::ReplicasAgreeOn(reference) => {
                let home = self.shown_by(nth)?.home();
                self.is_same_version(nth)? && home == Some(self.server(reference)?)
            }
            Condition::NoRecipient(replica) => self.shown_by(self.server(replica)?)?.homes().is_none(),
            Condition::NothingQueued => self.account().queued.is_empty(),
            Condition::HoldsListed(at) => {
                self.memory.listed.is_within(self.account().mailboxes[self.store(at)?].held())
            }
            Condition::NothingListed => self.memory.listed.is_empty(),
        })
    }

    /// The recipient in a replica; `lost` if the replica does not answer.
    fn shown_by(&self, replica: ServerId) -> Result<Recipient, StepEffect> {
        self.recipient(replica).ok_or(StepEffect::LOST)
    }

    /// Compares the version of a replica with that of the first one, which the program remembers.
    fn is_same_version(&mut self, replica: ServerId) -> Result<bool, StepEffect> {
        let shown = Some(self.shown_by(replica)?.read_version());
        if self.visited == 0 {
            self.memory.version = shown;
        }
        Ok(self.memory.version == shown)
    }
}
