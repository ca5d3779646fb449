//! The oracle: judges the behaviour of a system. It keeps the set of all model states that explain everything observed (the
//! *explanations*); if none is left, the system is nonconforming. Beside that, it judges the observations alone by the safety
//! properties.
//!
//! It reads events and starts nothing: no process, no clock, no file. [`names`] gives numbers to the names of an event,
//! [`explanation_sets`] keeps the explanations, [`explanation`] asks the model for their successors, `rejection` says why an event
//! has no explanation, `harm_observed` judges observations without the model, `case_end` judges the last ones, `evidence` says what was
//! never observed, and `verdict` sums up.

mod case_end;
pub mod copies;
pub mod difference;
mod evidence;
pub mod explanation;
pub mod explanation_sets;
mod harm_observed;
pub mod model_terms;
pub mod names;
mod oracle_state;
mod queries;
mod rejection;
mod verdict;

use std::collections::BTreeMap;

use stranded_model::action::ActionKind;
use stranded_model::id::MailboxId;
use stranded_model::property::Safety;
use stranded_model::scenario::Fault;
use stranded_model::state::State;
use stranded_model::table::{PerMailbox, Table};

use crate::protocol::{Event, Wrong};
use stranded_search::check;
use stranded_search::engine::{Engine, Limits, Truncation};
use stranded_search::scenario::Spec;

pub use self::explanation::{Explanation, Scene};
use self::explanation_sets::Unfinished;
pub use self::explanation_sets::{ExplanationSetId, ExplanationSets};
use self::harm_observed::HarmKind;
use self::names::{Names, Numbered};
pub use self::oracle_state::{FutureKey, OracleState};
pub use self::rejection::Against;
pub use self::verdict::{
    CaseVerdict, Conformance, Exercise, Failure, Finding, Judgement, Safe, Withheld, is_observable,
};

/// The kinds of action that can happen without an administrator, and so without being observed.
pub const SPONTANEOUS: [ActionKind; 3] = [ActionKind::Redeliver, ActionKind::Replicate, ActionKind::Refresh];

/// The default of [`OracleOptions::explanations_max`].
pub const EXPLANATIONS_MAX: usize = 200_000;

/// Beyond this many findings, duplicates are only counted.
const FINDINGS_KEPT: usize = 500;

/// Options of an oracle.
#[derive(Clone, Debug)]
pub struct OracleOptions {
    /// The kinds of action that can happen unseen.
    pub unseen: Vec<ActionKind>,
    /// The largest number of explanations that are kept at once.
    pub explanations_max: usize,
    /// True if only the observations are judged, because the procedure of the system is not known.
    pub safety_only: bool,
    /// True if a violation that the scenario expects does not count. False if another procedure is judged in its place.
    pub keeps_expectations: bool,
    /// True if the judgement is inconclusive until every kind of fault that the scenario lists has struck.
    pub demands_faults: bool,
    /// The limits of the time for a judgement.
    pub limits: Limits<'static>,
}

impl Default for OracleOptions {
    fn default() -> Self {
        Self {
            unseen: SPONTANEOUS.to_vec(),
            explanations_max: EXPLANATIONS_MAX,
            safety_only: false,
            keeps_expectations: true,
            demands_faults: false,
            limits: Limits::default(),
        }
    }
}

/// The judge of one system in one scenario.
#[derive(Debug)]
pub struct Oracle<'a> {
    spec: &'a Spec,
    options: OracleOptions,
    sets: ExplanationSets,
    state: OracleState<'a>,
}

impl<'a> Oracle<'a> {
    /// An oracle before the first event.
    ///
    /// # Errors
    /// The search for the initial states of the scenario was truncated.
    pub fn new(spec: &'a Spec, options: OracleOptions) -> Result<Self, Truncation> {
        let world = |assumptions| check::world(spec, assumptions, Engine::default(), &options.limits);
        let worlds = check::combinations_of(spec).into_iter().map(world).collect::<Result<Vec<_>, _>>()?;
        let scenes = worlds.into_iter().map(|world| Scene::new(world, &options.unseen)).collect();
        let mut sets = ExplanationSets::new(scenes, options.explanations_max, options.limits);
        let state = OracleState::new(spec, &mut sets);
        Ok(Self { spec, options, sets, state })
    }

