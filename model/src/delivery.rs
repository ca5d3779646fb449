//! Mail and users: routing of messages, logons, and deletes by the owner.

use crate::action::{Part, View};
use crate::assumption::{Assumption, Stray};
use crate::id::{Id, MessageId, MessageSet, ServerId};
use crate::procedure::Act;
use crate::refusal::Refusal;
use crate::scenario::Delivery;
use crate::state::{Account, Contents, Home, Mailbox, Mark, Recipient, Transport};
use crate::table::ENTRIES_MAX;
use crate::world::{Next, World};

/// The destination of a routed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination {
    /// The store of this server.
    Store(ServerId),
    /// The message is returned to its sender.
    Sender,
    /// The queue of the transport.
    Queue,
    /// A mailbox that drops the message without notice. [Q277911]
    Dropped,
}

impl World {
    /// The next message arrives. The transport accepts it and stores, returns, defers or drops it.
    pub(crate) fn deliver(&self, next: &mut Next<'_>, by: View) -> Result<(), Refusal> {
        let arrived = next.account.record.accepted.len();
        if arrived >= self.scenario.site.messages {
            return Err(Refusal::MessagesUsedUp);
        }
        if !self.mail_arrives(&next.account) {
            return Err(Refusal::DeliveryOver);
        }
        let message = MessageSet::just(MessageId::at(arrived));
        let destination = self.route(next, by)?;
        let account = next.account.to_mut();
        account.record.accepted = account.record.accepted.with(message);
        self.deposit(account, message, destination);
        Ok(())
    }

    /// The transport retries a deferred message. [Q248839]
    pub(crate) fn redeliver(&self, next: &mut Next<'_>, message: MessageId, by: View) -> Result<(), Refusal> {
        if !next.account.queued.contains(message) {
            return Err(Refusal::NotQueued);
        }
        let destination = self.route(next, by)?;
        if destination == Destination::Queue {
            return Err(Refusal::StillWaiting);
        }
        let account = next.account.to_mut();
        account.queued = account.queued.without(MessageSet::just(message));
        self.deposit(account, MessageSet::just(message), destination);
        Ok(())
    }

    /// The user logs on to the home; a store without the mailbox creates it. [Q190700]
    pub(crate) fn log_on(&self, next: &mut Next<'_>, by: View) -> Result<(), Refusal> {
        if !self.scenario.environment.logon {
            return Err(Refusal::NotInScenario);
        }
        let server = logon_server(next, by)?;
        match next.account.mailboxes[server] {
            Mailbox::Present(Contents { mark: Mark::InTransit { .. }, .. }) => Err(Refusal::InTransit),
            Mailbox::Present(Contents { mark: Mark::Settled, .. }) => Ok(()),
            Mailbox::Absent => {
                next.account.to_mut().mailboxes[server] = Mailbox::SHELL;
                Ok(())
            }
        }
    }

    /// The owner deletes a message at the home.
    pub(crate) fn owner_deletes(&self, next: &mut Next<'_>, message: MessageId, by: View) -> Result<(), Refusal> {
        let server = logon_server(next, by)?;
        let account = &next.account;
        let left = account.deletes_left.checked_sub(1).ok_or(Refusal::DeletesUsedUp)?;
        let mut contents = match account.mailboxes[server] {
            Mailbox::Present(Contents { mark: Mark::InTransit { .. }, .. }) => return Err(Refusal::InTransit),
            Mailbox::Present(contents) if contents.messages.contains(message) => contents,
            Mailbox::Present(_) | Mailbox::Absent => return Err(Refusal::NoSuchMessage),
        };
        let message = MessageSet::just(message);
        contents.expunge(message, self.tracks.expunged);
        let account = next.account.to_mut();
        account.mailboxes[server] = Mailbox::Present(contents);
        account.deletes_left = left;
        account.record.owner_deleted = account.record.owner_deleted.with(message);
        Ok(())
    }

    fn mail_arrives(&self, account: &Account) -> bool {
        let last = self.scenario.last_run;
        let program = &account.programs[last.administrator];
        let started = |program: &crate::state::Program| program.run > 0 || program.executions > 0;
        match self.scenario.environment.delivery {
            Delivery::Never => false,
            Delivery::Before => !account.programs.values().any(started),
            Delivery::UntilRepair => program.run < last.run || program.executions == 0,
            Delivery::AnyTime => true,
        }
    }

