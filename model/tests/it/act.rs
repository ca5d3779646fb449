//! The steps of a procedure: the effect and the refusals of each.

use pretty_assertions::assert_eq;
use stranded_model::Refusal;
use stranded_model::action::{Action, Part};
use stranded_model::dn::HomeValue;
use stranded_model::id::{MessageSet, ServerId};
use stranded_model::procedure::{
    Act, Claim, Condition, Duplicate, Only, Outcome, ServerRef, StepResult, VersionCondition,
};
use stranded_model::scenario::{Fault, Scenario};
use stranded_model::state::{Account, Contents, Home, Homes, Mailbox, Mark, Recipient, Service, State, Transport};

use crate::fixtures::*;

const CREATE: Act = Act::CreateMailbox { at: ServerRef::To, duplicate: Duplicate::Deleted };
const CREATE_KEEPING: Act = Act::CreateMailbox { at: ServerRef::To, duplicate: Duplicate::Kept };
const COPY: Act = Act::CopyMessage { from: ServerRef::From, to: ServerRef::To };
const LOOK_UP_HOME: Act = Act::LookUpHome { replica: ServerRef::ConnectedTo };
const COPY_LISTED: Act = Act::CopyListed { from: ServerRef::From, to: ServerRef::To };
const DELETE_LISTED: Act = delete_listed(ServerRef::From);
const PROPAGATE: Act = Act::PropagateDeletions { from: ServerRef::From, to: ServerRef::To };
const SYNC: Act = sync(ServerRef::From, ServerRef::To, VersionCondition::Unconditional);
const UPDATE_NOW: Act = Act::UpdateNow { replica: ServerRef::To };

const fn delete_listed(at: ServerRef) -> Act {
    Act::DeleteListed { at, only: Only::Any }
}

const fn sync(from: ServerRef, to: ServerRef, condition: VersionCondition) -> Act {
    Act::SyncDirectory { replica: ServerRef::ConnectedTo, from, to, condition }
}

const fn mark(claim: Claim) -> Act {
    Act::Mark { at: ServerRef::From, claim }
}

const fn create_recipient(home: ServerRef) -> Act {
    Act::CreateRecipient { replica: ServerRef::ConnectedTo, home }
}

const fn raw_edit(mdb: Option<HomeValue<ServerRef>>, mta: Option<HomeValue<ServerRef>>) -> Act {
    Act::RawEdit { replica: ServerRef::ConnectedTo, mdb, mta }
}

#[test]
fn creating_a_mailbox_makes_a_shell() {
    let (result, account) = answer(CREATE, |_| {});
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Ok, Mailbox::SHELL));
}

#[test]
fn creating_over_an_existing_mailbox_deletes_it_and_answers_duplicate() {
    let (result, account) = answer(CREATE, |account| account.put(DESTINATION, holding(&[0, 1])));
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Duplicate, Mailbox::Absent));
    assert_eq!(account.record.destroyed, messages(&[0, 1]));
}

#[test]
fn creating_over_an_existing_mailbox_deletes_a_shell_too() {
    let (result, account) = answer(CREATE, |account| account.put(DESTINATION, Mailbox::SHELL));
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Duplicate, Mailbox::Absent));
}

#[test]
fn a_store_with_duplicate_kept_keeps_an_existing_mailbox() {
    let (result, account) = answer(CREATE_KEEPING, |account| account.put(DESTINATION, holding(&[0])));
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Duplicate, holding(&[0])));
}

#[test]
fn a_store_with_duplicate_kept_creates_an_absent_mailbox() {
    let (result, account) = answer(CREATE_KEEPING, |_| {});
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Ok, Mailbox::SHELL));
}

#[test]
fn deleting_a_mailbox_destroys_messages_without_another_copy() {
    let (result, account) = answer(Act::DeleteMailbox { at: ServerRef::From }, |account| {
        account.put(SOURCE, marked(FIRST, &[0], &[1]));
        account.put(DESTINATION, holding(&[0]));
    });
    assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Ok, Mailbox::Absent));
    assert_eq!(account.record.destroyed, messages(&[1]));
}

#[test]
fn deleting_an_absent_mailbox_is_ok() {
    let (result, account) =
        answer(Act::DeleteMailbox { at: ServerRef::To }, |account| account.put(SOURCE, holding(&[0])));
    assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Ok, holding(&[0])));
}

#[test]
fn a_delete_does_not_destroy_messages_that_were_already_lost() {
    let (_, account) = answer(Act::DeleteMailbox { at: ServerRef::From }, |account| {
        account.put(SOURCE, holding(&[0]));
        account.record.accepted = messages(&[0, 1]);
    });
    assert_eq!(account.record.destroyed, messages(&[0]));
}

#[test]
fn a_delete_does_not_destroy_messages_in_the_saved_file_or_the_queue() {
    let (_, account) = answer(Act::DeleteMailbox { at: ServerRef::From }, |account| {
        account.put(SOURCE, holding(&[0, 1]));
        account.saved = messages(&[0]);
        account.queued = messages(&[1]);
    });
    assert_eq!(account.record.destroyed, MessageSet::EMPTY);
}

/// The result of an act at the home that the program looked up before, and the account after it.
fn answer_at_home(act: Act, prepare: impl FnOnce(&mut Account)) -> (StepResult, Account) {
    answer_in(&site(vec![doing_all(vec![LOOK_UP_HOME, act])]), prepare)
}

#[test]
fn a_step_at_the_home_acts_on_the_server_that_the_program_looked_up() {
    let (_, account) = answer_at_home(Act::DeleteMailbox { at: ServerRef::Home }, |account| {
        account.set_recipient(homed_on(DESTINATION));
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[1]));
    });
    assert_eq!((account.mailboxes[SOURCE], account.mailboxes[DESTINATION]), (holding(&[0]), Mailbox::Absent));
}

