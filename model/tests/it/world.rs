//! Runs, faults, quiescence, and initial states.

use pretty_assertions::assert_eq;
use stranded_model::action::{Action, ActionKind, Fate, Part};
use stranded_model::assumption::Assumptions;
use stranded_model::id::MessageSet;
use stranded_model::procedure::Outcome;
use stranded_model::scenario::{CopyOrder, Delivery, Environment, Fault, Replication, RunsMax, Scenario, Start};
use stranded_model::state::{Ended, Execution, Mailbox, Phase, Program, Record, Server, Service, State, Transport};
use stranded_model::table::Table;
use stranded_model::{Refusal, World};

use crate::fixtures::*;

const THEIR_START: Action = Action::Start { mailbox: MAILBOX, administrator: SECOND, run: 0 };

fn program(state: &State) -> Program {
    state.accounts[MAILBOX].programs[FIRST]
}

/// A world with one run that reports this, executed up to this limit.
fn repeating(outcome: Outcome, runs_max: RunsMax) -> World {
    let mut scenario = site(vec![reporting(outcome)]);
    scenario.administrators[0].runs[0].runs_max = runs_max;
    world(&scenario)
}

fn faulty(faults: &[Fault], faults_max: u8) -> Scenario {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.environment.faults = faults.to_vec();
    scenario.environment.faults_max = faults_max;
    scenario
}

#[test]
fn a_run_does_not_start_while_another_run_of_the_same_administrator_is_running() {
    let world = world(&site(vec![reporting(Outcome::Ok), reporting(Outcome::Ok)]));
    for run in [0, 1] {
        assert_eq!(refusal_after(&world, &world.initial[0], &[START], start(run)), Refusal::Busy);
    }
}

#[test]
fn runs_of_different_administrators_interleave() {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.administrators.push(second(vec![reporting(Outcome::Ok)]));
    let world = world(&scenario);
    let state = after(&world, &world.initial[0], &[START, THEIR_START]);
    assert!(state.accounts[MAILBOX].programs.values().all(Program::is_running));
}

#[test]
fn runs_of_one_administrator_happen_in_order() {
    let runs = vec![reporting(Outcome::Ok), reporting(Outcome::Ok), reporting(Outcome::Ok)];
    let world = world(&site(runs));
    let fresh = &world.initial[0];
    assert_eq!(refusal_after(&world, fresh, &[], start(1)), Refusal::NotDue);
    assert_eq!(refusal_after(&world, fresh, &[START, ACT], start(2)), Refusal::NotDue);
    let state = after(&world, fresh, &[START, ACT, start(1)]);
    assert_eq!((program(&state).run, program(&state).executions), (1, 1));
    assert_eq!(refusal_after(&world, &state, &[ACT], START), Refusal::NotDue, "an earlier run is not started again");
}

#[test]
fn a_run_is_executed_at_most_as_often_as_the_scenario_says() {
    let world = repeating(Outcome::Ok, RunsMax::Times(2));
    let fresh = &world.initial[0];
    let twice = after(&world, fresh, &[START, ACT, START, ACT]);
    assert_eq!(program(&twice).executions, 2);
    assert_eq!(refusal_after(&world, &twice, &[], START), Refusal::NotDue);
}

#[test]
fn each_run_counts_its_own_executions() {
    let mut scenario = site(vec![reporting(Outcome::Ok), reporting(Outcome::Ok)]);
    for run in &mut scenario.administrators[0].runs {
        run.runs_max = RunsMax::Times(2);
    }
    let world = world(&scenario);
    let state = after(&world, &world.initial[0], &[START, ACT, START, ACT, start(1), ACT, start(1), ACT]);
    assert_eq!((program(&state).run, program(&state).executions), (1, 2));
    assert_eq!(refusal_after(&world, &state, &[], start(1)), Refusal::NotDue);
}

#[test]
fn a_run_without_a_limit_repeats_and_its_executions_are_not_counted() {
    let world = repeating(Outcome::Ok, RunsMax::Any);
    let once = after(&world, &world.initial[0], &[START, ACT]);
    let often = after(&world, &once, &[START, ACT, START, ACT]);
    assert_eq!(often, once);
}

