//! Advice on an observed mailbox: the procedures that are safe to run now, the circumstances under which they are safe, and the harm that
//! the others can do.
//!
//! `world` builds worlds that start in a snapshot and in which one administrator runs one procedure; `judge` searches them. Reports are
//! not known here.

mod judge;
mod world;

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxBuildHasher;
use stranded_model::World;
use stranded_model::assumption::Assumption;
use stranded_model::id::{MessageSet, ServerId};
use stranded_model::liveness::Liveness;
use stranded_model::procedure::{Act, Procedure};
use stranded_model::property::Safety;
use stranded_model::scenario::{Delivery, Fault, Replication, Run};
use stranded_model::state::{Homes, Mailbox};
use stranded_model::table::PerServer;

use crate::check::Trace;
use crate::engine::{Limits, Truncation};
use crate::property::Property;
use crate::scenario::{self, Diagnostics, SiteNames, Spec, builtin};
use crate::snapshot::Snapshot;

use self::world::AdviceWorld;

/// The events that can occur besides the procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// The kinds of delivery under which each procedure is searched, from the mildest to the hardest.
    pub deliveries: Vec<Delivery>,
    /// The kinds of faults that can occur.
    pub faults: Vec<Fault>,
    /// The largest number of faults.
    pub faults_max: u8,
    /// The kind of replication. If replicas differ in the snapshot, it is eventual.
    pub replication: Replication,
}

impl Circumstances {
    /// The kinds of delivery from the mildest to the hardest.
    pub const DELIVERIES: [Delivery; 3] = [Delivery::Never, Delivery::UntilRepair, Delivery::AnyTime];

    /// Returns the kind of replication for a snapshot: eventual if its replicas differ.
    #[must_use]
    pub fn replication_for(&self, snapshot: &Snapshot) -> Replication {
        let first = snapshot.homes[ServerId(0)];
        if snapshot.homes.values().all(|homes| *homes == first) { self.replication } else { Replication::Eventual }
    }
}

/// The parts of a snapshot on which the advice depends.
type Observed<'a> = (&'a SiteNames, &'a PerServer<Option<Homes>>, &'a PerServer<Mailbox>);

/// The text of a procedure file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcedureText {
    /// The name of the file for messages.
    pub file_name: String,
    /// The content.
    pub text: String,
}

/// The advice on one mailbox.
#[derive(Debug)]
pub struct MailboxAdvice<'a> {
    /// The observation of the mailbox.
    pub snapshot: &'a Snapshot,
    /// The kind of replication.
    pub replication: Replication,
    /// The advice on every procedure in every useful direction, the safest first; empty if the caller asked for none. Mailboxes
    /// with equal observations share it.
    pub advice: Arc<Vec<Advice>>,
    /// The limit that was reached before any procedure was searched for this mailbox.
    pub truncated: Option<Truncation>,
}

/// The advice on one procedure in one direction.
#[derive(Debug)]
pub struct Advice {
    /// The procedure.
    pub procedure: Procedure,
    /// The source of its run.
    pub from: ServerId,
    /// The destination of its run.
    pub to: ServerId,
    /// The verdict under each kind of delivery.
    pub cases: Vec<AdviceCase>,
    /// Its steps if nothing disturbs it and it ends `ok`, for reports.
    pub plan: Option<Plan>,
}

/// The steps of a procedure that nothing disturbs.
#[derive(Debug)]
pub struct Plan {
    /// The steps in order, without the report; a repeated step is listed once.
    pub acts: Vec<Act>,
    /// The run.
    pub run: Run,
    /// The world of the run.
    pub world: World,
}

/// The verdict on a procedure under one kind of delivery and all answers to the assumptions.
#[derive(Debug)]
pub struct AdviceCase {
    /// The kind of delivery.
    pub delivery: Delivery,
    /// The worst verdict over all answers.
    pub verdict: AdviceVerdict,
    /// The assumptions that were varied.
    pub varied: Vec<Assumption>,
    /// True if mail that arrives can be returned to its sender.
    pub can_return_mail: bool,
    /// The harm of the worst verdict, with the shortest path to it.
    pub harm: Option<Box<AdviceHarm>>,
}

/// The verdict on running a procedure, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdviceVerdict {
    /// It loses no message, never deletes a last copy, ends, and leaves every message at the home. If it declines because of new mail,
    /// it has changed nothing.
    Safe,
    /// It declines or cannot start, and changes nothing.
    NotApplicable,
    /// The search is incomplete.
    Inconclusive(Truncation),
    /// It can leave messages at a server that is not the home.
    OutOfReach,
    /// It can reach a state from which it can never finish.
    NeverDone,
    /// It can lose messages.
    Loses,
}

impl AdviceVerdict {
    /// Returns the name that reports use; each harm has the name `unsafe`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::NotApplicable => "not-applicable",
            Self::Inconclusive(_) => "inconclusive",
            Self::OutOfReach | Self::NeverDone | Self::Loses => "unsafe",
        }
    }

    /// Returns the violated property.
    #[must_use]
    pub fn property(self) -> Option<Property> {
        match self {
            Self::Safe | Self::NotApplicable | Self::Inconclusive(_) => None,
            Self::OutOfReach => Some(Property::Safety(Safety::Reachable)),
            Self::NeverDone => Some(Property::Liveness(Liveness::RepairCompletes)),
            Self::Loses => Some(Property::Safety(Safety::NoLoss)),
        }
    }

    /// Returns the name of the harm.
    #[must_use]
    pub fn harm(self) -> Option<&'static str> {
        match self {
            Self::Safe | Self::NotApplicable | Self::Inconclusive(_) => None,
            Self::OutOfReach => Some("out-of-reach"),
            Self::NeverDone => Some("never-done"),
            Self::Loses => Some("loses"),
        }
    }
}