#[test]
fn the_looked_up_home_stays_what_it_was_when_the_directory_changes() {
    let delete = Act::DeleteMailbox { at: ServerRef::Home };
    let world = world(&site(vec![doing_all(vec![LOOK_UP_HOME, delete])]));
    let state = prepared(&world, |account| account.put(SOURCE, holding(&[0])));
    let mut state = after(&world, &state, &[START, ACT]);
    state.accounts[MAILBOX].set_recipient(homed_on(DESTINATION));
    assert_eq!(after(&world, &state, &[ACT]).accounts[MAILBOX].mailboxes[SOURCE], Mailbox::Absent);
}

#[test]
fn the_home_is_looked_up_in_the_named_replica() {
    let look_up = Act::LookUpHome { replica: ServerRef::To };
    let delete = Act::DeleteMailbox { at: ServerRef::Home };
    let scenario = lagging(site(vec![doing_all(vec![look_up, delete])]));
    let (_, account) = answer_in(&scenario, |account| {
        account.recipients[DESTINATION] = version(DESTINATION, 1, 0, DESTINATION);
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[1]));
    });
    assert_eq!((account.mailboxes[SOURCE], account.mailboxes[DESTINATION]), (holding(&[0]), Mailbox::Absent));
}

#[test]
fn a_look_up_is_refused_without_a_home() {
    for recipient in [TOMBSTONE, Recipient::Absent, malformed_mdb()] {
        let (result, _) = answer(LOOK_UP_HOME, |account| account.set_recipient(recipient));
        assert_eq!(result, StepResult::Refused);
    }
}

#[test]
fn a_step_at_the_home_is_refused_before_the_program_looks_it_up() {
    let home = Some(HomeValue::Server(ServerRef::Home));
    let acts = [
        Act::DeleteMailbox { at: ServerRef::Home },
        Act::CopyMessage { from: ServerRef::Home, to: ServerRef::To },
        Act::CreateRecipient { replica: ServerRef::To, home: ServerRef::Home },
        Act::RawEdit { replica: ServerRef::To, mdb: home, mta: home },
        sync(ServerRef::Home, ServerRef::To, VersionCondition::Unconditional),
        sync(ServerRef::From, ServerRef::Home, VersionCondition::Unconditional),
        Act::Require(Condition::Differ(ServerRef::Home, ServerRef::To)),
    ];
    for act in acts {
        let (result, account) = answer(act.clone(), |account| account.put(SOURCE, holding(&[0])));
        assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Refused, holding(&[0])), "{act:?}");
    }
}

fn malformed_mdb() -> Recipient {
    let homes = Homes { mdb: Home::Malformed, mta: Home::Server(SOURCE) };
    Recipient::Live { homes, stamp: Default::default() }
}

/// The account after the program listed the destination and deleted the listed messages at the source.
fn after_deleting_listed(scenario: Option<Scenario>, prepare: impl FnOnce(&mut Account)) -> Account {
    let acts = vec![list(ServerRef::To), DELETE_LISTED];
    let mut scenario = scenario.unwrap_or_else(|| site(vec![reporting(Outcome::Ok)]));
    scenario.administrators[0].runs = vec![doing_all(acts)];
    let (result, account) = answer_in(&scenario, prepare);
    assert_eq!(result, StepResult::Ok);
    account
}

#[test]
fn only_listed_messages_are_deleted() {
    let account = after_deleting_listed(None, |account| {
        account.put(SOURCE, holding(&[0, 1]));
        account.put(DESTINATION, holding(&[0]));
    });
    assert_eq!((account.mailboxes[SOURCE], account.record.destroyed), (holding(&[1]), MessageSet::EMPTY));
}

#[test]
fn a_mailbox_that_a_deletion_empties_stays() {
    let account = after_deleting_listed(None, |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[0]));
    });
    assert_eq!(account.mailboxes[SOURCE], Mailbox::SHELL);
}

#[test]
fn a_list_contains_the_in_transit_folder() {
    let account = after_deleting_listed(None, |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, marked(FIRST, &[], &[0]));
    });
    assert_eq!(account.mailboxes[SOURCE], Mailbox::SHELL);
}

#[test]
fn a_deletion_keeps_the_in_transit_folder() {
    let account = after_deleting_listed(None, |account| {
        account.put(SOURCE, marked(FIRST, &[0], &[1]));
        account.put(DESTINATION, holding(&[0, 1]));
    });
    assert_eq!(account.mailboxes[SOURCE], marked(FIRST, &[], &[1]));
}

#[test]
fn a_deletion_keeps_a_marked_mailbox_and_its_mark() {
    for owner in [FIRST, SECOND] {
        let mut scenario = site(vec![reporting(Outcome::Ok)]);
        scenario.administrators.push(second(vec![reporting(Outcome::Ok)]));
        let account = after_deleting_listed(Some(scenario), |account| {
            account.put(SOURCE, marked(owner, &[0], &[]));
            account.put(DESTINATION, holding(&[0]));
        });
        assert_eq!(account.mailboxes[SOURCE], marked(owner, &[], &[]));
    }
}

/// The program acts on its list, not on the other server: it can delete the last copy of a message.
#[test]
fn a_listed_message_is_deleted_though_its_other_copy_is_gone_by_now() {
    let world = world(&site(vec![doing_all(vec![list(ServerRef::To), DELETE_LISTED])]));
    let state = prepared(&world, |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[0]));
    });
    let mut listed = after(&world, &state, &[START, ACT]);
    listed.accounts[MAILBOX].mailboxes[DESTINATION] = Mailbox::Absent;
    assert_eq!(after(&world, &listed, &[act_on(0)]).accounts[MAILBOX].record.destroyed, messages(&[0]));
}

