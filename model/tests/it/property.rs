//! Safety properties: for each, a state that satisfies it and a close one that violates it.

use stranded_model::procedure::Outcome;
use stranded_model::property::{Invariant, OWN_MAX, Safety};
use stranded_model::scenario::RunsMax;
use stranded_model::state::{Account, Execution, Home, Homes, Mailbox, Phase, Recipient};
use stranded_model::state_condition::{Fact, OwnProperty, StateCondition};

use crate::fixtures::*;

/// Returns true if the property holds in a quiescent state that was changed like this.
fn holds(property: Safety, disturb: impl FnOnce(&mut Account)) -> bool {
    let mut scenario = site(vec![reporting(Outcome::Failed), reporting(Outcome::Ok)]);
    scenario.administrators[0].runs[1].runs_max = RunsMax::UntilOk;
    let world = world(&scenario);
    let mut state = after(&world, &world.initial[0], &[START, ACT, start(1), ACT]);
    state.accounts[MAILBOX].record = Default::default();
    disturb(&mut state.accounts[MAILBOX]);
    property.holds(&world, &state)
}

fn homes(mdb: Home, mta: Home) -> Recipient {
    Recipient::Live { homes: Homes { mdb, mta }, stamp: Default::default() }
}

#[test]
fn a_message_in_no_location_is_a_loss() {
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
fn a_recorded_violation_violates_its_property() {
    assert!(holds(Safety::NoLastCopyDelete, |_| {}));
    assert!(!holds(Safety::NoLastCopyDelete, |account| account.record.destroyed = messages(&[0])));
    assert!(holds(Safety::NoFalseSuccess, |_| {}));
    assert!(!holds(Safety::NoFalseSuccess, |account| account.record.false_success = true));
    assert!(holds(Safety::NoSelfMove, |_| {}));
    assert!(!holds(Safety::NoSelfMove, |account| account.record.self_move = true));
}

#[test]
fn homes_that_differ_or_are_malformed_are_incoherent_and_a_missing_recipient_is_not() {
    let (source, destination) = (Home::Server(SOURCE), Home::Server(DESTINATION));
    for recipient in [homes(source, destination), homes(source, Home::Malformed), homes(Home::Malformed, source)] {
        assert!(!holds(Safety::HomeCoherent, |account| account.set_recipient(recipient)));
    }
    for recipient in [homes(source, source), TOMBSTONE, Recipient::Absent] {
        assert!(holds(Safety::HomeCoherent, |account| account.set_recipient(recipient)));
    }
}

#[test]
fn properties_of_quiescent_states_hold_in_other_states() {
    let owe_retry = |account: &mut Account| account.programs[FIRST].owes_retry = true;
    let split = homes(Home::Server(SOURCE), Home::Malformed);
    assert!(holds(Safety::HomeCoherent, |account| {
        owe_retry(account);
        account.set_recipient(split);
    }));
    assert!(holds(Safety::Reachable, |account| {
        owe_retry(account);
        account.put(DESTINATION, holding(&[0]));
    }));
    assert!(holds(Safety::OneHome, |account| {
        owe_retry(account);
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[0]));
    }));
}

