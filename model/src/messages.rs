//! The steps that list, copy and delete messages one by one, as real movers do, and the copies of a message in a mailbox.

use crate::id::{MessageId, MessageSet, ServerId};
use crate::procedure::{Act, Deletion, ListPurpose, Only, ServerRef};
use crate::program::{Attempt, StepEffect};
use crate::refusal::Refusal;
use crate::scenario::CopyOrder;
use crate::state::{Contents, Mailbox};

/// The way in which a step adds a message to a mailbox.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adding {
    /// Only if the mailbox lacks it.
    Missing,
    /// Always, so that there is one more copy.
    Always,
}

impl Attempt<'_, '_> {
    pub(crate) fn list(&mut self, at: ServerId, purpose: ListPurpose) -> StepEffect {
        let held = self.account().mailboxes[at].held();
        match purpose {
            ListPurpose::Listed => self.memory.listed = held,
            ListPurpose::Copied => self.memory.copied = self.memory.copied.with(held),
        }
        StepEffect::OK
    }

    /// Copies one message of the mailbox. [Q252869 S22; Q195985]
    pub(crate) fn copy_message(&mut self, from: ServerRef, to: ServerRef) -> Result<StepEffect, Refusal> {
        self.copy(from, to, Adding::Missing, |_, held| held)
    }

    pub(crate) fn copy_listed(&mut self, from: ServerRef, to: ServerRef) -> Result<StepEffect, Refusal> {
        self.copy(from, to, Adding::Missing, |this, held| held.common(this.memory.listed))
    }

    /// IMAP APPEND adds a copy, whatever the mailbox holds. [RFC 9051 6.3.12]
    pub(crate) fn append_message(&mut self, from: ServerRef, to: ServerRef) -> Result<StepEffect, Refusal> {
        let not_copied = |this: &Self, held: MessageSet| held.common(this.memory.listed).without(this.memory.copied);
        let effect = self.copy(from, to, Adding::Always, not_copied)?;
        if matches!(effect, StepEffect::OK | StepEffect::MoreToDo) {
            self.memory.copied = self.memory.copied.with(self.taken());
        }
        Ok(effect)
    }

    fn copy(
        &mut self,
        from: ServerRef,
        to: ServerRef,
        adding: Adding,
        wanted: impl Fn(&Self, MessageSet) -> MessageSet,
    ) -> Result<StepEffect, Refusal> {
        let stores = self.store(from).and_then(|from| Ok((from, self.store(to)?)));
        let (from, to) = match stores {
            Ok(stores) => stores,
            Err(effect) => return self.taking_nothing(effect),
        };
        let wanted = wanted(self, self.account().mailboxes[from].messages());
        let target = self.account().mailboxes[to];
        if !target.is_present() {
            return self.taking_nothing(if wanted.is_empty() { StepEffect::OK } else { StepEffect::REFUSED });
        }
        let candidates = match adding {
            Adding::Missing => wanted.without(target.held()),
            Adding::Always => wanted,
        };
        if !candidates.is_empty() && self.refuses_writes(to) {
            return self.taking_nothing(StepEffect::REFUSED);
        }
        let Some(taken) = self.taken_of(candidates)? else { return Ok(StepEffect::OK) };
        self.add(to, taken, adding);
        Ok(more_after(taken, candidates))
    }

    /// Adds messages to the mailbox, if it is present.
    pub(crate) fn add(&mut self, to: ServerId, messages: MessageSet, adding: Adding) {
        let is_recent = self.world.tracks.recent;
        let Mailbox::Present(target) = &mut self.account_mut().mailboxes[to] else { return };
        let missing = messages.without(target.messages.with(target.mark.pending()));
        if is_recent {
            target.recent = target.recent.with(missing);
        }
        target.add_copy(match adding {
            Adding::Missing => missing,
            Adding::Always => messages,
        });
    }

    pub(crate) fn delete_listed(&mut self, at: ServerRef, only: Only) -> Result<StepEffect, Refusal> {
        self.delete_one(at, |this, held| this.limited(held.common(this.memory.listed), only))
    }

