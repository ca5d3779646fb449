//! The oracle: judges what a system did. It keeps the set of all ways in which what was seen can have come about; when none is
//! left, the system does what the model does not allow. Beside it, what was seen alone is judged by the safety properties.
//!
//! It reads events and starts nothing: no process, no clock, no file. `step` puts events into the model's terms, `explanation`
//! asks the model what can follow, `belief` keeps the set, `difference` and `why` say what does not fit, `harm` looks at what
//! was seen without the model, `verdict` has the words.

mod ahead;
pub mod asked;
pub mod difference;
pub mod explanation;
pub mod explanations;
mod harm;
mod locations;
pub mod observed;
pub mod step;
mod verdict;
mod why;

use std::collections::BTreeMap;

use stranded_model::action::ActionKind;
use stranded_model::id::MailboxId;
use stranded_model::property::Safety;
use stranded_model::state::State;
use stranded_model::table::{PerMailbox, Table};

use crate::protocol::{Event, Operation, Wrong};
use stranded_search::check;
use stranded_search::engine::{Engine, Limits, Truncation};
use stranded_search::scenario::Spec;

pub use self::explanation::{Explanation, Scene};
pub use self::explanations::{Belief, Beliefs};
use self::harm::Watch;
pub use self::locations::{Locations, Standing};
use self::step::Names;
pub use self::step::Step;
pub use self::verdict::{CaseVerdict, Conformance, Exercise, Failure, Finding, Judgement, Safe};
pub use self::why::Against;

/// What can happen without anybody's doing, and so without being seen.
pub const SPONTANEOUS: [ActionKind; 3] = [ActionKind::Redeliver, ActionKind::Replicate, ActionKind::Refresh];

/// The most explanations that are kept at once, unless somebody says otherwise.
pub const EXPLANATIONS_MAX: usize = 200_000;

/// From how many findings on those are only counted that are like another.
const FINDINGS_KEPT: usize = 500;

/// How an oracle is to judge.
#[derive(Clone, Debug)]
pub struct OracleOptions {
    /// The kinds of action that can happen unseen.
    pub unseen: Vec<ActionKind>,
    /// The most explanations that are kept at once.
    pub explanations_max: usize,
    /// Whether only what was seen is judged, because nobody knows which procedure is followed.
    pub safety_only: bool,
    /// Whether what the scenario expects to be violated is no surprise. It is one if another procedure stands in its place.
    pub keeps_expectations: bool,
}

impl Default for OracleOptions {
    fn default() -> Self {
        Self {
            unseen: SPONTANEOUS.to_vec(),
            explanations_max: EXPLANATIONS_MAX,
            safety_only: false,
            keeps_expectations: true,
        }
    }
}

/// The judge of one system in one scenario.
#[derive(Debug)]
pub struct Oracle<'a> {
    spec: &'a Spec,
    options: OracleOptions,
    beliefs: Beliefs,
    /// What is left now; `None` after an event without explanation, or when there were too many.
    belief: Option<Belief>,
    names: Names<'a>,
    watch: Watch<'a>,
    exercise: Exercise,
    /// How many events there were, and how many since the last reset.
    events: usize,
    in_run: usize,
    findings: Vec<Finding>,
    findings_left_out: usize,
    /// What was found since the last reset.
    findings_of_run: Vec<Finding>,
    failure: Option<Failure>,
    /// The same of this run.
    failure_of_run: Option<Failure>,
    undecided: Option<String>,
    /// The worlds that explain every run so far.
    worlds: Vec<u16>,
    /// Properties that the model said to be broken in this run already.
    broken: BTreeMap<MailboxId, u8>,
}

impl<'a> Oracle<'a> {
    /// A judge that has seen nothing.
    ///
    /// # Errors
    /// How the scenario starts could not be found out.
    pub fn new(spec: &'a Spec, options: OracleOptions) -> Result<Self, Truncation> {
        let world = |assumptions| check::world(spec, assumptions, Engine::default(), &Limits::default());
        let worlds = check::combinations_of(spec).into_iter().map(world).collect::<Result<Vec<_>, _>>()?;
        let at_first = at_first(worlds.iter().flat_map(|world| &world.initial), spec.scenario.site.mailboxes);
        let scenes: Vec<Scene> = worlds.into_iter().map(|world| Scene::new(world, &options.unseen)).collect();
        let all = scenes.iter().zip(0..).map(|(_, place)| place).collect();
        let mut beliefs = Beliefs::new(scenes, options.explanations_max);
        let belief = Some(beliefs.initial(&[]));
        Ok(Self {
            spec,
            options,
            beliefs,
            belief,
            names: Names::new(spec, at_first),
            watch: Watch::new(spec),
            exercise: Exercise::default(),
            events: 0,
            in_run: 0,
            findings: Vec::new(),
            findings_left_out: 0,
            findings_of_run: Vec::new(),
            failure: None,
            failure_of_run: None,
            undecided: None,
            worlds: all,
            broken: BTreeMap::new(),
        })
    }

