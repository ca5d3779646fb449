//! Mail as movers treat it: copies of a message, the notes of a program, mirrors, late requests, and stores that lose mail or look
//! empty.

use pretty_assertions::assert_eq;
use stranded_model::action::{Action, Fate};
use stranded_model::assumption::Assumption;
use stranded_model::id::MessageSet;
use stranded_model::procedure::{
    Act, Claim, Condition, Deletion, Duplicate, ListPurpose, MemoryLife, Only, Outcome, ServerRef, StepResult,
};
use stranded_model::property::Safety;
use stranded_model::scenario::{CopyOrder, Delivery, Fault, Run, RunsMax, Scenario};
use stranded_model::state::{Account, Contents, Ended, Mailbox, State};
use stranded_model::{Refusal, World};

use crate::fixtures::*;

const LIST: Act = list(ServerRef::From);
const NOTE: Act = Act::List { at: ServerRef::To, purpose: ListPurpose::Copied };
const APPEND: Act = Act::AppendMessage { from: ServerRef::From, to: ServerRef::To };
const COPY: Act = Act::CopyMessage { from: ServerRef::From, to: ServerRef::To };
const MIRROR: Act = Act::DeleteUnlisted { at: ServerRef::To, only: Only::Any };

/// The contents of a mailbox with these messages, some of them duplicates.
fn copies(numbers: &[u8], duplicated: &[u8]) -> Mailbox {
    Mailbox::Present(Contents { messages: messages(numbers), duplicated: messages(duplicated), ..Contents::EMPTY })
}

/// A site with this run, in which these faults happen once, and no mail arrives.
fn faulty(run: Run, faults: &[Fault]) -> Scenario {
    let mut scenario = site(vec![run]);
    scenario.environment.delivery = Delivery::Never;
    scenario.environment.faults = faults.to_vec();
    scenario.environment.faults_max = 1;
    scenario
}

/// The state with these messages on the source, and an empty mailbox on the destination.
fn filled(world: &World, numbers: &[u8]) -> State {
    prepared(world, |account| {
        account.put(SOURCE, holding(numbers));
        account.put(DESTINATION, Mailbox::SHELL);
    })
}

fn journal(acts: Vec<Act>) -> Run {
    let mut run = Run { runs_max: RunsMax::Times(2), ..doing_all(acts) };
    run.procedure.memory = MemoryLife::Journal;
    run
}

fn act_with(message: u8, fate: Fate) -> Action {
    act(Some(stranded_model::id::MessageId(message)), fate)
}

fn end(mut state: State, world: &World) -> Account {
    while let Some((_, next)) = world.next_act(&state, MAILBOX, FIRST) {
        state = next;
    }
    state.accounts[MAILBOX].clone()
}

#[test]
fn append_adds_a_copy_whatever_the_target_holds() {
    let (result, account) = answer_in(&site(vec![doing_all(vec![LIST, APPEND])]), |account| {
        account.put(SOURCE, holding(&[0, 1]));
        account.put(DESTINATION, holding(&[0]));
    });
    assert_eq!((result, account.mailboxes[DESTINATION]), (StepResult::Ok, copies(&[0, 1], &[0])));
}

#[test]
fn a_program_that_lists_the_target_first_appends_only_what_it_lacks() {
    let (_, account) = answer_in(&site(vec![doing_all(vec![LIST, NOTE, APPEND])]), |account| {
        account.put(SOURCE, holding(&[0, 1]));
        account.put(DESTINATION, holding(&[0]));
    });
    assert_eq!(account.mailboxes[DESTINATION], holding(&[0, 1]));
}

#[test]
fn a_third_copy_counts_as_a_second_one() {
    let (_, account) = answer_in(&site(vec![doing_all(vec![LIST, APPEND])]), |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, copies(&[0], &[0]));
    });
    assert_eq!(account.mailboxes[DESTINATION], copies(&[0], &[0]));
}

#[test]
fn a_list_has_a_message_once_however_many_copies_there_are() {
    let (_, account) = answer_in(&site(vec![doing_all(vec![LIST, APPEND])]), |account| {
        account.put(SOURCE, copies(&[0], &[0]));
        account.put(DESTINATION, Mailbox::SHELL);
    });
    assert_eq!(account.mailboxes[DESTINATION], holding(&[0]));
}

