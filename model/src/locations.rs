//! Where messages are: every place that an account has, messages in the same places that share a number, and how a state looks
//! to one message. What a place is for, or how a message gets there, is not known here.

use arrayvec::ArrayVec;

use crate::counter_abstraction::TRACKED;
use crate::id::{Id, MessageId, MessageSet};
use crate::state::{Account, Mailbox, Mark, State};
use crate::table::ENTRIES_MAX;

/// The places that an account has: three in every store, the queue and the saved file.
const LOCATIONS_MAX: usize = 3 * ENTRIES_MAX + 2;

/// How a state with numbered messages looks to one of them, which may not have arrived yet. Of all mailboxes it is the message
/// with this number.
#[must_use]
pub fn abstraction_of(state: &State, message: MessageId) -> State {
    let mut abstracted = state.clone();
    for account in abstracted.accounts.values_mut() {
        renumber(account, message);
        fold(account);
    }
    abstracted
}

/// How states with numbered messages look to every message that has arrived in them, and to one that has not.
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

/// The numbers that stand for others.
pub(crate) fn untracked(account: &Account) -> MessageSet {
    locations(account).fold(MessageSet::EMPTY, MessageSet::with).without(MessageSet::just(TRACKED))
}

/// How many numbers are in use: the tracked message's, those of others, and those that count deleted ones.
pub(crate) fn numbers_in_use(account: &Account) -> usize {
    1 + untracked(account).len() + account.record.owner_deleted.without(MessageSet::just(TRACKED)).len()
}

/// What is in every place that keeps messages, or remembers that it had them.
fn locations(account: &Account) -> impl Iterator<Item = MessageSet> {
    let in_stores = account.mailboxes.values().flat_map(|mailbox| match mailbox {
        Mailbox::Absent => [MessageSet::EMPTY; 3],
        Mailbox::Present(contents) => [contents.messages, contents.expunged, contents.mark.pending()],
    });
    in_stores.chain([account.queued, account.saved])
}

/// Changes what is in every place, in the order of [`places`]. Nothing is in a place that is not there, whatever is made of it.
pub(crate) fn each_location(account: &mut Account, mut change: impl FnMut(&mut MessageSet)) {
    for mailbox in account.mailboxes.values_mut() {
        let mut unused = [MessageSet::EMPTY; 3];
        match mailbox {
            Mailbox::Absent => unused.iter_mut().for_each(&mut change),
            Mailbox::Present(contents) => {
                change(&mut contents.messages);
                change(&mut contents.expunged);
                match &mut contents.mark {
                    Mark::InTransit { pending, .. } => change(pending),
                    Mark::Settled => change(&mut unused[0]),
                }
            }
        }
    }
    change(&mut account.queued);
    change(&mut account.saved);
}

/// Lets the message with number 0 and another change numbers.
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

/// Changes what the record says of messages.
fn each_record(account: &mut Account, change: impl FnMut(&mut MessageSet)) {
    let record = &mut account.record;
    [&mut record.accepted, &mut record.returned, &mut record.owner_deleted, &mut record.destroyed]
        .into_iter()
        .for_each(change);
}

/// Gives others that are in the same places the same number, numbers them in a fixed order, and forgets all else about them.
pub(crate) fn fold(account: &mut Account) {
    let tracked = MessageSet::just(TRACKED);
    let found: ArrayVec<MessageSet, LOCATIONS_MAX> = locations(account).collect();
    // Where an other is, as one bit for each place.
    let locations_of = |other: MessageId| {
        found.iter().enumerate().fold(0, |bits, (index, set)| bits | (u16::from(set.contains(other)) << index))
    };
    let mut patterns: ArrayVec<u16, { MessageSet::CAPACITY }> = ArrayVec::new();
    for pattern in untracked(account).iter().map(locations_of) {
        if let Err(index) = patterns.binary_search(&pattern) {
            patterns.insert(index, pattern);
        }
    }
    let mut index = 0;
    each_location(account, |set| {
        let members = (1..).zip(&patterns).filter(|(_, pattern)| *pattern >> index & 1 == 1);
        let members = members.map(|(number, _)| MessageSet::just(MessageId::at(number)));
        *set = members.fold(set.common(tracked), MessageSet::with);
        index += 1;
    });
    let deleted = account.record.owner_deleted.without(tracked).len();
    each_record(account, |set| *set = set.common(tracked));
    let in_use = 1 + patterns.len();
    let counted = MessageSet::first(in_use + deleted).without(MessageSet::first(in_use));
    account.record.owner_deleted = account.record.owner_deleted.with(counted);
}
