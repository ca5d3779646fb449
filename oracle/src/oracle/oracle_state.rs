//! The state of an oracle after some events: everything but what it computed once and keeps. A search can save it, and return to
//! it later.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::id::{Id, MailboxId};
use stranded_model::property::{Safety, SafetyBits};

use stranded_search::scenario::Spec;

use super::explanation_sets::{ExplanationSetId, ExplanationSets};
use super::harm_observed::{Memory, Watch};
use super::names::Names;
use super::{Exercise, Failure, Finding, Oracle, Withheld};

/// The state of an oracle after some events. It is valid until the oracle forgets its explanations, see
/// [`Oracle::remembered`].
#[derive(Clone, Debug)]
pub struct OracleState<'a> {
    /// The explanations that are left; `None` after an event without explanation, or when there were too many.
    pub(super) explanations: Option<ExplanationSetId>,
    pub(super) names: Names<'a>,
    pub(super) watch: Watch<'a>,
    pub(super) exercise: Exercise,
    /// True if some mailbox has mail in every initial state of the scenario.
    pub(super) starts_with_mail: bool,
    /// The number of events, and of those since the last reset.
    pub(super) events: usize,
    pub(super) in_case: usize,
    pub(super) findings: Vec<Finding>,
    pub(super) findings_left_out: usize,
    /// The findings since the last reset.
    pub(super) findings_of_case: Vec<Finding>,
    /// The verdicts that are withheld at the ends of cases, and the number of those that are not kept.
    pub(super) withheld: Vec<Withheld>,
    pub(super) withheld_left_out: usize,
    pub(super) withheld_of_case: Vec<Withheld>,
    /// For each property, the cases at whose end its verdict is withheld; without a property, those of every verdict.
    pub(super) withheld_cases: BTreeMap<Option<Safety>, BTreeSet<usize>>,
    /// The first event without explanation, and the first since the last reset.
    pub(super) failure: Option<Failure>,
    pub(super) failure_of_case: Option<Failure>,
    /// The reason why the judgement is inconclusive.
    pub(super) undecided: Option<String>,
    /// The worlds that explain every case so far, as indices of the scenes of the explanation sets. A case is the events from one
    /// reset to the next.
    pub(super) worlds: Vec<u16>,
    /// The properties that are violated in every explanation of this case, one bit each.
    pub(super) violated: BTreeMap<MailboxId, SafetyBits>,
}

/// The part of an oracle's state that decides later judgements. Two states with equal keys judge all later events alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FutureKey {
    explanations: Option<ExplanationSetId>,
    watch: Memory,
    violated: BTreeMap<MailboxId, SafetyBits>,
}

impl<'a> OracleState<'a> {
    /// The state before the first event.
    pub(super) fn new(spec: &'a Spec, sets: &mut ExplanationSets) -> Self {
        let initial = || sets.scenes().iter().flat_map(|scene| &scene.world.initial);
        let names = Names::new(spec, super::at_first(initial(), spec.scenario.site.mailboxes));
        let mut mailboxes = (0..spec.scenario.site.mailboxes).map(MailboxId::at);
        let has_mail = |mailbox| initial().all(|state| !state.accounts[mailbox].record.accepted.is_empty());
        let starts_with_mail = mailboxes.any(has_mail);
        Self {
            explanations: Some(sets.initial(&BTreeMap::new())),
            names,
            watch: Watch::new(spec),
            exercise: Exercise::default(),
            starts_with_mail,
            events: 0,
            in_case: 0,
            findings: Vec::new(),
            findings_left_out: 0,
            findings_of_case: Vec::new(),
            withheld: Vec::new(),
            withheld_left_out: 0,
            withheld_of_case: Vec::new(),
            withheld_cases: BTreeMap::new(),
            failure: None,
            failure_of_case: None,
            undecided: None,
            worlds: sets.scenes().iter().zip(0..).map(|(_, index)| index).collect(),
            violated: BTreeMap::new(),
        }
    }

    /// Begins a new case with these explanations.
    pub(super) fn begin_case(&mut self, explanations: ExplanationSetId) {
        self.explanations = Some(explanations);
        self.in_case = 0;
        self.violated.clear();
        self.failure_of_case = None;
        self.findings_of_case.clear();
        self.withheld_of_case.clear();
        self.exercise.cases += 1;
        self.exercise.evidence.begin_case();
    }
}

impl<'a> Oracle<'a> {
    /// Returns the state, for [`Oracle::return_to`].
    #[must_use]
    pub fn state(&self) -> OracleState<'a> {
        self.state.clone()
    }

    /// Returns to a state of this oracle.
    pub fn return_to(&mut self, state: OracleState<'a>) {
        self.state = state;
    }

    /// Returns the part of the state that decides later judgements.
    #[must_use]
    pub fn future_key(&self) -> FutureKey {
        let OracleState { explanations, watch, violated, .. } = &self.state;
        FutureKey { explanations: *explanations, watch: watch.memory(), violated: violated.clone() }
    }

    /// Returns how much is remembered. Beyond a limit the oracle forgets everything but the current explanations, and then no
    /// saved state is valid.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.sets.remembered()
    }
}
