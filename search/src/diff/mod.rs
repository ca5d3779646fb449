//! The difference between two scenarios, or between two procedures in the same scenario: verdicts that changed, and the shortest
//! behaviour that one has and the other lacks.
//!
//! A behaviour is what an observer sees: the initial state, then for each action the administrator, the act, the servers, the message and the
//! result, or the action of the environment (`letter`). Labels, numbers and comments of steps, the names of procedures and the
//! texts of reports are not part of it. Two scenarios are alike if each has every behaviour of the other (`inclusion`), under every
//! combination of the assumptions; both sides have the same answers.
//!
//! The verdicts of both sides are those of [`crate::check`]. A safety property depends on the state after a behaviour, and
//! behaviours determine stores, directory and outcomes; so alike scenarios have equal safety verdicts, and equal verdicts on a property
//! that both state. If the number of messages is `any`, behaviours are compared for the number that the scenario gives as an example, and
//! a verdict may differ beyond it. Coverage is not compared, because it depends on the steps that a procedure never executes. Liveness
//! and fairness are not compared.

mod inclusion;
mod letter;
mod resolved;
mod side;

use std::cmp::Ordering;

use rayon::prelude::*;
use stranded_model::World;
use stranded_model::assumption::{Assumption, Assumptions};

pub use self::inclusion::{Difference, Inclusion};
use self::letter::Alphabet;
use self::side::{Letters, Side};
use crate::check::{Checked, PropertyResult, check, combinations, world};
use crate::engine::{Engine, Limits, Truncation};
use crate::property::{Property, Verdict};
use crate::scenario::{Number, Spec};

/// The difference between two scenarios.
#[derive(Debug)]
pub struct Diff<'a> {
    /// The check of the old scenario.
    pub old: Checked<'a>,
    /// The check of the new scenario.
    pub new: Checked<'a>,
    /// The assumptions that either scenario touches and does not pin.
    pub varied: Vec<Assumption>,
    /// The comparison under each combination of their answers.
    pub combinations: Vec<CombinationDiff>,
}

/// The comparison under one combination of assumptions.
#[derive(Debug)]
pub struct CombinationDiff {
    /// The answers.
    pub answers: Assumptions,
    /// The old world.
    pub old: World,
    /// The new world.
    pub new: World,
    /// The search for a behaviour of the new world that the old one lacks.
    pub allowed: Inclusion,
    /// The search for a behaviour of the old world that the new one lacks.
    pub forbidden: Inclusion,
}

/// The side that has a behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The new scenario allows it, and the old one lacks it.
    Allowed,
    /// The new scenario forbids it, and the old one has it.
    Forbidden,
}

/// A verdict that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerdictChange {
    /// The property.
    pub property: Property,
    /// The old verdict.
    pub old: Verdict,
    /// The new verdict.
    pub new: Verdict,
    /// Greater if the property is violated under some combinations now and was not before, or under all and was not under all.
    pub harm: Ordering,
}

/// The result of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conclusion {
    /// Both have the same behaviours and the same verdicts.
    Alike,
    /// A bound was reached before a difference was found.
    Inconclusive,
    /// A difference was found.
    Different,
}

/// Compares two scenarios within limits. The limits of states and depth are for each check, and for each direction under each combination.
#[must_use]
pub fn compare<'a>(old: &'a Spec, new: &'a Spec, limits: &Limits<'_>) -> Diff<'a> {
    let checked = |spec: &'a Spec| check(spec, Engine::Exact, &Limits { symmetry: true, ..*limits });
    let is_varied = |assumption: &Assumption| {
        [old, new].iter().any(|spec| spec.touches().contains(assumption) && spec.answer(*assumption).is_none())
    };
    let varied: Vec<Assumption> = Assumption::ALL.into_iter().filter(is_varied).collect();
    let all: Vec<Assumptions> = combinations(Assumptions::default(), &varied).collect();
    let compared = all.into_par_iter().map(|answers| compare_under(old, new, answers, limits));
    Diff { combinations: compared.collect(), old: checked(old), new: checked(new), varied }
}

fn compare_under(old: &Spec, new: &Spec, answers: Assumptions, limits: &Limits<'_>) -> CombinationDiff {
    let worlds = world_under(old, answers, limits).and_then(|old| Ok((old, world_under(new, answers, limits)?)));
    match worlds {
        Ok((old, new)) => {
            let (allowed, forbidden) = both_directions(&old, &new, limits);
            CombinationDiff { answers, old, new, allowed, forbidden }
        }
        Err(truncated) => {
            let without_start = |spec: &Spec| World::following(&spec.scenario, answers, &[]);
            let nothing = Inclusion { difference: None, pairs: 0, truncated: Some(truncated) };
            CombinationDiff {
                answers,
                old: without_start(old),
                new: without_start(new),
                allowed: nothing.clone(),
                forbidden: nothing,
            }
        }
    }
}

/// Returns the world of a scenario under these answers, and under its own where it pins an assumption.
fn world_under(spec: &Spec, answers: Assumptions, limits: &Limits<'_>) -> Result<World, Truncation> {
    let pinned = spec.pinned_with_predecessors().into_iter();
    let answers = pinned.fold(answers, |all, (assumption, answer)| all.with(assumption, answer));
    world(spec, answers, Engine::Exact, limits)
}

