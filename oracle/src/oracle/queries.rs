//! Queries about events that have not happened yet. They change no judgement.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::id::{Id, MailboxId};

use crate::protocol::{Event, Observation, Operation, Wrong};
use stranded_search::names;

use super::explanation::{CallEffect, Explanation, Status};
use super::explanation_sets::{ExplanationSetId, Unfinished};
use super::names::Numbered;
use super::{Oracle, model_terms};

impl Oracle<'_> {
    /// Returns true if an explanation would be left after this event. The event is not taken.
    ///
    /// # Errors
    /// The event names a part that the scenario does not have.
    pub fn would_explain(&mut self, event: &Event) -> Result<bool, Wrong> {
        Ok(self.supposing(event, |_, _| ())?.is_some())
    }

    /// Returns the answer to a query about the explanations after this event; `None` if none or too many would be left. The
    /// event is not taken.
    ///
    /// # Errors
    /// The event names a part that the scenario does not have.
    pub fn supposing<T>(
        &mut self,
        event: &Event,
        query: impl FnOnce(&mut Self, ExplanationSetId) -> T,
    ) -> Result<Option<T>, Wrong> {
        let names = self.state.names.clone();
        let resolved = match self.state.names.resolve(event) {
            Ok(resolved) => resolved,
            Err(wrong) => {
                self.state.names = names;
                return Err(wrong);
            }
        };
        let after = self.state.explanations.and_then(|set| self.sets.after(set, &resolved).ok());
        let after = after.filter(|after| !self.sets.is_empty(*after));
        let answer = after.map(|after| query(self, after));
        self.state.names = names;
        Ok(answer)
    }

    /// Returns the step of the model that a program executes with this operation, as a sentence; `None` if the operation is no
    /// step, or no explanation is left. Of several possible steps, those that fit the observations after it are named.
    pub fn step_in_words(&mut self, operation: &Operation, observed: &[&Event]) -> Option<String> {
        if !operation.is_step() {
            return None;
        }
        let set = self.explanations()?;
        let mut names = self.state.names.clone();
        let operation = names.operation(operation).ok()?;
        let observed: Vec<Event<Numbered>> = observed.iter().filter_map(|event| names.resolve(event).ok()).collect();
        let fits = |after: &Explanation| {
            observed.iter().all(|event| match event {
                Event::Observed { mailbox, observation } => observation.fits(after, *mailbox),
                Event::Reset { .. } | Event::Did { .. } | Event::Call { .. } | Event::Return { .. } => true,
            })
        };
        let mut steps: Vec<(String, bool)> = Vec::new();
        for number in self.sets.closed(set).ok()? {
            let now = self.sets.explanation(number);
            let world = &self.sets.scene(now).world;
            for action in world.with_any_message(&now.action(&operation)?) {
                if let Ok(state) = world.step(&now.state, &action) {
                    let says = model_terms::step_in_words(world, &names, now, &action)?;
                    steps.push((says, fits(&Explanation { state, ..now.clone() })));
                }
            }
        }
        let has_fitting = steps.iter().any(|(_, fits)| *fits);
        let named: BTreeSet<String> =
            steps.into_iter().filter(|(_, fits)| *fits || !has_fitting).map(|(says, _)| says).collect();
        Some(named.into_iter().collect::<Vec<_>>().join(", or ")).filter(|says| !says.is_empty())
    }

    /// Returns every state that some explanation has, by mailbox, each once.
    ///
    /// # Errors
    /// There are too many explanations, or the time ran out.
    pub fn states(&mut self, set: ExplanationSetId) -> Result<BTreeSet<BTreeMap<String, Observation>>, Unfinished> {
        let closed = self.sets.closed(set)?;
        let mailboxes: Vec<MailboxId> = (0..self.spec.scenario.site.mailboxes).map(MailboxId::at).collect();
        let state = |number: u32| {
            let now = self.sets.explanation(number);
            let observation = |mailbox: &MailboxId| {
                let observation = model_terms::observation(self.spec, &self.state.names, now, *mailbox);
                (names::mailbox(*mailbox), observation)
            };
            mailboxes.iter().map(observation).collect()
        };
        Ok(closed.into_iter().map(state).collect())
    }

    /// Returns the names of the mailboxes.
    pub fn mailboxes(&self) -> impl Iterator<Item = String> {
        (0..self.spec.scenario.site.mailboxes).map(MailboxId::at).map(names::mailbox)
    }

    /// Returns true if the bounds of the scenario allow this operation in some explanation, or if no explanation is left.
    ///
    /// # Errors
    /// The operation names a part that the scenario does not have.
    pub fn is_in_bounds(&mut self, operation: &Operation) -> Result<bool, Wrong> {
        let operation = self.state.names.clone().operation(operation)?;
        let Some(Ok(closed)) = self.state.explanations.map(|set| self.sets.closed(set)) else { return Ok(true) };
        let is_allowed = |number: u32| {
            let now = self.sets.explanation(number);
            let effects = self.sets.scene(now).begin(now, &operation);
            effects.iter().any(|(status, _)| match status {
                Status::Over(CallEffect::Refused(reason)) => !reason.is_bound(),
                Status::Over(CallEffect::Happened(_) | CallEffect::Queued | CallEffect::Returned) => true,
                Status::Started | Status::Pending => true,
            })
        };
        Ok(closed.into_iter().any(is_allowed))
    }

    /// Returns the operation that asks for this action, or `None` if a message of the action has no name.
    #[must_use]
    pub fn operation_of(
        &self,
        explanation: &Explanation,
        action: &stranded_model::action::Action,
    ) -> Option<Operation> {
        model_terms::operation(self.spec, &self.state.names, explanation, action)
    }
}
