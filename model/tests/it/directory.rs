//! The directory: writing a replica, and the version that wins.

use std::collections::BTreeSet;

use pretty_assertions::assert_eq;
use stranded_model::action::{Action, Part};
use stranded_model::id::ServerId;
use stranded_model::procedure::{Act, Outcome, ServerRef, VersionCondition};
use stranded_model::scenario::{Delivery, Fault, Run, RunsMax, Scenario};
use stranded_model::state::{Recipient, Stamp, State};
use stranded_model::{Refusal, World};

use crate::fixtures::*;

const SYNC: Act = Act::SyncDirectory {
    replica: ServerRef::ConnectedTo,
    from: ServerRef::From,
    to: ServerRef::To,
    condition: VersionCondition::Unconditional,
};

fn idle() -> Scenario {
    site(vec![reporting(Outcome::Ok)])
}

/// Returns true if the destination's replica takes the recipient of the source's replica, and false if the action is
/// refused.
fn replaces(incoming: Recipient, present: Recipient) -> bool {
    let world = world(&lagging(idle()));
    let state = prepared(&world, |account| {
        account.recipients[SOURCE] = incoming;
        account.recipients[DESTINATION] = present;
    });
    match world.step(&state, &replicate(SOURCE, DESTINATION)) {
        Ok(next) => {
            assert_eq!(next.accounts[MAILBOX].recipients[DESTINATION].homes(), incoming.homes());
            true
        }
        Err(refusal) => {
            assert_eq!(refusal, Refusal::NothingToReplicate);
            false
        }
    }
}

#[test]
fn the_whole_object_with_the_higher_version_wins() {
    assert!(replaces(version(SOURCE, 2, 0, SOURCE), version(DESTINATION, 1, 9, DESTINATION)));
    assert!(!replaces(version(SOURCE, 1, 9, SOURCE), version(DESTINATION, 2, 0, DESTINATION)));
}

#[test]
fn of_equal_versions_from_different_servers_the_later_wins() {
    assert!(replaces(version(SOURCE, 1, 1, SOURCE), version(DESTINATION, 1, 0, DESTINATION)));
    assert!(!replaces(version(SOURCE, 1, 0, SOURCE), version(DESTINATION, 1, 1, DESTINATION)));
    assert!(!replaces(version(SOURCE, 1, 1, SOURCE), version(DESTINATION, 1, 1, DESTINATION)));
}

#[test]
fn equal_versions_from_the_same_server_are_the_same_version() {
    assert!(!replaces(version(SOURCE, 1, 1, SOURCE), version(SOURCE, 1, 0, SOURCE)));
}

#[test]
fn a_change_can_reach_every_other_replica() {
    let world = world(&lagging(idle()));
    let state = after(&world, &world.initial[0], &[edit(SOURCE)]);
    let possible: Vec<Action> = world.enabled(&state).map(|(action, _)| action).collect();
    assert!(possible.contains(&replicate(SOURCE, DESTINATION)), "{possible:?}");
}

#[test]
fn a_tombstone_wins_like_any_other_version() {
    let stamp = Stamp { version: 1, changed: 0, signature: SOURCE };
    assert!(replaces(Recipient::Tombstone { stamp }, homed_on(SOURCE)));
    assert!(!replaces(homed_on(SOURCE), Recipient::Tombstone { stamp }));
}

#[test]
fn an_object_replicates_to_a_replica_without_it_but_its_absence_does_not_replicate() {
    assert!(replaces(homed_on(SOURCE), Recipient::Absent));
    assert!(!replaces(Recipient::Absent, homed_on(SOURCE)));
    assert!(!replaces(Recipient::Absent, Recipient::Absent));
}

#[test]
fn nothing_replicates_to_or_from_an_unreachable_replica() {
    let mut scenario = lagging(idle());
    scenario.environment.faults = vec![Fault::ReplicaUnreachable];
    scenario.environment.faults_max = 1;
    let world = world(&scenario);
    let state = after(&world, &world.initial[0], &[edit(SOURCE)]);
    for server in [SOURCE, DESTINATION] {
        let refusal = refusal_after(&world, &state, &[fail(server, Part::Replica)], replicate(SOURCE, DESTINATION));
        assert_eq!(refusal, Refusal::Unreachable);
    }
}

#[test]
fn with_instant_replication_every_replica_has_a_change_at_once() {
    let (_, account) = answer(SYNC, |_| {});
    assert_eq!(account.agreed_home(), Some(DESTINATION));
}

