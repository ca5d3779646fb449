//! The result of a check: verdicts per combination and over all combinations, and counterexamples.

use std::fmt;
use std::time::Duration;

use stranded_model::World;
use stranded_model::action::Action;
use stranded_model::assumption::Assumption;
use stranded_model::liveness::Liveness;
use stranded_model::property::Safety;
use stranded_model::state::State;

use super::Undecided;
use crate::engine::{Engine, Lasso, LivenessResult, Path, Search, Truncation};
use crate::property::{Property, Verdict};
use crate::scenario::Spec;

/// The result of checking one scenario.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The scenario.
    pub spec: &'a Spec,
    /// The engine that searched.
    pub engine: Engine,
    /// One search for each combination of answers.
    pub combinations: Vec<Combination>,
    /// The assumptions that the scenario touches and does not pin.
    pub varied: Vec<Assumption>,
    /// The verdicts, in the order of [`Spec::properties`].
    pub results: Vec<PropertyResult>,
    /// True if some run ends `ok` on a mailbox that has mail before it starts, here or in another trial of the same procedure.
    pub is_ok_with_mail: bool,
    /// The duration of the check.
    pub elapsed: Duration,
}

/// The search under one combination of assumptions, with its verdicts.
#[derive(Debug)]
pub struct Combination {
    /// The world that was searched.
    pub world: World,
    /// The result of the search.
    pub search: Search,
    /// The verdict for each property, in the order of [`Spec::properties`].
    pub verdicts: Vec<Verdict>,
    /// The result for each liveness property that `[expect]` lists; empty if the search was truncated.
    pub liveness_results: Vec<(Liveness, LivenessResult)>,
    /// The points that break the property `coverage`.
    pub coverage_failures: Vec<CoverageFailure>,
    /// The limit that stopped the check of liveness after a complete search, if any.
    pub liveness_truncated: Option<Truncation>,
    /// The properties that are undecided although the search was complete.
    pub undecided: Vec<Undecided>,
}

/// A point that breaks the property `coverage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageFailure {
    /// The name of the point, as `never` would list it.
    pub name: String,
    /// True if the point occurred although the scenario lists it under `never`; false if it never occurred.
    pub happened: bool,
    /// The line of the step in its file.
    pub line: Option<u32>,
}

/// The verdict on one property over all combinations.
#[derive(Debug)]
pub struct PropertyResult {
    /// The property.
    pub property: Property,
    /// The verdict.
    pub verdict: Verdict,
    /// The expectation of the scenario, if it names the property.
    pub expected: Option<Verdict>,
    /// True if a step that never occurs is as expected, because the scenario does not say what a user's procedure must do.
    pub may_be_unreached: bool,
    /// The index of the combination with the shortest counterexample, the first of several.
    pub shown_by: Option<usize>,
}

impl PropertyResult {
    /// Returns true if the scenario expects this verdict. A property that it does not name must not be violated under any
    /// combination; the antecedent need not occur.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        let is_unreached = self.may_be_unreached && self.property == Property::Coverage;
        match (self.expected, self.verdict) {
            (None, Verdict::Violated | Verdict::Depends) if is_unreached => true,
            (Some(expected), found) => found == expected,
            (None, Verdict::Holds | Verdict::Vacuous) => true,
            (None, Verdict::Depends) => self.shown_by.is_none(),
            (None, Verdict::Violated | Verdict::Inconclusive | Verdict::Error) => false,
        }
    }

    /// Returns the expected verdict, or those that are as expected without one.
    #[must_use]
    pub fn expects(&self) -> &'static str {
        self.expected.map_or("holds or vacuous", Verdict::name)
    }
}

