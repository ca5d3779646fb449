//! The extent of a scenario: how much of each kind can happen in it. A comparison of two extents shows whether a scenario was weakened.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use stranded_model::scenario::{Delivery, Replication, RunsMax};
use stranded_search::scenario::{Number, Spec, delivery_name, replication_name};

/// The number of events of each kind that can happen in a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExtentReport {
    /// The number of mailboxes; null for any number.
    pub mailboxes: Option<usize>,
    /// The most messages that arrive for each mailbox; null for any number.
    pub messages: Option<usize>,
    /// The most executions of procedures for each mailbox; null without a limit.
    pub runs: Option<usize>,
    /// The kind of replication.
    pub replication: String,
    /// The kind of delivery.
    pub delivery: String,
    /// True if the user may log on.
    pub logon: bool,
    /// True if mail and users may use an older view of the directory.
    pub stale_views: bool,
    /// The most messages that the owner deletes.
    pub owner_deletes: usize,
    /// The most unrelated edits of a recipient.
    pub other_edits: usize,
    /// The kinds of faults.
    pub faults: Vec<String>,
    /// The most faults.
    pub faults_max: usize,
    /// The assumptions that are pinned.
    pub pinned: Vec<String>,
}

/// A part of a scenario that allows less than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExtentChange {
    /// The scenario.
    pub scenario: String,
    /// The key of the scenario file.
    pub key: String,
    /// The value of the earlier report.
    pub before: String,
    /// The value now.
    pub now: String,
}

impl ExtentChange {
    /// Returns the change in one sentence.
    #[must_use]
    pub fn says(&self) -> String {
        let Self { scenario, key, before, now } = self;
        format!("less is tried: {key} of {scenario} was {before}, is {now}")
    }
}

/// The kinds of delivery, from the fewest executions to the most.
const DELIVERIES: [Delivery; 4] = [Delivery::Never, Delivery::Before, Delivery::UntilRepair, Delivery::AnyTime];
/// The kinds of replication, likewise.
const REPLICATIONS: [Replication; 2] = [Replication::Instant, Replication::Eventual];

impl ExtentReport {
    /// Returns the extent of a scenario.
    #[must_use]
    pub fn of(spec: &Spec) -> Self {
        let (site, environment) = (&spec.scenario.site, &spec.scenario.environment);
        let number = |kind: Number, number: usize| (kind == Number::Given).then_some(number);
        let times = |runs_max: RunsMax| match runs_max {
            RunsMax::Times(times) => Some(usize::from(times)),
            RunsMax::Any | RunsMax::UntilOk => None,
        };
        let pinned = spec.pinned_with_predecessors();
        Self {
            mailboxes: number(spec.numbers.mailboxes, site.mailboxes),
            messages: number(spec.numbers.messages, site.messages),
            runs: spec.scenario.runs().map(|(_, run)| times(run.runs_max)).sum(),
            replication: replication_name(site.replication).to_owned(),
            delivery: delivery_name(environment.delivery).to_owned(),
            logon: environment.logon,
            stale_views: environment.stale_views,
            owner_deletes: environment.owner_deletes.into(),
            other_edits: environment.other_edits.into(),
            faults: environment.faults.iter().map(|fault| fault.name().to_owned()).collect(),
            faults_max: environment.faults_max.into(),
            pinned: pinned.into_iter().map(|(one, _)| one.name().to_owned()).collect(),
        }
    }

    /// Returns the parts of a scenario that allow less than before.
    #[must_use]
    pub fn narrower_than(&self, before: &Self, scenario: &str) -> Vec<ExtentChange> {
        let change = |key: &str, before: String, now: String| ExtentChange {
            scenario: scenario.to_owned(),
            key: key.to_owned(),
            before,
            now,
        };
        let mut changes = Vec::new();
        let most = |number: Option<usize>| number.unwrap_or(usize::MAX);
        let says = |number: Option<usize>| number.map_or_else(|| "without a limit".to_owned(), |one| one.to_string());
        for (key, was, is) in [
            ("mailboxes", before.mailboxes, self.mailboxes),
            ("messages", before.messages, self.messages),
            ("runs-max", before.runs, self.runs),
            ("owner-deletes", Some(before.owner_deletes), Some(self.owner_deletes)),
            ("other-edits", Some(before.other_edits), Some(self.other_edits)),
            ("faults-max", Some(before.faults_max), Some(self.faults_max)),
        ] {
            if most(is) < most(was) {
                changes.push(change(key, says(was), says(is)));
            }
        }
        let deliveries = DELIVERIES.map(delivery_name);
        let replications = REPLICATIONS.map(replication_name);
        let rank = |names: &[&str], name: &str| names.iter().position(|one| *one == name);
        for (key, names, was, is) in [
            ("delivery", &deliveries[..], &before.delivery, &self.delivery),
            ("replication", &replications[..], &before.replication, &self.replication),
        ] {
            if rank(names, is).zip(rank(names, was)).is_some_and(|(is, was)| is < was) {
                changes.push(change(key, was.clone(), is.clone()));
            }
        }
        for (key, was, is) in
            [("logon", before.logon, self.logon), ("stale-views", before.stale_views, self.stale_views)]
        {
            if was && !is {
                changes.push(change(key, was.to_string(), is.to_string()));
            }
        }
        let list = |names: &[String]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        if before.faults.iter().any(|fault| !self.faults.contains(fault)) {
            changes.push(change("faults", list(&before.faults), list(&self.faults)));
        }
        if self.pinned.iter().any(|one| !before.pinned.contains(one)) {
            changes.push(change("assume", list(&before.pinned), list(&self.pinned)));
        }
        changes
    }
}