#[test]
fn an_until_ok_run_is_not_started_again_after_ok() {
    for outcome in [Outcome::Ok, Outcome::Refused] {
        let world = repeating(outcome, RunsMax::UntilOk);
        assert_eq!(refusal_after(&world, &world.initial[0], &[START, ACT], START), Refusal::NotDue, "{outcome:?}");
    }
}

#[test]
fn an_until_ok_run_is_started_again_after_anything_else() {
    for outcome in [Outcome::Failed, Outcome::Unknown] {
        let world = repeating(outcome, RunsMax::UntilOk);
        assert!(program(&after(&world, &world.initial[0], &[START, ACT, START])).is_running(), "{outcome:?}");
    }
    let mut scenario = faulty(&[Fault::ProgramDies], 1);
    scenario.administrators[0].runs[0].runs_max = RunsMax::UntilOk;
    let world = world(&scenario);
    assert!(program(&after(&world, &world.initial[0], &[START, DIE, START])).is_running());
}

#[test]
fn an_until_ok_run_repeats_after_refused_while_its_administrator_owes_a_retry() {
    let world = repeating(Outcome::Refused, RunsMax::UntilOk);
    let mut state = after(&world, &world.initial[0], &[START, ACT]);
    assert_eq!(refusal_after(&world, &state, &[], START), Refusal::NotDue);
    state.accounts[MAILBOX].programs[FIRST].owes_retry = true;
    assert!(world.step(&state, &START).is_ok());
}

#[test]
fn after_an_until_ok_run_the_next_starts_only_when_it_has_settled() {
    for (outcome, settles) in [(Outcome::Ok, true), (Outcome::Refused, true), (Outcome::Failed, false)] {
        let mut scenario = site(vec![reporting(outcome), reporting(Outcome::Ok)]);
        scenario.administrators[0].runs[0].runs_max = RunsMax::UntilOk;
        let world = world(&scenario);
        let state = after(&world, &world.initial[0], &[START, ACT]);
        assert_eq!(world.step(&state, &start(1)).is_ok(), settles, "{outcome:?}");
    }
}

#[test]
fn an_administrator_owes_a_retry_until_a_run_ends_ok() {
    let rows = [
        (vec![Outcome::Failed], true),
        (vec![Outcome::Unknown], true),
        (vec![Outcome::Ok], false),
        (vec![Outcome::Refused], false),
        (vec![Outcome::Failed, Outcome::Refused], true),
        (vec![Outcome::Failed, Outcome::Ok], false),
        (vec![Outcome::Ok, Outcome::Unknown], true),
    ];
    for (outcomes, owes) in rows {
        let world = world(&site(outcomes.iter().copied().map(reporting).collect()));
        let actions: Vec<Action> = (0..).map(start).take(outcomes.len()).flat_map(|start| [start, ACT]).collect();
        let state = after(&world, &world.initial[0], &actions);
        assert_eq!(program(&state).owes_retry, owes, "{outcomes:?}");
    }
}

#[test]
fn a_program_that_dies_reports_nothing_and_its_administrator_owes_a_retry() {
    let world = world(&faulty(&[Fault::ProgramDies], 1));
    let state = after(&world, &world.initial[0], &[START, DIE]);
    let Program { phase, ended, owes_retry, .. } = program(&state);
    assert_eq!((phase, ended, owes_retry), (Phase::Idle, Ended::Died, true));
    assert_eq!((state.shared.faults_left, state.accounts[MAILBOX].record.false_success), (0, false));
}

#[test]
fn a_program_that_is_not_running_does_not_die() {
    let world = world(&faulty(&[Fault::ProgramDies], 1));
    assert_eq!(refusal_after(&world, &world.initial[0], &[], DIE), Refusal::Idle);
}

#[test]
fn a_fault_that_the_scenario_does_not_have_is_refused() {
    let world = world(&faulty(&[], 1));
    let fresh = &world.initial[0];
    assert_eq!(refusal_after(&world, fresh, &[START], DIE), Refusal::NotInScenario);
    for part in [Part::Store, Part::Replica] {
        assert_eq!(refusal_after(&world, fresh, &[], fail(SOURCE, part)), Refusal::NotInScenario);
    }
}

