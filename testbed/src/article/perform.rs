//! The actions of the model on a system with a directory and IMAP stores. What such a system does not have is emulated and labelled.

use stranded_model::action::Action;
use stranded_model::id::{MailboxId, MessageSet, ServerId};
use stranded_model::procedure::{Act, ServerRef, StepResult};
use stranded_model::scenario::Run;
use stranded_model::state::State;
use stranded_model::{Executed, Occurrence, World};
use stranded_search::names;

use super::STORES;
use crate::system::{Delivery, System, Trouble};
use crate::trial;

/// The request to the servers and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The command and the answer.
    pub says: String,
    /// True if the system cannot do the step by itself.
    pub is_emulated: bool,
}

impl Reply {
    fn true_one(says: impl Into<String>) -> Self {
        Self { says: says.into(), is_emulated: false }
    }

    fn emulated(says: impl Into<String>) -> Self {
        Self { says: says.into(), is_emulated: true }
    }
}

/// Performs actions for one user.
#[derive(Debug)]
pub(super) struct Performer<'a> {
    system: &'a System,
    user: &'a str,
}

/// Returns the name of a message in the model: the part of its Message-ID before the user.
pub(super) fn short_name(message_id: &str) -> &str {
    message_id.trim_start_matches('<').split('.').next().unwrap_or(message_id)
}

impl<'a> Performer<'a> {
    pub(super) fn new(system: &'a System, user: &'a str) -> Self {
        Self { system, user }
    }

    pub(super) fn perform(
        &mut self,
        world: &World,
        before: &State,
        action: &Action,
        occurrence: &Occurrence,
    ) -> Result<Reply, Trouble> {
        match action {
            Action::Deliver { .. } => {
                let accepted = |state: &State| state.accounts[MailboxId(0)].record.accepted;
                self.deliver(accepted(&occurrence.state).without(accepted(before)))
            }
            Action::Act { .. } => match &occurrence.step {
                Some(executed) => self.step(world, before, executed),
                None => Ok(Reply::true_one("nothing is sent")),
            },
            Action::Start { .. } => Ok(Reply::true_one("nothing is sent")),
            Action::Redeliver { .. }
            | Action::LogOn { .. }
            | Action::OwnerDeletes { .. }
            | Action::Die { .. }
            | Action::Replicate { .. }
            | Action::Refresh { .. }
            | Action::Edit { .. }
            | Action::TakeEffect { .. }
            | Action::LoseJournal { .. }
            | Action::LoseRecent { .. }
            | Action::LookEmpty { .. }
            | Action::Reappear { .. }
            | Action::Fail { .. }
            | Action::Recover { .. } => Err(Trouble::Refused("the article has no such action".to_owned())),
        }
    }

    fn deliver(&self, arrived: MessageSet) -> Result<Reply, Trouble> {
        let name = names::messages(arrived).join(" ");
        let user = self.user;
        let text = trial::text(&name, user);
        Ok(Reply::true_one(match self.system.deliver(user, text.as_bytes())? {
            Delivery::Stored => format!("LMTP, {name} to {user}: 250"),
            Delivery::Deferred(says) | Delivery::Returned(says) | Delivery::Unknown(says) => {
                format!("LMTP, {name} to {user}: {says}")
            }
        }))
    }

    fn step(&self, world: &World, before: &State, executed: &Executed) -> Result<Reply, Trouble> {
        let run = world.scenario.run(executed.run);
        let (_, step) = executed.in_procedure(world);
        match &step.act {
            Act::CreateMailbox { at, .. } => self.create(store(run.server(*at))?, executed.result),
            Act::Mark { .. } | Act::Unmark { .. } => {
                Ok(Reply::emulated("IMAP has no in-transit mark: nothing is sent"))
            }
            Act::CopyMessage { from, to } => self.copy(store(run.server(*from))?, store(run.server(*to))?),
            Act::SyncDirectory { to, .. } => self.write_home(store(run.server(*to))?),
            Act::RawEdit { .. } => self.write_home(store(Some(run.to))?),
            Act::DeleteMailbox { at: ServerRef::Home } => self.purge(looked_up(before, executed)),
            Act::DeleteMailbox { at } => self.delete_mailbox(store(run.server(*at))?),
            Act::DeleteRecipient { .. } => self.delete_recipient(),
            Act::CreateRecipient { .. } => self.create_recipient(run),
            Act::LookUpHome { .. } => self.look_up(),
            Act::UpdateNow { .. } => Ok(Reply::emulated("there is one directory, so nothing replicates")),
            Act::Require(_) | Act::Report { .. } => Ok(Reply::true_one("nothing is sent")),
            Act::EmptyMailbox { .. }
            | Act::List { .. }
            | Act::CopyListed { .. }
            | Act::AppendMessage { .. }
            | Act::DeleteListed { .. }
            | Act::DeleteUnlisted { .. }
            | Act::PropagateDeletions { .. }
            | Act::Save { .. }
            | Act::Load { .. }
            | Act::Adjust { .. }
            | Act::HoldDelivery
            | Act::ReleaseDelivery
            | Act::Wait(_) => Err(Trouble::Refused("the article has no such step".to_owned())),
        }
    }

