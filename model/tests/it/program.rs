//! The interpreter: the next step after a result, the report of a run, and lost messages.

use pretty_assertions::assert_eq;
use stranded_model::Refusal;
use stranded_model::action::{Action, Fate};
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::MessageSet;
use stranded_model::procedure::{
    Act, Condition, Duplicate, Handler, MemoryLife, Outcome, Procedure, ServerRef, Step, StepResult, VersionCondition,
};
use stranded_model::scenario::{Fault, Scenario};
use stranded_model::state::{Ended, Mailbox, Phase, Program, State};

use crate::fixtures::*;

const CREATE: Act = Act::CreateMailbox { at: ServerRef::To, duplicate: Duplicate::Deleted };
const DELETE: Act = Act::DeleteMailbox { at: ServerRef::To };
const IMPOSSIBLE: Act = Act::Require(Condition::Differ(ServerRef::From, ServerRef::From));

fn program(state: &State) -> Program {
    state.accounts[MAILBOX].programs[FIRST]
}

fn next_step(state: &State) -> Option<u8> {
    program(state).execution().map(|execution| execution.next)
}

fn lossy(steps: Vec<Step>) -> Scenario {
    let mut scenario = site(vec![run(steps)]);
    scenario.environment.faults = vec![Fault::RequestLost, Fault::ReplyLost];
    scenario.environment.faults_max = 1;
    scenario
}

/// The end of a run whose only step has this result without a handler.
fn ends_after(act: Act, prepare: impl FnOnce(&mut stranded_model::state::Account)) -> Ended {
    let world = world(&site(vec![doing(act)]));
    program(&after(&world, &prepared(&world, prepare), &[START, ACT])).ended
}

#[test]
fn after_ok_a_program_continues_with_the_following_step() {
    let world = world(&site(vec![run(vec![step(CREATE), step(DELETE), step(report(Outcome::Ok))])]));
    let state = after(&world, &world.initial[0], &[START, ACT]);
    assert_eq!(next_step(&state), Some(1));
    assert_eq!(next_step(&after(&world, &state, &[ACT])), Some(2));
}

#[test]
fn a_handled_result_leads_to_the_step_of_its_handler() {
    let steps = |result| vec![handled(CREATE, result, 2), step(DELETE), step(report(Outcome::Ok))];
    let world = world(&site(vec![run(steps(StepResult::Duplicate))]));
    let found = prepared(&world, |account| account.put(DESTINATION, Mailbox::SHELL));
    assert_eq!(next_step(&after(&world, &found, &[START, ACT])), Some(2));
    assert_eq!(next_step(&after(&world, &world.initial[0], &[START, ACT])), Some(1), "another result is not handled");
    let world = crate::fixtures::world(&site(vec![run(steps(StepResult::Ok))]));
    assert_eq!(next_step(&after(&world, &world.initial[0], &[START, ACT])), Some(2));
}

#[test]
fn an_incomplete_copy_repeats_unless_ok_is_handled() {
    const COPY: Act = Act::CopyMessage { from: ServerRef::From, to: ServerRef::To };
    for (copy, next) in [(step(COPY), 0), (handled(COPY, StepResult::Ok, 1), 1)] {
        let world = world(&site(vec![run(vec![copy, step(report(Outcome::Ok))])]));
        let state = prepared(&world, |account| {
            account.put(SOURCE, holding(&[0, 1]));
            account.put(DESTINATION, Mailbox::SHELL);
        });
        assert_eq!(next_step(&after(&world, &state, &[START, act_on(0)])), Some(next));
    }
}

#[test]
fn an_unhandled_refusal_of_a_requirement_ends_the_run_refused() {
    assert_eq!(ends_after(IMPOSSIBLE, |_| {}), Ended::Reported(Outcome::Refused));
}