#[test]
fn a_deletion_takes_every_copy() {
    for act in [
        Act::DeleteListed { at: ServerRef::From, only: Only::Any },
        Act::EmptyMailbox { at: ServerRef::From, deletion: Deletion::Remembered },
    ] {
        let (_, account) = answer_in(&site(vec![doing_all(vec![LIST, act])]), |account| {
            account.put(SOURCE, copies(&[0], &[0]));
        });
        assert_eq!(account.mailboxes[SOURCE], Mailbox::SHELL);
    }
}

#[test]
fn a_lost_reply_to_an_append_followed_by_a_retry_is_a_duplicate() {
    let run = Run { runs_max: RunsMax::Times(2), ..doing_all(vec![LIST, APPEND]) };
    let world = world(&faulty(run, &[Fault::ReplyLost]));
    let state = after(&world, &filled(&world, &[0]), &[START, ACT, act_with(0, Fate::ReplyLost)]);
    assert_eq!(state.accounts[MAILBOX].programs[FIRST].ended, Ended::Reported(Outcome::Unknown));
    let account = end(after(&world, &state, &[START]), &world);
    assert_eq!(account.mailboxes[DESTINATION], copies(&[0], &[0]));
    assert!(!Safety::NoDuplicates.holds_once(&account, || true));
    assert!(Safety::NoDuplicates.holds_once(&account, || false));
}

#[test]
fn an_in_transit_folder_that_joins_the_mailbox_can_bring_a_second_copy() {
    let acts = vec![LIST, APPEND, Act::Unmark { at: ServerRef::To }];
    let (_, account) = answer_in(&site(vec![doing_all(acts)]), |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, marked(FIRST, &[], &[0]));
    });
    assert_eq!(account.mailboxes[DESTINATION], copies(&[0], &[0]));
}

#[test]
fn a_file_is_loaded_without_adding_copies() {
    let acts = vec![Act::Save { at: ServerRef::From }, Act::Load { at: ServerRef::To }];
    let (_, account) = answer_in(&site(vec![doing_all(acts)]), |account| {
        account.put(SOURCE, holding(&[0, 1]));
        account.put(DESTINATION, holding(&[0]));
    });
    assert_eq!(account.mailboxes[DESTINATION], holding(&[0, 1]));
}

#[test]
fn a_mirror_deletes_what_the_list_lacks() {
    let (_, account) = answer_in(&site(vec![doing_all(vec![LIST, MIRROR])]), |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[0, 1]));
    });
    assert_eq!((account.mailboxes[DESTINATION], account.record.destroyed), (holding(&[0]), messages(&[1])));
}

#[test]
fn a_mirror_by_notes_deletes_only_what_was_copied() {
    let acts = vec![NOTE, LIST, Act::DeleteUnlisted { at: ServerRef::To, only: Only::Copied }];
    let world = world(&site(vec![doing_all(acts)]));
    let state = prepared(&world, |account| {
        account.put(SOURCE, Mailbox::SHELL);
        account.put(DESTINATION, holding(&[0]));
    });
    let mut noted = after(&world, &state, &[START, ACT]);
    noted.accounts[MAILBOX].put(DESTINATION, holding(&[0, 1]));
    let (_, account) = last_answer(&world, noted);
    assert_eq!(account.mailboxes[DESTINATION], holding(&[1]));
}

#[test]
fn a_deletion_of_copied_messages_spares_the_others() {
    let acts = vec![LIST, NOTE, Act::DeleteListed { at: ServerRef::From, only: Only::Copied }];
    let (_, account) = answer_in(&site(vec![doing_all(acts)]), |account| {
        account.put(SOURCE, holding(&[0, 1]));
        account.put(DESTINATION, holding(&[0]));
    });
    assert_eq!(account.mailboxes[SOURCE], holding(&[1]));
}

#[test]
fn conditions_read_the_list() {
    let holds = |source: &[u8], condition| {
        let acts = vec![LIST, Act::Require(condition)];
        let (result, _) = answer_in(&site(vec![doing_all(acts)]), |account| {
            account.put(SOURCE, holding(source));
            account.put(DESTINATION, holding(&[0]));
        });
        result
    };
    let on_destination = Condition::HoldsListed(ServerRef::To);
    assert_eq!(holds(&[0], on_destination), StepResult::Ok);
    assert_eq!(holds(&[0, 1], on_destination), StepResult::Refused);
    assert_eq!(holds(&[], Condition::NothingListed), StepResult::Ok);
    assert_eq!(holds(&[0], Condition::NothingListed), StepResult::Refused);
}

