//! The parts of a mailbox that observations show, in the whole log and after the last operation of each case. A property whose evidence
//! lacks at the end of a case is undecided, whatever other cases show: nothing shows what the last operations did.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::property::Safety;
use stranded_model::scenario::Replication;
use stranded_search::scenario::Spec;

use super::{Exercise, Oracle, Withheld, is_observable};
use crate::protocol::{HomesObservation, Observation};

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

    /// Returns the part in words, as far as no mailbox of these has shown it.
    fn lacking<'s>(self, seen: impl Iterator<Item = &'s Seen>, spec: &Spec) -> String {
        let (seen, singular): (BTreeSet<&String>, _) = match self {
            Self::Directory => (seen.flat_map(|seen| &seen.replicas).collect(), "directory of"),
            Self::Stores => (seen.flat_map(|seen| &seen.stores).collect(), "store of"),
            Self::Queued | Self::Returned | Self::Saved => return self.name().to_owned(),
        };
        let servers = spec.scenario.site.servers.values();
        let unseen: Vec<&str> = servers.filter(|server| !seen.contains(server)).map(String::as_str).collect();
        if seen.is_empty() || unseen.is_empty() {
            return self.name().to_owned();
        }
        format!("{singular} {}", unseen.join(", "))
    }
}

impl Seen {
    fn take(&mut self, observation: &Observation, spec: &Spec) {
        let site = &spec.scenario.site;
        // A recipient without one of its attributes does not show the home.
        let is_whole = |homes: &HomesObservation| homes.home_mdb.is_some() && homes.home_mta.is_some();
        let names_home = |server: &&String| {
            observation.directory.get(*server).is_some_and(|homes| homes.as_ref().is_none_or(is_whole))
        };
        let shown = |server: &&String| observation.messages_on(server).is_some();
        self.replicas.extend(site.servers.values().filter(names_home).cloned());
        self.stores.extend(site.servers.values().filter(shown).cloned());
        let is_directory = match site.replication {
            Replication::Instant => site.servers.values().any(|server| names_home(&server)),
            Replication::Eventual => site.servers.values().all(|server| names_home(&server)),
        };
        let is_shown = [
            (Part::Directory, is_directory),
            (Part::Stores, site.servers.values().all(|server| shown(&server))),
            (Part::Queued, observation.queued.is_some()),
            (Part::Returned, observation.returned.is_some()),
            (Part::Saved, observation.saved.is_some()),
        ];
        self.parts.extend(is_shown.into_iter().filter(|(_, is_shown)| *is_shown).map(|(part, _)| part));
    }
}

/// The evidence about each mailbox that an event names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    mailboxes: BTreeMap<String, Seen>,
    /// The observations of each mailbox in the current case since its last operation.
    since_operation: BTreeMap<String, Seen>,
    /// The first end of a case that lacks each part, in words.
    lacking_at_end: BTreeMap<Part, String>,
}

/// The parts of one mailbox that were observed, and the servers where its directory and its store were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    parts: BTreeSet<Part>,
    replicas: BTreeSet<String>,
    stores: BTreeSet<String>,
}

impl Evidence {
    /// Notes that an operation on a mailbox begins or ends: what was observed before does not show its effect.
    pub(super) fn note(&mut self, mailbox: &str) {
        self.mailboxes.entry(mailbox.to_owned()).or_default();
        self.since_operation.insert(mailbox.to_owned(), Seen::default());
    }

    /// Takes an observation.
    pub(super) fn take(&mut self, mailbox: &str, observation: &Observation, spec: &Spec) {
        self.mailboxes.entry(mailbox.to_owned()).or_default().take(observation, spec);
        if let Some(seen) = self.since_operation.get_mut(mailbox) {
            seen.take(observation, spec);
        }
    }

    /// Notes the parts that lack at the end of a case. A second call changes nothing.
    pub(super) fn end_case(&mut self, case_number: usize, spec: &Spec) {
        for (mailbox, seen) in &self.since_operation {
            for part in Part::ALL.into_iter().filter(|part| !seen.parts.contains(part)) {
                let lacking = part.lacking([seen].into_iter(), spec);
                let says =
                    || format!("{lacking} of {mailbox}, after the last operation of case {}", case_number.max(1));
                self.lacking_at_end.entry(part).or_insert_with(says);
            }
        }
    }

    /// Returns true if the directory and the stores were observed after the last operation of each case that has ended.
    pub(super) fn is_end_observed(&self) -> bool {
        [Part::Directory, Part::Stores].iter().all(|part| !self.lacking_at_end.contains_key(part))
    }

    /// Begins a case.
    pub(super) fn begin_case(&mut self) {
        self.since_operation.clear();
    }

    /// Returns the parts of directory and stores that nothing has shown of a mailbox since its last operation, in words; none if the
    /// case has no operation on it.
    pub(super) fn lacking_now(&self, mailbox: &str, spec: &Spec) -> Vec<String> {
        let Some(seen) = self.since_operation.get(mailbox) else { return Vec::new() };
        let lacking = [Part::Stores, Part::Directory].into_iter().filter(|part| !seen.parts.contains(part));
        lacking.map(|part| part.lacking([seen].into_iter(), spec)).collect()
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
        let at_end = || needed.iter().filter_map(|part| self.lacking_at_end.get(part)).next().cloned();
        let missing = if missing.is_empty() { at_end()? } else { missing.join(", ") };
        Some(format!("not observed: {missing}"))
    }

    /// Returns the name of a part, if it was not observed of some mailbox.
    fn lacking(&self, part: Part, spec: &Spec) -> Option<String> {
        let mut lacking = self.mailboxes.values().filter(|seen| !seen.parts.contains(&part)).peekable();
        lacking.peek()?;
        Some(part.lacking(lacking, spec))
    }
}

impl Exercise {
    /// Returns true if the directory and the stores were observed after the last operation of each case that has ended.
    #[must_use]
    pub fn is_end_observed(&self) -> bool {
        self.evidence.is_end_observed()
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
        let missing = || state.exercise.evidence.missing_for(property, has_model, oracle.spec);
        let unjudged = || {
            let is_unjudged =
                !has_model && property == Some(Safety::NoFalseSuccess) && state.watch.has_unjudged_success();
            is_unjudged.then(|| {
                "a run reported ok, and directory and stores were not observed just before and after it".to_owned()
            })
        };
        lacks.map(str::to_owned).or_else(missing).or(withheld).or_else(unjudged)
    };
    judged.filter(|one| !is_found(one)).filter_map(|one| Some((one, reason(one)?))).collect()
}