    /// A mirror deletes what the list of the other side lacks.
    pub(crate) fn delete_unlisted(&mut self, at: ServerRef, only: Only) -> Result<StepEffect, Refusal> {
        let effect = self.delete_one(at, |this, held| this.limited(held.without(this.memory.listed), only))?;
        if matches!(effect, StepEffect::OK | StepEffect::MoreToDo) {
            self.memory.copied = self.memory.copied.without(self.taken());
        }
        Ok(effect)
    }

    /// The messages that a step may delete.
    fn limited(&self, messages: MessageSet, only: Only) -> MessageSet {
        match only {
            Only::Any => messages,
            Only::Copied => messages.common(self.memory.copied),
        }
    }

    fn delete_one(
        &mut self,
        at: ServerRef,
        candidates: impl Fn(&Self, MessageSet) -> MessageSet,
    ) -> Result<StepEffect, Refusal> {
        let at = match self.store(at) {
            Ok(at) => at,
            Err(effect) => return self.taking_nothing(effect),
        };
        let candidates = candidates(self, self.account().mailboxes[at].messages());
        let Some(taken) = self.taken_of(candidates)? else { return Ok(StepEffect::OK) };
        self.delete(at, taken, Deletion::Remembered);
        Ok(more_after(taken, candidates))
    }

    pub(crate) fn empty_mailbox(&mut self, at: ServerId, deletion: Deletion) -> StepEffect {
        self.delete(at, self.account().mailboxes[at].messages(), deletion);
        StepEffect::OK
    }

    /// Deletes every copy of these messages from the folders of a mailbox.
    pub(crate) fn delete(&mut self, at: ServerId, messages: MessageSet, deletion: Deletion) {
        let remembers = self.world.tracks.expunged && deletion == Deletion::Remembered;
        self.account_mut().delete_in(at, |mailbox| {
            if let Mailbox::Present(contents) = mailbox {
                contents.expunge(messages, remembers);
            }
        });
    }

    /// Performs a request whose program gave up. A request about one message carries that message, and asks for nothing
    /// else.
    pub(crate) fn perform_late(&mut self, act: &Act) -> Result<(), Refusal> {
        let store = act.written_store().filter(|_| act.takes_any_message());
        let Some(store) = store else { return self.perform(act).map(drop) };
        let Ok(at) = self.store(store) else { return Ok(()) };
        if !act.takes_copies() {
            self.delete(at, self.taken(), Deletion::Remembered);
        } else if !self.refuses_writes(at) {
            let always = matches!(act, Act::AppendMessage { .. });
            self.add(at, self.taken(), if always { Adding::Always } else { Adding::Missing });
        }
        Ok(())
    }

    /// The message that the action names, as a set.
    fn taken(&self) -> MessageSet {
        self.message.map_or(MessageSet::EMPTY, MessageSet::just)
    }

    /// The message that the step takes of these, as the action chooses it; none if there is none to take.
    fn taken_of(&self, candidates: MessageSet) -> Result<Option<MessageSet>, Refusal> {
        let is_next = |message: MessageId| match self.world.scenario.environment.copy_order {
            CopyOrder::Any => candidates.contains(message),
            CopyOrder::Arrival => candidates.earliest() == Some(message),
        };
        match self.message {
            None if candidates.is_empty() => Ok(None),
            Some(message) if is_next(message) => Ok(Some(MessageSet::just(message))),
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

impl Contents {
    /// Adds one copy of each message to the folders.
    pub(crate) fn add_copy(&mut self, messages: MessageSet) {
        self.duplicated = self.duplicated.with(self.messages.common(messages));
        self.messages = self.messages.with(messages);
    }

    /// Deletes every copy of these messages from the folders.
    pub(crate) fn expunge(&mut self, messages: MessageSet, remembers: bool) {
        let gone = self.messages.common(messages);
        for copies in [&mut self.messages, &mut self.duplicated, &mut self.began_twice, &mut self.recent] {
            *copies = copies.without(gone);
        }
        if remembers {
            self.expunged = self.expunged.with(gone);
        }
    }

    /// Forgets which violations an earlier scenario left: further copies count from the present ones.
    pub(crate) fn begin_with_present_copies(&mut self) {
        self.began_twice = self.began_twice.with(self.duplicated);
        self.duplicated = MessageSet::EMPTY;
    }
}
