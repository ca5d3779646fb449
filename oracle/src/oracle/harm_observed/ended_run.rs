//! The harm that the end of a run shows: the observations before and after it are compared with its outcome.

use std::collections::BTreeMap;

use stranded_model::property::Safety;

use crate::protocol::{Answer, HomesObservation, Observation, Operation, Outcome, RunRequest};
use stranded_search::scenario::Spec;

use super::{Harm, HarmKind, Observed};
use crate::oracle::starts_fresh;

impl Observed {
    /// A mailbox that no event has named yet. Of a fresh site the directory is known.
    pub(super) fn fresh(spec: &Spec) -> Self {
        let site = &spec.scenario.site;
        if !starts_fresh(spec) {
            return Self::default();
        }
        let home = Some(Some(site.servers[site.home].clone()));
        let homes = HomesObservation { home_mdb: home.clone(), home_mta: home };
        let directory = site.servers.values().map(|server| (server.clone(), Some(homes.clone()))).collect();
        Self { directory, ..Self::default() }
    }

    /// Returns the last observation; after operations that cannot write the directory, its directory.
    pub(super) fn before(&self) -> Option<Observation> {
        let last = self.last.clone().unwrap_or_default();
        let before =
            if last.directory.is_empty() { Observation { directory: self.directory.clone(), ..last } } else { last };
        (!before.is_blind()).then_some(before)
    }

    /// Returns true if the run that ended in the event before this observation reported ok, and too little is known to judge that.
    pub(super) fn is_success_undecided(&self, observation: &Observation) -> bool {
        let Some((run, Outcome::Ok, before)) = &self.ended else { return false };
        let is_known = |server: &String| observation.messages_on(server).is_some();
        before.as_ref().is_none_or(|before| before.directory.is_empty())
            || observation.directory.is_empty()
            || !is_known(&run.from)
            || !is_known(&run.to)
    }

    /// Returns the harm of the run that ended in the event before this observation. With eventual replication, a run that was
    /// refused does not show that it changed the site.
    pub(super) fn harm_of_ended_run(&self, observation: &Observation, is_instant: bool) -> Option<Harm> {
        let (run, result, before) = self.ended.as_ref()?;
        let before = before.as_ref()?;
        match result {
            Outcome::Ok => {
                false_success(run, before, observation).map(|says| Harm::violation(Safety::NoFalseSuccess, says))
            }
            Outcome::Refused => {
                let is_settled = is_instant && before.queued.as_ref().is_some_and(Vec::is_empty);
                let has_changed =
                    differ(&before.stores, &observation.stores) || differ(&before.directory, &observation.directory);
                let says = || format!("{} reported refused, and the site has changed", run.procedure);
                (is_settled && has_changed).then(|| Harm { kind: HarmKind::RefusalChangedSite, says: says() })
            }
            Outcome::Failed | Outcome::Unknown => None,
        }
    }
}

/// Returns true if a run ended ok with this answer.
pub(super) fn ends_ok(operation: &Operation, answer: &Answer) -> bool {
    let ended = if matches!(operation, Operation::Run { .. }) { Some(answer.result) } else { answer.ended };
    ended == Some(Outcome::Ok)
}

/// Returns true if two observations differ for a server that both have.
fn differ<T: PartialEq>(before: &BTreeMap<String, T>, after: &BTreeMap<String, T>) -> bool {
    before.iter().any(|(server, one)| after.get(server).is_some_and(|other| other != one))
}

/// Returns the false success of a run that reported ok, in one sentence, if the observations show one. A move with nothing to
/// do is not a false success.
fn false_success(run: &RunRequest, before: &Observation, observation: &Observation) -> Option<String> {
    let names_to = |homes: &HomesObservation| {
        let is = |home: &Option<Option<String>>| home.as_ref().is_none_or(|home| home.as_ref() == Some(&run.to));
        is(&homes.home_mdb) && is(&homes.home_mta)
    };
    if before.directory.is_empty() || before.directory.values().flatten().any(names_to) {
        return None;
    }
    let replicas = &observation.directory;
    if !replicas.is_empty() && !replicas.values().flatten().any(names_to) {
        return Some(format!("{} reported ok, and the directory does not name {}", run.procedure, run.to));
    }
    let (source, destination) = (observation.messages_on(&run.from)?, observation.messages_on(&run.to)?);
    let left: Vec<&str> = source.iter().filter(|m| !destination.contains(m)).map(String::as_str).collect();
    let says =
        || format!("{} reported ok, and {} is on {} and not on {}", run.procedure, left.join(", "), run.from, run.to);
    (!left.is_empty()).then(says)
}

/// Returns true if the operation can write the directory of its mailbox.
pub(super) fn writes_directory(operation: &Operation) -> bool {
    match operation {
        Operation::Deliver { .. }
        | Operation::Redeliver { .. }
        | Operation::LogOn { .. }
        | Operation::OwnerDeletes { .. }
        | Operation::JournalLost { .. }
        | Operation::JournalOutlivesMail { .. }
        | Operation::StoreLooksEmpty { .. }
        | Operation::StoreShowsMail { .. }
        | Operation::StoreCrashes { .. }
        | Operation::StoreRestarts { .. } => false,
        Operation::Run { .. }
        | Operation::Start { .. }
        | Operation::Act { .. }
        | Operation::RequestLost { .. }
        | Operation::ReplyLost { .. }
        | Operation::RequestLate { .. }
        | Operation::LateEffect { .. }
        | Operation::ProgramDies { .. }
        | Operation::Replicate { .. }
        | Operation::Refresh { .. }
        | Operation::OtherEdit { .. }
        | Operation::ReplicaUnreachable { .. }
        | Operation::ReplicaReachable { .. } => true,
    }
}