#[test]
fn notes_end_with_the_run() {
    let run = Run { runs_max: RunsMax::Times(2), ..doing_all(vec![LIST, APPEND]) };
    let world = world(&faulty(run, &[]));
    let once = end(after(&world, &filled(&world, &[0]), &[START]), &world);
    assert_eq!(once.programs[FIRST].journal, MessageSet::EMPTY);
}

#[test]
fn the_next_run_reads_the_journal() {
    let world = world(&faulty(journal(vec![LIST, APPEND]), &[]));
    let mut state = filled(&world, &[0]);
    for _ in 0..2 {
        let account = end(after(&world, &state, &[START]), &world);
        assert_eq!(account.mailboxes[DESTINATION], holding(&[0]));
        assert_eq!(account.programs[FIRST].journal, messages(&[0]));
        state.accounts[MAILBOX] = account;
    }
}

#[test]
fn a_program_that_dies_leaves_its_journal() {
    let world = world(&faulty(journal(vec![LIST, APPEND]), &[Fault::ProgramDies]));
    let state = after(&world, &filled(&world, &[0, 1]), &[START, ACT, act_on(1), DIE]);
    assert_eq!(state.accounts[MAILBOX].programs[FIRST].journal, messages(&[1]));
}

#[test]
fn a_lost_journal_makes_the_next_run_append_again() {
    let world = world(&faulty(journal(vec![LIST, APPEND]), &[Fault::JournalLost]));
    let lose = Action::LoseJournal { mailbox: MAILBOX, administrator: FIRST };
    let state = filled(&world, &[0]);
    assert_eq!(world.step(&state, &lose), Err(Refusal::NoJournal));
    let mut state = state.clone();
    state.accounts[MAILBOX] = end(after(&world, &state, &[START]), &world);
    let account = end(after(&world, &state, &[lose, START]), &world);
    assert_eq!(account.mailboxes[DESTINATION], copies(&[0], &[0]));
}

#[test]
fn a_crash_loses_what_a_running_program_wrote_and_keeps_the_journal() {
    let world = world(&faulty(journal(vec![LIST, APPEND]), &[Fault::JournalOutlivesMail]));
    let crash = Action::LoseRecent { mailbox: MAILBOX, server: DESTINATION };
    let state = after(&world, &filled(&world, &[0, 1]), &[START, ACT, act_on(0)]);
    let crashed = after(&world, &state, &[crash]);
    assert_eq!(crashed.accounts[MAILBOX].mailboxes[DESTINATION], Mailbox::SHELL);
    let ended = end(crashed, &world);
    assert_eq!(ended.programs[FIRST].journal, messages(&[0, 1]));
    assert_eq!(ended.mailboxes[DESTINATION], holding(&[1]));
    // Mail that was delivered, or written by a run that has ended, is durable.
    let source = Action::LoseRecent { mailbox: MAILBOX, server: SOURCE };
    assert_eq!(world.step(&state, &source), Err(Refusal::NothingRecent));
    let mut done = state.clone();
    done.accounts[MAILBOX] = end(state, &world);
    assert_eq!(world.step(&done, &crash), Err(Refusal::NothingRecent));
}

#[test]
fn a_scenario_without_that_fault_does_not_note_recent_mail() {
    let world = world(&faulty(doing_all(vec![LIST, APPEND]), &[Fault::ProgramDies]));
    let state = after(&world, &filled(&world, &[0, 1]), &[START, ACT, act_on(0)]);
    assert_eq!(state.accounts[MAILBOX].mailboxes[DESTINATION], holding(&[0]));
}

const LOOK_EMPTY: Action = Action::LookEmpty { mailbox: MAILBOX, server: SOURCE };
const REAPPEAR: Action = Action::Reappear { mailbox: MAILBOX, server: SOURCE };