#[test]
fn an_unhandled_refusal_of_any_other_step_ends_the_run_failed() {
    let delete = Act::DeleteRecipient { replica: ServerRef::ConnectedTo };
    assert_eq!(ends_after(delete, |account| account.set_recipient(TOMBSTONE)), Ended::Reported(Outcome::Failed));
}

#[test]
fn an_unhandled_duplicate_ends_the_run_failed() {
    let found = |account: &mut stranded_model::state::Account| account.put(DESTINATION, Mailbox::SHELL);
    assert_eq!(ends_after(CREATE, found), Ended::Reported(Outcome::Failed));
}

#[test]
fn a_report_ends_the_run_with_its_outcome() {
    for outcome in Outcome::ALL {
        let world = world(&site(vec![reporting(outcome)]));
        let occurrence = occurred(&world, &after(&world, &world.initial[0], &[START]), ACT);
        let ended = program(&occurrence.state);
        assert_eq!((ended.phase, ended.ended), (Phase::Idle, Ended::Reported(outcome)));
        assert_eq!(occurrence.step.unwrap().ended, Some(outcome));
    }
}

#[test]
fn a_lost_request_does_nothing_and_ends_the_run_unknown() {
    let world = world(&lossy(vec![step(CREATE), step(report(Outcome::Ok))]));
    let state = after(&world, &world.initial[0], &[START, ACT_REQUEST_LOST]);
    assert_eq!(state.accounts[MAILBOX].mailboxes[DESTINATION], Mailbox::Absent);
    assert_eq!(program(&state).ended, Ended::Reported(Outcome::Unknown));
}

#[test]
fn after_a_lost_reply_the_step_is_done_and_the_run_ends_unknown() {
    let world = world(&lossy(vec![step(CREATE), step(report(Outcome::Ok))]));
    let state = after(&world, &world.initial[0], &[START, ACT_REPLY_LOST]);
    assert_eq!(state.accounts[MAILBOX].mailboxes[DESTINATION], Mailbox::SHELL);
    assert_eq!(program(&state).ended, Ended::Reported(Outcome::Unknown));
}

#[test]
fn a_program_that_handles_a_lost_answer_continues() {
    let world = world(&lossy(vec![handled(CREATE, StepResult::Lost, 1), step(report(Outcome::Ok))]));
    for lost in [ACT_REQUEST_LOST, ACT_REPLY_LOST] {
        assert_eq!(next_step(&after(&world, &world.initial[0], &[START, lost])), Some(1));
    }
}

#[test]
fn steps_inside_the_program_cannot_be_lost() {
    let condition = Condition::Differ(ServerRef::From, ServerRef::To);
    let steps = vec![step(Act::Require(condition)), step(Act::Wait(condition)), step(report(Outcome::Ok))];
    let world = world(&lossy(steps));
    for lost in [ACT_REQUEST_LOST, ACT_REPLY_LOST] {
        for acts in 0..3 {
            let actions: Vec<Action> = [START].into_iter().chain(std::iter::repeat_n(ACT, acts)).collect();
            assert_eq!(refusal_after(&world, &world.initial[0], &actions, lost), Refusal::NothingToLose);
        }
    }
}

#[test]
fn no_request_is_lost_in_a_scenario_without_that_fault() {
    let world = world(&site(vec![doing(CREATE)]));
    for lost in [ACT_REQUEST_LOST, ACT_REPLY_LOST] {
        assert_eq!(refusal_after(&world, &world.initial[0], &[START], lost), Refusal::NotInScenario);
    }
}

#[test]
fn a_program_that_is_not_running_does_nothing() {
    let world = world(&site(vec![doing(CREATE)]));
    assert_eq!(refusal_after(&world, &world.initial[0], &[], ACT), Refusal::Idle);
    assert_eq!(refusal_after(&world, &world.initial[0], &[START, ACT, ACT], ACT), Refusal::Idle);
}

#[test]
fn a_run_that_reports_ok_without_a_complete_move_is_a_false_success() {
    let world = world(&site(vec![reporting(Outcome::Ok)]));
    assert!(after(&world, &world.initial[0], &[START, ACT]).accounts[MAILBOX].record.false_success);
}

