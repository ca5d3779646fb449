//! Wrong servers: stores and directories that make something else of what they are asked. Each looks at what the model made of
//! one moment, and changes a mailbox, a recipient or the mail under way; none knows why the model did what it did.

use stranded_model::action::{Action, Part};
use stranded_model::id::{Id, MailboxId, MessageSet, ServerId};
use stranded_model::procedure::{Act, StepResult};
use stranded_model::state::{Account, Contents, Home, Homes, Mailbox, Mark, Recipient, State};

use crate::adapter::reference::{Moment, Tampering};
use crate::protocol::Answer;

use super::{Defect, Mutant};

const fn wrong(name: &'static str, says: &'static str, tampering: Tampering) -> Mutant {
    Mutant { name, says, defect: Defect::World(tampering) }
}

/// Every one of them.
pub(super) const ALL: &[Mutant] = &[
    wrong(
        "late-mail-dropped",
        "It drops mail that comes while the mailbox is being moved, without a word",
        late_mail_dropped,
    ),
    wrong("late-mail-not-deferred", "It puts mail into a source that is being moved away", late_mail_not_deferred),
    wrong("good-mail-returned", "It returns the second message of a mailbox to its sender", good_mail_returned),
    wrong(
        "mail-to-the-wrong-store",
        "It puts mail into a new mailbox on another server than the home",
        mail_to_the_wrong_store,
    ),
    wrong("redelivery-that-drops", "It tries a message that waits again, and drops it", redelivery_that_drops),
    wrong(
        "redelivery-that-repeats",
        "It delivers a message that waited, and keeps it in the queue",
        redelivery_that_repeats,
    ),
    wrong(
        "logon-at-the-wrong-server",
        "It creates the mailbox of a user who logs on at a server that is not his home",
        logon_elsewhere,
    ),
    wrong("duplicate-kept", "It says that it found and deleted a duplicate, and has kept it", duplicate_kept),
    wrong("copy-that-takes", "It takes each message away from the source as it copies it", copy_that_takes),
    wrong("unmark-that-drops", "It throws the in-transit folder away when the mark is taken off", unmark_that_drops),
    wrong("restart-that-forgets", "A store that starts again has lost the mail that came last", restart_that_forgets),
    wrong(
        "death-that-wipes",
        "When a program dies, the half-written mailbox at its destination is cleared away",
        death_that_wipes,
    ),
    wrong(
        "death-that-unmarks",
        "When a program dies, its marks are forgotten, and what was deferred may come in",
        death_that_unmarks,
    ),
    wrong(
        "second-mailbox-touched",
        "It changes the home of every mailbox when it is to change one",
        second_mailbox_touched,
    ),
    wrong(
        "tombstone-forgotten",
        "It removes a deleted recipient at once, so that an old version of it can come back",
        tombstone_forgotten,
    ),
    wrong("half-replicated", "It replicates Home-MDB and leaves Home-MTA as it was", half_replicated),
    wrong(
        "replication-backwards",
        "It replicates the version that loses over the version that wins",
        replication_backwards,
    ),
    wrong(
        "edit-that-moves-home",
        "It sets the home back to the first server when somebody edits something else",
        edit_that_moves_home,
    ),
    wrong("deletion-undone", "It says that the owner's message is deleted, and keeps it", deletion_undone),
    wrong("save-that-leaves-out", "It saves all messages but the last to the file", save_that_leaves_out),
];

/// The account that the moment concerns, in the state before.
fn concerned<'m>(moment: &Moment<'m>) -> Option<(MailboxId, &'m Account)> {
    let mailbox = moment.action.mailbox().filter(|_| moment.happened)?;
    Some((mailbox, &moment.before.accounts[mailbox]))
}

/// The step that was done, if it had this result.
fn done<'m>(moment: &Moment<'m>, wanted: StepResult) -> Option<&'m Act> {
    let executed = moment.step.filter(|step| step.result == wanted)?;
    Some(&executed.in_procedure(moment.world).1.act)
}

