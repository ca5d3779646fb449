//! Mail and users: routing of messages, logons, and deletes by the owner.

use pretty_assertions::assert_eq;
use stranded_model::action::{Action, Part, View};
use stranded_model::assumption::Assumption;
use stranded_model::id::{MessageId, MessageSet, ServerId};
use stranded_model::procedure::{Act, Claim, Duplicate, Outcome, ServerRef};
use stranded_model::scenario::{Delivery, Fault, Scenario};
use stranded_model::state::{Account, Contents, Home, Homes, Mailbox, Recipient, State, Transport};
use stranded_model::{Refusal, World};

use crate::fixtures::*;

fn idle() -> Scenario {
    site(vec![reporting(Outcome::Ok)])
}

/// The account after a delivery in a prepared world.
fn delivered(world: &World, prepare: impl FnOnce(&mut Account)) -> Account {
    after(world, &prepared(world, prepare), &[DELIVER]).accounts[MAILBOX].clone()
}

#[test]
fn mail_for_a_store_without_the_mailbox_creates_it() {
    let account = delivered(&world(&idle()), |_| {});
    assert_eq!(account.mailboxes[SOURCE], holding(&[0]));
    assert_eq!(account.record.accepted, messages(&[0]));
}

#[test]
fn mail_is_added_to_the_messages_of_the_mailbox() {
    let account = delivered(&world(&idle()), |account| account.put(SOURCE, holding(&[0])));
    assert_eq!(account.mailboxes[SOURCE], holding(&[0, 1]));
}

#[test]
fn mail_follows_the_home() {
    let account = delivered(&world(&idle()), |account| account.set_recipient(homed_on(DESTINATION)));
    assert_eq!((account.mailboxes[SOURCE], account.mailboxes[DESTINATION]), (Mailbox::Absent, holding(&[0])));
}

#[test]
fn mail_for_a_tombstone_is_returned() {
    for recipient in [TOMBSTONE, Recipient::Absent] {
        let account = delivered(&world(&idle()), |account| account.set_recipient(recipient));
        assert_eq!((account.record.returned, account.lost()), (messages(&[0]), MessageSet::EMPTY));
    }
}

#[test]
fn a_message_beyond_the_supply_is_refused() {
    let world = world(&idle());
    let refusal = refusal_after(&world, &world.initial[0], &[DELIVER, DELIVER], DELIVER);
    assert_eq!(refusal, Refusal::MessagesUsedUp);
}

#[test]
fn a_start_with_more_messages_than_the_supply_uses_it_up() {
    let mut scenario = idle();
    scenario.site.messages = 1;
    let world = world(&scenario);
    let state = prepared(&world, |account| account.put(SOURCE, holding(&[0, 1])));
    assert_eq!(refusal_after(&world, &state, &[], DELIVER), Refusal::MessagesUsedUp);
}

#[test]
fn no_mail_arrives_in_a_scenario_without_delivery() {
    let mut scenario = idle();
    scenario.environment.delivery = Delivery::Never;
    let world = world(&scenario);
    assert_eq!(refusal_after(&world, &world.initial[0], &[], DELIVER), Refusal::DeliveryOver);
}

#[test]
fn mail_before_the_first_run_does_not_arrive_after_its_start() {
    let mut scenario = idle();
    scenario.environment.delivery = Delivery::Before;
    let world = world(&scenario);
    assert_eq!(refusal_after(&world, &world.initial[0], &[DELIVER, START], DELIVER), Refusal::DeliveryOver);
    assert_eq!(refusal_after(&world, &world.initial[0], &[DELIVER, START, ACT], DELIVER), Refusal::DeliveryOver);
}

#[test]
fn mail_before_the_first_run_does_not_arrive_after_the_first_run_of_any_administrator() {
    let mut scenario = idle();
    scenario.environment.delivery = Delivery::Before;
    scenario.administrators.push(second(vec![reporting(Outcome::Ok)]));
    let world = world(&scenario);
    let their_start = Action::Start { mailbox: MAILBOX, administrator: SECOND, run: 0 };
    for first in [START, their_start] {
        assert_eq!(refusal_after(&world, &world.initial[0], &[DELIVER, first], DELIVER), Refusal::DeliveryOver);
    }
}

