//! Faults: what breaks, and what works again.

use crate::action::Part;
use crate::id::{AdministratorId, MessageSet, ServerId};
use crate::refusal::Refusal;
use crate::scenario::Fault;
use crate::state::{Account, Ended, Mailbox, Service, State};
use crate::world::{Next, World};

impl World {
    pub(crate) fn die(&self, next: &mut Next<'_>, administrator: AdministratorId) -> Result<(), Refusal> {
        if !next.account.programs[administrator].is_running() {
            return Err(Refusal::Idle);
        }
        self.spend_fault(next, Fault::ProgramDies)?;
        let account = next.account.to_mut();
        self.stop_program(account, administrator);
        let program = &mut account.programs[administrator];
        program.ended = Ended::Died;
        program.owes_retry = true;
        Ok(())
    }

    pub(crate) fn lose_journal(&self, next: &mut Next<'_>, administrator: AdministratorId) -> Result<(), Refusal> {
        if next.account.programs[administrator].journal.is_empty() {
            return Err(Refusal::NoJournal);
        }
        self.spend_fault(next, Fault::JournalLost)?;
        next.account.to_mut().programs[administrator].journal = MessageSet::EMPTY;
        Ok(())
    }

    /// The store crashes and restarts in one action. Each mailbox loses its recent mail by an action of its own.
    pub(crate) fn lose_recent(&self, next: &mut Next<'_>, server: ServerId) -> Result<(), Refusal> {
        let recent = match next.account.mailboxes[server] {
            Mailbox::Present(contents) if next.account.hidden[server].is_none() => contents.recent,
            Mailbox::Present(_) | Mailbox::Absent => MessageSet::EMPTY,
        };
        if recent.is_empty() {
            return Err(Refusal::NothingRecent);
        }
        self.spend_fault(next, Fault::JournalOutlivesMail)?;
        if let Mailbox::Present(contents) = &mut next.account.to_mut().mailboxes[server] {
            contents.expunge(recent, false);
        }
        Ok(())
    }

    pub(crate) fn look_empty(&self, next: &mut Next<'_>, server: ServerId) -> Result<(), Refusal> {
        if next.account.hidden[server].is_some() || !next.account.mailboxes[server].is_present() {
            return Err(Refusal::AlreadyInState);
        }
        self.spend_fault(next, Fault::StoreLooksEmpty)?;
        let account = next.account.to_mut();
        account.hidden[server] = Some(std::mem::replace(&mut account.mailboxes[server], Mailbox::SHELL));
        Ok(())
    }

    pub(crate) fn fail(&self, next: &mut Next<'_>, server: ServerId, part: Part) -> Result<(), Refusal> {
        let fault = match part {
            Part::Store => Fault::StoreCrashes,
            Part::Replica => Fault::ReplicaUnreachable,
        };
        self.spend_fault(next, fault)?;
        next.shared.switch(server, part, Service::Down)
    }

    pub(crate) fn spend_fault(&self, next: &mut Next<'_>, fault: Fault) -> Result<(), Refusal> {
        if !self.scenario.environment.faults.contains(&fault) {
            return Err(Refusal::NotInScenario);
        }
        next.shared.spend_fault()
    }

    /// The state in which every program has died. Journals stay.
    #[must_use]
    pub fn stopped(&self, state: &State) -> State {
        let mut stopped = state.clone();
        for account in stopped.accounts.values_mut() {
            for administrator in account.programs.ids() {
                self.stop_program(account, administrator);
            }
        }
        stopped
    }

    fn stop_program(&self, account: &mut Account, administrator: AdministratorId) {
        let program = &mut account.programs[administrator];
        if let Some(execution) = program.execution() {
            let copied = execution.memory.copied;
            program.stop(self.run_of(administrator, program).procedure.memory, copied);
        }
    }
}

pub(crate) fn recover(next: &mut Next<'_>, server: ServerId, part: Part) -> Result<(), Refusal> {
    next.shared.switch(server, part, Service::Up)
}

/// The store drops the mail that programs wrote while it looked empty.
pub(crate) fn reappear(next: &mut Next<'_>, server: ServerId) -> Result<(), Refusal> {
    let stored = next.account.hidden[server].ok_or(Refusal::AlreadyInState)?;
    let account = next.account.to_mut();
    (account.mailboxes[server], account.hidden[server]) = (stored, None);
    Ok(())
}
