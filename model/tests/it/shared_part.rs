//! The facts about the shared part that a rule reads: nothing else about the shared part makes a difference to it.

use proptest::prelude::*;
use stranded_model::action::Part;
use stranded_model::counter_abstraction::{CounterAbstraction, abstraction_of};
use stranded_model::coverage::Coverage;
use stranded_model::id::{MailboxId, MessageId};
use stranded_model::state::{Account, Server, Service, Shared, State};
use stranded_model::table::Table;
use stranded_model::{Change, Refusal, SharedFacts};

use crate::arbitrary::{Walk, walks};
use crate::fixtures::{DESTINATION, SOURCE};

/// The number of cases: each state is compared with many others.
const CASES: u32 = 48;
/// The most faults left that are tried.
const FAULTS_MAX: u8 = 3;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn an_action_depends_only_on_the_facts_that_its_rule_read(walk in walks()) {
        for state in states(&walk) {
            for action in walk.world.actions() {
                let account = &state.accounts[action.mailbox().unwrap_or_default()];
                reads_all_that_it_depends_on(&state.shared, |shared, read| {
                    walk.world.change_reading(account, shared, action, read)
                })?;
            }
        }
    }

    #[test]
    fn a_choice_for_any_number_of_messages_depends_only_on_the_facts_that_its_rule_read(walk in walks()) {
        let abstraction = CounterAbstraction::new(&walk.world.scenario, walk.world.assumptions);
        for state in states(&walk).step_by(4) {
            let state = abstraction_of(state, MessageId(0));
            for choice in abstraction.choices() {
                let account = &state.accounts[choice.action.mailbox().unwrap_or_default()];
                reads_all_that_it_depends_on(&state.shared, |shared, read| {
                    abstraction.change_reading(account, shared, choice, read)
                })?;
            }
        }
    }

    #[test]
    fn an_action_on_a_server_has_the_same_effect_with_every_account(walk in walks()) {
        let accounts: Vec<&Account> = states(&walk).map(|state| &state.accounts[MailboxId(0)]).collect();
        for shared in others(&walk.last.shared) {
            for action in walk.world.actions().iter().filter(|action| action.mailbox().is_none()) {
                let effect = |account: &Account| {
                    let mut read = SharedFacts::NONE;
                    let change = walk.world.change_reading(account, &shared, action, &mut read);
                    (change.map(|change| (change.account == *account, change.shared)), read)
                };
                let first = effect(accounts[0]);
                prop_assert!(first.0.as_ref().map_or(true, |(is_same, _)| *is_same));
                prop_assert!(accounts.iter().all(|account| effect(account) == first), "{:?}", action);
            }
        }
    }

    #[test]
    fn a_judgement_depends_only_on_whether_all_services_answer(walk in walks()) {
        let world = &walk.world;
        for State { accounts, shared } in states(&walk) {
            let account = &accounts[MailboxId(0)];
            let judgement = |shared: &Shared| {
                let mut coverage = Coverage::of(world);
                coverage.note_account(world, account, shared);
                (world.violated(account, shared), world.is_quiescent(account, shared), coverage.reached().to_vec())
            };
            let same = |other: &Shared| other.all_up() == shared.all_up();
            for other in others(shared).iter().filter(|other| same(other)) {
                prop_assert_eq!(judgement(other), judgement(shared));
            }
        }
    }
}

#[test]
fn each_service_and_the_remaining_faults_are_facts_of_their_own() {
    let servers = |store, replica| {
        let mut shared = Shared { servers: Table::of(2, |_| Server::UP), faults_left: 0 };
        shared.servers[SOURCE] = Server { store, replica };
        SharedFacts::of(&shared)
    };
    let all =
        [(SOURCE, Part::Store), (SOURCE, Part::Replica), (DESTINATION, Part::Store), (DESTINATION, Part::Replica)];
    let [source_store, source_replica, destination_store, destination_replica] =
        all.map(|(server, part)| SharedFacts::is_up(server, part));
    let destination = destination_store.with(destination_replica);
    assert_eq!(servers(Service::Down, Service::Up), destination.with(source_replica));
    assert_eq!(servers(Service::Up, Service::Down), destination.with(source_store));
    let all_up = destination.with(source_store).with(source_replica).with(SharedFacts::ALL_UP);
    assert_eq!(servers(Service::Up, Service::Up), all_up);
}

fn states(walk: &Walk) -> impl Iterator<Item = &State> {
    walk.moments.iter().map(|(before, _, _)| before).chain([&walk.last])
}

/// Compares an effect with those under other shared parts of which the same of the read facts are true.
fn reads_all_that_it_depends_on(
    shared: &Shared,
    change: impl Fn(&Shared, &mut SharedFacts) -> Result<Change, Refusal>,
) -> Result<(), TestCaseError> {
    let reading = |shared: &Shared| {
        let mut read = SharedFacts::NONE;
        (change(shared, &mut read), read)
    };
    let (change, read) = reading(shared);
    let seen = |shared: &Shared| SharedFacts::of(shared).common(read);
    for other in others(shared).into_iter().filter(|other| seen(other) == seen(shared)) {
        let expected =
            change.clone().map(|change| Change { shared: changed_alike(shared, &change.shared, &other), ..change });
        prop_assert_eq!(reading(&other), (expected, read));
    }
    Ok(())
}

/// The other shared part, after the services that differ between these two were switched and as many faults spent.
fn changed_alike(before: &Shared, after: &Shared, other: &Shared) -> Shared {
    let mut changed = other.clone();
    for server in before.servers.ids() {
        let (before, after, changed) = (before.servers[server], after.servers[server], &mut changed.servers[server]);
        if before.store != after.store {
            changed.store = after.store;
        }
        if before.replica != after.replica {
            changed.replica = after.replica;
        }
    }
    changed.faults_left -= before.faults_left - after.faults_left;
    changed
}

/// Shared parts in which one service more or fewer answers, all or none, with every number of faults left.
fn others(shared: &Shared) -> Vec<Shared> {
    let with = |change: &dyn Fn(&mut Shared)| {
        let mut other = shared.clone();
        change(&mut other);
        other
    };
    let toggled = |service: Service| if service == Service::Up { Service::Down } else { Service::Up };
    let down = Server { store: Service::Down, replica: Service::Down };
    let mut services = vec![shared.clone()];
    for server in shared.servers.ids() {
        services.push(with(&|other| other.servers[server].store = toggled(other.servers[server].store)));
        services.push(with(&|other| other.servers[server].replica = toggled(other.servers[server].replica)));
    }
    for all in [Server::UP, down] {
        services.push(with(&|other| other.servers.values_mut().for_each(|server| *server = all)));
    }
    let with_faults = |other: Shared| (0..=FAULTS_MAX).map(move |faults_left| Shared { faults_left, ..other.clone() });
    services.into_iter().flat_map(with_faults).collect()
}