    /// Forgets every event, to judge another system. Results that do not depend on the system are kept.
    pub fn start_over(&mut self) {
        self.sets.forget_largest();
        self.state = OracleState::new(self.spec, &mut self.sets);
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// The event names a part that the scenario does not have, opens a call whose number another open call has, or answers a call
    /// that is not open. Nothing has changed then.
    pub fn take(&mut self, event: &Event) -> Result<(), Wrong> {
        let is_open = |call: &u64| self.state.exercise.is_open(*call);
        match event {
            Event::Call { call, .. } if is_open(call) => {
                return Err(Wrong::new(format!("call {call} is open already"), "a number that no other open call has"));
            }
            Event::Return { call, .. } if !is_open(call) => {
                return Err(Wrong::new(
                    format!("no call {call} is open"),
                    "the number of a call of this case without an answer",
                ));
            }
            Event::Call { .. }
            | Event::Return { .. }
            | Event::Reset { .. }
            | Event::Did { .. }
            | Event::Observed { .. } => {}
        }
        let resolved = self.state.names.resolve(event)?;
        if let Event::Reset { .. } = event {
            self.end_case();
        }
        self.state.events += 1;
        if let Event::Reset { .. } = event {
            self.state.begin_case(self.sets.initial(&BTreeMap::new()));
        } else {
            self.state.in_case += 1;
        }
        self.state.exercise.count(event, self.spec);
        let harms = self.state.watch.take(event);
        if !self.options.safety_only {
            self.explain(event, &resolved);
        }
        // The model that explains every observation knows more than the observations show.
        let violated = if let (Event::Observed { mailbox, .. }, Some(set)) = (&resolved, self.explanations()) {
            Some(self.sets.violated(set, *mailbox).in_some)
        } else {
            None
        };
        let is_possible = |kind: HarmKind| match (violated, kind) {
            (None, _) | (Some(_), HarmKind::MailChanged) => true,
            (Some(_), HarmKind::RefusalChangedSite) => false,
            (Some(violated), HarmKind::Violation(property)) => violated & property.bit() != 0,
        };
        for harm in harms.into_iter().filter(|harm| is_possible(harm.kind)) {
            self.find(harm.kind.verdict(), harm.kind.property(), harm.says);
        }
        Ok(())
    }

    fn explain(&mut self, event: &Event, resolved: &Event<Numbered>) {
        let Some(before) = self.state.explanations else { return };
        match self.sets.after(before, resolved) {
            Err(unfinished) => {
                self.state.explanations = None;
                let (most, event) = (self.options.explanations_max, self.state.events);
                self.give_up(match unfinished {
                    Unfinished::TooMany => format!("more than {most} explanations are left after event {event}"),
                    Unfinished::Stopped(reason) => format!("{reason}, while event {event} was judged"),
                });
            }
            Ok(after) if self.sets.is_empty(after) => {
                self.state.explanations = None;
                self.reject(event, resolved, before);
            }
            Ok(after) => {
                let worlds = self.sets.worlds(after);
                self.state.worlds.retain(|world| worlds.contains(world));
                if self.state.worlds.is_empty() && self.state.failure.is_none() {
                    self.fail(Failure::contradiction(self.state.events, self.state.in_case, event.line()));
                }
                // A violation in the model counts only after an observation has confirmed the model's state.
                if let (Event::Observed { mailbox, .. }, Event::Observed { observation, .. }) = (resolved, event)
                    && !observation.is_blind()
                {
                    self.find_violated(after, *mailbox);
                }
                self.state.explanations = Some(self.sets.forget(after));
            }
        }
    }

    fn reject(&mut self, event: &Event, resolved: &Event<Numbered>, before: ExplanationSetId) {
        let rejection = rejection::rejection(&mut self.sets, before, resolved, &self.state.names);
        if rejection.is_beyond {
            let (event, reasons) = (self.state.events, rejection.guards.join("; "));
            self.give_up(format!("event {event} exceeds the bounds of the scenario: {reasons}"));
            return;
        }
        self.fail(Failure {
            event: self.state.events,
            in_case: self.state.in_case,
            line: event.line(),
            against: rejection.differences,
            guards: rejection.guards,
            is_bounce: rejection.is_bounce,
        });
    }

    fn find_violated(&mut self, set: ExplanationSetId, mailbox: MailboxId) {
        let violated = self.sets.violated(set, mailbox).in_all;
        let known = self.state.violated.entry(mailbox).or_default();
        let new = violated & !*known;
        *known |= violated;
        for property in Safety::ALL.into_iter().filter(|one| new & one.bit() != 0) {
            self.find(CaseVerdict::of(property), Some(property), verdict::violation(property).to_owned());
        }
    }

    /// Makes the judgement inconclusive for this reason, unless harm was or is found.
    pub fn give_up(&mut self, reason: String) {
        self.state.undecided.get_or_insert(reason);
    }

    fn fail(&mut self, failure: Failure) {
        self.state.failure_of_case.get_or_insert_with(|| failure.clone());
        self.state.failure.get_or_insert(failure);
    }

    fn find(&mut self, verdict: CaseVerdict, property: Option<Safety>, says: String) {
        self.find_owing(verdict, property, says, false);
    }

    fn find_owing(&mut self, verdict: CaseVerdict, property: Option<Safety>, says: String, owes_runs: bool) {
        let state = &mut self.state;
        if state.findings_of_case.iter().any(|one| (one.verdict, one.property) == (verdict, property)) {
            return;
        }
        let is_expected =
            self.options.keeps_expectations && property.is_some_and(|property| self.spec.expects_breach_of(property));
        let finding = Finding {
            verdict,
            property,
            says,
            event: state.events,
            in_case: state.in_case,
            case_number: state.exercise.cases,
            is_expected,
            owes_runs,
        };
        state.findings_of_case.push(finding.clone());
        // An endless log may show the same finding in every case.
        let is_alike = |one: &Finding| (one.verdict, one.property, one.is_expected) == (verdict, property, is_expected);
        if state.findings.len() >= FINDINGS_KEPT && state.findings.iter().any(is_alike) {
            state.findings_left_out += 1;
        } else {
            state.findings.push(finding);
        }
    }

    /// Returns the kinds of fault that must strike and have not struck yet.
    #[must_use]
    pub fn not_struck(&self) -> Vec<Fault> {
        let listed = self.spec.scenario.environment.faults.iter().filter(|_| self.options.demands_faults);
        listed.copied().filter(|fault| !self.state.exercise.struck.contains(fault)).collect()
    }

    /// Returns the explanations that are left, if the model still explains all of this case.
    #[must_use]
    pub fn explanations(&self) -> Option<ExplanationSetId> {
        self.state.explanations.filter(|_| self.asks_the_model())
    }

    /// Returns true if the model must explain the events; false if only the observations are judged.
    #[must_use]
    pub fn asks_the_model(&self) -> bool {
        !self.options.safety_only
    }

    /// Returns the sets of explanations.
    pub fn sets(&mut self) -> &mut ExplanationSets {
        &mut self.sets
    }

    /// Returns the scenario.
    #[must_use]
    pub fn spec(&self) -> &'a Spec {
        self.spec
    }

