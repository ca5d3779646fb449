//! Laws of every action in every world, whatever its procedures. They concern the rules, not the properties.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use stranded_model::action::{Action, ActionKind, Fate, Part, View};
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::scenario::Replication;
use stranded_model::state::{Account, Completion, Execution, Phase, ReadVersion, Recipient, Stamp, State};
use stranded_model::{Occurrence, World};

use crate::arbitrary::{Walk, answers, pick, scenarios, walks};

/// The number of cases: enough to reach every kind of action, and few enough to take seconds.
const CASES: u32 = 64;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn every_action_has_one_result_in_every_state(walk in walks()) {
        for state in states(&walk) {
            for action in walk.world.actions() {
                prop_assert_eq!(walk.world.occur(state, action), walk.world.occur(state, action));
            }
        }
    }

    #[test]
    fn the_enabled_actions_are_exactly_the_possible_ones(walk in walks()) {
        for state in states(&walk) {
            let enabled: Vec<(Action, State)> = walk.world.enabled(state).collect();
            for action in walk.world.actions() {
                let listed = enabled.iter().find(|(other, _)| other == action).map(|(_, next)| next.clone());
                prop_assert_eq!(walk.world.step(state, action).ok(), listed);
            }
        }
    }

    #[test]
    fn an_unlisted_action_is_refused_or_has_the_effect_of_a_listed_one(walk in walks()) {
        let unlisted: Vec<Action> =
            all_actions(&walk.world).into_iter().filter(|action| !walk.world.actions().contains(action)).collect();
        for state in states(&walk) {
            for action in &unlisted {
                let Ok(next) = walk.world.step(state, action) else { continue };
                prop_assert!(walk.world.enabled(state).any(|(_, other)| other == next), "{:?}", action);
            }
        }
    }

    #[test]
    fn a_message_disappears_only_if_a_step_destroys_it_or_an_assumption_drops_it(walk in walks()) {
        let drops = walk.world.assumptions.value(Assumption::MailBeforeMark) == "lost";
        for (before, action, occurrence) in &walk.moments {
            for (mailbox, then) in before.accounts.iter() {
                let now = &occurrence.state.accounts[mailbox];
                let gone = now.lost().without(then.lost());
                let destroyed = now.record.destroyed.without(then.record.destroyed);
                let deleted = occurrence.step.is_some_and(|step| step.deleted);
                match action {
                    Action::Act { .. } => {
                        prop_assert_eq!(gone, destroyed);
                        prop_assert!(gone.is_empty() || deleted, "{:?}", action);
                    }
                    Action::TakeEffect { .. } => prop_assert_eq!(gone, destroyed),
                    Action::LoseRecent { .. } | Action::Reappear { .. } => {
                        prop_assert!(destroyed.is_empty(), "{:?}", action);
                    }
                    Action::Deliver { .. } | Action::Redeliver { .. } => {
                        prop_assert!(gone.is_empty() || drops, "{:?}", action);
                        prop_assert!(destroyed.is_empty(), "{:?}", action);
                    }
                    Action::LogOn { .. }
                    | Action::OwnerDeletes { .. }
                    | Action::Start { .. }
                    | Action::Die { .. }
                    | Action::LoseJournal { .. }
                    | Action::LookEmpty { .. }
                    | Action::Replicate { .. }
                    | Action::Refresh { .. }
                    | Action::Edit { .. }
                    | Action::Fail { .. }
                    | Action::Recover { .. } => {
                        prop_assert!(gone.is_empty() && destroyed.is_empty(), "{:?}", action);
                    }
                }
            }
        }
    }

    #[test]
    fn a_message_that_was_never_accepted_is_in_no_location(walk in walks()) {
        for state in states(&walk) {
            for account in state.accounts.values() {
                let record = account.record;
                let known = account.kept().with(record.returned).with(record.owner_deleted).with(record.destroyed);
                prop_assert!(known.is_within(record.accepted));
                prop_assert_eq!(record.accepted, MessageSet::first(record.accepted.len()));
                prop_assert!(record.accepted.len() <= walk.world.scenario.site.messages);
            }
        }
    }

    #[test]
    fn records_only_grow_and_supplies_only_shrink(walk in walks()) {
        for (before, _, occurrence) in &walk.moments {
            prop_assert!(occurrence.state.shared.faults_left <= before.shared.faults_left);
            for (mailbox, then) in before.accounts.iter() {
                let now = &occurrence.state.accounts[mailbox];
                prop_assert!(then.record.accepted.is_within(now.record.accepted));
                prop_assert!(then.record.returned.is_within(now.record.returned));
                prop_assert!(then.record.owner_deleted.is_within(now.record.owner_deleted));
                prop_assert!(then.record.destroyed.is_within(now.record.destroyed));
                prop_assert!(then.saved.is_within(now.saved));
                prop_assert!(then.lost().is_within(now.lost()));
                prop_assert!(then.record.false_success <= now.record.false_success);
                prop_assert!(then.record.self_move <= now.record.self_move);
                prop_assert!(now.edits_left <= then.edits_left);
            }
        }
    }

    #[test]
    fn an_action_on_one_mailbox_does_not_change_the_others(walk in walks()) {
        for (before, action, occurrence) in &walk.moments {
            for (mailbox, then) in before.accounts.iter() {
                if action.mailbox() != Some(mailbox) {
                    prop_assert_eq!(then, &occurrence.state.accounts[mailbox]);
                }
            }
        }
    }

    #[test]
    fn a_program_stays_within_its_procedure(walk in walks()) {
        for state in states(&walk) {
            for account in state.accounts.values() {
                for (administrator, program) in account.programs.iter() {
                    let runs = &walk.world.scenario.administrators[administrator.index()].runs;
                    let run = &runs[usize::from(program.run)];
                    if let Some(execution) = program.execution() {
                        prop_assert!(usize::from(execution.next) < run.procedure.steps.len());
                        prop_assert!(usize::from(execution.visited) < walk.world.scenario.site.servers.count());
                    }
                }
            }
        }
    }

    #[test]
    fn replicas_that_agree_have_the_same_stamp_without_time_and_signature(walk in walks()) {
        for state in states(&walk) {
            for account in state.accounts.values().filter(|account| account.replicas_agree()) {
                for stamp in account.recipients.values().filter_map(|recipient| recipient.stamp()) {
                    prop_assert_eq!(stamp, Stamp { version: stamp.version, ..Stamp::default() });
                }
            }
        }
    }

    #[test]
    fn only_differences_of_versions_matter(walk in walks(), higher in 1_u8..9) {
        prop_assume!(walk.world.scenario.site.replication == Replication::Eventual);
        for state in states(&walk) {
            let shifted = with_higher_versions(state, higher);
            for action in walk.world.actions() {
                let Some(mailbox) = action.mailbox() else { continue };
                // An absent object has version zero, and the others count from it.
                if knows_of_absence(&state.accounts[mailbox]) {
                    continue;
                }
                let expected = walk.world.step(state, action).map(|next| next.accounts[mailbox].clone());
                let found = walk.world.step(&shifted, action).map(|next| next.accounts[mailbox].clone());
                prop_assert_eq!(found, expected, "{:?}", action);
            }
        }
    }

    #[test]
    fn an_assumption_that_a_scenario_does_not_touch_makes_no_difference(
        scenario in scenarios(),
        answers in answers(),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let touched = scenario.touches();
        let pinned = Assumption::ALL.into_iter().fold(Assumptions::default(), |pinned, assumption| {
            if touched.contains(&assumption) { pinned.with(assumption, answers.answer(assumption)) } else { pinned }
        });
        let (one, other) = (World::new(&scenario, answers), World::new(&scenario, pinned));
        prop_assert_eq!(one.actions(), other.actions());
        let mut state = one.initial[0].clone();
        for choice in choices {
            let possible: Vec<(Action, State)> = one.enabled(&state).collect();
            prop_assert_eq!(possible, other.enabled(&state).collect::<Vec<_>>());
            let Some(action) = pick(&one, &state, &choice) else { break };
            state = one.step(&state, &action).unwrap();
        }
    }
}

