//! What a property comes to in a state, in one sentence of values: not only whether it is true, but of what.

use stranded_model::World;
use stranded_model::id::{MailboxId, MessageSet};
use stranded_model::property::Safety;
use stranded_model::state::{Account, Mark, State};

use super::story::home;
use stranded_search::names;

/// Whether a property is true in a state, and whether it says anything there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is true.
    True,
    /// It is true because it speaks of a site at rest, and this one is not.
    NotQuiescent,
    /// It is not true.
    Broken,
}

impl Standing {
    /// How a property stands.
    #[must_use]
    pub fn of(world: &World, state: &State, property: Safety) -> Self {
        let quiescent = |account: &Account| world.is_quiescent(account, &state.shared);
        if !property.holds(world, state) {
            Self::Broken
        } else if needs_quiescence(property) && !state.accounts.values().any(quiescent) {
            Self::NotQuiescent
        } else {
            Self::True
        }
    }

    /// The word that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::NotQuiescent => "not-quiescent",
            Self::Broken => "broken",
        }
    }
}

fn needs_quiescence(property: Safety) -> bool {
    match property {
        Safety::HomeCoherent | Safety::Reachable | Safety::OneHome => true,
        Safety::NoLoss
        | Safety::NoLastCopyDelete
        | Safety::NoFalseSuccess
        | Safety::NoSelfMove
        | Safety::TransitOwned => false,
    }
}

/// One sentence of values, without a full stop; with several mailboxes one clause for each that has something to say.
#[must_use]
pub fn values(world: &World, state: &State, property: Safety) -> String {
    if Standing::of(world, state, property) == Standing::NotQuiescent {
        return "not judged before everything is at rest".to_owned();
    }
    let many = state.accounts.count() > 1;
    let clause = |(id, account): (MailboxId, &Account)| {
        let says = of_account(world, account, property);
        if many { format!("{}: {says}", names::mailbox(id)) } else { says }
    };
    let broken = |(_, account): &(MailboxId, &Account)| !property.holds_for(world, account, &state.shared);
    let reported: Vec<String> = if property.holds(world, state) {
        state.accounts.iter().map(clause).collect()
    } else {
        state.accounts.iter().filter(broken).map(clause).collect()
    };
    reported.join("; ")
}

fn of_account(world: &World, account: &Account, property: Safety) -> String {
    match property {
        Safety::NoLoss => kept(account),
        Safety::NoLastCopyDelete => match list(account.record.destroyed) {
            None => "no step has deleted a message that was nowhere else".to_owned(),
            Some(destroyed) => format!("a step deleted the last copy of {destroyed}"),
        },
        Safety::NoFalseSuccess if account.record.false_success => {
            "a run reported ok, and the move was not done at any moment of it".to_owned()
        }
        Safety::NoFalseSuccess => "no run has reported ok without having done its move".to_owned(),
        Safety::HomeCoherent | Safety::Reachable => {
            format!("{}; {}", homes(world, account), where_kept(world, account))
        }
        Safety::NoSelfMove if account.record.self_move => {
            "a directory step was given the same server as its source and its destination".to_owned()
        }
        Safety::NoSelfMove => "every directory step so far named two different servers".to_owned(),
        Safety::TransitOwned => transit(world, account),
        Safety::OneHome => where_kept(world, account),
    }
}

fn kept(account: &Account) -> String {
    let (owed, lost) = (account.outstanding(), account.lost());
    match (owed.len(), lost.len()) {
        (0, _) => "no message is owed to the owner".to_owned(),
        (all, 0) => format!("{all} of {all} messages are kept somewhere"),
        (all, some) => {
            let verb = if some == 1 { "is" } else { "are" };
            format!("{some} of {all} messages {verb} in no store: {}", list(lost).unwrap_or_default())
        }
    }
}

fn homes(world: &World, account: &Account) -> String {
    let mut said: Vec<String> = account.recipients.values().map(|recipient| home(world, recipient)).collect();
    said.dedup();
    match &said[..] {
        [one] => format!("the home is {one}"),
        _ => format!("replicas say different homes: {}", said.join(", ")),
    }
}

fn where_kept(world: &World, account: &Account) -> String {
    let held = account.mailboxes.iter().filter_map(|(server, mailbox)| {
        let verb = if mailbox.held().len() == 1 { "is" } else { "are" };
        Some(format!("{} {verb} on {}", list(mailbox.held())?, names::server(&world.scenario, server)))
    });
    let held: Vec<String> = held.collect();
    if held.is_empty() { "no store holds a message".to_owned() } else { held.join(", ") }
}

fn transit(world: &World, account: &Account) -> String {
    let marked = account.mailboxes.iter().filter_map(|(server, mailbox)| match mailbox.mark() {
        Mark::Settled => None,
        Mark::InTransit { owner, .. } => {
            let program = &account.programs[owner];
            let state = match (program.is_running(), program.owes_retry) {
                (true, _) => "is running",
                (false, true) => "owes a retry",
                (false, false) => "has gone away",
            };
            let (server, owner) = (names::server(&world.scenario, server), owner_name(world, owner));
            Some(format!("the mailbox on {server} is in transit for {owner}, who {state}"))
        }
    });
    let marked: Vec<String> = marked.collect();
    if marked.is_empty() { "no mailbox is in transit".to_owned() } else { marked.join("; ") }
}

fn owner_name(world: &World, owner: stranded_model::id::AdministratorId) -> &str {
    names::administrator(&world.scenario, owner)
}

fn list(messages: MessageSet) -> Option<String> {
    (!messages.is_empty()).then(|| names::messages(messages).join(", "))
}
