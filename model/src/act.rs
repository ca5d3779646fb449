//! The steps of a procedure: guard and effect of every act.

use crate::action::Part;
use crate::assumption::Assumption;
use crate::dn::HomeValue;
use crate::id::{MessageSet, ServerId};
use crate::messages::Adding;
use crate::procedure::{Act, Claim, Deletion, Duplicate, ServerRef, VersionCondition};
use crate::program::{Attempt, StepEffect};
use crate::refusal::Refusal;
use crate::state::{Account, Contents, Home, Homes, Mailbox, Mark, ReadVersion, Recipient, Transport};

impl Attempt<'_, '_> {
    /// Performs the step. Only a wait whose condition is false is impossible. A server that declines a step answers
    /// `refused` and changes nothing; a server that is down does not answer, so the result is `lost`.
    pub(crate) fn perform(&mut self, act: &Act) -> Result<StepEffect, Refusal> {
        let effect = match act {
            Act::CreateMailbox { at, duplicate } => {
                self.writing_store(*at, |this, at| this.create_mailbox(at, *duplicate))
            }
            Act::DeleteMailbox { at } => self.writing_store(*at, Self::delete_mailbox),
            Act::EmptyMailbox { at, deletion } => self.writing_store(*at, |this, at| this.empty_mailbox(at, *deletion)),
            Act::List { at, purpose } => self.at_store(*at, |this, at| this.list(at, *purpose)),
            Act::CopyListed { from, to } => self.copy_listed(*from, *to)?,
            Act::AppendMessage { from, to } => self.append_message(*from, *to)?,
            Act::DeleteListed { at, only } => self.delete_listed(*at, *only)?,
            Act::DeleteUnlisted { at, only } => self.delete_unlisted(*at, *only)?,
            Act::CopyMessage { from, to } => self.copy_message(*from, *to)?,
            Act::PropagateDeletions { from, to } => self.between_stores(*from, *to, Self::propagate_deletions),
            Act::Mark { at, claim } => self.writing_store(*at, |this, at| this.mark(at, *claim)),
            Act::Unmark { at } => self.writing_store(*at, Self::unmark),
            Act::Save { at } => self.at_store(*at, Self::save),
            Act::Load { at } => self.writing_store(*at, Self::load),
            Act::Adjust { at } => self.at_store(*at, Self::adjust),
            Act::HoldDelivery => self.set_transport(Transport::Held),
            Act::ReleaseDelivery => self.set_transport(Transport::Open),
            Act::SyncDirectory { replica, from, to, condition } => {
                self.at_replica(*replica, |this, replica| this.sync_directory(replica, *from, *to, *condition))
            }
            Act::RawEdit { replica, mdb, mta } => {
                self.at_replica(*replica, |this, replica| this.raw_edit(replica, *mdb, *mta))
            }
            Act::DeleteRecipient { replica } => self.at_replica(*replica, Self::delete_recipient),
            Act::CreateRecipient { replica, home } => {
                self.at_replica(*replica, |this, replica| this.create_recipient(replica, *home))
            }
            Act::UpdateNow { replica } => self.at_replica(*replica, Self::update_now),
            Act::LookUpHome { replica } => self.at_replica(*replica, Self::look_up_home),
            Act::Require(condition) => self.require(condition),
            Act::Wait(condition) => self.wait(condition)?,
            Act::Report { outcome, .. } => StepEffect::Report(*outcome),
        };
        Ok(effect)
    }

    pub(crate) fn account_mut(&mut self) -> &mut Account {
        self.next.account.to_mut()
    }

    pub(crate) fn account(&self) -> &Account {
        &self.next.account
    }

    /// The server that a step names. Without a home that the program looked up, the result is `refused`.
    pub(crate) fn server(&self, reference: ServerRef) -> Result<ServerId, StepEffect> {
        self.run.server(reference).or(self.memory.home).ok_or(StepEffect::REFUSED)
    }

    /// The server that a step names, if its store answers.
    pub(crate) fn store(&self, reference: ServerRef) -> Result<ServerId, StepEffect> {
        let server = self.server(reference)?;
        self.mailbox(server).map(|_| server).ok_or(StepEffect::LOST)
    }

