//! What may come next: questions about events that nobody has seen yet. Nothing is judged by them.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::id::{Id, MailboxId};

use crate::protocol::{Event, Observation, Operation, Wrong};

use super::explanation::{Effect, Status};
use super::{Belief, Oracle, explanations, observed};

impl Oracle<'_> {
    /// Takes an event without judging it, and says whether anything would be left.
    ///
    /// # Errors
    /// It names something that the scenario does not have.
    pub fn would_explain(&mut self, event: &Event) -> Result<bool, Wrong> {
        Ok(self.supposing(event, |_, _| ())?.is_some())
    }

    /// What can be said if this event came next; nothing if nothing would be left, or too much. It is not taken.
    ///
    /// # Errors
    /// It names something that the scenario does not have.
    pub fn supposing<T>(
        &mut self,
        event: &Event,
        say: impl FnOnce(&mut Self, Belief) -> T,
    ) -> Result<Option<T>, Wrong> {
        let known = self.names.clone();
        let step = match self.names.step(event) {
            Ok(step) => step,
            Err(wrong) => {
                self.names = known;
                return Err(wrong);
            }
        };
        let after = self.belief.and_then(|belief| self.beliefs.after(belief, &step).ok());
        let said = after.filter(|after| !self.beliefs.is_empty(*after)).map(|after| say(self, after));
        self.names = known;
        Ok(said)
    }

    /// How everything may stand, as far as it can be seen: each way once.
    ///
    /// # Errors
    /// There are too many explanations.
    pub fn states(&mut self, belief: Belief) -> Result<BTreeSet<BTreeMap<String, Observation>>, explanations::TooMany> {
        let open = self.beliefs.closed(belief)?;
        let mailboxes: Vec<MailboxId> = (0..self.spec.scenario.site.mailboxes).map(MailboxId::at).collect();
        let state = |number: u32| {
            let now = self.beliefs.explanation(number);
            let observation = |mailbox: &MailboxId| {
                (
                    stranded_search::names::mailbox(*mailbox),
                    observed::observation(self.spec, &self.names, now, *mailbox),
                )
            };
            mailboxes.iter().map(observation).collect()
        };
        Ok(open.into_iter().map(state).collect())
    }

    /// What the mailboxes are called.
    pub fn mailboxes(&self) -> impl Iterator<Item = String> {
        (0..self.spec.scenario.site.mailboxes).map(MailboxId::at).map(stranded_search::names::mailbox)
    }

    /// Whether the scenario's bounds let this be asked now, in some explanation of what was seen. Where none is left they do.
    ///
    /// # Errors
    /// It names something that the scenario does not have.
    pub fn is_in_bounds(&mut self, operation: &Operation) -> Result<bool, Wrong> {
        let op = self.names.clone().op(operation)?;
        let Some(Ok(open)) = self.belief.map(|belief| self.beliefs.closed(belief)) else { return Ok(true) };
        let is_open = |number: u32| {
            let now = self.beliefs.explanation(number);
            let begun = self.beliefs.scene(now).begin(now, &op);
            begun.iter().any(|(status, _)| match status {
                Status::Over(Effect::Refused(reason)) => !reason.is_bound(),
                Status::Over(Effect::Happened(_) | Effect::Queued | Effect::Returned) => true,
                Status::Started | Status::Waiting => true,
            })
        };
        Ok(open.into_iter().any(is_open))
    }
}