#[test]
fn listed_messages_are_taken_one_at_a_time_in_any_order() {
    for act in [COPY_LISTED, delete_listed(ServerRef::From)] {
        let world = world(&site(vec![doing_all(vec![list(ServerRef::From), act])]));
        let state = prepared(&world, |account| {
            account.put(SOURCE, holding(&[0, 1]));
            account.put(DESTINATION, Mailbox::SHELL);
        });
        let listed = after(&world, &state, &[START, ACT]);
        assert_eq!(world.step(&listed, &ACT), Err(Refusal::AnotherTaken));
        let one = after(&world, &listed, &[act_on(1)]);
        assert_eq!(next_step(&one.accounts[MAILBOX]), Some(1));
        assert_eq!(world.step(&one, &act_on(1)), Err(Refusal::AnotherTaken));
        let both = after(&world, &one, &[act_on(0)]);
        assert_eq!(next_step(&both.accounts[MAILBOX]), Some(2));
        let changed = [SOURCE, DESTINATION].map(|server| both.accounts[MAILBOX].mailboxes[server]);
        assert!(changed.contains(&holding(&[0, 1])) || changed == [Mailbox::SHELL; 2], "{changed:?}");
    }
}

#[test]
fn a_message_that_arrives_after_the_list_is_neither_copied_nor_deleted() {
    let acts = vec![list(ServerRef::From), COPY_LISTED, DELETE_LISTED];
    let world = world(&site(vec![doing_all(acts)]));
    let state = prepared(&world, |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, Mailbox::SHELL);
    });
    let late = after(&world, &state, &[START, ACT, DELIVER]);
    let (result, account) = last_answer(&world, late);
    let found = [SOURCE, DESTINATION].map(|server| account.mailboxes[server]);
    assert_eq!((result, found), (StepResult::Ok, [holding(&[1]), holding(&[0])]));
}

#[test]
fn a_lost_reply_to_a_list_leaves_the_memory_as_it_was() {
    let mut scenario = site(vec![run(vec![
        step(list(ServerRef::To)),
        handled(list(ServerRef::From), StepResult::Lost, 2),
        step(DELETE_LISTED),
        step(report(Outcome::Ok)),
    ])]);
    scenario.environment.faults = vec![Fault::ReplyLost];
    scenario.environment.faults_max = 1;
    let world = world(&scenario);
    let state = prepared(&world, |account| {
        account.put(SOURCE, holding(&[0, 1]));
        account.put(DESTINATION, holding(&[1]));
    });
    let (_, account) = last_answer(&world, after(&world, &state, &[START, ACT, ACT_REPLY_LOST]));
    assert_eq!(account.mailboxes[SOURCE], holding(&[0]));
}

#[test]
fn a_program_forgets_what_no_later_step_uses() {
    let world = world(&site(vec![doing_all(vec![list(ServerRef::To), DELETE_LISTED])]));
    let state = prepared(&world, |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[0]));
    });
    let listed = |state: &State| state.accounts[MAILBOX].programs[FIRST].execution().unwrap().memory.listed;
    let state = after(&world, &state, &[START, ACT]);
    assert_eq!(listed(&state), messages(&[0]));
    assert_eq!(listed(&after(&world, &state, &[act_on(0)])), MessageSet::EMPTY);
}

#[test]
fn one_message_is_copied_at_a_time() {
    let world = world(&site(vec![doing(COPY)]));
    let state = prepared(&world, |account| {
        account.put(SOURCE, holding(&[0, 1]));
        account.put(DESTINATION, Mailbox::SHELL);
    });
    let once = after(&world, &state, &[START, act_on(1)]);
    assert_eq!(once.accounts[MAILBOX].mailboxes[DESTINATION], holding(&[1]));
    assert_eq!(next_step(&once.accounts[MAILBOX]), Some(0));
    let twice = after(&world, &once, &[act_on(0)]);
    assert_eq!(twice.accounts[MAILBOX].mailboxes[DESTINATION], holding(&[0, 1]));
    assert_eq!(twice.accounts[MAILBOX].mailboxes[SOURCE], holding(&[0, 1]));
    assert_eq!(next_step(&twice.accounts[MAILBOX]), Some(1));
}

fn next_step(account: &Account) -> Option<u8> {
    account.programs[FIRST].execution().map(|execution| execution.next)
}

#[test]
fn copying_an_empty_mailbox_does_nothing_in_one_step() {
    let (result, account) = answer(COPY, |account| account.put(SOURCE, Mailbox::SHELL));
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Ok, Mailbox::Absent));
}

#[test]
fn copying_to_a_store_without_the_mailbox_is_refused() {
    let (result, account) = answer(COPY, |account| account.put(SOURCE, holding(&[0])));
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Refused, Mailbox::Absent));
}

#[test]
fn the_in_transit_folder_of_the_source_is_not_copied() {
    let (_, account) = answer(COPY, |account| {
        account.put(SOURCE, marked(FIRST, &[], &[0]));
        account.put(DESTINATION, Mailbox::SHELL);
    });
    assert_eq!(account.mailboxes[DESTINATION], Mailbox::SHELL);
}

#[test]
fn a_message_in_the_in_transit_folder_of_the_target_is_not_copied_again() {
    let (_, account) = answer(COPY, |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, marked(FIRST, &[], &[0]));
    });
    assert_eq!(account.mailboxes[DESTINATION], marked(FIRST, &[], &[0]));
}

