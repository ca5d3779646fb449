//! Worlds that start in a snapshot: one administrator runs one procedure until it reports `ok` or `refused`, while the events of the
//! circumstances can occur.

use stranded_model::World;
use stranded_model::assumption::Assumptions;
use stranded_model::id::{AdministratorId, Id, ServerId};
use stranded_model::procedure::Procedure;
use stranded_model::scenario::{Administrator, Delivery, Environment, Run, RunId, RunsMax, Scenario, Site, Start};
use stranded_model::state::{Homes, Recipient, Stamp, State};
use stranded_model::table::PerServer;

use crate::scenario::{Family, Numbers, QUIET, Spec, to_toml};
use crate::snapshot::Snapshot;

use super::Circumstances;

/// The source of the worlds for one procedure in one direction, from one snapshot.
pub(super) struct AdviceWorld<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) circumstances: &'a Circumstances,
    pub(super) procedure: &'a Procedure,
    pub(super) from: ServerId,
    pub(super) to: ServerId,
}

impl AdviceWorld<'_> {
    /// Returns the scenario, with or without faults.
    pub(super) fn spec(&self, delivery: Delivery, with_faults: bool) -> Spec {
        let scenario = self.scenario(delivery, with_faults);
        let name = &self.procedure.name;
        let mut spec = Spec {
            name: format!("advise-{name}"),
            family: Family::User,
            question: format!("What does {name} do to the observed mailbox?"),
            source: self.procedure.source.clone(),
            from: None,
            names: self.snapshot.names.clone(),
            scenario,
            numbers: Numbers::GIVEN,
            pinned: Vec::new(),
            expect: Vec::new(),
            never: Vec::new(),
            text: String::new(),
        };
        spec.text = to_toml(&spec);
        spec
    }

    fn scenario(&self, delivery: Delivery, with_faults: bool) -> Scenario {
        let Self { snapshot, circumstances, .. } = self;
        let servers = &snapshot.names.servers;
        let (faults, faults_max) =
            if with_faults { (circumstances.faults.clone(), circumstances.faults_max) } else { (Vec::new(), 0) };
        let run = Run {
            procedure: self.procedure.clone(),
            from: self.from,
            to: self.to,
            connected_to: self.from,
            runs_max: RunsMax::UntilOk,
        };
        let late = usize::from(delivery != Delivery::Never);
        Scenario {
            site: Site {
                servers: PerServer::of(servers.len(), |server: ServerId| servers[server.index()].clone()),
                home: self.from,
                mailboxes: 1,
                messages: snapshot.messages().len() + late,
                replication: circumstances.replication_for(snapshot),
            },
            start: self.starts().into_iter().next(),
            environment: Environment { delivery, faults, faults_max, ..QUIET },
            administrators: vec![Administrator { name: "administrator".to_owned(), runs: vec![run] }],
            last_run: RunId { administrator: AdministratorId::at(0), run: 0 },
        }
    }

    /// Returns every possible start. If replicas differ, the snapshot does not show which version is the newest, so every order of
    /// versions is a start. A replica without the recipient has a tombstone, at some position in that order.
    fn starts(&self) -> Vec<Start> {
        let homes = &self.snapshot.homes;
        let mut versions: Vec<Option<Homes>> = Vec::new();
        for version in homes.values() {
            if !versions.contains(version) {
                versions.push(*version);
            }
        }
        let recipient = |version: &Option<Homes>, index: usize| {
            let stamp = Stamp { version: u8::try_from(index).unwrap_or(u8::MAX), ..Stamp::default() };
            version.map_or(Recipient::Tombstone { stamp }, |homes| Recipient::Live { homes, stamp })
        };
        let start = |order: Vec<Option<Homes>>| Start {
            recipients: PerServer::of(homes.count(), |server: ServerId| {
                let version = homes[server];
                recipient(&version, order.iter().position(|other| *other == version).unwrap_or(0))
            }),
            mailboxes: self.snapshot.mailboxes.clone(),
        };
        orders(&versions).into_iter().map(start).collect()
    }

    /// Returns the world of a scenario, from every start.
    pub(super) fn world(&self, scenario: &Scenario, assumptions: Assumptions) -> World {
        let starts = self.starts().into_iter();
        let initial = starts.flat_map(|start| {
            let scenario = Scenario { start: Some(start), ..scenario.clone() };
            World::new(&scenario, assumptions).initial
        });
        let initial: Vec<State> = initial.collect();
        World::following(scenario, assumptions, &initial)
    }
}

/// Returns every order of a few items.
fn orders<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    if things.len() < 2 {
        return vec![things.to_vec()];
    }
    let starting_with = |first: usize| {
        let mut rest = things.to_vec();
        let first = rest.remove(first);
        orders(&rest).into_iter().map(move |order| [vec![first.clone()], order].concat())
    };
    (0..things.len()).flat_map(starting_with).collect()
}