#[test]
fn mail_until_the_repair_does_not_arrive_after_the_start_of_the_last_run() {
    let mut scenario = site(vec![reporting(Outcome::Ok), reporting(Outcome::Ok)]);
    scenario.environment.delivery = Delivery::UntilRepair;
    let world = world(&scenario);
    let first_ended = after(&world, &world.initial[0], &[START, DELIVER, ACT, DELIVER]);
    assert_eq!(first_ended.accounts[MAILBOX].record.accepted, messages(&[0, 1]));
    let refusal = refusal_after(&world, &world.initial[0], &[START, ACT, start(1)], DELIVER);
    assert_eq!(refusal, Refusal::DeliveryOver);
}

#[test]
fn mail_until_the_repair_arrives_before_a_repair_that_is_the_only_run() {
    let mut scenario = idle();
    scenario.environment.delivery = Delivery::UntilRepair;
    let world = world(&scenario);
    assert_eq!(refusal_after(&world, &world.initial[0], &[DELIVER, START], DELIVER), Refusal::DeliveryOver);
}

#[test]
fn held_mail_is_queued_until_it_is_released() {
    let world = world(&idle());
    let state = prepared(&world, |account| account.transport = Transport::Held);
    let waiting = after(&world, &state, &[DELIVER]);
    assert_eq!(waiting.accounts[MAILBOX].queued, messages(&[0]));
    assert_eq!(refusal_after(&world, &waiting, &[], redeliver(0)), Refusal::StillWaiting);
    let mut released = waiting.clone();
    released.accounts[MAILBOX].transport = Transport::Open;
    let account = after(&world, &released, &[redeliver(0)]).accounts[MAILBOX].clone();
    assert_eq!((account.queued, account.mailboxes[SOURCE]), (MessageSet::EMPTY, holding(&[0])));
}

#[test]
fn a_message_that_is_not_queued_is_not_tried_again() {
    let world = world(&idle());
    assert_eq!(refusal_after(&world, &world.initial[0], &[DELIVER], redeliver(0)), Refusal::NotQueued);
}

#[test]
fn a_deferred_message_may_be_returned() {
    let world = world(&idle());
    let state = prepared(&world, |account| {
        account.record.accepted = messages(&[0]);
        account.queued = messages(&[0]);
        account.set_recipient(TOMBSTONE);
    });
    let account = after(&world, &state, &[redeliver(0)]).accounts[MAILBOX].clone();
    assert_eq!((account.queued, account.record.returned), (MessageSet::EMPTY, messages(&[0])));
}

#[test]
fn mail_for_a_store_that_is_down_is_queued() {
    let mut scenario = idle();
    scenario.environment.faults = vec![Fault::StoreCrashes];
    scenario.environment.faults_max = 1;
    let world = world(&scenario);
    let down = after(&world, &world.initial[0], &[fail(SOURCE, Part::Store), DELIVER]);
    assert_eq!(down.accounts[MAILBOX].queued, messages(&[0]));
    let up = after(&world, &down, &[recover(SOURCE, Part::Store), redeliver(0)]);
    assert_eq!(up.accounts[MAILBOX].mailboxes[SOURCE], holding(&[0]));
}

#[test]
fn mail_deferred_by_a_store_that_was_down_settles_before_the_first_run() {
    let mut scenario = idle();
    scenario.environment.delivery = Delivery::Before;
    scenario.environment.faults = vec![Fault::StoreCrashes];
    scenario.environment.faults_max = 1;
    let world = world(&scenario);
    let start = &world.initial[0];
    let waiting = after(&world, start, &[fail(SOURCE, Part::Store), DELIVER, recover(SOURCE, Part::Store)]);
    assert_eq!(refusal_after(&world, &waiting, &[], START), Refusal::MailUnsettled);
    let possible: Vec<Action> = world.enabled(&waiting).map(|(action, _)| action).collect();
    assert!(possible.contains(&redeliver(0)), "{possible:?}");
    after(&world, &waiting, &[redeliver(0), START]);
}

#[test]
fn a_store_defers_mail_for_a_mailbox_that_is_moved_away() {
    let account = delivered(&world(&idle()), |account| account.put(SOURCE, marked(FIRST, &[], &[])));
    assert_eq!((account.queued, account.mailboxes[SOURCE]), (messages(&[0]), marked(FIRST, &[], &[])));
}