#[test]
fn a_deletion_that_a_store_remembers_is_propagated() {
    let remembering = Contents { expunged: messages(&[0]), ..Contents::EMPTY };
    let (result, account) = answer(PROPAGATE, |account| {
        account.put(SOURCE, Mailbox::Present(remembering));
        account.put(DESTINATION, holding(&[0, 1]));
    });
    let left = Contents { messages: messages(&[1]), expunged: messages(&[0]), ..Contents::EMPTY };
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Ok, Mailbox::Present(left)));
    assert_eq!(account.record.destroyed, messages(&[0]));
}

#[test]
fn a_store_without_the_mailbox_propagates_no_deletion() {
    let (result, account) = answer(PROPAGATE, |account| account.put(DESTINATION, holding(&[0])));
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Ok, holding(&[0])));
}

#[test]
fn deletions_are_remembered_only_if_a_step_reads_them() {
    let prepare = |account: &mut Account| {
        account.put(SOURCE, holding(&[0, 1]));
        account.put(DESTINATION, holding(&[0]));
    };
    let expunged = |mailbox: Mailbox| match mailbox {
        Mailbox::Present(contents) => contents.expunged,
        Mailbox::Absent => panic!("the mailbox is gone"),
    };
    let delete = [list(ServerRef::To), DELETE_LISTED];
    let (_, forgotten) = answer_in(&site(vec![doing_all(delete.to_vec())]), prepare);
    assert_eq!(expunged(forgotten.mailboxes[SOURCE]), MessageSet::EMPTY);
    let reads = doing_all([&delete[..], &[PROPAGATE]].concat());
    let (_, remembered) = answer_in(&site(vec![reads]), prepare);
    assert_eq!(expunged(remembered.mailboxes[SOURCE]), messages(&[0]));
}

#[test]
fn marking_a_mailbox_keeps_its_messages() {
    let (result, account) = answer(mark(Claim::Taken), |account| account.put(SOURCE, holding(&[0])));
    assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Ok, marked(FIRST, &[0], &[])));
}

#[test]
fn marking_an_absent_mailbox_creates_a_marked_shell() {
    for claim in [Claim::Taken, Claim::Respected] {
        let (result, account) = answer(mark(claim), |_| {});
        assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Ok, marked(FIRST, &[], &[])));
    }
}

#[test]
fn a_taken_mark_keeps_the_in_transit_folder_of_another_administrator() {
    let mut scenario = site(vec![doing(mark(Claim::Taken))]);
    scenario.administrators.push(second(vec![reporting(Outcome::Ok)]));
    let (result, account) = answer_in(&scenario, |account| account.put(SOURCE, marked(SECOND, &[0], &[1])));
    assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Ok, marked(FIRST, &[0], &[1])));
}

#[test]
fn a_mark_of_another_administrator_is_respected() {
    let mut scenario = site(vec![doing(mark(Claim::Respected))]);
    scenario.administrators.push(second(vec![reporting(Outcome::Ok)]));
    let (result, account) = answer_in(&scenario, |account| account.put(SOURCE, marked(SECOND, &[0], &[1])));
    assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Refused, marked(SECOND, &[0], &[1])));
}

#[test]
fn a_mark_for_another_pair_of_servers_is_respected() {
    let other_pairs = [(DESTINATION, SOURCE), (SOURCE, SOURCE), (DESTINATION, DESTINATION)];
    for (from, to) in other_pairs {
        let mark_found = Mark::InTransit { owner: FIRST, from, to, pending: messages(&[1]) };
        let found = Mailbox::Present(Contents { mark: mark_found, ..Contents::EMPTY });
        let (result, account) = answer(mark(Claim::Respected), |account| account.put(SOURCE, found));
        assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Refused, found));
    }
}

#[test]
fn a_mark_of_the_same_administrator_and_pair_is_renewed() {
    let (result, account) = answer(mark(Claim::Respected), |account| account.put(SOURCE, marked(FIRST, &[0], &[1])));
    assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Ok, marked(FIRST, &[0], &[1])));
}

#[test]
fn unmarking_flushes_the_in_transit_folder() {
    let (result, account) =
        answer(Act::Unmark { at: ServerRef::From }, |account| account.put(SOURCE, marked(FIRST, &[0], &[1])));
    assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Ok, holding(&[0, 1])));
}

#[test]
fn unmarking_an_emptied_source_removes_it() {
    let (_, account) =
        answer(Act::Unmark { at: ServerRef::From }, |account| account.put(SOURCE, marked(FIRST, &[], &[])));
    assert_eq!(account.mailboxes[SOURCE], Mailbox::Absent);
}

#[test]
fn unmarking_an_empty_destination_leaves_a_shell() {
    let (_, account) =
        answer(Act::Unmark { at: ServerRef::To }, |account| account.put(DESTINATION, marked(FIRST, &[], &[])));
    assert_eq!(account.mailboxes[DESTINATION], Mailbox::SHELL);
}

#[test]
fn the_earlier_of_two_servers_does_not_depend_on_the_direction_of_a_run() {
    for (from, to) in [(SOURCE, DESTINATION), (DESTINATION, SOURCE)] {
        for (reference, server) in [(ServerRef::Earlier, SOURCE), (ServerRef::Later, DESTINATION)] {
            let mut scenario = site(vec![doing(Act::CreateMailbox { at: reference, duplicate: Duplicate::Kept })]);
            (scenario.administrators[0].runs[0].from, scenario.administrators[0].runs[0].to) = (from, to);
            let (_, account) = answer_in(&scenario, |_| {});
            assert_eq!(account.mailboxes[server], Mailbox::SHELL);
        }
    }
}

#[test]
fn unmarking_keeps_the_mark_of_another_administrator() {
    let mut scenario = site(vec![doing(Act::Unmark { at: ServerRef::From })]);
    scenario.administrators.push(second(vec![reporting(Outcome::Ok)]));
    let (result, account) = answer_in(&scenario, |account| account.put(SOURCE, marked(SECOND, &[0], &[1])));
    assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Ok, marked(SECOND, &[0], &[1])));
}