#[test]
fn a_run_that_does_not_report_ok_is_no_false_success() {
    for outcome in [Outcome::Refused, Outcome::Failed, Outcome::Unknown] {
        let world = world(&site(vec![reporting(outcome)]));
        assert!(!after(&world, &world.initial[0], &[START, ACT]).accounts[MAILBOX].record.false_success);
    }
}

#[test]
fn a_move_that_was_complete_at_some_moment_is_no_false_success() {
    let world = world(&site(vec![reporting(Outcome::Ok)]));
    let state = prepared(&world, |account| {
        account.set_recipient(homed_on(DESTINATION));
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[0]));
    });
    let mut complete = after(&world, &state, &[START]);
    complete.accounts[MAILBOX].set_recipient(homed_on(SOURCE));
    assert!(!after(&world, &complete, &[ACT]).accounts[MAILBOX].record.false_success);
}

#[test]
fn a_move_is_not_complete_while_the_destination_lacks_a_message_of_the_source() {
    let world = world(&site(vec![reporting(Outcome::Ok)]));
    let state = prepared(&world, |account| {
        account.set_recipient(homed_on(DESTINATION));
        account.put(SOURCE, marked(FIRST, &[], &[0]));
    });
    assert!(after(&world, &state, &[START, ACT]).accounts[MAILBOX].record.false_success);
}

/// The false success after a run of these acts, in a state prepared like this.
fn is_false(acts: Vec<Act>, prepare: impl FnOnce(&mut stranded_model::state::Account)) -> bool {
    let world = world(&site(vec![doing_all(acts)]));
    let mut state = after(&world, &prepared(&world, prepare), &[START]);
    while let Some((_, next)) = world.next_act(&state, MAILBOX, FIRST) {
        state = next;
    }
    assert_eq!(program(&state).ended, Ended::Reported(Outcome::Ok));
    state.accounts[MAILBOX].record.false_success
}

const fn sync(from: ServerRef, to: ServerRef) -> Act {
    Act::SyncDirectory { replica: ServerRef::ConnectedTo, from, to, condition: VersionCondition::Unconditional }
}

/// A run that deletes what it should have moved can leave nothing at the source that the destination lacks.
#[test]
fn a_message_that_the_source_held_at_the_start_must_reach_the_destination() {
    let delete = Act::DeleteMailbox { at: ServerRef::From };
    let moved = vec![delete, sync(ServerRef::From, ServerRef::To)];
    assert!(!is_false(moved.clone(), |account| {
        account.put(SOURCE, holding(&[0]));
        account.put(DESTINATION, holding(&[0]));
    }));
    assert!(is_false(moved.clone(), |account| {
        account.put(SOURCE, holding(&[0]));
        // Another copy exists, so nothing is destroyed.
        account.saved = messages(&[0]);
    }));
    assert!(!is_false(moved, |account| {
        account.put(SOURCE, holding(&[0]));
        account.saved = messages(&[0]);
        account.record.owner_deleted = messages(&[0]);
    }));
}

#[test]
fn a_run_that_deleted_a_last_copy_and_reports_ok_is_a_false_success() {
    let moved = vec![DELETE, sync(ServerRef::From, ServerRef::To)];
    assert!(!is_false(moved.clone(), |account| account.put(SOURCE, Mailbox::SHELL)));
    assert!(is_false(moved, |account| account.put(DESTINATION, holding(&[0]))));
}

#[test]
fn a_run_that_finds_its_work_done_and_writes_the_home_back_is_a_false_success() {
    let done = |account: &mut stranded_model::state::Account| account.set_recipient(homed_on(DESTINATION));
    assert!(!is_false(vec![Act::HoldDelivery], done));
    assert!(is_false(vec![sync(ServerRef::To, ServerRef::From)], done));
    // The last write is the one that counts.
    assert!(!is_false(vec![sync(ServerRef::To, ServerRef::From), sync(ServerRef::From, ServerRef::To)], done));
}

