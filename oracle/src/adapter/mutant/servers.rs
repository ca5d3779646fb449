//! Wrong stores and directories. Each mutant takes the model's result of one attempt and changes a mailbox, a recipient or
//! the queue; it does not know the rule behind the result.

use stranded_model::action::{Action, Part};
use stranded_model::id::{Id, MailboxId, MessageSet, ServerId};
use stranded_model::procedure::{Act, StepResult};
use stranded_model::state::{Account, Contents, Home, Homes, Mailbox, Mark, Recipient, State};

use crate::adapter::reference::{Attempt, Tampering};
use crate::protocol::Answer;

use super::{Defect, Mutant};

const fn wrong(name: &'static str, says: &'static str, tampering: Tampering) -> Mutant {
    Mutant { name, says, defect: Defect::World(tampering) }
}

/// All mutants of this file.
pub(super) const ALL: &[Mutant] = &[
    wrong(
        "late-mail-dropped",
        "It silently drops mail that arrives while the mailbox is being moved",
        late_mail_dropped,
    ),
    wrong("late-mail-not-deferred", "It delivers mail into a source that is being moved", late_mail_not_deferred),
    wrong("good-mail-returned", "It returns the second message of a mailbox to its sender", good_mail_returned),
    wrong(
        "mail-to-the-wrong-store",
        "It delivers mail into a new mailbox on a server that is not the home",
        mail_to_the_wrong_store,
    ),
    wrong("redelivery-that-drops", "It retries a queued message and drops it", redelivery_that_drops),
    wrong("redelivery-that-repeats", "It delivers a queued message and keeps it in the queue", redelivery_that_repeats),
    wrong(
        "logon-at-the-wrong-server",
        "At logon it creates the mailbox on a server that is not the home",
        logon_elsewhere,
    ),
    wrong("duplicate-kept", "It reports that it deleted a duplicate, and keeps it", duplicate_kept),
    wrong("copy-that-takes", "It removes each message from the source when it copies it", copy_that_takes),
    wrong("unmark-that-drops", "It deletes the in-transit folder when the mark is removed", unmark_that_drops),
    wrong("restart-that-forgets", "A restarted store has lost the message that arrived last", restart_that_forgets),
    wrong(
        "death-that-wipes",
        "When a program dies, the incomplete mailbox at its destination is deleted",
        death_that_wipes,
    ),
    wrong(
        "death-that-unmarks",
        "When a program dies, its marks are removed, and deferred mail is delivered",
        death_that_unmarks,
    ),
    wrong("second-mailbox-touched", "It changes the home of every mailbox instead of one", second_mailbox_touched),
    wrong(
        "tombstone-forgotten",
        "It removes a deleted recipient at once, without a tombstone, so an old version of it can come back",
        tombstone_forgotten,
    ),
    wrong("half-replicated", "It replicates Home-MDB and leaves Home-MTA as it was", half_replicated),
    wrong(
        "replication-backwards",
        "It overwrites the winning version with the losing one in replication",
        replication_backwards,
    ),
    wrong(
        "edit-that-moves-home",
        "It resets the home to the first server when another attribute is edited",
        edit_that_moves_home,
    ),
    wrong("deletion-undone", "It reports that the owner's message is deleted, and keeps it", deletion_undone),
    wrong("save-that-leaves-out", "It does not save the last message to the file", save_that_leaves_out),
];

/// The account of the attempted action, in the state before.
pub(super) fn concerned<'m>(attempt: &Attempt<'m>) -> Option<(MailboxId, &'m Account)> {
    let mailbox = attempt.action.mailbox().filter(|_| attempt.happened)?;
    Some((mailbox, &attempt.before.accounts[mailbox]))
}

/// The executed step, if it had this result.
pub(super) fn done<'m>(attempt: &Attempt<'m>, wanted: StepResult) -> Option<&'m Act> {
    let executed = attempt.step.filter(|step| step.result == wanted)?;
    Some(&executed.in_procedure(attempt.world).1.act)
}

