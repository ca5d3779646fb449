//! The steps that work on the list of a program: what a real mover does, message by message.

use crate::id::{MessageSet, ServerId};
use crate::procedure::ServerRef;
use crate::program::{Attempt, StepEffect};
use crate::refusal::Refusal;
use crate::state::{Contents, Mailbox};

impl Attempt<'_, '_> {
    pub(crate) fn list(&mut self, at: ServerId) -> StepEffect {
        self.memory.listed = self.account().mailboxes[at].held();
        StepEffect::OK
    }

    pub(crate) fn copy_listed(&mut self, from: ServerRef, to: ServerRef) -> Result<StepEffect, Refusal> {
        let (from, to) = match self.store(from).and_then(|from| Ok((from, self.store(to)?))) {
            Ok(stores) => stores,
            Err(effect) => return self.taking_nothing(effect),
        };
        let wanted = self.memory.listed.common(self.account().mailboxes[from].messages());
        let Mailbox::Present(target) = self.account().mailboxes[to] else {
            return self.taking_nothing(if wanted.is_empty() { StepEffect::OK } else { StepEffect::REFUSED });
        };
        let lacking = wanted.without(target.messages.with(target.mark.pending()));
        let Some(taken) = self.taken_of(lacking)? else { return Ok(StepEffect::OK) };
        let messages = target.messages.with(taken);
        self.account_mut().mailboxes[to] = Mailbox::Present(Contents { messages, ..target });
        Ok(more_after(taken, lacking))
    }

    pub(crate) fn delete_listed(&mut self, at: ServerRef) -> Result<StepEffect, Refusal> {
        let at = match self.store(at) {
            Ok(at) => at,
            Err(effect) => return self.taking_nothing(effect),
        };
        let found = self.memory.listed.common(self.account().mailboxes[at].messages());
        let Some(taken) = self.taken_of(found)? else { return Ok(StepEffect::OK) };
        let remembers = self.world.tracks.expunged;
        self.account_mut().delete_in(at, |mailbox| {
            if let Mailbox::Present(contents) = mailbox {
                contents.expunge(taken, remembers);
            }
        });
        Ok(more_after(taken, found))
    }

    /// The message that the step takes of these, as the action chooses it; none if there is none to take.
    fn taken_of(&self, candidates: MessageSet) -> Result<Option<MessageSet>, Refusal> {
        match self.message {
            None if candidates.is_empty() => Ok(None),
            Some(message) if candidates.contains(message) => Ok(Some(MessageSet::just(message))),
            None | Some(_) => Err(Refusal::AnotherTaken),
        }
    }

    /// The effect of a step that takes no message, whatever it could take.
    fn taking_nothing(&self, effect: StepEffect) -> Result<StepEffect, Refusal> {
        if self.message.is_none() { Ok(effect) } else { Err(Refusal::AnotherTaken) }
    }
}

/// The effect of a step that took one of these messages.
fn more_after(taken: MessageSet, candidates: MessageSet) -> StepEffect {
    if candidates == taken { StepEffect::OK } else { StepEffect::MoreToDo }
}
