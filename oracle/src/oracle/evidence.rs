//! The parts of a mailbox that observations have shown so far. A property whose evidence was never observed is undecided.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::property::Safety;
use stranded_model::scenario::Replication;
use stranded_search::scenario::Spec;

use super::{Oracle, Withheld, is_observable};
use crate::protocol::Observation;

/// A part of a mailbox that an observation can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// The home attributes in the directory.
    Directory,
    /// The messages in all stores, at one moment.
    Stores,
    /// The mail that waits in the transport.
    Queued,
    /// The mail that was returned.
    Returned,
    /// The mail that a procedure saved in a file.
    Saved,
}

impl Part {
    const ALL: [Self; 5] = [Self::Directory, Self::Stores, Self::Queued, Self::Returned, Self::Saved];

    fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Stores => "stores",
            Self::Queued => "queued",
            Self::Returned => "returned",
            Self::Saved => "saved",
        }
    }
}

/// The evidence about each mailbox that an event names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    mailboxes: BTreeMap<String, Seen>,
}

/// The parts of one mailbox that were observed, and the servers where its directory and its store were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    parts: BTreeSet<Part>,
    replicas: BTreeSet<String>,
    stores: BTreeSet<String>,
}

impl Evidence {
    /// Notes that an operation concerns a mailbox.
    pub(super) fn note(&mut self, mailbox: &str) {
        self.mailboxes.entry(mailbox.to_owned()).or_default();
    }

    /// Takes an observation.
    pub(super) fn take(&mut self, mailbox: &str, observation: &Observation, spec: &Spec) {
        let site = &spec.scenario.site;
        let seen = self.mailboxes.entry(mailbox.to_owned()).or_default();
        seen.replicas.extend(observation.directory.keys().cloned());
        let is_directory = match site.replication {
            Replication::Instant => !observation.directory.is_empty(),
            Replication::Eventual => site.servers.values().all(|server| observation.directory.contains_key(server)),
        };
        let shown = |server: &&String| observation.messages_on(server).is_some();
        seen.stores.extend(site.servers.values().filter(shown).cloned());
        let is_shown = [
            (Part::Directory, is_directory),
            (Part::Stores, site.servers.values().all(|server| shown(&server))),
            (Part::Queued, observation.queued.is_some()),
            (Part::Returned, observation.returned.is_some()),
            (Part::Saved, observation.saved.is_some()),
        ];
        seen.parts.extend(is_shown.into_iter().filter(|(_, is_shown)| *is_shown).map(|(part, _)| part));
    }

    /// Returns the parts that were never observed, in words; of a directory or stores that were observed in part, the servers.
    pub(super) fn missing(&self, spec: &Spec) -> Vec<String> {
        Part::ALL.into_iter().filter_map(|part| self.lacking(part, spec)).collect()
    }

    /// Returns the evidence for a property that was never observed, in words; `None` for the property means that refusals change
    /// nothing. With a model that explains everything, fewer parts are needed.
    pub(super) fn missing_for(&self, property: Option<Safety>, has_model: bool, spec: &Spec) -> Option<String> {
        let needed: &[Part] = match property {
            Some(Safety::NoLoss) if !has_model => &[Part::Stores, Part::Queued, Part::Returned, Part::Saved],
            Some(Safety::Reachable) if !has_model => {
                &[Part::Directory, Part::Stores, Part::Queued, Part::Returned, Part::Saved]
            }
            Some(
                Safety::NoLoss
                | Safety::NoLastCopyDelete
                | Safety::TransitOwned
                | Safety::OneHome
                | Safety::NoDuplicates,
            ) => &[Part::Stores],
            Some(Safety::HomeCoherent | Safety::NoSelfMove) => &[Part::Directory],
            Some(Safety::NoFalseSuccess | Safety::Reachable) | None => &[Part::Directory, Part::Stores],
        };
        let missing: Vec<String> = needed.iter().filter_map(|part| self.lacking(*part, spec)).collect();
        (!missing.is_empty()).then(|| format!("not observed: {}", missing.join(", ")))
    }

    /// Returns the name of a part, if it was not observed of some mailbox.
    fn lacking(&self, part: Part, spec: &Spec) -> Option<String> {
        let mut lacking = self.mailboxes.values().filter(|seen| !seen.parts.contains(&part)).peekable();
        lacking.peek()?;
        let site = &spec.scenario.site;
        let (seen, singular): (BTreeSet<&String>, _) = match part {
            Part::Directory => (lacking.flat_map(|seen| &seen.replicas).collect(), "directory of"),
            Part::Stores => (lacking.flat_map(|seen| &seen.stores).collect(), "store of"),
            Part::Queued | Part::Returned | Part::Saved => return Some(part.name().to_owned()),
        };
        let unseen: Vec<&str> =
            site.servers.values().filter(|server| !seen.contains(server)).map(String::as_str).collect();
        if seen.is_empty() || unseen.is_empty() {
            return Some(part.name().to_owned());
        }
        Some(format!("{singular} {}", unseen.join(", ")))
    }
}

/// Returns the properties without a verdict, each with its reason. Without a model that explains everything, those that only a model can
/// judge are left out.
pub(super) fn undecided_properties(
    oracle: &Oracle<'_>,
    has_model: bool,
    lacks: Option<&str>,
) -> Vec<(Option<Safety>, String)> {
    let state = &oracle.state;
    let judged = Safety::ALL.into_iter().filter(|one| has_model || is_observable(*one)).map(Some).chain([None]);
    let is_found = |property: &Option<Safety>| state.findings.iter().any(|finding| finding.property == *property);
    let reason = |property: Option<Safety>| {
        let is_meant = |one: &&Withheld| property.is_some() && (one.property.is_none() || one.property == property);
        let cases: BTreeSet<&usize> =
            [None, property].iter().filter_map(|one| state.withheld_cases.get(one)).flatten().collect();
        // At the end of another case the property was judged.
        let is_withheld = property.is_some() && cases.len() >= state.exercise.cases;
        let withheld = state.withheld.iter().find(is_meant).filter(|_| is_withheld);
        let withheld = withheld.map(|one| format!("withheld: {}", one.reason));
        // No other case decides for one that ends without an observation.
        let unseen = || {
            let unseen = state.unseen.as_ref().filter(|_| property.is_some())?;
            Some(format!("withheld: {} in case {}: {}", unseen.mailbox, unseen.case_number, unseen.reason))
        };
        let missing = || state.exercise.evidence.missing_for(property, has_model, oracle.spec);
        let unjudged = || {
            let is_unjudged =
                !has_model && property == Some(Safety::NoFalseSuccess) && state.watch.has_unjudged_success();
            is_unjudged.then(|| {
                "a run reported ok, and directory and stores were not observed just before and after it".to_owned()
            })
        };
        lacks.map(str::to_owned).or_else(missing).or(withheld).or_else(unseen).or_else(unjudged)
    };
    judged.filter(|one| !is_found(one)).filter_map(|one| Some((one, reason(one)?))).collect()
}