/// A server of the site other than this one.
fn another(attempt: &Attempt<'_>, server: ServerId) -> ServerId {
    let mut servers = attempt.world.scenario.site.servers.ids();
    servers.find(|other| *other != server).unwrap_or(server)
}

/// Messages that the store has now and did not have before.
pub(super) fn gained(before: &Account, after: &Account, server: ServerId) -> MessageSet {
    after.mailboxes[server].held().without(before.mailboxes[server].held())
}

/// Removes messages from a mailbox, including its in-transit folder.
fn remove(mailbox: &mut Mailbox, gone: MessageSet) {
    if let Mailbox::Present(contents) = mailbox {
        contents.messages = contents.messages.without(gone);
        if let Mark::InTransit { pending, .. } = &mut contents.mark {
            *pending = pending.without(gone);
        }
    }
}

/// Adds messages to the folders of a mailbox; creates the mailbox if it is absent.
fn add(mailbox: &mut Mailbox, messages: MessageSet) {
    let contents = mailbox.contents();
    *mailbox = Mailbox::Present(Contents { messages: contents.messages.with(messages), ..contents });
}

fn late_mail_dropped(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Deliver { .. }) = (concerned(attempt), attempt.action) {
        state.accounts[mailbox].queued = before.queued;
    }
}

fn late_mail_not_deferred(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Deliver { .. }) = (concerned(attempt), attempt.action) {
        let account = &mut state.accounts[mailbox];
        let late = account.queued.without(before.queued);
        let home = before.recipients.values().find_map(|recipient| recipient.home());
        if let Some(home) = home.filter(|_| !late.is_empty()) {
            account.queued = before.queued;
            add(&mut account.mailboxes[home], late);
        }
    }
}

fn good_mail_returned(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Deliver { .. }) = (concerned(attempt), attempt.action) {
        let account = &mut state.accounts[mailbox];
        let new = account.record.accepted.without(before.record.accepted);
        if account.record.accepted.len() == 2 && !new.is_within(account.queued) {
            account.mailboxes.values_mut().for_each(|found| remove(found, new));
            account.record.returned = account.record.returned.with(new);
        }
    }
}

fn mail_to_the_wrong_store(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Deliver { .. }) = (concerned(attempt), attempt.action) {
        let account = &mut state.accounts[mailbox];
        let found = before.mailboxes.ids().find(|server| !gained(before, account, *server).is_empty());
        if let Some(server) = found {
            let new = gained(before, account, server);
            account.mailboxes[server] = before.mailboxes[server];
            add(&mut account.mailboxes[another(attempt, server)], new);
        }
    }
}

fn redelivery_that_drops(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Redeliver { .. }) = (concerned(attempt), attempt.action) {
        state.accounts[mailbox].mailboxes = before.mailboxes;
    }
}

fn redelivery_that_repeats(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Redeliver { .. }) = (concerned(attempt), attempt.action) {
        state.accounts[mailbox].queued = before.queued;
    }
}

fn logon_elsewhere(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::LogOn { .. }) = (concerned(attempt), attempt.action) {
        let account = &mut state.accounts[mailbox];
        let created = before.mailboxes.ids().find(|one| before.mailboxes[*one] != account.mailboxes[*one]);
        if let Some(server) = created {
            account.mailboxes[server] = before.mailboxes[server];
            add(&mut account.mailboxes[another(attempt, server)], MessageSet::EMPTY);
        }
    }
}

fn duplicate_kept(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::CreateMailbox { .. })) =
        (concerned(attempt), done(attempt, StepResult::Duplicate))
    {
        state.accounts[mailbox].mailboxes = before.mailboxes;
    }
}

fn copy_that_takes(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::CopyMessage { .. })) =
        (concerned(attempt), done(attempt, StepResult::Ok))
    {
        let account = &mut state.accounts[mailbox];
        let copied = before
            .mailboxes
            .ids()
            .map(|server| gained(before, account, server))
            .fold(MessageSet::EMPTY, MessageSet::with);
        let sources = before.mailboxes.ids().filter(|server| gained(before, account, *server).is_empty());
        for server in sources.collect::<Vec<_>>() {
            remove(&mut account.mailboxes[server], copied);
        }
    }
}