#[test]
fn a_fault_beyond_the_supply_is_refused() {
    let world = world(&faulty(&Fault::ALL, 1));
    let fresh = &world.initial[0];
    let used_up = [START, fail(SOURCE, Part::Store)];
    for fault in [DIE, fail(DESTINATION, Part::Store), fail(SOURCE, Part::Replica)] {
        assert_eq!(refusal_after(&world, fresh, &used_up, fault), Refusal::FaultsUsedUp, "{fault:?}");
    }
}

#[test]
fn a_service_fails_and_recovers_and_only_its_failure_is_a_fault() {
    let down = |part| match part {
        Part::Store => Server { store: Service::Down, ..Server::UP },
        Part::Replica => Server { replica: Service::Down, ..Server::UP },
    };
    let world = world(&faulty(&[Fault::StoreCrashes, Fault::ReplicaUnreachable], 2));
    let fresh = &world.initial[0];
    for part in [Part::Store, Part::Replica] {
        let failed = after(&world, fresh, &[DELIVER, fail(SOURCE, part)]);
        assert_eq!((failed.shared.servers[SOURCE], failed.shared.servers[DESTINATION]), (down(part), Server::UP));
        assert_eq!(failed.shared.faults_left, 1);
        assert_eq!(refusal_after(&world, &failed, &[], fail(SOURCE, part)), Refusal::AlreadyInState);
        let recovered = after(&world, &failed, &[recover(SOURCE, part)]);
        assert_eq!((recovered.shared.servers[SOURCE], recovered.shared.faults_left), (Server::UP, 1));
        assert_eq!(recovered.accounts[MAILBOX].mailboxes[SOURCE], holding(&[0]), "the store keeps its content");
        assert_eq!(refusal_after(&world, fresh, &[], recover(SOURCE, part)), Refusal::AlreadyInState);
    }
}

#[test]
fn a_run_does_not_start_before_mail_has_settled() {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.environment.delivery = Delivery::Before;
    let world = world(&scenario);
    let state = prepared(&world, |account| account.queued = messages(&[0]));
    assert_eq!(refusal_after(&world, &state, &[], START), Refusal::MailUnsettled);
    scenario.environment.delivery = Delivery::AnyTime;
    assert!(crate::fixtures::world(&scenario).step(&state, &START).is_ok());
}

/// Returns true if a world is quiescent after its only run ended `ok` and the state was changed like this.
fn is_quiescent_after(disturb: impl FnOnce(&mut State)) -> bool {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.environment.stale_views = true;
    scenario.administrators[0].runs[0].runs_max = RunsMax::UntilOk;
    let world = world(&lagging(scenario));
    let mut state = after(&world, &world.initial[0], &[START, ACT]);
    disturb(&mut state);
    world.is_quiescent(&state.accounts[MAILBOX], &state.shared)
}

#[test]
fn a_mailbox_is_quiescent_when_everything_has_finished() {
    assert!(is_quiescent_after(|_| {}));
}

#[test]
fn a_mailbox_is_not_quiescent_before_everything_has_finished() {
    let running = Phase::Running(Execution::FRESH);
    assert!(!is_quiescent_after(|state| state.accounts[MAILBOX].programs[FIRST].phase = running));
    assert!(!is_quiescent_after(|state| state.accounts[MAILBOX].programs[FIRST].owes_retry = true));
    assert!(!is_quiescent_after(|state| state.accounts[MAILBOX].queued = messages(&[0])));
    assert!(!is_quiescent_after(|state| state.accounts[MAILBOX].put(SOURCE, marked(FIRST, &[], &[]))));
    assert!(!is_quiescent_after(|state| state.accounts[MAILBOX].recipients[SOURCE] = version(SOURCE, 1, 0, SOURCE)));
    assert!(!is_quiescent_after(|state| state.accounts[MAILBOX].remembered = Some(TOMBSTONE)));
    assert!(!is_quiescent_after(|state| state.shared.servers[DESTINATION].store = Service::Down));
    assert!(!is_quiescent_after(|state| state.shared.servers[DESTINATION].replica = Service::Down));
}