impl Checked<'_> {
    /// Returns true if every search was complete, including the search for liveness.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.truncated().is_none()
    }

    /// Returns the reason why a complete search shows nothing, if it does: a procedure was tried and no execution of it becomes quiescent
    /// with mail, so nothing was judged at the end; or no message exists, and the scenario does not say that nothing can be lost; or no run
    /// ends `ok` with mail, and the scenario does not say so.
    #[must_use]
    pub fn not_exercised(&self) -> Option<&'static str> {
        if !self.is_complete() {
            return None;
        }
        if self.spec.may_be_unreached && self.vacuous(Safety::Reachable).is_some() {
            return Some("no execution ends with mail in the mailbox, so nothing was judged at the end");
        }
        let is_unsaid = self.vacuous(Safety::NoLoss).is_some_and(|result| result.expected.is_none());
        if is_unsaid && self.spec.scenario.site.messages == 0 {
            return Some("no message exists, so none can be lost: write `messages` in [site]");
        }
        let is_said = |result: &PropertyResult| match result.verdict {
            Verdict::Holds | Verdict::Vacuous => result.expected == Some(Verdict::Vacuous),
            Verdict::Violated | Verdict::Depends | Verdict::Inconclusive | Verdict::Error => true,
        };
        let is_said = self.result(Property::Safety(Safety::NoFalseSuccess)).is_some_and(is_said);
        (!self.is_ok_with_mail && !is_said).then_some(
            "no run ends ok on a mailbox that had mail before it, so what the procedure does to mail was not tried",
        )
    }

    /// Notes of these trials whether some execution of their procedure ends `ok` with mail.
    pub fn note_outcomes(checked: &mut [Self]) {
        for trials in checked.chunk_by_mut(|one, other| one.procedure() == other.procedure()) {
            let is_ok_with_mail = trials.iter().any(|one| one.is_ok_with_mail);
            trials.iter_mut().for_each(|one| one.is_ok_with_mail = is_ok_with_mail);
        }
    }

    /// The name of the procedure of the last run, which is the one that trials are about.
    #[must_use]
    pub fn procedure(&self) -> &str {
        let scenario = &self.spec.scenario;
        &scenario.run(scenario.last_run).procedure.name
    }

    /// The result of this property, if it was checked.
    #[must_use]
    pub fn result(&self, property: Property) -> Option<&PropertyResult> {
        self.results.iter().find(|result| result.property == property)
    }

    /// The result of this property, if it is vacuous.
    fn vacuous(&self, safety: Safety) -> Option<&PropertyResult> {
        self.result(Property::Safety(safety)).filter(|result| result.verdict == Verdict::Vacuous)
    }

    /// The first bound that a search reached, if any.
    #[must_use]
    pub fn truncated(&self) -> Option<Truncation> {
        self.combinations.iter().find_map(|combination| combination.search.truncated.or(combination.liveness_truncated))
    }

    /// The number of distinct states over all combinations.
    #[must_use]
    pub fn states(&self) -> usize {
        self.combinations.iter().map(|combination| combination.search.states).sum()
    }

    /// The number of states that were expanded; with symmetry, one for all permutations of mailboxes.
    #[must_use]
    pub fn representatives(&self) -> usize {
        self.combinations.iter().map(|combination| combination.search.representatives).sum()
    }

    /// The number of states that were found and not expanded because a search was truncated.
    #[must_use]
    pub fn frontier(&self) -> usize {
        self.combinations.iter().map(|combination| combination.search.frontier).sum()
    }

    /// The depth of the deepest search.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.combinations.iter().map(|combination| combination.search.depth).max().unwrap_or(0)
    }

    /// The assumptions that change the verdict on a property, given by index, when only their answer changes.
    #[must_use]
    pub fn deciding(&self, property: usize) -> Vec<Assumption> {
        let flips = |assumption: &Assumption| {
            self.combinations.iter().any(|one| {
                let differs = |other: &&Combination| self.differ_only_in(one, other, *assumption);
                self.combinations.iter().filter(differs).any(|other| one.verdicts[property] != other.verdicts[property])
            })
        };
        self.varied.iter().copied().filter(flips).collect()
    }

    /// Returns true if two combinations differ in the answer to this assumption and in no other.
    #[must_use]
    pub fn differ_only_in(&self, one: &Combination, other: &Combination, assumption: Assumption) -> bool {
        self.varied.iter().all(|each| {
            let same = one.world.assumptions.answer(*each) == other.world.assumptions.answer(*each);
            same == (*each != assumption)
        })
    }

    /// The points that break `coverage` under any combination.
    #[must_use]
    pub fn coverage_failures(&self) -> Vec<&CoverageFailure> {
        let mut all: Vec<&CoverageFailure> = Vec::new();
        for one in self
            .combinations
            .iter()
            .filter(|combination| combination.search.truncated.is_none())
            .flat_map(|combination| &combination.coverage_failures)
        {
            if !all.contains(&one) {
                all.push(one);
            }
        }
        all
    }

    /// The reason why a property is undecided although the search was complete; of several, the one with the shortest
    /// path.
    #[must_use]
    pub fn undecided(&self, property: Property) -> Option<&Undecided> {
        let undecided = self
            .combinations
            .iter()
            .flat_map(|combination| &combination.undecided)
            .filter(|undecided| undecided.property == property);
        undecided.min_by_key(|undecided| undecided.length())
    }

    /// The steps and handlers of a procedure that occur in none of its trials.
    #[must_use]
    pub fn unreached<'a>(trials: &[&'a Self]) -> Vec<&'a CoverageFailure> {
        let all = || trials.iter().flat_map(|one| &one.combinations);
        let is_missing = |failure: &CoverageFailure| {
            let is_same = |other: &CoverageFailure| other.name == failure.name && !other.happened;
            all().all(|combination| combination.coverage_failures.iter().any(is_same))
        };
        let failures = all().next().into_iter().flat_map(|combination| &combination.coverage_failures);
        failures.filter(|failure| failure.line.is_some() && is_missing(failure)).collect()
    }

    /// A defect of the search itself, if one was found.
    #[must_use]
    pub fn defect(&self) -> Option<&str> {
        self.combinations.iter().find_map(|combination| combination.search.defect.as_deref())
    }
}

