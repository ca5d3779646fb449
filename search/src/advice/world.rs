//! Worlds that start in a snapshot: one administrator runs one procedure until it reports `ok` or `refused`, while the events of the
//! circumstances can occur.

use stranded_model::World;
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageSet, ServerId};
use stranded_model::procedure::{Act, Condition, Procedure};
use stranded_model::scenario::{
    Administrator, Delivery, Environment, Replication, Run, RunId, RunsMax, Scenario, Site, Start as ScenarioStart,
};
use stranded_model::state::{Mailbox, State};
use stranded_model::table::PerServer;

use crate::check::combinations_of;
use crate::sanitize::visible_line;
use crate::scenario::{Family, Numbers, QUIET, Spec, to_toml};
use crate::snapshot::{Snapshot, UnobservedFact};

use super::starts::{Possibility, Sides, Start, marks, sides, starts};
use super::{Advice, Circumstances};

/// The source of the worlds for one procedure in one direction, from one snapshot.
pub(super) struct AdviceWorld<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) circumstances: &'a Circumstances,
    pub(super) procedure: &'a Procedure,
    pub(super) from: ServerId,
    pub(super) to: ServerId,
}

/// The events that can occur in a world, and the facts that are taken both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The kind of delivery.
    pub(super) delivery: Delivery,
    /// True if the administrator holds delivery, so that mail waits in the queue.
    pub(super) is_held: bool,
    /// True if the faults of the circumstances can occur.
    pub(super) with_faults: bool,
    /// True if sessions and caches can remember the recipient.
    pub(super) with_sessions: bool,
    /// True if replicas that were not observed can differ from the others.
    pub(super) with_replicas: bool,
}

impl Setting {
    /// Returns a setting without sessions, in which unobserved replicas agree with the others. Without mail that arrives, the administrator
    /// holds delivery.
    pub(super) fn of(delivery: Delivery, with_faults: bool) -> Self {
        let is_held = delivery == Delivery::Never;
        Self { delivery, is_held, with_faults, with_sessions: false, with_replicas: false }
    }
}

