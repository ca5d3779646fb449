//! The acts of a program on a real system. Guard and effect are those of the model; only marks, exports and the history of deletions
//! are missing, because directories and IMAP stores have none.

use std::collections::BTreeSet;

use stranded_model::dn::HomeValue;
use stranded_model::id::{Id, ServerId};
use stranded_model::procedure::{Act, Duplicate, ListPurpose, Only, ServerRef, StepResult, VersionCondition};

use crate::system::{Home, Named, StoredMessage, Trouble, Written};

use super::memory::Identity;
use super::{Effect, Program, Site};

const OK: Effect = Effect::Result(StepResult::Ok);
const REFUSED: Effect = Effect::Result(StepResult::Refused);

impl Program {
    /// Performs an act on the servers.
    pub(super) fn perform(&mut self, site: &mut Site<'_>, act: &Act) -> Result<Effect, Trouble> {
        match act {
            Act::CreateMailbox { at, duplicate } => self.create_mailbox(site, *at, *duplicate),
            Act::DeleteMailbox { at } => {
                let at = self.server(site, *at)?;
                if site.system.is_present(&at, site.user)? {
                    site.system.delete_mailbox(&at, site.user)?;
                }
                Ok(OK)
            }
            Act::EmptyMailbox { at, .. } => {
                let at = self.server(site, *at)?;
                let held = site.system.mailbox(&at, site.user)?.unwrap_or_default();
                site.system.delete_all(&at, site.user, &held.iter().collect::<Vec<_>>())?;
                Ok(OK)
            }
            Act::List { at, purpose } => {
                let held = self.held(site, *at)?;
                match purpose {
                    ListPurpose::Listed => self.memory.listed = held,
                    ListPurpose::Copied => self.memory.copied.extend(held),
                }
                Ok(OK)
            }
            Act::CopyListed { from, to } => self.copy(site, *from, *to, Choice::ListedAndMissing),
            Act::AppendMessage { from, to } => self.copy(site, *from, *to, Choice::ListedAndNotNoted),
            Act::CopyMessage { from, to } => self.copy(site, *from, *to, Choice::Missing),
            Act::DeleteListed { at, only } => {
                let listed = self.memory.listed.clone();
                self.delete(site, *at, *only, |identity| listed.contains(identity)).map(|(effect, _)| effect)
            }
            Act::DeleteUnlisted { at, only } => {
                let listed = self.memory.listed.clone();
                let (effect, taken) = self.delete(site, *at, *only, |identity| !listed.contains(identity))?;
                self.memory.copied.retain(|identity| Some(identity) != taken.as_ref());
                Ok(effect)
            }
            Act::HoldDelivery => site.transport.hold(true).map(|()| OK),
            Act::ReleaseDelivery => site.transport.hold(false).map(|()| OK),
            Act::SyncDirectory { from, to, condition, .. } => self.sync_directory(site, *from, *to, *condition),
            Act::RawEdit { mdb, .. } => match mdb {
                Some(HomeValue::Server(to)) => {
                    let to = self.server(site, *to)?;
                    Ok(written(&site.system.set_home(site.user, None, &to)?))
                }
                Some(HomeValue::Malformed) | None => Err(unable(act)),
            },
            Act::DeleteRecipient { .. } => Ok(written(&site.system.delete_user(site.user)?)),
            Act::CreateRecipient { home, .. } => {
                let home = self.server(site, *home)?;
                if site.system.home(site.user)?.is_some() {
                    return Ok(REFUSED);
                }
                site.system.create_user(site.user, &home).map(|()| OK)
            }
            // There is one directory, so a replica has nothing to pull.
            Act::UpdateNow { .. } => Ok(self.visited_all_of(site.servers.len())),
            Act::LookUpHome { .. } => match site.system.home(site.user)?.map(|home| home.named) {
                Some(Named::Store(home)) => {
                    self.memory.home = Some(home);
                    Ok(OK)
                }
                Some(Named::Other(_) | Named::Nothing) | None => Ok(REFUSED),
            },
            Act::Require(condition) => self.require(site, condition),
            Act::Wait(condition) => self.wait(site, condition),
            Act::Report { outcome, .. } => Ok(Effect::Report(*outcome)),
            Act::PropagateDeletions { .. }
            | Act::Mark { .. }
            | Act::Unmark { .. }
            | Act::Save { .. }
            | Act::Load { .. }
            | Act::Adjust { .. } => Err(unable(act)),
        }
    }

    /// Returns the name of the server that a step names.
    pub(super) fn server(&self, site: &Site<'_>, reference: ServerRef) -> Result<String, Trouble> {
        let name = |id: ServerId| site.servers[id.index()].clone();
        let found = self.run.server(reference).map(name).or_else(|| self.memory.home.clone());
        found.ok_or_else(|| Trouble::Refused("no home was looked up".to_owned()))
    }

    /// Returns the messages of a mailbox; an absent mailbox has none.
    pub(super) fn held(&self, site: &Site<'_>, at: ServerRef) -> Result<BTreeSet<Identity>, Trouble> {
        let at = self.server(site, at)?;
        Ok(site.system.mailbox(&at, site.user)?.unwrap_or_default().iter().map(Identity::of).collect())
    }

    /// Returns the effect of a successful visit to one of this number of servers.
    pub(super) fn visited_all_of(&self, servers: usize) -> Effect {
        let visited = self.visited + 1;
        if visited < servers { Effect::Visited(visited) } else { OK }
    }