#[test]
fn unmarking_an_unmarked_or_absent_mailbox_changes_nothing() {
    for mailbox in [Mailbox::Absent, holding(&[0])] {
        let (result, account) = answer(Act::Unmark { at: ServerRef::From }, |account| account.put(SOURCE, mailbox));
        assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Ok, mailbox));
    }
}

#[test]
fn saving_adds_the_folders_of_a_mailbox_to_the_saved_file() {
    let (result, account) = answer(Act::Save { at: ServerRef::From }, |account| {
        account.put(SOURCE, marked(FIRST, &[0], &[1]));
        account.saved = messages(&[2]);
    });
    assert_eq!((result, account.saved), (StepResult::Ok, messages(&[0, 2])));
    assert_eq!(account.mailboxes[SOURCE], marked(FIRST, &[0], &[1]));
}

#[test]
fn loading_adds_the_saved_file_to_a_mailbox() {
    let (result, account) = answer(Act::Load { at: ServerRef::To }, |account| {
        account.put(DESTINATION, holding(&[0]));
        account.saved = messages(&[1]);
    });
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Ok, holding(&[0, 1])));
    assert_eq!(account.saved, messages(&[1]));
}

#[test]
fn loading_into_an_absent_mailbox_creates_it() {
    let (result, account) = answer(Act::Load { at: ServerRef::To }, |account| account.saved = messages(&[1]));
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Ok, holding(&[1])));
}

#[test]
fn the_adjuster_gives_a_mailbox_without_a_recipient_one_that_is_homed_there() {
    let (result, account) = answer(Act::Adjust { at: ServerRef::To }, |account| {
        account.set_recipient(TOMBSTONE);
        account.put(DESTINATION, holding(&[0]));
    });
    assert_eq!((result, account.agreed_home()), (StepResult::Ok, Some(DESTINATION)));
    assert_eq!(account.mailboxes[DESTINATION], holding(&[0]));
}

#[test]
fn the_adjuster_keeps_a_recipient_that_is_homed_elsewhere() {
    let (result, account) =
        answer(Act::Adjust { at: ServerRef::To }, |account| account.put(DESTINATION, holding(&[0])));
    assert_eq!((result, account.agreed_home()), (StepResult::Ok, Some(SOURCE)));
}

#[test]
fn the_adjuster_creates_no_recipient_for_an_absent_mailbox() {
    let (result, account) = answer(Act::Adjust { at: ServerRef::To }, |account| account.set_recipient(TOMBSTONE));
    assert_eq!((result, account.agreed_home()), (StepResult::Ok, None));
}

#[test]
fn delivery_is_held_and_released() {
    let (_, held) = answer(Act::HoldDelivery, |_| {});
    assert_eq!(held.transport, Transport::Held);
    let (_, open) = answer(Act::ReleaseDelivery, |account| account.transport = Transport::Held);
    assert_eq!(open.transport, Transport::Open);
}

#[test]
fn a_directory_step_rewrites_both_home_attributes() {
    let (result, account) = answer(SYNC, |_| {});
    assert_eq!((result, account.agreed_home()), (StepResult::Ok, Some(DESTINATION)));
    assert!(!account.record.self_move);
}

#[test]
fn a_directory_step_onto_the_same_server_answers_ok_and_changes_nothing() {
    let (result, account) = answer(sync(ServerRef::To, ServerRef::To, VersionCondition::Unconditional), |_| {});
    assert_eq!((result, account.agreed_home()), (StepResult::Ok, Some(SOURCE)));
    assert!(account.record.self_move);
}

#[test]
fn a_directory_step_without_a_live_recipient_is_refused() {
    for recipient in [TOMBSTONE, Recipient::Absent] {
        let (result, account) = answer(SYNC, |account| account.set_recipient(recipient));
        assert_eq!((result, account.agreed_home()), (StepResult::Refused, None));
    }
}

#[test]
fn a_directory_step_writes_the_destination_that_the_program_passes() {
    let (result, account) = answer(sync(ServerRef::To, ServerRef::From, VersionCondition::Unconditional), |_| {});
    assert_eq!((result, account.agreed_home()), (StepResult::Ok, Some(SOURCE)));
}

#[test]
fn a_conditional_write_is_done_if_the_version_is_the_one_that_was_read() {
    let conditional = sync(ServerRef::From, ServerRef::To, VersionCondition::Unchanged);
    let steps =
        vec![step(Act::Require(Condition::HomeIs(ServerRef::From))), step(conditional), step(report(Outcome::Ok))];
    let world = world(&site(vec![run(steps)]));
    let state = after(&world, &world.initial[0], &[START, ACT]);
    let done = occurred(&world, &state, ACT);
    assert_eq!(done.step.unwrap().result, StepResult::Ok);
    assert_eq!(done.state.accounts[MAILBOX].agreed_home(), Some(DESTINATION));
    let edited = after(&world, &state, &[edit(SOURCE)]);
    let refused = occurred(&world, &edited, ACT);
    assert_eq!(refused.step.unwrap().result, StepResult::Refused);
    assert_eq!(refused.state.accounts[MAILBOX].agreed_home(), Some(SOURCE));
}

#[test]
fn a_condition_that_reads_no_replica_reads_no_version() {
    let steps = vec![
        step(Act::Require(Condition::HomeIs(ServerRef::From))),
        step(Act::Require(Condition::Differ(ServerRef::From, ServerRef::To))),
        step(sync(ServerRef::From, ServerRef::To, VersionCondition::Unchanged)),
        step(report(Outcome::Ok)),
    ];
    let world = world(&site(vec![run(steps)]));
    let state = after(&world, &world.initial[0], &[START, ACT, edit(SOURCE), ACT]);
    assert_eq!(occurred(&world, &state, ACT).step.unwrap().result, StepResult::Refused);
}