/// A run that failed and that the scenario lets no administrator repeat hides nothing.
#[test]
fn a_retry_that_the_scenario_does_not_allow_does_not_prevent_quiescence() {
    for (runs_max, is_quiescent) in
        [(RunsMax::Times(1), true), (RunsMax::Times(2), false), (RunsMax::Any, false), (RunsMax::UntilOk, false)]
    {
        let mut scenario = site(vec![reporting(Outcome::Failed)]);
        scenario.administrators[0].runs[0].runs_max = runs_max;
        let world = world(&scenario);
        let state = after(&world, &world.initial[0], &[START, ACT]);
        let account = &state.accounts[MAILBOX];
        assert!(account.programs[FIRST].owes_retry);
        assert_eq!(world.is_quiescent(account, &state.shared), is_quiescent, "{runs_max:?}");
    }
}

#[test]
fn a_mailbox_is_not_quiescent_until_every_run_was_executed() {
    let world = world(&site(vec![reporting(Outcome::Ok), reporting(Outcome::Ok)]));
    let is_quiescent_after = |actions: &[Action]| {
        let state = after(&world, &world.initial[0], actions);
        world.is_quiescent(&state.accounts[MAILBOX], &state.shared)
    };
    assert!(!is_quiescent_after(&[]));
    assert!(!is_quiescent_after(&[START, ACT]));
    assert!(is_quiescent_after(&[START, ACT, start(1), ACT]));
}

#[test]
fn a_mailbox_is_not_quiescent_until_every_administrator_has_finished() {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.administrators.push(second(vec![reporting(Outcome::Ok)]));
    let world = world(&scenario);
    let is_quiescent_after = |actions: &[Action]| {
        let state = after(&world, &world.initial[0], actions);
        world.is_quiescent(&state.accounts[MAILBOX], &state.shared)
    };
    let their_act = Action::Act { mailbox: MAILBOX, administrator: SECOND, message: None, fate: Fate::Answered };
    assert!(!is_quiescent_after(&[START, ACT]));
    assert!(!is_quiescent_after(&[START, ACT, THEIR_START]));
    assert!(is_quiescent_after(&[START, ACT, THEIR_START, their_act]));
}

type Change<'a> = &'a dyn Fn(&mut Scenario);

#[test]
fn a_scenario_lists_only_the_actions_that_it_allows() {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.environment = Environment {
        delivery: Delivery::Never,
        logon: false,
        owner_deletes: 0,
        other_edits: 0,
        stale_views: false,
        faults: Vec::new(),
        faults_max: 0,
        copy_order: CopyOrder::Any,
    };
    let kinds = |change: Change| {
        let mut scenario = scenario.clone();
        change(&mut scenario);
        let kinds = world(&scenario).kinds();
        kinds
            .into_iter()
            .filter(|kind| !matches!(kind, ActionKind::Start | ActionKind::Act | ActionKind::Redeliver))
            .collect::<Vec<ActionKind>>()
    };
    let faulty = |fault| move |scenario: &mut Scenario| scenario.environment.faults = vec![fault];
    let rows: [(Change, &[ActionKind]); 12] = [
        (&|_| {}, &[]),
        (&|scenario| scenario.environment.delivery = Delivery::AnyTime, &[ActionKind::Deliver]),
        (&|scenario| scenario.environment.logon = true, &[ActionKind::LogOn]),
        (&|scenario| scenario.environment.owner_deletes = 1, &[ActionKind::OwnerDeletes]),
        (&|scenario| scenario.environment.other_edits = 1, &[ActionKind::Edit]),
        (&|scenario| scenario.environment.stale_views = true, &[ActionKind::Refresh]),
        (&|scenario| scenario.site.replication = Replication::Eventual, &[ActionKind::Replicate]),
        (&faulty(Fault::ProgramDies), &[ActionKind::Die]),
        (&faulty(Fault::RequestLost), &[ActionKind::RequestLost]),
        (&faulty(Fault::ReplyLost), &[ActionKind::ReplyLost]),
        (&faulty(Fault::StoreCrashes), &[ActionKind::StoreFails, ActionKind::StoreRecovers]),
        (&faulty(Fault::ReplicaUnreachable), &[ActionKind::ReplicaFails, ActionKind::ReplicaRecovers]),
    ];
    for (change, listed) in rows {
        assert_eq!(kinds(change), listed);
    }
}

