//! Where an oracle stands, so that a search can go back there and try something else. What the oracle worked out once it keeps.

use std::collections::BTreeMap;

use stranded_model::id::MailboxId;

use super::explanations::Belief;
use super::harm::{Kept, Watch};
use super::step::Names;
use super::{Exercise, Failure, Finding, Oracle};

/// Where an oracle stands after some events. Good until the oracle has forgotten what it worked out, which [`Oracle::remembers`]
/// tells.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    belief: Option<Belief>,
    names: Names<'a>,
    watch: Watch<'a>,
    exercise: Exercise,
    events: usize,
    in_run: usize,
    findings: Vec<Finding>,
    findings_left_out: usize,
    findings_of_run: Vec<Finding>,
    failure: Option<Failure>,
    failure_of_run: Option<Failure>,
    undecided: Option<String>,
    worlds: Vec<u16>,
    broken: BTreeMap<MailboxId, u8>,
}

/// All that matters for what an oracle will say of whatever follows: of two that are equal it says the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Locations {
    belief: Option<Belief>,
    watch: Kept,
    broken: BTreeMap<MailboxId, u8>,
}

impl<'a> Oracle<'a> {
    /// Where it stands now.
    #[must_use]
    pub fn standing(&self) -> Standing<'a> {
        Standing {
            belief: self.belief,
            names: self.names.clone(),
            watch: self.watch.clone(),
            exercise: self.exercise.clone(),
            events: self.events,
            in_run: self.in_run,
            findings: self.findings.clone(),
            findings_left_out: self.findings_left_out,
            findings_of_run: self.findings_of_run.clone(),
            failure: self.failure.clone(),
            failure_of_run: self.failure_of_run.clone(),
            undecided: self.undecided.clone(),
            worlds: self.worlds.clone(),
            broken: self.broken.clone(),
        }
    }

    /// Goes back, or ahead, to where it stood.
    pub fn return_to(&mut self, standing: Standing<'a>) {
        self.belief = standing.belief;
        self.names = standing.names;
        self.watch = standing.watch;
        self.exercise = standing.exercise;
        self.events = standing.events;
        self.in_run = standing.in_run;
        self.findings = standing.findings;
        self.findings_left_out = standing.findings_left_out;
        self.findings_of_run = standing.findings_of_run;
        self.failure = standing.failure;
        self.failure_of_run = standing.failure_of_run;
        self.undecided = standing.undecided;
        self.worlds = standing.worlds;
        self.broken = standing.broken;
    }

    /// What of all that matters from now on in this run.
    #[must_use]
    pub fn whereabouts(&self) -> Locations {
        Locations { belief: self.belief, watch: self.watch.kept(), broken: self.broken.clone() }
    }

    /// How many explanations and sets of them it keeps; beyond some number it forgets all but those at hand, and then no
    /// standing from before is any good.
    #[must_use]
    pub fn remembers(&self) -> usize {
        self.beliefs.remembered()
    }
}
