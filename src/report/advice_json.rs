//! Advice in JSON.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stranded_model::id::{Id, ServerId};

use stranded_model::scenario::Delivery;
use stranded_search::advice::{
    Advice, AdviceCase, AdviceHarm, Answer, Circumstances, Dependence, MailboxAdvice, Precondition,
};
use stranded_search::property::Property;
use stranded_search::scenario::{delivery_name, replication_name};
use stranded_search::snapshot::{Snapshot, Standing};

use super::advice_facts::{self, HOW_TO_COPY, clause, instruction, key};
use super::dialect::{self, Dialect, Printed, ScriptStep, StepCommands};
use super::trace::{self, answers};
use stranded_oracle::sentence::step;
use stranded_search::names;
use stranded_search::trace_file::TraceFile;

/// The report of one invocation of `stranded advise`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AdviceReport {
    /// The version of the program.
    pub version: String,
    /// The model that was searched.
    pub model_hash: String,
    /// The mail system whose commands the advice has, if one was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// Every mailbox, in the order of the snapshots.
    pub mailboxes: Vec<MailboxReport>,
}

/// The facts about one mailbox, and the advice.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MailboxReport {
    /// The mailbox.
    pub mailbox: String,
    /// `healthy`, `stranded`, `no-home`, `no-recipient` or `unknown`.
    pub standing: String,
    /// True if a server other than the home holds messages that the home does not hold.
    pub stranded: bool,
    /// The server that every replica names in both attributes; `null` if there is none.
    pub home: Option<String>,
    /// The servers that hold messages.
    pub data_on: Vec<String>,
    /// The keys of the facts that were not observed.
    pub unobserved: Vec<String>,
    /// The observations that look wrong and are accepted.
    pub remarks: Vec<String>,
    /// The messages of the traces, with the messages of the snapshot that each represents.
    pub messages: Vec<GroupReport>,
    /// The advice on each procedure in each direction, the best answer first; empty if no advice was requested.
    pub advice: Vec<AdviceEntry>,
    /// The limit that was reached before any procedure was searched for this mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<String>,
}

/// Messages that are in the same stores.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GroupReport {
    /// Their names in traces.
    pub stands_for: Vec<String>,
    /// The stores that hold them.
    pub stores: Vec<String>,
    /// Their number.
    pub count: usize,
    /// Their names in the snapshot; empty if only their number was observed.
    pub messages: Vec<String>,
}

/// The advice on one procedure in one direction.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AdviceEntry {
    /// The procedure.
    pub procedure: String,
    /// The server it takes as its source.
    pub from: String,
    /// The server it takes as its destination.
    pub to: String,
    /// `safe`, `depends`, `refuses`, `unsafe` or `inconclusive`.
    pub answer: String,
    /// True if the procedure needs in-transit marks, and the observation shows no store that has them.
    pub needs_marks: bool,
    /// The conditions that the administrator must ensure, if the answer is `safe` or `depends`.
    pub preconditions: Vec<PreconditionReport>,
    /// The facts on which the answer depends, if it is `depends`.
    pub unobserved: Vec<UnobservedReport>,
    /// The steps to perform, unless the answer is `unsafe` or `refuses`.
    pub steps: Vec<String>,
    /// The way to copy, if a step copies.
    pub how_to_copy: Option<String>,
    /// The commands of its steps in the requested dialect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandsReport>,
    /// The steps of the procedure that the mail system of the dialect cannot perform, with the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cannot_perform: Vec<String>,
    /// Everything to execute, in order, if this is the requested procedure, or the recommended one of the requested dialect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// The verdict under each kind of delivery, the least mail first.
    pub cases: Vec<CaseReport>,
}

/// The commands of one step in a dialect.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CommandsReport {
    /// The step.
    pub step: String,
    /// Its commands; `null` if the mail system cannot perform it.
    pub commands: Option<String>,
    /// The reason why the mail system cannot perform it.
    pub cannot: Option<String>,
}

/// A condition that the administrator must ensure.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PreconditionReport {
    /// `hold-delivery`, `hold-delivery-during-run`, `end-sessions` or `finish-replication`.
    pub precondition: String,
    /// The instruction.
    pub says: String,
    /// The harm without it, if a search showed it.
    pub otherwise: Option<HarmReport>,
}

/// A fact that was not observed, and that decides if the procedure does harm.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnobservedReport {
    /// The key in a snapshot.
    pub fact: String,
    /// The value of the fact under which the procedure does harm.
    #[serde(rename = "if")]
    pub condition: String,
    /// The command or the place that shows the fact.
    pub observe: String,
    /// The harm.
    pub harm: HarmReport,
}

