//! The value of each property in a state, in one sentence that names messages, servers and administrators.

use stranded_model::World;
use stranded_model::id::{MailboxId, MessageSet};
use stranded_model::property::Safety;
use stranded_model::state::{Account, Mark, State};

use super::picture::home;
use stranded_search::names;
use stranded_search::state_view::{self, AccountView};

/// The status of a safety property in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyStatus {
    /// It is true.
    True,
    /// It is about quiescent mailboxes, and none is quiescent.
    NotQuiescent,
    /// It is violated.
    Violated,
}

impl PropertyStatus {
    /// Returns the status of a property.
    #[must_use]
    pub fn of(world: &World, state: &State, property: Safety) -> Self {
        let quiescent = |account: &Account| world.is_quiescent(account, &state.shared);
        if !property.holds(world, state) {
            Self::Violated
        } else if needs_quiescence(property) && !state.accounts.values().any(quiescent) {
            Self::NotQuiescent
        } else {
            Self::True
        }
    }

    /// Returns the name that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::NotQuiescent => "not-quiescent",
            Self::Violated => "violated",
        }
    }
}

fn needs_quiescence(property: Safety) -> bool {
    match property {
        Safety::HomeCoherent | Safety::Reachable | Safety::OneHome | Safety::NoDuplicates => true,
        Safety::NoLoss
        | Safety::NoLastCopyDelete
        | Safety::NoFalseSuccess
        | Safety::NoSelfMove
        | Safety::TransitOwned => false,
    }
}

/// Returns one sentence without a full stop; with several mailboxes a clause for each, or for each that violates the property. `owner` is
/// the name of an administrator in a sentence.
#[must_use]
pub fn values(world: &World, state: &State, property: Safety, owner: &dyn Fn(&str) -> String) -> String {
    if PropertyStatus::of(world, state, property) == PropertyStatus::NotQuiescent {
        return "checked once everything has finished".to_owned();
    }
    let many = state.accounts.count() > 1;
    let shown = state_view::show(&world.scenario, state);
    let clause = |(id, account): (MailboxId, &Account)| {
        let says = of_account(world, account, &shown.mailboxes[&names::mailbox(id)], property, owner);
        if many { format!("{}: {says}", names::mailbox(id)) } else { says }
    };
    let violated = |(_, account): &(MailboxId, &Account)| !property.holds_for(world, account, &state.shared);
    let clauses: Vec<String> = if property.holds(world, state) {
        state.accounts.iter().map(clause).collect()
    } else {
        state.accounts.iter().filter(violated).map(clause).collect()
    };
    clauses.join("; ")
}

fn of_account(
    world: &World,
    account: &Account,
    shown: &AccountView,
    property: Safety,
    owner: &dyn Fn(&str) -> String,
) -> String {
    match property {
        Safety::NoLoss => kept(account),
        Safety::NoLastCopyDelete => match list(account.record.destroyed) {
            None => "no step has deleted the last copy of a message".to_owned(),
            Some(destroyed) => format!("a step deleted the last copy of {destroyed}"),
        },
        Safety::NoFalseSuccess if account.record.false_success => {
            "a run reported ok, but the move was never complete".to_owned()
        }
        Safety::NoFalseSuccess => "every run that reported ok had completed its move".to_owned(),
        Safety::HomeCoherent | Safety::Reachable => {
            format!("{}; {}", homes(world, shown), stores(world, account))
        }
        Safety::NoSelfMove if account.record.self_move => {
            "a directory step was given the same server as its source and its destination".to_owned()
        }
        Safety::NoSelfMove => "every directory step so far named two different servers".to_owned(),
        Safety::TransitOwned => transit(world, account, owner),
        Safety::OneHome => stores(world, account),
        Safety::NoDuplicates => copies(world, account),
    }
}

fn kept(account: &Account) -> String {
    let (outstanding, lost) = (account.outstanding(), account.lost());
    match (outstanding.len(), lost.len()) {
        (0, _) => "the owner has no messages".to_owned(),
        (all, 0) => format!("{all} of {all} messages are kept"),
        (all, some) => {
            format!("{some} of {all} messages lost: {}", list(lost).unwrap_or_default())
        }
    }
}

fn homes(world: &World, shown: &AccountView) -> String {
    let servers = world.scenario.site.servers.values();
    let mut homes: Vec<String> = servers.map(|server| home(shown.directory[server].as_ref())).collect();
    homes.dedup();
    match &homes[..] {
        [one] => format!("the home is {one}"),
        _ => format!("replicas name different homes: {}", homes.join(", ")),
    }
}

fn stores(world: &World, account: &Account) -> String {
    let held = account.mailboxes.iter().filter_map(|(server, mailbox)| {
        let verb = if mailbox.held().len() == 1 { "is" } else { "are" };
        Some(format!("{} {verb} on {}", list(mailbox.held())?, names::server(&world.scenario, server)))
    });
    let held: Vec<String> = held.collect();
    if held.is_empty() { "no store holds a message".to_owned() } else { held.join(", ") }
}

fn copies(world: &World, account: &Account) -> String {
    let duplicated = account.mailboxes.iter().filter_map(|(server, mailbox)| {
        let duplicated = list(mailbox.contents().duplicated)?;
        Some(format!("{} holds {duplicated} more than once", names::server(&world.scenario, server)))
    });
    let duplicated: Vec<String> = duplicated.collect();
    if duplicated.is_empty() { "no store holds a duplicate".to_owned() } else { duplicated.join("; ") }
}

fn transit(world: &World, account: &Account, owner_name: &dyn Fn(&str) -> String) -> String {
    let marked = account.mailboxes.iter().filter_map(|(server, mailbox)| match mailbox.mark() {
        Mark::Settled => None,
        Mark::InTransit { owner, .. } => {
            let program = &account.programs[owner];
            let state = match (program.is_running(), program.owes_retry) {
                (true, _) => "is running",
                (false, true) => "owes a retry",
                (false, false) => "neither runs nor owes a retry",
            };
            let server = names::server(&world.scenario, server);
            let owner = owner_name(names::administrator(&world.scenario, owner));
            Some(format!("the mailbox on {server} is in transit for {owner}, who {state}"))
        }
    });
    let marked: Vec<String> = marked.collect();
    if marked.is_empty() { "no mailbox is in transit".to_owned() } else { marked.join("; ") }
}

fn list(messages: MessageSet) -> Option<String> {
    (!messages.is_empty()).then(|| names::messages(messages).join(", "))
}