/// A server of the site that is not this one.
fn another(moment: &Moment<'_>, server: ServerId) -> ServerId {
    let mut servers = moment.world.scenario.site.servers.ids();
    servers.find(|other| *other != server).unwrap_or(server)
}

/// What a store has got that it did not have.
fn gained(before: &Account, after: &Account, server: ServerId) -> MessageSet {
    after.mailboxes[server].held().without(before.mailboxes[server].held())
}

/// Takes messages out of a mailbox, its in-transit folder included.
fn remove(mailbox: &mut Mailbox, gone: MessageSet) {
    if let Mailbox::Present(contents) = mailbox {
        contents.messages = contents.messages.without(gone);
        if let Mark::InTransit { pending, .. } = &mut contents.mark {
            *pending = pending.without(gone);
        }
    }
}

/// Puts messages into the folders of a mailbox, which is there from then on.
fn add(mailbox: &mut Mailbox, messages: MessageSet) {
    let contents = match *mailbox {
        Mailbox::Absent => Contents::EMPTY,
        Mailbox::Present(contents) => contents,
    };
    *mailbox = Mailbox::Present(Contents { messages: contents.messages.with(messages), ..contents });
}

fn late_mail_dropped(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Deliver { .. }) = (concerned(moment), moment.action) {
        state.accounts[mailbox].queued = before.queued;
    }
}

fn late_mail_not_deferred(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Deliver { .. }) = (concerned(moment), moment.action) {
        let account = &mut state.accounts[mailbox];
        let late = account.queued.without(before.queued);
        let home = before.recipients.values().find_map(|recipient| recipient.home());
        if let Some(home) = home.filter(|_| !late.is_empty()) {
            account.queued = before.queued;
            add(&mut account.mailboxes[home], late);
        }
    }
}

fn good_mail_returned(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Deliver { .. }) = (concerned(moment), moment.action) {
        let account = &mut state.accounts[mailbox];
        let new = account.record.accepted.without(before.record.accepted);
        if account.record.accepted.len() == 2 && !new.is_within(account.queued) {
            account.mailboxes.values_mut().for_each(|found| remove(found, new));
            account.record.returned = account.record.returned.with(new);
        }
    }
}

fn mail_to_the_wrong_store(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Deliver { .. }) = (concerned(moment), moment.action) {
        let account = &mut state.accounts[mailbox];
        let found = before.mailboxes.ids().find(|server| !gained(before, account, *server).is_empty());
        if let Some(server) = found {
            let new = gained(before, account, server);
            account.mailboxes[server] = before.mailboxes[server];
            add(&mut account.mailboxes[another(moment, server)], new);
        }
    }
}

fn redelivery_that_drops(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Redeliver { .. }) = (concerned(moment), moment.action) {
        state.accounts[mailbox].mailboxes = before.mailboxes.clone();
    }
}

fn redelivery_that_repeats(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Redeliver { .. }) = (concerned(moment), moment.action) {
        state.accounts[mailbox].queued = before.queued;
    }
}

fn logon_elsewhere(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::LogOn { .. }) = (concerned(moment), moment.action) {
        let account = &mut state.accounts[mailbox];
        let created = before.mailboxes.ids().find(|one| before.mailboxes[*one] != account.mailboxes[*one]);
        if let Some(server) = created {
            account.mailboxes[server] = before.mailboxes[server];
            add(&mut account.mailboxes[another(moment, server)], MessageSet::EMPTY);
        }
    }
}

fn duplicate_kept(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::CreateMailbox { .. })) =
        (concerned(moment), done(moment, StepResult::Duplicate))
    {
        state.accounts[mailbox].mailboxes = before.mailboxes.clone();
    }
}

fn copy_that_takes(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::CopyMessage { .. })) = (concerned(moment), done(moment, StepResult::Ok))
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