#[test]
fn a_queued_message_can_be_tried_again_in_every_scenario() {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    for delivery in [Delivery::Never, Delivery::Before, Delivery::UntilRepair, Delivery::AnyTime] {
        scenario.environment.delivery = delivery;
        assert!(world(&scenario).kinds().contains(&ActionKind::Redeliver), "{delivery:?}");
    }
}

#[test]
fn a_fresh_site_has_recipients_and_no_mailboxes() {
    let world = world(&faulty(&Fault::ALL, 3));
    let state = &world.initial[0];
    let account = &state.accounts[MAILBOX];
    assert_eq!(account.agreed_home(), Some(SOURCE));
    assert!(account.mailboxes.values().all(|mailbox| *mailbox == Mailbox::Absent));
    assert_eq!((state.shared.faults_left, account.edits_left, account.remembered), (3, 1, None));
    assert_eq!((account.transport, account.record), (Transport::Open, Record::default()));
}

#[test]
fn a_scenario_with_a_start_starts_there() {
    let mut scenario = site(vec![reporting(Outcome::Ok)]);
    scenario.environment.stale_views = true;
    scenario.start = Some(Start {
        recipients: Table::of(2, |_| homed_on(DESTINATION)),
        mailboxes: Table::of(2, |server| if server == SOURCE { holding(&[0]) } else { Mailbox::Absent }),
    });
    let world = world(&scenario);
    let account = &world.initial[0].accounts[MAILBOX];
    assert_eq!((account.agreed_home(), account.mailboxes[SOURCE]), (Some(DESTINATION), holding(&[0])));
    assert_eq!(account.remembered, Some(homed_on(DESTINATION)));
    assert_eq!(account.record, Record { accepted: messages(&[0]), ..Record::default() });
}

#[test]
fn a_following_scenario_keeps_mail_and_directory_and_starts_its_own_runs() {
    let mut scenario = faulty(&[Fault::ProgramDies], 2);
    let world = world(&scenario);
    let mut past = after(&world, &world.initial[0], &[DELIVER, START, ACT]);
    past.accounts[MAILBOX].set_recipient(homed_on(DESTINATION));
    past.shared.faults_left = 0;
    past.accounts[MAILBOX].record.self_move = true;
    past.accounts[MAILBOX].record.destroyed = messages(&[1]);
    scenario.environment.stale_views = true;
    scenario.environment.other_edits = 3;
    let next = World::following(&scenario, Assumptions::default(), &[past.clone(), past.clone()]);
    assert_eq!(next.initial.len(), 1, "equal initial states are merged");
    let state = &next.initial[0];
    let account = &state.accounts[MAILBOX];
    assert_eq!((account.agreed_home(), account.mailboxes[SOURCE]), (Some(DESTINATION), holding(&[0])));
    assert_eq!((account.remembered, account.edits_left), (Some(homed_on(DESTINATION)), 3));
    assert_eq!((program(state), state.shared.faults_left), (Program::FRESH, 2));
    assert_eq!(account.record, Record { accepted: messages(&[0]), ..Record::default() });
}

#[test]
fn messages_that_an_earlier_scenario_lost_stay_lost() {
    let scenario = site(vec![reporting(Outcome::Ok)]);
    let past = prepared(&world(&scenario), |account| account.record.accepted = messages(&[0]));
    let next = World::following(&scenario, Assumptions::default(), &[past]);
    let account = &next.initial[0].accounts[MAILBOX];
    assert_eq!((account.lost(), account.record.destroyed), (messages(&[0]), MessageSet::EMPTY));
}

#[test]
fn two_mailboxes_share_the_servers_and_the_faults_and_nothing_else() {
    let mut scenario = faulty(&Fault::ALL, 1);
    scenario.site.mailboxes = 2;
    let world = world(&scenario);
    let other = stranded_model::id::MailboxId(1);
    let state = after(&world, &world.initial[0], &[DELIVER, START, DIE]);
    assert_eq!(state.accounts[other], world.initial[0].accounts[other]);
    let theirs = [Action::Start { mailbox: other, administrator: FIRST, run: 0 }];
    let die = Action::Die { mailbox: other, administrator: FIRST };
    assert_eq!(refusal_after(&world, &state, &theirs, die), Refusal::FaultsUsedUp);
}
