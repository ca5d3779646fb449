//! The model in terms of the protocol: the operation that asks for an action, and the observation that shows a whole state.

use stranded_model::World;
use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::state::{Home, Mailbox, Mark, Recipient, Transport};

use crate::protocol::{HomesObservation, Observation, Operation, RunRequest, StoreObservation};
use crate::sentence::program_step;
use stranded_search::names;
use stranded_search::scenario::Spec;

use super::copies::Copies;
use super::explanation::Explanation;
use super::names::{Names, REMEMBERED, message_name};

/// Returns the step that a program executes with this action, as a sentence; messages have the names of the log. `None` if the
/// action is no step.
#[must_use]
pub fn step_in_words(world: &World, known: &Names<'_>, now: &Explanation, action: &Action) -> Option<String> {
    let Action::Act { mailbox, administrator, message, fate } = *action else { return None };
    let message =
        message.and_then(|message| known.messages(mailbox, now.in_log(mailbox, MessageSet::just(message))).pop());
    let says = program_step(world, &now.state.accounts[mailbox], administrator, message.as_deref(), fate);
    let of =
        if world.scenario.site.mailboxes > 1 { format!(" for {}", names::mailbox(mailbox)) } else { String::new() };
    Some(format!("{} {says}{of}", names::administrator(&world.scenario, administrator)))
}

/// Returns the operation that asks for this action, or `None` if a message of the action has no name.
#[must_use]
pub fn operation(spec: &Spec, known: &Names<'_>, now: &Explanation, action: &Action) -> Option<Operation> {
    let scenario = &spec.scenario;
    let server = |id: ServerId| names::server(scenario, id).to_owned();
    let program = |mailbox: MailboxId, id: AdministratorId| {
        (names::mailbox(mailbox), names::administrator(scenario, id).to_owned())
    };
    let view = |view: View| match view {
        View::Replica(id) => server(id),
        View::Remembered => REMEMBERED.to_owned(),
    };
    let named = |mailbox: MailboxId, message: MessageId| {
        let number = now.arrivals[mailbox].get(message.index())?;
        known.messages(mailbox, MessageSet::just(MessageId(*number))).pop()
    };
    Some(match *action {
        Action::Deliver { mailbox, by } => {
            let has_arrived = |name: &String| {
                let number = known.messages[mailbox].get_index_of(name);
                number.is_some_and(|number| now.arrivals[mailbox].iter().any(|one| usize::from(*one) == number))
            };
            let mut all = (0..).map(MessageId::at).map(|message| message_name(spec, mailbox, message));
            let message = all.find(|name| !has_arrived(name))?;
            Operation::Deliver { mailbox: names::mailbox(mailbox), message, by: view(by) }
        }
        Action::Redeliver { mailbox, message, by } => {
            let message = named(mailbox, message)?;
            Operation::Redeliver { mailbox: names::mailbox(mailbox), message, by: view(by) }
        }
        Action::OwnerDeletes { mailbox, message, by } => {
            let message = named(mailbox, message)?;
            Operation::OwnerDeletes { mailbox: names::mailbox(mailbox), message, by: view(by) }
        }
        Action::LogOn { mailbox, by } => Operation::LogOn { mailbox: names::mailbox(mailbox), by: view(by) },
        Action::Start { mailbox, administrator, run } => {
            let run = &scenario.administrators[administrator.index()].runs[usize::from(run)];
            let (mailbox, administrator) = program(mailbox, administrator);
            Operation::Start {
                run: RunRequest {
                    mailbox,
                    administrator,
                    procedure: run.procedure.name.clone(),
                    from: server(run.from),
                    to: server(run.to),
                    connected_to: server(run.connected_to),
                },
            }
        }
        Action::Act { mailbox, administrator, message: _, fate } => {
            let (mailbox, administrator) = program(mailbox, administrator);
            match fate {
                Fate::Answered => Operation::Act { mailbox, administrator },
                Fate::RequestLost => Operation::RequestLost { mailbox, administrator },
                Fate::ReplyLost => Operation::ReplyLost { mailbox, administrator },
                Fate::RequestLate => Operation::RequestLate { mailbox, administrator },
            }
        }
        Action::TakeEffect { mailbox } => Operation::LateEffect { mailbox: names::mailbox(mailbox) },
        Action::LoseJournal { mailbox, administrator } => {
            let (mailbox, administrator) = program(mailbox, administrator);
            Operation::JournalLost { mailbox, administrator }
        }
        Action::LoseRecent { mailbox, server: id } => {
            Operation::JournalOutlivesMail { mailbox: names::mailbox(mailbox), server: server(id) }
        }
        Action::LookEmpty { mailbox, server: id } => {
            Operation::StoreLooksEmpty { mailbox: names::mailbox(mailbox), server: server(id) }
        }
        Action::Reappear { mailbox, server: id } => {
            Operation::StoreShowsMail { mailbox: names::mailbox(mailbox), server: server(id) }
        }
        Action::Die { mailbox, administrator } => {
            let (mailbox, administrator) = program(mailbox, administrator);
            Operation::ProgramDies { mailbox, administrator }
        }
        Action::Replicate { mailbox, from, to } => {
            Operation::Replicate { mailbox: names::mailbox(mailbox), from: server(from), to: server(to) }
        }
        Action::Refresh { mailbox, from } => {
            Operation::Refresh { mailbox: names::mailbox(mailbox), from: server(from) }
        }
        Action::Edit { mailbox, replica } => {
            Operation::OtherEdit { mailbox: names::mailbox(mailbox), server: server(replica) }
        }
        Action::Fail { server: id, part: Part::Store } => Operation::StoreCrashes { server: server(id) },
        Action::Recover { server: id, part: Part::Store } => Operation::StoreRestarts { server: server(id) },
        Action::Fail { server: id, part: Part::Replica } => Operation::ReplicaUnreachable { server: server(id) },
        Action::Recover { server: id, part: Part::Replica } => Operation::ReplicaReachable { server: server(id) },
    })
}

/// Returns the observation of a mailbox that shows everything.
#[must_use]
pub fn observation(spec: &Spec, known: &Names<'_>, now: &Explanation, mailbox: MailboxId) -> Observation {
    let account = &now.state.accounts[mailbox];
    let name = |id: ServerId| names::server(&spec.scenario, id).to_owned();
    let list = |messages: MessageSet| known.messages(mailbox, now.in_log(mailbox, messages));
    let copies = |found: &Mailbox| {
        let in_log = |messages: MessageSet| now.in_log(mailbox, messages);
        known.copies_of(mailbox, Copies::of(found).map(in_log))
    };
    let home = |home: Home| Some(home.server().map(name));
    let recipient = |found: &Recipient| {
        found.homes().map(|homes| HomesObservation { home_mdb: home(homes.mdb), home_mta: home(homes.mta) })
    };
    let store = |found: &Mailbox| {
        found.is_present().then(|| StoreObservation {
            messages: Some(copies(found)),
            pending: Some(list(found.mark().pending())),
            in_transit: Some(found.mark() != Mark::Settled),
            details: None,
        })
    };
    Observation {
        directory: account.recipients.iter().map(|(id, found)| (name(id), recipient(found))).collect(),
        stores: account.mailboxes.iter().map(|(id, found)| (name(id), store(found))).collect(),
        queued: Some(list(account.queued)),
        returned: Some(list(account.record.returned)),
        saved: Some(list(account.saved)),
        delivery_held: Some(account.transport == Transport::Held),
    }
}