    /// As [`Attempt::store`], if the store also accepts writes.
    pub(crate) fn writable_store(&self, reference: ServerRef) -> Result<ServerId, StepEffect> {
        let server = self.store(reference)?;
        if self.refuses_writes(server) { Err(StepEffect::REFUSED) } else { Ok(server) }
    }

    /// Returns true if the store looks empty and refuses what programs write.
    pub(crate) fn refuses_writes(&self, at: ServerId) -> bool {
        self.account().hidden[at].is_some() && self.world.assumptions.value(Assumption::EmptyStoreWrites) == "refused"
    }

    /// The recipient in a replica, if the replica answers.
    pub(crate) fn recipient(&self, replica: ServerId) -> Option<Recipient> {
        self.next.shared.is_up(replica, Part::Replica).then(|| self.account().recipients[replica])
    }

    /// The mailbox in a store, if the store answers.
    fn mailbox(&self, at: ServerId) -> Option<Mailbox> {
        self.next.shared.is_up(at, Part::Store).then(|| self.account().mailboxes[at])
    }

    fn at_store(&mut self, at: ServerRef, act: impl FnOnce(&mut Self, ServerId) -> StepEffect) -> StepEffect {
        self.store(at).map_or_else(|effect| effect, |at| act(self, at))
    }

    fn writing_store(&mut self, at: ServerRef, act: impl FnOnce(&mut Self, ServerId) -> StepEffect) -> StepEffect {
        self.writable_store(at).map_or_else(|effect| effect, |at| act(self, at))
    }

    fn between_stores(
        &mut self,
        from: ServerRef,
        to: ServerRef,
        act: impl FnOnce(&mut Self, ServerId, ServerId) -> StepEffect,
    ) -> StepEffect {
        match self.store(from) {
            Ok(from) => self.at_store(to, |this, to| act(this, from, to)),
            Err(effect) => effect,
        }
    }

    fn at_replica(&mut self, replica: ServerRef, act: impl FnOnce(&mut Self, ServerId) -> StepEffect) -> StepEffect {
        match self.server(replica) {
            Ok(replica) if self.recipient(replica).is_some() => act(self, replica),
            Ok(_) => StepEffect::LOST,
            Err(effect) => effect,
        }
    }

    /// A store that already contains the mailbox deletes it and answers c1040b00; with [`Duplicate::Kept`] it keeps the
    /// mailbox. [Q252869 S5, S9; Q277911]
    fn create_mailbox(&mut self, at: ServerId, duplicate: Duplicate) -> StepEffect {
        let found = self.account().mailboxes[at];
        match (found, duplicate) {
            (Mailbox::Absent, Duplicate::Deleted | Duplicate::Kept) => {
                self.account_mut().mailboxes[at] = Mailbox::SHELL;
                StepEffect::OK
            }
            (Mailbox::Present(_), Duplicate::Kept) => StepEffect::DUPLICATE,
            (Mailbox::Present(_), Duplicate::Deleted) => {
                self.account_mut().remove_mailbox(at);
                StepEffect::DUPLICATE
            }
        }
    }

    /// Deletes the mailbox with its messages: the source, or the mailbox that Home-MDB names.
    /// [Q252869 S10, S19; Q184160]
    fn delete_mailbox(&mut self, at: ServerId) -> StepEffect {
        self.account_mut().remove_mailbox(at);
        StepEffect::OK
    }

    fn propagate_deletions(&mut self, from: ServerId, to: ServerId) -> StepEffect {
        let Mailbox::Present(source) = self.account().mailboxes[from] else { return StepEffect::OK };
        self.delete(to, source.expunged, Deletion::Remembered);
        StepEffect::OK
    }