fn unmark_that_drops(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::Unmark { .. })) = (concerned(moment), done(moment, StepResult::Ok)) {
        let account = &mut state.accounts[mailbox];
        let unmarked = |server: &ServerId| before.mailboxes[*server].mark() != account.mailboxes[*server].mark();
        for server in before.mailboxes.ids().filter(unmarked).collect::<Vec<_>>() {
            remove(&mut account.mailboxes[server], before.mailboxes[server].mark().pending());
        }
    }
}

fn restart_that_forgets(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let Action::Recover { server, part: Part::Store } = *moment.action
        && moment.happened
    {
        for account in state.accounts.values_mut() {
            let last = account.mailboxes[server].held().iter().last();
            remove(&mut account.mailboxes[server], last.map_or(MessageSet::EMPTY, MessageSet::just));
        }
    }
}

/// The servers between which a program that has just died was moving.
fn route_of_the_dead(moment: &Moment<'_>) -> Option<(MailboxId, ServerId, ServerId)> {
    let Action::Die { mailbox, administrator } = *moment.action else { return None };
    let run = moment.world.run_of(administrator, &moment.before.accounts[mailbox].programs[administrator]);
    moment.happened.then_some((mailbox, run.from, run.to))
}

fn death_that_wipes(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let Some((mailbox, _, to)) = route_of_the_dead(moment) {
        state.accounts[mailbox].mailboxes[to] = Mailbox::Absent;
    }
}

fn death_that_unmarks(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let Some((mailbox, from, to)) = route_of_the_dead(moment) {
        for server in [from, to] {
            if let Mailbox::Present(contents) = &mut state.accounts[mailbox].mailboxes[server] {
                contents.messages = contents.messages.with(contents.mark.pending());
                contents.mark = Mark::Settled;
            }
        }
    }
}

fn second_mailbox_touched(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::SyncDirectory { .. } | Act::RawEdit { .. })) =
        (concerned(moment), done(moment, StepResult::Ok))
    {
        let written = state.accounts[mailbox].recipients.clone();
        if written != before.recipients {
            state.accounts.values_mut().for_each(|account| account.recipients = written.clone());
        }
    }
}

fn tombstone_forgotten(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, _)), Some(Act::DeleteRecipient { .. })) = (concerned(moment), done(moment, StepResult::Ok)) {
        for recipient in state.accounts[mailbox].recipients.values_mut() {
            if matches!(recipient, Recipient::Tombstone { .. }) {
                *recipient = Recipient::Absent;
            }
        }
    }
}

fn half_replicated(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Replicate { to, .. }) = (concerned(moment), *moment.action)
        && let (Some(old), Recipient::Live { homes, .. }) =
            (before.recipients[to].homes(), &mut state.accounts[mailbox].recipients[to])
    {
        homes.mta = old.mta;
    }
}

fn replication_backwards(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::Replicate { from, to, .. }) = (concerned(moment), *moment.action) {
        let recipients = &mut state.accounts[mailbox].recipients;
        recipients[from] = before.recipients[to];
        recipients[to] = before.recipients[to];
    }
}

fn edit_that_moves_home(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, _)), Action::Edit { replica, .. }) = (concerned(moment), *moment.action)
        && let Recipient::Live { homes, .. } = &mut state.accounts[mailbox].recipients[replica]
    {
        let first = Home::Server(ServerId::at(0));
        *homes = Homes { mdb: first, mta: first };
    }
}

fn deletion_undone(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Action::OwnerDeletes { .. }) = (concerned(moment), moment.action) {
        state.accounts[mailbox].mailboxes = before.mailboxes.clone();
    }
}

fn save_that_leaves_out(moment: &Moment<'_>, state: &mut State, _answer: &mut Answer) {
    if let (Some((mailbox, before)), Some(Act::Save { .. })) = (concerned(moment), done(moment, StepResult::Ok)) {
        let account = &mut state.accounts[mailbox];
        let last = account.saved.without(before.saved).iter().last();
        account.saved = account.saved.without(last.map_or(MessageSet::EMPTY, MessageSet::just));
    }
}
