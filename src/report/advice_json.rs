//! Advice in JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stranded_model::id::{Id, MessageSet, ServerId};

use stranded_search::advice::{Advice, AdviceCase, AdviceVerdict, Circumstances, MailboxAdvice};
use stranded_search::property::Property;
use stranded_search::scenario::{delivery_name, replication_name};
use stranded_search::snapshot::Snapshot;

use super::trace::{self, answers};
use stranded_oracle::sentence::step;
use stranded_search::names;
use stranded_search::trace_file::TraceFile;

/// The report of one invocation of `stranded advise`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdviceReport {
    /// The version of the program.
    pub version: String,
    /// The model that was searched.
    pub model_hash: String,
    /// Every mailbox, in the order of the snapshots.
    pub mailboxes: Vec<MailboxReport>,
}

/// The facts about one mailbox, and the advice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MailboxReport {
    /// The mailbox.
    pub mailbox: String,
    /// True if a server other than the home holds messages that the home does not hold.
    pub stranded: bool,
    /// The server that every replica names in both attributes; `null` if there is none.
    pub home: Option<String>,
    /// The servers that hold messages.
    pub data_on: Vec<String>,
    /// The parts that were not observed, and the assumption about each.
    pub remarks: Vec<String>,
    /// The messages of the traces, with the messages of the snapshot that each represents.
    pub messages: Vec<GroupReport>,
    /// The verdict on each procedure under each kind of delivery: the safest procedure first, the least mail first; empty if no
    /// advice was requested.
    pub advice: Vec<AdviceEntry>,
    /// The limit that was reached before any procedure was searched for this mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<String>,
}

/// Messages that are in the same stores.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GroupReport {
    /// Their names in traces.
    pub stands_for: Vec<String>,
    /// The stores that hold them.
    pub stores: Vec<String>,
    /// Their names in the snapshot.
    pub messages: Vec<String>,
}

/// The verdict on one procedure in one direction under one kind of delivery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdviceEntry {
    /// The procedure.
    pub procedure: String,
    /// The server it takes as its source.
    pub from: String,
    /// The server it takes as its destination.
    pub to: String,
    /// `safe`, `unsafe`, `not-applicable` or `inconclusive`.
    pub verdict: String,
    /// The harm, if it is unsafe: `loses`, `out-of-reach` or `never-done`.
    pub harm: Option<String>,
    /// The messages that are lost or unreachable, by their names in the trace.
    pub messages: Vec<String>,
    /// The circumstances.
    pub circumstances: CircumstancesReport,
    /// True if mail that arrives can be returned to its sender.
    pub can_return_mail: bool,
    /// The steps to perform, if it is safe.
    pub steps: Vec<String>,
    /// The assumptions that were varied.
    pub varied: Vec<String>,
    /// The assumptions under which the harm happens.
    pub assumptions: BTreeMap<String, String>,
    /// The shortest trace to the harm.
    pub trace: Option<TraceFile>,
}

/// The events that may happen while a procedure runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CircumstancesReport {
    /// The time at which mail arrives.
    pub delivery: String,
    /// The replication of the directory.
    pub replication: String,
    /// The faults that may happen.
    pub faults: Vec<String>,
    /// The most faults that may happen.
    pub faults_max: u8,
}

/// Returns the report.
#[must_use]
pub fn report(advised: &[MailboxAdvice<'_>], circumstances: &Circumstances) -> AdviceReport {
    AdviceReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model_hash: stranded_search::model_hash(),
        mailboxes: advised.iter().map(|one| mailbox(one, circumstances)).collect(),
    }
}

fn mailbox(advised: &MailboxAdvice<'_>, circumstances: &Circumstances) -> MailboxReport {
    let MailboxAdvice { snapshot, replication, advice, truncated } = advised;
    let server = |id: &ServerId| name(snapshot, *id);
    let group = |group: &stranded_search::snapshot::Group| GroupReport {
        stands_for: names::messages(group.stands_for),
        stores: group.stores.iter().map(server).collect(),
        messages: group.messages.clone(),
    };
    let around = |case: &AdviceCase| CircumstancesReport {
        delivery: delivery_name(case.delivery).to_owned(),
        replication: replication_name(*replication).to_owned(),
        faults: circumstances.faults.iter().map(|fault| fault.name().to_owned()).collect(),
        faults_max: circumstances.faults_max,
    };
    let entries =
        advice.iter().flat_map(|one| one.cases.iter().map(move |case| entry(snapshot, one, case, around(case))));
    MailboxReport {
        mailbox: snapshot.mailbox.clone(),
        stranded: snapshot.is_stranded(),
        home: snapshot.home().as_ref().map(server),
        data_on: snapshot.data_on().iter().map(server).collect(),
        remarks: snapshot.remarks.clone(),
        messages: snapshot.groups.iter().map(group).collect(),
        advice: entries.collect(),
        truncated: truncated.map(|truncated| truncated.to_string()),
    }
}

fn entry(snapshot: &Snapshot, advice: &Advice, case: &AdviceCase, circumstances: CircumstancesReport) -> AdviceEntry {
    let harm = case.harm.as_deref();
    let is_safe = case.verdict == AdviceVerdict::Safe;
    AdviceEntry {
        procedure: advice.procedure.name.clone(),
        from: name(snapshot, advice.from),
        to: name(snapshot, advice.to),
        verdict: case.verdict.name().to_owned(),
        harm: case.verdict.harm().map(ToOwned::to_owned),
        messages: names::messages(harm.map_or(MessageSet::EMPTY, |harm| harm.messages)),
        circumstances,
        can_return_mail: case.can_return_mail,
        steps: if is_safe { steps(advice) } else { Vec::new() },
        varied: case.varied.iter().map(|assumption| assumption.name().to_owned()).collect(),
        assumptions: harm.map(|harm| answers(&harm.world, &harm.touched)).unwrap_or_default(),
        trace: harm.map(|harm| {
            let broken = case.verdict.property().map_or("", Property::name);
            trace::write(&harm.spec, &harm.world, &harm.touched, broken, &harm.trace)
        }),
    }
}

/// Returns the steps that a procedure executes if nothing disturbs it.
pub(super) fn steps(advice: &Advice) -> Vec<String> {
    let Some(plan) = &advice.plan else { return Vec::new() };
    plan.acts.iter().map(|act| step(&plan.world, &plan.run, act)).collect()
}

pub(super) fn name(snapshot: &Snapshot, server: ServerId) -> String {
    snapshot.names.servers[server.index()].clone()
}