#[test]
fn a_conditional_write_without_a_read_of_the_home_is_refused() {
    let (result, account) = answer(sync(ServerRef::From, ServerRef::To, VersionCondition::Unchanged), |_| {});
    assert_eq!((result, account.agreed_home()), (StepResult::Refused, Some(SOURCE)));
}

#[test]
fn a_raw_edit_writes_the_given_values() {
    let to = Some(HomeValue::Server(ServerRef::To));
    let bad = Some(HomeValue::Malformed);
    let (source, destination) = (Home::Server(SOURCE), Home::Server(DESTINATION));
    let rows = [
        (to, to, destination, destination),
        (to, None, destination, source),
        (None, to, source, destination),
        (bad, to, Home::Malformed, destination),
        (to, bad, destination, Home::Malformed),
    ];
    for (mdb, mta, written_mdb, written_mta) in rows {
        let (result, account) = answer(raw_edit(mdb, mta), |_| {});
        let homes = account.recipients[SOURCE].homes();
        assert_eq!((result, homes), (StepResult::Ok, Some(Homes { mdb: written_mdb, mta: written_mta })));
    }
}

#[test]
fn a_raw_edit_without_a_live_recipient_is_refused() {
    let to = Some(HomeValue::Server(ServerRef::To));
    let (result, account) = answer(raw_edit(to, to), |account| account.set_recipient(TOMBSTONE));
    assert_eq!((result, account.recipients[SOURCE]), (StepResult::Refused, TOMBSTONE));
}

#[test]
fn a_deleted_recipient_becomes_a_tombstone() {
    let (result, account) = answer(Act::DeleteRecipient { replica: ServerRef::ConnectedTo }, |account| {
        account.put(SOURCE, holding(&[0]));
    });
    assert_eq!((result, account.recipients[SOURCE]), (StepResult::Ok, TOMBSTONE));
    assert_eq!(account.mailboxes[SOURCE], holding(&[0]));
}

#[test]
fn deleting_a_recipient_that_is_not_live_is_refused() {
    for recipient in [TOMBSTONE, Recipient::Absent] {
        let delete = Act::DeleteRecipient { replica: ServerRef::ConnectedTo };
        let (result, account) = answer(delete, |account| account.set_recipient(recipient));
        assert_eq!((result, account.recipients[SOURCE]), (StepResult::Refused, recipient));
    }
}

#[test]
fn a_recipient_created_again_names_its_new_home_and_the_mailbox_there_is_unchanged() {
    for recipient in [TOMBSTONE, Recipient::Absent] {
        let (result, account) = answer(create_recipient(ServerRef::To), |account| {
            account.set_recipient(recipient);
            account.put(DESTINATION, holding(&[0]));
        });
        assert_eq!((result, account.agreed_home()), (StepResult::Ok, Some(DESTINATION)));
        assert_eq!(account.mailboxes[DESTINATION], holding(&[0]));
    }
}

#[test]
fn a_recipient_is_not_created_if_a_live_one_is_visible() {
    let (result, account) = answer(create_recipient(ServerRef::To), |_| {});
    assert_eq!((result, account.agreed_home()), (StepResult::Refused, Some(SOURCE)));
}

#[test]
fn update_now_pulls_from_one_replica_after_the_other_if_it_answers() {
    let mut scenario = lagging(site(vec![doing(UPDATE_NOW)]));
    scenario.site.servers = servers(&["source", "destination", "third"]);
    let third = ServerId(2);
    let world = world(&scenario);
    let state = prepared(&world, |account| {
        account.recipients[SOURCE] = version(SOURCE, 1, 0, SOURCE);
        account.recipients[third] = version(third, 2, 0, third);
    });
    let home = |state: &State| state.accounts[MAILBOX].recipients[DESTINATION].home();
    let homes = |state: &State, acts: usize| home(&after(&world, state, &[vec![START], vec![ACT; acts]].concat()));
    // The program visits the replicas in the order of the site, its own included.
    assert_eq!([1, 2, 3].map(|acts| homes(&state, acts)), [Some(SOURCE), Some(SOURCE), Some(third)]);
    let mut isolated = state.clone();
    isolated.shared.servers[third].replica = Service::Down;
    assert_eq!(homes(&isolated, 3), Some(SOURCE));
}

#[test]
fn update_now_keeps_the_version_of_the_replica_if_it_wins() {
    let (result, account) = answer_in(&lagging(site(vec![doing(UPDATE_NOW)])), |account| {
        account.recipients[DESTINATION] = version(DESTINATION, 1, 0, DESTINATION);
    });
    assert_eq!((result, account.recipients[DESTINATION].home()), (StepResult::Ok, Some(DESTINATION)));
}

#[test]
fn a_step_at_a_store_that_is_down_gets_no_answer() {
    let acts = [
        CREATE,
        Act::DeleteMailbox { at: ServerRef::To },
        Act::Mark { at: ServerRef::To, claim: Claim::Taken },
        Act::Unmark { at: ServerRef::To },
        Act::Save { at: ServerRef::To },
        Act::Load { at: ServerRef::To },
        Act::Adjust { at: ServerRef::To },
        COPY,
        Act::CopyMessage { from: ServerRef::To, to: ServerRef::From },
        list(ServerRef::To),
        Act::CopyListed { from: ServerRef::To, to: ServerRef::From },
        COPY_LISTED,
        delete_listed(ServerRef::To),
        PROPAGATE,
        Act::PropagateDeletions { from: ServerRef::To, to: ServerRef::From },
    ];
    for act in acts {
        unanswered_while_down(&act, Part::Store);
    }
}