#[test]
fn with_eventual_replication_only_the_replica_that_is_written_has_a_change_at_once() {
    let (_, account) = answer_in(&lagging(site(vec![doing(SYNC)])), |_| {});
    let homes = (account.recipients[SOURCE].home(), account.recipients[DESTINATION].home());
    assert_eq!(homes, (Some(DESTINATION), Some(SOURCE)));
}

#[test]
fn a_new_version_is_one_above_that_of_its_replica_even_of_a_tombstone() {
    let stamp = Stamp { version: 3, changed: 0, signature: SOURCE };
    let (_, account) = answer_in(&lagging(site(vec![doing(create(ServerRef::To))])), |account| {
        account.recipients[SOURCE] = Recipient::Tombstone { stamp };
    });
    assert_eq!(account.recipients[SOURCE], version(DESTINATION, 4, 0, SOURCE));
}

fn create(home: ServerRef) -> Act {
    Act::CreateRecipient { replica: ServerRef::ConnectedTo, home }
}

#[test]
fn a_new_version_of_an_absent_object_is_the_first() {
    let (_, account) = answer_in(&lagging(site(vec![doing(create(ServerRef::To))])), |account| {
        account.recipients[SOURCE] = Recipient::Absent;
    });
    assert_eq!(account.recipients[SOURCE], version(DESTINATION, 1, 0, SOURCE));
}

#[test]
fn of_two_writes_of_the_same_version_the_later_survives_on_every_replica() {
    for (earlier, later) in [(SOURCE, DESTINATION), (DESTINATION, SOURCE)] {
        let mut scenario = lagging(idle());
        scenario.environment.other_edits = 2;
        let world = world(&scenario);
        let state = after(&world, &world.initial[0], &[edit(earlier), edit(later)]);
        assert_eq!(refusal_after(&world, &state, &[], replicate(earlier, later)), Refusal::NothingToReplicate);
        let agreed = after(&world, &state, &[replicate(later, earlier)]);
        assert!(agreed.accounts[MAILBOX].replicas_agree());
    }
}

#[test]
fn a_repair_is_undone_by_a_later_edit_elsewhere() {
    let world = world(&lagging(site(vec![doing(SYNC)])));
    let state = after(&world, &world.initial[0], &[START, ACT, edit(DESTINATION), replicate(DESTINATION, SOURCE)]);
    assert_eq!(state.accounts[MAILBOX].agreed_home(), Some(SOURCE));
}

#[test]
fn an_edit_for_another_reason_keeps_the_home() {
    let world = world(&lagging(idle()));
    let state = after(&world, &world.initial[0], &[edit(SOURCE)]);
    assert_eq!(state.accounts[MAILBOX].recipients[SOURCE], version(SOURCE, 1, 0, SOURCE));
}

#[test]
fn an_edit_beyond_the_supply_is_refused() {
    let world = world(&lagging(idle()));
    assert_eq!(refusal_after(&world, &world.initial[0], &[edit(SOURCE)], edit(SOURCE)), Refusal::EditsUsedUp);
}

#[test]
fn an_edit_without_a_live_recipient_is_refused() {
    let world = world(&lagging(idle()));
    let state = prepared(&world, |account| account.set_recipient(TOMBSTONE));
    assert_eq!(refusal_after(&world, &state, &[], edit(SOURCE)), Refusal::NoRecipient);
}

#[test]
fn an_edit_of_an_unreachable_replica_is_refused() {
    let mut scenario = lagging(idle());
    scenario.environment.faults = vec![Fault::ReplicaUnreachable];
    scenario.environment.faults_max = 1;
    let world = world(&scenario);
    let refusal = refusal_after(&world, &world.initial[0], &[fail(SOURCE, Part::Replica)], edit(SOURCE));
    assert_eq!(refusal, Refusal::Unreachable);
}

#[test]
fn replicas_that_agree_again_forget_time_and_signature() {
    let world = world(&lagging(site(vec![doing(SYNC)])));
    let state = after(&world, &world.initial[0], &[START, ACT, replicate(SOURCE, DESTINATION)]);
    let settled: Vec<Recipient> = state.accounts[MAILBOX].recipients.values().copied().collect();
    assert_eq!(settled, [homed_on(DESTINATION), homed_on(DESTINATION)]);
}

#[test]
fn versions_count_from_the_lowest_that_a_replica_shows() {
    let mut scenario = lagging(idle());
    scenario.environment.other_edits = 2;
    let world = world(&scenario);
    let edited = after(&world, &world.initial[0], &[edit(SOURCE)]);
    assert_eq!(edited.accounts[MAILBOX].recipients[SOURCE].stamp().unwrap().version, 1);
    let settled = after(&world, &edited, &[replicate(SOURCE, DESTINATION)]);
    assert_eq!(settled.accounts[MAILBOX].recipients[SOURCE], homed_on(SOURCE));
}