    /// The store adds the mailbox to its list of mailboxes in transit, which every delivery and logon reads.
    /// [Q259541, Q277911]
    fn mark(&mut self, at: ServerId, claim: Claim) -> StepEffect {
        let (owner, from, to) = (self.administrator, self.run.from, self.run.to);
        let contents = self.account().mailboxes[at].contents();
        let pending = match (contents.mark, claim) {
            (Mark::Settled, Claim::Taken | Claim::Respected | Claim::Token) => MessageSet::EMPTY,
            (Mark::InTransit { pending, .. }, Claim::Taken) => pending,
            (
                Mark::InTransit { owner: other, from: other_from, to: other_to, pending },
                Claim::Respected | Claim::Token,
            ) => {
                if (other, other_from, other_to) != (owner, from, to) {
                    return StepEffect::REFUSED;
                }
                pending
            }
        };
        let mark = Mark::InTransit { owner, from, to, pending };
        self.account_mut().mailboxes[at] = Mailbox::Present(Contents { mark, ..contents });
        if claim == Claim::Token {
            self.refuse_older_tokens(at);
        }
        StepEffect::OK
    }

    /// A late request of an earlier run carries an older token than the mark, so that the store will refuse it whenever
    /// it arrives.
    fn refuse_older_tokens(&mut self, at: ServerId) {
        let Some(late) = self.account().late else { return };
        let run = self.world.scenario.run(late.run_id());
        let written = run.procedure.steps[usize::from(late.step)].act.written_store();
        let is_older = late.is_superseded || late.administrator != self.administrator;
        let is_here = written.and_then(|store| run.server(store).or(late.home)) == Some(at);
        if is_here && is_older && run.procedure.sends_tokens() {
            self.account_mut().late = None;
        }
    }

    /// The store moves the in-transit folder into the mailbox; it removes a source that the move has emptied.
    /// [Q277911, Q183400, Q168188]
    fn unmark(&mut self, at: ServerId) -> StepEffect {
        let Mailbox::Present(contents) = self.account().mailboxes[at] else { return StepEffect::OK };
        match contents.mark {
            Mark::InTransit { owner, from, .. } if owner == self.administrator => {
                let settled = contents.settled();
                let is_emptied = from == at && settled.messages.is_empty();
                self.account_mut().mailboxes[at] = if is_emptied { Mailbox::Absent } else { Mailbox::Present(settled) };
            }
            Mark::InTransit { .. } | Mark::Settled => {}
        }
        StepEffect::OK
    }

    fn save(&mut self, at: ServerId) -> StepEffect {
        let account = self.account_mut();
        account.saved = account.saved.with(account.mailboxes[at].messages());
        StepEffect::OK
    }

    /// The import skips messages that the mailbox has. [Q259688]
    fn load(&mut self, at: ServerId) -> StepEffect {
        let mailbox = &mut self.account_mut().mailboxes[at];
        *mailbox = Mailbox::Present(mailbox.contents());
        self.add(at, self.account().saved, Adding::Missing);
        StepEffect::OK
    }

    /// Creates a recipient homed on this server for a mailbox that has none in the server's own replica. [Q182979]
    fn adjust(&mut self, at: ServerId) -> StepEffect {
        let Some(recipient) = self.recipient(at) else { return StepEffect::LOST };
        if recipient.homes().is_none() && self.account().mailboxes[at].is_present() {
            self.write_recipient(at, |stamp| Recipient::Live { homes: Homes::both(at), stamp });
        }
        StepEffect::OK
    }

    fn set_transport(&mut self, transport: Transport) -> StepEffect {
        self.account_mut().transport = transport;
        StepEffect::OK
    }