#[test]
fn a_store_that_looks_empty_lists_nothing_and_shows_its_mail_again() {
    let world = world(&faulty(doing_all(vec![LIST, MIRROR]), &[Fault::StoreLooksEmpty]));
    let state = prepared(&world, |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[0, 1]));
    });
    let account = end(after(&world, &state, &[LOOK_EMPTY, START]), &world);
    assert_eq!(account.mailboxes[DESTINATION], Mailbox::SHELL);
    // Only what is nowhere else is destroyed.
    assert_eq!(account.record.destroyed, messages(&[1]));
    let mut state = state.clone();
    state.accounts[MAILBOX] = account;
    assert!(!world.is_quiescent(&state.accounts[MAILBOX], &state.shared));
    let shown = after(&world, &state, &[REAPPEAR]);
    assert_eq!(shown.accounts[MAILBOX].mailboxes[SOURCE], holding(&[0]));
    assert!(world.is_quiescent(&shown.accounts[MAILBOX], &shown.shared));
}

#[test]
fn what_is_written_to_a_store_that_looks_empty_vanishes_when_it_shows_its_mail() {
    let back = Act::AppendMessage { from: ServerRef::To, to: ServerRef::From };
    let scenario = faulty(doing_all(vec![list(ServerRef::To), back]), &[Fault::StoreLooksEmpty]);
    let prepare = |account: &mut Account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[1]));
    };
    let accepting = world_where(&scenario, Assumption::EmptyStoreWrites, "accepted");
    let state = after(&accepting, &prepared(&accepting, prepare), &[LOOK_EMPTY, START, ACT, act_on(1)]);
    assert_eq!(state.accounts[MAILBOX].mailboxes[SOURCE], holding(&[1]));
    let shown = after(&accepting, &state, &[REAPPEAR]);
    assert_eq!(shown.accounts[MAILBOX].mailboxes[SOURCE], holding(&[0]));

    let refusing = world_where(&scenario, Assumption::EmptyStoreWrites, "refused");
    let state = after(&refusing, &prepared(&refusing, prepare), &[LOOK_EMPTY, START, ACT]);
    let (result, account) = last_answer(&refusing, state);
    assert_eq!((result, account.mailboxes[SOURCE]), (StepResult::Refused, Mailbox::SHELL));
}

#[test]
fn mail_for_a_store_that_looks_empty_waits() {
    let mut scenario = faulty(doing_all(vec![LIST]), &[Fault::StoreLooksEmpty]);
    scenario.environment.delivery = Delivery::AnyTime;
    let world = world(&scenario);
    let state = after(&world, &world.initial[0].clone(), &[DELIVER, LOOK_EMPTY, DELIVER]);
    assert_eq!(state.accounts[MAILBOX].queued, messages(&[1]));
    let log_on = Action::LogOn { mailbox: MAILBOX, by: stranded_model::action::View::Replica(SOURCE) };
    assert_eq!(world.step(&state, &log_on), Err(Refusal::LooksEmpty));
    assert_eq!(world.step(&state, &LOOK_EMPTY), Err(Refusal::AlreadyInState));
}

const TAKE_EFFECT: Action = Action::TakeEffect { mailbox: MAILBOX };

#[test]
fn a_late_request_takes_effect_after_its_program_gave_up() {
    let world = world(&faulty(doing_all(vec![LIST, APPEND]), &[Fault::RequestLate]));
    let state = after(&world, &filled(&world, &[0]), &[START, ACT, act_with(0, Fate::RequestLate)]);
    let account = &state.accounts[MAILBOX];
    assert_eq!(account.mailboxes[DESTINATION], Mailbox::SHELL);
    assert_eq!(account.programs[FIRST].ended, Ended::Reported(Outcome::Unknown));
    assert!(!world.is_idle(account, &state.shared));
    let late = after(&world, &state, &[TAKE_EFFECT]);
    assert_eq!(late.accounts[MAILBOX].mailboxes[DESTINATION], holding(&[0]));
    assert_eq!(world.step(&late, &TAKE_EFFECT), Err(Refusal::NoLateRequest));
}

#[test]
fn a_late_append_carries_its_message_and_a_late_deletion_names_it() {
    let run = Run { runs_max: RunsMax::Times(2), ..doing_all(vec![LIST, APPEND]) };
    let world = world(&faulty(run, &[Fault::RequestLate]));
    let mut state = after(&world, &filled(&world, &[0]), &[START, ACT, act_with(0, Fate::RequestLate)]);
    state.accounts[MAILBOX].put(SOURCE, Mailbox::SHELL);
    state.accounts[MAILBOX].put(DESTINATION, holding(&[0]));
    let late = after(&world, &state, &[TAKE_EFFECT]);
    assert_eq!(late.accounts[MAILBOX].mailboxes[DESTINATION], copies(&[0], &[0]));
}