/// An event that some walk must contain, so that the laws above are not vacuous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WalkEvent {
    ActionKind(ActionKind),
    Destroyed,
    Dropped,
    Returned,
    Arrived,
}

#[test]
fn the_walks_reach_every_kind_of_action_and_every_loss_of_a_message() {
    const WALKS_MAX: usize = 5000;
    let others = [WalkEvent::Destroyed, WalkEvent::Dropped, WalkEvent::Returned, WalkEvent::Arrived];
    let mut missing: Vec<WalkEvent> = ActionKind::ALL.into_iter().map(WalkEvent::ActionKind).chain(others).collect();
    let mut runner = TestRunner::deterministic();
    for _ in 0..WALKS_MAX {
        let walk = walks().new_tree(&mut runner).unwrap().current();
        missing.retain(|wanted| !walk.moments.iter().any(|moment| occurs_in(*wanted, moment)));
        if missing.is_empty() {
            return;
        }
    }
    panic!("in {WALKS_MAX} walks these never happen: {missing:?}");
}

fn occurs_in(wanted: WalkEvent, (before, action, occurrence): &(State, Action, Occurrence)) -> bool {
    let mut accounts = before.accounts.values().zip(occurrence.state.accounts.values());
    match wanted {
        WalkEvent::ActionKind(kind) => action.kind() == kind,
        WalkEvent::Destroyed => accounts.any(|(then, now)| now.record.destroyed != then.record.destroyed),
        WalkEvent::Dropped => {
            accounts.any(|(then, now)| now.lost() != then.lost() && now.record.destroyed == then.record.destroyed)
        }
        WalkEvent::Returned => accounts.any(|(then, now)| now.record.returned != then.record.returned),
        WalkEvent::Arrived => accounts.any(|(_, now)| {
            let reached = |execution: &Execution| execution.completion == Completion::Reached;
            now.programs.values().any(|program| program.execution().is_some_and(reached))
        }),
    }
}