fn both_directions(old: &World, new: &World, limits: &Limits<'_>) -> (Inclusion, Inclusion) {
    let (mut alphabet, mut letters) = (Alphabet::default(), Letters::default());
    let (mut old, mut new) = (Side::of(old, &mut alphabet), Side::of(new, &mut alphabet));
    let allowed = inclusion::search(&mut new, &mut old, &mut letters, limits);
    let forbidden = inclusion::search(&mut old, &mut new, &mut letters, limits);
    (allowed, forbidden)
}

impl CombinationDiff {
    /// The search in one direction.
    #[must_use]
    pub fn inclusion(&self, direction: Direction) -> &Inclusion {
        match direction {
            Direction::Allowed => &self.allowed,
            Direction::Forbidden => &self.forbidden,
        }
    }

    /// The world that has the behaviours of a direction, and the one that lacks them.
    #[must_use]
    pub fn worlds(&self, direction: Direction) -> (&World, &World) {
        match direction {
            Direction::Allowed => (&self.new, &self.old),
            Direction::Forbidden => (&self.old, &self.new),
        }
    }
}

impl Direction {
    /// Both directions.
    pub const ALL: [Self; 2] = [Self::Allowed, Self::Forbidden];
}

impl Diff<'_> {
    /// The shortest behaviour that one side lacks, with its combination; of several, that of the first combination.
    #[must_use]
    pub fn shortest(&self, direction: Direction) -> Option<(&CombinationDiff, &Difference)> {
        let found =
            self.combinations.iter().filter_map(|one| Some((one, one.inclusion(direction).difference.as_ref()?)));
        found.min_by_key(|(_, difference)| difference.path.actions.len())
    }

    /// The combinations under which one side lacks a behaviour.
    pub fn under(&self, direction: Direction) -> impl Iterator<Item = &CombinationDiff> {
        self.combinations.iter().filter(move |one| one.inclusion(direction).difference.is_some())
    }

    /// The verdicts that changed, newly violated properties first: those on safety, and on the properties that both scenarios state. A
    /// verdict that is inconclusive on one side has not changed.
    #[must_use]
    pub fn verdict_changes(&self) -> Vec<VerdictChange> {
        let pairs = self.old.results.iter().filter_map(|old| {
            let new = self.new.results.iter().find(|new| new.property == old.property)?;
            let is_change =
                is_compared(old) && old.verdict != new.verdict && [old, new].iter().all(|one| is_decided(one));
            let harm = harm(new).cmp(&harm(old));
            is_change.then_some(VerdictChange { property: old.property, old: old.verdict, new: new.verdict, harm })
        });
        let mut changes: Vec<VerdictChange> = pairs.collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.harm));
        changes
    }

    /// The names of the properties that only one side has: those that one scenario states, or that what it does implies.
    #[must_use]
    pub fn stated_by_one(&self) -> Vec<&str> {
        let missing = |of: &'_ Checked<'_>, result: &PropertyResult| of.result(result.property).is_none();
        let old = self.old.results.iter().filter(|result| is_compared(result) && missing(&self.new, result));
        let new = self.new.results.iter().filter(|result| is_compared(result) && missing(&self.old, result));
        old.chain(new).map(|result| result.property.name()).collect()
    }

    /// The conclusion. A difference that was found outranks a bound.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let differs = |direction: &Direction| self.under(*direction).next().is_some();
        if Direction::ALL.iter().any(differs) || !self.verdict_changes().is_empty() {
            Conclusion::Different
        } else if self.truncated().is_some() || self.is_of_any_number() || self.is_undecided() {
            Conclusion::Inconclusive
        } else {
            Conclusion::Alike
        }
    }

    /// The first bound that a search for behaviours or a check reached, if any.
    #[must_use]
    pub fn truncated(&self) -> Option<Truncation> {
        let searches = self.combinations.iter().flat_map(|one| [&one.allowed, &one.forbidden]);
        let mut searches = searches.filter_map(|search| search.truncated);
        let checked = |one: &Checked<'_>| one.combinations.iter().find_map(|one| one.search.truncated);
        searches.next().or_else(|| checked(&self.old)).or_else(|| checked(&self.new))
    }

    /// The number of pairs of states that were compared.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.combinations.iter().map(|one| one.allowed.pairs + one.forbidden.pairs).sum()
    }

    /// True if a number of messages is `any`, so that behaviours were compared for an example only.
    #[must_use]
    pub fn is_of_any_number(&self) -> bool {
        [&self.old, &self.new].iter().any(|one| one.spec.numbers.messages == Number::Any)
    }

    /// True if a check left a property undecided whose verdicts are compared.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        [&self.old, &self.new].iter().any(|one| is_undecided(one))
    }

    /// A defect of a check, if one was found.
    #[must_use]
    pub fn defect(&self) -> Option<&str> {
        self.old.defect().or_else(|| self.new.defect())
    }
}

/// Returns true if a check left a property undecided whose verdicts are compared.
fn is_undecided(checked: &Checked<'_>) -> bool {
    checked.results.iter().filter(|result| is_compared(result)).any(|result| !is_decided(result))
}

/// Returns true if the property is judged in single states, and so determined by the behaviours.
fn is_compared(result: &PropertyResult) -> bool {
    matches!(result.property, Property::Safety(_) | Property::Own(_))
}

fn is_decided(result: &PropertyResult) -> bool {
    Verdict::EXPECTABLE.contains(&result.verdict)
}

/// Returns the rank of a verdict: 0 if nothing is violated, 1 if the property is violated under some combinations, 2 if under all.
fn harm(result: &PropertyResult) -> u8 {
    match (result.verdict, result.shown_by) {
        (Verdict::Violated, _) => 2,
        (_, Some(_)) => 1,
        (_, None) => 0,
    }
}