#[test]
fn mail_for_a_mailbox_that_is_moved_here_is_put_in_its_in_transit_folder() {
    let account = delivered(&world(&idle()), |account| {
        account.set_recipient(homed_on(DESTINATION));
        account.put(DESTINATION, marked(FIRST, &[], &[]));
    });
    assert_eq!((account.queued, account.mailboxes[DESTINATION]), (MessageSet::EMPTY, marked(FIRST, &[], &[0])));
}

#[test]
fn a_view_that_lags_behind_sends_mail_to_the_old_home() {
    let mut scenario = idle();
    scenario.environment.stale_views = true;
    let world = world_where(&scenario, Assumption::MisroutedMail, "shell");
    let state = prepared(&world, |account| {
        account.remembered = Some(homed_on(SOURCE));
        account.set_recipient(homed_on(DESTINATION));
    });
    let action = Action::Deliver { mailbox: MAILBOX, by: View::Remembered };
    assert_eq!(after(&world, &state, &[action]).accounts[MAILBOX].mailboxes[SOURCE], holding(&[0]));
}

/// The account after the source receives a message from a replica that lags behind, while its own replica names the
/// destination.
fn misrouted(value: &str) -> Account {
    let world = world_where(&lagging(idle()), Assumption::MisroutedMail, value);
    let state = prepared(&world, |account| {
        account.recipients[SOURCE] = version(DESTINATION, 1, 0, SOURCE);
        account.recipients[DESTINATION] = homed_on(SOURCE);
    });
    after(&world, &state, &[deliver(DESTINATION)]).accounts[MAILBOX].clone()
}

#[test]
fn misrouted_mail_is_returned_if_servers_return_it() {
    let account = misrouted("return");
    assert_eq!(account.record.returned, messages(&[0]));
}

#[test]
fn misrouted_mail_creates_a_shell_if_servers_deliver_it() {
    let account = misrouted("shell");
    assert_eq!(account.mailboxes[SOURCE], holding(&[0]));
}

#[test]
fn misrouted_mail_is_forwarded_to_the_home_and_returned_if_it_loops() {
    let account = misrouted("forward");
    assert_eq!(account.record.returned, messages(&[0]), "the two servers name each other");
    let mut scenario = lagging(idle());
    scenario.site.servers = servers(&["source", "destination", "third"]);
    let world = world_where(&scenario, Assumption::MisroutedMail, "forward");
    let state = prepared(&world, |account| {
        account.recipients[SOURCE] = version(DESTINATION, 1, 0, SOURCE);
        account.recipients[DESTINATION] = version(DESTINATION, 1, 0, SOURCE);
    });
    let account = after(&world, &state, &[deliver(ServerId(2))]).accounts[MAILBOX].clone();
    assert_eq!(account.mailboxes[DESTINATION], holding(&[0]));
}

#[test]
fn a_server_without_the_recipient_returns_forwarded_mail() {
    let world = world_where(&lagging(idle()), Assumption::MisroutedMail, "forward");
    let state = prepared(&world, |account| account.recipients[SOURCE] = TOMBSTONE);
    let account = after(&world, &state, &[deliver(DESTINATION)]).accounts[MAILBOX].clone();
    assert_eq!(account.record.returned, messages(&[0]));
}

/// The account after a delivery while the home attributes have these values.
fn split(value: &str, mdb: Home, mta: Home) -> Account {
    let world = world_where(&idle(), Assumption::SplitHome, value);
    delivered(&world, |account| {
        account.set_recipient(Recipient::Live { homes: Homes { mdb, mta }, stamp: Default::default() });
    })
}

#[test]
fn mail_for_a_split_home_is_returned_queued_or_creates_a_shell() {
    let (mdb, mta) = (Home::Server(SOURCE), Home::Server(DESTINATION));
    assert_eq!(split("return", mdb, mta).record.returned, messages(&[0]));
    assert_eq!(split("queue", mdb, mta).queued, messages(&[0]));
    assert_eq!(split("shell", mdb, mta).mailboxes[DESTINATION], holding(&[0]), "Home-MTA chooses the server");
}

