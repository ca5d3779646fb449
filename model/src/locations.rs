//! Locations of messages: all locations of an account, and the abstraction that gives messages in the same locations
//! one number. This module does not know what a location is for, or how a message gets there.

use arrayvec::ArrayVec;

use crate::id::{Id, MessageId, MessageSet};
use crate::state::{Account, Contents, Execution, Mailbox, Mark, Memory, Phase, State};
use crate::table::ENTRIES_MAX;

/// The number of the tracked message.
pub const TRACKED: MessageId = MessageId(0);

/// The sets of messages of a mailbox.
const SETS_OF_A_MAILBOX: usize = 6;
/// The sets of messages of a program.
const SETS_OF_A_PROGRAM: usize = 4;
/// The most locations of an account: two mailboxes in every store, one of them hidden, the programs, the queue, the saved
/// file and a late request.
const LOCATIONS_MAX: usize = (2 * SETS_OF_A_MAILBOX + SETS_OF_A_PROGRAM) * ENTRIES_MAX + 3;

/// Returns the abstraction of a state with numbered messages that tracks this message, which may not have arrived. The
/// same number is tracked in every mailbox.
#[must_use]
pub fn abstraction_of(state: &State, message: MessageId) -> State {
    let mut abstracted = state.clone();
    for account in abstracted.accounts.values_mut() {
        renumber(account, message);
        fold(account);
    }
    abstracted
}

/// Returns the abstractions of states with numbered messages, for every message that has arrived and one that has not.
#[must_use]
pub fn abstractions_of(states: &[State]) -> Vec<State> {
    let numbered = || (0..MessageSet::CAPACITY).map(MessageId::at);
    let mut abstracted = Vec::new();
    for state in states {
        let has_arrived =
            |message: &MessageId| state.accounts.values().any(|account| account.record.accepted.contains(*message));
        let to_come = numbered().find(|message| !has_arrived(message));
        abstracted.extend(numbered().filter(has_arrived).chain(to_come).map(|message| abstraction_of(state, message)));
    }
    abstracted.sort();
    abstracted.dedup();
    abstracted
}

/// The numbers of the untracked messages.
pub(crate) fn untracked(account: &Account) -> MessageSet {
    locations(account).fold(MessageSet::EMPTY, MessageSet::with).without(MessageSet::just(TRACKED))
}

/// The count of numbers in use: of the tracked message and of untracked messages.
pub(crate) fn numbers_in_use(account: &Account) -> usize {
    1 + untracked(account).len()
}

/// The messages in every location that keeps them or remembers them.
fn locations(account: &Account) -> impl Iterator<Item = MessageSet> {
    let in_mailbox = |mailbox: &Mailbox| match mailbox {
        Mailbox::Absent => [MessageSet::EMPTY; SETS_OF_A_MAILBOX],
        Mailbox::Present(Contents { messages, duplicated, began_twice, recent, expunged, mark }) => {
            [*messages, *duplicated, *began_twice, *recent, *expunged, mark.pending()]
        }
    };
    let shown = account.mailboxes.values().flat_map(in_mailbox);
    let hidden = account.hidden.values().flat_map(move |mailbox| in_mailbox(&mailbox.unwrap_or(Mailbox::Absent)));
    let in_programs = account.programs.values().flat_map(|program| match &program.phase {
        Phase::Idle => [program.journal, MessageSet::EMPTY, MessageSet::EMPTY, MessageSet::EMPTY],
        Phase::Running(execution) => {
            [program.journal, execution.required, execution.memory.listed, execution.memory.copied]
        }
    });
    let late = account.late.map_or(MessageSet::EMPTY, |request| request.message);
    shown.chain(hidden).chain([account.queued, account.saved, late]).chain(in_programs)
}

