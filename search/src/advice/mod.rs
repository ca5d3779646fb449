//! Advice on an observed mailbox: the procedures that are safe to run now, the circumstances under which they are safe, and the harm that
//! the others can do.
//!
//! `starts` takes every unobserved fact both ways; `world` builds worlds that start there and in which one administrator runs one procedure;
//! `finding` judges the states of one search, `judge` all searches of one procedure, `plan` lists the steps that a person has to perform,
//! and `verdict` has the results. Reports are not known here.

mod finding;
mod judge;
mod plan;
mod starts;
mod verdict;
mod world;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxBuildHasher;
use stranded_model::id::ServerId;
use stranded_model::procedure::Procedure;
use stranded_model::scenario::{Delivery, Fault, Replication};

use crate::engine::{Limits, Truncation};
use crate::scenario::{self, Diagnostics, SiteNames, builtin};
use crate::snapshot::{Snapshot, Standing, UnobservedFact};

pub use self::verdict::{
    Ability, Advice, AdviceCase, AdviceHarm, AdviceVerdict, Answer, Dependence, Plan, PlannedStep, Precondition,
    PreconditionKind,
};
use self::world::AdviceWorld;
pub use self::world::present;

/// The events that can occur besides the procedure.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// The kinds of delivery under which each procedure is searched, from the mildest to the hardest.
    pub deliveries: Vec<Delivery>,
    /// The kinds of faults that can occur.
    pub faults: Vec<Fault>,
    /// The largest number of faults.
    pub faults_max: u8,
    /// The kind of replication. If replicas differ in the snapshot, it is eventual.
    pub replication: Replication,
    /// The steps that the mail system can perform, if the caller knows the system; else the snapshot shows if it has marks.
    pub can_perform: Option<fn(&PlannedStep) -> bool>,
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

impl MailboxAdvice<'_> {
    /// Returns the best procedure that is safe, if its preconditions are met, that ends with `ok` if nothing disturbs it, and that the
    /// system can perform. A procedure that needs marks is never recommended before the observation shows that the system has them.
    #[must_use]
    pub fn recommended(&self) -> Option<&Advice> {
        self.advice.iter().filter(|advice| advice.is_possible()).find(|advice| advice.answer() == Answer::Safe)
    }

    /// Returns the procedure that the fewest observations can make safe, in the direction of the best one. Among equals, the best one comes
    /// first.
    #[must_use]
    pub fn nearest_to_safe(&self) -> Option<&Advice> {
        let first = self.advice.iter().find(|advice| advice.is_possible() && advice.answer() == Answer::Depends)?;
        let is_alike =
            |advice: &&Advice| advice.is_possible() && advice.answer() == Answer::Depends && advice.to == first.to;
        self.advice.iter().filter(is_alike).min_by_key(|advice| advice.to_observe().len())
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

/// Returns true if a mailbox needs a repair, or perhaps does.
fn needs_advice(snapshot: &Snapshot) -> bool {
    let is_overlap = |fact: &UnobservedFact| matches!(fact, UnobservedFact::Overlap(_));
    let standing = snapshot.standing();
    standing.needs_repair() || standing == Standing::Unknown && snapshot.unobserved.iter().any(is_overlap)
}

/// Returns the advice on mailboxes that need a repair, or on all.
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
    let mut known: HashMap<_, Arc<Vec<Advice>>, FxBuildHasher> = HashMap::default();
    let mut procedures: HashMap<&SiteNames, Vec<Procedure>, FxBuildHasher> = HashMap::default();
    if let Some(first) = snapshots.first() {
        // Errors in procedures are reported even if no mailbox needs advice.
        procedures.insert(&first.names, parse(texts, &first.names)?);
    }
    let mut limit = None;
    for snapshot in snapshots {
        let replication = circumstances.replication_for(snapshot);
        let mut given = MailboxAdvice { snapshot, replication, advice: Arc::default(), truncated: None };
        if all || needs_advice(snapshot) {
            let observed = snapshot.observations();
            if let Some(advice) = known.get(&observed) {
                given.advice = Arc::clone(advice);
            } else {
                limit = limit.or_else(|| limits.limit_reached());
                given.truncated = limit;
                if limit.is_none() {
                    let procedures = match procedures.entry(&snapshot.names) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(new) => new.insert(parse(texts, &snapshot.names)?),
                    };
                    given.advice = Arc::new(advise(snapshot, procedures, circumstances, limits));
                    known.insert(observed, Arc::clone(&given.advice));
                }
            }
        }
        advised.push(given);
    }
    Ok(advised)
}

/// Returns the advice on one mailbox: every procedure in every useful direction. Those that the system cannot perform come last. The others
/// have the best answer first; among equal answers, those come first that the system can perform as far as that is known, then those that
/// take messages to the server that holds most of them, then those to the home, and then those that delete no recipient and no mailbox.
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
    advice.sort_by_key(|advice| {
        let verdicts: Vec<AdviceVerdict> = advice.cases.iter().map(|case| case.verdict).collect();
        let leaves_home = snapshot.home() != Some(advice.to);
        let cannot = advice.ability == Ability::Cannot;
        let messages = Reverse(snapshot.held_by(advice.to));
        (cannot, advice.answer(), advice.ability, messages, leaves_home, advice.deletes(), verdicts)
    });
    advice
}

/// Returns the useful directions of a run: from each named home to each server with messages, and from such a server to a home that has
/// messages too. If all messages are at the home, the destination is every other server; if no home is named, the source is every other
/// server.
#[must_use]
pub fn directions(snapshot: &Snapshot) -> Vec<(ServerId, ServerId)> {
    let all: Vec<ServerId> = snapshot.mailboxes.ids().collect();
    let homes = snapshot.named_homes();
    let froms = if homes.is_empty() { &all } else { &homes };
    let data = snapshot.data_on();
    let to_each =
        |tos: &[ServerId]| tos.iter().flat_map(|to| froms.iter().map(|from| (*from, *to))).collect::<Vec<_>>();
    let is_move = |(from, to): &(ServerId, ServerId)| from != to;
    let mut pairs: Vec<(ServerId, ServerId)> = to_each(&data).into_iter().filter(is_move).collect();
    let back: Vec<(ServerId, ServerId)> =
        pairs.iter().map(|(home, other)| (*other, *home)).filter(|(_, home)| data.contains(home)).collect();
    for pair in back {
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    if pairs.is_empty() { to_each(&all).into_iter().filter(is_move).collect() } else { pairs }
}