#[test]
fn a_step_at_an_unreachable_replica_gets_no_answer() {
    let acts = [
        Act::SyncDirectory {
            replica: ServerRef::To,
            from: ServerRef::From,
            to: ServerRef::To,
            condition: VersionCondition::Unconditional,
        },
        Act::RawEdit { replica: ServerRef::To, mdb: Some(HomeValue::Malformed), mta: None },
        Act::DeleteRecipient { replica: ServerRef::To },
        Act::CreateRecipient { replica: ServerRef::To, home: ServerRef::To },
        UPDATE_NOW,
        Act::LookUpHome { replica: ServerRef::To },
        Act::Adjust { at: ServerRef::To },
    ];
    for act in acts {
        unanswered_while_down(&act, Part::Replica);
    }
}

/// The result of an act is `lost` while this part of the destination is down, and nothing changes but the program.
fn unanswered_while_down(act: &Act, part: Part) {
    let mut scenario = site(vec![doing(act.clone())]);
    scenario.environment.faults = vec![Fault::StoreCrashes, Fault::ReplicaUnreachable];
    scenario.environment.faults_max = 1;
    let world = world(&scenario);
    let state = prepared(&world, |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[1]));
    });
    let before = after(&world, &state, &[fail(DESTINATION, part), START]);
    let occurrence = occurred(&world, &before, ACT);
    assert_eq!(occurrence.step.unwrap().result, StepResult::Lost, "{act:?}");
    let (then, now) = (&before.accounts[MAILBOX], &occurrence.state.accounts[MAILBOX]);
    assert_eq!((&now.mailboxes, &now.recipients), (&then.mailboxes, &then.recipients), "{act:?}");
}

#[test]
fn a_condition_on_the_home_is_refused_before_the_program_looks_it_up() {
    let conditions = [
        Condition::HomeIs(ServerRef::Home),
        Condition::Differ(ServerRef::Home, ServerRef::To),
        Condition::Present(ServerRef::Home),
        Condition::Empty(ServerRef::Home),
        Condition::HoldsAll { at: ServerRef::Home, of: ServerRef::To },
        Condition::EveryReplicaNames(ServerRef::Home),
        Condition::ReplicasAgreeOn(ServerRef::Home),
        Condition::NoRecipient(ServerRef::Home),
    ];
    for condition in conditions {
        let (result, _) = answer(Act::Require(condition), |_| {});
        assert_eq!(result, StepResult::Refused, "{condition:?}");
    }
}

type Prepare<'a> = &'a dyn Fn(&mut Account);

#[test]
fn a_requirement_is_refused_unless_its_condition_is_true() {
    let held = |account: &mut Account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, marked(FIRST, &[0], &[1]));
    };
    let shells = |account: &mut Account| account.put(DESTINATION, Mailbox::SHELL);
    let gone = |account: &mut Account| account.set_recipient(TOMBSTONE);
    let queued = |account: &mut Account| account.queued = messages(&[0]);
    let rows: [(Condition, Prepare, bool); 19] = [
        (Condition::HomeIs(ServerRef::From), &|_| {}, true),
        (Condition::HomeIs(ServerRef::To), &|_| {}, false),
        (Condition::HomeIs(ServerRef::From), &gone, false),
        (Condition::Differ(ServerRef::From, ServerRef::To), &|_| {}, true),
        (Condition::Differ(ServerRef::From, ServerRef::ConnectedTo), &|_| {}, false),
        (Condition::Present(ServerRef::To), &shells, true),
        (Condition::Present(ServerRef::To), &|_| {}, false),
        (Condition::Empty(ServerRef::To), &shells, true),
        (Condition::Empty(ServerRef::To), &held, false),
        (Condition::HoldsAll { at: ServerRef::To, of: ServerRef::From }, &held, true),
        (Condition::HoldsAll { at: ServerRef::From, of: ServerRef::To }, &held, false),
        (Condition::EveryReplicaNames(ServerRef::From), &|_| {}, true),
        (Condition::EveryReplicaNames(ServerRef::To), &|_| {}, false),
        (Condition::ReplicasAgreeOn(ServerRef::From), &|_| {}, true),
        (Condition::ReplicasAgreeOn(ServerRef::To), &|_| {}, false),
        (Condition::NoRecipient(ServerRef::To), &gone, true),
        (Condition::NoRecipient(ServerRef::To), &|_| {}, false),
        (Condition::NothingQueued, &|_| {}, true),
        (Condition::NothingQueued, &queued, false),
    ];
    for (condition, prepare, is_true) in rows {
        let (result, _) = answer(Act::Require(condition), prepare);
        assert_eq!(result, if is_true { StepResult::Ok } else { StepResult::Refused }, "{condition:?}");
    }
}

#[test]
fn replicas_that_differ_name_no_common_home_and_do_not_agree() {
    let differ = |account: &mut Account| {
        account.recipients[DESTINATION] = version(DESTINATION, 1, 0, DESTINATION);
    };
    let on = Condition::ReplicasAgreeOn(ServerRef::From);
    for condition in [Condition::ReplicasAgree, Condition::EveryReplicaNames(ServerRef::To), on] {
        let (result, _) = answer_in(&lagging(site(vec![doing(Act::Require(condition))])), differ);
        assert_eq!(result, StepResult::Refused, "{condition:?}");
    }
    let agree = lagging(site(vec![doing(Act::Require(Condition::ReplicasAgree))]));
    assert_eq!(answer_in(&agree, |_| {}).0, StepResult::Ok);
}