    /// Judges another system from here on: all that was seen is forgotten, and all that was worked out is kept.
    pub fn start_over(&mut self) {
        let at_first = at_first(
            self.beliefs.scenes().iter().flat_map(|scene| &scene.world.initial),
            self.spec.scenario.site.mailboxes,
        );
        self.worlds = self.beliefs.scenes().iter().zip(0..).map(|(_, place)| place).collect();
        self.beliefs.forget_largest();
        self.belief = Some(self.beliefs.initial(&[]));
        self.names = Names::new(self.spec, at_first);
        self.watch = Watch::new(self.spec);
        self.exercise = Exercise::default();
        (self.events, self.in_run) = (0, 0);
        self.broken.clear();
        self.findings.clear();
        self.findings_of_run.clear();
        self.findings_left_out = 0;
        (self.failure, self.failure_of_run, self.undecided) = (None, None, None);
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// It names something that the scenario does not have, or opens a call whose number another open call has; nothing has
    /// changed then.
    pub fn take(&mut self, event: &Event) -> Result<(), Wrong> {
        if let Event::Call { call, .. } = event
            && self.exercise.is_open(*call)
        {
            return Err(Wrong::new(format!("call {call} is open already"), "a number that no other open call has"));
        }
        let step = self.names.step(event)?;
        self.events += 1;
        if let Event::Reset { .. } = event {
            self.in_run = 0;
            self.broken.clear();
            self.failure_of_run = None;
            self.findings_of_run.clear();
            self.exercise.runs += 1;
            self.belief = Some(self.beliefs.initial(&[]));
        } else {
            self.in_run += 1;
        }
        self.exercise.count(event);
        let harms = self.watch.take(event);
        if !self.options.safety_only {
            self.explain(event, &step);
        }
        // Where the model explains all that was seen it knows more of it than was seen.
        let known = match (&step, self.belief) {
            (Step::Observed(mailbox, _), Some(belief)) if !self.options.safety_only => {
                Some(self.beliefs.broken(belief, *mailbox).perhaps)
            }
            (Step::Reset(_) | Step::Did(..) | Step::Call(..) | Step::Return(..) | Step::Observed(..), _) => None,
        };
        let may_be = |property: Option<Safety>| match (known, property) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(broken), Some(property)) => broken & (1 << property as u8) != 0,
        };
        for harm in harms.into_iter().filter(|harm| may_be(harm.property)) {
            let verdict = harm.property.map_or(CaseVerdict::Nonconforming, CaseVerdict::of);
            self.find(verdict, harm.property, harm.says);
        }
        Ok(())
    }

    fn explain(&mut self, event: &Event, step: &Step) {
        let Some(before) = self.belief else { return };
        match self.beliefs.after(before, step) {
            Err(explanations::TooMany) => {
                self.belief = None;
                let most = self.options.explanations_max;
                self.undecided
                    .get_or_insert(format!("more than {most} explanations are left after event {}", self.events));
            }
            Ok(after) if self.beliefs.is_empty(after) => {
                self.belief = None;
                let why = why::why(&mut self.beliefs, before, step, &self.names);
                if why.is_beyond {
                    let reasons = why.guards.join("; ");
                    self.undecided.get_or_insert(format!("event {} goes beyond the scenario: {reasons}", self.events));
                    return;
                }
                let failure = Failure {
                    event: self.events,
                    in_run: self.in_run,
                    line: event.line(),
                    against: why.differences,
                    guards: why.guards,
                    is_bounce: why.is_bounce,
                };
                self.fail(failure);
            }
            Ok(after) => {
                let worlds = self.beliefs.worlds(after);
                self.worlds.retain(|world| worlds.contains(world));
                if self.worlds.is_empty() && self.failure.is_none() {
                    self.fail(Failure::contradiction(self.events, self.in_run, event.line()));
                }
                // What the model says of an answer counts when a look has borne it out.
                if let (Step::Observed(mailbox, _), Event::Observed { observation, .. }) = (step, event)
                    && !observation.is_blind()
                {
                    let broken = self.beliefs.broken(after, *mailbox).surely;
                    let known = self.broken.entry(*mailbox).or_default();
                    let new = broken & !*known;
                    *known |= broken;
                    for property in Safety::ALL.into_iter().filter(|one| new & (1 << *one as u8) != 0) {
                        self.find(CaseVerdict::of(property), Some(property), verdict::breach(property).to_owned());
                    }
                }
                self.belief = Some(self.beliefs.forget(after));
            }
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.failure_of_run.get_or_insert_with(|| failure.clone());
        self.failure.get_or_insert(failure);
    }

    fn find(&mut self, verdict: CaseVerdict, property: Option<Safety>, says: String) {
        if self.findings_of_run.iter().any(|one| (one.verdict, one.property) == (verdict, property)) {
            return;
        }
        let is_expected =
            self.options.keeps_expectations && property.is_some_and(|property| self.spec.expects_breach_of(property));
        let finding = Finding {
            verdict,
            property,
            says,
            event: self.events,
            in_run: self.in_run,
            in_run_of: self.exercise.runs,
            is_expected,
        };
        self.findings_of_run.push(finding.clone());
        // A log without end may find the same without end.
        let is_alike = |one: &Finding| (one.verdict, one.property, one.is_expected) == (verdict, property, is_expected);
        if self.findings.len() >= FINDINGS_KEPT && self.findings.iter().any(is_alike) {
            self.findings_left_out += 1;
        } else {
            self.findings.push(finding);
        }
    }

    /// What is left now, if the model still explains all of this run.
    #[must_use]
    pub fn belief(&self) -> Option<Belief> {
        self.belief.filter(|_| self.asks_the_model())
    }

    /// Whether what was seen is compared with the model, and not judged alone.
    #[must_use]
    pub fn asks_the_model(&self) -> bool {
        !self.options.safety_only
    }

    /// All that was worked out.
    pub fn beliefs(&mut self) -> &mut Beliefs {
        &mut self.beliefs
    }

    /// The scenario.
    #[must_use]
    pub fn spec(&self) -> &'a Spec {
        self.spec
    }

    /// The first event of this run that has no explanation.
    #[must_use]
    pub fn failure_of_run(&self) -> Option<&Failure> {
        self.failure_of_run.as_ref()
    }

    /// What was found in this run, the first of each kind.
    #[must_use]
    pub fn findings_of_run(&self) -> &[Finding] {
        &self.findings_of_run
    }

    /// The worlds in which it judges.
    #[must_use]
    pub fn scenes(&self) -> &[Scene] {
        self.beliefs.scenes()
    }

    /// The places of the worlds that explain every run so far.
    #[must_use]
    pub fn worlds_left(&self) -> &[u16] {
        &self.worlds
    }

    /// What things are called in what was seen.
    #[must_use]
    pub fn names(&self) -> &Names<'a> {
        &self.names
    }

    /// The event that nothing explains, by its number from 1.
    #[must_use]
    pub fn failed_at(&self) -> Option<usize> {
        self.failure.as_ref().map(|failure| failure.event)
    }

    /// How many events there were so far.
    #[must_use]
    pub fn events(&self) -> usize {
        self.events
    }

    /// Why this run has no explanation any more.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The findings so far.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The verdict on all that was seen so far.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        let explained_by = if self.options.safety_only { Vec::new() } else { self.worlds.clone() };
        let touched = self.spec.touches();
        let answers = |world: &u16| {
            let world = &self.beliefs.scenes()[usize::from(*world)].world;
            touched.iter().map(|one| (one.name().to_owned(), world.assumptions.value(*one).to_owned())).collect()
        };
        Judgement::of(
            (self.findings.clone(), self.findings_left_out),
            self.failure.clone(),
            self.undecided.clone(),
            self.exercise.clone(),
            explained_by.iter().map(answers).collect(),
            self.beliefs.largest(),
            self.options.safety_only,
        )
    }

    /// What may be asked now in some explanation: actions of the model, each once.
    #[must_use]
    pub fn operation_of(
        &self,
        explanation: &Explanation,
        action: &stranded_model::action::Action,
    ) -> Option<Operation> {
        asked::operation(self.spec, &self.names, explanation, action)
    }
}

/// How many messages each mailbox has at first: the most of any way to begin.
pub(crate) fn at_first<'s>(states: impl Iterator<Item = &'s State>, mailboxes: usize) -> PerMailbox<usize> {
    states.fold(Table::of(mailboxes, |_: MailboxId| 0), |most, state| {
        Table::of(mailboxes, |mailbox: MailboxId| {
            let accepted = state.accounts[mailbox].record.accepted;
            most[mailbox].max(accepted.iter().map(|message| usize::from(message.0) + 1).max().unwrap_or(0))
        })
    })
}
