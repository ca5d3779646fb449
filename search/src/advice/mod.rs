//! Advice: from what was observed of a mailbox, which procedures are safe to run now, under which circumstances, and how the
//! others go wrong.
//!
//! `world` makes a snapshot the start of a world in which one administrator runs one procedure, `judge` searches it. How advice
//! is told is the business of [`crate::report`].

mod judge;
mod world;

use std::sync::Arc;
use stranded_model::World;

use rayon::prelude::*;
use stranded_model::assumption::Assumption;
use stranded_model::id::{MessageSet, ServerId};
use stranded_model::liveness::Liveness;
use stranded_model::procedure::{Act, Procedure};
use stranded_model::property::Safety;
use stranded_model::scenario::{Delivery, Fault, Replication, Run};

use crate::check::Trace;
use crate::engine::{Limits, Truncation};
use crate::property::Property;
use crate::scenario::{self, Diagnostics, SiteNames, Spec, builtin};
use crate::snapshot::Snapshot;

use self::world::Question;

/// What may happen besides the procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// The kinds of delivery under which each procedure is judged, from the mildest to the hardest.
    pub deliveries: Vec<Delivery>,
    /// The faults that may happen.
    pub faults: Vec<Fault>,
    /// How many faults may happen.
    pub faults_max: u8,
    /// How a change of the directory reaches the other replicas. Where replicas differ in the snapshot it is eventual.
    pub replication: Replication,
}

impl Circumstances {
    /// The kinds of delivery from the mildest to the hardest.
    pub const DELIVERIES: [Delivery; 3] = [Delivery::Never, Delivery::UntilRepair, Delivery::AnyTime];

    /// How changes of the directory travel where this was observed.
    #[must_use]
    pub fn replication_for(&self, snapshot: &Snapshot) -> Replication {
        let first = snapshot.homes[ServerId(0)];
        if snapshot.homes.values().all(|homes| *homes == first) { self.replication } else { Replication::Eventual }
    }
}

/// A procedure file, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcedureText {
    /// What it is called in messages.
    pub file_name: String,
    /// What is in it.
    pub text: String,
}

/// The advice on one mailbox.
#[derive(Debug)]
pub struct Advised<'a> {
    /// What was observed.
    pub snapshot: &'a Snapshot,
    /// How changes of the directory travel.
    pub replication: Replication,
    /// Every procedure in every direction that makes sense, the safest first; empty where no advice was asked for. Mailboxes
    /// that stand alike share it.
    pub advice: Arc<Vec<Advice>>,
}

/// The advice on one procedure in one direction.
#[derive(Debug)]
pub struct Advice {
    /// The procedure.
    pub procedure: Procedure,
    /// The server it takes as its source.
    pub from: ServerId,
    /// The server it takes as its destination.
    pub to: ServerId,
    /// What it comes to under each kind of delivery.
    pub cases: Vec<Case>,
    /// What it does when nothing disturbs it, if it ends `ok`: for reports, with the world in which it does so.
    pub plan: Option<Plan>,
}

/// What a procedure does when nothing disturbs it.
#[derive(Debug)]
pub struct Plan {
    /// The steps in order, apart from the report; a step that is repeated is there once.
    pub acts: Vec<Act>,
    /// The run.
    pub run: Run,
    /// The world.
    pub world: World,
}

/// What a procedure comes to under one kind of delivery, whatever the answers to the assumptions are.
#[derive(Debug)]
pub struct Case {
    /// When mail arrives.
    pub delivery: Delivery,
    /// The worst verdict over all answers.
    pub verdict: Verdict,
    /// The assumptions that were varied.
    pub varied: Vec<Assumption>,
    /// Whether mail that arrives can be returned to its sender.
    pub can_return_mail: bool,
    /// How it goes wrong, the first of the worst.
    pub harm: Option<Box<Harm>>,
}

/// Whether a procedure can be run, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It loses nothing, never deletes a last copy, comes to an end, and leaves every message where the home is. Where it
    /// declines because of mail that has come meanwhile, it has changed nothing.
    Safe,
    /// From here it declines or cannot start, and changes nothing.
    NotApplicable,
    /// Not all was searched.
    Inconclusive(Truncation),
    /// It can leave messages where nobody sees them.
    OutOfReach,
    /// It can come to a point from which it never ends.
    NeverDone,
    /// It can lose messages.
    Loses,
}