    /// A store that has the mailbox deletes or keeps it, and answers `duplicate`.
    fn create_mailbox(&self, site: &Site<'_>, at: ServerRef, duplicate: Duplicate) -> Result<Effect, Trouble> {
        let at = self.server(site, at)?;
        let can_be_seen = site.system.config().store(&at).is_some_and(|store| store.present.is_some());
        if !can_be_seen || !site.system.is_present(&at, site.user)? {
            return site.system.create_mailbox(&at, site.user).map(|()| OK);
        }
        match duplicate {
            Duplicate::Kept => {}
            Duplicate::Deleted => site.system.delete_mailbox(&at, site.user)?,
        }
        Ok(Effect::Result(StepResult::Duplicate))
    }

    /// Copies one message to the same folder, with its flags.
    fn copy(&mut self, site: &Site<'_>, from: ServerRef, to: ServerRef, choice: Choice) -> Result<Effect, Trouble> {
        let (from, to) = (self.server(site, from)?, self.server(site, to)?);
        let held = site.system.mailbox(&from, site.user)?.unwrap_or_default();
        let is_wanted = |identity: &Identity| match choice {
            Choice::Missing => true,
            Choice::ListedAndMissing => self.memory.listed.contains(identity),
            Choice::ListedAndNotNoted => {
                self.memory.listed.contains(identity) && !self.memory.copied.contains(identity)
            }
        };
        let mut wanted = one_of_each(&held);
        wanted.retain(|(identity, _)| is_wanted(identity));
        let is_target_present = match choice {
            // A program that does not list the target only learns whether it is there.
            Choice::ListedAndNotNoted => site.system.is_present(&to, site.user)?,
            Choice::Missing | Choice::ListedAndMissing => match site.system.mailbox(&to, site.user)? {
                None => false,
                Some(target) => {
                    let target: BTreeSet<Identity> = target.iter().map(Identity::of).collect();
                    wanted.retain(|(identity, _)| !target.contains(identity));
                    true
                }
            },
        };
        if !is_target_present {
            return Ok(if wanted.is_empty() { OK } else { REFUSED });
        }
        let Some((identity, message)) = wanted.first() else { return Ok(OK) };
        let bytes = site.system.fetch(&from, site.user, message)?;
        site.system.append(&to, site.user, &message.folder, &bytes, &message.flags)?;
        if choice == Choice::ListedAndNotNoted {
            self.memory.copied.insert(identity.clone());
        }
        Ok(more_after_one_of(wanted.len()))
    }

    /// Deletes every copy of one message that a step may delete. Returns the message.
    fn delete(
        &self,
        site: &Site<'_>,
        at: ServerRef,
        only: Only,
        is_candidate: impl Fn(&Identity) -> bool,
    ) -> Result<(Effect, Option<Identity>), Trouble> {
        let at = self.server(site, at)?;
        let held = site.system.mailbox(&at, site.user)?.unwrap_or_default();
        let mut candidates = one_of_each(&held);
        candidates.retain(|(identity, _)| match only {
            Only::Any => is_candidate(identity),
            Only::Copied => is_candidate(identity) && self.memory.copied.contains(identity),
        });
        let Some((taken, _)) = candidates.first() else { return Ok((OK, None)) };
        let copies: Vec<_> = held.iter().filter(|message| Identity::of(message) == *taken).collect();
        site.system.delete_all(&at, site.user, &copies)?;
        Ok((more_after_one_of(candidates.len()), Some(taken.clone())))
    }

    /// The directory moves the recipient. A move onto the same server changes nothing. [Q252869 S25]
    fn sync_directory(
        &self,
        site: &Site<'_>,
        from: ServerRef,
        to: ServerRef,
        condition: VersionCondition,
    ) -> Result<Effect, Trouble> {
        let (from, to) = (self.server(site, from)?, self.server(site, to)?);
        if from == to {
            return Ok(OK);
        }
        let expected: Option<&Home> = match condition {
            VersionCondition::Unconditional => None,
            VersionCondition::Unchanged => match &self.memory.entry {
                Some(Some(home)) => Some(home),
                Some(None) | None => return Ok(REFUSED),
            },
        };
        Ok(written(&site.system.set_home(site.user, expected, &to)?))
    }
}

/// The messages that a copy may take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    /// Those that the target lacks.
    Missing,
    /// Those of the list that the target lacks.
    ListedAndMissing,
    /// Those of the list that are not noted as copied.
    ListedAndNotNoted,
}

/// One stored copy of each message, in order.
fn one_of_each(held: &[StoredMessage]) -> Vec<(Identity, &StoredMessage)> {
    let mut messages: Vec<_> = held.iter().map(|message| (Identity::of(message), message)).collect();
    messages.sort();
    messages.dedup_by(|one, other| one.0 == other.0);
    messages
}

fn more_after_one_of(candidates: usize) -> Effect {
    if candidates == 1 { OK } else { Effect::MoreToDo }
}

fn written(written: &Written) -> Effect {
    match written {
        Written::Done => OK,
        Written::Differed | Written::NoEntry => REFUSED,
    }
}

/// The refusal of a step that `ability` names before a run starts.
fn unable(act: &Act) -> Trouble {
    Trouble::Refused(format!("this system has no such step: {act:?}"))
}
