//! What each safety property says of a state: the nearest state in which it holds, and the nearest in which it does not.

use stranded_model::procedure::Outcome;
use stranded_model::property::Safety;
use stranded_model::state::{Account, Home, Homes, Recipient};

use crate::small::*;

/// Whether the property is true at rest, after this was done to the account.
fn holds(property: Safety, disturb: impl FnOnce(&mut Account)) -> bool {
    let world = world(&site(vec![reporting(Outcome::Failed), reporting(Outcome::Ok)]));
    let mut state = after(&world, &world.initial[0], &[START, ACT, start(1), ACT]);
    state.accounts[MAILBOX].record = Default::default();
    disturb(&mut state.accounts[MAILBOX]);
    property.holds(&world, &state)
}

fn homes(mdb: Home, mta: Home) -> Recipient {
    Recipient::Live { homes: Homes { mdb, mta }, stamp: Default::default() }
}

#[test]
fn a_message_that_is_nowhere_is_a_loss() {
    assert!(!holds(Safety::NoLoss, |account| account.record.accepted = messages(&[0])));
}

#[test]
fn a_message_in_a_store_in_the_queue_in_a_file_returned_or_deleted_by_its_owner_is_no_loss() {
    let rows: [&dyn Fn(&mut Account); 6] = [
        &|account| account.put(DESTINATION, holding(&[0])),
        &|account| account.put(DESTINATION, marked(FIRST, &[], &[0])),
        &|account| account.queued = messages(&[0]),
        &|account| account.saved = messages(&[0]),
        &|account| account.record.returned = messages(&[0]),
        &|account| account.record.owner_deleted = messages(&[0]),
    ];
    for keep in rows {
        assert!(holds(Safety::NoLoss, |account| {
            account.record.accepted = messages(&[0]);
            keep(account);
        }));
    }
}

#[test]
fn what_the_observer_wrote_down_breaks_its_property() {
    assert!(holds(Safety::NoLastCopyDelete, |_| {}));
    assert!(!holds(Safety::NoLastCopyDelete, |account| account.record.destroyed = messages(&[0])));
    assert!(holds(Safety::NoFalseSuccess, |_| {}));
    assert!(!holds(Safety::NoFalseSuccess, |account| account.record.false_success = true));
    assert!(holds(Safety::NoSelfMove, |_| {}));
    assert!(!holds(Safety::NoSelfMove, |account| account.record.self_move = true));
}

#[test]
fn homes_that_differ_or_are_malformed_are_incoherent_and_no_recipient_has_none() {
    let (source, destination) = (Home::Server(SOURCE), Home::Server(DESTINATION));
    for recipient in [homes(source, destination), homes(source, Home::Malformed), homes(Home::Malformed, source)] {
        assert!(!holds(Safety::HomeCoherent, |account| account.set_recipient(recipient)));
    }
    for recipient in [homes(source, source), TOMBSTONE, Recipient::Absent] {
        assert!(holds(Safety::HomeCoherent, |account| account.set_recipient(recipient)));
    }
}

#[test]
fn what_is_judged_at_rest_is_not_judged_before() {
    let unrest = |account: &mut Account| account.programs[FIRST].owes_retry = true;
    let split = homes(Home::Server(SOURCE), Home::Malformed);
    assert!(holds(Safety::HomeCoherent, |account| {
        unrest(account);
        account.set_recipient(split);
    }));
    assert!(holds(Safety::Reachable, |account| {
        unrest(account);
        account.put(DESTINATION, holding(&[0]));
    }));
    assert!(holds(Safety::OneHome, |account| {
        unrest(account);
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[0]));
    }));
}

#[test]
fn a_mark_is_owned_while_its_move_runs_or_is_owed_a_retry() {
    let mark = |account: &mut Account| account.put(SOURCE, marked(FIRST, &[], &[]));
    assert!(!holds(Safety::TransitOwned, mark));
    assert!(holds(Safety::TransitOwned, |account| {
        mark(account);
        account.programs[FIRST].owes_retry = true;
    }));
    assert!(holds(Safety::TransitOwned, |account| {
        mark(account);
        account.programs[FIRST].phase = stranded_model::state::Phase::Running { next: 0, arrived: false, read: None };
    }));
}

#[test]
fn a_stranded_mailbox_is_not_reachable() {
    assert!(holds(Safety::Reachable, |account| account.put(SOURCE, holding(&[0]))));
    assert!(!holds(Safety::Reachable, |account| account.put(DESTINATION, holding(&[0]))));
    assert!(!holds(Safety::Reachable, |account| {
        account.put(SOURCE, holding(&[0]));
        account.set_recipient(TOMBSTONE);
    }));
}

#[test]
fn a_message_that_was_returned_exported_or_deleted_by_its_owner_need_not_be_reachable() {
    let rows: [&dyn Fn(&mut Account); 3] = [
        &|account| account.record.returned = messages(&[0]),
        &|account| account.record.owner_deleted = messages(&[0]),
        &|account| account.saved = messages(&[0]),
    ];
    for settle in rows {
        assert!(holds(Safety::Reachable, |account| {
            account.put(DESTINATION, holding(&[0]));
            settle(account);
        }));
    }
}

#[test]
fn two_stores_with_mail_are_two_homes_and_a_shell_is_none() {
    assert!(holds(Safety::OneHome, |account| {
        account.put(SOURCE, holding(&[]));
        account.put(DESTINATION, holding(&[0]));
    }));
    assert!(!holds(Safety::OneHome, |account| {
        account.put(SOURCE, holding(&[1]));
        account.put(DESTINATION, holding(&[0]));
    }));
}

/// Whether what the property speaks of is the case, after this was done to the first of two mailboxes at rest.
fn is_met(property: Safety, prepare: impl FnOnce(&mut Account)) -> bool {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.site.mailboxes = 2;
    let world = world(&scenario);
    let mut state = after(&world, &world.initial[0], &[START, ACT]);
    prepare(&mut state.accounts[MAILBOX]);
    property.antecedent_holds_for(&world, &state.accounts[MAILBOX], &state.shared)
}

#[test]
fn a_property_speaks_of_what_is_there_to_speak_of() {
    let mail = |account: &mut Account| account.put(SOURCE, holding(&[0]));
    let mark = |account: &mut Account| account.put(SOURCE, marked(FIRST, &[], &[]));
    for property in [Safety::NoLoss, Safety::Reachable, Safety::OneHome] {
        assert!(!is_met(property, |_| {}), "{property:?}");
        assert!(is_met(property, mail), "{property:?}");
    }
    assert!(!is_met(Safety::TransitOwned, mail));
    assert!(is_met(Safety::TransitOwned, mark));
    assert!(is_met(Safety::HomeCoherent, |_| {}));
    assert!(!is_met(Safety::HomeCoherent, |account| account.set_recipient(TOMBSTONE)));
}

#[test]
fn a_property_of_what_is_at_rest_does_not_speak_of_what_is_not() {
    for property in [Safety::HomeCoherent, Safety::Reachable, Safety::OneHome] {
        assert!(!is_met(property, |account| {
            account.put(SOURCE, holding(&[0]));
            account.programs[FIRST].owes_retry = true;
        }));
    }
}

#[test]
fn a_property_is_true_only_if_it_is_true_of_every_mailbox() {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.site.mailboxes = 2;
    let world = world(&scenario);
    let state = prepared(&world, |account| account.record.accepted = messages(&[0]));
    assert!(!Safety::NoLoss.holds(&world, &state));
}