/// Changes the messages in every location, in the order of [`locations`]. The closure also receives one empty set for
/// each absent location; its change has no effect.
pub(crate) fn each_location(account: &mut Account, mut change: impl FnMut(&mut MessageSet)) {
    let mut in_mailbox = |mailbox: Option<&mut Mailbox>| match mailbox {
        None | Some(Mailbox::Absent) => [MessageSet::EMPTY; SETS_OF_A_MAILBOX].iter_mut().for_each(&mut change),
        Some(Mailbox::Present(Contents { messages, duplicated, began_twice, recent, expunged, mark })) => {
            [messages, duplicated, began_twice, recent, expunged].into_iter().for_each(&mut change);
            match mark {
                Mark::InTransit { pending, .. } => change(pending),
                Mark::Settled => change(&mut MessageSet::default()),
            }
        }
    };
    account.mailboxes.values_mut().for_each(|mailbox| in_mailbox(Some(mailbox)));
    account.hidden.values_mut().for_each(|mailbox| in_mailbox(mailbox.as_mut()));
    change(&mut account.queued);
    change(&mut account.saved);
    match &mut account.late {
        Some(request) => change(&mut request.message),
        None => change(&mut MessageSet::default()),
    }
    for program in account.programs.values_mut() {
        change(&mut program.journal);
        match &mut program.phase {
            Phase::Idle => [MessageSet::EMPTY; SETS_OF_A_PROGRAM - 1].iter_mut().for_each(&mut change),
            Phase::Running(Execution { required, memory: Memory { listed, copied, .. }, .. }) => {
                [required, listed, copied].into_iter().for_each(&mut change);
            }
        }
    }
}

/// Swaps the numbers of message 0 and another message.
pub(crate) fn renumber(account: &mut Account, other: MessageId) {
    let (first, second) = (MessageSet::just(TRACKED), MessageSet::just(other));
    let exchange = |set: &mut MessageSet| {
        let moved = |from: MessageSet, to| if set.common(from).is_empty() { MessageSet::EMPTY } else { to };
        let moved = moved(first, second).with(moved(second, first));
        *set = set.without(first.with(second)).with(moved);
    };
    each_location(account, exchange);
    each_record(account, exchange);
}

/// Changes the messages in the record.
fn each_record(account: &mut Account, change: impl FnMut(&mut MessageSet)) {
    let record = &mut account.record;
    [&mut record.accepted, &mut record.returned, &mut record.owner_deleted, &mut record.destroyed]
        .into_iter()
        .for_each(change);
}

/// Gives untracked messages in the same locations the same number, numbers them in a fixed order, and forgets the rest
/// of their record.
pub(crate) fn fold(account: &mut Account) {
    let tracked = MessageSet::just(TRACKED);
    let deleted = account.record.owner_deleted;
    let found: ArrayVec<MessageSet, { LOCATIONS_MAX + 1 }> = locations(account).chain([deleted]).collect();
    // One bit for each location of an untracked message, the last for the record that its owner deleted it.
    let locations_of = |other: MessageId| {
        found.iter().enumerate().fold(0, |bits, (index, set)| bits | (u128::from(set.contains(other)) << index))
    };
    let mut patterns: ArrayVec<u128, { MessageSet::CAPACITY }> = ArrayVec::new();
    for pattern in untracked(account).iter().map(locations_of) {
        if let Err(index) = patterns.binary_search(&pattern) {
            patterns.insert(index, pattern);
        }
    }
    let renumbered = |set: MessageSet, index: usize| {
        let members = (1..).zip(&patterns).filter(|(_, pattern)| *pattern >> index & 1 == 1);
        let members = members.map(|(number, _)| MessageSet::just(MessageId::at(number)));
        members.fold(set.common(tracked), MessageSet::with)
    };
    let mut index = 0;
    each_location(account, |set| {
        *set = renumbered(*set, index);
        index += 1;
    });
    each_record(account, |set| *set = set.common(tracked));
    account.record.owner_deleted = renumbered(deleted, index);
}