/// A run that writes the directory and fails, without a limit.
fn endless(connected_to: &[ServerId]) -> Scenario {
    let mut scenario = lagging(idle());
    scenario.environment.other_edits = 1;
    scenario.environment.delivery = Delivery::Never;
    scenario.environment.logon = false;
    let run = |connected_to: &ServerId| Run {
        connected_to: *connected_to,
        runs_max: RunsMax::UntilOk,
        ..run(vec![step(SYNC), step(report(Outcome::Failed))])
    };
    scenario.administrators[0].runs = vec![run(&connected_to[0])];
    scenario.administrators.extend(connected_to.iter().skip(1).map(|other| second(vec![run(other)])));
    scenario
}

/// The states that are reachable by these kinds of action; the flag is true if versions were used up.
fn reachable(world: &World) -> (BTreeSet<State>, bool) {
    let mut known: BTreeSet<State> = world.initial.iter().cloned().collect();
    let mut frontier: Vec<State> = world.initial.clone();
    let mut used_up = false;
    while let Some(state) = frontier.pop() {
        for action in world.actions().iter().filter(|action| !matches!(action, Action::Redeliver { .. })) {
            match world.step(&state, action) {
                Ok(next) => {
                    if known.insert(next.clone()) {
                        frontier.push(next);
                    }
                }
                Err(reason) => used_up |= reason == Refusal::VersionsUsedUp,
            }
        }
    }
    (known, used_up)
}

#[test]
fn a_loop_that_writes_one_replica_has_finitely_many_states() {
    let (states, used_up) = reachable(&world(&endless(&[SOURCE])));
    assert!(!used_up);
    let versions = states.iter().flat_map(|state| state.accounts[MAILBOX].recipients.values());
    let highest = versions.filter_map(|recipient| recipient.stamp()).map(|stamp| stamp.version).max();
    assert_eq!(highest, Some(5));
}

/// Each of two such loops can overtake the other, so the numbers end; a search that meets the end is not complete.
#[test]
fn two_loops_that_write_different_replicas_use_up_the_versions() {
    let (_, used_up) = reachable(&world(&endless(&[SOURCE, DESTINATION])));
    assert!(used_up);
}

#[test]
fn a_remembered_view_is_refreshed_only_if_the_directory_changed() {
    let mut scenario = idle();
    scenario.environment.stale_views = true;
    let world = world(&scenario);
    let refresh = Action::Refresh { mailbox: MAILBOX, from: SOURCE };
    assert_eq!(refusal_after(&world, &world.initial[0], &[], refresh), Refusal::NothingToReplicate);
    let state = prepared(&world, |account| account.set_recipient(homed_on(DESTINATION)));
    let account = after(&world, &state, &[refresh]).accounts[MAILBOX].clone();
    assert_eq!(account.remembered, Some(homed_on(DESTINATION)));
}

#[test]
fn a_scenario_without_remembered_views_refuses_a_refresh() {
    let world = world(&idle());
    let refresh = Action::Refresh { mailbox: MAILBOX, from: SOURCE };
    assert_eq!(refusal_after(&world, &world.initial[0], &[], refresh), Refusal::NotInScenario);
}

#[test]
fn three_replicas_settle_on_the_version_changed_last() {
    let third = ServerId(2);
    let mut scenario = lagging(site(vec![doing(SYNC)]));
    scenario.site.servers = servers(&["source", "destination", "third"]);
    scenario.environment.other_edits = 2;
    let world = world(&scenario);
    let written = [START, edit(third), edit(DESTINATION), ACT];
    let state = after(&world, &world.initial[0], &written);
    let spread = [replicate(third, DESTINATION), replicate(DESTINATION, third)];
    assert_eq!(refusal_after(&world, &state, &[], spread[0]), Refusal::NothingToReplicate);
    let state = after(&world, &state, &[spread[1], replicate(SOURCE, DESTINATION), replicate(SOURCE, third)]);
    assert_eq!(state.accounts[MAILBOX].agreed_home(), Some(DESTINATION));
}

#[test]
fn the_recipient_can_be_edited_on_another_replica_while_one_is_unreachable() {
    let mut scenario = idle();
    scenario.environment.faults = vec![Fault::ReplicaUnreachable];
    scenario.environment.faults_max = 1;
    let world = world(&scenario);
    let state = after(&world, &world.initial[0], &[fail(SOURCE, Part::Replica)]);
    let possible: Vec<Action> = world.enabled(&state).map(|(action, _)| action).collect();
    assert!(possible.contains(&edit(DESTINATION)), "{possible:?}");
}