#[test]
fn a_late_deletion_can_destroy_the_last_copy() {
    let delete = Act::DeleteListed { at: ServerRef::From, only: Only::Any };
    let world = world(&faulty(doing_all(vec![LIST, delete]), &[Fault::RequestLate]));
    let state = after(&world, &filled(&world, &[0]), &[START, ACT, act_with(0, Fate::RequestLate)]);
    assert_eq!(state.accounts[MAILBOX].record.destroyed, MessageSet::EMPTY);
    let late = after(&world, &state, &[TAKE_EFFECT]);
    assert_eq!(late.accounts[MAILBOX].record.destroyed, messages(&[0]));
}

#[test]
fn a_program_that_only_reads_or_waits_sends_nothing_late() {
    let silent = [LIST, Act::Require(Condition::Present(ServerRef::From)), Act::Save { at: ServerRef::From }];
    for one in silent {
        let world = world(&faulty(doing(one), &[Fault::RequestLate]));
        let state = after(&world, &filled(&world, &[0]), &[START]);
        assert_eq!(world.step(&state, &act(None, Fate::RequestLate)), Err(Refusal::NothingToLose));
    }
}

/// A run that marks the source and then deletes what it listed there.
fn claiming(claim: Claim) -> Scenario {
    let acts = vec![
        Act::Mark { at: ServerRef::From, claim },
        LIST,
        Act::DeleteListed { at: ServerRef::From, only: Only::Any },
    ];
    faulty(Run { runs_max: RunsMax::Times(2), ..doing_all(acts) }, &[Fault::RequestLate])
}

#[test]
fn a_store_refuses_late_requests_of_earlier_runs_once_a_newer_token_marks_it() {
    for (claim, is_late) in [(Claim::Respected, true), (Claim::Token, false)] {
        let world = world(&claiming(claim));
        let late = [START, ACT, ACT, act_with(0, Fate::RequestLate), START, ACT];
        let state = after(&world, &filled(&world, &[0]), &late);
        assert_eq!(world.step(&state, &TAKE_EFFECT).is_ok(), is_late, "{claim:?}");
    }
}

#[test]
fn in_the_order_of_arrival_only_the_earliest_message_can_be_taken() {
    for act in [COPY, Act::DeleteListed { at: ServerRef::From, only: Only::Any }] {
        let mut scenario = site(vec![doing_all(vec![LIST, act])]);
        scenario.environment.copy_order = CopyOrder::Arrival;
        let world = world(&scenario);
        let state = after(&world, &filled(&world, &[0, 1]), &[START, ACT]);
        assert_eq!(world.step(&state, &act_on(1)), Err(Refusal::AnotherTaken));
        assert!(world.step(&state, &act_on(0)).is_ok());
    }
}

#[test]
fn emptying_leaves_a_shell_and_may_leave_no_trace() {
    let propagate = Act::PropagateDeletions { from: ServerRef::From, to: ServerRef::To };
    for (deletion, left) in [(Deletion::Remembered, Mailbox::SHELL), (Deletion::Forgotten, holding(&[0]))] {
        let acts = vec![Act::EmptyMailbox { at: ServerRef::From, deletion }, propagate.clone()];
        let (_, account) = answer_in(&site(vec![doing_all(acts)]), |account| {
            account.put(SOURCE, holding(&[0]));
            account.put(DESTINATION, holding(&[0]));
        });
        assert_eq!(account.mailboxes[DESTINATION].held(), left.held(), "{deletion:?}");
    }
}

#[test]
fn a_following_scenario_counts_copies_from_the_present_ones() {
    let scenario =
        site(vec![doing_all(vec![Act::CreateMailbox { at: ServerRef::To, duplicate: Duplicate::Kept }, LIST, APPEND])]);
    let duplicated = prepared(&world(&scenario), |account| account.put(DESTINATION, copies(&[0], &[0])));
    let world = World::following(&scenario, stranded_model::assumption::Assumptions::default(), &[duplicated]);
    let began = &world.initial[0].accounts[MAILBOX];
    let Mailbox::Present(contents) = began.mailboxes[DESTINATION] else { panic!("the mailbox is there") };
    assert_eq!((contents.duplicated, contents.began_twice), (MessageSet::EMPTY, messages(&[0])));
    assert!(Safety::NoDuplicates.holds_once(began, || true));
}