fn states(walk: &Walk) -> impl Iterator<Item = &State> {
    walk.moments.iter().map(|(before, _, _)| before).chain([&walk.last])
}

fn knows_of_absence(account: &Account) -> bool {
    account.recipients.values().chain(&account.remembered).any(|recipient| *recipient == Recipient::Absent)
}

/// The state with every known version raised by this number.
fn with_higher_versions(state: &State, higher: u8) -> State {
    let mut state = state.clone();
    for account in state.accounts.values_mut() {
        for recipient in account.recipients.values_mut() {
            match recipient {
                Recipient::Live { stamp, .. } | Recipient::Tombstone { stamp } => stamp.version += higher,
                Recipient::Absent => {}
            }
        }
        for program in account.programs.values_mut() {
            if let Phase::Running(execution) = &mut program.phase
                && let Some(ReadVersion::Stamp(stamp)) = &mut execution.memory.version
            {
                stamp.version += higher;
            }
        }
    }
    state
}

/// Every action that the identifiers of a scenario can express.
fn all_actions(world: &World) -> Vec<Action> {
    let site = &world.scenario.site;
    let servers: Vec<ServerId> = site.servers.ids().collect();
    let views: Vec<View> = servers.iter().copied().map(View::Replica).chain([View::Remembered]).collect();
    let mut actions = Vec::new();
    for mailbox in (0..site.mailboxes).map(MailboxId::at) {
        for by in views.iter().copied() {
            actions.extend([Action::Deliver { mailbox, by }, Action::LogOn { mailbox, by }]);
            for message in (0..site.messages).map(MessageId::at) {
                actions.push(Action::Redeliver { mailbox, message, by });
                actions.push(Action::OwnerDeletes { mailbox, message, by });
            }
        }
        for (index, data) in world.scenario.administrators.iter().enumerate() {
            let administrator = AdministratorId::at(index);
            let runs = 0..u8::try_from(data.runs.len()).unwrap();
            actions.extend(runs.map(|run| Action::Start { mailbox, administrator, run }));
            let fates = [Fate::Answered, Fate::RequestLost, Fate::ReplyLost, Fate::RequestLate];
            let taken: Vec<_> = [None].into_iter().chain((0..site.messages).map(MessageId::at).map(Some)).collect();
            for fate in fates {
                actions.extend(taken.iter().map(|taken| Action::Act { mailbox, administrator, message: *taken, fate }));
            }
            actions.extend([Action::Die { mailbox, administrator }, Action::LoseJournal { mailbox, administrator }]);
        }
        actions.push(Action::TakeEffect { mailbox });
        for server in servers.iter().copied() {
            actions.push(Action::LoseRecent { mailbox, server });
            actions.extend([Action::LookEmpty { mailbox, server }, Action::Reappear { mailbox, server }]);
        }
        for from in servers.iter().copied() {
            actions.push(Action::Refresh { mailbox, from });
            actions.push(Action::Edit { mailbox, replica: from });
            actions.extend(servers.iter().map(|to| Action::Replicate { mailbox, from, to: *to }));
        }
    }
    for server in servers {
        for part in [Part::Store, Part::Replica] {
            actions.extend([Action::Fail { server, part }, Action::Recover { server, part }]);
        }
    }
    actions
}