fn unmark_that_drops(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::Unmark { .. })) = (concerned(attempt), done(attempt, StepResult::Ok)) {
        let account = &mut state.accounts[mailbox];
        let unmarked = |server: &ServerId| before.mailboxes[*server].mark() != account.mailboxes[*server].mark();
        for server in before.mailboxes.ids().filter(unmarked).collect::<Vec<_>>() {
            remove(&mut account.mailboxes[server], before.mailboxes[server].mark().pending());
        }
    }
}

fn restart_that_forgets(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let Action::Recover { server, part: Part::Store } = *attempt.action
        && attempt.happened
    {
        for account in state.accounts.values_mut() {
            let last = account.mailboxes[server].held().iter().last();
            remove(&mut account.mailboxes[server], last.map_or(MessageSet::EMPTY, MessageSet::just));
        }
    }
}

/// Source and destination of the program that died in this attempt.
fn route_of_dead_program(attempt: &Attempt<'_>) -> Option<(MailboxId, ServerId, ServerId)> {
    let Action::Die { mailbox, administrator } = *attempt.action else { return None };
    let run = attempt.world.run_of(administrator, &attempt.before.accounts[mailbox].programs[administrator]);
    attempt.happened.then_some((mailbox, run.from, run.to))
}

fn death_that_wipes(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let Some((mailbox, _, to)) = route_of_dead_program(attempt) {
        state.accounts[mailbox].mailboxes[to] = Mailbox::Absent;
    }
}

fn death_that_unmarks(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let Some((mailbox, from, to)) = route_of_dead_program(attempt) {
        for server in [from, to] {
            if let Mailbox::Present(contents) = &mut state.accounts[mailbox].mailboxes[server] {
                contents.messages = contents.messages.with(contents.mark.pending());
                contents.mark = Mark::Settled;
            }
        }
    }
}

fn second_mailbox_touched(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::SyncDirectory { .. } | Act::RawEdit { .. })) =
        (concerned(attempt), done(attempt, StepResult::Ok))
    {
        let written = state.accounts[mailbox].recipients;
        if written != before.recipients {
            state.accounts.values_mut().for_each(|account| account.recipients = written);
        }
    }
}

fn tombstone_forgotten(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, _)), Some(Act::DeleteRecipient { .. })) = (concerned(attempt), done(attempt, StepResult::Ok))
    {
        for recipient in state.accounts[mailbox].recipients.values_mut() {
            if matches!(recipient, Recipient::Tombstone { .. }) {
                *recipient = Recipient::Absent;
            }
        }
    }
}

fn half_replicated(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Replicate { to, .. }) = (concerned(attempt), *attempt.action)
        && let (Some(old), Recipient::Live { homes, .. }) =
            (before.recipients[to].homes(), &mut state.accounts[mailbox].recipients[to])
    {
        homes.mta = old.mta;
    }
}

fn replication_backwards(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Replicate { from, to, .. }) = (concerned(attempt), *attempt.action) {
        let recipients = &mut state.accounts[mailbox].recipients;
        recipients[from] = before.recipients[to];
        recipients[to] = before.recipients[to];
    }
}

fn edit_that_moves_home(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, _)), Action::Edit { replica, .. }) = (concerned(attempt), *attempt.action)
        && let Recipient::Live { homes, .. } = &mut state.accounts[mailbox].recipients[replica]
    {
        let first = Home::Server(ServerId::at(0));
        *homes = Homes { mdb: first, mta: first };
    }
}

fn deletion_undone(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::OwnerDeletes { .. }) = (concerned(attempt), attempt.action) {
        state.accounts[mailbox].mailboxes = before.mailboxes;
    }
}

fn save_that_leaves_out(attempt: &Attempt<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::Save { .. })) = (concerned(attempt), done(attempt, StepResult::Ok)) {
        let account = &mut state.accounts[mailbox];
        let last = account.saved.without(before.saved).iter().last();
        account.saved = account.saved.without(last.map_or(MessageSet::EMPTY, MessageSet::just));
    }
}
