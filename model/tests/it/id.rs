//! Sets of messages obey the laws of sets.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use stranded_model::id::{Id, MessageId, MessageSet};

fn any_set() -> impl Strategy<Value = MessageSet> {
    prop::collection::vec(0..MessageSet::MESSAGES_MAX, 0..MessageSet::MESSAGES_MAX).prop_map(|indexes| {
        indexes
            .into_iter()
            .map(|index| MessageSet::just(MessageId::at(index)))
            .fold(MessageSet::EMPTY, MessageSet::with)
    })
}

proptest! {
    #[test]
    fn message_sets_obey_the_laws_of_sets(one in any_set(), two in any_set(), three in any_set()) {
        prop_assert_eq!(one.with(two), two.with(one));
        prop_assert_eq!(one.with(two).with(three), one.with(two.with(three)));
        prop_assert_eq!(one.with(one), one);
        prop_assert_eq!(one.with(MessageSet::EMPTY), one);
        prop_assert_eq!(one.common(two), two.common(one));
        prop_assert_eq!(one.common(two).common(three), one.common(two.common(three)));
        prop_assert_eq!(one.common(two.with(three)), one.common(two).with(one.common(three)));
        prop_assert_eq!(one.without(two).with(one.common(two)), one);
        prop_assert!(one.without(two).common(two).is_empty());
        prop_assert_eq!(one.is_within(two), one.with(two) == two);
        prop_assert_eq!(one.len() + two.len(), one.with(two).len() + one.common(two).len());
        prop_assert_eq!(one.is_empty(), one == MessageSet::EMPTY);
    }

    #[test]
    fn a_message_set_is_the_messages_that_it_lists_in_order_of_arrival(set in any_set()) {
        let listed: Vec<MessageId> = set.iter().collect();
        prop_assert!(listed.is_sorted());
        prop_assert_eq!(listed.len(), set.len());
        prop_assert!(listed.iter().all(|message| set.contains(*message)));
        prop_assert_eq!(set.earliest(), listed.first().copied());
        let again = listed.into_iter().map(MessageSet::just).fold(MessageSet::EMPTY, MessageSet::with);
        prop_assert_eq!(again, set);
    }
}

#[test]
fn the_first_messages_are_the_earliest() {
    assert_eq!(MessageSet::first(0), MessageSet::EMPTY);
    let three: Vec<u8> = MessageSet::first(3).iter().map(|message| message.0).collect();
    assert_eq!(three, [0, 1, 2]);
    assert_eq!(MessageSet::first(MessageSet::MESSAGES_MAX).len(), MessageSet::MESSAGES_MAX);
}

#[test]
#[should_panic(expected = "a message beyond the supply")]
fn a_message_beyond_the_capacity_panics() {
    let _ = MessageSet::just(MessageId::at(MessageSet::CAPACITY));
}