    /// The directory moves the recipient. A move onto the same server answers `ok` and changes nothing.
    /// [Q252869 S24, S25, S26]
    fn sync_directory(
        &mut self,
        replica: ServerId,
        from: ServerRef,
        to: ServerRef,
        condition: VersionCondition,
    ) -> StepEffect {
        let (from, to) = match (self.server(from), self.server(to)) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(effect), _) | (_, Err(effect)) => return effect,
        };
        if from == to {
            self.account_mut().record.self_move = true;
            return StepEffect::OK;
        }
        let Recipient::Live { stamp: found, .. } = self.account().recipients[replica] else {
            return StepEffect::REFUSED;
        };
        let read = Some(ReadVersion::Stamp(found));
        if condition == VersionCondition::Unchanged && self.memory.version != read {
            return StepEffect::REFUSED;
        }
        self.write_recipient(replica, |stamp| Recipient::Live { homes: Homes::both(to), stamp });
        StepEffect::OK
    }

    /// Raw mode writes the given values without a check. [Q252869 S13, S16]
    fn raw_edit(
        &mut self,
        replica: ServerId,
        mdb: Option<HomeValue<ServerRef>>,
        mta: Option<HomeValue<ServerRef>>,
    ) -> StepEffect {
        let Some(old) = self.account().recipients[replica].homes() else { return StepEffect::REFUSED };
        let typed = |value: Option<HomeValue<ServerRef>>, old: Home| match value {
            None => Ok(old),
            Some(HomeValue::Malformed) => Ok(Home::Malformed),
            Some(HomeValue::Server(reference)) => self.server(reference).map(Home::Server),
        };
        let (mdb, mta) = match (typed(mdb, old.mdb), typed(mta, old.mta)) {
            (Ok(mdb), Ok(mta)) => (mdb, mta),
            (Err(effect), _) | (_, Err(effect)) => return effect,
        };
        self.write_recipient(replica, |stamp| Recipient::Live { homes: Homes { mdb, mta }, stamp });
        StepEffect::OK
    }

    /// The object becomes a tombstone, which replicates. [Q252869 S19; Q239639]
    fn delete_recipient(&mut self, replica: ServerId) -> StepEffect {
        match self.account().recipients[replica] {
            Recipient::Live { .. } => {
                self.write_recipient(replica, |stamp| Recipient::Tombstone { stamp });
                StepEffect::OK
            }
            Recipient::Absent | Recipient::Tombstone { .. } => StepEffect::REFUSED,
        }
    }

    /// A new recipient of the same name is connected to any mailbox of that name in its home store.
    /// [Q252869 S20, S21; Q184160]
    fn create_recipient(&mut self, replica: ServerId, home: ServerRef) -> StepEffect {
        let home = match self.server(home) {
            Ok(home) => home,
            Err(effect) => return effect,
        };
        match self.account().recipients[replica] {
            Recipient::Live { .. } => StepEffect::REFUSED,
            Recipient::Absent | Recipient::Tombstone { .. } => {
                self.write_recipient(replica, |stamp| Recipient::Live { homes: Homes::both(home), stamp });
                StepEffect::OK
            }
        }
    }

    /// The replica pulls from one of its partners, if that one answers and has a version that wins. [Q182963]
    fn update_now(&mut self, replica: ServerId) -> StepEffect {
        let partner = ServerId(self.visited);
        if let Some(incoming) = self.recipient(partner)
            && crate::directory::wins(&incoming, &self.account().recipients[replica])
        {
            self.account_mut().recipients[replica] = incoming;
        }
        self.visited_all_of(self.account().recipients.count())
    }

    /// The program remembers the server that Home-MDB names. [Q184160]
    fn look_up_home(&mut self, replica: ServerId) -> StepEffect {
        let homes = self.account().recipients[replica].homes();
        match homes.and_then(|homes| homes.mdb.server()) {
            Some(home) => {
                self.memory.home = Some(home);
                StepEffect::OK
            }
            None => StepEffect::REFUSED,
        }
    }

    fn write_recipient(&mut self, replica: ServerId, version: impl Fn(crate::state::Stamp) -> Recipient) {
        self.wrote_home = true;
        let world = self.world;
        world.write(self.account_mut(), replica, version);
    }

    /// The effect of a successful visit to one of this number of servers.
    pub(crate) fn visited_all_of(&self, servers: usize) -> StepEffect {
        let visited = self.visited + 1;
        if usize::from(visited) < servers { StepEffect::Visited(visited) } else { StepEffect::OK }
    }
}

impl Account {
    /// Deletes a mailbox from a store, with its messages and its remembered deletions.
    fn remove_mailbox(&mut self, at: ServerId) {
        self.delete_in(at, |mailbox| *mailbox = Mailbox::Absent);
    }

    /// Deletes in a store, and records the messages whose last copy this was.
    pub(crate) fn delete_in(&mut self, at: ServerId, delete: impl FnOnce(&mut Mailbox)) {
        let lost_before = self.lost();
        delete(&mut self.mailboxes[at]);
        self.record.destroyed = self.record.destroyed.with(self.lost().without(lost_before));
    }
}