/// The harm that a procedure can do.
#[derive(Debug)]
pub struct AdviceHarm {
    /// The messages that are lost or out of reach.
    pub messages: MessageSet,
    /// The scenario of the harm, so that the trace can be replayed.
    pub spec: Spec,
    /// The assumptions that the scenario touches.
    pub touched: Vec<Assumption>,
    /// The world of the harm.
    pub world: World,
    /// The shortest trace to the harm.
    pub trace: Trace,
}

impl Advice {
    /// Returns true if the procedure is safe under the mildest kind of delivery.
    #[must_use]
    pub fn is_safe_now(&self) -> bool {
        self.cases.first().is_some_and(|case| case.verdict == AdviceVerdict::Safe)
    }

    /// Returns the harm under the mildest kind of delivery that allows any.
    #[must_use]
    pub fn first_harm(&self) -> Option<(&AdviceCase, &AdviceHarm)> {
        self.cases.iter().find_map(|case| Some((case, case.harm.as_deref()?)))
    }
}

/// Returns the texts of the built-in procedures.
#[must_use]
pub fn known_procedures() -> Vec<ProcedureText> {
    let text =
        |builtin: &scenario::Builtin| ProcedureText { file_name: builtin.file_name(), text: builtin.text.to_owned() };
    builtin::procedures().iter().map(text).collect()
}

/// Reads procedures for a site with these names.
///
/// # Errors
/// Everything that is wrong with them, and duplicate names.
pub fn parse(texts: &[ProcedureText], names: &SiteNames) -> Result<Vec<Procedure>, Diagnostics> {
    let mut procedures: Vec<Procedure> = Vec::new();
    let mut found = Vec::new();
    for ProcedureText { file_name, text } in texts {
        match scenario::parse_procedure(file_name, text, names) {
            Err(wrong) => found.push(wrong),
            Ok(procedure) if procedures.iter().any(|other| other.name == procedure.name) => {
                let message = format!("two procedures are called `{}`", procedure.name);
                let help = format!("give the one in {file_name} another name");
                found.push(Diagnostics::just(message, Some(help)));
            }
            Ok(procedure) => procedures.push(procedure),
        }
    }
    Diagnostics::together(found).map_or(Ok(procedures), Err)
}

/// Returns the advice on stranded mailboxes, or on all.
///
/// # Errors
/// Everything that is wrong with the procedures.
pub fn advise_all<'a>(
    snapshots: &'a [Snapshot],
    all: bool,
    texts: &[ProcedureText],
    circumstances: &Circumstances,
    limits: &Limits<'_>,
) -> Result<Vec<MailboxAdvice<'a>>, Diagnostics> {
    let mut advised: Vec<MailboxAdvice<'a>> = Vec::new();
    let mut known: HashMap<Observed<'_>, Arc<Vec<Advice>>, FxBuildHasher> = HashMap::default();
    if let Some(first) = snapshots.first() {
        // Errors in procedures are reported even if no mailbox needs advice.
        let _valid = parse(texts, &first.names)?;
    }
    let mut limit = None;
    for snapshot in snapshots {
        let observed = (&snapshot.names, &snapshot.homes, &snapshot.mailboxes);
        let mut truncated = None;
        let advice = match known.get(&observed) {
            _ if !all && !snapshot.is_stranded() => Arc::default(),
            Some(advice) => Arc::clone(advice),
            None => {
                limit = limit.or_else(|| limits.limit_reached());
                truncated = limit;
                if truncated.is_some() {
                    Arc::default()
                } else {
                    let advice = Arc::new(advise(snapshot, &parse(texts, &snapshot.names)?, circumstances, limits));
                    known.insert(observed, Arc::clone(&advice));
                    advice
                }
            }
        };
        let replication = circumstances.replication_for(snapshot);
        advised.push(MailboxAdvice { snapshot, replication, advice, truncated });
    }
    Ok(advised)
}

/// Returns the advice on one mailbox: every procedure in every useful direction, the safest first.
#[must_use]
pub fn advise(
    snapshot: &Snapshot,
    procedures: &[Procedure],
    circumstances: &Circumstances,
    limits: &Limits<'_>,
) -> Vec<Advice> {
    let worlds = directions(snapshot).into_iter().flat_map(|(from, to)| {
        procedures.iter().map(move |procedure| AdviceWorld { snapshot, circumstances, procedure, from, to })
    });
    let worlds: Vec<AdviceWorld<'_>> = worlds.collect();
    let mut advice: Vec<Advice> = worlds.par_iter().map(|world| judge::advice(world, limits)).collect();
    advice.sort_by_key(|advice| advice.cases.iter().map(|case| case.verdict).collect::<Vec<_>>());
    advice
}

/// Returns the useful directions of a run: from each named home to each server with messages. If all messages are at the home, the
/// destination is every other server; if no home is named, the source is every other server.
#[must_use]
pub fn directions(snapshot: &Snapshot) -> Vec<(ServerId, ServerId)> {
    let all: Vec<ServerId> = snapshot.mailboxes.ids().collect();
    let homes = snapshot.named_homes();
    let froms = if homes.is_empty() { &all } else { &homes };
    let data = snapshot.data_on();
    let pairs = |tos: &[ServerId]| {
        let pairs = tos.iter().flat_map(|to| froms.iter().map(|from| (*from, *to)));
        pairs.filter(|(from, to)| from != to).collect::<Vec<_>>()
    };
    let to_data = pairs(&data);
    if to_data.is_empty() { pairs(&all) } else { to_data }
}