impl AdviceWorld<'_> {
    /// Returns a scenario of this world as one that can be written and searched.
    pub(super) fn spec(&self, scenario: Scenario) -> Spec {
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
            may_be_unreached: true,
            text: String::new(),
        };
        spec.text = to_toml(&spec);
        spec
    }

    /// Returns the facts that make a difference in a setting and were not observed, each with its sides.
    pub(super) fn facts(&self, setting: Setting) -> Vec<Sides> {
        let reads_deletions = self.procedure.has_act(|act| matches!(act, Act::PropagateDeletions { .. }));
        let waits_for_queue = self
            .procedure
            .has_act(|act| matches!(act, Act::Require(Condition::NothingQueued) | Act::Wait(Condition::NothingQueued)));
        let matters = |fact: &UnobservedFact| match fact {
            UnobservedFact::Store(_)
            | UnobservedFact::Overlap(_)
            | UnobservedFact::Transit(_)
            | UnobservedFact::Attribute(_)
            | UnobservedFact::Versions => true,
            UnobservedFact::Deletions(_) => reads_deletions,
            // While delivery is held, only a procedure that releases it meets the queue. Mail that arrives at any time is like mail that
            // waits.
            UnobservedFact::Waiting => {
                waits_for_queue
                    || match setting.delivery {
                        Delivery::Never => self.releases_delivery(),
                        Delivery::Before | Delivery::UntilRepair => true,
                        Delivery::AnyTime => false,
                    }
            }
            UnobservedFact::Replica(_) => setting.with_replicas,
            UnobservedFact::Sessions => false,
        };
        self.snapshot.unobserved.iter().filter(|fact| matters(fact)).map(|fact| sides(*fact, self.snapshot)).collect()
    }

    fn releases_delivery(&self) -> bool {
        self.procedure.has_act(|act| matches!(act, Act::ReleaseDelivery))
    }

    /// Returns every state in which the mailbox can be, and the largest number of facts that differ from the snapshot at the same time, if
    /// that is bounded.
    pub(super) fn starts(&self, setting: Setting, facts: &[Sides]) -> (Vec<Start>, Option<usize>) {
        let snapshot = self.snapshot;
        let mut given: Vec<Vec<Possibility>> =
            snapshot.in_transit.iter().map(|server| marks(snapshot, *server)).filter(|all| !all.is_empty()).collect();
        given.extend(snapshot.is_mail_waiting.then(|| vec![Possibility::Waits]));
        if setting.with_sessions {
            given.push(snapshot.mailboxes.ids().map(Possibility::Remembers).collect());
        }
        let (starts, others_max) = starts(facts, &given);
        let room = MessageSet::MESSAGES_MAX - snapshot.messages().len() - usize::from(!setting.is_held);
        let count = starts.len();
        let fitting: Vec<Start> = starts.into_iter().filter(|start| start.messages_added() <= room).collect();
        let others_max =
            if fitting.len() < count { fitting.iter().map(Start::others).max().or(Some(0)) } else { others_max };
        (fitting, others_max)
    }

    pub(super) fn scenario(&self, setting: Setting, starts: &[Start]) -> Scenario {
        let Self { snapshot, circumstances, .. } = self;
        let servers = &snapshot.names.servers;
        let (faults, faults_max) = if setting.with_faults {
            (circumstances.faults.clone(), circumstances.faults_max)
        } else {
            (Vec::new(), 0)
        };
        let run = Run {
            procedure: self.procedure.clone(),
            from: self.from,
            to: self.to,
            connected_to: self.from,
            runs_max: RunsMax::UntilOk,
        };
        // A procedure that releases delivery itself lets new mail in.
        let delivery = match setting.delivery {
            Delivery::Never if self.releases_delivery() => Delivery::AnyTime,
            given @ (Delivery::Never | Delivery::Before | Delivery::UntilRepair | Delivery::AnyTime) => given,
        };
        let late = usize::from(delivery != Delivery::Never);
        let replication =
            if setting.with_replicas { Replication::Eventual } else { circumstances.replication_for(snapshot) };
        let mut scenario = Scenario {
            site: Site {
                servers: PerServer::of(servers.len(), |server: ServerId| servers[server.index()].clone()),
                home: self.from,
                mailboxes: 1,
                messages: MessageSet::MESSAGES_MAX.min(snapshot.messages().len() + messages_added(starts) + late),
                replication,
            },
            start: None,
            environment: Environment { delivery, faults, faults_max, stale_views: setting.with_sessions, ..QUIET },
            administrators: vec![Administrator { name: "administrator".to_owned(), runs: vec![run] }],
            last_run: RunId { administrator: AdministratorId::at(0), run: 0 },
            properties: Vec::new(),
        };
        let recipients = Start::ASSUMED.recipients(snapshot);
        scenario.start = Some(ScenarioStart { recipients, mailboxes: snapshot.mailboxes });
        scenario
    }

    /// Returns the assumptions that a scenario touches from these starts.
    pub(super) fn touched(&self, scenario: &Scenario, setting: Setting, starts: &[Start]) -> Vec<Assumption> {
        let mut touched = scenario.touches();
        let mut from_start = scenario.clone();
        for state in self.world(scenario, Assumptions::default(), setting, starts).initial {
            let account = &state.accounts[MailboxId::default()];
            let (recipients, mailboxes) = (account.recipients, account.mailboxes);
            from_start.start = Some(ScenarioStart { recipients, mailboxes });
            touched.extend(from_start.touches());
        }
        Assumption::ALL.into_iter().filter(|one| touched.contains(one)).collect()
    }

    /// Returns the initial state of each start; `first` is that of the scenario.
    fn states(&self, scenario: &Scenario, first: &State, setting: Setting, starts: &[Start]) -> Vec<State> {
        let most = messages_added(starts);
        let state = |start: &Start| {
            let mut state = first.clone();
            let spare = most - start.messages_added();
            let account = &mut state.accounts[MailboxId::default()];
            start.put_into(account, self.snapshot, setting.is_held, spare);
            if !scenario.reads_deletions() {
                for mailbox in account.mailboxes.values_mut() {
                    if let Mailbox::Present(contents) = mailbox {
                        contents.expunged = MessageSet::EMPTY;
                    }
                }
            }
            state
        };
        starts.iter().map(state).collect()
    }

    /// Returns the world of a scenario, with one initial state for each start.
    pub(super) fn world(
        &self,
        scenario: &Scenario,
        assumptions: Assumptions,
        setting: Setting,
        starts: &[Start],
    ) -> World {
        let mut world = World::new(scenario, assumptions);
        let first = world.initial.remove(0);
        world.initial = self.states(scenario, &first, setting, starts);
        world
    }
}

/// Returns the scenario of an observed mailbox in its present state, for a reader who steps through it: one administrator runs this
/// procedure, mail arrives at any time, and facts that were not observed are as in an undisturbed site. The world has the present state as
/// its initial one.
#[must_use]
pub fn present(snapshot: &Snapshot, circumstances: &Circumstances, advice: &Advice) -> (Spec, World) {
    let Advice { procedure, from, to, .. } = advice;
    let source = AdviceWorld { snapshot, circumstances, procedure, from: *from, to: *to };
    let setting = Setting::of(Delivery::AnyTime, false);
    let (starts, _) = source.starts(setting, &[]);
    let mut spec = source.spec(source.scenario(setting, &starts));
    spec.name = "snapshot".to_owned();
    spec.question =
        format!("What does each procedure do to {} from its present state?", visible_line(&snapshot.mailbox));
    spec.text = to_toml(&spec);
    let assumptions = combinations_of(&spec).into_iter().next().unwrap_or_default();
    let world = source.world(&spec.scenario, assumptions, setting, &starts);
    (spec, world)
}

fn messages_added(starts: &[Start]) -> usize {
    starts.iter().map(Start::messages_added).max().unwrap_or(0)
}
