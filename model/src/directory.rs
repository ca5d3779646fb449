//! Rules of the directory: writing a replica, and comparing two versions of a recipient.

use arrayvec::ArrayVec;

use crate::action::Part;
use crate::id::ServerId;
use crate::refusal::Refusal;
use crate::scenario::Replication;
use crate::state::{Account, Execution, LateRequest, Memory, Phase, ReadVersion, Recipient, Stamp};
use crate::table::ENTRIES_MAX;
use crate::world::{Next, World};

/// The highest version that a further write may follow, counted from the lowest that still matters.
const VERSION_MAX: u8 = 100;

impl World {
    /// Edits the recipient for an unrelated reason. The whole object gets a new version. [Q195911]
    pub(crate) fn edit(&self, next: &mut Next<'_>, replica: ServerId) -> Result<(), Refusal> {
        if !next.shared.is_up(replica, Part::Replica) {
            return Err(Refusal::Unreachable);
        }
        let account = &next.account;
        let homes = account.recipients[replica].homes().ok_or(Refusal::NoRecipient)?;
        if self.versions_are_used_up(account) {
            return Err(Refusal::VersionsUsedUp);
        }
        let left = account.edits_left.checked_sub(1).ok_or(Refusal::EditsUsedUp)?;
        let account = next.account.to_mut();
        account.edits_left = left;
        self.write(account, replica, |stamp| Recipient::Live { homes, stamp });
        Ok(())
    }

    /// Returns true if another write could need a version beyond the last number.
    pub(crate) fn versions_are_used_up(&self, account: &Account) -> bool {
        account.recipients.values().any(|recipient| recipient.version() >= VERSION_MAX)
    }

    /// Writes a new version of the recipient on one replica; with instant replication, on every replica. The version is
    /// one above the version of the replica, including that of a tombstone. [Q239639]
    pub(crate) fn write(&self, account: &mut Account, replica: ServerId, version: impl Fn(Stamp) -> Recipient) {
        let stamp = if self.tracks.versions { next_stamp(account, replica) } else { Stamp::default() };
        let written = version(stamp);
        match self.scenario.site.replication {
            Replication::Instant => account.recipients.values_mut().for_each(|recipient| *recipient = written),
            Replication::Eventual => account.recipients[replica] = written,
        }
    }
}

/// The stamp of the next version on a replica. It is later than every version that it may compete with.
fn next_stamp(account: &Account, replica: ServerId) -> Stamp {
    let version = account.recipients[replica].stamp().map_or(0, |stamp| stamp.version) + 1;
    let rivals = account.recipients.values().filter_map(|recipient| recipient.stamp());
    let changed = rivals.filter(|rival| rival.version == version).map(|rival| rival.changed + 1).max().unwrap_or(0);
    Stamp { version, changed, signature: replica }
}

/// Returns true if an incoming version replaces the version of a replica: the whole object with the higher version
/// wins; of two equal versions from different servers, the one changed later wins. [Q195911, Q147226]
pub(crate) fn wins(incoming: &Recipient, present: &Recipient) -> bool {
    match (incoming.stamp(), present.stamp()) {
        (None, None | Some(_)) => false,
        (Some(_), None) => true,
        (Some(incoming), Some(present)) => {
            incoming.version > present.version
                || (incoming.version == present.version
                    && incoming.signature != present.signature
                    && incoming.changed > present.changed)
        }
    }
}

pub(crate) fn replicate(next: &mut Next<'_>, from: ServerId, to: ServerId) -> Result<(), Refusal> {
    if !next.shared.is_up(from, Part::Replica) || !next.shared.is_up(to, Part::Replica) {
        return Err(Refusal::Unreachable);
    }
    let recipients = &next.account.recipients;
    let incoming = recipients[from];
    if !wins(&incoming, &recipients[to]) {
        return Err(Refusal::NothingToReplicate);
    }
    next.account.to_mut().recipients[to] = incoming;
    Ok(())
}

pub(crate) fn refresh(next: &mut Next<'_>, from: ServerId) -> Result<(), Refusal> {
    let current = next.account.recipients[from].without_stamp();
    if next.account.remembered.ok_or(Refusal::NotInScenario)? == current {
        return Err(Refusal::NothingToReplicate);
    }
    next.account.to_mut().remembered = Some(current);
    Ok(())
}

impl World {
    /// Subtracts the lowest version that a replica has from all versions, and clears time and signature when all replicas
    /// agree. Rules compare versions and never use their absolute value, so no behaviour changes. A gap that the writes
    /// to the older replica cannot close counts as the smallest such gap.
    pub(crate) fn recount(&self, account: &mut Account) {
        let agree = account.replicas_agree();
        let mut versions: ArrayVec<u8, ENTRIES_MAX> = account.recipients.values().map(Recipient::version).collect();
        versions.sort_unstable();
        let capped = |pair: &[u8]| (pair[1] - pair[0]).min(self.tracks.gap_max.unwrap_or(u8::MAX));
        let renew = |stamp: &mut Stamp| {
            let lower = versions.windows(2).take_while(|pair| pair[1] <= stamp.version);
            stamp.version = lower.map(capped).sum();
            if agree {
                (stamp.changed, stamp.signature) = (0, ServerId::default());
            }
        };
        account.recipients.values_mut().filter_map(Recipient::stamp_mut).for_each(renew);
        if let Some(LateRequest { version: Some(ReadVersion::Stamp(stamp)), .. }) = &mut account.late {
            renew(stamp);
        }
        for program in account.programs.values_mut() {
            if let Phase::Running(Execution {
                memory: Memory { version: Some(ReadVersion::Stamp(stamp)), .. }, ..
            }) = &mut program.phase
            {
                renew(stamp);
            }
        }
    }
}