#[test]
fn a_message_that_reaches_the_source_after_the_move_was_complete_does_not_make_its_report_false() {
    let world = world(&site(vec![reporting(Outcome::Ok)]));
    let state = prepared(&world, |account| account.set_recipient(homed_on(DESTINATION)));
    let mut complete = after(&world, &state, &[START]);
    complete.accounts[MAILBOX].put(SOURCE, holding(&[0]));
    assert!(!after(&world, &complete, &[ACT]).accounts[MAILBOX].record.false_success);
}

#[test]
fn a_program_that_does_not_wait_for_replication_reports_a_false_success() {
    let plain = lagging(site(vec![doing(sync(ServerRef::From, ServerRef::To))]));
    let world = world(&plain);
    let written = after(&world, &world.initial[0], &[START, ACT]);
    assert!(after(&world, &written, &[ACT]).accounts[MAILBOX].record.false_success);
    let replicated = after(&world, &written, &[replicate(SOURCE, DESTINATION), ACT]);
    assert!(!replicated.accounts[MAILBOX].record.false_success);
}

#[test]
fn a_step_reports_if_a_message_left_a_location() {
    let world = world(&site(vec![doing(DELETE)]));
    let deleted = |mailbox: Mailbox| {
        let state = prepared(&world, |account| account.put(DESTINATION, mailbox));
        occurred(&world, &after(&world, &state, &[START]), ACT).step.unwrap().deleted
    };
    assert!(deleted(holding(&[0])));
    assert!(!deleted(Mailbox::SHELL));
}

#[test]
fn programs_of_two_administrators_are_independent() {
    let mut scenario = site(vec![doing(CREATE)]);
    scenario.administrators.push(second(vec![doing(DELETE)]));
    let world = world(&scenario);
    let theirs = |fate| Action::Act { mailbox: MAILBOX, administrator: SECOND, message: None, fate };
    assert_eq!(refusal_after(&world, &world.initial[0], &[START], theirs(Fate::Answered)), Refusal::Idle);
    let start = Action::Start { mailbox: MAILBOX, administrator: SECOND, run: 0 };
    let state = after(&world, &world.initial[0], &[START, start, ACT, theirs(Fate::Answered)]);
    assert_eq!(state.accounts[MAILBOX].mailboxes[DESTINATION], Mailbox::Absent);
    assert_eq!((next_step(&state), state.accounts[MAILBOX].record.destroyed), (Some(1), MessageSet::EMPTY));
}

#[test]
fn a_step_under_another_answer_is_removed_and_jumps_to_it_lead_to_the_next_step() {
    let only = |value| vec![(Assumption::SourceDelete, value)];
    let procedure = Procedure {
        name: "a procedure".to_owned(),
        source: Vec::new(),
        memory: MemoryLife::Run,
        steps: vec![
            Step { on: vec![Handler { result: StepResult::Ok, next: 2 }], ..step(CREATE) },
            Step { when: only(0), ..step(Act::HoldDelivery) },
            Step { when: only(1), ..step(DELETE) },
            step(report(Outcome::Ok)),
        ],
    };
    assert_eq!(procedure.assumptions().collect::<Vec<_>>(), [Assumption::SourceDelete; 2]);
    let under = |answer| procedure.under(&Assumptions::default().with(Assumption::SourceDelete, answer));
    let acts = |procedure: &Procedure| procedure.steps.iter().map(|step| step.act.clone()).collect::<Vec<_>>();
    assert_eq!(acts(&under(0)), [CREATE, Act::HoldDelivery, report(Outcome::Ok)]);
    assert_eq!(under(0).steps[0].on[0].next, 2);
    assert_eq!(acts(&under(1)), [CREATE, DELETE, report(Outcome::Ok)]);
    assert_eq!(under(1).steps[0].on[0].next, 1);
}