#[test]
fn mail_for_a_home_with_one_malformed_attribute_follows_the_other_attribute() {
    let named = Home::Server(DESTINATION);
    assert_eq!(split("shell", named, Home::Malformed).mailboxes[DESTINATION], holding(&[0]));
    assert_eq!(split("shell", Home::Malformed, named).mailboxes[DESTINATION], holding(&[0]));
    assert_eq!(split("return", Home::Malformed, named).record.returned, messages(&[0]));
}

#[test]
fn mail_for_a_home_with_two_malformed_attributes_never_creates_a_shell() {
    for (value, returned, queued) in [("return", &[0][..], &[][..]), ("shell", &[0], &[]), ("queue", &[], &[0])] {
        let account = split(value, Home::Malformed, Home::Malformed);
        assert_eq!((account.record.returned, account.queued), (messages(returned), messages(queued)), "{value}");
    }
}

/// The state after a delivery to a mailbox for which a move has done this many steps.
fn mail_before_mark(value: &str, steps: Vec<Act>, acts: usize) -> State {
    let steps = steps.into_iter().chain([report(Outcome::Ok)]).map(step).collect();
    let mut scenario = site(vec![run(steps)]);
    scenario.administrators.push(second(vec![reporting(Outcome::Ok)]));
    let world = world_where(&scenario, Assumption::MailBeforeMark, value);
    let state = prepared(&world, |account| account.set_recipient(homed_on(DESTINATION)));
    let actions: Vec<Action> = [START].into_iter().chain(std::iter::repeat_n(ACT, acts)).chain([DELIVER]).collect();
    after(&world, &state, &actions)
}

fn create_and_mark(at: ServerRef) -> Vec<Act> {
    vec![Act::CreateMailbox { at, duplicate: Duplicate::Deleted }, Act::Mark { at, claim: Claim::Taken }]
}

#[test]
fn mail_between_creation_and_mark_is_kept_or_lost_as_the_assumption_says() {
    let kept = mail_before_mark("kept", create_and_mark(ServerRef::To), 1);
    assert_eq!(kept.accounts[MAILBOX].mailboxes[DESTINATION], holding(&[0]));
    let lost = mail_before_mark("lost", create_and_mark(ServerRef::To), 1);
    assert_eq!(lost.accounts[MAILBOX].mailboxes[DESTINATION], Mailbox::SHELL);
    assert_eq!(lost.accounts[MAILBOX].lost(), messages(&[0]));
}

#[test]
fn only_mail_between_creation_and_mark_is_lost() {
    let mark_elsewhere = vec![
        Act::CreateMailbox { at: ServerRef::To, duplicate: Duplicate::Deleted },
        Act::Mark { at: ServerRef::From, claim: Claim::Taken },
    ];
    let rows = [
        ("before the creation", create_and_mark(ServerRef::To), 0),
        ("after the mark", create_and_mark(ServerRef::To), 2),
        ("the mark is for another mailbox", mark_elsewhere, 1),
        ("the mailbox created is the source", create_and_mark(ServerRef::From), 1),
        ("the mailbox was not created", vec![Act::HoldDelivery, create_and_mark(ServerRef::To).remove(1)], 1),
    ];
    for (name, steps, acts) in rows {
        let state = mail_before_mark("lost", steps, acts);
        assert_eq!(state.accounts[MAILBOX].lost(), MessageSet::EMPTY, "{name}");
    }
}

#[test]
fn a_logon_creates_a_shell_if_the_mailbox_is_absent() {
    let world = world(&idle());
    let state = after(&world, &world.initial[0], &[LOG_ON]);
    assert_eq!(state.accounts[MAILBOX].mailboxes[SOURCE], Mailbox::SHELL);
}

#[test]
fn a_logon_does_not_change_a_present_mailbox() {
    let world = world(&idle());
    let state = after(&world, &world.initial[0], &[DELIVER, LOG_ON]);
    assert_eq!(state.accounts[MAILBOX].mailboxes[SOURCE], holding(&[0]));
}

#[test]
fn a_logon_goes_to_the_server_that_home_mdb_names() {
    let world = world(&idle());
    let homes = Homes { mdb: Home::Server(DESTINATION), mta: Home::Server(SOURCE) };
    let state = prepared(&world, |account| {
        account.set_recipient(Recipient::Live { homes, stamp: Default::default() });
    });
    assert_eq!(after(&world, &state, &[LOG_ON]).accounts[MAILBOX].mailboxes[DESTINATION], Mailbox::SHELL);
}