    /// Returns the first event of this case without an explanation.
    #[must_use]
    pub fn failure_of_case(&self) -> Option<&Failure> {
        self.state.failure_of_case.as_ref()
    }

    /// Returns the findings of this case, the first of each kind.
    #[must_use]
    pub fn findings_of_case(&self) -> &[Finding] {
        &self.state.findings_of_case
    }

    /// Returns the worlds of the scenario.
    #[must_use]
    pub fn scenes(&self) -> &[Scene] {
        self.sets.scenes()
    }

    /// Returns the indices of the worlds that explain every case so far.
    #[must_use]
    pub fn worlds_left(&self) -> &[u16] {
        &self.state.worlds
    }

    /// Returns the names of the events so far.
    #[must_use]
    pub fn names(&self) -> &Names<'a> {
        &self.state.names
    }

    /// Returns the number of the first event without an explanation, from 1.
    #[must_use]
    pub fn failed_at(&self) -> Option<usize> {
        self.state.failure.as_ref().map(|failure| failure.event)
    }

    /// Returns the number of events so far.
    #[must_use]
    pub fn events(&self) -> usize {
        self.state.events
    }

    /// Returns the first event without an explanation.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.state.failure.as_ref()
    }

    /// Returns the findings so far.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.state.findings
    }

    /// Returns the judgement of all events so far. The current case goes on; see [`Oracle::judgement`] for its end.
    #[must_use]
    pub fn judgement_so_far(&self) -> Judgement {
        let explained_by: &[u16] = if self.options.safety_only { &[] } else { &self.state.worlds };
        let touched = self.spec.touches();
        let values = |world: &u16| {
            let world = &self.sets.scenes()[usize::from(*world)].world;
            touched.iter().map(|one| (one.name().to_owned(), world.assumptions.value(*one).to_owned())).collect()
        };
        let explained_by = explained_by.iter().map(values).collect();
        Judgement::of(self, explained_by)
    }
}

/// Returns true if a scenario begins with a fresh site: it follows no other and states no start.
pub(crate) fn starts_fresh(spec: &Spec) -> bool {
    spec.from.is_none() && spec.scenario.start.is_none()
}

/// Returns the number of messages of each mailbox at first: the largest of all initial states.
pub(crate) fn at_first<'s>(states: impl Iterator<Item = &'s State>, mailboxes: usize) -> PerMailbox<usize> {
    states.fold(Table::of(mailboxes, |_: MailboxId| 0), |most, state| {
        Table::of(mailboxes, |mailbox: MailboxId| {
            let accepted = state.accounts[mailbox].record.accepted;
            most[mailbox].max(accepted.iter().map(|message| usize::from(message.0) + 1).max().unwrap_or(0))
        })
    })
}