    /// Home-MTA names the server that receives a message, Home-MDB the store; mail for an unknown recipient is
    /// returned. [Q172364, Q230748]
    fn route(&self, next: &Next<'_>, by: View) -> Result<Destination, Refusal> {
        let account = &next.account;
        let view = recipient_in(account, by)?;
        Ok(match account.transport {
            Transport::Held => Destination::Queue,
            Transport::Open => self.follow(next, view),
        })
    }

    fn follow(&self, next: &Next<'_>, mut view: Recipient) -> Destination {
        let account = &next.account;
        // A message that is forwarded more often than there are servers is in a loop and is returned. [Q170478]
        for _ in 0..=ENTRIES_MAX {
            let Some(homes) = view.homes() else { return Destination::Sender };
            let Some(server) = homes.agreed() else {
                let arrives_at = [homes.mta, homes.mdb].into_iter().find_map(Home::server);
                return match (self.assumptions.stray(Assumption::SplitHome), arrives_at) {
                    (Stray::Shell, Some(server)) => self.arrive(next, server),
                    (Stray::Forward, _) => Destination::Queue,
                    (Stray::Shell, None) | (Stray::Return, _) => Destination::Sender,
                };
            };
            let local = account.recipients[server];
            if local.home() == Some(server) {
                return self.arrive(next, server);
            }
            match self.assumptions.stray(Assumption::MisroutedMail) {
                Stray::Shell => return self.arrive(next, server),
                Stray::Return => return Destination::Sender,
                Stray::Forward => view = local,
            }
        }
        Destination::Sender
    }

    /// A store defers mail while it is down or looks empty, and for a mailbox that is moved away from it. [Q248839]
    fn arrive(&self, next: &Next<'_>, server: ServerId) -> Destination {
        let account = &next.account;
        if !next.shared.is_up(server, Part::Store) || account.hidden[server].is_some() {
            return Destination::Queue;
        }
        match account.mailboxes[server].mark() {
            Mark::InTransit { from, .. } if from == server => Destination::Queue,
            Mark::InTransit { .. } => Destination::Store(server),
            Mark::Settled if self.drops_unmarked(account, server) => Destination::Dropped,
            Mark::Settled => Destination::Store(server),
        }
    }

    /// Before 5.5 SP4, a message is lost if it reaches a mailbox after a move creates it and before the move marks it.
    /// [Q277911]
    fn drops_unmarked(&self, account: &Account, server: ServerId) -> bool {
        let is_lost = self.assumptions.value(Assumption::MailBeforeMark) == "lost";
        is_lost
            && account.mailboxes[server].is_present()
            && account.programs.iter().any(|(administrator, program)| {
                let run = self.run_of(administrator, program);
                let Some(execution) = program.execution() else { return false };
                let next = usize::from(execution.next);
                let Act::Mark { at, .. } = run.procedure.steps[next].act else { return false };
                run.to == server && run.server(at) == Some(server) && run.procedure.marks_created_mailbox(next)
            })
    }

    fn deposit(&self, account: &mut Account, message: MessageSet, destination: Destination) {
        match destination {
            Destination::Store(server) => account.mailboxes[server].receive(message),
            Destination::Sender => account.record.returned = account.record.returned.with(message),
            Destination::Queue => account.queued = account.queued.with(message),
            Destination::Dropped => {}
        }
    }
}

/// The recipient in this view.
fn recipient_in(account: &Account, by: View) -> Result<Recipient, Refusal> {
    match by {
        View::Replica(server) => Ok(account.recipients[server]),
        View::Remembered => account.remembered.ok_or(Refusal::NotInScenario),
    }
}

/// The server for a logon: the one that Home-MDB names, if its store answers and shows what it holds. [Q200587]
fn logon_server(next: &Next<'_>, by: View) -> Result<ServerId, Refusal> {
    let homes = recipient_in(&next.account, by)?.homes();
    let server = homes.and_then(|homes| homes.mdb.server()).ok_or(Refusal::NoHome)?;
    if !next.shared.is_up(server, Part::Store) {
        return Err(Refusal::StoreDown);
    }
    if next.account.hidden[server].is_some() {
        return Err(Refusal::LooksEmpty);
    }
    Ok(server)
}

impl Mailbox {
    /// Stores a message: in the in-transit folder of a marked mailbox, in a new shell if the mailbox is absent.
    fn receive(&mut self, message: MessageSet) {
        match self {
            Self::Absent => *self = Self::Present(Contents { messages: message, ..Contents::EMPTY }),
            Self::Present(Contents { mark: Mark::InTransit { pending, .. }, .. }) => *pending = pending.with(message),
            Self::Present(contents) => contents.messages = contents.messages.with(message),
        }
    }
}