#[test]
fn a_mark_is_owned_while_its_move_runs_or_its_administrator_owes_a_retry() {
    let mark = |account: &mut Account| account.put(SOURCE, marked(FIRST, &[], &[]));
    assert!(!holds(Safety::TransitOwned, mark));
    assert!(holds(Safety::TransitOwned, |account| {
        mark(account);
        account.programs[FIRST].owes_retry = true;
    }));
    assert!(holds(Safety::TransitOwned, |account| {
        mark(account);
        account.programs[FIRST].phase = Phase::Running(Execution::FRESH);
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

/// Returns true if the antecedent holds for the first of two quiescent mailboxes, after it was changed like this.
fn antecedent_holds(property: Safety, prepare: impl FnOnce(&mut Account)) -> bool {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.site.mailboxes = 2;
    scenario.administrators[0].runs[0].runs_max = RunsMax::UntilOk;
    let world = world(&scenario);
    let mut state = after(&world, &world.initial[0], &[START, ACT]);
    prepare(&mut state.accounts[MAILBOX]);
    property.antecedent_holds_for(&world, &state.accounts[MAILBOX], &state.shared)
}

#[test]
fn an_antecedent_needs_mail_a_mark_or_a_recipient() {
    let mail = |account: &mut Account| account.put(SOURCE, holding(&[0]));
    let mark = |account: &mut Account| account.put(SOURCE, marked(FIRST, &[], &[]));
    for property in [Safety::NoLoss, Safety::Reachable, Safety::OneHome] {
        assert!(!antecedent_holds(property, |_| {}), "{property:?}");
        assert!(antecedent_holds(property, mail), "{property:?}");
    }
    assert!(!antecedent_holds(Safety::TransitOwned, mail));
    assert!(antecedent_holds(Safety::TransitOwned, mark));
    assert!(antecedent_holds(Safety::HomeCoherent, |_| {}));
    assert!(!antecedent_holds(Safety::HomeCoherent, |account| account.set_recipient(TOMBSTONE)));
}

#[test]
fn an_antecedent_about_quiescence_needs_a_quiescent_mailbox() {
    for property in [Safety::HomeCoherent, Safety::Reachable, Safety::OneHome] {
        assert!(!antecedent_holds(property, |account| {
            account.put(SOURCE, holding(&[0]));
            account.programs[FIRST].owes_retry = true;
        }));
    }
}

#[test]
fn a_property_holds_only_if_it_holds_for_every_mailbox() {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.site.mailboxes = 2;
    let world = world(&scenario);
    let state = prepared(&world, |account| account.record.accepted = messages(&[0]));
    assert!(!Safety::NoLoss.holds(&world, &state));
}

/// Returns true if the condition is true of a mailbox that was prepared like this.
fn is_true(condition: &StateCondition, prepare: impl FnOnce(&mut Account)) -> bool {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.properties = vec![OwnProperty { name: "mine".to_owned(), never: condition.clone() }];
    let world = world(&scenario);
    let state = prepared(&world, prepare);
    let is_true = condition.is_true(&world, &state.accounts[MAILBOX], &state.shared);
    assert_eq!(Invariant::Own(0).holds(&world, &state), !is_true, "the property is that it is never true");
    let bit = 1 << Invariant::Own(0).index();
    assert_eq!(world.violated(&state.accounts[MAILBOX], &state.shared) & bit != 0, is_true);
    is_true
}

#[test]
fn a_condition_on_states_sees_what_a_store_really_holds() {
    let has_mail = StateCondition::Fact(Fact::HasMail(SOURCE));
    assert!(is_true(&has_mail, |account| account.put(SOURCE, holding(&[0]))));
    assert!(!is_true(&has_mail, |account| account.put(DESTINATION, holding(&[0]))));
    let hide = |account: &mut Account| {
        account.put(SOURCE, Mailbox::SHELL);
        account.hidden[SOURCE] = Some(holding(&[0]));
    };
    assert!(is_true(&has_mail, hide));
    assert!(!is_true(&StateCondition::Fact(Fact::Empty(SOURCE)), hide));
}

#[test]
fn parts_of_a_condition_are_joined_as_their_names_say() {
    let [yes, no] = [SOURCE, DESTINATION].map(|at| StateCondition::Fact(Fact::HasMail(at)));
    let mail = |account: &mut Account| account.put(SOURCE, holding(&[0]));
    let not = |part: &StateCondition| StateCondition::Not(Box::new(part.clone()));
    for (condition, expected) in [
        (StateCondition::All(vec![yes.clone(), no.clone()]), false),
        (StateCondition::All(vec![yes.clone(), not(&no)]), true),
        (StateCondition::Any(vec![yes.clone(), no.clone()]), true),
        (StateCondition::Any(vec![not(&yes), no.clone()]), false),
    ] {
        assert_eq!(is_true(&condition, mail), expected, "{condition:?}");
    }
}

#[test]
fn every_invariant_of_a_world_has_a_bit_of_its_own() {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    let never = StateCondition::Fact(Fact::Running);
    scenario.properties = vec![OwnProperty { name: "mine".to_owned(), never }; OWN_MAX];
    let indexes: Vec<usize> = world(&scenario).invariants().map(Invariant::index).collect();
    assert_eq!(indexes, (0..Safety::ALL.len() + OWN_MAX).collect::<Vec<_>>());
}