impl CoverageFailure {
    /// Returns the name with the line.
    #[must_use]
    pub fn place(&self) -> String {
        self.line.map_or_else(|| self.name.clone(), |line| format!("{} (line {line})", self.name))
    }
}

impl fmt::Display for CoverageFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_property = Property::all().any(|property| property.name() == self.name);
        let what = match (self.happened, is_property) {
            (true, true) => "occurs, but the scenario expects `vacuous`, or lists it under `never`",
            (true, false) => "occurs, but the scenario lists it under `never`",
            (false, true) => "is vacuous: its antecedent never occurs",
            (false, false) => "never occurs",
        };
        write!(f, "{} {what}", self.place())
    }
}

pub(super) fn liveness_result(results: &[(Liveness, LivenessResult)], property: Liveness) -> Option<&LivenessResult> {
    results.iter().find(|(one, _)| *one == property).map(|(_, result)| result)
}

pub(super) fn lasso(results: &[(Liveness, LivenessResult)], property: Liveness) -> Option<&Lasso> {
    match liveness_result(results, property)? {
        LivenessResult::Violated(lasso) => Some(lasso),
        LivenessResult::Vacuous | LivenessResult::Holds => None,
    }
}

/// A path, with the remaining steps of the running procedure and the start of the loop, if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The path. A counterexample ends at the step that violates the property.
    pub path: Path,
    /// The rest of the running procedure, if nothing disturbs it.
    pub after: Vec<Action>,
    /// The number of actions before the loop, if the trace repeats. If it is the number of all actions, nothing happens
    /// any more.
    pub repeats_from: Option<usize>,
}

impl Combination {
    /// The shortest counterexample to a property.
    #[must_use]
    pub fn trace(&self, property: Property) -> Option<Trace> {
        match property {
            Property::Safety(_) | Property::Own(_) => {
                let invariant = property.invariant(&self.world.scenario)?;
                let path = self.search.violations[invariant.index()].clone()?;
                let after = rest_of_procedure(&self.world, &path);
                Some(Trace { path, after, repeats_from: None })
            }
            Property::Liveness(liveness) => {
                let Lasso { path, repeats_from } = lasso(&self.liveness_results, liveness)?.clone();
                Some(Trace { path, after: Vec::new(), repeats_from: Some(repeats_from) })
            }
            Property::Coverage => None,
        }
    }
}

/// The most steps that are added after the end of a trace.
const STEPS_AFTER_MAX: usize = 100;

/// Returns the next steps of the program that acted last, if nothing disturbs it.
pub fn rest_of_procedure(world: &World, path: &Path) -> Vec<Action> {
    let mut state = path.end(world);
    let mut after = Vec::new();
    let Some((mailbox, administrator)) =
        path.actions.last().and_then(|action| Some((action.mailbox()?, action.administrator()?)))
    else {
        return after;
    };
    while after.len() < STEPS_AFTER_MAX {
        let Some((next, following)) = world.next_act(&state, mailbox, administrator) else { break };
        state = following;
        after.push(next);
    }
    after
}

impl Path {
    /// The states on the path, including the initial one.
    #[must_use]
    pub fn states(&self, world: &World) -> Vec<State> {
        let mut states = vec![self.initial.clone()];
        for action in &self.actions {
            let next = states.last().map(|state| world.step(state, action));
            states.push(next.and_then(Result::ok).expect("every step of a path is possible"));
        }
        states
    }

    /// The last state.
    #[must_use]
    pub fn end(&self, world: &World) -> State {
        self.states(world).pop().expect("a path has a first state")
    }
}