impl Verdict {
    /// The name that reports use: every way to go wrong is `unsafe`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::NotApplicable => "not-applicable",
            Self::Inconclusive(_) => "inconclusive",
            Self::OutOfReach | Self::NeverDone | Self::Loses => "unsafe",
        }
    }

    /// The property that is not true then.
    #[must_use]
    pub fn property(self) -> Option<Property> {
        match self {
            Self::Safe | Self::NotApplicable | Self::Inconclusive(_) => None,
            Self::OutOfReach => Some(Property::Safety(Safety::Reachable)),
            Self::NeverDone => Some(Property::Liveness(Liveness::RepairCompletes)),
            Self::Loses => Some(Property::Safety(Safety::NoLoss)),
        }
    }

    /// The name of the way to go wrong.
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

/// How a procedure goes wrong.
#[derive(Debug)]
pub struct Harm {
    /// The messages that are lost, or out of reach.
    pub messages: MessageSet,
    /// The scenario in which it happens, so that the trace can be replayed.
    pub spec: Spec,
    /// The assumptions that the scenario touches.
    pub touched: Vec<Assumption>,
    /// The world in which it happens.
    pub world: World,
    /// The shortest way to it.
    pub trace: Trace,
}

impl Advice {
    /// Whether it is safe as long as no mail arrives and nothing fails that is not among the faults.
    #[must_use]
    pub fn is_safe_now(&self) -> bool {
        self.cases.first().is_some_and(|case| case.verdict == Verdict::Safe)
    }

    /// The mildest circumstances in which it goes wrong.
    #[must_use]
    pub fn first_harm(&self) -> Option<(&Case, &Harm)> {
        self.cases.iter().find_map(|case| Some((case, case.harm.as_deref()?)))
    }
}

/// The procedures that come with the program, as texts.
#[must_use]
pub fn known_procedures() -> Vec<ProcedureText> {
    let text =
        |builtin: &scenario::Builtin| ProcedureText { file_name: builtin.file_name(), text: builtin.text.to_owned() };
    builtin::procedures().iter().map(text).collect()
}

/// Reads the procedures for a site of these names.
///
/// # Errors
/// Everything that is wrong with them, and names that are there twice.
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

/// The advice on mailboxes, on those that are stranded or on all.
///
/// # Errors
/// Everything that is wrong with the procedures.
pub fn advise_all<'a>(
    snapshots: &'a [Snapshot],
    all: bool,
    texts: &[ProcedureText],
    circumstances: &Circumstances,
    limits: &Limits<'_>,
) -> Result<Vec<Advised<'a>>, Diagnostics> {
    let mut advised: Vec<Advised<'a>> = Vec::new();
    let mut known: Vec<(&Snapshot, Arc<Vec<Advice>>)> = Vec::new();
    if let Some(first) = snapshots.first() {
        // A wrong procedure is wrong even where nobody needs advice.
        let _valid = parse(texts, &first.names)?;
    }
    for snapshot in snapshots {
        let is_alike = |other: &Snapshot| {
            (&other.names, &other.homes, &other.mailboxes) == (&snapshot.names, &snapshot.homes, &snapshot.mailboxes)
        };
        let advice = match known.iter().find(|(other, _)| is_alike(other)) {
            _ if !all && !snapshot.is_stranded() => Arc::default(),
            Some((_, advice)) => Arc::clone(advice),
            None => {
                let advice = Arc::new(advise(snapshot, &parse(texts, &snapshot.names)?, circumstances, limits));
                known.push((snapshot, Arc::clone(&advice)));
                advice
            }
        };
        advised.push(Advised { snapshot, replication: circumstances.replication_for(snapshot), advice });
    }
    Ok(advised)
}

/// The advice on one mailbox: every procedure, from each server that is named as the home to each that holds data, the safest
/// first.
#[must_use]
pub fn advise(
    snapshot: &Snapshot,
    procedures: &[Procedure],
    circumstances: &Circumstances,
    limits: &Limits<'_>,
) -> Vec<Advice> {
    let questions = directions(snapshot).into_iter().flat_map(|(from, to)| {
        procedures.iter().map(move |procedure| Question { snapshot, circumstances, procedure, from, to })
    });
    let questions: Vec<Question<'_>> = questions.collect();
    let mut advice: Vec<Advice> = questions.par_iter().map(|question| judge::advice(question, limits)).collect();
    advice.sort_by_key(|advice| advice.cases.iter().map(|case| case.verdict).collect::<Vec<_>>());
    advice
}

/// From where to where it makes sense to run something: from the home to wherever data is; where all data is at home, to every
/// other server; where no home is named, from every other server.
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
    let towards_data = pairs(&data);
    if towards_data.is_empty() { pairs(&all) } else { towards_data }
}
