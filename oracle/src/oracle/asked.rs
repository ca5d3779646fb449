//! An action of the model as it is asked of an implementation: the way back from `step`.

use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};

use crate::protocol::Operation;
use crate::protocol::operation::Run;
use stranded_search::names;
use stranded_search::scenario::Spec;

use super::step::{Names, REMEMBERED, message_name};

/// What an implementation is asked to do so that this action happens; `None` if a message of it has no name.
#[must_use]
pub fn operation(spec: &Spec, known: &Names<'_>, now: &super::Explanation, action: &Action) -> Option<Operation> {
    let scenario = &spec.scenario;
    let server = |id: ServerId| names::server(scenario, id).to_owned();
    let person = |id: AdministratorId| names::administrator(scenario, id).to_owned();
    let view = |view: View| match view {
        View::Replica(id) => server(id),
        View::Remembered => REMEMBERED.to_owned(),
    };
    let message = |mailbox: MailboxId, message: MessageId| {
        let number = now.arrivals[mailbox].get(message.index())?;
        known.messages(mailbox, MessageSet::just(MessageId(*number))).pop()
    };
    let called = names::mailbox;
    Some(match *action {
        Action::Deliver { mailbox, by } => {
            let fresh = (0..).map(MessageId::at).map(|message| message_name(spec, mailbox, message));
            let is_known = |name: &String| known.messages[mailbox].get_index_of(name);
            let arrived = |name: &String| {
                is_known(name).is_some_and(|number| now.arrivals[mailbox].iter().any(|one| usize::from(*one) == number))
            };
            let message = fresh.into_iter().find(|name| !arrived(name))?;
            Operation::Deliver { mailbox: called(mailbox), message, by: view(by) }
        }
        Action::Redeliver { mailbox, message: which, by } => {
            Operation::Redeliver { mailbox: called(mailbox), message: message(mailbox, which)?, by: view(by) }
        }
        Action::OwnerDeletes { mailbox, message: which, by } => {
            Operation::OwnerDeletes { mailbox: called(mailbox), message: message(mailbox, which)?, by: view(by) }
        }
        Action::LogOn { mailbox, by } => Operation::LogOn { mailbox: called(mailbox), by: view(by) },
        Action::Start { mailbox, administrator, run } => {
            let run = &scenario.administrators[administrator.index()].runs[usize::from(run)];
            Operation::Start {
                run: Run {
                    mailbox: called(mailbox),
                    administrator: person(administrator),
                    procedure: run.procedure.name.clone(),
                    from: server(run.from),
                    to: server(run.to),
                    connected_to: server(run.connected_to),
                },
            }
        }
        Action::Act { mailbox, administrator, fate } => {
            let (mailbox, administrator) = (called(mailbox), person(administrator));
            match fate {
                Fate::Answered => Operation::Act { mailbox, administrator },
                Fate::RequestLost => Operation::RequestLost { mailbox, administrator },
                Fate::ReplyLost => Operation::ReplyLost { mailbox, administrator },
            }
        }
        Action::Die { mailbox, administrator } => {
            Operation::ProgramDies { mailbox: called(mailbox), administrator: person(administrator) }
        }
        Action::Replicate { mailbox, from, to } => {
            Operation::Replicate { mailbox: called(mailbox), from: server(from), to: server(to) }
        }
        Action::Refresh { mailbox, from } => Operation::Refresh { mailbox: called(mailbox), from: server(from) },
        Action::Edit { mailbox, replica } => Operation::OtherEdit { mailbox: called(mailbox), server: server(replica) },
        Action::Fail { server: id, part: Part::Store } => Operation::StoreCrashes { server: server(id) },
        Action::Recover { server: id, part: Part::Store } => Operation::StoreRestarts { server: server(id) },
        Action::Fail { server: id, part: Part::Replica } => Operation::ReplicaUnreachable { server: server(id) },
        Action::Recover { server: id, part: Part::Replica } => Operation::ReplicaReachable { server: server(id) },
    })
}