    /// A store of the article deletes a mailbox that it finds, and answers c1040b00. An IMAP store keeps it.
    fn create(&self, at: &str, result: StepResult) -> Result<Reply, Trouble> {
        if result == StepResult::Duplicate {
            self.system.delete_mailbox(at, self.user)?;
            return Ok(Reply::emulated(format!("{at} deletes the mailbox that is there, and answers c1040b00")));
        }
        self.system.create_mailbox(at, self.user)?;
        Ok(Reply::true_one(format!("IMAP {at}, LOGIN and SELECT INBOX: OK")))
    }

    /// Appends the first message that the target lacks.
    fn copy(&self, from: &str, to: &str) -> Result<Reply, Trouble> {
        let held = self.system.mailbox(to, self.user)?.unwrap_or_default();
        let source = self.system.mailbox(from, self.user)?.unwrap_or_default();
        let Some(message) = source.iter().find(|one| held.iter().all(|other| other.name() != one.name())) else {
            return Ok(Reply::true_one(format!("IMAP {to}: nothing is missing")));
        };
        let bytes = self.system.fetch(from, self.user, message)?;
        self.system.append(to, self.user, &message.folder, &bytes, &message.flags)?;
        let name = short_name(message.name());
        Ok(Reply::true_one(format!("IMAP {from}, UID FETCH {name}: OK; {to}, APPEND: OK")))
    }

    fn write_home(&self, to: &str) -> Result<Reply, Trouble> {
        let written = self.system.set_home(self.user, None, to)?;
        let value = self.system.config().store(to).map(|store| store.home.clone()).unwrap_or_default();
        Ok(Reply::true_one(format!("LDAP modify, replace mailHost with {value}: {written:?}")))
    }

    fn look_up(&self) -> Result<Reply, Trouble> {
        let home = self.system.home(self.user)?.map(|home| home.named);
        Ok(Reply::true_one(format!("LDAP search, mailHost: {home:?}")))
    }

    fn delete_mailbox(&self, at: &str) -> Result<Reply, Trouble> {
        self.system.delete_mailbox(at, self.user)?;
        Ok(Reply::true_one(format!("{at}, delete the mailbox: OK")))
    }

    /// The article's store purges the mailbox of a recipient that is deleted. Here the directory does not touch the stores.
    fn purge(&self, home: Option<ServerId>) -> Result<Reply, Trouble> {
        let home = store(home)?;
        self.system.delete_mailbox(home, self.user)?;
        Ok(Reply::emulated(format!("{home} purges the mailbox of the recipient that is deleted")))
    }

    fn delete_recipient(&self) -> Result<Reply, Trouble> {
        Ok(Reply::true_one(format!("LDAP delete: {:?}", self.system.delete_user(self.user)?)))
    }

    fn create_recipient(&self, run: &Run) -> Result<Reply, Trouble> {
        let home = store(Some(run.to))?;
        self.system.create_user(self.user, home)?;
        Ok(Reply::true_one(format!("LDAP add, mailHost of {home}: success")))
    }
}

/// The home that the program of a step has looked up.
fn looked_up(before: &State, executed: &Executed) -> Option<ServerId> {
    let program = &before.accounts[MailboxId(0)].programs[executed.run.administrator];
    program.execution().and_then(|execution| execution.memory.home)
}

/// The name of a store of the article.
fn store(server: Option<ServerId>) -> Result<&'static str, Trouble> {
    let name = server.and_then(|server| STORES.get(usize::from(server.0)));
    name.copied().ok_or_else(|| Trouble::Refused("the step names no store of the article".to_owned()))
}