#[test]
fn the_home_is_read_from_the_replica_that_the_program_is_connected_to() {
    let mut scenario = lagging(site(vec![doing(Act::Require(Condition::HomeIs(ServerRef::To)))]));
    let differ = |account: &mut Account| {
        account.recipients[DESTINATION] = version(DESTINATION, 1, 0, DESTINATION);
    };
    assert_eq!(answer_in(&scenario, differ).0, StepResult::Refused);
    scenario.administrators[0].runs[0].connected_to = DESTINATION;
    assert_eq!(answer_in(&scenario, differ).0, StepResult::Ok);
}

#[test]
fn a_condition_on_a_server_that_does_not_answer_gets_no_answer() {
    let rows = [
        (Condition::HomeIs(ServerRef::From), Part::Replica, SOURCE),
        (Condition::Present(ServerRef::From), Part::Store, SOURCE),
        (Condition::Empty(ServerRef::To), Part::Store, DESTINATION),
        (Condition::HoldsAll { at: ServerRef::From, of: ServerRef::To }, Part::Store, DESTINATION),
        (Condition::HoldsAll { at: ServerRef::From, of: ServerRef::To }, Part::Store, SOURCE),
        (Condition::EveryReplicaNames(ServerRef::From), Part::Replica, DESTINATION),
        (Condition::ReplicasAgree, Part::Replica, DESTINATION),
        (Condition::ReplicasAgreeOn(ServerRef::From), Part::Replica, DESTINATION),
        (Condition::NoRecipient(ServerRef::To), Part::Replica, DESTINATION),
    ];
    for (condition, part, server) in rows {
        let mut scenario = site(vec![doing(Act::Require(condition))]);
        scenario.environment.faults = vec![Fault::StoreCrashes, Fault::ReplicaUnreachable];
        scenario.environment.faults_max = 1;
        let world = world(&scenario);
        let state = prepared(&world, |account| {
            account.put(SOURCE, holding(&[0]));
            if condition == Condition::NoRecipient(ServerRef::To) {
                account.set_recipient(TOMBSTONE);
            }
        });
        let (answered, _) = last_answer(&world, after(&world, &state, &[START]));
        assert_eq!(answered, StepResult::Ok, "{condition:?}");
        let (unanswered, _) = last_answer(&world, after(&world, &state, &[fail(server, part), START]));
        assert_eq!(unanswered, StepResult::Lost, "{condition:?}");
    }
}

#[test]
fn a_program_waits_until_its_condition_is_true() {
    let condition = Condition::Present(ServerRef::To);
    let world = world(&site(vec![doing(Act::Wait(condition))]));
    let refusal = refusal_after(&world, &world.initial[0], &[START], ACT);
    assert_eq!(refusal, Refusal::Waiting(condition));
    let state = prepared(&world, |account| account.put(DESTINATION, Mailbox::SHELL));
    assert_eq!(next_step(&after(&world, &state, &[START, ACT]).accounts[MAILBOX]), Some(1));
}

/// The acts of a program that tests a condition on every replica, with another action after the first of them.
fn result_with(condition: Condition, between: Action) -> StepResult {
    let scenario = lagging(site(vec![doing(Act::Require(condition))]));
    let world = world(&scenario);
    last_answer(&world, after(&world, &world.initial[0], &[START, ACT, between])).0
}

#[test]
fn replicas_are_read_one_after_the_other_with_the_environment_in_between() {
    let names = Condition::EveryReplicaNames(ServerRef::From);
    // The edit on the second replica changes the version and not the home.
    for (condition, result) in [
        (names, StepResult::Ok),
        (Condition::ReplicasAgree, StepResult::Refused),
        (Condition::ReplicasAgreeOn(ServerRef::From), StepResult::Refused),
    ] {
        assert_eq!(result_with(condition, edit(DESTINATION)), result, "{condition:?}");
        // The first replica was read before its edit.
        assert_eq!(result_with(condition, edit(SOURCE)), StepResult::Ok, "{condition:?}");
    }
}

#[test]
fn a_program_that_waits_for_equal_replicas_begins_again_when_one_shows_another_version() {
    let world = world(&lagging(site(vec![doing(Act::Wait(Condition::ReplicasAgree))])));
    let visited = |state: &State| state.accounts[MAILBOX].programs[FIRST].execution().unwrap().visited;
    let read = after(&world, &world.initial[0], &[START, ACT]);
    assert_eq!(visited(&read), 1);
    let edited = after(&world, &read, &[edit(DESTINATION), ACT]);
    assert_eq!((visited(&edited), next_step(&edited.accounts[MAILBOX])), (0, Some(0)));
    let done = after(&world, &edited, &[replicate(DESTINATION, SOURCE), ACT, ACT]);
    assert_eq!(next_step(&done.accounts[MAILBOX]), Some(1));
}

#[test]
fn a_program_that_waits_for_a_home_waits_at_each_replica() {
    let condition = Condition::EveryReplicaNames(ServerRef::From);
    let world = world(&lagging(site(vec![doing(Act::Wait(condition))])));
    let state = prepared(&world, |account| account.recipients[DESTINATION] = version(DESTINATION, 0, 0, SOURCE));
    assert_eq!(refusal_after(&world, &state, &[START, ACT], ACT), Refusal::Waiting(condition));
}

#[test]
fn a_comparison_of_two_stores_lists_one_and_then_reads_the_other() {
    let condition = Condition::HoldsAll { at: ServerRef::To, of: ServerRef::From };
    let world = world(&site(vec![doing(Act::Require(condition))]));
    let state = prepared(&world, |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[0]));
    });
    // A message that arrives after the list is not compared.
    let late = after(&world, &state, &[START, ACT, DELIVER]);
    assert_eq!(last_answer(&world, late).0, StepResult::Ok);
}