#[test]
fn a_logon_is_refused_without_a_home_while_the_store_is_down_and_in_transit() {
    let mut scenario = idle();
    scenario.environment.owner_deletes = 1;
    scenario.environment.faults = vec![Fault::StoreCrashes];
    scenario.environment.faults_max = 1;
    let world = world(&scenario);
    for recipient in [TOMBSTONE, Recipient::Absent] {
        let gone = prepared(&world, |account| account.set_recipient(recipient));
        assert_eq!(refusal_after(&world, &gone, &[], LOG_ON), Refusal::NoHome);
        assert_eq!(refusal_after(&world, &gone, &[], owner_deletes(0)), Refusal::NoHome);
    }
    let down = after(&world, &world.initial[0], &[DELIVER, fail(SOURCE, Part::Store)]);
    assert_eq!(refusal_after(&world, &down, &[], LOG_ON), Refusal::StoreDown);
    assert_eq!(refusal_after(&world, &down, &[], owner_deletes(0)), Refusal::StoreDown);
    let moving = prepared(&world, |account| account.put(SOURCE, marked(FIRST, &[0], &[])));
    assert_eq!(refusal_after(&world, &moving, &[], LOG_ON), Refusal::InTransit);
    assert_eq!(refusal_after(&world, &moving, &[], owner_deletes(0)), Refusal::InTransit);
}

#[test]
fn a_logon_is_refused_in_a_scenario_without_logons() {
    let mut scenario = idle();
    scenario.environment.logon = false;
    let world = world(&scenario);
    assert_eq!(refusal_after(&world, &world.initial[0], &[], LOG_ON), Refusal::NotInScenario);
}

#[test]
fn a_remembered_view_is_refused_in_a_scenario_without_stale_views() {
    let world = world(&idle());
    let state = prepared(&world, |account| account.queued = messages(&[1]));
    let by = View::Remembered;
    let actions = [
        Action::Deliver { mailbox: MAILBOX, by },
        Action::Redeliver { mailbox: MAILBOX, message: MessageId(1), by },
        Action::LogOn { mailbox: MAILBOX, by },
        Action::OwnerDeletes { mailbox: MAILBOX, message: MessageId(0), by },
    ];
    for action in actions {
        assert_eq!(refusal_after(&world, &state, &[], action), Refusal::NotInScenario, "{action:?}");
    }
}

#[test]
fn the_owner_deletes_a_visible_message() {
    let world = world(&idle());
    let state = after(&world, &world.initial[0], &[DELIVER, owner_deletes(0)]);
    let account = &state.accounts[MAILBOX];
    assert_eq!((account.mailboxes[SOURCE], account.record.owner_deleted), (Mailbox::SHELL, messages(&[0])));
    assert_eq!((account.lost(), account.record.destroyed), (MessageSet::EMPTY, MessageSet::EMPTY));
}

#[test]
fn the_owner_cannot_delete_a_message_that_is_not_visible() {
    let world = world(&idle());
    assert_eq!(refusal_after(&world, &world.initial[0], &[], owner_deletes(0)), Refusal::NoSuchMessage);
    assert_eq!(refusal_after(&world, &world.initial[0], &[DELIVER], owner_deletes(1)), Refusal::NoSuchMessage);
}

#[test]
fn an_owner_delete_beyond_the_supply_is_refused() {
    let world = world(&idle());
    let refusal = refusal_after(&world, &world.initial[0], &[DELIVER, DELIVER, owner_deletes(0)], owner_deletes(1));
    assert_eq!(refusal, Refusal::DeletesUsedUp);
}

#[test]
fn the_store_remembers_owner_deletes_if_a_step_reads_them() {
    let propagate = Act::PropagateDeletions { from: ServerRef::From, to: ServerRef::To };
    let world = world(&site(vec![doing(propagate)]));
    let state = after(&world, &world.initial[0], &[DELIVER, owner_deletes(0)]);
    let remembering = Contents { expunged: messages(&[0]), ..Contents::EMPTY };
    assert_eq!(state.accounts[MAILBOX].mailboxes[SOURCE], Mailbox::Present(remembering));
}