/// The verdict under one kind of delivery.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CaseReport {
    /// `safe`, `depends`, `refuses`, `unsafe` or `inconclusive`.
    pub verdict: String,
    /// The circumstances.
    pub circumstances: CircumstancesReport,
    /// The harm, if it is unsafe.
    pub harm: Option<HarmReport>,
    /// The keys of the facts on which it depends.
    pub unobserved: Vec<String>,
    /// The largest number of unobserved facts that were taken to be otherwise at the same time; `null` if all of them were.
    pub others_max: Option<usize>,
    /// True if mail that arrives can be returned to its sender.
    pub can_return_mail: bool,
    /// The assumptions that were varied.
    pub varied: Vec<String>,
}

/// A harm that a procedure can do.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HarmReport {
    /// `loses`, `never-done`, `out-of-reach`, `no-home` or `duplicates`.
    pub harm: String,
    /// The harm in words.
    pub says: String,
    /// The messages that are lost or unreachable, by their names in the trace.
    pub messages: Vec<String>,
    /// The assumptions under which the harm happens.
    pub assumptions: BTreeMap<String, String>,
    /// The shortest trace to the harm.
    pub trace: TraceFile,
}

/// The events that may happen while a procedure runs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
pub fn report(
    advised: &[MailboxAdvice<'_>],
    circumstances: &Circumstances,
    printed: Option<Printed<'_>>,
) -> AdviceReport {
    AdviceReport {
        dialect: printed.map(|printed| printed.dialect.name().to_owned()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model_hash: stranded_search::model_hash(),
        mailboxes: advised.iter().map(|one| mailbox(one, circumstances, printed)).collect(),
    }
}

fn mailbox(advised: &MailboxAdvice<'_>, circumstances: &Circumstances, printed: Option<Printed<'_>>) -> MailboxReport {
    let MailboxAdvice { snapshot, replication, advice, truncated } = advised;
    let server = |id: &ServerId| name(snapshot, *id);
    let group = |group: &stranded_search::snapshot::Group| GroupReport {
        stands_for: names::messages(group.stands_for),
        stores: group.stores.iter().map(server).collect(),
        count: group.count,
        messages: group.messages.clone(),
    };
    let around = |delivery: Delivery| CircumstancesReport {
        delivery: delivery_name(delivery).to_owned(),
        replication: replication_name(*replication).to_owned(),
        faults: circumstances.faults.iter().map(|fault| fault.name().to_owned()).collect(),
        faults_max: circumstances.faults_max,
    };
    let index_printed = printed.and_then(|printed| printed.index(advice));
    MailboxReport {
        mailbox: snapshot.mailbox.clone(),
        standing: snapshot.standing().name().to_owned(),
        stranded: snapshot.standing() == Standing::Stranded,
        home: snapshot.home().as_ref().map(server),
        data_on: snapshot.data_on().iter().map(server).collect(),
        unobserved: snapshot.unobserved.iter().map(|fact| key(snapshot, *fact)).collect(),
        remarks: snapshot.remarks.clone(),
        messages: snapshot.groups.iter().map(group).collect(),
        advice: advice
            .iter()
            .enumerate()
            .map(|(index, one)| {
                let entry = entry(printed.map(|printed| printed.dialect), snapshot, one, &around);
                match printed {
                    None => entry,
                    Some(Printed { dialect, .. }) => {
                        in_dialect(entry, dialect, snapshot, one, index_printed == Some(index))
                    }
                }
            })
            .collect(),
        truncated: truncated.map(|truncated| truncated.to_string()),
    }
}

fn entry(
    dialect: Option<Dialect>,
    snapshot: &Snapshot,
    advice: &Advice,
    around: &dyn Fn(Delivery) -> CircumstancesReport,
) -> AdviceEntry {
    let precondition = |precondition: &Precondition<'_>| PreconditionReport {
        precondition: precondition.kind.name().to_owned(),
        says: instruction(dialect, snapshot, advice, precondition.kind),
        otherwise: precondition.harm.map(|found| harm(snapshot, found)),
    };
    let depends = advice.answering_case().into_iter().flat_map(|case| &case.unobserved);
    AdviceEntry {
        procedure: advice.procedure.name.clone(),
        from: name(snapshot, advice.from),
        to: name(snapshot, advice.to),
        answer: advice.answer().name().to_owned(),
        needs_marks: advice.lacks_marks(snapshot),
        preconditions: advice.preconditions().iter().map(precondition).collect(),
        unobserved: depends.map(|one| unobserved(dialect, snapshot, one)).collect(),
        steps: steps(advice),
        how_to_copy: copies(advice).then(|| HOW_TO_COPY.to_owned()),
        commands: Vec::new(),
        cannot_perform: Vec::new(),
        script: None,
        cases: advice.cases.iter().map(|one| case(snapshot, one, around(one.delivery))).collect(),
    }
}

/// Adds the commands in a dialect.
fn in_dialect(
    entry: AdviceEntry,
    dialect: Dialect,
    snapshot: &Snapshot,
    advice: &Advice,
    is_printed: bool,
) -> AdviceEntry {
    let script = dialect::script(dialect, snapshot, advice);
    let commands = |step: &ScriptStep| {
        let (commands, cannot) = match &step.commands {
            StepCommands::Commands(commands) => (Some(commands.clone()), None),
            StepCommands::Impossible(reason) => (None, Some((*reason).to_owned())),
        };
        CommandsReport { step: step.step.clone(), commands, cannot }
    };
    AdviceEntry {
        commands: script.iter().flat_map(|script| script.steps.iter().map(commands)).collect(),
        cannot_perform: dialect::cannot_perform(dialect, advice),
        script: script.filter(|_| is_printed).map(|script| script.text),
        ..entry
    }
}

fn unobserved(dialect: Option<Dialect>, snapshot: &Snapshot, dependence: &Dependence) -> UnobservedReport {
    UnobservedReport {
        fact: key(snapshot, dependence.fact),
        condition: clause(snapshot, dependence.fact, dependence.if_otherwise),
        observe: dialect::observe(dialect, snapshot, dependence.fact),
        harm: harm(snapshot, &dependence.harm),
    }
}

fn case(snapshot: &Snapshot, case: &AdviceCase, circumstances: CircumstancesReport) -> CaseReport {
    CaseReport {
        verdict: case.verdict.name().to_owned(),
        circumstances,
        harm: case.harm.as_deref().map(|found| harm(snapshot, found)),
        unobserved: case.unobserved.iter().map(|one| key(snapshot, one.fact)).collect(),
        others_max: case.others_max,
        can_return_mail: case.can_return_mail,
        varied: case.varied.iter().map(|assumption| assumption.name().to_owned()).collect(),
    }
}

fn harm(snapshot: &Snapshot, harm: &AdviceHarm) -> HarmReport {
    let property = harm.verdict.property().map_or_else(String::new, |property| property.name().to_owned());
    let mut trace = trace::write(&harm.spec, &harm.world, &harm.touched, &property, &harm.trace);
    // While mail or a mark is left from before, the end is not quiescent, and no property of the end is violated there.
    let end = harm.trace.path.end(&harm.world);
    let holds = match harm.verdict.property() {
        Some(Property::Safety(safety)) => safety.holds(&harm.world, &end),
        // Without a loop, the trace leads to a state from which no path leads to the end.
        Some(Property::Liveness(_)) => harm.trace.repeats_from.is_none(),
        Some(Property::Own(_) | Property::Coverage) => false,
        None => true,
    };
    trace.property = trace.property.filter(|_| !holds);
    HarmReport {
        harm: harm.verdict.harm().unwrap_or_default().to_owned(),
        says: advice_facts::harm(snapshot, harm),
        messages: names::messages(harm.messages),
        assumptions: answers(&harm.world, &harm.touched),
        trace,
    }
}

/// Returns true if a step of the plan copies messages.
pub(super) fn copies(advice: &Advice) -> bool {
    let steps = advice.plan.iter().flat_map(|plan| &plan.steps);
    is_runnable(advice) && steps.into_iter().any(|step| step.act.takes_copies())
}

/// Returns true if the answer lets an administrator run the procedure.
pub(super) fn is_runnable(advice: &Advice) -> bool {
    match advice.answer() {
        Answer::Safe | Answer::Depends => true,
        Answer::Refuses | Answer::Inconclusive | Answer::Unsafe => false,
    }
}

/// Returns the steps that a procedure executes if nothing disturbs it, if the answer lets an administrator run it.
pub(super) fn steps(advice: &Advice) -> Vec<String> {
    let Some(plan) = advice.plan.as_ref().filter(|_| is_runnable(advice)) else { return Vec::new() };
    plan.steps.iter().map(|planned| step(&plan.world, &plan.run, &planned.act)).collect()
}

pub(super) fn name(snapshot: &Snapshot, server: ServerId) -> String {
    snapshot.names.servers[server.index()].clone()
}
